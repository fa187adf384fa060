"""The tables of contact: the ledger and its decisions, rules and channels, and what facts tell of each person's standing.

Acts and configuration are kept; a person's standing and what bounced follow from the facts.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", _Number, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("subject", sa.BigInteger, nullable=False),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("via", sa.String, nullable=False),
    sa.Column("topic", sa.String, nullable=False),
    sa.Column("message", sa.String, nullable=False),
    sa.Column("version", sa.Integer),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="parts and variables, msgpack"),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("variant", sa.String, nullable=False),
    sa.Column("fact", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("not_before", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Who has it in hand, and until when that is believed; both mean something while reserved or sending only.
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("leased_until", sa.BigInteger, nullable=False),
    sa.Column("valid_until", sa.BigInteger, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("delivered_at", sa.BigInteger),
    sa.Column("bounced_at", sa.BigInteger),
    sa.Column("opened_at", sa.BigInteger),
    sa.Column("clicked_at", sa.BigInteger),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("provider_id", sa.String, nullable=False),
    sa.Column("error", sa.String, nullable=False),
    sa.Column("is_reminder", sa.Boolean, nullable=False, server_default="0"),
    sa.Index("ix_contacts_state_due", "state", "due_at"),
    sa.Index("ix_contacts_subject", "subject"),
    sa.Index("ix_contacts_campaign", "campaign", "step"),
    sa.Index("ix_contacts_provider", "provider_id"),
    sa.Index("ix_contacts_created", "created_at"),
    info={"kept": True},
)

contact_decisions = sa.Table(
    "contact_decisions",
    metadata,
    sa.Column("id", _Number, primary_key=True),
    sa.Column("contact", sa.BigInteger, nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("until", sa.BigInteger),
    sa.Column("rule", sa.String, nullable=False),
    info={"kept": True},
)

contact_rules = sa.Table(
    "contact_rules",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("saved_at", sa.BigInteger, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    info={"kept": True},
)
"""Every version that was ever in force; the highest is."""

contact_turns = sa.Table(
    "contact_turns",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("turn", sa.BigInteger, nullable=False),
    info={"kept": True},
)
"""One row, ``gate``: whoever decides changes it first, so that deciding happens one at a time on every database."""

channels = sa.Table(
    "channels",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("driver", sa.String, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("per_second", sa.Float, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

channel_secrets = sa.Table(
    "channel_secrets",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("secrets", sa.Text, nullable=False),
    info={"kept": True},
)

kept_messages = sa.Table(
    "kept_messages",
    metadata,
    sa.Column("contact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("parts", sa.Text, nullable=False),
    info={"kept": True},
)
"""What the built-in outbox took instead of the wire."""

contact_standing = sa.Table(
    "contact_standing",
    metadata,
    sa.Column("subject", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("about", sa.String, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("fact", sa.BigInteger, nullable=False),
    sa.Column("said", sa.String, nullable=False),
)
"""Per subject the latest word about each thing, by (moment, fact): so merges and late facts need no counting again."""

contact_returns = sa.Table(
    "contact_returns",
    metadata,
    sa.Column("fact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("address", sa.BigInteger, nullable=False, index=True, comment="keyed hash"),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False, comment="hard, soft or complained"),
    sa.Column("at", sa.BigInteger, nullable=False),
)
"""What came back from addresses, by their hashes."""

contact_suppressions = sa.Table(
    "contact_suppressions",
    metadata,
    sa.Column("channel", sa.String, primary_key=True),
    sa.Column("address", sa.BigInteger, primary_key=True, autoincrement=False, comment="keyed hash"),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    info={"kept": True},
)
"""Addresses that are left alone whatever facts say: put there by staff, or left by somebody who was erased."""
