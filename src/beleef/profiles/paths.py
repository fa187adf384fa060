"""Where a value stands in a fact, and what is demanded of it: texts from definitions become Python functions.

Nothing that a user wrote is ever executed; a path only chooses among attributes and keys.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from beleef.facts.fact import Fact
from beleef.kernel.clock import to_text
from beleef.profiles.comparing import comparison
from beleef.profiles.model import Condition, Definition

Reader = Callable[[Fact], Any]
Check = Callable[[Fact], bool]

_FIELDS = frozenset(
    {
        "type", "name", "source", "channel", "touchpoint", "user_id", "anonymous_id", "group_id", "campaign", "product",
        "revenue", "currency",
    }
)  # fmt: skip
_MOMENTS = frozenset({"occurred_at", "received_at"})
_MAPS = frozenset({"properties", "traits", "context"})


def reader(path: str) -> Reader:
    """Return a function that reads the value at a path from a fact, None where there is none.

    A path is a field of the fact (``revenue``, ``channel``; ``occurred_at`` gives ISO 8601 text), or starts with
    ``properties``, ``traits`` or ``context``; anything else is looked for in the properties and then in the context, so
    that ``category`` and ``page.path`` do what they seem to. A whole number in it chooses from a list.
    """
    if path in _FIELDS:
        return attrgetter(path)
    if path in _MOMENTS:
        return lambda fact: to_text(getattr(fact, path))
    first, *rest = path.split(".")
    if first in _MAPS and rest:
        return _within(first, tuple(rest))
    whole = (first, *rest)
    in_properties, in_context = _within("properties", whole), _within("context", whole)

    def read(fact: Fact) -> Any:
        found = in_properties(fact)
        return in_context(fact) if found is None else found

    return read


def _within(attribute: str, steps: tuple[str, ...]) -> Reader:
    part: Callable[[Fact], dict[str, Any] | None] = attrgetter(attribute)
    if len(steps) == 1:
        (key,) = steps

        def read_key(fact: Fact) -> Any:
            found = part(fact)
            return None if found is None else found.get(key)

        return read_key

    return lambda fact: step_into(part(fact), steps)


def step_into(value: Any, steps: tuple[str, ...]) -> Any:
    """Return what stands in a value behind keys of objects and places in lists, None where nothing does."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 6 and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def check(definition: Definition) -> Check | None:
    """Return a function that says whether a fact of a fitting type and name counts; None where all of them do."""
    checks: list[Check] = []
    if definition.channels:
        checks.append(_one_of("channel", frozenset(definition.channels)))
    if definition.sources:
        checks.append(_one_of("source", frozenset(definition.sources)))
    if definition.since is not None:
        checks.append(_at_or_after(definition.since))
    if definition.until is not None:
        checks.append(_before(definition.until))
    checks.extend(_holds(condition) for condition in definition.conditions)
    if not checks:
        return None
    if len(checks) == 1:
        return checks[0]
    return lambda fact: all(each(fact) for each in checks)


def _one_of(attribute: str, allowed: frozenset[str]) -> Check:
    read = attrgetter(attribute)
    return lambda fact: read(fact) in allowed


def _holds(condition: Condition) -> Check:
    read, compare = reader(condition.path), comparison(condition.operator, condition.value)
    return lambda fact: compare(read(fact))


def _at_or_after(since: int) -> Check:
    return lambda fact: fact.occurred_at >= since


def _before(until: int) -> Check:
    return lambda fact: fact.occurred_at < until
