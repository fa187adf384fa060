"""Writes the generated pages of the reference: `python -m tests.reference` after a change of settings or commands."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from beleef.cli import app
from beleef.metrics.api import METRICS, Metric
from beleef.settings import SETTINGS

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
_WRITTEN = "<!-- Written by `python -m tests.reference`; change the code, not this page. -->"


def settings() -> str:
    """Return the page of settings."""
    lines = [
        "# Settings",
        _WRITTEN,
        "",
        "Each is an environment variable. `NAME_FILE` names a file that holds the value instead: use it for secrets. `{data}` is the",
        "folder given with `--data`.",
        "",
        "| Variable | Default | Unit | Meaning |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{one.name}` | {f'`{one.default}`' if one.default else '(empty)'} | {one.unit} | {one.meaning} |"
        for one in SETTINGS
    ]
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Return the page of commands."""
    lines = ["# Commands", _WRITTEN, "", "Every command takes `--help`.", ""]
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for name, command in _commands(root, "beleef"):
        lines += [f"## `{name}`", "", _plain(command.help or ""), ""]
        shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
        if shown:
            lines += ["| | |", "|---|---|"]
            lines += [f"| {_named(one)} | {_plain(getattr(one, 'help', '') or '')} |" for one in shown]
            lines.append("")
    return "\n".join(lines)


def metrics() -> str:
    """Return the page of metrics."""
    lines = [
        "# Metrics",
        _WRITTEN,
        "",
        "Every figure has one definition, and every page shows it with its 95% interval and n. Where there are fewer observations than the",
        "column *from* says, no value is shown. What may be said of a difference follows its interval: when that holds 0, it is *no real",
        "change*. Figures that are compared together are corrected for their number (Holm), groups are held against all other groups together,",
        "and a trend is the slope over all periods, not the last step.",
        "",
        "| Metric | Formula | Unit | Better | From | Interval | Source |",
        "|---|---|---|---|---|---|---|",
        *(_metric(one) for one in METRICS.values()),
        "",
        _ABOUT_METRICS,
    ]
    return "\n".join(lines) + "\n"


def _metric(one: Metric) -> str:
    better = {"up": "higher", "down": "lower", "none": "neither"}[one.direction]
    cells = (
        f"**{one.label}** `{one.name}`",
        one.formula,
        one.unit,
        better,
        one.least_n or 1,
        one.method,
        one.source,
    )
    return "| " + " | ".join(map(str, cells)) + " |"


_ABOUT_METRICS = """## Where the intervals come from

- **Net scores**: three answers are added, three quarters at each end and the rest between them (Rocks, 2016). The plain interval of ten answers at
  90/8/2 holds the truth in 65% of all cases, this one in 93%.
- **Means of answers**: the same three answers are added before Student's interval. Where nearly all give the highest answer, Student's own interval of thirty
  answers holds the truth in 78% to 91% of all cases, this one in 97%.
- **Durations**: what is still open counts as open (Kaplan-Meier). Counting closed cases alone makes every duration look shorter, the more so the more recent
  the days are. *More than* stands where most have not got there yet.
- **Quantiles of complete amounts**: between two of the ordered values, exactly. A bootstrap of the slowest tenth of thirty holds the truth in 81% of all cases.
- **Times per case, recovery**: bootstrap, corrected for bias and skewness, with a fixed seed: the same cases always give the same interval.
- **Several groups**: intervals of differences are at the level at which the corrected test decides, so that verdict and interval cannot contradict each other.

Simulations in `tests/stats` and `tests/metrics` hold each of these to its promise, with open cases, ties, people who do not answer and machines that do.

## Weighting

Where the population of each stratum is known, answers are weighted to it. The interval follows the effective number of answers, (Σ w)² / Σ w², and the share of
the population in strata with answers is shown. Weighting mends what differs between strata, not what differs inside them.

## Key drivers

Johnson's relative weights share R² out over drivers that go together themselves; regression signs are never shown. Bootstrap intervals; a driver is only told from
chance when its weight lies above that of a driver of pure noise. At least 100 complete answers, and 10 per driver. A driver that nine in ten rate alike is
listed apart: nothing can be said about it, and it may matter very much. *Goes together with* is all it says.

## Recovery

Who scores very low tends to score higher next time, whatever is done. So the rise of those who were helped is held against that of people with as low a score who
were not, where there are any, and the warning stands beside it."""


def _commands(group: TyperGroup, name: str) -> Iterator[tuple[str, TyperCommand]]:
    for own, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{name} {own}")
        elif isinstance(command, TyperCommand):
            yield f"{name} {own}", command


def _named(parameter: object) -> str:
    if isinstance(parameter, TyperArgument):
        return f"`{(parameter.name or '').upper().rstrip('_')}`"
    assert isinstance(parameter, TyperOption)
    return ", ".join(f"`{one}`" for one in [*parameter.opts, *parameter.secondary_opts])


def _plain(text: str) -> str:
    return (
        inspect.cleandoc(text).replace("[bold]", "").replace("[/]", "").replace("|", "\\|").replace("\n", " ")
    )


PAGES = {"settings.md": settings, "commands.md": commands, "metrics.md": metrics}

if __name__ == "__main__":
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
