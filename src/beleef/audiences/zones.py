"""Days in the zones in which people live, and the days that texts name.

Both executions of a rule cut days with these functions, so that a day begins at the same moment for both.
"""

import re
from calendar import isleap
from datetime import date
from typing import Any

from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Days

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[^0-9]|$)")
_EPOCH = date(1970, 1, 1).toordinal()
_MOST = 2_000
_LONGEST = 64
_YEAR = 366


class Zones:
    """The calendars of all zones that people live in.

    Args:
        default: The organisation's zone: an IANA name.

    Raises:
        InvalidInput: there is no such time zone.
    """

    def __init__(self, default: str) -> None:
        self.name = default
        self.default = Days(default)
        self._known: dict[str, Days] = {default: self.default}

    def of(self, name: Any) -> Days:
        """Return the calendar of a zone; the organisation's where the name is none."""
        if not isinstance(name, str) or len(name) > _LONGEST:
            return self.default
        found = self._known.get(name)
        if found is None:
            try:
                found = Days(name)
            except InvalidInput:
                found = self.default
            if len(self._known) >= _MOST:
                # Names come from clients and may be without end.
                self._known = {self.name: self.default}
            self._known[name] = found
        return found


def day_named(value: Any) -> int | None:
    """Return the day with which a text begins (``2026-03-01``, also with a time behind it), counted from 1970-01-01.

    A time is not looked at: the day is meant as it is written.
    """
    found = _DAY.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).toordinal() - _EPOCH
    except ValueError:
        return None


def next_anniversary(day: int, today: int) -> int:
    """Return the first day from ``today`` on that is an anniversary of a day; 29 February is 1 March in other years."""
    born = date.fromordinal(day + _EPOCH)
    year = date.fromordinal(today + _EPOCH).year
    this_year = _in_year(born, year)
    return this_year if this_year >= today else _in_year(born, year + 1)


def anniversaries(today: int, days: int) -> list[str]:
    """Return the days of the year, such as ``03-01``, whose anniversary is today or at most so many days ahead."""
    found = set[str]()
    for ordinal in range(today + _EPOCH, today + _EPOCH + min(days, _YEAR) + 1):
        on = date.fromordinal(ordinal)
        found.add(on.isoformat()[5:])
        if (on.month, on.day) == (3, 1) and not isleap(on.year):
            found.add("02-29")
    return sorted(found)


def _in_year(born: date, year: int) -> int:
    if born.month == 2 and born.day == 29:
        return date(year, 2, 28).toordinal() - _EPOCH + 1
    return date(year, born.month, born.day).toordinal() - _EPOCH
