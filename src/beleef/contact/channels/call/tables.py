"""The table of calls to make."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

call_tasks = sa.Table(
    "call_tasks",
    metadata,
    sa.Column("contact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("phone", sa.String, nullable=False),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column("script", sa.Text, nullable=False),
    sa.Column("outcome", sa.String, nullable=False, comment="empty while the call is still to be made"),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("done_at", sa.BigInteger),
    sa.Column("done_by", sa.String, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Index("ix_call_tasks_outcome_due", "outcome", "due_at"),
    info={"kept": True},
)
