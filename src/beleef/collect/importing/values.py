"""Following a mapping's words: each value and condition is made into one function of a row, once, and called for every row."""

import hashlib
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from beleef.collect.importing.language import (
    All,
    Codes,
    Condition,
    Constant,
    Count,
    Date,
    If,
    Join,
    Not,
    Object,
    Over,
    Reference,
    Round,
    Several,
    Single,
    Split,
    Template,
    Test,
    Value,
)
from beleef.collect.importing.mapping import Mapping
from beleef.collect.importing.notation import (
    Number,
    Unusable,
    as_boolean,
    as_text,
    bounded,
    moment_reader,
    number_reader,
    rounded,
)

Row: TypeAlias = dict[str, Any]
"""A row: columns, lookups and lines by name, with JSON's kinds of values only."""
Take: TypeAlias = Callable[[Row], Any]
"""Gives a value of a row, JSON's kinds only, None for "nothing". Raises ``Unusable``."""
Holds: TypeAlias = Callable[[Row], bool]


class Compiler:
    """Makes functions of values and conditions, with the habits of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._number = number_reader(mapping.decimal, mapping.thousands)

    def take(self, value: Value) -> Take:
        """Return the function that gives this value of a row."""
        match value:
            case Constant() | Reference():
                return _reference(value.name) if isinstance(value, Reference) else _constant(value.value)
            case Template():
                return self._template(value)
            case Single():
                return self._single(value)
            case Several():
                return self._several(value)
            case Round() | Join() | Split() | Codes():
                return self._adapted(value)
            case _:
                return self._composed(value)

    def holds(self, condition: Condition) -> Holds:
        """Return the function that tells whether this condition holds for a row."""
        match condition:
            case Test():
                return self._test(condition)
            case Not():
                inner = self.holds(condition.of)
                return lambda row: not inner(row)
        parts = [self.holds(part) for part in condition.of]
        if isinstance(condition, All):
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def text(self, value: Value, place: str) -> Take:
        """Return the function that gives this value as text."""
        take = self.take(value)
        return lambda row: as_text(take(row), place)

    def _adapted(self, value: Round | Join | Split | Codes) -> Take:
        match value:
            case Round():
                return self._round(value)
            case Join():
                texts = [self.text(part, value.place) for part in value.of]
                separator = value.separator
                return lambda row: separator.join(found for part in texts if (found := part(row))) or None
            case Split():
                return self._split(value)
            case Codes():
                return self._codes(value)

    def _composed(self, value: Over | Count | If | Date | Object) -> Take:
        match value:
            case Over() | Count():
                return self._over(value)
            case If():
                return self._if(value)
            case Object():
                return self.object(value)
            case Date():
                formats = self._mapping.dates if value.formats is None else value.formats
                read = moment_reader(formats, value.timezone or self._mapping.timezone, is_day=value.is_day)
                take, place = self.take(value.of), value.place
                return lambda row: read(take(row), place)

    def object(self, value: Object) -> Take:
        """Return the function that gives an object without its empty fields, None where all are empty."""
        parts = [(name, self.take(part)) for name, part in value.fields]

        def take(row: Row) -> dict[str, Any] | None:
            return {name: found for name, part in parts if (found := part(row)) is not None} or None

        return take

    def _template(self, value: Template) -> Take:
        place = value.place
        parts: list[str | Take] = [
            part if isinstance(part, str) else self.text(part, place) for part in value.parts
        ]

        def take(row: Row) -> str | None:
            texts = [part if isinstance(part, str) else part(row) for part in parts]
            return None if None in texts else "".join(texts)

        return take

    def _single(self, value: Single) -> Take:
        take, place = self.take(value.of), value.place
        number = self._number
        match value.function:
            case "number":
                return lambda row: number(take(row), place)
            case "text":
                return lambda row: as_text(take(row), place)
            case "lower":
                return lambda row: (text := as_text(take(row), place)) and text.lower()
            case "upper":
                return lambda row: (text := as_text(take(row), place)) and text.upper()
            case "boolean":
                return lambda row: as_boolean(take(row), place)

    def _several(self, value: Several) -> Take:
        takes, place = [self.take(part) for part in value.of], value.place
        match value.function:
            case "multiply":
                return self._multiply(takes, place)
            case "add":
                return lambda row: _total(self._numbers(takes, row, place), place, nothing=None)
            case "default":
                return lambda row: next((found for take in takes if not is_empty(found := take(row))), None)
            case "hash":
                return lambda row: _digest([as_text(take(row), place) for take in takes])
            case "items":
                return lambda row: [found for take in takes if (found := take(row)) is not None] or None

    def _numbers(self, takes: list[Take], row: Row, place: str) -> list[Number]:
        return [found for take in takes if (found := self._number(take(row), place)) is not None]

    def _multiply(self, takes: list[Take], place: str) -> Take:
        number = self._number

        def take(row: Row) -> Number | None:
            product: Number = 1
            for part in takes:
                factor = number(part(row), place)
                if factor is None:
                    return None
                product *= factor
            return bounded(product, place)

        return take

    def _over(self, value: Over | Count) -> Take:
        items = _reference(value.over)
        place, over = value.place, value.over

        def rows(row: Row) -> list[Row]:
            found = items(row)
            if found is None:
                return []
            if not isinstance(found, list):
                raise Unusable(f"{place}: '{over}' is not a list")
            return [item if isinstance(item, dict) else {"value": item} for item in found]

        if isinstance(value, Count):
            return lambda row: len(rows(row))
        take, number = self.take(value.of), self._number
        match value.function:
            case "sum":
                return lambda row: _total(
                    [found for item in rows(row) if (found := number(take(item), place)) is not None],
                    place,
                    nothing=0,
                )
            case "first":
                return lambda row: next(
                    (found for item in rows(row) if not is_empty(found := take(item))), None
                )
            case "list":
                return lambda row: [found for item in rows(row) if (found := take(item)) is not None] or None

    def _round(self, value: Round) -> Take:
        take, number, place, digits = self.take(value.of), self._number, value.place, value.digits

        def rounding(row: Row) -> Number | None:
            found = number(take(row), place)
            return None if found is None else rounded(found, digits)

        return rounding

    def _split(self, value: Split) -> Take:
        text, separator, at = self.text(value.of, value.place), value.separator, value.at

        def take(row: Row) -> Any:
            parts = [part.strip() for part in (text(row) or "").split(separator)]
            if at is not None:
                return (parts[at] or None) if -len(parts) <= at < len(parts) else None
            return [part for part in parts if part] or None

        return take

    def _codes(self, value: Codes) -> Take:
        take, place, codes = self.take(value.of), value.place, dict(value.codes)
        otherwise = None if value.otherwise is None else self.take(value.otherwise)

        def translate(row: Row) -> Any:
            found = take(row)
            code = as_text(found, place) or ""
            if code in codes:
                return codes[code]
            return found if otherwise is None else otherwise(row)

        return translate

    def _if(self, value: If) -> Take:
        when, then = self.holds(value.when), self.take(value.then)
        otherwise = None if value.otherwise is None else self.take(value.otherwise)

        def choose(row: Row) -> Any:
            if when(row):
                return then(row)
            return None if otherwise is None else otherwise(row)

        return choose

    def _test(self, test: Test) -> Holds:
        take, place, expected, operator = self.take(test.value), test.place, test.expected, test.operator
        match operator:
            case "empty":
                return lambda row: is_empty(take(row)) is expected
            case "one_of":
                options = expected if isinstance(expected, tuple) else (expected,)
                return lambda row: any(self._equal(take(row), option, place) for option in options)
            case "is":
                return lambda row: self._equal(take(row), expected, place)
            case "is_not":
                return lambda row: not self._equal(take(row), expected, place)
            case "starts_with" | "ends_with" | "contains":
                part = str(expected)
                return lambda row: _is_part(operator, as_text(take(row), place) or "", part)
        limit = float(expected) if isinstance(expected, int | float) else math.nan

        def compare(row: Row) -> bool:
            found = self._number(take(row), place)
            return found is not None and _COMPARE[operator](found, limit)

        return compare

    def _equal(self, found: Any, expected: Any, place: str) -> bool:
        if is_empty(found) or expected is None:
            return is_empty(found) and expected is None
        if isinstance(expected, bool):
            try:
                return as_boolean(found, place) is expected
            except Unusable:
                return False
        if isinstance(expected, int | float):
            try:
                return self._number(found, place) == expected
            except Unusable:
                return False
        return not isinstance(found, list | dict) and as_text(found, place) == expected


_COMPARE: dict[str, Callable[[Number, float], bool]] = {
    "above": lambda found, limit: found > limit,
    "below": lambda found, limit: found < limit,
    "at_least": lambda found, limit: found >= limit,
    "at_most": lambda found, limit: found <= limit,
}


def is_empty(value: object) -> bool:
    """Return whether a value means "nothing": null, blanks only, or a list or object with nothing in it."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _reference(name: str) -> Take:
    """Give a column: by its whole name, else by following its dots into objects and lists."""
    path = name.split(".")
    if len(path) == 1:
        return lambda row: None if (found := row.get(name)) == "" else found

    def take(row: Row) -> Any:
        found = row.get(name)
        if found is None:
            found = row
            for part in path:
                if isinstance(found, dict):
                    found = found.get(part)
                elif (
                    isinstance(found, list) and part.isdecimal() and len(part) < 7 and int(part) < len(found)
                ):
                    found = found[int(part)]
                else:
                    return None
        return None if found == "" else found

    return take


def _constant(value: Any) -> Take:
    return lambda _: value


def _total(numbers: list[Number], place: str, *, nothing: int | None) -> Number | None:
    if not numbers:
        return nothing
    try:
        total = sum(numbers) if all(isinstance(number, int) for number in numbers) else math.fsum(numbers)
    except OverflowError:
        total = math.inf
    return bounded(total, place)


def _digest(texts: list[str | None]) -> str | None:
    present = [text for text in texts if text is not None]
    if len(present) < len(texts):
        return None
    return hashlib.sha256("\x1f".join(present).encode("utf-8", "surrogatepass")).hexdigest()


def _is_part(operator: str, text: str, part: str) -> bool:
    match operator:
        case "starts_with":
            return text.startswith(part)
        case "ends_with":
            return text.endswith(part)
    return part in text


def canonical(row: Row) -> str:
    """Return a row as text that is equal for equal rows, whatever the order of their columns."""
    return msgspec.json.encode(row, order="sorted").decode()


def key_reader(mapping: Mapping) -> Callable[[Row], str] | None:
    """Return what gives the text by which a row is recognised, None where the mapping names no key.

    The reader raises ``Unusable`` where one of the key's columns is empty.
    """
    if not mapping.key:
        return None
    if mapping.key == ("*",):
        return canonical
    takes = [(name, _reference(name)) for name in mapping.key]

    def read(row: Row) -> str:
        values = []
        for name, take in takes:
            value = as_text(take(row), name)
            if value is None:
                raise Unusable(f"key: '{name}' is empty")
            values.append(value)
        return msgspec.json.encode(values).decode()

    return read
