"""Stops the services of a test run when the run ends, also when it was killed.

It waits on a pipe whose other end only the run's main process holds, so a dead run closes it as surely as a finished one.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet collected by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def stop(pid: int, number: int, *, patience_s: float = 10) -> None:
    """Ask a process to stop, and end it when it does not listen."""
    for attempt in (number, signal.SIGKILL):
        if is_alive(pid):
            os.kill(pid, attempt)
        deadline = time.monotonic() + patience_s
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)


def main(folder: Path) -> None:
    """Wait for the end of the run, then stop what its notes name and remove the folder."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for note in folder.glob("*.json"):
        service = json.loads(note.read_bytes())
        stop(service["pid"], service["signal"])
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
