"""Rules as drafts and drafts as rules: what is stored becomes fields, and what is filled in becomes a rule or says what is missing.

A draft is judged part by part by the same reader that reads files, so that a form takes what a file takes and nothing else.
"""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

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
    Sequence,
    Test,
)
from beleef.audiences.notation import rule_from_data
from beleef.audiences.pages.draft import Draft, Place
from beleef.audiences.pages.scalars import (
    read_list,
    read_names,
    read_scalar,
    write_list,
    write_moment,
    write_names,
    write_scalar,
)
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import N_

IS_MISSING: Final = "exists_not"
"""How the form writes ``exists: false``, so that nobody has to know what to type beside ``exists``."""

_LISTS = ("in", "not_in")
_NEEDED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "trait": (("name", N_("Name a trait.")),),
    "computed": (("name", N_("Choose a computed trait.")),),
    "account": (("name", N_("Name a trait of the account.")),),
    "consent": (("purpose", N_("Name the purpose of the consent.")),),
    "audience": (("name", N_("Choose an audience.")),),
    "sequence": (("within_hours", N_("Say within how many hours.")),),
    "where": (("path", N_("Name what the fact must say, for example properties.total.")),),
}


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """Why a part of a draft cannot work: in which field, what is wrong, and what to do; ``hint`` may be empty."""

    field: str
    message: str
    hint: str = ""


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a draft: the rule, or for each place that cannot work why. One of them is always empty."""

    rule: Rule | None
    wrong: dict[Place, Wrong]


def translate(draft: Draft, zone: str) -> Translated:
    """Return the rule that a draft says.

    Args:
        draft: What was filled in.
        zone: The zone of its days: an IANA name.
    """
    wrong: dict[Place, Wrong] = {}
    data = _data(draft, (), wrong, zone)
    if not wrong:
        try:
            return Translated(rule=rule_from_data(data, zone=zone), wrong={})
        except InvalidInput as error:
            wrong[()] = _wrong("mode", error)
    return Translated(rule=None, wrong=wrong)


def to_draft(rule: Rule, zone: ZoneInfo) -> Draft:
    """Return a rule as it is filled in; a double denial, which says nothing, is left out."""
    draft = _draft(rule, zone, negated=False)
    if draft.kind == "group":
        return draft
    # The form begins with a group; this one goes away again as long as it holds nothing else.
    return Draft(kind="group", values={"mode": ("all",), "bare": ("yes",)}, parts=(draft,))


def _draft(rule: Rule, zone: ZoneInfo, *, negated: bool) -> Draft:
    match rule:
        case Not(rule=one):
            return _draft(one, zone, negated=not negated)
        case All(rules=rules) | AnyOf(rules=rules):
            modes = ("all", "not_all") if isinstance(rule, All) else ("any", "none")
            parts = tuple(_draft(one, zone, negated=False) for one in rules)
            return Draft(kind="group", values={"mode": (modes[negated],)}, parts=parts)
    leaf = _leaf(rule, zone)
    if not negated:
        return leaf
    return msgspec.structs.replace(leaf, values={**leaf.values, "negated": ("yes",)})


def _leaf(rule: Rule, zone: ZoneInfo) -> Draft:
    parts: tuple[Draft, ...] = ()
    match rule:
        case HasTrait(name=name, test=test):
            kind, values = "trait", {"name": name, **_tested(test)}
        case HasComputed(name=name, test=test):
            kind, values = "computed", {"name": name, **_tested(test)}
        case HasAccount(name=name, test=test):
            kind, values = "account", {"name": name, **_tested(test)}
        case HasConsent():
            kind = "consent"
            values = {"purpose": rule.purpose, "channel": rule.channel, "state": rule.state}
        case Holds(product=product):
            kind, values = "holds", {"product": product or ""}
        case IsMember(name=name):
            kind, values = "audience", {"name": name}
        case Sequence():
            kind, values = "sequence", _sequence_values(rule)
            parts = tuple(_of_facts("step", one) for one in rule.steps)
        case Did():
            facts = _of_facts("did", rule.facts)
            own = _filled("did", _did_values(rule, zone))
            return msgspec.structs.replace(facts, values={**facts.values, **own.values})
        case _:
            raise AssertionError(rule)
    return _filled(kind, values, parts)


def _sequence_values(rule: Sequence) -> dict[str, str]:
    hours = rule.within_hours
    return {
        "within_hours": str(int(hours) if hours == int(hours) else hours),
        "missing_last": "yes" if rule.missing_last else "",
        "within_days": "" if rule.within_days is None else str(rule.within_days),
    }


def _did_values(rule: Did, zone: ZoneInfo) -> dict[str, str]:
    return {
        "at_least": "" if rule.least is None else str(rule.least),
        "at_most": "" if rule.most is None else str(rule.most),
        "within_days": "" if rule.within_days is None else str(rule.within_days),
        "calendar": "yes" if rule.calendar else "",
        "since": "" if rule.since is None else write_moment(rule.since, zone),
        "until": "" if rule.until is None else write_moment(rule.until, zone),
    }


def _of_facts(kind: str, facts: Facts) -> Draft:
    values: dict[str, tuple[str, ...]] = {
        "events": (write_names(facts.events),),
        "sources": (write_names(facts.sources),),
        "types": facts.types,
        "channels": facts.channels,
    }
    return Draft(
        kind=kind,
        values={name: given for name, given in values.items() if any(given)},
        parts=tuple(_filled("where", {"path": one.path, **_tested(one.test)}) for one in facts.where),
    )


def _tested(test: Test) -> dict[str, str]:
    if test.operator == "exists":
        return {"operator": "exists" if test.value else IS_MISSING}
    value = write_list(test.value) if isinstance(test.value, tuple) else write_scalar(test.value)
    return {"operator": test.operator, "value": value}


def _filled(kind: str, values: Mapping[str, str], parts: tuple[Draft, ...] = ()) -> Draft:
    return Draft(kind=kind, values={name: (value,) for name, value in values.items() if value}, parts=parts)


# Drafts as data, as files hold it


def _data(draft: Draft, place: Place, wrong: dict[Place, Wrong], zone: str) -> dict[str, Any]:
    if draft.kind == "group":
        mode = draft.one("mode") or "all"
        parts = [_data(part, (*place, number), wrong, zone) for number, part in enumerate(draft.parts)]
        if draft.one("bare") and mode == "all" and len(parts) == 1:
            return parts[0]
        group = {"any" if mode in {"any", "none"} else "all": parts}
        return {"not": group} if mode in {"not_all", "none"} else group
    before = len(wrong)
    leaf = {draft.kind: _content(draft, place, wrong)}
    if len(wrong) == before:
        try:
            rule_from_data(leaf, zone=zone)
        except InvalidInput as error:
            wrong[place] = _wrong("", error)
    return {"not": leaf} if draft.one("negated") else leaf


def _content(draft: Draft, place: Place, wrong: dict[Place, Wrong]) -> Any:
    for name, message in _NEEDED.get(draft.kind, ()):
        if not draft.one(name):
            wrong[place] = Wrong(field=name, message=message)
            return None
    data: Any = {}
    match draft.kind:
        case "trait" | "computed":
            data = {"name": draft.one("name"), **_test(draft, place, wrong)}
        case "account":
            data = {"trait": draft.one("name"), **_test(draft, place, wrong)}
        case "consent":
            channel, state = draft.one("channel") or "*", draft.one("state") or "granted"
            data = {"purpose": draft.one("purpose"), "channel": channel, "is": state}
        case "holds":
            data = {"product": draft.one("product")} if draft.one("product") else {}
        case "audience":
            data = draft.one("name")
        case "sequence":
            steps = [_facts(step, (*place, number), wrong) for number, step in enumerate(draft.parts)]
            data = {**_numbers(draft, "within_hours", "within_days"), "steps": steps}
            data["missing_last"] = bool(draft.one("missing_last"))
        case _:
            data = {**_numbers(draft, "at_least", "at_most", "within_days"), **_facts(draft, place, wrong)}
            data |= {name: draft.one(name) for name in ("since", "until") if draft.one(name)}
            data["calendar"] = bool(draft.one("calendar"))
    return data


def _facts(draft: Draft, place: Place, wrong: dict[Place, Wrong]) -> dict[str, Any]:
    listed = {
        "events": read_names(draft.one("events")),
        "sources": read_names(draft.one("sources")),
        "types": list(draft.values.get("types", ())),
        "channels": list(draft.values.get("channels", ())),
        "where": [_where(part, (*place, number), wrong) for number, part in enumerate(draft.parts)],
    }
    if not any(listed.values()):
        wrong[place] = Wrong(
            field="events", message=N_("Name an event, or say otherwise which facts are meant.")
        )
    return {name: values for name, values in listed.items() if values}


def _where(draft: Draft, place: Place, wrong: dict[Place, Wrong]) -> dict[str, Any]:
    if not draft.one("path"):
        wrong[place] = Wrong(field="path", message=_NEEDED["where"][0][1])
        return {}
    return {"path": draft.one("path"), **_test(draft, place, wrong)}


def _test(draft: Draft, place: Place, wrong: dict[Place, Wrong]) -> dict[str, Any]:
    operator, text = draft.one("operator") or "is", draft.one("value")
    if operator in {"exists", IS_MISSING}:
        return {"exists": operator == "exists"}
    if not text:
        wrong[place] = Wrong(field="value", message=N_("Say what the value is compared with."))
        return {}
    if operator in _LISTS:
        return {operator: read_list(text)}
    if operator in {"before", "after"}:
        return {operator: text}
    return {operator: read_scalar(text)}


def _numbers(draft: Draft, *names: str) -> dict[str, Any]:
    return {name: read_scalar(draft.one(name)) for name in names if draft.one(name)}


def _wrong(field: str, error: InvalidInput) -> Wrong:
    # The reader of files says at which key; here the message stands at the part itself.
    where, colon, message = error.message.partition(": ")
    last = where.rpartition(".")[2].partition("[")[0]
    return Wrong(field=field or last, message=message if colon else error.message, hint=error.hint)
