"""A lease on being the one worker: held by a living process, let go of by the operating system or the database when it dies."""

import fcntl
import os
import zlib
from pathlib import Path

import sqlalchemy as sa

from beleef.store.records.database import Database


class Lease:
    """One holder at a time, over all processes and machines that share the database.

    Args:
        database: The state the holder may write.
        name: What is leased.
        folder: Where the lock file of an embedded database lies.
    """

    def __init__(self, database: Database, name: str, folder: Path) -> None:
        self._database = database
        self._name = name
        self._path = folder / f"{name}.lock"
        self._file: int | None = None
        self._connection: sa.Connection | None = None

    def acquire(self) -> bool:
        """Try to become the holder; return at once whether that is so."""
        if self.is_held():
            return True
        return self._lock_file() if self._database.is_sqlite else self._lock_database()

    def is_held(self) -> bool:
        """Return whether this process holds it still."""
        if self._connection is not None:
            try:
                self._connection.execute(sa.select(1))
            except sa.exc.DBAPIError:
                self._connection = None
        return self._file is not None or self._connection is not None

    def release(self) -> None:
        """Let go of it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _lock_file(self) -> bool:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def _lock_database(self) -> bool:
        connection = self._database.detached()
        key = zlib.crc32(self._name.encode())
        # A session's lock: PostgreSQL lets go of it when the connection ends, however that happens.
        if connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar():
            self._connection = connection
            return True
        connection.close()
        return False
