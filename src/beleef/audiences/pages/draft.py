"""A rule while it is being edited: a tree of parts that may still be incomplete, as the fields of a form and back.

It works without script: every button submits the whole form, and the tree comes back with a part more, less, or moved.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from beleef.access.desk import Answers
from beleef.audiences.model import DEEPEST, MOST_PARTS, MOST_STEPS

GROUPS: Final = ("all", "any", "not_all", "none")
"""How the parts of a group work together; the last two are ``not`` around the first two."""

LEAVES: Final = ("trait", "computed", "did", "sequence", "account", "consent", "holds", "audience")
"""The conditions, by the key they have in files."""

_WITH_WHERE: Final = ("did", "step")
_MOST_WHERE = 20

Place = tuple[int, ...]
"""Where a part stands: the places, from the outermost group inwards; the root's is empty."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a rule as it is filled in.

    Attributes:
        kind: ``group``, one of ``LEAVES``, ``step`` (of a sequence), or ``where`` (a demand on a fact).
        values: What is filled in, by field; several values where boxes are ticked.
        parts: The parts of a group, the steps of a sequence, the demands on a fact.
    """

    kind: str
    values: dict[str, tuple[str, ...]] = {}
    parts: tuple["Draft", ...] = ()

    def one(self, field: str) -> str:
        """Return what is filled in, without blanks around it; empty where nothing is."""
        return next(iter(self.values.get(field, ())), "").strip()


def empty() -> Draft:
    """Return what a new rule begins with: a group in which all must hold, and nothing in it."""
    return Draft(kind="group", values={"mode": ("all",)})


def new_part(kind: str) -> Draft:
    """Return a part as it begins, by what is added: one of ``LEAVES``, ``group``, ``step`` or ``where``."""
    match kind:
        case "group":
            return Draft(kind="group", values={"mode": ("any",)})
        case "did":
            return Draft(kind="did", values={"at_least": ("1",)})
        case "sequence":
            return Draft(
                kind="sequence",
                values={"within_hours": ("24",)},
                parts=(Draft(kind="step"), Draft(kind="step")),
            )
        case _:
            return Draft(kind=kind)


def field(prefix: str, place: Place, name: str = "") -> str:
    """Return the name of a form's field: ``rule-0-1-value``; without ``name`` the id of the part."""
    return "-".join((prefix, *map(str, place), *([name] if name else [])))


def read(given: Answers, prefix: str) -> Draft:
    """Return the rule that a form was filled in with; what no page of ours sends is left out."""
    fields: dict[Place, dict[str, tuple[str, ...]]] = {}
    for name in given:
        place = _place_of(name, prefix)
        if place is not None:
            fields.setdefault(place[0], {})[place[1]] = tuple(given.every(name))
    left = [MOST_PARTS * 2]
    return _read(fields, (), left) if () in fields else empty()


def pairs(draft: Draft, prefix: str, place: Place = ()) -> Iterator[tuple[str, str]]:
    """Give the fields of a form that is filled in with a rule."""
    yield field(prefix, place, "kind"), draft.kind
    yield field(prefix, place, "parts"), str(len(draft.parts))
    for name, values in draft.values.items():
        for value in values:
            yield field(prefix, place, name), value
    for number, part in enumerate(draft.parts):
        yield from pairs(part, prefix, (*place, number))


def changed(draft: Draft, change: str, chosen: str) -> tuple[Draft, Place | None]:
    """Return the rule as a button leaves it, and where to look next.

    Args:
        draft: The rule.
        change: The button's value without the prefix, e.g. ``add:0-1``, ``step:0``, ``where:0-1``, ``remove:0-1-2``, ``up:0``, ``down:0``.
        chosen: What kind of part to add, for ``add``.
    """
    action, _, written = change.partition(":")
    place = _digits(written)
    at = None if place is None else part_at(draft, place)
    if place is None or at is None:
        return draft, None
    if action in {"add", "step", "where"}:
        kind = chosen if action == "add" else action
        if not _may_add(draft, at, place, kind):
            return draft, place
        grown = msgspec.structs.replace(at, parts=(*at.parts, new_part(kind)))
        return _replaced(draft, place, grown), (*place, len(at.parts))
    if not place:
        return draft, None
    outer, number = place[:-1], place[-1]
    around = part_at(draft, outer)
    assert around is not None  # noqa: S101 -- the part within it is there
    parts = list(around.parts)
    moved = parts.pop(number)
    if action in {"up", "down"}:
        number = max(0, min(len(parts), number + (-1 if action == "up" else 1)))
        parts.insert(number, moved)
    elif action != "remove":
        return draft, place
    rest = msgspec.structs.replace(around, parts=tuple(parts))
    return _replaced(draft, outer, rest), outer if action == "remove" else (*outer, number)


def part_at(draft: Draft, place: Place) -> Draft | None:
    """Return the part at a place, None where there is none."""
    for number in place:
        if not 0 <= number < len(draft.parts):
            return None
        draft = draft.parts[number]
    return draft


def _may_add(draft: Draft, at: Draft, place: Place, kind: str) -> bool:
    if _count(draft) >= MOST_PARTS:
        return False
    match at.kind:
        case "group":
            return (kind in LEAVES or kind == "group") and len(place) < DEEPEST - 2
        case "sequence":
            return kind == "step" and len(at.parts) < MOST_STEPS
        case _:
            return kind == "where" and at.kind in _WITH_WHERE and len(at.parts) < _MOST_WHERE


def _count(draft: Draft) -> int:
    return 1 + sum(map(_count, draft.parts))


def _replaced(draft: Draft, place: Place, by: Draft) -> Draft:
    if not place:
        return by
    parts = list(draft.parts)
    parts[place[0]] = _replaced(parts[place[0]], place[1:], by)
    return msgspec.structs.replace(draft, parts=tuple(parts))


def _read(fields: dict[Place, dict[str, tuple[str, ...]]], place: Place, left: list[int]) -> Draft:
    left[0] -= 1
    given = dict(fields.get(place, {}))
    kind = next(iter(given.pop("kind", ())), "group")
    count = next(iter(given.pop("parts", ())), "0")
    given.pop("new", None)
    known = (*LEAVES, "step", "where")
    parts = []
    if len(place) <= DEEPEST and count.isascii() and count.isdigit():
        for number in range(min(int(count[:4]), MOST_PARTS)):
            if left[0] <= 0:
                break
            if (*place, number) in fields:
                parts.append(_read(fields, (*place, number), left))
    return Draft(kind=kind if kind in known else "group", values=given, parts=tuple(parts))


def _place_of(name: str, prefix: str) -> tuple[Place, str] | None:
    if not name.startswith(f"{prefix}-"):
        return None
    *numbers, last = name.removeprefix(f"{prefix}-").split("-")
    place = _digits("-".join(numbers))
    return None if place is None or not last else (place, last)


def _digits(written: str) -> Place | None:
    if not written:
        return ()
    numbers = written.split("-")
    fits = len(numbers) <= DEEPEST + 2 and all(
        one.isascii() and one.isdigit() and len(one) < 5 for one in numbers
    )
    return tuple(map(int, numbers)) if fits else None
