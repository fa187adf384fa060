"""The people in a campaign: who is where in it and when they go on, those who ended included, a page at a time."""

from typing import Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import Run, StoredCampaign, steps_of
from beleef.campaigns.api import persons_named as persons_of
from beleef.campaigns.pages.figures import ending_words
from beleef.campaigns.pages.parts import CampaignRoom, crumbs, href, person_href, tabs
from beleef.campaigns.pages.verdicts import name_of
from beleef.campaigns.pages.wording import title_of
from beleef.kernel import ids
from beleef.ui.components import (
    Badge,
    Cell,
    Column,
    EmptyState,
    Link,
    Pager,
    Row,
    Table,
    TabLink,
    Text,
    Time,
)
from beleef.ui.forms import FilterBar, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_A_PAGE: Final = 50


class PeoplePage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/people.html``: who is in a campaign."""

    page: Page
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    people: Table


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the page of people in a campaign."""

    @get("/campaigns/{name:str}/people", sync_to_thread=True)
    def show(
        request: AnyRequest, name: str, which: str = "under_way", step: str = "", after: str = ""
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        under_way = {"under_way": True, "ended": False}.get(which)
        with room.database.read() as connection:
            stored = room.campaigns.campaign(connection, name)
            runs = room.campaigns.runs(
                connection,
                name,
                under_way=under_way,
                step=step or None,
                after=_place(after),
                limit=_A_PAGE + 1,
            )
            persons = persons_of(connection, {run.subject for run in runs})
        called = room.called(set(persons.values()))
        page = _page(visit, stored, runs, persons, called, which=which, step=step)
        return room.desk.html("campaigns/people.html", page)

    return [show]


def _place(text: str) -> tuple[int, int] | None:
    moment, _, number = text.partition(".")
    found = ids.from_text(number)
    return (int(moment), found) if moment.isascii() and moment.isdigit() and found is not None else None


def _page(
    visit: Visit,
    stored: StoredCampaign,
    runs: list[Run],
    persons: dict[int, int],
    called: dict[int, str],
    *,
    which: str,
    step: str,
) -> PeoplePage:
    words, name = visit.words, stored.campaign.name
    titles = {one.id: title_of(one, words) for one in steps_of(stored.campaign.flow)}
    shown = runs[:_A_PAGE]
    following = None
    if len(runs) > _A_PAGE:
        last = shown[-1]
        place = f"{last.entered_at}.{ids.to_text(last.id)}"
        following = href(name, "/people", which=which, step=step, after=place)
    return PeoplePage(
        page=visit.page(stored.campaign.label, active="campaigns", crumbs=crumbs(words)),
        tab_links=tabs(name, "/people", words, editor=visit.may(Role.editor)),
        filters=_filters(name, titles, which, step, words),
        people=Table(
            caption=words.gettext("People in it"),
            columns=(
                Column(label=words.gettext("Person")),
                Column(label=words.gettext("Where")),
                Column(label=words.gettext("Entered")),
                Column(label=words.gettext("Goes on")),
                Column(label=words.gettext("Ways")),
            ),
            rows=tuple(_row(run, persons, called, titles, words) for run in shown),
            empty=EmptyState(
                title=words.gettext("Nobody here"),
                text=words.gettext("People appear here as soon as they enter."),
                icon="people",
            ),
            pager=Pager(shown=words.gettext("Latest first"), next_href=following) if following else None,
        ),
    )


def _filters(name: str, titles: dict[str, str], which: str, step: str, words: Words) -> FilterBar:
    state = Select(
        name="which",
        label=words.gettext("Who"),
        options=(
            Option(value="under_way", label=words.gettext("Under way")),
            Option(value="ended", label=words.gettext("Ended")),
            Option(value="all", label=words.gettext("Everybody")),
        ),
        value=which,
    )
    place = Select(
        name="step",
        label=words.gettext("At the step"),
        options=(
            Option(value="", label=words.gettext("any")),
            *(Option(value=id_, label=title) for id_, title in titles.items()),
        ),
        value=step,
    )
    return FilterBar(name="people", action=href(name, "/people"), fields=(state, place))


def _row(
    run: Run, persons: dict[int, int], called: dict[int, str], titles: dict[str, str], words: Words
) -> Row:
    number = persons.get(run.subject, run.subject)
    where: Cell
    if run.ended_at is None:
        where = Text(text=titles.get(run.step, run.step), detail=run.key or None)
    else:
        where = Badge(text=ending_words(words).get(run.reason, run.reason))
    goes_on: Cell = Text(text="—") if run.due_at is None or run.ended_at else Time(moment=run.due_at)
    ways = [name_of(step, way, words) for step, way in run.variants.items()]
    return Row(
        cells=(
            Link(text=called.get(number) or words.gettext("Nameless"), href=person_href(number)),
            where,
            Time(moment=run.entered_at),
            goes_on,
            Text(text=", ".join(ways) or "—"),
        )
    )
