"""The worker's pipeline in small: identity, profiles, audiences and the tail over one database, with a clock that tests set."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from beleef.audiences.api import Audience, Audiences, rule_from_data
from beleef.audiences.work import AudiencesStep, Fill, Keeper, Timers
from beleef.collect import api as collect
from beleef.collect.tables import outbox
from beleef.facts.fact import Batch, Fact
from beleef.identity import api as identity
from beleef.identity.api import IdentityStep
from beleef.kernel.clock import HOUR
from beleef.profiles.api import Profiles
from beleef.profiles.filling import Filling
from beleef.profiles.work import ProfilesStep
from beleef.store.records.database import Database
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.people import people_table
from beleef.store.warehouse.work import TailStep
from tests.conftest import NOW

ZONE = "Europe/Amsterdam"
KEY = b"k" * 32


class PeopleMap:
    """Which subjects are one person, read anew for every question."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked = 0

    def version(self) -> int:
        self._asked += 1
        return self._asked

    def table(self) -> pa.Table:
        with self._database.read() as connection:
            return people_table(identity.merged_subjects(connection))


class Line:
    """Everything a fact passes through, by hand."""

    def __init__(self, database: Database, lake: Path, *, engine: str = "duckdb") -> None:
        self.database = database
        self.now = NOW
        self.profiles = Profiles(zone=ZONE)
        self.audiences = Audiences(profiles=self.profiles, zone=ZONE)
        self.keeper = Keeper(profiles=self.profiles, zone=ZONE)
        profiles_step = ProfilesStep(zone=ZONE)
        self.warehouse = Warehouse(
            database, lake=str(lake), engine=engine, people=PeopleMap(database), threads=1
        )
        self._steps = (
            IdentityStep(KEY),
            profiles_step,
            AudiencesStep(self.keeper),
            TailStep(lambda: self.now),
        )
        self.timers = Timers(database, self.keeper, lambda: self.now)
        self.fill = Fill(database, self.keeper, lambda: self.now, at_once=3)
        self._filling = Filling(database, profiles_step, self.warehouse.scan, at_once=5)
        with database.write() as connection:
            identity.prepare(connection)
            collect.ensure_own_source(connection, NOW)

    def save(self, *audiences: Audience) -> None:
        with self.database.write() as connection:
            for audience in audiences:
                self.audiences.save(connection, audience, self.now)

    def take(self, facts: Sequence[Fact]) -> None:
        """Work on a batch."""
        with self.database.write() as connection:
            batch = Batch(facts=list(facts), now=self.now)
            for step in self._steps:
                changes = step(batch, connection)
                if isinstance(changes, identity.IdentityChanges):
                    batch.moved, batch.moved_from = changes.moved, changes.moved_from

    def settle(self) -> None:
        """Do all chores that wait."""
        while self._filling() or self.fill() or self.timers():
            pass

    def members(self, name: str) -> set[int]:
        with self.database.read() as connection:
            return {one.person for one in self.audiences.members(connection, name, limit=10_000).members}

    def persons(self) -> dict[int, int]:
        """The person of every subject that has a profile."""
        with self.database.read() as connection:
            return identity.persons_of(connection, self.profiles.subjects(connection, after=-1, limit=10_000))

    def said(self) -> list[tuple[str, str]]:
        """Events and audiences of what was said, in order."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(outbox.c.message).order_by(outbox.c.id)).scalars()
            messages: list[Any] = [one for row in rows for one in msgspec.json.decode(row)]
        return [(one["event"], one["properties"]["audience"]) for one in messages]

    def person(self, value: str, namespace: str = "user_id") -> int:
        with self.database.read() as connection:
            found = identity.find(connection, KEY, namespace, value)
        assert found is not None
        return found.number


def audience(name: str, rule: Any, **more: Any) -> Audience:
    """An audience of a rule in plain data."""
    return Audience(name=name, label=name.title(), rule=rule_from_data(rule, zone=ZONE), **more)


def fact(number: int, name: str | None = None, *, user: str | None = "anna", **fields: Any) -> Fact:
    """A track fact of somebody, or of another ``type``; at ``NOW`` if no moment is given."""
    given: dict[str, Any] = {
        "type": "track",
        "source": "shop",
        "channel": "web",
        "occurred_at": NOW,
        "received_at": NOW + HOUR,
        "user_id": user,
    } | fields
    return Fact(id=number, message_id=f"m{number}", name=name, **given)


def identify(number: int, user: str = "anna", **traits: Any) -> Fact:
    """An identify fact with traits."""
    return fact(number, type="identify", user=user, traits=traits)


def numbered(facts: Iterable[Fact]) -> dict[int, Fact]:
    """Facts by their numbers."""
    return {one.id: one for one in facts}
