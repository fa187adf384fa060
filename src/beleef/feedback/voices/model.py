"""What a comment is once it was read, what a theme must be, and which comments somebody wants to see."""

import re
from typing import Final, Literal

import msgspec

from beleef.kernel.errors import InvalidInput

Tone = Literal["positive", "neutral", "negative", "mixed", "unsure"]
TONES: Final[tuple[Tone, ...]] = ("positive", "neutral", "negative", "mixed", "unsure")
CLEAR: Final[tuple[Tone, ...]] = ("positive", "neutral", "negative", "mixed")
"""What a reviewer can say; only the program may be unsure."""

LEAST_SHOWN: Final = 10
"""So few comments of a survey that is not by name are not shown: who wrote them could be guessed."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LONGEST_LABEL: Final = 60
_LONGEST_WORD: Final = 60
_MOST_WORDS: Final = 400


class Theme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that people write about, with the words that name it.

    Attributes:
        name: Its lasting name: small letters, digits, ``-`` and ``_``. Figures of different months belong together by it.
        labels: By language (``nl``, ``en``), how it is called.
        words: By language, the words and short phrases that name it, in any form.
        parent: The theme it is a part of; empty for none.
        is_used: Whether comments are read for it; one that is not keeps its name.
        position: Smaller numbers come first.
    """

    name: str
    labels: dict[str, str]
    words: dict[str, tuple[str, ...]]
    parent: str = ""
    is_used: bool = True
    position: int = 50

    def label(self, language: str) -> str:
        """Return how it is called in a language, or in any other where it has no label in that one."""
        return self.labels.get(language) or next(iter(self.labels.values()), self.name)


class ToneWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word that gave a comment its tone: where it stands in the text, what it weighs (-1 to 1), and why so."""

    word: str
    weight: float
    start: int
    end: int
    why: str


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A theme in a comment: where, by which words, and in which tone (score -1 to 1) it is spoken of."""

    theme: str
    start: int
    end: int
    words: tuple[str, ...]
    tone: Tone
    score: float


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as it came in.

    Attributes:
        fact: Number of the fact that says it.
        subject: Whose it is; 0 where it is nobody's.
        survey: Name of the survey.
        question: Its open question.
        response: Number of the answer as a whole.
        at: When, in microseconds.
        channel: Over which channel.
        touchpoint: At which touchpoint; may be empty.
        prior: Language in which the questions were asked.
        text: What was written, without personal data.
    """

    fact: int
    subject: int
    survey: str
    question: str
    response: str
    at: int
    channel: str
    touchpoint: str
    prior: str
    text: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read in a comment: language, tone, score (-1 to 1), the words that caused it, and the themes.

    Attributes:
        by_model: Whether the tone is that of the model learned from reviewers, and not of the word lists.
    """

    language: str
    tone: Tone
    score: float
    words: tuple[ToneWord, ...]
    mentions: tuple[Mention, ...]
    by_model: bool = False


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a comment stands in the list: by its moment, and among those of one moment by response and question."""

    at: int
    response: str
    question: str


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment and its reading.

    Attributes:
        said: How it came in; an anonymous one without its number, which would say when.
        place: Where it stands in the list.
        reading: What was read in it.
        metric: The figure that the same answer scored; empty where it scored none.
        value: That score; None where there is none.
        labels: What reviewers said: about the tone (key ``tone``) and about themes.
    """

    said: Said
    place: Place
    reading: Reading
    metric: str = ""
    value: float | None = None
    labels: dict[str, str] = {}


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """A theme that comments point to and that is none yet: its most telling words, and comments that hold them.

    Attributes:
        id: Its number.
        language: Of the comments.
        words: The most telling first.
        examples: Numbers of comments.
        comments: How many comments it fits.
    """

    id: int
    language: str
    words: tuple[str, ...]
    examples: tuple[int, ...]
    comments: int


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer says of a reading.

    Attributes:
        fact: The comment.
        about: ``tone``, or the name of a theme.
        verdict: A tone; for a theme ``yes`` or ``no``.
        by: Who said so.
        at: When, in microseconds.
    """

    fact: int
    about: str
    verdict: str
    by: str
    at: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which comments: empty fields ask for nothing.

    Attributes:
        since: From this moment on, in microseconds.
        until: Before this moment.
        surveys: Any of these surveys; None for all.
        theme: Naming this theme.
        tone: In this tone; of the theme, where one is asked for.
        language: Written in this language.
        channel: Over this channel.
        touchpoint: At this touchpoint.
        touchpoints: At any of these touchpoints (a department's); None for all.
        text: Holding these letters.
        is_unreviewed: Those only whose tone no reviewer confirmed or corrected.
    """

    since: int = 0
    until: int = 1 << 62
    surveys: tuple[str, ...] | None = None
    theme: str = ""
    tone: str = ""
    language: str = ""
    channel: str = ""
    touchpoint: str = ""
    touchpoints: tuple[str, ...] | None = None
    text: str = ""
    is_unreviewed: bool = False


class ThemeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many comments name a theme, and in which tone."""

    theme: str
    comments: int
    positive: int
    negative: int


def check(theme: Theme) -> None:
    """Pass where a theme can be.

    Raises:
        InvalidInput: it cannot; code ``invalid_theme``.
    """
    if not _NAME.fullmatch(theme.name):
        raise _invalid("A theme's name has small letters, digits, - and _, and begins with a letter.")
    if not theme.labels or not all(
        label.strip() and len(label) <= _LONGEST_LABEL for label in theme.labels.values()
    ):
        raise _invalid(f"A theme has a label of at most {_LONGEST_LABEL} letters in each language.")
    if theme.parent == theme.name:
        raise _invalid("A theme cannot be a part of itself.")
    for words in theme.words.values():
        if len(words) > _MOST_WORDS or any(not one.strip() or len(one) > _LONGEST_WORD for one in words):
            raise _invalid(
                f"A theme has at most {_MOST_WORDS} words in a language, each of at most {_LONGEST_WORD} letters."
            )
    if theme.is_used and not any(theme.words.values()):
        raise _invalid("A theme needs at least one word, in any language.")


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Correct it.", code="invalid_theme")
