"""Identity's door: who is who and why, the rules for it, and the messages by which staff decide.

All functions are synchronous and take a connection; those that write belong inside a transaction.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import Fact
from beleef.identity import queries
from beleef.identity.cards import Card
from beleef.identity.erasing import Erasure, Forgotten, erasures, forget, lift_erasure, tombstone
from beleef.identity.explaining import (
    Explanation,
    Joined,
    RefusalPage,
    Refused,
    Undone,
    explain,
    refusals,
)
from beleef.identity.filling import carrying, note_filled, note_unfilled, take_in_again, unfilled
from beleef.identity.matching_fields import Record
from beleef.identity.model import Namespace, Rules
from beleef.identity.normalise import Normaliser, namespace_name
from beleef.identity.people import (
    Account,
    AccountSize,
    Person,
    PersonIdentifier,
    account,
    account_by_id,
    account_numbers,
    accounts_of,
    find,
    list_accounts,
    members_of,
    merged_subjects,
    naming,
    namings,
    people,
    person,
    persons_in_accounts,
    persons_of,
    subjects_by_person,
    subjects_of,
)
from beleef.identity.proposals import Proposal, count_proposals, save_proposals
from beleef.identity.reading import RESTORED, UNDONE, Reader
from beleef.identity.rerun import Cluster, DryRun, apply_namespaces, prepare
from beleef.identity.rerun import dry_run as _dry_run
from beleef.identity.work import IdentityChanges, IdentityStep
from beleef.kernel.errors import InvalidInput, NotFound

__all__ = [
    "Account",
    "AccountSize",
    "Card",
    "Cluster",
    "DryRun",
    "Erasure",
    "Explanation",
    "Forgotten",
    "IdentityChanges",
    "IdentityStep",
    "Joined",
    "Namespace",
    "Person",
    "PersonIdentifier",
    "Proposal",
    "Record",
    "RefusalPage",
    "Refused",
    "Undone",
    "accept_messages",
    "account",
    "account_by_id",
    "account_numbers",
    "accounts_of",
    "apply_namespaces",
    "carrying",
    "count_proposals",
    "dry_run",
    "erasures",
    "explain",
    "find",
    "forget",
    "lift_erasure",
    "list_accounts",
    "match",
    "members_of",
    "merge_message",
    "merged_subjects",
    "namespaces",
    "naming",
    "namings",
    "note_filled",
    "part_messages",
    "people",
    "person",
    "persons_in_accounts",
    "persons_of",
    "prepare",
    "refusals",
    "restore_message",
    "save_namespace",
    "save_proposals",
    "subject_reader",
    "subjects_by_person",
    "subjects_of",
    "take_in_again",
    "tombstone",
    "undo_message",
    "unfilled",
]


def namespaces(connection: sa.Connection) -> tuple[Namespace, ...]:
    """Return all namespaces, the strongest first."""
    return Rules(queries.load_namespaces(connection)).ordered


def save_namespace(connection: sa.Connection, namespace: Namespace) -> None:
    """Add a namespace, or replace the one of that name; the worker applies it before its next batch.

    Where more traits carry it than before, the worker looks through past facts for them (``unfilled`` names it until then).

    Raises:
        InvalidInput: the name or the limit cannot be.
    """
    checked = _checked(namespace)
    versions = queries.versions(connection)
    if not versions:
        prepare(connection)
    known = next((one for one in namespaces(connection) if one.name == checked.name), None)
    if set(checked.traits) - set(() if known is None else known.traits):
        note_unfilled(connection, checked.name)
    queries.store_namespaces(connection, [checked])
    queries.set_version(connection, "rules_saved", versions.get("rules_saved", 1) + 1)


def dry_run(connection: sa.Connection, changed_namespace: Namespace) -> DryRun:
    """Tell what a new or changed namespace would do to all evidence, without doing it.

    Raises:
        InvalidInput: the name or the limit cannot be.
    """
    return _dry_run(connection, [_checked(changed_namespace)])


def _checked(namespace: Namespace) -> Namespace:
    if namespace_name(namespace.name) != namespace.name:
        raise InvalidInput(
            f"“{namespace.name}” cannot be the name of a namespace.",
            hint="Use at most 50 lower-case letters, digits, dots, dashes and underscores; “id” has its own meaning.",
        )
    if not 1 <= namespace.limit <= 10_000:
        raise InvalidInput(
            "The limit of a namespace is a number from 1 to 10,000.",
            hint="It says how many of these identifiers one person may have.",
        )
    blocked = tuple(sorted({value.strip().lower() for value in namespace.blocked if value.strip()}))
    return msgspec.structs.replace(namespace, blocked=blocked)


def match(records: Iterable[Record]) -> list[Proposal]:
    """Compare records and return the pairs that are probably one person; nothing is merged, people decide.

    Args:
        records: One per person.

    Raises:
        Unavailable: the extra ``matching`` is not installed.
    """
    from beleef.identity.matching import find_proposals  # noqa: PLC0415 -- loads DuckDB, which only this needs

    return find_proposals(records)


def subject_reader(
    connection: sa.Connection, key: bytes, *, default_region: str = "NL"
) -> Callable[[Fact], int]:
    """Return what tells the number of a fact's leading identifier by the present namespaces; 0 where it has none."""
    reader = Reader(key, Normaliser(Rules(queries.load_namespaces(connection)), default_region))
    return lambda fact: reader.read(fact).subject


def undo_message(a: tuple[str, str], b: tuple[str, str], *, reason: str, by: str) -> dict[str, Any]:
    """Return the message that takes a piece of evidence back, to be appended to the log as Beleef's own.

    Args:
        a: One identifier, ``(namespace, value)``.
        b: The other.
        reason: Why, for those who read the explanation later.
        by: Who decided.
    """
    return _verdict_message(UNDONE, a, b, reason, by)


def restore_message(a: tuple[str, str], b: tuple[str, str], *, reason: str, by: str) -> dict[str, Any]:
    """Return the message that puts a piece of evidence back; arguments as for ``undo_message``."""
    return _verdict_message(RESTORED, a, b, reason, by)


def _verdict_message(
    event: str, a: tuple[str, str], b: tuple[str, str], reason: str, by: str
) -> dict[str, Any]:
    return {
        "type": "beleef",
        "event": event,
        "context": {"externalIds": [{"type": a[0], "id": a[1]}]},
        "properties": {"a": list(a), "b": list(b), "reason": reason, "by": by},
    }


def merge_message(connection: sa.Connection, a: int, b: int, *, by: str, reason: str = "") -> dict[str, Any]:
    """Return the message that makes two persons one, to be appended to the log as Beleef's own.

    It names the strongest identifier of each, and all of each namespace that both have: identifiers that staff joined
    count as one for a namespace's limit.

    Args:
        connection: To read from.
        a: Number of one person.
        b: Number of the other.
        by: Who decided.
        reason: Why.

    Raises:
        NotFound: one of them is not there.
        InvalidInput: they are one person already.
    """
    found = [person(connection, number) for number in (a, b)]
    if found[0] is None or found[1] is None:
        raise NotFound(
            "One of these persons is not there.", hint="It may have been merged: look it up again."
        )
    if found[0].number == found[1].number:
        raise InvalidInput("These are one person already.", hint="There is nothing to merge.")
    devices = {namespace.name for namespace in namespaces(connection) if namespace.is_device}
    here, there = ({one.namespace for one in one_person.identifiers} for one_person in found if one_person)
    both = (here & there) - devices
    named = [
        {"type": identifier.namespace, "value": identifier.value}
        for one_person in found
        if one_person
        for identifier in one_person.identifiers
        if identifier.namespace in both or identifier.subject == one_person.number
    ]
    return {"type": "merge", "mergeProperties": named, "properties": {"by": by, "reason": reason}}


def accept_messages(connection: sa.Connection, proposal: Proposal, *, by: str) -> list[dict[str, Any]]:
    """Return the messages that make the two records of a proposal one person.

    What staff took back between the two before is put back as well: it would keep them apart.

    Args:
        connection: To read from.
        proposal: The proposal.
        by: Who decided.

    Raises:
        NotFound: one of the persons is not there.
        InvalidInput: they are one person already.
    """
    messages = [merge_message(connection, proposal.a, proposal.b, by=by)]
    here, there = (set(_subjects(connection, number)) for number in (proposal.a, proposal.b))
    for undone in explain(connection, persons_of(connection, [proposal.a])[proposal.a]).undone:
        ends = {undone.a.subject, undone.b.subject}
        if ends & here and ends & there:
            a, b = (undone.a.namespace, undone.a.value), (undone.b.namespace, undone.b.value)
            messages.append(restore_message(a, b, reason="", by=by))
    return messages


def part_messages(connection: sa.Connection, proposal: Proposal, *, by: str) -> list[dict[str, Any]]:
    """Return the messages that take back what staff joined between the two records of a proposal.

    Args:
        connection: To read from.
        proposal: The proposal, accepted before.
        by: Who decided.
    """
    found = explain(connection, persons_of(connection, [proposal.a])[proposal.a])
    sides = _sides(found.joined, proposal)
    return [
        undo_message((one.a.namespace, one.a.value), (one.b.namespace, one.b.value), reason="", by=by)
        for one in found.joined
        if one.kind in _BY_DECISION and sides.get(one.a.subject) != sides.get(one.b.subject)
    ]


_BY_DECISION = frozenset({"staff", "merge"})


def _subjects(connection: sa.Connection, subject: int) -> list[int]:
    return subjects_of(connection, persons_of(connection, [subject])[subject])


def _sides(joined: Iterable[Joined], proposal: Proposal) -> dict[int, int]:
    """Return, for each subject, the side of the proposal it belongs to without what was decided."""
    pieces = list(joined)
    side = {number: number for one in pieces for number in (one.a.subject, one.b.subject)}
    side |= {proposal.a: proposal.a, proposal.b: proposal.b}
    for one in pieces:
        left, right = side[one.a.subject], side[one.b.subject]
        if one.kind not in _BY_DECISION and left != right:
            side = {number: left if root == right else root for number, root in side.items()}
    return side
