"""One turn of the gate in the sender: what is due is decided person by person, what is more important first, and written down."""

import msgspec
import sqlalchemy as sa

from beleef.collect.api import say_later
from beleef.contact import queries, sending_queries
from beleef.contact.gate import Gate, asked_of, rank
from beleef.contact.known import Circumstances, KnownReader
from beleef.contact.model import Contacted, Decision, PastContact
from beleef.contact.telling import message_fact
from beleef.kernel.clock import HOUR, MINUTE

_HOLDS_FOR = 10 * MINUTE
"""For how long a decision to send is believed while the message waits for its channel; then the gate is asked again."""
_LOOKED_AT_AGAIN = HOUR
"""After how long something is looked at again that waits for what no clock knows; a fact that ends the wait comes sooner."""


def decide_due(connection: sa.Connection, reader: KnownReader, gate: Gate, now: int, limit: int) -> int:
    """Decide about what is due, inside the caller's transaction; return how many messages that were.

    Args:
        connection: Inside a write transaction.
        reader: Reads what has to be known.
        gate: The rules.
        now: The moment, in microseconds.
        limit: About how many messages at most; all that is due about one person is decided together.
    """
    sending_queries.take_turn(connection)
    sending_queries.return_stale(connection, now)
    rows = sending_queries.due(connection, now, limit)
    if not rows:
        return 0
    if len(rows) >= limit:
        rows = _with_rivals(connection, reader, rows, now)
    together = sorted(rows, key=lambda row: rank(row.intent))
    around = reader.read(connection, [row.intent for row in together], gate, now)
    decided = _decide(gate, together, around, now)
    sending_queries.decide(
        connection, [(row, decision, _moment(decision, now)) for row, _, decision in decided], now
    )
    new = [(row.id, decision) for row, _, decision in decided if not _repeats(row, decision)]
    queries.add_decisions(connection, new, now)
    say_later(connection, [fact for one in decided if (fact := _fact(*one, now)) is not None])
    return len(decided)


def _with_rivals(
    connection: sa.Connection, reader: KnownReader, rows: list[Contacted], now: int
) -> list[Contacted]:
    """Return rows with all else that is due about the same people: the limit must not part what wants the same slot."""
    persons = reader.persons(connection, {row.intent.subject for row in rows})
    every = {subject for person in persons.values() for subject in person.subjects}
    found = {row.id: row for row in [*rows, *queries.open_of(connection, every, now)]}
    return list(found.values())


def _decide(
    gate: Gate, rows: list[Contacted], around: list[Circumstances], now: int
) -> list[tuple[Contacted, Circumstances, Decision]]:
    """Decide in the order of importance: what goes first takes its place before the next is asked about."""
    taken: dict[int, list[PastContact]] = {}
    decided = []
    for row, circumstances in zip(rows, around, strict=True):
        person, known = circumstances.person, circumstances.known
        mine = taken.setdefault(person.number if person is not None else row.intent.subject, [])
        if mine:
            known = msgspec.structs.replace(known, contacts=(*known.contacts, *mine))
        decision = gate.decide(asked_of(row.intent, now), known)
        if decision.outcome == "send":
            intent = row.intent
            mine.append(
                PastContact(
                    at=now,
                    channel=intent.channel,
                    purpose=intent.purpose,
                    topic=intent.topic,
                    is_reminder=intent.is_reminder,
                )
            )
        decided.append((row, circumstances, decision))
    return decided


def _repeats(row: Contacted, decision: Decision) -> bool:
    """Return whether a decision only says again what the last look at the message said: it still waits for the same thing."""
    waits = decision.outcome == "hold" and decision.until is None
    return waits and row.state == "held" and (row.reason, row.rule) == (decision.reason, decision.rule)


def _moment(decision: Decision, now: int) -> int:
    """Return until when a decision to send is believed, or when something held is looked at again."""
    if decision.outcome == "send":
        return min(now + _HOLDS_FOR, decision.until or now + _HOLDS_FOR)
    return decision.until or now + _LOOKED_AT_AGAIN


def _fact(
    row: Contacted, circumstances: Circumstances, decision: Decision, now: int
) -> dict[str, object] | None:
    if circumstances.person is None or decision.outcome == "send":
        return None
    is_told = row.state == "held" or row.attempts > 0
    if decision.outcome == "hold" and is_told:
        return None
    what = "Message Held" if decision.outcome == "hold" else "Message Skipped"
    return message_fact(what, row, circumstances.person, now, reason=decision.reason, rule=decision.rule)
