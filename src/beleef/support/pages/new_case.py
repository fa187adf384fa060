"""A case that staff open: for a person from their page, or for somebody who called, by an e-mail address."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity.api import Person
from beleef.kernel import ids
from beleef.kernel.errors import BeleefError, InvalidInput
from beleef.support.api import Case
from beleef.support.model import KINDS, PRIORITIES
from beleef.support.pages.asking import check_address
from beleef.support.pages.parts import (
    FormPage,
    ListPage,
    SupportRoom,
    case_href,
    filled,
    frame,
    href,
    in_thread,
    labelled,
    open_agent,
    options,
    person_of,
    rules_of,
    say,
    to_cases,
)
from beleef.support.pages.wording import CHANNELS, clock_badge, kind_name, status_badge
from beleef.support.pages.wording import KINDS as KIND_LABELS
from beleef.support.pages.wording import PRIORITIES as PRIORITY_LABELS
from beleef.ui.components import (
    Badge,
    Callout,
    Column,
    EmptyState,
    Link,
    Row,
    Table,
    Text,
    Time,
    refusal_note,
)
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, Select, TextArea
from beleef.ui.words import Words

_HEARD_OVER: Final = ("phone", "email", "shop", "chat", "letter", "social")
_SHOWN: Final = 50


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the form, what opens the case, and a person's tab of cases."""

    @get("/cases/new", sync_to_thread=True)
    def form(request: AnyRequest, person: str = "", kind: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        given = Answers([("person", person), ("kind", kind)])
        return room.desk.html("support/form.html", _form_page(room, visit, given))

    @post("/cases/new")
    async def add(request: AnyRequest) -> Response[str]:
        visit, given = await open_agent(room, request)
        try:
            messages = await in_thread(_messages, room, visit, given)
        except InvalidInput as error:
            view = await in_thread(_form_page, room, visit, given, error)
            return room.desk.html("support/form.html", view, status=400)
        await say(room, messages)
        number = await in_thread(_opened, room, given)
        words = visit.words
        if number is None:
            flash = words.gettext("It is kept; it shows as soon as the worker has read it.")
            return room.desk.redirect("/cases", flash=flash)
        return room.desk.redirect(case_href(number), flash=words.gettext("The case is open."))

    @get("/people/{who:str}/cases", sync_to_thread=True)
    def of_person(request: AnyRequest, who: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("support/list.html", _tab(room, visit, who))

    return [form, add, of_person]


def _person(room: SupportRoom, given: Answers) -> Person | None:
    number = ids.from_text(filled(given, "person").lower()) if filled(given, "person") else None
    if number is None:
        return None
    with room.database.read() as connection:
        return person_of(connection, number)


def _messages(room: SupportRoom, visit: Visit, given: Answers) -> list[dict[str, Any]]:
    person = _person(room, given)
    email = "" if person else check_address(filled(given, "email"))
    channel = next((one for one in _HEARD_OVER if one == filled(given, "channel")), "phone")
    return room.support.open_case(
        key=_key(given),
        person=person,
        email=email,
        kind=next((one for one in KINDS if one == filled(given, "kind")), "question"),
        title=filled(given, "title"),
        text=filled(given, "text"),
        channel=channel,
        by=visit.actor.name,
        spoke=bool(given.get("spoke")),
        priority=next((one for one in PRIORITIES if one == filled(given, "priority")), "normal"),
        department=filled(given, "department"),
        touchpoint=filled(given, "touchpoint"),
    )


def _opened(room: SupportRoom, given: Answers) -> int | None:
    with room.database.read() as connection:
        return room.support.opened_by(connection, _key(given))


def _key(given: Answers) -> str:
    return f"page-{filled(given, 'once')[:40]}"


def _form_page(room: SupportRoom, visit: Visit, given: Answers, error: BeleefError | None = None) -> FormPage:
    words, person = visit.words, _person(room, given)
    with room.database.read() as connection:
        departments = rules_of(room, connection).departments
    about: tuple[Field, ...] = (
        (Hidden(name="person", value=filled(given, "person")),)
        if person
        else (
            Input(
                name="email",
                label=words.gettext("E-mail address of the customer"),
                type="email",
                value=given.get("email", ""),
            ),
        )
    )
    asked = Fieldset(fields=(Hidden(name="once", value=given.get("once") or ids.new_secret(9)), *about))
    what = _what(given, words)
    where = Select(
        name="department",
        label=words.gettext("Department"),
        options=labelled(departments, nothing=words.gettext("by the touchpoint")),
        value=given.get("department", ""),
        required=False,
    )
    lead = None
    if person:
        line = room.customers.lines([person.number]).get(person.number)
        lead = (line.called or line.identifier) if line else None
    return FormPage(
        page=frame(visit, words.gettext("New case"), up=(to_cases(words),), lead=lead),
        note=refusal_note(error, visit.words),
        form=Form(
            name="case",
            action="/cases/new",
            sections=(asked, Fieldset(fields=(*what, where))),
            submit=words.gettext("Open the case"),
            cancel=Link(text=words.gettext("Cancel"), href="/cases"),
        ),
    )


def _what(given: Answers, words: Words) -> tuple[Field, ...]:
    channels = {one: CHANNELS[one] for one in _HEARD_OVER}
    return (
        Select(
            name="kind",
            label=words.gettext("Kind"),
            options=options(KIND_LABELS, words),
            value=given.get("kind") or "question",
        ),
        Input(name="title", label=words.gettext("Subject"), value=given.get("title", "")),
        TextArea(name="text", label=words.gettext("What was said"), value=given.get("text", ""), rows=6),
        Checkbox(
            name="spoke",
            label=words.gettext("The customer said this, and waits for an answer from now on"),
            checked="once" not in given or bool(given.get("spoke")),
        ),
        Select(
            name="channel",
            label=words.gettext("Over"),
            options=options(channels, words),
            value=given.get("channel", "phone"),
        ),
        Select(
            name="priority",
            label=words.gettext("Priority"),
            options=options(PRIORITY_LABELS, words),
            value=given.get("priority") or "normal",
        ),
        Input(
            name="touchpoint",
            label=words.gettext("Touchpoint"),
            value=given.get("touchpoint", ""),
            required=False,
        ),
    )


def _tab(room: SupportRoom, visit: Visit, who: str) -> ListPage:
    words, now, may = visit.words, room.now(), visit.may(Role.agent)
    page, tab_links, number = room.head(visit, who, "cases")
    with room.database.read() as connection:
        person = person_of(connection, number)
        found = room.support.of_person(connection, person.subjects, limit=_SHOWN) if person else []
    new = Link(text=words.gettext("New case"), href=href("/cases/new", person=ids.to_text(number)))

    def row(case: Case) -> Row:
        title = case.life.title or words.gettext("without a subject")
        is_closed = case.life.status == "closed"
        return Row(
            cells=(
                Link(text=title, href=case_href(case.number), detail=case.reference)
                if may
                else Text(text=title, detail=case.reference),
                Text(text=kind_name(case.life.kind, words)),
                status_badge(case.life, words),
                Badge(text="—") if is_closed else clock_badge(case, now, words),
                Time(moment=case.life.last_at),
            )
        )

    table = Table(
        caption=words.gettext("Cases of this person"),
        columns=(
            Column(label=words.gettext("Case")),
            Column(label=words.gettext("Kind")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Promise")),
            Column(label=words.gettext("Last")),
        ),
        rows=tuple(map(row, found)),
        empty=EmptyState(
            title=words.gettext("No cases"),
            text=words.gettext("Questions, complaints and follow-ups of this person stand here."),
            icon="case",
            action=new if may else None,
        ),
    )
    note = Callout(
        title=words.gettext("Somebody called or came by?"),
        text=words.gettext("Open a case for them, so that what they ask is answered in time."),
        action=new,
    )
    return ListPage(
        page=page,
        tab_links=tab_links,
        tabs_label=page.title,
        note=note if found and may else None,
        tables=(table,),
    )
