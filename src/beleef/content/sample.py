"""Values of which everything is known, for the checks: whatever a template asks for is there, also in loops."""

from collections.abc import Iterator
from typing import Any, Final

from beleef.content.model import Variables
from beleef.content.templating import MARK_END, MARK_START

UNSUBSCRIBE: Final = "https://beleef.invalid/unsubscribe"
PREFERENCES: Final = "https://beleef.invalid/preferences"
VIEW: Final = "https://beleef.invalid/message"
"""Addresses that are recognised where a template puts them; nobody can ever own this domain (RFC 2606)."""


class Anything:
    """A value that has every part one may ask for, two items to loop over, and its path as its text."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __getitem__(self, key: object) -> "Anything":
        return Anything(f"{self._path}.{key}")

    def __iter__(self) -> Iterator["Anything"]:
        return iter((Anything(f"{self._path}.1"), Anything(f"{self._path}.2")))

    def __len__(self) -> int:
        return 2

    def __str__(self) -> str:
        return f"{MARK_START}{self._path}{MARK_END}"

    def __int__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0


def sample() -> Variables:
    """Return variables for a check."""
    links = {"unsubscribe": UNSUBSCRIBE, "preferences": PREFERENCES, "view_in_browser": VIEW}
    roots: dict[str, Any] = {
        name: Anything(name)
        for name in ("person", "account", "accounts", "fact", "items", "campaign", "survey")
    }
    return {**roots, "links": links, "now": 1_772_442_000_000_000}
