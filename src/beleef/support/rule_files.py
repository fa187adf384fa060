"""The rules of service as people write them: reading and writing YAML, and what cannot be."""

import difflib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import yaml

from beleef.kernel.errors import InvalidInput
from beleef.support.calendar import WEEKDAYS, WorkingHours, knows_country, read_interval
from beleef.support.rules import Calendar, RootCause, ServiceRules, Within

_LONGEST_NAME, _MOST_OF_A_KIND = 60, 300
_MOST_HOURS: Final = 24 * 400
_SCALES: Final = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "rating": (0, 10)}


def to_data(rules: ServiceRules) -> dict[str, Any]:
    """Return rules as plain data, as they stand in YAML and JSON."""
    data: dict[str, Any] = msgspec.to_builtins(rules)
    return data


def from_data(data: Any) -> ServiceRules:
    """Return rules from plain data.

    Raises:
        InvalidInput: they cannot be; the message names the place; code ``invalid_service_rules``.
    """
    try:
        rules = msgspec.convert(data, ServiceRules)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), "Compare with `beleef cases rules`.") from error
    check(rules)
    return rules


def to_yaml(rules: ServiceRules) -> str:
    """Return rules as a YAML document that ``beleef apply`` takes."""
    return str(yaml.safe_dump({"service": to_data(rules)}, sort_keys=False, allow_unicode=True))


def from_yaml(text: str) -> ServiceRules:
    """Return rules from a YAML document with ``service``.

    Raises:
        InvalidInput: it is no YAML, or the rules cannot be; code ``invalid_service_rules``.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _invalid(
            f"This is no YAML: {error}", "Indent with spaces, and quote times: '09:00-17:00'."
        ) from error
    if not isinstance(data, dict) or "service" not in data:
        raise _invalid("The document has no `service`.", "Begin it with `service:`.")
    return from_data(data["service"])


def taken_out(texts: Iterable[str]) -> tuple[list[str], ServiceRules | None]:
    """Return files without their rules of service, and the rules; None where no file has any.

    Raises:
        InvalidInput: a file is no YAML, the rules cannot be, or there are several.
    """
    rest, found = [], None
    for text in texts:
        try:
            documents = list(yaml.safe_load_all(text))
        except yaml.YAMLError as error:
            raise _invalid(f"This is no YAML: {error}", "Indent with spaces, and quote times.") from error
        own = [one for one in documents if isinstance(one, dict) and "service" in one]
        if not own:
            rest.append(text)
            continue
        if found is not None or len(own) > 1:
            raise _invalid(
                "There are several rules of service.", "They are one whole: keep them in one document."
            )
        found = from_data(own[0].pop("service"))
        rest.append(
            yaml.safe_dump_all([one for one in documents if one], sort_keys=False, allow_unicode=True)
        )
    return rest, found


def difference(before: ServiceRules, after: ServiceRules) -> str:
    """Return the lines that change, as ``diff -u`` shows them; empty where none does."""
    old, new = to_yaml(before).splitlines(), to_yaml(after).splitlines()
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=2))[2:])


def check(rules: ServiceRules) -> None:
    """Pass where rules can be.

    Raises:
        InvalidInput: they cannot; code ``invalid_service_rules``.
    """
    named: tuple[tuple[str, Sequence[Any]], ...] = (
        ("calendars", rules.calendars),
        ("promises", rules.promises),
        ("departments", rules.departments),
        ("teams", rules.teams),
        ("root causes", rules.root_causes),
        ("templates", rules.templates),
        ("views", rules.views),
    )
    for what, things in named:
        _check_names(what, [one.name for one in things])
    if not rules.calendars:
        raise _invalid("There is no calendar.", "Promises are counted in working time: give at least one.")
    for calendar in rules.calendars:
        _check_calendar(calendar)
    _check_references(rules)
    _check_causes(rules.root_causes)
    for one in (*_lengths(rules), *(rung.after for rung in rules.escalation)):
        if not 0 < one.hours <= _MOST_HOURS:
            raise _invalid(
                "A promise takes more than 0 hours, and at most 9,600.", "8 working hours is a working day."
            )
    for metric, threshold in rules.thresholds.items():
        low, high = _SCALES.get(metric, (0, -1))
        if not low <= threshold <= high:
            raise _invalid(
                f"“{metric}: {threshold:g}” is no score that opens a follow-up.",
                "For example nps: 6, csat: 2, ces: 3.",
            )
    if not 0 <= rules.reopen_days <= 365 or not 1 <= rules.per_sender <= 10_000:
        raise _invalid(
            "A case opens again for 0 to 365 days, and a sender sends 1 to 10,000 messages an hour.",
            "14 days and 20 messages are usual.",
        )


def _check_names(what: str, names: Sequence[str]) -> None:
    if any(not one.strip() or len(one) > _LONGEST_NAME for one in names):
        raise _invalid(
            f"One of the {what} has no name, or a very long one.",
            f"Names have 1 to {_LONGEST_NAME} characters.",
        )
    if len(set(names)) < len(names):
        raise _invalid(f"Two of the {what} have the same name.", "Give each its own.")
    if len(names) > _MOST_OF_A_KIND:
        raise _invalid(f"There are more than {_MOST_OF_A_KIND} {what}.", "Take some together.")


def _check_calendar(calendar: Calendar) -> None:
    try:
        ZoneInfo(calendar.zone or "UTC")
    except (KeyError, ValueError, OSError) as error:
        raise _invalid(f"“{calendar.zone}” is no time zone.", "For example Europe/Amsterdam.") from error
    unknown = set(calendar.hours) - set(WEEKDAYS)
    if unknown:
        raise _invalid(f"“{min(unknown)}” is no day of the week.", f"They are {', '.join(WEEKDAYS)}.")
    if not any(calendar.hours.values()):
        raise _invalid(
            f"“{calendar.name}” has no hours.", "Give at least one day its hours: ['09:00-17:00']."
        )
    for intervals in (*calendar.hours.values(), *calendar.open.values()):
        _check_intervals(intervals)
    for day in (*calendar.closed, *calendar.open, *([calendar.since] if calendar.since else [])):
        _check_day(day)
    if bool(calendar.since) != bool(calendar.instead_of):
        raise _invalid(
            f"“{calendar.name}” takes over from another calendar, or does not.",
            "Name that calendar and the day, or neither.",
        )
    if calendar.country and not knows_country(calendar.country, calendar.region):
        raise _invalid(
            f"The holidays of “{calendar.country} {calendar.region}” are not known.",
            "For example country NL, or DE with region BY.",
        )
    WorkingHours(calendar, "UTC")


def _check_day(day: str) -> None:
    try:
        is_day = date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_day = False
    if not is_day:
        raise _invalid(f"“{day}” is no date.", "Write it as 2026-12-24, in quotes.")


def _check_intervals(intervals: Iterable[str]) -> None:
    last = 0
    for one in intervals:
        try:
            begin, end = read_interval(one)
        except ValueError as error:
            raise _invalid(f"“{one}” is no interval.", "Write it as '09:00-12:30'.") from error
        if begin < last:
            raise _invalid(f"“{one}” begins before the one before it ends.", "Put them in order, apart.")
        last = end


def _check_references(rules: ServiceRules) -> None:
    calendars = {one.name for one in rules.calendars}
    teams, departments = {one.name for one in rules.teams}, {one.name for one in rules.departments}
    heirs = {one.name for one in rules.calendars if one.instead_of}
    for calendar in rules.calendars:
        _must_be(calendar.instead_of, calendars - heirs, "calendar")
    for department in rules.departments:
        _must_be(department.calendar, calendars, "calendar")
        _must_be(department.team, teams, "team")
    for promise in rules.promises:
        _must_be(promise.calendar, calendars, "calendar")
        if promise.since:
            _check_day(promise.since)
        for name in promise.departments:
            _must_be(name, departments, "department")


def _check_causes(causes: Sequence[RootCause]) -> None:
    parents = {one.name: one.parent for one in causes}
    for one in causes:
        _must_be(one.parent, set(parents), "root cause")
        seen, above = {one.name}, one.parent
        while above:
            if above in seen:
                raise _invalid(f"“{one.name}” is a part of itself.", "Give it another parent, or none.")
            seen.add(above)
            above = parents.get(above, "")


def _must_be(name: str, known: set[str], what: str) -> None:
    if name and name not in known:
        raise _invalid(
            f"There is no {what} “{name}”.",
            f"Define it, or take one of: {', '.join(sorted(known)) or 'none yet'}.",
        )


def _lengths(rules: ServiceRules) -> list[Within]:
    given = [
        length
        for one in rules.promises
        for length in (one.acknowledge, one.first_response, one.next_contact, one.resolution)
    ]
    return [one for one in given if one is not None]


def _invalid(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_service_rules")
