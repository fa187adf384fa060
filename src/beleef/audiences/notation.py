"""Rules as plain data, as they stand in YAML and JSON: one key says the kind of each.

Whatever cannot be read is refused with the place of the faulty part, so that a long file can be mended line by line.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any, get_args
from zoneinfo import ZoneInfo

from beleef.audiences import model
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
    Where,
)
from beleef.facts.fact import FactType
from beleef.kernel.clock import from_datetime
from beleef.kernel.errors import InvalidInput

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LONGEST_TEXT = 500
_MOST_LISTED = 1_000
_SYNONYMS = {"equals": "is", "not_equals": "is_not"}
_UNKEPT = frozenset({"user_id", "anonymous_id", "previous_id"})
_MOMENTS = frozenset({"occurred_at", "received_at"})
_TYPES = frozenset(get_args(FactType))

Path = tuple[str, ...]


def rule_from_data(data: Any, *, zone: str = "UTC") -> Rule:
    """Return a rule from plain data.

    Args:
        data: As it stands in YAML or JSON.
        zone: The zone of days in ``since`` and ``until``: an IANA name.

    Raises:
        InvalidInput: it cannot be read; code ``invalid_rule``, and the message says where.
    """
    rule = _rule(data, (), ZoneInfo(zone), 0)
    if sum(1 for _ in model.parts(rule)) > model.MOST_PARTS:
        raise _refusal((), f"A rule has {model.MOST_PARTS} parts at most.", "Make audiences of some of them.")
    return rule


def audience_from_data(data: Any, *, zone: str = "UTC") -> Audience:
    """Return an audience from plain data: ``name``, ``label``, ``rule``, and if wanted ``description`` and ``announce``.

    Raises:
        InvalidInput: it cannot be read; code ``invalid_rule``.
    """
    given = _fields(data, (), {"name", "label", "rule", "description", "announce"})
    name = _text(given.get("name"), ("name",))
    if not _NAME.fullmatch(name):
        raise _refusal(
            ("name",),
            f"The name “{name[:80]}” cannot be used.",
            "Begin with a small letter, then small letters, digits and _, 63 together at most.",
        )
    description = given.get("description") or ""
    if not isinstance(description, str) or len(description) > 2_000:
        raise _refusal(("description",), "This is no text of at most 2,000 letters.", "Shorten it.")
    return Audience(
        name=name,
        label=_text(given.get("label", name), ("label",)),
        rule=rule_from_data(given.get("rule"), zone=zone),
        description=description,
        announce=_flag(given, "announce", ()),
    )


def _rule(data: Any, path: Path, zone: ZoneInfo, depth: int) -> Rule:
    if not isinstance(data, Mapping) or len(data) != 1:
        raise _refusal(path, "This is no rule.", f"A rule has exactly one of {', '.join(_READERS)}.")
    ((kind, content),) = data.items()
    if depth >= model.DEEPEST:
        raise _refusal(
            path, "Groups stand too deep within one another.", "Make an audience of the inner part."
        )
    here = (*path, str(kind))
    if kind in {"all", "any"}:
        rules = tuple(
            _rule(one, (*path, f"{kind}[{place}]"), zone, depth + 1)
            for place, one in enumerate(_listed(content, here, empty=True))
        )
        return All(rules=rules) if kind == "all" else AnyOf(rules=rules)
    if kind == "not":
        return Not(rule=_rule(content, here, zone, depth + 1))
    read = _READERS.get(kind)
    if read is None:
        raise _refusal(here, f"There is no rule “{kind}”.", f"Choose from {', '.join(_READERS)}.")
    return read(content, here, zone)


def _trait(data: Any, path: Path, _: ZoneInfo) -> Rule:
    given, test = _tested(data, path, {"name"}, model.OPERATORS)
    return HasTrait(name=_text(given.get("name"), (*path, "name")), test=test)


def _computed(data: Any, path: Path, _: ZoneInfo) -> Rule:
    given, test = _tested(data, path, {"name"}, model.OPERATORS)
    return HasComputed(name=_text(given.get("name"), (*path, "name")), test=test)


def _account(data: Any, path: Path, _: ZoneInfo) -> Rule:
    given, test = _tested(data, path, {"trait"}, model.OPERATORS)
    return HasAccount(name=_text(given.get("trait"), (*path, "trait")), test=test)


def _consent(data: Any, path: Path, _: ZoneInfo) -> Rule:
    given = _fields(data, path, {"purpose", "channel", "is"})
    state = given.get("is", "granted")
    if state not in model.CONSENT_STATES:
        raise _refusal(
            (*path, "is"), f"A consent is never “{state}”.", f"Choose from {', '.join(model.CONSENT_STATES)}."
        )
    return HasConsent(
        purpose=_text(given.get("purpose"), (*path, "purpose")),
        channel=_text(given.get("channel", "*"), (*path, "channel")),
        state=state,
    )


def _holds(data: Any, path: Path, _: ZoneInfo) -> Rule:
    given = _fields(data or {}, path, {"product"})
    product = given.get("product")
    return Holds(product=None if product is None else _text(product, (*path, "product")))


def _audience(data: Any, path: Path, _: ZoneInfo) -> Rule:
    return IsMember(name=_text(data, path))


def _did(data: Any, path: Path, zone: ZoneInfo) -> Rule:
    times = {"at_least", "at_most", "exactly"}
    given = _fields(data, path, _FACTS | times | {"within_days", "calendar", "since", "until"})
    counts = {key: _whole(given[key], (*path, key), 0, model.MOST_TIMES) for key in times & given.keys()}
    if "exactly" in counts and len(counts) > 1:
        raise _refusal((*path, "exactly"), "It says “exactly” and another number.", "Keep one of them.")
    least, most = counts.get("exactly", counts.get("at_least")), counts.get("exactly", counts.get("at_most"))
    if least is None and most is None:
        least = 1
    if least is not None and most is not None and least > most:
        raise _refusal(path, "At least is more than at most.", "Exchange the two numbers.")
    days = _optional_whole(given, "within_days", path, model.LONGEST_DAYS)
    since, until = _moment(given, "since", path, zone), _moment(given, "until", path, zone)
    if days is not None and (since is not None or until is not None):
        raise _refusal(
            (*path, "within_days"), "It says “within_days” and a fixed period.", "Keep one of them."
        )
    if since is not None and until is not None and since >= until:
        raise _refusal((*path, "until"), "The period ends before it begins.", "Exchange the two days.")
    return Did(
        facts=_facts({key: given[key] for key in _FACTS & given.keys()}, path),
        least=least,
        most=most,
        within_days=days,
        calendar=_flag(given, "calendar", path),
        since=since,
        until=until,
    )


def _sequence(data: Any, path: Path, _: ZoneInfo) -> Rule:
    given = _fields(data, path, {"steps", "within_hours", "missing_last", "within_days"})
    here = (*path, "steps")
    steps = _listed(given.get("steps"), here)
    if not 2 <= len(steps) <= model.MOST_STEPS:
        raise _refusal(here, f"A sequence has 2 to {model.MOST_STEPS} steps.", "Add or remove steps.")
    hours = given.get("within_hours")
    if not isinstance(hours, int | float) or isinstance(hours, bool) or not 0 < hours <= model.LONGEST_HOURS:
        raise _refusal(
            (*path, "within_hours"),
            "The hours are missing or cannot be used.",
            f"Give a number up to {model.LONGEST_HOURS}.",
        )
    return Sequence(
        steps=tuple(
            _facts(_fields(one, (*path, f"steps[{place}]"), _FACTS), (*path, f"steps[{place}]"))
            for place, one in enumerate(steps)
        ),
        within_hours=float(hours),
        missing_last=_flag(given, "missing_last", path),
        within_days=_optional_whole(given, "within_days", path, model.LONGEST_DAYS),
    )


_READERS: dict[str, Callable[[Any, Path, ZoneInfo], Rule]] = {
    "trait": _trait,
    "computed": _computed,
    "did": _did,
    "sequence": _sequence,
    "account": _account,
    "consent": _consent,
    "holds": _holds,
    "audience": _audience,
}
_FACTS = {"event", "events", "types", "channels", "sources", "where"}


def _facts(given: Mapping[str, Any], path: Path) -> Facts:
    if "event" in given and "events" in given:
        raise _refusal((*path, "events"), "It says “event” and “events”.", "Put all names in “events”.")
    names = [given["event"]] if "event" in given else given.get("events", [])
    types = _texts(given.get("types", []), (*path, "types"))
    unknown = sorted(set(types) - _TYPES)
    if unknown:
        raise _refusal(
            (*path, "types"),
            f"There is no fact type “{unknown[0]}”.",
            f"Choose from {', '.join(sorted(_TYPES))}.",
        )
    facts = Facts(
        events=_texts(names, (*path, "events")),
        types=types,
        channels=_texts(given.get("channels", []), (*path, "channels")),
        sources=_texts(given.get("sources", []), (*path, "sources")),
        where=tuple(
            _where(one, (*path, f"where[{place}]"))
            for place, one in enumerate(_listed(given.get("where", []), (*path, "where"), empty=True))
        ),
    )
    if facts == Facts():
        raise _refusal(path, "It does not say which facts are meant.", "Name an event, for instance.")
    return facts


def _where(data: Any, path: Path) -> Where:
    if isinstance(data, Mapping) and "operator" in data:
        operator = data["operator"]
        known = _fields(data, path, {"path", "operator", "value"})
        data = {"path": known.get("path"), operator: known.get("value", True)}
    given, test = _tested(data, path, {"path"}, model.VALUE_OPERATORS)
    where = _text(given.get("path"), (*path, "path"))
    if len(where) > 200 or not all(step.strip() for step in where.split(".")):
        raise _refusal(
            (*path, "path"), f"The path “{where[:80]}” cannot be read.", "For instance `properties.category`."
        )
    if where in _MOMENTS:
        raise _refusal((*path, "path"), "Moments are not compared here.", "Use within_days, since or until.")
    if where in _UNKEPT:
        raise _refusal(
            (*path, "path"),
            "The history does not keep the identifiers that facts came with.",
            "Use a trait or a property.",
        )
    return Where(path=where, test=test)


def _tested(
    data: Any, path: Path, others: set[str], operators: tuple[str, ...]
) -> tuple[Mapping[str, Any], Test]:
    if isinstance(data, Mapping):
        data = {
            _SYNONYMS.get(key, key) if isinstance(key, str) else key: value for key, value in data.items()
        }
    given = _fields(data, path, others | set(operators))
    named = [key for key in given if key in operators]
    if len(named) != 1:
        raise _refusal(path, "It needs exactly one comparison.", f"Choose from {', '.join(operators)}.")
    return given, _test(named[0], given[named[0]], (*path, named[0]))


def _test(operator: str, value: Any, path: Path) -> Test:
    if isinstance(value, date | datetime):
        value = value.isoformat()  # YAML reads a bare day as a date.
    single = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    expected = "a text, a number, true or false"
    if operator in {"in", "not_in"}:
        listed = _listed(value, path)
        fits = all(isinstance(one, str | int | float) for one in listed) and len(listed) <= _MOST_LISTED
        value, expected = tuple(listed), f"a list of 1 to {_MOST_LISTED} texts or numbers"
    elif operator == "exists":
        fits, expected = isinstance(value, bool), "true or false"
    elif operator in {"before", "after"}:
        fits, expected = isinstance(value, str) and _is_day(value), "a day such as 2026-03-01"
    elif operator in model.DAY_OPERATORS:
        least = 0 if operator == "anniversary_within_days" else 1
        most = 365 if operator == "anniversary_within_days" else model.LONGEST_DAYS
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        expected = f"a whole number of days, {least} to {most}"
    elif operator in {"greater", "less", "at_least", "at_most"}:
        fits, expected = single and not isinstance(value, bool), "a number or a text"
    else:
        fits = single
    if not fits or (isinstance(value, str) and len(value) > _LONGEST_TEXT):
        raise _refusal(path, "The value cannot be compared with.", f"Give {expected}.")
    return Test(operator=operator, value=value)  # type: ignore[arg-type]  # one of the operators, checked by the caller


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def _moment(given: Mapping[str, Any], key: str, path: Path, zone: ZoneInfo) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        if isinstance(value, datetime):
            return from_datetime(value if value.tzinfo else value.replace(tzinfo=zone))
        if isinstance(value, date):
            return from_datetime(datetime.combine(value, time(), zone))
    except (ValueError, OverflowError):
        pass  # Refused below, like what is no text at all.
    raise _refusal((*path, key), "This is no day.", "Write it like 2026-03-01 or 2026-03-01T09:00:00Z.")


def _fields(data: Any, path: Path, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise _refusal(path, "Here stands something else than names and values.", _choose(known))
    unknown = next((key for key in data if key not in known), None)
    if unknown is not None:
        raise _refusal(path, f"“{unknown}” is not known here.", _choose(known))
    return data


def _choose(known: set[str]) -> str:
    return f"Choose from {', '.join(sorted(known))}."


def _listed(data: Any, path: Path, *, empty: bool = False) -> list[Any]:
    if not isinstance(data, list | tuple) or (not data and not empty):
        raise _refusal(path, "Here must be a list.", "Put the items below each other, each after a dash.")
    return list(data)


def _texts(data: Any, path: Path) -> tuple[str, ...]:
    listed = [data] if isinstance(data, str) else _listed(data, path, empty=True)
    return tuple(_text(one, path) for one in listed)


def _text(value: Any, path: Path) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # YAML reads a product's or a plan's number as one.
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT:
        raise _refusal(path, "Here must be a text.", f"Give 1 to {_LONGEST_TEXT} letters.")
    return value


def _flag(given: Mapping[str, Any], key: str, path: Path) -> bool:
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise _refusal((*path, key), "Here must be true or false.", "Write true or false.")
    return value


def _whole(value: Any, path: Path, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refusal(path, "The number cannot be used.", f"Give a whole number from {least} to {most}.")
    return value


def _optional_whole(given: Mapping[str, Any], key: str, path: Path, most: int) -> int | None:
    value = given.get(key)
    return None if value is None else _whole(value, (*path, key), 1, most)


def _refusal(path: Path, message: str, hint: str) -> InvalidInput:
    place = ".".join(path)
    return InvalidInput(f"{place}: {message}" if place else message, hint=hint, code="invalid_rule")
