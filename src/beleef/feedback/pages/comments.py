"""A comment on a page: its words highlighted by what they did to its tone, its themes, and buttons to say that it was misread."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from beleef.feedback.pages.parts import DELIVERIES, called
from beleef.feedback.voices.model import CLEAR, Comment, Theme
from beleef.ui.components import Badge, Link, Text, Tone
from beleef.ui.words import N_, Words

TONES: Final[Mapping[str, tuple[str, Tone]]] = {
    "positive": (N_("positive"), "good"),
    "neutral": (N_("neutral"), "neutral"),
    "negative": (N_("negative"), "bad"),
    "mixed": (N_("mixed"), "warn"),
    "unsure": (N_("unsure"), "neutral"),
}
_SOURCES: Final[Mapping[str, str]] = {
    "own": N_("Beleef's own list"),
    "general": N_("general word list"),
    "idiom": N_("fixed phrase"),
    "emoji": N_("emoji"),
    "negated": N_("negated"),
    "strengthened": N_("strengthened"),
    "weakened": N_("weakened"),
    "after contrast": N_("after “but”"),
    "before contrast": N_("before “but”"),
}


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a comment: ``tone`` and ``why`` where it made the tone, both empty elsewhere."""

    text: str
    tone: str = ""
    why: str = ""


class ThemeMark(msgspec.Struct, frozen=True, kw_only=True):
    """A theme of a comment: its badge, the words that name it, and what a reviewer said about it."""

    name: str
    badge: Badge
    words: str
    verdict: str


class CommentView(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as it is drawn."""

    id: str
    pieces: tuple[Piece, ...]
    tone: Badge
    themes: tuple[ThemeMark, ...]
    meta: tuple[str, ...]
    moment: int
    by: Link | Text | None
    said: str
    choices: tuple[tuple[str, str, bool], ...]
    action: str


def view(
    one: Comment,
    themes: Mapping[str, Theme],
    surveys: Mapping[str, str],
    words: Words,
    *,
    by: Link | None = None,
    may_label: bool = False,
    has_model: bool = False,
) -> CommentView:
    """Return a comment as it is drawn.

    Args:
        one: The comment.
        themes: All themes by name.
        surveys: What each survey is called.
        words: The reader's language.
        by: Whose it is, where that may be seen.
        may_label: Whether the reader may say that it was misread.
        has_model: Whether comments in its language are read with a model.
    """
    said, reading = one.said, one.reading
    label, tone = TONES[reading.tone]
    score: tuple[str, ...] = ()
    if one.value is not None:
        score = (f"{one.metric.upper()} {words.number(one.value)}",)
    where = (surveys.get(said.survey, said.survey), called(DELIVERIES, said.channel, words), said.touchpoint)
    chosen = one.labels.get("tone", "")
    choices = tuple((name, words.gettext(TONES[name][0]), name == chosen) for name in CLEAR)
    return CommentView(
        id=str(said.fact) if said.fact else "",
        pieces=pieces(one, words),
        tone=Badge(text=words.gettext(label), tone=tone),
        themes=tuple(
            ThemeMark(
                name=mention.theme,
                badge=Badge(
                    text=themes[mention.theme].label(words.language)
                    if mention.theme in themes
                    else mention.theme,
                    tone=TONES[mention.tone][1],
                ),
                words=", ".join(mention.words),
                verdict=one.labels.get(mention.theme, ""),
            )
            for mention in reading.mentions
        ),
        meta=tuple(part for part in (*score, *where) if part),
        moment=said.at,
        by=by,
        said=_whose_tone(words, by_model=reading.by_model, has_model=has_model),
        choices=choices if may_label and said.fact else (),
        action=f"/feedback/voices/{said.fact}/label",
    )


def _whose_tone(words: Words, *, by_model: bool, has_model: bool) -> str:
    if by_model:
        return words.gettext("The tone is that of a model that learned from reviewers.")
    if has_model:
        return words.gettext(
            "The model that learned from reviewers was not sure, so the tone is that of the word lists."
        )
    return ""


def pieces(one: Comment, words: Words) -> tuple[Piece, ...]:
    """Return a comment in stretches, so that every word that made its tone says why."""
    text = one.said.text
    found: list[Piece] = []
    at = 0
    for word in sorted(one.reading.words, key=lambda word: word.start):
        if word.start < at or word.end > len(text):
            continue
        if word.start > at:
            found.append(Piece(text=text[at : word.start]))
        tone = "good" if word.weight > 0 else "bad" if word.weight < 0 else "neutral"
        why = ", ".join(called(_SOURCES, part, words) for part in word.why.split(", "))
        weight = words.number(word.weight, 1)
        found.append(Piece(text=text[word.start : word.end], tone=tone, why=f"{weight}: {why}"))
        at = word.end
    if at < len(text):
        found.append(Piece(text=text[at:]))
    return tuple(found)


def views(
    comments: Sequence[Comment],
    themes: Sequence[Theme],
    surveys: Mapping[str, str],
    words: Words,
    *,
    people: Mapping[int, Link] | None = None,
    may_label: bool = False,
    with_model: frozenset[str] = frozenset(),
) -> tuple[CommentView, ...]:
    """Return comments as they are drawn; ``people`` are those behind subjects, ``with_model`` languages that a model reads."""
    by_name = {theme.name: theme for theme in themes}
    known = people or {}
    return tuple(
        view(
            one,
            by_name,
            surveys,
            words,
            by=known.get(one.said.subject),
            may_label=may_label,
            has_model=one.reading.language in with_model,
        )
        for one in comments
    )
