"""Running Beleef: the web, worker and sender processes, and the parent that keeps them alive and stops them cleanly."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from beleef.app import Stores, build_fetching, build_hander, build_sender, build_worker
from beleef.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from types import FrameType

    from beleef.collect.doors import Receive, Scope, Send

    AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = structlog.get_logger("serve")

_SWITCH_S = 0.0005
"""How long one thread may keep Python's lock while another waits: the writer of the log waits on the event loop otherwise."""
_STOP_S = 30.0
_STEADY_S = 10.0
_DIE_WITH_PARENT = 1


def children(arguments: Sequence[str], *, web_processes: int) -> list[list[str]]:
    """Return the commands of the child processes: one worker, one sender, and web processes that share the port.

    Args:
        arguments: What follows ``beleef serve`` for all.
        web_processes: How many web processes.
    """
    serve = ["serve", *arguments]
    return [[*serve, "--worker"], [*serve, "--sender"], *([*serve, "--web"] for _ in range(web_processes))]


def check_address(host: str, port: int, *, shared: bool = False) -> None:
    """Pass when nothing listens there yet; with ``shared``, nothing but web processes that share the port.

    Raises:
        InvalidInput: something does, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Without listening: a probe that listened would be given a customer's connection, and drop it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if shared else socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise InvalidInput(
            f"Beleef cannot listen on {host}:{port}: {error}", hint="Choose another --port."
        ) from error


def run_parent(commands: Sequence[Sequence[str]]) -> int:
    """Start children, start again what dies, and stop all of them on SIGTERM or SIGINT; return the exit code.

    Args:
        commands: What follows ``beleef`` for each child.
    """
    stop = _stop_event()
    children = [_Child(command) for command in commands]
    for child in children:
        child.start()
    while not stop.wait(0.2):
        for child in children:
            if child.is_hopeless():
                stop.set()
            else:
                child.keep_alive()
    for child in children:
        child.terminate()
    for child in children:
        child.wait()
    return 1 if any(child.is_hopeless() for child in children) else 0


class _Child:
    """One child process, started again when it dies; given up when it cannot start at all."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._again_at = 0.0
        self._quick_deaths = 0
        self._was_steady = False

    def start(self) -> None:
        self._started_at = time.monotonic()
        command = [sys.executable, "-m", "beleef", *self._arguments]
        self._process = subprocess.Popen(command, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509 -- our own command

    def keep_alive(self) -> None:
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if not self._again_at:
            lived_s = now - self._started_at
            self._was_steady = self._was_steady or lived_s >= _STEADY_S
            self._quick_deaths = (
                self._quick_deaths + 1 if lived_s < _STEADY_S and self._process.returncode > 0 else 0
            )
            self._again_at = now + min(5.0, 0.2 * 2**self._quick_deaths)
            _log.warning("process_died", code=self._process.returncode, arguments=self._arguments[-1])
        elif now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def is_hopeless(self) -> bool:
        # One that ran before was started with the right settings: what it misses now, a database perhaps, will come back.
        return self._quick_deaths >= 5 and not self._was_steady

    def terminate(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def run_web(stores: Stores, *, host: str, port: int) -> None:
    """Answer HTTP until SIGTERM or SIGINT.

    Raises:
        InvalidInput: the address is in use.
    """
    from beleef.web import WebApp  # noqa: PLC0415 -- a worker does without it

    app = WebApp(stores)
    try:
        answer(app, host=host, port=port)
    finally:
        app.intake.close()
        stores.close()


def answer(app: "AsgiApp", *, host: str, port: int) -> None:
    """Answer HTTP with an ASGI app, in this process and with Beleef's server settings, until SIGTERM or SIGINT.

    Raises:
        InvalidInput: the address is in use.
    """
    import uvloop  # noqa: PLC0415 -- only the web process needs it
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415

    # The server itself ends with a trace of its own where the address is in use.
    check_address(host, port, shared=True)
    sys.setswitchinterval(_SWITCH_S)

    async def main() -> None:
        server = Server(
            app,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            backlog=1_024,
            websockets=False,
            log_enabled=False,
            http1_settings=HTTP1Settings(header_read_timeout=30_000),
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        await server.serve()

    uvloop.run(main())


def run_worker(stores: Stores) -> None:
    """Work until SIGTERM or SIGINT; the batch under way is finished first."""
    stop = _stop_event()
    worker = build_worker(stores)
    try:
        worker.run(stop)
    finally:
        stores.close()


def run_sender(stores: Stores) -> None:
    """Send, hand audiences over and fetch mail until SIGTERM or SIGINT; what is on the wire then is finished first."""
    stop = _stop_event()
    # A thread of its own: a system that is slow to take an audience holds up no message.
    hander = threading.Thread(target=build_hander(stores).run, args=(stop,), name="hander")
    hander.start()
    fetcher = threading.Thread(target=build_fetching(stores).run, args=(stop,), name="fetcher")
    fetcher.start()
    try:
        build_sender(stores).run(stop)
    finally:
        stop.set()
        hander.join()
        fetcher.join()
        stores.close()


def _stop_event() -> threading.Event:
    stop = threading.Event()

    def handle(_number: int, _frame: "FrameType | None") -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop


def _die_with_parent() -> None:
    """Ask Linux to end this child when its parent is killed: nobody would look after it any more."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
        if os.getppid() == 1:
            os._exit(1)
