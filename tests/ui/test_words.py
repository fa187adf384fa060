"""Words: both languages complete, formats as readers of each expect them."""

from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import beleef
from beleef.kernel.clock import DAY, HOUR, MINUTE, SECOND
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.refusals import CONTEXT, Recogniser
from beleef.ui.words import CATALOGS, choose_language, translator
from tests.ui.gallery import NOW
from tests.ui.refused import refusals

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


def context_of(sentence: str) -> str | None:
    return CONTEXT if "%(" in sentence else None


def context_line(sentence: str) -> str:
    return f'msgctxt "{CONTEXT}"' if context_of(sentence) else ""


def test_every_refusal_that_a_page_can_show_has_a_dutch_translation() -> None:
    raised, catalog = refusals(), dutch()
    assert raised["There is no survey '%(name)s'."] == "feedback/keeping.py", "formatted ones are not read"
    assert "Quiet hours that end when they start never end." in raised, "those of functions are not read"
    lines = [
        "".join(f"{line}\n" for line in (context_line(sentence), f'msgid "{sentence}"', 'msgstr ""') if line)
        for sentence in raised
        if not (entry := catalog.get(sentence, context_of(sentence))) or not entry.string
    ]
    assert not lines, "add to beleef.po:\n\n" + "\n".join(lines)


def test_a_refusal_is_told_in_the_readers_language_with_what_it_was_about() -> None:
    error = NotFound("There is no survey 'herfst'.", hint="Look at the list of surveys.")
    assert NL.refusal(error) == "Er is geen enquête “herfst”. Bekijk de lijst met enquêtes."
    assert EN.refusal(error) == "There is no survey 'herfst'. Look at the list of surveys."
    unknown = InvalidInput("Nobody wrote this one.")
    assert NL.refusal(unknown) == "Nobody wrote this one."


def test_a_refusal_within_a_refusal_is_translated_and_counts_are_written_as_readers_do() -> None:
    assert NL.refused("Line 3: Correct it.") == "Regel 3: Verbeter het."
    assert NL.refused("A feed holds at most 100,000 rows.") == "Een feed heeft hoogstens 100.000 rijen."


def test_the_message_with_the_most_words_of_its_own_is_recognised() -> None:
    known = Recogniser(["There is no %(kind)s %(name)s.", "There is no feed %(name)s."])
    found = known.recognise("There is no feed prices.")
    assert found is not None
    assert (found.message, found.values) == ("There is no feed %(name)s.", {"name": "prices"})
    assert known.recognise("There is a feed prices.") is None
    assert known.recognise(f"There is no feed {'x' * 1_000}.") is None


def test_no_translation_is_left_that_no_message_uses() -> None:
    used: set[tuple[str, str | None]] = {
        (message if isinstance(message, str) else message[0], None) for message in messages_used()
    }
    used |= {(sentence, context_of(sentence)) for sentence in refusals()}
    kept = {
        (message.id if isinstance(message.id, str) else message.id[0], message.context)
        for message in dutch()
        if message.id
    }
    assert kept - used == set()


def test_translations_have_the_same_places_as_their_messages() -> None:
    catalog = dutch()
    for message in catalog:
        assert not list(message.check(catalog)), message.id


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
