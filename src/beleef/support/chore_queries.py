"""SQL of support's chores: promises with something to tell, cases that sleep long enough, cases that are nobody's."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from beleef.store.records.database import is_any_of
from beleef.support import queries
from beleef.support.model import Case, Promise
from beleef.support.tables import case_promises, cases

_p, _c = case_promises.c, cases.c


def is_due(connection: sa.Connection, until: int, dealing: Collection[str]) -> bool:
    """Return whether there is something to do at or before a moment, or for teams that cases are dealt out to."""
    asked = (
        sa.select(sa.literal(1)).where(_p.next_at <= until).limit(1),
        sa.select(sa.literal(1)).where(_c.snoozed_until <= until).limit(1),
    )
    return any(connection.scalar(one) for one in asked) or bool(undealt(connection, dealing, 1))


def due_promises(connection: sa.Connection, until: int, limit: int) -> list[tuple[int, Promise]]:
    """Return promises with something to tell at or before a moment, each with its case."""
    chosen = (
        sa.select(case_promises)
        .where(_p.next_at <= until)
        .order_by(_p.next_at, _p.number, _p.id)
        .limit(limit)
    )
    found = []
    for row in connection.execute(chosen).mappings():
        values = dict(row)
        found.append((values.pop("number"), Promise(**values)))
    return found


def note_told(connection: sa.Connection, told: Sequence[tuple[int, Promise, int | None]]) -> None:
    """Note what was told of promises, and when there is more to tell."""
    if not told:
        return
    statement = (
        sa.update(case_promises)
        .where(_p.number == sa.bindparam("case_number"), _p.id == sa.bindparam("promise_id"))
        .values(told=sa.bindparam("far"), next_at=sa.bindparam("following", type_=sa.BigInteger))
    )
    rows = [
        {"case_number": number, "promise_id": one.id, "far": one.told + 1, "following": following}
        for number, one, following in told
    ]
    connection.execute(statement, rows)


def due_sleepers(connection: sa.Connection, until: int, limit: int) -> list[int]:
    """Return cases that slept until a moment."""
    chosen = (
        sa.select(_c.number)
        .where(_c.snoozed_until <= until)
        .order_by(_c.snoozed_until, _c.number)
        .limit(limit)
    )
    return list(connection.scalars(chosen))


def note_woken(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Note that cases were told to wake up."""
    if numbers:
        connection.execute(
            sa.update(cases).where(is_any_of(_c.number, list(numbers))).values(snoozed_until=None)
        )


def undealt(connection: sa.Connection, teams: Collection[str], limit: int) -> list[int]:
    """Return open cases of teams that are nobody's and were not dealt out yet, the oldest first."""
    chosen = (
        sa.select(_c.number)
        .where(_c.assignee == "", _c.is_open == 1, _c.dealt == 0, _c.team.in_(sorted(teams)))
        .order_by(_c.number)
        .limit(limit)
    )
    return list(connection.scalars(chosen)) if teams else []


def note_dealt(connection: sa.Connection, numbers: Collection[int]) -> None:
    """Note that an assignee was named for cases."""
    if numbers:
        connection.execute(sa.update(cases).where(is_any_of(_c.number, list(numbers))).values(dealt=1))


def loads(connection: sa.Connection, assignees: Collection[str]) -> dict[str, int]:
    """Return how many open cases each of some assignees has; who has none is left out."""
    chosen = (
        sa.select(_c.assignee, sa.func.count())
        .where(_c.assignee.in_(sorted(assignees)), _c.is_open == 1)
        .group_by(_c.assignee)
    )
    return {row[0]: row[1] for row in connection.execute(chosen)}


def with_merged(connection: sa.Connection, numbers: Collection[int]) -> dict[int, Case]:
    """Return cases, and those that they went up in, and those in turn."""
    found: dict[int, Case] = {}
    fresh = set(numbers)
    while fresh:
        rows = queries.by_numbers(connection, fresh)
        found |= rows
        fresh = {one.life.merged_into for one in rows.values() if one.life.merged_into} - found.keys()
    return found


def cases_of(connection: sa.Connection, subjects: Collection[int]) -> list[int]:
    """Return the cases that are about a person."""
    own = is_any_of(_c.subject, list(subjects))
    # Whom a case is about has a part in it, and parts are found by the person.
    parts = queries.parts_of(connection, subjects)
    return list(connection.scalars(sa.select(_c.number).where(is_any_of(_c.number, parts), own)))
