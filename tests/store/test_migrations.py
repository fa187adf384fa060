"""The migrations lead to the schema that the slices' tables say, on both databases, and may be run again."""

import importlib
import pkgutil

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import beleef
from beleef.kernel.errors import Conflict
from beleef.store.records.database import Database, metadata
from beleef.store.records.migrate import migrate


@pytest.fixture
def migrated(database_address: str) -> Database:
    for module in pkgutil.walk_packages(beleef.__path__, "beleef."):
        if module.name.endswith((".tables", ".proposals")):
            importlib.import_module(module.name)
    opened = Database(database_address)
    migrate(opened)
    return opened


def test_the_migrated_schema_is_the_one_the_code_expects(migrated: Database) -> None:
    with migrated.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    migrated.close()
    assert differences == []


def test_migrating_twice_changes_nothing(migrated: Database) -> None:
    with migrated.write() as connection:
        connection.execute(metadata.tables["namespaces"].delete())
    migrate(migrated)
    with migrated.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar() == 1
    migrated.close()


def test_a_folder_of_a_newer_version_is_left_alone(migrated: Database) -> None:
    with migrated.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict):
        migrate(migrated)
    migrated.close()
