"""All SQL of handing over. What waits for the other side is one row per person, so that a change is told once, however often it was noticed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.audiences.handing_over.model import (
    HandOver,
    Run,
    Snapshot,
    StoredHandOver,
    Waiting,
    Webhook,
)
from beleef.audiences.handing_over.tables import hand_over_people, hand_over_runs, hand_overs
from beleef.store.records.database import Prepared, insert, is_any_of

_RUNS_KEPT = 100


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    way: Webhook | Snapshot
    traits: tuple[str, ...] = ()


_settings = msgspec.json.Decoder(_Settings)
_WEBHOOKS = Prepared(
    sa.select(hand_overs.c.audience, hand_overs.c.number).where(hand_overs.c.is_webhook == 1)
)


def stored(connection: sa.Connection, audience: str | None = None) -> list[StoredHandOver]:
    """Return the hand-overs of an audience, or of all, in the order in which they were made."""
    wanted = sa.select(hand_overs).order_by(hand_overs.c.number)
    if audience is not None:
        wanted = wanted.where(hand_overs.c.audience == audience)
    return [_stored(row) for row in connection.execute(wanted)]


def one(connection: sa.Connection, number: int) -> StoredHandOver | None:
    """Return a hand-over, None where there is none of that number."""
    row = connection.execute(sa.select(hand_overs).where(hand_overs.c.number == number)).first()
    return None if row is None else _stored(row)


def _stored(row: Any) -> StoredHandOver:
    settings = _settings.decode(row.settings)
    return StoredHandOver(
        number=row.number,
        hand_over=HandOver(audience=row.audience, way=settings.way, traits=settings.traits),
        secret=row.secret,
        paused=bool(row.paused),
        version=row.version,
        cursor=row.cursor,
        next_at=row.next_at,
        attempts=row.attempts,
        error=row.error,
        told=row.told,
    )


def add(connection: sa.Connection, hand_over: HandOver, *, secret: str) -> int:
    """Write a new hand-over and return its number."""
    values = {
        **_written(hand_over),
        "secret": secret,
        "paused": 0,
        "version": 0,
        "cursor": None,
        "next_at": 0,
        "attempts": 0,
        "error": "",
        "told": 0,
    }
    number = connection.execute(
        sa.insert(hand_overs).values(**values).returning(hand_overs.c.number)
    ).scalar_one()
    return int(number)


def change(connection: sa.Connection, number: int, hand_over: HandOver) -> None:
    """Write other settings of a hand-over, and let it try at once."""
    values = {**_written(hand_over), "next_at": 0, "attempts": 0, "error": ""}
    connection.execute(sa.update(hand_overs).where(hand_overs.c.number == number).values(**values))


def _written(hand_over: HandOver) -> dict[str, Any]:
    settings = _Settings(way=hand_over.way, traits=hand_over.traits)
    return {
        "audience": hand_over.audience,
        "settings": msgspec.json.encode(settings).decode(),
        "is_webhook": int(isinstance(hand_over.way, Webhook)),
    }


def note(connection: sa.Connection, number: int, **values: Any) -> None:
    """Write columns of a hand-over's own row: ``paused``, ``version``, ``cursor``, ``next_at``, ``attempts``, ``error``."""
    connection.execute(sa.update(hand_overs).where(hand_overs.c.number == number).values(**values))


def remove(connection: sa.Connection, number: int) -> None:
    """Remove a hand-over with all that is kept for it."""
    connection.execute(sa.delete(hand_over_people).where(hand_over_people.c.hand_over == number))
    connection.execute(sa.delete(hand_over_runs).where(hand_over_runs.c.hand_over == number))
    connection.execute(sa.delete(hand_overs).where(hand_overs.c.number == number))


def webhooks(connection: sa.Connection) -> dict[str, list[int]]:
    """Return the numbers of the hand-overs by webhook, by audience."""
    found: dict[str, list[int]] = {}
    for audience, number in _WEBHOOKS.rows(connection):
        found.setdefault(audience, []).append(number)
    return found


def look_at(connection: sa.Connection, number: int, persons: Collection[int], now: int) -> None:
    """Note that the other side may have to be told about people."""
    if not persons:
        return
    statement = insert(hand_over_people, connection)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["hand_over", "person"], set_={"due_at": statement.excluded.due_at}
        ),
        [
            {"hand_over": number, "person": person, "told": 0, "changes": 0, "due_at": now}
            for person in persons
        ],
    )


def look_again(connection: sa.Connection, persons: Collection[int], now: int) -> None:
    """Note that people who were told about may be somebody else now."""
    c = hand_over_people.c
    if persons:
        connection.execute(
            sa.update(hand_over_people).where(is_any_of(c.person, list(persons))).values(due_at=now)
        )


def told_between(connection: sa.Connection, number: int, after: int, until: int | None) -> set[int]:
    """Return the people whom the other side takes to be in the audience, by number above ``after`` and up to ``until``."""
    c = hand_over_people.c
    wanted = sa.select(c.person).where(c.hand_over == number, c.told == 1, c.person > after)
    if until is not None:
        wanted = wanted.where(c.person <= until)
    return set(connection.execute(wanted).scalars())


def waiting(connection: sa.Connection, number: int, limit: int) -> list[Waiting]:
    """Return people to look at, those who wait longest first."""
    c = hand_over_people.c
    wanted = (
        sa.select(c.person, c.told, c.changes, c.due_at)
        .where(c.hand_over == number, c.due_at.is_not(None))
        .order_by(c.due_at, c.person)
        .limit(limit)
    )
    return [
        Waiting(person=person, told=bool(told), changes=changes, due_at=due_at)
        for person, told, changes, due_at in connection.execute(wanted)
    ]


def count_waiting(connection: sa.Connection) -> dict[int, int]:
    """Return how many people wait to be looked at, by hand-over."""
    c = hand_over_people.c
    wanted = sa.select(c.hand_over, sa.func.count()).where(c.due_at.is_not(None)).group_by(c.hand_over)
    return {row[0]: row[1] for row in connection.execute(wanted)}


def settle(
    connection: sa.Connection,
    number: int,
    *,
    told: Mapping[Waiting, bool],
    nothing: Sequence[Waiting],
) -> None:
    """Write what the other side knows now.

    Args:
        connection: Inside a write transaction.
        number: The hand-over.
        told: Those it was told about, and whether they are in the audience.
        nothing: Those with nothing to tell. Who was noticed again meanwhile goes on waiting.
    """
    c = hand_over_people.c
    still = sa.case((c.due_at == sa.bindparam("seen"), sa.null()), else_=c.due_at)
    this = sa.and_(c.hand_over == number, c.person == sa.bindparam("who"))
    rows = [{"who": one.person, "seen": one.due_at, "inside": int(inside)} for one, inside in told.items()]
    if rows:
        changed = {"told": sa.bindparam("inside"), "changes": c.changes + 1, "due_at": still}
        connection.execute(sa.update(hand_over_people).where(this).values(changed), rows)
    seen = [{"who": one.person, "seen": one.due_at} for one in nothing]
    if seen:
        connection.execute(sa.update(hand_over_people).where(this).values({"due_at": still}), seen)
    more = sum(1 if inside else -1 for inside in told.values())
    if more:
        note(connection, number, told=hand_overs.c.told + more)


def add_run(connection: sa.Connection, number: int, run: Run) -> None:
    """Write what became of an attempt, and forget the oldest ones."""
    values = msgspec.structs.asdict(run)
    connection.execute(sa.insert(hand_over_runs).values(hand_over=number, **values))
    c = hand_over_runs.c
    kept = sa.select(c.number).where(c.hand_over == number).order_by(c.number.desc()).limit(_RUNS_KEPT)
    oldest = sa.select(sa.func.min(kept.subquery().c.number)).scalar_subquery()
    connection.execute(sa.delete(hand_over_runs).where(c.hand_over == number, c.number < oldest))


def runs(connection: sa.Connection, number: int, limit: int) -> list[Run]:
    """Return the latest attempts, newest first."""
    c = hand_over_runs.c
    wanted = (
        sa.select(c.began_at, c.ended_at, c.outcome, c.people, c.detail)
        .where(c.hand_over == number)
        .order_by(c.number.desc())
        .limit(limit)
    )
    return [Run(**row) for row in connection.execute(wanted).mappings()]
