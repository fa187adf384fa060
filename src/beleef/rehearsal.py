"""People with their past, for trying a campaign out: a sample of them for a page, all of them for the command.

Subjects are numbers made by hashing, so that the people with the lowest numbers are a sample as good as any drawn by chance, and lie
together in the files.
"""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from beleef.app import Stores, build_profiles
from beleef.campaigns.api import PastPerson
from beleef.contact.api import PastContact, bucket
from beleef.facts.fact import Fact
from beleef.identity import api as identity

_AT_ONCE = 2_000
"""How many subjects are read together: some hundred thousand facts in memory."""

EVERYBODY = 1 << 62


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Some people with their past, and how many there are in all."""

    people: Iterator[PastPerson]
    everybody: int


class Past:
    """Gives people with their past facts.

    Args:
        stores: The open stores.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._profiles = build_profiles(stores)
        self._key = stores.installation().key

    def sample(self, *, until: int, most: int = EVERYBODY, without: str = "") -> Sample:
        """Return people with all their facts before a moment.

        Args:
            until: The moment, in microseconds.
            most: At most so many people.
            without: Name of a campaign whose messages are looked away from, because they are to be sent again.
        """
        with self._stores.database.read() as connection:
            everybody = self._profiles.subject_count(connection) - len(identity.merged_subjects(connection))
        return Sample(people=self._people(until, most, without), everybody=max(0, everybody))

    def _people(self, until: int, most: int, without: str) -> Iterator[PastPerson]:
        after, given = -1, 0
        while given < most:
            with self._stores.database.read() as connection:
                subjects = self._profiles.subjects(
                    connection, after=after, limit=min(_AT_ONCE, 2 * (most - given))
                )
                if not subjects:
                    return
                after = subjects[-1]
                whose = identity.persons_of(connection, subjects)
                persons = [subject for subject in subjects if whose[subject] == subject][: most - given]
                own = identity.subjects_by_person(connection, persons)
                known = identity.people(connection, persons)
            given += len(persons)
            yield from self._with_facts(own, known, until, without)

    def _with_facts(
        self, own: dict[int, list[int]], known: dict[int, identity.Person], until: int, without: str
    ) -> Iterator[PastPerson]:
        person_of = {subject: person for person, subjects in own.items() for subject in subjects}
        facts: dict[int, list[Fact]] = {person: [] for person in own}
        for subject, fact in self._stores.warehouse.facts_with_subjects(list(person_of)):
            if fact.occurred_at <= until:
                facts[person_of[subject]].append(fact)
        for person, theirs in facts.items():
            sent = [one for one in theirs if one.type == "beleef" and one.name == "Message Sent"]
            who = known.get(person)
            yield PastPerson(
                number=person,
                facts=[one for one in theirs if one.type != "beleef"],
                contacts=tuple(sorted(_contact(one) for one in sent if _said(one, "campaign") != without)),
                bucket=bucket(self._key, person if who is None else who.first),
                namespaces=frozenset(one.namespace for one in (who.identifiers if who else ())),
            )


def _contact(fact: Fact) -> PastContact:
    return PastContact(
        at=fact.occurred_at,
        channel=fact.channel,
        purpose=cast(Any, _said(fact, "purpose") or "marketing"),
        topic=_said(fact, "topic"),
    )


def _said(fact: Fact, name: str) -> str:
    return str((fact.properties or {}).get(name, ""))
