"""Many comparisons at once: which of them hold, and intervals that say the same as the verdict.

Twenty groups without any difference show a "significant" one in two of three reports, unless it is taken into account how many were
looked at.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import NormalDist
from typing import Final, Literal

from beleef.stats.proportions import Interval

Correction = Literal["holm", "bh"]
_FARTHEST: Final = 7.0
_HALVINGS: Final = 48


def between(one: Interval, other: Interval) -> Interval:
    """Return the difference of two independent figures from their own intervals, each at the level wanted of the difference.

    Zou, G. Y. and Donner, A. (2008), Construction of confidence limits about effect measures: a general approach, Statistics in
    Medicine 27, p. 1693-1702, eq. (5): squared distances to the bounds are added (MOVER). For score intervals of two proportions
    it is Newcombe's method 10. A bound that is not known yet (infinite) stays so.
    """
    low = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    difference = one.value - other.value
    return Interval(difference, difference - low, difference + high)


def p_value(at_level: Callable[[float], Interval]) -> float:
    """Return the smallest 1 - level at which a difference's interval leaves out 0.

    It is the p value of the test that the interval belongs to, so that verdict and interval cannot contradict each other.

    Args:
        at_level: The interval of the difference at a confidence level; wider for higher levels.
    """
    if not _leaves_out_none(at_level(_level(_FARTHEST))):
        low, high = 0.0, _FARTHEST
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if _leaves_out_none(at_level(_level(middle))) else (low, middle)
        return 1 - _level(low)
    return 1 - _level(_FARTHEST)


def levels(p_values: Sequence[float], correction: Correction, level: float = 0.95) -> list[float]:
    """Return for each comparison the confidence level at which its own interval says what the corrected test says.

    Holm, S. (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, p. 65-70: the i-th
    smallest of m p values is held against alpha / (m - i + 1), up to the first that does not hold; all further ones are held against
    that one's. Benjamini, Y. and Hochberg, Y. (1995), JRSS B 57, p. 289-300: the largest R with p(R) ≤ R alpha / m; intervals at
    1 - R alpha / m as in Benjamini, Y. and Yekutieli, D. (2005), JASA 100, p. 71-81; those that do not hold at R + 1.

    Args:
        p_values: One per comparison.
        correction: "holm": the chance of even one false difference is at most 1 - level. "bh": of the differences reported, at
            most that share is expected to be false.
        level: Confidence level over all.
    """
    alpha, count = 1 - level, len(p_values)
    order = sorted(range(count), key=lambda index: p_values[index])
    steps = range(1, count + 1)
    if correction == "holm":
        limits = [alpha / (count - step + 1) for step in steps]
        holding = next((i for i, index in enumerate(order) if p_values[index] > limits[i]), count)
        at_rank = [limits[min(rank, holding, count - 1)] for rank in range(count)]
    else:
        limits = [step * alpha / count for step in steps]
        holding = max((i + 1 for i, index in enumerate(order) if p_values[index] <= limits[i]), default=0)
        at_rank = [
            limits[max(0, holding - 1) if rank < holding else min(holding, count - 1)]
            for rank in range(count)
        ]
    found = dict(zip(order, at_rank, strict=True))
    return [1 - found[index] for index in range(count)]


def _leaves_out_none(interval: Interval) -> bool:
    return interval.low > 0 or interval.high < 0


def _level(z: float) -> float:
    return 1 - 2 * NormalDist().cdf(-z)
