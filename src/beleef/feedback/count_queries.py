"""Answers counted: cells of answers that are alike, kept in one transaction with the answers, so that no figure reads every one of them.

Of anonymous surveys only what is sealed is counted here at all; see ``sealing``.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from beleef.feedback.answer_queries import chosen, visible
from beleef.feedback.model import Filter, Group, Progress
from beleef.feedback.tables import survey_answers, survey_counts, survey_remains, survey_responses
from beleef.store.records.database import insert, is_any_of

_CELL: Final = tuple(column.name for column in survey_counts.c if column.name not in {"number", "count"})
_a, _r = survey_answers.c, survey_responses.c

Cell = tuple[Any, ...]
"""Values of the columns of ``survey_counts``, without ``number`` and ``count``."""


def _answers(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return answers in the shape of cells, each counting once."""
    quality = sa.case((_a.flagged, "flagged"), else_="").label("quality")
    columns = (quality if name == "quality" else _a[name] for name in _CELL)
    return sa.select(*columns, sa.literal(1).label("count")).where(visible(), *where)


def _responses(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return responses in the shape of cells, each counting once."""
    own: dict[str, sa.ColumnElement[Any]] = {
        "question": sa.literal(""),
        "row": sa.literal(""),
        "value": sa.cast(sa.null(), sa.Float),
        "choice": sa.case((_r.completed_at.is_(None), "started"), else_="finished"),
        "told_apart": sa.literal(""),
    }
    columns = (own[name].label(name) if name in own else _r[name] for name in _CELL)
    return sa.select(*columns, sa.literal(1).label("count")).where(*where)


def of_responses(connection: sa.Connection, responses: Collection[str]) -> Counter[Cell]:
    """Return what responses and their answers count at present."""
    ids = list(responses)
    return _grouped(connection, _answers(is_any_of(_a.response, ids)), _responses(is_any_of(_r.id, ids)))


def of_answers(connection: sa.Connection, numbers: Collection[int]) -> Counter[Cell]:
    """Return what answers count at present."""
    return _grouped(connection, _answers(is_any_of(_a.number, list(numbers))))


def _grouped(connection: sa.Connection, *selects: sa.Select[Any]) -> Counter[Cell]:
    found: Counter[Cell] = Counter()
    for one in selects:
        alike = one.subquery()
        columns = [alike.c[name] for name in _CELL]
        for row in connection.execute(sa.select(*columns, sa.func.count()).group_by(*columns)):
            found[tuple(row)[:-1]] += row[-1]
    return found


def add(connection: sa.Connection, cells: Mapping[Cell, int], into: sa.Table = survey_counts) -> None:
    """Add to cells, or take away from them; those that come to nothing are gone."""
    # In one order, so that two transactions never wait for each other.
    changes = sorted((_number_of(cell), cell, count) for cell, count in cells.items() if count)
    if not changes:
        return
    rows = [
        {"number": number, **dict(zip(_CELL, cell, strict=True)), "count": count}
        for number, cell, count in changes
    ]
    statement = insert(into, connection)
    more = {"count": into.c.count + statement.excluded.count}
    connection.execute(statement.on_conflict_do_update(index_elements=["number"], set_=more), rows)
    fewer = [number for number, _, count in changes if count < 0]
    if fewer:
        connection.execute(sa.delete(into).where(is_any_of(into.c.number, fewer), into.c.count == 0))


def _number_of(cell: Cell) -> int:
    digest = hashlib.blake2b(msgspec.json.encode(cell), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def keep_remains(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Let what erased people's answers count be nobody's, before the answers are removed."""
    mine = [one for one in subjects if one]
    if not mine:
        return
    cells = _grouped(
        connection, _answers(is_any_of(_a.subject, mine)), _responses(is_any_of(_r.subject, mine))
    )
    add(connection, cells, into=survey_remains)
    add(connection, {cell: -count for cell, count in cells.items()})


def _told(where: Filter) -> tuple[sa.FromClause, ...]:
    """Return what holds the counts that a filter chooses from: those of everybody, or made now of some people's answers."""
    if where.subjects is None:
        return survey_counts, survey_remains
    # What is left of erased people belongs to nobody's audience.
    mine = list(where.subjects)
    return _answers(is_any_of(_a.subject, mine)).subquery(), _responses(
        is_any_of(_r.subject, mine)
    ).subquery()


def _conditions(cell: Any, survey: str, where: Filter) -> list[sa.ColumnElement[bool]]:
    unflagged = [] if where.with_flagged else [cell.quality == ""]
    return [cell.survey == survey, *chosen(cell, where), *unflagged]


def counts(
    connection: sa.Connection, survey: str, question: str, by: str | None, where: Filter
) -> list[Group]:
    """Return answers to a question counted, those of erased people included.

    Args:
        connection: To read from.
        survey: Its name.
        question: The question's id.
        by: Name of the column to tell apart by; None for nothing.
        where: Which answers.
    """
    rows: list[sa.Row[Any]] = []
    # Of an audience, answers and responses come apart; the responses hold no answers.
    for source in _told(where) if where.subjects is None else _told(where)[:1]:
        cell = source.c
        key = sa.literal("") if by is None else sa.cast(cell[by], sa.String)
        alike = (key.label("key"), cell.row, cell.value, cell.choice)
        # Without a question they would be the responses, which only ``progress`` may tell of.
        of_question = (cell.question == question, cell.question != "", *_conditions(cell, survey, where))
        rows += connection.execute(
            sa.select(*alike, sa.func.sum(cell.count).label("n"))
            .where(*of_question)
            .group_by(key, cell.row, cell.value, cell.choice)
        )
    return _groups(rows)


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
    everything = msgspec.structs.replace(where, with_flagged=True)
    flagged: dict[str, int] = defaultdict(int)
    reached: dict[tuple[str, str], int] = defaultdict(int)
    started = finished = 0
    for source in _told(where):
        cell = source.c
        whole = (cell.question == "", *_conditions(cell, survey, everything))
        n = sa.func.sum(cell.count)
        for quality, choice, count in connection.execute(
            sa.select(cell.quality, cell.choice, n).where(*whole).group_by(cell.quality, cell.choice)
        ):
            started += int(count)
            finished += int(count) if choice == "finished" else 0
            for flag in quality.split(",") if quality else ():
                flagged[flag] += int(count)
        fields = (cell.question != "", *_conditions(cell, survey, where if is_anonymous else everything))
        for question, row, count in connection.execute(
            sa.select(cell.question, cell.row, n).where(*fields).group_by(cell.question, cell.row)
        ):
            reached[question, row] += int(count)
    most: dict[str, int] = defaultdict(int)
    for (question, _), count in reached.items():
        most[question] = max(most[question], count)
    return Progress(started=started, finished=finished, flagged=dict(flagged), reached=dict(most))
