"""How much people are contacted, and what other rules would have made of it."""

from collections import Counter
from collections.abc import Collection, Mapping

import msgspec
import sqlalchemy as sa

from beleef.contact import queries
from beleef.contact.gate import Gate
from beleef.contact.known import KnownReader
from beleef.contact.model import CapTrial, GateRules, PastContact, Pressure
from beleef.contact.trial import Meant, Tried, busiest_week, run
from beleef.identity import api as identity
from beleef.kernel.clock import DAY

_WEEK = 7 * DAY
_AT_ONCE = 5_000


def pressure(
    connection: sa.Connection, *, start: int, end: int, audiences: Mapping[str, Collection[int]]
) -> Pressure:
    """Return how much people were contacted from ``start`` to before ``end``, in microseconds."""
    rows = queries.contacts_between(connection, start, end)
    person_of = identity.persons_of(connection, {subject for subject, _, _ in rows})
    weeks = max(1, -(-(end - start) // _WEEK))
    in_week = Counter((person_of[subject], (at - start) // _WEEK) for subject, at, _ in rows)
    per_week = Counter(in_week.values())
    people = set(person_of.values())
    per_week[0] = len(people) * weeks - len(in_week)
    of_person = Counter(person_of[subject] for subject, _, _ in rows)
    return Pressure(
        weeks=(end - start) / _WEEK,
        per_week=dict(sorted(per_week.items())),
        people=len(people),
        contacts=len(rows),
        by_channel=dict(sorted(Counter(channel for _, _, channel in rows).items())),
        by_audience={
            name: (len(people & set(members)), sum(of_person[member] for member in set(members)))
            for name, members in audiences.items()
        },
        outcomes=queries.outcomes_between(connection, start, end),
    )


def simulate_caps(
    connection: sa.Connection,
    reader: KnownReader,
    rules: GateRules,
    other: GateRules,
    *,
    start: int,
    end: int,
) -> CapTrial:
    """Return what two sets of rules make of the messages meant from ``start`` to before ``end``.

    Consents and all else that is known of people are as they are now; contacts are those that the rules themselves let through,
    and the true ones from before ``start``.
    """
    gates = Gate(rules), Gate(other)
    outcomes, people = (Counter[str](), Counter[str]()), (Counter[int](), Counter[int]())
    by_person = _meant(connection, reader, gates[0], start, end)
    before = _before(connection, set(by_person), start - max(gate.window for gate in gates), start)
    for person, messages in by_person.items():
        for number, gate in enumerate(gates):
            tried: Tried = run(gate, messages, before.get(person, ()))
            outcomes[number].update(tried.outcomes)
            people[number][busiest_week(one.at for one in tried.sent)] += 1
    return CapTrial(
        intents=sum(len(messages) for messages in by_person.values()),
        now=dict(sorted(outcomes[0].items())),
        then=dict(sorted(outcomes[1].items())),
        people=dict(sorted(people[0].items())),
        people_then=dict(sorted(people[1].items())),
    )


def _meant(
    connection: sa.Connection, reader: KnownReader, gate: Gate, start: int, end: int
) -> dict[int, list[Meant]]:
    rows = queries.between(connection, start, end)
    found: dict[int, list[Meant]] = {}
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        around = reader.read(connection, [row.intent for row in some], gate, start)
        for row, one in zip(some, around, strict=True):
            known = msgspec.structs.replace(one.known, contacts=())
            person = row.intent.subject if one.person is None else one.person.number
            found.setdefault(person, []).append(Meant(intent=row.intent, at=row.created_at, known=known))
    return found


def _before(
    connection: sa.Connection, persons: Collection[int], since: int, start: int
) -> dict[int, list[PastContact]]:
    people = identity.people(connection, persons)
    owner = {subject: person.number for person in people.values() for subject in person.subjects}
    found: dict[int, list[PastContact]] = {}
    for subject, contact in queries.past_contacts(connection, list(owner), since):
        if contact.at < start:
            found.setdefault(owner[subject], []).append(contact)
    return found
