"""Net scores: the share at the good end less the share at the bad end, such as the Net Promoter Score.

All are shares, from -1 to 1; who shows points multiplies by 100.
"""

from math import sqrt
from typing import Final, NamedTuple

from beleef.stats.proportions import Interval, quantile

_PSEUDO_ANSWERS: Final = 3.0
_PSEUDO_AT_AN_END: Final = 0.75


class Ends(NamedTuple):
    """How many of n answers are at the good end and how many at the bad end; weighted answers may be fractions."""

    good: float
    bad: float
    n: float

    @property
    def value(self) -> float:
        """The net score, from -1 to 1; 0 where there is no answer."""
        return (self.good - self.bad) / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """The variance of one answer, counted as 1, 0 or -1: P + D - (P - D) squared; 0 where there is no answer."""
        return (self.good + self.bad) / self.n - self.value**2 if self.n else 0.0

    @property
    def adjusted(self) -> "Ends":
        """The same with three more answers: three quarters at each end, the rest between them.

        Rocks, B. (2016), Interval estimation for the “Net Promoter Score”, The American Statistician 70, p. 365-372: adjusted Wald
        interval with (¾, 1½, ¾). Without it the interval of ten answers at 90/8/2 holds the truth in 65% of all cases.
        """
        return Ends(self.good + _PSEUDO_AT_AN_END, self.bad + _PSEUDO_AT_AN_END, self.n + _PSEUDO_ANSWERS)


def net(ends: Ends, level: float = 0.95) -> Interval:
    """Return a net score with its adjusted Wald interval; see ``Ends.adjusted``.

    The interval is around the adjusted score and is stretched, where it must be, to hold the score itself (one answer only).
    With no answer everything is possible: (0, -1, 1).
    """
    if ends.n <= 0:
        return Interval(0.0, -1.0, 1.0)
    adjusted = ends.adjusted
    reach = quantile(level) * sqrt(adjusted.variance / adjusted.n)
    low, high = max(-1.0, adjusted.value - reach), min(1.0, adjusted.value + reach)
    return Interval(ends.value, min(low, ends.value), max(high, ends.value))


def net_difference(ends: Ends, before: Ends, level: float = 0.95) -> Interval:
    """Return the difference of two independent net scores, from -2 to 2, with its interval.

    The squared standard errors of both adjusted scores are added, as for any two independent estimates.
    """
    one, other = ends.adjusted, before.adjusted
    reach = quantile(level) * sqrt(one.variance / one.n + other.variance / other.n)
    middle, found = one.value - other.value, ends.value - before.value
    return Interval(found, max(-2.0, middle - reach), min(2.0, middle + reach))
