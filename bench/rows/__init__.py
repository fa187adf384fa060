"""The rows of the benchmark, each a module with ``TITLE`` and ``measure(run) -> Outcome``; its docstring says what is measured and how."""

import importlib
from types import ModuleType

_MODULES = {
    "accept": "accepting",
    "batches": "batches",
    "catch-up": "catching_up",
    "lake": "lake",
    "texts": "texts",
    "look-up": "looking_up",
    "inbox": "inbox",
    "freshness": "freshness",
    "membership": "membership",
    "contact": "contacting",
    "flows": "flowing",
    "answers": "answering",
    "figures": "figuring",
    "memory": "memory",
    "verification": "verifying",
    "growth": "growth",
    "questions": "asking",
}

ROWS = tuple(_MODULES)
"""Their names on the command line, in the order in which they run: those that need no data first."""


def row(name: str) -> ModuleType:
    """Return the module of a row. It is loaded only now: what one row needs should not be in the memory of another."""
    return importlib.import_module(f"bench.rows.{_MODULES[name]}")
