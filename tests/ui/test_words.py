"""Words: both languages complete, formats as readers of each expect them."""

from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import beleef
from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND
from beleef.ui.words import CATALOGS, choose_language, translator
from tests.ui.gallery import NOW

EN, NL = translator("en"), translator("nl")
METHODS = [("**.py", "python"), ("**.html", "jinja2")]


def dutch() -> Catalog:
    with (CATALOGS / "nl" / "LC_MESSAGES" / "beleef.po").open("rb") as source:
        return read_po(source, locale="nl")


def messages_used() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(
        Path(beleef.__file__).parent, METHODS, options_map={"**.html": {"silent": "false"}}
    )
    return {message for _, _, message, _, _ in found}


def missing(used: set[str | tuple[str, ...]], catalog: Catalog) -> list[str]:
    """Return the messages that the catalogue does not translate, as lines to paste into it."""
    lines = []
    for message in sorted(used, key=str):
        entry = catalog.get(message if isinstance(message, str) else message[0])
        done = entry is not None and all(
            entry.string if isinstance(entry.string, tuple | list) else [entry.string]
        )
        if not done:
            lines.append(f'msgid "{message}"\nmsgstr ""\n')
    return lines


def test_every_message_has_a_dutch_translation() -> None:
    used = messages_used()
    assert "Skip to the content" in used, "the extraction misses the templates"
    assert "just now" in used, "the extraction misses the Python files"
    assert not missing(used, dutch()), "add to beleef.po:\n\n" + "\n".join(missing(used, dutch()))


def test_a_message_without_translation_is_noticed() -> None:
    assert missing({"A message that nobody translated"}, dutch()) == [
        'msgid "A message that nobody translated"\nmsgstr ""\n'
    ]


def test_no_translation_is_left_that_no_message_uses() -> None:
    used = {message if isinstance(message, str) else message[0] for message in messages_used()}
    kept = {message.id if isinstance(message.id, str) else message.id[0] for message in dutch() if message.id}
    assert kept - used == set()


def test_translations_have_the_same_places_as_their_messages() -> None:
    for message in dutch():
        assert not list(message.check(dutch())), message.id


@pytest.mark.parametrize(
    ("distance", "english", "dutch_text"),
    [
        (3 * SECOND, "just now", "zojuist"),
        (45 * SECOND, "45 seconds ago", "45 seconden geleden"),
        (3 * MINUTE, "3 minutes ago", "3 minuten geleden"),
        (5 * HOUR, "5 hours ago", "5 uur geleden"),
        (2 * DAY, "2 days ago", "2 dagen geleden"),
        (-2 * HOUR, "in 2 hours", "over 2 uur"),
        (40 * DAY, "24 Jan 2026", "24 jan 2026"),
    ],
)
def test_distances_in_time_are_told_as_people_tell_them(distance: int, english: str, dutch_text: str) -> None:
    assert EN.ago(NOW - distance, NOW) == english
    assert NL.ago(NOW - distance, NOW) == dutch_text


def test_numbers_money_and_shares_are_written_as_each_language_writes_them() -> None:
    assert (EN.number(1234.5), NL.number(1234.5)) == ("1,234.5", "1.234,5")
    assert (EN.number(2, 2), NL.number(2, 2), EN.number(2.4, 0)) == ("2.00", "2,00", "2")
    assert (EN.money(Decimal("1234.5"), "EUR"), NL.money(1234.5, "EUR")) == ("€1,234.50", "€\xa01.234,50")
    assert (EN.percent(0.425, 1), NL.percent(0.425, 1), NL.percent(0.42)) == ("42.5%", "42,5%", "42%")
    assert EN.compact(1200) == "1.2K"
    assert (EN.money(1e300, "EUR"), EN.number(-1e300, 2)) == ("EUR 1E300", "-1E300")


def test_days_and_hours_are_those_of_the_zone() -> None:
    assert EN.moment(NOW) == "5 Mar 2026, 13:03"
    assert translator("en", "UTC").moment(NOW) == "5 Mar 2026, 12:03"
    assert NL.moment(NOW) == "5 mrt 2026, 13:03"
    assert NL.short_day(NOW) == "5 mrt"
    assert NL.long_day(NOW) == "donderdag 5 maart 2026"


def test_lengths_of_time_are_told_in_their_largest_fitting_unit() -> None:
    assert EN.duration(140_000) == "140 ms"
    assert NL.duration(3 * MINUTE) == "3 minuten"


def test_plurals_follow_the_count() -> None:
    one, many = "%(num)s entry", "%(num)s entries"
    assert NL.ngettext(one, many, 1) == "1 onderdeel"
    assert NL.ngettext(one, many, 1200) == "1.200 onderdelen"
    assert EN.ngettext(one, many, 2) == "2 entries"


@pytest.mark.parametrize(
    ("setting", "cookie", "accept", "chosen"),
    [
        ("nl", "en", "en", "nl"),
        (None, "nl", "en", "nl"),
        (None, None, "fr, nl-BE;q=0.8, en;q=0.7", "nl"),
        (None, None, "en;q=0.2, nl;q=0.9", "nl"),
        (None, None, "nl;q=0, en", "en"),
        (None, None, "nl;q=x, de", "en"),
        ("fr", "xx", None, "en"),
        (None, None, ",,;q=,é", "en"),
    ],
)
def test_the_readers_own_choice_goes_before_the_browsers(
    setting: str | None, cookie: str | None, accept: str | None, chosen: str
) -> None:
    assert choose_language(setting=setting, cookie=cookie, accept=accept) == chosen
