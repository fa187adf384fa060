"""The words of a text that say what it is about, in their dictionary form: for searching, for suggesting articles and new themes."""

from beleef.text.languages import language_of
from beleef.text.lemmas import lemma, stop_words
from beleef.text.tokens import tokens

_SHORTEST = 3
_LONGEST = 60


def keywords(text: str, language: str = "") -> tuple[str, ...]:
    """Return the distinct dictionary forms of the words that say something, in the order of the text.

    Args:
        text: A text, preferably redacted; redacted pieces are left out.
        language: `nl` or `en` where that is known, empty to find out; without either, words stay as written.
    """
    given = tokens(text)
    code = language if language in {"nl", "en"} else language_of(given, language).code
    idle = stop_words(code)
    found: dict[str, None] = {}
    for token in given:
        if token.kind != "word" or token.form in idle or not _SHORTEST <= len(token.form) <= _LONGEST:
            continue
        base = lemma(token.form, code)
        if base not in idle and len(base) >= _SHORTEST:
            found[base] = None
    return tuple(found)
