"""Traits: what facts say about a person or an account; the latest word about each holds.

Values are kept as they were sent, nested ones too, unless they are too large or cannot be stored.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from beleef.facts.fact import Fact
from beleef.profiles import values
from beleef.profiles.model import Trait
from beleef.profiles.paths import step_into

_LARGEST = 8 * 1024
"""Bytes of one value."""

_encode = msgspec.msgpack.encode


def fold(traits: dict[str, list[Any]], fact: Fact) -> None:
    """Take the traits of a fact into those of a subject or an account."""
    if not fact.traits:
        return
    moment, number, source = fact.occurred_at, fact.id, values.text(fact.source)
    for key, value in fact.traits.items():
        name = values.text(key)
        mine = traits.get(name)
        if mine is None or (moment, number) > (mine[0], mine[1]):
            # Names that differ only beyond what can be stored meet here; the first in the fact holds.
            keeps = _keeps(value)
            traits[name] = [moment, number, value if keeps else None, source, 0 if keeps else 1]


def _keeps(value: Any) -> bool:
    try:
        return len(_encode(value)) <= _LARGEST
    except (UnicodeEncodeError, OverflowError, RecursionError, TypeError):
        # A lone surrogate, a number of more than 64 bits, or a nesting without an end.
        return False


def value_at(name: str) -> Callable[[Mapping[str, Sequence[Any]]], Any]:
    """Return a function that finds a value among traits: that of a trait with this name, else what stands in one.

    ``address.city`` is the city in the trait ``address``, as long as no trait is called that itself.
    """
    first, *rest = name.split(".")
    steps = tuple(rest)

    def own(traits: Mapping[str, Sequence[Any]]) -> Any:
        entry = traits.get(name)
        return None if entry is None else entry[2]

    def within(traits: Mapping[str, Sequence[Any]]) -> Any:
        found = own(traits)
        if found is None and (entry := traits.get(first)) is not None:
            return step_into(entry[2], steps)
        return found

    return within if steps else own


def value_in(values: Mapping[str, Any], name: str) -> Any:
    """Return the same from the bare values of traits by their names."""
    found = values.get(name)
    return step_into(values, tuple(name.split("."))) if found is None else found


def read(traits: Mapping[str, list[Any]]) -> dict[str, Trait]:
    """Return the traits by name, without those that were removed."""
    return {
        name: Trait(value=value, occurred_at=moment, source=source, fact=fact, left_out=bool(left_out))
        for name, (moment, fact, value, source, left_out) in sorted(traits.items())
        if value is not None or left_out
    }
