"""Collect's step in the pipeline: log entries become facts, repeats fall out, what cannot be used is set apart."""

import msgspec
import sqlalchemy as sa

from beleef.collect import queries
from beleef.collect.decode import decode
from beleef.collect.model import OUTCOMES, Refused, Source
from beleef.collect.repeats import RepeatMemory, digest, entries, hashes
from beleef.facts.fact import Batch, Fact
from beleef.store.log.port import Placed

PROCESSED, REPEATED, QUARANTINED, ERASED = range(len(OUTCOMES))


class Arrival(msgspec.Struct, kw_only=True):
    """What a run of log entries brought, between ``CollectStep.begin`` and ``CollectStep.finish``.

    Attributes:
        batch: The new facts.
        digests: For each new fact its message id's digest.
        repeated: Facts whose message id came before.
        repeated_digests: Their digests.
        refused: What cannot be used.
        messages: How many messages the entries held, as decoded.
    """

    batch: Batch
    digests: dict[int, bytes]
    repeated: list[int]
    repeated_digests: list[bytes]
    refused: list[Refused]
    replayed: dict[int, int]

    @property
    def messages(self) -> int:
        """How many messages were decoded."""
        return len(self.digests) + len(self.repeated) + len(self.refused)


class CollectStep:
    """Decodes, drops repeats, and at the end of the batch notes what became of each message."""

    def __init__(self) -> None:
        self._memory = RepeatMemory()
        self._sources: dict[int, Source] = {}

    def forget(self) -> None:
        """Drop what is in memory, after a transaction that failed."""
        self._memory.forget()
        self._sources = {}

    def begin(self, placed: list[Placed], connection: sa.Connection, now: int) -> Arrival:
        """Turn entries into facts that were not there before."""
        self._sources = {source.id: source for source in queries.all_sources(connection)}
        decoded = decode(placed, self._source)
        facts: dict[bytes, Fact] = {}
        repeated: list[int] = []
        repeated_digests: list[bytes] = []
        for fact in decoded.facts:
            key = digest(fact.message_id)
            if facts.setdefault(key, fact) is not fact:
                repeated.append(fact.id)
                repeated_digests.append(key)
        if facts:
            known = self._memory.known(hashes(facts), connection)
            if known.any():
                for key, was_known in zip(list(facts), known.tolist(), strict=True):
                    if was_known:
                        repeated.append(facts.pop(key).id)
                        repeated_digests.append(key)
        return Arrival(
            batch=Batch(facts=list(facts.values()), now=now),
            digests={fact.id: key for key, fact in facts.items()},
            repeated=repeated,
            repeated_digests=repeated_digests,
            refused=decoded.refused,
            replayed=decoded.replayed,
        )

    def finish(self, arrival: Arrival, erased: set[int], connection: sa.Connection) -> None:
        """Note the outcomes; ``erased`` are facts that belong to a person who asked to be forgotten."""
        keys = [*arrival.digests.values(), *arrival.repeated_digests]
        facts = [*arrival.digests, *arrival.repeated]
        outcomes = [ERASED if fact in erased else PROCESSED for fact in arrival.digests]
        outcomes += [REPEATED] * len(arrival.repeated)
        for refused in arrival.refused:
            keys.append(digest(refused.message_id))
            facts.append(refused.id)
            outcomes.append(QUARANTINED)
        if keys:
            self._memory.add(entries(hashes(keys), facts, outcomes), connection)
        queries.add_quarantined(connection, arrival.refused)
        queries.mark_replayed(connection, arrival.replayed)

    def _source(self, number: int) -> Source:
        known = self._sources.get(number)
        # A restored or copied log may name a source that nobody set up here: its facts count all the same.
        return known or Source(id=number, name=f"source {number}", write_key="", channel="other")
