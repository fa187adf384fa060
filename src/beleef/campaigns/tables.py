"""The tables of campaigns: definitions and versions, runs, what became of them, and how far the log was worked on.

All of it is configuration or acts, which a rebuild keeps: nobody is thanked twice because the log was replayed.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEPT = {"kept": True}

campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("definition", sa.Text, nullable=False, comment="JSON; as last saved"),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="in force; 0 for none"),
    sa.Column("active_from", sa.BigInteger),
    sa.Column("paused_at", sa.BigInteger),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    info=_KEPT,
)

campaign_versions = sa.Table(
    "campaign_versions",
    metadata,
    sa.Column("campaign", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("definition", sa.Text, nullable=False, comment="JSON"),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    sa.Column("in_flight", sa.String, nullable=False),
    info=_KEPT,
)

campaign_changes = sa.Table(
    "campaign_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("change", sa.BigInteger, nullable=False, comment="grows with every change of any campaign"),
    sa.Column("last_fact", sa.BigInteger, nullable=False, comment="the last fact that was worked on"),
    info=_KEPT,
)
"""One row, number 1."""

_UNDER_WAY = sa.column("ended_at").is_(None)

campaign_runs = sa.Table(
    "campaign_runs",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=False),
    sa.Column("campaign", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("came", sa.Boolean, nullable=False),
    sa.Column("due_at", sa.BigInteger),
    sa.Column("entered_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("variants", sa.String, nullable=False, comment="JSON"),
    sa.Column("covariates", sa.String, nullable=False, comment="JSON"),
    sa.Column("sent_step", sa.String, nullable=False, comment="the last message it meant to send"),
    sa.Column("trigger", sa.String, nullable=False),
    sa.Column("fact", sa.BigInteger, nullable=False),
    sa.Column("properties", sa.LargeBinary, nullable=False, comment="JSON"),
    sa.Column(
        "drawn_as", sa.BigInteger, comment="whose place in each draw it takes; null: its own subject's"
    ),
    sa.Index(
        "uq_campaign_runs_under_way",
        "subject",
        "campaign",
        "key",
        unique=True,
        sqlite_where=_UNDER_WAY,
        postgresql_where=_UNDER_WAY,
    ),
    sa.Index(
        "ix_campaign_runs_due", "campaign", "due_at", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY
    ),
    sa.Index("ix_campaign_runs_entered", "campaign", "entered_at"),
    info=_KEPT,
)

campaign_goals = sa.Table(
    "campaign_goals",
    metadata,
    sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("goal", sa.String, primary_key=True),
    sa.Column("fact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("step", sa.String, nullable=False, comment="the last message before it"),
    sa.Column("revenue", sa.Float, nullable=False),
    sa.Column("currency", sa.String, nullable=False),
    info=_KEPT,
)

campaign_passages = sa.Table(
    "campaign_passages",
    metadata,
    sa.Column("campaign", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("step", sa.String, primary_key=True),
    sa.Column("way", sa.String, primary_key=True),
    sa.Column("runs", sa.BigInteger, nullable=False),
    info=_KEPT,
)
"""How many runs came through each step, and by which way they left it; it names nobody, so erasure leaves it."""

campaign_remains = sa.Table(
    "campaign_remains",
    metadata,
    sa.Column("campaign", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("variants", sa.String, primary_key=True),
    sa.Column("goal", sa.String, primary_key=True, comment="empty for all runs"),
    sa.Column("runs", sa.BigInteger, nullable=False),
    sa.Column("total", sa.Float, nullable=False),
    sa.Column("squares", sa.Float, nullable=False),
    sa.Column("cubes", sa.Float, nullable=False, server_default="0"),
    info=_KEPT,
)
"""What is left of the runs of people who were erased: numbers that belong to nobody."""

campaign_fillings = sa.Table(
    "campaign_fillings",
    metadata,
    sa.Column("campaign", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.String, primary_key=True, comment="ISO 8601"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("after", sa.BigInteger, nullable=False, comment="the last person who was brought in"),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("entered", sa.BigInteger, nullable=False),
    info=_KEPT,
)
"""How far the members of an audience were brought in at each of a schedule's days."""
