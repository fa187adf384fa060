"""The log as a table: one SQLite file, or PostgreSQL. Appends are short and one at a time; readers are never in the way."""

from collections.abc import Sequence

import sqlalchemy as sa

from beleef.store.log.port import Entry, LogSize, Placed
from beleef.store.records.database import Database

_metadata = sa.MetaData()

_log = sa.Table(
    "log",
    _metadata,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
    sa.Column("source", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("messages", sa.Integer, nullable=False),
    # Messages up to and including this row: what waits behind a position is then one subtraction.
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

_APPENDING = 0x62656C656566
"""Key of PostgreSQL's advisory lock: positions are drawn and committed by one writer after the other, so a reader that
has seen position p never finds a lower one later."""


class TableLog:
    """A log in a table of the database at ``address`` (a SQLAlchemy URL). See ``port.Log`` for what it promises."""

    def __init__(self, address: str) -> None:
        self._database = Database(address, durable=True)
        with self._database.write() as connection:
            _metadata.create_all(connection)
        self._insert = sa.insert(_log)

    def append(self, entries: Sequence[Entry]) -> int:
        """Write entries in one transaction and return the last position."""
        with self._database.write() as connection:
            if not self._database.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_APPENDING)))
            position, total = _last(connection)
            rows = []
            for entry in entries:
                position += 1
                total += entry.messages
                rows.append(
                    {
                        "position": position,
                        "received_at": entry.received_at,
                        "source": entry.source,
                        "kind": entry.kind,
                        "messages": entry.messages,
                        "total": total,
                        "body": entry.body,
                    }
                )
            if rows:
                connection.execute(self._insert, rows)
        return position

    def read(self, *, after: int, messages: int, bytes_: int = 64_000_000) -> list[Placed]:
        """Return entries behind ``after`` until about so many messages or bytes, at least one where there is one."""
        found: list[Placed] = []
        query = sa.select(_log).where(_log.c.position > after).order_by(_log.c.position)
        with self._database.read() as connection:
            rows = connection.execution_options(yield_per=500).execute(query)
            for position, received_at, source, kind, count, _, body in rows:
                entry = Entry(received_at=received_at, source=source, kind=kind, messages=count, body=body)
                found.append(Placed(position=position, entry=entry))
                messages -= count
                bytes_ -= len(body)
                if messages <= 0 or bytes_ <= 0:
                    break
            rows.close()
        return found

    def get(self, position: int) -> Entry | None:
        """Return the entry at a position, or None."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_log).where(_log.c.position == position)).one_or_none()
        if row is None:
            return None
        return Entry(
            received_at=row.received_at, source=row.source, kind=row.kind, messages=row.messages, body=row.body
        )

    def head(self) -> int:
        """Return the last position, 0 when the log is empty."""
        with self._database.read() as connection:
            return _last(connection)[0]

    def waiting(self, *, after: int) -> tuple[int, int | None]:
        """Return how many messages stand behind ``after``, and when the first of them was received."""
        following = (
            sa.select(_log.c.total - _log.c.messages, _log.c.received_at)
            .where(_log.c.position > after)
            .order_by(_log.c.position)
            .limit(1)
        )
        with self._database.read() as connection:
            first = connection.execute(following).one_or_none()
            if first is None:
                return 0, None
            return _last(connection)[1] - first[0], first[1]

    def total(self) -> int:
        """Return how many messages were ever accepted."""
        with self._database.read() as connection:
            return _last(connection)[1]

    def replace(self, position: int, body: bytes) -> None:
        """Replace the body at a position."""
        with self._database.write() as connection:
            connection.execute(sa.update(_log).where(_log.c.position == position).values(body=body))

    def prune(self, *, before: int) -> int:
        """Forget entries below ``before``; the last one always stays, it carries the count and the position."""
        with self._database.write() as connection:
            head, _ = _last(connection)
            return connection.execute(sa.delete(_log).where(_log.c.position < min(before, head))).rowcount

    def size(self) -> LogSize:
        """Return rows, bytes of bodies and the oldest entry's moment."""
        with self._database.read() as connection:
            entries, bytes_, oldest = connection.execute(
                sa.select(
                    sa.func.count(),
                    sa.func.coalesce(sa.func.sum(sa.func.length(_log.c.body)), 0),
                    sa.func.min(_log.c.received_at),
                )
            ).one()
        return LogSize(entries=entries, bytes=int(bytes_), oldest_at=oldest)

    def close(self) -> None:
        """Let go of the connections."""
        self._database.close()


def _last(connection: sa.Connection) -> tuple[int, int]:
    query = sa.select(_log.c.position, _log.c.total).order_by(_log.c.position.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (row[0], row[1]) if row else (0, 0)
