"""A rule as a sentence that anybody can check: in the reader's language, with names and numbers as they are written there."""

from collections.abc import Sequence
from typing import Any, Final

from beleef.audiences import model
from beleef.audiences.model import (
    All,
    AnyOf,
    Did,
    Facts,
    HasAccount,
    HasComputed,
    HasConsent,
    HasTrait,
    Holds,
    IsMember,
    Not,
    Rule,
    Test,
)
from beleef.ui.words import N_, Words

_TESTS: Final = {
    "is": N_("%(what)s is %(value)s"),
    "is_not": N_("%(what)s is not %(value)s"),
    "in": N_("%(what)s is one of %(value)s"),
    "not_in": N_("%(what)s is none of %(value)s"),
    "contains": N_("%(what)s contains %(value)s"),
    "greater": N_("%(what)s is more than %(value)s"),
    "less": N_("%(what)s is less than %(value)s"),
    "at_least": N_("%(what)s is at least %(value)s"),
    "at_most": N_("%(what)s is at most %(value)s"),
    "before": N_("%(what)s is before %(value)s"),
    "after": N_("%(what)s is after %(value)s"),
}
_CONSENTS: Final = {
    "granted": (N_("allowed “%(purpose)s”"), N_("allowed “%(purpose)s” on %(channel)s")),
    "denied": (N_("did not allow “%(purpose)s”"), N_("did not allow “%(purpose)s” on %(channel)s")),
    "unknown": (
        N_("never said anything about “%(purpose)s”"),
        N_("never said anything about “%(purpose)s” on %(channel)s"),
    ),
}


def describe(rule: Rule, words: Words) -> str:
    """Return a rule as one readable sentence, without a full stop."""
    match rule:
        case All(rules=()):
            return words.gettext("everybody")
        case AnyOf(rules=()):
            return words.gettext("nobody")
        case All(rules=rules):
            return _joined([_within(one, words) for one in rules], words.gettext(" and "))
        case AnyOf(rules=rules):
            return _joined([_within(one, words) for one in rules], words.gettext(" or "))
        case Not(rule=one):
            return words.gettext("not: %(rule)s", rule=_within(one, words))
        case _:
            return _leaf(rule, words)


def _within(rule: Rule, words: Words) -> str:
    told = describe(rule, words)
    return f"({told})" if isinstance(rule, All | AnyOf) and len(rule.rules) > 1 else told


def _leaf(rule: Rule, words: Words) -> str:
    told = ""
    match rule:
        case HasTrait(name=name, test=test) | HasComputed(name=name, test=test):
            told = describe_test(name, test, words)
        case HasAccount(name=name, test=test):
            told = describe_test(words.gettext("the account's %(trait)s", trait=name), test, words)
        case HasConsent(purpose=purpose, channel=channel, state=state):
            everywhere, somewhere = _CONSENTS[state]
            told = (
                words.gettext(everywhere, purpose=purpose)
                if channel == "*"
                else words.gettext(somewhere, purpose=purpose, channel=channel)
            )
        case Holds(product=None):
            told = words.gettext("holds a product")
        case Holds(product=product):
            told = words.gettext("holds the product %(product)s", product=product)
        case IsMember(name=name):
            told = words.gettext("is in the audience “%(name)s”", name=name)
        case Did():
            told = _did(rule, words)
        case model.Sequence():
            told = _sequence(rule, words)
    return told


def describe_test(what: str, test: Test, words: Words) -> str:
    """Return a demand on something as a clause."""
    days = test.value if isinstance(test.value, int) else 0
    match test.operator:
        case "exists":
            sentence = N_("%(what)s is known") if test.value is not False else N_("%(what)s is not known")
            return words.gettext(sentence, what=what)
        case "within_last_days":
            return words.ngettext(
                "%(what)s is today", "%(what)s is in the last %(num)s days", days, what=what
            )
        case "within_next_days":
            return words.ngettext(
                "%(what)s falls today", "%(what)s falls in the next %(num)s days", days, what=what
            )
        case "anniversary_within_days" if days == 0:
            return words.gettext("the anniversary of %(what)s is today", what=what)
        case "anniversary_within_days":
            return words.ngettext(
                "the anniversary of %(what)s is within %(num)s day",
                "the anniversary of %(what)s is within %(num)s days",
                days,
                what=what,
            )
        case _:
            return words.gettext(_TESTS[test.operator], what=what, value=_value(test.value, words))


def _value(value: Any, words: Words) -> str:
    if isinstance(value, tuple):
        return _joined([_value(one, words) for one in value], words.gettext(" or "))
    if isinstance(value, bool):
        return words.gettext("true") if value else words.gettext("false")
    return words.number(value) if isinstance(value, int | float) else f"“{value}”"


def describe_facts(facts: Facts, words: Words) -> str:
    """Return which facts are meant as a clause, e.g. ``“Order Completed” on web with “total” at least 50``."""
    named = facts.events or facts.types
    told = (
        _joined([f"“{one}”" for one in named], words.gettext(" or ")) if named else words.gettext("something")
    )
    if facts.channels:
        told += words.gettext(" on %(channels)s", channels=_joined(facts.channels, words.gettext(" or ")))
    if facts.sources:
        told += words.gettext(" through %(sources)s", sources=_joined(facts.sources, words.gettext(" or ")))
    if facts.where:
        demands = [describe_test(one.path, one.test, words) for one in facts.where]
        told += words.gettext(" where %(demands)s", demands=_joined(demands, words.gettext(" and ")))
    return told


def _did(rule: Did, words: Words) -> str:
    facts, least, most = describe_facts(rule.facts, words), rule.least, rule.most
    if most == 0:
        told = words.gettext("did not do %(facts)s", facts=facts)
    elif least == most and least is not None:
        told = words.ngettext(
            "did %(facts)s exactly %(num)s time", "did %(facts)s exactly %(num)s times", least, facts=facts
        )
    elif least is not None and most is not None:
        told = words.gettext("did %(facts)s %(least)s to %(most)s times", facts=facts, least=least, most=most)
    elif most is not None:
        told = words.ngettext(
            "did %(facts)s at most %(num)s time", "did %(facts)s at most %(num)s times", most, facts=facts
        )
    elif least == 1:
        told = words.gettext("did %(facts)s", facts=facts)
    else:
        told = words.ngettext(
            "did %(facts)s at least %(num)s time",
            "did %(facts)s at least %(num)s times",
            least or 0,
            facts=facts,
        )
    return told + _period(rule, words)


def _period(rule: Did, words: Words) -> str:
    told = ""
    if rule.within_days is not None and rule.calendar:
        told = words.ngettext(" today", " in the last %(num)s days, today included", rule.within_days)
    elif rule.within_days is not None:
        told = words.ngettext(" in the last %(num)s day", " in the last %(num)s days", rule.within_days)
    if rule.since is not None:
        told += words.gettext(" since %(day)s", day=words.day(rule.since))
    if rule.until is not None:
        told += words.gettext(" before %(day)s", day=words.day(rule.until))
    return told


def _sequence(rule: model.Sequence, words: Words) -> str:
    *steps, last = [describe_facts(step, words) for step in rule.steps]
    first = _joined(steps, words.gettext(", then "))
    sentence = (
        N_("did %(first)s, and then not %(last)s within %(hours)s hours")
        if rule.missing_last
        else N_("did %(first)s, then %(last)s within %(hours)s hours")
    )
    told = words.gettext(sentence, first=first, last=last, hours=words.number(rule.within_hours))
    if rule.within_days is not None:
        told += words.ngettext(
            ", begun in the last %(num)s day", ", begun in the last %(num)s days", rule.within_days
        )
    return told


def _joined(told: Sequence[str], between: str) -> str:
    return between.join(told)
