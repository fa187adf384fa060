"""A message as a page: what its person got, for the person by a signed link and for staff in the outbox.

A message is somebody's HTML; it is shown in a frame that runs nothing, and fetches nothing from elsewhere.
"""

from typing import Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.contact.api import Contacted
from beleef.contact.pages.parts import ContactRoom, ViewedMessage
from beleef.contact.pages.public import (
    LanguageLink,
    Pace,
    broken_link,
    kind_page,
    language_for,
    person_of,
    private,
    recipient_frame,
    too_often,
)
from beleef.identity.api import Person
from beleef.kernel.errors import BeleefError, NotFound, TooManyRequests
from beleef.ui.page import Page
from beleef.ui.words import translator

_POLICY: Final = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Nothing runs, nothing comes from elsewhere; a link opens a tab of its own."""


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/message.html``: a message in a frame, or its text."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    subject: str
    frame: str
    text: str


def routes(room: ContactRoom, pace: Pace) -> list[HTTPRouteHandler]:
    """Return the page of a message, and its body by itself."""

    @get("/message/{token:str}", sync_to_thread=True)
    def message(request: AnyRequest, token: str) -> Response[str]:
        found = _viewed(room, pace, request, token)
        if isinstance(found, Response):
            return found
        person, viewed = found
        language = language_for(room, request, person)
        words = translator(language, room.zone)
        subject = viewed.parts.get("subject") or viewed.parts.get("title") or ""
        frame = recipient_frame(room, request, language, subject or words.gettext("A message from us"))
        has_html = "subject" in viewed.parts and bool(viewed.parts.get("body"))
        text = viewed.parts.get("text") or viewed.parts.get("body", "")
        view = MessagePage(
            page=frame.page,
            language_links=frame.language_links,
            subject=subject,
            frame=f"/message/{token}/body" if has_html else "",
            text="" if has_html else text,
        )
        return private(room.desk.html("contact/message.html", view))

    @get("/message/{token:str}/body", sync_to_thread=True)
    def body(request: AnyRequest, token: str) -> Response[str]:
        found = _viewed(room, pace, request, token)
        if isinstance(found, Response):
            return found
        return framed(found[1].parts.get("body", ""))

    return [message, body]


def framed(html: str) -> Response[str]:
    """Return a message's HTML for a frame on a page of ours."""
    return Response(
        html,
        media_type="text/html",
        headers={
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
            "Cache-Control": "no-store",
        },
    )


def _viewed(
    room: ContactRoom, pace: Pace, request: AnyRequest, token: str
) -> tuple[Person, ViewedMessage] | Response[str]:
    """Return a message as its person got it, or the page that says kindly why there is none."""
    try:
        pace.check(token)
        number = room.links.viewed(token)
        with room.database.read() as connection:
            row: Contacted | None = room.contact.contacted(connection, [number]).get(number)
            if row is None:
                return broken_link(room, request)
            person = person_of(connection, row.intent.subject)
            return person, room.view(connection, row, person, room.now())
    except TooManyRequests as error:
        return too_often(room, request, error)
    except NotFound:
        return broken_link(room, request)
    except BeleefError:
        return _gone(room, request)


def _gone(room: ContactRoom, request: AnyRequest) -> Response[str]:
    language = language_for(room, request, None)
    words = translator(language, room.zone)
    return kind_page(
        room,
        request,
        language,
        words.gettext("This message can no longer be shown"),
        (words.gettext("It was changed or taken away since it was sent. You still have it in your mail."),),
        status=410,
    )
