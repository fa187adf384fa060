"""Which promises a case gets, by when, and when each is to be warned of, broken, escalated: by the rules in force at its beginning.

Nothing here looks at the clock: a promise made at a moment is worked out from that moment's rules, today and in any replay.
"""

from bisect import bisect_right
from collections.abc import Sequence

from beleef.kernel.clock import SECOND
from beleef.support.calendar import WorkingHours, wall
from beleef.support.model import PromiseKind
from beleef.support.rules import DEFAULT, PromiseRule, ServiceRules, StoredRules, Within

WARN_AT = 0.8
"""Share of a promise's time after which it is warned of."""


class Edition:
    """One version of the rules, ready to be counted with.

    Args:
        stored: The rules.
        zone: The organisation's time zone.
    """

    def __init__(self, stored: StoredRules, zone: str) -> None:
        self.version = stored.version
        self.rules: ServiceRules = stored.rules
        self._zone = zone
        calendars = stored.rules.calendars
        self._hours = {
            one.name: WorkingHours(one, zone, [other for other in calendars if other.instead_of == one.name])
            for one in calendars
        }

    def rule(self, kind: str, priority: str, department: str, channel: str, began: int) -> PromiseRule | None:
        """Return what is promised to a case that began at a moment: the first rule that fits it."""
        for one in self.rules.promises:
            fits = (
                (not one.kinds or kind in one.kinds)
                and (not one.priorities or priority in one.priorities)
                and (not one.departments or department in one.departments)
                and (not one.channels or channel in one.channels)
                and (not one.since or wall(began, self._zone).date().isoformat() >= one.since)
            )
            if fits:
                return one
        return None

    def hours(self, rule: PromiseRule | None, department: str) -> WorkingHours:
        """Return the calendar that counts for a rule and a department."""
        own = self.rules.department(department)
        named = (rule.calendar if rule else "") or (own.calendar if own else "")
        return self._hours.get(named) or self._hours[self.rules.calendars[0].name]

    def rungs(self, hours: WorkingHours, due_at: int) -> tuple[int, ...]:
        """Return when each rung of the ladder is reached after a promise was due."""
        return tuple(later(hours, due_at, one.after) for one in self.rules.escalation)


class Book:
    """All versions of the rules, looked up by moment.

    Args:
        versions: Every version that was saved, in any order.
        zone: The organisation's time zone.
    """

    def __init__(self, versions: Sequence[StoredRules], zone: str) -> None:
        first = StoredRules(version=0, rules=DEFAULT, saved_at=0, saved_by="")
        every = [first, *sorted(versions, key=lambda one: one.version)]
        self._editions = [Edition(one, zone) for one in every]
        self._since = [one.saved_at for one in every]
        self._numbers = {one.version: edition for one, edition in zip(every, self._editions, strict=True)}

    def at(self, moment: int) -> Edition:
        """Return the rules in force at a moment."""
        return self._editions[max(0, bisect_right(self._since, moment) - 1)]

    def edition(self, version: int) -> Edition:
        """Return a version of the rules."""
        return self._numbers[version]

    @property
    def newest(self) -> Edition:
        """The version saved last."""
        return self._editions[-1]


def later(hours: WorkingHours, moment: int, within: Within) -> int:
    """Return the moment that lies a length of time later, working time or time of the clock."""
    length = within.seconds * SECOND
    return hours.add(moment, length) if within.working else moment + length


PAUSED_BY_WAITING: frozenset[PromiseKind] = frozenset({"next_contact", "resolution"})
"""Promises whose time stands still while the customer is to answer."""
