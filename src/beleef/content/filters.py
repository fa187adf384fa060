"""The filters that messages have beside Liquid's own: amounts, dates in the reader's language, safe HTML, JSON, look-ups."""

import json as json_
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import dates, numbers
from liquid import Markup, RenderContext
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import Undefined

from beleef.content.markup import cleaned

_LOCALES: Final = {"nl": "nl_NL", "en": "en_NL"}
_NAMED: Final = {
    "%A": "EEEE",
    "%a": "EEE",
    "%B": "MMMM",
    "%b": "MMM",
    "%-d": "d",
    "%e": "d",
    "%-m": "M",
    "%p": "a",
}
"""The parts of a ``strftime`` format that differ per language, or that not every system knows."""
_MICROSECONDS: Final = 100_000_000_000
"""Numbers above this are moments in microseconds or milliseconds, not seconds, since 1970."""


def localised(language: str, zone: str) -> dict[str, Callable[..., Any]]:
    """Return the filters whose outcome depends on language or time zone.

    Args:
        language: ``nl`` or ``en``.
        zone: IANA name of the zone in which days and hours are told.
    """
    locale, place = _LOCALES[language], ZoneInfo(zone)

    @with_context
    def date_(value: object, form: object = "%-d %B %Y", *, context: RenderContext) -> object:
        if isinstance(value, Undefined):
            return value
        if value in {"now", "today"}:
            value = context.resolve("now", default=None)
        moment = _moment(value, place)
        return value if moment is None else _formatted(moment, str(form), locale)

    def money(value: object, currency: object = "EUR") -> object:
        amount = _amount(value)
        if amount is None:
            return value
        try:
            return numbers.format_currency(amount, str(currency), locale=locale)
        except (numbers.UnknownCurrencyError, ValueError) as error:
            raise FilterArgumentError(f"{currency!r} is no currency", token=None) from error

    def number(value: object, digits: object = None) -> object:
        amount = _amount(value)
        if amount is None:
            return value
        if digits is None:
            return numbers.format_decimal(amount, locale=locale)
        places = min(max(int(str(digits)), 0), 10)
        return numbers.format_decimal(
            amount, format="#,##0." + "0" * places if places else "#,##0", locale=locale
        )

    return {"date": date_, "money": money, "number": number}


def clean_html(value: object) -> object:
    """Return HTML from a feed or a trait as safe HTML, which is not escaped again."""
    return value if isinstance(value, Undefined) else Markup(cleaned(str(value)))


def to_json(value: object) -> object:
    """Return a value as JSON, for the body of a webhook."""
    if isinstance(value, Undefined):
        str(value)  # needed, so noted as missing
        value = None
    return json_.dumps(value, ensure_ascii=False, default=str)


@with_context
def lookup(value: object, feed: object, *, context: RenderContext) -> object:
    """Return the item of a feed with the key ``value``: ``{{ fact.product_id | lookup: "products" }}``."""
    if isinstance(value, Undefined):
        return value
    return context.get(["items", str(feed), str(value)], token=None)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "clean_html": clean_html,
    "json": to_json,
    "lookup": lookup,
}


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 30 else None


def _moment(value: object, zone: ZoneInfo) -> datetime | None:
    match value:
        case datetime():
            moment = value
        case date():
            return datetime.combine(value, time(), tzinfo=zone)
        case bool():
            return None
        case int() | float():
            return _since_1970(float(value), zone)
        case str():
            return _read_moment(value.strip(), zone)
        case _:
            return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)


def _since_1970(number: float, zone: ZoneInfo) -> datetime | None:
    while abs(number) >= _MICROSECONDS:
        number /= 1_000
    try:
        return datetime.fromtimestamp(number, zone)
    except (OverflowError, ValueError, OSError):
        return None


def _read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=zone)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _formatted(moment: datetime, form: str, locale: str) -> str:
    for mark, pattern in _NAMED.items():
        if mark in form:
            form = form.replace(
                mark, dates.format_datetime(moment, pattern, locale=locale).replace("%", "%%")
            )
    return moment.strftime(form[:200])
