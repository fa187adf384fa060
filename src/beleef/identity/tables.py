"""The tables of identity: identifiers and the evidence between them, what was refused, accounts, and who was erased.

Only the worker writes them, inside the transaction that also moves its place in the log.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""On SQLite an INTEGER key is the row's own number; any other type would need a second tree."""

namespaces = sa.Table(
    "namespaces",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("is_device", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("limit", sa.Integer, nullable=False),
    sa.Column("blocked", sa.JSON, nullable=False),
    sa.Column("traits", sa.JSON, nullable=False),
    sa.Column("enabled", sa.Boolean(create_constraint=False), nullable=False),
    info={"kept": True},
)

identity_versions = sa.Table(
    "identity_versions",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="rules_saved, rules_applied or erasures"),
    sa.Column("version", _number, nullable=False),
    info={"kept": True},
)

identifiers = sa.Table(
    "identifiers",
    metadata,
    sa.Column("id", _number, primary_key=True, autoincrement=False),
    sa.Column("namespace", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("person", _number, nullable=False, comment="number of the person's strongest identifier"),
    sa.Column(
        "component",
        _number,
        comment="set while something in it is refused: all that must be decided together",
    ),
    sa.Column(
        "first_at", _number, nullable=False, comment="microseconds; the largest number while only named"
    ),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("is_blocked", sa.SmallInteger, nullable=False, server_default="0"),
)
# Most identifiers are a person of their own, and most components are one person: these stay small.
sa.Index(
    "ix_identifiers_person",
    identifiers.c.person,
    sqlite_where=identifiers.c.person != identifiers.c.id,
    postgresql_where=identifiers.c.person != identifiers.c.id,
)
sa.Index(
    "ix_identifiers_component",
    identifiers.c.component,
    sqlite_where=identifiers.c.component.is_not(None),
    postgresql_where=identifiers.c.component.is_not(None),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("a", _number, primary_key=True, autoincrement=False),
    # Part of the keys, so that the evidence of a public computer with 100,000 users is passed over without reading it.
    sa.Column("a_shared", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("b", _number, primary_key=True, autoincrement=False),
    sa.Column("b_shared", sa.SmallInteger, nullable=False),
    sa.Column("kind", sa.SmallInteger, nullable=False, comment="place in model.KINDS"),
    sa.Column("first_at", _number, nullable=False),
    sa.Column("fact", _number, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("undone", sa.SmallInteger, nullable=False),
    sa.Index("ix_evidence_b", "b", "b_shared"),
    sqlite_with_rowid=False,
)

evidence_verdicts = sa.Table(
    "evidence_verdicts",
    metadata,
    sa.Column("a", _number, primary_key=True, autoincrement=False),
    sa.Column("b", _number, primary_key=True, autoincrement=False),
    sa.Column("undone", sa.SmallInteger, nullable=False),
    sa.Column("fact", _number, nullable=False, comment="the verdict with the highest one stands"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _number, nullable=False),
    sa.Index("ix_evidence_verdicts_b", "b"),
)

identity_refusals = sa.Table(
    "identity_refusals",
    metadata,
    sa.Column("a", _number, primary_key=True, autoincrement=False),
    sa.Column("b", _number, primary_key=True, autoincrement=False, comment="0: a is shared by too many"),
    sa.Column("namespace", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("a_conflict", _number, nullable=False),
    sa.Column("b_conflict", _number, nullable=False),
    sa.Index("ix_identity_refusals_b", "b"),
)

erased = sa.Table(
    "erased",
    metadata,
    sa.Column("subject", _number, primary_key=True, autoincrement=False),
    sa.Column("erased_at", _number, nullable=False),
    sa.Column(
        "last_fact",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        comment="highest number of a fact that could have been worked on before",
    ),
    info={"kept": True},
)
"""Kept, because the log no longer says who was erased: that is the point."""

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", _number, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Text, nullable=False),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("account", _number, primary_key=True, autoincrement=False),
    sa.Column("subject", _number, primary_key=True, autoincrement=False),
    sa.Column("first_at", _number, nullable=False),
    sa.Column("last_at", _number, nullable=False),
    sa.Index("ix_memberships_subject", "subject"),
    sqlite_with_rowid=False,
)
