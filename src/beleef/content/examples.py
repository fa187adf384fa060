"""Real people to try a message on: those seen last, those a search finds, and what is known of one of them."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.content.sample import PREFERENCES, UNSUBSCRIBE, VIEW
from beleef.content.variables import fact_variables, person_variables
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import NotFound
from beleef.profiles.api import Profile, Profiles

_LINKS = {"unsubscribe": UNSUBSCRIBE, "preferences": PREFERENCES, "view_in_browser": VIEW}


class Somebody(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a list: their number, and what to call them."""

    number: int
    called: str


class PastFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that a message could follow: its number as text, the event's name, its moment in microseconds, its properties."""

    id: str
    name: str
    occurred_at: int
    properties: dict[str, Any]


Facts = Callable[[int], Sequence[PastFact]]
"""Gives the latest facts with a name of a person, newest first; the composition knows the history."""


class Examples:
    """Finds people to try messages on.

    Args:
        profiles: The reader of profiles.
        facts: Gives a person's latest facts.
    """

    def __init__(self, profiles: Profiles, facts: Facts) -> None:
        self._profiles = profiles
        self._facts = facts

    def somebody(self, connection: sa.Connection, text: str, now: int, *, limit: int = 20) -> list[Somebody]:
        """Return people that a search finds, or, where it is empty, those seen last."""
        if text.strip():
            subjects = self._profiles.search(connection, text, limit)
        else:
            subjects = [row.subject for row in self._profiles.recent(connection, limit=limit).rows]
        persons = list(dict.fromkeys(identity.persons_of(connection, subjects).values()))
        found = identity.people(connection, persons)
        profiles = self._profiles.profiles(
            connection, {number: person.subjects for number, person in found.items()}, now
        )
        return [
            Somebody(number=number, called=_called(profiles[number], number))
            for number in persons
            if number in found
        ]

    def one(self, connection: sa.Connection, number: int, now: int) -> Somebody:
        """Return one person.

        Raises:
            NotFound: there is nobody of that number.
        """
        person = self._person(connection, number)
        profile = self._profiles.profile(connection, person.subjects, now)
        return Somebody(number=person.number, called=_called(profile, person.number))

    def facts(self, number: int) -> Sequence[PastFact]:
        """Return the latest facts of a person, newest first."""
        return self._facts(number)

    def variables(
        self, connection: sa.Connection, number: int, now: int, fact: PastFact | None = None
    ) -> dict[str, Any]:
        """Return what a message to a person would know; with addresses in ``links`` that lead nowhere.

        Raises:
            NotFound: there is nobody of that number.
        """
        person = self._person(connection, number)
        profile = self._profiles.profile(connection, person.subjects, now)
        accounts = [one.number for one in identity.accounts_of(connection, person.subjects)]
        known = self._profiles.account_profiles(connection, accounts)
        about = (
            {}
            if fact is None
            else fact_variables(fact.properties, name=fact.name, occurred_at=fact.occurred_at)
        )
        return {
            **person_variables(
                profile, [(account, known.get(account)) for account in accounts], person.identifiers
            ),
            **about,
            **nobody(),
        }

    @staticmethod
    def _person(connection: sa.Connection, number: int) -> identity.Person:
        person = identity.person(connection, number)
        if person is None:
            raise NotFound("There is nobody of that number.", hint="Choose somebody else.")
        return person


def nobody() -> dict[str, Any]:
    """Return what a message knows where nobody was chosen: its links, which lead nowhere."""
    return {"links": dict(_LINKS)}


def _called(profile: Profile, number: int) -> str:
    known = person_variables(profile)["person"]
    return str(known.get("name") or known.get("email") or ids.to_text(number))
