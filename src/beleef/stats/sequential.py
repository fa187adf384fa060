"""Looking at an experiment as often as one likes: intervals that hold at every look at once.

An ordinary test that is looked at daily finds something in a third of all experiments in which there is nothing.
"""

from math import exp, log, sqrt

from beleef.stats.proportions import Interval


def tuning(planned: float, level: float = 0.95) -> float:
    """Return the number rho squared that makes the sequence tightest around a number of observations.

    Waudby-Smith, I., Arbour, D., Sinha, R., Kennedy, E. H. and Ramdas, A. (2024), Time-uniform central limit theory and asymptotic
    confidence sequences, Annals of Statistics 52: the approximately optimal choice for the sequence of theorem 2.2.

    Args:
        planned: Around which number of observations it should be tightest; at least 1.
        level: Confidence level.
    """
    alpha = 1 - level
    return (-2 * log(alpha) + log(-2 * log(alpha)) + 1) / max(1.0, planned)


def confidence_sequence(
    difference: float, variance: float, n: int, planned: float, level: float = 0.95
) -> Interval:
    """Return a difference of means with an interval that holds at all looks together (asymptotically).

    Waudby-Smith et al. (2024), as above, theorem 2.2: with n observations of variance sigma squared the half width is
    sigma * sqrt(2 (n rho^2 + 1) / (n^2 rho^2) * log(sqrt(n rho^2 + 1) / alpha)). It is the interval of the mixture sequential
    ratio test (mSPRT) of Robbins, H. (1970), Statistical methods related to the law of the iterated logarithm, Annals of
    Mathematical Statistics 41, p. 1397-1409, with a normal mixture.

    Args:
        difference: The difference of the two means.
        variance: n times the variance of that difference: for two groups, n * (var1 / n1 + var2 / n2).
        n: How many observations in both groups together.
        planned: See ``tuning``.
        level: Confidence level.
    """
    if n < 2 or variance <= 0:
        return Interval(difference, difference - float("inf"), difference + float("inf"))
    alpha, rho2 = 1 - level, tuning(planned, level)
    spread = n * rho2 + 1
    reach = sqrt(variance) * sqrt(2 * spread / (n**2 * rho2) * log(sqrt(spread) / alpha))
    return Interval(difference, difference - reach, difference + reach)


def always_valid_p(difference: float, variance: float, n: int, planned: float, level: float = 0.95) -> float:
    """Return a p value that may be looked at any time: the smallest alpha whose sequence leaves out 0.

    Johari, R., Koomen, P., Pekelis, L. and Walsh, D. (2022), Always valid inference: continuous monitoring of A/B tests, Operations
    Research 70, p. 1806-1821, section 4: one over the mixture likelihood ratio, at most 1.
    """
    if n < 2 or variance <= 0:
        return 1.0
    rho2 = tuning(planned, level)
    spread = n * rho2 + 1
    ratio = n**2 * rho2 * difference**2 / (2 * variance * spread) - log(sqrt(spread))
    return min(1.0, exp(-ratio)) if ratio < 700 else 0.0
