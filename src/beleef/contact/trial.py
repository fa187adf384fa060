"""What other rules would have done: past messages run through the gate again, in simulated time, person by person."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from beleef.contact.gate import Gate, asked_of, rank
from beleef.contact.model import Intent, Known, PastContact
from beleef.kernel.clock import DAY

_WEEK = 7 * DAY


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was meant: what, when, and what is known of the person but for their contacts."""

    intent: Intent
    at: int
    known: Known


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What rules did with one person's messages.

    Attributes:
        outcomes: By ``send``, ``hold:reason`` and ``skip:reason``, how many messages; one that was held counts there and
            in what became of it at last.
        sent: The contacts that came of it, in their order.
    """

    outcomes: dict[str, int]
    sent: tuple[PastContact, ...]


def run(gate: Gate, messages: Sequence[Meant], before: Iterable[PastContact]) -> Tried:
    """Run one person's messages through the gate, each when it was meant and again when a hold ends.

    Args:
        gate: The rules.
        messages: The person's messages.
        before: The person's contacts from before the first of them.
    """
    waiting = [
        (max(one.at, one.intent.not_before), rank(one.intent), number) for number, one in enumerate(messages)
    ]
    heapq.heapify(waiting)
    contacts, outcomes = list(before), Counter[str]()
    sent: list[PastContact] = []
    held: set[tuple[int, str]] = set()
    while waiting:
        at, place, number = heapq.heappop(waiting)
        intent = messages[number].intent
        known = msgspec.structs.replace(messages[number].known, contacts=tuple(contacts))
        decision = gate.decide(asked_of(intent, at), known)
        if decision.outcome == "send":
            outcomes["send"] += 1
            contact = PastContact(
                at=at,
                channel=intent.channel,
                purpose=intent.purpose,
                topic=intent.topic,
                is_reminder=intent.is_reminder,
            )
            contacts.append(contact)
            sent.append(contact)
        elif decision.outcome == "skip":
            outcomes[f"skip:{decision.reason}"] += 1
        else:
            if (number, decision.reason) not in held:
                held.add((number, decision.reason))
                outcomes[f"hold:{decision.reason}"] += 1
            if decision.until is not None:
                heapq.heappush(waiting, (decision.until, place, number))
    return Tried(outcomes=dict(outcomes), sent=tuple(sent))


def busiest_week(moments: Iterable[int]) -> int:
    """Return the most moments in any seven times 24 hours."""
    ordered = sorted(moments)
    most, first = 0, 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - _WEEK:
            first += 1
        most = max(most, last - first + 1)
    return most
