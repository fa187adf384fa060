"""Answers whose text and score say opposite things: a nine with angry words is a mistake of the customer, or of ours."""

from typing import Final

from beleef.kernel.errors import InvalidInput
from beleef.text.model import Analysis

_BOUNDS: Final = {"nps": (6.0, 9.0), "ces": (3.0, 6.0), "csat": (2.0, 4.0)}
"""Up to the first a score is bad, from the second on good: detractors and promoters, hard and easy, dissatisfied and satisfied."""

_QUARTER: Final = 0.25
_CLEAR: Final = 0.4
"""Weaker tones contradict nothing."""


def contradicts(
    analysis: Analysis, metric: str, score: float, *, low: float | None = None, high: float | None = None
) -> bool:
    """Return whether a text clearly says the opposite of the score it came with.

    Args:
        analysis: The text.
        metric: `nps` (0 to 10), `ces` (1 to 7, high is easy), `csat` (1 to 5), or another, which needs its scale.
        score: The score.
        low: Lowest score of the scale of another metric; its lowest quarter is bad.
        high: Its highest score; its highest quarter is good.

    Raises:
        InvalidInput: The metric is not known and its scale is not given, or not a scale.
    """
    if metric in _BOUNDS:
        bad, good = _BOUNDS[metric]
    elif low is None or high is None or low >= high:
        raise InvalidInput(
            f"The scale of {metric} is not known.", hint="Give the lowest and the highest score of its scale."
        )
    else:
        bad, good = low + _QUARTER * (high - low), high - _QUARTER * (high - low)
    if analysis.sentiment == "negative":
        return score >= good and analysis.score <= -_CLEAR
    if analysis.sentiment == "positive":
        return score <= bad and analysis.score >= _CLEAR
    return False
