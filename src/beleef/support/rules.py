"""The rules of service: calendars, promises, escalation, departments, teams, root causes, views, and when a loop has to be closed.

They are one document with versions: whatever happens is judged by the version in force at that moment, so that a change never
rewrites the past.
"""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from beleef.support.model import Kind, Priority, PromiseKind, Wanted


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """When a department works.

    Attributes:
        name: Its name.
        zone: IANA name of its time zone; empty for the organisation's.
        hours: By weekday (``mon`` to ``sun``) the intervals, each ``HH:MM-HH:MM``; a day left out is free.
        country: ISO 3166 code of the country whose public holidays are free; empty for none.
        region: Part of that country, as the package ``holidays`` calls its subdivisions; empty for the whole.
        closed: Dates (``YYYY-MM-DD``) that are free besides.
        open: By date the intervals of days that differ: they hold instead of weekday and holiday.
        instead_of: Name of the calendar that it takes over from, on every day from ``since`` on; empty for none.
        since: That day (``YYYY-MM-DD``).
    """

    name: str
    zone: str = ""
    hours: dict[str, tuple[str, ...]] = {}
    country: str = ""
    region: str = ""
    closed: tuple[str, ...] = ()
    open: dict[str, tuple[str, ...]] = {}
    instead_of: str = ""
    since: str = ""


class Within(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A length of time: so many ``hours``, of ``working`` time by the calendar, or of the clock on the wall."""

    hours: float
    working: bool = True

    @property
    def seconds(self) -> int:
        """Its length in seconds."""
        return round(self.hours * 3_600)


class PromiseRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is promised to whom: the first rule that fits a case holds. Empty lists fit all.

    Attributes:
        name: Its name.
        kinds, priorities, departments, channels: Which cases it is for.
        since: Only for cases that begin on this day (``YYYY-MM-DD``, where the organisation is) or later; empty for all.
        calendar: Name of the calendar; empty for the department's, or else the first.
        acknowledge, first_response, next_contact, resolution: Within which time; None promises nothing.
    """

    name: str
    kinds: tuple[Kind, ...] = ()
    priorities: tuple[Priority, ...] = ()
    departments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    since: str = ""
    calendar: str = ""
    acknowledge: Within | None = None
    first_response: Within | None = None
    next_contact: Within | None = None
    resolution: Within | None = None

    def within(self, kind: PromiseKind) -> Within | None:
        """Return within which time it promises something."""
        found: Within | None = getattr(self, kind)
        return found


class Rung(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rung of the ladder: so long ``after`` a promise was due, ``to`` whom it goes."""

    after: Within
    to: Literal["team_lead", "department_owner"]


class Team(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A team: its members by their e-mail addresses, who leads it, and whether cases are dealt out in turn."""

    name: str
    label: str = ""
    members: tuple[str, ...] = ()
    lead: str = ""
    round_robin: bool = False


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A department: which touchpoints are its own (``*`` at an end stands for anything), its team, owner and calendar."""

    name: str
    label: str = ""
    touchpoints: tuple[str, ...] = ()
    team: str = ""
    owner: str = ""
    calendar: str = ""


class RootCause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Why something went wrong: its name, label, and the cause that it is part of."""

    name: str
    label: str = ""
    parent: str = ""


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A prepared answer in Liquid, by language."""

    name: str
    label: str = ""
    texts: dict[str, str] = {}


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A saved question to the inbox."""

    name: str
    label: str = ""
    wanted: Wanted = Wanted()


class ServiceRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules of service. ``DEFAULT`` holds until somebody changes it.

    Attributes:
        calendars: The first is the organisation's own.
        promises: The first that fits a case holds.
        escalation: The ladder, from the lowest rung.
        departments: The first whose touchpoint fits gets a case; the last is for what fits none.
        teams, root_causes, tags, templates, views: What can be chosen.
        reopen_days: A customer's answer opens a closed case again for so many days; later it opens a new one.
        thresholds: By metric, the highest score (lowest for none) that opens a follow-up; a metric left out opens none.
        alarming_text: Whether an open answer that is marked negative opens a follow-up.
        broken_promises: Whether a broken promise opens a follow-up for the department.
        acknowledge: Whether customers get a message that theirs came in, with the promise.
        apologise: Whether customers get an apology when a promise to them is broken.
        texts: The words of these messages, by ``name.language``; what is left out has words of its own.
        per_sender: Most messages of one sender in an hour; more are taken for a loop.
    """

    calendars: tuple[Calendar, ...]
    promises: tuple[PromiseRule, ...]
    escalation: tuple[Rung, ...] = ()
    departments: tuple[Department, ...] = ()
    teams: tuple[Team, ...] = ()
    root_causes: tuple[RootCause, ...] = ()
    tags: tuple[str, ...] = ()
    templates: tuple[Template, ...] = ()
    views: tuple[View, ...] = ()
    reopen_days: int = 14
    thresholds: dict[str, float] = {}
    alarming_text: bool = True
    broken_promises: bool = True
    acknowledge: bool = True
    apologise: bool = True
    texts: dict[str, str] = {}
    per_sender: int = 20

    def department_of(self, touchpoint: str) -> Department | None:
        """Return the department that a touchpoint belongs to: the first that names it, or else the last of all."""
        for one in self.departments:
            if any(fnmatchcase(touchpoint, pattern) for pattern in one.touchpoints):
                return one
        return self.departments[-1] if self.departments else None

    def department(self, name: str) -> Department | None:
        """Return a department by its name."""
        return next((one for one in self.departments if one.name == name), None)

    def team(self, name: str) -> Team | None:
        """Return a team by its name."""
        return next((one for one in self.teams if one.name == name), None)


class StoredRules(msgspec.Struct, frozen=True, kw_only=True):
    """Rules with their version: it grows with each change; 0 are the defaults, which nobody has changed yet."""

    version: int
    rules: ServiceRules
    saved_at: int
    saved_by: str


_OFFICE = ("09:00-17:00",)

DEFAULT = ServiceRules(
    calendars=(Calendar(name="office", hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _OFFICE)),),
    promises=(
        PromiseRule(
            name="follow-up",
            kinds=("follow_up",),
            first_response=Within(hours=48, working=False),
            resolution=Within(hours=80),
        ),
        PromiseRule(
            name="urgent",
            priorities=("urgent",),
            acknowledge=Within(hours=1),
            first_response=Within(hours=2),
            next_contact=Within(hours=4),
            resolution=Within(hours=16),
        ),
        PromiseRule(
            name="usual",
            acknowledge=Within(hours=4),
            first_response=Within(hours=8),
            next_contact=Within(hours=16),
            resolution=Within(hours=40),
        ),
    ),
    escalation=(
        Rung(after=Within(hours=24, working=False), to="team_lead"),
        Rung(after=Within(hours=72, working=False), to="department_owner"),
    ),
    thresholds={"nps": 6, "csat": 2, "ces": 3},
)
"""Monday to Friday from nine to five; an answer within a working day, a follow-up of bad feedback within 48 hours by the clock."""
