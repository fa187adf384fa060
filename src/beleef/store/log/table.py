"""The log as a table: one SQLite file, or PostgreSQL. Appends are short and one at a time; readers are never in the way."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from beleef.store.log.port import Entry, LogSize, Placed
from beleef.store.records.database import Database

_metadata = sa.MetaData()

_log = sa.Table(
    "log",
    _metadata,
    sa.Column(
        "first", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    sa.Column("last", sa.BigInteger, nullable=False),
    # Messages up to and including this row: what waits behind a position is then one subtraction.
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("entries", sa.LargeBinary, nullable=False),
)
"""One row per group commit, not per request: a statement per request would hand Python's lock to and fro between the
event loop and the writer, which costs more than the writing."""

_LAST = sa.select(_log.c.last, _log.c.total).order_by(_log.c.first.desc()).limit(1)
_LARGEST_ROW = 8_000_000

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Entry]).decode

_APPENDING = 0x62656C656566
"""Key of PostgreSQL's advisory lock: positions are drawn and committed by one writer after the other, so a reader that
has seen position p never finds a lower one later."""


class TableLog:
    """A log in a table of the database at ``address`` (a SQLAlchemy URL). See ``port.Log`` for what it promises."""

    def __init__(self, address: str) -> None:
        self._database = Database(address, durable=True)
        with self._database.write() as connection:
            if not self._database.is_sqlite:  # Two processes that create a table at once fail on PostgreSQL.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPENDING)))
            _metadata.create_all(connection)
        self._insert = sa.insert(_log)
        dialect = sqlite.dialect(paramstyle="qmark")
        self._insert_text = str(self._insert.compile(dialect=dialect))
        self._last_text = str(_LAST.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        self._appending = threading.Lock()

    def append(self, entries: Sequence[Entry]) -> int:
        """Write entries in one transaction and return the last position."""
        if self._database.is_sqlite:
            return self._append_embedded(entries)
        with self._database.write() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPENDING)))
            position, total = _last(connection)
            rows = list(_rows(position, total, entries))
            if rows:
                connection.execute(self._insert, rows)
        return position + len(entries)

    def _append_embedded(self, entries: Sequence[Entry]) -> int:
        """Do the same without SQLAlchemy between: its bookkeeping costs as much as twenty requests, in every group commit."""
        with self._appending, self._database.driver() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute(self._last_text)
            position, total = cursor.fetchone() or (0, 0)
            for row in _rows(position, total, entries):
                cursor.execute(self._insert_text, tuple(row.values()))
            cursor.execute("COMMIT")
        return position + len(entries)

    def restore(self, placed: Sequence[Placed]) -> None:
        """Write entries of another log at the positions they had there; they follow all that is here already."""
        with self._database.write() as connection:
            _, total = _last(connection)
            rows = []
            for one in placed:
                total += one.entry.messages
                rows.append(_row(one.position, total, [one.entry]))
            connection.execute(self._insert, rows)

    def read(self, *, after: int, messages: int, bytes_: int = 64_000_000) -> list[Placed]:
        """Return entries behind ``after`` until about so many messages or bytes, at least one where there is one."""
        found: list[Placed] = []
        query = (
            sa.select(_log.c.first, _log.c.entries, _log.c.bytes)
            .where(_log.c.last > after)
            .order_by(_log.c.first)
            .execution_options(yield_per=20)
        )
        with self._database.read() as connection, connection.execute(query) as rows:
            for first, data, size in rows:
                for position, entry in enumerate(_unpack(data), first):
                    if position > after and messages > 0:
                        found.append(Placed(position=position, entry=entry))
                        messages -= entry.messages
                bytes_ -= size
                if messages <= 0 or bytes_ <= 0:
                    break
        return found

    def get(self, position: int) -> Entry | None:
        """Return the entry at a position, or None."""
        with self._database.read() as connection:
            row = connection.execute(_holding(position)).one_or_none()
        return _unpack(row.entries)[position - row.first] if row else None

    def head(self) -> int:
        """Return the last position, 0 when the log is empty."""
        with self._database.read() as connection:
            return _last(connection)[0]

    def waiting(self, *, after: int) -> tuple[int, int | None]:
        """Return how many messages stand behind ``after``, and when the first of them was received."""
        following = sa.select(_log).where(_log.c.last > after).order_by(_log.c.first).limit(1)
        with self._database.read() as connection:
            row = connection.execute(following).one_or_none()
            if row is None:
                return 0, None
            behind = _unpack(row.entries)[max(0, after - row.first + 1) :]
            rest = _last(connection)[1] - row.total
        return rest + sum(entry.messages for entry in behind), behind[0].received_at

    def total(self) -> int:
        """Return how many messages were ever accepted."""
        with self._database.read() as connection:
            return _last(connection)[1]

    def position_at(self, moment: int) -> int:
        """Return a position such that everything below it was received before ``moment``."""
        older = sa.select(_log).where(_log.c.received_at < moment).order_by(_log.c.first.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(older).one_or_none()
            if row is None:
                return int(connection.execute(sa.select(sa.func.min(_log.c.first))).scalar() or 0)
            # A row is dated by its first entry; later ones in it may be late enough.
            late = sum(entry.received_at >= moment for entry in _unpack(row.entries))
            return int(min(row.last + 1 - late, _last(connection)[0]))

    def replace(self, position: int, body: bytes) -> None:
        """Replace the body at a position."""
        with self._database.write() as connection:
            row = connection.execute(_holding(position)).one_or_none()
            if row is None:
                return
            entries = _unpack(row.entries)
            index = position - row.first
            entries[index] = msgspec.structs.replace(entries[index], body=body)
            connection.execute(
                sa.update(_log).where(_log.c.first == row.first).values(_row(row.first, row.total, entries))
            )

    def prune(self, *, before: int) -> int:
        """Forget entries below ``before``, whole rows at a time; the last row always stays, it carries the count."""
        with self._database.write() as connection:
            head, _ = _last(connection)
            old = _log.c.last < min(before, head)
            count = connection.execute(
                sa.select(sa.func.sum(_log.c.last - _log.c.first + 1)).where(old)
            ).scalar()
            connection.execute(sa.delete(_log).where(old))
        return int(count or 0)

    def size(self) -> LogSize:
        """Return entries, bytes and the oldest entry's moment."""
        with self._database.read() as connection:
            entries, bytes_, oldest = connection.execute(
                sa.select(
                    sa.func.coalesce(sa.func.sum(_log.c.last - _log.c.first + 1), 0),
                    sa.func.coalesce(sa.func.sum(_log.c.bytes), 0),
                    sa.func.min(_log.c.received_at),
                )
            ).one()
        return LogSize(entries=int(entries), bytes=int(bytes_), oldest_at=oldest)

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()


def _groups(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    start = size = 0
    for index, entry in enumerate(entries):
        if size and size + len(entry.body) > _LARGEST_ROW:
            yield entries[start:index]
            start, size = index, 0
        size += len(entry.body)
    if start < len(entries):
        yield entries[start:]


def _rows(position: int, total: int, entries: Sequence[Entry]) -> Iterator[dict[str, Any]]:
    for group in _groups(entries):
        total += sum(entry.messages for entry in group)
        yield _row(position + 1, total, group)
        position += len(group)


def _row(first: int, total: int, entries: Sequence[Entry]) -> dict[str, Any]:
    data = _pack(entries)
    return {
        "first": first,
        "last": first + len(entries) - 1,
        "total": total,
        "received_at": entries[0].received_at,
        "bytes": len(data),
        "entries": data,
    }


def _holding(position: int) -> sa.Select[Any]:
    return (
        sa.select(_log)
        .where(_log.c.first <= position, _log.c.last >= position)
        .order_by(_log.c.first.desc())
        .limit(1)
    )


def _last(connection: sa.Connection) -> tuple[int, int]:
    row = connection.execute(_LAST).one_or_none()
    return (row[0], row[1]) if row else (0, 0)
