"""All identifiers and all evidence at once, as arrays: for a dry run and for a change of the rules.

It gives what `model.resolve` gives, for a million identifiers in seconds: only components in which a limit is in reach
become Python objects.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from beleef.identity import tables
from beleef.identity.grouping import groups
from beleef.identity.model import (
    ALTOGETHER,
    EXPLICIT_LIMIT,
    NEVER,
    OBSERVED,
    STAFF,
    Evidence,
    Node,
    Refusal,
    Rules,
    Standing,
    settle,
)

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_CHUNK = 50_000


class Graph(msgspec.Struct, kw_only=True):
    """Everything stored, as arrays; n identifiers in order of their numbers, m pieces of evidence between them.

    Attributes:
        ids: Numbers of the identifiers, shape (n).
        standing: Place of each identifier's standing in ``standings``, shape (n).
        first_at: First sights in microseconds, shape (n).
        person: Stored persons, shape (n).
        component: Stored components, -1 where there is none, shape (n).
        was_blocked: Whether it is stored as blocked, shape (n).
        counted: Whether it was enabled and seen by the rules it was stored under, shape (n).
        a: Places of the first ends, shape (m).
        b: Places of the second ends, shape (m).
        kind: Kinds, shape (m).
        linked_at: First sights of the evidence in microseconds, shape (m).
        undone: Whether it was taken back, shape (m).
        shared: Stored notes on either end, shape (m, 2).
        standings: All standings.
    """

    ids: Numbers
    standing: Numbers
    first_at: Numbers
    person: Numbers
    component: Numbers
    was_blocked: Flags
    counted: Flags
    a: Numbers
    b: Numbers
    kind: Numbers
    linked_at: Numbers
    undone: Flags
    shared: Flags
    standings: tuple[Standing, ...]


class Outcome(msgspec.Struct, kw_only=True):
    """What the rules make of a graph: persons and components by identifier, notes by evidence, and refusals."""

    person: Numbers
    component: Numbers
    shared: Flags
    refusals: set[Refusal]


def _chunks(connection: sa.Connection, statement: sa.Select[Any]) -> Iterator[Any]:
    result = connection.execute(statement.execution_options(yield_per=_CHUNK))
    yield from result.partitions()


def load(connection: sa.Connection, rules: Rules, before: Rules) -> Graph:
    """Read everything, in chunks.

    Args:
        connection: To read from.
        rules: The rules to judge by.
        before: The rules of the stored outcome.
    """
    c = tables.identifiers.c
    judge = _judge(rules, before)
    stored = sa.select(c.id, c.namespace, c.value, c.first_at, c.person, c.component, c.is_blocked)
    blocked_values = {
        namespace.name: frozenset(namespace.blocked) for namespace in rules.ordered if namespace.blocked
    }
    parts: list[Numbers] = [np.empty((0, 7), dtype=np.int64)]
    for rows in _chunks(connection, stored.order_by(c.id)):
        values = []
        for number, name, value, first_at, person, component, was_blocked in rows:
            is_blocked = name in blocked_values and value.lower() in blocked_values[name]
            place, counted = judge(name, first_at == NEVER, is_blocked, was_blocked)
            part = -1 if component is None else component
            values.append((number, place, first_at, person, part, was_blocked, counted))
        parts.append(np.array(values, dtype=np.int64))
    return _with_evidence(connection, np.concatenate(parts), rules.standings())


def _judge(rules: Rules, before: Rules) -> Callable[[str, bool, bool, int], tuple[int, bool]]:
    """Return what tells the place of an identifier's standing, and whether it counted by the rules before."""
    place_of = {standing: place for place, standing in enumerate(rules.standings())}

    @cache
    def judge(name: str, is_unseen: bool, is_blocked: bool, was_blocked: int) -> tuple[int, bool]:
        first_at = NEVER if is_unseen else 0
        then = before.standing(name, first_at, is_blocked=was_blocked == 1)
        place = place_of[rules.standing(name, first_at, is_blocked=is_blocked)]
        return place, then.enabled and not is_unseen

    return judge


def _with_evidence(connection: sa.Connection, table: Numbers, standings: tuple[Standing, ...]) -> Graph:
    e = tables.evidence.c
    parts: list[Numbers] = [np.empty((0, 7), dtype=np.int64)]
    for rows in _chunks(
        connection, sa.select(e.a, e.b, e.kind, e.first_at, e.undone, e.a_shared, e.b_shared)
    ):
        parts.append(np.array([tuple(row) for row in rows], dtype=np.int64))  # noqa: PERF401 -- a chunk each
    links = np.concatenate(parts)
    ids = np.ascontiguousarray(table[:, 0])
    last = max(len(ids) - 1, 0)
    places = np.minimum(np.searchsorted(ids, links[:, :2]), last)
    known = (ids[places] == links[:, :2]).all(axis=1) if len(ids) else np.zeros(len(links), dtype=bool)
    links, places = links[known], places[known]
    return Graph(
        ids=ids, standing=table[:, 1].copy(), first_at=table[:, 2].copy(), person=table[:, 3].copy(),
        component=table[:, 4].copy(), was_blocked=table[:, 5] == 1, counted=table[:, 6] == 1,
        a=places[:, 0].copy(), b=places[:, 1].copy(), kind=links[:, 2].copy(), linked_at=links[:, 3].copy(),
        undone=links[:, 4] == 1, shared=links[:, 5:7] == 1, standings=standings,
    )  # fmt: skip


def decide(graph: Graph) -> Outcome:
    """Decide everything: the same result as `model.resolve`."""
    enabled = np.array([standing.enabled for standing in graph.standings])
    shared, refusals = _shared(graph)
    usable = (
        ~graph.undone
        & ~shared.any(axis=1)
        & enabled[graph.standing[graph.a]]
        & enabled[graph.standing[graph.b]]
    )
    label = _components(len(graph.ids), graph.a[usable], graph.b[usable])
    person = graph.ids[_strongest(graph, label)]
    component = np.full(len(graph.ids), -1, dtype=np.int64)
    unplain = _unplain(graph, label)
    links = np.flatnonzero(usable & unplain[label[graph.a]]).tolist()
    inside = np.flatnonzero(unplain[label]).tolist()
    for members, evidence in _groups(graph, inside, links):
        nodes = {
            number: Node(number, graph.standings[graph.standing[place]], int(graph.first_at[place]))
            for number, place in members.items()
        }
        persons, refused = settle(nodes, evidence)
        refusals.update(refused)
        for number, place in members.items():
            person[place] = persons[number]
            component[place] = min(members) if refused else -1
    return Outcome(person=person, component=component, shared=shared, refusals=refusals)


def _groups(
    graph: Graph, inside: list[int], links: list[int]
) -> Iterator[tuple[dict[int, int], list[Evidence]]]:
    place_of = {int(graph.ids[place]): place for place in inside}
    pairs = []
    for link in links:
        a, b = int(graph.ids[graph.a[link]]), int(graph.ids[graph.b[link]])
        pairs.append(((a, b), Evidence(a, b, int(graph.kind[link]), int(graph.linked_at[link]), 0, "")))
    for members, evidence in groups(pairs):
        yield {number: place_of[number] for number in members}, evidence


def _shared(graph: Graph) -> tuple[Flags, set[Refusal]]:
    """Return for both ends of all evidence whether they are shared, and the refusals that say so; as `marks_of`."""
    count = len(graph.standings)
    limits = np.maximum(3, 2 * np.array([standing.limit for standing in graph.standings], dtype=np.int64))
    is_device = np.array([standing.is_device for standing in graph.standings])
    enabled = np.array([standing.enabled for standing in graph.standings])
    a_standing, b_standing = graph.standing[graph.a], graph.standing[graph.b]
    weak = is_device[a_standing] | is_device[b_standing]
    explicit = (graph.kind == STAFF) | ((graph.kind < OBSERVED) & ~weak)
    ends = np.concatenate((graph.a * count + b_standing, graph.b * count + a_standing))
    keys = (ends * 2 + np.concatenate((explicit, explicit)))[~np.concatenate((graph.undone, graph.undone))]
    blocked = count - 1
    found, counts = np.unique(keys[graph.standing[keys // 2 // count] != blocked], return_counts=True)
    end, by_decision = found // 2, found % 2 == 1
    own, other = end // count, end % count
    above = np.where(by_decision, np.maximum(EXPLICIT_LIMIT, limits[other]), limits[other])
    altogether = (
        is_device[graph.standing[own]] & enabled[other] & ~is_device[other] & ~by_decision & (counts > 3)
    )
    everywhere = np.zeros(len(graph.ids), dtype=bool)
    everywhere[own[altogether]] = True
    marked = np.unique(end[(counts > above) & ~everywhere[own]])
    refusals = {
        Refusal(
            a=int(graph.ids[mark // count]),
            b=0,
            reason="shared",
            namespace=graph.standings[mark % count].name,
        )
        for mark in marked.tolist()
    }
    refusals |= {
        Refusal(a=number, b=0, reason="shared", namespace=ALTOGETHER)
        for number in graph.ids[everywhere].tolist()
    }
    here, there = np.isin(ends, marked).reshape(2, -1)
    return np.stack((here | everywhere[graph.a], there | everywhere[graph.b]), axis=1), refusals


def _components(count: int, a: Numbers, b: Numbers) -> Numbers:
    """Return for each of ``count`` places the lowest place it is connected with."""
    label = np.arange(count, dtype=np.int64)
    while len(a):
        left, right = label[a], label[b]
        apart = left != right
        a, b, left, right = a[apart], b[apart], left[apart], right[apart]
        np.minimum.at(label, np.maximum(left, right), np.minimum(left, right))
        while not np.array_equal(shorter := label[label], label):
            label = shorter
    return label


def _strongest(graph: Graph, label: Numbers) -> Numbers:
    """Return for each place that of its component's strongest identifier, as `model.strongest`."""
    ranks = np.array([standing.rank for standing in graph.standings], dtype=np.int64)[graph.standing]
    several = np.flatnonzero(np.bincount(label, minlength=len(label))[label] > 1)
    order = several[np.lexsort((graph.ids[several], graph.first_at[several], ranks[several], label[several]))]
    labels = label[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = labels[1:] != labels[:-1]
    best = np.arange(len(label), dtype=np.int64)
    best[labels[first]] = order[first]
    result: Numbers = best[label]
    return result


def _unplain(graph: Graph, label: Numbers) -> Flags:
    """Return by label which components need the full decision, as `grouping.plain_person`."""
    count = len(graph.standings)
    limits = np.array([standing.limit for standing in graph.standings], dtype=np.int64)
    is_device = np.array([standing.is_device for standing in graph.standings])
    has_device = np.zeros(len(label), dtype=bool)
    has_device[label[is_device[graph.standing]]] = True
    found, counts = np.unique(label * count + graph.standing, return_counts=True)
    component, standing = found // count, found % count
    beyond = (counts > 1) & ((counts > limits[standing]) | (has_device[component] & ~is_device[standing]))
    result = np.zeros(len(label), dtype=bool)
    result[component[beyond]] = True
    return result
