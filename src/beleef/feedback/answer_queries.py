"""What is read and written of responses and answers. Sets go in; what comes out of anonymous surveys is sealed groups only.

What figures are made from is in ``count_queries``. ``visible`` is in every question about answers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from beleef.feedback.model import Answer, Filter, Given, Response
from beleef.feedback.sealing import Sealed, Waiting
from beleef.feedback.tables import survey_answers, survey_responses
from beleef.kernel.clock import from_datetime
from beleef.store.records.database import Prepared, insert, is_any_of

_a, _r = survey_answers.c, survey_responses.c
SINGLE = -1
"""``atom`` of answers that may be seen one by one."""

Row = dict[str, Any]


def responses_by_id(connection: sa.Connection, ids: Collection[str]) -> dict[str, Row]:
    """Return stored responses as they are, by number, for the step that goes on with them."""
    wanted = sa.select(survey_responses).where(is_any_of(_r.id, list(ids)))
    return {row["id"]: dict(row) for row in connection.execute(wanted).mappings()}


def save_responses(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Write responses, new or changed."""
    _upsert(connection, survey_responses, "id", rows)


def save_answers(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Write answers; a later one to the same field replaces an earlier one, but for anonymous ones, which stay as they are."""
    _upsert(connection, survey_answers, "number", [row for row in rows if row["atom"] == SINGLE])
    hidden = [row for row in rows if row["atom"] != SINGLE]
    if hidden:
        statement = insert(survey_answers, connection).on_conflict_do_nothing(index_elements=["number"])
        connection.execute(statement, hidden)


def _upsert(connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[Row]) -> None:
    if rows:
        statement = insert(table, connection)
        new = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
        connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=new), list(rows))


def looked_at(
    connection: sa.Connection, responses_: Collection[str]
) -> dict[str, dict[int, tuple[float | None, int]]]:
    """Return value and moment of the answers of responses, by response and the answer's number."""
    found: dict[str, dict[int, tuple[float | None, int]]] = defaultdict(dict)
    if responses_:
        wanted = sa.select(_a.response, _a.number, _a.value, _a.at)
        for row in connection.execute(wanted.where(is_any_of(_a.response, list(responses_)))):
            found[row.response][row.number] = row.value, row.at
    return found


def drop(connection: sa.Connection, responses_: Collection[str]) -> None:
    """Remove responses with their answers."""
    if responses_:
        connection.execute(sa.delete(survey_answers).where(is_any_of(_a.response, list(responses_))))
        connection.execute(sa.delete(survey_responses).where(is_any_of(_r.id, list(responses_))))


def remove(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Remove answers that were taken back; sealed ones stay with their group."""
    if numbers:
        chosen = (is_any_of(_a.number, list(numbers)), _a.atom == SINGLE)
        connection.execute(sa.delete(survey_answers).where(*chosen))


def mark(connection: sa.Connection, flagged: Collection[str], cleared: Collection[str]) -> None:
    """Write of which responses all answers are flagged, and of which they are not any more."""
    for responses, value in ((flagged, True), (cleared, False)):
        if responses:
            chosen = (is_any_of(_a.response, list(responses)), _a.flagged.is_(not value), _a.atom == SINGLE)
            connection.execute(sa.update(survey_answers).where(*chosen).values(flagged=value))


def waiting(
    connection: sa.Connection, survey: str, questions: Collection[str]
) -> dict[tuple[str, str], list[Waiting]]:
    """Return the anonymous answers that wait, by question and row."""
    wanted = sa.select(_a.fact, _a.number, _a.month, _a.told_apart, _a.question, _a.row).where(
        _a.survey == survey, is_any_of(_a.question, list(questions)), _a.atom == 0, _a.flagged.is_(False)
    )
    found: dict[tuple[str, str], list[Waiting]] = defaultdict(list)
    for row in connection.execute(wanted):
        found[row.question, row.row].append(
            Waiting(fact=row.fact, number=row.number, month=row.month, group=row.told_apart)
        )
    return found


def seal(connection: sa.Connection, groups: Iterable[Sealed]) -> None:
    """Write which anonymous answers are shown together from now on."""
    for one in groups:
        connection.execute(
            sa.update(survey_answers)
            .where(is_any_of(_a.number, list(one.numbers)))
            .values(atom=one.atom, month=one.month, told_apart=one.group)
        )


def visible() -> sa.ColumnElement[bool]:
    """Every question about answers says this: what is not sealed yet, nobody sees."""
    return _a.atom != 0


def chosen(columns: Any, where: Filter) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what a filter demands, of answers, responses or counts alike."""
    first, last = where.months
    if first:
        yield columns.month >= first
    if last:
        yield columns.month <= last
    for name in ("delivery", "touchpoint", "product", "language", "stratum", "campaign"):
        if getattr(where, name):
            yield columns[name] == getattr(where, name)
    if where.version:
        yield columns.version == where.version


def _of_answers(survey: str, where: Filter) -> list[sa.ColumnElement[bool]]:
    found = [_a.survey == survey, visible(), *chosen(_a, where)]
    if not where.with_flagged:
        found.append(_a.flagged.is_(False))
    if where.subjects is not None:
        found.append(is_any_of(_a.subject, list(where.subjects)))
    return found


def responses(
    connection: sa.Connection,
    *,
    survey: str | None = None,
    subjects: Collection[int] | None = None,
    where: Filter | None = None,
    before: tuple[int, str] | None = None,
    limit: int = 50,
) -> list[Response]:
    """Return responses, latest first, before ``(started_at, id)`` of the last of the page before."""
    wanted = sa.select(survey_responses).order_by(_r.started_at.desc(), _r.id.desc()).limit(limit)
    if survey is not None:
        wanted = wanted.where(_r.survey == survey)
    if subjects is not None:
        wanted = wanted.where(is_any_of(_r.subject, [one for one in subjects if one]))
    if where is not None:
        wanted = wanted.where(*chosen(_r, where))
        if where.subjects is not None:
            wanted = wanted.where(is_any_of(_r.subject, list(where.subjects)))
        if not where.with_flagged:
            wanted = wanted.where(_r.quality == "")
    if before is not None:
        earlier = sa.and_(_r.started_at == before[0], _r.id < before[1])
        wanted = wanted.where(sa.or_(_r.started_at < before[0], earlier))
    return [_response(row) for row in connection.execute(wanted)]


def _response(row: sa.Row[Any]) -> Response:
    return Response(
        id=row.id,
        survey=row.survey,
        version=row.version,
        subject=row.subject,
        invitation=row.invitation,
        delivery=row.delivery,
        touchpoint=row.touchpoint,
        product=row.product,
        language=row.language,
        stratum=row.stratum,
        campaign=row.campaign,
        quality=tuple(row.quality.split(",")) if row.quality else (),
        started_at=row.started_at,
        completed_at=row.completed_at,
    )


def answers_of(connection: sa.Connection, responses_: Collection[str]) -> list[Given]:
    """Return the answers of responses that may be seen one by one, in the order they came."""
    wanted = (
        sa.select(survey_answers)
        .where(is_any_of(_a.response, list(responses_)), _a.atom == SINGLE)
        .order_by(_a.response, _a.fact)
    )
    return [given(row) for row in connection.execute(wanted)]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that a response has to a field now, and the fact that said so last."""

    answer: Answer
    fact: int


_KEPT = Prepared(
    sa.select(_a.fact, _a.question, _a.kind, _a.row, _a.value, _a.choice, _a.text)
    .where(_a.response == sa.bindparam("response"), _a.atom == SINGLE)
    .order_by(_a.fact, _a.number)
)


def kept(connection: sa.Connection, response: str) -> list[Kept]:
    """Return the answers of one response that may be seen one by one, in the order they came."""
    rows = _KEPT.rows(connection, response=response)
    return [Kept(fact=row[0], answer=_answer(*row[1:])) for row in rows]


def _answer(question: str, kind: Any, row: str, value: float | None, choice: str, text: str) -> Answer:
    options = tuple(choice.split(",")) if choice else ()
    is_list = kind in {"many", "ranking"}
    return Answer(
        question=question,
        kind=kind,
        row=row,
        value=value,
        option="" if is_list or not options else options[0],
        options=options if is_list else (),
        text=text,
    )


def given(row: sa.Row[Any]) -> Given:
    """Return a stored answer. Of an anonymous one nothing is left that could say whose it is."""
    is_single = row.atom == SINGLE
    return Given(
        number=row.number,
        response=row.response if is_single else "",
        survey=row.survey,
        subject=row.subject if is_single else 0,
        answer=_answer(row.question, row.kind, row.row, row.value, row.choice, row.text),
        language=row.language,
        touchpoint=row.touchpoint if is_single else "",
        delivery=row.delivery if is_single else "",
        product=row.product if is_single else "",
        at=row.at if is_single else _month_start(row.month),
    )


def _month_start(month: str) -> int:
    return from_datetime(datetime.fromisoformat(f"{month}-01"))


def texts(
    connection: sa.Connection, survey: str, where: Filter, before: int | None, limit: int
) -> list[Given]:
    """Return what people wrote, in an order that says nothing (by number), below the number ``before``.

    A filter finer than whole months leaves anonymous comments out: it would tell them apart.

    Args:
        connection: To read from.
        survey: Name of the survey; empty for all.
        where: Which answers.
        before: Number of the last of the page before.
        limit: At most so many.
    """
    # Own words beside an option are too few to be hidden among each other.
    written = sa.or_(_a.kind == "open", sa.and_(_a.atom == SINGLE, _a.kind.in_(("one", "many"))))
    wanted = sa.select(survey_answers).where(_a.text != "", written, visible(), *chosen(_a, where))
    if survey:
        wanted = wanted.where(_a.survey == survey)
    if is_finer_than_months(where):
        wanted = wanted.where(_a.atom == SINGLE)
    if not where.with_flagged:
        wanted = wanted.where(_a.flagged.is_(False))
    if where.subjects is not None:
        wanted = wanted.where(is_any_of(_a.subject, list(where.subjects)))
    if before is not None:
        wanted = wanted.where(_a.number < before)
    return [given(row) for row in connection.execute(wanted.order_by(_a.number.desc()).limit(limit))]


def is_finer_than_months(where: Filter) -> bool:
    """Return whether a filter says more than which months."""
    return msgspec.structs.replace(where, months=("", ""), with_flagged=False) != Filter()


def single(
    connection: sa.Connection,
    survey: str,
    where: Filter,
    questions: Collection[str] | None,
    at_once: int = 5_000,
) -> Iterator[list[Given]]:
    """Yield the answers of a survey that may be seen one by one, those of a response together, some thousands at a time."""
    wanted = sa.select(survey_answers).where(*_of_answers(survey, where), _a.atom == SINGLE)
    if questions is not None:
        wanted = wanted.where(is_any_of(_a.question, list(questions)))
    wanted = wanted.order_by(_a.response, _a.question, _a.row)
    result = connection.execute(wanted)
    for rows in result.partitions(at_once):
        yield [given(row) for row in rows]


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Remove erased people's answers."""
    mine = [one for one in subjects if one]
    if mine:
        connection.execute(sa.delete(survey_answers).where(is_any_of(_a.subject, mine)))
        connection.execute(sa.delete(survey_responses).where(is_any_of(_r.subject, mine)))


def answer_numbers(connection: sa.Connection, subjects: Collection[int]) -> list[int]:
    """Return the numbers of somebody's answers: what is kept about them elsewhere in feedback goes with them."""
    mine = [one for one in subjects if one]
    wanted = sa.select(_a.number).where(is_any_of(_a.subject, mine))
    return list(cast("Iterable[int]", connection.execute(wanted).scalars()))
