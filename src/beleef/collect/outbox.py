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
from beleef.store.records.database import Database, is_any_of

_OWN_SOURCE = 0
_IN_A_ROW = 500
_AT_ONCE = 2_000
_ENTRIES = 10
"""Entries in one look: a round of a broadcast to many says ten thousand things, and what waits must not grow while it lasts."""

_messages_in = msgspec.json.Decoder(list[msgspec.Raw]).decode


def say_later(connection: sa.Connection, messages: Sequence[dict[str, Any]]) -> None:
    """Keep messages of Beleef's own in the caller's transaction; they reach the log soon after it.

    Args:
        connection: Inside a write transaction.
        messages: Segment-shaped, each with a ``messageId`` that would be the same if the work were done again.
    """
    if messages:
        # A row holds what was said together: one per message would cost more than the saying.
        rows = [
            {"message": msgspec.json.encode(messages[first : first + _IN_A_ROW])}
            for first in range(0, len(messages), _IN_A_ROW)
        ]
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
        numbers, messages = self._waiting()
        if not numbers:
            return False
        self._log.append(
            [self._entry(messages[first : first + _AT_ONCE]) for first in range(0, len(messages), _AT_ONCE)]
        )
        with self._database.write() as connection:
            # By number: another process may have said something with a lower one that was not to be seen yet.
            connection.execute(sa.delete(tables.outbox).where(is_any_of(tables.outbox.c.id, numbers)))
        return True

    def _waiting(self) -> tuple[list[int], list[msgspec.Raw]]:
        """Return the numbers of rows and the messages in them, in the order they were said."""
        table = tables.outbox
        waiting = sa.select(table.c.id, table.c.message).order_by(table.c.id).execution_options(yield_per=50)
        numbers: list[int] = []
        messages: list[msgspec.Raw] = []
        with self._database.read() as connection, connection.execute(waiting) as rows:
            for number, said in rows:
                # What an earlier version left here has a row for each message.
                messages += _messages_in(said) if said.startswith(b"[") else (msgspec.Raw(said),)
                numbers.append(number)
                if len(messages) >= _AT_ONCE * _ENTRIES:
                    break
        return numbers, messages

    def _entry(self, messages: Sequence[msgspec.Raw]) -> Entry:
        body = msgspec.json.encode({"batch": messages})
        return Entry(
            received_at=self._now(), source=_OWN_SOURCE, kind="own", messages=len(messages), body=body
        )
