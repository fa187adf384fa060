"""Surveys and themes in files for ``beleef apply``: taken out of what a file holds, compared with what is there, and kept."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
import sqlalchemy as sa
import yaml

from beleef.feedback.api import Feedback, Survey, from_data, to_data
from beleef.feedback.voices import keeping
from beleef.feedback.voices.files import changed, themes_from, to_lines
from beleef.feedback.voices.model import Theme
from beleef.kernel.errors import InvalidInput, NotFound

_CONTEXT: Final = 2
_OURS: Final = frozenset({"surveys", "themes"})


class SurveyApplied(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a file does, or would do, to a survey or a theme; ``diff`` as ``diff -u`` shows it."""

    kind: Literal["survey", "theme"] = "survey"
    name: str
    what: Literal["new", "changed", "same"]
    diff: str = ""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What files say about feedback: surveys, and what people write about."""

    surveys: tuple[Survey, ...] = ()
    themes: tuple[Theme, ...] = ()


def taken(texts: Iterable[str]) -> tuple[list[str], Taken]:
    """Return files without their ``surveys:`` and ``themes:``, for whoever reads the rest, and these.

    Raises:
        InvalidInput: a file is no YAML, or a survey or theme cannot be read.
    """
    rest: list[str] = []
    surveys: list[Survey] = []
    themes: list[Theme] = []
    for text in texts:
        try:
            documents = [one for one in yaml.safe_load_all(text) if one is not None]
        except yaml.YAMLError as error:
            raise InvalidInput(f"This is no YAML: {error}.", hint="Look at the line it names.") from error
        if not any(isinstance(one, Mapping) and _OURS & one.keys() for one in documents):
            rest.append(text)
            continue
        for document in documents:
            surveys += _surveys(document)
            themes += themes_from(document.get("themes", []))
            left = {key: value for key, value in document.items() if key not in _OURS}
            if left:
                rest.append(yaml.safe_dump(left, sort_keys=False, allow_unicode=True))
    return rest, Taken(surveys=tuple(surveys), themes=tuple(themes))


def _surveys(document: object) -> list[Survey]:
    if not isinstance(document, Mapping):
        raise InvalidInput("A document of the file is no mapping.", hint="Begin with `surveys:`.")
    listed = document.get("surveys", [])
    if not isinstance(listed, list):
        raise InvalidInput("`surveys` is no list.", hint="Begin each survey with `- name:`.")
    return [from_data(one) for one in listed]


def changes(connection: sa.Connection, feedback: Feedback, wanted: Taken) -> list[SurveyApplied]:
    """Return what applying would do, without doing it."""
    themes = [_theme_change(one, before) for one, before in changed(connection, wanted.themes)]
    return [*(_change(connection, feedback, one) for one in wanted.surveys), *themes]


def apply(
    connection: sa.Connection, feedback: Feedback, wanted: Taken, now: int, *, publish: bool
) -> list[SurveyApplied]:
    """Save surveys, and put in force those that changed where ``publish`` says so; then themes.

    Raises:
        InvalidInput, Conflict: one of them cannot be; nothing is kept.
    """
    found = []
    for one in wanted.surveys:
        change = _change(connection, feedback, one)
        found.append(change)
        if change.what != "same":
            feedback.save(connection, one, now)
        stored = feedback.survey(connection, one.name)
        if publish and (stored.is_changed or stored.state == "draft"):
            feedback.publish(connection, one.name, now)
    for theme, before in changed(connection, wanted.themes):
        told = _theme_change(theme, before)
        found.append(told)
        if told.what != "same":
            keeping.save_theme(connection, theme, now)
    return found


def _theme_change(theme: Theme, before: Theme | None) -> SurveyApplied:
    if before is None:
        return SurveyApplied(kind="theme", name=theme.name, what="new")
    lines = _difference(to_lines(before), to_lines(theme))
    return SurveyApplied(kind="theme", name=theme.name, what="changed" if lines else "same", diff=lines)


def _change(connection: sa.Connection, feedback: Feedback, one: Survey) -> SurveyApplied:
    try:
        before = feedback.survey(connection, one.name).survey
    except NotFound:
        return SurveyApplied(name=one.name, what="new")
    if before == one:
        return SurveyApplied(name=one.name, what="same")
    return SurveyApplied(name=one.name, what="changed", diff=_difference(_lines(before), _lines(one)))


def _difference(before: Sequence[str], after: Sequence[str]) -> str:
    return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=_CONTEXT))[2:])


def _lines(survey: Survey) -> list[str]:
    return str(yaml.safe_dump(to_data(survey), sort_keys=False, allow_unicode=True)).splitlines()
