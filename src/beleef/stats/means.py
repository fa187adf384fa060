"""Means of amounts and their intervals, from sums alone: so that a million people are three numbers."""

from math import sqrt
from typing import NamedTuple

from beleef.stats.proportions import Interval


class Sums(NamedTuple):
    """What is kept of n amounts: how many, their sum, and the sum of their squares."""

    n: int
    total: float
    squares: float

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

    def plus(self, other: "Sums") -> "Sums":
        """Return the sums of both together."""
        return Sums(self.n + other.n, self.total + other.total, self.squares + other.squares)


def mean(sums: Sums, level: float = 0.95) -> Interval:
    """Return a mean with Student's t interval; with fewer than two amounts the interval is the mean itself.

    Student (1908), The probable error of a mean, Biometrika 6, p. 1-25.
    """
    from scipy.stats import t  # noqa: PLC0415 -- takes half a second to load

    if sums.n < 2:
        return Interval(sums.mean, sums.mean, sums.mean)
    reach = float(t.ppf((1 + level) / 2, sums.n - 1)) * sqrt(sums.variance / sums.n)
    return Interval(sums.mean, sums.mean - reach, sums.mean + reach)


def difference(sums: Sums, before: Sums, level: float = 0.95) -> Interval:
    """Return the difference of two means with Welch's interval, which does not suppose equal variances.

    Welch, B. L. (1947), The generalization of “Student's” problem when several different population variances are involved,
    Biometrika 34, p. 28-35.
    """
    from scipy.stats import t  # noqa: PLC0415 -- as above

    found = sums.mean - before.mean
    if sums.n < 2 or before.n < 2:
        return Interval(found, found, found)
    one, other = sums.variance / sums.n, before.variance / before.n
    if one + other == 0:
        return Interval(found, found, found)
    freedom = (one + other) ** 2 / (one**2 / (sums.n - 1) + other**2 / (before.n - 1))
    reach = float(t.ppf((1 + level) / 2, freedom)) * sqrt(one + other)
    return Interval(found, found - reach, found + reach)
