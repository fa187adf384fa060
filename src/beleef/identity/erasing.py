"""Forgetting a person: what identity knows goes, and a number per identifier stays, so that a re-import changes nothing.

The numbers are keyed hashes: they tell nobody who it was.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from beleef.identity import queries, tables
from beleef.identity.model import Rules
from beleef.identity.neighbourhood import Neighbourhood
from beleef.identity.normalise import clean, namespace_name, spelled
from beleef.identity.people import subjects_of
from beleef.kernel import ids
from beleef.kernel.errors import NotFound
from beleef.store.records.database import insert, is_any_of


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """What forgetting a person changed.

    Attributes:
        subjects: The person's subjects, for the other slices to forget.
        persons: How many persons there are more (fewer, where negative).
        moved: How many subjects became another person's.
    """

    subjects: list[int]
    persons: int
    moved: int


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of somebody who was erased: its number, which tells nobody who it was, and when (microseconds)."""

    subject: int
    erased_at: int


def erasures(connection: sa.Connection, *, limit: int) -> tuple[int, list[Erasure]]:
    """Return how many identifiers were erased, and the latest of them."""
    c = tables.erased.c
    count = connection.execute(sa.select(sa.func.count()).select_from(tables.erased)).scalar_one()
    rows = connection.execute(
        sa.select(c.subject, c.erased_at).order_by(c.erased_at.desc(), c.subject).limit(limit)
    )
    return int(count), [Erasure(subject=row.subject, erased_at=row.erased_at) for row in rows]


def tombstone(
    connection: sa.Connection, subjects: Sequence[int], *, erased_at: int, last_fact: int = 0
) -> None:
    """Note that facts about these subjects must not be taken in any more.

    Args:
        connection: Inside a transaction.
        subjects: Numbers of identifiers.
        erased_at: The moment, in microseconds.
        last_fact: Highest number of a fact that could have been worked on before.
    """
    if not subjects:
        return
    statement = insert(tables.erased, connection).on_conflict_do_nothing(index_elements=["subject"])
    rows = [{"subject": subject, "erased_at": erased_at, "last_fact": last_fact} for subject in subjects]
    connection.execute(statement, rows)
    _renew(connection)


def forget(connection: sa.Connection, person: int, *, erased_at: int, last_fact: int = 0) -> Forgotten:
    """Remove a person's identifiers, evidence, refusals and memberships; leave a tombstone for each identifier.

    Whom the person shared a device with is decided again, as if the person had never been there.

    Args:
        connection: Inside the worker's transaction.
        person: The person's number.
        erased_at: The moment, in microseconds.
        last_fact: Highest number of a fact that could have been worked on before.

    Returns:
        What changed.

    Raises:
        NotFound: there is no such person.
    """
    subjects = subjects_of(connection, person)
    stored = queries.identifiers(connection, subjects)
    if person not in stored:
        raise NotFound("There is no person with that number.", hint="Look the person up by an identifier.")
    rules = Rules(queries.load_namespaces(connection))
    moves = Neighbourhood(connection, rules, stored).drop(stored)
    for table, ends in (
        (tables.evidence, ("a", "b")),
        (tables.evidence_verdicts, ("a", "b")),
        (tables.identity_refusals, ("a", "b")),
        (tables.memberships, ("subject",)),
        (tables.identifiers, ("id",)),
    ):
        for end in ends:
            connection.execute(sa.delete(table).where(is_any_of(table.c[end], subjects)))
    tombstone(connection, subjects, erased_at=erased_at, last_fact=last_fact)
    return Forgotten(subjects=subjects, persons=moves.persons, moved=len(moves.moved))


def lift_erasure(
    connection: sa.Connection, key: bytes, namespace: str, value: str, *, default_region: str = "NL"
) -> bool:
    """Take facts about an identifier in again, because the customer came back; return whether it was erased."""
    name, given = namespace_name(namespace), clean(value)
    written = None if name is None or given is None else spelled(name, given, default_region)
    if name is None or written is None:
        return False
    number = ids.subject_id(key, name, written)
    lifted = (
        connection.execute(sa.delete(tables.erased).where(tables.erased.c.subject == number)).rowcount > 0
    )
    if lifted:
        _renew(connection)
    return lifted


def _renew(connection: sa.Connection) -> None:
    """Make the worker forget which combinations of identifiers it may pass."""
    queries.set_version(connection, "erasures", queries.versions(connection).get("erasures", 1) + 1)
