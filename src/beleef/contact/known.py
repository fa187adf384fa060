"""Reads what the gate has to know about many messages at once: a fixed number of reads, however many people they are about."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from beleef.contact import queries, standing_queries
from beleef.contact.channels.book import ChannelBook, Opened, find
from beleef.contact.gate import Gate, bucket
from beleef.contact.hashing import address_hash
from beleef.contact.hours import zone_named
from beleef.contact.model import Intent, Known, PastContact, Standing
from beleef.contact.standing import Word, standing
from beleef.contact.standing_queries import Address, Suppression
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.clock import DAY
from beleef.profiles.api import Profile, Profiles

OpenComplaints = Callable[[sa.Connection, Collection[int]], set[int]]
"""Tells which of some persons, given by their numbers, have an open complaint that another part of Beleef knows of."""

_ZONE_TRAITS = ("timezone", "time_zone", "tz")


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and what is known around it.

    Attributes:
        intent: The message.
        person: Whom it is for; None where nobody is known by that subject.
        profile: What is known about them.
        known: What the gate has to know.
        address: Where it would go; empty where the channel cannot reach them.
        opened: The channel; None where none of that kind is set up.
    """

    intent: Intent
    person: Person | None
    profile: Profile
    known: Known
    address: str
    opened: Opened | None


class _People(msgspec.Struct, frozen=True, kw_only=True):
    person_of: dict[int, int]
    people: dict[int, Person]
    profiles: dict[int, Profile]
    standings: dict[int, Standing]
    contacts: dict[int, tuple[PastContact, ...]]
    complaining: set[int]


class KnownReader:
    """Reads circumstances.

    Args:
        profiles: The reader of profiles.
        key: The installation's key.
        zone: The organisation's time zone, for people whose own is unknown.
        book: The channels.
        complaints: Who has an open complaint besides those whose facts say so.
    """

    def __init__(
        self, *, profiles: Profiles, key: bytes, zone: str, book: ChannelBook, complaints: OpenComplaints
    ) -> None:
        self._profiles = profiles
        self._key = key
        self._zone = zone
        self._book = book
        self._complaints = complaints

    def read(
        self, connection: sa.Connection, intents: Sequence[Intent], gate: Gate, now: int
    ) -> list[Circumstances]:
        """Return the circumstances of messages, in their order."""
        around = self._people(connection, {intent.subject for intent in intents}, gate, now)
        opened = self._book.all(connection)
        reached = [self._reached(intent, around, opened) for intent in intents]
        hashes = {
            self._hashed(intent, address)
            for intent, (_, address) in zip(intents, reached, strict=True)
            if address
        }
        rules = gate.rules
        suppressed = standing_queries.suppressed(
            connection, hashes, soft=rules.soft_bounces, soft_since=now - rules.soft_bounce_days * DAY
        )
        return [
            self._circumstances(intent, around, channel, address, suppressed)
            for intent, (channel, address) in zip(intents, reached, strict=True)
        ]

    def persons(self, connection: sa.Connection, subjects: Collection[int]) -> dict[int, Person]:
        """Return the persons of subjects, by subject; subjects of nobody are left out."""
        person_of = identity.persons_of(connection, subjects)
        people = identity.people(connection, set(person_of.values()))
        return {subject: people[number] for subject, number in person_of.items() if number in people}

    def zone_of(self, profile: Profile) -> str:
        """Return the time zone of a person: their own where it is known, else the organisation's."""
        for name in _ZONE_TRAITS:
            said = profile.traits.get(name)
            if said is not None and isinstance(said.value, str) and zone_named(said.value) is not None:
                return said.value
        return self._zone

    def _people(self, connection: sa.Connection, subjects: set[int], gate: Gate, now: int) -> _People:
        person_of = identity.persons_of(connection, subjects)
        people = identity.people(connection, set(person_of.values()))
        every = {person.number: person.subjects for person in people.values()}
        owner = {subject: number for number, own in every.items() for subject in own}
        said = standing_queries.words(connection, owner)
        contacts: dict[int, list[PastContact]] = {}
        for subject, contact in queries.past_contacts(connection, list(owner), now - gate.window):
            contacts.setdefault(owner[subject], []).append(contact)
        return _People(
            person_of=person_of,
            people=people,
            profiles=self._profiles.profiles(connection, every, now),
            standings={number: _standing(said, own) for number, own in every.items()},
            contacts={number: tuple(found) for number, found in contacts.items()},
            complaining=self._complaints(connection, every.keys()),
        )

    def _reached(self, intent: Intent, around: _People, opened: list[Opened]) -> tuple[Opened | None, str]:
        channel = find(opened, intent.channel, intent.via)
        person = around.people.get(around.person_of[intent.subject])
        if channel is None or channel.channel is None or person is None:
            return channel, ""
        return channel, channel.channel.address(person, around.profiles[person.number]) or ""

    def _hashed(self, intent: Intent, address: str) -> Address:
        return intent.channel, address_hash(self._key, intent.channel, address)

    def _circumstances(
        self,
        intent: Intent,
        around: _People,
        channel: Opened | None,
        address: str,
        suppressed: Mapping[Address, Suppression],
    ) -> Circumstances:
        number = around.person_of[intent.subject]
        person = around.people.get(number)
        if person is None:
            known = Known(zone=self._zone, has_channel=channel is not None, has_address=False)
            return Circumstances(
                intent=intent, person=None, profile=NOBODY, known=known, address="", opened=channel
            )
        profile, said = around.profiles[number], around.standings[number]
        consents = {
            (one.purpose, one.channel): (one.state == "granted", one.occurred_at) for one in profile.consents
        }
        why = suppressed.get(self._hashed(intent, address)) if address else None
        known = Known(
            zone=self.zone_of(profile),
            consents=consents,
            objections=said.objections,
            topics=said.topics,
            has_relation=any(product.first for product in profile.products),
            has_channel=channel is not None,
            is_channel_open=channel is not None and channel.channel is not None and channel.setup.enabled,
            has_address=bool(address) or (channel is not None and channel.channel is None),
            suppressed=_still(why, consents.get((intent.purpose, intent.channel))),
            paused_until=said.paused_until,
            has_open_complaint=bool(said.complaints) or number in around.complaining,
            complaint_closed_at=said.complaint_closed_at,
            bucket=bucket(self._key, person.first),
            contacts=around.contacts.get(number, ()),
        )
        return Circumstances(
            intent=intent, person=person, profile=profile, known=known, address=address, opened=channel
        )


NOBODY = Profile(
    subjects=(),
    traits={},
    computed={},
    channels={},
    products=(),
    consents=(),
    first_seen=None,
    last_seen=None,
    facts=0,
)


def nobody_complains(_connection: sa.Connection, _persons: Collection[int]) -> set[int]:
    """Return no complaints, where no part of Beleef but facts knows of any."""
    return set()


def _standing(said: Mapping[int, Iterable[Word]], subjects: Sequence[int]) -> Standing:
    return standing(word for subject in subjects for word in said.get(subject, ()))


def _still(why: Suppression | None, allowed: tuple[bool, int] | None) -> str:
    """Return why an address is left alone; an opt-out that outlived its person ends with a later consent."""
    if why is None:
        return ""
    if why.reason == "opted_out" and allowed is not None and allowed[0] and allowed[1] > why.since:
        return ""
    return why.reason
