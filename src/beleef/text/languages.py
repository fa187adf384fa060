"""Which language a text is in: Dutch, English, or neither that Beleef can read; in doubt, that in which the customer was asked."""

from typing import Final

from beleef.text.lemmas import is_known, shortened
from beleef.text.model import LANGUAGES, Language, LanguageCode
from beleef.text.tokens import Token

_LOOKED_AT: Final = 60
"""Words of a text that are looked at: more do not change the answer."""

_LEAST_KNOWN: Final = 0.5
"""Share of the words that a language must know to be it, without a prior; half of that with one."""

_PRIOR_WORDS: Final = 0.75
"""How many known words a prior is worth: it decides ties and near-ties, not a clear sentence."""

_FUNCTION_WORDS: Final = {
    "nl": frozenset(
        "de het een en van ik niet dat die voor met zijn er maar om aan ook bij heb heeft werd wordt geen naar nog wel ze wij jullie uw mijn deze dit dan te "
        "op uit hebben waren moet kan zeer heel goed goede ging kreeg omdat".split()
    ),
    "en": frozenset(
        "the a and of to i it was is my for that this with they you have had not but be are were so we on very your their me at from would when".split()
    ),
}
_FOREIGN: Final = frozenset(
    "und ich nicht sehr mit für auf wir auch aber haben habe bei das sie ist war eine einen wurde dass le les des est pas très nous vous avec une et mais "
    "je suis c'est qui el los las muy con pero para por que nos está non che della sono molto czy nie jest się ve bir çok için".split()
) - {"je", "war"}
"""Words of other languages that customers in the Low Countries use, so that German is not taken for bad Dutch."""


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
    foreign = sum(word in _FOREIGN for word in words)
    known = {code: _known(words, code) for code in LANGUAGES}
    support = {code: known[code] + (_PRIOR_WORDS if code == expected else 0.0) for code in LANGUAGES}
    best: LanguageCode = "nl" if support["nl"] >= support["en"] else "en"
    other = "en" if best == "nl" else "nl"
    share = sum(is_known(shortened(word, best), best) for word in words) / len(words)
    least = _LEAST_KNOWN / 2 if expected == best else _LEAST_KNOWN
    if share < least or 3 * foreign > max(known[best], 1.0):
        return Language(code="und", confidence=0.0)
    margin = known[best] / (known[best] + known[other]) if known[best] else 0.0
    return Language(code=best, confidence=round(share * max(margin, 0.5), 3))


def _known(words: list[str], code: str) -> float:
    """Return how many words a language knows; those that hardly any other language has count three times."""
    own = _FUNCTION_WORDS[code]
    return sum(3.0 if word in own else float(is_known(shortened(word, code), code)) for word in words)
