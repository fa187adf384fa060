"""Audiences in the pipeline: memberships follow every batch, time alone, and every change of a rule.

A batch looks again only at people whose facts concern an audience; chores look at those whose time has come, and fill
audiences that are new or changed, a little at a time.
"""

from collections.abc import Mapping
from typing import cast

import msgspec
import sqlalchemy as sa

from beleef.audiences import needs, queries
from beleef.audiences.keeping import Keeper, People
from beleef.audiences.live import InForce
from beleef.audiences.model import StoredAudience
from beleef.audiences.queries import Filling
from beleef.audiences.readiness import is_counted
from beleef.collect import api as collect
from beleef.facts.fact import Batch
from beleef.identity import api as identity
from beleef.kernel.clock import Clock
from beleef.profiles.api import Rules, State
from beleef.store.records.database import Database

__all__ = ["AudiencesStep", "Fill", "Keeper", "Timers"]

_DUE_AT_ONCE = 2_000
"""How many people are looked at in one transaction because their time has come: a tenth of a second."""
_LOOKS_AT_ONCE = 20_000
"""How many answers are worked out in one transaction to fill audiences: a tenth of a second, in which no new fact gets a turn."""
_FILLED_AT_ONCE = 2_000
_MOST_OF_AN_ACCOUNT = 100_000


class AudiencesStep:
    """Brings memberships up to date with a batch. The worker is the only one to call it.

    Args:
        keeper: Shared with the chores.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Look at the people whom the batch concerns, within the caller's transaction."""
        force = self._keeper.in_force(connection)
        if not force.lives:
            return
        touched = force.touched(batch)
        if force.of_accounts:
            _add_people_of_accounts(connection, force, batch, touched)
        if not touched and not batch.moved_from:
            return
        people = _people(connection, force, batch, touched)
        people.states = cast("Mapping[int, State]", batch.states)
        self._keeper.keep(connection, people, batch.now)

    def forget(self) -> None:
        """Read the audiences again with the next batch."""
        self._keeper.forget()


def _people(connection: sa.Connection, force: InForce, batch: Batch, touched: Mapping[int, int]) -> People:
    """Return the persons of touched subjects, and all that a merge or its undoing concerns."""
    persons = identity.persons_of(connection, touched.keys() | batch.moved_from.values())
    people = People(masks={})
    for subject, mask in touched.items():
        person = batch.moved.get(subject, persons[subject])
        people.masks[person] = people.masks.get(person, 0) | mask
    for subject, person in batch.regrouped().items():
        before = batch.moved_from[subject]
        for one in (before, person):
            people.origins.setdefault(one, {one}).add(before)
            people.masks[one] = force.everything
    for before in set(batch.moved_from.values()):
        if persons[before] != before:
            # No longer a person: whoever it is part of now stands where it stood.
            people.gone.add(before)
            del people.masks[before]
            del people.origins[before]
    return people


def _add_people_of_accounts(
    connection: sa.Connection, force: InForce, batch: Batch, touched: dict[int, int]
) -> None:
    """Add everybody in the accounts about which the batch tells something new."""
    numbers = {
        fact.group_id for fact in batch.facts if fact.type == "group" and fact.group_id and fact.traits
    }
    if not numbers:
        return
    for person in identity.persons_in_accounts(connection, numbers, limit=_MOST_OF_AN_ACCOUNT):
        touched[person] = touched.get(person, 0) | force.of_accounts


class Timers:
    """Looks at people whose time has come: an answer changed without a new fact.

    Args:
        database: The state.
        keeper: Shared with the step.
        now: The clock.
    """

    def __init__(self, database: Database, keeper: Keeper, now: Clock) -> None:
        self._database = database
        self._keeper = keeper
        self._now = now

    def __call__(self) -> bool:
        """Look at those who have been due the longest; return whether there were any."""
        now = self._now()
        with self._database.read() as connection:
            if not queries.due(connection, now, 1):
                return False
        with self._database.write() as connection:
            collect.hold_progress(connection)
            due = queries.due(connection, now, _DUE_AT_ONCE)
            self._keeper.keep(connection, People(masks=dict.fromkeys(due, 0)), now)
        return True


class _Group(msgspec.Struct, frozen=True):
    """Audiences that are filled together, and the last subject that was looked at for them."""

    audiences: tuple[StoredAudience, ...]
    cursor: int


class Fill:
    """Fills audiences that are new or changed: everybody is looked at once, some at a time between the worker's batches.

    Args:
        database: The state.
        keeper: Shared with the step.
        now: The clock.
        at_once: How many subjects are looked at in one transaction, at most.
    """

    def __init__(
        self, database: Database, keeper: Keeper, now: Clock, *, at_once: int = _FILLED_AT_ONCE
    ) -> None:
        self._database = database
        self._keeper = keeper
        self._now = now
        self._at_once = at_once

    def __call__(self) -> bool:
        """Look at some people for the audiences that wait; return whether there was something to do."""
        with self._database.read() as connection:
            if not self._waits(connection):
                return False
        with self._database.write() as connection:
            progress = collect.hold_progress(connection)
            until = queries.replay_until(connection)
            if until is not None:
                if progress.position < until:
                    return False
                queries.save_replay(connection, None)
            group = self._group(connection)
            if group is None:
                return False
            self._fill(connection, group)
        self._keeper.forget()
        return True

    def _waits(self, connection: sa.Connection) -> bool:
        force = self._keeper.in_force(connection)
        return bool(force.waiting) or force.is_filling

    def _group(self, connection: sa.Connection) -> _Group | None:
        """Return the audiences to go on with: those that are furthest behind, and of which all is known that they need."""
        fillings, stored = queries.fillings(connection), queries.stored(connection, 0)
        rules = self._keeper.profiles.rules(connection)
        filled = {
            one.audience.name
            for one in stored
            if (filling := fillings.get(one.number)) is not None
            and filling.version == one.version
            and filling.cursor is None
        }
        cursors: dict[int, list[StoredAudience]] = {}
        for one in stored:
            if one.audience.name not in filled and _is_ready(one, filled, rules):
                filling = fillings.get(one.number)
                begun = filling is not None and filling.version == one.version
                cursor = (
                    filling.cursor if begun and filling is not None and filling.cursor is not None else -1
                )
                cursors.setdefault(cursor, []).append(one)
        if not cursors:
            return None
        furthest_behind = min(cursors)
        return _Group(tuple(cursors[furthest_behind]), furthest_behind)

    def _fill(self, connection: sa.Connection, group: _Group) -> None:
        fillings = queries.fillings(connection)
        limit = min(self._at_once, max(1, _LOOKS_AT_ONCE // len(group.audiences)))
        subjects = self._keeper.profiles.subjects(connection, after=group.cursor, limit=limit)
        is_last = len(subjects) < limit
        for one in group.audiences:
            before = fillings.get(one.number)
            looked_at = before.looked_at if before and before.version == one.version else 0
            # Noted before anybody is looked at: from here on the audience counts as one that is being filled.
            queries.save_filling(
                connection,
                Filling(
                    number=one.number,
                    version=one.version,
                    cursor=subjects[-1] if subjects else group.cursor,
                    looked_at=looked_at + len(subjects),
                    size=before.size if before else 0,
                ),
            )
        self._keeper.forget()
        force = self._keeper.in_force(connection)
        mask = force.mask_of({one.number for one in group.audiences})
        persons = set(identity.persons_of(connection, subjects).values())
        self._keeper.keep(connection, People(masks=dict.fromkeys(persons, mask)), self._now())
        if is_last:
            for number in {one.number for one in group.audiences}:
                queries.note_filled(connection, number)


def _is_ready(one: StoredAudience, filled: set[str], rules: Rules) -> bool:
    """Return whether all that a rule asks for is counted, past facts included."""
    needed = needs.needs(one.audience.rule)
    moments = [*needed.moments, needs.of_entering(one.audience.name)]
    return needed.audiences <= filled and is_counted(rules, moments, needed.computed)
