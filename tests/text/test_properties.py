"""What holds for any text whatever."""

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.text.api import KINDS, SENTIMENTS, analyse, keywords, language, redact

WORDS: Final = [
    "niet",
    "goed",
    "slecht",
    "maar",
    "but",
    "not",
    "very",
    "heel",
    "erg",
    "zonder",
    "nooit",
    "meer",
    "bezorging",
    "delivery",
    "raad",
    "aan",
    "staff",
    "en",
    "and",
    "te",
    "laat",
    "😡",
    "👍",
    ":(",
    ",",
    ".",
    "!",
    "[name]",
    "[e-mail]",
    "probleem",
    "is",
    "opgelost",
    "super",
    "although",
    "hoewel",
    "12",
    "1234",
    "AB",
    "06",
    "12345678",
]
PERSONAL: Final = (
    ("anna@example.nl", "anna@"),
    ("06-12345678", "12345678"),
    ("NL91ABNA0417164300", "0417164300"),
    ("111222333", "111222333"),
    ("4111 1111 1111 1111", "1111 1111"),
    ("Dorpsstraat 12, 1234 AB", "Dorpsstraat 12"),
    ("Anna de Vries", "Vries"),
)
NAMES: Final = ("Anna de Vries",)

texts = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=25).map("".join),
    st.text(alphabet="0123456789 -.+/()@aA:[]", max_size=60),
)


@settings(max_examples=300, deadline=None)
@given(texts, st.sampled_from(["", "nl", "en", "fr", "nl-BE", "?"]))
def test_any_text_is_understood_without_an_error_and_every_place_lies_in_it(text: str, prior: str) -> None:
    analysis = analyse(text, language=prior, names=NAMES)
    kept = analysis.redacted.text
    assert analysis.sentiment in SENTIMENTS
    assert -1 <= analysis.score <= 1
    for word in analysis.words:
        assert 0 <= word.start < word.end <= len(kept)
        assert kept[word.start : word.end] == word.word
        assert -1 <= word.weight <= 1
        assert word.weight != 0
    starts = [word.start for word in analysis.words]
    assert starts == sorted(starts)
    for theme in analysis.themes:
        assert 0 <= theme.start < theme.end <= len(kept)
        assert all(word in kept[theme.start : theme.end] for word in theme.words)
        assert -1 <= theme.score <= 1
    assert analyse(text, language=prior, names=NAMES) == analysis
    assert language(text, prior).code in {"nl", "en", "und"}
    assert len(set(keywords(text))) == len(keywords(text))


@settings(max_examples=300, deadline=None)
@given(texts)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text, NAMES)
    again = redact(once.text, NAMES)
    assert again.text == once.text
    assert again.found == ()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS[:20]), st.sampled_from(PERSONAL)), min_size=1, max_size=6))
def test_nothing_that_it_names_is_left(pieces: list[tuple[str, tuple[str, str]]]) -> None:
    redacted = redact(" , ".join(f"{word} {written}" for word, (written, _) in pieces), NAMES)
    for _, (_, told) in pieces:
        assert told not in redacted.text
    assert len(redacted.found) == len(pieces)
    assert set(redacted.found) <= set(KINDS)


@pytest.mark.parametrize(
    "word",
    [
        "niet",
        "goed en",
        "fine staff and",
        "raad",
        "maar",
        "hoewel",
        "heel",
        "1",
        "aan@",
        "😡",
        "Lange 1",
        "NL91",
    ],
)
def test_a_very_long_text_is_only_a_long_text(word: str) -> None:
    analysis = analyse(" ".join([word] * 5_000), names=NAMES)
    assert -1 <= analysis.score <= 1
    assert all(theme.end - theme.start < 1_000 for theme in analysis.themes)
