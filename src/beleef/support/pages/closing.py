"""The acts on a case that are asked about on a page of their own: close, open again, merge and undo it, split, put under another, let sleep."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel import ids
from beleef.kernel.errors import BeleefError, InvalidInput
from beleef.support.api import NEEDS_CAUSE, Case, Closing, ServiceRules, reference
from beleef.support.pages.parts import (
    FormPage,
    SupportRoom,
    case_href,
    filled,
    frame,
    in_thread,
    open_agent,
    person_of,
    read_case,
    read_moment,
    rules_of,
    said_text,
    say,
    to_cases,
)
from beleef.support.pages.thread import path_of
from beleef.ui.components import Link, refusal_note
from beleef.ui.forms import Choices, Field, Fieldset, Form, Hidden, Input, Option, Select, TextArea
from beleef.ui.words import N_, Words

_ASKED: Final = ("close", "reopen", "merge", "unmerge", "parent", "unparent", "snooze")
_PLAIN: Final = frozenset({"reopen", "unparent", "unmerge"})
_OUTCOMES: Final = {
    "solved": N_("Solved"),
    "explained": N_("Explained"),
    "compensated": N_("Made good"),
    "not_justified": N_("Not justified"),
    "no_answer": N_("The customer could not be reached"),
    "spam": N_("Not from a customer (spam)"),
}


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the pages that ask, and what does what they ask about."""
    return [*(route for act in _ASKED for route in _routes(room, act)), *_splitting(room)]


def _routes(room: SupportRoom, act: str) -> list[HTTPRouteHandler]:
    @get(f"/cases/{{number:str}}/{act}", sync_to_thread=True, name=f"case-{act}")
    def ask(request: AnyRequest, number: str) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        view = _asking(room, visit, read_case(number), act, Answers())
        return room.desk.html("support/form.html", view)

    @post(f"/cases/{{number:str}}/{act}", name=f"case-{act}-done")
    async def done(request: AnyRequest, number: str) -> Response[str]:
        visit, given = await open_agent(room, request)
        try:
            messages = await in_thread(_messages, room, visit, read_case(number), act, given)
        except InvalidInput as error:
            view = await in_thread(_asking, room, visit, read_case(number), act, given, error)
            return room.desk.html("support/form.html", view, status=400)
        shows = await say(room, messages)
        flash = said_text(_flash(act, visit.words), shows=shows, words=visit.words)
        return room.desk.redirect(case_href(read_case(number)), flash=flash)

    return [ask, done]


def _splitting(room: SupportRoom) -> list[HTTPRouteHandler]:
    @get("/cases/{number:str}/split/{fact:str}", sync_to_thread=True)
    def ask(request: AnyRequest, number: str, fact: str) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        words = visit.words
        title = Input(name="title", label=words.gettext("What the new case is about"))
        form = _form(f"split/{fact}", read_case(number), (_once(), title), words.gettext("Split off"), words)
        page = frame(
            visit,
            words.gettext("Make this message a case of its own?"),
            up=_up(read_case(number), words),
            lead=words.gettext("It gets a number and clocks of its own; this case goes on."),
        )
        return room.desk.html("support/form.html", FormPage(page=page, form=form))

    @post("/cases/{number:str}/split/{fact:str}")
    async def split(request: AnyRequest, number: str, fact: str) -> Response[str]:
        visit, given = await open_agent(room, request)
        messages = await in_thread(_split, room, visit, read_case(number), fact, given)
        shows = await say(room, messages)
        flash = said_text(visit.words.gettext("The message is a case now."), shows=shows, words=visit.words)
        return room.desk.redirect(case_href(read_case(number)), flash=flash)

    return [ask, split]


def _split(room: SupportRoom, visit: Visit, number: int, fact: str, given: Answers) -> list[dict[str, Any]]:
    found = ids.from_text(fact)
    if found is None or not filled(given, "title"):
        raise InvalidInput("The new case needs a subject.", hint="Say in a few words what it is about.")
    with room.database.read() as connection:
        case = room.support.case(connection, number)
        return room.support.split(
            connection, case, found, title=filled(given, "title")[:200], by=visit.actor.name, key=_key(given)
        )


def _messages(room: SupportRoom, visit: Visit, number: int, act: str, given: Answers) -> list[dict[str, Any]]:
    by, key = visit.actor.name, _key(given)
    with room.database.read() as connection:
        case = room.support.case(connection, number)
        if act == "close":
            return room.support.close(connection, case, by=by, key=key, closing=_closing(given))
        if act in {"reopen", "unmerge"}:
            does = room.support.reopen if act == "reopen" else room.support.unmerge
            return does(connection, case, by=by, key=key)
        if act == "snooze":
            until = _until(given, visit.words, room.now())
            return room.support.change(
                connection, case, by=by, key=key, now=room.now(), status="snoozed", snooze_until=until
            )
        if act == "unparent":
            return room.support.change(connection, case, by=by, key=key, now=room.now(), parent=0)
        other = room.support.case(connection, _other(given, number))
        if act == "merge":
            return room.support.merge(connection, case, other, by=by, key=key)
        return room.support.change(connection, case, by=by, key=key, now=room.now(), parent=other.number)


def _closing(given: Answers) -> Closing:
    outcome = filled(given, "outcome")
    return Closing(
        root_cause=filled(given, "root_cause"),
        action=filled(given, "action")[:2_000],
        outcome=outcome if outcome in _OUTCOMES else "solved",
    )


def _other(given: Answers, number: int) -> int:
    try:
        other = read_case(filled(given, "other"))
    except BeleefError as error:
        raise InvalidInput("That is no case's number.", hint="Write it like C-10023.") from error
    if other == number:
        raise InvalidInput("That is this case itself.", hint="Write the number of the other.")
    return other


def _until(given: Answers, words: Words, now: int) -> int:
    found = read_moment(filled(given, "day"), filled(given, "time"), words)
    if found is None:
        raise InvalidInput("That is no moment.", hint="Choose a day, and a time such as 09:00.")
    if found <= now:
        raise InvalidInput("That moment is past.", hint="Choose one that is to come.")
    return found


def _asking(
    room: SupportRoom,
    visit: Visit,
    number: int,
    act: str,
    given: Answers,
    error: InvalidInput | None = None,
) -> FormPage:
    words = visit.words
    with room.database.read() as connection:
        case = room.support.case(connection, number)
        rules = rules_of(room, connection)
        person = person_of(connection, case.subject)
        others = room.support.of_person(connection, person.subjects) if person else []
    fields, submit, lead = _fields(
        act, case, rules, [one for one in others if one.number != number], given, words
    )
    page = frame(visit, _title(act, case, words), up=_up(number, words), lead=lead)
    note = refusal_note(error, visit.words)
    return FormPage(page=page, form=_form(act, number, fields, submit, words), note=note)


def _fields(
    act: str, case: Case, rules: ServiceRules, others: Sequence[Case], given: Answers, words: Words
) -> tuple[tuple[Field, ...], str, str | None]:
    """Return the fields of an act, what stands on its button, and a sentence about it."""
    if act == "close":
        return (
            _closing_fields(case, rules, given, words),
            words.gettext("Close it"),
            _closing_lead(case, words),
        )
    if act in _PLAIN:
        submit, lead = _plain(act, case, words)
        return (_once(),), submit, lead
    if act == "snooze":
        fields: tuple[Field, ...] = (
            _once(),
            Input(name="day", label=words.gettext("Until the day"), type="date", value=given.get("day", "")),
            Input(
                name="time",
                label=words.gettext("At (hours:minutes)"),
                value=given.get("time", "09:00"),
            ),
        )
        lead = words.gettext(
            "It comes back by itself, and at once when the customer writes. Its promises go on."
        )
        return fields, words.gettext("Let it sleep"), lead
    help_ = words.gettext("Such as C-10023.")
    if others:
        numbers = ", ".join(f"{one.reference} ({one.life.title[:40]})" for one in others[:5])
        help_ = words.gettext("Of the same person: %(cases)s.", cases=numbers)
    other = Input(
        name="other",
        label=words.gettext("Number of the other case"),
        value=given.get("other", ""),
        help=help_,
        autocomplete="off",
    )
    if act == "merge":
        lead = words.gettext(
            "Its messages move to the other case, and of two promises the earlier one counts."
        )
        return (_once(), other), words.gettext("Merge"), lead
    return (_once(), other), words.gettext("Put it there"), None


def _plain(act: str, case: Case, words: Words) -> tuple[str, str]:
    """Return what stands on the button of an act that asks for nothing more, and what comes of it."""
    if act == "reopen":
        lead = words.gettext("Its promises begin anew; the broken ones stay broken.")
        return words.gettext("Open it again"), lead
    if act == "unparent":
        lead = words.gettext(
            "%(case)s stays as it is; both go on by themselves.", case=reference(case.life.parent)
        )
        return words.gettext("Take it out"), lead
    lead = words.gettext(
        "It goes on as if it had never gone up in %(case)s: its state, its promises and their clocks are those it had. What was said"
        " since the merge stays in %(case)s; make a message there a case of its own if it belongs elsewhere.",
        case=reference(case.life.merged_into),
    )
    return words.gettext("Undo the merge"), lead


def _closing_fields(case: Case, rules: ServiceRules, given: Answers, words: Words) -> tuple[Field, ...]:
    must = case.life.kind in NEEDS_CAUSE
    life = case.life
    causes = sorted(
        (Option(value=one.name, label=path_of(rules.root_causes, one.name)) for one in rules.root_causes),
        key=lambda one: one.label.casefold(),
    )
    nothing = words.gettext("choose …") if must else words.gettext("not looked for")
    return (
        _once(),
        Select(
            name="root_cause",
            label=words.gettext("Why did it happen?"),
            options=(Option(value="", label=nothing), *causes),
            value=given.get("root_cause", life.root_cause),
            required=must,
        ),
        TextArea(
            name="action",
            label=words.gettext("What was done about it?"),
            value=given.get("action", life.action),
            rows=3,
            required=must,
        ),
        Choices(
            name="outcome",
            label=words.gettext("What came of it?"),
            options=tuple(
                Option(value=value, label=words.gettext(label)) for value, label in _OUTCOMES.items()
            ),
            values=(given.get("outcome", "solved"),),
        ),
    )


def _closing_lead(case: Case, words: Words) -> str:
    if case.life.kind in NEEDS_CAUSE:
        return words.gettext("A complaint or follow-up closes with its root cause and with what was done.")
    return words.gettext("The customer can open it again by answering.")


def _title(act: str, case: Case, words: Words) -> str:
    titles = {
        "close": words.gettext("Close %(number)s", number=case.reference),
        "reopen": words.gettext("Open %(number)s again", number=case.reference),
        "merge": words.gettext("Merge %(number)s into another case", number=case.reference),
        "unmerge": words.gettext("Take %(number)s out of the other case?", number=case.reference),
        "parent": words.gettext("Put %(number)s under another case", number=case.reference),
        "unparent": words.gettext("Take %(number)s from under the other case", number=case.reference),
        "snooze": words.gettext("Let %(number)s sleep", number=case.reference),
    }
    return titles[act]


def _flash(act: str, words: Words) -> str:
    texts = {
        "close": words.gettext("The case is closed."),
        "reopen": words.gettext("The case is open again."),
        "merge": words.gettext("The case went up in the other."),
        "unmerge": words.gettext("The merge is undone."),
        "parent": words.gettext("The case stands under the other."),
        "unparent": words.gettext("The case stands by itself again."),
        "snooze": words.gettext("The case sleeps."),
    }
    return texts[act]


def _form(act: str, number: int, fields: tuple[Field, ...], submit: str, words: Words) -> Form:
    return Form(
        name="act",
        action=case_href(number, f"/{act}"),
        sections=(Fieldset(fields=fields),),
        submit=submit,
        cancel=Link(text=words.gettext("Cancel"), href=case_href(number)),
    )


def _up(number: int, words: Words) -> tuple[Link, ...]:
    return (to_cases(words), Link(text=f"C-{number}", href=case_href(number)))


def _once() -> Hidden:
    return Hidden(name="once", value=ids.new_secret(9))


def _key(given: Answers) -> str:
    return f"page-{filled(given, 'once')[:40]}"
