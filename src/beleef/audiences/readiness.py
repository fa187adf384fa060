"""Whether all that rules ask for is counted: what is kept for them is complete only when past facts are in it."""

from collections.abc import Iterable

from beleef.profiles.api import Definition, Rules, moments_name


def is_counted(rules: Rules, moments: Iterable[Definition], computed: Iterable[str]) -> bool:
    """Return whether past facts are counted in all of these definitions."""
    filled = {stored.definition.name for stored in rules.stored if stored.filled}
    return {moments_name(one) for one in moments} <= filled and set(computed) <= filled
