"""Collect's step in the pipeline: log entries become facts, repeats fall out, what cannot be used is set apart."""

from collections.abc import Mapping, Set

import msgspec
import sqlalchemy as sa

from beleef.collect import queries
from beleef.collect.body import storable
from beleef.collect.decode import Decoded, Stub, decode, messages_of
from beleef.collect.model import OUTCOMES, Outcome, Refused, Source
from beleef.collect.repeats import (
    ERASED,
    PROCESSED,
    QUARANTINED,
    REPEATED,
    RepeatMemory,
    digest,
    entries,
    hashes,
)
from beleef.facts.fact import Batch, Fact
from beleef.kernel import ids
from beleef.store.log.port import Placed

UNUSABLE = {
    "no_identifier": "Every identifier in it is blocked or empty, so it belongs to nobody.",
    "number_collision": "Its identifier has the same number as another one; they must not become one person.",
}
"""Sentences for the codes by which later steps refuse a fact."""


class Arrival(msgspec.Struct, kw_only=True):
    """What a run of log entries brought, between ``CollectStep.begin`` and ``CollectStep.finish``.

    Attributes:
        batch: The new facts.
        digests: For each new fact its message id's digest.
        repeated: Facts whose message id came before, each with its digest.
        refused: What cannot be used.
        stubs: What became of erased persons' messages when they were worked on.
        replayed: Quarantined messages that came in again, and as which fact.
    """

    batch: Batch
    digests: dict[int, bytes]
    repeated: dict[int, bytes]
    refused: list[Refused]
    stubs: dict[int, Stub]
    replayed: dict[int, int]

    def stubs_of(self, outcome: Outcome) -> int:
        """Return how many stubs stand for messages that had an outcome."""
        return sum(stub.outcome == outcome for stub in self.stubs.values())

    def is_entangled(self, unused: Set[int]) -> bool:
        """Return whether a request brought a message again that another one of the same run brought in vain.

        Such a one may be used: had it come in the next run, it would not have been taken for a repeat.
        """
        in_vain = {self.digests[fact]: ids.log_place(fact)[0] for fact in unused if fact in self.digests}
        return any(
            key in in_vain and ids.log_place(fact)[0] != in_vain[key] for fact, key in self.repeated.items()
        )


class CollectStep:
    """Decodes, drops repeats, and at the end of the batch notes what became of each message."""

    def __init__(self) -> None:
        self._memory = RepeatMemory()
        self._sources: dict[int, Source] = {}

    def forget(self) -> None:
        """Drop what is in memory, after a transaction that failed."""
        self._memory.forget()
        self._sources = {}

    def begin(
        self, placed: list[Placed], connection: sa.Connection, now: int, refuse: dict[int, str] | None = None
    ) -> Arrival:
        """Turn entries into facts that were not there before; ``refuse`` names facts to set apart, each with the reason."""
        self._sources = {source.id: source for source in queries.all_sources(connection)}
        decoded = decode(placed, self.source)
        if refuse:
            decoded = _without(decoded, placed, refuse)
        facts: dict[bytes, Fact] = {}
        repeated: dict[int, bytes] = {}
        for fact in decoded.facts:
            key = digest(fact.message_id)
            if facts.setdefault(key, fact) is not fact:
                repeated[fact.id] = key
        if facts:
            known = self._memory.known(hashes(facts), connection)
            if known.any():
                for key, was_known in zip(list(facts), known.tolist(), strict=True):
                    if was_known:
                        repeated[facts.pop(key).id] = key
        return Arrival(
            batch=Batch(facts=list(facts.values()), anonymous=decoded.anonymous, now=now),
            digests={fact.id: key for key, fact in facts.items()},
            repeated=repeated,
            refused=decoded.refused,
            stubs=decoded.stubs,
            replayed=decoded.replayed,
        )

    def finish(
        self,
        arrival: Arrival,
        placed: list[Placed],
        erased: Set[int],
        unusable: Mapping[int, str],
        connection: sa.Connection,
    ) -> None:
        """Note the outcomes.

        Args:
            arrival: What ``begin`` gave.
            placed: The entries it was given.
            erased: Facts of persons who asked to be forgotten.
            unusable: Facts that a later step could not use, each with a code.
            connection: The worker's transaction.
        """
        keys = [*arrival.digests.values(), *arrival.repeated.values()]
        facts = [*arrival.digests, *arrival.repeated]
        outcomes = [
            ERASED if fact in erased else QUARANTINED if fact in unusable else PROCESSED
            for fact in arrival.digests
        ]
        outcomes += [REPEATED] * len(arrival.repeated)
        refused = list(arrival.refused)
        if unusable:
            again = decode(placed, self.source)
            refused += _refuse(
                [fact for fact in again.facts if fact.id in unusable],
                placed,
                {fact: (code, UNUSABLE.get(code, code)) for fact, code in unusable.items()},
            )
        for one in arrival.refused:
            keys.append(digest(one.message_id))
            facts.append(one.id)
            outcomes.append(QUARANTINED)
        for fact, outcome, key in _of_stubs(arrival.stubs):
            keys.append(key)
            facts.append(fact)
            outcomes.append(outcome)
        if keys:
            self._memory.add(entries(hashes(keys), facts, outcomes), connection)
        queries.add_quarantined(connection, refused)
        queries.mark_replayed(connection, arrival.replayed)

    def source(self, number: int) -> Source:
        """Return the source with that number, as of the last batch."""
        known = self._sources.get(number)
        # A restored or copied log may name a source that nobody set up here: its facts count all the same.
        return known or Source(id=number, name=f"source {number}", write_key="", channel="other")


def _without(decoded: Decoded, placed: list[Placed], refuse: dict[int, str]) -> Decoded:
    out = [fact for fact in decoded.facts if fact.id in refuse]
    reasons = {fact: ("not_processed", reason) for fact, reason in refuse.items()}
    return Decoded(
        facts=[fact for fact in decoded.facts if fact.id not in refuse],
        refused=[*decoded.refused, *_refuse(out, placed, reasons)],
        stubs=decoded.stubs,
        anonymous=decoded.anonymous,
        replayed=decoded.replayed,
        messages=decoded.messages,
    )


def _refuse(facts: list[Fact], placed: list[Placed], reasons: dict[int, tuple[str, str]]) -> list[Refused]:
    entries_ = {one.position: one.entry for one in placed}
    messages: dict[int, list[str]] = {}
    refused = []
    for fact in facts:
        position, index = ids.log_place(fact.id)
        entry = entries_[position]
        if position not in messages:
            messages[position] = messages_of(entry)
        code, reason = reasons[fact.id]
        refused.append(
            Refused(
                id=fact.id,
                message_id=storable(fact.message_id),
                source=entry.source,
                received_at=entry.received_at,
                code=code,
                reason=reason,
                message=messages[position][index] if index < len(messages[position]) else "",
                kind=entry.kind,
            )
        )
    return refused


def _of_stubs(stubs: Mapping[int, Stub]) -> list[tuple[int, int, bytes]]:
    """Return ``(fact, outcome number, digest)`` as the repeat memory had them: what was processed first, and erased later, both."""
    found = []
    for fact, stub in stubs.items():
        if stub.digest:
            key = bytes.fromhex(stub.digest)
            found.append((fact, OUTCOMES.index(stub.outcome), key))
            if stub.outcome == "processed":
                found.append((fact, ERASED, key))
    return found
