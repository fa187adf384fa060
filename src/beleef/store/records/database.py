"""The database of state: opening it, transactions, and the few words in which SQLite and PostgreSQL differ."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from beleef.kernel.errors import StorageFull, Unavailable

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of all slices; each slice adds its own in its ``tables.py``.

A table with ``info={"kept": True}`` holds what people decided (sources, staff, rules). All others follow from the log: ``beleef
rebuild`` empties them and replays it.
"""


class Database:
    """One database, SQLite or PostgreSQL.

    Args:
        address: A SQLAlchemy URL, ``sqlite:////folder/records.db`` or ``postgresql+psycopg://…``.
        durable: Whether a commit waits until it would survive a power cut. The worker's need not: its state and its
            log position are one transaction, so what a power cut takes back is simply worked on again.
    """

    def __init__(self, address: str, *, durable: bool = True) -> None:
        self.address = address
        self._raw: Any = None
        # Threads of one process take turns: SQLite lets those that wait ask again and again, and some are passed over for seconds.
        self._turn = threading.RLock() if address.startswith("sqlite") else nullcontext()
        self.is_sqlite = address.startswith("sqlite")
        self._engine = _open_sqlite(address, durable=durable) if self.is_sqlite else _open_postgres(address)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one consistent moment and writes nothing."""
        with _refusals(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a connection inside one transaction: all of it is kept, or, on any error, nothing.

        Raises:
            StorageFull: the disk is full; nothing was kept.
        """
        with (
            self._turn,
            _refusals(),
            self._engine.connect().execution_options(beleef_write=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def driver(self) -> Iterator[Any]:
        """Give a cursor of the driver itself, for the log's group commit, where SQLAlchemy would cost more than SQLite.

        The connection stays open between calls. The caller begins and commits; what is left open is taken back.
        """
        if self._raw is None:
            self._raw = self._engine.raw_connection()
        cursor = self._raw.cursor()
        try:
            yield cursor
        except sqlite3.OperationalError as error:
            raise _refusal(error) from error
        finally:
            cursor.close()
            self._raw.rollback()

    def detached(self) -> sa.Connection:
        """Give a connection of its own, outside the pool and outside transactions, for a lock that lives as long as it."""
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        return connection

    def close(self) -> None:
        """Let go of all connections."""
        if self._raw is not None:
            self._raw.close()
        self._engine.dispose()


def insert(table: sa.Table, connection: sa.Connection) -> "postgresql.Insert | sqlite.Insert":
    """Return an INSERT for this database that knows ``on_conflict_do_update`` and ``on_conflict_do_nothing``."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


class is_any_of(ColumnElement[bool]):  # noqa: N801 -- reads as a SQL word, like SQLAlchemy's own `and_`
    """``column`` is one of ``values``, with one bound parameter however many values there are.

    ``column.in_(values)`` writes a placeholder per value, which costs more than the query itself for the ten thousand
    keys of a batch.
    """

    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [  # noqa: RUF012 -- SQLAlchemy's protocol for cache keys
        ("column", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("values", sa.sql.visitors.InternalTraversal.dp_clauseelement),
    ]

    def __init__(
        self, column: ColumnElement[Any], values: Sequence[int] | Sequence[str] | sa.BindParameter[Any]
    ) -> None:
        self.column = column
        given = isinstance(values, sa.BindParameter)
        self.values = values if given else sa.bindparam(None, list(values), type_=_Set(), unique=True)

    def self_group(self, against: Any = None) -> "is_any_of":  # noqa: ARG002 -- SQLAlchemy's signature
        """Return itself: as any other truth it would become ``… IN (…) = 1``, for which SQLite reads the whole table."""
        return self


def values_named(name: str) -> sa.BindParameter[Any]:
    """Return a parameter for ``is_any_of`` in a ``Prepared`` statement: a list is given for it when the statement runs."""
    return sa.bindparam(name, type_=_Set())


class Prepared:
    """A SELECT that runs thousands of times a second: its SQL is written once per kind of database.

    Values are bound by name. Rows come as the driver gives them: fit for numbers, texts and bytes, not for types that SQLAlchemy
    has to translate.

    Args:
        statement: The statement, with ``sa.bindparam`` or ``values_named`` for what changes.
    """

    def __init__(self, statement: sa.Select[*tuple[Any, ...]]) -> None:
        self._statement = statement
        self._written: dict[str, SQLCompiler] = {}

    def rows(self, connection: sa.Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Run it and return all rows."""
        dialect = connection.dialect
        written = self._written.get(dialect.name)
        if written is None:
            written = self._written[dialect.name] = self._statement.compile(dialect=dialect)
        parameters = written.construct_params(values)
        for name, process in self._processors(written):
            parameters[name] = process(parameters[name])
        given = (
            tuple(parameters[name] for name in written.positiontup)
            if written.positiontup is not None
            else parameters
        )
        if not connection.in_transaction():
            connection.begin()
        # Straight to the driver: SQLAlchemy's result objects cost more than a look-up by key.
        cursor = connection.connection.cursor()
        try:
            cursor.execute(written.string, given)
            return cast("list[tuple[Any, ...]]", cursor.fetchall())
        except dialect.loaded_dbapi.OperationalError as error:
            raise _refusal(error) from error
        finally:
            cursor.close()

    @staticmethod
    def _processors(written: SQLCompiler) -> Iterator[tuple[str, Callable[[Any], Any]]]:
        # What SQLAlchemy itself applies to values on their way to the driver; none of ours is made of several parts.
        for name, process in written._bind_processors.items():
            if callable(process):
                yield name, process


class PreparedWrite:
    """A statement that writes many rows at once, many times a second: its SQL is written once per kind of database.

    Rows go to SQLite as they are: making a dictionary and bound values of each costs more than writing it. Fit for numbers, texts
    and bytes, not for types that SQLAlchemy has to translate.

    Args:
        names: The ``sa.bindparam`` of the statement, in the order of a row's values.
        statement: Gives the statement for a connection's kind of database.
    """

    def __init__(self, names: Sequence[str], statement: Callable[[sa.Connection], sa.Executable]) -> None:
        self._names = tuple(names)
        self._statement = statement
        self._written: tuple[str, tuple[int, ...]] | None = None

    def run(self, connection: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run it once per row."""
        if not rows:
            return
        if connection.dialect.name != "sqlite":
            named = [dict(zip(self._names, row, strict=True)) for row in rows]
            connection.execute(self._statement(connection), named)
            return
        if self._written is None:
            self._written = self._write(connection)
        text, places = self._written
        if places != tuple(range(len(self._names))):
            rows = [tuple(row[place] for place in places) for row in rows]
        connection.exec_driver_sql(text, list(rows))

    def _write(self, connection: sa.Connection) -> tuple[str, tuple[int, ...]]:
        """Return the SQL, and for each of its question marks the place of its value in a row."""
        written = cast("ClauseElement", self._statement(connection)).compile(dialect=connection.dialect)
        assert isinstance(written, SQLCompiler)  # noqa: S101 -- what writes rows is SQL
        return written.string, tuple(self._names.index(name) for name in written.positiontup or ())


class _Set(sa.types.TypeDecorator[Sequence[int] | Sequence[str]]):
    """A list of numbers or texts as one parameter: JSON for SQLite, an array for PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "postgresql":
            return None
        return lambda value: msgspec.json.encode(value).decode()


@compiles(is_any_of, "sqlite")
def _sqlite_is_any_of(element: is_any_of, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 -- both parts come from the compiler


@compiles(is_any_of, "postgresql")
def _postgres_is_any_of(element: is_any_of, compiler: Any, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    kind = "bigint[]" if isinstance(element.column.type, sa.Integer) else "text[]"
    return f"{column} = ANY(CAST({values} AS {kind}))"


_MAPPED = 128 * 1024 * 1024


def _open_sqlite(address: str, *, durable: bool) -> sa.Engine:
    engine = sa.create_engine(
        address,
        connect_args={"timeout": 30, "check_same_thread": False},
        pool_size=50,
        max_overflow=50,
        hide_parameters=True,  # Errors are logged, and what people sent must not be.
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'NORMAL'}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-65536",
            # Mapped pages count as the process's memory; the worker has its cache, a web process profits from some.
            f"mmap_size={_MAPPED if durable else 0}",
            "journal_size_limit=268435456",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A deferred transaction that turns into a writer half-way fails at once when another one wrote in between.
        write = connection.get_execution_options().get("beleef_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _open_postgres(address: str) -> sa.Engine:
    return sa.create_engine(address, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)


_FULL = ("database or disk is full", "No space left on device", "could not extend file", "disk I/O error")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        raise _refusal(error.orig or error) from error


def _refusal(error: BaseException) -> Unavailable:
    if any(words in str(error) for words in _FULL):
        return StorageFull(
            "There is no room left to write.", hint="Free disk space; Beleef goes on by itself."
        )
    return Unavailable(
        "The database does not answer.", hint="Look at the database's own log; Beleef tries again by itself."
    )
