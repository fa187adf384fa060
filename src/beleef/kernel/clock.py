"""Time. Inside Beleef a moment is a whole number of microseconds since 1970-01-01T00:00:00Z; at its doors it is an aware UTC datetime."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]
"""Gives the present moment in microseconds; passed in, so that tests can hold time still."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_IN_UTC = _EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


def now() -> int:
    """Return the present moment in microseconds."""
    return time.time_ns() // 1_000


def to_datetime(moment: int) -> datetime:
    """Return a moment in microseconds as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=moment)


def from_datetime(value: datetime) -> int:
    """Return an aware datetime as microseconds; a naive one is read as UTC."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return (value - _EPOCH) // _MICROSECOND


def to_text(moment: int) -> str:
    """Return a moment in microseconds as ISO 8601 in UTC with milliseconds, e.g. ``2026-03-01T09:30:00.000Z``."""
    return (_EPOCH_IN_UTC + timedelta(microseconds=moment)).isoformat(timespec="milliseconds") + "Z"
