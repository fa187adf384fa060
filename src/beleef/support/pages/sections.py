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
    "long",
    "check",
    "number",
    "within",
    "week",
    "dated",
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
    """

    name: str
    title: str
    one: str
    lead: str
    item: type[Any]
    specs: tuple[Spec, ...]
    is_dry: bool = False


_NAME = Spec(
    name="name",
    label=N_("Name"),
    kind="name",
    help=N_("Small letters, digits, - and _; it does not change later."),
    required=True,
)
_LABEL = Spec(name="label", label=N_("What people call it"), shown=True)
_CALENDAR = Spec(name="calendar", label=N_("Calendar"), kind="select", among="calendars")
_INTERVALS = N_("Such as 09:00-12:30, 13:00-17:00; empty for closed.")
_ONE_A_LINE = N_("One on each line.")

DEPARTMENTS = Section(
    name="departments",
    title=N_("Departments"),
    one=N_("New department"),
    lead=N_("The first department whose touchpoint fits gets a case; the last one gets what fits none."),
    item=Department,
    specs=(
        _NAME,
        _LABEL,
        Spec(
            name="touchpoints",
            label=N_("Touchpoints"),
            kind="lines",
            help=N_("One on each line; delivery* stands for all that begin so."),
            shown=True,
        ),
        Spec(name="team", label=N_("Team"), kind="select", among="teams", shown=True),
        Spec(name="owner", label=N_("Owner"), kind="select", among="staff"),
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
        Spec(name="members", label=N_("Members"), kind="choices", among="staff", shown=True),
        Spec(name="lead", label=N_("Who leads"), kind="select", among="staff"),
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
        Spec(name="kinds", label=N_("Kinds"), kind="choices", among=KINDS, shown=True),
        Spec(name="priorities", label=N_("Priorities"), kind="choices", among=PRIORITIES),
        Spec(name="departments", label=N_("Departments"), kind="choices", among="departments"),
        Spec(name="channels", label=N_("Channels"), kind="choices", among=CHANNELS),
        _CALENDAR,
        Spec(name="acknowledge", label=N_("Acknowledge within hours"), kind="within"),
        Spec(name="first_response", label=N_("First answer within hours"), kind="within", shown=True),
        Spec(name="next_contact", label=N_("Next contact within hours"), kind="within", shown=True),
        Spec(name="resolution", label=N_("Solution within hours"), kind="within", shown=True),
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
        Spec(
            name="zone",
            label=N_("Time zone"),
            help=N_("Such as Europe/Amsterdam; empty for the organisation's."),
        ),
        Spec(name="hours", label=N_("Working hours"), kind="week", help=_INTERVALS, shown=True),
        Spec(
            name="country",
            label=N_("Public holidays of"),
            help=N_("A country in two letters, such as NL."),
            shown=True,
        ),
        Spec(name="region", label=N_("Part of the country")),
        Spec(
            name="closed",
            label=N_("Closed on"),
            kind="lines",
            help=N_("Days such as 2026-12-24, one on each line."),
        ),
        Spec(
            name="open",
            label=N_("Other hours on"),
            kind="dated",
            help=N_("A day and its hours on each line: 2026-12-24 09:00-12:00."),
        ),
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
        Spec(name="after", label=N_("Hours after it was due"), kind="within", required=True, shown=True),
        Spec(
            name="to",
            label=N_("To"),
            kind="select",
            among={
                "team_lead": N_("who leads the team"),
                "department_owner": N_("the owner of the department"),
            },
            required=True,
            shown=True,
        ),
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
    specs=(
        _NAME,
        _LABEL,
        Spec(name="parent", label=N_("Part of"), kind="select", among="root_causes", shown=True),
    ),
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
        Spec(name="wanted.kind", label=N_("Kind"), kind="select", among=KINDS, shown=True),
        Spec(name="wanted.priority", label=N_("Priority"), kind="select", among=PRIORITIES),
        Spec(name="wanted.team", label=N_("Team"), kind="select", among="teams", shown=True),
        Spec(
            name="wanted.department", label=N_("Department"), kind="select", among="departments", shown=True
        ),
        Spec(name="wanted.assignee", label=N_("Who"), kind="select", among="staff"),
        Spec(name="wanted.tag", label=N_("Tag"), kind="select", among="tags"),
        Spec(name="wanted.overdue", label=N_("Only what is overdue"), kind="check"),
        Spec(name="wanted.order", label=N_("Order"), kind="select", among=ORDERS),
    ),
)

SECTIONS: Final = {
    one.name: one
    for one in (
        DEPARTMENTS,
        TEAMS,
        PROMISES,
        CALENDARS,
        ESCALATION,
        TEMPLATES,
        ROOT_CAUSES,
        VIEWS,
    )
}
"""All parts that are edited item by item, in the order of the tabs."""
