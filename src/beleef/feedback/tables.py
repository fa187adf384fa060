"""The tables of feedback: surveys and versions, who was asked or why not, responses and answers, and what erasure leaves.

Surveys, invitations and what is left of erased people are kept by a rebuild; responses, answers and their counts follow from the facts.
"""

from typing import Any

import sqlalchemy as sa

from beleef.store.records.database import metadata

_Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_KEPT = {"kept": True}

surveys = sa.Table(
    "surveys",
    metadata,
    sa.Column("number", _Number, primary_key=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("definition", sa.Text, nullable=False, comment="JSON; as last saved"),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="in force; 0 for none"),
    sa.Column("active_from", sa.BigInteger),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    info=_KEPT,
)

survey_versions = sa.Table(
    "survey_versions",
    metadata,
    sa.Column("survey", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("definition", sa.Text, nullable=False, comment="JSON"),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    info=_KEPT,
)

survey_changes = sa.Table(
    "survey_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("change", sa.BigInteger, nullable=False, comment="grows with every change of any survey"),
    sa.Column(
        "last_fact", sa.BigInteger, nullable=False, comment="the last fact that could ask for a survey"
    ),
    info=_KEPT,
)
"""One row, number 1."""

survey_rounds = sa.Table(
    "survey_rounds",
    metadata,
    sa.Column("survey", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("day", sa.String, primary_key=True, comment="ISO 8601"),
    sa.Column("after", sa.BigInteger, nullable=False, comment="the last person who was looked at"),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    info=_KEPT,
)
"""How far the people of a relation survey were looked through on a day."""

survey_invitations = sa.Table(
    "survey_invitations",
    metadata,
    sa.Column("number", _Number, primary_key=True, autoincrement=False),
    sa.Column("survey", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("fact", sa.BigInteger, nullable=False),
    sa.Column("touchpoint", sa.String, nullable=False),
    sa.Column("product", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("origin", sa.String, nullable=False, comment="channel of the fact that led to it"),
    sa.Column("stratum", sa.String, nullable=False),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("variant", sa.String, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("due_at", sa.BigInteger, nullable=False),
    sa.Column("asked_at", sa.BigInteger),
    sa.Column("expires_at", sa.BigInteger),
    sa.Column("remind_at", sa.BigInteger),
    sa.Column("reminded_at", sa.BigInteger),
    sa.Column("started_at", sa.BigInteger),
    sa.Column("finished_at", sa.BigInteger),
    sa.Index("ix_survey_invitations_state_due", "state", "due_at"),
    sa.Index("ix_survey_invitations_remind", "remind_at"),
    sa.Index("ix_survey_invitations_survey", "survey", "due_at"),
    info=_KEPT,
)
"""Everybody who could be asked, once per occasion: asked, or not for a reason. Their number is a keyed hash of the occasion."""

survey_responses = sa.Table(
    "survey_responses",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("survey", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("invitation", sa.BigInteger, nullable=False),
    sa.Column("delivery", sa.String, nullable=False),
    sa.Column("touchpoint", sa.String, nullable=False),
    sa.Column("product", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("stratum", sa.String, nullable=False),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column("quality", sa.String, nullable=False, comment="flags, comma-separated, sorted"),
    sa.Column("month", sa.String, nullable=False, comment="YYYY-MM of the first answer, UTC"),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("completed_at", sa.BigInteger),
    sa.Column("first_fact", sa.BigInteger, nullable=False),
    sa.Index("ix_survey_responses_survey", "survey", "started_at"),
)

survey_answers = sa.Table(
    "survey_answers",
    metadata,
    sa.Column("number", _Number, primary_key=True, autoincrement=False),
    sa.Column("response", sa.String, nullable=False, index=True),
    sa.Column("survey", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("question", sa.String, nullable=False),
    sa.Column("row", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("choice", sa.String, nullable=False, comment="ids of options, comma-separated"),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("ms", sa.Integer),
    sa.Column("subject", sa.BigInteger, nullable=False, index=True),
    sa.Column("delivery", sa.String, nullable=False),
    sa.Column("touchpoint", sa.String, nullable=False),
    sa.Column("product", sa.String, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("stratum", sa.String, nullable=False),
    sa.Column("campaign", sa.String, nullable=False),
    sa.Column(
        "month", sa.String, nullable=False, comment="YYYY-MM, UTC; of an anonymous answer, its group's"
    ),
    sa.Column("flagged", sa.Boolean, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("fact", sa.BigInteger, nullable=False),
    sa.Column("atom", sa.BigInteger, nullable=False),
    sa.Column(
        "told_apart", sa.String, nullable=False, comment="anonymous: by what its group may be told apart"
    ),
    sa.Index("ix_survey_answers_waiting", "survey", "atom", "question"),
    sa.Index("ix_survey_answers_kind", "kind", "number"),
    sa.Index("ix_survey_answers_audience", "survey", "question", "subject"),
)
"""The latest answer of each response to each field, with what it is filtered by, so that nothing needs a join.

``number`` is a hash of response and field. ``atom`` is -1 where answers may be seen one by one; of an anonymous survey it is the
group that the answer is shown with for good, and 0 until there are enough.
"""


def _cells() -> list[sa.Column[Any]]:
    """Return the columns of what is counted: all that a figure may tell apart, or be filtered by."""
    texts = ("delivery", "touchpoint", "product", "language", "stratum", "campaign")
    return [
        sa.Column(
            "number", _Number, primary_key=True, autoincrement=False, comment="a hash of all the others"
        ),
        sa.Column("survey", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("question", sa.String, nullable=False, comment="empty: the responses themselves"),
        sa.Column("row", sa.String, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column(
            "choice", sa.String, nullable=False, comment="ids of options; of a response started or finished"
        ),
        *(sa.Column(name, sa.String, nullable=False) for name in texts),
        sa.Column(
            "quality", sa.String, nullable=False, comment="a response's flags; of an answer flagged or empty"
        ),
        sa.Column("month", sa.String, nullable=False),
        sa.Column("told_apart", sa.String, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
    ]


survey_counts = sa.Table(
    "survey_counts",
    metadata,
    *_cells(),
    sa.Index("ix_survey_counts_question", "survey", "question", "month"),
)
"""How many answers that may be seen, and how many responses, are alike: what figures are made from, so that none reads every answer."""

survey_remains = sa.Table(
    "survey_remains",
    metadata,
    *_cells(),
    sa.Index("ix_survey_remains_question", "survey", "question", "month"),
    info=_KEPT,
)
"""What is left of the answers of people who were erased: numbers that belong to nobody."""
