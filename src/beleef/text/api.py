"""What others may ask of texts. Nothing here reads or writes anything but the words that come with Beleef.

The first analysis loads dictionaries, some 12 MB in less than half a second; learning and suggesting load scikit-learn.
"""

from collections.abc import Sequence

from beleef.text import analysing, languages, learning, redacting, suggesting
from beleef.text.contradicting import contradicts
from beleef.text.emerging import emerging
from beleef.text.keywords import keywords
from beleef.text.model import (
    KINDS,
    SENTIMENTS,
    Analysis,
    Emerging,
    Kind,
    Label,
    Labelled,
    Language,
    Matched,
    Opinion,
    Quality,
    Redacted,
    Sentiment,
    Suggestion,
    Taxonomy,
    Theme,
    ThemeFound,
)
from beleef.text.port import LanguageModel
from beleef.text.predicting import Model, Prediction
from beleef.text.taxonomy import DEFAULT_TAXONOMY, check_taxonomy
from beleef.text.tokens import tokens

__all__ = [
    "DEFAULT_TAXONOMY",
    "KINDS",
    "SENTIMENTS",
    "Analysis",
    "Emerging",
    "Kind",
    "Label",
    "Labelled",
    "Language",
    "LanguageModel",
    "Matched",
    "Model",
    "Opinion",
    "Prediction",
    "Quality",
    "Redacted",
    "Sentiment",
    "Suggestion",
    "Taxonomy",
    "Theme",
    "ThemeFound",
    "analyse",
    "check_taxonomy",
    "contradicts",
    "emerging",
    "keywords",
    "language",
    "redact",
    "suggest",
    "train",
]


def language(text: str, prior: str = "") -> Language:
    """Return the language of a text.

    Args:
        text: Any text.
        prior: The language in which the customer was asked (`nl`, `nl-BE`, `en`); it decides where the words do not.
    """
    return languages.language_of(tokens(text), prior)


def redact(text: str, names: Sequence[str] = ()) -> Redacted:
    """Return a text without personal data: e-mail addresses, telephone numbers, IBAN, BSN and card numbers that pass their check,
    addresses, and the names that are known of the person. Once more changes nothing.

    Args:
        text: Any text.
        names: What the person is called, as known.
    """  # noqa: D205 -- the sentence needs its list
    return redacting.redact(text, names)


def analyse(
    text: str,
    *,
    language: str = "",
    names: Sequence[str] = (),
    themes: Taxonomy = DEFAULT_TAXONOMY,
    model: LanguageModel | None = None,
) -> Analysis:
    """Return what is understood of a text, after taking personal data out of it.

    Args:
        text: Any text.
        language: The language in which the customer was asked, empty for unknown.
        names: What the person is called, as known.
        themes: The themes to look for; keep one object, it is made ready once.
        model: Decides the tone of the whole where it has an opinion; without one, and where it abstains, the lexicon does.
    """
    return analysing.analyse(text, language=language, names=names, themes=themes, model=model)


def suggest(
    texts: Sequence[str], language: str, taxonomy: Taxonomy, *, most: int = 8
) -> tuple[Suggestion, ...]:
    """Return new themes for somebody to accept: see ``suggesting.suggest``."""
    return suggesting.suggest(texts, language, taxonomy, most=most)


def train(labelled: Sequence[Labelled], *, name: str) -> Model:
    """Learn labels from reviewers: see ``learning.train``.

    Raises:
        InvalidInput: There are too few labelled texts.
    """
    return learning.train(labelled, name=name)
