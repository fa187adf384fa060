"""A small HTTP/1.1 client on uvloop that measures: in a closed loop, where each connection waits for its answer, and in an open
one, where requests fall due at a steady rate whether or not the server keeps up.

In the open loop the time of an answer counts from the moment the request was due, not from when a connection was free for
it; otherwise a server that stalls would hide its stall ("coordinated omission", Gil Tene).
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import cast

import uvloop

from bench.apart import apart
from bench.load.report import Load
from bench.result import percentile

OWN = "own uvloop client"
_TICK_S = 0.001
_DRAIN_S = 10.0

Answered = Callable[["Connection", int, bytes], None]


class Connection(asyncio.Protocol):
    """One connection, with at most one request under way.

    Args:
        answered: Called with this connection, the status and the body of each answer; status 0 when it was lost.
    """

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._is_busy = False
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, which is no subclass of it

    def send(self, request: bytes, due: float) -> None:
        """Send a request that was due at a moment of ``time.perf_counter``."""
        self.due = due
        if self._transport is None or self._transport.is_closing():
            self._answered(self, 0, b"")
        else:
            self._is_busy = True
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head, end, body = received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            self._received = received
            return
        self._received, self._is_busy = b"", False
        self._answered(self, int(head[9:12]), body)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._is_busy:
            self._is_busy = False
            self._answered(self, 0, b"")

    def close(self) -> None:
        """Close it; a request under way is given up."""
        self._is_busy = False
        if self._transport is not None:
            self._transport.close()


async def connect(port: int, answered: Answered) -> Connection:
    """Return a connection to a port of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(answered), "127.0.0.1", port)
    return connection


def request_bytes(
    method: str, path: str, body: bytes = b"", *, token: str = "", kind: str = "application/json"
) -> bytes:
    """Return a whole HTTP/1.1 request with a body and, where there is one, a Bearer token."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


def closed_loop(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Keep so many connections busy for so long, from a process of its own; the requests are used in turn."""
    return apart(_closed, port, requests, connections, seconds)


def open_loop(port: int, requests: Sequence[bytes], *, rate: float, connections: int, seconds: float) -> Load:
    """Let requests fall due at a steady rate (per second), from a process of its own; they are used in turn."""
    return apart(_open, port, requests, rate, connections, seconds)


def once(port: int, requests: Sequence[bytes], *, connections: int) -> Load:
    """Send each request once, over so many connections, each of which waits for its answers, from a process of its own."""
    return apart(_once, port, requests, connections)


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.find(b"content-length:")
    return int(lower[start + 15 : start + 30].split(b"\r\n")[0]) if start >= 0 else 0


def _closed(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    return uvloop.run(_run_closed(port, requests, connections, seconds))


def _once(port: int, requests: Sequence[bytes], connections: int) -> Load:
    return uvloop.run(_run_once(port, requests, connections))


def _open(port: int, requests: Sequence[bytes], rate: float, connections: int, seconds: float) -> Load:
    return uvloop.run(_run_open(port, requests, rate, connections, seconds))


async def _run_closed(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    times: list[float] = []
    failed = sent = 0
    now, count = time.perf_counter, len(requests)

    def answered(connection: Connection, status: int, _: bytes) -> None:
        nonlocal failed, sent
        moment = now()
        times.append(moment - connection.due)
        failed += status != 200
        if moment < end and status:
            connection.send(requests[sent % count], moment)
            sent += 1

    opened = [await connect(port, answered) for _ in range(connections)]
    start = now()
    end = start + seconds
    for connection in opened:
        connection.send(requests[sent % count], now())
        sent += 1
    while now() < end:
        await asyncio.sleep(0.05)
    took = now() - start
    done = len(times)
    for connection in opened:
        connection.close()
    return _load(times, done / took, failed)


async def _run_once(port: int, requests: Sequence[bytes], connections: int) -> Load:
    times: list[float] = []
    waiting = deque(requests)
    failed = 0
    now, done = time.perf_counter, asyncio.Event()

    def answered(connection: Connection, status: int, _: bytes) -> None:
        nonlocal failed
        times.append(now() - connection.due)
        failed += status != 200
        if len(times) == len(requests):
            done.set()
        elif waiting:
            connection.send(waiting.popleft(), now())

    opened = [await connect(port, answered) for _ in range(min(connections, len(requests)))]
    start = now()
    for connection in opened:
        connection.send(waiting.popleft(), now())
    await done.wait()
    took = now() - start
    for connection in opened:
        connection.close()
    return _load(times, len(times) / took, failed)


async def _run_open(
    port: int, requests: Sequence[bytes], rate: float, connections: int, seconds: float
) -> Load:
    times: list[float] = []
    waiting: deque[tuple[bytes, float]] = deque()
    failed = sent = 0
    now, count, total = time.perf_counter, len(requests), int(rate * seconds)

    def answered(connection: Connection, status: int, _: bytes) -> None:
        nonlocal failed
        times.append(now() - connection.due)
        failed += status != 200
        if waiting and status:
            connection.send(*waiting.popleft())
        else:
            idle.append(connection)

    opened = [await connect(port, answered) for _ in range(connections)]
    idle = list(opened)
    start = now()
    while sent < total:
        until = min(total, int((now() - start) * rate))
        while sent < until:
            request, due = requests[sent % count], start + sent / rate
            if idle:
                idle.pop().send(request, due)
            else:
                waiting.append((request, due))
            sent += 1
        await asyncio.sleep(_TICK_S)
    end = now() + _DRAIN_S
    while len(times) < total and now() < end:
        await asyncio.sleep(0.01)
    took = now() - start
    for connection in opened:
        connection.close()
    return _load(times, len(times) / took, failed + total - len(times))


def _load(times: Sequence[float], per_s: float, failed: int) -> Load:
    return Load(
        requests_per_s=per_s,
        p50_ms=1_000 * percentile(times, 0.5),
        p99_ms=1_000 * percentile(times, 0.99),
        requests=len(times),
        failed=failed,
        made_by=OWN,
    )
