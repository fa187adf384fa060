"""The tables of audiences: the rules, how far each is filled, who is in them, and how large they were.

Members stand twice: per person in one value, read and written with the person, and per audience, to be listed and counted.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""On SQLite an INTEGER key is the row's own number; any other type would need a second tree."""

audiences = sa.Table(
    "audiences",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    # A deleted audience stays as a row without a rule: numbers must never be used twice, for members are kept under them.
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("announce", sa.SmallInteger, nullable=False),
    sa.Column("rule", sa.Text),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

audience_keepers = sa.Table(
    "audience_keepers",
    metadata,
    sa.Column("owner", sa.String, primary_key=True, comment="who asks rules that are no audiences"),
    sa.Column("rules", sa.Text, nullable=False),
    info={"kept": True},
)

audience_fillings = sa.Table(
    "audience_fillings",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False, comment="of the rule that members follow from"),
    sa.Column("cursor", sa.BigInteger, comment="last subject looked at; empty when everybody was"),
    sa.Column("looked_at", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)

audience_replays = sa.Table(
    "audience_replays",
    metadata,
    sa.Column("until", _number, primary_key=True, autoincrement=False, comment="last log position"),
)

audience_people = sa.Table(
    "audience_people",
    metadata,
    sa.Column("person", _number, primary_key=True, autoincrement=False),
    sa.Column("standing", sa.LargeBinary, nullable=False),
    sa.Column("due_at", sa.BigInteger, comment="when an answer may change without a new fact"),
)
sa.Index(
    "ix_audience_people_due_at",
    audience_people.c.due_at,
    sqlite_where=audience_people.c.due_at.is_not(None),
    postgresql_where=audience_people.c.due_at.is_not(None),
)

audience_members = sa.Table(
    "audience_members",
    metadata,
    sa.Column("audience", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# How far audiences overlap is asked from one audience's members to all audiences of each of them.
sa.Index("ix_audience_members_person", audience_members.c.person, audience_members.c.audience)

audience_sizes = sa.Table(
    "audience_sizes",
    metadata,
    sa.Column("audience", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column(
        "day",
        sa.Integer,
        primary_key=True,
        autoincrement=False,
        comment="since 1970, in the organisation's zone",
    ),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("entered", sa.BigInteger, nullable=False),
    sa.Column("left", sa.BigInteger, nullable=False),
    info={"kept": True},
)
