"""Whether a fact is meant: the words of audiences' rules about facts, made into a function.

Values are compared as rules and computed traits compare them, so that a fact that enters a campaign also counts in an audience.
"""

from collections.abc import Callable
from typing import Any

from beleef.audiences.api import Facts
from beleef.facts.fact import Fact
from beleef.profiles.api import comparison, reader

Check = Callable[[Fact], bool]


def fits(facts: Facts) -> Check:
    """Return a function that says whether a fact is meant."""
    demands = (
        ("name", facts.events),
        ("type", facts.types),
        ("channel", facts.channels),
        ("source", facts.sources),
    )
    checks = [_one_of(attribute, frozenset(allowed)) for attribute, allowed in demands if allowed]
    checks += [
        _holds(reader(where.path), comparison(where.test.operator, where.test.value)) for where in facts.where
    ]
    if len(checks) == 1:
        return checks[0]
    return lambda fact: all(check(fact) for check in checks)


def value_at(path: str) -> Callable[[Fact], Any]:
    """Return a function that reads the value at a path from a fact, None where there is none."""
    return reader(path)


def _one_of(attribute: str, allowed: frozenset[str]) -> Check:
    return lambda fact: getattr(fact, attribute) in allowed


def _holds(read: Callable[[Fact], Any], compare: Callable[[Any], bool]) -> Check:
    return lambda fact: compare(read(fact))
