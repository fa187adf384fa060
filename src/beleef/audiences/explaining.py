"""Why a person is in an audience or not: every part of the rule with its answer and what was found."""

from typing import Any

from beleef.audiences import needs
from beleef.audiences.compiled import Compiler, Look, past_moments
from beleef.audiences.model import (
    All,
    AnyOf,
    Did,
    Explanation,
    HasAccount,
    HasComputed,
    HasConsent,
    HasTrait,
    Holds,
    Not,
    Rule,
    Sequence,
    inner,
)
from beleef.profiles.api import trait_value_at

_MOST_SHOWN = 5


def explain(rule: Rule, compiler: Compiler, look: Look, versions: dict[str, int]) -> Explanation:
    """Return the answer to each part of a rule.

    Args:
        rule: The rule.
        compiler: Makes functions of rules.
        look: The person.
        versions: Versions of the computed traits by name.

    Raises:
        Conflict: what the rule asks for is not kept.
    """
    return Explanation(
        rule=rule,
        fulfilled=compiler.check(rule)(look),
        seen=_seen(rule, compiler, look, versions),
        parts=tuple(explain(one, compiler, look, versions) for one in inner(rule)),
    )


def _seen(rule: Rule, compiler: Compiler, look: Look, versions: dict[str, int]) -> Any:
    found: Any = None
    match rule:
        case HasTrait(name=name):
            found = trait_value_at(name)(look.known.traits)
        case HasComputed(name=name):
            found = look.known.computed(versions[name], look.now).value
        case HasAccount(name=name):
            value = trait_value_at(name)
            found = [held for one in look.accounts if (held := value(one)) is not None]
        case HasConsent(purpose=purpose, channel=channel):
            said = look.known.consent(purpose, channel)
            found = "unknown" if said is None else "granted" if said else "denied"
        case Holds(product=product):
            found = look.known.held()[:_MOST_SHOWN] if product is None else look.known.holds(product)
        case Did():
            found = past_moments(look, compiler.version(needs.of_did(rule)))[-_MOST_SHOWN:]
        case Sequence():
            found = [
                past_moments(look, compiler.version(step))[-_MOST_SHOWN:] for step in needs.of_steps(rule)
            ]
        case All() | AnyOf() | Not():
            pass
        case _:
            found = sorted(look.members)
    return found
