"""The parts of the rules of service that have a page: what each holds, in which fields it is edited, and what its list shows."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from beleef.support.api import (
    Calendar,
    Department,
    PromiseRule,
    RootCause,
    Rung,
    Team,
    Template,
    View,
)
from beleef.support.pages.views import ORDERS
from beleef.support.pages.wording import CHANNELS, KINDS, PRIORITIES
from beleef.ui.words import N_

FieldKind = Literal[
    "name",
    "text",
    "lines",
    "check",
    "within",
    "week",
    "dated",
    "day",
    "choices",
    "select",
    "texts",
]
WEEK: Final = {
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
}


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a part of the rules.

    Attributes:
        name: Its name in the rules; ``wanted.kind`` is a field of what ``wanted`` holds.
        label: What is asked.
        kind: How it is asked and read.
        among: For choices: names and labels, or the name of what in the rules is chosen from (``teams``, ``staff`` …).
        help: How to answer.
        required: Whether it must be filled in.
        shown: Whether the list shows it.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    among: Mapping[str, str] | str = ""
    help: str = ""
    required: bool = False
    shown: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the rules: its name there and in the address, the type of its items, and its fields.

    Attributes:
        name: In ``ServiceRules`` and in the address.
        title: Its name for people.
        one: What one of it is called on the button that adds one.
        lead: What it is for.
        item: The type of its items.
        specs: The fields.
        is_dry: Whether a change is looked at before it is kept.
        begin: What a new one holds besides its fields.
    """

    name: str
    title: str
    one: str
    lead: str
    item: type[Any]
    specs: tuple[Spec, ...]
    is_dry: bool = False
    begin: Mapping[str, Any] = {}


Among = Mapping[str, str] | str


def _select(name: str, label: str, among: Among, *, required: bool = False, shown: bool = False) -> Spec:
    return Spec(name=name, label=label, kind="select", among=among, required=required, shown=shown)


def _choices(name: str, label: str, among: Among, *, shown: bool = False) -> Spec:
    return Spec(name=name, label=label, kind="choices", among=among, shown=shown)


def _within(name: str, label: str, *, required: bool = False, shown: bool = False) -> Spec:
    return Spec(name=name, label=label, kind="within", required=required, shown=shown)


def _typed(name: str, label: str, help_: str, kind: FieldKind = "text", *, shown: bool = False) -> Spec:
    return Spec(name=name, label=label, kind=kind, help=help_, shown=shown)


_NAME_HELP = N_("Small letters, digits, - and _; it does not change later.")
_NAME = Spec(name="name", label=N_("Name"), kind="name", help=_NAME_HELP, required=True)
_LABEL = Spec(name="label", label=N_("What people call it"), shown=True)
_CALENDAR = _select("calendar", N_("Calendar"), "calendars")
_TOUCHPOINTS = N_("One on each line; delivery* stands for all that begin so.")
_INTERVALS = N_("Such as 09:00-12:30, 13:00-17:00; empty for closed.")
_ZONE = N_("Such as Europe/Amsterdam; empty for the organisation's.")
_COUNTRY = N_("A country in two letters, such as NL.")
_CLOSED = N_("Days such as 2026-12-24, one on each line.")
_OPEN = N_("A day and its hours on each line: 2026-12-24 09:00-12:00.")
_SINCE = N_("Only cases that begin on this day or later; empty for all. Older cases keep the rules below it.")
_INSTEAD = N_("From the day on it counts instead of that one; empty for a calendar of its own.")
_ESCALATED_TO: Final = {
    "team_lead": N_("who leads the team"),
    "department_owner": N_("the owner of the department"),
}

DEPARTMENTS = Section(
    name="departments",
    title=N_("Departments"),
    one=N_("New department"),
    lead=N_("The first department whose touchpoint fits gets a case; the last one gets what fits none."),
    item=Department,
    specs=(
        _NAME,
        _LABEL,
        _typed("touchpoints", N_("Touchpoints"), _TOUCHPOINTS, "lines", shown=True),
        _select("team", N_("Team"), "teams", shown=True),
        _select("owner", N_("Owner"), "staff"),
        _CALENDAR,
    ),
    is_dry=True,
)
TEAMS = Section(
    name="teams",
    title=N_("Teams"),
    one=N_("New team"),
    lead=N_("Who works together, who leads, and whether cases are dealt out in turn."),
    item=Team,
    specs=(
        _NAME,
        _LABEL,
        _choices("members", N_("Members"), "staff", shown=True),
        _select("lead", N_("Who leads"), "staff"),
        Spec(name="round_robin", label=N_("Deal new cases out in turn"), kind="check"),
    ),
)
PROMISES = Section(
    name="promises",
    title=N_("Promises"),
    one=N_("New promise"),
    lead=N_(
        "The first rule that fits a case holds. A change counts for cases from now on; what was promised stays."
    ),
    item=PromiseRule,
    specs=(
        _NAME,
        _choices("kinds", N_("Kinds"), KINDS, shown=True),
        _choices("priorities", N_("Priorities"), PRIORITIES),
        _choices("departments", N_("Departments"), "departments"),
        _choices("channels", N_("Channels"), CHANNELS),
        _typed("since", N_("From the day"), _SINCE, "day", shown=True),
        _CALENDAR,
        _within("acknowledge", N_("Acknowledge within hours")),
        _within("first_response", N_("First answer within hours"), shown=True),
        _within("next_contact", N_("Next contact within hours"), shown=True),
        _within("resolution", N_("Solution within hours"), shown=True),
    ),
    is_dry=True,
)
CALENDARS = Section(
    name="calendars",
    title=N_("Calendars"),
    one=N_("New calendar"),
    lead=N_(
        "When people work: intervals by weekday, public holidays, and days that differ. The first is the usual one."
    ),
    item=Calendar,
    specs=(
        _NAME,
        _typed("zone", N_("Time zone"), _ZONE),
        _typed("hours", N_("Working hours"), _INTERVALS, "week", shown=True),
        _typed("country", N_("Public holidays of"), _COUNTRY, shown=True),
        Spec(name="region", label=N_("Part of the country")),
        _typed("closed", N_("Closed on"), _CLOSED, "lines"),
        _typed("open", N_("Other hours on"), _OPEN, "dated"),
        Spec(name="instead_of", label=N_("Takes over from"), kind="select", among="calendars", help=_INSTEAD),
        Spec(name="since", label=N_("From the day"), kind="day", shown=True),
    ),
    is_dry=True,
)
ESCALATION = Section(
    name="escalation",
    title=N_("Escalation"),
    one=N_("New rung"),
    lead=N_("Who hears that a promise is broken, and how long after. Each rung is told once."),
    item=Rung,
    specs=(
        _within("after", N_("Hours after it was due"), required=True, shown=True),
        _select("to", N_("To"), _ESCALATED_TO, required=True, shown=True),
    ),
)
TEMPLATES = Section(
    name="templates",
    title=N_("Prepared answers"),
    one=N_("New answer"),
    lead=N_(
        "Texts to begin an answer with. Liquid fills in what is known: {{ person.first_name }}, {{ case.number }}."
    ),
    item=Template,
    specs=(_NAME, _LABEL, Spec(name="texts", label=N_("Text"), kind="texts", required=True, shown=True)),
)
ROOT_CAUSES = Section(
    name="root_causes",
    title=N_("Root causes"),
    one=N_("New root cause"),
    lead=N_("Why things go wrong, as a tree. Complaints and follow-ups close with one of them."),
    item=RootCause,
    specs=(_NAME, _LABEL, _select("parent", N_("Part of"), "root_causes", shown=True)),
)
VIEWS = Section(
    name="views",
    title=N_("Views"),
    one=N_("New view"),
    lead=N_("Questions to the inbox that everybody finds as a tab."),
    item=View,
    specs=(
        _NAME,
        _LABEL,
        _select("wanted.kind", N_("Kind"), KINDS, shown=True),
        _select("wanted.priority", N_("Priority"), PRIORITIES),
        _select("wanted.team", N_("Team"), "teams", shown=True),
        _select("wanted.department", N_("Department"), "departments", shown=True),
        _select("wanted.assignee", N_("Who"), "staff"),
        _select("wanted.tag", N_("Tag"), "tags"),
        Spec(name="wanted.overdue", label=N_("Only what is overdue"), kind="check"),
        _select("wanted.order", N_("Order"), ORDERS),
    ),
    begin={"wanted": {"is_open": True}},
)

_EVERY = (DEPARTMENTS, TEAMS, PROMISES, CALENDARS, ESCALATION, TEMPLATES, ROOT_CAUSES, VIEWS)
SECTIONS: Final = {one.name: one for one in _EVERY}
"""All parts that are edited item by item, in the order of the tabs."""
