"""Themes: found clause by clause with their own tone, checked before use, suggested where they are missing."""

import msgspec
import pytest

from beleef.kernel.errors import InvalidInput
from beleef.text.api import (
    DEFAULT_TAXONOMY,
    Label,
    Taxonomy,
    Theme,
    analyse,
    check_taxonomy,
    keywords,
    suggest,
)


def told(text: str, language: str = "nl", themes: Taxonomy = DEFAULT_TAXONOMY) -> dict[str, str]:
    return {found.id: found.sentiment for found in analyse(text, language=language, themes=themes).themes}


def theme(name: str, *words: str, parent: str = "", label: str = "Name") -> Theme:
    return Theme(
        id=name,
        parent=parent,
        labels=(Label(language="nl", text=label),),
        words=tuple(Label(language="nl", text=word) for word in words),
    )


def test_the_taxonomy_to_start_from_is_sound_and_speaks_both_languages() -> None:
    check_taxonomy(DEFAULT_TAXONOMY)
    assert len(DEFAULT_TAXONOMY.themes) >= 20
    for one in DEFAULT_TAXONOMY.themes:
        assert {label.language for label in one.labels} == {"nl", "en"}
        assert {word.language for word in one.words} == {"nl", "en"}


def test_each_theme_gets_the_tone_of_its_own_clause() -> None:
    assert told("Vriendelijke medewerkers, maar lange wachttijden") == {
        "staff": "positive",
        "waiting-time": "negative",
    }
    assert told("Great service and a dirty shop", "en") == {
        "customer-service": "positive",
        "shop": "negative",
    }


def test_a_theme_without_a_tone_takes_that_of_the_clause_beside_it() -> None:
    assert told("De bezorging, die was echt slecht") == {"delivery": "negative"}
    assert told("De bezorging. Slecht weer hier") == {"delivery": "neutral"}


def test_the_place_of_a_theme_is_its_clause_and_its_words_are_as_written() -> None:
    analysis = analyse("Prima app, maar de Koerier was te laat", language="nl")
    found = next(one for one in analysis.themes if one.id == "delivery")
    assert found.words == ("Koerier",)
    assert analysis.redacted.text[found.start : found.end] == "de Koerier was te laat"


def test_words_with_a_star_find_what_begins_or_ends_so() -> None:
    taxonomy = Taxonomy(
        themes=(theme("begin", "bezorg*"), theme("end", "*kosten"), theme("phrase", "in de wacht"))
    )
    assert set(told("bezorgmoment met verzendkosten, lang in de wacht", themes=taxonomy)) == {
        "begin",
        "end",
        "phrase",
    }
    assert told("het kostte een bewijs", themes=taxonomy) == {}


def test_inflected_words_name_a_theme_too() -> None:
    assert "staff" in told("de verkopers")
    assert "returns" in told("I returned it", "en")


def test_an_unknown_language_names_no_theme() -> None:
    assert analyse("Die App und die Website ist nicht gut, ich bin sehr sauer").themes == ()


@pytest.mark.parametrize(
    ("themes", "message"),
    [
        ((theme("a", "x"), theme("a", "y")), "two themes a"),
        ((theme("A b", "x"),), "cannot be the id"),
        ((theme("a", "x", label=" "),), "no name"),
        ((theme("a"),), "no words"),
        ((theme("a", "*"),), "too much or nothing"),
        ((theme("a", "ab*"),), "too much or nothing"),
        ((theme("a", "*abc*"),), "too much or nothing"),
        ((theme("a", "lange wacht*"),), "too much or nothing"),
        ((theme("a", "x", parent="b"),), "does not exist"),
        ((theme("a", "x", parent="b"), theme("b", "x", parent="a")), "above itself"),
    ],
)
def test_a_taxonomy_that_cannot_work_is_refused(themes: tuple[Theme, ...], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        check_taxonomy(Taxonomy(themes=themes))
    assert refused.value.hint


def test_a_theme_is_called_in_the_language_asked_or_else_in_its_first() -> None:
    delivery = DEFAULT_TAXONOMY.theme("delivery")
    assert delivery is not None
    assert (delivery.label("nl"), delivery.label("en"), delivery.label("fr")) == (
        "Bezorging",
        "Delivery",
        "Delivery",
    )
    assert DEFAULT_TAXONOMY.theme("nothing") is None


def test_a_taxonomy_survives_writing_and_reading() -> None:
    again = msgspec.json.decode(msgspec.json.encode(DEFAULT_TAXONOMY), type=Taxonomy)
    assert again == DEFAULT_TAXONOMY
    assert told("late delivery", "en", again) == told("late delivery", "en")


def test_keywords_are_distinct_dictionary_forms_without_stop_words() -> None:
    assert keywords("De bezorgers bezorgden twee kapotte stoelen, en de stoel was voor [name]", "nl") == (
        "bezorger",
        "bezorgen",
        "twee",
        "kapot",
        "stoel",
    )
    assert keywords("My parcels were returned") == ("parcel", "return")
    assert keywords("") == ()


def comments() -> list[str]:
    fabrics = ["gordijn", "gordijnen", "gordijnstof"]
    texts = [f"De {fabrics[n % 3]} van linnen zijn gekrompen, kleur {n}" for n in range(20)]
    texts += [f"Het kussen van dons verliest veertjes op de bank {n}" for n in range(15)]
    return [*texts, *(["De bezorging was laat"] * 10)]


def test_new_themes_are_suggested_from_words_that_no_theme_knows() -> None:
    given = comments()
    suggested = suggest(given, "nl", DEFAULT_TAXONOMY, most=2)
    assert [one.count for one in suggested] == [20, 15]
    assert "linnen" in suggested[0].words
    assert {"bank", "dons"} <= set(suggested[1].words)
    assert not any("bezorg" in word for one in suggested for word in one.words)
    assert all("dons" in given[place] for place in suggested[1].examples)
    assert suggest(given, "nl", DEFAULT_TAXONOMY, most=2) == suggested


def test_nothing_is_suggested_from_few_texts_or_from_texts_without_words_in_common() -> None:
    assert suggest(comments()[:29], "nl", DEFAULT_TAXONOMY) == ()
    assert (
        suggest([f"woord{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60)], "nl", DEFAULT_TAXONOMY)
        == ()
    )
    assert suggest([], "nl", DEFAULT_TAXONOMY) == ()
