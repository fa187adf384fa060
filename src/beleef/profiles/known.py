"""What is known about one person, read part by part from the states of the person's subjects.

Only what a rule asks for is decoded and put together, and the states stay as they are, for others read them too.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import msgspec

from beleef.profiles import consents, products
from beleef.profiles.computed import Buckets, Computed
from beleef.profiles.model import ComputedTrait
from beleef.profiles.moments import Moments
from beleef.profiles.state import LIMITS, Kept, Latest, State, keep_latest, shorten

_NO_MOMENTS: list[int] = []
_decode_buckets = msgspec.msgpack.Decoder(dict[int, Any]).decode


class Known:
    """One person. What it gives is what ``state.combine`` would give; treat it as read-only.

    Args:
        states: The states of the person's subjects; none where nothing is known.
        definitions: The definitions in force, by version.
    """

    def __init__(self, states: Sequence[State], definitions: Mapping[int, Kept]) -> None:
        self._states = states
        self._only = states[0] if len(states) == 1 else None
        self._definitions = definitions
        self._moments: dict[int, list[int]] = {}
        self._buckets: dict[int, Buckets] = {}
        self._values: dict[int, tuple[int, ComputedTrait, int | None]] = {}

    @cached_property
    def traits(self) -> dict[str, Latest]:
        """By name, ``[moment, fact, value, source, left out]``; a removed one has the value None."""
        if self._only is not None:
            return self._only.traits
        merged: dict[str, Latest] = {}
        for state in self._states:
            keep_latest(merged, state.traits)
        if len(merged) > LIMITS["traits"]:
            shorten(merged, LIMITS["traits"])
        return merged

    @cached_property
    def consents(self) -> dict[str, Latest]:
        """As ``State.consents``."""
        if self._only is not None:
            return self._only.consents
        merged: dict[str, Latest] = {}
        for state in self._states:
            keep_latest(merged, state.consents)
        consents.settle(merged)
        return merged

    @cached_property
    def returned_orders(self) -> set[str]:
        """As ``State.returned_orders``."""
        if self._only is not None:
            return self._only.returned_orders
        merged = set[str]().union(*(state.returned_orders for state in self._states))
        if len(merged) > LIMITS["returned_orders"]:
            shorten(merged, LIMITS["returned_orders"])
        return merged

    @cached_property
    def products(self) -> dict[str, list[Any]]:
        """As ``State.products``."""
        if self._only is not None:
            return self._only.products
        merged: dict[str, list[Any]] = {}
        for state in self._states:
            for product, held in state.products.items():
                if product in merged:
                    products.absorb(merged[product], _copy(held))
                else:
                    merged[product] = _copy(held)
        if len(merged) > LIMITS["products"]:
            shorten(merged, LIMITS["products"])
        products.settle(merged)
        return merged

    def trait(self, name: str) -> Any:
        """Return the value of a trait, None where there is none."""
        entry = self.traits.get(name)
        return None if entry is None else entry[2]

    def moments(self, version: int) -> list[int]:
        """Return the latest moments that are kept under a version, in order."""
        found = self._moments.get(version)
        if found is None:
            found = self._moments[version] = self._together(version)
        return found

    def _together(self, version: int) -> list[int]:
        if self._only is not None:
            return cast("list[int]", self._only.computed[version].get(0, _NO_MOMENTS))
        together: list[int] = []
        for state in self._states:
            together += state.computed[version].get(0, _NO_MOMENTS)
        definition = self._definitions[version]
        assert isinstance(definition, Moments)  # noqa: S101 -- rules ask so only for what is kept for them
        together.sort()
        return together[-definition.keep :]

    def buckets(self, version: int) -> Buckets:
        """Return what is kept under the version of a definition."""
        if self._only is not None:
            return self._only.computed[version]
        merged = self._buckets.get(version)
        if merged is not None:
            return merged
        definition = self._definitions[version]
        self._buckets[version] = merged = {}
        for state in self._states:
            found = state.computed[version]
            if found:
                definition.absorb(merged, _copy(found))
        if definition.counts_values:
            definition.trim(merged)
        return merged

    def computed(self, version: int, now: int) -> ComputedTrait:
        """Return the value, at a moment, of the computed trait of this version."""
        known = self._values.get(version)
        if known is None or known[0] != now:
            definition = self._definitions[version]
            assert isinstance(definition, Computed)  # noqa: S101 -- rules name computed traits, whose versions these are
            buckets = self.buckets(version)
            known = now, definition.value(buckets, now), definition.changes_at(buckets, now)
            # Many rules ask for the same few traits of a person.
            self._values[version] = known
        return known[1]

    def computed_changes_at(self, version: int, now: int) -> int | None:
        """Return when a computed trait may be another without a new fact, None for never."""
        self.computed(version, now)
        return self._values[version][2]

    def consent(self, purpose: str, channel: str) -> bool | None:
        """Return whether the person allows something on a channel, None where they never said."""
        return consents.allows(self.consents, purpose, channel)

    def holds(self, product: str | None) -> bool:
        """Return whether the person holds a product, or any for None."""
        if product is not None:
            held = self.products.get(product)
            return held is not None and products.is_held(product, held, self.returned_orders)
        return any(products.is_held(name, held, self.returned_orders) for name, held in self.products.items())

    def held(self) -> list[str]:
        """Return the numbers of the products that the person holds, sorted."""
        return sorted(name for name in self.products if self.holds(name))


def _copy(kept: Any) -> Any:
    # Faster than the standard library's, for the small lists and maps that these are.
    encoded = msgspec.msgpack.encode(kept)
    return _decode_buckets(encoded) if isinstance(kept, dict) else msgspec.msgpack.decode(encoded)
