"""SQL of support's step: what it reads before a batch, and the rows it writes after it, each a statement for all cases together."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.store.records.database import insert, is_any_of
from beleef.support.chore_queries import cases_of
from beleef.support.model import Entry, Life
from beleef.support.queries import case_columns, encoded
from beleef.support.tables import (
    case_entries,
    case_numbers,
    case_people,
    case_progress,
    case_promises,
    case_tags,
    case_threads,
    case_waits,
    case_words,
    cases,
)

FIRST_NUMBER = 10_001


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A case as it is written after a batch: what it is about, its life, and the entries that are new."""

    number: int
    subject: int
    cause: str
    of: str
    life: Life
    fresh: Sequence[Entry]


def last_fact(connection: sa.Connection) -> int:
    """Return the last fact that was worked on, ever."""
    return connection.scalar(sa.select(case_progress.c.last_fact)) or 0


def note_last_fact(connection: sa.Connection, fact: int) -> None:
    """Note the last fact that was worked on."""
    statement = insert(case_progress, connection).values(id=1, last_fact=fact)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"last_fact": fact}))


def next_number(connection: sa.Connection) -> int:
    """Return the lowest number that was never given."""
    highest = connection.scalar(sa.select(sa.func.max(case_numbers.c.number)))
    return FIRST_NUMBER if highest is None else int(highest) + 1


def give_numbers(connection: sa.Connection, given: Mapping[str, int]) -> None:
    """Keep which numbers were given to which keys."""
    if given:
        rows = [{"number": number, "key": key} for key, number in given.items()]
        connection.execute(sa.insert(case_numbers), rows)


def spoken(connection: sa.Connection, subjects: Collection[int], since: int) -> dict[int, list[int]]:
    """Return when subjects sent messages since a moment."""
    e = case_entries.c
    chosen = sa.select(e.subject, e.at).where(
        is_any_of(e.subject, list(subjects)), e.at > since, e.kind.in_(("message", "automatic"))
    )
    found: dict[int, list[int]] = {}
    for subject, at in connection.execute(chosen):
        found.setdefault(subject, []).append(at)
    return found


def people(connection: sa.Connection, numbers: Collection[int]) -> dict[int, set[int]]:
    """Return the subjects that have a part in cases."""
    p = case_people.c
    found: dict[int, set[int]] = {}
    for subject, number in connection.execute(
        sa.select(p.subject, p.number).where(is_any_of(p.number, list(numbers)))
    ):
        found.setdefault(number, set()).add(subject)
    return found


def save(connection: sa.Connection, written: Sequence[Written]) -> None:
    """Write cases with their new entries; what follows from all entries is written anew."""
    if not written:
        return
    numbers = [one.number for one in written]
    rows = [
        {"number": one.number, "subject": one.subject, "cause": one.cause, "of": one.of}
        | case_columns(one.life)
        for one in written
    ]
    _upsert(connection, cases, rows, ["number"])
    fresh = [encoded(entry) for one in written for entry in one.fresh]
    if fresh:
        statement = insert(case_entries, connection).on_conflict_do_nothing()
        connection.execute(statement, fresh)
    _replace(
        connection,
        case_promises,
        numbers,
        [_promise(one.number, p) for one in written for p in one.life.promises],
    )
    waits = [
        {
            "number": one.number,
            "turn": turn,
            "since": wait.since,
            "until": wait.until,
            "answered": int(wait.answered),
        }
        for one in written
        for turn, wait in enumerate(one.life.waits)
    ]
    _replace(connection, case_waits, numbers, waits)
    tags = [{"tag": tag, "number": one.number} for one in written for tag in sorted(set(one.life.tags))]
    _replace(connection, case_tags, numbers, tags)


def add_marks(connection: sa.Connection, marks: Mapping[str, int]) -> None:
    """Keep by which marks messages lead to cases; the first that a mark led to stays."""
    rows = [{"mark": mark, "number": number} for mark, number in marks.items()]
    _add(connection, case_threads, rows)


def add_people(connection: sa.Connection, parts: Collection[tuple[int, int]]) -> None:
    """Keep which subjects have a part in which cases."""
    _add(connection, case_people, [{"subject": one, "number": number} for one, number in sorted(parts)])


def remove_people(connection: sa.Connection, parts: Collection[tuple[int, int]]) -> None:
    """Keep that subjects have a part in cases no more."""
    p = case_people.c
    for subject, number in parts:
        connection.execute(sa.delete(case_people).where(p.subject == subject, p.number == number))


def add_words(connection: sa.Connection, words: Collection[tuple[str, int]]) -> None:
    """Keep by which words cases are found."""
    _add(connection, case_words, [{"word": word, "number": number} for word, number in sorted(words)])


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Remove the cases of a person who is erased, and the person from cases of others."""
    mine = cases_of(connection, subjects)
    tables = (
        case_entries,
        case_promises,
        case_waits,
        case_tags,
        case_words,
        case_threads,
        case_people,
        cases,
    )
    for table in tables:
        connection.execute(sa.delete(table).where(is_any_of(table.c.number, mine)))
    for part in (case_people, case_entries):
        connection.execute(sa.delete(part).where(is_any_of(part.c.subject, list(subjects))))


def _promise(number: int, promise: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"number": number, **msgspec.structs.asdict(promise)}
    return found


def _add(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table, connection).on_conflict_do_nothing(), rows)


def _replace(
    connection: sa.Connection, table: sa.Table, numbers: list[int], rows: list[dict[str, Any]]
) -> None:
    connection.execute(sa.delete(table).where(is_any_of(table.c.number, numbers)))
    if rows:
        connection.execute(sa.insert(table), rows)


def _upsert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]], keys: list[str]) -> None:
    statement = insert(table, connection)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)
