"""A text understood: redacted, read clause by clause, with its tone, its themes, and the tone of each theme."""

from collections.abc import Sequence
from typing import Final

from beleef.text.languages import language_of
from beleef.text.lexicon import lexicon
from beleef.text.model import Analysis, Matched, Taxonomy, ThemeFound
from beleef.text.port import LanguageModel
from beleef.text.redacting import redact
from beleef.text.taxonomy import Finder, Named, finder
from beleef.text.tokens import Token, clauses, tokens
from beleef.text.tone import Weighed, score_of, sentiment_of, weigh

_AND: Final = frozenset(("en", "and"))


def analyse(
    text: str, *, language: str, names: Sequence[str], themes: Taxonomy, model: LanguageModel | None
) -> Analysis:
    """See ``api.analyse``."""
    redacted = redact(text, names)
    given = tokens(redacted.text)
    spoken = language_of(given, language)
    code = spoken.code
    parts = clauses(given, code)
    weighed = weigh(redacted.text, given, parts, lexicon(code), code)
    words = tuple(word for one in weighed for word in one.words)
    is_readable = code != "und" and spoken.confidence > 0
    found = _themes(redacted.text, given, weighed, finder(themes, code)) if is_readable else []
    analysis = Analysis(
        language=spoken,
        redacted=redacted,
        sentiment=sentiment_of(words, is_readable=is_readable),
        score=score_of(words),
        words=words,
        themes=tuple(found),
    )
    opinion = model.sentiment(redacted.text, code) if model is not None else None
    if model is None or opinion is None:
        return analysis
    return Analysis(
        language=spoken,
        redacted=redacted,
        sentiment=opinion.sentiment,
        score=max(-1.0, min(1.0, opinion.score)),
        words=words,
        themes=analysis.themes,
        by=model.name,
    )


def _themes(
    text: str, given: Sequence[Token], weighed: Sequence[Weighed], themes: Finder
) -> list[ThemeFound]:
    pieces = [piece for one in weighed for piece in _cut(given, one, themes)]
    named = [themes.named(given, piece.clause.first, piece.clause.end) for piece in pieces]
    found = []
    for place, piece in enumerate(pieces):
        if named[place]:
            words = piece.words or _said_beside(pieces, named, place)
            found += _found(text, given, piece, named[place], words)
    return found


def _said_beside(
    pieces: Sequence[Weighed], named: Sequence[Sequence[Named]], place: int
) -> tuple[Matched, ...]:
    """Return the words of the next or else the last clause of the sentence, where those speak of no theme: `the delivery, that was bad`."""
    for other in (place + 1, place - 1):
        if (
            0 <= other < len(pieces)
            and pieces[other].clause.sentence == pieces[place].clause.sentence
            and not named[other]
            and pieces[other].words
        ):
            return pieces[other].words
    return ()


def _cut(given: Sequence[Token], weighed: Weighed, themes: Finder) -> list[Weighed]:
    """Cut a clause at `and` where both sides name a theme and judge: `friendly staff and a dirty shop`."""
    clause = weighed.clause
    for position in range(clause.first + 1, clause.end - 1):
        if given[position].form not in _AND or given[position].kind != "word":
            continue
        before = tuple(word for word in weighed.words if word.end <= given[position].start)
        after = tuple(word for word in weighed.words if word.start >= given[position].end)
        if (
            before
            and after
            and themes.named(given, clause.first, position)
            and themes.named(given, position + 1, clause.end)
        ):
            first = Weighed(clause._replace(end=position), before)
            return [first, *_cut(given, Weighed(clause._replace(first=position + 1), after), themes)]
    return [weighed]


def _found(
    text: str, given: Sequence[Token], piece: Weighed, named: Sequence[Named], words: tuple[Matched, ...]
) -> list[ThemeFound]:
    start, end = given[piece.clause.first].start, given[piece.clause.end - 1].end
    spoken: dict[str, list[str]] = {}
    for one in named:
        written = text[given[one.first].start : given[one.end - 1].end]
        if written not in (listed := spoken.setdefault(one.theme, [])):
            listed.append(written)
    sentiment, score = sentiment_of(words, is_readable=True), score_of(words)
    return [
        ThemeFound(id=theme, start=start, end=end, words=tuple(written), sentiment=sentiment, score=score)
        for theme, written in spoken.items()
    ]
