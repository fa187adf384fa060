"""The customer's page of a case, by a signed link: what was said, what we promised and before when, an answer, and "is it solved?".

Whoever has the link may use the page; opening it changes nothing, the buttons do.
"""

from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest
from beleef.kernel import ids
from beleef.kernel.errors import BeleefError, InvalidInput, NotFound
from beleef.support.api import Attachment, Case, Entry
from beleef.support.pages.files import download, sized
from beleef.support.pages.parts import SupportRoom, filled, href, in_thread, say
from beleef.support.pages.public import (
    LanguageLink,
    Pace,
    customer_frame,
    language_of,
    private,
    refused,
)
from beleef.support.pages.uploads import keep, read_with_files
from beleef.support.pages.wording import promise_to_customer, status_to_customer
from beleef.support.titles import title_to_customer
from beleef.ui.components import Callout, Link
from beleef.ui.page import Page
from beleef.ui.words import Words

_PER_MINUTE: Final = 30
_LONGEST_TEXT: Final = 20_000


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the thread: who, when, the text, and the files with their size in words."""

    who: str
    is_own: bool
    at: int
    text: str
    files: tuple[Link, ...]


class MatterPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/matter.html``: a case as its customer sees it."""

    page: Page
    language_links: tuple[LanguageLink, ...]
    note: Callout | None
    number: str
    status: str
    promises: tuple[Callout, ...]
    thread: tuple[Said, ...]
    action: str
    once: str
    is_closed: bool
    may_solve: bool


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the page, its files, and what takes an answer and whether it is solved."""
    pace = Pace(_PER_MINUTE)
    return [*_reading(room, pace), *_answering(room, pace)]


def _reading(room: SupportRoom, pace: Pace) -> list[HTTPRouteHandler]:
    @get("/case/{token:str}", sync_to_thread=True)
    def matter(request: AnyRequest, token: str, new: str = "", said: str = "") -> Response[str]:
        try:
            pace.check(f"read:{token[:80]}")
            view = _page(room, request, token, new="yes" if new else "", said=said)
        except BeleefError as error:
            return refused(room, request, error)
        return private(room.desk.html("support/matter.html", view))

    @get("/case/{token:str}/files/{fact:str}/{place:int}", sync_to_thread=True)
    def file(request: AnyRequest, token: str, fact: str, place: int) -> Response[bytes] | Response[str]:
        try:
            pace.check(f"read:{token[:80]}")
            with room.database.read() as connection:
                number = room.support.links.read(token)
                found = _file(room.support.thread(connection, number, public=True), fact, place)
                attachment, body = room.support.files.read(connection, number, found.file)
        except BeleefError as error:
            return refused(room, request, error)
        return download(attachment, body)

    return [matter, file]


def _answering(room: SupportRoom, pace: Pace) -> list[HTTPRouteHandler]:
    @post("/case/{token:str}")
    async def answer(request: AnyRequest, token: str) -> Response[str]:
        try:
            pace.check(f"write:{token[:80]}")
            given, files = await read_with_files(request)
            text = filled(given, "text")
            if not text or len(text) > _LONGEST_TEXT:
                raise InvalidInput("There is no message.", hint="Write it, in at most 20,000 letters.")
            key = f"portal-{filled(given, 'once')[:40]}"
            kept = await keep(room, files, key)
            await say(room, await in_thread(_message, room, token, key, text, kept))
        except BeleefError as error:
            return refused(room, request, error)
        return room.desk.redirect(
            href(f"/case/{token}", language=language_of(request), said="answer") + "#thread"
        )

    @post("/case/{token:str}/solved")
    async def solved(request: AnyRequest, token: str) -> Response[str]:
        try:
            pace.check(f"write:{token[:80]}")
            given = await request.form()
            is_solved = str(given.get("solved", "")) == "yes"
            key = f"solved-{str(given.get('once', ''))[:40]}"
            await say(room, await in_thread(_solved, room, token, key, is_solved))
        except BeleefError as error:
            return refused(room, request, error)
        said = "solved" if is_solved else "unsolved"
        return room.desk.redirect(href(f"/case/{token}", language=language_of(request), said=said))

    return [answer, solved]


def _message(
    room: SupportRoom, token: str, key: str, text: str, files: tuple[Attachment, ...]
) -> list[dict[str, object]]:
    with room.database.read() as connection:
        number = room.support.links.read(token)
        case = room.support.case(connection, number)
        return room.support.customer_message(connection, case, key=key, text=text, attachments=files)


def _solved(room: SupportRoom, token: str, key: str, is_solved: bool) -> list[dict[str, object]]:
    with room.database.read() as connection:
        number = room.support.links.read(token)
        case = room.support.case(connection, number)
        return room.support.solved(connection, case, key=key, is_solved=is_solved)


def _page(room: SupportRoom, request: AnyRequest, token: str, *, new: str, said: str) -> MatterPage:
    with room.database.read() as connection:
        number = room.support.links.read(token)
        case = room.support.case(connection, number)
        if case.life.merged_into:
            case = room.support.case(connection, case.life.merged_into)
        entries = room.support.thread(connection, case.number, public=True)

    def title(words: Words) -> str:
        return title_to_customer(case.cause, case.life, words) or words.gettext("Your message")

    frame = customer_frame(room, request, title)
    words = frame.words
    return MatterPage(
        page=frame.page,
        language_links=frame.language_links,
        note=_note(case, new=new, said=said, words=words),
        number=case.reference,
        status=status_to_customer(case.life, words),
        promises=_promises(case, room.now(), words),
        thread=tuple(_said(one, token, room.desk.organisation, words) for one in entries),
        action=href(f"/case/{token}", language=words.language),
        once=ids.new_secret(9),
        is_closed=case.life.status == "closed",
        may_solve=case.life.replies > 0,
    )


def _note(case: Case, *, new: str, said: str, words: Words) -> Callout | None:
    if said == "answer":
        return Callout(
            title=words.gettext("We have your message"),
            text=words.gettext("It stands below, and whoever works on this sees it."),
            tone="good",
        )
    if said == "solved":
        return Callout(
            title=words.gettext("Thank you, that is good to hear"),
            text=words.gettext("If something is still wrong, write below and it is open again."),
            tone="good",
        )
    if said == "unsolved":
        return Callout(
            title=words.gettext("We go on"),
            text=words.gettext("Tell us below what is still wrong; then we can help faster."),
            tone="accent",
        )
    if new:
        return Callout(
            title=words.gettext("We have your question: %(number)s", number=case.reference),
            text=words.gettext("Keep the address of this page: here you see what we do and before when."),
            tone="good",
        )
    return None


def _promises(case: Case, now: int, words: Words) -> tuple[Callout, ...]:
    """Return the promises that run, in words, the one that is due first on top."""
    # That we have seen it is what this page says by being there.
    # The word of a colleague stands though its clock may be paused while we wait for an answer.
    running = [
        one
        for one in case.life.promises
        if (one.state == "open" or (one.state == "paused" and one.by == "employee"))
        and one.kind != "acknowledge"
    ]
    return tuple(
        Callout(
            title=words.gettext("We are late") if one.due_at < now else words.gettext("Our promise"),
            text=promise_to_customer(one.kind, one.due_at, now, words),
            tone="bad" if one.due_at < now else "accent",
        )
        for one in sorted(running, key=lambda one: one.due_at)
    )


def _said(entry: Entry, token: str, organisation: str, words: Words) -> Said:
    is_own = entry.kind in {"message", "automatic"}
    who = words.gettext("You") if is_own else (entry.actor or organisation)
    fact = ids.to_text(entry.fact)
    return Said(
        who=who,
        is_own=is_own,
        at=entry.at,
        text=entry.text,
        files=tuple(
            Link(
                text=one.name,
                href=f"/case/{token}/files/{fact}/{place}" if one.file else "",
                detail=sized(one, words),
            )
            for place, one in enumerate(entry.attachments)
        ),
    )


def _file(entries: list[Entry], fact: str, place: int) -> Attachment:
    for one in entries:
        if ids.to_text(one.fact) == fact and place < len(one.attachments) and one.attachments[place].file:
            return one.attachments[place]
    raise NotFound("There is no such file.", hint="Open it from the page.")
