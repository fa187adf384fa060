"""Bootstrap intervals of means, with bias and skewness corrected.

The draws follow a fixed seed, so that the same answers always give the same interval.
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

from beleef.stats.proportions import Interval

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float64]]

REPLICATES: Final = 2_000
SEED: Final = 20_260_101


def mean_of(counts: Mapping[float, int], level: float = 0.95) -> Interval:
    """Return a mean with its bias-corrected and accelerated (BCa) bootstrap interval.

    Efron, B. (1987), Better bootstrap confidence intervals, JASA 82, p. 171-185; the acceleration of a mean is its skewness over 6 √n
    (eq. 7.3). It follows skewed counts (most cases take one contact, a few take ten), which Student's interval does not.

    Args:
        counts: How often each value occurs; at least one in all.
        level: Confidence level.

    Raises:
        ValueError: There is no value.
    """
    import numpy as np  # noqa: PLC0415 -- only who asks for figures pays for it

    values = np.array(list(counts), dtype=np.float64)
    times = np.array(list(counts.values()), dtype=np.int64)
    n = int(times.sum())
    if n < 1:
        raise ValueError("Without a value there is no mean.")
    mean = float(times @ values) / n
    away = values - mean
    squares = float(times @ away**2)
    if squares == 0:
        return Interval(mean, mean, mean)
    drawn = np.random.default_rng(SEED).multinomial(n, times / n, size=REPLICATES) @ values / n
    acceleration = float(times @ away**3) / (6 * squares**1.5)
    tail = (1 - level) / 2
    chances = [_corrected(drawn, mean, acceleration, chance) for chance in (tail, 1 - tail)]
    low, high = (float(bound) for bound in np.quantile(drawn, chances))
    return Interval(mean, min(low, mean), max(high, mean))


def _corrected(drawn: "Numbers", found: float, acceleration: float, chance: float) -> float:
    """Return which quantile of the draws BCa takes in place of ``chance``; ties with the estimate count half."""
    normal = NormalDist()
    tolerance = 1e-12 * max(1.0, abs(found))
    below = float((drawn < found - tolerance).mean())
    ties = float((abs(drawn - found) <= tolerance).mean())
    bias = normal.inv_cdf(min(max(below + ties / 2, 1 / REPLICATES), 1 - 1 / REPLICATES))
    moved = bias + normal.inv_cdf(chance)
    return normal.cdf(bias + moved / (1 - acceleration * moved))
