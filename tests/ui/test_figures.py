"""Figures on a page: never without interval and n, never with too few, and words that follow the interval."""

import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from beleef.metrics.api import (
    METRICS,
    Difference,
    Figure,
    compare,
    durations,
    figure,
    open_shares,
    post_stratified,
    rate,
    recovery,
    share,
)
from beleef.ui import figures
from beleef.ui.charts import Chart
from beleef.ui.components import Badge, Drawing, Text
from beleef.ui.driver_charts import quadrant_chart
from beleef.ui.figure_charts import survival_chart, trend_chart
from beleef.ui.words import translator
from tests.ui import measured
from tests.ui.gallery import renderer
from tests.ui.measured import DAY_S, nps
from tests.ui.rendering import assert_renders

EN, NL = translator("en"), translator("nl")


def plain(drawing: Drawing) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(drawing.svg))).strip()


def test_a_figure_says_its_value_interval_and_n() -> None:
    cell = figures.figure_cell(nps(600, 200, 200), EN)
    assert plain(cell) == "40 95% between 35 and 45 · n = 1,000"
    assert plain(figures.figure_cell(nps(600, 200, 200), NL)) == "40 95% tussen 35 en 45 · n = 1.000"


def test_too_few_answers_show_no_value_and_no_bar() -> None:
    cell = figures.figure_cell(nps(6, 0, 0), EN)
    assert plain(cell) == "too few n = 6; shown from 10 on"
    assert "<svg" not in cell.svg
    assert "100" not in cell.svg
    assert figures.interval(nps(6, 0, 0), EN) == ""


def test_the_bar_runs_from_bound_to_bound_on_the_metrics_own_scale() -> None:
    found = ET.fromstring(f"<cell>{figures.figure_cell(share('fcr', 50, 100), EN).svg}</cell>")
    spread = next(one for one in found.iter("rect") if one.get("class") == "interval-range")
    assert float(spread.get("x", "").rstrip("%")) == pytest.approx(40.4, abs=0.1)
    assert float(spread.get("width", "").rstrip("%")) == pytest.approx(19.2, abs=0.1)
    assert [one.get("aria-hidden") for one in found.iter("svg")] == ["true"]


@pytest.mark.parametrize(
    ("found", "value", "interval"),
    [
        (share("promise_kept", 812, 961), "84%", "95% between 82% and 87%"),
        (share("promise_kept", 81_200, 96_100), "84.5%", "95% between 84.3% and 84.7%"),
        (figure("ces_mean", {5: 30, 6: 40}), "5.6", "95% between 5.3 and 5.7"),
        (
            durations("resolution", [4.3 * DAY_S] * 40, [True] * 40),
            "4.3 days",
            "95% between 4.3 days and 4.3 days",
        ),
        (
            durations("first_response", [2_100.0] * 9 + [9e5] * 3, [True] * 9 + [False] * 3),
            "35 minutes",
            None,
        ),
        (durations("resolution", [DAY_S] * 40, [True] * 2 + [False] * 38), "not known yet", ""),
        (rate("complaint_rate", 41, 18_204), "2.3", "95% between 1.6 and 3.1"),
    ],
)
def test_each_unit_is_written_as_people_say_it(found: Figure, value: str, interval: str | None) -> None:
    assert figures.value(found, EN) == value
    assert interval is None or figures.interval(found, EN) == interval


def test_what_is_not_reached_yet_is_said_to_be_more() -> None:
    lengths = [float(day) * DAY_S for day in range(1, 41)]
    found = durations("resolution", lengths, [True] * 17 + [False] * 23)
    assert figures.value(found, EN) == "more than 14.0 days"
    open_ended = durations("resolution", lengths, [True] * 20 + [False] * 20)
    assert figures.interval(open_ended, EN) == "95%: 14.0 days or more"


def test_a_bound_without_an_end_fills_the_bar_to_its_end() -> None:
    lengths = [float(day) * DAY_S for day in range(1, 41)]
    found = durations("resolution", lengths, [True] * 20 + [False] * 20)
    cell = ET.fromstring(f"<cell>{figures.figure_cell(found, EN, bounds=(0, 40 * DAY_S)).svg}</cell>")
    spread = next(one for one in cell.iter("rect") if one.get("class") == "interval-range")
    ends = [float(spread.get(name, "").rstrip("%")) for name in ("x", "width")]
    assert sum(ends) == pytest.approx(100)


def difference(one: Figure, other: Figure) -> Difference:
    return compare([one], other)[0]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            difference(nps(600, 200, 200), nps(400, 200, 400)),
            "40 points higher better · between 32 points and 47 points",
        ),
        (
            difference(share("reopened", 300, 1_000), share("reopened", 200, 1_000)),
            "10 percentage points higher worse · between 6 percentage points and 14 percentage points",
        ),
        (difference(nps(30, 20, 10), nps(28, 20, 12)), "no real difference between -20 points and 33 points"),
        (difference(nps(3, 0, 0), nps(28, 20, 12)), "too few to compare"),
        (
            difference(
                durations("resolution", [DAY_S] * 40, [True] * 40),
                durations("resolution", [3 * DAY_S] * 40, [True] * 40),
            ),
            "2.0 days shorter better · between 2.0 days and 2.0 days",
        ),
        (
            difference(share("chosen", 50, 100), share("chosen", 20, 100)),
            "30 percentage points higher between",
        ),
    ],
)
def test_a_difference_is_said_as_its_interval_allows(found: Difference, said: str) -> None:
    assert plain(figures.difference_cell(found, EN)).startswith(said)


def test_colour_follows_what_is_better_and_nothing_real_has_none() -> None:
    worse = figures.difference_cell(difference(nps(400, 200, 400), nps(600, 200, 200)), EN)
    assert "tone-bad" in worse.svg
    none = figures.difference_cell(difference(nps(30, 20, 10), nps(28, 20, 12)), EN)
    assert "tone-" not in none.svg
    assert figures.difference_cell(None, EN).svg == ""


def test_a_large_figure_shows_an_arrow_only_where_the_change_is_real() -> None:
    now = nps(600, 200, 200)
    real = figures.figure_stat(now, EN, difference=difference(now, nps(400, 200, 400)), since="since March")
    assert real.change is not None
    assert (real.change.text, real.change.direction, real.change.tone) == ("40", "up", "good")
    assert real.basis == "95% between 35 and 45 · n = 1,000 · 40 points higher since March"
    chance = figures.figure_stat(now, EN, difference=difference(now, nps(61, 20, 19)), since="since March")
    assert chance.change is None
    assert chance.basis.endswith("no real change since March")
    assert figures.change(difference(now, nps(61, 20, 19)), EN).direction == "level"
    assert figures.figure_stat(nps(1, 0, 0), EN, label="Score").unit is None


def test_a_table_of_figures_compares_where_there_is_something_to_compare() -> None:
    table = measured.channels(EN)
    assert [column.label for column in table.columns] == [
        "Channel",
        "Net Promoter Score",
        "Promises kept",
        "Score against the other channels",
    ]
    assert all(len(row.cells) == 4 for row in table.rows)
    alone = figures.figures_table(
        caption="c", of="Shop", rows=[figures.FigureRow(label="Utrecht", figures=(nps(10, 1, 1),))], words=EN
    )
    assert [column.label for column in alone.columns] == ["Shop", "Net Promoter Score"]
    assert figures.figures_table(caption="c", of="Shop", rows=[], words=EN).rows == ()


def test_bars_of_durations_in_one_column_share_a_scale() -> None:
    rows = [
        figures.FigureRow(
            label=str(days), figures=(durations("resolution", [days * DAY_S] * 40, [True] * 40),)
        )
        for days in (1, 4)
    ]
    table = figures.figures_table(caption="c", of="Team", rows=rows, words=EN)
    cells = [row.cells[1] for row in table.rows]
    places = [
        float(rect.get("x", "").rstrip("%"))
        for cell in cells
        if isinstance(cell, Drawing)
        for rect in ET.fromstring(f"<cell>{cell.svg}</cell>").iter("rect")
        if rect.get("class") == "fill-accent"
    ]
    assert places == [25.0, 97.5]


def test_weighted_answers_say_what_they_are_worth() -> None:
    population = {"web": 1_000, "shop": 1_000}
    found = post_stratified("nps", {"web": {10: 60, 0: 20}, "shop": {10: 5, 0: 15}}, population).figure
    assert figures.basis(found, EN).endswith("n = 100, weighted as 64")
    thin = post_stratified("nps", {"web": {10: 90}, "shop": {0: 1}}, population).figure
    assert figures.basis(thin, EN) == "n = 91, which weighted say as much as 4; shown from 10 on"


def test_a_recovery_always_comes_with_its_warning() -> None:
    pairs = [(2.0, 6.0)] * 40
    assert "would have come by itself" in figures.recovery_warning(recovery(pairs), EN)
    held = figures.recovery_warning(recovery(pairs, [(2.0, 3.0), (2.0, 5.0)] * 20), EN)
    assert "went up by 2.0" in held
    assert "2.0 higher" in held


def test_every_metric_is_defined_in_words_of_both_languages() -> None:
    for one in METRICS.values():
        assert figures.definition(one, EN) != figures.definition(one, NL)
        assert one.method in figures.definition(one, EN)


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(str(chart.svg))


def test_a_period_with_too_few_is_a_gap_and_its_value_is_nowhere() -> None:
    chart = trend_chart(name="t", title="Score", points=measured.weeks(), words=EN)
    lines = list(drawn(chart).iter("polyline"))
    assert [len(one.get("points", "").split()) for one in lines] == [4, 2, 1, 2]
    assert len([one for one in drawn(chart).iter("circle") if one.get("class") == "fill-accent"]) == 1
    assert measured.course() == "rising"
    assert (
        chart.sentence
        == "From 14 to 50; over the whole time: rising. 3 periods have too few and are not drawn."
    )
    assert [getattr(cell, "text", "") for cell in chart.table.rows[4].cells][1:] == ["too few", "", "", "4"]
    assert chart.title == "Score (points)"


def test_one_period_is_no_trend() -> None:
    chart = trend_chart(name="t", title="Score", points=[(date(2026, 1, 1), nps(50, 30, 20))], words=EN)
    assert chart.sentence == "There are too few answers to show how it went."
    nothing = trend_chart(name="t", title="Score", points=[], words=EN)
    assert nothing.table.rows == ()


def test_shares_and_durations_have_axes_that_people_read() -> None:
    days = [date(2026, 1, 1), date(2026, 2, 1)]
    shares = [(day, share("promise_kept", 80, 100)) for day in days]
    assert trend_chart(name="t", title="Kept", points=shares, words=EN).title == "Kept (%)"
    times = [(day, durations("resolution", [4 * DAY_S] * 40, [True] * 40)) for day in days]
    assert trend_chart(name="t", title="Solved", points=times, words=EN).title == "Solved (days)"


def test_the_curve_falls_in_steps_from_all_to_what_is_still_open() -> None:
    chart = survival_chart(name="s", title="Open", survival=measured.curve(), words=EN)
    dots = [dot.split(",") for dot in next(drawn(chart).iter("polyline")).get("points", "").split()]
    heights = [float(height) for _, height in dots]
    assert heights[0] == 0
    assert heights == sorted(heights)
    assert chart.sentence == "Half has ended after 2.9 days."
    waiting = open_shares([DAY_S] * 30, [True] * 3 + [False] * 27)
    assert survival_chart(name="s", title="Open", survival=waiting, words=EN).sentence == (
        "After 24 hours, 90% is still open."
    )
    nothing = survival_chart(name="s", title="Open", survival=open_shares([], []), words=EN)
    assert (nothing.sentence, nothing.table.rows) == ("Nothing has ended yet.", ())


def test_drivers_are_numbered_and_the_table_says_what_each_number_is() -> None:
    chart = quadrant_chart(name="d", drivers=measured.aspects(), labels=measured.LABELS, words=EN)
    titles = [one.text for one in drawn(chart).iter("title")][1:]
    assert titles == [
        "How long you waited",
        "The employee knew what to do",
        "You were told what would happen",
    ]
    said = [row.cells[3] for row in chart.table.rows]
    assert [one.text for one in said if isinstance(one, Badge | Text)] == [
        "look here first",
        "keep it so",
        "keep an eye on it",
        "not distinguishable from chance",
        "nothing can be said",
    ]
    assert "To look at first: How long you waited." in chart.sentence
    assert not re.search("cause|drive|because", chart.sentence)


def test_the_gallery_of_figures_uses_nothing_but_its_struct() -> None:
    for words in (EN, NL):
        page = assert_renders(renderer(), "gallery/measured.html", measured.measured(words))
        assert 'class="interval"' in page
