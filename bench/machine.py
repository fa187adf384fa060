"""Names what was measured with and on: figures without the machine and the versions beside them mean nothing."""

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import beleef

_PACKAGES = ("granian", "uvloop", "litestar", "msgspec", "sqlalchemy", "duckdb", "pyarrow")


def describe(*, load: str) -> list[str]:
    """Return lines that name the machine, its cores and memory, Python, the versions, the load generator and the date."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"Date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load of the machine when it began: {os.getloadavg()[0]:.1f}",
        f"Machine: {_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"Beleef {beleef.__version__}, Python {platform.python_version()}, {versions}",
        f"Load: {load}, on the same machine",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
