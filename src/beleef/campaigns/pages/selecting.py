"""The fields of what a campaign asks for: which facts, and whom, as a rule.

Each has three functions: data to answers, answers to fields, answers back to data.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import yaml

from beleef.access.desk import Answers
from beleef.audiences.api import VALUE_OPERATORS, rule_from_data
from beleef.audiences.pages import ruling
from beleef.campaigns.pages.fields import Choosable, Data, Pairs, filled, row_editor, row_pairs, rows
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import CHANNELS, channel_mark
from beleef.ui.forms import Choices, DefinitionEditor, Drawn, Field, Hidden, Input, Option, Select, TextArea
from beleef.ui.words import N_, Words

OPERATOR_LABELS: Final = {
    "is": N_("is"),
    "is_not": N_("is not"),
    "in": N_("is one of"),
    "not_in": N_("is none of"),
    "contains": N_("contains"),
    "greater": N_("is more than"),
    "less": N_("is less than"),
    "at_least": N_("is at least"),
    "at_most": N_("is at most"),
    "exists": N_("is there"),
}


def selector_pairs(prefix: str, data: Data | str) -> Pairs:
    """Return the answers of which facts are meant."""
    found: Data = {"event": data} if isinstance(data, str) else data
    pairs = [
        (f"{prefix}event", "\n".join([found["event"]] if "event" in found else found.get("events", []))),
        (f"{prefix}same", str(found.get("same", ""))),
        *((f"{prefix}channels", one) for one in found.get("channels", ())),
        (
            f"{prefix}kept",
            msgspec.json.encode({k: found[k] for k in ("types", "sources") if k in found}).decode(),
        ),
    ]
    conditions = [
        [
            ("path", one["path"]),
            *(
                pair
                for operator in VALUE_OPERATORS
                if operator in one
                for pair in (("operator", operator), ("value", _value_text(one[operator])))
            ),
        ]
        for one in found.get("where", ())
    ]
    return pairs + row_pairs(f"{prefix}where", conditions)


def selector_fields(
    given: Answers, prefix: str, words: Words, *, label: str, error: str | None, keyed: bool
) -> tuple[Field, ...]:
    """Return the fields of which facts are meant, but for the conditions."""
    fields: list[Field] = [
        Hidden(name=f"{prefix}kept", value=given.get(f"{prefix}kept", "{}")),
        TextArea(
            name=f"{prefix}event",
            label=label,
            value=given.get(f"{prefix}event", ""),
            rows=2,
            help=words.gettext(
                "Names of events, pages or screens, one on each line; for example Order Completed."
            ),
            error=error,
        ),
    ]
    if keyed:
        fields.append(
            Input(
                name=f"{prefix}same",
                label=words.gettext("About the same"),
                value=given.get(f"{prefix}same", ""),
                help=words.gettext(
                    "Path of the value that must be the same as at the entry, for example properties.cart_id."
                ),
                required=False,
            )
        )
    fields.append(
        Choices(
            name=f"{prefix}channels",
            label=words.gettext("Only over these channels"),
            type="checkbox",
            options=tuple(
                Option(value=one, label=channel_mark(one, words).label)
                for one in dict.fromkeys((*CHANNELS, *given.every(f"{prefix}channels")))
            ),
            values=tuple(given.every(f"{prefix}channels")),
            help=words.gettext("None chosen: all count."),
        )
    )
    return tuple(fields)


def conditions(given: Answers, prefix: str, words: Words) -> DefinitionEditor:
    """Return the rows of demands on facts."""

    def draw(start: str, _: int) -> tuple[Field, ...]:
        return (
            Input(name=f"{start}path", label=words.gettext("Value"), value=given.get(f"{start}path", "")),
            Select(
                name=f"{start}operator",
                label=words.gettext("Test"),
                options=tuple(
                    Option(value=one, label=words.gettext(OPERATOR_LABELS[one])) for one in VALUE_OPERATORS
                ),
                value=given.get(f"{start}operator", "is"),
            ),
            Input(
                name=f"{start}value",
                label=words.gettext("Compared with"),
                value=given.get(f"{start}value", ""),
                required=False,
            ),
        )

    return row_editor(
        given,
        f"{prefix}where",
        draw,
        legend=words.gettext("Only facts where"),
        help=words.gettext("All conditions must hold; part the values of “is one of” by commas."),
        row_label=words.gettext("Condition"),
        add_label=words.gettext("Add a condition"),
        empty=words.gettext("No conditions: all facts that were chosen count."),
    )


def read_selector(given: Answers, prefix: str) -> Data:
    """Return which facts are meant as files have it."""
    try:
        found: Any = msgspec.json.decode(given.get(f"{prefix}kept", "{}"))
    except msgspec.DecodeError:
        found = {}
    data: Data = dict(found) if isinstance(found, dict) else {}
    names = [line.strip() for line in given.get(f"{prefix}event", "").splitlines() if line.strip()]
    if len(names) == 1:
        data["event"] = names[0]
    elif names:
        data["events"] = names
    if filled(given, f"{prefix}same"):
        data["same"] = filled(given, f"{prefix}same")
    if given.every(f"{prefix}channels"):
        data["channels"] = given.every(f"{prefix}channels")
    where = []
    for number in range(rows(given, f"{prefix}where")):
        start = f"{prefix}where-{number}-"
        if filled(given, f"{start}path"):
            operator = filled(given, f"{start}operator") or "is"
            where.append(
                {
                    "path": filled(given, f"{start}path"),
                    operator: _value(operator, filled(given, f"{start}value")),
                }
            )
    if where:
        data["where"] = where
    return data


def rule_pairs(prefix: str, data: Data | None) -> Pairs:
    """Return the answers of a rule: an audience where it is just that, else the rule as YAML."""
    if data is None:
        return []
    if list(data) == ["audience"] and isinstance(data["audience"], str):
        return [(f"{prefix}audience", data["audience"])]
    return [(f"{prefix}rule", yaml.safe_dump(data, allow_unicode=True, sort_keys=False))]


def rule_fields(
    given: Answers,
    prefix: str,
    words: Words,
    choosable: Choosable,
    *,
    label: str,
    lead: str,
    nobody: str,
    error: str | None,
    tried: bool,
) -> tuple[Field, ...]:
    """Return the fields of a rule: an audience to choose, or conditions.

    Args:
        given: The answers.
        prefix: What the names of the fields begin with.
        words: The reader's language.
        choosable: What can be chosen.
        label: Of the choice of an audience.
        lead: What the conditions decide.
        nobody: What it means to choose no audience.
        error: What is wrong with the choice.
        tried: Whether somebody tried to keep it, so that conditions that are not complete are marked.
    """
    rule = f"{prefix}rule"
    return (
        Select(
            name=f"{prefix}audience",
            label=label,
            options=(
                Option(value="", label=nobody),
                *(Option(value=one.name, label=one.label) for one in choosable.audiences),
            ),
            value=given.get(f"{prefix}audience", ""),
            required=False,
            error=error,
        ),
        Drawn(
            name=rule,
            label=words.gettext("Or by conditions of its own"),
            content=ruling.draw(
                given,
                rule,
                lead=lead,
                seen=choosable.seen,
                words=words,
                zone=choosable.zone,
                tried=tried,
            ),
            open=ruling.is_begun(given, rule),
        ),
    )


def read_rule(given: Mapping[str, str], prefix: str) -> Data | None:
    """Return a rule as files have it; None where none was given.

    Raises:
        InvalidInput: it is no rule; the message does not name a place.
    """
    text = filled(given, f"{prefix}rule")
    if not text:
        name = filled(given, f"{prefix}audience")
        return {"audience": name} if name else None
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput("The rule is no YAML.", hint=" ".join(str(error).split())[:200]) from error
    if not isinstance(data, dict):
        raise InvalidInput(
            "The rule is no mapping.",
            hint="Begin with all:, any:, not:, trait:, did: or another kind of rule.",
        )
    rule_from_data(data)
    return data


def _value(operator: str, text: str) -> Any:
    match operator:
        case "in" | "not_in":
            return [_scalar(part.strip()) for part in text.split(",") if part.strip()]
        case "exists":
            return text.lower() not in {"false", "no", "nee", "0"}
        case _:
            return _scalar(text)


def _scalar(text: str) -> Any:
    """Return a number, true or false where the text is one, or what stands in quotation marks; else the text."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, str | int | float | bool) else text


def _value_text(value: Any) -> str:
    values = value if isinstance(value, list) else [] if value is None else [value]
    texts = []
    for one in values:
        reads_back = isinstance(one, str) and _scalar(one) == one
        texts.append(one if reads_back else msgspec.json.encode(one).decode())
    return ", ".join(texts)
