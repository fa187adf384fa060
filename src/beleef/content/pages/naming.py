"""Beginning a message or block, what it is called and what for, and taking it away."""

import asyncio
import re
from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.files import block_from_data, message_from_data
from beleef.content.model import CHANNELS, LANGUAGES, PURPOSES, Block, Message
from beleef.content.pages.files import ImportPage
from beleef.content.pages.parts import (
    KINDS,
    SECTIONS,
    ContentRoom,
    Section,
    channel_of,
    crumbs,
    filled,
    href,
    stored_one,
)
from beleef.content.pages.titles import label_of
from beleef.content.starters import starter
from beleef.content.wording import PURPOSE_HELP, PURPOSE_NAMES
from beleef.kernel.errors import BeleefError, Conflict, InvalidInput
from beleef.ui.components import Link
from beleef.ui.forms import Choices, Field, Fieldset, Form, Hidden, Input, Option, Select, TextArea
from beleef.ui.page import Confirm
from beleef.ui.words import Words

_LONGEST_DESCRIPTION = 1_000


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of both sections."""
    return [
        route
        for section in SECTIONS
        for route in (
            *_new_routes(room, section),
            *_settings_routes(room, section),
            *_delete_routes(room, section),
        )
    ]


def _new_routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        given = Answers([("channel", "email"), ("purpose", "marketing")])
        return room.desk.html("content/form.html", _page(visit, section, given, None))

    @post(f"/{section}/new")
    async def add(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        try:
            one = _read(section, given, None)
            await asyncio.to_thread(_save, room, visit, one, new=True)
        except (InvalidInput, Conflict) as error:
            view = _page(visit, section, given, None, error=error)
            return room.desk.html("content/form.html", view, status=400)
        return room.desk.redirect(href(section, one.name))

    return [new, add]


def _settings_routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/{{name:str}}/settings", sync_to_thread=True)
    def settings(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            one = stored_one(room, connection, section, name).draft
        return room.desk.html("content/form.html", _page(visit, section, _answers(one), one))

    @post(f"/{section}/{{name:str}}/settings")
    async def save(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        before = await asyncio.to_thread(_draft, room, section, name)
        try:
            one = _read(section, given, before)
            await asyncio.to_thread(_save, room, visit, one, new=False)
        except InvalidInput as error:
            view = _page(visit, section, given, before, error=error)
            return room.desk.html("content/form.html", view, status=400)
        return room.desk.redirect(href(section, name), flash=visit.words.gettext("Saved."))

    return [settings, save]


def _delete_routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/{{name:str}}/delete", sync_to_thread=True)
    def ask_delete(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            one = stored_one(room, connection, section, name).draft
        return room.desk.html("ui/confirm.html", _delete_page(visit, section, one))

    @post(f"/{section}/{{name:str}}/delete")
    async def delete(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_delete, room, section, name)
        await asyncio.to_thread(room.record, visit.actor, f"{KINDS[section]}.delete", name, {})
        return room.desk.redirect(f"/{section}", flash=visit.words.gettext("It is deleted."))

    return [ask_delete, delete]


def _draft(room: ContentRoom, section: Section, name: str) -> Any:
    with room.database.read() as connection:
        return stored_one(room, connection, section, name).draft


def _save(room: ContentRoom, visit: Visit, one: Message | Block, *, new: bool) -> None:
    with room.database.write() as connection:
        room.content.save(connection, one, by=visit.actor.name, new=new)
    kind = "message" if isinstance(one, Message) else "block"
    room.record(visit.actor, f"{kind}.save", one.name, {})


def _delete(room: ContentRoom, section: Section, name: str) -> None:
    with room.database.write() as connection:
        users = room.used_by(connection).get(name, ()) if section == "messages" else ()
        if users:
            raise Conflict(
                f"It is used by {', '.join(one.text for one in users[:5])}.",
                hint="Take it out there first.",
                code="in_use",
            )
        room.content.delete(connection, KINDS[section], name)


def _read(section: Section, given: Answers, before: Message | Block | None) -> Message | Block:
    label = filled(given, "label")
    name = before.name if before else filled(given, "name") or _name_of(label)
    description = filled(given, "description")[:_LONGEST_DESCRIPTION]
    data: dict[str, Any] = {"name": name, "label": label, "description": description}
    if section == "blocks":
        texts = before.texts if before else {language: {} for language in LANGUAGES}
        return block_from_data({**data, "texts": texts})
    channel, purpose = filled(given, "channel"), filled(given, "purpose")
    texts = before.texts if before else starter(channel)
    return message_from_data({**data, "channel": channel, "purpose": purpose, "texts": texts})


def _name_of(label: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:60]


def _answers(one: Message | Block) -> Answers:
    pairs = [("label", one.label), ("description", one.description)]
    if isinstance(one, Message):
        pairs += [("channel", one.channel), ("purpose", one.purpose)]
    return Answers(pairs)


def _page(
    visit: Visit,
    section: Section,
    given: Answers,
    before: Message | Block | None,
    *,
    error: BeleefError | None = None,
) -> ImportPage:
    words = visit.words
    if before:
        title = words.gettext("Name and purpose") if section == "messages" else words.gettext("Name")
    else:
        title = words.gettext("New message") if section == "messages" else words.gettext("New block")
    back = href(section, before.name) if before else f"/{section}"
    return ImportPage(
        page=visit.page(title, active=section, crumbs=crumbs(section, words, before)),
        form=Form(
            name="naming",
            action=href(section, before.name, "/settings") if before else f"/{section}/new",
            sections=(Fieldset(fields=_fields(section, given, before, error, words)),),
            submit=words.gettext("Save") if before else words.gettext("Begin"),
            cancel=Link(text=words.gettext("Cancel"), href=back),
        ),
    )


def _fields(
    section: Section, given: Answers, before: Message | Block | None, error: BeleefError | None, words: Words
) -> tuple[Field, ...]:
    fields: list[Field] = [
        Input(
            name="label",
            label=words.gettext("Name"),
            value=given.get("label", ""),
            error=None if error is None else words.refusal(error),
        )
    ]
    if before is None:
        fields.append(
            Input(
                name="name",
                label=words.gettext("Name for programs"),
                value=given.get("name", ""),
                help=words.gettext(
                    "Small letters, digits, - and _; made from the name if you leave it empty."
                ),
                required=False,
            )
        )
    if section == "messages":
        fields += _message_fields(given, before, words)
    fields.append(
        TextArea(
            name="description",
            label=words.gettext("What it is for"),
            value=given.get("description", ""),
            rows=3,
            required=False,
        )
    )
    return tuple(fields)


def _message_fields(given: Answers, before: Message | Block | None, words: Words) -> list[Field]:
    # Another channel has other parts: what was written for this one would be lost.
    channel: Field = (
        Hidden(name="channel", value=given.get("channel", ""))
        if before
        else Select(
            name="channel",
            label=words.gettext("Channel"),
            options=tuple(Option(value=one, label=channel_of(one, words).label) for one in CHANNELS),
            value=given.get("channel", ""),
        )
    )
    purpose = Choices(
        name="purpose",
        label=words.gettext("Purpose"),
        options=tuple(
            Option(value=one, label=words.gettext(PURPOSE_NAMES[one]), help=words.gettext(PURPOSE_HELP[one]))
            for one in PURPOSES
        ),
        values=(given.get("purpose", ""),),
    )
    return [channel, purpose]


def _delete_page(visit: Visit, section: Section, one: Message | Block) -> Confirm:
    words = visit.words
    consequences = (
        (
            words.gettext("No campaign can send it any more."),
            words.gettext("What was sent stays as it was, and readable."),
        )
        if section == "messages"
        else (
            words.gettext("Messages that put it in cannot be sent until they do without it."),
            words.gettext("Import its file to have it back."),
        )
    )
    return Confirm(
        page=visit.page(
            words.gettext("Delete “%(name)s”?", name=label_of(one, words)),
            active=section,
            crumbs=crumbs(section, words, one),
        ),
        consequences=consequences,
        form=Form(
            name="delete",
            action=href(section, one.name, "/delete"),
            sections=(),
            submit=words.gettext("Delete it"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href=href(section, one.name)),
        ),
    )
