"""The cost of growth: the demo's history comes in ten parts of a million facts, each put into the log, then worked on and filed, all in one
process; the processor time per fact of the last part is divided by that of the first.

The later facts find more persons, longer histories, larger indexes, more remembered message ids and more files than the first ones
did; state per fact that grows with the number of facts would show as a ratio well above one.
"""

from bench.result import Outcome, Result
from bench.run import Run

TITLE = "The cost of growth"

_MOST_RATIO = 1.2


def measure(run: Run) -> Outcome:
    """Measure the row."""
    parts = run.history.parts
    first, last = parts[0], parts[-1]
    ratio = last.us_per_fact() / first.us_per_fact()
    return Outcome(
        results=(
            Result(
                row=f"cost of a fact in facts {_range(run, len(parts))}",
                measured=f"{last.us_per_fact():.1f} µs of processor time",
                baseline=f"{first.us_per_fact():.1f} µs, facts {_range(run, 1)}",
                ratio=ratio,
                budget=f"≤ {_MOST_RATIO} ×",  # noqa: RUF001 -- a multiplication sign
                holds=ratio <= _MOST_RATIO,
            ),
        ),
        details=(
            "µs a fact, part by part: " + ", ".join(f"{part.us_per_fact():.1f}" for part in parts),
            f"first part by step: {first.steps_text()}",
            f"last part by step: {last.steps_text()}",
        ),
    )


def _range(run: Run, part: int) -> str:
    size = run.sizes.part_facts / 1e6
    return f"{(part - 1) * size:g}–{part * size:g} million"  # noqa: RUF001 -- a dash between two figures
