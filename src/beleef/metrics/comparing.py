"""Figures held against each other: what may be said follows the interval of the difference and nothing else.

All comparisons made in one call are corrected for their number, and figures with too few observations take no part.
"""

from collections.abc import Sequence
from math import isfinite

from beleef.metrics.figures import (
    POINTS,
    at_level,
    ends_of,
    moments_of,
    of_counts,
    successes_of,
    times,
    with_three_more,
)
from beleef.metrics.model import Course, Difference, Direction, Figure, Trend, Word
from beleef.metrics.registry import metric
from beleef.stats import comparing, proportions
from beleef.stats.comparing import Correction
from beleef.stats.means import welch
from beleef.stats.net import net_difference
from beleef.stats.proportions import Interval
from beleef.stats.trends import slope


def compare(
    figures: Sequence[Figure], against: Figure, *, method: Correction = "holm"
) -> tuple[Difference, ...]:
    """Return how each figure differs from one other, of other people: a control group, another period.

    Args:
        figures: Of the metric of ``against``, made from other observations than it.
        against: What they are compared with.
        method: "holm" where even one false difference is too many; "bh" (Benjamini-Hochberg) to search many for candidates.

    Raises:
        ValueError: They are figures of different metrics.
    """
    return compare_each([(one, against) for one in figures], method=method)


def compare_with_rest(figures: Sequence[Figure], *, method: Correction = "holm") -> tuple[Difference, ...]:
    """Return how each group differs from all the others together.

    A group held against a total that it is part of is partly held against itself, and looks more alike than it is.

    Raises:
        ValueError: They are figures of different metrics, or not made from counts; for those give pairs to ``compare_each``.
    """
    if any(one.n and not one.counts for one in figures):
        raise ValueError("The rest is known of figures that are made from counts only.")
    return compare_each([(one, _rest(figures, index)) for index, one in enumerate(figures)], method=method)


def compare_each(
    pairs: Sequence[tuple[Figure, Figure]], *, method: Correction = "holm"
) -> tuple[Difference, ...]:
    """Return how the first of each pair differs from the second, corrected for the number of pairs.

    Raises:
        ValueError: A pair is of two different metrics.
    """
    if any(one.metric != other.metric for one, other in pairs):
        raise ValueError("Only figures of the same metric can be compared.")
    fit = [
        index for index, pair in enumerate(pairs) if all(one.enough and one.value is not None for one in pair)
    ]
    p_values = [_p_value(*pairs[index]) for index in fit]
    levels = dict(zip(fit, comparing.levels(p_values, method), strict=True))
    known = dict(zip(fit, p_values, strict=True))
    return tuple(
        _difference(one, other, known[index], levels[index]) if index in known else _too_few(one.metric)
        for index, (one, other) in enumerate(pairs)
    )


def trend(figures: Sequence[Figure]) -> Trend:
    """Return how a figure went over periods of equal length, in order; periods with too few observations are passed over.

    Raises:
        ValueError: They are figures of different metrics, or there are none.
    """
    if len({one.metric for one in figures}) != 1:
        raise ValueError("A trend is of one metric.")
    one = metric(figures[0].metric)
    steps = compare_each(list(zip(figures[1:], figures, strict=False)))
    points = [
        (index, *point) for index, each in enumerate(figures) if each.enough and (point := _point(each))
    ]
    if len(points) < 2:
        return Trend(
            metric=one.name, steps=steps, slope=None, low=None, high=None, word="too few", is_good=None
        )
    places, values, errors = zip(*points, strict=True)
    found = slope(values, errors, places)
    word: Course = "rising" if found.low > 0 else "falling" if found.high < 0 else "no real change"
    return Trend(
        metric=one.name,
        steps=steps,
        slope=found.value,
        low=found.low,
        high=found.high,
        word=word,
        is_good=None if word == "no real change" else _is_good(one.direction, found.value),
    )


def difference_at(one: Figure, other: Figure, level: float) -> Interval:
    """Return the difference of two figures of the same metric, with its interval at a level of confidence."""
    kind = metric(one.metric)
    if one.counts and other.counts:
        match kind.kind:
            case "net":
                return times(
                    net_difference(ends_of(kind, one.counts), ends_of(kind, other.counts), level), POINTS
                )
            case "mean":
                return _mean_difference(one, other, level)
            case "share":
                return proportions.newcombe(
                    *successes_of(kind, one.counts), *successes_of(kind, other.counts), level
                )
    return comparing.between(at_level(one, level), at_level(other, level))


def _mean_difference(one: Figure, other: Figure, level: float) -> Interval:
    kind = metric(one.metric)
    own, others = (moments_of(with_three_more(kind, each.counts)) for each in (one, other))
    between = welch(own, others, level)
    return Interval(moments_of(one.counts)[0] - moments_of(other.counts)[0], between.low, between.high)


def _p_value(one: Figure, other: Figure) -> float:
    return comparing.p_value(lambda level: difference_at(one, other, level))


def _difference(one: Figure, other: Figure, p: float, level: float) -> Difference:
    found = difference_at(one, other, level)
    is_real = found.low > 0 or found.high < 0
    word: Word = "no real change" if not is_real else "higher" if found.low > 0 else "lower"
    low, high = (bound if isfinite(bound) else None for bound in (found.low, found.high))
    return Difference(
        metric=one.metric,
        value=found.value,
        low=low,
        high=high,
        p=p,
        is_real=is_real,
        word=word,
        is_good=_is_good(metric(one.metric).direction, found.value) if is_real else None,
    )


def _too_few(name: str) -> Difference:
    return Difference(
        metric=name, value=None, low=None, high=None, p=1.0, is_real=False, word="too few", is_good=None
    )


def _is_good(direction: Direction, change: float) -> bool | None:
    return None if direction == "none" else (change > 0) == (direction == "up")


def _point(one: Figure) -> tuple[float, float] | None:
    """Return value and standard error, from the width of the interval; None where one of them is not known."""
    if one.value is None or one.low is None or one.high is None or one.high <= one.low:
        return None
    return one.value, (one.high - one.low) / 2 / proportions.quantile(0.95)


def _rest(figures: Sequence[Figure], index: int) -> Figure:
    others = [one for place, one in enumerate(figures) if place != index]
    summed: dict[float, float] = {}
    for one in others:
        for value, often in one.counts:
            summed[value] = summed.get(value, 0.0) + often
    weighted = any(one.effective_n is not None for one in others)
    return of_counts(
        metric(figures[index].metric),
        tuple(sorted(summed.items())),
        sum(one.n for one in others),
        sum(summed.values()) if weighted else None,
        sum(one.exposure for one in others),
    )
