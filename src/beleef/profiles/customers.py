"""What the staff's customer pages ask: lists of people and accounts, one person's sheet, coverage and preview of computed traits.

People are listed, not subjects: somebody known by three devices is one line, wherever the page begins.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import Fact
from beleef.identity import api as identity
from beleef.kernel.clock import Clock
from beleef.kernel.errors import NotFound
from beleef.profiles.api import Profiles
from beleef.profiles.model import AccountProfile, Definition, Preview, Profile, StoredDefinition
from beleef.store.records.database import Database
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.model import Place, Selection

_AT_ONCE = 200
_LOOKED_THROUGH = 600
"""How many subjects, or accounts, are looked through for one page; then it comes with fewer lines, and a next page."""
_SAMPLE = 200
_PREVIEWED = 20


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One customer: who it is, what is known, and the accounts they belong to."""

    person: identity.Person
    profile: Profile
    accounts: tuple[identity.Account, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a list: the number, what they are called, and the profile."""

    number: int
    called: str | None
    identifier: str | None
    profile: Profile


class LinePage(msgspec.Struct, frozen=True, kw_only=True):
    """People, latest seen first; ``next`` is where the next page starts, None where there is no more."""

    lines: tuple[Line, ...]
    next: tuple[int, int] | None = None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which people: each part that is given must hold for the person as a whole.

    Attributes:
        channel: Used this channel.
        since: Seen at or after this moment, in microseconds.
        trait: Has a trait of this name.
        min_facts: Has at least so many facts.
    """

    channel: str | None = None
    since: int | None = None
    trait: str | None = None
    min_facts: int = 0

    def holds(self, profile: Profile) -> bool:
        """Return whether a profile is of such a person."""
        return (
            (self.channel is None or self.channel in profile.channels)
            and (self.since is None or (profile.last_seen is not None and profile.last_seen >= self.since))
            and (self.trait is None or self.trait in profile.traits)
            and profile.facts >= self.min_facts
        )


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a list: what identity and profiles know about it."""

    account: identity.AccountSize
    profile: AccountProfile | None

    @property
    def name(self) -> str | None:
        """Its name, where a ``group`` fact told it."""
        return called_account(self.profile)


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts by number; ``next`` is the number behind which the next page starts."""

    lines: tuple[AccountLine, ...]
    next: str | None = None


class AccountSheet(msgspec.Struct, frozen=True, kw_only=True):
    """One account and the people in it; ``more`` says that there are more than are listed."""

    account: identity.Account
    profile: AccountProfile | None
    people: tuple[Line, ...]
    more: bool


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the people seen last have a value, per computed trait; and of how many people that is."""

    people: int
    having: Mapping[str, int]


class Previewed(msgspec.Struct, frozen=True, kw_only=True):
    """What a definition would give for the people seen last, with what each of them is called."""

    preview: Preview
    people: int
    called: Mapping[int, str | None]


class Customers:
    """Reads customers for pages.

    Args:
        database: The state.
        warehouse: The history.
        profiles: The reader of profiles.
        key: The installation's key.
        now: The clock.
    """

    def __init__(
        self, *, database: Database, warehouse: Warehouse, profiles: Profiles, key: bytes, now: Clock
    ) -> None:
        self.database = database
        self.profiles = profiles
        self.now = now
        self._warehouse = warehouse
        self._key = key

    def sheet(self, number: int) -> Sheet:
        """Return the person that a number, their own or one of an identifier of theirs, belongs to.

        Raises:
            NotFound: there is none.
        """
        with self.database.read() as connection:
            person = identity.person(connection, number)
            if person is None:
                raise NotFound(
                    "There is no person with that number.",
                    hint="Search for the name; the person may have been erased.",
                )
            profile = self.profiles.profile(connection, person.subjects, self.now())
            accounts = identity.accounts_of(connection, person.subjects)
        return Sheet(person=person, profile=profile, accounts=tuple(accounts))

    def timeline(
        self, subjects: Sequence[int], *, after: Place | None, where: Selection, limit: int
    ) -> list[Fact]:
        """Return facts of a person, newest first."""
        return self._warehouse.timeline(subjects, after=after, where=where, limit=limit)

    def explain(self, person: int) -> identity.Explanation:
        """Return why a person's identifiers are one person."""
        with self.database.read() as connection:
            return identity.explain(connection, person)

    def same_person(self, a: int, b: int) -> bool:
        """Return whether two identifiers belong to one person now."""
        with self.database.read() as connection:
            persons = identity.persons_of(connection, [a, b])
        return persons[a] == persons[b]

    def search(self, text: str, chosen: Filter, *, limit: int) -> LinePage:
        """Return the people whose names, addresses or numbers begin with the words of a text, best first."""
        with self.database.read() as connection:
            subjects = self.profiles.search(connection, text, limit * 2)
            lines = self._lines(connection, subjects)
        return LinePage(lines=tuple(one for one in lines if chosen.holds(one.profile))[:limit])

    def recent(self, chosen: Filter, *, after: tuple[int, int] | None, limit: int) -> LinePage:
        """Return the people seen last, page by page; fewer than ``limit`` where a rare filter needs too long a look."""
        lines: list[Line] = []
        looked = 0
        with self.database.read() as connection:
            while looked < _LOOKED_THROUGH:
                found = self.profiles.recent(
                    connection,
                    since=chosen.since,
                    after=after,
                    limit=max(limit, _AT_ONCE if looked else limit),
                )
                people = {
                    one.number: one for one in self._lines(connection, [row.subject for row in found.rows])
                }
                persons = identity.persons_of(connection, [row.subject for row in found.rows])
                for row in found.rows:
                    line = people.pop(persons[row.subject], None)
                    after = row.last_seen, row.subject
                    # A person stands where they were seen last; their other subjects were seen earlier and come later.
                    if line and row.last_seen == line.profile.last_seen and chosen.holds(line.profile):
                        lines.append(line)
                        if len(lines) == limit:
                            return LinePage(lines=tuple(lines), next=after)
                looked += len(found.rows)
                if found.next is None:
                    return LinePage(lines=tuple(lines))
        return LinePage(lines=tuple(lines), next=after)

    def _lines(self, connection: sa.Connection, subjects: Sequence[int]) -> list[Line]:
        numbers = list(dict.fromkeys(identity.persons_of(connection, subjects).values()))
        people = identity.people(connection, numbers)
        profiles = self.profiles.profiles(
            connection, {number: one.subjects for number, one in people.items()}, self.now()
        )
        return [
            Line(
                number=number,
                called=called(profiles[number]),
                identifier=known_by(people[number], profiles[number]),
                profile=profiles[number],
            )
            for number in numbers
            if number in people
        ]

    def lines(self, subjects: Sequence[int]) -> dict[int, Line]:
        """Return people in short, by each of their subjects that was asked for."""
        with self.database.read() as connection:
            persons = identity.persons_of(connection, subjects)
            found = {one.number: one for one in self._lines(connection, subjects)}
        return {subject: found[person] for subject, person in persons.items() if person in found}

    def accounts(self, text: str, *, after: str, limit: int) -> AccountPage:
        """Return the accounts whose number begins with a text, or whose name contains it; all for an empty text."""
        wanted = text.strip().lower()
        lines: list[AccountLine] = []
        with self.database.read() as connection:
            for _ in range(0, _LOOKED_THROUGH, _AT_ONCE):
                found = identity.list_accounts(connection, after=after, limit=_AT_ONCE if wanted else limit)
                known = self.profiles.account_profiles(connection, [one.number for one in found])
                for one in found:
                    after = one.number
                    line = AccountLine(account=one, profile=known.get(one.number))
                    if one.number.lower().startswith(wanted) or wanted in (line.name or "").lower():
                        lines.append(line)
                        if len(lines) == limit:
                            return AccountPage(lines=tuple(lines), next=after)
                if len(found) < (_AT_ONCE if wanted else limit):
                    return AccountPage(lines=tuple(lines))
        return AccountPage(lines=tuple(lines), next=after)

    def account(self, number: int, *, limit: int) -> AccountSheet:
        """Return the account with a number of Beleef's and the people in it.

        Raises:
            NotFound: there is none.
        """
        with self.database.read() as connection:
            account = identity.account_by_id(connection, number)
            if account is None:
                raise NotFound(
                    "There is no account with that number.", hint="Look at the list of accounts again."
                )
            profile = self.profiles.account_profile(connection, account.number)
            members = identity.members_of(connection, account.id, limit=limit + 1)
            people = self._lines(connection, members[:limit])
        return AccountSheet(account=account, profile=profile, people=tuple(people), more=len(members) > limit)

    def definitions(self) -> list[StoredDefinition]:
        """Return the computed traits in force, sorted by name."""
        with self.database.read() as connection:
            return self.profiles.definitions(connection)

    def save_definition(self, definition: Definition) -> None:
        """Put a definition in force.

        Raises:
            InvalidInput, Conflict: as ``Profiles.save_definition``.
        """
        with self.database.write() as connection:
            self.profiles.save_definition(connection, definition)

    def delete_definition(self, name: str, users: Callable[[sa.Connection, str], Sequence[str]]) -> None:
        """Take a definition out of force that nothing asks for.

        Raises:
            NotFound, Conflict: as ``Profiles.delete_definition``.
        """
        with self.database.write() as connection:
            self.profiles.delete_definition(connection, name, users)

    def coverage(self) -> Coverage:
        """Return how many of the people seen last have a value for each computed trait."""
        people = self.recent(Filter(), after=None, limit=_SAMPLE).lines
        having: dict[str, int] = {}
        for one in people:
            for name, trait in one.profile.computed.items():
                # A count of nothing is no value; no day since the last order is one, and comes with its moment.
                has_value = trait.value not in (None, 0) or trait.occurred_at is not None
                having[name] = having.get(name, 0) + has_value
        return Coverage(people=len(people), having=having)

    def preview(self, definition: Definition | Mapping[str, Any]) -> Previewed:
        """Return what a definition would give for the people seen last, without keeping anything.

        Raises:
            InvalidInput: the definition cannot work.
        """
        people = self.recent(Filter(), after=None, limit=_PREVIEWED).lines
        facts = (
            (one.number, fact) for one in people for fact in self._warehouse.facts_of(one.profile.subjects)
        )
        preview = self.profiles.preview_definition(definition, facts, self.now())
        return Previewed(
            preview=preview,
            people=len(people),
            called={one.number: one.called or one.identifier for one in people},
        )


def called(profile: Profile) -> str | None:
    """Return what a person is called, None where no trait says so."""
    whole = _text(profile, "name", "full_name", "fullName")
    if whole:
        return whole
    parts = (_text(profile, "first_name", "firstName"), _text(profile, "last_name", "lastName"))
    return " ".join(part for part in parts if part) or None


def known_by(person: identity.Person, profile: Profile) -> str | None:
    """Return the e-mail address of a person, else the strongest other identifier."""
    by_namespace = {one.namespace: one.value for one in person.identifiers}
    own = next((one.value for one in person.identifiers if one.subject == person.number), None)
    return by_namespace.get("email") or _text(profile, "email") or own


def called_account(profile: AccountProfile | None) -> str | None:
    """Return what an account is called, None where no fact says so."""
    trait = profile.traits.get("name") if profile else None
    return str(trait.value) if trait and isinstance(trait.value, str) and trait.value.strip() else None


def _text(profile: Profile, *names: str) -> str | None:
    for name in names:
        trait = profile.traits.get(name)
        if trait is not None and isinstance(trait.value, str) and trait.value.strip():
            return trait.value.strip()
    return None
