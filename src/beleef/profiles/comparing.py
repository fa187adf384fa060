"""How values that people sent are compared: as the text they are written as, or as numbers where the wanted value is one.

So 3, 3.0 and "3" are the same to a rule that asks for the number 3, and every engine that reads the history can tell the same.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

Comparison = Callable[[Any], bool]

_encode = msgspec.json.encode
NUMBER = r"^-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$"
"""A text that is a number: of a length that every engine reads the same."""
_NUMBER = re.compile(NUMBER, re.ASCII)
_LARGEST = 1e30


def as_text(value: Any) -> str | None:
    """Return a value as it is written in JSON, a text without its quotes; None where there is no value."""
    if value is None or value.__class__ is str:
        return value
    try:
        return _encode(value).decode()
    except (UnicodeEncodeError, OverflowError, RecursionError, TypeError):
        return None  # A value that no store keeps is none.


def as_number(value: Any) -> float | None:
    """Return a number, also one written as a text; None where it is none: true and false are none."""
    if value.__class__ is float or value.__class__ is int:
        return float(value) if -_LARGEST < value < _LARGEST else None
    # Python's ``$`` also matches before a line feed at the end.
    if value.__class__ is not str or value.endswith("\n") or not _NUMBER.match(value):
        return None
    return float(value)


def comparison(operator: str, wanted: Any) -> Comparison:
    """Return a function that says whether a value fulfils a demand.

    Args:
        operator: ``equals`` or ``is``, ``not_equals`` or ``is_not``, ``in``, ``not_in``, ``contains``, ``greater``, ``less``,
            ``at_least``, ``at_most``, ``exists``.
        wanted: What it is compared with: a number, a text, true or false; a list for ``in`` and ``not_in``.
    """
    match operator:
        case "equals" | "is":
            return _same(wanted)
        case "not_equals" | "is_not":
            return _not(_same(wanted))
        case "in" | "not_in":
            any_of = _any_of(wanted)
            return any_of if operator == "in" else _not(any_of)
        case "contains":
            return _contains(wanted)
        case "exists":
            must_exist = wanted is not False
            return lambda value: (value is not None) is must_exist
        case _:
            return _ordered(operator, wanted)


def _not(holds: Comparison) -> Comparison:
    return lambda value: not holds(value)


def _same(wanted: Any) -> Comparison:
    if _is_number(wanted):
        number = float(wanted)

        def equals_number(value: Any) -> bool:
            return as_number(value) == number

        return equals_number
    text = as_text(wanted)

    def equals_text(value: Any) -> bool:
        # Most values are texts.
        return value == text if value.__class__ is str else value is not None and as_text(value) == text

    return equals_text


def _any_of(wanted: Any) -> Comparison:
    numbers = frozenset(float(one) for one in wanted if _is_number(one))
    texts = frozenset(as_text(one) for one in wanted if not _is_number(one))

    def holds(value: Any) -> bool:
        return value is not None and (
            as_text(value) in texts or (bool(numbers) and as_number(value) in numbers)
        )

    return holds


def _contains(wanted: Any) -> Comparison:
    text = as_text(wanted) or ""
    item = _encode(wanted).decode()
    items = tuple(f"{before}{item}{behind}" for before in "[," for behind in ",]")

    def holds(value: Any) -> bool:
        found = as_text(value)
        if found is None:
            return False
        return any(one in found for one in items) if found.startswith("[") else text in found

    return holds


def _ordered(operator: str, wanted: Any) -> Comparison:
    read: Callable[[Any], Any] = as_number if _is_number(wanted) else as_text
    match operator:
        case "greater":
            return lambda value: (found := read(value)) is not None and found > wanted
        case "less":
            return lambda value: (found := read(value)) is not None and found < wanted
        case "at_least":
            return lambda value: (found := read(value)) is not None and found >= wanted
        case _:
            return lambda value: (found := read(value)) is not None and found <= wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
