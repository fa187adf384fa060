"""Key drivers on a page: numbered points by weight and performance, and the table that says what each of them allows to say.

It says "goes together with", because that is all that can be known from answers of one moment.
"""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from beleef.metrics.api import Driver, Drivers, Quadrant, Steady
from beleef.ui.charts import Chart
from beleef.ui.components import Badge, Cell, Column, Figure, Row, Table, Text
from beleef.ui.drawing import HEIGHT, Scale, grid, plot, scale_between, tag
from beleef.ui.words import Words

_TOP: Final = 14


def quadrant_chart(*, name: str, drivers: Drivers, labels: Mapping[str, str], words: Words) -> Chart:
    """Return drivers as numbered points: how much goes with them across, how well they score upwards.

    Args:
        name: Unique on the page; letters, digits and hyphens.
        drivers: Those without a scale, and those not told from noise, are in the table only.
        labels: What each driver is called; without one its name.
        words: The reader's language.
    """
    title = words.gettext("What goes together with the outcome, and how it scores")
    placed = [(place, one) for place, one in enumerate(drivers.drivers, 1) if one.quadrant is not None]
    rated = [one.performance for one in drivers.drivers if one.performance is not None]
    usual = sum(rated) / len(rated) if rated else 0.5
    said = _drivers_sentence(drivers, labels, words)
    axis = scale_between(0, 100)
    most = max((one.share for _, one in placed), default=1.0) * 1.15
    dots = [_dot(place, one, most, axis, labels) for place, one in placed]
    lines = _cross(1 / len(drivers.drivers) / most if drivers.drivers else 0.5, usual, axis)
    return Chart(
        name=name,
        title=title,
        svg=plot(name, title, said, grid(axis, words), lines, *dots, _axis_labels(words)),
        sentence=said,
        table=drivers_table(drivers=drivers, labels=labels, words=words),
    )


def drivers_table(*, drivers: Drivers, labels: Mapping[str, str], words: Words) -> Table:
    """Return drivers, the weightiest first, with interval, score and what to do with them; arguments as for ``quadrant_chart``."""
    headings = [
        words.gettext("Goes together with the outcome"),
        words.gettext("Share"),
        words.gettext("Mean score"),
        words.gettext("What it says"),
    ]
    rows = [
        _row(f"{place}. {labels.get(one.name, one.name)}", one, words)
        for place, one in enumerate(drivers.drivers, 1)
    ]
    rows += [_steady_row(labels.get(one.name, one.name), one, words) for one in drivers.steady]
    return Table(
        caption=words.gettext("One by one"),
        columns=tuple(Column(label=heading) for heading in headings),
        rows=tuple(rows),
    )


def _row(label: str, one: Driver, words: Words) -> Row:
    between = words.gettext(
        "95%% between %(low)s and %(high)s", low=words.percent(one.low), high=words.percent(one.high)
    )
    return Row(
        cells=(
            Text(text=label),
            Figure(text=words.percent(one.weight), detail=between),
            Figure(text=words.number(one.mean, 1)),
            _said_of(one, words),
        )
    )


def _steady_row(label: str, one: Steady, words: Words) -> Row:
    why = words.gettext(
        "%(share)s gave the same answer; it may still matter very much", share=words.percent(one.most_common)
    )
    return Row(
        cells=(
            Text(text=label),
            Figure(text=words.gettext("unknown")),
            Figure(text=words.number(one.mean, 1)),
            Text(text=words.gettext("nothing can be said"), detail=why),
        )
    )


def _dot(place: int, one: Driver, most: float, axis: Scale, labels: Mapping[str, str]) -> Markup:
    x, y = 100 * one.share / most, axis.height(100 * (one.performance or 0.0))
    return tag(
        "g",
        {},
        tag("title", {}, labels.get(one.name, one.name)),
        tag("circle", {"class": "fill-accent", "cx": f"{x:.2f}%", "cy": y, "r": 5}),
        tag("text", {"class": "plot-label", "x": f"{x:.2f}%", "y": y + 4, "dx": 9}, place),
    )


def _cross(across: float, up: float, axis: Scale) -> Markup:
    """Return the two lines that part the quadrants: the mean weight and the mean score."""
    x, y = f"{100 * min(across, 1):.2f}%", axis.height(100 * up)
    dashes = {"stroke-dasharray": "3 5"}
    return tag(
        "g",
        {"aria-hidden": "true"},
        tag("line", {"class": "plot-line", "x1": x, "x2": x, "y1": _TOP, "y2": _TOP + HEIGHT, **dashes}),
        tag("line", {"class": "plot-line", "x1": 0, "x2": "100%", "y1": y, "y2": y, **dashes}),
    )


def _axis_labels(words: Words) -> Markup:
    across, up = words.gettext("goes together more →"), words.gettext("↑ scores higher")
    look = {"class": "plot-label", "aria-hidden": "true"}
    return tag("text", {**look, "x": "100%", "y": _TOP + HEIGHT + 20, "text-anchor": "end"}, across) + tag(
        "text", {**look, "x": 4, "y": _TOP - 3}, up
    )


def _drivers_sentence(drivers: Drivers, labels: Mapping[str, str], words: Words) -> str:
    if not drivers.enough:
        return words.gettext(
            "There are %(n)s complete answers; %(least)s are needed to say what goes together with what.",
            n=words.number(drivers.n),
            least=words.number(drivers.least_n),
        )
    whole = words.gettext(
        "All together go with %(share)s of the differences in the outcome (95%% between %(low)s and %(high)s; n = %(n)s).",
        share=words.percent(drivers.r_squared),
        low=words.percent(drivers.low),
        high=words.percent(drivers.high),
        n=words.number(drivers.n),
    )
    first = [labels.get(one.name, one.name) for one in drivers.drivers if one.quadrant == "improve"]
    if not first:
        return whole
    return f"{whole} " + words.gettext("To look at first: %(names)s.", names=", ".join(first))


def _said_of(one: Driver, words: Words) -> Cell:
    if not one.is_distinguishable:
        return Text(text=words.gettext("not distinguishable from chance"))
    if one.quadrant is None:
        return Text(
            text=words.gettext("higher where the outcome is higher")
            if one.together == "up"
            else words.gettext("higher where the outcome is lower")
        )
    return _quadrant(one.quadrant, words)


def _quadrant(quadrant: Quadrant, words: Words) -> Badge:
    match quadrant:
        case "improve":
            return Badge(text=words.gettext("look here first"), tone="warn")
        case "keep":
            return Badge(text=words.gettext("keep it so"), tone="good")
        case "watch":
            return Badge(text=words.gettext("keep an eye on it"))
        case _:
            return Badge(text=words.gettext("good enough"))
