"""Beleef as an organisation runs it, for tests that kill it: its processes by what they do, and a client that does not give up."""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.services.beleef import Installation, patient, run, set_up
from tests.services.programs import program
from tests.services.running import free_port

Json = dict[str, Any]

_RETRIED = {408, 429, 500, 502, 503, 504}


class Server:
    """`beleef serve` on a data folder that is set up.

    Args:
        installation: What is served.
        arguments: What follows `beleef serve` besides the address and the folder.
        port: Where; None takes a free one.
    """

    def __init__(
        self, installation: Installation, *, arguments: Sequence[str] = (), port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.output = installation.data.parent / f"output-{self.port}"
        self._command = [str(program("beleef")), "serve", "--port", str(self.port), *arguments]
        self._command += ["--data", str(installation.data)]
        self._environment = patient(installation.environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, until_ready: bool = True) -> None:
        """Start it, and wait until it answers."""
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if until_ready:
            wait_until(self.answers, what=lambda: self.output.read_text(errors="replace")[-4000:])

    def answers(self) -> bool:
        """Whether a web process answers."""
        try:
            return httpx.get(f"{self.address}/health", timeout=20).status_code in {200, 503}
        except httpx.HTTPError:
            return False

    def output_text(self) -> str:
        """Return all that its processes have printed."""
        return self.output.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The parent's process id."""
        assert self._process is not None
        return self._process.pid

    def children(self, kind: str) -> list[int]:
        """Return the ids of the running ``web`` or ``worker`` processes."""
        return [pid for pid in children_of(self.pid) if f"--{kind}" in _command_of(pid)]

    def kill(self, kind: str) -> None:
        """Kill the processes of a kind, or with ``parent`` the parent, without warning."""
        for pid in [self.pid] if kind == "parent" else self.children(kind):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if kind == "parent":
            self.wait()

    def terminate(self) -> None:
        """Ask it to stop."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, timeout_s: float = 120) -> int:
        """Return its exit code, once it has ended."""
        assert self._process is not None
        return self._process.wait(timeout=timeout_s)

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        if self._process is None or self._process.poll() is not None:
            return -1
        self.terminate()
        return self.wait()


@contextmanager
def serving(installation: Installation, *arguments: str, port: int | None = None) -> Iterator[Server]:
    """Serve an installation until the block ends."""
    server = Server(installation, arguments=arguments, port=port)
    server.start(until_ready="--worker" not in arguments)
    try:
        yield server
    finally:
        server.stop()


def installation_in(folder: Path, **settings: str) -> Installation:
    """Return a Beleef that is set up in a folder, with settings for its processes, and not yet served."""
    folder.mkdir(parents=True, exist_ok=True)
    return set_up(folder, {**os.environ, **settings})


def at(installation: Installation, server: Server) -> Installation:
    """Return an installation with the address that a server gave it."""
    return msgspec.structs.replace(installation, address=server.address)


def status(installation: Installation) -> Json:
    """Return what `beleef status --json` says."""
    printed = run("status", "--json", data=installation.data, environment=installation.environment)
    return dict(json.loads(printed))


def figures(installation: Installation) -> Json:
    """Return the same figures as a running Beleef tells them to Prometheus: asking for them costs less than a command."""
    told = httpx.get(f"{installation.address}/metrics", timeout=120).text
    found: Json = {}
    for line in told.splitlines():
        name, _, value = line.rpartition(" ")
        if name.startswith("beleef_messages_total"):
            found[name.split('"')[1]] = int(float(value))
        elif name in {"beleef_people", "beleef_lag_facts"}:
            found[name.removeprefix("beleef_")] = int(float(value))
    return found


def settled(installation: Installation, *, timeout_s: float = 300) -> Json:
    """Return the figures once nothing waits any more, and what came in is what became of it, to the last message."""
    deadline = time.monotonic() + timeout_s
    while (found := figures(installation))["lag_facts"] or found["accepted"] != sum(
        found[outcome] for outcome in ("processed", "repeated", "quarantined", "erased")
    ):
        assert time.monotonic() < deadline, f"Still waiting, or lost: {found}"
        time.sleep(0.05)
    return found


def children_of(pid: int) -> list[int]:
    """Return the ids of a process's children."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def _command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def wait_until(
    holds: Callable[[], bool],
    *,
    timeout_s: float = 180,
    what: Callable[[], str] = lambda: "It did not happen",
) -> None:
    """Return once something holds.

    Raises:
        AssertionError: it does not, in that time.
    """
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


class Client:
    """Sends batches as an SDK does: on a refused or broken connection, and on what passes, it sends the same batch again.

    Args:
        installation: Where to.
        name: Begins every message id.
        seed: Decides whom the messages are about.
        size: Messages in a batch.
    """

    def __init__(self, installation: Installation, *, name: str, seed: int, size: int = 5) -> None:
        self._installation = installation
        self._name = name
        self._chance = random.Random(seed)
        self._size = size
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.accepted: dict[str, str] = {}
        """Message id → user id, of everything that was answered with 200."""
        self.attempts = 0
        self.failed: BaseException | None = None

    def start(self) -> None:
        """Begin sending."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more batches; return when the last one was accepted."""
        self._stop.set()
        self._thread.join(timeout=180)
        assert not self._thread.is_alive()
        if self.failed is not None:
            raise self.failed

    def _run(self) -> None:
        number = 0
        try:
            with httpx.Client(timeout=120) as http:
                while not self._stop.is_set():
                    batch = [self._message(number + index) for index in range(self._size)]
                    number += self._size
                    self._send(http, batch)
                    self.accepted.update({one["messageId"]: one["userId"] for one in batch})
        except BaseException as error:  # noqa: BLE001 -- shown by the thread that stops this one
            self.failed = error

    def _send(self, http: httpx.Client, batch: list[Json]) -> None:
        body = {"writeKey": self._installation.write_key, "batch": batch}
        while True:
            self.attempts += 1
            try:
                answer = http.post(f"{self._installation.address}/v1/batch", json=body)
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                return
            assert answer.status_code in _RETRIED, answer.text
            time.sleep(float(answer.headers.get("retry-after", "0.05")))

    def _message(self, number: int) -> Json:
        return {
            "type": "track",
            "event": "Page Looked At",
            "messageId": f"{self._name}-{number}",
            "userId": f"{self._name}-{self._chance.randrange(20)}",
            "properties": {"number": number},
        }
