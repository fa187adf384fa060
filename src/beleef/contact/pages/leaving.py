"""The page that an unsubscribe link opens: it says what will stop, and asks. Opening it changes nothing; the button does."""

import asyncio

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.contact.api import Contacted
from beleef.contact.pages.parts import ContactRoom
from beleef.contact.pages.public import (
    LanguageLink,
    Pace,
    broken_link,
    language_for,
    person_of,
    private,
    recipient_frame,
    too_often,
)
from beleef.contact.topics import queries as topics_
from beleef.identity.api import Person
from beleef.kernel.errors import NotFound, TooManyRequests
from beleef.ui.components import Link
from beleef.ui.page import Page
from beleef.ui.words import Language, Words, translator


class LeavingPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/leaving.html``: what will stop, the button that stops it, and the way to choose more finely."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    what: str
    always: str
    action: str
    rather: Link


def routes(room: ContactRoom, pace: Pace) -> list[HTTPRouteHandler]:
    """Return the page; its button is answered where mail programs unsubscribe by themselves."""

    # Without a thread of its own: Litestar would wrap it a second time, as its path is also posted to.
    @get("/unsubscribe/{token:str}")
    async def leaving(request: AnyRequest, token: str) -> Response[str]:
        return await asyncio.to_thread(_page, room, pace, request, token)

    return [leaving]


def _page(room: ContactRoom, pace: Pace, request: AnyRequest, token: str) -> Response[str]:
    try:
        pace.check(token)
        row, person, label = _found(room, room.links.unsubscribed(token))
    except TooManyRequests as error:
        return too_often(room, request, error)
    except NotFound:
        return broken_link(room, request)
    language = language_for(room, request, person)
    words = translator(language, room.zone)
    title = words.gettext("Stop these messages?")
    frame = recipient_frame(room, request, language, title)
    preferences = room.links.preferences(person.number).removeprefix(room.links.address)
    view = LeavingPage(
        page=frame.page,
        language_links=frame.language_links,
        what=_what(row, label(language), words),
        always=words.gettext("Messages about an order, an appointment or a contract of yours still come."),
        action=f"/unsubscribe/{token}",
        rather=Link(
            text=words.gettext("I would rather choose what I get"),
            href=f"{preferences}?language={language}",
        ),
    )
    return private(room.desk.html("contact/leaving.html", view))


class _Label(msgspec.Struct, frozen=True):
    """What a message's topic is called in a language; empty where it has none."""

    labels: dict[str, str]

    def __call__(self, language: Language) -> str:
        return self.labels.get(language) or next(iter(self.labels.values()), "")


def _found(room: ContactRoom, number: int) -> tuple[Contacted, Person, _Label]:
    with room.database.read() as connection:
        row = room.contact.contacted(connection, [number]).get(number)
        if row is None:
            raise NotFound("There is no such message.", hint="Nothing was changed.")
        topics = {one.name: one for one in topics_.topics(connection)}
        person = person_of(connection, row.intent.subject)
    topic = topics.get(row.intent.topic)
    return row, person, _Label({} if topic is None else topic.labels)


def _what(row: Contacted, topic: str, words: Words) -> str:
    if topic:
        return words.gettext("You will get no more messages about “%(topic)s”.", topic=topic)
    channels = {
        "email": words.gettext("e-mail"),
        "sms": words.gettext("text message"),
        "whatsapp": words.gettext("WhatsApp"),
        "push": words.gettext("notification"),
        "letter": words.gettext("letter"),
        "call": words.gettext("phone"),
    }
    over = channels.get(row.intent.channel, row.intent.channel)
    if row.intent.purpose == "survey":
        return words.gettext("You will get no more questions about how we do by %(channel)s.", channel=over)
    if row.intent.purpose == "marketing":
        return words.gettext("You will get no more news, tips and offers by %(channel)s.", channel=over)
    return words.gettext("You will get no more messages of this kind by %(channel)s.", channel=over)
