"""How texts in files write numbers, moments and truth: read with one mapping's habits, refused with a reason when they do not fit."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from beleef.kernel import clock

Number = int | float

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_YES = frozenset({"true", "yes", "y", "1", "on", "ja", "j", "waar"})
_NO = frozenset({"false", "no", "n", "0", "off", "nee", "onwaar"})
_EXACT = 1 << 53
"""Above this a float no longer holds every whole number, and JSON readers may lose digits (IEEE 754 binary64)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unusable(Exception):
    """A row cannot become what the mapping asks; the text is the reason that is listed with its line number."""


def shown(value: object) -> str:
    """Return a value as it may stand in a reason: in quotes and not too long."""
    text = str(value) if isinstance(value, str | float | bool) else type(value).__name__
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def as_text(value: Any, place: str) -> str | None:
    """Return a value as text without blanks around it, None where nothing is left; 17850.0 is ``17850``.

    Raises:
        Unusable: it is a list or an object.
    """
    match value:
        case None:
            return None
        case str():
            return value.strip() or None
        case bool():
            return "true" if value else "false"
        case float():
            if not math.isfinite(value):
                return None
            return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
        case int():
            # Python refuses to write a number of more than 4,300 digits.
            return str(value) if abs(value) < 1 << 128 else repr(bounded(value, place))
    raise Unusable(f"{place}: a list or an object is no text")


def bounded(value: Number, place: str) -> Number:
    """Return a number that every JSON reader reads as the same number.

    Raises:
        Unusable: it is larger than a float can be.
    """
    if isinstance(value, int):
        if -_EXACT <= value <= _EXACT:
            return value
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if not math.isfinite(value):
        raise Unusable(f"{place}: the number is too large")
    return value


def number_reader(decimal: str, thousands: str | None) -> Callable[[Any, str], Number | None]:
    """Return what reads a number: ``(value, place)`` to the number, None where the value is empty.

    The reader raises ``Unusable`` where the value is no number. A whole number stays whole.
    """

    def read(value: Any, place: str) -> Number | None:
        # The first two lines are for speed: most numbers come as numbers, and this runs for every cell.
        if type(value) is int and -_EXACT <= value <= _EXACT:
            return value
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return bounded(value, place)
        if not isinstance(value, str):
            raise Unusable(f"{place}: {shown(value)} is not a number")
        text = value.strip()
        if not text:
            return None
        plain = text.replace(thousands, "") if thousands else text
        if decimal != ".":
            # A point that is not the sign between thousands would be taken for the decimal sign.
            plain = "" if "." in plain else plain.replace(decimal, ".")
        if not _NUMBER.fullmatch(plain):
            raise Unusable(f"{place}: {shown(value)} is not a number")
        return (
            int(plain) if len(plain) <= 15 and plain.lstrip("+-").isdigit() else bounded(float(plain), place)
        )

    return read


def rounded(value: Number, digits: int) -> Number:
    """Return a number with ``digits`` digits behind the point, halves away from zero, as accountants round.

    The shortest decimal that stands for the float is rounded, so 2.675 becomes 2.68.
    """
    if isinstance(value, int) or abs(value) >= 1e15:
        return value
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return float(exact) if digits else int(exact)


def as_boolean(value: Any, place: str) -> bool | None:
    """Return whether a value says yes, in English or Dutch; None where it is empty.

    Raises:
        Unusable: it says neither yes nor no.
    """
    if isinstance(value, bool):
        return value
    text = as_text(value, place)
    if text is None:
        return None
    word = text.lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unusable(f"{place}: {shown(value)} is neither yes nor no")


def moment_reader(
    formats: tuple[str, ...], timezone: str, *, is_day: bool
) -> Callable[[Any, str], str | None]:
    """Return what reads a moment: ``(value, place)`` to ISO 8601, None where the value is empty.

    Formats are tried in order, ISO 8601 last; a moment without a zone is in ``timezone`` (of an hour that the clock goes
    through twice, the first). The reader gives the moment in UTC or, for ``is_day``, the calendar day in ``timezone``; it
    raises ``Unusable`` where the value is no moment.
    """
    zone = ZoneInfo(timezone)

    def read(value: Any, place: str) -> str | None:
        text = as_text(value, place)
        if text is None:
            return None
        moment = _moment(text, formats)
        try:
            if moment is not None:
                aware = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
                if is_day:
                    return aware.astimezone(zone).date().isoformat()
                return clock.to_text(clock.from_datetime(aware.astimezone(UTC)))
        except OverflowError:
            pass
        raise Unusable(f"{place}: {shown(value)} is not a moment in one of the formats")

    return read


def _moment(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            if pattern == "unix":
                return _EPOCH + timedelta(seconds=float(text))
            if pattern == "unix_ms":
                return _EPOCH + timedelta(milliseconds=float(text))
            return datetime.strptime(text, pattern)  # noqa: DTZ007 -- the zone follows
        except (ValueError, OverflowError):
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
