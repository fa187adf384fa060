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
    """Return a mean with Student's t interval; with fewer than two amounts the interval is the mean itself."""
    return student(sums.mean, sums.variance, sums.n, level)


def student(found: float, variance: float, n: float, level: float = 0.95) -> Interval:
    """Return a mean with Student's t interval from its sample variance; the mean itself with fewer than two amounts.

    Student (1908), The probable error of a mean, Biometrika 6, p. 1-25. Of weighted amounts ``n`` is the effective number, which
    may be a fraction.
    """
    if n < 2:
        return Interval(found, found, found)
    reach = quantile_of_t(n - 1, level) * sqrt(variance / n)
    return Interval(found, found - reach, found + reach)


def difference(sums: Sums, before: Sums, level: float = 0.95) -> Interval:
    """Return the difference of two means with Welch's interval, which does not suppose equal variances."""
    return welch((sums.mean, sums.variance, sums.n), (before.mean, before.variance, before.n), level)


def welch(
    one: tuple[float, float, float], other: tuple[float, float, float], level: float = 0.95
) -> Interval:
    """Return the difference of two means with Welch's interval; the difference itself where one has fewer than two amounts.

    Welch, B. L. (1947), The generalization of “Student's” problem when several different population variances are involved,
    Biometrika 34, p. 28-35.

    Args:
        one: Mean, sample variance and (effective) number of the group of interest.
        other: The same of the group it is compared with.
        level: Confidence level.
    """
    (mean_of_one, variance, n), (mean_of_other, variance_before, n_before) = one, other
    found = mean_of_one - mean_of_other
    if n < 2 or n_before < 2 or variance + variance_before == 0:
        return Interval(found, found, found)
    own, others = variance / n, variance_before / n_before
    freedom = (own + others) ** 2 / (own**2 / (n - 1) + others**2 / (n_before - 1))
    reach = quantile_of_t(freedom, level) * sqrt(own + others)
    return Interval(found, found - reach, found + reach)


def quantile_of_t(freedom: float, level: float) -> float:
    """Return how far an interval of a level reaches, in standard errors, with so many degrees of freedom."""
    from scipy.special import stdtrit  # noqa: PLC0415 -- takes a while to load

    return float(stdtrit(freedom, (1 + level) / 2))
