"""What the recipients' own pages share: a calm frame in the recipient's language, kind refusals, and a limit on how often.

Whoever has the signed link may use the page; nothing is kept in cookies, so it works inside mail programs too.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import sqlalchemy as sa
from litestar import Response

from beleef.access.desk import Answers, AnyRequest
from beleef.contact.pages.parts import ContactRoom
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.errors import InvalidInput, NotFound, TooManyRequests
from beleef.ui.components import Link
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Language, Words, choose_language, translator

_LONGEST_FORM = 20_000
_PER_MINUTE: Final = 60
_MOST_KNOWN = 10_000


class LanguageLink(msgspec.Struct, frozen=True, kw_only=True):
    """The same page in another language."""

    language: Language
    name: str
    href: str
    active: bool


class RecipientFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around a recipient's page: the frame and the same page in other languages."""

    page: Page
    language_links: tuple[LanguageLink, ...]


class KindPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/kind.html``: something to tell a recipient, and perhaps where to go on."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    paragraphs: tuple[str, ...]
    way_on: Link | None = None


class Pace:
    """Lets each link be used so often a minute, and no more. Kept in this process; others count for themselves."""

    def __init__(self, per_minute: int = _PER_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def check(self, who: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: there were too many in this minute.
        """
        now = self._clock()
        with self._lock:
            since, count = self._used.pop(who, (now, 0))
            if now - since >= 60:
                since, count = now, 0
            self._used[who] = (since, count + 1)
            if len(self._used) > _MOST_KNOWN:
                self._used.popitem(last=False)
        if count >= self._per_minute:
            raise TooManyRequests(
                "That was often in a short time.",
                retry_after_s=max(1, round(60 - (now - since))),
                hint="Try again in a minute.",
            )


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Who opened a page, in which words, and the path of the page without its language."""

    person: Person
    words: Words
    path: str
    language: Language


def language_for(room: ContactRoom, request: AnyRequest, person: Person | None) -> Language:
    """Return the language asked for in the address, else the person's own, else the browser's."""
    own = None
    if person is not None:
        with room.database.read() as connection:
            traits = room.profiles.profile(connection, person.subjects, room.now()).traits
        found = next((traits[name].value for name in ("language", "locale") if name in traits), None)
        own = found if isinstance(found, str) else None
    return choose_language(
        setting=request.query_params.get("language"),
        cookie=own,
        accept=request.headers.get("accept-language"),
    )


def recipient(room: ContactRoom, request: AnyRequest, person: Person) -> Recipient:
    """Return who opened a page."""
    language = language_for(room, request, person)
    return Recipient(
        person=person,
        words=translator(language, room.zone),
        path=request.url.path,
        language=language,
    )


def person_of(connection: sa.Connection, subject: int) -> Person:
    """Return the person that a subject is one of.

    Raises:
        NotFound: nobody is known by it any more.
    """
    found = identity.people(connection, [identity.persons_of(connection, [subject])[subject]])
    for person in found.values():
        return person
    raise NotFound("Nobody is known by that any more.", hint="There is nothing left to choose.")


def recipient_frame(
    room: ContactRoom, request: AnyRequest, language: Language, title: str, *, lead: str | None = None
) -> RecipientFrame:
    """Return the frame of a recipient's page."""
    path = request.url.path
    frame = room.desk.outside(request, title, lead=lead)
    page = msgspec.structs.replace(
        frame, language=language, theme="auto", roomy=True, user=None, csrf_token="", flashes=(), path=path
    )
    links = tuple(
        LanguageLink(language=one, name=NAMES[one], href=f"{path}?language={one}", active=one == language)
        for one in LANGUAGES
    )
    return RecipientFrame(page=page, language_links=links)


def kind_page(
    room: ContactRoom,
    request: AnyRequest,
    language: Language,
    title: str,
    paragraphs: tuple[str, ...],
    *,
    way_on: Link | None = None,
    status: int = 200,
) -> Response[str]:
    """Return a page that tells a recipient something."""
    frame = recipient_frame(room, request, language, title)
    view = KindPage(
        page=frame.page, language_links=frame.language_links, paragraphs=paragraphs, way_on=way_on
    )
    return private(room.desk.html("contact/kind.html", view, status=status))


def broken_link(room: ContactRoom, request: AnyRequest) -> Response[str]:
    """Return the page for a link that was cut off or changed."""
    language = language_for(room, request, None)
    words = translator(language, room.zone)
    return kind_page(
        room,
        request,
        language,
        words.gettext("This link does not work"),
        (
            words.gettext("It may have been cut off on its way to you."),
            words.gettext("Open the message again and follow the link from there, or copy the whole of it."),
            words.gettext("Nothing was changed."),
        ),
        status=404,
    )


def too_often(room: ContactRoom, request: AnyRequest, error: TooManyRequests) -> Response[str]:
    """Return the page for a link that was used too often in a minute."""
    language = language_for(room, request, None)
    words = translator(language, room.zone)
    response = kind_page(
        room,
        request,
        language,
        words.gettext("One moment, please"),
        (words.gettext("This page was opened very often. Try again in a minute."),),
        status=429,
    )
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def private(response: Response[str]) -> Response[str]:
    """Return a page that no search engine lists, and whose address no other site is told."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


async def read_form(request: AnyRequest) -> Answers:
    """Return the fields of a recipient's form.

    Raises:
        InvalidInput: it is none, or far too long.
    """
    body = await request.body()
    if len(body) > _LONGEST_FORM:
        raise InvalidInput("That form is too long.", hint="Send it from the page.")
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500)
    except ValueError as error:
        raise InvalidInput("The form has too many fields.", hint="Send it from the page.") from error
    return Answers(pairs)
