"""The page of a case: the thread, the answer, the note, where it stands and its promises; beside it everything of the person."""

from collections.abc import Sequence

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel import ids
from beleef.kernel.errors import NotFound
from beleef.support.api import Attachment, Case, Entry, ServiceRules, reference
from beleef.support.pages.beside import Beside, beside
from beleef.support.pages.case_forms import change_form, hand_over_form, note_form, reply_fields
from beleef.support.pages.files import download
from beleef.support.pages.parts import (
    Colleague,
    SupportRoom,
    case_href,
    frame,
    label_in,
    person_of,
    read_case,
    rules_of,
    staff_name,
    to_cases,
)
from beleef.support.pages.thread import ThreadEntry, path_of, thread
from beleef.support.pages.wording import (
    channel_name,
    kind_name,
    priority_badge,
    promise_badge,
    promise_name,
    status_badge,
    time_left,
)
from beleef.ui.components import Badge, Callout, Cell, Column, Known, Link, Row, Table, Text, Time
from beleef.ui.forms import Field, Form
from beleef.ui.page import Page
from beleef.ui.words import Words

_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Nothing in a customer's mail runs, and nothing is fetched: a remote picture would tell its sender that it was read."""


class CasePageView(msgspec.Struct, frozen=True, kw_only=True):
    """``support/case.html``: one case with everything that is done to it.

    Attributes:
        page: The frame.
        badges: Where it stands, at a glance.
        note: What to know first: a late promise, a merged case.
        thread: What happened.
        reply: The fields of the answer; empty where it cannot be answered.
        reply_action: Where the answer goes.
        templates: The prepared answers, each with the address that fills one in.
        suggests: Where articles that fit are asked for.
        notes: The form for a note; None where the case went up in another.
        change, hand_over: The forms for what it is and who has it; None there as well.
        known: What it is.
        promises: All promises.
        acts: Further things that can be done.
        beside: The person.
    """

    page: Page
    badges: tuple[Badge, ...]
    note: Callout | None
    thread: tuple[ThreadEntry, ...]
    reply: tuple[Field, ...]
    reply_action: str
    templates: tuple[Link, ...]
    suggests: str
    notes: Form | None
    change: Form | None
    hand_over: Form | None
    known: tuple[Known, ...]
    promises: Table
    acts: tuple[Link, ...]
    beside: Beside


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the page, the HTML of a message by itself, and the files."""

    @get("/cases/{number:str}", sync_to_thread=True)
    def case(request: AnyRequest, number: str, template: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        return room.desk.html("support/case.html", case_page(room, visit, read_case(number), template))

    @get("/cases/{number:str}/html/{fact:str}", sync_to_thread=True)
    def html(request: AnyRequest, number: str, fact: str) -> Response[str]:
        room.desk.open(request, Role.agent)
        return _framed(entry_of(room, read_case(number), fact).html)

    @get("/cases/{number:str}/files/{fact:str}/{place:int}", sync_to_thread=True)
    def file(request: AnyRequest, number: str, fact: str, place: int) -> Response[bytes]:
        room.desk.open(request, Role.agent)
        found = entry_of(room, read_case(number), fact).attachments
        if place >= len(found) or not found[place].file:
            raise NotFound("There is no such file.", hint="Open it from the page.")
        return download(*_opened(room, read_case(number), found[place]))

    return [case, html, file]


def _opened(room: SupportRoom, number: int, attachment: Attachment) -> tuple[Attachment, bytes]:
    with room.database.read() as connection:
        found: tuple[Attachment, bytes] = room.support.files.read(connection, number, attachment.file)
    return found


def entry_of(room: SupportRoom, number: int, fact: str) -> Entry:
    """Return an entry of a case.

    Raises:
        NotFound: the case has none of that number.
    """
    with room.database.read() as connection:
        for one in room.support.thread(connection, number):
            if ids.to_text(one.fact) == fact:
                return one
    raise NotFound("There is no such message in this case.", hint="Open it from the case.")


def case_page(
    room: SupportRoom,
    visit: Visit,
    number: int,
    template: str = "",
    *,
    given: Answers | None = None,
    errors: dict[str, str] | None = None,
) -> CasePageView:
    """Return the page of a case.

    Args:
        room: What pages work with.
        visit: Who asks.
        number: Of the case.
        template: Name of the prepared answer to begin with; empty for none.
        given: An answer that is shown again, with what is wrong with it.
        errors: What is wrong, by field.
    """
    words = visit.words
    with room.database.read() as connection:
        case = room.support.case(connection, number)
        entries = room.support.thread(connection, number)
        rules, staff = rules_of(room, connection), list(room.staff(connection))
        person = person_of(connection, case.subject)
        panel = beside(room, connection, visit, case, person)
        children = room.support.children(connection, number)
        fields = reply_fields(
            room,
            connection,
            case,
            person,
            rules,
            template,
            words=words,
            given=given,
            errors=errors or {},
            seen=max((one.fact for one in entries), default=0),
        )
    is_open, is_gone = case.life.status != "closed", bool(case.life.merged_into)
    return CasePageView(
        page=_frame(visit, case),
        badges=_badges(case, words),
        note=_note(case, room.now(), words),
        thread=thread(0 if is_gone else number, entries, panel.name, rules, staff, words),
        reply=() if is_gone else fields,
        reply_action=case_href(number, "/reply"),
        templates=tuple(
            Link(text=one.label or one.name, href=f"{case_href(number)}?template={one.name}#reply")
            for one in rules.templates
        ),
        suggests="/cases/suggestions",
        notes=None if is_gone else note_form(case, words),
        change=None if is_gone else change_form(case, rules, words),
        hand_over=None if is_gone else hand_over_form(case, rules, staff, visit.actor.email, words),
        known=_known(case, children, rules, staff, words),
        promises=_promises(case, room.now(), words),
        acts=_acts(case, words, is_open=is_open),
        beside=panel,
    )


def _frame(visit: Visit, case: Case) -> Page:
    words, life = visit.words, case.life
    close = Link(text=words.gettext("Close"), href=case_href(case.number, "/close"))
    again = Link(text=words.gettext("Open again"), href=case_href(case.number, "/reopen"))
    actions = () if life.merged_into else (again,) if life.status == "closed" else (close,)
    return frame(
        visit,
        life.title or words.gettext("without a subject"),
        up=(to_cases(words),),
        actions=actions,
        lead=f"{case.reference} · {channel_name(life.channel, words)} · {words.moment(life.opened_at)}",
    )


def _badges(case: Case, words: Words) -> tuple[Badge, ...]:
    life = case.life
    tags = tuple(Badge(text=tag) for tag in life.tags)
    kind = Badge(text=kind_name(life.kind, words), tone="warn" if life.kind == "complaint" else "neutral")
    return (status_badge(life, words), kind, priority_badge(life.priority, words), *tags)


def _note(case: Case, now: int, words: Words) -> Callout | None:
    life = case.life
    if life.merged_into:
        return Callout(
            title=words.gettext("This case went up in another"),
            text=words.gettext("What happens from now on happens there."),
            tone="neutral",
            action=Link(text=reference(life.merged_into), href=case_href(life.merged_into)),
        )
    running = life.next_promise
    if running is not None and running.due_at < now:
        return Callout(
            title=words.gettext(
                "Promise broken: %(promise)s, %(time)s",
                promise=promise_name(running.kind, words),
                time=time_left(running.due_at, now, words),
            ),
            text=words.gettext("The customer sees this too. Answer, and say when you will be done."),
            tone="bad",
        )
    return None


def _known(
    case: Case, children: Sequence[Case], rules: ServiceRules, staff: Sequence[Colleague], words: Words
) -> tuple[Known, ...]:
    life = case.life
    nobody = words.gettext("nobody")
    found: list[tuple[str, Cell]] = [
        (
            words.gettext("Handled by"),
            Text(text=staff_name(staff, life.assignee) if life.assignee else nobody),
        ),
        (words.gettext("Team"), Text(text=label_in(rules.teams, life.team) or "—")),
        (words.gettext("Department"), Text(text=label_in(rules.departments, life.department) or "—")),
        (words.gettext("Touchpoint"), Text(text=life.touchpoint or "—")),
    ]
    if life.snoozed_until:
        found.append((words.gettext("Sleeps until"), Time(moment=life.snoozed_until, exact=True)))
    if life.waiting_since:
        found.append((words.gettext("Customer waits since"), Time(moment=life.waiting_since)))
    if life.parent:
        found.append((words.gettext("Under"), Link(text=f"C-{life.parent}", href=case_href(life.parent))))
    for one in children:
        link = Link(text=one.reference, href=case_href(one.number), detail=one.life.title or None)
        found.append((words.gettext("Case under it"), link))
    if life.follows:
        found.append(
            (words.gettext("Goes on from"), Link(text=f"C-{life.follows}", href=case_href(life.follows)))
        )
    if life.root_cause:
        found.append((words.gettext("Root cause"), Text(text=path_of(rules.root_causes, life.root_cause))))
    if life.action:
        found.append((words.gettext("Action"), Text(text=life.action)))
    if life.reopened:
        found.append((words.gettext("Opened again"), Text(text=words.number(life.reopened))))
    return tuple(Known(name=name, value=value) for name, value in found)


def _promises(case: Case, now: int, words: Words) -> Table:
    """Return all promises with both clocks: with pauses, and as if nothing had paused them."""
    who = {
        "policy": words.gettext("policy"),
        "employee": words.gettext("the word of a colleague"),
        "merge": words.gettext("came along in a merge"),
    }

    rows = tuple(
        Row(
            cells=(
                Text(
                    text=promise_name(one.kind, words),
                    detail=words.gettext("%(by)s, version %(number)s", by=who[one.by], number=one.version),
                ),
                promise_badge(one, now, words),
                Text(
                    text=words.moment(one.due_at),
                    detail=time_left(one.due_at, now, words) if one.state == "open" else None,
                ),
                Text(
                    text=words.moment(one.raw_due_at) if one.raw_due_at != one.due_at else "—",
                    detail=words.gettext("paused %(time)s", time=words.duration(one.paused_s * 1_000_000))
                    if one.paused_s
                    else None,
                ),
            )
        )
        for one in case.life.promises
    )
    return Table(
        caption=words.gettext("Promises"),
        columns=(
            Column(label=words.gettext("Promise")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Due")),
            Column(label=words.gettext("Without pauses")),
        ),
        rows=rows,
    )


def _acts(case: Case, words: Words, *, is_open: bool) -> tuple[Link, ...]:
    if case.life.merged_into:
        return (Link(text=words.gettext("Undo the merge"), href=case_href(case.number, "/unmerge")),)
    acts = [Link(text=words.gettext("Put under another case"), href=case_href(case.number, "/parent"))]
    if case.life.parent:
        acts.append(
            Link(
                text=words.gettext("Take it from under the other case"),
                href=case_href(case.number, "/unparent"),
            )
        )
    if is_open:
        acts += [
            Link(text=words.gettext("Merge into another case"), href=case_href(case.number, "/merge")),
            Link(text=words.gettext("Let it sleep"), href=case_href(case.number, "/snooze")),
            Link(text=words.gettext("Close"), href=case_href(case.number, "/close")),
        ]
    return tuple(acts)


def _framed(html: str) -> Response[str]:
    return Response(
        html,
        media_type="text/html",
        headers={
            "Content-Security-Policy": _FRAME_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )
