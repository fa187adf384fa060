"""What an article is, how its text is read, and which articles fit some words. Pure.

The body is plain text with a few marks (``## heading``, ``- item``, ``1. step``), so that nothing in it can do harm on a page.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

import msgspec

from beleef.kernel.errors import InvalidInput

LANGUAGES: Final = ("nl", "en")
NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,79}")
LONGEST_TITLE: Final = 160
LONGEST_SUMMARY: Final = 400
LONGEST_BODY: Final = 40_000
_RESERVED: Final = frozenset({"new", "contact", "suggestions", "seen", "helpful"})
"""Names that are addresses of pages."""

Place = Literal["help", "form", "case"]
"""Where an article was read: in the help pages, from the form for a question, or on the page of a case."""
PLACES: Final[tuple[Place, ...]] = ("help", "form", "case")

_TITLE_WEIGHT: Final = 5
_SUMMARY_WEIGHT: Final = 2
_HEADING: Final = re.compile(r"^#{1,3} +(.+)$")
_ITEM: Final = re.compile(r"^[-*] +(.+)$")
_STEP: Final = re.compile(r"^\d{1,2}[.)] +(.+)$")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")


class ArticleText(msgspec.Struct, frozen=True, kw_only=True):
    """An article in one language: its title, what it says in a sentence or two, and the whole of it."""

    title: str
    summary: str = ""
    body: str = ""


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """An article as staff edit it.

    Attributes:
        name: In its address; does not change.
        texts: By language.
        topic: Articles of one topic stand together; empty for none.
        internal: Whether only staff find it, beside a case.
    """

    name: str
    texts: Mapping[str, ArticleText]
    topic: str = ""
    internal: bool = False

    def title(self, language: str) -> str:
        """Return its title in a language, or in one it has."""
        found = self.text(language)
        return found.title if found else self.name

    def text(self, language: str) -> ArticleText | None:
        """Return its text in a language, or in another that it has; None where it has none."""
        return self.texts.get(language) or next(iter(self.texts.values()), None)


class StoredArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article's draft and what is known of it.

    Attributes:
        article: The draft.
        version: The number of the last publication; 0 where there was none.
        is_public: Whether that publication is to be read now.
        is_changed: Whether the draft says something else than the last publication.
        updated_at: When the draft was saved last, in microseconds.
        updated_by: Who saved it.
    """

    article: Article
    version: int
    is_public: bool
    is_changed: bool
    updated_at: int
    updated_by: str


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """An article as it was published: its number, when (microseconds) and by whom."""

    article: Article
    version: int
    published_at: int
    published_by: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An article that fits some words, in the reader's language where it has one; a larger ``score`` fits better.

    ``internal`` says whether only staff read it.
    """

    name: str
    title: str
    summary: str
    score: float = 0.0
    internal: bool = False


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a line: its text, and where it leads where it is an address."""

    text: str
    href: str = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a body: a heading or a paragraph (one line), or a list with its items."""

    kind: Literal["heading", "paragraph", "list", "steps"]
    lines: tuple[tuple[Run, ...], ...]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How an article was used: by how many visits it was read, and how many of them said that it helped or did not.

    ``asked`` is how many of the visits sent a question afterwards all the same.
    """

    visits: int = 0
    helped: int = 0
    did_not_help: int = 0
    asked: int = 0


def check(article: Article) -> None:
    """Refuse an article that cannot be kept.

    Raises:
        InvalidInput: its name, a language or a text cannot be used; code ``invalid_article``.
    """
    if not NAME.fullmatch(article.name) or article.name in _RESERVED:
        raise _refused(
            f"“{article.name[:40]}” cannot be the name of an article.",
            "Take small letters, digits and -, beginning with a letter.",
        )
    if not article.texts:
        raise _refused("The article has no text.", "Give it a title and a text in at least one language.")
    for language, text in article.texts.items():
        if language not in LANGUAGES:
            raise _refused(f"There is no language “{language[:20]}”.", f"Choose {' or '.join(LANGUAGES)}.")
        if not text.title.strip() or len(text.title) > LONGEST_TITLE:
            raise _refused(
                "The article needs a title.",
                f"Ask it as a customer would, in at most {LONGEST_TITLE} letters.",
            )
        if len(text.summary) > LONGEST_SUMMARY or len(text.body) > LONGEST_BODY:
            raise _refused(
                "The text is too long.",
                f"Keep the summary below {LONGEST_SUMMARY} letters and the text below {LONGEST_BODY:,}.",
            )


def parts(body: str) -> tuple[Part, ...]:
    """Return the parts of a body, in order."""
    found: list[Part] = []
    for line in body.splitlines():
        text = line.strip()
        if not text:
            found.append(Part(kind="paragraph", lines=()))
        elif heading := _HEADING.match(text):
            found.append(Part(kind="heading", lines=(runs(heading[1]),)))
        elif item := _ITEM.match(text):
            _append(found, "list", item[1])
        elif step := _STEP.match(text):
            _append(found, "steps", step[1])
        else:
            _append(found, "paragraph", text)
    return tuple(part for part in found if part.lines)


def runs(line: str) -> tuple[Run, ...]:
    """Return a line in pieces, its web addresses apart."""
    pieces: list[Run] = []
    place = 0
    for match in _ADDRESS.finditer(line):
        if match.start() > place:
            pieces.append(Run(text=line[place : match.start()]))
        pieces.append(Run(text=match[0], href=match[0]))
        place = match.end()
    if place < len(line):
        pieces.append(Run(text=line[place:]))
    return tuple(pieces)


def weights(title: Iterable[str], summary: Iterable[str], body: Iterable[str]) -> dict[str, int]:
    """Return how much each word says about an article: words of the title most, words of the body by how often they come.

    Args:
        title: Lemmas of the title.
        summary: Lemmas of the summary.
        body: Lemmas of the body.
    """
    found: dict[str, int] = {}
    for words, weight, most in ((title, _TITLE_WEIGHT, 1), (summary, _SUMMARY_WEIGHT, 1), (body, 1, 3)):
        counts: dict[str, int] = {}
        for word in words:
            counts[word] = min(most, counts.get(word, 0) + 1)
        for word, count in counts.items():
            found[word] = found.get(word, 0) + weight * count
    return found


def ranked(
    hits: Iterable[tuple[str, str, int]], articles: int, *, begun: Collection[str] = ()
) -> list[tuple[str, float]]:
    """Return articles by how well they fit, best first: sum of weight * ln(1 + N / n) (inverse document frequency).

    Spärck Jones (1972), "A statistical interpretation of term specificity", with one added so that a word of all articles counts.

    Args:
        hits: Article, word and weight for each word of the question that an article has.
        articles: N, the number of articles.
        begun: Words of the index that only begin like a word of the question; they count half.
    """
    listed = list(hits)
    spread: dict[str, int] = {}
    for _, word, _ in listed:
        spread[word] = spread.get(word, 0) + 1
    scores: dict[str, float] = {}
    for article, word, weight in listed:
        worth = weight * math.log(1 + articles / spread[word])
        scores[article] = scores.get(article, 0.0) + (worth / 2 if word in begun else worth)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _append(found: list[Part], kind: Literal["paragraph", "list", "steps"], text: str) -> None:
    if found and found[-1].kind == kind and found[-1].lines:
        if kind == "paragraph":
            joined = (*found[-1].lines[0], Run(text=" "), *runs(text))
            found[-1] = Part(kind=kind, lines=(joined,))
        else:
            found[-1] = Part(kind=kind, lines=(*found[-1].lines, runs(text)))
    else:
        found.append(Part(kind=kind, lines=(runs(text),)))


def _refused(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_article")
