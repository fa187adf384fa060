"""Tombstones note which facts were worked on before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema from the revision before to this one."""
    op.add_column(
        "erased",
        sa.Column(
            "last_fact",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="highest number of a fact that could have been worked on before",
        ),
    )
