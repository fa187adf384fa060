"""The tables of profiles: state per subject and per account, search terms, and the definitions of computed traits.

State is one value per subject, because it is always read and written whole.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from beleef.store.records.database import metadata

_Term = sa.String().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Compared byte by byte on both databases, so that "begins with" is a range of the index."""

_Subject = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""In SQLite only a column called INTEGER is the table's own key; any other costs a second tree beside it."""

profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("subject", _Subject, primary_key=True, autoincrement=False),
    sa.Column("first_seen", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.BigInteger, nullable=False),
    # The day, not the moment, is indexed: so the index changes once a day per subject, not with every fact.
    sa.Column("last_day", sa.Integer, nullable=False, index=True),
    sa.Column("state", sa.LargeBinary, nullable=False),
)

account_profiles = sa.Table(
    "account_profiles",
    metadata,
    sa.Column("account", sa.String, primary_key=True),
    sa.Column("state", sa.LargeBinary, nullable=False),
)

search_terms = sa.Table(
    "search_terms",
    metadata,
    sa.Column("term", _Term, primary_key=True),
    sa.Column("subject", sa.BigInteger, primary_key=True, autoincrement=False, index=True),
    sqlite_with_rowid=False,
)

computed_traits = sa.Table(
    "computed_traits",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    # A deleted definition stays as a row without content: versions must never be used twice, for state is kept under them.
    sa.Column("definition", sa.Text),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, unique=True),
    sa.Column("filled", sa.Boolean, nullable=False),
    sa.Column("folded_from", sa.BigInteger),
    sa.Column("filling", sa.SmallInteger, nullable=False, server_default="0"),
    info={"kept": True},
)
