"""Every reason that the gate and the sender can give has a sentence, in both languages."""

import ast
from pathlib import Path

import pytest

import beleef.contact
from beleef.contact.wording import REASONS, reason_sentence
from beleef.ui.words import Language, translator

FOLDER = Path(beleef.contact.__file__).parent


def reasons_given() -> set[str]:
    """Return the reasons that stand in the code of the gate and of the sending."""
    found: set[str] = set()
    for name in ("gate.py", "sending.py", "sending_queries.py"):
        for node in ast.walk(ast.parse((FOLDER / name).read_text())):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "reason"
                and isinstance(node.value, ast.Constant)
            ):
                found.add(str(node.value.value))
    return found - {""}


def test_every_reason_in_the_code_has_a_sentence() -> None:
    assert {"expired", "refused", "line_died", "sender_died"} <= reasons_given()
    assert reasons_given() <= REASONS


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_reason_is_said_in_words(language: Language) -> None:
    words = translator(language, "Europe/Amsterdam")
    for reason in REASONS:
        sentence = reason_sentence(reason, words, "3 per week")
        assert sentence.endswith(".")
        assert "%" not in sentence
    assert "3 per week" in reason_sentence("cap", words, "3 per week")
    english = translator("en", "UTC")
    if language == "nl":
        assert all(reason_sentence(one, words) != reason_sentence(one, english) for one in REASONS)


def test_a_code_without_a_sentence_stands_for_itself() -> None:
    assert reason_sentence("something_new", translator("en", "UTC")) == "something_new"
