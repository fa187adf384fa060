"""Statements that write many rows at once: values find their places by name, in whatever order a row gives them."""

import sqlalchemy as sa

from beleef.audiences.tables import audience_members
from beleef.store.records.database import Database, PreparedWrite

_ADD = PreparedWrite(
    ("person", "audience", "since"),
    lambda _: sa.insert(audience_members).values(
        audience=sa.bindparam("audience"), person=sa.bindparam("person"), since=sa.bindparam("since")
    ),
)
_REMOVE = PreparedWrite(
    ("whom", "of"),
    lambda _: sa.delete(audience_members).where(
        audience_members.c.audience == sa.bindparam("of"), audience_members.c.person == sa.bindparam("whom")
    ),
)


def test_each_value_finds_its_place_by_name(database: Database) -> None:
    with database.write() as connection:
        _ADD.run(connection, [(11, 1, 100), (12, 1, 200), (12, 2, 300)])
        _REMOVE.run(connection, [(12, 1), (11, 2)])
        kept = connection.execute(sa.select(audience_members)).all()
    assert sorted(tuple(row) for row in kept) == [(1, 11, 100), (2, 12, 300)]


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.write() as connection:
        _ADD.run(connection, [])
        assert connection.execute(sa.select(audience_members)).all() == []
