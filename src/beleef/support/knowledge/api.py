"""What the rest of support asks of knowledge: keep and publish articles, find those that fit, and see how they are used.

Methods take a connection; those that write belong inside a write transaction.
"""

import sqlalchemy as sa

from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, NotFound
from beleef.support.knowledge import queries
from beleef.support.knowledge.model import (
    Article,
    Found,
    Publication,
    StoredArticle,
    Usage,
    check,
    ranked,
    weights,
)
from beleef.text.api import keywords

__all__ = ["Article", "Found", "Knowledge", "Publication", "StoredArticle", "Usage"]

_SHORTEST_BEGINNING = 3
_LONGEST_QUESTION = 4_000
_MOST_WORDS = 40


class Knowledge:
    """The articles of an organisation."""

    def articles(self, connection: sa.Connection) -> list[StoredArticle]:
        """Return all articles by name."""
        return queries.articles(connection)

    def article(self, connection: sa.Connection, name: str) -> StoredArticle:
        """Return an article.

        Raises:
            NotFound: there is none of that name.
        """
        found = queries.article(connection, name)
        if found is None:
            raise _missing(name)
        return found

    def save(
        self, connection: sa.Connection, article: Article, *, by: str, now: int, new: bool = False
    ) -> None:
        """Write an article's draft.

        Raises:
            InvalidInput: it cannot be kept.
            Conflict: it is to be new, and there is one of that name.
        """
        check(article)
        if new and queries.article(connection, article.name) is not None:
            raise Conflict(f"There is an article {article.name} already.", hint="Choose another name.")
        queries.save(connection, article, by=by, now=now)

    def publish(self, connection: sa.Connection, name: str, *, by: str, now: int) -> int:
        """Publish an article's draft and return the version's number.

        Raises:
            NotFound: there is none of that name.
        """
        stored = self.article(connection, name)
        version = stored.version + 1
        queries.publish(connection, stored.article, version, by=by, now=now)
        self._index(connection, stored.article)
        return version

    def withdraw(self, connection: sa.Connection, name: str) -> None:
        """Let an article be read no more.

        Raises:
            NotFound: there is none of that name.
        """
        self.article(connection, name)
        queries.withdraw(connection, name)

    def restore(self, connection: sa.Connection, name: str, version: int, *, by: str, now: int) -> None:
        """Make a publication the draft again.

        Raises:
            NotFound: there is no such publication.
        """
        for one in queries.versions(connection, name):
            if one.version == version:
                queries.save(connection, one.article, by=by, now=now)
                return
        raise _missing(name)

    def delete(self, connection: sa.Connection, name: str) -> None:
        """Remove an article.

        Raises:
            NotFound: there is none of that name.
        """
        self.article(connection, name)
        queries.delete(connection, name)

    def versions(self, connection: sa.Connection, name: str) -> list[Publication]:
        """Return the publications of an article, the newest first."""
        return queries.versions(connection, name)

    def published(self, connection: sa.Connection, name: str, *, internal: bool = False) -> Publication:
        """Return an article as it is to be read now.

        Raises:
            NotFound: there is none, or it is for staff alone and ``internal`` is not set.
        """
        found = queries.published(connection, [name]).get(name)
        if found is None or (found.article.internal and not internal):
            raise _missing(name)
        return found

    def listed(self, connection: sa.Connection, language: str) -> dict[str, list[Found]]:
        """Return what customers may read, by topic (both in order), in their language where there is one."""
        found: dict[str, list[Found]] = {}
        for one in queries.published(connection).values():
            if not one.article.internal:
                found.setdefault(one.article.topic, []).append(_found(one.article, language))
        return {
            topic: sorted(articles, key=lambda one: one.title.casefold())
            for topic, articles in sorted(found.items(), key=lambda item: (not item[0], item[0].casefold()))
        }

    def search(
        self,
        connection: sa.Connection,
        text: str,
        language: str,
        *,
        limit: int,
        internal: bool = False,
        unfinished: bool = False,
    ) -> list[Found]:
        """Return the articles that fit a text best.

        Args:
            connection: Open.
            text: A question, some words, or a whole message.
            language: The reader's.
            limit: At most so many.
            internal: Whether articles for staff alone are found too.
            unfinished: Whether the last word may still be being typed.
        """
        question = text[:_LONGEST_QUESTION]
        words = list(dict.fromkeys(keywords(question, language)))[:_MOST_WORDS]
        begun = _beginning(question) if unfinished else ""
        if not words and not begun:
            return []
        hits = queries.hits(connection, words, begun, internal=internal)
        known = set(words)
        order = ranked(hits, queries.count_public(connection), begun={word for _, word, _ in hits} - known)
        chosen = order[:limit]
        articles = queries.published(connection, [name for name, _ in chosen])
        return [_found(articles[name].article, language, score) for name, score in chosen if name in articles]

    def usage(self, connection: sa.Connection, *, since: int) -> dict[str, Usage]:
        """Return how articles were used since a moment (microseconds), by name."""
        return queries.usage(connection, since=since)

    def deflection(self, connection: sa.Connection, *, since: int, now: int) -> tuple[int, int]:
        """Return how many visits read an article since a moment, and how many of them sent no question within 24 hours.

        Visits of less than 24 hours ago are left out: of them nobody knows yet.
        """
        return queries.deflection(connection, since=since, until=now - DAY, within=DAY)

    def _index(self, connection: sa.Connection, article: Article) -> None:
        words = {
            language: weights(
                keywords(text.title, language),
                keywords(text.summary, language),
                keywords(text.body, language),
            )
            for language, text in article.texts.items()
        }
        queries.write_words(connection, article, words)


def _beginning(text: str) -> str:
    """Return the last word of a text, small letters only, where it is long enough to look for what begins with it."""
    if not text or text[-1].isspace():
        return ""
    last = text.rsplit(maxsplit=1)[-1].casefold()
    return last if len(last) >= _SHORTEST_BEGINNING and last.isalpha() else ""


def _found(article: Article, language: str, score: float = 0.0) -> Found:
    text = article.text(language)
    return Found(
        name=article.name,
        title=text.title if text else article.name,
        summary=text.summary if text else "",
        score=score,
        internal=article.internal,
    )


def _missing(name: str) -> NotFound:
    return NotFound(f"There is no article {name[:80]!r}.", hint="Look at the list of articles.")
