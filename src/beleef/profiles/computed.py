"""Computed traits: what is kept of a subject's facts for each definition, how two keepings are combined, and how a value is read from them.

A keeping is a bucket per day, or a single one where no days are needed.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from beleef.facts.fact import Fact
from beleef.profiles import values
from beleef.profiles.days import Days
from beleef.profiles.model import MOST_VALUES, ComputedTrait, Definition, StoredDefinition
from beleef.profiles.paths import check, reader

Bucket = Any
"""What one day's values come to; its shape depends on the kind."""

Buckets = dict[int, Bucket]
"""Buckets by day number; a keeping without days has one bucket, under day 0."""

_decode = msgspec.msgpack.Decoder(dict[int, Any]).decode


class Keepings(dict[int, Buckets]):
    """The buckets of one subject by the version of the definition, each decoded when it is first asked for.

    Most facts concern few definitions, so most keepings go through a batch as the bytes they are.

    Args:
        stored: The bytes of each; ``close`` puts what was decoded in their place.
    """

    __slots__ = ("_stored",)

    def __init__(self, stored: dict[int, Any]) -> None:
        super().__init__()
        self._stored = stored

    def __missing__(self, version: int) -> Buckets:
        stored = self._stored.get(version)
        buckets: Buckets = {} if stored is None else _decode(stored)
        self[version] = buckets
        return buckets

    def open_all(self) -> "Keepings":
        """Decode all that is stored."""
        for version in self._stored:
            self[version]
        return self

    def close(self) -> None:
        """Put what was decoded in the place of the bytes it was decoded from, to be encoded with the rest."""
        self._stored.update(self)

    def forget(self, versions: Iterable[int]) -> None:
        """Remove what is kept for definitions."""
        for version in versions:
            self._stored.pop(version, None)
            self.pop(version, None)


class _Kind(NamedTuple):
    """How one kind of computed trait works.

    Attributes:
        take: Makes a value of what the path gives; None where the fact does not count.
        start: Makes a bucket of the first value.
        add: Takes a further value into a bucket, which may become another object.
        merge: Takes another bucket, of other facts, into a bucket, which may become another object.
        read: Gives value, exactness and moment from at least one bucket.
        daily: Whether a window needs a bucket per day; where the latest fact decides, it does not.
        nothing: The value when no fact fits.
    """

    take: Callable[[Any], Any]
    start: Callable[[Any, Fact], Bucket]
    add: Callable[[Bucket, Any, Fact], Bucket]
    merge: Callable[[Bucket, Bucket], Bucket]
    read: Callable[[Sequence[Bucket]], tuple[Any, bool, int | None]]
    daily: bool = True
    nothing: Any = None


class Computed:
    """A definition, ready to run.

    Args:
        stored: The definition and its version.
        days: Cuts the windows.
    """

    def __init__(self, stored: StoredDefinition, days: Days) -> None:
        definition = stored.definition
        self.definition = definition
        self.version = stored.version
        self._filled = stored.filled
        self._days = days
        self._kind = _KINDS[definition.kind]
        self._window = definition.window_days
        self._daily = self._kind.daily and self._window is not None
        self.counts_values = self._kind is _KINDS["unique_count"] or self._kind is _KINDS["most_frequent"]
        self.fold = self._fold()

    def selects(self, type_: str, name: str | None) -> bool:
        """Whether facts of this type and name may count."""
        return selects(self.definition, type_, name)

    def _fold(self) -> Callable[[Keepings, Fact, int], bool]:
        """Return the function that takes a fact, which fell on a day, into the keepings; it says whether the fact counts."""
        take, start, add = self._kind.take, self._kind.start, self._kind.add
        read = None if self.definition.of is None else reader(self.definition.of)
        counts, version, daily = check(self.definition), self.version, self._daily
        prune = self._prune

        def fold(keepings: Keepings, fact: Fact, day: int) -> bool:
            if counts is not None and not counts(fact):
                return False
            value = take(True if read is None else read(fact))
            if value is None:
                return False
            buckets = keepings[version]
            if not daily:
                day = 0
            bucket = buckets.get(day)
            if bucket is not None:
                buckets[day] = add(bucket, value, fact)
            else:
                buckets[day] = start(value, fact)
                if len(buckets) > 1:
                    prune(buckets)
            return True

        return fold

    def _prune(self, buckets: Buckets) -> None:
        # Measured from the newest day that has facts, not from the clock: so what is left is a function of the facts,
        # and a replay keeps the same.
        if self._window is not None:
            oldest = max(buckets) - self._window + 1
            if min(buckets) < oldest:
                for day in [day for day in buckets if day < oldest]:
                    del buckets[day]

    def absorb(self, buckets: Buckets, others: Buckets) -> None:
        """Take the buckets of other facts into ``buckets``; ``others`` is used up."""
        merge = self._kind.merge
        for day, other in others.items():
            mine = buckets.get(day)
            buckets[day] = other if mine is None else merge(mine, other)
        if self._daily:
            self._prune(buckets)

    def trim(self, buckets: Buckets) -> None:
        """Leave out values beyond ``MOST_VALUES``, in a way that does not depend on the order of arrival.

        A day keeps those of its values that are among the first ``MOST_VALUES``, in the order of their hashes, of that
        day and all later days. A value that is dropped once would be dropped from any larger set of facts too, so
        dropping early changes nothing; a day that lost one is marked, and what is read from it is "at least".
        """
        if sum(map(len, buckets.values())) <= MOST_VALUES:
            return
        first: set[str] = set()
        for day in sorted(buckets, reverse=True):
            bucket = buckets[day]
            pool = (first | bucket.keys()) - {_MORE}
            if len(pool) > MOST_VALUES:
                pool = set(sorted(pool, key=values.order)[:MOST_VALUES])
                dropped = bucket.keys() - pool - {_MORE}
                for value in dropped:
                    del bucket[value]
                if dropped:
                    bucket[_MORE] = 1
            first = pool

    def changes_at(self, buckets: Buckets, now: int) -> int | None:
        """Return the first moment after ``now`` at which the value may be another without a new fact; None for never."""
        kind = self.definition.kind
        if not buckets or (self._window is None and kind != "days_since"):
            return None
        today = self._days.of(now)
        if kind == "days_since":
            return self._days.start(today + 1)
        days = buckets if self._daily else [self._days.of(bucket[0]) for bucket in buckets.values()]
        # A day counts from its beginning, in case of a clock that was ahead, until the window has moved past it.
        edges = [edge for day in days for edge in (day, day + (self._window or 0)) if edge > today]
        return self._days.start(min(edges)) if edges else None

    def value(self, buckets: Buckets, now: int) -> ComputedTrait:
        """Return the trait as it is at a moment; the window then ends with that moment's day."""
        kind, today = self._kind, self._days.of(now)
        found = list(buckets.values())
        if self._window is not None:
            first = today - self._window + 1
            if self._daily:
                found = [bucket for day, bucket in buckets.items() if first <= day <= today]
            else:
                found = [bucket for bucket in found if first <= self._days.of(bucket[0]) <= today]
        label = self.definition.label
        if not found:
            return ComputedTrait(label=label, value=kind.nothing, exact=self._filled)
        value, exact, moment = kind.read(found)
        if self.definition.kind == "days_since" and moment is not None:
            value = today - self._days.of(moment)
        return ComputedTrait(label=label, value=value, exact=exact and self._filled, occurred_at=moment)


def selects(definition: Definition, type_: str, name: str | None) -> bool:
    """Whether facts of this type and name may count in a definition."""
    if type_ == "beleef" and definition.means_everything:
        return False
    return (not definition.types or type_ in definition.types) and (
        not definition.names or name in definition.names
    )


def _start_count(_value: Any, _fact: Fact) -> int:
    return 1


def _add_count(bucket: int, _value: Any, _fact: Fact) -> int:
    return bucket + 1


def _merge_count(bucket: int, other: int) -> int:
    return bucket + other


def _read_count(buckets: Sequence[int]) -> tuple[int, bool, None]:
    return sum(buckets), True, None


# A sum is kept as [number of values, whole part, millionths]: whole numbers, because floating-point numbers add up to
# something else in another order.


def _start_sum(value: int, _fact: Fact) -> list[int]:
    return [1, *divmod(value, values.MILLIONTHS)]


def _add_sum(bucket: list[int], value: int, _fact: Fact) -> list[int]:
    carry, rest = divmod(bucket[2] + value, values.MILLIONTHS)
    return [bucket[0] + 1, bucket[1] + carry, rest]


def _merge_sum(bucket: list[int], other: list[int]) -> list[int]:
    carry, rest = divmod(bucket[2] + other[2], values.MILLIONTHS)
    return [bucket[0] + other[0], bucket[1] + other[1] + carry, rest]


def _total(buckets: Sequence[list[int]]) -> int:
    return sum(bucket[1] * values.MILLIONTHS + bucket[2] for bucket in buckets)


def _read_sum(buckets: Sequence[list[int]]) -> tuple[float, bool, None]:
    return _total(buckets) / values.MILLIONTHS, True, None


def _read_average(buckets: Sequence[list[int]]) -> tuple[float, bool, None]:
    count = sum(bucket[0] for bucket in buckets)
    return round(_total(buckets) / (count * values.MILLIONTHS), 6), True, None


def _start_extreme(value: float, _fact: Fact) -> float:
    return value


def _add_minimum(bucket: float, value: float, _fact: Fact) -> float:
    return min(bucket, value)


def _add_maximum(bucket: float, value: float, _fact: Fact) -> float:
    return max(bucket, value)


def _read_minimum(buckets: Sequence[float]) -> tuple[float, bool, None]:
    return min(buckets), True, None


def _read_maximum(buckets: Sequence[float]) -> tuple[float, bool, None]:
    return max(buckets), True, None


# First and last are kept as [moment, fact, value]; facts of one moment are told apart by their numbers.


def _start_moment(value: Any, fact: Fact) -> list[Any]:
    return [fact.occurred_at, fact.id, value]


def _add_first(bucket: list[Any], value: Any, fact: Fact) -> list[Any]:
    earlier = (fact.occurred_at, fact.id) < (bucket[0], bucket[1])
    return [fact.occurred_at, fact.id, value] if earlier else bucket


def _add_last(bucket: list[Any], value: Any, fact: Fact) -> list[Any]:
    later = (fact.occurred_at, fact.id) > (bucket[0], bucket[1])
    return [fact.occurred_at, fact.id, value] if later else bucket


def _merge_first(bucket: list[Any], other: list[Any]) -> list[Any]:
    return min(bucket, other, key=_moment)


def _merge_last(bucket: list[Any], other: list[Any]) -> list[Any]:
    return max(bucket, other, key=_moment)


def _moment(bucket: list[Any]) -> list[int]:
    return bucket[:2]


def _read_first(buckets: Sequence[list[Any]]) -> tuple[Any, bool, int]:
    moment, _, value = min(buckets, key=_moment)
    return value, True, moment


def _read_last(buckets: Sequence[list[Any]]) -> tuple[Any, bool, int]:
    moment, _, value = max(buckets, key=_moment)
    return value, True, moment


# Values are kept with how often each was seen. An empty text is not a value: it marks that some were left out.
_MORE = ""


def _take_label(value: Any) -> str | None:
    return values.label(value) or None


def _start_values(value: str, _fact: Fact) -> dict[str, int]:
    return {value: 1}


def _add_values(bucket: dict[str, int], value: str, _fact: Fact) -> dict[str, int]:
    bucket[value] = bucket.get(value, 0) + 1
    return bucket


def _merge_values(bucket: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    for value, count in other.items():
        bucket[value] = 1 if value == _MORE else bucket.get(value, 0) + count
    return bucket


def _read_most_frequent(buckets: Sequence[dict[str, int]]) -> tuple[str | None, bool, None]:
    seen: dict[str, int] = {}
    for bucket in buckets:
        _merge_values(seen, bucket)
    exact = seen.pop(_MORE, None) is None
    # Among equals the first in the alphabet, so that the answer does not depend on who came first.
    return min(seen, key=lambda value: (-seen[value], value), default=None), exact, None


def _read_unique_count(buckets: Sequence[dict[str, int]]) -> tuple[int, bool, None]:
    seen = set().union(*buckets)
    return len(seen - {_MORE}), _MORE not in seen, None


def _if_present(value: Any) -> bool | None:
    return None if value is None else True


_COUNT = _Kind(_if_present, _start_count, _add_count, _merge_count, _read_count, nothing=0)
_SUM = _Kind(values.millionths, _start_sum, _add_sum, _merge_sum, _read_sum, nothing=0.0)
_VALUES = _Kind(_take_label, _start_values, _add_values, _merge_values, _read_most_frequent)
_LAST = _Kind(values.scalar, _start_moment, _add_last, _merge_last, _read_last, daily=False)

_KINDS: dict[str, _Kind] = {
    "count": _COUNT,
    "sum": _SUM,
    "average": _SUM._replace(read=_read_average, nothing=None),
    "minimum": _Kind(values.number, _start_extreme, _add_minimum, min, _read_minimum),
    "maximum": _Kind(values.number, _start_extreme, _add_maximum, max, _read_maximum),
    "first": _Kind(values.scalar, _start_moment, _add_first, _merge_first, _read_first),
    "last": _LAST,
    "most_frequent": _VALUES,
    "unique_count": _VALUES._replace(read=_read_unique_count, nothing=0),
    "days_since": _LAST._replace(take=_if_present),
}
