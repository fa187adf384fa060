"""The tables of support: rules, numbers and mailboxes, which are kept, and cases with all that follows from the facts.

Nobody's clock is stored to be edited: whatever stands in a case's row is worked out from its entries, and a rebuild makes it again.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_KEPT = {"kept": True}

service_rules = sa.Table(
    "service_rules",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("saved_at", sa.BigInteger, nullable=False),
    sa.Column("saved_by", sa.String, nullable=False),
    info=_KEPT,
)
"""Every version that was ever in force: promises are worked out by the version of their moment."""

case_numbers = sa.Table(
    "case_numbers",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.String, nullable=False, unique=True),
    info=_KEPT,
)
"""Which number was given to what, once and for all: customers have it in their mail."""

case_progress = sa.Table(
    "case_progress",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last_fact", sa.BigInteger, nullable=False),
    info=_KEPT,
)
"""How far the facts were worked on: what a replay works on again was told and answered then."""

mailboxes = sa.Table(
    "mailboxes",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    info=_KEPT,
)

mailbox_secrets = sa.Table(
    "mailbox_secrets",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("secrets", sa.Text, nullable=False),
    info=_KEPT,
)

mailbox_places = sa.Table(
    "mailbox_places",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("validity", sa.BigInteger, nullable=False, comment="UIDVALIDITY of the folder"),
    sa.Column("uid", sa.BigInteger, nullable=False, comment="the last mail that was taken"),
    sa.Column("fetched_at", sa.BigInteger, nullable=False),
    sa.Column("error", sa.String, nullable=False),
    info=_KEPT,
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.BigInteger, nullable=False),
    sa.Column("cause", sa.String, nullable=False),
    sa.Column("of", sa.String, nullable=False, index=True),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("is_open", sa.SmallInteger, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("priority", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("assignee", sa.String, nullable=False),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("department", sa.String, nullable=False),
    sa.Column("touchpoint", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("tags", sa.String, nullable=False, comment="JSON"),
    sa.Column("opened_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("customer_at", sa.BigInteger),
    sa.Column("closed_at", sa.BigInteger),
    sa.Column("first_closed_at", sa.BigInteger),
    sa.Column("last_at", sa.BigInteger, nullable=False),
    sa.Column("last_customer_at", sa.BigInteger),
    sa.Column("first_reply_at", sa.BigInteger),
    sa.Column("last_reply_at", sa.BigInteger),
    sa.Column("snoozed_until", sa.BigInteger),
    sa.Column("waiting_since", sa.BigInteger),
    sa.Column("messages", sa.Integer, nullable=False),
    sa.Column("replies", sa.Integer, nullable=False),
    sa.Column("handlers", sa.Integer, nullable=False),
    sa.Column("reopened", sa.Integer, nullable=False),
    sa.Column("root_cause", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False),
    sa.Column("parent", sa.BigInteger, nullable=False),
    sa.Column("merged_into", sa.BigInteger, nullable=False),
    sa.Column("follows", sa.BigInteger, nullable=False),
    sa.Column("complaints", sa.Integer, nullable=False),
    sa.Column("next_due_at", sa.BigInteger),
    sa.Column("next_kind", sa.String, nullable=False),
    sa.Column(
        "dealt", sa.SmallInteger, nullable=False, comment="1: an assignee was named and has not shown yet"
    ),
    # The inbox's questions, each answered from one end of an index.
    sa.Index("ix_cases_last", "last_at", "number"),
    sa.Index("ix_cases_open", "is_open", "last_at", "number"),
    sa.Index("ix_cases_status", "status", "last_at", "number"),
    sa.Index("ix_cases_assignee", "assignee", "is_open", "last_at", "number"),
    sa.Index("ix_cases_team", "team", "is_open", "last_at", "number"),
    sa.Index("ix_cases_department", "department", "is_open", "last_at", "number"),
    sa.Index("ix_cases_kind", "kind", "is_open", "last_at", "number"),
    sa.Index("ix_cases_priority", "priority", "is_open", "last_at", "number"),
    sa.Index("ix_cases_channel", "channel", "is_open", "last_at", "number"),
    sa.Index("ix_cases_due", "is_open", "next_due_at", "number"),
    sa.Index("ix_cases_assignee_due", "assignee", "is_open", "next_due_at", "number"),
    sa.Index("ix_cases_undealt", "dealt", "is_open", "assignee", "team", "number"),
    sa.Index("ix_cases_root_cause", "root_cause", "closed_at"),
    sa.Index("ix_cases_snoozed", "snoozed_until"),
    sa.Index("ix_cases_parent", "parent"),
    sa.Index("ix_cases_merged", "merged_into"),
)

case_entries = sa.Table(
    "case_entries",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("fact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("subject", sa.BigInteger, nullable=False),
    sa.Column("data", sa.Text, nullable=False, comment="JSON"),
    sa.Column("body", sa.Text, nullable=False, comment="JSON: text, html, quoted, attachments"),
    sa.Index("ix_case_entries_subject", "subject", "at"),
)

case_promises = sa.Table(
    "case_promises",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
    sa.Column("raw_due_at", sa.BigInteger, nullable=False),
    sa.Column("warn_at", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("met_at", sa.BigInteger),
    sa.Column("paused_s", sa.BigInteger, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("next_at", sa.BigInteger, index=True),
)

case_waits = sa.Table(
    "case_waits",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("turn", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("since", sa.BigInteger, nullable=False, index=True),
    sa.Column("until", sa.BigInteger),
    sa.Column("answered", sa.SmallInteger, nullable=False),
)

case_tags = sa.Table(
    "case_tags",
    metadata,
    sa.Column("tag", sa.String, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, index=True),
)

case_words = sa.Table(
    "case_words",
    metadata,
    sa.Column("word", sa.String, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    # Whether a case has a word, or one that begins so, is seen in the index alone.
    sa.Index("ix_case_words_number_word", "number", "word"),
)

case_people = sa.Table(
    "case_people",
    metadata,
    sa.Column("subject", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, index=True),
)

case_threads = sa.Table(
    "case_threads",
    metadata,
    sa.Column("mark", sa.String, primary_key=True, comment="a Message-ID, or a thread of another channel"),
    sa.Column("number", sa.BigInteger, nullable=False, index=True),
)
"""By what a message tells which case it goes on with."""

own_views = sa.Table(
    "case_own_views",
    metadata,
    sa.Column("owner", sa.String, primary_key=True, comment="a colleague's e-mail address"),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    info={"kept": True},
)
"""Questions to the inbox that colleagues keep for themselves."""
