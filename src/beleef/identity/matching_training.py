"""What matching learns from pairs of records: how often fields agree within one person, and how rare matches are.

The mathematics of Fellegi and Sunter, "A theory for record linkage" (1969), with levels of agreement as in Splink.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_BELIEF_IN_SAME: Final = 0.95
"""How often a field agrees fully within one person as long as no pairs say otherwise; Splink's starting value."""

_BELIEF_PAIRS: Final = 10.0
"""How many matching pairs weigh as much as that belief. It keeps a level that few pairs show from becoming impossible."""

_CONVERGED: Final = 1e-6
_ROUNDS: Final = 1_000


class Patterns(NamedTuple):
    """Pairs of one training block, counted by how they compare.

    Attributes:
        levels: One row per pattern, one column per field: the level, 0 (different) and up; -1 is unknown.
        counts: How many pairs show each pattern.
        fields: The columns to learn about: those on which the block did not choose the pairs.
    """

    levels: npt.NDArray[np.int64]
    counts: Floats
    fields: Sequence[int]


def learn_agreement(blocks: Sequence[Patterns], by_chance: Sequence[Floats]) -> list[Floats]:
    """Return, per field, how often each level occurs within one person (m); where no block tells, the belief.

    Args:
        blocks: Pairs to learn from.
        by_chance: Per field, how often each level occurs between two records at random (u); no value is 0.
    """
    learned = [np.zeros(len(levels)) for levels in by_chance]
    for block in blocks:
        matches, found = _maximise(block, by_chance)
        for field, shares in zip(block.fields, found, strict=True):
            # A block with more matches knows more.
            learned[field] += matches * shares
    return [weights / weights.sum() if weights.any() else _belief(len(weights)) for weights in learned]


def _maximise(block: Patterns, by_chance: Sequence[Floats]) -> tuple[float, list[Floats]]:
    """Return the expected number of matches in a block and m of its fields, by expectation maximisation with u fixed."""
    found = [_belief(len(by_chance[field])) for field in block.fields]
    share, matches = 0.5, 0.0
    for _ in range(_ROUNDS):
        bits = np.full(len(block.counts), log_odds(share))
        for field, shares in zip(block.fields, found, strict=True):
            # Level -1, unknown, takes the last weight, which is none.
            weights = np.append(np.log2(shares / by_chance[field]), 0.0)
            bits += weights[block.levels[:, field]]
        matching = block.counts * probability(bits)
        before, found = found, [_shares(block, field, matching, by_chance) for field in block.fields]
        matches = float(matching.sum())
        share = (matches + 1) / (float(block.counts.sum()) + 2)
        if all(
            np.allclose(new, old, rtol=0, atol=_CONVERGED) for new, old in zip(found, before, strict=True)
        ):
            break
    return matches, found


def _shares(block: Patterns, field: int, matching: Floats, by_chance: Sequence[Floats]) -> Floats:
    levels = block.levels[:, field]
    known = levels >= 0
    size = len(by_chance[field])
    pairs = np.bincount(levels[known], weights=matching[known], minlength=size) + _BELIEF_PAIRS * _belief(
        size
    )
    return np.asarray(pairs / pairs.sum(), dtype=np.float64)


def _belief(levels: int) -> Floats:
    return np.array([*[(1 - _BELIEF_IN_SAME) / (levels - 1)] * (levels - 1), _BELIEF_IN_SAME])


def learn_chance(weights: Floats, *, pairs: int) -> float:
    """Return log2 of the odds that two records at random are one person.

    The value at which the expected number of matches, over the compared pairs, equals the one it assumes: the fixed
    point of expectation maximisation for the proportion of matches.

    Args:
        weights: Match weights in bits of all compared pairs, in a fixed order.
        pairs: How many pairs the records form, compared or not; at least 1.
    """
    matches = float(np.sqrt(pairs))
    for _ in range(_ROUNDS):
        expected = float(np.sum(probability(weights + log_odds(matches / pairs))))
        # At least one match: with none at all every proposal would be impossible, whatever speaks for it.
        expected = min(max(expected, 1.0), pairs / 2)
        if abs(expected - matches) <= _CONVERGED * matches:
            break
        matches = expected
    return log_odds(matches / pairs)


def probability(bits: Floats) -> Floats:
    """Return the probabilities that go with log2 odds, also where no float can hold the odds."""
    return np.exp2(-np.logaddexp2(0.0, -bits))


def log_odds(share: float) -> float:
    """Return log2 of the odds that go with a probability; 1 counts as a hair less, so that the odds stay finite."""
    less = min(share, 1 - 1e-12)
    return float(np.log2(less / (1 - less)))
