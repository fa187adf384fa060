"""What a campaign's author expects of it, checked in simulated time, so that a campaign has tests as code has.

``expect`` is about real past facts; ``given`` are small written histories, each with what must come of it (``then``).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from beleef.campaigns.life import Happening, PastPerson
from beleef.campaigns.model import Campaign
from beleef.campaigns.simulation import PersonSimulated, Simulated, Simulation
from beleef.campaigns.terms import duration_from_text, duration_to_text, wrong
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, from_datetime, to_datetime

_BOUNDS = ("at_least", "at_most", "exactly")
_COUNTS = ("entered", "kept_out", "waiting", "under_way")
_TABLES = ("sent", "held", "skipped", "left", "goals", "by_channel")
_FACT = {"at", "event", "type", "properties", "traits", "channel", "revenue"}
_THENS = {"sent", "not_sent", "held", "skipped", "left", "goal", "entered"}
_TOLERANCE = 1_000_000
_FIRST_MOMENT = from_datetime(datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("UTC")))


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """An expectation that does not hold.

    Attributes:
        path: Which one.
        message: What came instead, in one sentence.
    """

    path: str
    message: str


def broken(expect: Mapping[str, Any] | None, found: Simulated) -> tuple[Broken, ...]:
    """Return the expectations of ``expect`` that a simulation does not fulfil.

    Raises:
        InvalidInput: one of them cannot be read; code ``invalid_campaign``.
    """
    return tuple(_broken(expect or {}, found))


def _broken(expect: Mapping[str, Any], found: Simulated) -> Iterator[Broken]:
    for name, bounds in expect.items():
        path = f"expect.{name}"
        if name in _COUNTS:
            yield from _outside(bounds, getattr(found, name), path)
        elif name == "per_person_per_week":
            yield from _outside(bounds, max(found.busiest_week, default=0), path)
        elif name in _TABLES:
            table: Mapping[str, int] = getattr(found, name)
            if isinstance(bounds, Mapping) and not set(bounds) <= set(_BOUNDS):
                for key, inner in bounds.items():
                    yield from _outside(inner, table.get(key, 0), f"{path}.{key}")
            else:
                yield from _outside(bounds, sum(table.values()), path)
        else:
            known = ", ".join((*_COUNTS, *_TABLES, "per_person_per_week"))
            raise wrong(path, "Nobody counts that.", f"Choose from {known}.")


def _outside(bounds: Any, found: int, path: str) -> Iterator[Broken]:
    given = {"exactly": bounds} if isinstance(bounds, int) else bounds
    if not isinstance(given, Mapping) or not given or not set(given) <= set(_BOUNDS):
        raise wrong(path, f"{bounds!r} says no number.", f"Give {', '.join(_BOUNDS)} with a number.")
    for word, number in given.items():
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise wrong(f"{path}.{word}", f"{number!r} is no number.", "Give a number.")
        holds = {"at_least": found >= number, "at_most": found <= number, "exactly": found == number}[word]
        if not holds:
            yield Broken(
                path=path, message=f"It is {found}, and should be {word.replace('_', ' ')} {number:g}."
            )


def check_given(campaign: Campaign, simulation: Simulation) -> tuple[Broken, ...]:
    """Return which written histories do not come out as their author says.

    Raises:
        InvalidInput: one of them cannot be read; code ``invalid_campaign``.
    """
    return tuple(
        one
        for number, case in enumerate(campaign.given)
        for one in _case(case, f"given.{number}", simulation)
    )


def _case(case: Mapping[str, Any], path: str, simulation: Simulation) -> Iterator[Broken]:
    unknown = sorted(set(case) - {"name", "start", "facts", "until", "then"})
    if unknown:
        raise wrong(
            path, f"{unknown[0]!r} means nothing here.", "Choose from name, start, facts, until, then."
        )
    start = (
        _FIRST_MOMENT
        if case.get("start") is None
        else _moment(case["start"], f"{path}.start", 0, simulation.zone)
    )
    zone = simulation.zone
    facts = [
        _fact(one, f"{path}.facts.{number}", number, start, zone)
        for number, one in enumerate(_listed(case, "facts", path))
    ]
    last = max((fact.occurred_at for fact in facts), default=start)
    until = (
        last + 30 * DAY if case.get("until") is None else _moment(case["until"], f"{path}.until", start, zone)
    )
    person = PastPerson(number=_number(str(case.get("name", path))), facts=facts)
    found = simulation.run([person], since=start, until=until)
    told = found.people[0] if found.people else PersonSimulated(person=person.number, happenings=())
    for number, then in enumerate(_listed(case, "then", path)):
        yield from _then(then, f"{path}.then.{number}", told.happenings, start, zone)


def _listed(case: Mapping[str, Any], key: str, path: str) -> list[Any]:
    found = case.get(key)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise wrong(f"{path}.{key}", "It is no list.", "Begin each part with a dash.")
    return found


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=7).digest(), "big")


def _moment(given: object, path: str, start: int, zone: str) -> int:
    """Return a moment: “+2 hours” after the start, or a date with a time on the organisation's clock."""
    if given == 0:
        # YAML reads +0 as a number.
        return start
    if isinstance(given, str) and given.startswith("+"):
        words = given[1:].strip()
        return start if words in {"0", ""} else start + duration_from_text(words, path)
    try:
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    except ValueError as error:
        raise wrong(path, f"{given!r} is no moment.", "Write “+2 hours”, or “2026-03-01 09:00”.") from error
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))


def _fact(given: Mapping[str, Any], path: str, number: int, start: int, zone: str) -> Fact:
    unknown = sorted(set(given) - _FACT)
    if unknown:
        raise wrong(path, f"{unknown[0]!r} means nothing here.", f"Choose from {', '.join(sorted(_FACT))}.")
    at = _moment(given.get("at", "+0"), f"{path}.at", start, zone)
    properties = given.get("properties") or {}
    type_ = given.get("type", "track" if "event" in given else "identify")
    try:
        return msgspec.convert(
            {
                "id": number + 1,
                "message_id": path,
                "type": type_,
                "name": given.get("event"),
                "source": "written",
                "channel": given.get("channel", "web"),
                "occurred_at": at,
                "received_at": at,
                "user_id": "written",
                "traits": given.get("traits"),
                "properties": properties,
                "product": properties.get("product_id") if isinstance(properties, dict) else None,
                "revenue": given.get(
                    "revenue", properties.get("revenue") if isinstance(properties, dict) else None
                ),
            },
            Fact,
            strict=False,
        )
    except msgspec.ValidationError as error:
        raise wrong(path, f"{error}.", "Write at, event (or type), properties, traits, channel.") from error


def _then(
    then: Mapping[str, Any], path: str, happened: Sequence[Happening], start: int, zone: str
) -> Iterator[Broken]:
    kinds = sorted(set(then) & _THENS)
    if len(kinds) != 1 or not set(then) <= {*_THENS, "at", "times"}:
        raise wrong(path, "It does not say what should happen.", f"Give one of {', '.join(sorted(_THENS))}.")
    kind, wanted = kinds[0], then[kinds[0]]
    what = "sent" if kind == "not_sent" else kind
    fitting = [one for one in happened if one.what == what and _is(one, what, wanted)]
    if kind == "not_sent":
        if fitting:
            yield Broken(path=path, message=f"{wanted} is sent, {_when(fitting[0], start)}.")
        return
    if not fitting:
        yield Broken(path=path, message=f"{kind} {wanted} does not happen. {_summary(happened, start)}")
    if "times" in then:
        yield from _outside(then["times"], len(fitting), f"{path}.times")
    if "at" in then and fitting:
        at = _moment(then["at"], f"{path}.at", start, zone)
        if all(abs(one.at - at) > _TOLERANCE for one in fitting):
            local = to_datetime(at).astimezone(ZoneInfo(zone))
            yield Broken(
                path=path,
                message=f"{kind} {wanted} happens {_when(fitting[0], start)}, not at {local:%Y-%m-%d %H:%M}.",
            )


def _is(one: Happening, what: str, wanted: object) -> bool:
    if wanted is True:
        return True
    if what in {"sent", "skipped", "held"}:
        return wanted in {one.step, one.detail}
    return one.detail == wanted


def _when(one: Happening, start: int) -> str:
    return f"{duration_to_text(one.at - start)} after the start"


def _summary(happened: Sequence[Happening], start: int) -> str:
    if not happened:
        return "Nothing happens at all."
    told = "; ".join(
        " ".join(part for part in (one.what, one.step, one.detail, _when(one, start)) if part)
        for one in happened[:8]
    )
    return f"What happens: {told}."
