"""Why identifiers are one person, or are not: every accepted, refused and undone piece of evidence in words' reach."""

from collections.abc import Iterable, Mapping

import msgspec
import sqlalchemy as sa

from beleef.identity import queries, tables
from beleef.identity.model import (
    KINDS,
    Evidence,
    Reason,
    Refusal,
    Rules,
    strength,
)
from beleef.identity.people import PersonIdentifier, shown_as, subjects_of
from beleef.identity.queries import Stored
from beleef.store.records.database import is_any_of


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that two identifiers are one person's.

    Attributes:
        a: One of them.
        b: The other.
        kind: ``staff``, ``merge``, ``alias`` or ``observed``.
        first_at: When it was first seen, in microseconds.
        source: Name of the source of that fact.
        fact: Number of that fact.
        is_decisive: Whether the strongest evidence without it would not join them: the tree to show.
    """

    a: PersonIdentifier
    b: PersonIdentifier
    kind: str
    first_at: int
    source: str
    fact: int
    is_decisive: bool


class Undone(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that staff took back: who, when (microseconds) and why."""

    a: PersonIdentifier
    b: PersonIdentifier
    by: str
    at: int
    reason: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence that was left out.

    Attributes:
        a: An identifier; for ``shared`` the one that too many share.
        b: The other; None where all evidence of ``a`` with ``namespace`` is left out.
        reason: See ``model.Refusal``.
        namespace: The namespace that is in the way; ``*`` for a device that is shared altogether.
        a_conflict: What ``a``'s side has of it already, where there is a conflict.
        b_conflict: What ``b``'s side has of it.
    """

    a: PersonIdentifier
    b: PersonIdentifier | None
    reason: Reason
    namespace: str
    a_conflict: PersonIdentifier | None = None
    b_conflict: PersonIdentifier | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All evidence about one person, the strongest first."""

    person: int
    joined: tuple[Joined, ...]
    refused: tuple[Refused, ...]
    undone: tuple[Undone, ...]


class RefusalPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some refusals, and where the next page starts (None: this is the last)."""

    refusals: tuple[Refused, ...]
    next: tuple[int, int, str] | None


def explain(connection: sa.Connection, person: int) -> Explanation:
    """Return why a person's identifiers are one person, and what was left out.

    Args:
        connection: To read from.
        person: The person's number.
    """
    rules = Rules(queries.load_namespaces(connection))
    subjects = subjects_of(connection, person)
    links = queries.links(connection, subjects)
    refusals = _refusals(connection, subjects)
    verdicts = _verdicts(connection, subjects)
    numbers = {number for pair in (*links, *verdicts) for number in pair} | set(subjects)
    numbers |= {
        number for one in refusals for number in (one.a, one.b, one.a_conflict, one.b_conflict) if number
    }
    rows = queries.identifiers(connection, numbers)
    inside = set(subjects) & rows.keys()
    refused = [*refusals, *_left_out(links.values(), inside, refusals)]
    return Explanation(
        person=person,
        joined=_joined(rules, rows, [link for link in links.values() if {link.a, link.b} <= inside]),
        refused=tuple(one for one in (_refused(refusal, rows) for refusal in refused) if one is not None),
        undone=tuple(
            Undone(a=shown_as(rows[one.a]), b=shown_as(rows[one.b]), by=one.by, at=one.at, reason=one.reason)
            for one in verdicts.values()
            if one.undone and one.a in rows and one.b in rows
        ),
    )


def refusals(
    connection: sa.Connection, *, after: tuple[int, int, str] | None = None, limit: int = 50
) -> RefusalPage:
    """Return refused evidence and shared identifiers of enabled namespaces, page by page.

    Args:
        connection: To read from.
        after: ``next`` of the page before.
        limit: Most refusals on a page.
    """
    c = tables.identity_refusals.c
    wanted = sa.select(tables.identity_refusals).order_by(c.a, c.b, c.namespace).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(sa.tuple_(c.a, c.b, c.namespace) > sa.tuple_(*map(sa.literal, after)))
    disabled = [one.name for one in queries.load_namespaces(connection) if not one.enabled]
    if disabled:
        wanted = wanted.where(c.namespace.not_in(disabled))
    found = [queries.refusal(row) for row in connection.execute(wanted)]
    shown, last = found[:limit], found[limit - 1] if len(found) > limit else None
    numbers = {number for one in shown for number in (one.a, one.b, one.a_conflict, one.b_conflict) if number}
    rows = queries.identifiers(connection, numbers)
    return RefusalPage(
        refusals=tuple(one for one in (_refused(refusal, rows) for refusal in shown) if one is not None),
        next=None if last is None else (last.a, last.b, last.namespace),
    )


def _joined(rules: Rules, rows: Mapping[int, Stored], links: list[Evidence]) -> tuple[Joined, ...]:
    standing = {
        number: rules.standing(row.namespace, row.first_at, is_blocked=row.is_blocked == 1)
        for number, row in rows.items()
    }
    usable = [
        link
        for link in links
        if not (link.undone or link.a_shared or link.b_shared)
        and standing[link.a].enabled
        and standing[link.b].enabled
    ]
    usable.sort(key=lambda link: strength(link, standing[link.a], standing[link.b]))
    group = {number: number for number in rows}
    joined = []
    for link in usable:
        left, right = group[link.a], group[link.b]
        if left != right:
            group = {number: left if root == right else root for number, root in group.items()}
        joined.append(
            Joined(
                a=shown_as(rows[link.a]), b=shown_as(rows[link.b]), kind=KINDS[link.kind], first_at=link.first_at,
                source=link.source, fact=link.fact, is_decisive=left != right,
            )
        )  # fmt: skip
    return tuple(joined)


def _left_out(links: Iterable[Evidence], inside: set[int], known: Iterable[Refusal]) -> list[Refusal]:
    """Return the evidence of this person with identifiers that others share as well."""
    shared = {one.a for one in known if one.b == 0}
    return [
        Refusal(a=there, b=here, reason="shared", namespace="*")
        for link in links
        for there, here, is_shared in ((link.a, link.b, link.a_shared), (link.b, link.a, link.b_shared))
        if is_shared and here in inside and there not in shared
    ]


def _refusals(connection: sa.Connection, subjects: list[int]) -> list[Refusal]:
    c = tables.identity_refusals.c
    rows = connection.execute(
        sa.select(tables.identity_refusals)
        .where(sa.or_(is_any_of(c.a, subjects), is_any_of(c.b, subjects)))
        .order_by(c.a, c.b, c.namespace)
    )
    return [queries.refusal(row) for row in rows]


def _verdicts(connection: sa.Connection, subjects: list[int]) -> dict[tuple[int, int], queries.Verdict]:
    c = tables.evidence_verdicts.c
    rows = connection.execute(
        sa.select(tables.evidence_verdicts)
        .where(sa.or_(is_any_of(c.a, subjects), is_any_of(c.b, subjects)))
        .order_by(c.fact)
    )
    return {(row.a, row.b): queries.verdict(row) for row in rows}


def _refused(refusal: Refusal, rows: Mapping[int, Stored]) -> Refused | None:
    def named(number: int) -> PersonIdentifier | None:
        return shown_as(rows[number]) if number in rows else None

    a = named(refusal.a)
    if a is None:
        return None
    return Refused(
        a=a, b=named(refusal.b), reason=refusal.reason, namespace=refusal.namespace,
        a_conflict=named(refusal.a_conflict), b_conflict=named(refusal.b_conflict),
    )  # fmt: skip
