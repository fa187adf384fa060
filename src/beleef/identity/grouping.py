"""Connected components, and which of them are one person without further thought.

Nearly all are, so that the full decision (`model.settle`) is needed for few.
"""

from collections.abc import Iterable, Iterator

from beleef.identity.model import Evidence, Node, strongest


def plain_person(nodes: list[Node]) -> int | None:
    """Return the number of the person that connected identifiers are without further thought, else None.

    So it is when no limit is in reach, and, where a device is among them, no namespace of people occurs twice: then
    no order of joining meets an obstacle.
    """
    ranks = [node.standing.rank for node in nodes]
    if len(set(ranks)) == len(ranks):
        return nodes[ranks.index(min(ranks))].id
    counts: dict[int, int] = {}
    has_device = False
    for node in nodes:
        has_device = has_device or node.standing.is_device
        counts[node.standing.rank] = counts.get(node.standing.rank, 0) + 1
    for node in nodes:
        standing, count = node.standing, counts[node.standing.rank]
        if count > 1 and (count > standing.limit or (has_device and not standing.is_device)):
            return None
    return strongest(nodes)


def groups(links: Iterable[tuple[tuple[int, int], Evidence]]) -> Iterator[tuple[list[int], list[Evidence]]]:
    """Give the connected components, each as its identifiers and its links; identifiers without links are none."""
    group_of: dict[int, tuple[list[int], list[Evidence]]] = {}
    for (a, b), link in links:
        left, right = group_of.get(a), group_of.get(b)
        if left is None:
            if right is None:
                group_of[a] = group_of[b] = ([a, b], [link])
                continue
            right[0].append(a)
            group_of[a] = left = right
        elif right is None:
            left[0].append(b)
            group_of[b] = left
        elif left is not right:
            if len(left[0]) < len(right[0]):
                left, right = right, left
            left[0].extend(right[0])
            left[1].extend(right[1])
            for number in right[0]:
                group_of[number] = left
        left[1].append(link)
    for number, group in group_of.items():
        # A group is given once, with its first member.
        if group[0][0] == number:
            yield group
