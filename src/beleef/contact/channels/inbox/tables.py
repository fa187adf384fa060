"""The table of messages in inboxes."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

inbox_items = sa.Table(
    "inbox_items",
    metadata,
    sa.Column("contact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("subject", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("parts", sa.Text, nullable=False),
    sa.Column("read_at", sa.BigInteger),
    sa.Column("clicked_at", sa.BigInteger),
    sa.Column("dismissed_at", sa.BigInteger),
    sa.Index("ix_inbox_items_subject", "subject", "contact"),
    info={"kept": True},
)
