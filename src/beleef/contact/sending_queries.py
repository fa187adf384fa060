"""SQL of the sending: whose turn it is, what is claimed under a lease, and the steps of a row from reserved to sent.

Each step changes only rows that are in the state it starts from and in the hands of who takes it: of two senders one gets the row.
"""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from beleef.contact import queries
from beleef.contact.model import OPEN, Contacted, Decision, State
from beleef.contact.queries import one_of
from beleef.contact.tables import contact_turns, contacts
from beleef.store.records.database import insert, is_any_of

_c = contacts.c


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a row that was on its way: the new state and what goes with it."""

    id: int
    state: State
    reason: str = ""
    due_at: int = 0
    sent_at: int | None = None
    provider_id: str = ""
    error: str = ""


def take_turn(connection: sa.Connection) -> None:
    """Wait until nobody else decides, and let nobody else until the transaction ends."""
    statement = insert(contact_turns, connection).values(name="gate", turn=1)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[contact_turns.c.name], set_={"turn": contact_turns.c.turn + 1}
        )
    )


def due(connection: sa.Connection, now: int, limit: int) -> list[Contacted]:
    """Return what is due for the gate, the longest waiting first."""
    chosen = (
        sa.select(contacts)
        .where(_c.state.in_(OPEN), _c.due_at <= now)
        .order_by(_c.due_at, _c.id)
        .limit(limit)
    )
    return [queries.read(row) for row in connection.execute(chosen)]


def decide(connection: sa.Connection, decided: Sequence[tuple[Contacted, Decision, int]], now: int) -> None:
    """Write decisions into rows of the ledger: each with the moment it is looked at next, or holds until."""
    states: dict[str, State] = {"send": "reserved", "hold": "held", "skip": "skipped"}
    rows = [
        {
            "row": row.id,
            "new_state": states[decision.outcome],
            "new_reason": "" if decision.outcome == "send" else decision.reason,
            "new_rule": decision.rule,
            "new_due": row.due_at if decision.outcome == "send" else moment,
            "new_valid": moment,
            "new_sent": now if decision.outcome == "send" else None,
        }
        for row, decision, moment in decided
    ]
    statement = (
        sa.update(contacts)
        .where(_c.id == sa.bindparam("row"), one_of(_c.state, OPEN))
        .values(
            state=sa.bindparam("new_state"),
            reason=sa.bindparam("new_reason"),
            rule=sa.bindparam("new_rule"),
            due_at=sa.bindparam("new_due"),
            valid_until=sa.bindparam("new_valid"),
            sent_at=sa.bindparam("new_sent", type_=sa.BigInteger),
            owner="",
            leased_until=0,
        )
    )
    if rows:
        connection.execute(statement, rows)


def return_stale(connection: sa.Connection, now: int) -> int:
    """Give reserved rows that nobody has in hand and whose decision no longer holds back to the gate; return how many."""
    statement = (
        sa.update(contacts)
        .where(_c.state == "reserved", _c.leased_until <= now, _c.valid_until <= now)
        .values(state="waiting", due_at=now, sent_at=None, owner="")
    )
    return connection.execute(statement).rowcount


def claim(
    connection: sa.Connection,
    *,
    kind: str,
    via: Collection[str],
    owner: str,
    now: int,
    until: int,
    limit: int,
) -> list[Contacted]:
    """Take reserved rows for a channel into one's hands until a moment; rows in other living hands are passed over."""
    chosen = (
        sa.select(_c.id)
        .where(
            _c.state == "reserved",
            _c.channel == kind,
            _c.via.in_(via),
            _c.leased_until <= now,
            _c.valid_until > now,
        )
        .order_by(_c.due_at, _c.id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    numbers = [row[0] for row in connection.execute(chosen)]
    if not numbers:
        return []
    mine = sa.update(contacts).where(
        is_any_of(_c.id, numbers), _c.state == "reserved", _c.leased_until <= now
    )
    connection.execute(mine.values(owner=owner, leased_until=until))
    found = queries.by_ids(connection, numbers)
    return [found[number] for number in numbers]


def begin(
    connection: sa.Connection, rows: Sequence[tuple[int, str]], *, owner: str, now: int, until: int
) -> set[int]:
    """Note that rows go on the wire now, each with its address; return those that are still one's own to send.

    The transaction must be on disk before the first byte leaves: what is found in this state later may have been sent.
    """
    statement = (
        sa.update(contacts)
        .where(
            _c.id == sa.bindparam("row"),
            _c.state == "reserved",
            _c.owner == owner,
            _c.leased_until > now,
            _c.valid_until > now,
        )
        .values(
            state="sending",
            address=sa.bindparam("where_to"),
            attempts=_c.attempts + 1,
            sent_at=now,
            leased_until=until,
        )
    )
    given = [{"row": number, "where_to": address} for number, address in rows]
    if given:
        connection.execute(statement, given)
    chosen = sa.select(_c.id).where(
        is_any_of(_c.id, [number for number, _ in rows]), _c.state == "sending", _c.owner == owner
    )
    return {row[0] for row in connection.execute(chosen)}


def finish(connection: sa.Connection, outcomes: Sequence[Outcome], *, owner: str) -> None:
    """Write what became of rows that were on the wire, or never got there; only of those one still has in hand."""
    statement = (
        sa.update(contacts)
        .where(
            _c.id == sa.bindparam("row"),
            _c.owner == owner,
            # Later than its lease, a sender still knows better than "uncertain" what became of its message.
            one_of(_c.state, ("reserved", "sending", "uncertain")),
        )
        .values(
            state=sa.bindparam("new_state"),
            reason=sa.bindparam("new_reason"),
            due_at=sa.bindparam("new_due"),
            sent_at=sa.bindparam("new_sent", type_=sa.BigInteger),
            provider_id=sa.bindparam("new_provider"),
            error=sa.bindparam("new_error"),
            leased_until=0,
        )
    )
    rows = [
        {
            "row": one.id,
            "new_state": one.state,
            "new_reason": one.reason,
            "new_due": one.due_at,
            "new_sent": one.sent_at,
            "new_provider": one.provider_id,
            "new_error": one.error,
        }
        for one in outcomes
    ]
    if rows:
        connection.execute(statement, rows)


def note_uncertain(connection: sa.Connection, now: int) -> int:
    """Mark what was on the wire in hands that let go: nobody can know whether it arrived. Return how many rows."""
    statement = (
        sa.update(contacts)
        .where(_c.state == "sending", _c.leased_until <= now)
        .values(state="uncertain", reason="sender_died", leased_until=0)
    )
    return connection.execute(statement).rowcount


def send_again(connection: sa.Connection, numbers: Collection[int], now: int) -> int:
    """Give failed and uncertain rows back to the gate; return how many."""
    statement = (
        sa.update(contacts)
        .where(is_any_of(_c.id, list(numbers)), _c.state.in_(("failed", "uncertain")))
        .values(state="waiting", reason="sent_again", rule="", due_at=now, sent_at=None, owner="", error="")
    )
    return connection.execute(statement).rowcount


def put_away(connection: sa.Connection, numbers: Collection[int]) -> int:
    """Let failed rows rest, and take uncertain ones for sent, so that they still count; return how many."""
    chosen = is_any_of(_c.id, list(numbers))
    statements = [
        sa.update(contacts)
        .where(chosen, _c.state == before)
        .values(state=after, reason="put_away", rule="", owner="")
        for before, after in (("failed", "cancelled"), ("uncertain", "sent"))
    ]
    return sum(connection.execute(statement).rowcount for statement in statements)


def wake(connection: sa.Connection, subjects: Collection[int], reasons: Collection[str], now: int) -> int:
    """Let the gate look now at what it holds for these reasons about subjects; return how many rows."""
    statement = (
        sa.update(contacts)
        .where(
            is_any_of(_c.subject, list(subjects)),
            _c.state == "held",
            _c.reason.in_(tuple(reasons)),
            _c.due_at > now,
        )
        .values(due_at=now)
    )
    return connection.execute(statement).rowcount


def wake_all(connection: sa.Connection, reasons: Collection[str], now: int) -> int:
    """Let the gate look now at everything that it holds for these reasons; return how many rows."""
    statement = sa.update(contacts).where(_c.state == "held", _c.reason.in_(tuple(reasons)), _c.due_at > now)
    return connection.execute(statement.values(due_at=now)).rowcount


def has_due(connection: sa.Connection, now: int) -> bool:
    """Return whether the gate has something to do: to look at what is due, or to take back what nobody sent in time."""
    is_due = sa.and_(_c.state.in_(OPEN), _c.due_at <= now)
    is_stale = sa.and_(_c.state == "reserved", _c.leased_until <= now, _c.valid_until <= now)
    return any(
        connection.execute(sa.select(_c.id).where(one).limit(1)).first() is not None
        for one in (is_due, is_stale)
    )


def has_reserved(connection: sa.Connection, kind: str, via: Collection[str], now: int) -> bool:
    """Return whether something is reserved for a channel that nobody has in hand."""
    chosen = sa.select(_c.id).where(
        _c.state == "reserved",
        _c.channel == kind,
        _c.via.in_(via),
        _c.leased_until <= now,
        _c.valid_until > now,
    )
    return connection.execute(chosen.limit(1)).first() is not None


def has_left_behind(connection: sa.Connection, now: int) -> bool:
    """Return whether a sender left messages on the wire behind."""
    chosen = sa.select(_c.id).where(_c.state == "sending", _c.leased_until <= now)
    return connection.execute(chosen.limit(1)).first() is not None
