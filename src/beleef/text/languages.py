"""Which language a text is in: Dutch, English, or neither that Beleef can read; in doubt, that in which the customer was asked."""

from functools import cache
from typing import Final, Literal

from beleef.text.lemmas import is_known, rows, shortened
from beleef.text.model import LANGUAGES, Language, LanguageCode
from beleef.text.tokens import Token

_LOOKED_AT: Final = 60
"""Words of a text that are looked at: more do not change the answer."""

_LEAST_KNOWN: Final = 0.5
"""Share of the words that a language must know to be it, without a prior; half of that with one."""

_PRIOR_WORDS: Final = 0.75
"""How many known words a prior is worth: it decides ties and near-ties, not a clear sentence."""

_OTHER: Final = "other"


@cache
def _function_words() -> dict[str, frozenset[str]]:
    """Return words that hardly any other language has, per language; under `other`, those of languages that customers in the Low
    Countries use too, so that German is not taken for bad Dutch.
    """  # noqa: D205 -- the sentence needs both halves
    return {code: frozenset(words.split(" ")) for code, words in rows("function-words.tsv")}


def language_of(given: list[Token], prior: str = "") -> Language:
    """Return the language of a text.

    Args:
        given: Its tokens.
        prior: The language in which the customer was asked (`nl`, `nl-BE`), empty for unknown. Without one a tie is Dutch.
    """
    expected: LanguageCode = {"nl": "nl", "en": "en"}.get(prior[:2].lower(), "und")  # type: ignore[assignment] # the two are codes
    words = [token.form for token in given if token.kind == "word"][:_LOOKED_AT]
    if not words:
        return Language(code=expected, confidence=0.0)
    foreign = sum(word in _function_words()[_OTHER] for word in words)
    known = {code: _known(words, code) for code in LANGUAGES}
    support = {code: known[code] + (_PRIOR_WORDS if code == expected else 0.0) for code in LANGUAGES}
    best: Literal["nl", "en"] = "nl" if support["nl"] >= support["en"] else "en"
    other: Literal["nl", "en"] = "en" if best == "nl" else "nl"
    share = sum(is_known(shortened(word, best), best) for word in words) / len(words)
    least = _LEAST_KNOWN / 2 if expected == best else _LEAST_KNOWN
    if share < least or 3 * foreign > max(known[best], 1.0):
        return Language(code="und", confidence=0.0)
    margin = known[best] / (known[best] + known[other]) if known[best] else 0.0
    return Language(code=best, confidence=round(share * max(margin, 0.5), 3))


def _known(words: list[str], code: str) -> float:
    """Return how many words a language knows; those that hardly any other language has count three times."""
    own = _function_words()[code]
    return sum(3.0 if word in own else float(is_known(shortened(word, code), code)) for word in words)
