"""How long things take while some of them are not finished: Kaplan-Meier's estimate, its interval, its quantiles.

Counting the finished ones alone makes every duration look shorter than it is, the more so the more recent the days are.
"""

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from beleef.stats.proportions import Interval, quantile

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]
    Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Curve(NamedTuple):
    """The share that is still open after each length of time at which something ended.

    All are arrays of one length, in order of time.

    Attributes:
        times: Lengths of time at which something ended, in the unit they came in, ascending, each once.
        share: Share still open just after it, from 1 down to 0.
        low: Lower bound of that share, pointwise.
        high: Upper bound.
        at_risk: How many were still open and seen just before it.
    """

    times: "Numbers"
    share: "Numbers"
    low: "Numbers"
    high: "Numbers"
    at_risk: "Numbers"


def curve(
    lengths: "Sequence[float] | Numbers", ended: "Sequence[bool] | Flags", level: float = 0.95
) -> Curve:
    """Return how the share that is still open falls with time.

    Kaplan, E. L. and Meier, P. (1958), Nonparametric estimation from incomplete observations, JASA 53, p. 457-481, eq. (2b); variance
    of Greenwood (1926); interval on the scale log(-log S), which stays within 0 and 1: Kalbfleisch and Prentice (2002), The
    statistical analysis of failure time data, 2nd ed., eq. (1.12). Where nobody is left, which that scale knows no bounds of, the upper one is that
    of the step before times Clopper and Pearson's (1934) upper bound of none in the last ones.

    Args:
        lengths: How long each took, or has been open until now; 0 or more, in any one unit, shape (n,).
        ended: Whether it ended; False where it is still open, shape (n,).
        level: Confidence level of the bounds.

    Raises:
        ValueError: The two differ in length, or a length is negative or no number.
    """
    import numpy as np  # noqa: PLC0415 -- only who asks for figures pays for it

    taken, is_end = np.asarray(lengths, dtype=np.float64), np.asarray(ended, dtype=bool)
    if taken.shape != is_end.shape or taken.ndim != 1 or not np.all(taken >= 0):
        raise ValueError(
            "Each length of time needs its own answer to whether it ended, and none may be negative."
        )
    times, ends = np.unique(taken[is_end], return_counts=True)
    at_risk = (len(taken) - np.searchsorted(np.sort(taken), times, side="left")).astype(np.float64)
    share: Numbers = np.cumprod(1 - ends / at_risk).astype(np.float64)
    left = at_risk - ends
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(ends / (at_risk * left))
        reach = np.exp(quantile(level) * np.sqrt(greenwood) / np.abs(np.log(share)))
        low, high = share**reach, share ** (1 / reach)
    if len(share) and share[-1] <= 0:
        share[-1], low[-1] = 0.0, 0.0
        none_of_them = 1 - ((1 - level) / 2) ** (1 / at_risk[-1])
        high[-1] = none_of_them * (high[-2] if len(high) > 1 else 1.0)
    return Curve(times, share, low, high, at_risk)


def quantile_of(found: Curve, part: float) -> Interval:
    """Return after how long ``part`` of all has ended, with its interval; infinity where that is not reached yet.

    Brookmeyer, R. and Crowley, J. (1982), A confidence interval for the median survival time, Biometrics 38, p. 29-41: all times at
    which the bounds of the curve still allow that share. The level is that of the curve.

    Args:
        found: The curve.
        part: Which part, above 0 and below 1: 0.5 for the median.
    """
    open_share = 1 - part + 1e-12  # what is left of 1 after many products is not exact
    return Interval(
        *(_first(found.times, line <= open_share) for line in (found.share, found.low, found.high))
    )


def _first(times: "Numbers", is_below: "Flags") -> float:
    return float(times[is_below.argmax()]) if is_below.any() else inf
