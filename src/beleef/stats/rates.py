"""Events per unit of exposure, such as complaints per active customer, with an exact interval."""

from beleef.stats.proportions import Interval


def garwood(events: int, exposure: float, level: float = 0.95) -> Interval:
    """Return a rate with its exact Poisson interval.

    Garwood, F. (1936), Fiducial limits for the Poisson distribution, Biometrika 28, p. 437-442: half of the chi-square quantiles with
    2k and 2k + 2 degrees of freedom, here as quantiles of the gamma distribution.

    Args:
        events: How many were counted; 0 or more.
        exposure: In what they were counted (customers, orders, days); with 0 everything is possible.
        level: Confidence level.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415 -- takes a while to load

    if exposure <= 0:
        return Interval(0.0, 0.0, float("inf"))
    tail = (1 - level) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return Interval(events / exposure, low / exposure, float(gammaincinv(events + 1, 1 - tail)) / exposure)
