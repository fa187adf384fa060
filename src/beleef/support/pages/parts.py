"""What the pages of support share: the things they work with, frames and tabs, names of people, and how forms are read."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Answers, AnyRequest, Desk, Visit
from beleef.access.model import Actor, Role
from beleef.collect.api import OwnFacts
from beleef.contact.api import Contact
from beleef.content.api import Content
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import Clock, from_datetime
from beleef.kernel.errors import NotFound
from beleef.metrics.api import Figure
from beleef.profiles.customers import Customers
from beleef.store.records.database import Database
from beleef.support.api import Case, ServiceRules, Support, number_of, reference
from beleef.support.knowledge.api import Knowledge
from beleef.ui.components import Callout, Link, Stat, Table, TabLink
from beleef.ui.forms import FilterBar, Form, Option
from beleef.ui.page import Page
from beleef.ui.words import Words

MOST_SHOWN: Final = 50


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff: the address that cases are assigned to, and the name."""

    email: str
    name: str


class SupportRoom(msgspec.Struct, kw_only=True):
    """What the pages of support work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: The state.
        support: Cases, promises and rules.
        knowledge: Articles.
        customers: Reads people.
        contact: The gate, for what it holds back.
        content: Fills in templates.
        own: Brings what is decided into the log.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        staff: All colleagues who can be given a case.
        solved: What customers say in surveys about being helped in one go, from one moment to another, by whole months.
        head: The top of a person's page: the frame, the tabs, and the person's own number.
        zone: The organisation's time zone, an IANA name.
        region: ISO 3166 code of the organisation's country.
        now: The clock.
        key: The installation's key, which signs what a page tells the next one.
    """

    desk: Desk
    database: Database
    support: Support
    knowledge: Knowledge
    customers: Customers
    contact: Contact
    content: Content
    own: OwnFacts
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    staff: Callable[[sa.Connection], Sequence[Colleague]]
    solved: Callable[[sa.Connection, int, int], Figure]
    head: Callable[[Visit, str, str], tuple[Page, tuple[TabLink, ...], int]]
    zone: str
    region: str
    now: Clock
    key: bytes


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/list.html``: below tabs a note, figures, filters, tables, and forms under their titles."""

    page: Page
    tab_links: tuple[TabLink, ...] = ()
    tabs_label: str = ""
    note: Callout | None = None
    figures: tuple[Stat, ...] = ()
    filters: FilterBar | None = None
    tables: tuple[Table, ...] = ()
    forms: tuple[Form, ...] = ()
    form_titles: tuple[str, ...] = ()


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """``support/form.html``: a form, what to know before, and below it another way out, such as removing what it is about."""

    page: Page
    form: Form
    note: Callout | None = None
    other: Form | None = None


def frame(
    visit: Visit,
    title: str,
    *,
    active: str = "cases",
    up: Sequence[Link] = (),
    actions: Sequence[Link] = (),
    lead: str | None = None,
) -> Page:
    """Return the frame of a page of support; ``up`` are the pages it hangs below."""
    return visit.page(title, active=active, crumbs=up, actions=actions, lead=lead)


def to_cases(words: Words) -> Link:
    """Return the way to the inbox."""
    return Link(text=words.gettext("Cases"), href="/cases")


def href(path: str, **query: str | None) -> str:
    """Return a path with the parts of a query that are not empty."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def case_href(number: int, rest: str = "") -> str:
    """Return the address of a case's page, or of one below it."""
    return f"/cases/{reference(number)}{rest}"


def person_href(number: int, rest: str = "") -> str:
    """Return the address of a person's page, or of one below it."""
    return f"/people/{ids.to_text(number)}{rest}"


def read_case(text: str) -> int:
    """Return the number of the case that an address names.

    Raises:
        NotFound: it names none.
    """
    found = number_of(text)
    if found is None:
        raise NotFound("There is no such case.", hint="Look it up in the list.")
    return found


def read_moment(day: str, time_of_day: str, words: Words) -> int | None:
    """Return a day (``2026-03-05``) and a time (``17:00``) in the organisation's zone as microseconds; None where it is none."""
    try:
        found = datetime.combine(date.fromisoformat(day), time.fromisoformat(time_of_day), tzinfo=words.zone)
    except ValueError:
        return None
    return from_datetime(found)


def filled(answers: Answers, name: str) -> str:
    """Return what was filled in, without blanks around it."""
    return answers.get(name, "").strip()


def options(pairs: Mapping[str, str], words: Words, *, nothing: str | None = None) -> tuple[Option, ...]:
    """Return a table of names as options; ``nothing`` is the first one's label, where nothing may be chosen."""
    first = () if nothing is None else (Option(value="", label=nothing),)
    return (*first, *(Option(value=value, label=words.gettext(label)) for value, label in pairs.items()))


def labelled(things: Sequence[Any], *, nothing: str | None = None) -> tuple[Option, ...]:
    """Return things with a name and a label (teams, departments, root causes) as options."""
    first = () if nothing is None else (Option(value="", label=nothing),)
    return (*first, *(Option(value=one.name, label=one.label or one.name) for one in things))


def label_in(things: Sequence[Any], name: str) -> str:
    """Return the label of the thing with that name; the name itself where there is none any more."""
    return next((one.label or one.name for one in things if one.name == name), name)


def staff_options(staff: Sequence[Colleague], *, nothing: str) -> tuple[Option, ...]:
    """Return colleagues as options."""
    return (
        Option(value="", label=nothing),
        *(Option(value=one.email, label=one.name) for one in staff),
    )


def staff_name(staff: Sequence[Colleague], email: str) -> str:
    """Return a colleague's name; the address where they left."""
    return next((one.name for one in staff if one.email == email), email)


def rules_of(room: SupportRoom, connection: sa.Connection) -> ServiceRules:
    """Return the rules in force."""
    return room.support.rules(connection).rules


def names_of(room: SupportRoom, cases: Sequence[Case]) -> dict[int, str]:
    """Return what the people of cases are called, by the cases' subjects."""
    lines = room.customers.lines(sorted({case.subject for case in cases if case.subject}))
    return {
        subject: line.called or line.identifier or ids.to_text(line.number) for subject, line in lines.items()
    }


def person_of(connection: sa.Connection, subject: int) -> identity.Person | None:
    """Return the person that a subject is one of; None where they were erased or nobody is known."""
    if not subject:
        return None
    return identity.person(connection, subject)


async def say(room: SupportRoom, messages: Sequence[dict[str, Any]]) -> bool:
    """Bring acts into the log and wait a moment; return whether they show already."""
    return await room.own.say(messages) if messages else True


def said_text(text: str, *, shows: bool, words: Words) -> str:
    """Return what a page says after an act: the text itself, or that it will show in a moment."""
    if shows:
        return text
    return words.gettext("It is kept; it shows as soon as the worker has read it.")


async def open_agent(room: SupportRoom, request: AnyRequest) -> tuple[Visit, Answers]:
    """Return the visit and answers of a form that agents may send."""
    return await room.desk.form(request, Role.agent)


async def in_thread(work: Callable[..., Any], *given: Any) -> Any:
    """Run what reads or writes much in a thread of its own."""
    return await asyncio.to_thread(work, *given)
