"""Intervals of means and of their differences, from mean, variance and number alone."""

from math import sqrt

from beleef.stats.proportions import Interval


def student(found: float, variance: float, n: float, level: float = 0.95) -> Interval:
    """Return a mean with Student's t interval from its sample variance; the mean itself with fewer than two amounts.

    Student (1908), The probable error of a mean, Biometrika 6, p. 1-25. Of weighted amounts ``n`` is the effective number, which
    may be a fraction.
    """
    if n < 2:
        return Interval(found, found, found)
    reach = quantile_of_t(n - 1, level) * sqrt(variance / n)
    return Interval(found, found - reach, found + reach)


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
