"""Turns fields of the rules into form fields, what was sent back into plain data, and data into what a list shows."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from beleef.access.desk import Answers
from beleef.kernel.errors import InvalidInput
from beleef.support.api import ServiceRules
from beleef.support.pages.parts import Colleague, filled
from beleef.support.pages.sections import WEEK, Spec
from beleef.ui.forms import Checkbox, Choices, Field, Hidden, Input, InputType, Option, Select, TextArea
from beleef.ui.words import LANGUAGES, NAMES, Words

_PARTING: Final = re.compile(r"[\n,;]+")
_WORKING: Final = "_working"


class Choosing:
    """Knows what can be chosen for a field.

    Args:
        rules: Where teams, departments and the rest stand.
        staff: Who can be named.
        words: The reader's language.
    """

    def __init__(self, rules: ServiceRules, staff: Sequence[Colleague], words: Words) -> None:
        self._rules = rules
        self._staff = staff
        self.words = words

    def options(self, spec: Spec) -> tuple[Option, ...]:
        """Return what can be chosen for a field."""
        if not isinstance(spec.among, str):
            return tuple(
                Option(value=value, label=self.words.gettext(label)) for value, label in spec.among.items()
            )
        if spec.among == "staff":
            return tuple(Option(value=one.email, label=one.name) for one in self._staff)
        if spec.among == "tags":
            return tuple(Option(value=one, label=one) for one in self._rules.tags)
        things = getattr(self._rules, spec.among)
        return tuple(Option(value=one.name, label=getattr(one, "label", "") or one.name) for one in things)

    def label(self, spec: Spec, value: str) -> str:
        """Return what a chosen value is called."""
        return next((one.label for one in self.options(spec) if one.value == value), value)


def fields(spec: Spec, given: Answers, choosing: Choosing, *, is_new: bool) -> list[Field]:
    """Return the form fields of a field of the rules."""
    words = choosing.words
    label, help_ = words.gettext(spec.label), words.gettext(spec.help) if spec.help else None
    value = given.get(spec.name, "")
    if spec.kind == "name" and not is_new:
        return [Hidden(name=spec.name, value=value)]
    if spec.kind == "check":
        return [Checkbox(name=spec.name, label=label, checked=bool(value), help=help_)]
    if spec.kind == "choices":
        chosen = tuple(given.every(spec.name))
        return [
            Choices(
                name=spec.name,
                label=label,
                options=choosing.options(spec),
                type="checkbox",
                values=chosen,
                help=words.gettext("None chosen means all.") if spec.name != "members" else help_,
            )
        ]
    if spec.kind == "select":
        nothing = () if spec.required else (Option(value="", label=words.gettext("none")),)
        shown = (*nothing, *choosing.options(spec))
        return [
            Select(
                name=spec.name, label=label, options=shown, value=value, help=help_, required=spec.required
            )
        ]
    if spec.kind in {"lines", "dated"}:
        return [
            TextArea(name=spec.name, label=label, value=value, rows=3, help=help_, required=spec.required)
        ]
    return _wider(spec, given, label, help_, words)


def _wider(spec: Spec, given: Answers, label: str, help_: str | None, words: Words) -> list[Field]:
    """Return the fields of what takes several: a length of time, a week, a text in each language."""
    value = given.get(spec.name, "")
    if spec.kind == "within":
        working = given.get(spec.name + _WORKING, "" if value else "yes")
        return [
            Input(name=spec.name, label=label, type="number", value=value, required=spec.required),
            Checkbox(
                name=spec.name + _WORKING,
                label=words.gettext("working hours by the calendar"),
                checked=working == "yes",
            ),
        ]
    if spec.kind == "week":
        return [
            Input(
                name=f"{spec.name}.{day}",
                label=f"{label}: {words.gettext(name)}",
                value=given.get(f"{spec.name}.{day}", ""),
                help=help_ if day == "mon" else None,
                required=False,
            )
            for day, name in WEEK.items()
        ]
    if spec.kind == "texts":
        return [
            TextArea(
                name=f"{spec.name}.{one}",
                label=f"{label} ({NAMES[one]})",
                value=given.get(f"{spec.name}.{one}", ""),
                rows=6,
                required=False,
            )
            for one in LANGUAGES
        ]
    type_: InputType = "date" if spec.kind == "day" else "text"
    return [Input(name=spec.name, label=label, type=type_, value=value, help=help_, required=spec.required)]


def read(specs: Sequence[Spec], given: Answers) -> dict[str, Any]:
    """Return what was sent as plain data; empty fields are left out.

    Raises:
        InvalidInput: a number is none, or a day with hours cannot be read.
    """
    data: dict[str, Any] = {}
    for spec in specs:
        value = _value(spec, given)
        outer, _, inner = spec.name.rpartition(".")
        place = data.setdefault(outer, {}) if outer else data
        if value not in (None, "", (), [], {}):
            place[inner] = value
    return data


def _value(spec: Spec, given: Answers) -> Any:
    text = filled(given, spec.name)
    found: Any = text
    match spec.kind:
        case "check":
            found = bool(text)
        case "choices":
            found = given.every(spec.name)
        case "lines":
            found = _parted(text)
        case "within":
            working = bool(filled(given, spec.name + _WORKING))
            found = {"hours": _number(text, spec), "working": working} if text else None
        case "week":
            found = {day: some for day in WEEK if (some := _parted(filled(given, f"{spec.name}.{day}")))}
        case "texts":
            found = {one: said for one in LANGUAGES if (said := filled(given, f"{spec.name}.{one}"))}
        case "dated":
            found = dict(_dated(line) for line in text.splitlines() if line.strip())
    return found


def _number(text: str, spec: Spec) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError as error:
        raise InvalidInput(
            f"“{text[:20]}” is no number.", hint=f"{spec.label}: write hours, such as 4."
        ) from error
    if not 0 < found <= 10_000:
        raise InvalidInput("That is no length of time.", hint="Write hours above 0.")
    return found


def _parted(text: str) -> list[str]:
    return [one.strip() for one in _PARTING.split(text) if one.strip()]


def _dated(line: str) -> tuple[str, list[str]]:
    day, _, hours = line.strip().partition(" ")
    if not hours.strip():
        raise InvalidInput(
            f"“{line[:40]}” has no hours.", hint="Write the day and its hours: 2026-12-24 09:00-12:00."
        )
    return day, _parted(hours)


def to_answers(specs: Sequence[Spec], data: Mapping[str, Any]) -> Answers:
    """Return an item, as plain data, as the answers that a form would have sent."""
    pairs: list[tuple[str, str]] = []
    for spec in specs:
        outer, _, inner = spec.name.rpartition(".")
        value = (data.get(outer) or {} if outer else data).get(inner)
        pairs += _pairs(spec, value)
    return Answers(pairs)


def _pairs(spec: Spec, value: Any) -> list[tuple[str, str]]:
    if value in (None, "", False):
        return []
    name = spec.name
    found = [(name, "yes" if value is True else str(value))]
    match spec.kind:
        case "choices":
            found = [(name, str(one)) for one in value]
        case "lines":
            found = [(name, "\n".join(value))]
        case "within":
            working = "yes" if value.get("working", True) else "no"
            found = [(name, f"{value['hours']:g}"), (name + _WORKING, working)]
        case "week":
            found = [(f"{name}.{day}", ", ".join(hours)) for day, hours in value.items()]
        case "texts":
            found = [(f"{name}.{one}", text) for one, text in value.items()]
        case "dated":
            lines = [f"{day} {', '.join(hours)}" for day, hours in sorted(value.items())]
            found = [(name, "\n".join(lines))]
    return found


def shown(spec: Spec, data: Mapping[str, Any], choosing: Choosing) -> str:
    """Return what a list shows of a field."""
    words = choosing.words
    outer, _, inner = spec.name.rpartition(".")
    value = (data.get(outer) or {} if outer else data).get(inner)
    if value in (None, "", (), [], {}):
        return words.gettext("all") if spec.kind == "choices" and spec.name != "members" else "—"
    found: str = str(value)
    match spec.kind:
        case "within":
            found = _within_in_words(value, words)
        case "choices":
            found = ", ".join(choosing.label(spec, str(one)) for one in value)
        case "select":
            found = choosing.label(spec, found)
        case "week":
            days = [(WEEK[day], hours) for day, hours in value.items() if day in WEEK]
            found = "; ".join(f"{words.gettext(day)} {', '.join(hours)}" for day, hours in days)
        case "texts":
            found = str(next(iter(value.values())))[:100]
        case "lines" | "dated":
            found = ", ".join(value)
    return found


def _within_in_words(value: Mapping[str, Any], words: Words) -> str:
    hours = words.number(float(value["hours"]))
    if value.get("working", True):
        return words.gettext("%(hours)s working hours", hours=hours)
    return words.gettext("%(hours)s hours", hours=hours)
