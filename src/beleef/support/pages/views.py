"""The views of the inbox: which cases each shows, what stands in the address, and how a question to the inbox is written there."""

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from beleef.access.desk import Visit
from beleef.kernel.clock import from_datetime, to_datetime
from beleef.support.api import ServiceRules
from beleef.support.model import AWAKE, KINDS, PRIORITIES, STATUSES, Wanted
from beleef.support.pages.parts import href
from beleef.ui.words import N_

VIEWS: Final[dict[str, str]] = {
    "open": N_("All open"),
    "mine": N_("Mine"),
    "team": N_("My team"),
    "unassigned": N_("Nobody's"),
    "overdue": N_("Overdue"),
    "today": N_("Due today"),
    "waiting": N_("Waiting"),
    "snoozed": N_("Snoozed"),
    "closed": N_("Closed"),
}
"""The views that everybody has, in the order of the tabs."""

COUNTED: Final = ("mine", "unassigned", "overdue", "today")
"""Views whose tab says how many there are: those that ask for work."""

ORDERS: Final[dict[str, str]] = {
    "newest": N_("Latest first"),
    "oldest": N_("Longest untouched first"),
    "due": N_("Due first"),
}

FILTERS: Final = (
    "kind",
    "status",
    "priority",
    "assignee",
    "team",
    "department",
    "channel",
    "tag",
    "root_cause",
)
"""What can be filtered by, as it stands in the address."""

_OPEN: Final = Wanted(is_open=True, statuses=AWAKE)


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What the address of the inbox asks for; empty parts ask for everything.

    Attributes:
        view: Name of a view, or ``own:`` and the name of a saved one.
        q: A case's number, or words.
        person: Number of a person.
        kind, status, priority, assignee, team, department, channel, tag, root_cause: Exactly this.
        order: One of ``ORDERS``.
        after: Where the page begins.
    """

    view: str = "open"
    q: str = ""
    person: str = ""
    kind: str = ""
    status: str = ""
    priority: str = ""
    assignee: str = ""
    team: str = ""
    department: str = ""
    channel: str = ""
    tag: str = ""
    root_cause: str = ""
    order: str = ""
    after: str = ""

    def href(self, **changed: str) -> str:
        """Return the address of the inbox with some parts changed; from its first page on, where nothing else is said."""
        parts: dict[str, str] = {**msgspec.structs.asdict(self), "after": "", **changed}
        if parts["view"] == "open":
            parts["view"] = ""
        return href("/cases", **parts)


def team_of(rules: ServiceRules, email: str) -> str:
    """Return the name of the first team that somebody is in; empty for none."""
    return next((team.name for team in rules.teams if email in team.members), "")


def wanted(
    query: Query, visit: Visit, rules: ServiceRules, now: int, subjects: tuple[int, ...] = ()
) -> Wanted:
    """Return what the inbox is asked for: the view, and on top of it what else the address says.

    Args:
        query: The address.
        visit: Who asks; decides what is "mine".
        rules: Where saved views and teams stand.
        now: The moment, which decides what "today" is.
        subjects: Of the person that is asked for.
    """
    asked = _view(query.view, visit, rules, now)
    given: dict[str, object] = {
        name: value for name in FILTERS if name != "status" and (value := getattr(query, name))
    }
    for name, known in (("kind", KINDS), ("priority", PRIORITIES)):
        if given.get(name) not in (None, *known):
            del given[name]
    status = next((one for one in STATUSES if one == query.status), None)
    if status is not None:
        given |= {"statuses": (status,), "is_open": None}
    if query.order in ORDERS:
        given["order"] = query.order
    if query.q:
        given["text"] = query.q
    if subjects:
        given["subjects"] = subjects
    if (query.q or subjects) and query.view == "open":
        # Who searches looks for one case, wherever it stands.
        given = {"is_open": None, "statuses": (), **given}
    return msgspec.structs.replace(asked, **given)


def _view(name: str, visit: Visit, rules: ServiceRules, now: int) -> Wanted:
    own = name.removeprefix("own:")
    if own != name:
        return next((view.wanted for view in rules.views if view.name == own), _OPEN)
    if name == "mine":
        return _open(assignee=visit.actor.email or "-", order="due")
    if name == "team":
        # Nobody's team has that name, so that who is in none sees an empty list and not everything.
        return _open(team=team_of(rules, visit.actor.email) or "-", order="due")
    views = {
        "unassigned": _open(assignee="-", order="due"),
        "overdue": Wanted(is_open=True, overdue=True, order="due"),
        "today": Wanted(is_open=True, due_before=_end_of_day(now, visit.words.zone), order="due"),
        "waiting": Wanted(statuses=("waiting_customer", "waiting_internal"), order="oldest"),
        "snoozed": Wanted(statuses=("snoozed",)),
        "closed": Wanted(is_open=False),
    }
    return views.get(name, _OPEN)


def _open(**more: Any) -> Wanted:
    return msgspec.structs.replace(_OPEN, **more)


def _end_of_day(now: int, zone: ZoneInfo) -> int:
    tomorrow = to_datetime(now).astimezone(zone).date() + timedelta(days=1)
    return from_datetime(datetime.combine(tomorrow, time.min, tzinfo=zone))
