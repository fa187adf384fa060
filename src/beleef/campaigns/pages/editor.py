"""The editor of a campaign: the flow with its buttons, what is wrong at the step it concerns, and the way to each form."""

import asyncio
from collections import defaultdict

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.api import Problem, StoredCampaign
from beleef.campaigns.pages import editing
from beleef.campaigns.pages.drafting import change, draft, stored
from beleef.campaigns.pages.editing import Place
from beleef.campaigns.pages.flow import Drawn, FlowView, StepNote, add_href, steps_view
from beleef.campaigns.pages.parts import CampaignRoom, crumbs, href, tabs, teller
from beleef.campaigns.pages.wording import entry_sentence, exit_sentence, goal_sentence
from beleef.ui.components import Callout, Known, Link, TabLink, Text
from beleef.ui.forms import Form
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words


class EditorPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/editor.html``: the draft, with a button at everything that can be changed."""

    page: Page
    tab_links: tuple[TabLink, ...]
    state: Callout
    flow: FlowView
    goals: tuple[Known, ...]
    goals_href: str
    exits: tuple[Known, ...]
    exits_href: str
    settings: tuple[Known, ...]
    settings_href: str


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the editor, and the moving and removing of steps."""
    return [_edit(room), *_shift_routes(room), *_remove_routes(room)]


def _edit(room: CampaignRoom) -> HTTPRouteHandler:
    @get("/campaigns/{name:str}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            found = room.campaigns.campaign(connection, name)
            page = _page(room, connection, visit, found)
        return room.desk.html("campaigns/editor.html", page)

    return edit


def _shift_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @post("/campaigns/{name:str}/steps/{step:str}/shift")
    async def shift(request: AnyRequest, name: str, step: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        by = -1 if given.get("by") == "up" else 1
        await asyncio.to_thread(
            change, room, visit.actor, name, lambda data: editing.shift(data["flow"], step, by)
        )
        return room.desk.redirect(href(name, "/edit") + f"#step-{step}")

    @post("/campaigns/{name:str}/steps/{step:str}/move")
    async def move(request: AnyRequest, name: str, step: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        place = editing.place_from(given.get("to", ""))
        await asyncio.to_thread(
            change, room, visit.actor, name, lambda data: editing.move(data["flow"], step, place)
        )
        return room.desk.redirect(
            href(name, "/edit") + f"#step-{step}", flash=visit.words.gettext("The step is moved.")
        )

    return [shift, move]


def _remove_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/{name:str}/steps/{step:str}/remove", sync_to_thread=True)
    def ask(request: AnyRequest, name: str, step: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("ui/confirm.html", _remove_page(visit, stored(room, name), step))

    @post("/campaigns/{name:str}/steps/{step:str}/remove")
    async def remove(request: AnyRequest, name: str, step: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(
            change, room, visit.actor, name, lambda data: editing.remove(data["flow"], step)
        )
        return room.desk.redirect(
            href(name, "/edit"), flash=visit.words.gettext("The step is taken out of the draft.")
        )

    return [ask, remove]


def _remove_page(visit: Visit, found: StoredCampaign, step: str) -> Confirm:
    words, name = visit.words, found.campaign.name
    inside = len(list(editing.steps_of([editing.find(draft(found)["flow"], step)]))) - 1
    consequences = [words.gettext("It goes out of the draft; nothing changes for people until you publish.")]
    if inside:
        consequences.append(
            words.ngettext(
                "%(num)s step that stands in its ways goes with it.",
                "%(num)s steps that stand in its ways go with it.",
                inside,
            )
        )
    return Confirm(
        page=visit.page(
            words.gettext("Take out the step “%(step)s”?", step=step),
            active="campaigns",
            crumbs=crumbs(words, found),
        ),
        consequences=tuple(consequences),
        form=Form(
            name="remove",
            action=href(name, f"/steps/{step}/remove"),
            sections=(),
            submit=words.gettext("Take it out"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href=href(name, "/edit")),
        ),
    )


def _page(room: CampaignRoom, connection: sa.Connection, visit: Visit, found: StoredCampaign) -> EditorPage:
    words, campaign = visit.words, found.campaign
    problems = room.campaigns.check(connection, campaign)
    notes = _notes(found, problems)
    tell, name = teller(words), campaign.name
    messages = {one.draft.name: one.draft.label for one in room.campaigns.content.messages(connection)}
    drawn = Drawn(words=words, tell=tell, notes=notes, messages=messages, campaign=name)
    actions = [Link(text=words.gettext("Try it out"), href=href(name, "/simulate"))]
    if found.is_changed or not found.version:
        actions.insert(0, Link(text=words.gettext("Publish"), href=href(name, "/publish")))
    return EditorPage(
        page=visit.page(
            campaign.label,
            active="campaigns",
            crumbs=crumbs(words),
            actions=actions,
            lead=campaign.description or None,
        ),
        tab_links=tabs(name, "/edit", words, editor=True),
        state=_state(found, problems, words),
        flow=FlowView(
            label=words.gettext("The flow of the draft"),
            entry=entry_sentence(campaign.entry, words, tell),
            steps=steps_view(campaign.flow, drawn),
            end=words.gettext("Whoever comes here is through"),
            notes=tuple(notes.get("entry", ())),
            change_entry=href(name, "/entry"),
            add_first=add_href(drawn, "", ""),
        ),
        goals=tuple(
            Known(name=one.name, value=Text(text=goal_sentence(one, words))) for one in campaign.goals
        ),
        goals_href=href(name, "/goals"),
        exits=tuple(
            Known(name=one.reason, value=Text(text=exit_sentence(one, words, tell))) for one in campaign.exits
        ),
        exits_href=href(name, "/exits"),
        settings=_settings(found, words),
        settings_href=href(name, "/settings"),
    )


def _settings(found: StoredCampaign, words: Words) -> tuple[Known, ...]:
    campaign = found.campaign
    kept_out = (
        words.percent(campaign.control / 100, 0 if campaign.control == int(campaign.control) else 1)
        if campaign.control
        else words.gettext("nobody")
    )
    return (
        Known(name=words.gettext("Name"), value=Text(text=campaign.label, detail=campaign.name)),
        Known(name=words.gettext("Kept out, to compare with"), value=Text(text=kept_out)),
        Known(
            name=words.gettext("Version in force"),
            value=Text(text=words.number(found.version) if found.version else words.gettext("none yet")),
        ),
    )


def _state(found: StoredCampaign, problems: tuple[Problem, ...], words: Words) -> Callout:
    errors = sum(one.is_error for one in problems)
    if errors:
        elsewhere = [
            one.message for one in problems if one.is_error and not one.path.startswith(("flow", "entry"))
        ]
        return Callout(
            title=words.ngettext(
                "%(num)s thing keeps it from being published",
                "%(num)s things keep it from being published",
                errors,
            ),
            text=" ".join(elsewhere) or words.gettext("It is told at the step that it concerns."),
            tone="warn",
        )
    if found.version and not found.is_changed:
        return Callout(
            title=words.gettext("The draft is what runs"),
            text=words.gettext("What you change here takes effect when you publish it."),
            tone="good",
        )
    return Callout(
        title=words.gettext("Nothing runs yet with what you change here"),
        text=words.gettext("Try it out on past facts, and publish it when you are content."),
    )


def _notes(found: StoredCampaign, problems: tuple[Problem, ...]) -> dict[str, list[StepNote]]:
    flow = draft(found)["flow"]
    notes: dict[str, list[StepNote]] = defaultdict(list)
    for one in problems:
        place = "entry" if one.path.startswith("entry") else editing.at_path(flow, one.path)
        if place is not None:
            notes[place].append(StepNote(text=one.message, tone="bad" if one.is_error else "warn"))
    return notes


def places(found: StoredCampaign, step: str, words: Words) -> list[tuple[str, str]]:
    """Return the places that a step can move to, each as it stands in a form and in words."""
    flow = draft(found)["flow"]

    def told(place: Place) -> str:
        if place.after:
            return words.gettext("after %(step)s", step=place.after)
        if place.owner:
            return words.gettext(
                "first in “%(way)s” of %(step)s", way=_way(flow, place, words), step=place.owner
            )
        return words.gettext("as the first")

    return [(str(place), told(place)) for place in editing.places(flow, step)]


def _way(flow: list[editing.Data], place: Place, words: Words) -> str:
    step = editing.find(flow, place.owner)
    if place.way == "then":
        return words.gettext("It happened")
    if place.way == "otherwise":
        return words.gettext("otherwise")
    given = step[editing.kind_of(step)]
    ways = given.get("paths") or given.get("variants")
    one = ways[int(place.way)]
    return str(
        one.get("label") or one.get("name") or words.gettext("Way %(number)s", number=int(place.way) + 1)
    )
