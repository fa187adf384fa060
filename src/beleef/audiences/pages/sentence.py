"""A rule as a sentence for staff, in which audiences and computed traits go by the labels that people gave them."""

import msgspec

from beleef.audiences.api import All, AnyOf, HasComputed, IsMember, Not, Rule, describe
from beleef.audiences.pages.seen import Seen
from beleef.ui.words import Words


def sentence_of(rule: Rule, seen: Seen, words: Words) -> str:
    """Return a rule as a sentence, with a capital and a full stop."""
    text = describe(labelled(rule, seen), words)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def labelled(rule: Rule, seen: Seen) -> Rule:
    """Return a rule with labels in the place of names, for reading only."""
    match rule:
        case All(rules=rules):
            return All(rules=tuple(labelled(one, seen) for one in rules))
        case AnyOf(rules=rules):
            return AnyOf(rules=tuple(labelled(one, seen) for one in rules))
        case Not(rule=one):
            return Not(rule=labelled(one, seen))
        case IsMember(name=name):
            return IsMember(name=seen.audiences.get(name, name))
        case HasComputed(name=name):
            return msgspec.structs.replace(rule, name=seen.computed.get(name, name))
        case _:
            return rule
