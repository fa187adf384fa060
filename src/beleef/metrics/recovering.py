"""Whether people who were let down and helped score better later, and how much of it the help may claim."""

from collections import Counter
from collections.abc import Sequence

from beleef.metrics.comparing import compare
from beleef.metrics.figures import of_interval
from beleef.metrics.model import Recovery
from beleef.metrics.registry import metric
from beleef.stats import resampling

Pairs = Sequence[tuple[float, float]]


def recovery(pairs: Pairs, untreated: Pairs = ()) -> Recovery:
    """Return how much better the same people scored later, with a paired bootstrap interval.

    Args:
        pairs: Earlier and later score of each person who was helped, on one scale.
        untreated: The same of people with as low an earlier score who were not helped (a hold-out, or follow-ups that nobody made).
    """
    one = metric("recovery")
    change, others = (
        of_interval(one, resampling.mean_of(Counter(after - before for before, after in group)), len(group))
        if group
        else None
        for group in (pairs, untreated)
    )
    if change is None:
        change = of_interval(one, None, 0)
    beyond = compare([change], others)[0] if others is not None else None
    return Recovery(change=change, untreated=others, beyond=beyond)
