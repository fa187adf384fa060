"""From plain data, as YAML and JSON have it, to a campaign: each refusal says where the faulty part stands and what belongs there.

A step is a mapping with an ``id`` and one key that says what it does; `writing.py` is the way back.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, cast, get_args

from beleef.audiences.api import Did, Rule, rule_from_data
from beleef.campaigns.fields import Data, choice, each, mapping, needed, number, one_of, text, texts
from beleef.campaigns.model import (
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
    OnCall,
    OnFact,
    OnSchedule,
    Path,
    Purpose,
    Selector,
    Send,
    SetTrait,
    Split,
    Step,
    Trigger,
    Variant,
    Wait,
    WaitFor,
    WaitUntil,
    WaitUntilDate,
)
from beleef.campaigns.terms import duration_from_text, time_from_text, weekdays_from_data, wrong
from beleef.kernel.errors import InvalidInput

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PURPOSES = get_args(Purpose)


def from_data(data: object) -> Campaign:
    """Return a campaign from plain data.

    Raises:
        InvalidInput: a part of it cannot be read; code ``invalid_campaign``. Whether it can work is asked of ``checking.py``.
    """
    given = mapping(data, "campaign", _CAMPAIGN)
    return Campaign(
        name=name_from(given.get("name"), "name"),
        label=str(given.get("label") or given["name"]),
        description=text(given, "description", "description"),
        entry=_entry(given.get("entry"), "entry"),
        flow=_flow(given.get("flow"), "flow"),
        exits=tuple(_exit(one, path) for one, path in each(given, "exit", "exit")),
        goals=tuple(_goal(one, path) for one, path in each(given, "goals", "goals")),
        control=number(given, "control", "control", 0.0, 0, 50),
        expect=mapping(given["expect"], "expect") if given.get("expect") is not None else None,
        given=tuple(mapping(one, path) for one, path in each(given, "given", "given")),
    )


_CAMPAIGN = {"name", "label", "description", "entry", "flow", "exit", "goals", "control", "expect", "given"}


def name_from(given: object, path: str) -> str:
    """Return a name that fits in addresses and files.

    Raises:
        InvalidInput: it does not fit.
    """
    if not isinstance(given, str) or not NAME.fullmatch(given):
        raise wrong(
            path,
            f"{given!r} cannot be a name.",
            "Begin with a small letter, then small letters, digits, _ and -, 63 at most.",
        )
    return given


def selector_from(given: object, path: str) -> Selector:
    """Return which facts are meant; a text alone names the event.

    Raises:
        InvalidInput: it cannot be read.
    """
    data = {"event": given} if isinstance(given, str) else dict(mapping(given, path))
    same = text(data, "same", path) or None
    data.pop("same", None)
    beyond = sorted(data.keys() - _SELECTOR)
    if beyond:
        raise wrong(
            path,
            f"{beyond[0]!r} means nothing here.",
            f"Choose from {', '.join(sorted(_SELECTOR))} and same.",
        )
    if not data.keys() & {"event", "events", "types"}:
        raise wrong(path, "It does not say which facts.", "Give `event`, or `types`.")
    # The words are those of audiences' rules, so that a fact is described in one way everywhere.
    rule = _rule({"did": data}, path)
    assert isinstance(rule, Did)  # noqa: S101 -- that is what `did` is read as
    return Selector(facts=rule.facts, same=same)


_SELECTOR = {"event", "events", "types", "channels", "sources", "where"}


def _entry(given: object, path: str) -> Entry:
    data = mapping(given, path, {"fact", "audience", "schedule", "call", "within", "only", "key", "again"})
    kind = one_of(data, {"fact", "audience", "schedule", "call"}, path)
    return Entry(
        on=_trigger(kind, data, path),
        only=_rule(data["only"], f"{path}.only") if data.get("only") is not None else None,
        key=text(data, "key", path) or None,
        again=_again(data.get("again", "never"), f"{path}.again"),
    )


def _trigger(kind: str, data: Data, path: str) -> Trigger:
    place = f"{path}.{kind}"
    match kind:
        case "fact":
            within = duration_from_text(data.get("within", "1 day"), f"{path}.within")
            return OnFact(fact=selector_from(data["fact"], place), within=within)
        case "audience":
            given = data["audience"]
            found = {"name": given} if isinstance(given, str) else mapping(given, place, {"name", "when"})
            return OnAudience(
                audience=needed(found, "name", place),
                on=cast("Any", choice(found, "when", place, ("enter", "leave"), "enter")),
            )
        case "schedule":
            return _schedule(mapping(data["schedule"], place, _SCHEDULE), place)
    return OnCall()


_SCHEDULE = {"audience", "every", "at", "weekdays", "day", "date", "zone"}


def _schedule(data: Data, path: str) -> OnSchedule:
    every = choice(data, "every", path, ("once", "day", "week", "month"), "once")
    given = data.get("date")
    day = given.isoformat() if isinstance(given, date) else given
    if day is not None:
        try:
            datetime.strptime(str(day), "%Y-%m-%d")  # noqa: DTZ007 -- a day, which has no zone of its own
        except ValueError as error:
            raise wrong(f"{path}.date", f"{day!r} is no date.", "Write it as 2026-05-01.") from error
    return OnSchedule(
        audience=needed(data, "audience", path),
        every=cast("Any", every),
        at=time_from_text(data.get("at", 0), f"{path}.at"),
        weekdays=weekdays_from_data(data["weekdays"], f"{path}.weekdays") if "weekdays" in data else (),
        day=int(number(data, "day", path, 1, 1, 31)),
        date=None if day is None else str(day),
        zone=cast("Any", choice(data, "zone", path, ("organisation", "person"), "organisation")),
    )


def _again(given: object, path: str) -> Again:
    if isinstance(given, str):
        when = choice({"again": given}, "again", path, ("never", "after_leaving", "always"), "never")
        return Again(when=cast("Any", when))
    data = mapping(given, path, {"after_days"})
    return Again(when="after_days", days=int(number(data, "after_days", path, 1, 1, 3_650)))


def _exit(given: object, path: str) -> Exit:
    data = mapping(given, path, {"fact", "rule", "reason"})
    kind = one_of(data, {"fact", "rule"}, path)
    reason = text(data, "reason", path) or "exit"
    if kind == "fact":
        return Exit(fact=selector_from(data["fact"], f"{path}.fact"), reason=reason)
    return Exit(rule=_rule(data["rule"], f"{path}.rule"), reason=reason)


def _goal(given: object, path: str) -> Goal:
    data = mapping(given, path, {"name", "fact", "within", "revenue"})
    return Goal(
        name=name_from(data.get("name"), f"{path}.name"),
        fact=selector_from(data.get("fact"), f"{path}.fact"),
        within=duration_from_text(data.get("within", "7 days"), f"{path}.within"),
        revenue=text(data, "revenue", path) or None if "revenue" in data else "revenue",
    )


def _flow(given: object, path: str) -> Flow:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise wrong(path, "It is no list of steps.", "Begin each step with a dash.")
    return tuple(_step(one, f"{path}.{index}") for index, one in enumerate(given))


def _step(given: object, path: str) -> Step:
    data = mapping(given, path, {"id", "label", *_STEPS})
    kind = one_of(data, set(_STEPS), path)
    id_ = name_from(data.get("id"), f"{path}.id")
    return Step(id=id_, label=text(data, "label", path), does=_STEPS[kind](data[kind], f"{path}.{kind}"))


def _wait_until(given: object, path: str) -> Action:
    data = {"at": given} if isinstance(given, str | int) else mapping(given, path, {"at", "weekdays", "zone"})
    return WaitUntil(
        at=time_from_text(data.get("at"), f"{path}.at"),
        weekdays=weekdays_from_data(data["weekdays"], f"{path}.weekdays") if "weekdays" in data else (),
        zone=cast("Any", choice(data, "zone", path, ("person", "organisation"), "person")),
    )


def _wait_until_date(given: object, path: str) -> Action:
    data = mapping(given, path, {"trait", "days", "at", "yearly"})
    return WaitUntilDate(
        trait=needed(data, "trait", path),
        days=int(number(data, "days", path, 0, -400, 400)),
        at=time_from_text(data.get("at", "09:00"), f"{path}.at"),
        yearly=data.get("yearly") is True,
    )


def _wait_for(given: object, path: str) -> Action:
    data = mapping(given, path, {"fact", "at_most", "then", "otherwise"})
    return WaitFor(
        fact=selector_from(data.get("fact"), f"{path}.fact"),
        at_most=duration_from_text(data.get("at_most"), f"{path}.at_most"),
        then=_flow(data.get("then"), f"{path}.then"),
        otherwise=_flow(data.get("otherwise"), f"{path}.otherwise"),
    )


def _branch(given: object, path: str) -> Action:
    data = mapping(given, path, {"paths", "otherwise"})
    paths = []
    for one, at in each(data, "paths", f"{path}.paths"):
        part = mapping(one, at, {"when", "flow", "label"})
        paths.append(
            Path(
                when=_rule(part.get("when"), f"{at}.when"),
                flow=_flow(part.get("flow"), f"{at}.flow"),
                label=text(part, "label", at),
            )
        )
    if not paths:
        raise wrong(f"{path}.paths", "A branch needs a path.", "Give at least one, with `when` and `flow`.")
    return Branch(paths=tuple(paths), otherwise=_flow(data.get("otherwise"), f"{path}.otherwise"))


def _split(given: object, path: str) -> Action:
    data = mapping(given, path, {"variants", "goal", "covariate", "planned"})
    variants = []
    for one, at in each(data, "variants", f"{path}.variants"):
        part = mapping(one, at, {"name", "share", "control", "flow"})
        variants.append(
            Variant(
                name=name_from(part.get("name"), f"{at}.name"),
                share=number(part, "share", at, 1.0, 0.000_1, 1_000_000),
                control=part.get("control") is True,
                flow=_flow(part.get("flow"), f"{at}.flow"),
            )
        )
    planned = data.get("planned")
    return Split(
        variants=tuple(variants),
        goal=text(data, "goal", path) or None,
        covariate=text(data, "covariate", path) or None,
        planned=None if planned is None else int(number(data, "planned", path, 0, 2, 1_000_000_000)),
    )


_SEND = {
    "message", "text", "version", "channel", "fallback", "purpose", "topic", "priority", "value", "expires_after", "survey",
}  # fmt: skip


def _send(given: object, path: str, *, channel: str | None = None, purpose: str = "marketing") -> Send:
    data = {"message": given} if isinstance(given, str) else mapping(given, path, _SEND)
    version, expires = data.get("version"), data.get("expires_after")
    message, says = text(data, "message", path) or None, text(data, "text", path) or None
    if message is None and says is None:
        raise wrong(path, "It does not say what is sent.", "Give `message`, the name of a message.")
    return Send(
        channel=text(data, "channel", path) or channel or "email",
        message=message,
        text=says,
        version=None if version is None else int(number(data, "version", path, 1, 1, 1_000_000)),
        fallback=texts(data, "fallback", path),
        purpose=cast("Any", choice(data, "purpose", path, _PURPOSES, purpose)),
        topic=text(data, "topic", path) or None,
        priority=int(number(data, "priority", path, 50, 0, 100)),
        value=number(data, "value", path, 0.0, 0, 1e9),
        expires_after=None if expires is None else duration_from_text(expires, f"{path}.expires_after"),
        survey=text(data, "survey", path) or None,
    )


def _in_app(given: object, path: str) -> Action:
    return _send(given, path, channel="inbox")


def _webhook(given: object, path: str) -> Action:
    return _send(given, path, channel="webhook", purpose="transactional")


def _task(given: object, path: str) -> Action:
    return _send(given, path, channel="call", purpose="service")


_INVITATION = "survey-invitation"


def _survey(given: object, path: str) -> Action:
    data = mapping(given, path, _SEND)
    needed(data, "survey", path)
    # What invites belongs to the survey itself.
    return _send({"message": _INVITATION, **data}, path, purpose="survey")


def _set_trait(given: object, path: str) -> Action:
    data = mapping(given, path, {"name", "value"})
    value = data.get("value")
    if not isinstance(value, str | int | float | bool):
        raise wrong(f"{path}.value", "It is no single value.", "Give a text, a number, true or false.")
    return SetTrait(name=needed(data, "name", path), value=value)


def _hand_over(given: object, path: str) -> Action:
    data = {"to": given} if isinstance(given, str) else mapping(given, path, {"to", "note"})
    return HandOver(to=needed(data, "to", path), note=text(data, "note", path))


def _end(given: object, path: str) -> Action:
    if given is None or given is True:
        return End()
    return End(
        reason=given if isinstance(given, str) else needed(mapping(given, path, {"reason"}), "reason", path)
    )


_STEPS: dict[str, Callable[[object, str], Action]] = {
    "wait": lambda given, path: Wait(duration=duration_from_text(given, path)),
    "wait_until": _wait_until,
    "wait_until_date": _wait_until_date,
    "wait_for": _wait_for,
    "branch": _branch,
    "split": _split,
    "send": _send,
    "in_app": _in_app,
    "survey": _survey,
    "webhook": _webhook,
    "task": _task,
    "set_trait": _set_trait,
    "hand_over": _hand_over,
    "end": _end,
}


def _rule(given: object, path: str) -> Rule:
    try:
        return rule_from_data(mapping(given, path))
    except InvalidInput as error:
        raise wrong(path, error.message, error.hint) from error
