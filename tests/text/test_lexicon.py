"""The word lists: complete where the general list is not, and free of slips."""

import subprocess
import sys

import pytest

from beleef.text.lemmas import lemma, rows
from beleef.text.lexicon import lexicon

MISSING = [
    "klacht",
    "wachttijd",
    "wachten",
    "behulpzaam",
    "frustrerend",
    "probleem",
    "storing",
    "vertraging",
    "opgelost",
    "bedankt",
    "dank",
    "compliment",
    "onbereikbaar",
    "doorverbonden",
    "kastje",
    "nooit",
    "niet",
    "geen",
    "opzeggen",
    "terugbetaling",
    "beloofd",
    "genegeerd",
    "antwoord",
    "deskundig",
    "onkundig",
    "helaas",
]


@pytest.mark.parametrize("word", MISSING)
def test_words_of_customers_that_the_general_list_lacks_are_known(word: str) -> None:
    assert word in lexicon("nl").own_words


@pytest.mark.parametrize("name", ["cx-nl.tsv", "cx-en.tsv"])
def test_the_own_lists_hold_no_slips(name: str) -> None:
    given = rows(name)
    written = [row[0] for row in given]
    assert sorted({word for word in written if written.count(word) > 1}) == []
    for row in given:
        kind = row[2] if len(row) > 2 else "word"
        assert kind in {"word", "verb", "negator", "strong", "weak"}, row
        assert row[0] == row[0].lower().strip(), row
        weight = float(row[1])
        assert (
            1 < weight < 2 if kind == "strong" else 0 < weight < 1 if kind == "weak" else abs(weight) <= 1
        ), row
        assert all(-1 <= float(cell) <= 1 for cell in row[3:]), row
        assert row[0].count("*") <= 1, row


def test_emoji_are_listed_once_with_a_weight() -> None:
    given = rows("emoji.tsv")
    assert len({row[0] for row in given}) == len(given)
    assert all(abs(float(row[1])) <= 1 for row in given)


def test_own_words_overrule_general_ones_and_general_ones_help() -> None:
    assert lexicon("nl").entry("nieuw") is not None
    assert lexicon("nl").entry("nieuw").weight == 0  # type: ignore[union-attr] # not None, as above
    general = lexicon("en").entry("superb")
    assert general is not None
    assert (general.why, general.weight > 0.3) == ("general", True)
    assert lexicon("nl").entry("amsterdams") is None


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("opgelost", "oplossen"),
        ("teleurgestelde", "teleurgesteld"),
        ("gereageerd", "reageren"),
        ("medewerkers", "medewerker"),
        ("heeel", "heel"),
    ],
)
def test_words_are_brought_to_their_dictionary_form(word: str, base: str) -> None:
    assert lemma(word, "nl") == base


def test_an_unknown_language_leaves_words_as_they_are() -> None:
    assert lemma("worte", "und") == "worte"
    assert lexicon("und").entry("good") is None


@pytest.mark.parametrize("name", ["lemmas-nl.tsv", "lemmas-en.tsv"])
def test_each_correction_of_a_dictionary_form_is_made_once(name: str) -> None:
    written = [row[0] for row in rows(name)]
    assert sorted({word for word in written if written.count(word) > 1}) == []


def test_understanding_a_text_loads_words_and_no_libraries_for_learning() -> None:
    code = (
        "import sys; from beleef.text.api import analyse; analyse('Heel goed geholpen'); analyse('very good');"
        "print([name for name in ('sklearn', 'scipy', 'numpy', 'nltk', 'textblob', 'vaderSentiment') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
