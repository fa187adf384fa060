"""Which day a moment falls on, in the organisation's time zone.

Windows of days are cut with it, once per fact, so it is quick.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from beleef.kernel.clock import DAY, HOUR, MINUTE, to_datetime
from beleef.kernel.errors import InvalidInput

_QUARTER = 15 * MINUTE
_MICROSECOND = timedelta(microseconds=1)
_REMEMBERED = 100_000
_UNKNOWN = DAY
"""No zone is a whole day away from UTC."""


class Days:
    """Day numbers in one time zone: whole days since 1970-01-01 there.

    Args:
        zone: An IANA name, e.g. ``Europe/Amsterdam``.

    Raises:
        InvalidInput: there is no such time zone.
    """

    def __init__(self, zone: str) -> None:
        try:
            self._zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInput(
                f"There is no time zone {zone!r}.", hint="Give an IANA name, for instance Europe/Amsterdam."
            ) from error
        self._shifts: dict[int, int | None] = {}
        self._starts: dict[int, int] = {}

    def of(self, moment: int) -> int:
        """Return the number of the day on which a moment (microseconds) falls."""
        # A zone's rules are asked once per day of UTC instead of once per fact.
        there = moment // DAY
        shift = self._shifts.get(there, _UNKNOWN)
        if shift == _UNKNOWN:
            if len(self._shifts) >= _REMEMBERED:
                self._shifts.clear()
            first, next_ = self._shift(there * DAY), self._shift((there + 1) * DAY)
            shift = self._shifts[there] = first if first == next_ else None
        return self._on_change(moment) if shift is None else (moment + shift) // DAY

    def start(self, day: int) -> int:
        """Return the moment (microseconds) at which a day begins: the first that falls on it."""
        found = self._starts.get(day)
        if found is None:
            if len(self._starts) >= _REMEMBERED:
                self._starts.clear()
            found = self._starts[day] = self._start(day)
        return found

    def _start(self, day: int) -> int:
        noon = day * DAY + DAY // 2
        # No zone is further than 15 hours from UTC; within a day its clock changes by two hours at most.
        moment = day * DAY - self._shift(noon - self._shift(noon))
        for step in (-2 * HOUR, -HOUR, -_QUARTER * 2, 0, _QUARTER * 2, HOUR, 2 * HOUR):
            if self.of(moment + step) >= day > self.of(moment + step - 1):
                return moment + step
        return moment

    def _on_change(self, moment: int) -> int:
        # Clocks change at whole quarters of an hour, so within one the zone's rules stay the same.
        return (moment + self._shift(moment // _QUARTER * _QUARTER)) // DAY

    def _shift(self, moment: int) -> int:
        try:
            offset = to_datetime(moment).astimezone(self._zone).utcoffset()
        except OverflowError:  # Outside the years 1 to 9999 no zone has rules.
            offset = None
        return 0 if offset is None else offset // _MICROSECOND
