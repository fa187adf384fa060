"""Looking people and accounts up: by any identifier, by number, by subject."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.identity import queries, tables
from beleef.identity.accounts import account_id
from beleef.identity.model import NEVER
from beleef.identity.normalise import NUMBER_NAMESPACE, clean, namespace_name, spelled
from beleef.identity.queries import Stored
from beleef.kernel import ids
from beleef.store.records.database import Prepared, is_any_of, values_named


class PersonIdentifier(msgspec.Struct, frozen=True, kw_only=True):
    """One identifier of a person.

    Attributes:
        namespace: What kind it is.
        value: In the namespace's one spelling.
        first_at: When a fact first carried it, in microseconds; None where an alias only named it.
        source: Name of the source of that fact.
        subject: Its number; facts are stored under it.
    """

    namespace: str
    value: str
    first_at: int | None
    source: str
    subject: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One customer behind many identifiers.

    Attributes:
        number: Number of the strongest identifier.
        identifiers: In order of first sight.
        subjects: Numbers that the person's facts are stored under, the person's own first.
    """

    number: int
    identifiers: tuple[PersonIdentifier, ...]
    subjects: tuple[int, ...]

    @property
    def first(self) -> int:
        """Number of the identifier that was seen first: of two persons who become one the earlier gives it."""
        return self.identifiers[0].subject if self.identifiers else self.number


class AccountSize(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a list: its number in Beleef, its own number, how many persons, and first and last sight of any."""

    id: int
    number: str
    persons: int
    first_at: int
    last_at: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation, household or company.

    Attributes:
        id: Its number in Beleef.
        number: What the organisation calls it.
        first_at: First sight of the person in it, in microseconds; of anybody where no person was asked about.
        last_at: Last sight.
    """

    id: int
    number: str
    first_at: int
    last_at: int


def find(
    connection: sa.Connection, key: bytes, namespace: str, value: str, *, default_region: str = "NL"
) -> Person | None:
    """Return the person with an identifier, or None where it is unknown.

    Args:
        connection: To read from.
        key: The installation's key.
        namespace: Any, in any usual spelling; ``id`` for a number as ``kernel.ids.to_text`` writes it.
        value: As somebody wrote it.
        default_region: ISO 3166 code for phone numbers without a country code.
    """
    given = clean(value)
    if given is None:
        return None
    if namespace.strip().lower() == NUMBER_NAMESPACE:
        number = ids.from_text(given.lower())
        return None if number is None else person(connection, number)
    name = namespace_name(namespace)
    written = None if name is None else spelled(name, given, default_region)
    if name is None or written is None:
        return None
    return person(connection, ids.subject_id(key, name, written))


def naming(person: Person, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the fields of a message that say who it is about: by the strongest identifier alone, so that it joins nothing.

    Args:
        person: Whom.
        context: The message's context, which may have to name them.
    """
    strongest = next(one for one in person.identifiers if one.subject == person.number)
    return _naming(strongest.namespace, strongest.value, dict(context or {}))


def namings(connection: sa.Connection, numbers: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return the fields of ``naming`` for persons by their own numbers, in one read; a number that is no person's own is left out."""
    return {
        number: _naming(row.namespace, row.value, {})
        for number, row in queries.identifiers(connection, numbers).items()
        if row.person == number
    }


def _naming(namespace: str, value: str, around: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if namespace == "user_id":
        fields["userId"] = value
    elif namespace == "anonymous_id":
        fields["anonymousId"] = value
    else:
        around["externalIds"] = [{"type": namespace, "id": value}]
    return {**fields, "context": around} if around else fields


def person(connection: sa.Connection, number: int) -> Person | None:
    """Return the person that a number belongs to, be it the person's own or that of any of its identifiers."""
    row = queries.identifiers(connection, [number]).get(number)
    if row is None:
        return None
    rows = queries.members(connection, [row.person], [])
    rows += queries.identifiers(connection, [row.person]).values() if row.person != number else [row]
    return _person(row.person, rows)


def people(connection: sa.Connection, numbers: Collection[int]) -> dict[int, Person]:
    """Return persons by their own numbers, in two reads for all; a number that is no person's own is left out."""
    own = {
        number: row
        for number, row in queries.identifiers(connection, numbers).items()
        if row.person == number
    }
    rows: dict[int, list[Stored]] = {number: [row] for number, row in own.items()}
    for row in queries.members(connection, list(own), []):
        rows[row.person].append(row)
    return {number: _person(number, found) for number, found in rows.items()}


def _person(number: int, rows: list[Stored]) -> Person:
    rows.sort(key=lambda one: (one.first_at, one.id))
    return Person(
        number=number,
        identifiers=tuple(shown_as(one) for one in rows if not _is_other_reading(one, rows)),
        subjects=(number, *(one.id for one in rows if one.id != number)),
    )


def shown_as(row: Stored) -> PersonIdentifier:
    """Return a stored identifier as people see it."""
    return PersonIdentifier(
        namespace=row.namespace,
        value=row.value,
        first_at=None if row.first_at == NEVER else row.first_at,
        source=row.source,
        subject=row.id,
    )


def _is_other_reading(row: Stored, rows: Collection[Stored]) -> bool:
    """Return whether an identifier is only the other way to read an alias's ``previousId``, as a user or a device."""
    return row.first_at == NEVER and any(
        other.value == row.value and (other.first_at != NEVER or row.namespace == "anonymous_id")
        for other in rows
        if other.id != row.id
    )


_PERSONS = Prepared(
    sa.select(tables.identifiers.c.id, tables.identifiers.c.person).where(
        is_any_of(tables.identifiers.c.id, values_named("subjects")),
        tables.identifiers.c.person != tables.identifiers.c.id,
    )
)


def persons_of(connection: sa.Connection, subjects: Collection[int]) -> dict[int, int]:
    """Return the number of the person of each subject; an unknown subject is a person of its own."""
    found = {subject: subject for subject in subjects}
    if found:
        found.update(_PERSONS.rows(connection, subjects=list(found)))
    return found


_OTHERS = Prepared(
    sa.select(tables.identifiers.c.id, tables.identifiers.c.person).where(
        is_any_of(tables.identifiers.c.person, values_named("persons")),
        tables.identifiers.c.person != tables.identifiers.c.id,
    )
)


def subjects_by_person(connection: sa.Connection, persons: Collection[int]) -> dict[int, list[int]]:
    """Return the numbers that the facts of persons are stored under, by person, its own first."""
    found = {person: [person] for person in persons}
    for subject, person in sorted(_OTHERS.rows(connection, persons=list(found))):
        found[person].append(subject)
    return found


def subjects_of(connection: sa.Connection, person: int) -> list[int]:
    """Return the numbers that a person's facts are stored under, its own first."""
    columns = tables.identifiers.c
    rows = connection.execute(
        sa.select(columns.id)
        .where(columns.person != columns.id, columns.person == person)
        .order_by(columns.id)
    )
    return [person, *(row[0] for row in rows)]


def _spans(*extra: sa.ColumnElement[bool]) -> sa.Select[int, str, int, int]:
    account, member = tables.accounts.c, tables.memberships.c
    return (
        sa.select(account.id, account.number, sa.func.min(member.first_at), sa.func.max(member.last_at))
        .join_from(tables.accounts, tables.memberships, member.account == account.id)
        .where(*extra)
        .group_by(account.id, account.number)
        .order_by(account.number)
    )


def account(connection: sa.Connection, key: bytes, number: str) -> Account | None:
    """Return the account that the organisation calls ``number``, or None where nobody was seen in it."""
    given = clean(number)
    if given is None:
        return None
    row = connection.execute(_spans(tables.accounts.c.id == account_id(key, given))).first()
    return None if row is None else Account(id=row[0], number=row[1], first_at=row[2], last_at=row[3])


def account_by_id(connection: sa.Connection, number: int) -> Account | None:
    """Return the account with a number of Beleef's own, or None where nobody was seen in it."""
    row = connection.execute(_spans(tables.accounts.c.id == number)).first()
    return None if row is None else Account(id=row[0], number=row[1], first_at=row[2], last_at=row[3])


def list_accounts(connection: sa.Connection, *, after: str = "", limit: int = 50) -> list[AccountSize]:
    """Return accounts in the order of their own numbers, from the first behind ``after``, with how many persons each has."""
    account, member, identifier = tables.accounts.c, tables.memberships.c, tables.identifiers.c
    chosen = (
        sa.select(account.id, account.number)
        .where(account.number > after)
        .order_by(account.number)
        .limit(limit)
        .subquery()
    )
    who = sa.func.coalesce(identifier.person, member.subject)
    rows = connection.execute(
        sa.select(
            chosen.c.id,
            chosen.c.number,
            sa.func.count(who.distinct()),
            sa.func.min(member.first_at),
            sa.func.max(member.last_at),
        )
        .join_from(chosen, tables.memberships, member.account == chosen.c.id)
        .join(tables.identifiers, identifier.id == member.subject, isouter=True)
        .group_by(chosen.c.id, chosen.c.number)
        .order_by(chosen.c.number)
    )
    return [
        AccountSize(id=row[0], number=row[1], persons=row[2], first_at=row[3], last_at=row[4]) for row in rows
    ]


_ACCOUNTS = Prepared(_spans(is_any_of(tables.memberships.c.subject, values_named("subjects"))))


def accounts_of(connection: sa.Connection, subjects: Collection[int]) -> list[Account]:
    """Return the accounts that a person, given by its subjects, belongs to, by number."""
    rows = _ACCOUNTS.rows(connection, subjects=list(subjects))
    return [Account(id=row[0], number=row[1], first_at=row[2], last_at=row[3]) for row in rows]


_ACCOUNT_NUMBERS = Prepared(
    sa.select(tables.memberships.c.subject, tables.accounts.c.number)
    .join_from(tables.memberships, tables.accounts, tables.accounts.c.id == tables.memberships.c.account)
    .where(is_any_of(tables.memberships.c.subject, values_named("subjects")))
)


def account_numbers(connection: sa.Connection, subjects: Collection[int]) -> dict[int, list[str]]:
    """Return what the organisation calls the accounts of subjects; subjects without one are left out."""
    found: dict[int, list[str]] = {}
    for subject, number in _ACCOUNT_NUMBERS.rows(connection, subjects=list(subjects)):
        found.setdefault(subject, []).append(number)
    return found


def members_of(connection: sa.Connection, account: int, *, after: int = -1, limit: int = 100) -> list[int]:
    """Return the numbers of an account's persons, ascending, from the first above ``after``."""
    member, identifier = tables.memberships.c, tables.identifiers.c
    who = sa.func.coalesce(identifier.person, member.subject)
    rows = connection.execute(
        sa.select(who)
        .join_from(tables.memberships, tables.identifiers, identifier.id == member.subject, isouter=True)
        .where(member.account == account, who > after)
        .distinct()
        .order_by(who)
        .limit(limit)
    )
    return [row[0] for row in rows]


def persons_in_accounts(connection: sa.Connection, numbers: Collection[str], *, limit: int) -> list[int]:
    """Return the numbers of persons in accounts, given by what the organisation calls these; at most so many."""
    member, identifier = tables.memberships.c, tables.identifiers.c
    rows = connection.execute(
        sa.select(sa.func.coalesce(identifier.person, member.subject))
        .join_from(tables.accounts, tables.memberships, member.account == tables.accounts.c.id)
        .join(tables.identifiers, identifier.id == member.subject, isouter=True)
        .where(is_any_of(tables.accounts.c.number, list(numbers)))
        .distinct()
        .limit(limit)
    )
    return [row[0] for row in rows]


def merged_subjects(connection: sa.Connection) -> list[tuple[int, int]]:
    """Return ``(subject, person)`` of every subject that belongs to another one's person."""
    rows = connection.execute(
        sa.select(tables.identifiers.c.id, tables.identifiers.c.person).where(
            tables.identifiers.c.person != tables.identifiers.c.id
        )
    )
    return [(subject, person) for subject, person in rows]
