"""What a batch says about identity, and what it did to persons."""

import msgspec

from beleef.identity.model import Evidence
from beleef.identity.queries import Verdict

Pair = tuple[int, int]
"""Two identifiers by number, the lower first."""


class Sighting(msgspec.Struct, gc=False):
    """One identifier as a batch showed it: the earliest moment, and the source of that."""

    namespace: str
    value: str
    first_at: int
    source: str


class Sightings(msgspec.Struct):
    """All that a batch says which may be new: identifiers, pairs of them, and verdicts on pairs."""

    identifiers: dict[int, Sighting] = {}
    pairs: dict[Pair, Evidence] = {}
    verdicts: dict[Pair, Verdict] = {}


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """What became of persons.

    Attributes:
        persons: How many more persons there are.
        merged: How many persons became part of another.
        split: How many came off another.
        moved: Subjects that have another person now, and which.
        moved_from: The person that each of these had before, new ones left out.
        total: How many persons there are now, where all were counted; None otherwise.
    """

    persons: int
    merged: int
    split: int
    moved: dict[int, int]
    moved_from: dict[int, int] = {}
    total: int | None = None
