"""Understanding comments: redaction, language, lemmas, tone with its words, and themes of each, in one process and on one core. The
baseline is VADER's own sentiment analysis of the same comments, which gives English tone alone.

The comments are the tests' gold comments in both languages, one or two together, each with a made-up product's name, a rare one in half
of them: words that were met before are remembered, as they are among real comments, and those were not.
"""

import csv
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from beleef.text.api import analyse
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Text analysis"

_GOLD = Path(__file__).parents[2] / "tests" / "text"
_LEAST_PER_S = 3_000
_SEED = 0
_SYLLABLES = "ba be bi do du fa ga ka lo lu ma mi no ra ri sa so ta ti ve vo za".split()  # noqa: SIM905 -- reads better


def measure(run: Run) -> Outcome:
    """Measure the row."""
    given = comments(run.sizes.comments)
    analyser = SentimentIntensityAnalyzer()
    for text in given[:200]:
        analyse(text)
        analyser.polarity_scores(text)
    run.say(f"{len(given):,} comments, {run.sizes.rounds} rounds")
    rounds = [
        (_per_s(analyse, given), _per_s(analyser.polarity_scores, given)) for _ in range(run.sizes.rounds)
    ]
    mine, theirs = median([one for one, _ in rounds]), median([other for _, other in rounds])
    return Outcome(
        results=(
            Result(
                row="text analysis, comments per second and core",
                measured=f"{mine:,.0f} comments/s",
                baseline=f"{theirs:,.0f} comments/s, VADER's tone alone",
                ratio=median([one / other for one, other in rounds]),
                budget=f"≥ {_LEAST_PER_S:,} comments/s",
                holds=mine >= _LEAST_PER_S,
            ),
        ),
        details=(
            f"{sum(map(len, given)) / len(given):.0f} characters a comment; ratios {spread([one / other for one, other in rounds])}",
        ),
    )


def comments(count: int) -> list[str]:
    """Return comments in both languages, the same at every run."""
    generator = random.Random(_SEED)
    written = []
    for language in ("nl", "en"):
        with (_GOLD / f"gold-{language}.csv").open(newline="", encoding="utf-8") as lines:
            written.append([row["text"] for row in csv.DictReader(lines)])
    made = []
    for number in range(count):
        said = generator.sample(written[number % 2], generator.choice((1, 2)))
        product = "".join(generator.choices(_SYLLABLES, k=3 if number % 4 < 2 else 1))
        made.append(" ".join((*said, product.capitalize())))
    return made


def _per_s(understand: Callable[[str], object], given: Sequence[str]) -> float:
    began = time.process_time()
    for text in given:
        understand(text)
    return len(given) / (time.process_time() - began)
