"""Entering a contact that no system recorded: a visit, a call, a letter. It becomes a fact like every other."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.collect.api import OfflineFact, Source, check_message, offline_message
from beleef.kernel import clock, ids
from beleef.kernel.errors import InvalidInput
from beleef.profiles.customers import Sheet
from beleef.profiles.pages.parts import CustomerRoom, filled, person_href, read_number
from beleef.profiles.pages.person import frame
from beleef.ui.components import CHANNELS, Link, channel_mark
from beleef.ui.forms import Fieldset, Form, Hidden, Input, Option, Select, TextArea
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

KINDS: Final = {
    "Shop Visited": (N_("Visited the shop"), "shop"),
    "Call Completed": (N_("Called the service desk"), "phone"),
    "Letter Received": (N_("Sent a letter"), "post"),
    "Letter Sent": (N_("Was sent a letter"), "post"),
    "Brochure Sent": (N_("Was sent a brochure"), "post"),
    "Chat Completed": (N_("Chatted with the service desk"), "chat"),
    "Advertisement Seen": (N_("Saw an advertisement"), "other"),
    "Event Attended": (N_("Came to an event"), "other"),
}
"""What can be entered: the event's name, what people call it, and the channel it usually went over."""

_OWN = Source(id=0, name="beleef", write_key="", channel="other")


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/form.html``: one form about a person."""

    page: Page
    form: Form


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return the form and what takes it."""

    @get("/people/{who:str}/contact", sync_to_thread=True)
    def contact(request: AnyRequest, who: str) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        sheet = room.customers.sheet(read_number(who))
        given = Answers([("kind", "Call Completed"), ("when", _local(visit)), ("message_id", _new_id())])
        return room.desk.html("profiles/form.html", _form_page(visit, sheet, given, {}))

    @post("/people/{who:str}/contact")
    async def enter(request: AnyRequest, who: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.agent)
        sheet = room.customers.sheet(read_number(who))
        errors = _errors(given, visit)
        if not errors:
            fact = _read(given, sheet, visit)
            message = offline_message(fact, by=visit.actor.name)
            try:
                shown = await room.own.keep(check_message(_OWN, message, room.customers.now()))
            except InvalidInput as error:
                errors = {"note": visit.words.refusal(error)}
            else:
                return room.desk.redirect(person_href(sheet.person.number), flash=_said(visit, shown=shown))
        return room.desk.html("profiles/form.html", _form_page(visit, sheet, given, errors), status=400)

    return [contact, enter]


def _said(visit: Visit, *, shown: bool) -> str:
    if shown:
        return visit.words.gettext("The contact is on the timeline.")
    return visit.words.gettext(
        "The contact is kept; it is on the timeline as soon as the worker has read it."
    )


def _errors(given: Answers, visit: Visit) -> dict[str, str]:
    words, errors = visit.words, {}
    if filled(given, "kind") not in KINDS:
        errors["kind"] = words.gettext("Choose what happened.")
    if filled(given, "channel") not in ("", *CHANNELS):
        errors["channel"] = words.gettext("Choose one of the channels.")
    moment = _moment(filled(given, "when"), words)
    if moment is None:
        errors["when"] = words.gettext("Write day and time like 2026-03-01 09:30.")
    elif clock.from_datetime(moment) > visit.now + clock.MINUTE:
        errors["when"] = words.gettext("This lies in the future; enter what has happened.")
    if len(filled(given, "note")) > 2_000:
        errors["note"] = words.gettext("Keep the note below 2,000 letters.")
    if len(filled(given, "touchpoint")) > 100:
        errors["touchpoint"] = words.gettext("Keep this below 100 letters.")
    return errors


def _read(given: Answers, sheet: Sheet, visit: Visit) -> OfflineFact:
    kind = filled(given, "kind")
    own = next(
        (one for one in sheet.person.identifiers if one.subject == sheet.person.number),
        sheet.person.identifiers[0],
    )
    return OfflineFact(
        person=f"{own.namespace}:{own.value}",
        name=kind,
        channel=filled(given, "channel") or KINDS[kind][1],
        touchpoint=filled(given, "touchpoint") or None,
        occurred_at=_moment(filled(given, "when"), visit.words),
        note=filled(given, "note") or None,
        message_id=filled(given, "message_id")[:80] or None,
    )


def _form_page(visit: Visit, sheet: Sheet, given: Answers, errors: dict[str, str]) -> FormPage:
    words = visit.words
    kinds = tuple(Option(value=name, label=words.gettext(label)) for name, (label, _) in KINDS.items())
    channels = tuple(Option(value=name, label=channel_mark(name, words).label) for name in CHANNELS)
    fields = (
        Hidden(name="message_id", value=given.get("message_id", "")),
        Select(
            name="kind",
            label=words.gettext("What happened"),
            options=kinds,
            value=given.get("kind", ""),
            error=errors.get("kind"),
        ),
        Select(
            name="channel",
            label=words.gettext("Channel"),
            options=(Option(value="", label=words.gettext("As usual for it")), *channels),
            value=given.get("channel", ""),
            required=False,
            error=errors.get("channel"),
        ),
        Input(
            name="touchpoint",
            label=words.gettext("Where exactly"),
            help=words.gettext("For example: Shop Utrecht, Service line."),
            value=given.get("touchpoint", ""),
            required=False,
            error=errors.get("touchpoint"),
        ),
        Input(
            name="when",
            label=words.gettext("When"),
            help=words.gettext("Day and time, like 2026-03-01 09:30."),
            value=given.get("when", ""),
            error=errors.get("when"),
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
    number = sheet.person.number
    return FormPage(
        page=frame(visit, sheet, words.gettext("Enter a contact")),
        form=Form(
            name="contact",
            action=person_href(number, "/contact"),
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Put it on the timeline"),
            cancel=Link(text=words.gettext("Cancel"), href=person_href(number)),
        ),
    )


def _local(visit: Visit) -> str:
    return clock.to_datetime(visit.now).astimezone(visit.words.zone).strftime("%Y-%m-%d %H:%M")


def _new_id() -> str:
    """Return an id that goes along with the form, so that sending it twice enters one contact."""
    return f"offline-{ids.new_secret(12)}"


def _moment(text: str, words: Words) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=words.zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found > datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=1) else None
