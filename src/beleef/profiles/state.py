"""What is kept of one subject, and how the keepings of several subjects are combined into one.

Combining is commutative and associative, so facts may come late and subjects may be merged and parted without
counting anything again.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from beleef.profiles import consents, products
from beleef.profiles.computed import Computed, Keepings
from beleef.profiles.moments import Moments

Latest = list[Any]
"""``[moment, fact, …]``: of two, the one with the later moment holds; at one moment the one with the higher number."""

Kept = Computed | Moments
"""What is done with facts under the version of a definition."""

_MOST_NAMES = 50
LIMITS = {"traits": 300, "products": 500, "returned_orders": 500}
"""How many entries of each part are kept; beyond that, those that come first in the order of their names.

Any such order would do; it must only not depend on when something came, or a replay would keep other entries."""


_NOTHING, _NO_NAMES = msgspec.Raw(b"\x80"), msgspec.Raw(b"\x90")  # An empty map, an empty list.

_encode = msgspec.msgpack.encode
_decode_entries = msgspec.msgpack.Decoder(dict[str, list[Any]]).decode
_decode_names = msgspec.msgpack.Decoder(set[str]).decode


class State(msgspec.Struct, array_like=True, dict=True):
    """What is kept of one subject. The order of the fields is the order in which they are stored: only append.

    Parts that few facts concern stay the bytes they are (``stored_…``) until they are first asked for.

    Attributes:
        first_seen: Moment of the earliest fact.
        last_seen: Moment of the latest fact.
        facts: Number of facts.
        channels: By name, ``[first, last, count]``.
        identifiers: User numbers and external numbers that facts came with, for the search.
        limited: Names of the parts of which not everything is kept, parted by spaces.
    """

    first_seen: int
    last_seen: int
    facts: int = 0
    channels: dict[str, list[int]] = {}
    identifiers: set[str] = set()
    limited: str = ""
    stored_traits: msgspec.Raw = _NOTHING
    stored_consents: msgspec.Raw = _NOTHING
    stored_products: msgspec.Raw = _NOTHING
    stored_returned_orders: msgspec.Raw = _NO_NAMES
    stored_computed: dict[int, msgspec.Raw] = {}

    @cached_property
    def traits(self) -> dict[str, Latest]:
        """By name, ``[moment, fact, value, source, left out]``.

        A removed trait stays, with the value None, so that an older fact that comes later does not bring it back.
        """
        return _decode_entries(self.stored_traits)

    @cached_property
    def consents(self) -> dict[str, Latest]:
        """See ``consents``."""
        return _decode_entries(self.stored_consents)

    @cached_property
    def products(self) -> dict[str, list[Any]]:
        """See ``products``."""
        return _decode_entries(self.stored_products)

    @cached_property
    def returned_orders(self) -> set[str]:
        """Orders that were returned or cancelled as a whole."""
        return _decode_names(self.stored_returned_orders)

    @cached_property
    def computed(self) -> Keepings:
        """Buckets of computed traits, by version of the definition."""
        return Keepings(self.stored_computed)

    def limit(self, part: str) -> None:
        """Note that not everything of a part is kept."""
        self.limited = " ".join(sorted({*self.limited.split(), part}))


_decode = msgspec.msgpack.Decoder(State).decode


def encode(state: State) -> bytes:
    """Return a state as it is stored."""
    opened = vars(state)
    for part in ("traits", "consents", "products", "returned_orders"):
        if part in opened:
            # In the place of bytes, to be encoded with the rest: one call for all.
            setattr(state, f"stored_{part}", opened[part])
    if "computed" in opened:
        state.computed.close()
    return _encode(state)


def decode(stored: bytes) -> State:
    """Return a state that was stored."""
    return _decode(stored)


def combine(states: Iterable[State], definitions: Mapping[int, Kept]) -> State | None:
    """Return the states of several subjects as one, settled; None where there are none.

    The states are used up: their parts end up in the result.
    """
    combined: State | None = None
    for state in states:
        if combined is None:
            combined = state
        else:
            _absorb(combined, state, definitions)
    if combined is not None:
        settle(combined, definitions)
    return combined


def _absorb(state: State, other: State, definitions: Mapping[int, Kept]) -> None:
    state.first_seen = min(state.first_seen, other.first_seen)
    state.last_seen = max(state.last_seen, other.last_seen)
    state.facts += other.facts
    for name, (first, last, count) in other.channels.items():
        mine = state.channels.setdefault(name, [first, last, 0])
        mine[:] = min(mine[0], first), max(mine[1], last), mine[2] + count
    keep_latest(state.traits, other.traits)
    keep_latest(state.consents, other.consents)
    state.identifiers |= other.identifiers
    state.returned_orders |= other.returned_orders
    for part in other.limited.split():
        state.limit(part)
    for product, held in other.products.items():
        products.absorb(state.products.setdefault(product, held), held)
    for version, buckets in other.computed.open_all().items():
        if version in definitions:
            definitions[version].absorb(state.computed[version], buckets)


def keep_latest(entries: dict[str, Latest], others: Mapping[str, Latest]) -> None:
    """Take over the entries that are later than one's own."""
    for name, other in others.items():
        mine = entries.get(name)
        if mine is None or mine[:2] < other[:2]:
            entries[name] = other


def settle(state: State, definitions: Mapping[int, Kept]) -> None:
    """Bring a state within its limits, and forget what definitions that are gone had kept.

    Settling early, late or often leaves the same: what goes once would go from any larger state too. What was not
    opened has not changed, and was settled when it was stored.
    """
    opened = vars(state)
    for part, entries in tuple(opened.items()):
        if len(entries) > LIMITS.get(part, len(entries)):
            shorten(entries, LIMITS[part])
            state.limit(part)
    if len(state.channels) > _MOST_NAMES:
        shorten(state.channels, _MOST_NAMES)
        state.limit("channels")
    if len(state.identifiers) > _MOST_NAMES:
        shorten(state.identifiers, _MOST_NAMES)
        state.limit("identifiers")
    if "products" in opened and products.settle(state.products):
        state.limit("products")
    if "consents" in opened and consents.settle(state.consents):
        state.limit("consents")
    if not state.stored_computed.keys() <= definitions.keys():
        state.computed.forget(state.stored_computed.keys() - definitions.keys())
    for version, buckets in opened.get("computed", {}).items():
        if definitions[version].counts_values:
            definitions[version].trim(buckets)


def shorten(entries: dict[str, Any] | set[str], limit: int) -> None:
    """Keep the entries that come first in the order of their names."""
    for name in sorted(entries)[limit:]:
        entries.remove(name) if isinstance(entries, set) else entries.pop(name)
