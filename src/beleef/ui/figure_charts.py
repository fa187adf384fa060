"""Charts of figures: a trend with its band, and the share that is still open over time.

Each comes with a sentence that says no more than its intervals allow, and with the table that it was drawn from.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from markupsafe import Markup

from beleef.metrics.api import Figure, Survival, Unit, trend
from beleef.ui.charts import Chart
from beleef.ui.components import Column, Row, Table, Text
from beleef.ui.components import Figure as Written
from beleef.ui.drawing import (
    HEIGHT,
    Scale,
    day_labels,
    grid,
    line_and_band,
    plot,
    point_marks,
    scale,
    scale_between,
    tag,
)
from beleef.ui.figures import SECONDS, basis, course_in_words, duration, in_unit, value, written
from beleef.ui.words import Words

_STEPS: Final = 4
_TOP: Final = 14
_ROWS_OF_A_CURVE: Final = 10
_MOST_LABELS: Final = 4


class _Shown(NamedTuple):
    """How values of a unit stand on an axis: what they are multiplied by, and what the axis is in."""

    factor: float
    unit: str


def trend_chart(*, name: str, title: str, points: Sequence[tuple[date, Figure]], words: Words) -> Chart:
    """Return a figure per period as a line over the band of its intervals; periods with too few leave a gap.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        title: What is shown; the unit is added.
        points: First day of each period and its figure, in order, all of one metric.
        words: The reader's language.
    """
    figures = [figure for _, figure in points]
    shown = _axis_unit(figures, words)
    lines = [_bounds(figure, shown.factor) for figure in figures]
    axis = _axis(figures, lines)
    marks, notes = _marked(points, lines, words)
    said = _trend_sentence(figures, words)
    return Chart(
        name=name,
        title=f"{title} ({shown.unit})" if shown.unit else title,
        svg=plot(
            name,
            title,
            said,
            grid(axis, words),
            *_segments(lines, axis),
            point_marks(marks, notes, axis),
            day_labels([day for day, _ in points], words),
        ),
        sentence=said,
        table=_trend_table(title, points, words),
    )


def survival_chart(*, name: str, title: str, survival: Survival, words: Words) -> Chart:
    """Return which share is still open after how long, with its pointwise band; arguments as for ``trend_chart``."""
    longest = survival.seconds[-1] if survival.seconds else 1.0
    unit, size = next(((unit, size) for unit, size in reversed(SECONDS) if longest >= 2 * size), SECONDS[0])
    axis = scale_between(0, 100)
    said = _curve_sentence(survival, words)
    across = scale(longest / size or 1)
    return Chart(
        name=name,
        title=f"{title} (%)",
        svg=plot(
            name,
            title,
            said,
            grid(axis, words),
            _stairs(survival, across.high * size),
            _time_labels(across, unit, words),
        ),
        sentence=said,
        table=_curve_table(title, survival, words),
    )


def _axis_unit(figures: Sequence[Figure], words: Words) -> _Shown:
    unit: Unit = figures[0].unit if figures else "score"
    match unit:
        case "share":
            return _Shown(100.0, "%")
        case "points":
            return _Shown(1.0, words.gettext("points"))
        case "seconds":
            most = max((figure.value for figure in figures if figure.enough and figure.value), default=0.0)
            name, size = next(
                ((name, size) for name, size in reversed(SECONDS) if most >= 2 * size), SECONDS[0]
            )
            return _Shown(1 / size, in_unit(name, "", words).strip())
        case _:
            return _Shown(1.0, "")


def _bounds(figure: Figure, factor: float) -> tuple[float, float, float] | None:
    """Return low, value and high on the axis; None leaves a gap. A bound that is not known is the value itself."""
    if not figure.enough or figure.value is None:
        return None
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    return low * factor, figure.value * factor, high * factor


def _axis(figures: Sequence[Figure], lines: Sequence[tuple[float, float, float] | None]) -> Scale:
    """Return an axis in round steps around what is drawn: from 0 where the unit has no lowest value below it."""
    drawn = [bound for line in lines if line for bound in line]
    if not drawn:
        return scale(0)
    if figures[0].unit in {"seconds", "times", "per 1,000"}:
        return scale(max(drawn))
    low, high = min(drawn), max(drawn)
    rough = max(high - low, 1e-6) / _STEPS
    power = 10 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)
    first, last = math.floor(low / step), math.ceil(high / step)
    return Scale(
        low=first * step,
        high=max(last, first + 1) * step,
        ticks=tuple(round(place * step, 10) for place in range(first, max(last, first + 1) + 1)),
    )


def _segments(lines: Sequence[tuple[float, float, float] | None], axis: Scale) -> list[Markup]:
    """Return the line and band of each run of periods without a gap, each at its own place on the axis of all periods."""
    parts, start = [], 0
    while start < len(lines):
        end = start
        while end < len(lines) and lines[end] is not None:
            end += 1
        run = [line for line in lines[start:end] if line is not None]
        if run:
            drawn = line_and_band([line[1] for line in run], [(line[0], line[2]) for line in run], axis)
            place = {"x": f"{100 * start / len(lines):.3f}%", "width": f"{100 * len(run) / len(lines):.3f}%"}
            parts.append(tag("svg", {**place, "height": _TOP + HEIGHT, "overflow": "visible"}, drawn))
            parts += [_alone(run[0], (start + 0.5) / len(lines), axis)] if len(run) == 1 else []
        start = max(end, start + 1)
    return parts


def _alone(line: tuple[float, float, float], place: float, axis: Scale) -> Markup:
    """Return the dot and whisker of a period between two gaps, which no line leads to."""
    x = f"{100 * place:.2f}%"
    whisker = {"x1": x, "x2": x, "y1": axis.height(line[0]), "y2": axis.height(line[2])}
    return tag(
        "g",
        {},
        tag("line", {"class": "plot-line", **whisker}),
        tag("circle", {"class": "fill-accent", "cx": x, "cy": axis.height(line[1]), "r": 3}),
    )


def _marked(
    points: Sequence[tuple[date, Figure]], lines: Sequence[tuple[float, float, float] | None], words: Words
) -> tuple[list[float], list[str]]:
    """Return where the mark of each period stands and its note; a gap's mark stands at the value before it."""
    marks, notes, last = [], [], next((line[1] for line in lines if line), 0.0)
    for (day, figure), line in zip(points, lines, strict=True):
        last = line[1] if line else last
        marks.append(last)
        notes.append(f"{words.day(day)}: {value(figure, words)} ({basis(figure, words)})")
    return marks, notes


def _trend_sentence(figures: Sequence[Figure], words: Words) -> str:
    told = [figure for figure in figures if figure.enough and figure.value is not None]
    if len(told) < 2:
        return words.gettext("There are too few answers to show how it went.")
    course = course_in_words(trend(figures).word, words)
    said = words.gettext(
        "From %(first)s to %(last)s; over the whole time: %(course)s.",
        first=value(told[0], words),
        last=value(told[-1], words),
        course=course,
    )
    gaps = len(figures) - len(told)
    if not gaps:
        return said
    return f"{said} " + words.ngettext(
        "%(num)s period has too few and is not drawn.",
        "%(num)s periods have too few and are not drawn.",
        gaps,
    )


def _trend_table(title: str, points: Sequence[tuple[date, Figure]], words: Words) -> Table:
    headings = [words.gettext("Value"), words.gettext("From"), words.gettext("To"), words.gettext("n")]
    return Table(
        caption=title,
        columns=(
            Column(label=words.gettext("Day")),
            *(Column(label=heading, numeric=True) for heading in headings),
        ),
        rows=tuple(
            Row(
                cells=(
                    Text(text=words.day(day)),
                    Written(text=value(figure, words)),
                    *(Written(text=_bound(figure, bound, words)) for bound in (figure.low, figure.high)),
                    Written(text=words.number(figure.n)),
                )
            )
            for day, figure in points
        ),
    )


def _bound(figure: Figure, bound: float | None, words: Words) -> str:
    if not figure.enough:
        return ""
    if bound is None:
        return words.gettext("unknown")
    low, high = figure.low, figure.high
    width = high - low if low is not None and high is not None else math.inf
    return written(figure.unit, bound, width, words)


def _stairs(survival: Survival, longest: float) -> Markup:
    """Return the falling line in steps, which is what the estimate is, over its band."""
    times = [0.0, *survival.seconds]
    share, low, high = ([1.0, *line] for line in (survival.share, survival.low, survival.high))
    dots, upper, lower = (_steps(times, line, longest) for line in (share, high, low))
    frame = {
        "class": "plot-curve",
        "y": _TOP,
        "width": "100%",
        "height": HEIGHT,
        "viewBox": f"0 0 100 {HEIGHT}",
        "preserveAspectRatio": "none",
    }
    return tag(
        "svg",
        frame,
        tag("polygon", {"class": "plot-band", "points": " ".join([*upper, *reversed(lower)])}),
        tag("polyline", {"class": "plot-line", "points": " ".join(dots)}),
    )


def _steps(times: Sequence[float], shares: Sequence[float], longest: float) -> list[str]:
    dots, before = [], shares[0]
    for moment, share in zip(times, shares, strict=True):
        x = 100 * moment / longest
        dots += [f"{x:.2f},{HEIGHT * (1 - before):.1f}", f"{x:.2f},{HEIGHT * (1 - share):.1f}"]
        before = share
    return dots


def _time_labels(across: Scale, unit: str, words: Words) -> Markup:
    every = max(1, math.ceil((len(across.ticks) - 1) / _MOST_LABELS))
    shown = across.ticks[every::every]
    last = len(shown) - 1
    labels = [
        tag(
            "text",
            {
                "class": "plot-label" if (last - place) % 2 == 0 else "plot-label plot-label-minor",
                "x": f"{100 * tick / across.high:.2f}%",
                "y": _TOP + HEIGHT + 20,
                "text-anchor": "end" if tick == across.high else "middle",
            },
            in_unit(unit, words.number(tick), words),
        )
        for place, tick in enumerate(shown)
    ]
    return tag("g", {"aria-hidden": "true"}, *labels)


def _curve_sentence(survival: Survival, words: Words) -> str:
    half = next((place for place, share in enumerate(survival.share) if share <= 0.5), None)
    if not survival.seconds:
        return words.gettext("Nothing has ended yet.")
    if half is None:
        return words.gettext(
            "After %(time)s, %(share)s is still open.",
            time=duration(survival.seconds[-1], words),
            share=words.percent(survival.share[-1]),
        )
    return words.gettext("Half has ended after %(time)s.", time=duration(survival.seconds[half], words))


def _curve_table(title: str, survival: Survival, words: Words) -> Table:
    count = len(survival.seconds)
    places = sorted({round(step * (count - 1) / (_ROWS_OF_A_CURVE - 1)) for step in range(_ROWS_OF_A_CURVE)})
    headings = [words.gettext("Still open"), words.gettext("From"), words.gettext("To"), words.gettext("n")]
    return Table(
        caption=title,
        columns=(
            Column(label=words.gettext("After")),
            *(Column(label=heading, numeric=True) for heading in headings),
        ),
        rows=tuple(
            Row(
                cells=(
                    Text(text=duration(survival.seconds[place], words)),
                    *(
                        Written(text=words.percent(line[place]))
                        for line in (survival.share, survival.low, survival.high)
                    ),
                    Written(text=words.number(survival.at_risk[place])),
                )
            )
            for place in places
            if count
        ),
    )
