"""The period of a page's figures: whole months, chosen in the address, because finer ones would tell answers apart."""

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from beleef.access.desk import Visit
from beleef.feedback.api import Filter
from beleef.kernel.clock import from_datetime
from beleef.ui.forms import Field, Option, Select
from beleef.ui.words import N_, Words

_LENGTHS: Final = {"3": N_("Last 3 months"), "6": N_("Last 6 months"), "12": N_("Last 12 months")}
_ALL: Final = N_("From the beginning")
_MOST_MONTHS: Final = 24


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Whole months, the present one included; ``length`` is what was chosen, empty for all."""

    length: str
    last: date

    @property
    def months(self) -> list[date]:
        """The first day of each month in it, growing; of all, those of two years."""
        count = int(self.length or _MOST_MONTHS)
        return [_before(self.last, back) for back in range(count - 1, -1, -1)]

    def starts(self) -> list[int]:
        """Return when each month begins in microseconds, and when the last one ends."""
        return [_moment(day) for day in (*self.months, _before(self.last, -1))]

    def fields(self, words: Words) -> tuple[Field, ...]:
        """Return the choice of a period."""
        chosen = (
            *(Option(value=one, label=words.gettext(label)) for one, label in _LENGTHS.items()),
            Option(value="all", label=words.gettext(_ALL)),
        )
        return (
            Select(name="months", label=words.gettext("Period"), options=chosen, value=self.length or "all"),
        )


def read_period(query: dict[str, str], visit: Visit, *, usual: str = "12") -> Period:
    """Return the period that an address asks for."""
    given = query.get("months", usual)
    length = given if given in _LENGTHS else ("" if given == "all" else usual)
    return Period(length=length, last=visit.words.local_date(visit.now).replace(day=1))


def period_filter(period: Period) -> Filter:
    """Return the answers of a period."""
    if not period.length:
        return Filter()
    months = period.months
    return Filter(months=(f"{months[0]:%Y-%m}", f"{months[-1]:%Y-%m}"))


def _before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _moment(day: date) -> int:
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))
