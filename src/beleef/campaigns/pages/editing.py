"""A draft as plain data, changed a step at a time: found, put in, replaced, moved, taken out.

Steps stand in ways: the flow itself, or what follows in a branch, a split or a wait with two outcomes.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from beleef.kernel.errors import InvalidInput, NotFound

Data = dict[str, Any]

_BESIDES = ("id", "label")
_GONE = "Somebody else may have changed the draft; look at it again."


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a flow where a step can stand.

    Attributes:
        owner: Id of the step whose way it is; empty for the flow itself.
        way: ``then``, ``otherwise`` or the number of a path or variant; empty for the flow itself.
        after: Id of the step before it; empty for the first place.
    """

    owner: str = ""
    way: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.owner}~{self.way}~{self.after}"


def place_from(text: str) -> Place:
    """Return the place that stands in an address or a form.

    Raises:
        InvalidInput: it is none.
    """
    parts = text.split("~")
    if len(parts) != 3:
        raise InvalidInput("That is no place in the flow.", hint=_GONE)
    return Place(owner=parts[0], way=parts[1], after=parts[2])


def kind_of(step: Data) -> str:
    """Return what a step does: the key beside its id and label."""
    return next((key for key in step if key not in _BESIDES), "")


def ways_of(step: Data) -> list[tuple[str, list[Data]]]:
    """Return the ways that begin at a step, each with its steps; changing a list changes the step."""
    kind = kind_of(step)
    given = step.get(kind)
    if not isinstance(given, dict):
        return []
    match kind:
        case "wait_for":
            return [(way, given.setdefault(way, [])) for way in ("then", "otherwise")]
        case "branch":
            paths = [(str(number), path.setdefault("flow", [])) for number, path in enumerate(given["paths"])]
            return [*paths, ("otherwise", given.setdefault("otherwise", []))]
        case "split":
            return [(str(number), one.setdefault("flow", [])) for number, one in enumerate(given["variants"])]
    return []


def steps_of(flow: list[Data]) -> Iterator[Data]:
    """Give all steps of a flow, those in ways after the step that they begin at."""
    for step in flow:
        yield step
        for _, inner in ways_of(step):
            yield from steps_of(inner)


def find(flow: list[Data], step_id: str) -> Data:
    """Return a step.

    Raises:
        NotFound: there is none of that id.
    """
    inner, index = _stand(flow, step_id)
    return inner[index]


def way_at(flow: list[Data], owner: str, way: str) -> list[Data]:
    """Return the steps of a way.

    Raises:
        NotFound: there is no such way.
    """
    if not owner:
        return flow
    for name, inner in ways_of(find(flow, owner)):
        if name == way:
            return inner
    raise NotFound("There is no such way in the flow.", hint=_GONE)


def insert(flow: list[Data], step: Data, place: Place) -> None:
    """Put a step in at a place.

    Raises:
        NotFound: there is no such place.
    """
    inner = way_at(flow, place.owner, place.way)
    ids = [one["id"] for one in inner]
    if place.after and place.after not in ids:
        raise NotFound("There is no such place in the flow.", hint=_GONE)
    inner.insert(ids.index(place.after) + 1 if place.after else 0, step)


def replace(flow: list[Data], step_id: str, step: Data) -> None:
    """Put a step in the place of another; what followed in ways that are still there follows still.

    Raises:
        NotFound: there is none of that id.
    """
    inner, index = _stand(flow, step_id)
    inner[index] = step


def remove(flow: list[Data], step_id: str) -> Data:
    """Take a step out, with all that follows in its ways, and return it.

    Raises:
        NotFound: there is none of that id.
    """
    inner, index = _stand(flow, step_id)
    return inner.pop(index)


def move(flow: list[Data], step_id: str, place: Place) -> None:
    """Move a step, with its ways, to a place.

    Raises:
        InvalidInput: the place is within the step itself.
        NotFound: there is no such step or place.
    """
    step = find(flow, step_id)
    inside = {one["id"] for one in steps_of([step])}
    if place.owner in inside or place.after in inside:
        raise InvalidInput("A step cannot move into itself.", hint="Choose a place outside of it.")
    way_at(flow, place.owner, place.way)
    insert(flow, remove(flow, step_id), place)


def shift(flow: list[Data], step_id: str, by: int) -> None:
    """Move a step one place up (``-1``) or down (``1``) within its way, as far as that goes.

    Raises:
        NotFound: there is none of that id.
    """
    inner, index = _stand(flow, step_id)
    there = index + by
    if 0 <= there < len(inner):
        inner[index], inner[there] = inner[there], inner[index]


def places(flow: list[Data], without: str = "") -> list[Place]:
    """Return all places of a flow in reading order, but those within one step, and the one it has."""
    return [place for place in _places(flow, Place(), without) if not _is_own(flow, place, without)]


def free_id(flow: list[Data], kind: str) -> str:
    """Return an id that no step has: the kind, with a number behind it from the second on."""
    taken = {step["id"] for step in steps_of(flow)}
    number = 1
    while (name := kind if number == 1 else f"{kind}_{number}") in taken:
        number += 1
    return name


def at_path(flow: list[Data], path: str) -> str | None:
    """Return the id of the innermost step that a path like ``flow.2.wait_for.then.0.send`` goes through; None for none."""
    found: str | None = None
    here: Any = {"flow": flow}
    for part in path.split("."):
        if isinstance(here, list) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        elif isinstance(here, dict) and part in here:
            here = here[part]
        else:
            return found
        if isinstance(here, dict) and "id" in here:
            found = str(here["id"])
    return found


def _places(flow: list[Data], first: Place, without: str) -> Iterator[Place]:
    yield first
    for step in flow:
        if step["id"] == without:
            continue
        for way, inner in ways_of(step):
            yield from _places(inner, Place(owner=step["id"], way=way), without)
        yield Place(owner=first.owner, way=first.way, after=step["id"])


def _is_own(flow: list[Data], place: Place, step_id: str) -> bool:
    if not step_id:
        return False
    ids = [one["id"] for one in way_at(flow, place.owner, place.way)]
    if step_id not in ids:
        return False
    index = ids.index(step_id)
    return place.after == (ids[index - 1] if index else "")


def _stand(flow: list[Data], step_id: str) -> tuple[list[Data], int]:
    for index, step in enumerate(flow):
        if step["id"] == step_id:
            return flow, index
        for _, inner in ways_of(step):
            try:
                return _stand(inner, step_id)
            except NotFound:
                continue
    raise NotFound("There is no such step in the draft.", hint=_GONE)
