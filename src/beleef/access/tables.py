"""Tables of access: the installation's own secret, staff, sessions, tokens, audit log."""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    info={"kept": True},
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", _number, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

sessions = sa.Table(
    "sessions",
    metadata,
    # Only a hash of the cookie is kept: who reads the table cannot sign in with it.
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("staff", sa.BigInteger, nullable=False, index=True),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", _number, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger),
    info={"kept": True},
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("who", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", _number, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    info={"kept": True},
)
