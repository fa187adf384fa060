"""Scores and texts that say opposite things."""

import pytest

from beleef.kernel.errors import InvalidInput
from beleef.text.api import analyse, contradicts

ANGRY = analyse("Schandalig slechte service, nooit meer!")
GLAD = analyse("Fantastic service, very happy!")
LUKEWARM = analyse("wachten", language="nl")


@pytest.mark.parametrize(("metric", "high", "low"), [("nps", 9, 6), ("ces", 6, 3), ("csat", 4, 2)])
def test_an_angry_text_with_a_high_score_and_a_glad_one_with_a_low_score_contradict(
    metric: str, high: float, low: float
) -> None:
    assert contradicts(ANGRY, metric, high)
    assert not contradicts(ANGRY, metric, high - 1)
    assert contradicts(GLAD, metric, low)
    assert not contradicts(GLAD, metric, low + 1)


def test_texts_that_fit_their_score_or_say_little_contradict_nothing() -> None:
    assert not contradicts(ANGRY, "nps", 0)
    assert not contradicts(GLAD, "nps", 10)
    assert not contradicts(LUKEWARM, "nps", 10)
    assert not contradicts(analyse("Goed product, slechte bezorging"), "csat", 5)


def test_another_metric_needs_its_scale() -> None:
    assert contradicts(ANGRY, "rating", 80, low=0, high=100)
    assert not contradicts(ANGRY, "rating", 70, low=0, high=100)
    with pytest.raises(InvalidInput, match="scale of rating"):
        contradicts(ANGRY, "rating", 5)
    with pytest.raises(InvalidInput):
        contradicts(ANGRY, "rating", 5, low=5, high=5)
