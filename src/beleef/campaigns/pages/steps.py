"""The pages on which a step is chosen, filled in and moved."""

import asyncio
from collections.abc import Callable

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences.pages.ruling import suggestions
from beleef.campaigns.api import StoredCampaign
from beleef.campaigns.pages import editing, rule_parts, step_forms
from beleef.campaigns.pages.drafting import change, draft, told
from beleef.campaigns.pages.editor import places
from beleef.campaigns.pages.fields import Choosable, Data
from beleef.campaigns.pages.parts import CampaignRoom, choosable, crumbs, href
from beleef.campaigns.pages.wording import KIND_ICONS, KIND_LABELS
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.components import Callout, Icon, Link
from beleef.ui.forms import Fieldset, Form, Option, Select, Suggestions
from beleef.ui.page import Page
from beleef.ui.words import Words


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of step that can be chosen."""

    label: str
    icon: Icon
    href: str


class KindsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/kinds.html``: what kind of step it should be."""

    page: Page
    kinds: tuple[Kind, ...]


class StepPage(msgspec.Struct, frozen=True, kw_only=True):
    """``campaigns/form.html``: a form of a campaign, with what can be done beside it."""

    page: Page
    form: Form
    note: Callout | None = None
    kinds: tuple[Kind, ...] = ()
    moving: Form | None = None
    offered: tuple[Suggestions, ...] = ()


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the pages of steps."""
    return [*_new_routes(room), *_edit_routes(room)]


def _new_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/{name:str}/steps/new", sync_to_thread=True)
    def choose(request: AnyRequest, name: str, place: str = "", kind: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        found, choice = _read(room, name)
        editing.place_from(place)
        if not kind:
            return room.desk.html("campaigns/kinds.html", _kinds_page(visit, found, place))
        given = step_forms.beginning(_known(kind), choice)
        return room.desk.html("campaigns/form.html", _new_page(visit, found, choice, given, place, kind))

    @post("/campaigns/{name:str}/steps/new")
    async def add(request: AnyRequest, name: str, place: str = "", kind: str = "") -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        found, choice = await asyncio.to_thread(_read, room, name)
        _known(kind)
        where = editing.place_from(place)
        if given.get("change"):
            page = _new_page(visit, found, choice, rule_parts.changed(given), place, kind)
            return room.desk.html("campaigns/form.html", page)
        made: list[str] = []

        def edit(data: Data) -> None:
            made.append(editing.free_id(data["flow"], kind))
            filled_in = rule_parts.closed(given, choice.zone)
            editing.insert(data["flow"], step_forms.read(kind, filled_in, made[0], None), where)

        try:
            await asyncio.to_thread(change, room, visit.actor, name, edit)
        except InvalidInput as error:
            page = _new_page(visit, found, choice, given, place, kind, error=told(error, visit.words))
            return room.desk.html("campaigns/form.html", page, status=400)
        return room.desk.redirect(
            href(name, "/edit") + f"#step-{made[0]}", flash=visit.words.gettext("The step is in the draft.")
        )

    return [choose, add]


def _edit_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/{name:str}/steps/{step:str}", sync_to_thread=True)
    def edit(request: AnyRequest, name: str, step: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        found, choice = _read(room, name)
        kind, data = _step(found, step)
        given = rule_parts.opened(step_forms.to_answers(kind, data), choice.zone)
        return room.desk.html("campaigns/form.html", _step_page(visit, found, choice, given, step, kind))

    @post("/campaigns/{name:str}/steps/{step:str}")
    async def save(request: AnyRequest, name: str, step: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        found, choice = await asyncio.to_thread(_read, room, name)
        kind, _ = _step(found, step)
        if given.get("change"):
            page = _step_page(visit, found, choice, rule_parts.changed(given), step, kind)
            return room.desk.html("campaigns/form.html", page)
        try:
            await asyncio.to_thread(
                change, room, visit.actor, name, _replacing(kind, given, step, choice.zone)
            )
        except InvalidInput as error:
            page = _step_page(visit, found, choice, given, step, kind, error=told(error, visit.words))
            return room.desk.html("campaigns/form.html", page, status=400)
        return room.desk.redirect(
            href(name, "/edit") + f"#step-{step}",
            flash=visit.words.gettext("The step is changed in the draft."),
        )

    return [edit, save]


def _replacing(kind: str, given: Answers, step: str, zone: str) -> Callable[[Data], None]:
    def edit(data: Data) -> None:
        before = editing.find(data["flow"], step)
        filled_in = rule_parts.closed(given, zone)
        editing.replace(data["flow"], step, step_forms.read(kind, filled_in, step, before))

    return edit


def _read(room: CampaignRoom, name: str) -> tuple[StoredCampaign, Choosable]:
    with room.database.read() as connection:
        found = room.campaigns.campaign(connection, name)
        return found, choosable(room, connection, found)


def _known(kind: str) -> str:
    if kind not in step_forms.FORMS:
        raise NotFound("There is no such kind of step.", hint="Choose one from the list.")
    return kind


def _step(found: StoredCampaign, step: str) -> tuple[str, Data]:
    data = editing.find(draft(found)["flow"], step)
    return editing.kind_of(data), data


def _kinds_page(visit: Visit, found: StoredCampaign, place: str) -> KindsPage:
    words, name = visit.words, found.campaign.name
    kinds = tuple(
        Kind(
            label=words.gettext(label),
            icon=KIND_ICONS[kind],
            href=href(name, "/steps/new", place=place, kind=kind),
        )
        for kind, label in KIND_LABELS.items()
    )
    return KindsPage(
        page=visit.page(
            words.gettext("What should happen?"),
            active="campaigns",
            crumbs=_crumbs(words, found),
        ),
        kinds=kinds,
    )


def _new_page(
    visit: Visit,
    found: StoredCampaign,
    choice: Choosable,
    given: Answers,
    place: str,
    kind: str,
    *,
    error: str | None = None,
) -> StepPage:
    words, name = visit.words, found.campaign.name
    return StepPage(
        page=visit.page(words.gettext(KIND_LABELS[kind]), active="campaigns", crumbs=_crumbs(words, found)),
        form=Form(
            name="step",
            action=href(name, "/steps/new", place=place, kind=kind),
            sections=step_forms.sections(kind, given, words, choice, error),
            submit=words.gettext("Add the step"),
            cancel=Link(text=words.gettext("Cancel"), href=href(name, "/edit")),
        ),
        offered=suggestions(choice.seen) if kind == "branch" else (),
    )


def _step_page(
    visit: Visit,
    found: StoredCampaign,
    choice: Choosable,
    given: Answers,
    step: str,
    kind: str,
    *,
    error: str | None = None,
) -> StepPage:
    words, name = visit.words, found.campaign.name
    return StepPage(
        page=visit.page(
            words.gettext(KIND_LABELS[kind]),
            active="campaigns",
            crumbs=_crumbs(words, found),
            lead=words.gettext("Step %(step)s", step=step),
        ),
        form=Form(
            name="step",
            action=href(name, f"/steps/{step}"),
            sections=step_forms.sections(kind, given, words, choice, error),
            submit=words.gettext("Keep it in the draft"),
            cancel=Link(text=words.gettext("Cancel"), href=href(name, "/edit") + f"#step-{step}"),
        ),
        moving=_moving(found, step, words),
        offered=suggestions(choice.seen) if kind == "branch" else (),
    )


def _moving(found: StoredCampaign, step: str, words: Words) -> Form | None:
    there = places(found, step, words)
    if not there:
        return None
    field = Select(
        name="to",
        label=words.gettext("To which place"),
        options=tuple(Option(value=place, label=label) for place, label in there),
        value=there[0][0],
        help=words.gettext("What stands in its ways moves with it."),
    )
    return Form(
        name="move",
        action=href(found.campaign.name, f"/steps/{step}/move"),
        sections=(Fieldset(fields=(field,)),),
        submit=words.gettext("Move it"),
    )


def _crumbs(words: Words, found: StoredCampaign) -> tuple[Link, ...]:
    draft_link = Link(text=words.gettext("Draft"), href=href(found.campaign.name, "/edit"))
    return (*crumbs(words, found), draft_link)
