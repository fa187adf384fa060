"""Naming the exact place of contact by a source's rules."""

from typing import Any

from beleef.collect.model import Source, TouchpointRule

_MOST_CANDIDATES = 10_000


class Touchpoints:
    """Finds the touchpoint of a message by its source's rules; the first rule that fits counts.

    For each type and name the rules that may fit are picked out once: a source may have a hundred of them.
    """

    def __init__(self) -> None:
        self._candidates: dict[tuple[int, str, str | None], tuple[TouchpointRule, ...]] = {}

    def name(
        self, source: Source, kind: str, name: str | None, properties: dict[str, Any] | None, page: object
    ) -> str | None:
        """Return the touchpoint's name, None where no rule fits."""
        key = (id(source.touchpoints), kind, name)
        candidates = self._candidates.get(key)
        if candidates is None:
            if len(self._candidates) > _MOST_CANDIDATES:
                self._candidates.clear()
            candidates = tuple(rule for rule in source.touchpoints if _may_fit(rule, kind, name))
            self._candidates[key] = candidates
        if not candidates:
            return None
        path = page.get("path") if isinstance(page, dict) else None
        if path is None and properties:
            path = properties.get("path")
        for rule in candidates:
            when = rule.when
            if when.path_prefix is not None and not (
                isinstance(path, str) and path.startswith(when.path_prefix)
            ):
                continue
            if when.property and not (
                properties and all(properties.get(key) == value for key, value in when.property.items())
            ):
                continue
            return rule.touchpoint
        return None


def _may_fit(rule: TouchpointRule, kind: str, name: str | None) -> bool:
    return rule.when.type in {None, kind} and rule.when.name in {None, name}
