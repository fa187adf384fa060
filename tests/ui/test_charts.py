"""Charts: what they say equals what they draw, and everything in them can be read without seeing them."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from beleef.ui.charts import Bar, Chart, Point, Series, bar_list, line, sparkline, stacked_bars
from beleef.ui.drawing import HEIGHT, scale, scale_between
from beleef.ui.words import translator

EN, NL = translator("en"), translator("nl")
DAYS = [date(2026, 3, 1) + timedelta(days=index) for index in range(4)]
SERIES = [
    Series(look="web", label="Web", values=(100, 200, 50, 0)),
    Series(look="shop", label="Shop & more", values=(0, 100, 50, 0)),
]


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(str(chart.svg))


def bars() -> Chart:
    return stacked_bars(name="facts", title="Facts", days=DAYS, series=SERIES, words=EN)


def test_pieces_of_a_bar_are_as_high_as_their_share_of_the_axis() -> None:
    rects = [rect for rect in drawn(bars()).iter("rect") if rect.get("class", "").startswith("fill-")]
    assert len(rects) == 5, "a value of 0 is not drawn"
    # The axis ends at 300; each piece gives up one pixel to tell it from its neighbour.
    assert [round(float(rect.get("height", ""))) for rect in rects] == [
        round(value / 300 * HEIGHT - 1) for value in (100, 200, 100, 50, 50)
    ]


def test_a_chart_says_what_it_shows_in_words_and_figures() -> None:
    chart = bars()
    assert chart.sentence == "500 in all, most on Monday 2 March 2026 (300); Web is the largest with 70%."
    assert [item.figure for item in chart.legend] == ["350", "150"]
    assert [getattr(cell, "text", "") for cell in chart.table.rows[1].cells] == [
        "2 Mar 2026",
        "200",
        "100",
        "300",
    ]
    assert [column.label for column in chart.table.columns] == ["Day", "Web", "Shop & more", "Total"]


@pytest.mark.parametrize(
    "chart", [bars(), line(name="l", title="<T>", points=[Point(day=DAYS[0], value=1)], words=NL)]
)
def test_a_drawing_has_a_name_and_a_description_for_those_who_cannot_see_it(chart: Chart) -> None:
    root = drawn(chart)
    named = (root.get("aria-labelledby") or "").split()
    inside = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert [inside[name] for name in named] == [chart.title, chart.sentence]


def test_a_line_shows_its_interval_and_tells_it() -> None:
    points = [Point(day=day, value=4 + i / 10, low=3.8, high=4.5) for i, day in enumerate(DAYS)]
    chart = line(name="csat", title="CSAT", points=points, words=EN, digits=1, bounds=(1, 5))
    root = drawn(chart)
    band = root.find(".//polygon")
    assert band is not None
    assert len((band.get("points") or "").split()) == 2 * len(points)
    assert "Sunday 1 March 2026: 4.0 (between 3.8 and 4.5)" in [title.text for title in root.iter("title")]
    assert chart.sentence == "From 4.0 to 4.3; highest on Wednesday 4 March 2026 (4.3)."


def test_a_value_without_interval_has_none_in_the_table() -> None:
    chart = line(name="l", title="T", points=[Point(day=DAYS[0], value=3)], words=NL)
    assert [getattr(cell, "text", "") for cell in chart.table.rows[0].cells] == [
        "1 mrt 2026",
        "3",
        "onbekend",
        "onbekend",
    ]


def test_nothing_to_show_is_said_and_still_drawn() -> None:
    empty = stacked_bars(name="e", title="Facts", days=DAYS, series=[], words=EN)
    assert empty.sentence == "There is nothing to show for these days."
    assert drawn(empty).tag == "svg"
    assert drawn(stacked_bars(name="e", title="F", days=[], series=[], words=EN)).tag == "svg"
    assert drawn(line(name="e", title="F", points=[], words=EN)).tag == "svg"
    assert bar_list(name="e", title="F", bars=[], words=NL).sentence == "Er is nog niets te tonen."
    assert sparkline([1], label="one") == ""


def test_names_in_charts_are_text_and_never_markup() -> None:
    chart = bar_list(
        name="b", title="T", bars=[Bar(label="<b>", value=3, href='"x'), Bar(label="c", value=1)], words=EN
    )
    assert "&lt;b&gt;" in chart.svg
    assert '="&#34;x"' in chart.svg
    assert chart.sentence == "<b> is the largest: 3 of 4 (75%)."
    assert re.findall(r'class="fill-accent" width="([^"]+)"', chart.svg) == ["100.00%", "33.33%"]


def test_a_sparkline_touches_its_lowest_and_highest_value() -> None:
    assert 'points="0.0,30.0 50.0,2.0 100.0,16.0"' in sparkline([1, 3, 2], label="up and down")


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, (0, 1)), (0.3, (0, 0.1, 0.2, 0.3)), (7, (0, 2, 4, 6, 8)), (6506, (0, 2000, 4000, 6000, 8000)), (100, (0, 50, 100))],
)  # fmt: skip
def test_axes_have_round_figures_and_hold_the_highest_value(most: float, ticks: tuple[float, ...]) -> None:
    assert scale(most).ticks == ticks
    assert scale(most).high >= most


def test_an_axis_between_bounds_begins_at_the_lower() -> None:
    assert scale_between(1, 5).ticks == (1, 2, 3, 4, 5)
    assert scale_between(1, 5).height(5) + HEIGHT == scale_between(1, 5).height(1)
