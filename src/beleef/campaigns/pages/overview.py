"""The list of campaigns: what runs, how many are in it, and what it brings."""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import StoredCampaign, Summary
from beleef.campaigns.pages.parts import LIST, CampaignRoom, href, state_badge
from beleef.campaigns.pages.verdicts import amount, share_between
from beleef.ui.components import Cell, Column, EmptyState, Figure, Link, Row, Table, Text
from beleef.ui.page import Page

_ORDER = ("active", "paused", "draft", "stopped")


class CampaignsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/list.html``: all campaigns."""

    page: Page
    campaigns: Table


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the list."""

    @get(LIST, sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found = room.campaigns.campaigns(connection)
            results = room.campaigns.summaries(connection)
        found.sort(key=lambda one: (_ORDER.index(one.state), one.campaign.label.casefold()))
        return room.desk.html("campaigns/list.html", _page(visit, found, results))

    return [show]


def _page(visit: Visit, found: list[StoredCampaign], results: dict[str, Summary]) -> CampaignsPage:
    words = visit.words
    actions = [Link(text=words.gettext("Plan an experiment"), href="/campaigns/plan")]
    if visit.may(Role.editor):
        actions = [
            Link(text=words.gettext("New campaign"), href="/campaigns/new"),
            Link(text=words.gettext("Send one message"), href="/campaigns/broadcast"),
            *actions,
        ]
    return CampaignsPage(
        page=visit.page(
            words.gettext("Campaigns"),
            active="campaigns",
            actions=actions,
            lead=words.gettext("Messages over time to the people they are meant for, and what they bring."),
        ),
        campaigns=_table(visit, found, results),
    )


def _table(visit: Visit, found: list[StoredCampaign], results: dict[str, Summary]) -> Table:
    words = visit.words
    return Table(
        caption=words.gettext("Campaigns"),
        columns=(
            Column(label=words.gettext("Name")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Entered"), numeric=True),
            Column(label=words.gettext("Under way"), numeric=True),
            Column(label=words.gettext("Sent"), numeric=True),
            Column(label=words.gettext("Reached the goal"), numeric=True),
            Column(label=words.gettext("Revenue"), numeric=True),
        ),
        rows=tuple(_row(visit, one, results.get(one.campaign.name)) for one in found),
        empty=EmptyState(
            title=words.gettext("No campaigns yet"),
            text=words.gettext(
                "Begin with what helps most at the least cost: a welcome, or a word after a purchase."
            ),
            icon="campaign",
            action=Link(text=words.gettext("New campaign"), href="/campaigns/new")
            if visit.may(Role.editor)
            else None,
        ),
    )


def _row(visit: Visit, one: StoredCampaign, found: Summary | None) -> Row:
    words, campaign = visit.words, one.campaign
    nothing = Text(text="—")
    name = Link(text=campaign.label, href=href(campaign.name), detail=campaign.description or None)
    cells: tuple[Cell, ...] = (name, state_badge(one, words))
    if found is None:
        return Row(cells=(*cells, nothing, nothing, nothing, nothing, nothing))
    reached: Cell = nothing
    revenue: Cell = nothing
    if found.goal:
        reached = Figure(
            text=words.percent(found.conversion.value, 1), detail=share_between(found.conversion, words)
        )
    if found.goal and found.total:
        revenue = Figure(
            text=amount(found.total, next(iter(found.currencies), ""), words, whole=True),
            detail=words.gettext("n = %(n)s", n=words.number(found.converted)),
        )
    kept_back = found.kept_back
    sent = Figure(
        text=words.number(found.sent),
        detail=words.gettext("%(n)s held or skipped", n=words.number(kept_back)) if kept_back else None,
    )
    return Row(
        cells=(
            *cells,
            Figure(text=words.number(one.entered)),
            Figure(text=words.number(one.active)),
            sent,
            reached,
            revenue,
        )
    )
