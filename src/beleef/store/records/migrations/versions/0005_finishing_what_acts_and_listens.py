"""Finishing what acts and listens."""

from alembic import op


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema from the revision before to this one."""
    op.drop_index("ix_case_words_number", "case_words")
    op.create_index("ix_case_words_number_word", "case_words", ["number", "word"])
    op.create_index("ix_cases_undealt", "cases", ["dealt", "is_open", "assignee", "team", "number"])
    op.create_index("ix_survey_answers_audience", "survey_answers", ["survey", "question", "subject"])
