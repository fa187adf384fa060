"""Which language a text is in; in doubt, that in which the customer was asked."""

import pytest

from beleef.text.api import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("De bezorging was te laat en niemand belde terug.", "nl"),
        ("Delivery was late and nobody called me back.", "en"),
        ("goede service", "nl"),
        ("Great service", "en"),
        ("snelle levering", "nl"),
        ("fast delivery", "en"),
        ("Prima!", "nl"),
        ("The app werkt niet meer sinds de update", "nl"),
        ("Heeel blij!!!", "nl"),
        ("Das war sehr gut, ich bin zufrieden mit dem Service", "und"),
        ("Le service est très bon et rapide", "und"),
        ("muy buen servicio, gracias por todo", "und"),
        ("xkcd qwerty", "und"),
    ],
)
def test_a_language_is_recognised_from_its_words(text: str, code: str) -> None:
    assert language(text).code == code


@pytest.mark.parametrize("text", ["top", "super", "ok", "was in order"])
def test_what_both_languages_know_is_in_the_language_of_the_question(text: str) -> None:
    assert language(text, "nl").code == "nl"
    assert language(text, "en-GB").code == "en"


def test_a_clear_sentence_is_not_overruled_by_the_language_of_the_question() -> None:
    assert language("Delivery was late and nobody called me back.", "nl-BE").code == "en"
    assert language("Das war sehr gut, ich bin zufrieden mit dem Service", "nl").code == "und"


def test_a_text_without_words_has_the_language_of_the_question_without_any_confidence() -> None:
    assert language("", "nl").code == "nl"
    assert language("12 - 14 !!", "en").confidence == 0
    assert language("👍").code == "und"


def test_more_words_of_one_language_give_more_confidence() -> None:
    sure, doubtful = language("De bezorging was niet op tijd"), language("top service")
    assert 0 < doubtful.confidence < sure.confidence <= 1
