"""SQL of cases by their numbers: where they stand, their entries and promises, who has a part in them, and what leads to them."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.store.records.database import is_any_of
from beleef.support.model import (
    Attachment,
    Case,
    Entry,
    Life,
    Promise,
    Wait,
)
from beleef.support.tables import (
    case_entries,
    case_numbers,
    case_people,
    case_promises,
    case_threads,
    case_waits,
    cases,
)

_c = cases.c
_LIFE = tuple(name for name in Life.__struct_fields__ if name not in {"tags", "waits", "promises"})
_texts = msgspec.json.Decoder(tuple[str, ...]).decode
_data = msgspec.json.Decoder(dict[str, Any]).decode


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The words of an entry, as they are stored."""

    text: str = ""
    html: str = ""
    quoted: str = ""
    attachments: tuple[Attachment, ...] = ()


_body = msgspec.json.Decoder(Body).decode


def by_numbers(connection: sa.Connection, numbers: Collection[int]) -> dict[int, Case]:
    """Return cases by their numbers, without promises and waits."""
    rows = connection.execute(sa.select(cases).where(is_any_of(_c.number, list(numbers))))
    return {row.number: case_in(row) for row in rows}


def whole(connection: sa.Connection, number: int) -> Case | None:
    """Return one case with its promises and waits."""
    found = by_numbers(connection, [number]).get(number)
    if found is None:
        return None
    kept = promises(connection, [number]).get(number, ())
    waits = sa.select(case_waits).where(case_waits.c.number == number).order_by(case_waits.c.turn)
    waited = tuple(
        Wait(since=row.since, until=row.until, answered=bool(row.answered))
        for row in connection.execute(waits)
    )
    life = msgspec.structs.replace(found.life, promises=tuple(kept), waits=waited)
    return msgspec.structs.replace(found, life=life)


def promises(connection: sa.Connection, numbers: Collection[int]) -> dict[int, list[Promise]]:
    """Return the promises of cases, in the order they were made."""
    p = case_promises.c
    chosen = (
        sa.select(case_promises)
        .where(is_any_of(p.number, list(numbers)))
        .order_by(p.number, p.started_at, p.id)
    )
    found: dict[int, list[Promise]] = {}
    for row in connection.execute(chosen).mappings():
        values = dict(row)
        found.setdefault(values.pop("number"), []).append(Promise(**values))
    return found


def of_person(connection: sa.Connection, subjects: Collection[int], limit: int) -> list[Case]:
    """Return the cases that a person has a part in, the newest first."""
    chosen = (
        sa.select(cases)
        .where(_c.number.in_(_parts_of(subjects)))
        .order_by(_c.last_at.desc(), _c.number.desc())
        .limit(limit)
    )
    return [case_in(row) for row in connection.execute(chosen)]


def entries(connection: sa.Connection, numbers: Collection[int], *, bodies: bool) -> dict[int, list[Entry]]:
    """Return the entries of cases, in the order of their facts.

    Args:
        connection: To read from.
        numbers: Of the cases.
        bodies: Whether with what was said; without it for the fold, which reads none of it.
    """
    e = case_entries.c
    columns = [one for one in e if bodies or one.name != "body"]
    chosen = (
        sa.select(*columns)
        .where(is_any_of(e.number, list(numbers)))
        .order_by(e.number, e.fact, sa.case((e.kind == "opened", 0), else_=1), e.kind)
    )
    found: dict[int, list[Entry]] = {number: [] for number in numbers}
    for row in connection.execute(chosen):
        said = _body(row.body) if bodies else Body()
        found[row.number].append(
            Entry(
                case=row.number,
                fact=row.fact,
                at=row.at,
                kind=row.kind,
                actor=row.actor,
                channel=row.channel,
                text=said.text,
                html=said.html,
                quoted=said.quoted,
                data=_data(row.data),
                attachments=said.attachments,
                subject=row.subject,
            )
        )
    return found


def parts_of(connection: sa.Connection, subjects: Collection[int]) -> list[int]:
    """Return the cases that a person has a part in."""
    chosen = _parts_of(subjects).distinct().order_by(case_people.c.number)
    return list(connection.scalars(chosen))


def _parts_of(subjects: Collection[int]) -> sa.Select[int]:
    return sa.select(case_people.c.number).where(is_any_of(case_people.c.subject, list(subjects)))


def merged_into(connection: sa.Connection, number: int) -> list[int]:
    """Return the cases that went up in one, and in those, and so on."""
    found: list[int] = []
    fresh = [number]
    while fresh:
        chosen = sa.select(_c.number).where(is_any_of(_c.merged_into, fresh)).order_by(_c.number)
        fresh = [one for one in connection.scalars(chosen) if one not in found]
        found += fresh
    return found


def children(connection: sa.Connection, number: int) -> list[Case]:
    """Return the cases that belong under one, by number."""
    chosen = sa.select(cases).where(_c.parent == number).order_by(_c.number)
    return [case_in(row) for row in connection.execute(chosen)]


def numbered(connection: sa.Connection, keys: Collection[str]) -> dict[str, int]:
    """Return the numbers that were given to keys."""
    chosen = sa.select(case_numbers).where(is_any_of(case_numbers.c.key, list(keys)))
    return {row.key: row.number for row in connection.execute(chosen)}


def by_marks(connection: sa.Connection, marks: Collection[str]) -> dict[str, int]:
    """Return the cases that marks of messages lead to."""
    chosen = sa.select(case_threads).where(is_any_of(case_threads.c.mark, list(marks)))
    return {row.mark: row.number for row in connection.execute(chosen)}


def marks_of(connection: sa.Connection, number: int) -> list[str]:
    """Return the marks that lead to a case."""
    chosen = sa.select(case_threads.c.mark).where(case_threads.c.number == number)
    return sorted(connection.scalars(chosen))


def every_number(connection: sa.Connection, after: int, limit: int) -> list[int]:
    """Return numbers of cases above one, in order."""
    chosen = sa.select(_c.number).where(_c.number > after).order_by(_c.number).limit(limit)
    return list(connection.scalars(chosen))


def reporters(connection: sa.Connection, root_cause: str, since: int) -> list[int]:
    """Return the subjects whose cases were closed with a root cause since a moment, each once."""
    chosen = (
        sa.select(_c.subject)
        .where(_c.root_cause == root_cause, _c.closed_at >= since, _c.subject != 0)
        .distinct()
        .order_by(_c.subject)
    )
    return list(connection.scalars(chosen))


def case_in(row: Any) -> Case:
    """Return the case that a row holds."""
    life = Life(**{name: getattr(row, name) for name in _LIFE}, tags=_texts(row.tags), waits=(), promises=())
    return Case(
        number=row.number,
        subject=row.subject,
        cause=row.cause,
        of=row.of,
        next_due_at=row.next_due_at,
        next_kind=row.next_kind,
        life=life,
    )


def case_columns(life: Life) -> dict[str, Any]:
    """Return what a case's row holds of its life."""
    following = life.next_promise
    return {
        **{name: getattr(life, name) for name in _LIFE},
        "tags": msgspec.json.encode(life.tags).decode(),
        "is_open": int(life.status != "closed"),
        "next_due_at": None if following is None else following.due_at,
        "next_kind": "" if following is None else following.kind,
        "dealt": 0,
    }


def encoded(entry: Entry) -> dict[str, Any]:
    """Return an entry's row."""
    said = Body(text=entry.text, html=entry.html, quoted=entry.quoted, attachments=entry.attachments)
    return {
        "number": entry.case,
        "fact": entry.fact,
        "kind": entry.kind,
        "at": entry.at,
        "actor": entry.actor,
        "channel": entry.channel,
        "subject": entry.subject,
        "data": msgspec.json.encode(entry.data).decode(),
        "body": msgspec.json.encode(said).decode(),
    }


Rows = Sequence[dict[str, Any]]
