"""What staff do on the page of a case: answer, note, change, hand over. Each becomes facts; nothing is written past the log.

There is no route that sets a clock, a due time of the policy, or a score: those follow from the facts.
"""

from typing import Any, Final

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.kernel import ids
from beleef.kernel.errors import Conflict
from beleef.support.api import NEEDS_CAUSE, Attachment, Case, Closing
from beleef.support.model import KINDS as ALL_KINDS
from beleef.support.model import PRIORITIES, REPLY_CHANNELS, PromiseKind
from beleef.support.pages.case import case_page
from beleef.support.pages.case_forms import FREE_STATUSES
from beleef.support.pages.parts import (
    SupportRoom,
    case_href,
    filled,
    in_thread,
    open_agent,
    read_case,
    read_moment,
    rules_of,
    said_text,
    say,
)
from beleef.support.pages.uploads import keep, open_with_files
from beleef.support.pages.wording import promise_to_customer
from beleef.ui.words import Words

_LONGEST: Final = 50_000


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return what takes answers, notes, changes and hand-overs."""
    return [_replying(room), *_small_acts(room)]


def _replying(room: SupportRoom) -> HTTPRouteHandler:
    @post("/cases/{number:str}/reply")
    async def reply(request: AnyRequest, number: str) -> Response[str]:
        visit, given, files = await open_with_files(room, request)
        case_number, words = read_case(number), visit.words
        errors = _errors(given, room.now(), words)
        if errors:
            view = await in_thread(_again, room, visit, case_number, given, errors)
            return room.desk.html("support/case.html", view, status=400)
        case = await in_thread(_case, room, case_number)
        meanwhile = await in_thread(_meanwhile, room, case_number, given, words)
        if meanwhile:
            view = await in_thread(_again, room, visit, case_number, given, {"text": meanwhile})
            return room.desk.html("support/case.html", view, status=409)
        kept = await keep(room, files, f"reply-{filled(given, 'once')[:40]}")
        shows = await say(room, await in_thread(_reply, room, visit, case, given, kept))
        closes = filled(given, "afterwards") == "close"
        if closes and case.life.kind in NEEDS_CAUSE:
            flash = words.gettext(
                "The answer is on its way. Say why it happened and what was done, to close it."
            )
            return room.desk.redirect(case_href(case_number, "/close"), flash=flash)
        text = words.gettext("The answer is on its way.")
        promised = _promise(given, words)
        if promised is not None:
            told = promise_to_customer(promised[0], promised[1], room.now(), words)
            text = words.gettext("The answer is on its way, with the promise: %(promise)s", promise=told)
        return room.desk.redirect(case_href(case_number), flash=said_text(text, shows=shows, words=words))

    return reply


def _small_acts(room: SupportRoom) -> list[HTTPRouteHandler]:
    @post("/cases/{number:str}/note")
    async def note(request: AnyRequest, number: str) -> Response[str]:
        visit, given = await open_agent(room, request)
        words = visit.words
        return await _done(room, visit, number, given, _note, words.gettext("The note is kept."))

    @post("/cases/{number:str}/change")
    async def change(request: AnyRequest, number: str) -> Response[str]:
        visit, given = await open_agent(room, request)
        return await _done(room, visit, number, given, _change, visit.words.gettext("The case is changed."))

    @post("/cases/{number:str}/hand-over")
    async def hand_over(request: AnyRequest, number: str) -> Response[str]:
        visit, given = await open_agent(room, request)
        text = visit.words.gettext("The case is handed over.")
        return await _done(room, visit, number, given, _hand_over, text)

    return [note, change, hand_over]


async def _done(
    room: SupportRoom, visit: Visit, number: str, given: Answers, act: Any, text: str
) -> Response[str]:
    case = await in_thread(_case, room, read_case(number))
    messages = await in_thread(act, room, visit, case, given)
    shows = await say(room, messages)
    flash = said_text(text, shows=shows, words=visit.words) if messages else None
    return room.desk.redirect(case_href(case.number), flash=flash)


def _case(room: SupportRoom, number: int) -> Case:
    with room.database.read() as connection:
        return room.support.case(connection, number)


def _again(room: SupportRoom, visit: Visit, number: int, given: Answers, errors: dict[str, str]) -> object:
    return case_page(room, visit, number, given=given, errors=errors)


def _meanwhile(room: SupportRoom, number: int, given: Answers, words: Words) -> str:
    """Return who wrote in a case after the page was opened that an answer comes from; empty where nobody did.

    Two colleagues who answer at once, or one who answers what the customer has just taken back, are told before it goes out.
    """
    seen = ids.from_text(filled(given, "seen"))
    if seen is None:
        return ""
    with room.database.read() as connection:
        entries = room.support.thread(connection, number, public=True)
    own = filled(given, "once")[:40]
    fresh = [one for one in entries if one.fact > seen and one.data.get("reply") != own]
    if not fresh:
        return ""
    who = fresh[-1].actor or words.gettext("the customer")
    return words.gettext(
        "Meanwhile %(who)s wrote here. Read it above; send your answer again if it still fits.", who=who
    )


def _errors(given: Answers, now: int, words: Words) -> dict[str, str]:
    errors: dict[str, str] = {}
    text = filled(given, "text")
    if not text:
        errors["text"] = words.gettext("Write an answer.")
    elif len(text) > _LONGEST:
        errors["text"] = words.gettext("Keep it below 50,000 letters.")
    if filled(given, "promise"):
        promised = _promise(given, words)
        if promised is None:
            errors["promise_day"] = words.gettext("Say on which day, and before what time (such as 17:00).")
        elif promised[1] <= now:
            errors["promise_day"] = words.gettext("That moment is past: promise one that is to come.")
    return errors


def _promise(given: Answers, words: Words) -> tuple[PromiseKind, int] | None:
    """Return what is promised and by when, in the organisation's zone; None for nothing, or where no moment can be read."""
    kinds: dict[str, PromiseKind] = {"next_contact": "next_contact", "resolution": "resolution"}
    kind = kinds.get(filled(given, "promise"))
    if kind is None:
        return None
    moment = read_moment(filled(given, "promise_day"), filled(given, "promise_time"), words)
    return None if moment is None else (kind, moment)


def _reply(
    room: SupportRoom, visit: Visit, case: Case, given: Answers, kept: tuple[Attachment, ...]
) -> list[dict[str, Any]]:
    afterwards = filled(given, "afterwards")
    closes = afterwards == "close" and case.life.kind not in NEEDS_CAUSE
    channel = next((one for one in REPLY_CHANNELS if one == filled(given, "channel")), "")
    with room.database.read() as connection:
        return room.support.reply(
            connection,
            case,
            reply=filled(given, "once")[:40],
            text=filled(given, "text"),
            channel=channel,
            by=visit.actor.name,
            now=room.now(),
            promise=None if closes else _promise(given, visit.words),
            waiting=afterwards == "waiting",
            attachments=kept,
            close=Closing(outcome="explained") if closes else None,
        )


def _note(room: SupportRoom, visit: Visit, case: Case, given: Answers) -> list[dict[str, Any]]:
    text = filled(given, "text")[:_LONGEST]
    if not text:
        return []
    with room.database.read() as connection:
        return room.support.note(connection, case, text=text, by=visit.actor.name, key=_key(given))


def _change(room: SupportRoom, visit: Visit, case: Case, given: Answers) -> list[dict[str, Any]]:
    life = case.life
    if life.status == "closed" and life.merged_into:
        raise Conflict("This case went up in another.", hint="Change that one.")
    changed: dict[str, Any] = {}
    title = filled(given, "title")[:200]
    if title and title != life.title:
        changed["title"] = title
    for name, known in (("status", FREE_STATUSES), ("kind", ALL_KINDS), ("priority", PRIORITIES)):
        value = next((one for one in known if one == filled(given, name)), None)
        if value is not None and value != getattr(life, name):
            changed[name] = value
    with room.database.read() as connection:
        every = dict.fromkeys((*rules_of(room, connection).tags, *life.tags))
        tags = tuple(tag for tag in every if filled(given, f"tag:{tag}"))
        if set(tags) != set(life.tags):
            changed["tags"] = tags
        if not changed:
            return []
        return room.support.change(
            connection, case, by=visit.actor.name, key=_key(given), now=room.now(), **changed
        )


def _hand_over(room: SupportRoom, visit: Visit, case: Case, given: Answers) -> list[dict[str, Any]]:
    key = _key(given)
    changed = {
        name: filled(given, name)
        for name in ("assignee", "team", "department")
        if filled(given, name) != getattr(case.life, name)
    }
    messages: list[dict[str, Any]] = []
    text = filled(given, "text")[:_LONGEST]
    by = visit.actor.name
    with room.database.read() as connection:
        if text:
            messages += room.support.note(connection, case, text=text, by=by, key=f"{key}-why")
        if changed:
            messages += room.support.change(connection, case, by=by, key=key, now=room.now(), **changed)
    return messages


def _key(given: Answers) -> str:
    return f"page-{filled(given, 'once')[:40]}"
