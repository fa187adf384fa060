"""Surveys in files for ``beleef apply``: taken out of what a file holds, compared with what is there, and brought into force."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa
import yaml

from beleef.feedback.api import Feedback, Survey, from_data, to_data
from beleef.kernel.errors import InvalidInput, NotFound

_CONTEXT = 2


class SurveyApplied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a file does, or would do, to a survey; ``diff`` as ``diff -u`` shows it."""

    kind: Literal["survey"] = "survey"
    name: str
    what: Literal["new", "changed", "same"]
    diff: str = ""


def taken(texts: Iterable[str]) -> tuple[list[str], list[Survey]]:
    """Return files without their ``surveys:``, for whoever reads the rest, and the surveys.

    Raises:
        InvalidInput: a file is no YAML, or a survey cannot be read.
    """
    rest: list[str] = []
    surveys: list[Survey] = []
    for text in texts:
        try:
            documents = [one for one in yaml.safe_load_all(text) if one is not None]
        except yaml.YAMLError as error:
            raise InvalidInput(f"This is no YAML: {error}.", hint="Look at the line it names.") from error
        if not any(isinstance(one, Mapping) and "surveys" in one for one in documents):
            rest.append(text)
            continue
        for document in documents:
            surveys += _surveys(document)
            left = {key: value for key, value in document.items() if key != "surveys"}
            if left:
                rest.append(yaml.safe_dump(left, sort_keys=False, allow_unicode=True))
    return rest, surveys


def _surveys(document: object) -> list[Survey]:
    if not isinstance(document, Mapping):
        raise InvalidInput("A document of the file is no mapping.", hint="Begin with `surveys:`.")
    listed = document.get("surveys", [])
    if not isinstance(listed, list):
        raise InvalidInput("`surveys` is no list.", hint="Begin each survey with `- name:`.")
    return [from_data(one) for one in listed]


def changes(connection: sa.Connection, feedback: Feedback, surveys: Iterable[Survey]) -> list[SurveyApplied]:
    """Return what applying would do, without doing it."""
    return [_change(connection, feedback, one) for one in surveys]


def apply(
    connection: sa.Connection, feedback: Feedback, surveys: Iterable[Survey], now: int, *, publish: bool
) -> list[SurveyApplied]:
    """Save surveys, and put in force those that changed where ``publish`` says so.

    Raises:
        InvalidInput, Conflict: one of them cannot be; nothing is kept.
    """
    found = []
    for one in surveys:
        change = _change(connection, feedback, one)
        found.append(change)
        if change.what != "same":
            feedback.save(connection, one, now)
        stored = feedback.survey(connection, one.name)
        if publish and (stored.is_changed or stored.state == "draft"):
            feedback.publish(connection, one.name, now)
    return found


def _change(connection: sa.Connection, feedback: Feedback, one: Survey) -> SurveyApplied:
    try:
        before = feedback.survey(connection, one.name).survey
    except NotFound:
        return SurveyApplied(name=one.name, what="new")
    if before == one:
        return SurveyApplied(name=one.name, what="same")
    diff = list(difflib.unified_diff(_lines(before), _lines(one), lineterm="", n=_CONTEXT))[2:]
    return SurveyApplied(name=one.name, what="changed", diff="\n".join(diff))


def _lines(survey: Survey) -> list[str]:
    return str(yaml.safe_dump(to_data(survey), sort_keys=False, allow_unicode=True)).splitlines()
