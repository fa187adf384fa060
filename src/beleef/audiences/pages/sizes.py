"""Sizes of audiences over days, for charts: only days on which a size changed are kept, so the others are filled in here."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from beleef.audiences.model import SizeOnDay

_EPOCH = date(1970, 1, 1)


def day_of(number: int) -> date:
    """Return the day of a number of days since 1970."""
    return _EPOCH + timedelta(days=number)


def every_day(history: Sequence[SizeOnDay], *, since: int, until: int) -> list[SizeOnDay]:
    """Return one size per day from the first day that is known to the last, both included.

    Args:
        history: Days on which the size changed, in order; the last before ``since`` says with which size that day began.
        since: The first day wanted, in days since 1970.
        until: The last day wanted.
    """
    by_day = {one.day: one for one in history}
    found: list[SizeOnDay] = []
    last = next((one for one in reversed(history) if one.day < since), None)
    for day in range(since, until + 1):
        if day in by_day:
            last = by_day[day]
            found.append(last)
        elif last is not None:
            found.append(msgspec.structs.replace(last, day=day, entered=0, left=0))
    return found


def change_over(history: Sequence[SizeOnDay], *, days: int, until: int) -> int | None:
    """Return how much larger an audience is than so many days ago; None where it was not known then.

    Args:
        history: Sizes of every day, as ``every_day`` gives them.
        days: How many days back.
        until: Today, in days since 1970.
    """
    then = next((one for one in history if one.day == until - days), None)
    return None if then is None or not history else history[-1].size - then.size
