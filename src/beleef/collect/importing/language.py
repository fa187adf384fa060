"""The words in which a mapping says what to take from a row: values and conditions, as frozen structs.

They are data that ``values`` knows how to follow; nothing a mapping says is ever run as code.
"""

from typing import Literal, TypeAlias

import msgspec

Scalar: TypeAlias = str | int | float | bool | None
SingleFunction = Literal["number", "text", "lower", "upper", "boolean"]
SeveralFunction = Literal["multiply", "add", "default", "hash", "items"]
OverFunction = Literal["sum", "first", "list"]
Operator = Literal[
    "is",
    "is_not",
    "one_of",
    "starts_with",
    "ends_with",
    "contains",
    "above",
    "below",
    "at_least",
    "at_most",
    "empty",
]

LINES = "lines"
"""Under this name a group's lines stand in its row."""


class Constant(msgspec.Struct, frozen=True, kw_only=True):
    """Always the same value."""

    value: Scalar


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a column; dots lead into lookups and nested objects."""

    name: str
    place: str


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A text with columns in it. It has no value when one of them is empty."""

    parts: tuple[str | Reference, ...]
    place: str


class Single(msgspec.Struct, frozen=True, kw_only=True):
    """A function of one value."""

    function: SingleFunction
    of: "Value"
    place: str


class Several(msgspec.Struct, frozen=True, kw_only=True):
    """A function of several values."""

    function: SeveralFunction
    of: "tuple[Value, ...]"
    place: str


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """A function of one value in each row of the list named ``over``."""

    function: OverFunction
    of: "Value"
    over: str
    place: str


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows the list named ``over`` has."""

    over: str
    place: str


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A number with ``digits`` digits behind the decimal sign, halves away from zero."""

    of: "Value"
    digits: int
    place: str


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """The values that are not empty, as one text."""

    of: "tuple[Value, ...]"
    separator: str
    place: str


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a text; only number ``at`` (0 is the first, -1 the last) where that is given."""

    of: "Value"
    separator: str
    at: int | None
    place: str


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """What a code stands for; an unknown code is ``otherwise``, or itself where that is not given."""

    of: "Value"
    codes: tuple[tuple[str, Scalar], ...]
    otherwise: "Value | None"
    place: str


class If(msgspec.Struct, frozen=True, kw_only=True):
    """One value when a condition holds, else another one, or none."""

    when: "Condition"
    then: "Value"
    otherwise: "Value | None"


class Date(msgspec.Struct, frozen=True, kw_only=True):
    """A moment, or the calendar day of it; formats and zone are the mapping's where they are None."""

    of: "Value"
    is_day: bool
    formats: tuple[str, ...] | None
    timezone: str | None
    place: str


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """Named values together."""

    fields: "tuple[tuple[str, Value], ...]"


Value: TypeAlias = (
    Constant
    | Reference
    | Template
    | Single
    | Several
    | Over
    | Count
    | Round
    | Join
    | Split
    | Codes
    | If
    | Date
    | Object
)


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of a value."""

    __test__ = False  # pytest would collect it by its name

    value: Value
    operator: Operator
    expected: Scalar | tuple[Scalar, ...]
    place: str


class All(msgspec.Struct, frozen=True, kw_only=True):
    """Every one of these holds."""

    of: "tuple[Condition, ...]"


class Any_(msgspec.Struct, frozen=True, kw_only=True):  # noqa: N801 -- `Any` is the typing module's
    """At least one of these holds."""

    of: "tuple[Condition, ...]"


class Not(msgspec.Struct, frozen=True, kw_only=True):
    """This does not hold."""

    of: "Condition"


Condition: TypeAlias = Test | All | Any_ | Not
