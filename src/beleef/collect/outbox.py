"""What Beleef says itself, kept with the state it belongs to until it is in the log.

A fact that Beleef makes is written in the transaction of the work that made it, and brought into the log afterwards: a
crash in between brings it in twice, and its message id lets the second go.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.collect import tables
from beleef.kernel.clock import Clock
from beleef.store.log.port import Entry, Log
from beleef.store.records.database import Database

_OWN_SOURCE = 0
_AT_ONCE = 2_000
_ENTRIES = 10
"""Entries in one look: a round of a broadcast to many says ten thousand things, and what waits must not grow while it lasts."""


def say_later(connection: sa.Connection, messages: Sequence[dict[str, Any]]) -> None:
    """Keep messages of Beleef's own in the caller's transaction; they reach the log soon after it.

    Args:
        connection: Inside a write transaction.
        messages: Segment-shaped, each with a ``messageId`` that would be the same if the work were done again.
    """
    if messages:
        rows = [{"message": msgspec.json.encode(message)} for message in messages]
        connection.execute(sa.insert(tables.outbox), rows)


class Outbox:
    """Brings what was said into the log. Only the worker does this.

    Args:
        database: Where it is kept.
        log: Where it goes.
        now: The clock.
    """

    def __init__(self, database: Database, log: Log, now: Clock) -> None:
        self._database = database
        self._log = log
        self._now = now

    def post(self) -> bool:
        """Bring in what waits, in the order it was said; return whether something did.

        Raises:
            StorageFull, Unavailable: the log did not keep it; it stays where it is.
        """
        table = tables.outbox
        waiting = sa.select(table.c.id, table.c.message).order_by(table.c.id).limit(_AT_ONCE * _ENTRIES)
        with self._database.read() as connection:
            rows = [(row.id, row.message) for row in connection.execute(waiting)]
        if not rows:
            return False
        messages = [message for _, message in rows]
        self._log.append(
            [self._entry(messages[first : first + _AT_ONCE]) for first in range(0, len(messages), _AT_ONCE)]
        )
        with self._database.write() as connection:
            # By number: another process may have said something with a lower one that was not to be seen yet.
            connection.execute(
                sa.delete(table).where(table.c.id == sa.bindparam("said")),
                [{"said": number} for number, _ in rows],
            )
        return True

    def _entry(self, messages: Sequence[bytes]) -> Entry:
        body = b'{"batch":[' + b",".join(messages) + b"]}"
        return Entry(
            received_at=self._now(), source=_OWN_SOURCE, kind="own", messages=len(messages), body=body
        )
