"""Bringing a database to the present schema: Alembic migrations that only append, run inside one transaction."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from beleef.kernel.errors import Conflict
from beleef.store.records.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Bring the database to the newest schema; does nothing where it is there already.

    Raises:
        Conflict: the database was made by a newer Beleef.
    """
    config = configuration()
    scripts = ScriptDirectory.from_config(config)
    with database.read() as connection:
        present = _revision(connection)
    if present == scripts.get_current_head():
        return
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise Conflict(
            "This data folder was written by a newer version of Beleef.",
            hint="Install that version, or a newer one.",
        )
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def configuration() -> Config:
    """Return Alembic's configuration for this package's migrations."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
