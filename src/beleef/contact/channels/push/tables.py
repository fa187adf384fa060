"""The table of browsers that take notifications."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

push_subscriptions = sa.Table(
    "push_subscriptions",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="hash of the endpoint"),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("p256dh", sa.String, nullable=False),
    sa.Column("auth", sa.String, nullable=False),
    sa.Column("added_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)
