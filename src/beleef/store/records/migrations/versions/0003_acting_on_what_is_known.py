"""Acting on what is known."""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema from the revision before to this one."""
    op.create_table(
        "audience_fillings",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="of the rule that members follow from"),
        sa.Column(
            "cursor",
            sa.BigInteger(),
            nullable=True,
            comment="last subject looked at; empty when everybody was",
        ),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audience_fillings")),
    )
    op.create_table(
        "audience_keepers",
        sa.Column("owner", sa.String(), nullable=False, comment="who asks rules that are no audiences"),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_audience_keepers")),
        info={"kept": True},
    )
    op.create_table(
        "audience_members",
        sa.Column("audience", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "person", name=op.f("pk_audience_members")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audience_people",
        sa.Column(
            "person",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("standing", sa.LargeBinary(), nullable=False),
        sa.Column(
            "due_at", sa.BigInteger(), nullable=True, comment="when an answer may change without a new fact"
        ),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_audience_people")),
    )
    with op.batch_alter_table("audience_people", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audience_people_due_at",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "audience_replays",
        sa.Column(
            "until",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="last log position",
        ),
        sa.PrimaryKeyConstraint("until", name=op.f("pk_audience_replays")),
    )
    op.create_table(
        "audience_sizes",
        sa.Column("audience", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "day",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="since 1970, in the organisation's zone",
        ),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "day", name=op.f("pk_audience_sizes")),
        info={"kept": True},
    )
    op.create_table(
        "audiences",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("announce", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audiences")),
        sa.UniqueConstraint("number", name=op.f("uq_audiences_number")),
        info={"kept": True},
    )
    op.create_table(
        "call_tasks",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False, comment="empty while the call is still to be made"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_call_tasks")),
        info={"kept": True},
    )
    with op.batch_alter_table("call_tasks", schema=None) as batch_op:
        batch_op.create_index("ix_call_tasks_outcome_due", ["outcome", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_tasks_subject"), ["subject"], unique=False)

    op.create_table(
        "campaign_changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "change", sa.BigInteger(), nullable=False, comment="grows with every change of any campaign"
        ),
        sa.Column("last_fact", sa.BigInteger(), nullable=False, comment="the last fact that was worked on"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_changes")),
        info={"kept": True},
    )
    op.create_table(
        "campaign_fillings",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(), nullable=False, comment="ISO 8601"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False, comment="the last person who was brought in"),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "day", name=op.f("pk_campaign_fillings")),
        info={"kept": True},
    )
    op.create_table(
        "campaign_goals",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("fact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.String(), nullable=False, comment="the last message before it"),
        sa.Column("revenue", sa.Float(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("run", "goal", "fact", name=op.f("pk_campaign_goals")),
        info={"kept": True},
    )
    op.create_table(
        "campaign_passages",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "version", "step", "way", name=op.f("pk_campaign_passages")),
        info={"kept": True},
    )
    op.create_table(
        "campaign_remains",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("variants", sa.String(), nullable=False),
        sa.Column("goal", sa.String(), nullable=False, comment="empty for all runs"),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("squares", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "version", "variants", "goal", name=op.f("pk_campaign_remains")),
        info={"kept": True},
    )
    op.create_table(
        "campaign_runs",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("campaign", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("came", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("variants", sa.String(), nullable=False, comment="JSON"),
        sa.Column("covariates", sa.String(), nullable=False, comment="JSON"),
        sa.Column("sent_step", sa.String(), nullable=False, comment="the last message it meant to send"),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("properties", sa.LargeBinary(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_runs")),
        info={"kept": True},
    )
    with op.batch_alter_table("campaign_runs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_campaign_runs_due",
            ["campaign", "due_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index("ix_campaign_runs_entered", ["campaign", "entered_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_campaign_runs_subject"), ["subject"], unique=False)
        batch_op.create_index(
            "uq_campaign_runs_under_way",
            ["subject", "campaign", "key"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "campaign_versions",
        sa.Column("campaign", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("in_flight", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "version", name=op.f("pk_campaign_versions")),
        info={"kept": True},
    )
    op.create_table(
        "campaigns",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False, comment="JSON; as last saved"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="in force; 0 for none"),
        sa.Column("active_from", sa.BigInteger(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
        info={"kept": True},
    )
    op.create_table(
        "channel_secrets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channel_secrets")),
        info={"kept": True},
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("driver", sa.String(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("per_second", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
        info={"kept": True},
    )
    op.create_table(
        "contact_decisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_decisions")),
        info={"kept": True},
    )
    with op.batch_alter_table("contact_decisions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_decisions_contact"), ["contact"], unique=False)

    op.create_table(
        "contact_returns",
        sa.Column("fact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.BigInteger(), nullable=False, comment="keyed hash"),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="hard, soft or complained"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fact", name=op.f("pk_contact_returns")),
    )
    with op.batch_alter_table("contact_returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_returns_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_returns_subject"), ["subject"], unique=False)

    op.create_table(
        "contact_rules",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_contact_rules")),
        info={"kept": True},
    )
    op.create_table(
        "contact_standing",
        sa.Column("subject", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "about", name=op.f("pk_contact_standing")),
    )
    op.create_table(
        "contact_suppressions",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.BigInteger(), autoincrement=False, nullable=False, comment="keyed hash"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_contact_suppressions")),
        info={"kept": True},
    )
    op.create_table(
        "contact_topics",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False, comment="language and text, JSON"),
        sa.Column("helps", sa.Text(), nullable=False, comment="language and text, JSON"),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_contact_topics")),
        info={"kept": True},
    )
    op.create_table(
        "contact_turns",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_contact_turns")),
        info={"kept": True},
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="parts and variables, msgpack"),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("fact", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("bounced_at", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("clicked_at", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("key", name=op.f("uq_contacts_key")),
        info={"kept": True},
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index("ix_contacts_campaign", ["campaign", "step"], unique=False)
        batch_op.create_index("ix_contacts_created", ["created_at"], unique=False)
        batch_op.create_index("ix_contacts_provider", ["provider_id"], unique=False)
        batch_op.create_index("ix_contacts_state_due", ["state", "due_at"], unique=False)
        batch_op.create_index("ix_contacts_subject", ["subject"], unique=False)

    op.create_table(
        "content",
        sa.Column("kind", sa.String(), nullable=False, comment="message or block"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("latest", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_content")),
        info={"kept": True},
    )
    op.create_table(
        "content_feeds",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("key_field", sa.String(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_content_feeds")),
        info={"kept": True},
    )
    op.create_table(
        "content_images",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_content_images")),
        info={"kept": True},
    )
    op.create_table(
        "content_items",
        sa.Column("feed", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("feed", "version", "key", name=op.f("pk_content_items")),
        info={"kept": True},
        sqlite_with_rowid=False,
    )
    op.create_table(
        "content_state",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "generation",
            sa.String(),
            nullable=False,
            comment="another after every change of what messages are made of",
        ),
        sa.Column(
            "organisation", sa.Text(), nullable=False, comment="JSON; empty until somebody filled it in"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_content_state")),
        info={"kept": True},
    )
    op.create_table(
        "content_versions",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "number", name=op.f("pk_content_versions")),
        info={"kept": True},
    )
    op.create_table(
        "hand_over_people",
        sa.Column("hand_over", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("told", sa.SmallInteger(), nullable=False),
        sa.Column(
            "changes", sa.Integer(), nullable=False, comment="how many changes the other side was told"
        ),
        sa.Column(
            "due_at", sa.BigInteger(), nullable=True, comment="since when to look; empty for nothing to do"
        ),
        sa.PrimaryKeyConstraint("hand_over", "person", name=op.f("pk_hand_over_people")),
        info={"kept": True},
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("hand_over_people", schema=None) as batch_op:
        batch_op.create_index(
            "ix_hand_over_people_due_at",
            ["hand_over", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "hand_over_runs",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hand_over", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_hand_over_runs")),
        info={"kept": True},
    )
    with op.batch_alter_table("hand_over_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_over_runs_hand_over"), ["hand_over"], unique=False)

    op.create_table(
        "hand_overs",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("is_webhook", sa.SmallInteger(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("paused", sa.SmallInteger(), nullable=False),
        sa.Column(
            "version", sa.BigInteger(), nullable=False, comment="of the rule its members were compared with"
        ),
        sa.Column(
            "cursor", sa.BigInteger(), nullable=True, comment="last person compared; empty when everybody was"
        ),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_hand_overs")),
        info={"kept": True},
    )
    with op.batch_alter_table("hand_overs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hand_overs_audience"), ["audience"], unique=False)

    op.create_table(
        "inbox_items",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("clicked_at", sa.BigInteger(), nullable=True),
        sa.Column("dismissed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_inbox_items")),
        info={"kept": True},
    )
    with op.batch_alter_table("inbox_items", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_items_subject", ["subject", "contact"], unique=False)

    op.create_table(
        "kept_messages",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_kept_messages")),
        info={"kept": True},
    )
    with op.batch_alter_table("kept_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_messages_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_messages_subject"), ["subject"], unique=False)

    op.create_table(
        "letters",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(), nullable=False, comment="YYYY-MM-DD in the organisation's zone"),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="lines"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("contact", name=op.f("pk_letters")),
        info={"kept": True},
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letters_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_letters_subject"), ["subject"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False, comment="JSON; on its way into the log"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        info={"kept": True},
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.String(), nullable=False, comment="hash of the endpoint"),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        info={"kept": True},
    )
    with op.batch_alter_table("push_subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_push_subscriptions_subject"), ["subject"], unique=False)

    with op.batch_alter_table("computed_traits", schema=None) as batch_op:
        batch_op.add_column(sa.Column("filling", sa.SmallInteger(), server_default="0", nullable=False))
