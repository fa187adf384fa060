"""What is asked of the history and what it answers: selections, counts, places, sizes and the rules for filing.

Nothing here touches a file, a database or a clock, and nothing loads an engine.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from beleef.kernel.clock import DAY, SECOND, from_datetime, to_datetime
from beleef.kernel.errors import InvalidInput

Group = Literal["type", "name", "channel", "touchpoint", "source", "campaign", "product", "day", "month"]
"""By what facts can be counted; days and months are those of a named zone."""

ERASED = 0
"""The subject of all facts whose person was erased: they count in statistics and belong to nobody."""

_EPOCH = date(1970, 1, 1)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts: those that have one of the values in every list that is not empty."""

    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def by_column(self) -> Iterator[tuple[str, list[str]]]:
        """Give the column and the wanted values of each list that is not empty."""
        lists = {"type": self.types, "name": self.names, "channel": self.channels, "source": self.sources}
        yield from ((column, list(values)) for column, values in lists.items() if values)


EVERYTHING = Selection()
"""The selection that leaves nothing out."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many facts there are of one group.

    Attributes:
        key: The group's values in the order asked for; days as ``YYYY-MM-DD``, months as ``YYYY-MM``, None where the
            fact says nothing.
        facts: How many.
    """

    key: tuple[str | None, ...]
    facts: int


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """How many facts came through a source, and when the last one was accepted (microseconds)."""

    source: str
    facts: int
    last_at: int


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where a page of a timeline ended: the moment (microseconds) and number of its last fact."""

    occurred_at: int
    id: int


class WarehouseSize(msgspec.Struct, frozen=True, kw_only=True):
    """How much the history holds.

    Attributes:
        files: Parquet files in use.
        filed: Facts in them.
        bytes: Their size together.
        unfiled: Facts that wait in the tail.
        rubbish: Files that nobody reads any more and that will be deleted.
    """

    files: int
    filed: int
    bytes: int
    unfiled: int
    rubbish: int

    @property
    def facts(self) -> int:
        """How many facts there are altogether."""
        return self.filed + self.unfiled


class LakeFile(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file of the lake.

    Attributes:
        path: Its path below the lake's address.
        month: ``YYYY-MM`` (UTC) in which all its facts occurred.
        rows: How many facts it holds.
        bytes: Its size.
        first_fact: The lowest number of a fact in it.
        last_fact: The highest.
        min_subject: The lowest subject in it.
        max_subject: The highest.
        created_at: When it was written, in microseconds.
    """

    path: str
    month: str
    rows: int
    bytes: int
    first_fact: int
    last_fact: int
    min_subject: int
    max_subject: int
    created_at: int


class FilingRules(msgspec.Struct, frozen=True, kw_only=True):
    """When the tail is filed, and when files are merged and deleted.

    Attributes:
        rows: File the tail as soon as it holds so many facts.
        age_s: File it at least so often, in seconds, for those who read the Parquet files directly.
        least_rows: Months with fewer facts than this stay in the tail for a while, so that a trickle of late facts
            does not become a thousand tiny files.
        patience_s: How long they may stay, in seconds.
        files_per_month: Merge a month's files when there are more.
        settle_s: Merge all files of a month when none was added for so many seconds.
        largest: Never merge into a file of more facts than this.
        grace_s: Delete a replaced file so many seconds later: as long as the longest question may still be reading it.
    """

    rows: int = 200_000
    age_s: int = 60
    least_rows: int = 1_000
    patience_s: int = 3_600
    files_per_month: int = 8
    settle_s: int = 21_600
    largest: int = 5_000_000
    grace_s: int = 3_600


def month_of(moment: int) -> str:
    """Return the month (UTC) of a moment in microseconds as ``YYYY-MM``."""
    found = to_datetime(moment)
    return f"{found.year:04d}-{found.month:02d}"


def month_bounds(month: str) -> tuple[int, int]:
    """Return the first and the last moment (microseconds) of a month (UTC) given as ``YYYY-MM``."""
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year, number, 1, tzinfo=UTC)
    last = first.replace(day=monthrange(year, number)[1])
    return from_datetime(first), from_datetime(last) + DAY - 1


class Offset(msgspec.Struct, frozen=True, kw_only=True):
    """From the moment ``since`` on (microseconds) a zone's clocks are ``ahead`` microseconds ahead of UTC."""

    since: int
    ahead: int


def offsets(zone: str, *, since: int, until: int) -> tuple[Offset, ...]:
    """Return how far a zone's clocks are ahead of UTC between two moments, oldest first, at least one.

    With these few numbers any engine can tell the day of a moment by arithmetic, which is several times faster than its
    own calendar and the same on every engine. Before 1970 and after 2100 the nearest known offset holds.

    Args:
        zone: Name of a time zone, such as ``Europe/Amsterdam``.
        since: First moment of interest, in microseconds.
        until: Last moment of interest.

    Raises:
        InvalidInput: there is no such zone.
    """
    years = sorted(min(max(to_datetime(moment).year, 1970), 2100) for moment in (since, until))
    return _offsets(zone, years[0], years[1])


@lru_cache(maxsize=256)
def _offsets(zone: str, first_year: int, last_year: int) -> tuple[Offset, ...]:
    clocks = _clocks(zone)
    moment = from_datetime(datetime(first_year, 1, 1, tzinfo=UTC)) - DAY
    end = from_datetime(datetime(last_year, 12, 31, tzinfo=UTC)) + 2 * DAY
    found = [Offset(since=moment, ahead=_ahead(clocks, moment))]
    while moment < end:
        following = moment + 7 * DAY
        if _ahead(clocks, following) != found[-1].ahead:
            change = _change(clocks, moment, following)
            found.append(Offset(since=change, ahead=_ahead(clocks, change)))
        moment = following
    return tuple(found)


def _clocks(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput(
            f"There is no time zone {zone!r}.",
            hint="Use a name such as Europe/Amsterdam or UTC.",
            code="unknown_zone",
        ) from error


def _ahead(clocks: ZoneInfo, moment: int) -> int:
    offset = to_datetime(moment).astimezone(clocks).utcoffset()
    return (offset or timedelta()) // timedelta(microseconds=1)


def _change(clocks: ZoneInfo, before: int, after: int) -> int:
    """Return the second at which a zone's clocks change between two moments, by halving."""
    old, low, high = _ahead(clocks, before), before // SECOND, after // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _ahead(clocks, middle * SECOND) == old else (low, middle)
    return high * SECOND


def start_of_day(moment: int, zone: str, *, days_back: int = 0) -> int:
    """Return when the day of a moment began in a zone, or the day so many days before it (microseconds).

    Raises:
        InvalidInput: there is no such zone.
    """
    clocks = _clocks(zone)
    day = to_datetime(moment).astimezone(clocks).date() - timedelta(days=days_back)
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=clocks).astimezone(UTC))


def day_text(day: int) -> str:
    """Return a day, counted from 1970-01-01, as ``YYYY-MM-DD``."""
    return (_EPOCH + timedelta(days=day)).isoformat()
