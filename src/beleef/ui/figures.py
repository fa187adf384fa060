"""How a figure stands on a page: value, interval in words and as a bar, n; and what may be said of a difference.

Every figure of a metric goes through here, so that none is shown with too few observations or without its uncertainty.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from beleef.metrics.api import Course, Difference, Figure, Metric, Recovery, Unit, metric
from beleef.ui.components import Cell, Change, Column, Drawing, Link, Row, Stat, Table, Text, Tone
from beleef.ui.drawing import tag
from beleef.ui.words import Words

SECONDS: Final = (("seconds", 1.0), ("minutes", 60.0), ("hours", 3_600.0), ("days", 86_400.0))
_AT_LEAST_OF_UNIT: Final = 1.5
_BAR_WIDTH: Final = 112
_BAR_HEIGHT: Final = 8


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a table of figures: a group's name, one figure per column, and how it differs from what it is held against."""

    label: str
    figures: tuple[Figure, ...]
    difference: Difference | None = None
    href: str | None = None
    detail: str | None = None


def definition(one: Metric, words: Words) -> str:
    """Return how a metric is worked out, with its interval, in one sentence."""
    said = words.gettext(
        "%(formula)s. Interval: %(method)s.",
        formula=words.gettext(one.formula),
        method=words.gettext(one.method),
    )
    return said[:1].upper() + said[1:]


def value(figure: Figure, words: Words) -> str:
    """Return a figure's value for the reader, or why there is none."""
    if not figure.enough:
        return words.gettext("too few")
    if figure.value is None:
        return (
            words.gettext("more than %(low)s", low=_amount(figure, figure.low, words))
            if figure.low is not None
            else words.gettext("not known yet")
        )
    return _amount(figure, figure.value, words)


def interval(figure: Figure, words: Words) -> str:
    """Return a figure's 95% interval in words; empty where there is none to show."""
    if not figure.enough or figure.low is None:
        return ""
    low = _amount(figure, figure.low, words)
    if figure.high is None:
        return words.gettext("95%%: %(low)s or more", low=low)
    return words.gettext(
        "95%% between %(low)s and %(high)s", low=low, high=_amount(figure, figure.high, words)
    )


def basis(figure: Figure, words: Words) -> str:
    """Return what a figure rests on: its interval and n, or how many observations are still missing."""
    least = metric(figure.metric).least_n
    if not figure.enough and figure.effective_n is not None and figure.n >= least:
        return words.gettext(
            "n = %(n)s, which weighted say as much as %(effective)s; shown from %(least)s on",
            n=words.number(figure.n),
            effective=words.number(figure.effective_n, 0),
            least=words.number(least),
        )
    if not figure.enough:
        return words.gettext(
            "n = %(n)s; shown from %(least)s on", n=words.number(figure.n), least=words.number(max(1, least))
        )
    parts = [interval(figure, words), _observations(figure, words)]
    return " · ".join(part for part in parts if part)


def figure_cell(figure: Figure, words: Words, *, bounds: tuple[float, float] | None = None) -> Drawing:
    """Return a figure as a cell: its value, a small bar of its interval, and both in words.

    Args:
        figure: The figure.
        words: The reader's language.
        bounds: What the bar runs from and to; without them the metric's own, and where it has none no bar is drawn.
    """
    ends = bounds or metric(figure.metric).bounds
    bar = _bar(figure, ends) if ends else Markup("")
    return Drawing(
        svg=Markup('<span class="figure">%s</span> %s<span class="second">%s</span>')
        % (value(figure, words), bar, basis(figure, words))
    )


def difference_cell(difference: Difference | None, words: Words) -> Drawing:
    """Return what may be said of a difference as a cell; None is an empty one."""
    if difference is None:
        return Drawing(svg=Markup(""))
    said = difference_in_words(difference, words, over_time=False)
    verdict = {None: "", True: words.gettext("better"), False: words.gettext("worse")}[difference.is_good]
    detail = " · ".join(part for part in (verdict, _range(difference, words)) if part)
    tone = _tone(difference.is_good)
    # A neutral tone of its own would be as strong as the others; soft letters say that nothing is said.
    look = f"change tone-{tone}" if difference.is_real else "soft"
    second = Markup('<span class="second">%s</span>') % detail if detail else Markup("")
    return Drawing(svg=Markup('<span class="%s">%s</span>%s') % (look, said, second))


def difference_in_words(difference: Difference, words: Words, *, over_time: bool = True) -> str:
    """Return what may be said of a difference: "5 points higher", "no real change", "too few to compare".

    Args:
        difference: What was found.
        words: The reader's language.
        over_time: Whether the figure is compared with what it was before, rather than with another group.
    """
    if difference.word == "too few" or difference.value is None:
        return words.gettext("too few to compare")
    if not difference.is_real:
        return words.gettext("no real change") if over_time else words.gettext("no real difference")
    amount = _size(difference, abs(difference.value), words)
    is_time = metric(difference.metric).unit == "seconds"
    match difference.word, is_time:
        case "higher", False:
            return words.gettext("%(amount)s higher", amount=amount)
        case "higher", True:
            return words.gettext("%(amount)s longer", amount=amount)
        case _, False:
            return words.gettext("%(amount)s lower", amount=amount)
        case _:
            return words.gettext("%(amount)s shorter", amount=amount)


def course_in_words(course: Course, words: Words) -> str:
    """Return in a word how a figure went over periods."""
    match course:
        case "rising":
            return words.gettext("rising")
        case "falling":
            return words.gettext("falling")
        case "no real change":
            return words.gettext("no real change")
        case _:
            return words.gettext("too few to compare")


def change(difference: Difference, words: Words) -> Change:
    """Return a difference as the change of a ``Stat``, where there is room for a number only: its unit stands with the figure."""
    if not difference.is_real or difference.value is None:
        return Change(text=difference_in_words(difference, words), direction="level")
    unit, size = metric(difference.metric).unit, abs(difference.value)
    is_share = unit == "share"
    return Change(
        text=words.number(100 * size, 0) if is_share else written(unit, size, _width(difference), words),
        direction="up" if difference.value > 0 else "down",
        tone=_tone(difference.is_good),
    )


def figure_stat(
    figure: Figure,
    words: Words,
    *,
    label: str = "",
    difference: Difference | None = None,
    since: str = "",
    href: str | None = None,
) -> Stat:
    """Return a figure as a large one.

    Args:
        figure: The figure.
        words: The reader's language.
        label: In place of the metric's own.
        difference: Against what came before; None shows none.
        since: Against what a real difference is: "since March".
        href: Where to see more.
    """
    is_score = figure.enough and figure.value is not None
    rests_on = basis(figure, words)
    if difference is not None:
        rests_on += f" · {difference_in_words(difference, words)} {since}".rstrip()
    return Stat(
        label=label or words.gettext(metric(figure.metric).label),
        figure=value(figure, words),
        unit=words.gettext("points") if figure.unit == "points" and is_score else None,
        basis=rests_on,
        change=change(difference, words) if difference is not None and difference.is_real else None,
        href=href,
    )


def figures_table(
    *, caption: str, of: str, rows: Sequence[FigureRow], words: Words, against: str = ""
) -> Table:
    """Return groups below each other with their figures; bars of one column share one scale.

    Args:
        caption: What the table holds.
        of: Heading of the first column: "Channel".
        rows: Each with the same metrics in the same order.
        words: The reader's language.
        against: Heading of the last column: "Against the other channels"; that column is there where a row has a difference.
    """
    columns = [metric(one.metric) for one in rows[0].figures] if rows else []
    ends = [_ends(one, [row.figures[place] for row in rows]) for place, one in enumerate(columns)]
    compares = any(row.difference is not None for row in rows)
    headings = [of, *(words.gettext(one.label) for one in columns), *([against] if compares else [])]
    return Table(
        caption=caption,
        columns=tuple(Column(label=heading) for heading in headings),
        rows=tuple(
            Row(
                cells=(
                    _named(row),
                    *(
                        figure_cell(one, words, bounds=bounds)
                        for one, bounds in zip(row.figures, ends, strict=True)
                    ),
                    *((difference_cell(row.difference, words),) if compares else ()),
                )
            )
            for row in rows
        ),
    )


def recovery_warning(found: Recovery, words: Words) -> str:
    """Return what must be known to read a recovery: how much of it would have come by itself."""
    if found.untreated is None:
        return words.gettext(
            "Part of this would have come by itself: who scores very low tends to score higher next time. Nobody with as low a score "
            "is known who was not helped, so how large that part is cannot be said."
        )
    return words.gettext(
        "Who scores very low tends to score higher next time. People with as low a score who were not helped went up by %(others)s; "
        "held against them the help is: %(difference)s.",
        others=value(found.untreated, words),
        difference=words.gettext("too few to compare")
        if found.beyond is None
        else difference_in_words(found.beyond, words),
    )


def written(unit: Unit, amount: float, width: float, words: Words) -> str:
    """Return an amount of a unit, with as many decimals as the width of its interval allows.

    Args:
        unit: The amount's unit.
        amount: The amount.
        width: Width of the interval, in the same unit; of infinite ones anything large.
        words: The reader's language.
    """
    match unit:
        case "points":
            return words.number(amount, 0 if width >= 2 else 1)
        case "share":
            return words.percent(amount, 0 if width >= 0.02 else 1)
        case "seconds":
            return duration(amount, words)
        case "per 1,000":
            return words.number(amount, 1 if width >= 0.2 else 2)
        case _:
            return words.number(amount, 1 if width >= 0.2 else 2)


def duration(seconds: float, words: Words) -> str:
    """Return a length of time with one decimal in its largest fitting unit: "4.3 days", "35 minutes"."""
    name, size = next(
        (
            (name, size)
            for name, size in reversed(SECONDS)
            if abs(seconds) >= size * _AT_LEAST_OF_UNIT or size == 1
        ),
    )
    amount = seconds / size
    number = words.number(amount, 0 if name == "seconds" or abs(amount) >= 20 else 1)
    return in_unit(name, number, words)


def in_unit(name: str, number: str, words: Words) -> str:
    """Return a written number of ``seconds``, ``minutes``, ``hours`` or ``days``."""
    match name:
        case "seconds":
            return words.gettext("%(number)s seconds", number=number)
        case "minutes":
            return words.gettext("%(number)s minutes", number=number)
        case "hours":
            return words.gettext("%(number)s hours", number=number)
        case _:
            return words.gettext("%(number)s days", number=number)


def _amount(figure: Figure, amount: float | None, words: Words) -> str:
    if amount is None:
        return words.gettext("unknown")
    return written(figure.unit, amount, _width(figure), words)


def _width(of: Figure | Difference) -> float:
    return of.high - of.low if of.low is not None and of.high is not None else float("inf")


def _observations(figure: Figure, words: Words) -> str:
    if figure.unit == "per 1,000":
        return words.gettext(
            "%(n)s of %(exposure)s", n=words.number(figure.n), exposure=words.number(figure.exposure, 0)
        )
    if figure.effective_n is not None:
        return words.gettext(
            "n = %(n)s, weighted as %(effective)s",
            n=words.number(figure.n),
            effective=words.number(figure.effective_n, 0),
        )
    return words.gettext("n = %(n)s", n=words.number(figure.n))


def _size(difference: Difference, amount: float, words: Words) -> str:
    """Return the size of a difference with its unit."""
    unit, width = metric(difference.metric).unit, _width(difference)
    match unit:
        case "points":
            return words.gettext("%(number)s points", number=written(unit, amount, width, words))
        case "share":
            number = words.number(100 * amount, 0 if width >= 0.02 else 1)
            return words.gettext("%(number)s percentage points", number=number)
        case _:
            return written(unit, amount, width, words)


def _range(difference: Difference, words: Words) -> str:
    """Return between what a difference lies, in the direction of its word; empty where a bound is not known."""
    low, high = difference.low, difference.high
    if low is None or high is None or difference.word == "too few":
        return ""
    if difference.word == "lower":
        low, high = -high, -low
    return words.gettext(
        "between %(low)s and %(high)s",
        low=_size(difference, low, words),
        high=_size(difference, high, words),
    )


def _tone(is_good: bool | None) -> Tone:
    return "neutral" if is_good is None else "good" if is_good else "bad"


def _named(row: FigureRow) -> Cell:
    if row.href:
        return Link(text=row.label, href=row.href, detail=row.detail)
    return Text(text=row.label, detail=row.detail)


def _ends(one: Metric, figures: Sequence[Figure]) -> tuple[float, float] | None:
    """Return what the bars of a column run from and to: the metric's own ends, else 0 and the highest bound in it."""
    known = [
        bound
        for figure in figures
        if figure.enough
        for bound in (figure.low, figure.value, figure.high)
        if bound is not None
    ]
    if one.bounds or not known:
        return one.bounds
    return (min(0.0, *known), max(known)) if max(known) > min(0.0, *known) else None


def _bar(figure: Figure, ends: tuple[float, float]) -> Markup:
    """Return the bar; the words beside it say the same, so that it is hidden from those who hear the page."""
    if not figure.enough or figure.value is None or figure.low is None:
        return Markup("")
    start, end = ends
    low, middle, high = (
        100 * min(1.0, max(0.0, (bound - start) / (end - start)))
        for bound in (figure.low, figure.value, end if figure.high is None else figure.high)
    )
    place = {"y": 0, "height": _BAR_HEIGHT}
    return tag(
        "svg",
        {"class": "interval", "width": _BAR_WIDTH, "height": _BAR_HEIGHT, "aria-hidden": "true"},
        tag("rect", {"class": "bars-track", "width": "100%", "rx": 4, **place}),
        tag(
            "rect",
            {
                "class": "interval-range",
                "x": f"{low:.2f}%",
                "width": f"{max(high - low, 1):.2f}%",
                "rx": 4,
                **place,
            },
        ),
        tag(
            "rect", {"class": "fill-accent", "x": f"{min(middle, 97.5):.2f}%", "width": 3, "rx": 1.5, **place}
        ),
    )
