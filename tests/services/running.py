"""Starting a server once per test run, however many workers ask for it, and being sure that it stops.

The first worker that needs a service starts it under a file lock and leaves a note; the others read the note. A keeper
process stops all noted services when the run ends, in whatever way it ends.
"""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

FOLDER = "BELEEF_TEST_SERVICES"
"""The environment variable that tells all workers of a run where the notes are."""

_PORTS = range(20_000, 32_000)
"""Below those that Linux hands out by itself, which anybody's connection could take before the server that is to have it."""

_KEEPER = Path(__file__).with_name("keeper.py")
_started: list[
    subprocess.Popen[bytes]
] = []  # Kept, so that Python does not complain about children left behind.


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server that answers.

    Attributes:
        address: Where, in the form that its users expect.
        pid: The process to stop.
        signal: The signal that makes it stop at once and clean up.
    """

    address: str
    pid: int
    signal: int = 15


def keep_services(folder: Path) -> subprocess.Popen[bytes]:
    """Start the keeper; it stops every noted service as soon as its standard input is closed, or this process dies."""
    os.environ[FOLDER] = str(folder)
    return subprocess.Popen([sys.executable, "-I", "-S", str(_KEEPER), str(folder)], stdin=subprocess.PIPE)


def shared(name: str, start: Callable[[Path], Running]) -> Running:
    """Return the run's one server of this name, started by whoever came first.

    Args:
        name: What to call it.
        start: Starts it in an empty folder of its own and returns once it answers.
    """
    folder = Path(os.environ[FOLDER])
    note = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            own = folder / name
            own.mkdir()
            note.write_bytes(msgspec.json.encode(start(own)))
        return msgspec.json.decode(note.read_bytes(), type=Running)


def prepared(name: str, make: Callable[[Path], None]) -> Path:
    """Return the run's one folder of this name, filled by whoever came first: something to copy, never to change.

    Args:
        name: What to call it.
        make: Fills an empty folder.
    """
    folder = Path(os.environ[FOLDER])
    ready = folder / f"{name}.ready"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            unfinished = folder / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(ready)
    return ready


def launch(
    command: Sequence[str | Path],
    *,
    folder: Path,
    answers: Callable[[], bool],
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 180,
) -> int:
    """Start a server and wait until it answers.

    Args:
        command: The program and its arguments.
        folder: Its working folder; what it prints goes to the file ``output`` in it.
        answers: Tells whether it is ready.
        user: The system user to run as, None for the present one.
        environment: Its environment variables, None for those of the present process.
        timeout_s: How long it may take.

    Returns:
        Its process id.

    Raises:
        RuntimeError: it stopped or did not answer in time; the message holds the end of what it printed.
    """
    output = folder / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            extra_groups=[] if user else None,
            env=None if environment is None else dict(environment),
        )
    _started.append(process)
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline:
        if answers():
            return process.pid
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(
        f"{command[0]} does not answer. It printed:\n{output.read_text(errors='replace')[-4000:]}"
    )


def terminate(pid: int, *, patience_s: float = 120) -> int:
    """Ask a process that ``launch`` started to stop, wait for it, and return its exit code.

    Raises:
        AssertionError: it did not stop in time; it was killed.
    """
    process = next(process for process in _started if process.pid == pid)
    process.terminate()
    try:
        return process.wait(timeout=patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"Process {pid} did not stop within {patience_s} seconds.") from None


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on, and that this run gives to nobody else."""
    with (Path(os.environ[FOLDER]) / "port").open("a+") as last:
        fcntl.flock(last, fcntl.LOCK_EX)
        last.seek(0)
        port = int(last.read() or secrets.choice(_PORTS))
        while not _is_free(port := port + 1 if port + 1 in _PORTS else _PORTS[0]):
            """The next one."""
        last.truncate(0)
        last.write(str(port))
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether something accepts connections on a port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20):
            return True
    except OSError:
        return False
