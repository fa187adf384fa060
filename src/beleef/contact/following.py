"""Routes that links in messages lead to: clicks, opens and one-click unsubscribing. They need no sign-in: the link is signed.

Programs that check links open everything: asking for the headers alone counts for nothing, and no GET changes what a person wants.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import structlog
from litestar import HttpMethod, MediaType, Request, Response, post, route
from litestar.handlers import HTTPRouteHandler

from beleef.contact.api import Contact, Contacted, Links
from beleef.contact.telling import customer_fact
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.clock import Clock
from beleef.kernel.errors import BeleefError, NotFound
from beleef.store.records.database import Database

_log = structlog.get_logger("contact")

AnyRequest = Request[Any, Any, Any]
Say = Callable[[Sequence[dict[str, Any]]], Awaitable[object]]
"""Brings messages into the log, and returns when they are on disk."""

_DOT = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""The smallest image there is: one transparent dot."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_BOTH = [HttpMethod.GET, HttpMethod.HEAD]
_NAMES = {"email": "Email", "sms": "SMS", "whatsapp": "WhatsApp", "push": "Push"}


class Following(msgspec.Struct, kw_only=True):
    """What these routes work with."""

    database: Database
    contact: Contact
    links: Links
    say: Say
    now: Clock


def routes(parts: Following) -> list[HTTPRouteHandler]:
    """Return the routes ``/c/…``, ``/o/….gif`` and ``POST /unsubscribe/…``."""

    @route("/c/{token:str}", http_method=_BOTH)
    async def click(request: AnyRequest, token: str) -> Response[bytes]:
        clicked = parts.links.clicked(token)
        if _is_looking(request):
            await _tell(parts, clicked.contact, "Link Clicked", url=clicked.url)
        return Response(b"", status_code=302, headers={**_HEADERS, "Location": clicked.url})

    @route("/o/{name:str}", http_method=_BOTH)
    async def opened(request: AnyRequest, name: str) -> Response[bytes]:
        number = parts.links.opened(name.removesuffix(".gif"))
        if _is_looking(request):
            await _tell(parts, number, "Opened")
        return Response(_DOT, media_type="image/gif", headers=_HEADERS)

    @post("/unsubscribe/{token:str}", status_code=200)
    async def unsubscribe(request: AnyRequest, token: str) -> Response[str]:
        row = await asyncio.to_thread(message_of, parts, token)
        await say_unsubscribed(parts, row.id)
        if "text/html" in request.headers.get("accept", ""):
            # Somebody reads this, who may want to choose more.
            address = f"{parts.links.preferences(row.intent.subject)}?stopped=yes"
            headers = {**_HEADERS, "Location": address}
            return Response("", status_code=303, headers=headers)
        return Response("Unsubscribed.", media_type=MediaType.TEXT, headers=_HEADERS)

    return [click, opened, unsubscribe]


async def say_unsubscribed(parts: Following, number: int) -> bool:
    """Say that the person of a message wants no more of its kind: of its topic where it has one, else of its purpose there.

    Returns:
        Whether somebody was there to unsubscribe.

    Raises:
        TooManyRequests, StorageFull: it was not kept; the mail program tries again.
    """
    found = await asyncio.to_thread(_found, parts, number)
    if found is None:
        return False
    row, person = found
    about = {"channel": row.intent.channel}
    fact = customer_fact(
        "Unsubscribed", row, person, parts.now(), f"unsubscribe:{number}:{ids.new_secret(9)}", **about
    )
    await parts.say([fact])
    return True


async def _tell(parts: Following, number: int, what: str, **more: object) -> None:
    """Say what was done with a message. The customer gets where the link leads even when that cannot be kept."""
    try:
        found = await asyncio.to_thread(_found, parts, number)
        if found is not None:
            row, person = found
            name = f"{_NAMES.get(row.intent.channel, row.intent.channel.capitalize())} {what}"
            told = f"{what.rsplit(maxsplit=1)[-1].lower()}:{number}:{ids.new_secret(9)}"
            await parts.say([customer_fact(name, row, person, parts.now(), told, **more)])
    except BeleefError as error:
        _log.warning("not_told", what=what, error=error.code)


def _found(parts: Following, number: int) -> tuple[Contacted, Person] | None:
    with parts.database.read() as connection:
        row = parts.contact.contacted(connection, [number]).get(number)
        person = None if row is None else parts.contact.person_of(connection, row)
    return None if row is None or person is None else (row, person)


def _is_looking(request: AnyRequest) -> bool:
    """Return whether somebody may be looking: no program that fetches ahead, and more than the headers was asked for."""
    ahead = (request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-moz"))
    return request.method == "GET" and not any("prefetch" in said.lower() for said in ahead)


def message_of(parts: Following, token: str) -> Contacted:
    """Return the message that an unsubscribe link stood in.

    Raises:
        NotFound: the link is none of ours, or its message is gone.
    """
    number = parts.links.unsubscribed(token)
    found = _found(parts, number)
    if found is None:
        raise NotFound("Nobody is known by that any more.", hint="There is nothing left to unsubscribe from.")
    return found[0]
