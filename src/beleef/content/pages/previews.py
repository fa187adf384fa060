"""The mail itself, for the frames of a preview: it may load pictures from here and nothing else, and run nothing."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import HEADERS, AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.model import Message
from beleef.content.pages.parts import KINDS, SECTIONS, ContentRoom, Section, filled, href, stored_one
from beleef.content.pages.previewing import Chosen, as_message, fact_of, rendered_for
from beleef.kernel.errors import InvalidInput, NotFound

FRAME_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""What a mail may do in a preview: be looked at."""


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of previews and of sending a test."""
    return [*(_preview(room, section) for section in SECTIONS), _test(room)]


def _preview(room: ContentRoom, section: Section) -> HTTPRouteHandler:
    @get(f"/{section}/{{name:str}}/preview", sync_to_thread=True)
    def preview(
        request: AnyRequest,
        name: str,
        language: str = "",
        person: str = "",
        fact: str = "",
        version: int | None = None,
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        chosen = Chosen(language=language, person=person, fact=fact)
        html = _mail(room, visit, section, name, version, chosen)
        return Response(html, media_type="text/html", headers=FRAME_HEADERS)

    return preview


def _test(room: ContentRoom) -> HTTPRouteHandler:
    @post("/messages/{name:str}/test")
    async def test(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        chosen = Chosen(
            language=filled(given, "language"), person=filled(given, "person"), fact=filled(given, "fact")
        )
        await asyncio.to_thread(_send, room, visit, name, chosen)
        to = href("messages", name, language=chosen.language, person=chosen.person, fact=chosen.fact)
        flash = visit.words.gettext("The test is on its way to %(address)s.", address=visit.actor.email)
        return room.desk.redirect(to, flash=flash)

    return test


def _mail(
    room: ContentRoom, visit: Visit, section: Section, name: str, version: int | None, chosen: Chosen
) -> str:
    fact = fact_of(room, chosen)
    with room.database.read() as connection:
        if version is None:
            one = stored_one(room, connection, section, name).draft
        else:
            one = room.content.version(connection, KINDS[section], name, version)
        language = chosen.language_of(one)
        message = as_message(one, language)
        if message is None or message.channel != "email":
            raise NotFound("There is no mail in this language.", hint="Write one first.")
        rendered = rendered_for(room, connection, visit, message, language, chosen, fact)
    return rendered.parts["body"]


def _send(room: ContentRoom, visit: Visit, name: str, chosen: Chosen) -> None:
    if room.send_test is None:
        raise InvalidInput("Nothing can send here.", hint="Set up a channel first.", code="no_channel")
    fact = fact_of(room, chosen)
    with room.database.read() as connection:
        draft: Message = room.content.message(connection, name).draft
        language = chosen.language_of(draft)
        message = as_message(draft, language)
        if message is None:
            raise InvalidInput("Nothing is written in this language.", hint="Write it first.", code="no_text")
        rendered = rendered_for(room, connection, visit, message, language, chosen, fact, marked=False)
    room.send_test(visit.actor, rendered)
    room.record(visit.actor, "message.test", name, {"language": language})
