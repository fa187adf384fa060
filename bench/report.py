"""The results as Markdown: one table of figures, baselines, ratios and budgets, and below it how each row was measured."""

from collections.abc import Sequence
from types import ModuleType

import msgspec

from bench.result import Outcome, Result

_MARKS = {True: "✓", False: "✗", None: ""}
_INTRODUCTION = (
    "Written by `make bench`. Each figure stands beside a baseline of the same run on the same machine: compare the ratios, "
    "not the figures, with those of another machine."
)
_QUICK = "**Quick run:** the sizes are small. It shows that the benchmark works; the budgets are stated for the full sizes."


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was run.

    Attributes:
        name: Its name on the command line.
        module: Its module.
        outcome: What it measured; None where it failed.
        failure: Why it failed; empty where it did not.
        took_s: How long it took.
    """

    name: str
    module: ModuleType
    outcome: Outcome | None
    failure: str
    took_s: float


def to_markdown(rows: Sequence[Done], machine: Sequence[str], *, is_quick: bool) -> str:
    """Return the whole report."""
    parts = ["# What it costs", "", _INTRODUCTION, ""]
    if is_quick:
        parts += [_QUICK, ""]
    parts += [f"- {line}" for line in machine]
    parts += ["", *_table(rows), ""]
    for row in rows:
        parts += [f"## {row.module.TITLE}", "", (row.module.__doc__ or "").strip(), ""]
        details = row.outcome.details if row.outcome else (f"It failed: {row.failure}",)
        parts += [*(f"- {detail}" for detail in details), f"- took {row.took_s:.0f} s", ""]
    return "\n".join(parts)


def _table(rows: Sequence[Done]) -> list[str]:
    lines = ["| what | measured | beside | ratio | budget | |", "|---|---:|---:|---:|---:|---|"]
    for row in rows:
        if row.outcome is None:
            lines.append(f"| {row.module.TITLE} | failed | | | | ✗ |")
        else:
            lines += [_line(result) for result in row.outcome.results]
    return lines


def _line(result: Result) -> str:
    ratio = "" if result.ratio is None else f"{result.ratio:.2f}"
    cells = (result.row, result.measured, result.baseline, ratio, result.budget, _MARKS[result.holds])
    return "| " + " | ".join(cells) + " |"
