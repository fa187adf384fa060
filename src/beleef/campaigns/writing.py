"""From a campaign to plain data, for YAML, JSON and the database; `reading.py` reads it back as the same campaign.

What is at its default is left out, so that a file says what somebody chose.
"""

from typing import Any

from beleef.audiences.api import Did, rule_to_data
from beleef.campaigns.model import (
    WEEKDAYS,
    Action,
    Again,
    Branch,
    Campaign,
    End,
    Entry,
    Exit,
    Flow,
    Goal,
    HandOver,
    OnAudience,
    OnFact,
    OnSchedule,
    Selector,
    Send,
    SetTrait,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
    WaitUntilDate,
)
from beleef.campaigns.terms import duration_to_text, time_to_text


def to_data(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign as plain data."""
    return _filled(
        name=campaign.name,
        label=campaign.label,
        description=campaign.description,
        entry=_entry(campaign.entry),
        control=campaign.control or None,
        exit=[_exit(one) for one in campaign.exits],
        goals=[_goal(one) for one in campaign.goals],
        flow=flow_to_data(campaign.flow),
        expect=campaign.expect,
        given=list(campaign.given),
    )


def flow_to_data(flow: Flow) -> list[dict[str, Any]]:
    """Return the steps of a flow as plain data."""
    return [_step(step) for step in flow]


def selector_to_data(selector: Selector) -> dict[str, Any]:
    """Return which facts are meant as plain data."""
    written = rule_to_data(Did(facts=selector.facts, least=1))["did"]
    return {name: value for name, value in written.items() if name != "at_least"} | _filled(
        same=selector.same
    )


def _entry(entry: Entry) -> dict[str, Any]:
    on: dict[str, Any] = {"call": True}
    match entry.on:
        case OnFact(fact=fact, within=within):
            on = {"fact": selector_to_data(fact), "within": duration_to_text(within)}
        case OnAudience(audience=audience, on=on_):
            on = {"audience": {"name": audience, "when": on_}}
        case OnSchedule() as schedule:
            on = {"schedule": _schedule(schedule)}
    only = None if entry.only is None else rule_to_data(entry.only)
    return on | _filled(key=entry.key, only=only, again=_again(entry.again))


def _schedule(schedule: OnSchedule) -> dict[str, Any]:
    return _filled(
        audience=schedule.audience,
        every=schedule.every,
        at=time_to_text(schedule.at),
        weekdays=[WEEKDAYS[day] for day in schedule.weekdays],
        day=schedule.day if schedule.every == "month" else None,
        date=schedule.date,
        zone=None if schedule.zone == "organisation" else schedule.zone,
    )


def _again(again: Again) -> Any:
    return {"after_days": again.days} if again.when == "after_days" else again.when


def _exit(one: Exit) -> dict[str, Any]:
    return _filled(
        fact=None if one.fact is None else selector_to_data(one.fact),
        rule=None if one.rule is None else rule_to_data(one.rule),
        reason=one.reason,
    )


def _goal(goal: Goal) -> dict[str, Any]:
    return {
        "name": goal.name,
        "fact": selector_to_data(goal.fact),
        "within": duration_to_text(goal.within),
        "revenue": goal.revenue or "",
    }


def _step(step: Step) -> dict[str, Any]:
    kind, content = _action(step.does)
    return _filled(id=step.id, label=step.label) | {kind: content}


def _action(does: Action) -> tuple[str, Any]:  # noqa: PLR0911 -- a row per kind of step
    match does:
        case Wait(duration=duration):
            return "wait", duration_to_text(duration)
        case WaitUntil():
            return "wait_until", _filled(
                at=time_to_text(does.at),
                weekdays=[WEEKDAYS[day] for day in does.weekdays],
                zone=None if does.zone == "person" else does.zone,
            )
        case WaitUntilDate():
            return "wait_until_date", _filled(
                trait=does.trait, days=does.days or None, at=time_to_text(does.at), yearly=does.yearly or None
            )
        case WaitFor():
            return "wait_for", _filled(
                fact=selector_to_data(does.fact),
                at_most=duration_to_text(does.at_most),
                then=flow_to_data(does.then),
                otherwise=flow_to_data(does.otherwise),
            )
        case Branch():
            return "branch", _branch(does)
        case Split():
            return "split", _split(does)
        case Send():
            return _send(does)
        case SetTrait(name=name, value=value):
            return "set_trait", {"name": name, "value": value}
        case HandOver(to=to, note=note):
            return "hand_over", _filled(to=to, note=note)
        case End(reason=reason):
            return "end", {"reason": reason}


def _branch(does: Branch) -> dict[str, Any]:
    paths = [
        _filled(label=path.label, when=rule_to_data(path.when), flow=flow_to_data(path.flow))
        for path in does.paths
    ]
    return _filled(paths=paths, otherwise=flow_to_data(does.otherwise))


def _split(does: Split) -> dict[str, Any]:
    variants = [
        _filled(name=one.name, share=one.share, control=one.control or None, flow=flow_to_data(one.flow))
        for one in does.variants
    ]
    return _filled(variants=variants, goal=does.goal, covariate=does.covariate, planned=does.planned)


_KINDS = {"inbox": "in_app", "webhook": "webhook", "call": "task"}


def _send(does: Send) -> tuple[str, dict[str, Any]]:
    kind = "survey" if does.survey else _KINDS.get(does.channel, "send")
    return kind, _filled(
        message=does.message,
        text=does.text,
        version=does.version,
        channel=does.channel,
        fallback=list(does.fallback),
        purpose=does.purpose,
        topic=does.topic,
        priority=does.priority if does.priority != 50 else None,
        value=does.value or None,
        expires_after=None if does.expires_after is None else duration_to_text(does.expires_after),
        survey=does.survey,
    )


def _filled(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None and value not in ("", [], ())}
