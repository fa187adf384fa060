"""How durations, times of day and weekdays are written: “2 days 4 hours”, “09:00”, “monday”.

Reading and writing are each other's opposite, so that a campaign that goes out as YAML comes back the same.
"""

import re

from beleef.campaigns.model import WEEKDAYS
from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND
from beleef.kernel.errors import InvalidInput

_UNITS = (("week", 7 * DAY), ("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", SECOND))
_SIZES = {name: size for unit, size in _UNITS for name in (unit, f"{unit}s")}
_PART = re.compile(r"(\d+)\s*([a-z]+)")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")

LONGEST = 800 * DAY
"""Longer than this nobody waits: two years and a bit."""


def duration_from_text(text: object, path: str) -> int:
    """Return a duration in microseconds.

    Raises:
        InvalidInput: it is none, or longer than ``LONGEST``.
    """
    words = text.strip().lower() if isinstance(text, str) else ""
    parts = _PART.findall(words)
    rest = _PART.sub("", words).replace("and", "").replace(",", "").strip()
    if not parts or rest or any(unit not in _SIZES for _, unit in parts):
        raise wrong(
            path,
            f"{text!r} is no length of time.",
            "Write for instance “2 days”, “90 minutes” or “1 day 4 hours”.",
        )
    found = sum(int(number) * _SIZES[unit] for number, unit in parts)
    if found > LONGEST:
        raise wrong(path, f"{text!r} is too long.", f"The longest is {LONGEST // DAY} days.")
    return found


def duration_to_text(duration: int) -> str:
    """Return a duration as people write it, in whole seconds."""
    parts = []
    for unit, size in _UNITS[1:]:
        number, duration = divmod(duration, size)
        if number:
            parts.append(f"{number} {unit}{'' if number == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def time_from_text(text: object, path: str) -> int:
    """Return a time of day in minutes after midnight.

    YAML reads 09:00 without quotation marks as the number 540, so a number is taken as minutes.

    Raises:
        InvalidInput: it is none.
    """
    if isinstance(text, int) and not isinstance(text, bool) and 0 <= text < 24 * 60:
        return text
    found = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise wrong(path, f"{text!r} is no time of day.", "Write for instance “09:00”.")
    return int(found[1]) * 60 + int(found[2])


def time_to_text(minutes: int) -> str:
    """Return minutes after midnight as ``09:00``."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def weekdays_from_data(given: object, path: str) -> tuple[int, ...]:
    """Return weekdays by number, in order; 0 is Monday.

    Raises:
        InvalidInput: one of them is no weekday.
    """
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(name in WEEKDAYS for name in names):
        raise wrong(path, f"{given!r} names no weekdays.", f"Choose from {', '.join(WEEKDAYS)}.")
    return tuple(sorted({WEEKDAYS.index(name) for name in names}))


def wrong(path: str, message: str, hint: str) -> InvalidInput:
    """Return the refusal of a part of a campaign, with the place where it stands."""
    return InvalidInput(f"{path}: {message}", hint=hint, code="invalid_campaign")
