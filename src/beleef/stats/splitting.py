"""Whether a split came out as it was meant, and how many people an experiment needs."""

from collections.abc import Sequence
from math import ceil, sqrt
from statistics import NormalDist

MISMATCH = 0.001
"""Below this probability a split is not believed: Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled
experiments, KDD, section 4, use the same strictness so that daily checks raise few false alarms."""


def mismatch(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Return how probable counts at least so far from the planned shares are, by Pearson's chi-square test.

    Pearson, K. (1900), On the criterion that a given system of deviations … , Philosophical Magazine 50, p. 157-175.

    Args:
        counts: How many people each variant got.
        shares: Planned shares, in relation to their sum.
    """
    from scipy.stats import chi2  # noqa: PLC0415 -- takes half a second to load

    total, whole = sum(counts), sum(shares)
    if total == 0 or len(counts) < 2:
        return 1.0
    expected = [total * share / whole for share in shares]
    distance = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    return float(chi2.sf(distance, len(counts) - 1))


def sample_size(
    rate: float, change: float, *, power: float = 0.8, level: float = 0.95, ratio: float = 1.0
) -> int:
    """Return how many people the control group needs to see a change of a proportion.

    Fleiss, J. L., Levin, B. and Paik, M. C. (2003), Statistical methods for rates and proportions, 3rd ed., eq. (4.14), and (4.19)
    for unequal groups; without the continuity correction.

    Args:
        rate: The proportion without the change, above 0 and below 1.
        change: The difference that should be seen, as a difference of proportions; not 0, and ``rate + change`` within 0 and 1.
        power: Probability of seeing it.
        level: Confidence level of the (two-sided) test.
        ratio: Size of the other group, in relation to the control group.

    Raises:
        ValueError: a number is out of range.
    """
    other = rate + change
    if not 0 < rate < 1 or not 0 < other < 1 or change == 0 or ratio <= 0 or not 0 < power < 1:
        raise ValueError("The rates must lie between 0 and 1, and differ.")
    alpha, beta = NormalDist().inv_cdf((1 + level) / 2), NormalDist().inv_cdf(power)
    pooled = (rate + ratio * other) / (1 + ratio)
    under_none = alpha * sqrt((1 + ratio) * pooled * (1 - pooled))
    under_change = beta * sqrt(ratio * rate * (1 - rate) + other * (1 - other))
    return ceil((under_none + under_change) ** 2 / (ratio * change**2))


def sample_size_of_mean(
    deviation: float, change: float, *, power: float = 0.8, level: float = 0.95, ratio: float = 1.0
) -> int:
    """Return how many people the control group needs to see a change of a mean.

    Fleiss, Levin and Paik (2003), as above, eq. (4.14) with a common standard deviation.

    Args:
        deviation: Standard deviation of the amounts.
        change: The difference that should be seen.
        power: Probability of seeing it.
        level: Confidence level of the (two-sided) test.
        ratio: Size of the other group, in relation to the control group.

    Raises:
        ValueError: a number is out of range.
    """
    if deviation <= 0 or change == 0 or ratio <= 0 or not 0 < power < 1:
        raise ValueError("The deviation must be more than 0, and the change not 0.")
    z = NormalDist().inv_cdf((1 + level) / 2) + NormalDist().inv_cdf(power)
    return ceil((1 + 1 / ratio) * (z * deviation / change) ** 2)
