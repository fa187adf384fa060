"""Working time: how much of it lies between two moments, and which moment lies so much of it later.

Intervals are walls of the clock where the department is; on days on which the clock is changed they are as long as they really last.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from beleef.kernel.clock import DAY, from_datetime, to_datetime
from beleef.support.rules import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HORIZON_DAYS = 1_500
"""A calendar that has no hour in four years has none at all."""

Interval = tuple[int, int]


def read_interval(text: str) -> tuple[int, int]:
    """Return the minutes of the day at which an interval ``HH:MM-HH:MM`` begins and ends; ``24:00`` is the end of the day.

    Raises:
        ValueError: it is none, or ends before it begins.
    """
    begin, dash, end = text.partition("-")
    first, last = _minute(begin), _minute(end)
    if not dash or first >= last:
        raise ValueError(text)
    return first, last


class WorkingHours:
    """A calendar that can be counted with.

    Args:
        calendar: The calendar, checked.
        zone: IANA name of the zone where the calendar names none.
        heirs: Calendars that take over from it, each from its day on.
    """

    def __init__(self, calendar: Calendar, zone: str, heirs: Sequence[Calendar] = ()) -> None:
        self._zone = ZoneInfo(calendar.zone or zone)
        self._week = tuple(
            tuple(read_interval(one) for one in calendar.hours.get(day, ())) for day in WEEKDAYS
        )
        self._open = {
            date.fromisoformat(day): tuple(read_interval(one) for one in intervals)
            for day, intervals in calendar.open.items()
        }
        self._closed = {date.fromisoformat(day) for day in calendar.closed}
        self._holidays = (calendar.country, calendar.region)
        self._days: dict[date, tuple[Interval, ...]] = {}
        latest_first = sorted(heirs, key=lambda one: one.since, reverse=True)
        self._heirs = [(date.fromisoformat(one.since), WorkingHours(one, zone)) for one in latest_first]

    def add(self, moment: int, working: int) -> int:
        """Return the first moment at which so much working time has gone by.

        Args:
            moment: From when, in microseconds.
            working: How much working time, in microseconds; nothing gives the moment itself.
        """
        if working <= 0:
            return moment
        day, free_days = self._local(moment), 0
        while free_days < _HORIZON_DAYS:
            intervals = self.intervals(day)
            free_days = 0 if intervals else free_days + 1
            for begin, end in intervals:
                start = max(begin, moment)
                if start >= end:
                    continue
                if end - start >= working:
                    return start + working
                working -= end - start
            day += timedelta(days=1)
        return moment + _HORIZON_DAYS * DAY

    def between(self, begin: int, end: int) -> int:
        """Return how much working time lies between two moments, in microseconds; negative where they are the other way around."""
        if end < begin:
            return -self.between(end, begin)
        day, last = self._local(begin), self._local(end)
        total = 0
        while day <= last:
            total += sum(max(0, min(stop, end) - max(start, begin)) for start, stop in self.intervals(day))
            day += timedelta(days=1)
        return total

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """Return when a day's work begins and ends, each time, in microseconds."""
        found = self._days.get(day)
        if found is None:
            heir = next((hours for since, hours in self._heirs if day >= since), None)
            found = tuple(self._intervals(day)) if heir is None else heir.intervals(day)
            self._days[day] = found
        return found

    def _intervals(self, day: date) -> list[Interval]:
        found: list[Interval] = []
        for first, last in sorted(self._hours(day)):
            begin = self._moment(day, first, is_end=False)
            end = self._moment(day, last, is_end=True)
            # Where an hour comes twice, what ends in its second pass and what begins in its first would overlap.
            begin = max(begin, found[-1][1]) if found else begin
            if begin < end:
                found.append((begin, end))
        return found

    def _hours(self, day: date) -> tuple[tuple[int, int], ...]:
        if day in self._open:
            return self._open[day]
        if day in self._closed or (self._holidays[0] and day in _holidays(*self._holidays, day.year)):
            return ()
        return self._week[day.weekday()]

    def _local(self, moment: int) -> date:
        return to_datetime(moment).astimezone(self._zone).date()

    def _moment(self, day: date, minute: int, *, is_end: bool) -> int:
        day, minute = (day + timedelta(days=1), 0) if minute == 24 * 60 else (day, minute)
        wall = datetime.combine(day, time(minute // 60, minute % 60), self._zone)
        earlier, later = sorted(from_datetime(wall.replace(fold=fold)) for fold in (0, 1))
        if earlier == later:
            return earlier
        shown = to_datetime(earlier).astimezone(self._zone).replace(tzinfo=None)
        if shown == wall.replace(tzinfo=None):
            return later if is_end else earlier
        return self._change(earlier, later)

    def _change(self, before: int, after: int) -> int:
        """Return the moment between two at which the clock is put forward."""
        offset = to_datetime(before).astimezone(self._zone).utcoffset()
        while after - before > 1:
            middle = (before + after) // 2
            is_before = to_datetime(middle).astimezone(self._zone).utcoffset() == offset
            before, after = (middle, after) if is_before else (before, middle)
        return after


@lru_cache(maxsize=256)
def _holidays(country: str, region: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 -- takes a while to load, and only who counts working time needs it

    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def knows_country(country: str, region: str) -> bool:
    """Return whether the public holidays of a country, or of a part of it, are known."""
    import holidays  # noqa: PLC0415 -- as above

    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (not region or region in known[country])


def wall(moment: int, zone: str) -> datetime:
    """Return a moment as the clock on the wall shows it in a zone."""
    return to_datetime(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def _minute(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    is_time = colon and len(hour) == 2 and len(minute) == 2 and (hour + minute).isdecimal()
    found = int(hour) * 60 + int(minute) if is_time else -1
    if not 0 <= found <= 24 * 60 or int(minute) > 59:
        raise ValueError(text)
    return found
