"""When things are due on people's clocks: the next nine o'clock, the next Monday, a week before a date, the next broadcast.

All of it is arithmetic on moments and zones; nothing here looks at a clock.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from beleef.campaigns.model import OnSchedule, WaitUntil, WaitUntilDate
from beleef.kernel.clock import HOUR, from_datetime, to_datetime

FIRST_ZONE = 14 * HOUR
"""The earliest clocks on earth are this far ahead of UTC."""
_LAST_ZONE = 12 * HOUR


@lru_cache(maxsize=1_000)
def zone_named(name: str, default: str) -> ZoneInfo:
    """Return a time zone, the default where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(default)


def at_time(day: date, minutes: int, zone: ZoneInfo) -> int:
    """Return the moment at which clocks show a time on a day; a time that is skipped in spring comes right after the gap."""
    shown = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    # By way of UTC and back: 02:30 on the day that has none becomes 03:30.
    return from_datetime(shown.astimezone(UTC))


def next_time(wait: WaitUntil, now: int, zone: ZoneInfo) -> int:
    """Return the first moment at or after ``now`` at which the clock shows the time, on one of the weekdays."""
    today = to_datetime(now).astimezone(zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        if not wait.weekdays or day.weekday() in wait.weekdays:
            moment = at_time(day, wait.at, zone)
            if moment >= now:
                return moment
    return now


def date_moment(wait: WaitUntilDate, value: object, now: int, zone: ZoneInfo) -> int | None:
    """Return the moment that a date in a trait stands for; None where there is no date, or where it is past.

    Args:
        wait: What is waited for.
        value: The trait: ISO 8601 text, or seconds since 1970.
        now: The moment from which it is looked for.
        zone: The person's zone.
    """
    day = _day(value, zone)
    if day is None:
        return None
    if not wait.yearly:
        moment = _around(day, wait, zone)
        return moment if moment is not None and moment >= now else None
    this_year = to_datetime(now).astimezone(zone).year
    for year in range(this_year - 1, this_year + 3):
        moment = _around(_in_year(day, year), wait, zone)
        if moment is not None and moment >= now:
            return moment
    return None


def _around(day: date, wait: WaitUntilDate, zone: ZoneInfo) -> int | None:
    try:
        return at_time(day + timedelta(days=wait.days), wait.at, zone)
    except (OverflowError, ValueError):
        return None


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February in a year that has none.
        return date(year, 2, 28)


def _day(value: object, zone: ZoneInfo) -> date | None:
    try:
        if isinstance(value, str):
            text = value.strip()
            if len(text) == 10:
                return date.fromisoformat(text)
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo is None else moment.astimezone(zone)).date()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, zone).date()
    except (ValueError, OverflowError, OSError):
        return None
    return None


def occurrences(schedule: OnSchedule, since: int, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days on which a schedule happens, from the day of ``since`` on the organisation's clock on."""
    day = to_datetime(since).astimezone(zone).date()
    if schedule.every == "once":
        yield day if schedule.date is None else date.fromisoformat(schedule.date)
        return
    while True:
        if _happens(schedule, day):
            yield day
        day += timedelta(days=1)


def _happens(schedule: OnSchedule, day: date) -> bool:
    match schedule.every:
        case "day":
            return True
        case "week":
            return day.weekday() in (schedule.weekdays or (0,))
    last = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    return day.day == min(schedule.day, last)


def due(schedule: OnSchedule, since: int, now: int, zone: ZoneInfo) -> date | None:
    """Return the latest day, not before ``since``, whose entering should have begun by ``now``; None for none.

    Of several that were missed only the latest counts: nobody wants three newsletters after a long standstill.

    Args:
        schedule: When it happens.
        since: When people could first enter, or just after the last time it happened.
        now: The present moment.
        zone: The organisation's zone.
    """
    found = None
    for day in occurrences(schedule, since, zone):
        starts = starts_at(schedule, day, since, zone)
        if starts > now:
            break
        latest = at_time(day, schedule.at, zone) + (
            _LAST_ZONE + FIRST_ZONE if schedule.zone == "person" else 0
        )
        if latest >= since or (schedule.every == "once" and schedule.date is None):
            found = day
    return found


def starts_at(schedule: OnSchedule, day: date, since: int, zone: ZoneInfo) -> int:
    """Return when entering begins for a day: for people's own clocks early enough for the easternmost of them."""
    if schedule.every == "once" and schedule.date is None:
        return since
    if schedule.zone == "organisation":
        return at_time(day, schedule.at, zone)
    return at_time(day, schedule.at, ZoneInfo("UTC")) - FIRST_ZONE
