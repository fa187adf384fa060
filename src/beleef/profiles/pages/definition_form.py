"""The form of a computed trait: a definition as fields, and fields back as a definition."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from beleef.access.desk import Answers
from beleef.facts.fact import FactType
from beleef.kernel.errors import InvalidInput
from beleef.profiles.definitions import from_data
from beleef.profiles.model import KINDS, LONGEST_WINDOW, OPERATORS, Condition, Definition
from beleef.profiles.pages.parts import filled
from beleef.profiles.pages.timeline import type_label
from beleef.ui.components import CHANNELS, Link, channel_mark
from beleef.ui.forms import (
    Choices,
    DefinitionEditor,
    DefinitionRow,
    Fieldset,
    Form,
    Hidden,
    Input,
    Option,
    Select,
    TextArea,
)
from beleef.ui.words import N_, Words

KIND_LABELS: Final = {
    "count": N_("Count the facts"),
    "sum": N_("Sum of a value"),
    "average": N_("Average of a value"),
    "minimum": N_("Smallest value"),
    "maximum": N_("Largest value"),
    "first": N_("First value"),
    "last": N_("Last value"),
    "most_frequent": N_("Most frequent value"),
    "unique_count": N_("Number of different values"),
    "days_since": N_("Days since the last fact"),
}
_OPERATOR_LABELS: Final = {
    "equals": N_("is"),
    "not_equals": N_("is not"),
    "in": N_("is one of"),
    "contains": N_("contains"),
    "greater": N_("is more than"),
    "less": N_("is less than"),
    "exists": N_("is there"),
}
_TYPES: tuple[str, ...] = get_args(FactType)
_MOST_CONDITIONS = 20


def to_answers(definition: Definition) -> Answers:
    """Return a definition as the form's fields are filled in with it."""
    pairs = [
        ("label", definition.label),
        ("name", definition.name),
        ("kind", definition.kind),
        ("of", definition.of or ""),
        ("window_days", "" if definition.window_days is None else str(definition.window_days)),
        ("names", "\n".join(definition.names)),
        ("sources", "\n".join(definition.sources)),
        *(("types", one) for one in definition.types),
        *(("channels", one) for one in definition.channels),
        ("conditions", str(len(definition.conditions))),
    ]
    for number, condition in enumerate(definition.conditions):
        pairs += [
            (f"path-{number}", condition.path),
            (f"operator-{number}", condition.operator),
            (f"value-{number}", _value_text(condition)),
        ]
    return Answers(pairs)


def read(given: Answers) -> Definition:
    """Return the definition that was filled in.

    Raises:
        InvalidInput: it cannot work.
    """
    data: dict[str, Any] = {
        "name": filled(given, "name") or _name_of(filled(given, "label")),
        "label": filled(given, "label"),
        "kind": filled(given, "kind"),
        "types": given.every("types"),
        "names": _lines(given, "names"),
        "channels": given.every("channels"),
        "sources": _lines(given, "sources"),
        "conditions": [
            condition for number in range(rows(given)) if (condition := _condition(given, number))
        ],
    }
    if filled(given, "of"):
        data["of"] = filled(given, "of")
    window = filled(given, "window_days")
    if window:
        try:
            data["window_days"] = int(window)
        except ValueError as error:
            raise InvalidInput(
                f"A window of “{window[:20]}” days cannot be kept.",
                hint=f"Choose 1 to {LONGEST_WINDOW} days, or leave the window out for all time.",
            ) from error
    return from_data(data)


def rows(given: Mapping[str, str]) -> int:
    """Return how many conditions the form shows."""
    count = given.get("conditions", "0")
    return min(int(count), _MOST_CONDITIONS) if count.isascii() and count.isdigit() and len(count) < 4 else 0


def changed(given: Answers) -> Answers:
    """Return the form as its button ``change`` leaves it: one condition more, or one less."""
    change, count = given.get("change", ""), rows(given)
    kept = list(range(count))
    if change == "add":
        kept.append(count)
    elif change.startswith("remove-"):
        kept = [number for number in kept if change != f"remove-{number}"]
    own = ("path-", "operator-", "value-", "change", "conditions", "previewed")
    pairs = [(name, value) for name in given for value in given.every(name) if not name.startswith(own)]
    pairs.append(("conditions", str(len(kept))))
    for place, number in enumerate(kept):
        pairs += [
            (f"{part}-{place}", given.get(f"{part}-{number}", "")) for part in ("path", "operator", "value")
        ]
    return Answers(pairs)


def form(given: Answers, words: Words, *, error: InvalidInput | None, previewed: str) -> Form:
    """Return the form.

    Args:
        given: What is filled in.
        words: The reader's language.
        error: Why what was filled in cannot work.
        previewed: The definition that a preview is shown of; empty where there is none yet.
    """
    label = Input(
        name="label",
        label=words.gettext("Name"),
        value=given.get("label", ""),
        help=words.gettext("As it stands on profiles."),
        error=None if error is None else words.refusal(error),
    )
    was = given.get("was", "")
    name = (
        Hidden(name="name", value=given.get("name", ""))
        if was
        else Input(
            name="name",
            label=words.gettext("Name for programs"),
            value=given.get("name", ""),
            help=words.gettext("Small letters, digits and _; made from the name if you leave it empty."),
            required=False,
        )
    )
    hidden = (
        Hidden(name="was", value=was),
        Hidden(name="previewed", value=previewed),
        Hidden(name="conditions", value=str(rows(given))),
    )
    return Form(
        name="trait",
        action="/traits/edit",
        sections=(
            Fieldset(fields=(*hidden, label, name, *_computation(given, words))),
            Fieldset(
                legend=words.gettext("Which facts count"),
                help=words.gettext("Leave a list empty to let all count."),
                fields=_selection(given, words),
            ),
            _conditions(given, words),
        ),
        submit=words.gettext("Save the trait") if previewed else words.gettext("Preview on real people"),
        cancel=Link(text=words.gettext("Cancel"), href="/traits"),
    )


def _computation(given: Answers, words: Words) -> tuple[Select | Input, ...]:
    return (
        Select(
            name="kind",
            label=words.gettext("What to compute"),
            options=tuple(Option(value=kind, label=words.gettext(KIND_LABELS[kind])) for kind in KINDS),
            value=given.get("kind", "count"),
        ),
        Input(
            name="of",
            label=words.gettext("Of which value"),
            value=given.get("of", ""),
            help=words.gettext("For example revenue, channel or properties.category; not needed for counts."),
            required=False,
        ),
        Input(
            name="window_days",
            label=words.gettext("Over the last how many days"),
            type="number",
            value=given.get("window_days", ""),
            help=words.gettext("Leave empty for all time."),
            required=False,
        ),
    )


def _selection(given: Answers, words: Words) -> tuple[Choices | TextArea, ...]:
    channels = dict.fromkeys((*CHANNELS, *given.every("channels")))
    return (
        Choices(
            name="types",
            label=words.gettext("Types"),
            type="checkbox",
            options=tuple(Option(value=one, label=type_label(one, words)) for one in _TYPES),
            values=tuple(given.every("types")),
        ),
        TextArea(
            name="names",
            label=words.gettext("Names of events, pages or screens"),
            value=given.get("names", ""),
            rows=3,
            help=words.gettext("One on each line, for example Order Completed."),
            required=False,
        ),
        Choices(
            name="channels",
            label=words.gettext("Channels"),
            type="checkbox",
            options=tuple(Option(value=one, label=channel_mark(one, words).label) for one in channels),
            values=tuple(given.every("channels")),
        ),
        TextArea(
            name="sources",
            label=words.gettext("Sources"),
            value=given.get("sources", ""),
            rows=2,
            help=words.gettext("One on each line."),
            required=False,
        ),
    )


def _conditions(given: Answers, words: Words) -> DefinitionEditor:
    def row(number: int) -> DefinitionRow:
        fields = (
            Input(name=f"path-{number}", label=words.gettext("Value"), value=given.get(f"path-{number}", "")),
            Select(
                name=f"operator-{number}",
                label=words.gettext("Test"),
                options=tuple(
                    Option(value=one, label=words.gettext(_OPERATOR_LABELS[one])) for one in OPERATORS
                ),
                value=given.get(f"operator-{number}", "equals"),
            ),
            Input(
                name=f"value-{number}",
                label=words.gettext("Compared with"),
                value=given.get(f"value-{number}", ""),
                required=False,
            ),
        )
        label = words.gettext("Condition %(number)s", number=number + 1)
        return DefinitionRow(label=label, fields=fields, remove=f"remove-{number}")

    return DefinitionEditor(
        legend=words.gettext("Only facts where"),
        help=words.gettext("All conditions must hold; part the values of “is one of” by commas."),
        rows=tuple(row(number) for number in range(rows(given))),
        add_label=words.gettext("Add a condition"),
        add="add",
        empty=words.gettext("No conditions: all facts that were chosen count."),
    )


def _condition(given: Answers, number: int) -> dict[str, Any] | None:
    path, operator = filled(given, f"path-{number}"), filled(given, f"operator-{number}")
    text = filled(given, f"value-{number}")
    if not path:
        return None
    value: Any
    match operator:
        case "in":
            value = [_scalar(part.strip()) for part in text.split(",") if part.strip()]
        case "exists":
            value = text.lower() not in {"false", "no", "nee", "0"}
        case _:
            value = _scalar(text)
    return {"path": path, "operator": operator, "value": value}


def _scalar(text: str) -> Any:
    """Return a number, true or false where the text is one, or what stands in quotation marks; else the text."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, str | int | float | bool) else text


def _value_text(condition: Condition) -> str:
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    texts = []
    for value in values:
        if value is None:
            continue
        reads_back = isinstance(value, str) and _scalar(value) == value
        texts.append(value if reads_back else msgspec.json.encode(value).decode())
    return ", ".join(texts)


def _lines(given: Answers, name: str) -> list[str]:
    return [line.strip() for line in given.get(name, "").splitlines() if line.strip()]


def _name_of(label: str) -> str:
    letters = "".join(one if one.isascii() and one.isalnum() else "_" for one in label.lower())
    return "_".join(part for part in letters.split("_") if part)[:63]
