"""How often themes are named over the months: in a word for each theme, and as a chart with its intervals for one of them."""

from collections.abc import Sequence
from datetime import date

import msgspec

from beleef.feedback.voices.keeping import Period
from beleef.metrics import api as metrics
from beleef.metrics.api import Figure
from beleef.ui import figure_charts
from beleef.ui import figures as drawn
from beleef.ui.charts import Chart
from beleef.ui.components import Column, Row, Table, Text
from beleef.ui.components import Figure as Written
from beleef.ui.words import Words

_LEAST_MONTHS = 2
Months = Sequence[tuple[date, Period]]
"""The first day of each month and its comments."""


def chart(theme: str, label: str, months: Months, words: Words) -> Chart | None:
    """Return the share of each month's comments that name a theme; None where there are too few months to compare.

    Args:
        theme: Its name.
        label: What people call it.
        months: In order; the first ones without comments are left out.
        words: The reader's language.
    """
    told = _told(months)
    if len(told) < _LEAST_MONTHS:
        return None
    points = [(day, _share(one, theme)) for day, one in told]
    title = words.gettext("How often %(theme)s is named", theme=label)
    made = figure_charts.trend_chart(name="theme", title=title, points=points, words=words)
    return msgspec.structs.replace(made, table=_table(title, theme, told, words))


def course(theme: str, months: Months, words: Words) -> str:
    """Return in a word how often a theme is named as the months go by: rising, falling, no real change."""
    return drawn.course_in_words(metrics.trend([_share(one, theme) for _, one in _told(months)]).word, words)


def _told(months: Months) -> Months:
    first = next((place for place, (_, one) in enumerate(months) if one.comments), len(months))
    return months[first:]


def _share(one: Period, theme: str) -> Figure:
    found = one.themes.get(theme)
    return metrics.share("chosen", found.comments if found else 0, one.comments)


def _table(title: str, theme: str, months: Months, words: Words) -> Table:
    headings = (words.gettext("Comments"), words.gettext("Named in"), words.gettext("Negative about it"))
    rows = []
    for day, one in months:
        found = one.themes.get(theme)
        counts = (one.comments, found.comments if found else 0, found.negative if found else 0)
        cells = (Written(text=words.number(count)) for count in counts)
        rows.append(
            Row(cells=(Text(text=words.day(day)), *cells, drawn.figure_cell(_share(one, theme), words)))
        )
    return Table(
        caption=title,
        columns=(
            Column(label=words.gettext("Month")),
            *(Column(label=heading, numeric=True) for heading in headings),
            Column(label=words.gettext("Share")),
        ),
        rows=tuple(rows),
    )
