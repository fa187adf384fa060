"""What the documentation says is so: its links lead somewhere and its commands exist, with their options."""

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer.main

from beleef.cli import app

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`((?:\.venv/bin/)?beleef [^`]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [urlsplit(link) for link in _LINK.findall(page.read_text())]
    broken = [
        link.path
        for link in targets
        if not link.scheme and link.path and not (page.parent / link.path).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_exists(page: Path) -> None:
    wrong = [said for said in _commands(page.read_text()) if not _exists(shlex.split(said))]
    assert wrong == []


def test_commands_are_found_and_a_wrong_one_is_noticed() -> None:
    assert _commands("`beleef status --json`\n```sh\n.venv/bin/beleef serve  # go\n```") == [
        "serve",
        "status --json",
    ]
    assert _exists(["status", "--json"])
    assert not _exists(["status", "--jsn"])
    assert not _exists(["statsu"])


def test_the_readme_shows_only_targets_that_make_knows() -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {target for page in PAGES for target in re.findall(r"[`\n]make ([a-z]+)", page.read_text())}
    assert said
    assert said <= known


def _commands(text: str) -> list[str]:
    """Return the arguments of every `beleef` in shell blocks and between back-quotes."""
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()] + _INLINE.findall(text)
    found = []
    for line in lines:
        match = re.search(r"(?:^|[\s/])beleef ([a-z-].*)", line.partition(" #")[0])
        if match:
            found.append(match.group(1).strip())
    return found


def _exists(words: list[str]) -> bool:
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        if words[0].startswith("-"):
            break
        inner = command.commands.get(words[0])
        if inner is None:
            return False
        command, words = inner, words[1:]
    options = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    return all(word.partition("=")[0] in options | {"--help"} for word in words if word.startswith("--"))
