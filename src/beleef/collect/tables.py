"""Tables of collect: sources, the repeat memory, the quarantine, and how far the worker is."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

sources = sa.Table(
    "sources",
    metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("write_key", sa.Text, nullable=False, unique=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("touchpoints", sa.Text, nullable=False),
    sa.Column("hook", sa.Text),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

message_runs = sa.Table(
    "message_runs",
    metadata,
    sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("last_fact", sa.BigInteger, nullable=False),
    sa.Column("bloom", sa.LargeBinary),
)

message_chunks = sa.Table(
    "message_chunks",
    metadata,
    sa.Column("run", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("chunk", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("message_id", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.BigInteger, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # open, replayed (as fact `replayed_as`) or discarded
    sa.Column("status", sa.Text, nullable=False, index=True),
    sa.Column("replayed_as", sa.BigInteger),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="JSON; on its way into the log"),
    info={"kept": True},
)

progress = sa.Table(
    "progress",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("processed", sa.BigInteger, nullable=False),
    sa.Column("repeated", sa.BigInteger, nullable=False),
    sa.Column("quarantined", sa.BigInteger, nullable=False),
    sa.Column("erased", sa.BigInteger, nullable=False),
    sa.Column("people", sa.BigInteger, nullable=False),
    # How often a subject became another person's: whoever keeps a copy of that map sees here that it is old.
    sa.Column("moved", sa.BigInteger, nullable=False),
    sa.Column("worked_at", sa.BigInteger, nullable=False),
)
"""One row, ``worker``: the log position that the state stands for, and the counts that go with it."""

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column("mapping", sa.Text, primary_key=True),
    sa.Column("checkpoint", sa.LargeBinary, nullable=False),
    info={"kept": True},
)
"""Where interrupted imports stand, by the fingerprints of file and mapping."""
