"""The tables of handing over: to whom, what the other side knows, and what became of each attempt. All are acts, and stay."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

hand_overs = sa.Table(
    "hand_overs",
    metadata,
    sa.Column("number", _number, primary_key=True),
    sa.Column("audience", sa.String, nullable=False, index=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("is_webhook", sa.SmallInteger, nullable=False),
    sa.Column("secret", sa.String, nullable=False),
    sa.Column("paused", sa.SmallInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, comment="of the rule its members were compared with"),
    sa.Column("cursor", sa.BigInteger, comment="last person compared; empty when everybody was"),
    sa.Column("next_at", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("told", sa.BigInteger, nullable=False),
    info={"kept": True},
)

hand_over_people = sa.Table(
    "hand_over_people",
    metadata,
    sa.Column("hand_over", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("told", sa.SmallInteger, nullable=False),
    sa.Column("changes", sa.Integer, nullable=False, comment="how many changes the other side was told"),
    sa.Column("due_at", sa.BigInteger, comment="since when to look; empty for nothing to do"),
    sqlite_with_rowid=False,
    info={"kept": True},
)
sa.Index(
    "ix_hand_over_people_due_at",
    hand_over_people.c.hand_over,
    hand_over_people.c.due_at,
    sqlite_where=hand_over_people.c.due_at.is_not(None),
    postgresql_where=hand_over_people.c.due_at.is_not(None),
)

hand_over_runs = sa.Table(
    "hand_over_runs",
    metadata,
    sa.Column("number", _number, primary_key=True),
    sa.Column("hand_over", sa.BigInteger, nullable=False, index=True),
    sa.Column("began_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("people", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    info={"kept": True},
)
