"""The tables of voices: comments as they were read, the themes, what reviewers say of a reading, and what was learned from them.

Themes, labels and models are kept; the comments follow from the log, and are read again when the themes change.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")

feedback_comments = sa.Table(
    "feedback_comments",
    metadata,
    sa.Column("fact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.BigInteger, nullable=False, comment="0 where the answer is nobody's"),
    sa.Column("survey", sa.String, nullable=False),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("response", sa.String, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("touchpoint", sa.String, nullable=False),
    sa.Column("prior", sa.String, nullable=False, comment="the language of the survey"),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False, comment="redacted"),
    sa.Column("tone", sa.String, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("words", sa.Text, nullable=False, comment="what caused the tone, JSON"),
    sa.Column("by_model", sa.Boolean, nullable=False),
    sa.Column("reading", sa.Integer, nullable=False, comment="which themes and models it was read with"),
    sa.Index("ix_feedback_comments_survey_at", "survey", "at"),
    sa.Index("ix_feedback_comments_at", "at"),
    sa.Index("ix_feedback_comments_subject", "subject"),
    sa.Index("ix_feedback_comments_response", "response"),
)

feedback_comment_themes = sa.Table(
    "feedback_comment_themes",
    metadata,
    sa.Column("fact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("theme", sa.String, primary_key=True),
    sa.Column("tone", sa.String, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("begins", sa.Integer, nullable=False),
    sa.Column("ends", sa.Integer, nullable=False),
    sa.Column("words", sa.Text, nullable=False, comment="what named the theme, JSON"),
    sa.Index("ix_feedback_comment_themes_theme", "theme"),
)

feedback_themes = sa.Table(
    "feedback_themes",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("labels", sa.Text, nullable=False, comment="language and text, JSON"),
    sa.Column("words", sa.Text, nullable=False, comment="language and words, JSON"),
    sa.Column("parent", sa.String, nullable=False),
    sa.Column("is_used", sa.Boolean, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    info={"kept": True},
)

feedback_readings = sa.Table(
    "feedback_readings",
    metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("why", sa.String, nullable=False),
    info={"kept": True},
)

feedback_labels = sa.Table(
    "feedback_labels",
    metadata,
    sa.Column("fact", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("about", sa.String, primary_key=True, comment="tone, or the name of a theme"),
    sa.Column("verdict", sa.String, nullable=False, comment="a tone, or yes or no for a theme"),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

feedback_suggestions = sa.Table(
    "feedback_suggestions",
    metadata,
    sa.Column("id", _Number, primary_key=True),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("words", sa.Text, nullable=False, comment="most telling first, JSON"),
    sa.Column("examples", sa.Text, nullable=False, comment="numbers of comments, JSON"),
    sa.Column("comments", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    info={"kept": True},
)

feedback_models = sa.Table(
    "feedback_models",
    metadata,
    sa.Column("language", sa.String, primary_key=True),
    sa.Column("coefficients", sa.Text, nullable=False, comment="JSON"),
    sa.Column("quality", sa.Text, nullable=False, comment="held-out figures, JSON"),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("is_used", sa.Boolean, nullable=False),
    info={"kept": True},
)
