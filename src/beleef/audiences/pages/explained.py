"""Why somebody is in an audience or not, as a tree of conditions with what was found for each."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from beleef.audiences.api import (
    All,
    AnyOf,
    Did,
    Explanation,
    HasConsent,
    Holds,
    IsMember,
    Not,
    Rule,
    SequenceOfFacts,
    describe,
)
from beleef.audiences.pages.seen import Seen
from beleef.audiences.pages.sentence import labelled
from beleef.profiles.pages.parts import written
from beleef.ui.words import N_, Words

_CONSENTS: Final = {
    "granted": N_("allowed"),
    "denied": N_("not allowed"),
    "unknown": N_("never answered"),
}


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the rule: what it demands, whether that holds, what was found, and the parts in it."""

    text: str
    held: bool
    seen: str = ""
    parts: tuple["Condition", ...] = ()


def condition(found: Explanation, seen: Seen, words: Words) -> Condition:
    """Return an explanation as it is drawn; a denial stands with what it denies."""
    rule = labelled(found.rule, seen)
    if isinstance(rule, Not) and not isinstance(rule.rule, All | AnyOf | Not):
        return Condition(text=describe(rule, words), held=found.fulfilled, seen=_seen(found.parts[0], words))
    return Condition(
        text=_text(rule, words),
        held=found.fulfilled,
        seen=_seen(found, words),
        parts=tuple(condition(one, seen, words) for one in found.parts),
    )


def _text(rule: Rule, words: Words) -> str:
    match rule:
        case All():
            return words.gettext("All of these hold")
        case AnyOf():
            return words.gettext("At least one of these holds")
        case Not():
            return words.gettext("This does not hold")
        case _:
            return describe(rule, words)


def _seen(found: Explanation, words: Words) -> str:
    rule, seen = found.rule, found.seen
    text = ""
    match rule:
        case All() | AnyOf() | Not() | IsMember():
            pass
        case HasConsent():
            text = words.gettext(_CONSENTS.get(str(seen), str(seen)))
        case Did():
            text = _moments(seen or (), words)
        case SequenceOfFacts():
            steps = [
                words.gettext("step %(number)s: %(moments)s", number=number, moments=_moments(moments, words))
                for number, moments in enumerate(seen or (), 1)
            ]
            text = "; ".join(steps)
        case Holds(product=product) if product is not None:
            text = words.gettext("has it") if seen else words.gettext("does not have it")
        case _:
            text = words.gettext("nothing known") if _is_nothing(seen) else written(seen, words)
    return text


def _is_nothing(seen: Any) -> bool:
    return seen is None or (isinstance(seen, list | tuple) and not seen)


def _moments(moments: Sequence[int], words: Words) -> str:
    if not moments:
        return words.gettext("never seen")
    latest = sorted(moments, reverse=True)
    return words.gettext("last on %(moments)s", moments=" · ".join(map(words.moment, latest[:3])))
