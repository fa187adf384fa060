"""People as records to compare: what their traits say about name, address, birth date, phone and e-mail."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.profiles.api import Profiles
from beleef.profiles.customers import Customers
from beleef.profiles.model import Profile
from beleef.store.records.database import Database

_AT_ONCE = 500
_NUMBER_BEHIND: Final = re.compile(r"^(?P<street>.*\D)\s+(?P<number>\d+\s*[-/]?\s*\w{0,6})$")
_FLAT: Final = {
    "street": ("street", "address_street", "street_name", "streetName"),
    "house_number": ("house_number", "houseNumber", "street_number", "streetNumber"),
    "postcode": ("postcode", "postal_code", "postalCode", "zip"),
    "city": ("city", "town", "place"),
}
_BIRTH: Final = ("birth_date", "birthdate", "birthDate", "birthday", "date_of_birth", "dateOfBirth")


def record(subject: int, profile: Profile) -> identity.Record:
    """Return what a profile says, ready to compare; unknown parts are None."""
    traits = {name: trait.value for name, trait in profile.traits.items()}
    address = traits.get("address")
    places = {**traits, **address} if isinstance(address, dict) else traits
    street, house_number = _text(places, *_FLAT["street"]), _text(places, *_FLAT["house_number"])
    parted = _NUMBER_BEHIND.match(street) if street and not house_number else None
    if parted:
        street, house_number = parted["street"], parted["number"]
    first, last = _names(traits)
    return identity.Record(
        subject=subject,
        first_name=first,
        last_name=last,
        street=street,
        house_number=house_number,
        postcode=_text(places, *_FLAT["postcode"]),
        city=_text(places, *_FLAT["city"]),
        birth_date=(_text(traits, *_BIRTH) or "")[:10] or None,
        phone=_text(traits, "phone", "phone_number", "phoneNumber", "mobile"),
        email=_text(traits, "email"),
    )


class Records:
    """Gives all people as records, for the matcher.

    Args:
        database: The state.
        profiles: The reader of profiles.
        now: The clock.
    """

    def __init__(self, database: Database, profiles: Profiles, now: Clock) -> None:
        self._database = database
        self._profiles = profiles
        self._now = now

    def __iter__(self) -> Iterator[identity.Record]:
        """Give each person with a name once; profiles are read some hundreds at a time."""
        with self._database.read() as connection:
            merged = identity.merged_subjects(connection)
        person_of = dict(merged)
        subjects: dict[int, list[int]] = {}
        for subject, person in merged:
            subjects.setdefault(person, [person]).append(subject)
        given: set[int] = set()
        after: tuple[int, int] | None = None
        while True:
            with self._database.read() as connection:
                page = self._profiles.recent(connection, after=after, limit=_AT_ONCE)
                numbers = {person_of.get(row.subject, row.subject) for row in page.rows} - given
                people = {number: subjects.get(number, [number]) for number in numbers}
                found = self._profiles.profiles(connection, people, self._now())
            given |= numbers
            for number in sorted(found):
                one = record(number, found[number])
                if one.first_name or one.last_name:
                    yield one
            if page.next is None:
                return
            after = page.next


def cards(customers: Customers, subjects: Sequence[int]) -> dict[int, identity.Card]:
    """Return people in short, by each of the subjects asked for; those who are gone are left out."""
    return {
        subject: identity.Card(
            number=line.number,
            title=line.called or line.identifier or ids.to_text(line.number),
            record=record(subject, line.profile),
            facts=line.profile.facts,
            last_seen=line.profile.last_seen,
        )
        for subject, line in customers.lines(subjects).items()
    }


def _names(traits: Mapping[str, Any]) -> tuple[str | None, str | None]:
    first = _text(traits, "first_name", "firstName")
    last = _text(traits, "last_name", "lastName")
    if first or last:
        return first, last
    whole = _text(traits, "name", "full_name", "fullName")
    if whole is None:
        return None, None
    first, _, last = whole.partition(" ")
    return first, last.strip() or None


def _text(values: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = values.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return None
