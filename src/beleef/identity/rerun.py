"""What other rules would make of all evidence: as a dry run, or for good.

A change of a namespace is saved by the console and applied by the worker, which alone writes who is who.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import sqlalchemy as sa

from beleef.identity import queries, tables, writing
from beleef.identity.model import BUILT_IN, Namespace, Rules
from beleef.identity.sightings import Moves
from beleef.identity.whole import Graph, Numbers, Outcome, decide, load

_LARGEST = 10
_EXAMPLES = 8


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """One person as a dry run would make it.

    Attributes:
        person: Its number.
        identifiers: How many identifiers it has.
        persons_before: How many persons they are now.
        examples: Some of them, as ``(namespace, value)``.
    """

    person: int
    identifiers: int
    persons_before: int
    examples: tuple[tuple[str, str], ...]


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What would change.

    Attributes:
        persons_before: How many persons there are now.
        persons_after: How many there would be.
        merged: How many would become part of another.
        split: How many would come off another.
        refused: How many pieces of evidence would be left out, or identifiers shared.
        largest: The clusters that join most persons, then those with most identifiers.
    """

    persons_before: int
    persons_after: int
    merged: int
    split: int
    refused: int
    largest: tuple[Cluster, ...]


def prepare(connection: sa.Connection) -> None:
    """Store the built-in namespaces in an empty database."""
    known = {namespace.name for namespace in queries.load_namespaces(connection)}
    queries.store_namespaces(connection, [namespace for namespace in BUILT_IN if namespace.name not in known])
    for name in ("rules_saved", "rules_applied", "erasures"):
        queries.set_version(connection, name, 1)


def dry_run(connection: sa.Connection, changed: Sequence[Namespace]) -> DryRun:
    """Tell what changed namespaces would do to all evidence, without doing it."""
    before = Rules(queries.load_namespaces(connection))
    after = Rules({**before.by_name, **{namespace.name: namespace for namespace in changed}}.values())
    graph = load(connection, after, before)
    outcome = decide(graph)
    counts, would_count = _counts(graph, outcome)
    merged, split = _merged_and_split(graph, outcome, graph.counted & would_count)
    return DryRun(
        persons_before=counts[0],
        persons_after=counts[1],
        merged=merged,
        split=split,
        refused=len(outcome.refusals),
        largest=_largest(connection, graph, outcome),
    )


def apply_namespaces(connection: sa.Connection) -> Moves:
    """Decide everything by the namespaces as saved, write what differs, and return it.

    Evidence and subjects stay as they were recorded; so the outcome is that of a replay, as long as the change leaves
    the facts their leading identifiers.
    """
    if not queries.versions(connection):
        prepare(connection)
    rules = Rules(queries.load_namespaces(connection))
    graph = load(connection, rules, rules)
    outcome = decide(graph)
    counts, would_count = _counts(graph, outcome)
    merged, split = _merged_and_split(graph, outcome, would_count)
    _write(connection, graph, outcome)
    queries.set_version(connection, "rules_applied", queries.versions(connection)["rules_saved"])
    moved = np.flatnonzero(graph.person != outcome.person)
    subjects = graph.ids[moved].tolist()
    return Moves(
        persons=counts[1] - counts[0],
        merged=merged,
        split=split,
        moved=dict(zip(subjects, outcome.person[moved].tolist(), strict=True)),
        moved_from=dict(zip(subjects, graph.person[moved].tolist(), strict=True)),
        total=counts[1],
    )


def _counts(
    graph: Graph, outcome: Outcome
) -> tuple[tuple[int, int], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    would_count = np.array([standing.enabled and standing.name != "?" for standing in graph.standings])[
        graph.standing
    ]
    before = int(((graph.person == graph.ids) & graph.counted).sum())
    after = int(((outcome.person == graph.ids) & would_count).sum())
    return (before, after), would_count


def _merged_and_split(
    graph: Graph, outcome: Outcome, counted: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[int, int]:
    then, now = _places(graph.person[counted]), _places(outcome.person[counted])
    both = len(_distinct(then * (len(graph.ids) + 1) + now))
    return both - len(_distinct(now)), both - len(_distinct(then))


def _distinct(numbers: Numbers) -> Numbers:
    """Return distinct numbers; by sorting: at a million, numpy's own hash table takes far longer."""
    ordered = np.sort(numbers)
    result: Numbers = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return result


def _places(numbers: Numbers) -> Numbers:
    places: Numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    return places


def _largest(connection: sa.Connection, graph: Graph, outcome: Outcome) -> tuple[Cluster, ...]:
    persons, place, sizes = np.unique(outcome.person, return_inverse=True, return_counts=True)
    then = _places(graph.person)
    pairs = _distinct(place * (len(then) + 1) + then) // (len(then) + 1)
    joined = np.bincount(pairs, minlength=len(persons))
    top = np.lexsort((-sizes, -joined))[:_LARGEST]
    members = {
        int(one): graph.ids[np.flatnonzero(place == one)[:_EXAMPLES]].tolist()
        for one in top
        if sizes[one] > 1
    }
    rows = queries.identifiers(connection, [number for numbers in members.values() for number in numbers])
    return tuple(
        Cluster(
            person=int(persons[one]),
            identifiers=int(sizes[one]),
            persons_before=int(joined[one]),
            examples=tuple((rows[number].namespace, rows[number].value) for number in numbers),
        )
        for one, numbers in members.items()
    )


def _write(connection: sa.Connection, graph: Graph, outcome: Outcome) -> None:
    blocked = graph.standing == len(graph.standings) - 1
    differs = (
        (graph.person != outcome.person) | (graph.component != outcome.component) | (graph.was_blocked != blocked)
    )  # fmt: skip
    writing.change_outcome(
        connection,
        [
            (
                int(graph.ids[place]),
                int(outcome.person[place]),
                int(outcome.component[place]),
                bool(blocked[place]),
            )
            for place in np.flatnonzero(differs)
        ],
    )
    links = np.flatnonzero((graph.shared != outcome.shared).any(axis=1))
    columns = (
        graph.ids[graph.a[links]],
        graph.ids[graph.b[links]],
        graph.shared[links, 0],
        outcome.shared[links, 0],
        outcome.shared[links, 1],
    )
    writing.change_shared(connection, np.stack(columns, axis=1, dtype=np.int64).tolist())
    stored = {queries.refusal(row) for row in connection.execute(sa.select(tables.identity_refusals))}
    writing.change_refusals(connection, stored - outcome.refusals, outcome.refusals - stored)
