"""SQL of the call list."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.call.tables import call_tasks
from beleef.store.records.database import insert, is_any_of

_t = call_tasks.c


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call to make, or made.

    Attributes:
        contact: Its number in the ledger.
        key: Key of the intent.
        subject: Whom, by a subject.
        at: When it came on the list.
        phone: The number to ring.
        campaign: Name of the campaign; empty for none.
        script: What to say.
        outcome: What came of it; empty while it is still to be made.
        note: What the caller wrote down.
        done_at: When it was closed.
        done_by: Name of who closed it.
        tries: How often nobody answered.
        due_at: Not to be made before this.
    """

    contact: int
    key: str
    subject: int
    at: int
    phone: str
    campaign: str
    script: str
    outcome: str = ""
    note: str = ""
    done_at: int | None = None
    done_by: str = ""
    tries: int = 0
    due_at: int = 0


def add(connection: sa.Connection, calls: Sequence[Call]) -> None:
    """Put calls on the list; one that is there stays as it is."""
    for call in calls:
        statement = insert(call_tasks, connection).values(msgspec.structs.asdict(call))
        connection.execute(statement.on_conflict_do_nothing(index_elements=[_t.contact]))


def still_open(connection: sa.Connection, *, now: int, limit: int) -> list[Call]:
    """Return calls that may be made now, the longest waiting first."""
    chosen = (
        sa.select(call_tasks)
        .where(_t.outcome == "", _t.due_at <= now)
        .order_by(_t.due_at, _t.contact)
        .limit(limit)
    )
    return [_call(row) for row in connection.execute(chosen)]


def closed(connection: sa.Connection, *, limit: int) -> list[Call]:
    """Return calls that were made, the latest first."""
    chosen = sa.select(call_tasks).where(_t.outcome != "").order_by(_t.done_at.desc()).limit(limit)
    return [_call(row) for row in connection.execute(chosen)]


def one(connection: sa.Connection, contact: int) -> Call | None:
    """Return a call by its number in the ledger."""
    row = connection.execute(sa.select(call_tasks).where(_t.contact == contact)).first()
    return None if row is None else _call(row)


def close(connection: sa.Connection, contact: int, *, outcome: str, note: str, by: str, now: int) -> bool:
    """Note what came of a call that is still open; return whether it was."""
    statement = (
        sa.update(call_tasks)
        .where(_t.contact == contact, _t.outcome == "")
        .values(outcome=outcome, note=note, done_at=now, done_by=by)
    )
    return bool(connection.execute(statement).rowcount)


def try_later(connection: sa.Connection, contact: int, *, note: str, due_at: int) -> bool:
    """Note that nobody answered and when to try again; return whether the call was still open."""
    statement = (
        sa.update(call_tasks)
        .where(_t.contact == contact, _t.outcome == "")
        .values(tries=_t.tries + 1, note=note, due_at=due_at)
    )
    return bool(connection.execute(statement).rowcount)


def counts(connection: sa.Connection) -> tuple[int, int]:
    """Return how many calls are open and how many were made."""
    rows = connection.execute(
        sa.select(sa.func.count().filter(_t.outcome == ""), sa.func.count().filter(_t.outcome != ""))
    ).one()
    return int(rows[0]), int(rows[1])


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Forget calls to somebody who is erased."""
    connection.execute(sa.delete(call_tasks).where(is_any_of(_t.subject, list(subjects))))


def _call(row: sa.Row[tuple[object, ...]]) -> Call:
    return Call(**row._mapping)
