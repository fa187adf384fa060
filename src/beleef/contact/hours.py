"""Local days and hours as moments: when a person's day begins, and when hours of the day begin and end for them.

Clocks that are put forward or back are where this goes wrong elsewhere: an hour that does not exist, or comes twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from beleef.kernel.clock import from_datetime, to_datetime
from beleef.kernel.errors import InvalidInput


@lru_cache(maxsize=1_000)
def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its IANA name, or None where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def day_of(moment: int, zone: ZoneInfo) -> int:
    """Return the local day of a moment, as a day number (``date.toordinal``)."""
    return to_datetime(moment).astimezone(zone).toordinal()


def day_start(day: int, zone: ZoneInfo) -> int:
    """Return the first moment of a local day, in microseconds; where midnight is skipped, the moment of the skip."""
    return _moment(date.fromordinal(day), time(0), zone)


def minute_of(text: str) -> int:
    """Return the minute of the day that ``HH:MM`` names.

    Raises:
        InvalidInput: it names none.
    """
    hour, colon, minute = text.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        raise _no_time(text)
    if int(hour) > 23 or int(minute) > 59:
        raise _no_time(text)
    return int(hour) * 60 + int(minute)


def _no_time(text: str) -> InvalidInput:
    return InvalidInput(f"“{text}” is no time of day.", hint="Write it as 21:00.", code="invalid_gate_rules")


class Hours:
    """A stretch of each day, by minutes of the local clock; over midnight where it starts later than it ends.

    Args:
        start: First minute of the day that is in it.
        end: First minute that is not.
    """

    def __init__(self, start: int, end: int) -> None:
        self._start, self._end = start, end
        self._start_time, self._end_time = time(*divmod(start, 60)), time(*divmod(end, 60))

    def hold(self, moment: int, zone: ZoneInfo) -> bool:
        """Return whether a moment falls in the stretch."""
        return self._has(to_datetime(moment).astimezone(zone))

    def end_after(self, moment: int, zone: ZoneInfo) -> int:
        """Return the first moment after one in the stretch that is not in it any more, in microseconds."""
        local = to_datetime(moment).astimezone(zone)
        ends_tomorrow = self._start > self._end and local.hour * 60 + local.minute >= self._start
        day = local.date() + timedelta(days=1) if ends_tomorrow else local.date()
        end = _moment(day, self._end_time, zone, after=moment)
        if to_datetime(end).astimezone(zone).time() == self._end_time:
            return end
        # The clock skips the end itself: the stretch ends where the clock is put forward.
        return self._bisect(moment, end, zone)

    def start_after(self, moment: int, zone: ZoneInfo) -> int:
        """Return the first moment after one outside of the stretch that is in it, in microseconds."""
        local = to_datetime(moment).astimezone(zone)
        start = _moment(local.date(), self._start_time, zone, after=moment)
        if start <= moment:
            start = _moment(local.date() + timedelta(days=1), self._start_time, zone)
        return start

    def _has(self, local: datetime) -> bool:
        minute = local.hour * 60 + local.minute
        if self._start > self._end:
            return minute >= self._start or minute < self._end
        return self._start <= minute < self._end

    def _bisect(self, quiet: int, end: int, zone: ZoneInfo) -> int:
        while end - quiet > 1:
            middle = (quiet + end) // 2
            if self.hold(middle, zone):
                quiet = middle
            else:
                end = middle
        return end


def _moment(day: date, at: time, zone: ZoneInfo, *, after: int | None = None) -> int:
    """Return the moment of a local time; of two, the first, or the first that comes later than ``after``."""
    moment = from_datetime(datetime.combine(day, at, zone).astimezone(UTC))
    if after is not None and moment <= after:
        moment = from_datetime(datetime.combine(day, at.replace(fold=1), zone).astimezone(UTC))
    return moment
