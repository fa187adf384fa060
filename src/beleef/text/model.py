"""The types in which texts are understood: language, redaction, tone, themes, and what a set of texts has in common.

All positions are offsets in characters of the redacted text, which is the only text that is analysed or kept for searching.
"""

from typing import Literal

import msgspec

LanguageCode = Literal["nl", "en", "und"]
"""Dutch, English, or undetermined."""

LANGUAGES: tuple[Literal["nl"], Literal["en"]] = ("nl", "en")

Sentiment = Literal["positive", "neutral", "negative", "mixed", "unsure"]
"""What a text says: ``neutral`` holds no word of judgement, ``mixed`` clear praise and clear blame; ``unsure`` is in no language
that Beleef reads, or too contradictory to tell."""

SENTIMENTS: tuple[Sentiment, ...] = ("positive", "neutral", "negative", "mixed", "unsure")

Kind = Literal["e-mail", "phone", "iban", "bsn", "card", "address", "name"]
"""Kinds of personal data that are taken out; each leaves its name between square brackets."""

KINDS: tuple[Kind, ...] = ("e-mail", "phone", "iban", "bsn", "card", "address", "name")

Why = Literal["own", "general", "idiom", "emoji"]
"""Where a weight comes from: Beleef's own list, a general lexicon, a fixed phrase, or an emoji."""

How = Literal["negated", "strengthened", "weakened", "after contrast", "before contrast"]
"""What changed a weight where it stands."""


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """The language of a text.

    Attributes:
        code: Which.
        confidence: From 0 to 1: the share of its words that are known in this language, or how much was left to the prior.
    """

    code: LanguageCode
    confidence: float


class Redacted(msgspec.Struct, frozen=True, kw_only=True):
    """A text without personal data.

    Attributes:
        text: The text in Unicode normal form C, each piece of personal data replaced by its kind between square brackets.
        found: The kind of each piece that was replaced, in the order of ``KINDS``; one kind may occur several times.
    """

    text: str
    found: tuple[Kind, ...] = ()


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """A word or phrase that says something of the tone.

    Attributes:
        word: As it is written.
        weight: What it counts for here, from -1 (bad) to 1 (good), after negation and strengthening.
        start: Where it begins.
        end: Where it ends (the first position after it).
        why: Where its weight comes from.
        how: What changed it, in order.
    """

    word: str
    weight: float
    start: int
    end: int
    why: Why
    how: tuple[How, ...] = ()


class ThemeFound(msgspec.Struct, frozen=True, kw_only=True):
    """A theme in one clause, and the tone of that clause.

    Attributes:
        id: Which theme of the taxonomy.
        start: Where the clause begins.
        end: Where it ends.
        words: The words that name the theme there, as they are written.
        sentiment: What is said about it.
        score: From -1 to 1.
    """

    id: str
    start: int
    end: int
    words: tuple[str, ...]
    sentiment: Sentiment
    score: float


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What is understood of one text.

    Attributes:
        language: Its language.
        redacted: The text without personal data, which all positions count in.
        sentiment: The tone of the whole.
        score: From -1 to 1; 0 where nothing was found.
        words: The words that caused it, in the order of the text.
        themes: The themes, per clause, in the order of the text.
        by: ``lexicon``, or the name of the model whose answer ``sentiment`` and ``score`` are.
    """

    language: Language
    redacted: Redacted
    sentiment: Sentiment
    score: float
    words: tuple[Matched, ...] = ()
    themes: tuple[ThemeFound, ...] = ()
    by: str = "lexicon"


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A text in one language, for a theme's name or its words."""

    language: str
    text: str


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """A subject that people write about.

    Attributes:
        id: Stable name: lower case, hyphens.
        labels: What it is called, per language.
        words: Words and phrases that name it, per language, in their dictionary form; ``bezorg*`` stands for all words that
            begin so, ``*kosten`` for all longer ones that end so.
        parent: The wider theme it belongs to, empty for none.
    """

    id: str
    labels: tuple[Label, ...]
    words: tuple[Label, ...]
    parent: str = ""

    def label(self, language: str) -> str:
        """Return its name in a language; in its first language where it has none in that one, its id where it has none."""
        return next(
            (one.text for one in self.labels if one.language == language),
            self.labels[0].text if self.labels else self.id,
        )


class Taxonomy(msgspec.Struct, frozen=True, kw_only=True):
    """Themes with which texts are read."""

    themes: tuple[Theme, ...] = ()

    def theme(self, name: str) -> Theme | None:
        """Return a theme by its id, None where there is none."""
        return next((theme for theme in self.themes if theme.id == name), None)


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A theme that the taxonomy does not have yet; somebody accepts or rejects it.

    Attributes:
        words: Its most telling words in their dictionary form, the most telling first.
        examples: Positions, in the sequence that was given, of the texts that it fits best.
        count: How many texts it fits best of all suggestions.
    """

    words: tuple[str, ...]
    examples: tuple[int, ...]
    count: int


class Emerging(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is said more than before.

    Attributes:
        name: The word or theme.
        now: How often in the period.
        before: How often in the period it is compared with.
        log_odds: How much the odds have grown, as a natural logarithm; 0.69 is twice.
        z: The same in standard deviations.
        p: The probability of as much or more where nothing had changed (one-sided).
    """

    name: str
    now: int
    before: int
    log_odds: float
    z: float
    p: float


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A text to which a reviewer gave a label."""

    text: str
    label: str


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """How well a model does on texts that it did not learn from (five parts, each held out once).

    Attributes:
        n: How many labelled texts.
        macro_f1: Mean F1 over the labels, from 0 to 1, when every text gets a label.
        f1_low: Lower bound of that mean (95 %); None for a model learned before it was kept.
        f1_high: Its upper bound; the same.
        accuracy: Share of texts with the right label then.
        low: Lower bound of that share (Wilson, 95 %).
        high: Its upper bound.
        answered: Share of texts that get a label at the threshold at which the model abstains.
        answered_accuracy: Share of right labels among those.
        confusion: Rows are the reviewers' labels, columns the model's, in the order of the model's labels.
    """

    n: int
    macro_f1: float
    accuracy: float
    low: float
    high: float
    answered: float
    answered_accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    f1_low: float | None = None
    f1_high: float | None = None


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of a text's tone.

    Attributes:
        sentiment: The tone.
        score: From -1 to 1.
    """

    sentiment: Sentiment
    score: float
