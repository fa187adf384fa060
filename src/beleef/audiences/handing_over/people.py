"""Reading people as other systems are told about them: identifiers, and the traits that were asked for."""

from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa

from beleef.audiences.handing_over.model import Told
from beleef.audiences.model import Member
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.profiles.api import Profiles, trait_value_in

_DEVICE = "anonymous_id"


class Reader:
    """Reads people in sets.

    Args:
        profiles: The reader of profiles.
    """

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles

    def told(
        self, connection: sa.Connection, numbers: Collection[int], traits: Sequence[str], now: int
    ) -> dict[int, Told]:
        """Return people as another system is told about them; of who is no person any more just the number.

        Args:
            connection: A connection.
            numbers: Numbers of people, also former ones.
            traits: Which traits to read.
            now: The present moment, in microseconds.
        """
        people = identity.people(connection, numbers)
        profiles = {}
        if traits:
            subjects = {number: person.subjects for number, person in people.items()}
            profiles = self._profiles.profiles(connection, subjects, now)
        became = identity.persons_of(connection, [one for one in numbers if one not in people])
        found = {}
        for number in numbers:
            person = people.get(number)
            own = profiles[number].traits if number in profiles else {}
            known = {name: one.value for name, one in own.items()}
            values = {name: trait_value_in(known, name) for name in traits}
            found[number] = Told(
                number=number,
                identifiers={} if person is None else identifiers(person),
                traits={name: value for name, value in values.items() if value is not None},
                became=became[number] if became.get(number, number) != number else None,
            )
        return found

    def lines(
        self, connection: sa.Connection, members: Sequence[Member], traits: Sequence[str], now: int
    ) -> Iterator[tuple[Member, Told]]:
        """Give members with what is told about them, in their order."""
        found = self.told(connection, [one.person for one in members], traits, now)
        return ((one, found[one.person]) for one in members)


def identifiers(person: Person) -> dict[str, str]:
    """Return one identifier per namespace, the first that was seen; devices only for those without any other."""
    found: dict[str, str] = {}
    for one in person.identifiers:
        found.setdefault(one.namespace, one.value)
    if len(found) > 1:
        found.pop(_DEVICE, None)
    return found
