"""Means of skewed amounts, such as revenue of which most people bring none and a few bring much, with intervals that are as lopsided.

Student's interval holds the true mean of such amounts too seldom, and Welch's too where one group is much smaller than the other.
"""

from math import cbrt, sqrt
from typing import NamedTuple

from beleef.stats.means import quantile_of_t
from beleef.stats.proportions import Interval


class Moments(NamedTuple):
    """What is kept of n amounts: how many, and the sums of their first three powers."""

    n: int
    total: float
    squares: float
    cubes: float

    @property
    def mean(self) -> float:
        """The mean; 0 where there is none."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The sample variance (divided by n - 1); 0 with fewer than two amounts."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.squares - self.total**2 / self.n) / (self.n - 1))

    @property
    def skewness(self) -> float:
        """The third central moment in relation to the standard deviation, both divided by n; 0 where all are alike."""
        if self.variance == 0:
            return 0.0
        mean = self.mean
        third = self.cubes / self.n - 3 * mean * self.squares / self.n + 2 * mean**3
        return third / sqrt(self.variance * (self.n - 1) / self.n) ** 3

    def plus(self, other: "Moments") -> "Moments":
        """Return the sums of both together."""
        return Moments(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            self.cubes + other.cubes,
        )


def mean(moments: Moments, level: float = 0.95) -> Interval:
    """Return a mean with Hall's interval; with fewer than two amounts, or with equal ones, the interval is the mean itself.

    Hall, P. (1992), On the removal of skewness by transformation, Journal of the Royal Statistical Society B 54, p. 221-228: the
    cubic transformation, with Student's quantiles. Without skewness it is Student's interval.
    """
    found = moments.mean
    if moments.variance == 0:
        return Interval(found, found, found)
    error = sqrt(moments.variance / moments.n)
    reach = quantile_of_t(moments.n - 1, level)
    skew = moments.skewness / sqrt(moments.n)
    return Interval(found, found - _back(reach, skew) * error, found - _back(-reach, skew) * error)


def _back(quantile: float, skew: float) -> float:
    """Return which studentised mean the transformation takes to a quantile; ``skew`` is the skewness through the root of n."""
    shifted = quantile - skew / 6
    if abs(skew) < 1e-9:
        return shifted
    return (cbrt(1 + skew * shifted) - 1) / (skew / 3)


def difference(moments: Moments, before: Moments, level: float = 0.95) -> Interval:
    """Return the difference of two means, its interval made from those of both, so that it is as lopsided as they are.

    Zou, G. Y. and Donner, A. (2008), Construction of confidence limits about effect measures: a general approach, Statistics in
    Medicine 27, p. 1693-1702, eq. 2. The difference itself where a group has fewer than two amounts.
    """
    one, other = mean(moments, level), mean(before, level)
    found = one.value - other.value
    if moments.n < 2 or before.n < 2:
        return Interval(found, found, found)
    low = sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Interval(found, found - low, found + high)
