"""The page on which a recipient chooses what to get: topics, channels, a pause, everything off. Opened by a signed link, without signing in.

Opening it changes nothing, as programs that check links open everything; each choice is a form that is sent, and can be taken back.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from itsdangerous import BadData, URLSafeSerializer
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.contact.api import Intent, Standing, asked_of
from beleef.contact.pages import wishes as wishes_
from beleef.contact.pages.parts import ContactRoom, filled
from beleef.contact.pages.public import (
    LanguageLink,
    Pace,
    Recipient,
    broken_link,
    person_of,
    private,
    read_form,
    recipient,
    recipient_frame,
    too_often,
)
from beleef.contact.pages.wishes import CHOSEN, PAUSE_DAYS, Wishes, Word
from beleef.contact.topics import queries as topics_
from beleef.contact.topics.model import Topic
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.errors import NotFound, TooManyRequests
from beleef.ui.page import Page
from beleef.ui.words import Words

SHOWN_KINDS: Final = ("email", "sms", "whatsapp", "push", "letter", "call")
"""Kinds of channels that come to somebody; an inbox is only looked into."""

Said = list[tuple[str, dict[str, Any]]]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A box to tick, and those that stand below it."""

    name: str
    value: str
    label: str
    checked: bool
    help: str = ""
    inner: tuple["Choice", ...] = ()


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Choices that belong together."""

    title: str
    choices: tuple[Choice, ...]
    help: str = ""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """A button by itself, and what it does; ``until`` is when a pause ends, for one that is on."""

    title: str
    text: str
    button: str
    action: str
    until: bool = False


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What was just chosen, and how to take it back."""

    title: str
    text: str
    undo: str
    action: str


class PreferencesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/preferences.html``: what a recipient wants to get."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    action: str
    once: str
    groups: tuple[Group, ...]
    always: str
    pause: Act
    all_off: Act
    off: Act | None = None
    saved: Saved | None = None


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    said: Standing
    topics: list[Topic]
    kinds: tuple[str, ...]
    wishes: Wishes


def routes(room: ContactRoom, pace: Pace) -> list[HTTPRouteHandler]:
    """Return the page and what takes its forms."""
    made = _Preferences(room)

    @get("/preferences/{token:str}", sync_to_thread=True)
    def preferences(request: AnyRequest, token: str, done: str = "", stopped: str = "") -> Response[str]:
        found = _opened(room, pace, request, token)
        if isinstance(found, Response):
            return found
        return made.page(request, found, done=done, stopped=bool(stopped))

    @post("/preferences/{token:str}")
    async def save(request: AnyRequest, token: str) -> Response[str]:
        return await _take(request, token, made.chosen)

    @post("/preferences/{token:str}/{what:str}")
    async def act(request: AnyRequest, token: str, what: str) -> Response[str]:
        acts = {
            "pause": made.paused,
            "resume": made.resumed,
            "off": made.off,
            "on": made.on,
            "undo": made.undone,
        }
        if what not in acts:
            return broken_link(room, request)
        return await _take(request, token, acts[what])

    async def _take(request: AnyRequest, token: str, choose: "_Choose") -> Response[str]:
        found = await asyncio.to_thread(_opened, room, pace, request, token)
        if isinstance(found, Response):
            return found
        form = await read_form(request)
        words = await asyncio.to_thread(choose, found.person, form)
        return await made.say(token, found, words, once=filled(form, "once")[:40])

    return [preferences, save, act]


_Choose = Callable[[Person, Any], Sequence[Word]]


def _opened(room: ContactRoom, pace: Pace, request: AnyRequest, token: str) -> Recipient | Response[str]:
    """Return who a link is for, or the page that says kindly why it opens nothing."""
    try:
        pace.check(token)
        subject = room.links.preferring(token)
        with room.database.read() as connection:
            person = person_of(connection, subject)
    except TooManyRequests as error:
        return too_often(room, request, error)
    except NotFound:
        return broken_link(room, request)
    return recipient(room, request, person)


class _Preferences:
    """Reads what somebody wants, and says what they choose."""

    def __init__(self, room: ContactRoom) -> None:
        self._room = room
        self._signer = URLSafeSerializer(room.key, salt="contact.undo")

    def page(self, request: AnyRequest, who: Recipient, *, done: str, stopped: bool) -> Response[str]:
        known, words = self._known(who.person), who.words
        title = words.gettext("What would you like to get from us?")
        frame = recipient_frame(self._room, request, who.language, title)
        path = request.url.path
        language = f"?language={who.language}"
        pause = _pause(known.wishes, words, path, language)
        view = PreferencesPage(
            page=frame.page,
            language_links=frame.language_links,
            action=path + language,
            once=ids.new_secret(12),
            groups=_groups(known, words, who.language),
            always=words.gettext(
                "Messages about an order, an appointment or a contract of yours always come: you need them."
            ),
            pause=pause,
            all_off=Act(
                title=words.gettext("Nothing at all"),
                text=words.gettext("Switch off everything that you do not need for an order or contract."),
                button=words.gettext("Switch everything off"),
                action=f"{path}/off{language}",
            ),
            off=_off(words, path, language) if known.wishes.everything_off else None,
            saved=_stopped(words) if stopped else self._saved(done, words, path, language),
        )
        return private(self._room.desk.html("contact/preferences.html", view))

    def chosen(self, person: Person, form: Any) -> Sequence[Word]:
        known = self._known(person)
        after = msgspec.structs.replace(
            known.wishes,
            purposes=frozenset(form.every("purpose")) & frozenset(CHOSEN),
            topics=frozenset(form.every("topic")) & {topic.name for topic in known.topics},
            channels=frozenset(form.every("channel")) & frozenset(known.kinds),
        )
        return wishes_.changes(known.wishes, after, known.said, known.kinds)

    def paused(self, person: Person, _form: Any) -> Sequence[Word]:
        return wishes_.pausing(self._room.now(), paused_until=self._known(person).wishes.paused_until)

    def resumed(self, person: Person, _form: Any) -> Sequence[Word]:
        until = self._known(person).wishes.paused_until
        return wishes_.resuming(paused_until=until) if until else ()

    def off(self, person: Person, _form: Any) -> Sequence[Word]:
        return () if self._known(person).wishes.everything_off else wishes_.leaving()

    def on(self, person: Person, _form: Any) -> Sequence[Word]:
        return wishes_.coming_back() if self._known(person).wishes.everything_off else ()

    def undone(self, person: Person, form: Any) -> Sequence[Word]:
        said = self._read_undo(person, filled(form, "said"))
        return [Word(event=event, properties=properties, undo=("", {})) for event, properties in said]

    async def say(self, token: str, who: Recipient, words: Sequence[Word], *, once: str) -> Response[str]:
        """Say what was chosen, and lead back to the page, which tells it."""
        said = [(word.event, word.properties) for word in words]
        facts = wishes_.messages(
            said,
            naming=identity.naming(who.person),
            at=self._room.now(),
            token=once or ids.new_secret(12),
        )
        passed = await self._room.own.say(facts) if facts else True
        undo = [one for one in wishes_.undone(words) if one[0]]
        done = self._signer.dumps([ids.to_text(who.person.number), passed, undo])
        location = f"/preferences/{token}?language={who.language}&done={done}"
        response = Response("", status_code=303, headers={"Location": location})
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _known(self, person: Person) -> _Known:
        room, now = self._room, self._room.now()
        with room.database.read() as connection:
            said = room.contact.standing(connection, person.subjects)
            topics = [one for one in topics_.topics(connection) if one.purpose in CHOSEN]
            kinds, allowed = self._allowed(connection, person, now)
        return _Known(
            said=said,
            topics=topics,
            kinds=kinds,
            wishes=wishes_.wishes(said, allowed, topics, kinds, now),
        )

    def _allowed(
        self, connection: sa.Connection, person: Person, now: int
    ) -> tuple[tuple[str, ...], Collection[tuple[str, str]]]:
        """Return the kinds that are set up, and for which purposes the person's own wishes leave them open."""
        contact = self._room.contact
        set_up = {one.kind for one in contact.channels(connection) if one.enabled}
        kinds = tuple(kind for kind in SHOWN_KINDS if kind in set_up)
        intents = [
            Intent(key=f"{purpose}:{kind}", subject=person.number, purpose=purpose, channel=kind, parts={})
            for purpose in CHOSEN
            for kind in kinds
        ]
        gate = contact.gate(connection)
        around = contact.circumstances(connection, intents, now)
        allowed = {
            (one.intent.purpose, one.intent.channel)
            for one in around
            if gate.refusal(asked_of(one.intent, now), one.known) not in {"opted_out", "no_consent"}
        }
        return kinds, allowed

    def _saved(self, done: str, words: Words, path: str, language: str) -> Saved | None:
        if not done:
            return None
        try:
            _, passed, undo = self._signer.loads(done[:8_000])
        except (BadData, ValueError, TypeError):
            return None
        return Saved(
            title=words.gettext("Your choice is saved."),
            text=words.gettext("It holds from now on.")
            if passed
            else words.gettext("It holds within a minute; this page may still show the old one."),
            undo=done if undo else "",
            action=f"{path}/undo{language}",
        )

    def _read_undo(self, person: Person, text: str) -> Said:
        try:
            number, _, undo = self._signer.loads(text[:8_000])
        except (BadData, ValueError, TypeError):
            return []
        # Signed for somebody: what one person may take back, another may not say.
        return [(event, about) for event, about in undo] if number == ids.to_text(person.number) else []


def _stopped(words: Words) -> Saved:
    return Saved(
        title=words.gettext("These messages stop."),
        text=words.gettext(
            "It holds within a minute; this page may still show the old choice. Below you can choose more finely."
        ),
        undo="",
        action="",
    )


def _groups(known: _Known, words: Words, language: str) -> tuple[Group, ...]:
    labels = {
        "marketing": (
            words.gettext("News, tips and offers"),
            words.gettext("Now and then, never more than we promise."),
        ),
        "survey": (
            words.gettext("Questions about how we do"),
            words.gettext("Short, and at most once in a while."),
        ),
    }
    about = tuple(
        Choice(
            name="purpose",
            value=purpose,
            label=labels[purpose][0],
            help=labels[purpose][1],
            checked=purpose in known.wishes.purposes,
            inner=tuple(
                Choice(
                    name="topic",
                    value=topic.name,
                    label=topic.label(language),
                    help=topic.help(language),
                    checked=topic.name in known.wishes.topics,
                )
                for topic in known.topics
                if topic.purpose == purpose
            ),
        )
        for purpose in CHOSEN
    )
    names = {
        "email": words.gettext("E-mail"),
        "sms": words.gettext("Text message (SMS)"),
        "whatsapp": words.gettext("WhatsApp"),
        "push": words.gettext("Notification in the browser"),
        "letter": words.gettext("Letter"),
        "call": words.gettext("Phone call"),
    }
    how = tuple(
        Choice(name="channel", value=kind, label=names[kind], checked=kind in known.wishes.channels)
        for kind in known.kinds
    )
    groups = [Group(title=words.gettext("About what"), choices=about)]
    if how:
        groups.append(Group(title=words.gettext("How"), choices=how))
    return tuple(groups)


def _pause(found: Wishes, words: Words, path: str, language: str) -> Act:
    if found.paused_until:
        return Act(
            title=words.gettext("It is quiet until %(day)s", day=words.long_day(found.paused_until)),
            text=words.gettext("Then it goes on as you chose below."),
            button=words.gettext("Go on now"),
            action=f"{path}/resume{language}",
            until=True,
        )
    return Act(
        title=words.gettext("A pause"),
        text=words.gettext("No news and no questions for a while. Your choices stay as they are."),
        button=words.gettext("Pause for %(days)s days", days=words.number(PAUSE_DAYS)),
        action=f"{path}/pause{language}",
    )


def _off(words: Words, path: str, language: str) -> Act:
    return Act(
        title=words.gettext("Everything is off"),
        text=words.gettext("You get only what you need for an order, an appointment or a contract."),
        button=words.gettext("Switch on again what I had"),
        action=f"{path}/on{language}",
    )
