"""The tables of content: drafts and versions of messages and blocks, feeds, pictures, and what the organisation calls itself."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

content = sa.Table(
    "content",
    metadata,
    sa.Column("kind", sa.String, primary_key=True, comment="message or block"),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("draft", sa.Text, nullable=False, comment="JSON"),
    sa.Column("published", sa.Integer),
    sa.Column("latest", sa.Integer, nullable=False),
    sa.Column("changed", sa.Boolean, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("changed_by", sa.String, nullable=False),
    info={"kept": True},
)

content_versions = sa.Table(
    "content_versions",
    metadata,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False, comment="JSON"),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    sa.Column("published_by", sa.String, nullable=False),
    sa.Column("note", sa.String, nullable=False),
    info={"kept": True},
)
"""Rows are only ever added; those of something deleted stay, so that a number never means two texts."""

content_feeds = sa.Table(
    "content_feeds",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("key_field", sa.String, nullable=False),
    sa.Column("fields", sa.Text, nullable=False, comment="JSON"),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

content_items = sa.Table(
    "content_items",
    metadata,
    sa.Column("feed", sa.String, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("item", sa.Text, nullable=False, comment="JSON"),
    sqlite_with_rowid=False,
    info={"kept": True},
)

content_images = sa.Table(
    "content_images",
    metadata,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("extension", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("alt", sa.String, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("added_at", sa.BigInteger, nullable=False),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    info={"kept": True},
)

content_state = sa.Table(
    "content_state",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column(
        "generation",
        sa.String,
        nullable=False,
        comment="another after every change of what messages are made of",
    ),
    sa.Column("organisation", sa.Text, nullable=False, comment="JSON; empty until somebody filled it in"),
    info={"kept": True},
)
"""One row, ``content``."""
