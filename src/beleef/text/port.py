"""What a model of language is asked: the tone of one text. Beleef never needs one; the trained model of `predicting` is such a model too."""

from typing import Protocol

from beleef.text.model import Opinion


class LanguageModel(Protocol):
    """Says what the tone of a text is, where it has an opinion."""

    @property
    def name(self) -> str:
        """What it is called in ``Analysis.by``."""

    def sentiment(self, text: str, language: str) -> Opinion | None:
        """Return the tone of a text.

        Args:
            text: A redacted text: nothing else ever reaches a model.
            language: `nl`, `en` or `und`.

        Returns:
            Its opinion, None where it abstains: the lexicon decides then.
        """
