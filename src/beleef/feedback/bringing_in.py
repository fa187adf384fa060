"""Answers that people gave elsewhere, as CSV: a line per response, a column per question; by name only where the survey asks by name.

Every line goes through the same checks as a page that is filled in, and all are taken or none.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final

import msgspec

from beleef.feedback.model import OTHER, Answer, Block, Delivery, Question, Refused, Sitting, Survey
from beleef.feedback.recording import Respondent
from beleef.feedback.validating import validate
from beleef.kernel import ids
from beleef.kernel.clock import from_datetime
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import N_

_RESPONSE, _ANSWERED = "response", "answered"
_WHO: Final = ("user_id", "email")
_ABOUT: Final = ("language", "touchpoint", "product")
_BY_IMPORT: Final[Delivery] = "import"
_APART: Final = re.compile(r"[\s;,|]+")
_MOST_LINES: Final = 20_000
_MOST_PROBLEMS: Final = 10


class LineProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in a line of a file; ``values`` are filled into ``message``. Lines are counted from 1, the names of the columns."""

    line: int
    column: str
    message: str
    values: dict[str, str] = {}


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """One response of a file: who answered, what, and when in microseconds."""

    respondent: Respondent
    answers: tuple[Answer, ...]
    at: int


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says, and what is wrong with it: at most ten problems."""

    brought: tuple[Brought, ...]
    problems: tuple[LineProblem, ...]


def columns(survey: Survey) -> tuple[str, ...]:
    """Return the columns that a file may have: those that every line needs first, then the questions."""
    who = _WHO if survey.anonymity == "none" else ()
    return (_RESPONSE, _ANSWERED, *who, *_ABOUT, *_fields(survey))


def _fields(survey: Survey) -> dict[str, tuple[Question, str]]:
    """Return the columns of questions, each with its question and the part of it."""
    found: dict[str, tuple[Question, str]] = {}
    for name, question in survey.questions.items():
        if question.kind in {"file", "contact_me"}:
            # A file is none of a table's, and a wish to be called back none of the past's.
            continue
        if question.kind == "matrix":
            found |= {f"{name}.{row.id}": (question, row.id) for row in question.rows}
            continue
        found[name] = question, ""
        if any(option.is_other for option in question.options):
            found[f"{name}.{OTHER}"] = question, OTHER
    return found


def read_file(text: str, survey: Survey, version: int, *, key: bytes, now: int) -> File:
    """Return what a CSV file says about a survey.

    Args:
        text: With a line of names first; commas or semicolons between columns. Several options of one question stand in one cell.
        survey: The version in force.
        version: Its number.
        key: The installation's key: without it nobody can tell which line a response came from.
        now: The moment: nobody answered later.

    Raises:
        InvalidInput: it is no such file, or a column is none of the survey's.
    """
    names, lines = _lines(text, survey)
    brought: list[Brought] = []
    problems: list[LineProblem] = []
    seen: set[str] = set()
    for number, cells in enumerate(lines, start=2):
        given = {name: cell.strip() for name, cell in zip_longest(names, cells[: len(names)], fillvalue="")}
        if not any(given.values()):
            continue
        wrong = list(_wrong(given, survey, seen, now))
        answers, refused = _answers(given, survey)
        wrong += [
            LineProblem(line=0, column=one.question, message=one.message, values=one.values)
            for one in refused
        ]
        problems += [msgspec.structs.replace(one, line=number) for one in wrong]
        seen.add(given[_RESPONSE])
        if not wrong:
            respondent = _respondent(given, survey, version, key)
            at = _moment(given[_ANSWERED]) or now
            brought.append(Brought(respondent=respondent, answers=answers, at=at))
    return File(brought=() if problems else tuple(brought), problems=tuple(problems[:_MOST_PROBLEMS]))


def _lines(text: str, survey: Survey) -> tuple[list[str], list[list[str]]]:
    head = text.lstrip("\ufeff").partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput("This is no CSV.", hint="Begin with a line that names the columns.") from error
    names = [name.strip() for name in lines[0]] if lines else []
    known = columns(survey)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInput(
            f"The survey has no column “{unknown[0]}”.", hint=f"Columns may be: {', '.join(known)}."
        )
    missing = [name for name in (_RESPONSE, _ANSWERED) if name not in names]
    if missing or len(set(names)) < len(names):
        raise InvalidInput(
            "The columns “response” and “answered” are needed, and each column once.",
            hint="Begin with a line that names the columns.",
        )
    if len(lines) > _MOST_LINES:
        raise InvalidInput("There are more than 20,000 lines.", hint="Divide the file.")
    return names, lines[1:]


def _wrong(given: Mapping[str, str], survey: Survey, seen: set[str], now: int) -> Iterator[LineProblem]:
    if not given.get(_RESPONSE):
        yield LineProblem(line=0, column=_RESPONSE, message=N_("Each response needs a number of its own."))
    elif given[_RESPONSE] in seen:
        yield LineProblem(line=0, column=_RESPONSE, message=N_("This response stands there twice."))
    at = _moment(given.get(_ANSWERED, ""))
    if at is None or at > now:
        message = N_("Please give a moment in the past, for example 2026-03-01 or 2026-03-01T14:30:00+01:00.")
        yield LineProblem(line=0, column=_ANSWERED, message=message)
    language = given.get("language", "")
    if language and language not in survey.languages:
        message = N_("The survey does not have this language: %(language)s.")
        yield LineProblem(line=0, column="language", message=message, values={"language": language[:20]})


def _moment(text: str) -> int | None:
    try:
        return from_datetime(datetime.fromisoformat(text))
    except ValueError:
        return None


def _answers(given: Mapping[str, str], survey: Survey) -> tuple[tuple[Answer, ...], tuple[Refused, ...]]:
    filled: dict[str, Any] = {}
    for name, (question, part) in _fields(survey).items():
        cell = given.get(name, "")
        if question.kind == "matrix":
            if cell:
                filled.setdefault(question.id, {})[part] = cell
        elif question.kind in {"many", "ranking"} and not part:
            filled[name] = [one for one in _APART.split(cell) if one]
        else:
            filled[name] = cell
    # What was asked elsewhere was asked in another order, and not of everybody.
    asked = tuple(
        msgspec.structs.replace(one, is_required=False, show_if=()) for one in survey.questions.values()
    )
    checked = validate(Block(id="import", questions=asked), filled, {})
    return checked.answers, checked.problems


def _respondent(given: Mapping[str, str], survey: Survey, version: int, key: bytes) -> Respondent:
    number = ids.subject_id(key, "survey-import", f"{survey.name}:{given[_RESPONSE]}")
    naming = _naming(given)
    sitting = Sitting(
        survey=survey.name,
        version=version,
        response=ids.to_text(number),
        delivery=_BY_IMPORT,
        language=given.get("language") or survey.default_language,
        touchpoint=given.get("touchpoint", "")[:200] or survey.touchpoint,
        product=given.get("product", "")[:200],
        is_personal=bool(naming),
    )
    return Respondent(survey=survey, sitting=sitting, naming=naming)


def _naming(given: Mapping[str, str]) -> dict[str, Any]:
    if given.get("user_id"):
        return {"userId": given["user_id"]}
    email = given.get("email", "")
    return {"context": {"externalIds": [{"type": "email", "id": email}]}} if email else {}
