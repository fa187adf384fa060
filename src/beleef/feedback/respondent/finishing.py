"""Marks invitations as answered and brings the answers into the log, both or neither: those who finish while the disk is busy go together.

One transaction for all of them: next to a worker at work, waiting for the turn to write takes longer than writing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from beleef.feedback.recording import Respondent
from beleef.kernel.clock import Clock
from beleef.store.records.database import Database

if TYPE_CHECKING:
    from beleef.feedback.api import Feedback

Tell = Callable[[Sequence[dict[str, Any]]], Awaitable[object]]
"""Brings messages into the log, and returns when they are on disk."""


class _Finished(msgspec.Struct, kw_only=True):
    """Somebody who sent the last page, what is to be told of it, and who waits for whether it was the first time."""

    respondent: Respondent
    messages: list[dict[str, Any]]
    done: "asyncio.Future[bool]"


class Finishing:
    """Takes in the last pages of invited people, from one event loop.

    Args:
        database: The state.
        feedback: The surveys.
        tell: Brings answers into the log.
        now: The clock.
    """

    def __init__(self, database: Database, feedback: "Feedback", tell: Tell, now: Clock) -> None:
        self._database = database
        self._feedback = feedback
        self._tell = tell
        self._now = now
        self._waiting: list[_Finished] = []
        self._writing: asyncio.Task[None] | None = None

    async def finish(self, respondent: Respondent, messages: list[dict[str, Any]]) -> bool:
        """Return whether somebody finished for the first time; then the messages are on disk, else they are left out.

        Raises:
            TooManyRequests, StorageFull, Unavailable: nothing was kept; sending it again keeps it.
        """
        loop = asyncio.get_running_loop()
        one = _Finished(respondent=respondent, messages=messages, done=loop.create_future())
        self._waiting.append(one)
        if self._writing is None:
            self._writing = loop.create_task(self._write(loop))
        return await one.done

    async def _write(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting, []
                await self._write_together(together, loop)
        finally:
            self._writing = None

    async def _write_together(self, together: list[_Finished], loop: asyncio.AbstractEventLoop) -> None:
        try:
            first = await asyncio.to_thread(self._keep, together, loop)
        except Exception as error:  # noqa: BLE001 -- each of them is told, as if they had been alone
            for one in together:
                if not one.done.done():
                    one.done.set_exception(error)
            return
        for one in together:
            # A browser that went away waits no more.
            if not one.done.done():
                one.done.set_result(one in first)

    def _keep(self, together: list[_Finished], loop: asyncio.AbstractEventLoop) -> list[_Finished]:
        """Keep what several finished; return those who did so for the first time."""
        by_invitation: dict[int, _Finished] = {}
        for one in together:
            by_invitation.setdefault(one.respondent.sitting.came_by, one)
        with self._database.write() as connection:
            respondents = [one.respondent for one in by_invitation.values()]
            new = self._feedback.note_finished(connection, respondents, self._now())
            first = [one for number, one in by_invitation.items() if number in new]
            messages = [message for one in first for message in one.messages]
            if messages:
                asyncio.run_coroutine_threadsafe(self._told(messages), loop).result()
        return first

    async def _told(self, messages: list[dict[str, Any]]) -> None:
        await self._tell(messages)
