"""Leaving a language out of a draft: its readers then get the other one."""

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.model import Block, Message
from beleef.content.pages.parts import (
    KINDS,
    SECTIONS,
    ContentRoom,
    Section,
    crumbs,
    href,
    stored_one,
)
from beleef.content.wording import LANGUAGE_NAMES
from beleef.kernel.errors import NotFound
from beleef.ui.components import Link
from beleef.ui.forms import Form
from beleef.ui.page import Confirm


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of both sections."""
    return [route for section in SECTIONS for route in _routes(room, section)]


def _routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/{{name:str}}/languages/{{language:str}}/delete", sync_to_thread=True)
    def ask(request: AnyRequest, name: str, language: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            draft = stored_one(room, connection, section, name).draft
        _must_be_there(draft, language)
        return room.desk.html("ui/confirm.html", _page(visit, section, draft, language))

    @post(f"/{section}/{{name:str}}/languages/{{language:str}}/delete")
    async def leave_out(request: AnyRequest, name: str, language: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_leave_out, room, visit, section, name, language)
        flash = visit.words.gettext("The draft is saved.")
        return room.desk.redirect(href(section, name), flash=flash)

    return [ask, leave_out]


def _leave_out(room: ContentRoom, visit: Visit, section: Section, name: str, language: str) -> None:
    with room.database.write() as connection:
        draft = stored_one(room, connection, section, name).draft
        _must_be_there(draft, language)
        texts = {one: parts for one, parts in draft.texts.items() if one != language}
        room.content.save(connection, msgspec.structs.replace(draft, texts=texts), by=visit.actor.name)
    room.record(visit.actor, f"{KINDS[section]}.save", name, {"left_out": language})


def _must_be_there(draft: Message | Block, language: str) -> None:
    if not draft.texts.get(language) or language not in LANGUAGE_NAMES:
        raise NotFound("Nothing is written in that language.", hint="Look at its languages.")


def _page(visit: Visit, section: Section, draft: Message | Block, language: str) -> Confirm:
    words = visit.words
    called = words.gettext(LANGUAGE_NAMES[language])
    back = href(section, draft.name, language=language)
    return Confirm(
        page=visit.page(
            words.gettext("Leave out %(language)s?", language=called),
            active=section,
            crumbs=crumbs(section, words, draft),
        ),
        consequences=(
            words.gettext(
                "The texts in this language go from the draft; its readers get the other language."
            ),
            words.gettext("What is in use stays as it is until you publish the draft."),
        ),
        form=Form(
            name="leave",
            action=href(section, draft.name, f"/languages/{language}/delete"),
            sections=(),
            submit=words.gettext("Leave it out"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href=back),
        ),
    )
