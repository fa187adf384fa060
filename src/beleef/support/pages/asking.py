"""The form for a question: kind, subject, text, files and an address to answer to; before it goes, the articles that may answer it.

Programs are kept out by a field that people do not see and by the time it takes to type; nothing is loaded from elsewhere.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest
from beleef.kernel.errors import BeleefError, InvalidInput
from beleef.support.knowledge.work import ASKED, message
from beleef.support.model import KINDS, Attachment, Kind
from beleef.support.pages.help import suggested
from beleef.support.pages.parts import SupportRoom, filled, href, in_thread, options, say
from beleef.support.pages.public import (
    HelpVisit,
    LanguageLink,
    Pace,
    Visits,
    client_of,
    customer_frame,
    language_of,
    refused,
    telling,
    words_of,
)
from beleef.support.pages.uploads import Sent, keep, read_with_files
from beleef.support.pages.wording import promise_to_customer
from beleef.ui.components import Callout, Link
from beleef.ui.forms import Choices, Field, Hidden, Input, TextArea
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

_PER_MINUTE: Final = 20
_LEAST_S: Final = 3.0
"""Nobody reads a form, says what is the matter and leaves an address in less."""
_LONGEST_SUBJECT: Final = 200
_LONGEST_TEXT: Final = 20_000
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")
_LONGEST_ADDRESS: Final = 254

ASKABLE: Final[Mapping[str, str]] = {
    "question": N_("I have a question"),
    "complaint": N_("I have a complaint"),
    "request": N_("I want to have something arranged"),
    "privacy": N_("It is about my personal data"),
}
"""What customers can say their message is; a follow-up is for staff to open."""


class AskPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/ask.html``: the form, what is wrong with the answers, what may answer the question, and what we promise."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    note: Callout | None
    errors: tuple[tuple[str, str], ...]
    fields: tuple[Field, ...]
    suggestions: tuple[Link, ...]
    visit: str
    promise: str
    submit: str


def routes(room: SupportRoom, visits: Visits) -> list[HTTPRouteHandler]:
    """Return the form, and what takes the question."""
    pace = Pace(_PER_MINUTE)

    @get("/help/contact", sync_to_thread=True)
    def form(request: AnyRequest, v: str = "", kind: str = "", subject: str = "") -> Response[str]:
        visit = visits.read(v) or visits.begin()
        chosen = kind if kind in ASKABLE else "question"
        given = Answers([("kind", chosen), ("subject", subject[:_LONGEST_SUBJECT])])
        view = _page(room, request, given, visit=visit, once=visits.begin())
        return room.desk.html("support/ask.html", view)

    @post("/help/contact")
    async def ask(request: AnyRequest) -> Response[str]:
        try:
            pace.check(client_of(request))
            given, files = await read_with_files(request)
        except BeleefError as error:
            return refused(room, request, error)
        visit, once = visits.read(given.get("v", "")), visits.read(given.get("once", ""))
        again = await in_thread(_again, room, request, visits, given, files, visit, once)
        if again is not None:
            return room.desk.html(
                "support/ask.html", again, status=400 if again.errors or again.note else 200
            )
        try:
            return await _send(room, request, given, files, visit, once)
        except BeleefError as error:
            return refused(room, request, error)

    return [form, ask]


async def _send(
    room: SupportRoom,
    request: AnyRequest,
    given: Answers,
    files: tuple[Sent, ...],
    visit: HelpVisit | None,
    once: HelpVisit | None,
) -> Response[str]:
    key = f"form-{once.id if once else ''}"
    kept = await keep(room, files, key)
    messages = await in_thread(_messages, room, request, given, kept, key)
    if visit is not None:
        messages = [*messages, message(ASKED, visit.id)]
    await say(room, messages)
    number = await in_thread(_opened, room, key)
    if number is None:
        return _received(room, request)
    address = room.support.links.address(number).removeprefix(room.support.links.base)
    return room.desk.redirect(href(address, language=language_of(request), new="yes"))


def _messages(
    room: SupportRoom, request: AnyRequest, given: Answers, kept: tuple[Attachment, ...], key: str
) -> list[dict[str, object]]:
    return room.support.open_case(
        key=key,
        email=filled(given, "email"),
        kind=_kind(given),
        title=filled(given, "subject"),
        text=filled(given, "text"),
        channel="web",
        attachments=kept,
        language=language_of(request),
    )


def _opened(room: SupportRoom, key: str) -> int | None:
    with room.database.read() as connection:
        return room.support.opened_by(connection, key)


def _kind(given: Answers) -> Kind:
    return next((one for one in KINDS if one == filled(given, "kind") and one in ASKABLE), "question")


def _received(room: SupportRoom, request: AnyRequest) -> Response[str]:
    return telling(
        room,
        request,
        lambda words: words.gettext("We have your question"),
        lambda words: words.gettext("You get its number and our promise by e-mail in a moment."),
        way_on=lambda words: Link(text=words.gettext("To the help pages"), href="/help"),
    )


def _again(
    room: SupportRoom,
    request: AnyRequest,
    visits: Visits,
    given: Answers,
    files: tuple[Sent, ...],
    visit: HelpVisit | None,
    once: HelpVisit | None,
) -> AskPage | None:
    """Return the form to show once more: with errors, or with articles that may answer the question; None to go on."""
    words = words_of(room, request)
    visit = visit or visits.begin()
    errors = _errors(given, words)
    note = _note(given, once, words)
    if errors or note:
        return _page(room, request, given, visit=visit, once=once or visits.begin(), errors=errors, note=note)
    if files or filled(given, "suggested"):
        # Chosen files cannot be shown again, and who saw the articles already has said that they do not help.
        return None
    question = f"{filled(given, 'subject')} {filled(given, 'text')}"
    found = suggested(room, question, words.language)
    if not found:
        return None
    links = tuple(
        Link(
            text=one.title,
            href=href(f"/help/{one.name}", language=words.language, v=visit.token, place="form"),
            detail=one.summary or None,
        )
        for one in found
    )
    return _page(room, request, given, visit=visit, once=once, suggestions=links)


def _note(given: Answers, once: HelpVisit | None, words: Words) -> Callout | None:
    """Return what keeps the form from being sent though its answers are right."""
    if filled(given, "website"):
        return Callout(
            title=words.gettext("One field has to stay empty"),
            text=words.gettext("Empty the field “Website” and send it again; it keeps programs out."),
            tone="warn",
        )
    if once is None:
        return Callout(
            title=words.gettext("The page had become old"),
            text=words.gettext("Nothing is lost. Send it once more."),
            tone="warn",
        )
    if once.age_s < _LEAST_S:
        return Callout(
            title=words.gettext("That was very quick"),
            text=words.gettext("Look at your question once more, and send it again."),
            tone="warn",
        )
    return None


def _errors(given: Answers, words: Words) -> dict[str, str]:
    errors: dict[str, str] = {}
    subject, text, address = (filled(given, name) for name in ("subject", "text", "email"))
    if not subject or len(subject) > _LONGEST_SUBJECT:
        errors["subject"] = words.gettext("Say in a few words what it is about.")
    if not text:
        errors["text"] = words.gettext("Write your question.")
    elif len(text) > _LONGEST_TEXT:
        errors["text"] = words.gettext("Keep it below 20,000 letters; send the rest as a file.")
    if not _ADDRESS.fullmatch(address) or len(address) > _LONGEST_ADDRESS:
        errors["email"] = words.gettext("Write your e-mail address, such as name@example.nl.")
    return errors


def _page(
    room: SupportRoom,
    request: AnyRequest,
    given: Answers,
    *,
    visit: HelpVisit,
    once: HelpVisit | None,
    errors: dict[str, str] | None = None,
    note: Callout | None = None,
    suggestions: tuple[Link, ...] = (),
) -> AskPage:
    frame = customer_frame(room, request, lambda words: words.gettext("Ask us a question"), v=visit.token)
    words = frame.words
    wrong = errors or {}
    token = once.token if once else ""
    hidden = (Hidden(name="v", value=visit.token), Hidden(name="once", value=token))
    asked = (Hidden(name="suggested", value="yes"),) if suggestions else ()
    return AskPage(
        page=frame.page,
        language_links=frame.language_links,
        note=note,
        errors=tuple(wrong.items()),
        fields=(*hidden, *asked, *_fields(given, wrong, words)),
        suggestions=suggestions,
        visit=visit.token,
        promise=_promise(room, _kind(given), words),
        submit=words.gettext("Send my question all the same") if suggestions else words.gettext("Send"),
    )


def _promise(room: SupportRoom, kind: Kind, words: Words) -> str:
    """Return what is promised to whoever sends the form now."""
    now = room.now()
    with room.database.read() as connection:
        made = room.support.promise_for(connection, kind=kind, channel="web", now=now)
    first = next((one for one in made if one.kind == "first_response"), None)
    return "" if first is None else promise_to_customer(first.kind, first.due_at, now, words)


def _fields(given: Answers, errors: dict[str, str], words: Words) -> tuple[Field, ...]:
    return (
        Choices(
            name="kind",
            label=words.gettext("What is it?"),
            options=options(ASKABLE, words),
            values=(_kind(given),),
        ),
        Input(
            name="subject",
            label=words.gettext("What is it about?"),
            value=given.get("subject", ""),
            error=errors.get("subject"),
        ),
        TextArea(
            name="text",
            label=words.gettext("Your question"),
            value=given.get("text", ""),
            rows=7,
            error=errors.get("text"),
            help=words.gettext("An order number helps us. Leave out passwords and card numbers."),
        ),
        Input(
            name="email",
            label=words.gettext("Your e-mail address"),
            type="email",
            value=given.get("email", ""),
            error=errors.get("email"),
            help=words.gettext("We answer to it, and use it for nothing else."),
            autocomplete="email",
        ),
    )


def check_address(text: str) -> str:
    """Return an e-mail address.

    Raises:
        InvalidInput: it cannot be one.
    """
    if not _ADDRESS.fullmatch(text) or len(text) > _LONGEST_ADDRESS:
        raise InvalidInput(f"{text[:60]!r} is no e-mail address.", hint="Write it like name@example.nl.")
    return text
