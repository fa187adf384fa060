"""Themes and where a text speaks of them: the taxonomy to start from, its check, and its words made ready for finding."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from beleef.kernel.errors import InvalidInput
from beleef.text.lemmas import lemma
from beleef.text.model import LANGUAGES, Label, Taxonomy, Theme
from beleef.text.tokens import Token

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_SHORTEST_STEM: Final = 3
_KEPT: Final = 8
"""Compiled taxonomies that are kept: there is one per organisation, and a draft or two."""

_REMEMBERED: Final = 50_000


def _default() -> Taxonomy:
    themes: list[Theme] = []
    text = (Path(__file__).parent / "data" / "themes.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if cells[0]:
            themes.append(Theme(id=cells[0], parent=cells[1], labels=(), words=()))
            continue
        _, language, label, words = cells
        last = themes[-1]
        themes[-1] = Theme(
            id=last.id,
            parent=last.parent,
            labels=(*last.labels, Label(language=language, text=label)),
            words=(*last.words, *(Label(language=language, text=word) for word in words.split(", "))),
        )
    return Taxonomy(themes=tuple(themes))


DEFAULT_TAXONOMY: Final = _default()
"""Themes that hardly any organisation does without, in Dutch and English."""


def check_taxonomy(taxonomy: Taxonomy) -> None:
    """Check that a taxonomy can be used.

    Raises:
        InvalidInput: A theme has a wrong or doubled id, an unknown parent or itself above it, no name, no words, or a word that
            would find too much.
    """
    parents = {theme.id: theme.parent for theme in taxonomy.themes}
    if len(parents) < len(taxonomy.themes):
        ids = [theme.id for theme in taxonomy.themes]
        doubled = next(one for one in ids if ids.count(one) > 1)
        raise InvalidInput(f"There are two themes {doubled}.", hint="Give each theme an id of its own.")
    for theme in taxonomy.themes:
        _check(theme)
        if theme.parent and theme.parent not in parents:
            raise InvalidInput(
                f"Theme {theme.id} belongs to {theme.parent}, which does not exist.",
                hint="Name an existing theme, or leave it empty.",
            )
        above, steps = theme.parent, 0
        while above and steps <= len(parents):
            above, steps = parents.get(above, ""), steps + 1
        if above:
            raise InvalidInput(
                f"Theme {theme.id} is above itself.", hint="Leave the wider theme of one of them empty."
            )


def _check(theme: Theme) -> None:
    if not _ID.fullmatch(theme.id):
        raise InvalidInput(
            f"“{theme.id}” cannot be the id of a theme.",
            hint="Use small letters, digits and hyphens, at most 60.",
        )
    if not theme.labels or not all(label.text.strip() for label in theme.labels):
        raise InvalidInput(f"Theme {theme.id} has no name.", hint="Give it a name in at least one language.")
    if not theme.words:
        raise InvalidInput(f"Theme {theme.id} has no words.", hint="Give it at least one word that names it.")
    for word in theme.words:
        stem = word.text.strip().strip("*")
        wrong = not stem or "*" in stem or (word.text.startswith("*") and word.text.endswith("*"))
        if wrong or ("*" in word.text and (" " in stem or len(stem) < _SHORTEST_STEM)):
            raise InvalidInput(
                f"“{word.text}” of theme {theme.id} would find too much or nothing.",
                hint="Write a word or phrase, or one word of at least three letters with * at its beginning or its end.",
            )


class Named(NamedTuple):
    """A place in a text that names a theme.

    Attributes:
        theme: Id of the theme.
        first: Position of the first token.
        end: Position after the last.
    """

    theme: str
    first: int
    end: int


class Finder:
    """Finds the themes of a taxonomy in texts of one language.

    Args:
        taxonomy: The themes.
        language: `nl` or `en`; for any other it finds nothing.
    """

    def __init__(self, taxonomy: Taxonomy, language: str) -> None:
        self._language = language
        self._words: dict[str, set[str]] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._beginnings: list[tuple[str, str]] = []
        self._ends: list[tuple[str, str]] = []
        self._order = {theme.id: number for number, theme in enumerate(taxonomy.themes)}
        self._found: dict[str, tuple[str, ...]] = {}
        for theme in taxonomy.themes:
            for word in theme.words:
                if word.language == language:
                    self._add(theme.id, word.text.strip().lower())

    def named(self, given: Sequence[Token], first: int, end: int) -> list[Named]:
        """Return what names a theme between two positions, in order."""
        found: list[Named] = []
        for position in range(first, end):
            token = given[position]
            if token.kind != "word":
                continue
            found += [Named(theme, position, position + 1) for theme in self.themes_of(token.form)]
            if self._phrases:
                found += self._phrases_at(given, position, end)
        return found

    def themes_of(self, form: str) -> tuple[str, ...]:
        """Return the themes that a single word in lower case names, in the order of the taxonomy."""
        if form not in self._found:
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[form] = self._look_up(form)
        return self._found[form]

    def _add(self, theme: str, word: str) -> None:
        if " " in word:
            parts = tuple(word.split())
            self._phrases.setdefault(parts[0], []).append((parts, theme))
        elif word.endswith("*"):
            self._beginnings.append((word[:-1], theme))
        elif word.startswith("*"):
            self._ends.append((word[1:], theme))
        else:
            self._words.setdefault(word, set()).add(theme)

    def _look_up(self, form: str) -> tuple[str, ...]:
        base = lemma(form, self._language)
        themes = self._words.get(form, set()) | self._words.get(base, set())
        for word in {form, base}:
            themes = themes | {theme for stem, theme in self._beginnings if word.startswith(stem)}
            themes = themes | {theme for stem, theme in self._ends if word != stem and word.endswith(stem)}
        return tuple(sorted(themes, key=self._order.__getitem__))

    def _phrases_at(self, given: Sequence[Token], position: int, end: int) -> list[Named]:
        form = given[position].form
        starting = self._phrases.get(form) or self._phrases.get(lemma(form, self._language)) or ()
        return [
            Named(theme, position, position + len(parts))
            for parts, theme in starting
            if position + len(parts) <= end
            and all(self._is(given[position + step], part) for step, part in enumerate(parts))
        ]

    def _is(self, token: Token, part: str) -> bool:
        return token.kind == "word" and (token.form == part or lemma(token.form, self._language) == part)


_finders: dict[tuple[int, str], tuple[Taxonomy, Finder]] = {}


def finder(taxonomy: Taxonomy, language: str) -> Finder:
    """Return what finds a taxonomy's themes in a language, made once per taxonomy object."""
    key = (id(taxonomy), language)
    kept = _finders.get(key)
    # The object is kept too, so that its number cannot come back as another's.
    if kept is None or kept[0] is not taxonomy:
        while len(_finders) >= _KEPT * len(LANGUAGES):
            _finders.pop(next(iter(_finders)))
        kept = _finders[key] = (taxonomy, Finder(taxonomy, language))
    return kept[1]
