"""Group commit: requests that arrive while the disk is busy share the next write, and each is answered when it is durable."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from beleef.kernel.errors import TooManyRequests
from beleef.store.log.port import Entry, Log

MAX_WAITING_BYTES = 64 * 1024 * 1024
"""What may wait for the disk before clients are asked to come back later."""


class Intake:
    """Takes entries into the log, from one event loop.

    Args:
        log: Where they go.
        max_waiting_bytes: Above so many bytes waiting, ``keep`` refuses.
    """

    def __init__(self, log: Log, *, max_waiting_bytes: int = MAX_WAITING_BYTES) -> None:
        self._log = log
        self._waiting: list[Entry] = []
        self._futures: list[asyncio.Future[int]] = []
        self._waiting_bytes = 0
        self._max_waiting_bytes = max_waiting_bytes
        self._writing = False
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="log")
        self._loop: asyncio.AbstractEventLoop | None = None

    def keep(self, entry: Entry) -> "asyncio.Future[int]":
        """Return a future that is done, with a log position at or above the entry's, once the entry is durable.

        Raises:
            TooManyRequests: too much is waiting for the disk already.
            StorageFull: (in the future) there is no room; the entry was not kept.
        """
        if self._waiting_bytes > self._max_waiting_bytes:
            raise TooManyRequests(
                "More comes in than the disk can keep.", retry_after_s=1, hint="Send it again later."
            )
        loop = self._turn()
        future: asyncio.Future[int] = loop.create_future()
        self._waiting.append(entry)
        self._futures.append(future)
        self._waiting_bytes += len(entry.body)
        if not self._writing:
            self._writing = True
            # Not at once: what else arrived in this turn of the loop goes along.
            loop.call_soon(self._write)
        return future

    def _turn(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def _write(self) -> None:
        entries, futures = self._waiting, self._futures
        self._waiting, self._futures, self._waiting_bytes = [], [], 0
        written = self._turn().run_in_executor(self._writer, self._log.append, entries)
        written.add_done_callback(lambda done: self._answer(done, futures))

    def _answer(self, done: "asyncio.Future[int]", futures: "list[asyncio.Future[int]]") -> None:
        error = done.exception()
        position = 0 if error else done.result()
        for future in futures:
            if future.done():  # its client went away; the entry is kept all the same
                continue
            if error:
                future.set_exception(error)
            else:
                future.set_result(position)
        if self._waiting:
            self._write()
        else:
            self._writing = False

    def close(self) -> None:
        """Wait for the write under way."""
        self._writer.shutdown(wait=True)
