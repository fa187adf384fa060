"""Reads comments: applies the language slice with the themes and models in force, and says which of these that were."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from beleef.feedback.voices import theme_queries
from beleef.feedback.voices.model import Mention, Reading, Said, Theme, Tone, ToneWord
from beleef.text import api as text
from beleef.text.api import Model, Taxonomy, ThemeFound


def themes_in_force(connection: sa.Connection) -> list[Theme]:
    """Return all themes, those of Beleef as far as nobody changed them; switched off ones too."""
    own = {theme.name: theme for theme in theme_queries.themes(connection)}
    given = [
        own.pop(theme.id) if theme.id in own else _from_text(theme, place)
        for place, theme in enumerate(text.DEFAULT_TAXONOMY.themes)
    ]
    return [*given, *own.values()]


def is_given(name: str) -> bool:
    """Return whether Beleef comes with a theme of that name."""
    return text.DEFAULT_TAXONOMY.theme(name) is not None


def taxonomy_of(themes: Sequence[Theme]) -> Taxonomy:
    """Return the themes that are in use, as the language slice takes them.

    Raises:
        InvalidInput: a parent is missing, or a word cannot be.
    """
    used = [theme for theme in themes if theme.is_used]
    known = {theme.name for theme in used}
    taxonomy = Taxonomy(
        themes=tuple(
            text.Theme(
                id=theme.name,
                labels=tuple(text.Label(language=code, text=label) for code, label in theme.labels.items()),
                words=tuple(
                    text.Label(language=code, text=word)
                    for code, words in theme.words.items()
                    for word in words
                ),
                parent=theme.parent if theme.parent in known else "",
            )
            for theme in used
        )
    )
    text.check_taxonomy(taxonomy)
    return taxonomy


class Reader:
    """Reads comments with one set of themes and models; remembers these until they change."""

    def __init__(self) -> None:
        self._number = -1
        self._taxonomy = Taxonomy()
        self._models: dict[str, Model] = {}

    def prepare(self, connection: sa.Connection) -> int:
        """Take the themes and models in force; return the number of this way of reading."""
        number = theme_queries.reading(connection)
        if number != self._number:
            self._taxonomy = taxonomy_of(themes_in_force(connection))
            self._models = {
                one.language: msgspec.json.decode(one.coefficients, type=Model)
                for one in theme_queries.learned(connection)
                if one.is_used
            }
            self._number = number
        return number

    def forget(self) -> None:
        """Drop what is remembered."""
        self._number = -1

    def read(self, said: Said) -> tuple[Said, Reading]:
        """Return a comment without personal data, and what it says."""
        language = text.language(said.text, said.prior).code
        found = text.analyse(
            said.text, language=said.prior, themes=self._taxonomy, model=self._models.get(language)
        )
        reading = Reading(
            language=found.language.code,
            tone=found.sentiment,
            score=found.score,
            words=tuple(
                ToneWord(
                    word=one.word,
                    weight=one.weight,
                    start=one.start,
                    end=one.end,
                    why=", ".join((one.why, *one.how)),
                )
                for one in found.words
            ),
            mentions=_mentions(found.themes),
            by_model=found.by != "lexicon",
        )
        return msgspec.structs.replace(said, text=found.redacted.text), reading


def _mentions(found: Sequence[ThemeFound]) -> tuple[Mention, ...]:
    """Return one mention per theme: a comment counts once for a theme, however often it names it."""
    by_theme: dict[str, list[ThemeFound]] = {}
    for one in found:
        by_theme.setdefault(one.id, []).append(one)
    return tuple(
        Mention(
            theme=name,
            start=places[0].start,
            end=places[0].end,
            words=tuple(dict.fromkeys(word for place in places for word in place.words)),
            tone=_tone(places),
            score=sum(place.score for place in places) / len(places),
        )
        for name, places in by_theme.items()
    )


def _tone(places: Sequence[ThemeFound]) -> Tone:
    said = {place.sentiment for place in places}
    if "mixed" in said or {"positive", "negative"} <= said:
        return "mixed"
    for tone in ("positive", "negative", "neutral"):
        if tone in said:
            return tone
    return "unsure"


def _from_text(theme: text.Theme, place: int) -> Theme:
    words: dict[str, tuple[str, ...]] = {}
    for one in theme.words:
        words[one.language] = (*words.get(one.language, ()), one.text)
    return Theme(
        name=theme.id,
        labels={one.language: one.text for one in theme.labels},
        words=words,
        parent=theme.parent,
        position=place,
    )
