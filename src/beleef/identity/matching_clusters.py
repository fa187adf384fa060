"""Groups of records that matching pairs tie together, and the pairs that alone hold such a group together.

A few wrong pairs chain many right ones into one big wrong group, so whoever judges a pair must see the group it makes.
"""

from collections.abc import Sequence
from typing import NamedTuple

Pair = tuple[int, int]


class Place(NamedTuple):
    """Where a pair stands in the graph of all pairs.

    Attributes:
        cluster_size: How many records hang together through this pair and others.
        is_bridge: Whether a cluster of three or more would fall apart without this pair.
    """

    cluster_size: int
    is_bridge: bool


def places(pairs: Sequence[Pair]) -> list[Place]:
    """Return each pair's place, in the order of the pairs; time and memory grow linearly with them.

    Args:
        pairs: Distinct pairs of two different records.
    """
    neighbours: dict[int, list[tuple[int, int]]] = {}
    for number, (a, b) in enumerate(pairs):
        neighbours.setdefault(a, []).append((b, number))
        neighbours.setdefault(b, []).append((a, number))
    sizes: dict[int, int] = {}
    bridges: set[int] = set()
    for root in neighbours:
        if root not in sizes:
            members, found = _walk(root, neighbours)
            sizes.update(dict.fromkeys(members, len(members)))
            if len(members) > 2:
                bridges.update(found)
    return [Place(sizes[a], number in bridges) for number, (a, _) in enumerate(pairs)]


def _walk(root: int, neighbours: dict[int, list[tuple[int, int]]]) -> tuple[list[int], list[int]]:
    """Return the records reachable from ``root`` and the numbers of the bridging pairs among them.

    Tarjan, "A note on finding the bridges of a graph" (1974): a tree edge is a bridge when nothing below it reaches
    above it. Written with a stack of its own, as a chain may be longer than Python's.
    """
    seen = {root: 0}
    lowest = {root: 0}
    bridges = []
    stack = [(root, -1, iter(neighbours[root]))]
    while stack:
        record, came_by, rest = stack[-1]
        for other, number in rest:
            if other not in seen:
                seen[other] = lowest[other] = len(seen)
                stack.append((other, number, iter(neighbours[other])))
                break
            if number != came_by:
                lowest[record] = min(lowest[record], seen[other])
        else:
            stack.pop()
            if stack:
                parent = stack[-1][0]
                lowest[parent] = min(lowest[parent], lowest[record])
                if lowest[record] > seen[parent]:
                    bridges.append(came_by)
    return list(seen), bridges
