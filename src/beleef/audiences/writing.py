"""Rules written as plain data, the way ``notation`` reads them."""

from typing import Any

from beleef.audiences.model import (
    All,
    AnyOf,
    Audience,
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
    Sequence,
    Test,
)
from beleef.kernel.clock import to_datetime


def audience_to_data(audience: Audience) -> dict[str, Any]:
    """Return an audience as plain data that ``audience_from_data`` reads back."""
    data: dict[str, Any] = {"name": audience.name, "label": audience.label}
    if audience.description:
        data["description"] = audience.description
    if audience.announce:
        data["announce"] = True
    return {**data, "rule": rule_to_data(audience.rule)}


def rule_to_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain data that ``rule_from_data`` reads back, without what is left at its default."""
    match rule:
        case All(rules=rules):
            return {"all": [rule_to_data(one) for one in rules]}
        case AnyOf(rules=rules):
            return {"any": [rule_to_data(one) for one in rules]}
        case Not(rule=one):
            return {"not": rule_to_data(one)}
        case _:
            return _leaf_data(rule)


def _leaf_data(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {}
    match rule:
        case HasTrait(name=name, test=test):
            data = {"trait": {"name": name, **_test_data(test)}}
        case HasComputed(name=name, test=test):
            data = {"computed": {"name": name, **_test_data(test)}}
        case HasAccount(name=name, test=test):
            data = {"account": {"trait": name, **_test_data(test)}}
        case HasConsent(purpose=purpose, channel=channel, state=state):
            on = {} if channel == "*" else {"channel": channel}
            data = {"consent": {"purpose": purpose, **on, "is": state}}
        case Holds(product=product):
            data = {"holds": {} if product is None else {"product": product}}
        case IsMember(name=name):
            data = {"audience": name}
        case Did():
            data = {"did": _did_data(rule)}
        case Sequence():
            data = {"sequence": _sequence_data(rule)}
    return data


def _did_data(rule: Did) -> dict[str, Any]:
    data = _facts_data(rule.facts)
    if rule.least is not None and rule.least == rule.most:
        data["exactly"] = rule.least
    else:
        data |= {
            key: count
            for key, count in (("at_least", rule.least), ("at_most", rule.most))
            if count is not None
        }
    if rule.within_days is not None:
        data["within_days"] = rule.within_days
    if rule.calendar:
        data["calendar"] = True
    for key, moment in (("since", rule.since), ("until", rule.until)):
        if moment is not None:
            data[key] = to_datetime(moment).isoformat().replace("+00:00", "Z")
    return data


def _sequence_data(rule: Sequence) -> dict[str, Any]:
    hours = rule.within_hours
    data: dict[str, Any] = {
        "steps": [_facts_data(step) for step in rule.steps],
        "within_hours": int(hours) if hours == int(hours) else hours,
    }
    if rule.missing_last:
        data["missing_last"] = True
    if rule.within_days is not None:
        data["within_days"] = rule.within_days
    return data


def _facts_data(facts: Facts) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if len(facts.events) == 1:
        data["event"] = facts.events[0]
    elif facts.events:
        data["events"] = list(facts.events)
    for key in ("types", "channels", "sources"):
        if listed := getattr(facts, key):
            data[key] = list(listed)
    if facts.where:
        data["where"] = [{"path": one.path, **_test_data(one.test)} for one in facts.where]
    return data


def _test_data(test: Test) -> dict[str, Any]:
    return {test.operator: list(test.value) if isinstance(test.value, tuple) else test.value}
