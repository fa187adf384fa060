"""Naming the exact place of contact by a source's rules."""

from typing import Any

from beleef.collect.model import Source, TouchpointRule

_MOST_CANDIDATES = 10_000

_Candidate = tuple[str | None, tuple[tuple[str, Any], ...], str]
"""What a rule still asks of a message of its type and name: how its path begins, and its properties; and the touchpoint."""


class Touchpoints:
    """Finds the touchpoint of a message by its source's rules; the first rule that fits counts.

    For each type and name the rules that may fit are picked out once: a source may have a hundred of them.
    """

    def __init__(self) -> None:
        self._candidates: dict[tuple[int, str, str | None], tuple[_Candidate, ...]] = {}

    def name(
        self, source: Source, kind: str, name: str | None, properties: dict[str, Any] | None, page: object
    ) -> str | None:
        """Return the touchpoint's name, None where no rule fits."""
        key = (source.id, kind, name)
        candidates = self._candidates.get(key)
        if candidates is None:
            candidates = self._pick(key, source)
        path: str | None = None
        for prefix, wanted, touchpoint in candidates:
            if prefix is not None:
                if path is None:
                    path = _path(properties, page)
                if path is None or not path.startswith(prefix):
                    continue
            if wanted and not _has(properties, wanted):
                continue
            return touchpoint
        return None

    def _pick(self, key: tuple[int, str, str | None], source: Source) -> tuple[_Candidate, ...]:
        _, kind, name = key
        if len(self._candidates) > _MOST_CANDIDATES:
            self._candidates.clear()
        self._candidates[key] = picked = tuple(
            (rule.when.path_prefix, tuple(rule.when.property.items()), rule.touchpoint)
            for rule in source.touchpoints
            if _may_fit(rule, kind, name)
        )
        return picked


def _path(properties: dict[str, Any] | None, page: object) -> str | None:
    path = page.get("path") if isinstance(page, dict) else None
    if path is None and properties:
        path = properties.get("path")
    return path if isinstance(path, str) else None


def _has(properties: dict[str, Any] | None, wanted: tuple[tuple[str, Any], ...]) -> bool:
    if not properties:
        return False
    for key, value in wanted:  # noqa: SIM110 -- a generator for each message costs more than all the rest
        if properties.get(key) != value:
            return False
    return True


def _may_fit(rule: TouchpointRule, kind: str, name: str | None) -> bool:
    return rule.when.type in {None, kind} and rule.when.name in {None, name}
