"""Whether a rule can work here: what it names must be there, and audiences must not go round in a circle."""

from collections.abc import Collection, Iterator, Mapping

from beleef.audiences.model import HasComputed, IsMember, Rule, parts
from beleef.kernel.errors import InvalidInput


def check(
    rule: Rule, *, computed: Collection[str], audiences: Mapping[str, Rule], name: str | None = None
) -> None:
    """Refuse a rule that names what is not there, or itself.

    Args:
        rule: The rule.
        computed: Names of the computed traits.
        audiences: The rules of the audiences by name.
        name: The audience that the rule is for, None for one that is asked by itself.

    Raises:
        InvalidInput: it cannot work; code ``invalid_rule``.
    """
    known = audiences if name is None else {**audiences, name: rule}
    for part in _gone(rule, computed, known):
        if isinstance(part, IsMember):
            raise _refusal(f"There is no audience “{part.name}”.", "Make that one first.")
        raise _refusal(
            f"There is no computed trait “{part.name}”.", "Make it first, on the page Computed traits."
        )
    if name is not None:
        circle = _circle(name, known)
        if circle:
            way = " → ".join(circle)
            raise _refusal(
                f"These audiences wait for one another: {way}.", "Let one of them not ask for the next."
            )


def gone(rule: Rule, *, computed: Collection[str], audiences: Collection[str]) -> tuple[str, ...]:
    """Return what a rule names that is not there (any more): names of computed traits and audiences, each once."""
    return tuple(dict.fromkeys(part.name for part in _gone(rule, computed, audiences)))


def _gone(
    rule: Rule, computed: Collection[str], audiences: Collection[str]
) -> Iterator[HasComputed | IsMember]:
    for part in parts(rule):
        if isinstance(part, HasComputed) and part.name not in computed:
            yield part
        if isinstance(part, IsMember) and part.name not in audiences:
            yield part


def users(name: str, audiences: Mapping[str, Rule]) -> list[str]:
    """Return the names of the audiences that ask for an audience, sorted."""
    return sorted(other for other, rule in audiences.items() if name in _asked(rule))


def _asked(rule: Rule) -> set[str]:
    return {part.name for part in parts(rule) if isinstance(part, IsMember)}


def _circle(name: str, audiences: Mapping[str, Rule]) -> list[str]:
    """Return a way from an audience back to itself, empty where there is none."""
    ways, seen = [[name]], set[str]()
    while ways:
        way = ways.pop()
        for other in sorted(_asked(audiences[way[-1]])) if way[-1] in audiences else ():
            if other == name:
                return [*way, name]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _refusal(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_rule")
