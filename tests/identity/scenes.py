"""What the tests of identity share: facts of the cast, and the outcome that the model gives for all facts at once."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.identity import queries, tables
from beleef.identity.model import (
    ALIAS,
    MERGE,
    NEVER,
    OBSERVED,
    STAFF,
    Evidence,
    Identifier,
    Resolution,
    Rules,
    resolve,
)
from beleef.identity.normalise import Normaliser
from beleef.identity.reading import Reader
from beleef.identity.work import IdentityChanges, IdentityStep
from beleef.kernel import ids

KEY = b"a key for tests only, 32 bytes.."


def fact(number: int, **fields: Any) -> Fact:
    """Return a fact that happened in the order of its number, unless ``occurred_at`` says otherwise."""
    given = {"type": "track", "source": "web", "occurred_at": number, **fields}
    return Fact(id=number, message_id=f"m{number}", channel="web", received_at=10_000, **given)


def subject(namespace: str, value: str) -> int:
    """Return the number of an identifier."""
    return ids.subject_id(KEY, namespace, value)


def take(
    connection: sa.Connection, facts: Sequence[Fact], step: IdentityStep | None = None
) -> IdentityChanges:
    """Let the step work on one batch."""
    return (step or IdentityStep(KEY))(Batch(facts=list(facts), now=10_000), connection)


def stored(connection: sa.Connection) -> Resolution:
    """Return persons and refusals as they are stored."""
    c = tables.identifiers.c
    rows = connection.execute(sa.select(c.id, c.person))
    refusals = (queries.refusal(row) for row in connection.execute(sa.select(tables.identity_refusals)))
    return Resolution(persons={row.id: row.person for row in rows}, refusals=tuple(sorted(refusals)))


def decided(facts: Iterable[Fact], rules: Rules) -> Resolution:
    """Return what the model makes of all facts at once, read in the plainest way."""
    normaliser = Normaliser(rules, "NL")
    reader = Reader(KEY, normaliser)
    identifiers: list[Identifier] = []
    evidence: list[Evidence] = []
    verdicts: dict[tuple[int, int], tuple[int, bool]] = {}
    for one in facts:
        reading = reader.read(one)
        if reading.pair is not None and reading.verdict is not None:
            verdicts[reading.pair] = max(
                verdicts.get(reading.pair, (-1, False)), (one.id, reading.verdict.undone)
            )
        for place, (number, name, _) in enumerate(reading.identifiers):
            first_at = one.occurred_at if place < reading.carried else NEVER
            identifiers.append(Identifier(id=number, namespace=name, first_at=first_at))
        is_staff = one.source == "beleef"
        kind = {"alias": ALIAS, "merge": STAFF if is_staff else MERGE}.get(one.type, OBSERVED)
        for number, _, _ in reading.identifiers[1:]:
            a, b = sorted((reading.subject, number))
            evidence.append(Evidence(a, b, kind, one.occurred_at, one.id, one.source))
            if kind == STAFF:
                verdicts[a, b] = max(verdicts.get((a, b), (-1, False)), (one.id, False))
    undone = {pair for pair, (_, is_undone) in verdicts.items() if is_undone}
    judged = [msgspec.structs.replace(one, undone=(one.a, one.b) in undone) for one in evidence]
    return resolve(identifiers, judged, Rules([*rules.ordered, *normaliser.created.values()]))
