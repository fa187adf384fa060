"""The gallery of figures: large ones, a table of channels, a trend with a gap, how long cases stay open, and key drivers."""

from datetime import date, timedelta
from functools import cache

import msgspec
import numpy as np

from beleef.metrics.api import (
    Drivers,
    Figure,
    Survival,
    compare,
    compare_with_rest,
    drivers,
    durations,
    figure,
    open_shares,
    rate,
    share,
    trend,
)
from beleef.ui.charts import Chart
from beleef.ui.components import Stat, Table
from beleef.ui.driver_charts import quadrant_chart
from beleef.ui.figure_charts import survival_chart, trend_chart
from beleef.ui.figures import FigureRow, figure_stat, figures_table
from beleef.ui.page import Page, Theme
from beleef.ui.words import Words
from tests.ui import gallery

DAY_S = 86_400.0
LABELS = {
    "waiting": "How long you waited",
    "knowledge": "The employee knew what to do",
    "told": "You were told what would happen",
    "opening": "Opening hours",
    "safety": "It felt safe",
}


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """``gallery/measured.html``: figures as pages show them."""

    page: Page
    figures: tuple[Stat, ...]
    table: Table
    over_time: Chart
    still_open: Chart
    aspects: Chart


def measured(words: Words, theme: Theme = "auto") -> Measured:
    """Return the gallery of figures in a language."""
    before, now = nps(500, 300, 200), nps(620, 250, 130)
    return Measured(
        page=gallery.page("Figures", language=words.language, theme=theme),
        figures=(
            figure_stat(now, words, difference=compare([now], before)[0], since="since February"),
            figure_stat(
                share("promise_kept", 812, 961),
                words,
                difference=compare([share("promise_kept", 812, 961)], share("promise_kept", 801, 940))[0],
                href="/promises",
            ),
            figure_stat(figure("ces_mean", {5: 3, 6: 4}), words),
            figure_stat(durations("resolution", *cases()), words),
            figure_stat(durations("first_response_p90", [DAY_S] * 40, [True] * 20 + [False] * 20), words),
            figure_stat(rate("complaint_rate", 41, 18_204), words),
        ),
        table=channels(words),
        over_time=trend_chart(name="trend", title="Net Promoter Score", points=weeks(), words=words),
        still_open=survival_chart(
            name="open", title="Cases that are still open", survival=curve(), words=words
        ),
        aspects=quadrant_chart(name="drivers", drivers=aspects(), labels=LABELS, words=words),
    )


def nps(promoters: int, passives: int, detractors: int) -> Figure:
    """Return the score of so many answers."""
    return figure("nps", {10: promoters, 8: passives, 4: detractors})


def channels(words: Words) -> Table:
    """Return scores and promises of four channels, one with too few answers."""
    scores = [nps(400, 200, 150), nps(60, 40, 50), nps(90, 30, 20), nps(3, 1, 0)]
    promises = [share("promise_kept", *pair) for pair in ((400, 430), (70, 96), (55, 60), (2, 3))]
    names = ("Web", "Phone", "Shop", "Trade fair")
    rows = [
        FigureRow(
            label=name, figures=(score, promise), difference=difference, href=f"/channels/{name.lower()}"
        )
        for name, score, promise, difference in zip(
            names, scores, promises, compare_with_rest(scores), strict=True
        )
    ]
    return figures_table(
        caption="Channels", of="Channel", rows=rows, words=words, against="Score against the other channels"
    )


def weeks() -> list[tuple[date, Figure]]:
    """Return twelve weeks of scores, the fifth with too few answers and the ninth alone between two of those."""
    counts = [(60 + 3 * week, 40, 40 - 2 * week) for week in range(12)]
    for few in (4, 7, 9):
        counts[few] = (2, 1, 1)
    return [(date(2026, 1, 5) + timedelta(weeks=week), nps(*answers)) for week, answers in enumerate(counts)]


@cache
def cases() -> tuple[list[float], list[bool]]:
    """Return how long 400 cases took, or have been open."""
    rng = np.random.default_rng(1)
    took, seen = rng.lognormal(np.log(3), 1, 400) * DAY_S, rng.uniform(0, 20, 400) * DAY_S
    return np.minimum(took, seen).tolist(), (took <= seen).tolist()


def curve() -> Survival:
    """Return the share of those cases that is still open."""
    return open_shares(*cases())


@cache
def aspects() -> Drivers:
    """Return what goes together with the score of 600 answers."""
    rng = np.random.default_rng(2)
    mood = rng.normal(0, 1, 600)
    rated = {
        name: np.clip(np.round(mean + mood + rng.normal(0, 1.2, 600)), 1, 7)
        for name, mean in {"waiting": 3.4, "knowledge": 5.8, "told": 4.1}.items()
    }
    rated["opening"] = np.clip(np.round(4 + rng.normal(0, 1.2, 600)), 1, 7)
    outcome = rated["waiting"] * 1.2 + rated["knowledge"] * 0.9 + rated["told"] * 0.2 + rng.normal(0, 2, 600)
    given: dict[str, list[float | None]] = {
        name: [float(one) for one in column] for name, column in rated.items()
    }
    given["safety"] = [*[7.0] * 570, *[6.0] * 30]
    return drivers([float(one) for one in outcome], given, scales=dict.fromkeys(given, (1.0, 7.0)))


def course() -> str:
    """Return how the weeks went, in a word."""
    return trend([one for _, one in weeks()]).word
