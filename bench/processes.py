"""Servers under measurement: started as an operator starts them, watched through /proc, stopped when the row is done."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")
_START_S = 60.0
_STOP_S = 30.0


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of a process in MiB.

    Attributes:
        resident: All that is in memory now, pages of mapped files included.
        peak: The most it ever was.
        own: What the process allocated itself, without mapped files, which the system takes back when it likes.
    """

    resident: float
    peak: float
    own: float


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A running process.

    Attributes:
        pid: Its number.
        port: Where it answers on 127.0.0.1; 0 where it does not.
    """

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Return the seconds of processor time that it has used, all its threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> Memory:
        """Return its memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kib = {
            name: int(rest.split()[0])
            for name, _, rest in (line.partition(":") for line in lines)
            if name in {"VmRSS", "VmHWM", "RssAnon"}
        }
        return Memory(resident=kib["VmRSS"] / 1024, peak=kib["VmHWM"] / 1024, own=kib["RssAnon"] / 1024)


@contextmanager
def beleef_web(data: Path) -> Iterator[Server]:
    """Run `beleef serve --web` on a data folder until the block ends."""
    port = free_port()
    with _running(["-m", "beleef", "serve", "--web", "--data", str(data), "--port", str(port)], port) as it:
        yield it


@contextmanager
def beleef_worker(data: Path) -> Iterator[Server]:
    """Run `beleef serve --worker` on a data folder until the block ends."""
    with _running(["-m", "beleef", "serve", "--worker", "--data", str(data)], 0) as it:
        yield it


@contextmanager
def beleef_sender(data: Path) -> Iterator[Server]:
    """Run `beleef serve --sender` on a data folder until the block ends."""
    with _running(["-m", "beleef", "serve", "--sender", "--data", str(data)], 0) as it:
        yield it


@contextmanager
def beleef_whole(data: Path) -> Iterator[Server]:
    """Run `beleef serve`, web and worker, on a data folder until the block ends."""
    port = free_port()
    with _running(["-m", "beleef", "serve", "--data", str(data), "--port", str(port)], port) as it:
        yield it


@contextmanager
def baseline(app: str, *arguments: str) -> Iterator[Server]:
    """Run one of the apps of `bench.baselines` on the server and the settings that Beleef uses, until the block ends."""
    port = free_port()
    with _running(["-m", "bench.baselines", app, str(port), *arguments], port) as it:
        yield it


@contextmanager
def mail_sink() -> Iterator[Server]:
    """Run a mail server that takes everything and keeps nothing, until the block ends."""
    port = free_port()
    with _running(["-m", "bench.load.mail_sink", str(port)], port) as it:
        yield it


@contextmanager
def _running(arguments: Sequence[str], port: int) -> Iterator[Server]:
    # Settings of whoever runs the benchmark must not change what is measured.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BELEEF_")}
    process = subprocess.Popen([sys.executable, *arguments], env=environment)
    try:
        if port:
            _wait(process, port)
        yield Server(pid=process.pid, port=port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} stopped with exit code {process.returncode}.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer.")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listened on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
