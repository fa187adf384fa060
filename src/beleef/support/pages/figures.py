"""The figures of service: waiting, promises, complaints, what comes back; together and by channel, department, kind, team and colleague."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel.clock import DAY
from beleef.metrics.api import Figure, metric, share
from beleef.support.api import ServiceRules
from beleef.support.pages.parts import (
    Colleague,
    ListPage,
    SupportRoom,
    frame,
    href,
    label_in,
    rules_of,
    staff_name,
    to_cases,
)
from beleef.support.pages.wording import channel_name, kind_name
from beleef.ui.components import Callout, Column, EmptyState, Link, Row, Stat, Table, TabLink, Text
from beleef.ui.figures import FigureRow, definition, figure_stat, figures_table
from beleef.ui.forms import Field, FilterBar, Hidden, Option, Select
from beleef.ui.words import N_, Words

_PERIODS: Final = (30, 90, 365)
_USUAL: Final = 90
GROUPS: Final = {
    "": N_("Together"),
    "channel": N_("Channel"),
    "department": N_("Department"),
    "kind": N_("Kind"),
    "team": N_("Team"),
    "assignee": N_("Colleague"),
}
"""What the figures can be told apart by, as tabs."""
_COLUMNS: Final = ("first_response", "resolution", "promise_kept", "fcr", "reopened")
"""The figures of the tables by group; all others stand on the first tab, and in the list of what they mean."""


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the page."""

    @get("/cases/figures", sync_to_thread=True)
    def figures(request: AnyRequest, by: str = "", days: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        chosen = by if by in GROUPS else ""
        period = next((one for one in _PERIODS if str(one) == days), _USUAL)
        return room.desk.html("support/list.html", _page(room, visit, chosen, period))

    return [figures]


def _page(room: SupportRoom, visit: Visit, by: str, days: int) -> ListPage:
    words, now = visit.words, room.now()
    with room.database.read() as connection:
        rules, staff = rules_of(room, connection), list(room.staff(connection))
        start = now - days * DAY
        found = room.support.figures(connection, start=start, end=now, now=now, by=by)
        beside = () if by else _beside(room, connection, start, now)
    tables: tuple[Table, ...] = ()
    stats: tuple[Stat, ...] = ()
    names: tuple[str, ...] = ()
    if by:
        rows = tuple(
            FigureRow(
                label=_label(by, name, rules, staff, words),
                figures=tuple(one.figures[column] for column in _COLUMNS),
                href=None if by == "assignee" else href("/cases", **{by: name}),
            )
            for name, one in found.items()
            if name and all(column in one.figures for column in _COLUMNS)
        )
        names = _COLUMNS
        if rows:
            tables = (
                figures_table(
                    caption=words.gettext(GROUPS[by]), of=words.gettext(GROUPS[by]), rows=rows, words=words
                ),
            )
    elif "" in found:
        whole = {**found[""].figures, **{one.metric: one for one in beside}}
        names, stats = tuple(whole), tuple(figure_stat(one, words) for one in whole.values())
    return ListPage(
        page=frame(
            visit,
            words.gettext("Figures of service"),
            active="cases/figures",
            up=(to_cases(words),) if visit.may(Role.agent) else (),
            lead=words.gettext(
                "Cases of the last %(days)s days. Whoever still waits counts as waiting so long already.",
                days=words.number(days),
            ),
        ),
        tab_links=_tabs(by, days, words),
        tabs_label=words.gettext("Told apart by"),
        filters=_filter(by, days, words),
        figures=stats,
        note=_note(by, words),
        tables=(*tables, _meaning(names, words)) if tables or stats else (_nothing(words),),
    )


def _beside(room: SupportRoom, connection: sa.Connection, start: int, end: int) -> tuple[Figure, ...]:
    """Return the figures that no case knows: who needed none, and what customers say."""
    visits, alone = room.knowledge.deflection(connection, since=start, now=room.now())
    return share("deflection", alone, visits), room.solved(connection, start, end)


def _tabs(by: str, days: int, words: Words) -> tuple[TabLink, ...]:
    period = "" if days == _USUAL else str(days)
    return tuple(
        TabLink(
            label=words.gettext(label),
            href=href("/cases/figures", by=name, days=period),
            active=name == by,
        )
        for name, label in GROUPS.items()
    )


def _filter(by: str, days: int, words: Words) -> FilterBar:
    fields: tuple[Field, ...] = (
        Hidden(name="by", value=by),
        Select(
            name="days",
            label=words.gettext("Period"),
            options=tuple(
                Option(value=str(one), label=words.gettext("last %(days)s days", days=one))
                for one in _PERIODS
            ),
            value=str(days),
        ),
    )
    return FilterBar(name="figures", action="/cases/figures", fields=fields)


def _note(by: str, words: Words) -> Callout | None:
    if by != "assignee":
        return None
    return Callout(
        title=words.gettext("Only colleagues with at least 30 cases"),
        text=words.gettext(
            "With fewer, chance says more than work does. Nobody can change a clock or a score."
        ),
        tone="neutral",
    )


def _label(by: str, name: str, rules: ServiceRules, staff: Sequence[Colleague], words: Words) -> str:
    if by == "channel":
        return channel_name(name, words)
    if by == "kind":
        return kind_name(name, words)
    if by == "assignee":
        return staff_name(staff, name)
    return label_in(rules.departments if by == "department" else rules.teams, name)


def _meaning(names: tuple[str, ...], words: Words) -> Table:
    rows = tuple(
        Row(
            cells=(
                Text(text=words.gettext(metric(name).label)),
                Text(text=definition(metric(name), words)),
            )
        )
        for name in dict.fromkeys(names)
    )
    return Table(
        caption=words.gettext("What the figures mean"),
        columns=(Column(label=words.gettext("Figure")), Column(label=words.gettext("How it is worked out"))),
        rows=rows,
        show_caption=True,
    )


def _nothing(words: Words) -> Table:
    return Table(
        caption=words.gettext("Figures"),
        columns=(),
        rows=(),
        empty=EmptyState(
            title=words.gettext("Nothing to count yet"),
            text=words.gettext("Figures stand here as soon as there are cases in this period."),
            icon="value",
            action=Link(text=words.gettext("Cases"), href="/cases"),
        ),
    )
