"""When things happen in the demo: the days of the year that sell, the hours that people shop, and when shops are open."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from beleef.kernel.clock import DAY, HOUR, SECOND, from_datetime, to_datetime

ZONE = ZoneInfo("Europe/Amsterdam")

_WEB = (3, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 11, 12, 11, 10, 10, 10, 11, 14, 20, 26, 24, 16, 8)
_APP = (4, 2, 1, 1, 1, 3, 9, 14, 12, 8, 8, 9, 13, 11, 8, 8, 10, 14, 14, 16, 19, 20, 16, 9)
_SHOP = (0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 10, 12, 13, 14, 15, 15, 13, 9, 2, 1, 1, 0, 0, 0)
_ADVERT = (3, 1, 1, 1, 1, 2, 5, 9, 9, 8, 8, 9, 11, 10, 9, 9, 10, 12, 14, 17, 19, 18, 13, 7)
RHYTHMS = {
    name: np.cumsum(of) / sum(of)
    for name, of in (("web", _WEB), ("app", _APP), ("shop", _SHOP), ("advert", _ADVERT))
}
"""For each kind of contact the part of a local day that has gone by, hour by hour."""

_MONTHS = (0.85, 0.85, 0.95, 1.05, 1.10, 1.00, 0.85, 0.80, 0.95, 1.00, 1.20, 1.15)
_WEEKDAYS = (0.97, 0.92, 0.95, 0.98, 1.00, 1.02, 1.16)


class Today(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One day of the world. World days begin at 23:00 UTC, which is midnight of the Dutch winter.

    Attributes:
        number: Day of the history, from 0.
        date: The local date.
        begins_at: First moment, in microseconds.
        offset: How far local time is ahead of UTC, in microseconds.
        busy: How many more visits than on an average day.
        gifts: The same for people who buy gifts only.
        sale: How strong a sale is on: 0 is none, 1 is Black Friday.
        theme: Name of the campaign of these weeks.
    """

    number: int
    date: date
    begins_at: int
    offset: int
    busy: float
    gifts: float
    sale: float
    theme: str


def first_day(moment: int) -> int:
    """Return the beginning of the world day in which a moment falls."""
    return (moment + HOUR) // DAY * DAY - HOUR


def today(number: int, begins_at: int) -> Today:
    """Return what kind of day it is."""
    noon = to_datetime(begins_at + DAY // 2)
    offset = noon.astimezone(ZONE).utcoffset()
    day = to_datetime(begins_at + HOUR).date()
    sale = _sale(day)
    gifts = 14.0 if (day.month, day.day) >= (11, 15) and day < date(day.year, 12, 6) else 1.0
    if day.month == 12 and 6 <= day.day < 23:
        gifts = 8.0
    peak = 1.35 if gifts > 8 else 1.15 if gifts > 1 else 1.0
    return Today(
        number=number,
        date=day,
        begins_at=begins_at,
        offset=(offset or timedelta()) // timedelta(microseconds=1),
        busy=_MONTHS[day.month - 1] * _WEEKDAYS[day.weekday()] * peak * (1 + sale),
        gifts=gifts,
        sale=sale,
        theme=_theme(day),
    )


def _sale(day: date) -> float:
    thursday = 1 + (3 - date(day.year, 11, 1).weekday()) % 7
    black_friday = date(day.year, 11, thursday + 22)
    if day == black_friday:
        return 1.0
    if black_friday - timedelta(days=4) <= day <= black_friday + timedelta(days=3):
        return 0.5
    return 0.25 if day.month == 1 and 8 <= day.day <= 28 else 0.0


def _theme(day: date) -> str:
    if day.month == 11:
        return f"black-friday-{day.year}" if day.day >= 18 else f"sinterklaas-{day.year}"
    if day.month == 12:
        return f"sinterklaas-{day.year}" if day.day < 6 else f"kerst-{day.year}"
    names = ("opruiming", "winterkoffie", "lente-in-huis", "tuin-open", "tuin-open", "buiten-eten")
    later = ("zomer-thuis", "zomer-thuis", "weer-aan-tafel", "warme-keuken")
    return f"{(names + later)[day.month - 1]}-{day.year}"


def moments(day: Today, rhythm: str, count: int, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return ``count`` moments of a day, spread as people are, not in order; int64 microseconds of shape (count,)."""
    hours = np.searchsorted(RHYTHMS[rhythm], draw.random(count), side="right")
    local = hours * HOUR + (draw.random(count) * HOUR).astype(np.int64)
    return day.begins_at + (local - day.offset + HOUR) % DAY


def at_hour(day: Today, hour: float) -> int:
    """Return the moment of a local hour of a day."""
    return day.begins_at + (round(hour * 3600) * SECOND - day.offset + HOUR) % DAY


def office_moment(moment: int, offset: int, spread: float) -> int:
    """Return the first moment from ``moment`` on at which the call centre answers (8 to 20 local time, not on Sunday).

    Args:
        moment: In microseconds.
        offset: How far local time is ahead of UTC, in microseconds.
        spread: 0 to 1: how far into the first hours somebody calls who waited for the opening.
    """
    local = moment + offset
    hour = local % DAY / HOUR
    opened = local
    if hour >= 20:
        opened = local - local % DAY + DAY + 8 * HOUR + int(spread * spread * 6 * HOUR)
    elif hour < 8:
        opened = local - local % DAY + 8 * HOUR + int(spread * spread * 6 * HOUR)
    if (opened // DAY + 3) % 7 == 6:
        opened += DAY
    return opened - offset


def months_before(end: int, months: int) -> int:
    """Return the moment that lies whole calendar months before ``end``."""
    moment = to_datetime(end)
    place = moment.year * 12 + moment.month - 1 - months
    return from_datetime(moment.replace(year=place // 12, month=place % 12 + 1, day=min(moment.day, 28)))
