"""The inbox: all cases by view, search and filter, each with its promise and the time left; several can be changed at once."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.profiles.customers import Filter
from beleef.support import view_queries
from beleef.support.api import Case, CasePage, ServiceRules
from beleef.support.pages.bulk import bulk_fields
from beleef.support.pages.own_views import view_form
from beleef.support.pages.parts import (
    MOST_SHOWN,
    Colleague,
    SupportRoom,
    case_href,
    frame,
    labelled,
    names_of,
    options,
    rules_of,
    staff_name,
    staff_options,
)
from beleef.support.pages.views import COUNTED, FILTERS, ORDERS, VIEWS, Query, wanted
from beleef.support.pages.wording import (
    CHANNELS,
    KINDS,
    PRIORITIES,
    STATUSES,
    clock_badge,
    kind_name,
    priority_badge,
    status_badge,
)
from beleef.ui.components import Badge, EmptyState, Link, Pager, TabLink
from beleef.ui.forms import Chip, Field, FilterBar, Form, Hidden, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_MOST_COUNTED: Final = 99
_PEOPLE_FOUND: Final = 4
_OFFERED: Final = ("kind", "assignee", "team", "department", "tag")


class InboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the list."""

    reference: str
    href: str
    title: str
    person: str
    kind: str
    status: Badge
    clock: Badge
    priority: Badge | None
    assignee: str
    last_at: int
    is_late: bool


class InboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/inbox.html``: tabs of views, filters, the cases, what can be done with those that are marked, and keeping the view."""

    page: Page
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    people: tuple[Link, ...]
    rows: tuple[InboxRow, ...]
    empty: EmptyState
    pager: Pager | None
    bulk: tuple[Field, ...]
    back: str
    once: str
    keeping: Form | None


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the list."""

    @get("/cases", sync_to_thread=True)
    def inbox(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        query = _query(request)
        return room.desk.html("support/inbox.html", _page(room, visit, query))

    return [inbox]


def _query(request: AnyRequest) -> Query:
    given = request.query_params
    known = {name: str(given.get(name) or "")[:200] for name in Query.__struct_fields__}
    known["view"] = known["view"] or "open"
    known["q"] = known["q"].strip()
    return Query(**known)


def _page(room: SupportRoom, visit: Visit, query: Query) -> InboxPage:
    words, now = visit.words, room.now()
    with room.database.read() as connection:
        rules = rules_of(room, connection)
        staff = room.staff(connection)
        subjects: tuple[int, ...] = ()
        number = ids.from_text(query.person) if query.person else None
        if number is not None:
            person = identity.person(connection, number)
            subjects = tuple(person.subjects) if person else (number,)
        asked = wanted(query, visit, rules, now, subjects)
        found = room.support.inbox(connection, asked, now=now, after=query.after or None, limit=MOST_SHOWN)
        counts = {
            name: room.support.count(
                connection,
                wanted(Query(view=name), visit, rules, now),
                now=now,
                at_most=_MOST_COUNTED,
            )
            for name in COUNTED
        }
        own = view_queries.views_of(connection, visit.actor.email)
    shown = {name: _counted(one.count, is_more=one.is_more, words=words) for name, one in counts.items()}
    names = names_of(room, found.cases)
    return InboxPage(
        page=_frame(visit, words),
        tab_links=_tabs(query, rules, own, shown, words),
        filters=_filters(query, rules, staff, names, words),
        people=_people(room, query),
        rows=tuple(_row(case, names, staff, now, words) for case in found.cases),
        empty=_empty(query, words),
        pager=_pager(query, found, words),
        bulk=bulk_fields(rules, staff, words),
        back=query.href(after=query.after),
        once=ids.new_secret(9),
        keeping=view_form(query.href(), own, words, is_filtered=query != Query(view=query.view)),
    )


def _frame(visit: Visit, words: Words) -> Page:
    actions = [Link(text=words.gettext("New case"), href="/cases/new")]
    actions.append(Link(text=words.gettext("Figures"), href="/cases/figures"))
    actions.append(Link(text=words.gettext("Root causes"), href="/cases/causes"))
    if visit.may(Role.editor):
        actions.append(Link(text=words.gettext("Settings"), href="/cases/settings"))
    return frame(visit, words.gettext("Cases"), actions=actions)


def _counted(count: int, *, is_more: bool, words: Words) -> str | None:
    if not count:
        return None
    return f"{words.number(count)}+" if is_more else words.number(count)


def _tabs(
    query: Query,
    rules: ServiceRules,
    own_views: Mapping[str, str],
    counts: dict[str, str | None],
    words: Words,
) -> tuple[TabLink, ...]:
    here = query.href()
    is_own = here in own_views.values()
    built_in = [(name, words.gettext(label)) for name, label in VIEWS.items()]
    own = [(f"own:{view.name}", view.label or view.name) for view in rules.views]
    shared = tuple(
        TabLink(
            label=label,
            href=Query(view=name).href(),
            active=name == query.view and not is_own,
            count=counts.get(name),
        )
        for name, label in (*built_in, *own)
    )
    return (
        *shared,
        *(TabLink(label=name, href=where, active=where == here) for name, where in own_views.items()),
    )


def _row(case: Case, names: dict[int, str], staff: Sequence[Colleague], now: int, words: Words) -> InboxRow:
    life = case.life
    is_closed = life.status == "closed"
    return InboxRow(
        reference=case.reference,
        href=case_href(case.number),
        title=life.title or words.gettext("without a subject"),
        person=names.get(case.subject, ""),
        kind=kind_name(life.kind, words),
        status=status_badge(life, words),
        clock=Badge(text="—") if is_closed else clock_badge(case, now, words),
        priority=priority_badge(life.priority, words) if life.priority in {"high", "urgent"} else None,
        assignee=staff_name(staff, life.assignee) if life.assignee else words.gettext("nobody"),
        last_at=life.last_at,
        is_late=not is_closed and case.next_due_at is not None and case.next_due_at < now,
    )


def _filters(
    query: Query, rules: ServiceRules, staff: Sequence[Colleague], names: dict[int, str], words: Words
) -> FilterBar:
    everything = words.gettext("All")
    statuses = {name: label for name, (label, _, _) in STATUSES.items()}
    nobody = Option(value="-", label=words.gettext("nobody"))
    choices: dict[str, tuple[str, tuple[Option, ...]]] = {
        "kind": (words.gettext("Kind"), options(KINDS, words, nothing=everything)),
        "status": (words.gettext("State"), options(statuses, words, nothing=everything)),
        "priority": (words.gettext("Priority"), options(PRIORITIES, words, nothing=everything)),
        "assignee": (words.gettext("Handled by"), (*staff_options(staff, nothing=everything), nobody)),
        "team": (words.gettext("Team"), labelled(rules.teams, nothing=everything)),
        "department": (words.gettext("Department"), labelled(rules.departments, nothing=everything)),
        "channel": (words.gettext("Channel"), options(CHANNELS, words, nothing=everything)),
        "tag": (
            words.gettext("Tag"),
            (Option(value="", label=everything), *(Option(value=one, label=one) for one in rules.tags)),
        ),
        "root_cause": (words.gettext("Root cause"), labelled(rules.root_causes, nothing=everything)),
    }
    fields: list[Field] = [
        Hidden(name="view", value="" if query.view == "open" else query.view),
        Input(name="q", label=words.gettext("Number or words"), type="search", value=query.q, required=False),
    ]
    fields += [
        Select(name=name, label=label, options=some, value=str(getattr(query, name)), required=False)
        for name, (label, some) in choices.items()
        # The rest is reached by address and saved views: a bar of ten would hide the cases below it.
        if len(some) > 1 and (name in _OFFERED or getattr(query, name))
    ]
    fields.append(
        Select(
            name="order",
            label=words.gettext("Order"),
            options=options(ORDERS, words, nothing=words.gettext("As the view has it")),
            value=query.order,
            required=False,
        )
    )
    chips = _chips(query, choices, names, words)
    clear = Query(view=query.view).href() if chips else None
    return FilterBar(name="cases", action="/cases", fields=tuple(fields), chips=chips, clear_href=clear)


def _chips(
    query: Query,
    choices: dict[str, tuple[str, tuple[Option, ...]]],
    names: dict[int, str],
    words: Words,
) -> tuple[Chip, ...]:
    chips = []
    if query.person:
        called = next(iter(names.values()), "") or query.person
        chips.append(
            Chip(label=words.gettext("Person: %(name)s", name=called), remove_href=query.href(person=""))
        )
    for name in FILTERS:
        value = str(getattr(query, name))
        if value:
            label, some = choices[name]
            said = next((one.label for one in some if one.value == value), value)
            chips.append(Chip(label=f"{label}: {said}", remove_href=query.href(**{name: ""})))
    return tuple(chips)


def _people(room: SupportRoom, query: Query) -> tuple[Link, ...]:
    """Return the people whose name or address the words fit: their cases may be what is looked for."""
    if not query.q or any(letter.isdigit() for letter in query.q):
        return ()
    found = room.customers.search(query.q, Filter(), limit=_PEOPLE_FOUND)
    return tuple(
        Link(
            text=line.called or line.identifier or ids.to_text(line.number),
            href=Query(person=ids.to_text(line.number)).href(),
            detail=line.identifier if line.called else None,
        )
        for line in found.lines
    )


def _empty(query: Query, words: Words) -> EmptyState:
    if query.q or query.person or any(getattr(query, name) for name in FILTERS):
        return EmptyState(
            title=words.gettext("No case fits"),
            text=words.gettext("Take a filter away, or look in another view."),
            icon="search",
        )
    return EmptyState(
        title=words.gettext("Nothing to do here"),
        text=words.gettext("Questions, complaints and follow-ups stand here as soon as they come in."),
        icon="inbox",
    )


def _pager(query: Query, found: CasePage, words: Words) -> Pager | None:
    if found.next is None and not query.after:
        return None
    shown = words.ngettext("%(num)s case", "%(num)s cases", len(found.cases))
    return Pager(
        shown=shown,
        previous_href=query.href() if query.after else None,
        next_href=query.href(after=found.next) if found.next else None,
    )
