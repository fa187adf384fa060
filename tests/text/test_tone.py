"""The tone of comments, and the words that caused it."""

import pytest

from beleef.text.api import Matched, Sentiment, analyse


def tone(text: str, language: str = "") -> Sentiment:
    return analyse(text, language=language).sentiment


def words(text: str) -> tuple[Matched, ...]:
    return analyse(text).words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("niet slecht", "positive"),
        ("Ik ben helemaal niet blij met de service", "negative"),
        ("not bad at all", "positive"),
        ("Ik bestel hier nooit meer", "negative"),
        ("Nooit meer gedoe met jullie app", "positive"),
        ("De website werkt niet", "negative"),
        ("Ze reageren helaas niet", "negative"),
        ("Ik raad dit bedrijf niet aan", "negative"),
        ("Ik raad dit bedrijf aan", "positive"),
        ("I would not recommend them to anyone", "negative"),
        ("zonder problemen bezorgd", "positive"),
        ("not friendly or helpful", "negative"),
        ("niet vriendelijk en behulpzaam", "negative"),
        ("Nobody answered my question", "negative"),
        ("couldn't be happier", "positive"),
        ("no complaints", "positive"),
        ("n.v.t.", "neutral"),
        ("no comment", "neutral"),
        ("Geen opmerkingen", "neutral"),
        ("Niets.", "neutral"),
        ("geen", "neutral"),
    ],
)
def test_negation_turns_what_it_negates(text: str, expected: str) -> None:
    assert tone(text, "nl") == expected


def test_every_weight_says_where_it_comes_from_and_what_changed_it() -> None:
    analysis = analyse("Heel vriendelijk, maar helemaal niet goed geholpen 😡")
    assert [(word.word, word.why, word.how) for word in analysis.words] == [
        ("vriendelijk", "own", ("strengthened", "before contrast")),
        ("goed", "own", ("negated", "after contrast")),
        ("geholpen", "own", ("negated", "after contrast")),
        ("😡", "emoji", ("after contrast",)),
    ]
    assert [analysis.redacted.text[word.start : word.end] for word in analysis.words] == [
        word.word for word in analysis.words
    ]


def test_a_phrase_counts_as_one() -> None:
    assert [(word.word, word.why) for word in words("Van het kastje naar de muur gestuurd")] == [
        ("Van het kastje naar de muur", "idiom")
    ]


def test_a_general_word_says_so() -> None:
    (word,) = words("Het verhaal is ontroerend en de schrijfstijl verfrissend")[:1]
    assert word.why == "general"


def test_strengthening_adds_and_weakening_takes_away() -> None:
    plain, strong, weak = (words(text)[0].weight for text in ("goed", "heel goed", "redelijk goed"))
    assert weak < plain < strong <= 1


def test_not_good_is_nearly_bad_and_not_bad_is_less_than_good() -> None:
    good, not_good, bad, not_bad = (
        words(text)[0].weight for text in ("is goed", "is niet goed", "is slecht", "is niet slecht")
    )
    assert -good < not_good < 0 < not_bad < good
    assert bad < 0


def test_a_negator_after_its_verb_is_seen_only_for_verbs() -> None:
    assert words("ze luisteren echt niet")[0].weight < 0
    assert [word.weight > 0 for word in words("blij dat het niet")] == [True, False]


def test_a_negator_does_not_reach_over_a_comma() -> None:
    assert [word.weight > 0 for word in words("kan niet, prima")] == [False, True]


def test_drawn_out_words_count() -> None:
    assert tone("Suuuper!!") == "positive"
    assert tone("sloooow", "en") == "negative"


def test_what_follows_but_counts_for_more() -> None:
    praised_last = analyse("Het was slecht maar nu is het goed").score
    blamed_last = analyse("Het was goed maar nu is het slecht").score
    assert blamed_last < 0
    assert blamed_last < praised_last


def test_clear_praise_with_clear_blame_is_mixed() -> None:
    assert tone("Friendly staff, but long waiting times") == "mixed"
    assert tone("Vriendelijk personeel en een vieze winkel") == "mixed"


def test_a_fact_is_neutral_and_an_unknown_language_is_unsure() -> None:
    assert tone("Het pakket is dinsdag om 14 uur gekomen") == "neutral"
    assert tone("Das war sehr gut, ich bin zufrieden mit dem Service", "nl") == "unsure"
    assert tone("", "nl") == "unsure"
    assert tone("xkcd") == "unsure"


def test_an_emoji_speaks_any_language() -> None:
    assert tone("👍") == "positive"
    assert tone("Das ist nicht gut 😡😡") == "negative"


def test_emoticons_count_and_addresses_do_not() -> None:
    assert tone("oke :)", "nl") == "positive"
    assert words("zie https://example.nl/pagina") == ()


def test_a_model_decides_where_it_has_an_opinion() -> None:
    from beleef.text.api import Opinion

    class Sour:
        name = "sour"

        def sentiment(self, text: str, language: str) -> Opinion | None:
            assert "@" not in text
            return Opinion(sentiment="negative", score=-3.0) if "ironie" in text else None

    seen = analyse("prima, ironie van anna@example.nl", model=Sour())
    assert (seen.sentiment, seen.score, seen.by) == ("negative", -1.0, "sour")
    assert seen.words[0].weight > 0
    unseen = analyse("prima", model=Sour())
    assert (unseen.sentiment, unseen.by) == ("positive", "lexicon")
