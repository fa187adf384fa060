"""The tables of letters, and of the days whose letters were given to the print service."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

letters = sa.Table(
    "letters",
    metadata,
    sa.Column("contact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("day", sa.String, nullable=False, index=True, comment="YYYY-MM-DD in the organisation's zone"),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("address", sa.Text, nullable=False, comment="lines"),
    sa.Column("body", sa.Text, nullable=False),
    info={"kept": True},
)

letter_days = sa.Table(
    "letter_days",
    metadata,
    sa.Column("day", sa.String, primary_key=True),
    sa.Column("handed_over_at", sa.BigInteger, nullable=False),
    sa.Column("handed_over_by", sa.String, nullable=False),
    info={"kept": True},
)
