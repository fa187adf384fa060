"""Connected components, and which of them are one person without further thought.

Nearly all are, so that the full decision (`model.settle`) is needed for few.
"""

from collections.abc import Iterable

from beleef.identity.model import Evidence, Node


def is_plain(nodes: Iterable[Node]) -> bool:
    """Return whether connected identifiers are one person without further thought.

    So it is when no limit is in reach, and, where a device is among them, no namespace of people occurs twice: then
    no order of joining meets an obstacle.
    """
    counts: dict[int, int] = {}
    limits: dict[int, tuple[int, bool]] = {}
    has_device = False
    for node in nodes:
        standing = node.standing
        has_device = has_device or standing.is_device
        counts[standing.rank] = counts.get(standing.rank, 0) + 1
        limits[standing.rank] = (standing.limit, standing.is_device)
    for rank, count in counts.items():
        limit, is_device = limits[rank]
        if count > 1 and (count > limit or (has_device and not is_device)):
            return False
    return True


def groups(
    identifiers: Iterable[int], links: Iterable[tuple[tuple[int, int], Evidence]]
) -> list[tuple[list[int], list[Evidence]]]:
    """Return the connected components, each as its identifiers and its links."""
    group_of: dict[int, tuple[list[int], list[Evidence]]] = {}
    for (a, b), link in links:
        left, right = group_of.get(a), group_of.get(b)
        if left is None:
            left = group_of[a] = ([a], [])
        if right is None:
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
    seen: set[int] = set()
    found = []
    for number in identifiers:
        group = group_of.get(number)
        if group is None:
            found.append(([number], []))
        elif id(group) not in seen:
            seen.add(id(group))
            found.append(group)
    return found
