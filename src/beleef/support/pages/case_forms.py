"""The forms on the page of a case: the answer with its promise, the note, what the case is, and the hand-over."""

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from beleef.access.desk import Answers
from beleef.content.api import Message, person_variables
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput
from beleef.support.api import Case, ServiceRules
from beleef.support.model import REPLY_CHANNELS, reply_channel
from beleef.support.pages.parts import (
    Colleague,
    SupportRoom,
    case_href,
    labelled,
    options,
    staff_options,
)
from beleef.support.pages.wording import CHANNELS, KINDS, PRIORITIES, STATUSES
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, Option, Select, TextArea
from beleef.ui.words import LANGUAGES, N_, Words

AFTERWARDS: Final[Mapping[str, str]] = {
    "open": N_("stays open"),
    "waiting": N_("waits for the customer"),
    "close": N_("is closed"),
}
"""What becomes of a case when it is answered."""

PROMISED: Final[Mapping[str, str]] = {
    "next_contact": N_("You hear from us again before …"),
    "resolution": N_("It is solved before …"),
}
"""What a colleague can promise in an answer."""

FREE_STATUSES: Final = ("open", "waiting_customer", "waiting_internal")


def reply_fields(
    room: SupportRoom,
    connection: sa.Connection,
    case: Case,
    person: Person | None,
    rules: ServiceRules,
    template: str,
    *,
    words: Words,
    given: Answers | None,
    errors: Mapping[str, str],
    seen: int,
) -> tuple[Field, ...]:
    """Return the fields of the answer, begun with a prepared one where one is chosen; ``seen`` is the last fact that the page shows."""
    answers = given or Answers()
    text = answers.get("text", "")
    if template and given is None:
        text = fill_in(room, connection, case, person, rules, template)
    channels = {one: CHANNELS[one] for one in REPLY_CHANNELS}
    return (
        Hidden(name="once", value=answers.get("once") or ids.new_secret(9)),
        Hidden(name="seen", value=ids.to_text(seen)),
        TextArea(
            name="text",
            label=words.gettext("Your answer"),
            value=text,
            rows=8,
            error=errors.get("text"),
        ),
        Select(
            name="channel",
            label=words.gettext("Over"),
            options=options(channels, words),
            value=answers.get("channel", reply_channel(case.life.channel)),
        ),
        Select(
            name="promise",
            label=words.gettext("Promise the customer"),
            options=options(PROMISED, words, nothing=words.gettext("nothing more")),
            value=answers.get("promise", ""),
            required=False,
        ),
        Input(
            name="promise_day",
            label=words.gettext("On the day"),
            type="date",
            value=answers.get("promise_day", ""),
            required=False,
            error=errors.get("promise_day"),
        ),
        Input(
            name="promise_time",
            label=words.gettext("Before (hours:minutes)"),
            value=answers.get("promise_time", "17:00"),
            required=False,
            error=errors.get("promise_time"),
        ),
        Select(
            name="afterwards",
            label=words.gettext("Afterwards the case"),
            options=options(AFTERWARDS, words),
            value=answers.get("afterwards", "waiting"),
        ),
    )


def fill_in(
    room: SupportRoom,
    connection: sa.Connection,
    case: Case,
    person: Person | None,
    rules: ServiceRules,
    name: str,
) -> str:
    """Return a prepared answer as it reads for the person of a case.

    Raises:
        InvalidInput: there is none of that name, or its Liquid is broken.
    """
    template = next((one for one in rules.templates if one.name == name), None)
    if template is None or not template.texts:
        raise InvalidInput("There is no such prepared answer.", hint="Look at the list in the settings.")
    message = Message(
        name=f"answer-{name}",
        label=template.label or name,
        channel="sms",
        purpose="service",
        texts={one: {"text": text} for one, text in template.texts.items() if one in LANGUAGES},
    )
    variables = {}
    if person is not None:
        profile = room.customers.profiles.profile(connection, person.subjects, room.now())
        variables = person_variables(profile, identifiers=person.identifiers)
    variables["case"] = {"number": case.reference, "title": case.life.title}
    rendered = room.content.render_draft(connection, message, person=variables)
    return rendered.parts.get("text", "")


def note_form(case: Case, words: Words) -> Form:
    """Return the form for a note that only colleagues read."""
    fields = (
        Hidden(name="once", value=ids.new_secret(9)),
        TextArea(
            name="text",
            label=words.gettext("Note for colleagues"),
            rows=3,
            help=words.gettext("The customer never sees it."),
        ),
    )
    return Form(
        name="note",
        action=case_href(case.number, "/note"),
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Keep the note"),
    )


def change_form(case: Case, rules: ServiceRules, words: Words) -> Form:
    """Return the form for what a case is: state, kind, priority, tags and title. No clock and no score is in it."""
    life = case.life
    statuses = {name: label for name, (label, _, _) in STATUSES.items() if name in FREE_STATUSES}
    now = () if life.status in statuses else (Option(value="", label=words.gettext("leave as it is")),)
    tags = tuple(dict.fromkeys((*rules.tags, *life.tags)))
    fields: list[Field] = [
        Hidden(name="once", value=ids.new_secret(9)),
        Input(name="title", label=words.gettext("Subject"), value=life.title),
        Select(
            name="status",
            label=words.gettext("State"),
            options=(*now, *options(statuses, words)),
            value=life.status if life.status in statuses else "",
            required=False,
        ),
        Select(
            name="kind",
            label=words.gettext("Kind"),
            options=options(KINDS, words),
            value=life.kind,
        ),
        Select(
            name="priority",
            label=words.gettext("Priority"),
            options=options(PRIORITIES, words),
            value=life.priority,
        ),
    ]
    fields += [
        Checkbox(name=f"tag:{tag}", label=words.gettext("Tag: %(tag)s", tag=tag), checked=tag in life.tags)
        for tag in tags
    ]
    return Form(
        name="change",
        action=case_href(case.number, "/change"),
        sections=(Fieldset(fields=tuple(fields)),),
        submit=words.gettext("Change"),
    )


def hand_over_form(
    case: Case, rules: ServiceRules, staff: Sequence[Colleague], me: str, words: Words
) -> Form:
    """Return the form that gives a case to somebody else, with what they have to know."""
    mine = tuple(one for one in staff if one.email == me)
    others = tuple(one for one in staff if one.email != me)
    life = case.life
    fields: tuple[Field, ...] = (
        Hidden(name="once", value=ids.new_secret(9)),
        Select(
            name="assignee",
            label=words.gettext("Handled by"),
            options=staff_options((*mine, *others), nothing=words.gettext("nobody")),
            value=life.assignee,
            required=False,
        ),
        Select(
            name="team",
            label=words.gettext("Team"),
            options=labelled(rules.teams, nothing=words.gettext("none")),
            value=life.team,
            required=False,
        ),
        Select(
            name="department",
            label=words.gettext("Department"),
            options=labelled(rules.departments, nothing=words.gettext("none")),
            value=life.department,
            required=False,
        ),
        TextArea(
            name="text",
            label=words.gettext("What they have to know"),
            rows=3,
            required=False,
            help=words.gettext("It stays with the case as a note; the thread and the promises go along."),
        ),
    )
    return Form(
        name="hand-over",
        action=case_href(case.number, "/hand-over"),
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Hand over"),
    )
