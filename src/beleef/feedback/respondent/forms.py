"""Reads what a respondent's form was sent with: fields and files, and which answer each field is."""

from io import BytesIO
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header

from beleef.access.desk import Answers, AnyRequest
from beleef.feedback.model import OTHER, Question
from beleef.kernel.errors import InvalidInput, TooLarge

MOST_BYTES: Final = 7_000_000
"""Of a whole form with its files."""
_MOST_FIELDS: Final = 2_000
_PLAIN: Final = "application/x-www-form-urlencoded"

Given = dict[str, object]
"""What was given, by question's id: see ``feedback.answering.validate``."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came along: the field it came in, its name there, and its bytes."""

    field: str
    name: str
    body: bytes


async def read_form(request: AnyRequest) -> tuple[Answers, tuple[Sent, ...]]:
    """Return the fields and the files of a form.

    Raises:
        InvalidInput: the body is no form.
        TooLarge: it is larger than 7 MB.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise TooLarge("That is too large.", hint="Send at most 7 MB at once.")
    if kind == "multipart/form-data" and options.get("boundary"):
        return _parts(body, str(options["boundary"]))
    if body and kind != _PLAIN:
        raise InvalidInput("That is no form.", hint="Send it from the page.", code="no_form")
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise _unreadable() from error
    return Answers([(name, _clean(value)) for name, value in pairs]), ()


def _parts(body: bytes, boundary: str) -> tuple[Answers, tuple[Sent, ...]]:
    pairs: list[tuple[str, str]] = []
    files: list[Sent] = []
    parser = MultipartParser(
        BytesIO(body),
        boundary,
        content_length=len(body),
        part_limit=_MOST_FIELDS,
        spool_limit=MOST_BYTES,
        memory_limit=2 * MOST_BYTES,
        disk_limit=0,
    )
    try:
        for part in parser:
            if part.filename is None:
                pairs.append((part.name, _clean(part.value)))
            elif part.filename and part.raw:
                files.append(Sent(field=part.name, name=part.filename, body=part.raw))
    except (MultipartError, UnicodeDecodeError) as error:
        raise _unreadable() from error
    return Answers(pairs), tuple(files)


def _clean(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\x00", "")


def _unreadable() -> InvalidInput:
    return InvalidInput("The form cannot be read.", hint="Send it once more.", code="no_form")


def field_of(question: str, part: str = "") -> str:
    """Return the name of a question's field, or of one part of it: a row, an option's place, or the respondent's own words."""
    return f"q.{question}.{part}" if part else f"q.{question}"


def given_of(questions: tuple[Question, ...], form: Answers) -> Given:
    """Return what a form says to some questions, by their ids."""
    given: Given = {}
    for question in questions:
        given[question.id] = _said(question, form)
        given[f"{question.id}.{OTHER}"] = form.get(field_of(question.id, OTHER), "")
    return given


def _said(question: Question, form: Answers) -> object:
    field = field_of(question.id)
    if question.kind == "many":
        return form.every(field)
    if question.kind == "matrix":
        return {
            row.id: value for row in question.rows if (value := form.get(field_of(question.id, row.id), ""))
        }
    if question.kind == "ranking":
        return _ranked(question, form)
    return form.get(field, "")


def _ranked(question: Question, form: Answers) -> list[str]:
    """Return options by the places they were given; two at one place stand there twice, which is refused like a repeat."""
    places: dict[int, list[str]] = {}
    for option in question.options:
        place = form.get(field_of(question.id, option.id), "")
        if place.isascii() and place.isdecimal() and len(place) < 4:
            places.setdefault(int(place), []).append(option.id)
    ranked: list[str] = []
    for number in sorted(places):
        first, *others = places[number]
        ranked += [first, *(first for _ in others)]
    return ranked
