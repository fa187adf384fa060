"""Answers weighted to the population they stand for: who answers is seldom a picture of who was served.

Weighting mends what differs between the strata; what differs inside them between those who answer and those who do not, it cannot.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Weighted(NamedTuple):
    """Counts weighted to a population.

    Attributes:
        counts: Value and weighted number of answers with it, in order of value; together the effective number.
        effective: The effective number of answers: how many unweighted ones would say as much.
        covered: Share of the population that is in strata with answers.
        weights: Per stratum with answers, the weight of each of its answers; 1 on average over all answers.
    """

    counts: tuple[tuple[int, float], ...]
    effective: float
    covered: float
    weights: Mapping[str, float]


def weighted(counts: Mapping[str, Mapping[int, int]], population: Mapping[str, int]) -> Weighted:
    """Return answers weighted so that each stratum counts as much as it has in the population.

    Post-stratification: Holt, D. and Smith, T. M. F. (1979), Post stratification, JRSS A 142, p. 33-46. Effective number of answers
    (Σ w)² / Σ w²: Kish, L. (1965), Survey sampling, section 11.7. Strata without answers are left out, which ``covered`` shows.

    Args:
        counts: Per stratum, how many answers had each value.
        population: Per stratum, how many there are; strata that are not named here have nobody.
    """
    sizes = {name: sum(one.values()) for name, one in counts.items()}
    answering = [name for name, size in sizes.items() if size and population.get(name, 0) > 0]
    people = sum(population[name] for name in answering)
    if not people:
        return Weighted((), 0.0, 0.0, {})
    answers = sum(sizes[name] for name in answering)
    weights = {name: population[name] / people * answers / sizes[name] for name in answering}
    effective = answers**2 / sum(sizes[name] * weights[name] ** 2 for name in answering)
    summed: dict[int, float] = {}
    for name in answering:
        for value, times in counts[name].items():
            summed[value] = summed.get(value, 0.0) + times * weights[name] * effective / answers
    return Weighted(tuple(sorted(summed.items())), effective, people / sum(population.values()), weights)
