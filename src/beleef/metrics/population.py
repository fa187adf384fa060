"""Answers against the people they stand for: weighted to the population, and how many are needed.

A large number of answers from the wrong people is no better than a small one; so the mix is shown beside the figure.
"""

from collections.abc import Mapping
from math import ceil, sqrt
from typing import Final

from beleef.metrics.figures import POINTS, Counts, ends_of, moments_of, of_counts, successes_of
from beleef.metrics.model import Metric, PostStratified, Stratum
from beleef.metrics.registry import metric
from beleef.stats.proportions import quantile
from beleef.stats.splitting import sample_size, sample_size_of_mean
from beleef.stats.strata import weighted

_USUAL: Final[dict[str, Counts]] = {"nps": ((5, 20.0), (8, 30.0), (10, 50.0))}
"""What is expected of answers while there are none: half promoters, a fifth detractors."""


def post_stratified(
    name: str, counts_by_stratum: Mapping[str, Mapping[int, int]], population_by_stratum: Mapping[str, int]
) -> PostStratified:
    """Return a figure of answers in which each stratum counts as much as it has people.

    Args:
        name: A metric of answers, or a share (1 is success, 0 is not).
        counts_by_stratum: Per stratum, how many gave each answer.
        population_by_stratum: Per stratum, how many could have been asked.

    Raises:
        NotFound: There is no such metric.
        ValueError: It is no metric that is made from counts.
    """
    one = _counted(name)
    found = weighted(counts_by_stratum, population_by_stratum)
    sizes = {stratum: sum(counts.values()) for stratum, counts in counts_by_stratum.items()}
    answers, people = sum(sizes.values()) or 1, sum(population_by_stratum.values()) or 1
    strata = [
        Stratum(
            name=stratum,
            answered=sizes.get(stratum, 0) / answers,
            population=population_by_stratum.get(stratum, 0) / people,
            weight=found.weights.get(stratum, 0.0),
        )
        for stratum in {**population_by_stratum, **sizes}
    ]
    n = sum(sizes[stratum] for stratum in found.weights)
    shown = of_counts(one, found.counts, n, found.effective)
    return PostStratified(
        figure=shown,
        margin=None if shown.low is None or shown.high is None else (shown.high - shown.low) / 2,
        covered=found.covered,
        mix=tuple(sorted(strata, key=lambda stratum: (-stratum.population, stratum.name))),
    )


def plan(
    name: str, difference: float, *, expected: Mapping[int, int] | None = None, power: float = 0.8
) -> int:
    """Return how many answers each of two waves needs, to see a difference between them at 95% confidence.

    Fleiss, Levin and Paik (2003), eq. (4.14), with the variance of one answer: P + D - (P - D)² for net scores.

    Args:
        name: A metric of answers, or a share.
        difference: The difference that should be seen, in the metric's unit: 5 for five points, 0.05 for five percentage points.
        expected: How many gave each answer before; without it the usual NPS, and of others the answers that vary most.
        power: Probability of seeing it.

    Raises:
        NotFound: There is no such metric.
        ValueError: It is no metric made from counts, or the difference cannot occur.
    """
    one = _counted(name)
    if one.kind == "share":
        successes, n = successes_of(one, _expected(one, expected))
        rate = successes / n
        # Near 1 there is no room to rise; the same number sees the difference downwards.
        change = abs(difference) if rate + abs(difference) < 1 else -abs(difference)
        if expected is None:
            rate -= change / 2
        return sample_size(rate, change, power=power)
    return sample_size_of_mean(_deviation(one, expected), difference / _per(one), power=power)


def plan_margin(name: str, margin: float, *, expected: Mapping[int, int] | None = None) -> int:
    """Return how many answers are needed for an interval of ± ``margin``, in the metric's unit; arguments as for ``plan``.

    Raises:
        NotFound: There is no such metric.
        ValueError: It is no metric made from counts, or the margin is not above 0.
    """
    if margin <= 0:
        raise ValueError("The margin must be above 0.")
    one = _counted(name)
    return ceil((quantile(0.95) * _deviation(one, expected) * _per(one) / margin) ** 2 - 1e-9)


def margin(name: str, n: int, *, expected: Mapping[int, int] | None = None) -> float:
    """Return half the width of the interval that ``n`` answers give, in the metric's unit; arguments as for ``plan``.

    Raises:
        NotFound: There is no such metric.
        ValueError: It is no metric made from counts, or there is no answer.
    """
    if n < 1:
        raise ValueError("There must be an answer at least.")
    one = _counted(name)
    return quantile(0.95) * _deviation(one, expected) * _per(one) / sqrt(n)


def _counted(name: str) -> Metric:
    one = metric(name)
    if one.kind not in {"net", "share", "mean"}:
        raise ValueError(f"{name} is not made from counts of answers.")
    if one.kind == "mean" and one.scale is None:
        raise ValueError(f"{name} has no scale of its own; ask for a metric that has.")
    return one


def _expected(one: Metric, given: Mapping[int, int] | None) -> Counts:
    if given is not None and sum(given.values()) > 0:
        return tuple((value, float(times)) for value, times in sorted(given.items()))
    if one.name in _USUAL:
        return _USUAL[one.name]
    low, high = one.scale or (0, 1)
    return ((low, 1.0), (high, 1.0))


def _deviation(one: Metric, given: Mapping[int, int] | None) -> float:
    """Return the standard deviation of one answer, on the metric's scale before it is made into points."""
    counts = _expected(one, given)
    match one.kind:
        case "net":
            variance = ends_of(one, counts).variance
        case "share":
            successes, n = successes_of(one, counts)
            variance = successes / n * (1 - successes / n)
        case _:
            _, sample, n = moments_of(counts)
            variance = sample * (n - 1) / n
    return sqrt(max(variance, 1e-4))


def _per(one: Metric) -> float:
    return POINTS if one.kind == "net" else 1.0
