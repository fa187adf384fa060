"""Proportions and their intervals.

Wilson for one, Newcombe for the difference of two: both keep their level with few observations and near 0 and 1, where the usual
normal interval does not.
"""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """A figure between two bounds."""

    value: float
    low: float
    high: float


def quantile(level: float) -> float:
    """Return the two-sided normal quantile of a confidence level: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: float, n: float, level: float = 0.95) -> Interval:
    """Return a proportion with its score interval.

    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference, JASA 22, p. 209-212; written as in
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16, eq. (4).

    Args:
        successes: How many of ``n``; weighted ones may be fractions.
        n: How many in all, or the effective number of weighted ones; with 0 everything is possible: (0, 0, 1).
        level: Confidence level.
    """
    if n <= 0:
        return Interval(0.0, 0.0, 1.0)
    z2 = quantile(level) ** 2
    share = successes / n
    centre = (successes + z2 / 2) / (n + z2)
    reach = sqrt(z2) * sqrt(n) / (n + z2) * sqrt(share * (1 - share) + z2 / (4 * n))
    # At the ends the bound is exact, which sums of floating-point numbers are not.
    low = 0.0 if successes == 0 else max(0.0, centre - reach)
    high = 1.0 if successes == n else min(1.0, centre + reach)
    return Interval(share, low, high)


def newcombe(
    successes: float, n: float, successes_before: float, n_before: float, level: float = 0.95
) -> Interval:
    """Return the difference of two independent proportions with its interval.

    Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions, Statistics in Medicine 17,
    p. 873-890, method 10 (score intervals of both, put together by the square-and-add rule).

    Args:
        successes: How many of ``n``.
        n: Size of the group of interest.
        successes_before: How many of ``n_before``.
        n_before: Size of the group it is compared with.
        level: Confidence level.
    """
    one, other = wilson(successes, n, level), wilson(successes_before, n_before, level)
    difference = one.value - other.value
    low = difference - sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = difference + sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Interval(difference, max(-1.0, low), min(1.0, high))
