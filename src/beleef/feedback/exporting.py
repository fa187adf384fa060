"""Answers for outside: counts of sealed groups, a table for key drivers, and CSV, each within what the survey promised."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.feedback import answer_queries, count_queries
from beleef.feedback.model import Counted, Filter, Given, Group, GroupBy, Survey
from beleef.feedback.sealing import REMAINDER
from beleef.kernel.clock import to_text
from beleef.kernel.errors import InvalidInput

COLUMNS: Final = (
    "survey", "response", "at", "language", "delivery", "touchpoint", "product", "question", "row", "kind",
    "value", "option", "text",
)  # fmt: skip
SEALED_COLUMNS: Final = ("survey", "group", "question", "row", "value", "option", "answers", "text")
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_TEXTS_AT_ONCE: Final = 1_000


def told_apart(what: str) -> InvalidInput:
    """Return the refusal of a question that would tell anonymous answers apart."""
    return InvalidInput(
        f"This survey is anonymous: {what} cannot be told apart like that.",
        hint="Look at whole months, and at the one grouping that was chosen before anybody answered.",
        code="anonymous",
    )


def sealed_counts(
    connection: sa.Connection, survey: Survey, question: str, by: GroupBy | None, where: Filter
) -> Counted:
    """Return the answers to a question of an anonymous survey, counted by whole sealed groups.

    Raises:
        InvalidInput: it asks for something else than months and the survey's own grouping; code ``anonymous``.
    """
    own = survey.group_by
    group = getattr(where, own) if own else ""
    given: dict[str, Any] = {own: group} if own and group else {}
    rest = Filter(months=where.months, **given)
    if where != rest or (by not in {None, "month"} and by != own):
        raise told_apart("its answers")
    if by == "month" and group:
        raise told_apart("a group's months")
    months = Filter(months=where.months)
    if by == "month" or (by is None and not group):
        return Counted(groups=tuple(count_queries.counts(connection, survey.name, question, by, months)))
    found = count_queries.counts(connection, survey.name, question, "told_apart", months)
    wanted = [one for one in found if not group or one.key == group]
    if by is None:
        return Counted(groups=tuple(msgspec.structs.replace(one, key="") for one in wanted))
    # What is told apart from nothing has no name of its own.
    named = tuple(one for one in wanted if one.key != REMAINDER)
    return Counted(groups=named, withheld=len(named) < len(wanted))


def in_departments(counted: Counted, department_of: Callable[[str], str]) -> Counted:
    """Return groups of touchpoints put together by department; what is about no touchpoint is no department's."""
    found: dict[tuple[str, str], tuple[int, Counter[float], Counter[str]]] = {}
    for one in counted.groups:
        place = (department_of(one.key) if one.key else "", one.row)
        n, values, options = found.get(place, (0, Counter(), Counter()))
        found[place] = n + one.n, values + Counter(one.values), options + Counter(one.options)
    groups = tuple(
        Group(key=key, row=row, n=n, values=dict(values), options=dict(options))
        for (key, row), (n, values, options) in sorted(found.items())
    )
    return Counted(groups=groups, withheld=counted.withheld)


def table(
    connection: sa.Connection, name: str, questions: Sequence[str], where: Filter
) -> list[tuple[float | None, ...]]:
    """Return one row per response with the numbers it gave to questions, in the order of their fields."""
    places = {field: place for place, field in enumerate(questions)}
    rows: dict[str, list[float | None]] = {}
    asked = {field.partition(".")[0] for field in questions}
    for some in answer_queries.single(connection, name, where, asked):
        for one in some:
            answer = one.answer
            place = places.get(f"{answer.question}.{answer.row}" if answer.row else answer.question)
            if place is not None and answer.value is not None:
                rows.setdefault(one.response, [None] * len(questions))[place] = answer.value
    return [tuple(row) for row in rows.values()]


def csv_lines(connection: sa.Connection, survey: Survey, where: Filter) -> Iterator[str]:
    """Yield a survey's answers as lines of CSV, the names of the columns first.

    Raises:
        InvalidInput: as ``sealed_counts``, for an anonymous survey.
    """
    if survey.anonymity != "anonymous":
        yield _line(COLUMNS)
        for some in answer_queries.single(connection, survey.name, where, None):
            yield from (_line(_single_row(one)) for one in some)
        return
    yield _line(SEALED_COLUMNS)
    for question in survey.questions:
        by: GroupBy | None = survey.group_by or None
        for group in sealed_counts(connection, survey, question, by, where).groups:
            yield from (_line(row) for row in _sealed_rows(survey.name, question, group))
    before = None
    while some := answer_queries.texts(connection, survey.name, where, before, _TEXTS_AT_ONCE):
        yield from (
            _line((survey.name, "", one.answer.question, "", "", "", "", one.answer.text)) for one in some
        )
        before = some[-1].number


def _single_row(one: Given) -> tuple[str, ...]:
    answer = one.answer
    return (
        one.survey,
        one.response,
        to_text(one.at),
        one.language,
        one.delivery,
        one.touchpoint,
        one.product,
        answer.question,
        answer.row,
        answer.kind,
        "" if answer.value is None else f"{answer.value:g}",
        answer.option or " ".join(answer.options),
        answer.text,
    )


def _sealed_rows(name: str, question: str, group: Group) -> Iterator[tuple[str, ...]]:
    for value, count in sorted(group.values.items()):
        yield name, group.key, question, group.row, f"{value:g}", "", str(count), ""
    for option, count in sorted(group.options.items()):
        yield name, group.key, question, group.row, "", option, str(count), ""


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    # A cell that begins like a formula would be run by a spreadsheet.
    csv.writer(out).writerow([f"'{cell}" if cell.startswith(_DANGEROUS) else cell for cell in cells])
    return out.getvalue()
