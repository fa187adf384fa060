"""Learns the tone from reviewers' labels, and measures how well comments are read: against the same labels, with the errors too."""

from typing import Final

import msgspec
import sqlalchemy as sa

from beleef.feedback.voices import queries, theme_queries
from beleef.feedback.voices.keeping import Kept
from beleef.feedback.voices.model import CLEAR
from beleef.feedback.voices.theme_queries import Learned
from beleef.kernel.errors import InvalidInput
from beleef.text import api as text
from beleef.text.api import Labelled, Model
from beleef.ui.words import LANGUAGES

_TONE: Final = "tone"


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How reading and reviewers agree on the tone in a language.

    Attributes:
        language: Of the comments.
        n: How many comments have a reviewer's tone.
        right: In how many of these the reading says the same.
        tones: The tones in the order of ``confusion``.
        confusion: Rows are the reviewers' tones, columns what was read.
    """

    language: str
    n: int
    right: int
    tones: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was learned: its language, the model with its held-out quality, since when, and whether it is used."""

    language: str
    model: Model
    at: int
    is_used: bool


class ReadBy(msgspec.Struct, frozen=True, kw_only=True):
    """How many comments of a language have the tone that the model gave, and how many that of the word lists."""

    model: int
    word_lists: int


def read_by(connection: sa.Connection, language: str) -> ReadBy:
    """Return what gave the comments of a language their tone; where a model abstains, the word lists do."""
    found = queries.read_by(connection, language)
    return ReadBy(model=found.get(True, 0), word_lists=found.get(False, 0))


def in_use(connection: sa.Connection) -> frozenset[str]:
    """Return the languages in which comments are read with a model."""
    return frozenset(one.language for one in theme_queries.learned(connection) if one.is_used)


def agreement(connection: sa.Connection, language: str, kept: Kept) -> Agreement:
    """Return how reading and reviewers agree in a language."""
    tones = (*CLEAR, "unsure")
    counted: dict[tuple[str, str], int] = {(said, read): 0 for said in CLEAR for read in tones}
    for _, said, read in _labelled(connection, language, kept):
        counted[said, read] += 1
    confusion = tuple(tuple(counted[said, read] for read in tones) for said in CLEAR)
    return Agreement(
        language=language,
        n=sum(counted.values()),
        right=sum(counted[tone, tone] for tone in CLEAR),
        tones=tones,
        confusion=confusion,
    )


def models(connection: sa.Connection) -> list[Known]:
    """Return what was learned, by language."""
    return [
        Known(
            language=one.language,
            model=msgspec.json.decode(one.coefficients, type=Model),
            at=one.at,
            is_used=one.is_used,
        )
        for one in theme_queries.learned(connection)
    ]


def learn(connection: sa.Connection, language: str, kept: Kept) -> Model:
    """Return a model of the tone, learned from all that reviewers said in a language.

    Takes some seconds: call it off the event loop, and outside a write transaction.

    Raises:
        InvalidInput: there are too few labels; the hint says how many are needed.
    """
    if language not in LANGUAGES:
        raise InvalidInput("Models are learned for Dutch and English.", hint="Choose one of these.")
    found = [Labelled(text=said, label=tone) for said, tone, _ in _labelled(connection, language, kept)]
    return text.train(found, name=f"reviewers-{language}")


def keep(connection: sa.Connection, language: str, model: Model, now: int) -> None:
    """Keep a model beside the word lists; it is not used before somebody says so, having seen its quality."""
    made = Learned(language=language, coefficients=msgspec.json.encode(model).decode(), at=now, is_used=False)
    used = any(one.is_used for one in theme_queries.learned(connection) if one.language == language)
    theme_queries.learn(connection, made, msgspec.json.encode(model.quality).decode())
    if used:
        theme_queries.begin_reading(connection, now, f"model {language}")


def use(connection: sa.Connection, language: str, now: int, *, is_used: bool) -> None:
    """Read with a model, or without it again; all comments are read anew.

    Raises:
        NotFound: none was learned for that language.
    """
    theme_queries.use(connection, language, is_used=is_used)
    theme_queries.begin_reading(connection, now, f"model {language}")


def _labelled(connection: sa.Connection, language: str, kept: Kept) -> list[tuple[str, str, str]]:
    """Return text, the reviewer's tone and the tone read, of comments in a language that may be seen one by one."""
    said = {one.fact: one.verdict for one in theme_queries.labels(connection) if one.about == _TONE}
    return [
        (comment.text, said[comment.fact], reading.tone)
        for comment, reading in queries.many(connection, said)
        if reading.language == language and kept.get(comment.survey, "anonymous") != "anonymous"
    ]
