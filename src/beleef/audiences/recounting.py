"""Rules over everybody, asked of the warehouse: how many people a rule would select, and whether memberships are right.

Nothing here relies on what profiles and memberships keep: it is worked out from the facts themselves.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa

from beleef.audiences import checking, needs, queries
from beleef.audiences.model import (
    All,
    Did,
    Difference,
    Estimate,
    IsMember,
    Rule,
    Sequence,
    StoredAudience,
    parts,
)
from beleef.audiences.zones import Zones
from beleef.collect import api as collect
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.profiles.api import Definition, Profiles
from beleef.store.records.database import Database
from beleef.store.warehouse.engine import Warehouse

if TYPE_CHECKING:
    from beleef.audiences.everyone import Everyone

_MOST_EXAMPLES = 10
_FEW = 1_000
"""So many people are looked at one by one sooner (70 µs each) than products or consents of everybody are worked out."""
_ATTEMPTS = 3
_ALL = (1 << 31) - 1


class Recount:
    """Asks the warehouse.

    Args:
        database: The state.
        warehouse: All facts.
        profiles: The reader of profiles.
        matching: Says for which of some persons a rule holds, by what is kept of them (``Audiences.matching``).
        zone: The organisation's zone.
        now: The clock.
    """

    def __init__(
        self,
        *,
        database: Database,
        warehouse: Warehouse,
        profiles: Profiles,
        matching: Callable[[sa.Connection, Rule, Collection[int], int], set[int]],
        zone: str,
        now: Clock,
    ) -> None:
        self._database = database
        self._warehouse = warehouse
        self._profiles = profiles
        self._matching = matching
        self._zones = Zones(zone)
        self._now = now

    def estimate(self, rule: Rule) -> Estimate:
        """Return how many people a rule selects at this moment, with some of them; nothing needs to be kept for it.

        Who is in other audiences is taken as it is kept; what is kept of people is asked where what they did leaves few of them.

        Raises:
            InvalidInput: it names what is not there; code ``invalid_rule``.
            Conflict: it asks for what the history does not keep.
            Unavailable: the engine does not answer.
        """
        with self._database.read() as connection:
            definitions, audiences = self._named(connection)
            people = collect.progress(connection).people
            named = {one.name for one in parts(rule) if isinstance(one, IsMember)}
            members = {
                name: queries.all_members(connection, audiences[name].number)
                for name in sorted(named & audiences.keys())
                if audiences[name].filled == 1
            }
        rules = {name: one.audience.rule for name, one in audiences.items()}
        checking.check(rule, computed=definitions, audiences=rules)
        # An audience of whom it is known who is in needs its rule no longer.
        asked = {name: one for name, one in rules.items() if name not in members}

        def everybody(one: Rule) -> list[int]:
            everyone = self._everyone(definitions, asked, [one], self._now(), None, members)
            return [
                int(person) for person in self._warehouse.ask(everyone.matching(one))["person"].to_pylist()
            ]

        found = self._staged(rule, everybody)
        return Estimate(
            count=len(found), people=max(people, len(found)), examples=tuple(sorted(found)[:_MOST_EXAMPLES])
        )

    def _staged(self, rule: Rule, everybody: Callable[[Rule], list[int]]) -> list[int]:
        """Return whom a rule selects: where all of it must hold, what people did is asked first, and profiles only of who is left."""
        kept = [one for one in rule.rules if _is_kept(one)] if isinstance(rule, All) else []
        if not isinstance(rule, All) or not kept or len(kept) == len(rule.rules):
            return everybody(rule)
        some = everybody(All(rules=tuple(one for one in rule.rules if one not in kept)))
        if len(some) > _FEW:
            return everybody(rule)
        with self._database.read() as connection:
            return list(self._matching(connection, All(rules=tuple(kept)), some, self._now()))

    def verify(self, names: Collection[str] = ()) -> list[Difference]:
        """Work out who is in audiences once more, and return how that differs from who is kept as a member.

        People whose time has come, and whom the worker is about to look at, are left out. Audiences that are being filled are too.

        Args:
            names: Which audiences; none for all.

        Raises:
            Unavailable: the engine does not answer.
        """
        with self._database.read() as connection:
            stored = queries.stored(connection, 0)
        wanted = [one for one in stored if one.filled == 1 and (not names or one.audience.name in names)]
        return [self._verify(one) for one in wanted]

    def _verify(self, stored: StoredAudience) -> Difference:
        missing, surplus, members, recomputed = set[int](), set[int](), 0, 0
        # Somebody may be merged between the two readings: only what differs every time is a difference.
        for attempt in range(_ATTEMPTS):
            kept, found, late = self._both(stored)
            members, recomputed = len(kept), len(found)
            lacking, extra = found - kept - late, kept - found - late
            missing = lacking if attempt == 0 else missing & lacking
            surplus = extra if attempt == 0 else surplus & extra
            if not missing and not surplus:
                break
        return Difference(
            name=stored.audience.name,
            members=members,
            recomputed=recomputed,
            missing=len(missing),
            surplus=len(surplus),
            examples=tuple(sorted(missing | surplus)[:_MOST_EXAMPLES]),
        )

    def _both(self, stored: StoredAudience) -> tuple[set[int], set[int], set[int]]:
        """Return who is kept as a member, who is one by the facts, and who is about to be looked at."""
        now = self._now()
        with self._database.read() as connection:
            definitions, audiences = self._named(connection)
            until = ids.fact_id(collect.progress(connection).position + 1, 0)
            kept = queries.all_members(connection, stored.number)
            late = set(queries.due(connection, now, _ALL))
        rules = {name: one.audience.rule for name, one in audiences.items()}
        rule = stored.audience.rule
        everyone = self._everyone(definitions, rules, [rule], now, until)
        found = set(self._warehouse.ask(everyone.matching(rule))["person"].to_pylist())
        return kept, found, late

    def _named(self, connection: sa.Connection) -> tuple[dict[str, Definition], dict[str, StoredAudience]]:
        definitions = {one.definition.name: one.definition for one in self._profiles.definitions(connection)}
        return definitions, {one.audience.name: one for one in queries.stored(connection, 0)}

    def _everyone(
        self,
        definitions: dict[str, Definition],
        audiences: dict[str, Rule],
        rules: Collection[Rule],
        now: int,
        until: int | None,
        members: Mapping[str, Collection[int]] | None = None,
    ) -> "Everyone":
        # These load Ibis and an engine, which a web process does without until somebody asks.
        from beleef.audiences.everyone import Everyone  # noqa: PLC0415
        from beleef.audiences.facts_in_history import History  # noqa: PLC0415

        names: set[str] = set()
        if any(needs.ZONE_TRAIT in needs.needs(one).traits for one in _with_named(rules, audiences)):
            names = History(self._warehouse, self._zones, now=now).zone_names()
        history = History(self._warehouse, self._zones, now=now, zone_names=names, until=until)
        return Everyone(history, definitions=definitions, audiences=audiences, members=members)


def _is_kept(rule: Rule) -> bool:
    """Return whether a rule can be answered by what is kept of every person, without anything having been kept for it."""
    return not any(isinstance(part, Did | Sequence | IsMember) for part in parts(rule))


def _with_named(rules: Collection[Rule], audiences: dict[str, Rule]) -> list[Rule]:
    """Return rules and those of all audiences that they name, directly or not."""
    found, waiting, seen = list[Rule](), list(rules), set[str]()
    while waiting:
        rule = waiting.pop()
        found.append(rule)
        for part in parts(rule):
            if isinstance(part, IsMember) and part.name not in seen and part.name in audiences:
                seen.add(part.name)
                waiting.append(audiences[part.name])
    return found
