"""How a campaign begins: with a name and a way in, as a file, or as one message to an audience."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.campaigns.pages.drafting import save, told
from beleef.campaigns.pages.entry_form import WAYS_IN
from beleef.campaigns.pages.fields import Choosable, Data, Mailing, filled
from beleef.campaigns.pages.parts import CampaignRoom, choosable, crumbs, href
from beleef.campaigns.pages.sending_form import message_options
from beleef.campaigns.pages.step_forms import option_list
from beleef.campaigns.pages.steps import StepPage
from beleef.campaigns.pages.whole import read_yaml
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.ui.components import Callout, Link
from beleef.ui.forms import Choices, Fieldset, Form, Input, Option, Select, TextArea
from beleef.ui.words import Words

RESERVED: Final = frozenset({"new", "import", "broadcast", "plan"})
"""Names that a campaign cannot have: pages are there."""


def routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    """Return the pages on which campaigns begin."""
    return [*_new_routes(room), *_import_routes(room), *_broadcast_routes(room)]


def _new_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("campaigns/form.html", _new_page(visit, Answers(), None))

    @post("/campaigns/new")
    async def begin(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        kind = given.get("kind", "fact")
        try:
            name = name_of(filled(given, "label"))
            data: Data = {"name": name, "label": filled(given, "label"), "entry": {"call": True}, "flow": []}
            await asyncio.to_thread(_create, room, visit, data)
        except (InvalidInput, Conflict) as error:
            page = _new_page(visit, given, _told(error, visit.words))
            return room.desk.html("campaigns/form.html", page, status=400)
        flash = visit.words.gettext("The draft is there. Say who comes in.")
        there = href(name, "/entry", kind=kind) if kind in WAYS_IN else href(name, "/edit")
        return room.desk.redirect(there, flash=flash)

    return [new, begin]


def _import_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/import", sync_to_thread=True)
    def ask(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("campaigns/form.html", _import_page(visit, "", None))

    @post("/campaigns/import")
    async def bring_in(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text = given.get("text", "")
        try:
            data = read_yaml(text)
            await asyncio.to_thread(_create, room, visit, data)
        except (InvalidInput, Conflict) as error:
            page = _import_page(visit, text, visit.words.refusal(error))
            return room.desk.html("campaigns/form.html", page, status=400)
        return room.desk.redirect(
            href(str(data["name"]), "/edit"), flash=visit.words.gettext("The draft is there.")
        )

    return [ask, bring_in]


def _broadcast_routes(room: CampaignRoom) -> list[HTTPRouteHandler]:
    @get("/campaigns/broadcast", sync_to_thread=True)
    def ask(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        choice = _choosable(room)
        return room.desk.html("campaigns/form.html", _broadcast_page(visit, choice, Answers(), None))

    @post("/campaigns/broadcast")
    async def make(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        choice = await asyncio.to_thread(_choosable, room)
        try:
            data = broadcast(given, choice.messages)
            await asyncio.to_thread(_create, room, visit, data)
        except (InvalidInput, Conflict) as error:
            page = _broadcast_page(visit, choice, given, _told(error, visit.words))
            return room.desk.html("campaigns/form.html", page, status=400)
        flash = visit.words.gettext("It is ready to go: look at what will happen, and publish it.")
        return room.desk.redirect(href(data["name"], "/publish"), flash=flash)

    return [ask, make]


def broadcast(given: Answers, messages: tuple[Mailing, ...]) -> Data:
    """Return the campaign that sends one message to an audience: a flow with one entry and one step.

    Raises:
        InvalidInput: audience or message is missing, or there is no such message.
    """
    audience, message = filled(given, "audience"), filled(given, "message")
    found = next((one for one in messages if one.name == message), None)
    if not audience or found is None:
        raise InvalidInput("Choose an audience and a message.", hint="Both are needed.")
    label = filled(given, "label") or found.label
    schedule: Data = {"audience": audience, "every": "once", "at": filled(given, "at") or "09:00"}
    if filled(given, "date"):
        schedule["date"] = filled(given, "date")
    send = {"message": found.name, "channel": found.channel, "purpose": found.purpose}
    return {
        "name": name_of(label),
        "label": label,
        "entry": {"schedule": schedule},
        "flow": [{"id": "send", "send": send}],
    }


def name_of(label: str) -> str:
    """Return a campaign's name made of what people call it.

    Raises:
        InvalidInput: nothing is left of it, or the name is taken by a page.
    """
    letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in label.lower())
    name = "_".join(part for part in letters.split("_") if part).lstrip("0123456789_")[:63]
    if not name or name in RESERVED:
        raise InvalidInput(
            "That cannot be a campaign's name.", hint="Use a word with letters, and not a page's name."
        )
    return name


def _create(room: CampaignRoom, visit: Visit, data: Data) -> None:
    name = str(data.get("name", ""))
    if name in RESERVED:
        raise InvalidInput(
            "That cannot be a campaign's name.", hint="Use a word with letters, and not a page's name."
        )
    with room.database.write() as connection:
        try:
            room.campaigns.campaign(connection, name)
        except NotFound:
            save(room, connection, data)
        else:
            raise Conflict(
                f"There is a campaign {name} already.", hint="Choose another name, or change that one."
            )
    room.record(visit.actor, "campaign.save", name, {})


def _choosable(room: CampaignRoom) -> Choosable:
    with room.database.read() as connection:
        return choosable(room, connection, None)


def _told(error: InvalidInput | Conflict, words: Words) -> str:
    if isinstance(error, InvalidInput):
        return told(error, words)
    return words.refusal(error)


def _new_page(visit: Visit, given: Answers, error: str | None) -> StepPage:
    words = visit.words
    label = Input(
        name="label", label=words.gettext("What to call it"), value=given.get("label", ""), error=error
    )
    kind = Choices(
        name="kind",
        label=words.gettext("What brings people in"),
        options=tuple(
            Option(value=one, label=words.gettext(text)) for one, text in WAYS_IN.items() if one != "call"
        ),
        values=(given.get("kind", "fact"),),
    )
    return StepPage(
        page=visit.page(
            words.gettext("New campaign"),
            active="campaigns",
            crumbs=crumbs(words),
            actions=(Link(text=words.gettext("Begin with a file"), href="/campaigns/import"),),
        ),
        form=Form(
            name="campaign",
            action="/campaigns/new",
            sections=(Fieldset(fields=(label, kind)),),
            submit=words.gettext("Begin"),
            cancel=Link(text=words.gettext("Cancel"), href="/campaigns"),
        ),
    )


def _import_page(visit: Visit, text: str, error: str | None) -> StepPage:
    words = visit.words
    field = TextArea(
        name="text",
        label=words.gettext("The campaign as YAML"),
        value=text,
        rows=24,
        machine=True,
        error=error,
    )
    return StepPage(
        page=visit.page(words.gettext("A campaign from a file"), active="campaigns", crumbs=crumbs(words)),
        form=Form(
            name="import",
            action="/campaigns/import",
            sections=(Fieldset(fields=(field,)),),
            submit=words.gettext("Take it as a draft"),
            cancel=Link(text=words.gettext("Cancel"), href="/campaigns"),
        ),
    )


def _broadcast_page(visit: Visit, choice: Choosable, given: Answers, error: str | None) -> StepPage:
    words = visit.words
    note = None
    if not choice.audiences or not choice.messages:
        note = Callout(
            title=words.gettext("Something is missing"),
            text=words.gettext("It takes an audience and a message. Make these first."),
            tone="warn",
        )
    audience = Select(
        name="audience",
        label=words.gettext("To whom"),
        options=option_list(choice.audiences, None),
        value=given.get("audience", ""),
        error=error,
    )
    message = Select(
        name="message",
        label=words.gettext("Which message"),
        options=message_options(choice.messages, words),
        value=given.get("message", ""),
    )
    date = Input(
        name="date",
        label=words.gettext("On which day"),
        type="date",
        value=given.get("date", ""),
        help=words.gettext("Leave empty for as soon as it is published."),
        required=False,
    )
    at = Input(
        name="at",
        label=words.gettext("At what time"),
        value=given.get("at", "09:00"),
        help=words.gettext("For example 09:00."),
        required=False,
    )
    label = Input(
        name="label",
        label=words.gettext("What to call it"),
        value=given.get("label", ""),
        help=words.gettext("Leave empty for the message's own name."),
        required=False,
    )
    return StepPage(
        page=visit.page(
            words.gettext("Send one message"),
            active="campaigns",
            crumbs=crumbs(words),
            lead=words.gettext("A campaign of one step: everybody who is in the audience then gets it once."),
        ),
        note=note,
        form=Form(
            name="broadcast",
            action="/campaigns/broadcast",
            sections=(Fieldset(fields=(audience, message, date, at, label)),),
            submit=words.gettext("On to publishing"),
            cancel=Link(text=words.gettext("Cancel"), href="/campaigns"),
        ),
    )
