"""Closed-loop load by `wrk`, the usual C program for it, where it is on the path; else by our own client.

A load generator in Python takes as much processor time as the server it measures, so the client of ours stands in only.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.load import client
from bench.load.report import Load

_SCRIPT = Path(__file__).with_name("wrk.lua")


def load_generator() -> str:
    """Return what makes the closed-loop load here, as the results name it."""
    return "wrk" if shutil.which("wrk") else client.OWN


def closed_loop(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Load:
    """Keep so many connections busy for so long; whole requests are used in turn, over and over.

    Raises:
        RuntimeError: a request failed, or `wrk` did.
    """
    if not shutil.which("wrk"):
        return client.closed_loop(port, requests, connections=connections, seconds=seconds).checked()
    with tempfile.NamedTemporaryFile(prefix="beleef-bench-requests-") as file:
        for request in requests:
            file.write(b"%d\n%b" % (len(request), request))
        file.flush()
        return _wrk(port, Path(file.name), connections=connections, seconds=seconds).checked()


def _wrk(port: int, requests: Path, *, connections: int, seconds: float) -> Load:
    command = [
        "wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s",
        "--timeout", "10s", "--script", str(_SCRIPT), f"http://127.0.0.1:{port}/", "--", str(requests),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not said:
        raise RuntimeError(f"wrk failed: {done.stderr or done.stdout}")
    figures = json.loads(said[-1])
    return Load(
        requests_per_s=figures["requests"] / (figures["duration_us"] / 1e6),
        p50_ms=figures["p50_us"] / 1_000,
        p99_ms=figures["p99_us"] / 1_000,
        requests=figures["requests"],
        failed=figures["failed"],
        made_by="wrk",
    )
