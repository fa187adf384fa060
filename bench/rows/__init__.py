"""The rows of the benchmark, in the order in which they run: those that need no data first."""

from types import ModuleType

from bench.rows import (
    accepting,
    asking,
    batches,
    catching_up,
    freshness,
    growth,
    lake,
    looking_up,
    memory,
)

ROWS: dict[str, ModuleType] = {
    "accept": accepting,
    "batches": batches,
    "catch-up": catching_up,
    "lake": lake,
    "look-up": looking_up,
    "freshness": freshness,
    "memory": memory,
    "growth": growth,
    "questions": asking,
}
"""By the name on the command line. Each has ``TITLE`` and ``measure(run) -> Outcome``; its docstring says what is measured and how."""
