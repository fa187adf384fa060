"""What is said more than before: log odds of words or themes between two periods, with a prior from both together.

A word that was never said before is no surprise in itself; the prior keeps rare words from looking important.
"""

from collections.abc import Mapping
from math import log, sqrt
from statistics import NormalDist
from typing import Final

from beleef.text.model import Emerging

_PRIOR: Final = 0.1
"""Weight of the prior, as a share of all that was said in both periods."""


def emerging(
    now: Mapping[str, int], before: Mapping[str, int], *, least_n: int = 5, level: float = 0.05
) -> tuple[Emerging, ...]:
    """Return what is said more than before, the clearest first.

    The log-odds ratio with an informative Dirichlet prior: Monroe, B. L., Colaresi, M. P. and Quinn, K. M. (2008), Fightin' words,
    Political Analysis 16, p. 372-403, eq. (16) for the difference, (20) for its variance and (21) for z; the prior is in proportion
    to both periods together. Many names are tested at once, so the false discovery rate is held: Benjamini, Y. and Hochberg, Y. (1995), JRSS B 57.

    Args:
        now: How often each name occurred in the period.
        before: The same in the period it is compared with; the periods may differ in length.
        least_n: Names that occurred less often now are left out.
        level: Share of names reported that may be chance.

    Returns:
        What grew; nothing where a period is empty, or where only one thing was ever said, of which no share can grow.
    """
    names = sorted({name for name in (*now, *before) if now.get(name, 0) + before.get(name, 0) > 0})
    totals = sum(now.values()), sum(before.values())
    if not totals[0] or not totals[1] or len(names) < 2:
        return ()
    tested = [
        _compared(name, now.get(name, 0), before.get(name, 0), totals)
        for name in names
        if now.get(name, 0) >= least_n
    ]
    ordered = sorted(tested, key=lambda one: (one.p, one.name))
    kept = max(
        (rank for rank, one in enumerate(ordered, 1) if one.p <= level * rank / len(ordered)), default=0
    )
    return tuple(ordered[:kept])


def _compared(name: str, now: int, before: int, totals: tuple[int, int]) -> Emerging:
    both = sum(totals)
    prior_all = _PRIOR * both
    prior = prior_all * (now + before) / both
    log_odds = _log_odds(now, totals[0], prior, prior_all) - _log_odds(before, totals[1], prior, prior_all)
    z = log_odds / sqrt(1 / (now + prior) + 1 / (before + prior))
    return Emerging(name=name, now=now, before=before, log_odds=log_odds, z=z, p=NormalDist().cdf(-z))


def _log_odds(count: int, total: int, prior: float, prior_all: float) -> float:
    return log((count + prior) / (total + prior_all - count - prior))
