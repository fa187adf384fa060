"""The warehouse's tables in the records database: what waits in the tail, which files count, which will be deleted.

They decide what the history is; a file that they do not name is not read, whatever lies in the lake's folder.
"""

import sqlalchemy as sa

from beleef.store.records.database import metadata

_number = sa.BigInteger().with_variant(sa.Integer, "sqlite")

unfiled = sa.Table(
    "unfiled",
    metadata,
    # A number is never used twice, even after its row is gone: readers keep what they decoded under it.
    sa.Column("batch", _number, primary_key=True, autoincrement=True),
    sa.Column("first_fact", sa.BigInteger, nullable=False),
    sa.Column("last_fact", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

lake_files = sa.Table(
    "lake_files",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("first_fact", sa.BigInteger, nullable=False),
    sa.Column("last_fact", sa.BigInteger, nullable=False),
    sa.Column("min_subject", sa.BigInteger, nullable=False),
    sa.Column("max_subject", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

lake_rubbish = sa.Table(
    "lake_rubbish",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("since", sa.BigInteger, nullable=False),
)
"""Paths that no reader needs: files being written, which nobody may read yet, and files that were replaced."""
