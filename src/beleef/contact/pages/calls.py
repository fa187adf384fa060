"""The call list: whom to ring, what to say, and what came of it. Each outcome becomes the fact “Call Made”."""

import asyncio
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact import queries as ledger
from beleef.contact.channels.call import queries
from beleef.contact.channels.call.queries import Call
from beleef.contact.pages.parts import ContactRoom, filled, person_href, read_number
from beleef.contact.telling import customer_fact
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import HOUR
from beleef.kernel.errors import Conflict, NotFound
from beleef.ui.components import (
    Badge,
    Column,
    EmptyState,
    Figure,
    Known,
    Link,
    Row,
    Stat,
    Table,
    Text,
    Time,
    Tone,
)
from beleef.ui.forms import Choices, Fieldset, Form, Option, TextArea
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

OUTCOMES: Final[dict[str, tuple[str, Tone]]] = {
    "reached": (N_("Reached"), "good"),
    "interested": (N_("Reached, and interested"), "good"),
    "not_interested": (N_("Reached, not interested"), "neutral"),
    "no_answer": (N_("Nobody answered"), "warn"),
    "wrong_number": (N_("Wrong number"), "bad"),
    "no_more_calls": (N_("Does not want to be called"), "bad"),
}
"""What can come of a call, by the word that the fact has."""

_LATER = "no_answer"
_TRY_AGAIN_AFTER = 3 * HOUR
_MOST_TRIES = 3
_LONGEST_NOTE = 2_000
_SHOWN = 100


class CallsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/calls.html``: calls to make, and those that were made last."""

    page: Page
    figures: tuple[Stat, ...]
    waiting: Table
    made: Table


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/call.html``: one call: the script, whom, and the form for what came of it."""

    page: Page
    number: Link
    script: str
    known: tuple[Known, ...]
    form: Form | None


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list, one call, and what takes its outcome."""

    @get("/calls", sync_to_thread=True)
    def calls(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            waiting = queries.still_open(connection, now=room.now(), limit=_SHOWN)
            made = queries.closed(connection, limit=_SHOWN)
            counts = queries.counts(connection)
            person_of = identity.persons_of(connection, {one.subject for one in (*waiting, *made)})
        names = room.names(set(person_of.values()))
        called = {subject: names.get(number, "") for subject, number in person_of.items()}
        return room.desk.html("contact/calls.html", _list(visit, waiting, made, counts, called))

    @get("/calls/{number:str}", sync_to_thread=True)
    def call(request: AnyRequest, number: str) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        return room.desk.html("contact/call.html", _one(room, visit, _found(room, number), Answers(), {}))

    @post("/calls/{number:str}")
    async def done(request: AnyRequest, number: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.agent)
        found = await asyncio.to_thread(_found, room, number)
        errors = _errors(given, visit.words)
        if errors:
            page = await asyncio.to_thread(_one, room, visit, found, given, errors)
            return room.desk.html("contact/call.html", page, status=400)
        facts = await asyncio.to_thread(_close, room, visit, found, given)
        await room.own.say(facts)
        return room.desk.redirect("/calls", flash=visit.words.gettext("The outcome is on the timeline."))

    return [calls, call, done]


def _found(room: ContactRoom, number: str) -> Call:
    with room.database.read() as connection:
        found = queries.one(connection, read_number(number))
    if found is None:
        raise NotFound("There is no such call.", hint="Look at the list again.")
    return found


def _errors(given: Answers, words: Words) -> dict[str, str]:
    errors = {}
    if filled(given, "outcome") not in OUTCOMES:
        errors["outcome"] = words.gettext("Choose what came of it.")
    if len(filled(given, "note")) > _LONGEST_NOTE:
        errors["note"] = words.gettext("Keep the note below 2,000 letters.")
    return errors


def _close(room: ContactRoom, visit: Visit, call: Call, given: Answers) -> list[dict[str, object]]:
    """Note what came of a call, and return the facts to say about it."""
    outcome, note, now = filled(given, "outcome"), filled(given, "note"), room.now()
    with room.database.write() as connection:
        if outcome == _LATER and call.tries + 1 < _MOST_TRIES:
            is_mine = queries.try_later(connection, call.contact, note=note, due_at=now + _TRY_AGAIN_AFTER)
        else:
            is_mine = queries.close(
                connection, call.contact, outcome=outcome, note=note, by=visit.actor.name, now=now
            )
        row = ledger.by_ids(connection, [call.contact]).get(call.contact)
        person = None if row is None else room.contact.person_of(connection, row)
    if not is_mine:
        raise Conflict("Somebody entered the outcome of this call already.", hint="Take the next one.")
    if row is None or person is None:
        return []
    said: dict[str, object] = {"outcome": outcome, "by": visit.actor.name, "try": call.tries + 1}
    if note:
        said["note"] = note
    facts = [customer_fact("Call Made", row, person, now, f"{call.key}:called:{call.tries + 1}", **said)]
    facts[0]["channel"] = "phone"
    if outcome == "no_more_calls":
        leaving = customer_fact("Unsubscribed", row, person, now, f"{call.key}:no_more_calls")
        leaving["properties"] = {"purpose": "*", "channel": "call", "how": "call"}
        facts.append(leaving)
    return facts


def _list(
    visit: Visit, waiting: list[Call], made: list[Call], counts: tuple[int, int], called: dict[int, str]
) -> CallsPage:
    words = visit.words

    def name(one: Call) -> str:
        return called.get(one.subject) or one.phone

    def to_make(one: Call) -> Row:
        return Row(
            cells=(
                Link(text=name(one), href=f"/calls/{ids.to_text(one.contact)}", detail=one.phone),
                Text(text=one.campaign or "—"),
                Figure(text=words.number(one.tries)),
                Time(moment=one.at),
            )
        )

    def was_made(one: Call) -> Row:
        label, tone = OUTCOMES.get(one.outcome, (one.outcome, "neutral"))
        return Row(
            cells=(
                Link(text=name(one), href=f"/calls/{ids.to_text(one.contact)}", detail=one.phone),
                Badge(text=words.gettext(label), tone=tone),
                Text(text=one.done_by, detail=one.note[:120] or None),
                Time(moment=one.done_at or one.at),
            )
        )

    return CallsPage(
        page=visit.page(words.gettext("Call list"), active="calls"),
        figures=(
            Stat(
                label=words.gettext("To make"),
                figure=words.number(counts[0]),
                basis=words.gettext("of which %(now)s now", now=words.number(len(waiting))),
            ),
            Stat(
                label=words.gettext("Made"),
                figure=words.number(counts[1]),
                basis=words.gettext("since the beginning"),
            ),
        ),
        waiting=Table(
            caption=words.gettext("Calls to make"),
            columns=(
                Column(label=words.gettext("Person")),
                Column(label=words.gettext("Campaign")),
                Column(label=words.gettext("Tries"), numeric=True),
                Column(label=words.gettext("On the list")),
            ),
            rows=tuple(map(to_make, waiting)),
            empty=EmptyState(
                title=words.gettext("Nobody to ring"),
                text=words.gettext("People whom a campaign wants to be called stand here."),
                icon="phone",
            ),
        ),
        made=Table(
            caption=words.gettext("Calls made"),
            columns=(
                Column(label=words.gettext("Person")),
                Column(label=words.gettext("Outcome")),
                Column(label=words.gettext("By")),
                Column(label=words.gettext("When")),
            ),
            rows=tuple(map(was_made, made)),
        ),
    )


def _one(room: ContactRoom, visit: Visit, call: Call, given: Answers, errors: dict[str, str]) -> CallPage:
    words = visit.words
    with room.database.read() as connection:
        person = identity.persons_of(connection, [call.subject])[call.subject]
    name = room.names([person]).get(person)
    known = [
        Known(
            name=words.gettext("Person"),
            value=Link(text=name, href=person_href(person)) if name else Text(text=call.phone),
        ),
        Known(name=words.gettext("Campaign"), value=Text(text=call.campaign or "—")),
        Known(name=words.gettext("On the list"), value=Time(moment=call.at)),
        Known(name=words.gettext("Tries"), value=Figure(text=words.number(call.tries))),
    ]
    if call.note:
        known.append(Known(name=words.gettext("Note"), value=Text(text=call.note)))
    if call.outcome:
        label, tone = OUTCOMES.get(call.outcome, (call.outcome, "neutral"))
        badge = Badge(text=words.gettext(label), tone=tone)
        known.append(
            Known(name=words.gettext("Outcome"), value=badge, source=call.done_by, moment=call.done_at)
        )
    crumbs = (Link(text=words.gettext("Call list"), href="/calls"),)
    return CallPage(
        page=visit.page(name or call.phone, active="calls", crumbs=crumbs),
        number=Link(text=call.phone, href=f"tel:{call.phone}"),
        script=call.script,
        known=tuple(known),
        form=None if call.outcome else _form(call, given, errors, words),
    )


def _form(call: Call, given: Answers, errors: dict[str, str], words: Words) -> Form:
    helps = {
        _LATER: words.gettext("Comes back in three hours, at most three times."),
        "no_more_calls": words.gettext("Nobody rings this person again."),
    }
    options = tuple(
        Option(value=value, label=words.gettext(label), help=helps.get(value))
        for value, (label, _) in OUTCOMES.items()
    )
    fields = (
        Choices(
            name="outcome",
            label=words.gettext("What came of it"),
            options=options,
            values=(filled(given, "outcome"),),
            error=errors.get("outcome"),
        ),
        TextArea(
            name="note",
            label=words.gettext("Note"),
            help=words.gettext("What it was about; the customer may ask to read it."),
            value=given.get("note", ""),
            required=False,
            error=errors.get("note"),
        ),
    )
    return Form(
        name="call",
        action=f"/calls/{ids.to_text(call.contact)}",
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Enter the outcome"),
        cancel=Link(text=words.gettext("Back to the list"), href="/calls"),
    )
