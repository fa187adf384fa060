"""SQL of articles, their words and their use."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from beleef.store.records.database import insert, is_any_of
from beleef.support.knowledge.model import Article, Publication, StoredArticle, Usage
from beleef.support.knowledge.tables import (
    knowledge_articles,
    knowledge_asked,
    knowledge_versions,
    knowledge_visits,
    knowledge_words,
)

_a = knowledge_articles.c
_v = knowledge_versions.c
_w = knowledge_words.c
_visits = knowledge_visits.c


def articles(connection: sa.Connection) -> list[StoredArticle]:
    """Return all articles by name."""
    return _stored(connection, sa.select(knowledge_articles).order_by(_a.name))


def article(connection: sa.Connection, name: str) -> StoredArticle | None:
    """Return an article, None where there is none of that name."""
    found = _stored(connection, sa.select(knowledge_articles).where(_a.name == name))
    return found[0] if found else None


def _stored(connection: sa.Connection, chosen: "sa.Select[tuple[object, ...]]") -> list[StoredArticle]:
    rows = connection.execute(chosen).all()
    last = _contents(connection, {row.name: row.version for row in rows if row.version})
    return [
        StoredArticle(
            article=msgspec.json.decode(row.article, type=Article),
            version=row.version,
            is_public=row.public,
            is_changed=last.get(row.name) != row.article,
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )
        for row in rows
    ]


def _contents(connection: sa.Connection, wanted: Mapping[str, int]) -> dict[str, str]:
    if not wanted:
        return {}
    chosen = sa.select(_v.article, _v.version, _v.content).where(is_any_of(_v.article, sorted(wanted)))
    return {
        row.article: row.content for row in connection.execute(chosen) if row.version == wanted[row.article]
    }


def save(connection: sa.Connection, one: Article, *, by: str, now: int) -> None:
    """Write an article's draft."""
    changed = {"article": _written(one), "updated_at": now, "updated_by": by}
    statement = insert(knowledge_articles, connection).values(
        name=one.name, version=0, public=False, **changed
    )
    connection.execute(statement.on_conflict_do_update(index_elements=[_a.name], set_=changed))


def delete(connection: sa.Connection, name: str) -> None:
    """Remove an article with its publications and words."""
    connection.execute(sa.delete(knowledge_words).where(_w.article == name))
    connection.execute(sa.delete(knowledge_versions).where(_v.article == name))
    connection.execute(sa.delete(knowledge_articles).where(_a.name == name))


def publish(connection: sa.Connection, one: Article, version: int, *, by: str, now: int) -> None:
    """Write a publication and make it the one that is read."""
    connection.execute(
        sa.insert(knowledge_versions).values(
            article=one.name, version=version, content=_written(one), published_at=now, published_by=by
        )
    )
    connection.execute(
        sa.update(knowledge_articles).where(_a.name == one.name).values(version=version, public=True)
    )


def withdraw(connection: sa.Connection, name: str) -> None:
    """Let an article be read no more; its publications stay."""
    connection.execute(sa.update(knowledge_articles).where(_a.name == name).values(public=False))
    connection.execute(sa.delete(knowledge_words).where(_w.article == name))


def versions(connection: sa.Connection, name: str) -> list[Publication]:
    """Return the publications of an article, the newest first."""
    chosen = sa.select(knowledge_versions).where(_v.article == name).order_by(_v.version.desc())
    return [_publication(row) for row in connection.execute(chosen)]


def published(connection: sa.Connection, names: Collection[str] | None = None) -> dict[str, Publication]:
    """Return what is to be read now, by name; of some articles, or of all."""
    chosen = sa.select(knowledge_versions).join(
        knowledge_articles, sa.and_(_a.name == _v.article, _a.version == _v.version, _a.public)
    )
    if names is not None:
        chosen = chosen.where(is_any_of(_v.article, sorted(names)))
    return {row.article: _publication(row) for row in connection.execute(chosen.order_by(_v.article))}


def write_words(connection: sa.Connection, one: Article, words: Mapping[str, Mapping[str, int]]) -> None:
    """Write which words an article is found by, by language."""
    connection.execute(sa.delete(knowledge_words).where(_w.article == one.name))
    rows = [
        {"language": language, "word": word, "article": one.name, "weight": weight, "internal": one.internal}
        for language, weights in words.items()
        for word, weight in weights.items()
    ]
    if rows:
        connection.execute(sa.insert(knowledge_words), rows)


def hits(
    connection: sa.Connection, words: Sequence[str], begun: str, *, internal: bool
) -> list[tuple[str, str, int]]:
    """Return article, word and weight for words that an article has, in whatever language it has them.

    Args:
        connection: Open.
        words: Lemmas.
        begun: The beginning of a word that may not be whole yet; empty for none.
        internal: Whether articles for staff alone are found too.
    """
    fits: sa.ColumnElement[bool] = is_any_of(_w.word, list(words))
    if begun:
        fits = sa.or_(fits, _w.word.startswith(begun, autoescape=True))
    chosen = sa.select(_w.article, _w.word, sa.func.max(_w.weight).label("weight")).where(fits)
    if not internal:
        chosen = chosen.where(sa.not_(_w.internal))
    rows = connection.execute(chosen.group_by(_w.article, _w.word).order_by(_w.article, _w.word))
    return [(row.article, row.word, row.weight) for row in rows]


def count_public(connection: sa.Connection) -> int:
    """Return how many articles are to be read now."""
    return connection.execute(sa.select(sa.func.count()).where(_a.public)).scalar_one()


def note_viewed(connection: sa.Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write which visits read which article; what is there stays."""
    if rows:
        connection.execute(
            insert(knowledge_visits, connection).on_conflict_do_nothing(), [dict(row) for row in rows]
        )


def note_helpful(connection: sa.Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write which visits said whether an article helped; what was said first stays."""
    if not rows:
        return
    statement = insert(knowledge_visits, connection)
    said = statement.on_conflict_do_update(
        index_elements=[_visits.visit, _visits.article],
        set_={"helpful": statement.excluded.helpful},
        where=_visits.helpful.is_(None),
    )
    connection.execute(said, [dict(row) for row in rows])


def note_asked(connection: sa.Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Write which visits sent a question."""
    if rows:
        connection.execute(
            insert(knowledge_asked, connection).on_conflict_do_nothing(), [dict(row) for row in rows]
        )


def usage(connection: sa.Connection, *, since: int) -> dict[str, Usage]:
    """Return how articles were used since a moment, by name."""
    asked = knowledge_asked.c
    chosen = (
        sa.select(
            _visits.article,
            sa.func.count().label("visits"),
            sa.func.sum(sa.case((_visits.helpful, 1), else_=0)).label("helped"),
            sa.func.sum(sa.case((sa.not_(_visits.helpful), 1), else_=0)).label("did_not"),
            sa.func.count(asked.visit).label("asked"),
        )
        .select_from(knowledge_visits.outerjoin(knowledge_asked, asked.visit == _visits.visit))
        .where(_visits.at >= since)
        .group_by(_visits.article)
    )
    return {
        row.article: Usage(
            visits=row.visits, helped=int(row.helped), did_not_help=int(row.did_not), asked=row.asked
        )
        for row in connection.execute(chosen)
    }


def deflection(connection: sa.Connection, *, since: int, until: int, within: int) -> tuple[int, int]:
    """Return how many visits first read an article in a span of time, and how many of them sent no question within so long."""
    asked = knowledge_asked.c
    first = sa.func.min(_visits.at)
    visits = sa.select(_visits.visit, first.label("at")).group_by(_visits.visit)
    visits = visits.having(first >= since, first < until)
    read = visits.subquery()
    followed_it = sa.and_(asked.visit == read.c.visit, asked.at < read.c.at + within)
    chosen = sa.select(sa.func.count(), sa.func.count(asked.visit)).select_from(
        read.outerjoin(knowledge_asked, followed_it)
    )
    all_, followed = connection.execute(chosen).one()
    return int(all_), int(all_) - int(followed)


def _publication(row: "sa.Row[tuple[object, ...]]") -> Publication:
    return Publication(
        article=msgspec.json.decode(row.content, type=Article),
        version=row.version,
        published_at=row.published_at,
        published_by=row.published_by,
    )


def _written(one: Article) -> str:
    return msgspec.json.encode(one, order="sorted").decode()
