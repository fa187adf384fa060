"""The table of topics."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

contact_topics = sa.Table(
    "contact_topics",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("labels", sa.Text, nullable=False, comment="language and text, JSON"),
    sa.Column("helps", sa.Text, nullable=False, comment="language and text, JSON"),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    info={"kept": True},
)
