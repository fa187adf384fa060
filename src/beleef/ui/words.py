"""Beleef's words: messages, numbers, money and time as a reader of English or Dutch expects them.

Messages are written in English in code and templates; the Dutch ones stand in `locale/nl/LC_MESSAGES/beleef.po` and are read at start.
"""

import gettext
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from beleef.kernel.clock import DAY, MINUTE, to_datetime
from beleef.kernel.errors import BeleefError
from beleef.ui.refusals import CONTEXT, Recogniser

Language = Literal["en", "nl"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "nl")
NAMES: Final[dict[Language, str]] = {"en": "English", "nl": "Nederlands"}
"""Each language by the name its own speakers give it."""

CATALOGS: Final = Path(__file__).parent / "locale"

_FORMATS: Final[dict[Language, str]] = {"en": "en_GB", "nl": "nl_NL"}
_DAY_WITHOUT_YEAR: Final = "d MMM"
_JUST_NOW: Final = MINUTE // 6
_AGO_AT_MOST: Final = 30 * DAY
_MICROSECONDS: Final = 1_000_000
_COUNT: Final = re.compile(r"\d{1,3}(,\d{3})+")
_SENTENCE: Final = re.compile(r".* .*[.?!]", re.DOTALL)
_TOO_LONG: Final = 1e15
"""From here on a number is written with a power of ten: nobody counts so many digits, and Babel gives up after 28."""


class Words:
    """One language in one time zone. Immutable, so that all requests share it.

    Args:
        language: The language of messages and formats.
        zone: IANA name of the time zone in which days and hours are told, e.g. ``Europe/Amsterdam``.
        catalog: The messages of the language.
        refusals: Which of these messages a filled-in refusal is.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: There is no such time zone.
    """

    def __init__(
        self, *, language: Language, zone: str, catalog: gettext.NullTranslations, refusals: Recogniser
    ) -> None:
        self.language: Language = language
        self.zone = ZoneInfo(zone)
        self.catalog = catalog
        self._refusals = refusals
        self._locale = Locale.parse(_FORMATS[language])

    def gettext(self, message: str, **values: object) -> str:
        """Return the message in this language, its ``%(name)s`` places filled with ``values``."""
        # A catalogue keeps its own description under the empty message.
        text = self.catalog.gettext(message) if message else ""
        return text % values if values else text

    def refusal(self, error: BeleefError) -> str:
        """Return what was refused and what to do about it, in this language where it is translated."""
        return f"{self.refused(error.message)} {self.refused(error.hint)}".strip()

    def refused(self, sentence: str) -> str:
        """Return one sentence of a refusal, as it was raised, in this language where it is translated."""
        text = self.gettext(sentence)
        found = self._refusals.recognise(sentence) if text == sentence else None
        if found is None:
            return text
        values = {name: self._refused_value(value) for name, value in found.values.items()}
        return self.catalog.pgettext(CONTEXT, found.message) % values

    def _refused_value(self, value: str) -> str:
        """Return what stood in a place of a refusal: a sentence translated, a count as this language writes it, a name as it is."""
        if _COUNT.fullmatch(value):
            return self.number(int(value.replace(",", "")))
        return self.refused(value) if _SENTENCE.fullmatch(value) else value

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """Return the form that fits ``count``; ``%(num)s`` in it is the count as this language writes it."""
        return self.catalog.ngettext(singular, plural, count) % {"num": self.number(count), **values}

    def number(self, value: float | Decimal, digits: int | None = None) -> str:
        """Return a number with separators: ``1,234.5`` or ``1.234,5``; ``digits`` fixes the decimals."""
        if digits is None:
            return numbers.format_decimal(value, locale=self._locale)
        if abs(float(value)) >= _TOO_LONG:
            return numbers.format_scientific(value, locale=self._locale)
        shape = "#,##0." + "0" * digits if digits else "#,##0"
        value = value if round(value, digits) else 0  # or a little below nothing would be written as -0
        return numbers.format_decimal(value, format=shape, locale=self._locale)

    def compact(self, value: float) -> str:
        """Return a number short enough for an axis: ``1.2K``, ``3M``."""
        return numbers.format_compact_decimal(value, fraction_digits=1, locale=self._locale).replace(
            "\xa0", " "
        )

    def percent(self, share: float, digits: int = 0) -> str:
        """Return a share (1 is the whole) as a percentage: ``42%``."""
        shape = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
        return numbers.format_percent(share, format=shape, locale=self._locale)

    def money(self, amount: float | Decimal, currency: str) -> str:
        """Return an amount in an ISO 4217 currency: ``€1,234.50`` or ``€ 1.234,50``."""
        if abs(float(amount)) >= _TOO_LONG:
            return f"{currency} {numbers.format_scientific(amount, locale=self._locale)}"
        return numbers.format_currency(amount, currency, locale=self._locale)

    def local_date(self, moment: int) -> date:
        """Return the day, in this zone, of a moment in microseconds."""
        return to_datetime(moment).astimezone(self.zone).date()

    def day(self, day: date | int) -> str:
        """Return a day (or the day of a moment in microseconds): ``5 Mar 2026`` or ``5 mrt 2026``."""
        return dates.format_date(self._as_date(day), "d MMM y", locale=self._locale)

    def short_day(self, day: date | int) -> str:
        """Return a day without its year, for axes: ``5 Mar``."""
        return dates.format_date(self._as_date(day), _DAY_WITHOUT_YEAR, locale=self._locale)

    def long_day(self, day: date | int) -> str:
        """Return a day as a heading: ``Thursday 5 March 2026``."""
        return dates.format_date(self._as_date(day), "EEEE d MMMM y", locale=self._locale)

    def clock(self, moment: int) -> str:
        """Return hour and minute of a moment in microseconds: ``14:03``."""
        return dates.format_time(to_datetime(moment), "HH:mm", tzinfo=self.zone, locale=self._locale)

    def moment(self, moment: int) -> str:
        """Return day and time of a moment in microseconds: ``5 Mar 2026, 14:03``."""
        return f"{self.day(moment)}, {self.clock(moment)}"

    def ago(self, moment: int, now: int) -> str:
        """Return how long before (or after) ``now`` a moment is, both in microseconds; beyond 30 days its day."""
        distance = moment - now
        if abs(distance) < _JUST_NOW:
            return self.gettext("just now")
        if abs(distance) > _AGO_AT_MOST:
            return self.day(moment)
        return dates.format_timedelta(
            timedelta(microseconds=distance), add_direction=True, locale=self._locale
        )

    def duration(self, microseconds: int) -> str:
        """Return a length of time in its largest fitting unit: ``3 minutes``; below a second in milliseconds."""
        if abs(microseconds) < _MICROSECONDS:
            return self.gettext("%(number)s ms", number=self.number(round(microseconds / 1000)))
        return dates.format_timedelta(
            timedelta(microseconds=microseconds), threshold=1.5, locale=self._locale
        )

    def _as_date(self, day: date | int) -> date:
        return self.local_date(day) if isinstance(day, int) else day


def N_(message: str) -> str:  # noqa: N802 -- the name by which gettext's own tools find messages
    """Return the message itself, marked for translation: for tables of messages that ``gettext`` is asked for later."""
    return message


@cache
def translator(language: Language, zone: str = "Europe/Amsterdam") -> Words:
    """Return the words of a language in a time zone; the catalogue is read once.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: There is no such time zone.
    """
    catalog, refusals = _read_catalog(language)
    return Words(language=language, zone=zone, catalog=catalog, refusals=refusals)


def choose_language(
    *, setting: str | None = None, cookie: str | None = None, accept: str | None = None
) -> Language:
    """Return the first language that Beleef speaks: the user's own setting, the cookie, then ``Accept-Language``; else English."""
    for wish in (setting, cookie, *_accepted(accept or "")):
        for language in LANGUAGES:
            if wish and wish.lower().split("-")[0] == language:
                return language
    return "en"


def _accepted(header: str) -> list[str]:
    """Return the tags of an ``Accept-Language`` header, most wanted first (RFC 9110 section 12.5.4); bad weights count as 0."""
    weighted = []
    for part in header[:1000].split(","):
        tag, _, weight = part.partition(";q=")
        try:
            weighted.append((float(weight) if weight else 1.0, tag.strip()))
        except ValueError:
            weighted.append((0.0, tag.strip()))
    return [tag for weight, tag in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


@cache
def _read_catalog(language: Language) -> tuple[gettext.NullTranslations, Recogniser]:
    path = CATALOGS / language / "LC_MESSAGES" / "beleef.po"
    if not path.exists():  # English: the messages are their own translation
        return gettext.NullTranslations(), Recogniser(())
    with path.open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    refusals = (str(message.id) for message in catalog if message.context == CONTEXT)
    return gettext.GNUTranslations(compiled), Recogniser(refusals)
