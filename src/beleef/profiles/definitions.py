"""Reading and writing definitions of computed traits as plain data, as forms, files and the API give them.

Whatever cannot work is refused here, with what to do about it, so that the rest may trust a definition.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from beleef.facts.fact import FactType
from beleef.kernel.errors import InvalidInput
from beleef.profiles.model import KINDS, LONGEST_WINDOW, OPERATORS, Condition, Definition

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_WITHOUT_PATH = frozenset({"count", "days_since"})
_TYPES = frozenset(get_args(FactType))
_LONGEST_TEXT = 200


def from_data(data: Mapping[str, Any]) -> Definition:
    """Return a definition from plain data, as it stands in YAML or JSON.

    Raises:
        InvalidInput: it cannot work; code ``invalid_computed_trait``.
    """
    try:
        definition = msgspec.convert(dict(data), Definition)
    except msgspec.ValidationError as error:
        raise _refusal(
            f"The computed trait cannot be read: {error}.",
            f"Give name, label and kind (one of {', '.join(KINDS)}), and if needed of, window_days, types, names, "
            "channels, sources and conditions.",
        ) from error
    validate(definition)
    return definition


def to_data(definition: Definition) -> dict[str, Any]:
    """Return a definition as plain data that ``from_data`` reads back, without what is left at its default."""
    data: dict[str, Any] = msgspec.to_builtins(definition)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}


def validate(definition: Definition) -> None:
    """Refuse a definition that cannot work.

    Raises:
        InvalidInput: it cannot work; code ``invalid_computed_trait``.
    """
    if (
        definition.kind not in KINDS
        or definition.keep
        or (definition.since, definition.until) != (None, None)
    ):
        raise _refusal(
            "This kind is kept for the rules of audiences only.", f"Choose from {', '.join(KINDS)}."
        )
    if not _NAME.fullmatch(definition.name):
        raise _refusal(
            f"The name {definition.name[:80]!r} cannot be used.",
            "Begin with a small letter, then small letters, digits and _, 63 together at most.",
        )
    if not definition.label.strip() or len(definition.label) > _LONGEST_TEXT:
        raise _refusal("The label is empty or too long.", "Say in a few words what people should call it.")
    if definition.of is None and definition.kind not in _WITHOUT_PATH:
        raise _refusal(
            f"{definition.kind} needs a value to work on.", "Fill in `of`, for instance `revenue`."
        )
    if definition.of is not None:
        _validate_path(definition.of)
    if definition.window_days is not None and not 1 <= definition.window_days <= LONGEST_WINDOW:
        raise _refusal(
            f"A window of {definition.window_days} days cannot be kept.",
            f"Choose 1 to {LONGEST_WINDOW} days, or leave the window out for all time.",
        )
    unknown = sorted(set(definition.types) - _TYPES)
    if unknown:
        raise _refusal(f"There is no fact type {unknown[0]!r}.", f"Choose from {', '.join(sorted(_TYPES))}.")
    for condition in definition.conditions:
        _validate_condition(condition)


def _validate_path(path: str) -> None:
    if len(path) > _LONGEST_TEXT or not all(step.strip() for step in path.split(".")):
        raise _refusal(
            f"The path {path[:80]!r} cannot be read.",
            "Put the names one after another with dots: `properties.category`.",
        )


def _validate_condition(condition: Condition) -> None:
    _validate_path(condition.path)
    value = condition.value
    if condition.operator not in OPERATORS:
        raise _refusal(
            f"The condition on {condition.path!r} compares by {condition.operator}, which computed traits do not.",
            f"Choose from {', '.join(OPERATORS)}.",
        )
    if condition.operator == "exists":
        fits, expected = value is None or isinstance(value, bool), "true or false"
    elif condition.operator == "in":
        fits, expected = isinstance(value, list) and len(value) > 0, "a list of values"
    elif condition.operator in {"greater", "less"}:
        fits, expected = (
            isinstance(value, int | float | str) and not isinstance(value, bool),
            "a number or a text",
        )
    else:
        fits, expected = isinstance(value, str | int | float | bool), "a text, a number, true or false"
    if not fits:
        raise _refusal(
            f"The condition on {condition.path!r} compares with something that {condition.operator} cannot use.",
            f"Give {expected} as its value.",
        )


def _refusal(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_computed_trait")
