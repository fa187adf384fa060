"""Identity's step in the pipeline: gives each fact of a batch its subject, and keeps who is who up to date.

Combinations of identifiers that were seen before cost one look-up in memory; new ones are worked on together, with a
fixed number of statements per batch.
"""

from collections.abc import Hashable, Sequence

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import OWN_SOURCE, Batch, Fact
from beleef.identity import accounts, queries
from beleef.identity.model import ALIAS, MERGE, NEVER, OBSERVED, STAFF, Evidence, Rules
from beleef.identity.neighbourhood import Neighbourhood
from beleef.identity.normalise import Normaliser
from beleef.identity.reading import DECISIONS, Reader, Reading
from beleef.identity.rerun import apply_namespaces, prepare
from beleef.identity.sightings import Moves, Sighting, Sightings

_NO_MOVES = Moves(persons=0, merged=0, split=0, moved={})


class IdentityChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch changed.

    Attributes:
        persons: How many more persons there are (less, where negative).
        merged: How many persons became part of another.
        split: How many came off another.
        moved: Subjects that have another person than before (for new ones: than themselves), and which.
        moved_from: The person that each of these had before, new ones left out.
        quarantined: Numbers of facts that cannot be used, and why: ``no_identifier`` or ``number_collision``.
        erased: Numbers of facts left out because they are about somebody who was erased.
        recounted: How many persons there were before the batch by rules that came into force with it; None where none did.
    """

    persons: int
    merged: int
    split: int
    moved: dict[int, int]
    quarantined: list[tuple[int, str]]
    erased: list[int]
    moved_from: dict[int, int] = {}
    recounted: int | None = None

    def persons_more(self, known: int) -> int:
        """Return how many more persons there are than ``known`` before the batch; changed rules count all of them anew."""
        return self.persons + (0 if self.recounted is None else self.recounted - known)


class _Missed(msgspec.Struct, gc=False):
    place: int
    fact: Fact
    reading: Reading
    key: Hashable


class IdentityStep:
    """Gives facts their subjects and keeps identifiers, evidence, persons and accounts.

    Args:
        key: The installation's key for ``kernel.ids.subject_id``.
        default_region: ISO 3166 code for phone numbers without a country code.
        staff_source: Name of the source that only Beleef itself writes to.
        remembered: How many combinations of identifiers to remember, at about 300 bytes each.
    """

    def __init__(
        self,
        key: bytes,
        *,
        default_region: str = "NL",
        staff_source: str = OWN_SOURCE,
        remembered: int = 300_000,
    ) -> None:
        self._key = key
        self._default_region = default_region
        self._staff_source = staff_source
        self._half = max(1, remembered // 2)
        self.forget_cache()

    def forget_cache(self) -> None:
        """Forget all that was read: call it when the transaction of a batch was not kept."""
        self._versions: dict[str, int] | None = None
        self._reruled = _NO_MOVES
        self._young: dict[Hashable, tuple[int, int]] = {}
        self._old: dict[Hashable, tuple[int, int]] = {}

    def __call__(self, batch: Batch, connection: sa.Connection) -> IdentityChanges:
        """Set ``batch.subjects``, take unusable facts and those of erased persons and nobody out, and write what changed.

        Args:
            batch: Facts in log order; changed in place.
            connection: Inside the worker's transaction.

        Returns:
            What changed.
        """
        self._reruled = _NO_MOVES
        self._refresh(connection)
        ruled = self._reruled
        subjects, missed = self._recall(batch.facts)
        quarantined: list[tuple[int, str]] = []
        erased: list[int] = []
        nobodys: list[Fact] = []
        sightings = Sightings()
        moves = _NO_MOVES
        if missed:
            self._keep_new_namespaces(connection)
            nobodys = [one.fact for one in missed if self._is_about_nobody(one)]
            missed = [one for one in missed if not self._is_about_nobody(one)] if nobodys else missed
            usable, stored = self._usable(connection, missed, quarantined, erased)
            for one in usable:
                subjects[one.place] = one.reading.subject
                self._note(sightings, one)
            moves = Neighbourhood(connection, self._rules, stored).take_in(sightings)
            self._remember(usable)
        if quarantined or erased or nobodys:
            out = {number for number, _ in quarantined} | set(erased) | {fact.id for fact in nobodys}
            batch.anonymous = [*batch.anonymous, *nobodys]
            kept = [place for place, fact in enumerate(batch.facts) if fact.id not in out]
            batch.facts = [batch.facts[place] for place in kept]
            subjects = [subjects[place] for place in kept]
        batch.subjects = subjects
        accounts.take_in(connection, self._key, batch)
        return IdentityChanges(
            persons=moves.persons,
            merged=ruled.merged + moves.merged,
            split=ruled.split + moves.split,
            moved=ruled.moved | moves.moved,
            # Who moved twice came from where the rules found them.
            moved_from=moves.moved_from | ruled.moved_from,
            quarantined=quarantined,
            erased=erased,
            recounted=ruled.total,
        )

    def _refresh(self, connection: sa.Connection) -> None:
        versions = queries.versions(connection)
        if self._versions is None or versions != self._versions:
            self.forget_cache()
            if not versions:
                prepare(connection)
            if versions.get("rules_saved", 0) != versions.get("rules_applied", 0):
                self._reruled = apply_namespaces(connection)
            self._versions = queries.versions(connection)
            self._read_rules(connection)

    def _read_rules(self, connection: sa.Connection) -> None:
        self._rules = Rules(queries.load_namespaces(connection))
        self._normaliser = Normaliser(self._rules, self._default_region)
        self._reader = Reader(self._key, self._normaliser)
        self._traits = [trait for trait, _ in self._normaliser.traits]
        self._trait_set = frozenset(self._traits)

    def _recall(self, facts: Sequence[Fact]) -> tuple[list[int], list[_Missed]]:
        subjects = [0] * len(facts)
        missed: list[_Missed] = []
        readings: dict[Hashable, Reading] = {}
        young, old, no_traits = self._young, self._old, self._trait_set.isdisjoint
        key: Hashable
        for place, fact in enumerate(facts):
            traits = fact.traits
            if (
                (traits is None or fact.type == "group" or no_traits(traits))
                and not fact.external_ids
                and fact.previous_id is None
                and (fact.type != "beleef" or fact.name not in DECISIONS)
            ):
                key = (fact.user_id, fact.anonymous_id)
            else:
                key = self._full_key(fact)
            entry = young.get(key)
            if entry is None:
                entry = old.get(key)
                if entry is not None:
                    young[key] = entry
            if entry is not None and entry[1] <= fact.occurred_at:
                subjects[place] = entry[0]
                continue
            reading = readings.get(key) if key is not None else None
            if reading is None:
                reading = readings[key] = self._reader.read(fact)
            missed.append(_Missed(place, fact, reading, key))
        return subjects, missed

    def _full_key(self, fact: Fact) -> Hashable:
        is_staff = fact.source == self._staff_source
        if (fact.type == "merge" and is_staff) or (fact.type == "beleef" and fact.name in DECISIONS):
            # The same decision taken twice is two decisions: another may stand between them.
            return None
        traits = fact.traits if fact.traits is not None and fact.type != "group" else {}
        values = [traits.get(name) for name in self._traits]
        # Only text is compared as it is: 1, 1.0 and True would be one key, and are not one value.
        carried = tuple(
            value if value is None or value.__class__ is str else (value.__class__.__name__, repr(value))
            for value in values
        )
        kind = fact.type if fact.type in {"alias", "merge", "beleef"} else ""
        return kind, fact.user_id, fact.anonymous_id, fact.previous_id, fact.external_ids, carried

    def _keep_new_namespaces(self, connection: sa.Connection) -> None:
        if self._normaliser.created:
            queries.store_namespaces(connection, self._normaliser.created.values())
            self._read_rules(connection)

    def _is_about_nobody(self, one: _Missed) -> bool:
        """Return whether a fact is an anonymous one: Beleef may say something about nobody, a client may not."""
        return one.reading.subject == 0 and one.fact.source == self._staff_source

    def _usable(
        self,
        connection: sa.Connection,
        missed: list[_Missed],
        quarantined: list[tuple[int, str]],
        erased: list[int],
    ) -> tuple[list[_Missed], dict[int, queries.Stored]]:
        numbers = {number for one in missed for number, _, _ in one.reading.identifiers}
        tombstones = queries.erased_among(connection, numbers | {one.reading.subject for one in missed})
        stored = queries.identifiers(
            connection, numbers | {end for one in missed if one.reading.pair for end in one.reading.pair}
        )  # fmt: skip
        taken = {number: (row.namespace, row.value) for number, row in stored.items()}
        usable = []
        for one in missed:
            if one.reading.subject == 0:
                quarantined.append((one.fact.id, "no_identifier"))
            elif tombstones and self._is_erased(one, tombstones):
                erased.append(one.fact.id)
            elif _collides(one.reading, taken):
                # Two identifiers with one number: joining them would show one person another's history.
                quarantined.append((one.fact.id, "number_collision"))
            else:
                if tombstones:
                    one.reading = _without_erased(one.reading, tombstones)
                usable.append(one)
        return usable, stored

    def _is_erased(self, one: _Missed, tombstones: dict[int, int]) -> bool:
        """Return whether a fact is about somebody who was erased.

        A fact of somebody else that mentions them, a family's e-mail address for one, was let in before the erasure, and
        is so again by a replay; a later one is not.
        """
        return one.reading.subject in tombstones or any(
            one.fact.id > tombstones[number]
            for number, name, _ in one.reading.identifiers
            if number in tombstones and not self._rules.by_name[name].is_device
        )

    def _note(self, sightings: Sightings, one: _Missed) -> None:
        fact, reading = one.fact, one.reading
        moment = fact.occurred_at
        for place, (number, name, value) in enumerate(reading.identifiers):
            seen = sightings.identifiers.get(number)
            first_at = moment if place < reading.carried else NEVER
            if seen is None:
                sightings.identifiers[number] = Sighting(name, value, first_at, fact.source)
            elif first_at < seen.first_at:
                seen.first_at, seen.source = first_at, fact.source
        if reading.pair is not None and reading.verdict is not None:
            verdict = msgspec.structs.replace(reading.verdict, fact=fact.id, at=moment)
            _note_verdict(sightings, verdict)
        if len(reading.identifiers) > 1:
            self._note_pairs(sightings, fact, reading)

    def _note_pairs(self, sightings: Sightings, fact: Fact, reading: Reading) -> None:
        kind = OBSERVED
        if fact.type == "alias":
            kind = ALIAS
        elif fact.type == "merge":
            kind = STAFF if fact.source == self._staff_source else MERGE
        lead = reading.identifiers[0][0]
        for number, _, _ in reading.identifiers[1:]:
            pair = (lead, number) if lead < number else (number, lead)
            seen = Evidence(*pair, kind, fact.occurred_at, fact.id, fact.source)
            known = sightings.pairs.get(pair)
            sightings.pairs[pair] = seen if known is None else known.combined(seen)
            if kind == STAFF:
                verdict = queries.Verdict(
                    a=pair[0], b=pair[1], undone=False, fact=fact.id, reason="", by="", at=fact.occurred_at
                )  # fmt: skip
                _note_verdict(sightings, verdict)

    def _remember(self, usable: list[_Missed]) -> None:
        for one in usable:
            if one.key is not None:
                known = self._young.get(one.key)
                if known is None or one.fact.occurred_at < known[1]:
                    self._young[one.key] = (one.reading.subject, one.fact.occurred_at)
            if len(self._young) >= self._half:
                self._old, self._young = self._young, {}


def _without_erased(reading: Reading, tombstones: dict[int, int]) -> Reading:
    kept = tuple(one for one in reading.identifiers if one[0] not in tombstones)
    if len(kept) == len(reading.identifiers):
        return reading
    carried = sum(one[0] not in tombstones for one in reading.identifiers[: reading.carried])
    return msgspec.structs.replace(reading, identifiers=kept, carried=carried)


def _collides(reading: Reading, taken: dict[int, tuple[str, str]]) -> bool:
    for number, name, value in reading.identifiers:
        known = taken.get(number)
        if known is None:
            taken[number] = (name, value)
        elif known[1] != value or known[0] != name:
            return True
    return False


def _note_verdict(sightings: Sightings, verdict: queries.Verdict) -> None:
    known = sightings.verdicts.get((verdict.a, verdict.b))
    if known is None or known.fact < verdict.fact:
        sightings.verdicts[verdict.a, verdict.b] = verdict
