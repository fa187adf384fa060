"""Pressure: how often people are contacted, over which channels, and what the gate held or left out, with a trial of another limit."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact import queries
from beleef.contact.api import CapTrial, Figures, GateRules, Pressure
from beleef.contact.model import Cap
from beleef.contact.pages.parts import ContactRoom, frame, kind_name, tabs, whole
from beleef.contact.pages.trial_view import outcome_name, outcome_table, pressure_table, trial_figures
from beleef.identity import api as identity
from beleef.kernel.clock import DAY
from beleef.ui.charts import Bar, Chart, bar_list
from beleef.ui.components import (
    Callout,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Stat,
    Table,
    TabLink,
    Text,
)
from beleef.ui.forms import FilterBar, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_STRETCHES = (7, 28, 91)
_USUAL = 28
_BUSY = 7
_TRIED_DAYS = 30
_MOST_PER_WINDOW = 1_000


class PressurePage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/pressure.html``: how often people are contacted, and what another limit would have changed."""

    page: Page
    tab_links: tuple[TabLink, ...]
    note: Callout | None
    filters: FilterBar
    figures: tuple[Stat, ...]
    per_week: Chart
    by_channel: Chart
    audiences: Table
    outcomes: Table
    trial_form: FilterBar
    trial: "TrialView | None"
    trial_hint: str


class TrialView(msgspec.Struct, frozen=True, kw_only=True):
    """What another limit would have done."""

    figures: tuple[Stat, ...]
    outcomes: Table
    people: Table


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the page."""

    @get("/contact", sync_to_thread=True)
    def pressure(request: AnyRequest, days: str = "", cap: str = "", at_most: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        given = whole(days) or _USUAL
        stretch = given if given in _STRETCHES else _USUAL
        start = visit.now - stretch * DAY
        with room.database.read() as connection:
            members = _members(room, connection, start, visit.now)
            found = room.contact.pressure(connection, start=start, end=visit.now, audiences=members)
            labels = room.audience_labels(connection)
            figures = room.contact.figures(connection, visit.now)
            rules = room.contact.rules(connection).rules
            other = _other(rules, cap, at_most)
            trial = None
            if other is not None:
                trial = room.contact.simulate_caps(
                    connection, other, start=visit.now - _TRIED_DAYS * DAY, end=visit.now
                )
        page = _page(visit, found, labels, figures, rules, stretch, (cap, at_most), trial)
        return room.desk.html("contact/pressure.html", page)

    return [pressure]


def _members(room: ContactRoom, connection: sa.Connection, start: int, end: int) -> dict[str, set[int]]:
    """Return by audience those of its members who were contacted."""
    subjects = {subject for subject, _, _ in queries.contacts_between(connection, start, end)}
    persons = set(identity.persons_of(connection, subjects).values())
    found: dict[str, set[int]] = {}
    for person, names in room.audiences(connection, persons).items():
        for name in names:
            found.setdefault(name, set()).add(person)
    return found


def _other(rules: GateRules, name: str, at_most: str) -> GateRules | None:
    """Return the rules with another limit in the place of one, or None where none was asked for."""
    number = whole(at_most, most=_MOST_PER_WINDOW)
    if number is None or not any(one.name == name for one in rules.caps):
        return None
    caps = tuple(
        msgspec.structs.replace(one, at_most=number) if one.name == name else one for one in rules.caps
    )
    return msgspec.structs.replace(rules, caps=caps)


def _page(
    visit: Visit,
    found: Pressure,
    labels: Mapping[str, str],
    figures: Figures,
    rules: GateRules,
    stretch: int,
    asked: tuple[str, str],
    trial: CapTrial | None,
) -> PressurePage:
    words = visit.words
    failed = figures.failed + figures.uncertain
    return PressurePage(
        page=frame(
            visit,
            words.gettext("Pressure"),
            lead=words.gettext("How often people hear from you, over all channels."),
        ),
        tab_links=tabs(visit, "pressure", attention=failed),
        note=_note(failed, words),
        filters=_stretches(stretch, words),
        figures=_figures(found, figures, words),
        per_week=_per_week(found, visit, stretch),
        by_channel=bar_list(
            name="by-channel",
            title=words.gettext("Contacts by channel"),
            bars=[
                Bar(label=kind_name(kind, words), value=count)
                for kind, count in sorted(found.by_channel.items(), key=lambda one: -one[1])
            ],
            words=words,
        ),
        audiences=_audiences(found, labels, words),
        outcomes=_outcomes(found, words),
        trial_form=_trial_form(rules, asked, words),
        trial=None if trial is None else _trial(trial, words),
        trial_hint=words.gettext("Tried on the messages of the last month; nothing is changed by it."),
    )


def _note(failed: int, words: Words) -> Callout | None:
    if not failed:
        return None
    return Callout(
        title=words.ngettext(
            "%(num)s message did not arrive, or perhaps did",
            "%(num)s messages did not arrive, or perhaps did",
            failed,
        ),
        text=words.gettext("Decide what becomes of them."),
        tone="warn",
        action=Link(text=words.gettext("Look at them"), href="/contact/attention"),
    )


def _stretches(stretch: int, words: Words) -> FilterBar:
    options = tuple(
        Option(value=str(days), label=words.ngettext("the last week", "the last %(num)s weeks", days // 7))
        for days in _STRETCHES
    )
    field = Select(name="days", label=words.gettext("Over"), options=options, value=str(stretch))
    return FilterBar(name="stretch", action="/contact", fields=(field,))


def _figures(found: Pressure, figures: Figures, words: Words) -> tuple[Stat, ...]:
    weeks = max(1, round(found.weeks))
    person_weeks = found.people * weeks
    mean = found.contacts / person_weeks if person_weeks else 0.0
    busy = sum(count for contacts, count in found.per_week.items() if contacts >= _BUSY)
    return (
        Stat(
            label=words.gettext("Contacts"),
            figure=words.number(found.contacts),
            basis=words.ngettext("with %(num)s person", "with %(num)s people", found.people),
        ),
        Stat(
            label=words.gettext("Per person per week"),
            figure=words.number(mean, 2),
            basis=words.gettext("n = %(count)s person-weeks", count=words.number(person_weeks)),
        ),
        Stat(
            label=words.gettext("Weeks with %(number)s contacts or more", number=words.number(_BUSY)),
            figure=words.percent(busy / person_weeks, 1) if person_weeks else "—",
            basis=words.gettext("n = %(count)s person-weeks", count=words.number(person_weeks)),
        ),
        Stat(
            label=words.gettext("Held now"),
            figure=words.number(figures.held),
            basis=words.gettext(
                "%(waiting)s more wait for their turn", waiting=words.number(figures.waiting)
            ),
        ),
    )


def _per_week(found: Pressure, visit: Visit, stretch: int) -> Chart:
    words = visit.words
    counts = {
        **{number: found.per_week.get(number, 0) for number in range(_BUSY)},
        _BUSY: sum(count for number, count in found.per_week.items() if number >= _BUSY),
    }
    most = max((number for number, count in counts.items() if count), default=0)
    bars = [
        Bar(
            label=words.ngettext("%(num)s contact", "%(num)s contacts", number)
            if number < _BUSY
            else words.gettext("%(number)s contacts or more", number=words.number(number)),
            value=counts[number],
        )
        for number in range(most + 1)
    ]
    first: date = words.local_date(visit.now) - timedelta(days=stretch)
    total = sum(counts.values())
    at_most_one = counts[0] + counts.get(1, 0)
    sentence = None
    if total:
        sentence = words.gettext(
            "Since %(day)s: in %(share)s of the weeks a person who was contacted at all heard from you once or not at all.",
            day=words.day(first),
            share=words.percent(at_most_one / total),
        )
    return bar_list(
        name="per-week",
        title=words.gettext("Weeks of a person, by number of contacts"),
        bars=bars if total else [],
        words=words,
        sentence=sentence,
    )


def _audiences(found: Pressure, labels: Mapping[str, str], words: Words) -> Table:
    weeks = max(1.0, found.weeks)
    rows = [
        Row(
            cells=(
                Link(text=labels.get(name, name), href=f"/audiences/{name}"),
                Figure(text=words.number(people)),
                Figure(text=words.number(contacts)),
                Figure(text=words.number(contacts / people / weeks, 2) if people else "—"),
            )
        )
        for name, (people, contacts) in sorted(found.by_audience.items())
    ]
    return Table(
        caption=words.gettext("By audience"),
        columns=(
            Column(label=words.gettext("Audience")),
            Column(label=words.gettext("People contacted"), numeric=True),
            Column(label=words.gettext("Contacts"), numeric=True),
            Column(label=words.gettext("Each, per week"), numeric=True),
        ),
        rows=tuple(rows),
        empty=EmptyState(
            title=words.gettext("No audiences yet"),
            text=words.gettext("With audiences you see here who hears from you most."),
            icon="people",
        ),
    )


def _outcomes(found: Pressure, words: Words) -> Table:
    rows = sorted(found.outcomes.items(), key=lambda one: -one[1])
    return Table(
        caption=words.gettext("Held or not sent, and why"),
        columns=(
            Column(label=words.gettext("What and why")),
            Column(label=words.gettext("Messages"), numeric=True),
        ),
        rows=tuple(
            Row(cells=(Text(text=outcome_name(key, words)), Figure(text=words.number(count))))
            for key, count in rows
        ),
        empty=EmptyState(
            title=words.gettext("Nothing was held"),
            text=words.gettext("The gate let everything through that was meant for somebody."),
            icon="check",
        ),
    )


def _trial_form(rules: GateRules, asked: tuple[str, str], words: Words) -> FilterBar:
    options = tuple(Option(value=one.name, label=_cap_label(one, words)) for one in rules.caps)
    return FilterBar(
        name="trial",
        action="/contact",
        fields=(
            Select(name="cap", label=words.gettext("Limit"), options=options, value=asked[0]),
            Input(
                name="at_most",
                label=words.gettext("would be"),
                type="number",
                value=asked[1],
                required=False,
            ),
        ),
    )


def _cap_label(cap: Cap, words: Words) -> str:
    return words.gettext("%(name)s (now %(number)s)", name=cap.name, number=words.number(cap.at_most))


def _trial(trial: CapTrial, words: Words) -> TrialView:
    return TrialView(
        figures=trial_figures(trial, words),
        outcomes=outcome_table(trial, words),
        people=pressure_table(trial, words),
    )
