"""Recording the evidence that earlier facts hold for a namespace, or a trait of one, that came later.

Evidence is a set: taking a fact in again adds only what is new, so this may stop anywhere and begin again.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec
import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.identity import queries
from beleef.identity.model import Namespace
from beleef.identity.queries import Stored
from beleef.identity.work import IdentityChanges, IdentityStep

_MARK = "unfilled:"
_AT_ONCE = 2_000


def note_unfilled(connection: sa.Connection, name: str) -> None:
    """Note that past facts have not been looked through for a namespace."""
    queries.set_version(connection, _MARK + name, queries.versions(connection).get(_MARK + name, 0) + 1)


def unfilled(connection: sa.Connection) -> dict[str, int]:
    """Return the namespaces that past facts have not been looked through for, each with the version of that note."""
    return {
        name.removeprefix(_MARK): version
        for name, version in queries.versions(connection).items()
        if name.startswith(_MARK)
    }


def note_filled(connection: sa.Connection, filled: dict[str, int]) -> None:
    """Note that past facts have been looked through; a namespace that was changed meanwhile keeps its note."""
    present = unfilled(connection)
    for name, version in filled.items():
        if present.get(name) == version:
            queries.drop_version(connection, _MARK + name)


def carrying(
    facts: Iterable[tuple[int, Fact]], namespaces: Sequence[Namespace]
) -> Iterator[list[tuple[int, Fact]]]:
    """Give the facts that carry an identifier of these namespaces in a trait, some at a time.

    Args:
        facts: Past facts with their subjects, in any order.
        namespaces: The namespaces.

    Yields:
        Facts for one transaction; an empty list after many that carry nothing, so that the caller may do something else.
    """
    traits = frozenset(trait for namespace in namespaces for trait in namespace.traits)
    remaining = iter(facts)
    while chunk := list(islice(remaining, _AT_ONCE)):
        yield [
            (subject, fact)
            for subject, fact in chunk
            if fact.traits and fact.type != "group" and not traits.isdisjoint(fact.traits)
        ]


def take_in_again(
    connection: sa.Connection, key: bytes, facts: Sequence[tuple[int, Fact]], *, default_region: str = "NL"
) -> IdentityChanges:
    """Record the evidence of past facts by the present namespaces; the outcome is that of a replay.

    The history keeps a fact's leading identifier alone, as its subject; evidence is between that one and the others.

    Args:
        connection: Inside the worker's transaction.
        key: The installation's key.
        facts: Past facts with their subjects, at least one.
        default_region: ISO 3166 code for phone numbers without a country code.
    """
    known = queries.identifiers(connection, {subject for subject, _ in facts})
    named = [_named(fact, known[subject]) for subject, fact in facts if subject in known]
    step = IdentityStep(key, default_region=default_region)
    return step(Batch(facts=named, now=max((fact.received_at for fact in named), default=0)), connection)


def _named(fact: Fact, leading: Stored) -> Fact:
    if leading.namespace == "user_id":
        return msgspec.structs.replace(fact, user_id=leading.value)
    if leading.namespace == "anonymous_id":
        return msgspec.structs.replace(fact, anonymous_id=leading.value)
    return msgspec.structs.replace(fact, external_ids=((leading.namespace, leading.value),))
