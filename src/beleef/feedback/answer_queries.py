"""What is read and written of responses and answers. Sets go in; what comes out of anonymous surveys is sealed groups only.

This is the one place that reads the answers' tables. ``_visible`` is in every question about answers.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from beleef.feedback.model import Answer, Counted, Filter, Given, Group, GroupBy, Progress, Response
from beleef.feedback.sealing import REMAINDER, Sealed, Waiting
from beleef.feedback.tables import survey_answers, survey_remains, survey_responses
from beleef.kernel.clock import from_datetime
from beleef.store.records.database import insert, is_any_of

_AT_ONCE = 400
_a, _r, _m = survey_answers.c, survey_responses.c, survey_remains.c
SINGLE = -1
"""``atom`` of answers that may be seen one by one."""
_CIRCUMSTANCES = ("version", "delivery", "touchpoint", "product", "language", "stratum", "campaign")

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
    for start in range(0, len(hidden), _AT_ONCE):
        statement = insert(survey_answers, connection).values(hidden[start : start + _AT_ONCE])
        connection.execute(statement.on_conflict_do_nothing(index_elements=["number"]))


def _upsert(connection: sa.Connection, table: sa.Table, key: str, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        statement = insert(table, connection).values(list(rows[start : start + _AT_ONCE]))
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[key],
                set_={
                    column.name: statement.excluded[column.name] for column in table.c if column.name != key
                },
            )
        )


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


def _visible() -> sa.ColumnElement[bool]:
    """Every question about answers says this: what is not sealed yet, nobody sees."""
    return _a.atom != 0


def _chosen(columns: Any, where: Filter) -> Iterator[sa.ColumnElement[bool]]:
    """Yield what a filter demands, of answers, responses or remains alike."""
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
    chosen = [_a.survey == survey, _visible(), *_chosen(_a, where)]
    if not where.with_flagged:
        chosen.append(_a.flagged.is_(False))
    if where.subjects is not None:
        chosen.append(is_any_of(_a.subject, list(where.subjects)))
    return chosen


def _of_remains(survey: str, where: Filter) -> list[sa.ColumnElement[bool]]:
    chosen = [_m.survey == survey, *_chosen(_m, where)]
    if not where.with_flagged:
        chosen.append(_m.quality == "")
    if where.subjects is not None:
        # What is left of erased people belongs to nobody's audience.
        chosen.append(sa.false())
    return chosen


def counts(
    connection: sa.Connection, survey: str, question: str, by: GroupBy | None, where: Filter
) -> list[Group]:
    """Return answers to a question counted, those of erased people included.

    Args:
        connection: To read from.
        survey: Its name.
        question: The question's id.
        by: What to tell apart; None for nothing.
        where: Which answers.
    """
    key = sa.literal("") if by is None else sa.cast(_a[by], sa.String)
    left = sa.literal("") if by is None else sa.cast(_m[by], sa.String)
    live = (
        sa.select(key.label("key"), _a.row, _a.value, _a.choice, sa.func.count().label("n"))
        .where(_a.question == question, *_of_answers(survey, where))
        .group_by(key, _a.row, _a.value, _a.choice)
    )
    remains = (
        sa.select(left.label("key"), _m.row, _m.value, _m.choice, sa.func.sum(_m.count).label("n"))
        .where(_m.question == question, *_of_remains(survey, where))
        .group_by(left, _m.row, _m.value, _m.choice)
    )
    return _groups(row for statement in (live, remains) for row in connection.execute(statement))


def counts_told_apart(
    connection: sa.Connection, survey: str, question: str, where: Filter, group: str | None
) -> list[Group]:
    """Return anonymous answers counted by the one thing that tells their groups apart; ``group`` for one of them only."""
    wanted = sa.select(
        _a.told_apart.label("key"), _a.row, _a.value, _a.choice, sa.func.count().label("n")
    ).where(_a.question == question, *_of_answers(survey, where))
    if group is not None:
        wanted = wanted.where(_a.told_apart == group)
    wanted = wanted.group_by(_a.told_apart, _a.row, _a.value, _a.choice)
    return _groups(connection.execute(wanted))


def _groups(rows: Iterable[sa.Row[Any]]) -> list[Group]:
    n: dict[tuple[str, str], int] = defaultdict(int)
    values: dict[tuple[str, str], dict[float, int]] = defaultdict(lambda: defaultdict(int))
    options: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        place, count = (row.key or "", row.row), int(row.n)
        n[place] += count
        if row.value is not None:
            values[place][row.value] += count
        for option in row.choice.split(",") if row.choice else ():
            options[place][option] += count
    return [
        Group(key=key, row=row, n=n[key, row], values=dict(values[key, row]), options=dict(options[key, row]))
        for key, row in sorted(n)
    ]


def progress(connection: sa.Connection, survey: str, where: Filter, *, is_anonymous: bool) -> Progress:
    """Return how many responses there are and how far they came."""
    chosen = [_r.survey == survey, *_chosen(_r, where)]
    if where.subjects is not None:
        chosen.append(is_any_of(_r.subject, list(where.subjects)))
    flags = connection.execute(
        sa.select(_r.quality, sa.func.count(), sa.func.count(_r.completed_at))
        .where(*chosen)
        .group_by(_r.quality)
    ).all()
    left = connection.execute(
        sa.select(_m.quality, _m.choice, sa.func.sum(_m.count))
        .where(_m.question == "", *_of_remains(survey, msgspec.structs.replace(where, with_flagged=True)))
        .group_by(_m.quality, _m.choice)
    ).all()
    flagged: dict[str, int] = defaultdict(int)
    started = finished = 0
    for quality, all_, done in (
        *flags,
        *((quality, count, count if choice == "finished" else 0) for quality, choice, count in left),
    ):
        started, finished = started + int(all_), finished + int(done)
        for flag in quality.split(",") if quality else ():
            flagged[flag] += int(all_)
    answers = _of_answers(survey, msgspec.structs.replace(where, with_flagged=not is_anonymous))
    of_question = (
        sa.select(_a.question, sa.func.count(sa.distinct(_a.response))).where(*answers).group_by(_a.question)
    )
    reached = {row[0]: row[1] for row in connection.execute(of_question)}
    return Progress(started=started, finished=finished, flagged=dict(flagged), reached=reached)


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
        wanted = wanted.where(*_chosen(_r, where))
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


def given(row: sa.Row[Any]) -> Given:
    """Return a stored answer. Of an anonymous one nothing is left that could say whose it is."""
    is_single = row.atom == SINGLE
    options = tuple(row.choice.split(",")) if row.choice else ()
    is_list = row.kind in {"many", "ranking"}
    return Given(
        number=row.number,
        response=row.response if is_single else "",
        survey=row.survey,
        subject=row.subject if is_single else 0,
        answer=Answer(
            question=row.question,
            kind=row.kind,
            row=row.row,
            value=row.value,
            option="" if is_list or not options else options[0],
            options=options if is_list else (),
            text=row.text,
        ),
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
    wanted = sa.select(survey_answers).where(_a.text != "", written, _visible(), *_chosen(_a, where))
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
    """Keep what erased people's answers count, and remove the answers."""
    mine = [one for one in subjects if one]
    if not mine:
        return
    of_answers, of_responses = is_any_of(_a.subject, mine), is_any_of(_r.subject, mine)
    quality = sa.func.coalesce(
        sa.select(_r.quality).where(_r.id == _a.response).scalar_subquery(), sa.literal("")
    )
    same = [_a[name] for name in _CIRCUMSTANCES]
    answers = sa.select(
        _a.survey,
        _a.question,
        _a.row,
        _a.kind,
        _a.value,
        _a.choice,
        *same,
        _a.month,
        quality.label("quality"),
    ).where(of_answers)
    finished = sa.case((_r.completed_at.is_(None), "started"), else_="finished").label("choice")
    also = [_r[name] for name in _CIRCUMSTANCES]
    done = sa.select(_r.survey, finished, *also, _r.month, _r.quality).where(of_responses)
    cells: dict[tuple[tuple[str, Any], ...], int] = defaultdict(int)
    empty = {"question": "", "row": "", "kind": "", "value": None}
    for row in connection.execute(answers).mappings():
        cells[tuple(sorted(dict(row).items()))] += 1
    for row in connection.execute(done).mappings():
        cells[tuple(sorted({**empty, **dict(row)}.items()))] += 1
    _add_remains(connection, cells)
    connection.execute(sa.delete(survey_answers).where(of_answers))
    connection.execute(sa.delete(survey_responses).where(of_responses))


def _add_remains(connection: sa.Connection, cells: Mapping[tuple[tuple[str, Any], ...], int]) -> None:
    for cell, count in cells.items():
        statement = insert(survey_remains, connection).values(
            number=_number_of(cell), count=count, **dict(cell)
        )
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["number"], set_={"count": survey_remains.c.count + count}
            )
        )


def _number_of(cell: tuple[tuple[str, Any], ...]) -> int:

    digest = hashlib.blake2b(
        msgspec.json.encode([(str(name), value) for name, value in cell]), digest_size=8
    ).digest()
    return int.from_bytes(digest, "big") >> 1


def answer_numbers(connection: sa.Connection, subjects: Collection[int]) -> list[int]:
    """Return the numbers of somebody's answers: what is kept about them elsewhere in feedback goes with them."""
    mine = [one for one in subjects if one]
    wanted = sa.select(_a.number).where(is_any_of(_a.subject, mine))
    return list(cast("Iterable[int]", connection.execute(wanted).scalars()))


def counted(groups: Sequence[Group]) -> Counted:
    """Return sealed groups as what is told: what is told apart from nothing has no name of its own."""
    named = tuple(group for group in groups if group.key != REMAINDER)
    return Counted(groups=named, withheld=len(named) < len(groups))
