"""How commands show what they found: as tables for people, as lines of JSON for programs."""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

Data = Annotated[
    Path,
    typer.Option("--data", envvar="BELEEF_DATA", help="Folder that holds everything.", show_default=True),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DATA = Path("beleef-data")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def print_table(columns: list[str], rows: list[list[str]], *, empty: str) -> None:
    """Print rows as a table, or say what to do when there are none."""
    if not rows:
        out.print(empty, style="dim")
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*row)
    out.print(table)
