"""Keeping who is in which audience: a set of people is read, looked at and written, with a fixed number of statements.

The worker's step and its chores share one keeper, and with it the compiled audiences.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.audiences import needs, queries
from beleef.audiences.compiled import AccountTraits
from beleef.audiences.live import Change, InForce
from beleef.audiences.queries import Standing
from beleef.audiences.zones import Zones
from beleef.collect import api as collect
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import to_text
from beleef.profiles.api import Known, Profiles, Rules, State


class People(msgspec.Struct, kw_only=True):
    """People to look at.

    Attributes:
        masks: For each person the set of audiences to look at.
        origins: The persons that some of them were made of, themselves included where they were one before.
        gone: Persons that are no longer one.
        states: What is kept of some subjects, as far as it was read already.
    """

    masks: dict[int, int]
    origins: dict[int, set[int]] = {}
    gone: set[int] = set()
    states: Mapping[int, State] = {}

    def everybody(self) -> set[int]:
        """Return all persons, those of before included."""
        return self.masks.keys() | self.gone | set[int]().union(*self.origins.values())


class Keeper:
    """Keeps memberships. Only the worker has one.

    Args:
        profiles: The reader of profiles.
        zone: The organisation's zone.
    """

    def __init__(self, *, profiles: Profiles, zone: str) -> None:
        self.profiles = profiles
        self._zones = Zones(zone)
        self._known: tuple[int, Rules] | None = None
        self._in_force: InForce | None = None

    def forget(self) -> None:
        """Read the audiences again with the next work: something about them changed."""
        self._known = None

    def in_force(self, connection: sa.Connection) -> InForce:
        """Return the audiences in force, compiled; the same object until one changes."""
        known = queries.version(connection), self.profiles.rules(connection)
        force, before = self._in_force, self._known
        if force is None or before is None or known[0] != before[0] or known[1] is not before[1]:
            stored = queries.stored(connection, 0)
            force = InForce(stored, queries.fillings(connection), known[1], self._zones)
            self._in_force, self._known = force, known
        return force

    def keep(self, connection: sa.Connection, people: People, now: int) -> int:
        """Look at people, and write and tell what changed.

        Args:
            connection: Inside the worker's transaction.
            people: Whom, and for which audiences.
            now: The moment, in microseconds.

        Returns:
            How many came in or went out of an audience.
        """
        force = self.in_force(connection)
        subjects = identity.subjects_by_person(connection, people.masks.keys())
        standings = queries.standings(connection, people.everybody())
        states = self._states(connection, subjects, people.states)
        accounts = self._accounts(connection, force, people.masks, subjects)
        definitions = self.profiles.rules(connection).computed
        outcome = Outcome()
        for person, wanted in people.masks.items():
            own = [states[subject] for subject in subjects[person] if subject in states]
            standing = standings.get(person) or Standing()
            late, is_other = force.due(standing, now) if standing.dues else (0, False)
            origins = people.origins.get(person)
            row = dict(standing.members) if origins is not None else None
            before = None if origins is None else _together(standings, origins)
            is_changed, changes = force.look(
                person,
                Known(own, definitions),
                standing,
                wanted | late,
                now=now,
                accounts=accounts.get(person, ()),
                was=before,
            )
            if is_other or is_changed:
                outcome.standings[person] = standing
            outcome.changes += changes
            if row is None:
                outcome.note(changes)
            else:
                outcome.replace(person, row, standing.members)
        for person in people.gone & standings.keys():
            outcome.standings[person] = Standing()
            outcome.replace(person, standings[person].members, {})
        self._write(connection, outcome, now)
        return len(outcome.changes)

    def _states(
        self, connection: sa.Connection, subjects: Mapping[int, list[int]], read: Mapping[int, State]
    ) -> Mapping[int, State]:
        missing = {subject for own in subjects.values() for subject in own if subject not in read}
        return {**self.profiles.states(connection, missing), **read} if missing else read

    def _accounts(
        self,
        connection: sa.Connection,
        force: InForce,
        masks: Mapping[int, int],
        subjects: Mapping[int, list[int]],
    ) -> dict[int, list[AccountTraits]]:
        if not force.of_accounts:
            return {}
        whose = {
            subject: person
            for person, own in subjects.items()
            if masks[person] & force.of_accounts
            for subject in own
        }
        return accounts_of(connection, self.profiles, whose)

    def _write(self, connection: sa.Connection, outcome: "Outcome", now: int) -> None:
        if not outcome.standings and not outcome.changes:
            return
        queries.save_standings(connection, outcome.standings)
        queries.change_members(connection, new=outcome.new, gone=outcome.gone)
        told = [one for one in outcome.changes if one.audience.announces]
        queries.count_changes(connection, self._zones.default.of(now), outcome.counts(told))
        self._tell(connection, told, now)

    def _tell(self, connection: sa.Connection, told: Collection[Change], now: int) -> None:
        if not told:
            return
        namings = identity.namings(connection, {one.person for one in told})
        # Who they are is worked out once, not for each of the audiences that one person comes into.
        names = {number: (ids.to_text(number), naming) for number, naming in namings.items()}
        moments = {one.since if one.is_member else now for one in told}
        texts = {moment: to_text(moment) for moment in moments}
        collect.say_later(
            connection, [_message(one, *names[one.person], now, texts) for one in told if one.person in names]
        )


class Outcome(msgspec.Struct):
    """What a look at a set of people came to: where they stand, who came in and went out, and how the lists change."""

    standings: dict[int, Standing] = {}
    changes: list[Change] = []
    new: list[tuple[int, int, int]] = []
    gone: list[tuple[int, int]] = []

    def note(self, changes: Collection[Change]) -> None:
        """Take changes over into the lists."""
        for one in changes:
            if one.is_member:
                self.new.append((one.audience.number, one.person, one.since))
            else:
                self.gone.append((one.audience.number, one.person))

    def replace(self, person: int, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Take the difference between where a person stood and stands over into the lists."""
        self.new += [(number, person, after[number]) for number in after.keys() - before.keys()]
        self.gone += [(number, person) for number in before.keys() - after.keys()]

    def counts(self, told: Collection[Change]) -> dict[int, tuple[int, int, int]]:
        """Return by audience how many more members there are, how many entered and how many left."""
        more = Counter(number for number, _, _ in self.new)
        more.subtract(number for number, _ in self.gone)
        entered = Counter(one.audience.number for one in told if one.is_member)
        left = Counter(one.audience.number for one in told if not one.is_member)
        return {
            number: (more[number], entered[number], left[number])
            for number in sorted(more.keys() | entered.keys() | left.keys())
        }


def accounts_of(
    connection: sa.Connection, profiles: Profiles, whose: Mapping[int, int]
) -> dict[int, list[AccountTraits]]:
    """Return the traits of the accounts that persons belong to; ``whose`` gives the person of each subject."""
    numbers = identity.account_numbers(connection, whose.keys())
    traits = profiles.account_traits(connection, {number for own in numbers.values() for number in own})
    found: dict[int, dict[str, AccountTraits]] = {}
    for subject, own in numbers.items():
        mine = found.setdefault(whose[subject], {})
        mine.update((number, traits.get(number, {})) for number in own)
    return {person: list(accounts.values()) for person, accounts in found.items()}


def _together(standings: Mapping[int, Standing], persons: Collection[int]) -> dict[int, int]:
    """Return the audiences that any of some persons was in, each with the earliest moment."""
    together: dict[int, int] = {}
    for person in persons:
        if person in standings:
            for number, since in standings[person].members.items():
                together[number] = min(since, together.get(number, since))
    return together


def _message(
    change: Change, number: str, naming: Mapping[str, Any], now: int, texts: Mapping[int, str]
) -> dict[str, Any]:
    event = needs.ENTERED if change.is_member else needs.LEFT
    moment = change.since if change.is_member else now
    return {
        "messageId": f"audience-{change.audience.number}-{number}-{moment}-{'in' if change.is_member else 'out'}",
        "type": "beleef",
        "event": event,
        "timestamp": texts[moment],
        "properties": {"audience": change.audience.name},
        **naming,
    }
