"""The tables of articles, of their words, and of how visitors used them."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

knowledge_articles = sa.Table(
    "knowledge_articles",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("article", sa.Text, nullable=False, comment="the draft, JSON"),
    sa.Column("version", sa.Integer, nullable=False, comment="of the last publication, 0 for none"),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.Column("updated_by", sa.String, nullable=False),
    info={"kept": True},
)

knowledge_versions = sa.Table(
    "knowledge_versions",
    metadata,
    sa.Column("article", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content", sa.Text, nullable=False, comment="as it was published, JSON"),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    sa.Column("published_by", sa.String, nullable=False),
    info={"kept": True},
)

knowledge_words = sa.Table(
    "knowledge_words",
    metadata,
    sa.Column("language", sa.String, primary_key=True),
    sa.Column("word", sa.String, primary_key=True, comment="a lemma of the published text"),
    sa.Column("article", sa.String, primary_key=True),
    sa.Column("weight", sa.Integer, nullable=False),
    sa.Column("internal", sa.Boolean, nullable=False),
    info={"kept": True},
)

knowledge_visits = sa.Table(
    "knowledge_visits",
    metadata,
    sa.Column("visit", sa.String, primary_key=True, comment="a number by chance, kept nowhere else"),
    sa.Column("article", sa.String, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("place", sa.String, nullable=False),
    sa.Column("helpful", sa.Boolean, nullable=True, comment="null where nothing was said"),
)

knowledge_asked = sa.Table(
    "knowledge_asked",
    metadata,
    sa.Column("visit", sa.String, primary_key=True, comment="a visit that sent a question after all"),
    sa.Column("at", sa.BigInteger, nullable=False),
)
