"""Charts as SVG made on the server, each with a sentence that says what it shows and the table it was drawn from.

Widths are percentages and heights pixels, so that a chart fills any width while its letters stay readable; colours are classes,
so that dark pages and readers who see few colours are served by the style sheet.
"""

from collections.abc import Sequence
from datetime import date

import msgspec
from markupsafe import Markup, escape

from beleef.ui.components import Channel, Column, Figure, Icon, Row, Table, Text
from beleef.ui.drawing import (
    day_labels,
    grid,
    line_and_band,
    plot,
    point_marks,
    scale,
    scale_between,
    stack,
    tag,
)
from beleef.ui.words import Words


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One colour of a stacked chart: a channel's look, its name and a value per day (0 or more)."""

    look: Channel
    label: str
    values: tuple[float, ...]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A value on a day, with the bounds of its interval where it is an estimate."""

    day: date
    value: float
    low: float | None = None
    high: float | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a bar list: a name, its value (0 or more) and optionally where it leads."""

    label: str
    value: float
    href: str | None = None
    look: Channel | None = None


class LegendItem(msgspec.Struct, frozen=True, kw_only=True):
    """A colour with its drawing, its name and its total."""

    look: Channel
    label: str
    figure: str

    @property
    def icon(self) -> Icon:
        """The drawing of the channel."""
        return self.look


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn chart.

    Attributes:
        name: Makes its ids unique on the page.
        title: What is shown, with its unit.
        svg: The drawing.
        sentence: What it says, in one sentence.
        table: The figures it was drawn from.
        legend: Its colours, in the order of drawing.
    """

    name: str
    title: str
    svg: Markup
    sentence: str
    table: Table
    legend: tuple[LegendItem, ...] = ()


def stacked_bars(
    *,
    name: str,
    title: str,
    days: Sequence[date],
    series: Sequence[Series],
    words: Words,
    sentence: str | None = None,
) -> Chart:
    """Return bars per day, each stacked of one piece per series.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        title: What is counted.
        days: In order.
        series: Each with one value of 0 or more per day.
        words: The reader's language.
        sentence: In place of the one that is made from the figures.
    """
    totals = [sum(one.values[index] for one in series) for index in range(len(days))]
    said = sentence or _stack_sentence(days, series, totals, words)
    axis = scale(max(totals, default=0))
    columns = [
        stack(
            index,
            len(days),
            [(one.look, one.values[index]) for one in series],
            axis,
            f"{words.long_day(day)}: {words.number(totals[index])}",
        )
        for index, day in enumerate(days)
    ]
    return Chart(
        name=name,
        title=title,
        svg=plot(name, title, said, grid(axis, words), *columns, day_labels(days, words)),
        sentence=said,
        table=_stack_table(title, days, series, totals, words),
        legend=_legend(series, words),
    )


def line(
    *,
    name: str,
    title: str,
    points: Sequence[Point],
    words: Words,
    digits: int = 0,
    bounds: tuple[float, float] | None = None,
    sentence: str | None = None,
) -> Chart:
    """Return a line over days with the band of its interval.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        title: What is measured, with its unit.
        points: In order of day.
        words: The reader's language.
        digits: Decimals of the values.
        bounds: Lowest and highest value that can be (1 and 5 for stars); else the axis starts at 0 and values are 0 or more.
        sentence: In place of the one that is made from the figures.
    """
    said = sentence or _line_sentence(points, words, digits)
    axis = (
        scale_between(*bounds)
        if bounds
        else scale(max((point.high or point.value for point in points), default=0))
    )
    middle = [point.value for point in points]
    bands = [(point.low, point.high) for point in points]
    marks = point_marks(middle, [_point_note(point, words, digits) for point in points], axis)
    labels = day_labels([point.day for point in points], words)
    return Chart(
        name=name,
        title=title,
        svg=plot(name, title, said, grid(axis, words), line_and_band(middle, bands, axis), marks, labels),
        sentence=said,
        table=_line_table(title, points, words, digits),
    )


def bar_list(
    *, name: str, title: str, bars: Sequence[Bar], words: Words, sentence: str | None = None
) -> Chart:
    """Return names with bars beside each other's, longest first as given; the arguments are as for ``stacked_bars``."""
    most = max((bar.value for bar in bars), default=0) or 1
    rows = Markup("").join(_bar_row(bar, bar.value / most, words) for bar in bars)
    columns = (Column(label=title), Column(label=words.gettext("Number"), numeric=True))
    table = Table(
        caption=title,
        columns=columns,
        rows=tuple(Row(cells=(Text(text=bar.label), Figure(text=words.number(bar.value)))) for bar in bars),
    )
    svg = Markup('<ol class="bars" aria-label="%s">%s</ol>') % (title, rows)
    return Chart(
        name=name, title=title, svg=svg, sentence=sentence or _bars_sentence(bars, words), table=table
    )


def sparkline(values: Sequence[float], *, label: str) -> Markup:
    """Return a small line without axes; ``label`` says in words what it shows, for those who cannot see it."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    spread = (high - low) or 1
    step = 100 / (len(values) - 1)
    dots = [
        f"{index * step:.1f},{30 - 28 * (value - low) / spread:.1f}" for index, value in enumerate(values)
    ]
    area = tag("polygon", {"class": "spark-area", "points": " ".join([f"{0},{32}", *dots, f"{100},{32}"])})
    curve = tag("polyline", {"class": "spark-line", "points": " ".join(dots)})
    return tag(
        "svg",
        {
            "class": "spark",
            "viewBox": "0 0 100 32",
            "preserveAspectRatio": "none",
            "role": "img",
            "aria-label": label,
        },
        area,
        curve,
    )


def _bar_row(bar: Bar, share: float, words: Words) -> Markup:
    label = Markup('<a href="%s">%s</a>') % (bar.href, bar.label) if bar.href else escape(bar.label)
    look = f"fill-{bar.look}" if bar.look else "fill-accent"
    drawing = tag(
        "svg",
        {"class": "bars-bar", "width": "100%", "height": 8, "aria-hidden": "true"},
        tag("rect", {"class": "bars-track", "width": "100%", "height": 8, "rx": 4}),
        tag("rect", {"class": look, "width": f"{100 * share:.2f}%", "height": 8, "rx": 4}),
    )
    return Markup(
        '<li><span class="bars-label">%s</span> <span class="bars-figure">%s</span>%s</li>'
    ) % (label, words.number(bar.value), drawing)  # fmt: skip


def _legend(series: Sequence[Series], words: Words) -> tuple[LegendItem, ...]:
    return tuple(
        LegendItem(look=one.look, label=one.label, figure=words.number(sum(one.values))) for one in series
    )


def _point_note(point: Point, words: Words, digits: int) -> str:
    note = f"{words.long_day(point.day)}: {words.number(point.value, digits)}"
    if point.low is None or point.high is None:
        return note
    low, high = words.number(point.low, digits), words.number(point.high, digits)
    return note + " " + words.gettext("(between %(low)s and %(high)s)", low=low, high=high)


def _stack_sentence(
    days: Sequence[date], series: Sequence[Series], totals: Sequence[float], words: Words
) -> str:
    whole = sum(totals)
    if not whole:
        return words.gettext("There is nothing to show for these days.")
    busiest = max(range(len(days)), key=lambda index: totals[index])
    first = max(series, key=lambda one: sum(one.values))
    return words.gettext(
        "%(total)s in all, most on %(day)s (%(most)s); %(first)s is the largest with %(share)s.",
        total=words.number(whole),
        day=words.long_day(days[busiest]),
        most=words.number(totals[busiest]),
        first=first.label,
        share=words.percent(sum(first.values) / whole),
    )


def _line_sentence(points: Sequence[Point], words: Words, digits: int) -> str:
    if not points:
        return words.gettext("There is nothing to show for these days.")
    highest = max(points, key=lambda point: point.value)
    return words.gettext(
        "From %(first)s to %(last)s; highest on %(day)s (%(most)s).",
        first=words.number(points[0].value, digits),
        last=words.number(points[-1].value, digits),
        day=words.long_day(highest.day),
        most=words.number(highest.value, digits),
    )


def _bars_sentence(bars: Sequence[Bar], words: Words) -> str:
    whole = sum(bar.value for bar in bars)
    if not whole:
        return words.gettext("There is nothing to show yet.")
    first = max(bars, key=lambda bar: bar.value)
    return words.gettext(
        "%(first)s is the largest: %(value)s of %(total)s (%(share)s).",
        first=first.label.rstrip("."),
        value=words.number(first.value),
        total=words.number(whole),
        share=words.percent(first.value / whole),
    )


def _stack_table(
    title: str, days: Sequence[date], series: Sequence[Series], totals: Sequence[float], words: Words
) -> Table:
    numeric = [Column(label=one.label, numeric=True) for one in series]
    columns = (
        Column(label=words.gettext("Day")),
        *numeric,
        Column(label=words.gettext("Total"), numeric=True),
    )
    rows = tuple(
        Row(
            cells=(
                Text(text=words.day(day)),
                *(Figure(text=words.number(one.values[index])) for one in series),
                Figure(text=words.number(totals[index])),
            )
        )
        for index, day in enumerate(days)
    )
    return Table(caption=title, columns=columns, rows=rows)


def _line_table(title: str, points: Sequence[Point], words: Words, digits: int) -> Table:
    labels = [words.gettext("Value"), words.gettext("From"), words.gettext("To")]
    columns = (Column(label=words.gettext("Day")), *(Column(label=label, numeric=True) for label in labels))
    rows = tuple(
        Row(
            cells=(
                Text(text=words.day(point.day)),
                *(
                    Figure(text=words.gettext("unknown") if value is None else words.number(value, digits))
                    for value in (point.value, point.low, point.high)
                ),
            )
        )
        for point in points
    )
    return Table(caption=title, columns=columns, rows=rows)
