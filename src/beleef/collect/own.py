"""What Beleef and its staff say themselves: brought into the log like everything else, and waited for until it shows.

A decision taken on a page is a fact; the page comes back when the worker has passed it, or after a moment anyway.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from beleef.collect import queries
from beleef.collect.intake import Intake
from beleef.kernel.clock import Clock
from beleef.store.log.port import Entry
from beleef.store.records.database import Database

_WAIT_S = 1.0
_LOOK_S = 0.01
_OWN_SOURCE = 0


class OwnFacts:
    """Brings in facts of Beleef's own source.

    Args:
        intake: The way into the log.
        database: Where the worker's place is kept.
        now: The clock.
    """

    def __init__(self, intake: Intake, database: Database, now: Clock) -> None:
        self._intake = intake
        self._database = database
        self._now = now

    async def say(self, messages: Sequence[dict[str, Any]]) -> bool:
        """Keep messages in the log; return whether the worker took them in within a second.

        Raises:
            TooManyRequests, StorageFull: they were not kept.
        """
        return await self.keep(self._entry(messages))

    async def tell(self, messages: Sequence[dict[str, Any]]) -> None:
        """Keep messages in the log, and do not wait until they show.

        Raises:
            TooManyRequests, StorageFull: they were not kept.
        """
        await self._intake.keep(self._entry(messages))

    def _entry(self, messages: Sequence[dict[str, Any]]) -> Entry:
        body = msgspec.json.encode({"batch": list(messages)})
        return Entry(
            received_at=self._now(), source=_OWN_SOURCE, kind="own", messages=len(messages), body=body
        )

    async def keep(self, entry: Entry) -> bool:
        """Keep an entry in the log; return whether the worker took it in within a second.

        Raises:
            TooManyRequests, StorageFull: it was not kept.
        """
        position = await self._intake.keep(entry)
        for _ in range(round(_WAIT_S / _LOOK_S)):
            if await asyncio.to_thread(self._worked) >= position:
                return True
            await asyncio.sleep(_LOOK_S)
        return False

    def _worked(self) -> int:
        with self._database.read() as connection:
            return queries.read_progress(connection).position
