"""The help pages: articles to search and read, whether one helped, and what fits a question that is still being typed.

A GET records nothing: that an article was read is told by the page's script, once it is in sight.
"""

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.kernel.errors import BeleefError, InvalidInput
from beleef.support.knowledge.api import Found
from beleef.support.knowledge.model import LANGUAGES, Part, parts
from beleef.support.knowledge.work import HELPFUL, VIEWED, message
from beleef.support.pages.parts import SupportRoom, href, in_thread
from beleef.support.pages.public import (
    LanguageLink,
    Pace,
    Visits,
    client_of,
    customer_frame,
    language_of,
    refused,
)
from beleef.ui.components import Callout, EmptyState, Link
from beleef.ui.page import Page
from beleef.ui.words import Language, Words, choose_language

_SHOWN = 12
_SUGGESTED = 4
_A_MINUTE = 120


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """Articles that stand together; the title may be empty."""

    title: str
    articles: tuple[Link, ...]


class HelpPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/help.html``: the search box, what was found or all there is, and the way to ask."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    query: str
    visit: str
    found: tuple[Link, ...]
    topics: tuple[Topic, ...]
    nothing: EmptyState | None
    ask: Link


class ArticlePage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/article.html``: an article, the question whether it helped, and the way to ask."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    name: str
    place: str
    visit: str
    written_in: str
    note: Callout | None
    parts: tuple[Part, ...]
    changed_at: int
    thanks: Callout | None
    back: Link
    ask: Link


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """An article that may answer a question: its title, a sentence of it, and its address."""

    title: str
    summary: str
    href: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """That a visit has an article in sight, as the page's script tells it."""

    visit: str
    article: str
    place: str = "help"


def routes(room: SupportRoom, visits: Visits) -> list[HTTPRouteHandler]:
    """Return the list, an article, and what takes and gives what the pages' script asks."""
    pace = Pace(_A_MINUTE)
    return [*_reading(room, visits), *_telling(room, visits, pace), _suggesting(room, visits, pace)]


def _reading(room: SupportRoom, visits: Visits) -> list[HTTPRouteHandler]:
    @get("/help", sync_to_thread=True)
    def help_(request: AnyRequest, q: str = "", v: str = "") -> Response[str]:
        return room.desk.html("support/help.html", _list(room, request, q.strip(), _visit(visits, v)))

    @get("/help/{name:str}", sync_to_thread=True)
    def article(
        request: AnyRequest, name: str, v: str = "", said: str = "", place: str = ""
    ) -> Response[str]:
        try:
            view = _article(room, request, name, visit=_visit(visits, v), said=said, place=place)
        except BeleefError as error:
            return refused(room, request, error)
        return room.desk.html("support/article.html", view)

    return [help_, article]


def _telling(room: SupportRoom, visits: Visits, pace: Pace) -> list[HTTPRouteHandler]:
    @post("/help/{name:str}/helpful")
    async def helpful(request: AnyRequest, name: str) -> Response[str]:
        given = await request.form()
        visit = visits.read(str(given.get("v", "")))
        answer = str(given.get("helpful", ""))
        place = str(given.get("place", "")) or "help"
        try:
            pace.check(client_of(request))
            version = await in_thread(_version, room, request, name)
            if answer not in {"yes", "no"}:
                raise InvalidInput("Say yes or no.", hint="Press one of the two buttons.")
        except BeleefError as error:
            return refused(room, request, error)
        if visit is not None:
            said = message(
                HELPFUL,
                visit.id,
                name,
                helpful=answer == "yes",
                version=version,
                place=place,
                language=language_of(request),
            )
            await room.own.say([said])
        back = {"v": visit.token if visit else "", "said": answer, "place": place}
        asked = choose_language(setting=str(given.get("language", "")), cookie=None, accept=None)
        return room.desk.redirect(href(f"/help/{name}", language=asked, **back))

    @post("/help/seen", status_code=204)
    async def seen(request: AnyRequest, data: Seen) -> None:
        pace.check(client_of(request))
        visit = visits.read(data.visit)
        version = await in_thread(_version, room, request, data.article)
        if visit is not None:
            said = message(
                VIEWED,
                visit.id,
                data.article,
                version=version,
                place=data.place,
                language=language_of(request),
            )
            await room.own.tell([said])

    return [helpful, seen]


def _suggesting(room: SupportRoom, visits: Visits, pace: Pace) -> HTTPRouteHandler:
    @get("/help/suggestions", sync_to_thread=True)
    def suggestions(request: AnyRequest, q: str = "", language: str = "", v: str = "") -> list[Suggestion]:
        pace.check(client_of(request))
        chosen: Language = "nl" if language == "nl" else "en"
        token = v if visits.read(v) else ""
        return [
            Suggestion(
                title=one.title,
                summary=one.summary,
                href=href(f"/help/{one.name}", language=chosen, v=token, place="form"),
            )
            for one in suggested(room, q, chosen, unfinished=True)
        ]

    return suggestions


def suggested(
    room: SupportRoom, text: str, language: str, *, internal: bool = False, unfinished: bool = False
) -> list[Found]:
    """Return the few articles that fit a text best."""
    if not text.strip():
        return []
    with room.database.read() as connection:
        return room.knowledge.search(
            connection, text, language, limit=_SUGGESTED, internal=internal, unfinished=unfinished
        )


def _visit(visits: Visits, token: str) -> str:
    found = visits.read(token) or visits.begin()
    return found.token


def _version(room: SupportRoom, request: AnyRequest, name: str) -> int:
    with room.database.read() as connection:
        return room.knowledge.published(connection, name, internal=room.desk.is_known(request)).version


def _list(room: SupportRoom, request: AnyRequest, query: str, visit: str) -> HelpPage:
    frame = customer_frame(room, request, lambda words: words.gettext("How can we help?"), q=query, v=visit)
    words, language = frame.words, frame.page.language
    with room.database.read() as connection:
        found = (
            room.knowledge.search(connection, query, language, limit=_SHOWN, unfinished=True) if query else []
        )
        listed = {} if found else room.knowledge.listed(connection, language)

    def link(one: Found) -> Link:
        where = href(f"/help/{one.name}", language=language, v=visit)
        return Link(text=one.title, href=where, detail=one.summary or None)

    return HelpPage(
        page=frame.page,
        language_links=frame.language_links,
        query=query,
        visit=visit,
        found=tuple(map(link, found)),
        topics=tuple(Topic(title=topic, articles=tuple(map(link, some))) for topic, some in listed.items()),
        nothing=None if found or not query else _nothing(words),
        ask=_ask(language, visit, words),
    )


def _nothing(words: Words) -> EmptyState:
    return EmptyState(
        title=words.gettext("Nothing fits these words"),
        text=words.gettext("Try other words, or ask us; a person answers."),
        icon="search",
    )


def _ask(language: str, visit: str, words: Words) -> Link:
    return Link(
        text=words.gettext("Ask us a question"), href=href("/help/contact", language=language, v=visit)
    )


def _article(
    room: SupportRoom, request: AnyRequest, name: str, *, visit: str, said: str, place: str
) -> ArticlePage:
    with room.database.read() as connection:
        # Colleagues read what is for staff alone at the same address, by being signed in.
        publication = room.knowledge.published(connection, name, internal=room.desk.is_known(request))
    article = publication.article
    language = language_of(request)
    text = article.text(language)
    title = text.title if text else article.name
    frame = customer_frame(room, request, title, lead=text.summary if text else None, v=visit, place=place)
    words = frame.words
    written_in = language if language in article.texts else next(iter(article.texts), language)
    return ArticlePage(
        page=frame.page,
        language_links=frame.language_links,
        name=name,
        place=place or "help",
        visit=visit,
        written_in=written_in if written_in in LANGUAGES else language,
        note=_note(words, internal=article.internal, is_other=written_in != language),
        parts=parts(text.body if text else ""),
        changed_at=publication.published_at,
        thanks=_thanks(said, words),
        back=Link(text=words.gettext("All help"), href=href("/help", language=language, v=visit)),
        ask=_ask(language, visit, words),
    )


def _note(words: Words, *, internal: bool, is_other: bool) -> Callout | None:
    if internal:
        return Callout(
            title=words.gettext("For staff only"),
            text=words.gettext("Customers find no page at this address."),
            tone="warn",
        )
    if not is_other:
        return None
    return Callout(
        title=words.gettext("Not in this language yet"),
        text=words.gettext("We show it in the language that it is written in."),
        tone="neutral",
    )


def _thanks(said: str, words: Words) -> Callout | None:
    if said == "yes":
        return Callout(
            title=words.gettext("Thank you"), text=words.gettext("Good that it helped."), tone="good"
        )
    if said == "no":
        return Callout(
            title=words.gettext("Thank you for telling us"),
            text=words.gettext("We will make it better. Ask us your question; a person answers."),
            tone="accent",
        )
    return None
