"""Reading identity's tables, for a whole batch at a time, and the writing of what is small (`writing` has the rest).

A statement here takes as many identifiers as a batch has; none is run per fact.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.identity import tables
from beleef.identity.model import Evidence, Namespace, Reason, Refusal
from beleef.store.records.database import Prepared, insert, is_any_of, values_named

_I = tables.identifiers.c
_E = tables.evidence.c
_R = tables.identity_refusals.c


class Stored(msgspec.Struct, frozen=True, gc=False):
    """A row of ``identifiers``; its fields are described there."""

    id: int
    namespace: str
    value: str
    person: int
    component: int | None
    first_at: int
    source: str
    is_blocked: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What staff decided about one pair of identifiers.

    Attributes:
        a: The lower number of the two.
        b: The higher number.
        undone: Whether the evidence between them is taken back.
        fact: Number of the fact that says so; the highest stands.
        reason: Why, in the words of who decided.
        by: Who decided.
        at: When, in microseconds.
    """

    a: int
    b: int
    undone: bool
    fact: int
    reason: str
    by: str
    at: int


_STORED = sa.select(
    _I.id, _I.namespace, _I.value, _I.person, _I.component, _I.first_at, _I.source, _I.is_blocked
)  # fmt: skip
_EVIDENCE = sa.select(
    _E.a, _E.b, _E.kind, _E.first_at, _E.fact, _E.source, _E.undone, _E.a_shared, _E.b_shared
)  # fmt: skip


_BY_NUMBER = Prepared(_STORED.where(is_any_of(_I.id, values_named("numbers"))))
_ALL_LINKS = tuple(Prepared(_EVIDENCE.where(is_any_of(end, values_named("numbers")))) for end in (_E.a, _E.b))
_LINKS = tuple(
    Prepared(_EVIDENCE.where(is_any_of(end, values_named("numbers")), shared == 0))
    for end, shared in ((_E.a, _E.a_shared), (_E.b, _E.b_shared))
)
_MARKS = Prepared(sa.select(_R.a, _R.namespace).where(is_any_of(_R.a, values_named("numbers")), _R.b == 0))
_ERASED = Prepared(
    sa.select(tables.erased.c.subject, tables.erased.c.last_fact).where(
        is_any_of(tables.erased.c.subject, values_named("numbers"))
    )
)
_VERSIONS = Prepared(sa.select(tables.identity_versions.c.name, tables.identity_versions.c.version))
_OF_PERSONS = Prepared(_STORED.where(_I.person != _I.id, is_any_of(_I.person, values_named("numbers"))))


def _all(connection: sa.Connection, statement: sa.Select[Any]) -> Sequence[Any]:
    return connection.execute(statement).all()


def identifiers(connection: sa.Connection, ids: Collection[int]) -> dict[int, Stored]:
    """Return the identifiers that are stored, by number."""
    if not ids:
        return {}
    return {row[0]: Stored(*row) for row in _BY_NUMBER.rows(connection, numbers=list(ids))}


def members(connection: sa.Connection, persons: Collection[int], components: Collection[int]) -> list[Stored]:
    """Return all identifiers of persons and of components, but for those that persons are named after."""
    found: list[Stored] = []
    if persons:
        found += (Stored(*row) for row in _OF_PERSONS.rows(connection, numbers=list(persons)))
    if components:
        wanted = _STORED.where(_I.component.is_not(None), is_any_of(_I.component, list(components)))
        found += (Stored(*row) for row in _all(connection, wanted))
    return found


def links(
    connection: sa.Connection, ids: Collection[int], *, whole: bool = False
) -> dict[tuple[int, int], Evidence]:
    """Return the evidence of identifiers by pair; that of shared ones only where ``whole`` says so."""
    found: dict[tuple[int, int], Evidence] = {}
    if not ids:
        return found
    numbers = list(ids)
    for statement in _ALL_LINKS if whole else _LINKS:
        for row in statement.rows(connection, numbers=numbers):
            a, b, kind, first_at, fact, source, undone, a_shared, b_shared = row
            found[a, b] = Evidence(a, b, kind, first_at, fact, source, undone == 1, a_shared, b_shared)
    return found


def marks(connection: sa.Connection, ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return with respect to which namespaces identifiers are shared; those that are not are left out."""
    if not ids:
        return {}
    found: dict[int, set[str]] = {}
    for a, name in _MARKS.rows(connection, numbers=list(ids)):
        found.setdefault(a, set()).add(name)
    return {identifier: frozenset(names) for identifier, names in found.items()}


def refusals_between(connection: sa.Connection, ids: Collection[int]) -> set[Refusal]:
    """Return the refused pairs whose lower number is among ``ids``."""
    if not ids:
        return set()
    wanted = sa.select(tables.identity_refusals).where(is_any_of(_R.a, list(ids)), _R.b != 0)
    return {refusal(row) for row in _all(connection, wanted)}


def refusal(row: sa.Row[Any]) -> Refusal:
    """Return a row of ``identity_refusals`` as the model knows it."""
    reason: Reason = row.reason
    return Refusal(
        a=row.a,
        b=row.b,
        reason=reason,
        namespace=row.namespace,
        a_conflict=row.a_conflict,
        b_conflict=row.b_conflict,
    )


def verdicts(connection: sa.Connection, firsts: Collection[int]) -> dict[tuple[int, int], Verdict]:
    """Return the verdicts on pairs whose lower number is among ``firsts``."""
    if not firsts:
        return {}
    wanted = sa.select(tables.evidence_verdicts).where(is_any_of(tables.evidence_verdicts.c.a, list(firsts)))
    return {(row.a, row.b): verdict(row) for row in _all(connection, wanted)}


def verdict(row: sa.Row[Any]) -> Verdict:
    """Return a row of ``evidence_verdicts`` as a struct."""
    return Verdict(
        a=row.a, b=row.b, undone=row.undone == 1, fact=row.fact, reason=row.reason, by=row.by, at=row.at
    )  # fmt: skip


def erased_among(connection: sa.Connection, ids: Collection[int]) -> dict[int, int]:
    """Return which numbers belonged to somebody who was erased, each with the last fact that was worked on before."""
    if not ids:
        return {}
    return dict(_ERASED.rows(connection, numbers=list(ids)))


def save_verdicts(connection: sa.Connection, rows: Iterable[Verdict]) -> None:
    """Store verdicts; the last word about a pair replaces the one before."""
    values = [{**msgspec.structs.asdict(row), "undone": int(row.undone)} for row in rows]
    if values:
        statement = insert(tables.evidence_verdicts, connection)
        names = ("undone", "fact", "reason", "by", "at")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["a", "b"], set_={name: statement.excluded[name] for name in names}
            ),
            values,
        )


def load_namespaces(connection: sa.Connection) -> list[Namespace]:
    """Return all namespaces that are stored."""
    return [
        Namespace(
            name=row.name, priority=row.priority, is_device=row.is_device, limit=row.limit, blocked=tuple(row.blocked),
            traits=tuple(row.traits), enabled=row.enabled,
        )
        for row in _all(connection, sa.select(tables.namespaces))
    ]  # fmt: skip


def store_namespaces(connection: sa.Connection, changed: Iterable[Namespace]) -> None:
    """Add namespaces or replace those of the same name."""
    values = [
        {**msgspec.structs.asdict(one), "blocked": list(one.blocked), "traits": list(one.traits)}
        for one in changed
    ]
    if values:
        statement = insert(tables.namespaces, connection)
        names = ("priority", "is_device", "limit", "blocked", "traits", "enabled")
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["name"], set_={name: statement.excluded[name] for name in names}
            ),
            values,
        )


def versions(connection: sa.Connection) -> dict[str, int]:
    """Return the versions of what the worker keeps in memory: ``rules_saved``, ``rules_applied``, ``erasures``; and notes of ``filling``."""
    return dict(_VERSIONS.rows(connection))


def drop_version(connection: sa.Connection, name: str) -> None:
    """Remove a version."""
    connection.execute(sa.delete(tables.identity_versions).where(tables.identity_versions.c.name == name))


def set_version(connection: sa.Connection, name: str, version: int) -> None:
    """Store a version."""
    statement = insert(tables.identity_versions, connection)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"version": statement.excluded.version}
        ),
        {"name": name, "version": version},
    )
