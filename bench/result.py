"""What a row of the benchmark hands back: figures with their baseline and budget, and the details behind them."""

import math
import statistics
from collections.abc import Sequence

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table.

    Attributes:
        row: What was measured.
        measured: The figure, with its unit.
        baseline: What it is held against, with its unit; empty where there is nothing to hold it against.
        ratio: Measured divided by baseline; None without baseline.
        budget: The promise, in words; empty where this line has none.
        holds: Whether it was kept; None where this line has no budget.
    """

    row: str
    measured: str
    baseline: str = ""
    ratio: float | None = None
    budget: str = ""
    holds: bool | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one row measured.

    Attributes:
        results: Its lines in the table.
        details: Sentences and figures behind them.
    """

    results: tuple[Result, ...]
    details: tuple[str, ...] = ()


def median(values: Sequence[float]) -> float:
    """Return the middle of the rounds: one disturbed round does not move it.

    Raises:
        StatisticsError: there are no values.
    """
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share (0 to 1) of the values does not exceed (nearest rank).

    Raises:
        IndexError: there are no values.
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float], *, digits: int = 2) -> str:
    """Return the lowest and the highest of some rounds as text."""
    return f"{min(values):.{digits}f}–{max(values):.{digits}f}"  # noqa: RUF001 -- a dash between two figures
