"""From plain data, as YAML and JSON have it, to a campaign: each refusal says where the faulty part stands and what belongs there.

A step is a mapping with an ``id`` and one key that says what it does; `writing.py` is the way back.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast, get_args

from beleef.audiences.api import Did, Rule, rule_from_data
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
_Data = Mapping[str, Any]


def from_data(data: object) -> Campaign:
    """Return a campaign from plain data.

    Raises:
        InvalidInput: a part of it cannot be read; code ``invalid_campaign``. Whether it can work is asked of ``checking.py``.
    """
    given = _mapping(data, "campaign", _CAMPAIGN)
    return Campaign(
        name=name_from(given.get("name"), "name"),
        label=str(given.get("label") or given["name"]),
        description=_text(given, "description", "description"),
        entry=_entry(given.get("entry"), "entry"),
        flow=_flow(given.get("flow"), "flow"),
        exits=tuple(_exit(one, path) for one, path in _each(given, "exit", "exit")),
        goals=tuple(_goal(one, path) for one, path in _each(given, "goals", "goals")),
        control=_number(given, "control", "control", 0.0, 0, 50),
        expect=_mapping(given["expect"], "expect") if given.get("expect") is not None else None,
        given=tuple(_mapping(one, path) for one, path in _each(given, "given", "given")),
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
    data = {"event": given} if isinstance(given, str) else dict(_mapping(given, path))
    same = _text(data, "same", path) or None
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
    data = _mapping(given, path, {"fact", "audience", "schedule", "call", "within", "only", "key", "again"})
    kind = _one_of(data, {"fact", "audience", "schedule", "call"}, path)
    return Entry(
        on=_trigger(kind, data, path),
        only=_rule(data["only"], f"{path}.only") if data.get("only") is not None else None,
        key=_text(data, "key", path) or None,
        again=_again(data.get("again", "never"), f"{path}.again"),
    )


def _trigger(kind: str, data: _Data, path: str) -> Trigger:
    place = f"{path}.{kind}"
    match kind:
        case "fact":
            within = duration_from_text(data.get("within", "1 day"), f"{path}.within")
            return OnFact(fact=selector_from(data["fact"], place), within=within)
        case "audience":
            given = data["audience"]
            found = {"name": given} if isinstance(given, str) else _mapping(given, place, {"name", "when"})
            return OnAudience(
                audience=_needed(found, "name", place),
                on=cast("Any", _choice(found, "when", place, ("enter", "leave"), "enter")),
            )
        case "schedule":
            return _schedule(_mapping(data["schedule"], place, _SCHEDULE), place)
    return OnCall()


_SCHEDULE = {"audience", "every", "at", "weekdays", "day", "date", "zone"}


def _schedule(data: _Data, path: str) -> OnSchedule:
    every = _choice(data, "every", path, ("once", "day", "week", "month"), "once")
    given = data.get("date")
    day = given.isoformat() if isinstance(given, date) else given
    if day is not None:
        try:
            datetime.strptime(str(day), "%Y-%m-%d")  # noqa: DTZ007 -- a day, which has no zone of its own
        except ValueError as error:
            raise wrong(f"{path}.date", f"{day!r} is no date.", "Write it as 2026-05-01.") from error
    return OnSchedule(
        audience=_needed(data, "audience", path),
        every=cast("Any", every),
        at=time_from_text(data.get("at", 0), f"{path}.at"),
        weekdays=weekdays_from_data(data["weekdays"], f"{path}.weekdays") if "weekdays" in data else (),
        day=int(_number(data, "day", path, 1, 1, 31)),
        date=None if day is None else str(day),
        zone=cast("Any", _choice(data, "zone", path, ("organisation", "person"), "organisation")),
    )


def _again(given: object, path: str) -> Again:
    if isinstance(given, str):
        when = _choice({"again": given}, "again", path, ("never", "after_leaving", "always"), "never")
        return Again(when=cast("Any", when))
    data = _mapping(given, path, {"after_days"})
    return Again(when="after_days", days=int(_number(data, "after_days", path, 1, 1, 3_650)))


def _exit(given: object, path: str) -> Exit:
    data = _mapping(given, path, {"fact", "rule", "reason"})
    kind = _one_of(data, {"fact", "rule"}, path)
    reason = _text(data, "reason", path) or "exit"
    if kind == "fact":
        return Exit(fact=selector_from(data["fact"], f"{path}.fact"), reason=reason)
    return Exit(rule=_rule(data["rule"], f"{path}.rule"), reason=reason)


def _goal(given: object, path: str) -> Goal:
    data = _mapping(given, path, {"name", "fact", "within", "revenue"})
    return Goal(
        name=name_from(data.get("name"), f"{path}.name"),
        fact=selector_from(data.get("fact"), f"{path}.fact"),
        within=duration_from_text(data.get("within", "7 days"), f"{path}.within"),
        revenue=_text(data, "revenue", path) or None if "revenue" in data else "revenue",
    )


def _flow(given: object, path: str) -> Flow:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise wrong(path, "It is no list of steps.", "Begin each step with a dash.")
    return tuple(_step(one, f"{path}.{index}") for index, one in enumerate(given))


def _step(given: object, path: str) -> Step:
    data = _mapping(given, path, {"id", "label", *_STEPS})
    kind = _one_of(data, set(_STEPS), path)
    id_ = name_from(data.get("id"), f"{path}.id")
    return Step(id=id_, label=_text(data, "label", path), does=_STEPS[kind](data[kind], f"{path}.{kind}"))


def _wait_until(given: object, path: str) -> Action:
    data = (
        {"at": given} if isinstance(given, str | int) else _mapping(given, path, {"at", "weekdays", "zone"})
    )
    return WaitUntil(
        at=time_from_text(data.get("at"), f"{path}.at"),
        weekdays=weekdays_from_data(data["weekdays"], f"{path}.weekdays") if "weekdays" in data else (),
        zone=cast("Any", _choice(data, "zone", path, ("person", "organisation"), "person")),
    )


def _wait_until_date(given: object, path: str) -> Action:
    data = _mapping(given, path, {"trait", "days", "at", "yearly"})
    return WaitUntilDate(
        trait=_needed(data, "trait", path),
        days=int(_number(data, "days", path, 0, -400, 400)),
        at=time_from_text(data.get("at", "09:00"), f"{path}.at"),
        yearly=data.get("yearly") is True,
    )


def _wait_for(given: object, path: str) -> Action:
    data = _mapping(given, path, {"fact", "at_most", "then", "otherwise"})
    return WaitFor(
        fact=selector_from(data.get("fact"), f"{path}.fact"),
        at_most=duration_from_text(data.get("at_most"), f"{path}.at_most"),
        then=_flow(data.get("then"), f"{path}.then"),
        otherwise=_flow(data.get("otherwise"), f"{path}.otherwise"),
    )


def _branch(given: object, path: str) -> Action:
    data = _mapping(given, path, {"paths", "otherwise"})
    paths = []
    for one, at in _each(data, "paths", f"{path}.paths"):
        part = _mapping(one, at, {"when", "flow", "label"})
        paths.append(
            Path(
                when=_rule(part.get("when"), f"{at}.when"),
                flow=_flow(part.get("flow"), f"{at}.flow"),
                label=_text(part, "label", at),
            )
        )
    if not paths:
        raise wrong(f"{path}.paths", "A branch needs a path.", "Give at least one, with `when` and `flow`.")
    return Branch(paths=tuple(paths), otherwise=_flow(data.get("otherwise"), f"{path}.otherwise"))


def _split(given: object, path: str) -> Action:
    data = _mapping(given, path, {"variants", "goal", "covariate", "planned"})
    variants = []
    for one, at in _each(data, "variants", f"{path}.variants"):
        part = _mapping(one, at, {"name", "share", "control", "flow"})
        variants.append(
            Variant(
                name=name_from(part.get("name"), f"{at}.name"),
                share=_number(part, "share", at, 1.0, 0.000_1, 1_000_000),
                control=part.get("control") is True,
                flow=_flow(part.get("flow"), f"{at}.flow"),
            )
        )
    planned = data.get("planned")
    return Split(
        variants=tuple(variants),
        goal=_text(data, "goal", path) or None,
        covariate=_text(data, "covariate", path) or None,
        planned=None if planned is None else int(_number(data, "planned", path, 0, 2, 1_000_000_000)),
    )


_SEND = {
    "message", "text", "version", "channel", "fallback", "purpose", "topic", "priority", "value", "expires_after", "survey",
}  # fmt: skip


def _send(given: object, path: str, *, channel: str | None = None, purpose: str = "marketing") -> Send:
    data = {"message": given} if isinstance(given, str) else _mapping(given, path, _SEND)
    version, expires = data.get("version"), data.get("expires_after")
    message, text = _text(data, "message", path) or None, _text(data, "text", path) or None
    if message is None and text is None:
        raise wrong(path, "It does not say what is sent.", "Give `message`, the name of a message.")
    return Send(
        channel=_text(data, "channel", path) or channel or "email",
        message=message,
        text=text,
        version=None if version is None else int(_number(data, "version", path, 1, 1, 1_000_000)),
        fallback=_texts(data, "fallback", path),
        purpose=cast("Any", _choice(data, "purpose", path, _PURPOSES, purpose)),
        topic=_text(data, "topic", path) or None,
        priority=int(_number(data, "priority", path, 50, 0, 100)),
        value=_number(data, "value", path, 0.0, 0, 1e9),
        expires_after=None if expires is None else duration_from_text(expires, f"{path}.expires_after"),
        survey=_text(data, "survey", path) or None,
    )


def _in_app(given: object, path: str) -> Action:
    return _send(given, path, channel="inbox")


def _webhook(given: object, path: str) -> Action:
    return _send(given, path, channel="webhook", purpose="transactional")


def _task(given: object, path: str) -> Action:
    return _send(given, path, channel="call", purpose="service")


def _survey(given: object, path: str) -> Action:
    data = _mapping(given, path, _SEND)
    _needed(data, "survey", path)
    return _send(data, path, purpose="survey")


def _set_trait(given: object, path: str) -> Action:
    data = _mapping(given, path, {"name", "value"})
    value = data.get("value")
    if not isinstance(value, str | int | float | bool):
        raise wrong(f"{path}.value", "It is no single value.", "Give a text, a number, true or false.")
    return SetTrait(name=_needed(data, "name", path), value=value)


def _hand_over(given: object, path: str) -> Action:
    data = {"to": given} if isinstance(given, str) else _mapping(given, path, {"to", "note"})
    return HandOver(to=_needed(data, "to", path), note=_text(data, "note", path))


def _end(given: object, path: str) -> Action:
    if given is None or given is True:
        return End()
    return End(
        reason=given if isinstance(given, str) else _needed(_mapping(given, path, {"reason"}), "reason", path)
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
        return rule_from_data(_mapping(given, path))
    except InvalidInput as error:
        raise wrong(path, error.message, error.hint) from error


def _mapping(given: object, path: str, keys: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        allowed = f" with {', '.join(sorted(keys))}" if keys else ""
        raise wrong(path, "It is missing or no mapping.", f"Write names and values{allowed}.")
    unknown = sorted(set(given) - keys) if keys else []
    if unknown and keys:
        raise wrong(path, f"{unknown[0]!r} means nothing here.", f"Choose from {', '.join(sorted(keys))}.")
    return given


def _one_of(data: _Data, kinds: set[str], path: str) -> str:
    found = sorted(kinds & data.keys())
    if len(found) != 1:
        said = f"It says {' and '.join(found)}." if found else "It does not say what it is."
        raise wrong(path, said, f"Give exactly one of {', '.join(sorted(kinds))}.")
    return found[0]


def _each(data: _Data, key: str, path: str) -> list[tuple[object, str]]:
    given = data.get(key)
    if given is None:
        return []
    if not isinstance(given, list):
        raise wrong(path, "It is no list.", "Begin each part with a dash.")
    return [(one, f"{path}.{index}") for index, one in enumerate(given)]


def _text(data: _Data, key: str, path: str) -> str:
    given = data.get(key)
    if given is not None and (not isinstance(given, str) or len(given) > 10_000):
        raise wrong(
            f"{path}.{key}",
            f"{given!r} is no text.",
            "Write a text, in quotation marks where it looks like a number.",
        )
    return given or ""


def _needed(data: _Data, key: str, path: str) -> str:
    found = _text(data, key, path)
    if not found:
        raise wrong(path, f"`{key}` is missing.", f"Fill in `{key}`.")
    return found


def _texts(data: _Data, key: str, path: str) -> tuple[str, ...]:
    given = data.get(key)
    listed = [given] if isinstance(given, str) else given or []
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise wrong(f"{path}.{key}", f"{given!r} is no list of texts.", "Begin each part with a dash.")
    return tuple(listed)


def _choice(data: _Data, key: str, path: str, allowed: tuple[str, ...], default: str) -> str:
    found = data.get(key, default)
    if found not in allowed:
        raise wrong(f"{path}.{key}", f"{found!r} means nothing here.", f"Choose from {', '.join(allowed)}.")
    return str(found)


def _number(data: _Data, key: str, path: str, default: float, least: float, most: float) -> float:
    found = data.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise wrong(
            f"{path}.{key}",
            f"{found!r} is no number that fits.",
            f"Give a number from {least:g} to {most:g}.",
        )
    return found
