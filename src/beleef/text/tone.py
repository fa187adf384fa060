"""The tone of clauses and texts, with the words that caused it: weights, negation, strengthening and contrast.

The rules are few and fixed, so that anyone can check by hand why a comment counts as it does.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

from beleef.text.lemmas import lemma
from beleef.text.lexicon import Entry, Lexicon
from beleef.text.model import How, Matched, Sentiment
from beleef.text.tokens import Clause, Token

_WINDOW: Final = 4
"""Words between a negator and what it negates, and at most so many back to a verb."""

_GAP: Final = 3
"""Words that may stand inside a phrase in place of `*`."""

_NEGATED_GOOD: Final = -0.75
_NEGATED_BAD: Final = -0.5
"""`Not good` is nearly as bad as bad (Hutto and Gilbert 2014 measured -0.74); `not bad` is less than good."""

_JOINING: Final = frozenset(("en", "of", "noch", "and", "or", "nor"))
_CONTRAST: Final = {"before contrast": 0.6, "after contrast": 1.2}
_SPREAD: Final = 15 / 16
"""Sum of weights s becomes s / sqrt(s^2 + spread): Hutto and Gilbert (2014), with their 15 on our scale, a quarter of theirs."""

_CLEAR: Final = 0.2
"""From this score on either way a text has a tone."""

_LEAST_EVIDENCE: Final = 0.15
"""With less weight than this in all, nothing was said of a tone."""

_MIXED_LEAST: Final = 0.35
_MIXED_SHARE: Final = 0.5
"""Praise and blame are both clear: each weighs at least so much, and the lesser this share of the greater."""


class Hit(NamedTuple):
    """A word or phrase of the lexicon at its place.

    Attributes:
        first: Position of its first token.
        end: Position after its last.
        entry: What it counts for.
    """

    first: int
    end: int
    entry: Entry


class Weighed(NamedTuple):
    """What a clause weighs.

    Attributes:
        clause: The clause.
        words: The words that count, in order.
    """

    clause: Clause
    words: tuple[Matched, ...]


def weigh(
    text: str, given: Sequence[Token], clauses: Sequence[Clause], lexicon: Lexicon, language: str
) -> list[Weighed]:
    """Weigh every clause of a text.

    Args:
        text: The text that the tokens' places count in.
        given: Its tokens.
        clauses: Its clauses.
        lexicon: The words of its language.
        language: That language.
    """
    return [Weighed(one, tuple(_Reading(text, given, one, lexicon, language).matched())) for one in clauses]


def score_of(words: Sequence[Matched]) -> float:
    """Return the tone of words from -1 to 1, words after a contrast counting for more than those before it."""
    total = 0.0
    for word in words:
        factor = next((_CONTRAST[how] for how in word.how if how in _CONTRAST), 1.0)
        total += factor * word.weight
    return round(total / sqrt(total * total + _SPREAD), 4)


def sentiment_of(words: Sequence[Matched], *, is_readable: bool) -> Sentiment:
    """Return the label of the tone of words.

    Args:
        words: The words that count.
        is_readable: Whether the text is in a language that Beleef reads, so that silence means neutral.
    """
    good = sum(word.weight for word in words if word.weight > 0)
    bad = -sum(word.weight for word in words if word.weight < 0)
    if good + bad < _LEAST_EVIDENCE:
        return "neutral" if is_readable else "unsure"
    if min(good, bad) >= max(_MIXED_LEAST, _MIXED_SHARE * max(good, bad)):
        return "mixed"
    score = score_of(words)
    if abs(score) < _CLEAR:
        return "unsure"
    return "positive" if score > 0 else "negative"


class _Negator:
    """A negator in a clause, until it has found what it negates."""

    def __init__(self, hit: Hit, factor: float) -> None:
        self.hit = hit
        self.factor = factor
        self.last = -1

    def reaches(self, first: int, given: Sequence[Token]) -> bool:
        """Return whether it negates a word at a position: the next one, and what follows that at once or after `and` or `or`."""
        if self.last < 0:
            return first - self.hit.end < _WINDOW
        if first == self.last:
            return True
        return first - self.last == 1 and given[self.last].form in _JOINING


class _Reading:
    """Reads one clause from left to right."""

    def __init__(
        self, text: str, given: Sequence[Token], clause: Clause, lexicon: Lexicon, language: str
    ) -> None:
        self._text, self._given, self._clause, self._lexicon, self._language = (
            text,
            given,
            clause,
            lexicon,
            language,
        )
        self._found: list[tuple[Hit, Matched]] = []
        self._factor, self._changed_by = 1.0, -1
        self._changing: Hit | None = None
        self._negators: list[_Negator] = []
        self._read_already: set[int] = set()

    def matched(self) -> list[Matched]:
        """Return the words of the clause that count, in order."""
        position = self._clause.first
        while position < self._clause.end:
            token = self._given[position]
            if token.kind in {"face", "emoji"}:
                self._face(position, token)
                position += 1
                continue
            is_new = token.kind == "word" and position not in self._read_already
            hit = self._hit(position) if is_new else None
            if hit is None:
                position += 1
                continue
            self._read(hit)
            if "*" in hit.entry.parts:
                # What stands inside the phrase is read too: a negator there negates it.
                self._read_already.add(hit.end - 1)
            position = position + 1 if "*" in hit.entry.parts else hit.end
        self._settle()
        self._found.sort(key=lambda pair: pair[0].first)
        return [word for _, word in self._found]

    def _hit(self, position: int) -> Hit | None:
        form = self._given[position].form
        phrases = self._lexicon.phrases
        if form in phrases or (base := lemma(form, self._language)) in phrases:
            for entry in phrases[form] if form in phrases else phrases[base]:
                end = self._end_of(entry.parts, position)
                if end:
                    return Hit(position, end, entry)
        single = self._lexicon.entry(form)
        return None if single is None else Hit(position, position + 1, single)

    def _end_of(self, parts: Sequence[str], position: int) -> int:
        """Return where a phrase that begins at a position ends, 0 where it does not stand there."""
        at = position
        for number, part in enumerate(parts):
            if part == "*":
                last = min(at + _GAP + 2, self._clause.end)
                return next(
                    (place + 1 for place in range(at + 1, last) if self._is(place, parts[number + 1])), 0
                )
            if at >= self._clause.end or not self._is(at, part):
                return 0
            at += 1
        return at

    def _is(self, position: int, part: str) -> bool:
        token = self._given[position]
        return token.kind == "word" and (token.form == part or lemma(token.form, self._language) == part)

    def _read(self, hit: Hit) -> None:
        match hit.entry.kind:
            case "negator":
                self._negators.append(_Negator(hit, max(self._take_factor(hit.first)[0], 1.0)))
            case "strong" | "weak":
                if hit.first != self._changed_by:
                    self._release()
                self._factor *= hit.entry.weight
                self._changing, self._changed_by = hit, hit.end
            case "word" | "verb":
                self._weigh(hit)

    def _weigh(self, hit: Hit) -> None:
        entry = hit.entry
        negator = next((one for one in reversed(self._negators) if one.reaches(hit.first, self._given)), None)
        if negator is not None and (entry.weight or entry.negated is not None):
            negator.last = hit.end
            self._take_factor(hit.first)
            self._add(hit, _negated(entry) * negator.factor, ("negated",))
        elif entry.weight:
            factor, changed = self._take_factor(hit.first)
            self._add(hit, entry.weight * factor, changed)
        elif entry.kind == "verb":
            self._found.append((hit, self._word(hit, 0.0, ())))

    def _face(self, position: int, token: Token) -> None:
        weight = self._lexicon.faces.get(token.form, 0.0)
        if weight:
            hit = Hit(position, position + 1, Entry(weight, "word", None, "emoji"))
            self._add(hit, weight, ())

    def _take_factor(self, first: int) -> tuple[float, tuple[How, ...]]:
        """Return what changes a word that begins at a position: the strengthening or weakening word just before it."""
        if self._changing is None or first - self._changed_by > 1:
            self._release()
            return 1.0, ()
        factor = self._factor
        self._factor, self._changing = 1.0, None
        return factor, ("strengthened",) if factor > 1 else ("weakened",)

    def _release(self) -> None:
        """Let a strengthening word that strengthened nothing count for itself: `super!`."""
        hit = self._changing
        if hit is None:
            return
        self._factor, self._changing = 1.0, None
        if hit.entry.negated is not None:
            self._weigh(hit._replace(entry=Entry(hit.entry.negated, "word", None, hit.entry.why)))

    def _settle(self) -> None:
        """At the end of the clause: negators that negated nothing look back for a verb, or else count for themselves."""
        self._release()
        for negator in self._negators:
            # “Nothing”, as a whole answer, says nothing.
            if negator.last >= 0 or self._clause.end - self._clause.first == 1 or self._looks_back(negator):
                continue
            self._add(negator.hit, negator.hit.entry.weight * negator.factor, ())
        self._found = [(hit, word) for hit, word in self._found if word.weight]

    def _looks_back(self, negator: _Negator) -> bool:
        for place, (hit, word) in reversed(list(enumerate(self._found))):
            if (
                hit.entry.kind == "verb"
                and "negated" not in word.how
                and 0 < negator.hit.first - hit.first <= _WINDOW + 1
            ):
                self._found[place] = (
                    hit,
                    self._word(hit, _negated(hit.entry) * negator.factor, ("negated",)),
                )
                return True
        return False

    def _add(self, hit: Hit, weight: float, how: tuple[How, ...]) -> None:
        if weight:
            self._found.append((hit, self._word(hit, weight, how)))

    def _word(self, hit: Hit, weight: float, how: tuple[How, ...]) -> Matched:
        start, end = self._given[hit.first].start, self._given[hit.end - 1].end
        role = self._clause.role
        return Matched(
            word=self._text[start:end],
            weight=round(max(-1.0, min(1.0, weight)), 3),
            start=start,
            end=end,
            why=hit.entry.why,
            how=how if role == "plain" else (*how, role),
        )


def _negated(entry: Entry) -> float:
    if entry.negated is not None:
        return entry.negated
    return entry.weight * (_NEGATED_GOOD if entry.weight > 0 else _NEGATED_BAD)
