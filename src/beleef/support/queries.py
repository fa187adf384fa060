"""SQL of the inbox and of one case: pages by key, capped counts, entries, promises, people.

Whatever the inbox asks is answered from one end of an index, and looks at no more rows than it shows.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import is_any_of
from beleef.support.model import (
    Attachment,
    Capped,
    Case,
    CasePage,
    Entry,
    Life,
    Promise,
    Wait,
    Wanted,
    number_of,
)
from beleef.support.tables import (
    case_entries,
    case_numbers,
    case_people,
    case_promises,
    case_tags,
    case_threads,
    case_waits,
    case_words,
    cases,
)
from beleef.support.words import words_of

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


def page(connection: sa.Connection, wanted: Wanted, *, now: int, after: str | None, limit: int) -> CasePage:
    """Return a page of the inbox.

    Raises:
        InvalidInput: ``after`` is none of ours.
    """
    key = _c.next_due_at if wanted.order == "due" else _c.last_at
    chosen = sa.select(cases).where(*conditions(wanted, now))
    if wanted.order == "due":
        chosen = chosen.where(_c.next_due_at.is_not(None))
    if after is not None:
        at, number = _place(after)
        beyond = sa.tuple_(key, _c.number) < sa.tuple_(at, number)
        if wanted.order != "newest":
            beyond = sa.tuple_(key, _c.number) > sa.tuple_(at, number)
        chosen = chosen.where(beyond)
    order = (key.desc(), _c.number.desc()) if wanted.order == "newest" else (key, _c.number)
    rows = connection.execute(chosen.order_by(*order).limit(limit + 1)).all()
    found = tuple(_case(row) for row in rows[:limit])
    if len(rows) <= limit:
        return CasePage(cases=found, next=None)
    last = rows[limit - 1]
    at = last.next_due_at if wanted.order == "due" else last.last_at
    return CasePage(cases=found, next=f"{at}-{last.number}")


def count(connection: sa.Connection, wanted: Wanted, *, now: int, at_most: int) -> Capped:
    """Return how many cases there are, counted up to a limit."""
    some = sa.select(sa.literal(1)).select_from(cases).where(*conditions(wanted, now)).limit(at_most + 1)
    found = connection.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one()
    return Capped(count=min(found, at_most), is_more=found > at_most)


def conditions(wanted: Wanted, now: int) -> list[sa.ColumnElement[bool]]:
    """Return what the cases that are wanted fulfil."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.is_open is not None:
        found.append(_c.is_open == int(wanted.is_open))
    if wanted.statuses:
        found.append(_c.status.in_(wanted.statuses))
    if wanted.assignee:
        found.append(_c.assignee == ("" if wanted.assignee == "-" else wanted.assignee))
    for name in ("team", "department", "kind", "priority", "channel", "root_cause"):
        value = getattr(wanted, name)
        if value:
            found.append(cases.c[name] == value)
    if wanted.tag:
        found.append(_c.number.in_(sa.select(case_tags.c.number).where(case_tags.c.tag == wanted.tag)))
    if wanted.subjects:
        found.append(_c.number.in_(_of_people(wanted.subjects)))
    if wanted.overdue:
        found += [_c.is_open == 1, _c.next_due_at < now]
    if wanted.due_before is not None:
        found += [_c.is_open == 1, _c.next_due_at < wanted.due_before]
    return found + _saying(wanted.text)


def _saying(text: str) -> list[sa.ColumnElement[bool]]:
    number = number_of(text)
    if number is not None:
        return [_c.number == number]
    sought = words_of(text)
    if text.strip() and not sought:
        return [sa.false()]
    word = case_words.c.word
    # What is still being typed is the beginning of a word.
    exact = [word == one for one in sought[:-1]]
    begun = [sa.and_(word >= one, word < one + "\U0010ffff") for one in sought[-1:]]
    return [_c.number.in_(sa.select(case_words.c.number).where(one)) for one in (*exact, *begun)]


def _of_people(subjects: Collection[int]) -> sa.Select[tuple[int]]:
    return sa.select(case_people.c.number).where(is_any_of(case_people.c.subject, list(subjects)))


def _place(after: str) -> tuple[int, int]:
    at, dash, number = after.rpartition("-")
    if not dash or not number.isdecimal() or not at.removeprefix("-").isdecimal():
        raise InvalidInput("There is no such page.", hint="Begin again at the first page.")
    return int(at), int(number)


def by_numbers(connection: sa.Connection, numbers: Collection[int]) -> dict[int, Case]:
    """Return cases by their numbers, without promises and waits."""
    rows = connection.execute(sa.select(cases).where(is_any_of(_c.number, list(numbers))))
    return {row.number: _case(row) for row in rows}


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
        .where(_c.number.in_(_of_people(subjects)))
        .order_by(_c.last_at.desc(), _c.number.desc())
        .limit(limit)
    )
    return [_case(row) for row in connection.execute(chosen)]


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
    p = case_people.c
    chosen = sa.select(p.number).where(is_any_of(p.subject, list(subjects))).distinct().order_by(p.number)
    return list(connection.scalars(chosen))


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
    return [_case(row) for row in connection.execute(chosen)]


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


def _case(row: Any) -> Case:
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
