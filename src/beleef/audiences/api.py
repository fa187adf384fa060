"""What others may ask of audiences: the rules, who is in, why, and whether any rule holds for somebody.

Rules that are no audiences (branches, exits, goals) can be asked too, once their owner has them kept.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from beleef.audiences import checking, explaining, needs, queries
from beleef.audiences.compiled import Compiler, Look
from beleef.audiences.keeping import accounts_of
from beleef.audiences.model import (
    CONSENT_STATES,
    DAY_OPERATORS,
    OPERATORS,
    VALUE_OPERATORS,
    All,
    AnyOf,
    Audience,
    Did,
    Difference,
    Estimate,
    Explanation,
    Facts,
    HasAccount,
    HasComputed,
    HasConsent,
    HasTrait,
    Holds,
    IsMember,
    Member,
    MemberPage,
    Not,
    Overlap,
    Rule,
    SizeOnDay,
    StoredAudience,
    Test,
    Where,
    parts,
)
from beleef.audiences.model import Sequence as SequenceOfFacts
from beleef.audiences.needs import ENTERED, LEFT
from beleef.audiences.notation import audience_from_data, rule_from_data
from beleef.audiences.past import PastRule, past
from beleef.audiences.readiness import is_counted
from beleef.audiences.recounting import Recount
from beleef.audiences.wording import describe, describe_facts
from beleef.audiences.writing import audience_to_data, rule_to_data
from beleef.audiences.zones import Zones
from beleef.collect import api as collect
from beleef.identity import api as identity
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.profiles.api import Known, Profiles, Rules

__all__ = [
    "CONSENT_STATES",
    "DAY_OPERATORS",
    "ENTERED",
    "LEFT",
    "OPERATORS",
    "VALUE_OPERATORS",
    "All",
    "AnyOf",
    "Audience",
    "Audiences",
    "Did",
    "Difference",
    "Estimate",
    "Explanation",
    "Facts",
    "HasAccount",
    "HasComputed",
    "HasConsent",
    "HasTrait",
    "Holds",
    "IsMember",
    "Member",
    "MemberPage",
    "Not",
    "Overlap",
    "PastRule",
    "Recount",
    "Rule",
    "SequenceOfFacts",
    "SizeOnDay",
    "StoredAudience",
    "Test",
    "Where",
    "audience_from_data",
    "audience_to_data",
    "describe",
    "describe_facts",
    "parts",
    "past",
    "rule_from_data",
    "rule_to_data",
]

_MOST_AUDIENCES = 500


class Audiences:
    """Keeps the rules and answers about people. Methods that write need a write connection.

    Args:
        profiles: The reader of profiles.
        zone: The organisation's time zone, an IANA name; the same as the worker's.

    Raises:
        InvalidInput: there is no such time zone.
    """

    def __init__(self, *, profiles: Profiles, zone: str) -> None:
        self._profiles = profiles
        self.zones = Zones(zone)

    def audiences(self, connection: sa.Connection) -> list[StoredAudience]:
        """Return the audiences in force, sorted by name."""
        return queries.stored(connection, self._profiles.subject_count(connection))

    def labels(self, connection: sa.Connection) -> dict[str, str]:
        """Return the labels of the audiences in force by name, sorted by it."""
        return {name: label for _, name, label in queries.labels(connection)}

    def audience(self, connection: sa.Connection, name: str) -> StoredAudience:
        """Return the audience of this name.

        Raises:
            NotFound: there is none.
        """
        found = next((one for one in self.audiences(connection) if one.audience.name == name), None)
        if found is None:
            raise NotFound(f"There is no audience “{name}”.", hint="Look at the list of audiences.")
        return found

    def check(self, connection: sa.Connection, rule: Rule, *, name: str | None = None) -> None:
        """Refuse a rule that cannot work here.

        Args:
            connection: A connection.
            rule: The rule.
            name: The audience that it is for, None for one that is asked by itself.

        Raises:
            InvalidInput: it names what is not there, or audiences would go round in a circle; code ``invalid_rule``.
        """
        checking.check(
            rule,
            computed={stored.definition.name for stored in self._profiles.definitions(connection)},
            audiences=self._rules(connection),
            name=name,
        )

    def gone(self, connection: sa.Connection) -> dict[str, tuple[str, ...]]:
        """Return by audience what its rule names and is not there, computed traits and audiences; it stands still until mended."""
        rules = self._rules(connection)
        computed = {one.definition.name for one in self._profiles.definitions(connection)}
        missing = {
            name: checking.gone(rule, computed=computed, audiences=rules) for name, rule in rules.items()
        }
        return {name: names for name, names in missing.items() if names}

    def save(self, connection: sa.Connection, audience: Audience, now: int) -> StoredAudience:
        """Put an audience in force; one of the same name is replaced. The worker fills it from then on.

        Raises:
            InvalidInput: its rule cannot work, or there are too many audiences; code ``invalid_rule``.
        """
        self.check(connection, audience.rule, name=audience.name)
        known = self._rules(connection)
        if audience.name not in known and len(known) >= _MOST_AUDIENCES:
            raise InvalidInput(
                f"There are {_MOST_AUDIENCES} audiences already.",
                hint="Delete one that is no longer used.",
                code="invalid_rule",
            )
        new_rule = known.get(audience.name) != audience.rule
        queries.save(connection, audience, now=now, new_rule=new_rule)
        if new_rule:
            self._keep_moments(connection)
        return self.audience(connection, audience.name)

    def delete(self, connection: sa.Connection, name: str) -> None:
        """Take an audience out of force; who was in it is no longer known.

        Raises:
            NotFound: there is no such audience.
            Conflict: another audience, or somebody else's rule, asks for it.
        """
        stored = self.audience(connection, name)
        asking = checking.users(name, self._rules(connection))
        asking += [
            owner
            for owner, rules in queries.keepers(connection).items()
            if any(name in needs.needs(rule).audiences for rule in rules)
        ]
        if asking:
            raise Conflict(
                f"It is still asked for by {', '.join(asking)}.", hint="Change or delete that first."
            )
        queries.delete(connection, name, stored.number)
        self._keep_moments(connection)

    def users_of_computed(self, connection: sa.Connection, trait: str) -> list[tuple[str, str]]:
        """Return who asks for a computed trait, as kind and name: audiences, and owners of kept rules, ``campaign:welcome`` e.g."""
        asking = [
            ("audience", one.audience.label)
            for one in queries.stored(connection, 0)
            if trait in needs.needs(one.audience.rule).computed
        ]
        for owner, rules in queries.keepers(connection).items():
            if any(trait in needs.needs(rule).computed for rule in rules):
                kind, _, name = owner.partition(":")
                asking.append((kind, name or kind))
        return asking

    def keep(self, connection: sa.Connection, owner: str, rules: Sequence[Rule]) -> None:
        """Have everything kept that somebody's rules will ask for; past facts are counted by the worker.

        Args:
            connection: Inside a write transaction.
            owner: Whose rules they are, e.g. ``campaign:welcome``; what the owner had kept before is let go.
            rules: The rules; none lets go of all.

        Raises:
            InvalidInput: a rule names what is not there; code ``invalid_rule``.
        """
        for rule in rules:
            self.check(connection, rule)
        queries.save_keeper(connection, owner, rules)
        self._keep_moments(connection)

    def is_ready(self, connection: sa.Connection, rules: Sequence[Rule]) -> bool:
        """Return whether past facts are counted for all that these rules ask for, and the audiences they name are filled."""
        filled = {one.audience.name for one in self.audiences(connection) if one.filled == 1}
        return _is_ready(rules, filled, self._profiles.rules(connection))

    def _keep_moments(self, connection: sa.Connection) -> None:
        rules = self._rules(connection)
        asked = [*rules.values(), *(rule for kept in queries.keepers(connection).values() for rule in kept)]
        self._profiles.keep_moments(
            connection,
            [
                *(moments for rule in asked for moments in needs.needs(rule).moments),
                *(needs.of_entering(name) for name in rules),
            ],
        )

    def _rules(self, connection: sa.Connection) -> dict[str, Rule]:
        return {one.audience.name: one.audience.rule for one in queries.stored(connection, 0)}

    # Who is in

    def people(self, connection: sa.Connection) -> int:
        """Return how many people there are in all."""
        return collect.progress(connection).people

    def memberships(self, connection: sa.Connection, persons: Collection[int]) -> dict[int, frozenset[str]]:
        """Return the names of the audiences that persons are in, in one read."""
        names = {number: name for number, name, _ in queries.labels(connection)}
        standings = queries.standings(connection, persons)
        return {
            person: frozenset(
                names[number]
                for number in (standings[person].members if person in standings else ())
                if number in names
            )
            for person in persons
        }

    def standing(self, connection: sa.Connection, person: int) -> list[tuple[str, str, bool]]:
        """Return name and label of every audience, sorted by name, and whether a person is in it."""
        found = queries.standings(connection, [person]).get(person)
        members = found.members if found else {}
        return [(name, label, number in members) for number, name, label in queries.labels(connection)]

    def members(
        self, connection: sa.Connection, name: str, *, after: int = -1, limit: int = 100
    ) -> MemberPage:
        """Return members by person number, from the first above ``after``.

        Raises:
            NotFound: there is no such audience.
        """
        found = queries.members(
            connection, self.audience(connection, name).number, after=after, limit=limit + 1
        )
        page = tuple(found[:limit])
        return MemberPage(members=page, next=page[-1].person if len(found) > limit else None)

    def sizes(self, connection: sa.Connection) -> dict[str, int]:
        """Return how many people are in each audience."""
        return {one.audience.name: one.size for one in queries.stored(connection, 0)}

    def history(self, connection: sa.Connection, name: str, *, days: int, now: int) -> list[SizeOnDay]:
        """Return how large an audience was on the last days on which that changed, the earliest first.

        Raises:
            NotFound: there is no such audience.
        """
        number = self.audience(connection, name).number
        return queries.sizes(connection, number, self.zones.default.of(now) - days + 1)

    def overlaps(self, connection: sa.Connection, name: str, *, limit: int = 10) -> list[Overlap]:
        """Return the audiences that share most members with this one.

        Raises:
            NotFound: there is no such audience.
        """
        return queries.overlaps(connection, self.audience(connection, name).number, limit)

    # Whether a rule holds

    def matching(self, connection: sa.Connection, rule: Rule, persons: Collection[int], now: int) -> set[int]:
        """Return those of some persons for whom a rule holds at a moment, in a fixed number of reads.

        Raises:
            Conflict: what the rule asks for is not kept: its owner must have it kept first.
        """
        check = Compiler(self._profiles.rules(connection)).check(rule)
        return {
            person for person, look in self._looks(connection, [rule], persons, now).items() if check(look)
        }

    def explain(self, connection: sa.Connection, rule: Rule | str, person: int, now: int) -> Explanation:
        """Return why a rule, or the audience of a name, holds for a person or not.

        Raises:
            NotFound: there is no such audience.
            Conflict: what the rule asks for is not kept.
        """
        asked = self.audience(connection, rule).audience.rule if isinstance(rule, str) else rule
        rules = self._profiles.rules(connection)
        look = self._looks(connection, [asked], [person], now)[person]
        return explaining.explain(asked, Compiler(rules), look, rules.versions)

    def explain_all(self, connection: sa.Connection, person: int, now: int) -> dict[str, Explanation | None]:
        """Return by name of every audience why a person is in it or not; None where past facts are still being looked at."""
        stored = self.audiences(connection)
        if not stored:
            return {}
        rules = self._profiles.rules(connection)
        filled = {one.audience.name for one in stored if one.filled == 1}
        asked = {one.audience.name: one.audience.rule for one in stored}
        look = self._looks(connection, list(asked.values()), [person], now)[person]
        compiler = Compiler(rules)
        return {
            name: explaining.explain(rule, compiler, look, rules.versions)
            if _is_ready([rule], filled, rules)
            else None
            for name, rule in asked.items()
        }

    def _looks(
        self, connection: sa.Connection, rules: Sequence[Rule], persons: Collection[int], now: int
    ) -> dict[int, Look]:
        every = [needs.needs(rule) for rule in rules]
        subjects = identity.subjects_by_person(connection, persons)
        known = self._profiles.known(connection, subjects, self._profiles.rules(connection))
        accounts: Mapping[int, Any] = {}
        if any(one.accounts for one in every):
            whose = {subject: person for person, own in subjects.items() for subject in own}
            accounts = accounts_of(connection, self._profiles, whose)
        members: Mapping[int, frozenset[str]] = {}
        if any(one.audiences for one in every):
            members = self.memberships(connection, persons)
        return {
            person: self._look(known[person], now, accounts.get(person, ()), members.get(person, frozenset()))
            for person in persons
        }

    def _look(self, known: Known, now: int, accounts: Sequence[Any], members: frozenset[str]) -> Look:
        return Look(known, now, self.zones, accounts=accounts, members=members)

    # Erasure and rebuild

    def forget(self, connection: sa.Connection, persons: Collection[int]) -> None:
        """Remove all that is kept of persons."""
        queries.forget(connection, persons)

    def begin_again(self, connection: sa.Connection, until: int) -> None:
        """Prepare for a replay: nobody is looked at, and nothing is told, before the log position ``until`` is reached."""
        queries.save_replay(connection, until)

    def end_replay(self, connection: sa.Connection) -> None:
        """Note that a replay is over; the worker fills the audiences from then on."""
        queries.save_replay(connection, None)


def _is_ready(asked: Sequence[Rule], filled: Collection[str], rules: Rules) -> bool:
    every = [needs.needs(rule) for rule in asked]
    return set[str]().union(*(one.audiences for one in every)) <= set(filled) and is_counted(
        rules,
        [moments for one in every for moments in one.moments],
        {name for one in every for name in one.computed},
    )
