"""Writes the generated pages of the reference: `python -m tests.reference` after a change of settings or commands."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from beleef.cli import app
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


PAGES = {"settings.md": settings, "commands.md": commands}

if __name__ == "__main__":
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
