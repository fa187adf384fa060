"""Asking for a set of keys: one bound value, and an index that is used."""

import sqlalchemy as sa

from beleef.store.records.database import Database, is_any_of


def test_a_set_of_keys_is_looked_up_and_not_searched_for_in_the_whole_table(
    sqlite_database: Database,
) -> None:
    table = sa.table("things", sa.column("number", sa.BigInteger), sa.column("other", sa.BigInteger))
    wanted = sa.select(table.c.other).where(is_any_of(table.c.number, [7, 8]), table.c.other > 0)
    with sqlite_database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE things (number INTEGER PRIMARY KEY, other INTEGER)")
        connection.exec_driver_sql("INSERT INTO things VALUES (7, 1), (8, 2), (9, 3)")
        assert sorted(connection.execute(wanted).scalars()) == [1, 2]
        statement = str(wanted.compile(dialect=connection.dialect))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", ("[7, 8]", 0)).all()
    assert any("SEARCH things" in step[-1] for step in plan)
    assert not any("SCAN things" in step[-1] for step in plan)
