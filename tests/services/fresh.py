"""Fresh databases and installations, copied from one that the run made once: making one takes longer than most tests.

What is made is the same for all, its installation's key too; what a test changes in its copy no other test sees.
"""

import functools
import importlib
import pkgutil
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

import beleef
from beleef import settings
from beleef.app import Stores, set_up
from beleef.kernel.clock import Clock
from beleef.store.records.database import Database, metadata
from tests.cast import NOW
from tests.services.running import prepared

DATABASE = "BELEEF_DATABASE"
"""The setting that names a database which is not in the data folder."""


def give_tables(address: str) -> None:
    """Put the tables of all slices, with nothing in them, into an empty database."""
    _load_tables()
    if address.startswith("sqlite"):
        made = prepared("tables", lambda folder: _create_tables(f"sqlite:///{folder}/records.db"))
        shutil.copy(made / "records.db", address.removeprefix("sqlite:///"))
    else:
        prepared("tables-postgres", lambda _: _make_template(address, "with_tables", _create_tables))
        _copy(address, "with_tables")


def open_fresh(data: Path, environment: Mapping[str, str], *, now: Clock, durable: bool = True) -> Stores:
    """Open the stores of an installation that was just set up, with no source and nobody in it.

    Args:
        data: A folder for its data, empty or not there.
        environment: The settings to try; a database that they name is a fresh one.
        now: Its clock.
        durable: As the stores take it.
    """
    _load_tables()
    copy_fresh("set_up", data, environment.get(DATABASE), _set_up)
    return Stores(settings.load(data, dict(environment)), durable=durable, now=now)


def copy_fresh(
    name: str, folder: Path, database: str | None, make: Callable[[Path, dict[str, str]], None]
) -> None:
    """Copy what the run makes once into a folder, and into the database that belongs to it.

    Args:
        name: What to call it: a word that PostgreSQL takes.
        folder: An empty folder, or one that is not there.
        database: Address of a fresh PostgreSQL database, None when everything lies in the folder.
        make: Makes it, in an empty folder and with the settings that name its database.
    """
    if database is None:
        made = prepared(name, lambda empty: make(empty, {}))
    else:
        made = prepared(
            f"{name}-postgres",
            lambda empty: _make_template(database, name, lambda address: make(empty, {DATABASE: address})),
        )
        _copy(database, name)
    shutil.copytree(made, folder, dirs_exist_ok=True)


def _set_up(folder: Path, environment: dict[str, str]) -> None:
    stores = Stores(settings.load(folder, environment), now=lambda: NOW)
    set_up(stores)
    stores.close()


@functools.cache
def _load_tables() -> None:
    """Know the tables of all slices in this process too, which may have made none of them: comparisons go through them."""
    for module in pkgutil.walk_packages(beleef.__path__, "beleef."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


def _create_tables(address: str) -> None:
    database = Database(address)
    with database.write() as connection:
        metadata.create_all(connection)
    database.close()


def _make_template(beside: str, name: str, fill: Callable[[str], None]) -> None:
    """Make a database to copy, on the server that another is on; nobody is let in afterwards, who would be in the way."""
    server, _, _ = beside.rpartition("/")
    _maintain(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    fill(f"{server}/{name}")
    _maintain(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")


def _copy(address: str, template: str) -> None:
    server, _, name = address.rpartition("/")
    _maintain(server, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}")


def _maintain(server: str, *statements: str) -> None:
    address = f"{server.replace('postgresql://', 'postgresql+psycopg://')}/postgres"
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
