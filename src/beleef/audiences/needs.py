"""What a rule needs to be known: which moments are kept for it, which facts can change its answer, which audiences it names.

Whoever keeps memberships looks again at a person only when one of these came.
"""

from collections.abc import Iterator

import msgspec

from beleef.audiences.model import (
    STEP_MOMENTS,
    Did,
    Facts,
    HasAccount,
    HasComputed,
    HasConsent,
    HasTrait,
    Holds,
    IsMember,
    Rule,
    Sequence,
    Test,
    parts,
)
from beleef.profiles.api import Condition, Definition

ZONE_TRAIT = "timezone"
"""The trait that says in which time zone a person lives: an IANA name. Others live in the organisation's."""

ENTERED, LEFT = "Audience Entered", "Audience Left"

_TO_CONDITION = {"is": "equals", "is_not": "not_equals"}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer of a rule depends on.

    Attributes:
        moments: Definitions of the moments that are kept for it, without names.
        traits: Names of traits.
        computed: Names of computed traits.
        audiences: Names of audiences.
        accounts: Whether traits of accounts matter.
        consents: Whether consents matter.
        products: Whether products held matter.
    """

    moments: tuple[Definition, ...] = ()
    traits: frozenset[str] = frozenset()
    computed: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    accounts: bool = False
    consents: bool = False
    products: bool = False


def needs(rule: Rule) -> Needs:
    """Return what a rule depends on."""
    every = list(parts(rule))
    named = {one.name for one in every if isinstance(one, HasTrait)}
    # What stands in a trait changes with the whole of it.
    traits = named | {name.partition(".")[0] for name in named}
    if any(_uses_zone(one) for one in every):
        traits.add(ZONE_TRAIT)
    return Needs(
        moments=tuple(definition for one in every for definition in _moments(one)),
        traits=frozenset(traits),
        computed=frozenset(one.name for one in every if isinstance(one, HasComputed)),
        audiences=frozenset(one.name for one in every if isinstance(one, IsMember)),
        accounts=any(isinstance(one, HasAccount) for one in every),
        consents=any(isinstance(one, HasConsent) for one in every),
        products=any(isinstance(one, Holds) for one in every),
    )


def kept(facts: Facts, keep: int, *, since: int | None = None, until: int | None = None) -> Definition:
    """Return the definition under which the latest moments of facts are kept, without its name."""
    return Definition(
        name="",
        label="",
        kind="moments",
        types=tuple(sorted(facts.types)),
        names=tuple(sorted(facts.events)),
        channels=tuple(sorted(facts.channels)),
        sources=tuple(sorted(facts.sources)),
        conditions=tuple(_condition(one.path, one.test) for one in facts.where),
        keep=keep,
        since=since,
        until=until,
    )


def of_did(rule: Did) -> Definition:
    """Return what is kept for a count: one moment more than the highest number that matters."""
    highest = max(rule.least or 0, rule.most if rule.most is not None else 0)
    return kept(rule.facts, highest + 1, since=rule.since, until=rule.until)


def of_steps(rule: Sequence) -> tuple[Definition, ...]:
    """Return what is kept for each step of a sequence."""
    return tuple(kept(step, STEP_MOMENTS) for step in rule.steps)


def of_entering(name: str) -> Definition:
    """Return what is kept of an audience's own entries: the last, so that everybody's ``since`` outlives a rebuild."""
    of_it = Condition(path="properties.audience", operator="equals", value=name)
    return Definition(
        name="", label="", kind="moments", types=("beleef",), names=(ENTERED,), conditions=(of_it,), keep=1
    )


def _moments(rule: Rule) -> Iterator[Definition]:
    match rule:
        case Did():
            yield of_did(rule)
        case Sequence():
            yield from of_steps(rule)
        case _:
            return


def _condition(path: str, test: Test) -> Condition:
    value = list(test.value) if isinstance(test.value, tuple) else test.value
    operator = _TO_CONDITION.get(test.operator, test.operator)
    return Condition(path=path, operator=operator, value=value)  # type: ignore[arg-type]  # the reader of rules lets only these through


def _uses_zone(rule: Rule) -> bool:
    match rule:
        case HasTrait(test=test) | HasComputed(test=test) | HasAccount(test=test):
            return test.operator in {"within_last_days", "within_next_days", "anniversary_within_days"}
        case Did(calendar=calendar, within_days=days):
            return calendar and days is not None
        case _:
            return False
