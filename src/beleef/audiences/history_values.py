"""Comparing values in Ibis the way rules mean it: as the text they are written as, or as numbers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import msgspec

from beleef.audiences.model import Test
from beleef.audiences.zones import anniversaries

if TYPE_CHECKING:
    from beleef.audiences.facts_in_history import History

_NUMBER = r"^-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([^0-9]|$)"
_LONG_MONTHS = (1, 3, 5, 7, 8, 10, 12)


def as_number(text: ir.StringValue) -> ir.FloatingValue:
    """Return the number that a text is, null where it is none."""
    return text.re_search(_NUMBER).ifelse(text, ibis.null("string")).try_cast("float64")


def fulfils_without_value(test: Test) -> bool:
    """Return whether a test holds for those without a value."""
    return test.operator in {"is_not", "not_in"} or (test.operator == "exists" and test.value is False)


def fulfils(rows: ir.Table, test: Test, history: "History") -> ir.BooleanValue:
    """Return whether the columns ``text`` and ``number`` fulfil a test; never null. Tests on days need the column ``zone``."""
    match test.operator:
        case "before" | "after":
            day, wanted = day_named(rows.text), day_named(ibis.literal(str(test.value)))
            holds = day < wanted if test.operator == "before" else day > wanted
        case "within_last_days" | "within_next_days":
            today = history.by_zone(rows, lambda zone: zone.of(history.now))
            ahead = day_named(rows.text) - today
            days = int(str(test.value))
            first, last = (1 - days, 0) if test.operator == "within_last_days" else (0, days - 1)
            holds = (ahead >= first) & (ahead <= last)
        case "anniversary_within_days":
            holds = _anniversary(rows, int(str(test.value)), history)
        case _:
            return fulfils_values(rows.text, rows.number, test)
    return holds.fill_null(False)


def fulfils_values(text: ir.StringValue, number: ir.FloatingValue, test: Test) -> ir.BooleanValue:
    """Return whether a value fulfils a test that has nothing to do with days; never null."""
    match test.operator:
        case "is":
            return _same(text, number, test.value).fill_null(False)
        case "is_not":
            return ~_same(text, number, test.value).fill_null(False)
        case "in" | "not_in":
            assert isinstance(test.value, tuple)  # noqa: S101 -- the reader of rules lets only lists through
            any_of: ir.BooleanValue = ibis.literal(False)
            for one in test.value:
                any_of |= _same(text, number, one).fill_null(False)
            return any_of if test.operator == "in" else ~any_of
        case "contains":
            return _contains(text, test.value).fill_null(False)
        case "exists":
            return text.notnull() if test.value is not False else text.isnull()
        case _:
            wanted = test.value
            found = number if isinstance(wanted, int | float) and not isinstance(wanted, bool) else text
            return _ORDERED[test.operator](found, wanted).fill_null(False)


_ORDERED: dict[str, Callable[[Any, Any], Any]] = {
    "greater": lambda found, wanted: found > wanted,
    "less": lambda found, wanted: found < wanted,
    "at_least": lambda found, wanted: found >= wanted,
    "at_most": lambda found, wanted: found <= wanted,
}


def _same(text: ir.StringValue, number: ir.FloatingValue, wanted: Any) -> ir.BooleanValue:
    if isinstance(wanted, bool):
        return text == ("true" if wanted else "false")
    if isinstance(wanted, int | float):
        return number == float(wanted)
    return text == wanted


def _contains(text: ir.StringValue, wanted: Any) -> ir.BooleanValue:
    item = msgspec.json.encode(wanted).decode()
    plain = wanted if isinstance(wanted, str) else item
    in_list: ir.BooleanValue = ibis.literal(False)
    for before in "[,":
        for behind in ",]":
            in_list |= text.contains(f"{before}{item}{behind}")
    return text.startswith("[").ifelse(in_list, text.contains(plain))


# Days


def day_named(text: ir.StringValue) -> ir.IntegerValue:
    """Return the day with which a text begins, counted from 1970-01-01; null where it begins with none."""
    year, month, day = _parts(text)
    shifted = (month <= 2).ifelse(year - 1, year)
    # Days from civil, by Howard Hinnant: whole numbers only, the same on every engine.
    era = shifted // 400
    of_era = shifted - era * 400
    from_march = (month > 2).ifelse(month - 3, month + 9)
    of_year = (153 * from_march + 2) // 5 + day - 1
    count = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return _exists(year, month, day).ifelse(count, ibis.null("int64")).cast("int64")


def _parts(text: ir.StringValue) -> tuple[ir.IntegerValue, ir.IntegerValue, ir.IntegerValue]:
    fits = text.re_search(_DAY).ifelse(text, ibis.null("string"))
    year, month, day = (
        fits.substr(start, length).try_cast("int64") for start, length in ((0, 4), (5, 2), (8, 2))
    )
    return year, month, day


def _is_leap(year: ir.IntegerValue) -> ir.BooleanValue:
    return (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))


def _exists(year: ir.IntegerValue, month: ir.IntegerValue, day: ir.IntegerValue) -> ir.BooleanValue:
    february = _is_leap(year).ifelse(29, 28)
    length = (month == 2).ifelse(february, month.isin(_LONG_MONTHS).ifelse(31, 30))
    return (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= length)


def _anniversary(rows: ir.Table, days: int, history: "History") -> ir.BooleanValue:
    """Return whether the next anniversary is at most so many days ahead."""
    today = history.by_zone(rows, lambda zone: zone.of(history.now))
    falls: ir.BooleanValue = ibis.literal(False)
    for day in sorted(history.todays()):
        falls |= (today == day) & rows.text.substr(5, 5).isin(anniversaries(day, days))
    return _exists(*_parts(rows.text)) & falls
