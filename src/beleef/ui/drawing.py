"""The pieces of SVG that charts are drawn from: axis, grid, bars, lines. They know numbers and places, not what is shown.

Across, places are percentages; down, they are pixels. So a drawing fills any width while its letters keep their size.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from markupsafe import Markup, escape

from beleef.ui.words import Words

HEIGHT: Final = 180
"""Height of the plot in pixels, without the labels above and below it."""

_TOP: Final = 14
_BOTTOM: Final = 26
_TICKS: Final = 4
_DAY_LABELS: Final = 8
_BAR_SHARE: Final = 0.74


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """The vertical axis: its lowest and highest value and the values that get a line."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def height(self, value: float) -> float:
        """Return how far below the drawing's top a value stands, in pixels."""
        return round(_TOP + HEIGHT * (1 - (value - self.low) / (self.high - self.low)), 1)


def scale(most: float) -> Scale:
    """Return an axis from 0 that holds ``most``: about four steps of 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return Scale(low=0, high=1, ticks=(0, 1))
    rough = most / _TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)
    # Without the small allowance, 0.3 / 0.1 would count as a little more than 3 steps.
    count = math.ceil(most / step - 1e-9)
    return Scale(low=0, high=count * step, ticks=tuple(round(index * step, 10) for index in range(count + 1)))


def scale_between(low: float, high: float) -> Scale:
    """Return an axis between two bounds, in four equal steps; ``high`` must be above ``low``."""
    step = (high - low) / _TICKS
    return Scale(
        low=low, high=high, ticks=tuple(round(low + index * step, 10) for index in range(_TICKS + 1))
    )


def tag(name: str, attributes: dict[str, object], *children: object) -> Markup:
    """Return an element; values of attributes and children that are not markup are escaped."""
    written = Markup("").join(Markup(' %s="%s"') % (key, value) for key, value in attributes.items())
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)  # noqa: S704 -- element names are ours


def plot(name: str, title: str, sentence: str, *parts: Markup) -> Markup:
    """Return the whole drawing, named by ``title`` and described by ``sentence`` for those who cannot see it."""
    return tag(
        "svg",
        {
            "class": "plot",
            "role": "img",
            "width": "100%",
            "height": _TOP + HEIGHT + _BOTTOM,
            "aria-labelledby": f"{name}-plot-title {name}-plot-desc",
        },
        tag("title", {"id": f"{name}-plot-title"}, title),
        tag("desc", {"id": f"{name}-plot-desc"}, sentence),
        *parts,
    )


def grid(axis: Scale, words: Words) -> Markup:
    """Return the lines of the axis with their values, left of the plot."""
    lines = []
    for tick in axis.ticks:
        y = axis.height(tick)
        lines.append(tag("line", {"class": "plot-grid", "x1": 0, "x2": "100%", "y1": y, "y2": y}))
        label = {"class": "plot-label", "x": -8, "y": y + 4, "text-anchor": "end"}
        lines.append(tag("text", label, words.compact(tick)))
    return tag("g", {"aria-hidden": "true"}, *lines)


def day_labels(days: Sequence[date], words: Words) -> Markup:
    """Return the names of some days below the plot; every second one gives way where there is little room."""
    every = max(1, math.ceil(len(days) / _DAY_LABELS))
    labels = [
        tag(
            "text",
            {
                "class": "plot-label" if place % 2 == 0 else "plot-label plot-label-minor",
                "x": _percent(_middle(index, len(days))),
                "y": _TOP + HEIGHT + 20,
                "text-anchor": "middle",
            },
            words.short_day(days[index]),
        )
        for place, index in enumerate(range(every // 2, len(days), every))
    ]
    return tag("g", {"aria-hidden": "true"}, *labels)


def stack(index: int, count: int, pieces: Sequence[tuple[str, float]], axis: Scale, note: str) -> Markup:
    """Return bar ``index`` of ``count``: (look, value) pieces upon each other, with ``note`` on pointing."""
    width = 100 / count
    left = _percent(index * width + width * (1 - _BAR_SHARE) / 2)
    rects = []
    base = 0.0
    for look, value in pieces:
        if value > 0:
            y = axis.height(base + value)
            # One pixel between pieces, so that neighbours are told apart by more than colour.
            height = round(max(axis.height(base) - y - 1, 0.6), 1)
            place = {"x": left, "y": y, "width": _percent(width * _BAR_SHARE), "height": height}
            rects.append(tag("rect", {"class": f"fill-{look}", **place}))
        base += value
    return tag("g", {"class": "plot-day"}, tag("title", {}, note), _hit(index, count), *rects)


def line_and_band(
    values: Sequence[float], bands: Sequence[tuple[float | None, float | None]], axis: Scale
) -> Markup:
    """Return a line through ``values`` over the band of their (low, high) bounds; points without both have no band."""
    count = len(values)
    bounded = [
        (_middle(i, count), lo, hi) for i, (lo, hi) in enumerate(bands) if lo is not None and hi is not None
    ]
    edge = [f"{x:.2f},{axis.height(high) - _TOP:.1f}" for x, _, high in bounded]
    edge += [f"{x:.2f},{axis.height(low) - _TOP:.1f}" for x, low, _ in reversed(bounded)]
    dots = [
        f"{_middle(index, count):.2f},{axis.height(value) - _TOP:.1f}" for index, value in enumerate(values)
    ]
    # Polylines know no percentages; a nested drawing that is stretched in width alone stands in for them.
    frame = {
        "y": _TOP,
        "width": "100%",
        "height": HEIGHT,
        "viewBox": f"0 0 100 {HEIGHT}",
        "preserveAspectRatio": "none",
    }
    return tag(
        "svg",
        {"class": "plot-curve", **frame},
        tag("polygon", {"class": "plot-band", "points": " ".join(edge)}),
        tag("polyline", {"class": "plot-line", "points": " ".join(dots)}),
    )


def point_marks(values: Sequence[float], notes: Sequence[str], axis: Scale) -> Markup:
    """Return, for each value, a dot that appears on pointing, with its note."""
    count = len(values)
    marks = [
        tag(
            "g",
            {"class": "plot-point"},
            tag("title", {}, note),
            _hit(index, count),
            tag("circle", {"cx": _percent(_middle(index, count)), "cy": axis.height(value), "r": 3.5}),
        )
        for index, (value, note) in enumerate(zip(values, notes, strict=True))
    ]
    return Markup("").join(marks)


def _hit(index: int, count: int) -> Markup:
    """Return the unseen strip that makes a whole column answer to pointing."""
    width = 100 / count
    place = {"x": _percent(index * width), "y": _TOP, "width": _percent(width), "height": HEIGHT}
    return tag("rect", {"class": "plot-hit", **place})


def _middle(index: int, count: int) -> float:
    return (index + 0.5) * 100 / count


def _percent(value: float) -> str:
    return f"{value:.2f}%"
