"""From a mapping's plain YAML values to the words of ``language``; whatever is no such word is refused with its place."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from beleef.collect.importing.document import fields, nearest, refusal, text, texts, under
from beleef.collect.importing.language import (
    LINES,
    All,
    Any_,
    Codes,
    Condition,
    Constant,
    Count,
    Date,
    If,
    Join,
    Not,
    Object,
    Operator,
    Over,
    OverFunction,
    Reference,
    Round,
    Scalar,
    Several,
    SeveralFunction,
    Single,
    SingleFunction,
    Split,
    Template,
    Test,
    Value,
)  # fmt: skip

_QUOTES = 'A column stands in quotes and braces: "{CustomerID}".'


def parse_value(raw: object, place: str) -> Value:
    """Return the value that a part of a mapping stands for.

    Args:
        raw: A text (with ``{column}`` in it or not), a number, a truth value, a list of values, or one function.
        place: Where it stands, for complaints.

    Raises:
        InvalidInput: it is none of these.
    """
    match raw:
        case str():
            return _template(raw, place)
        case None | bool() | int() | float():
            return Constant(value=raw)
        case list():
            return Several(function="items", of=_values(raw, place), place=place)
        case dict() if len(raw) == 1:
            ((name, argument),) = raw.items()
            parse = _FUNCTIONS.get(name)
            if parse is None:
                hint = _QUOTES if argument is None else nearest(name, _FUNCTIONS)
                raise refusal(under(place, name), "There is no function of this name.", hint)
            return parse(name, argument, under(place, name))
        case dict():
            raise refusal(
                place,
                "A value is one function, and here are several names.",
                "For an object with fields write 'object:' above them.",
            )
    raise refusal(place, "This is not a value.", _QUOTES)


def parse_object(raw: object, place: str) -> Object:
    """Return named values; every name is allowed.

    Raises:
        InvalidInput: it is not a set of names with values.
    """
    if not isinstance(raw, dict) or not raw:
        raise refusal(place, "Here a set of names with values is needed.", 'For example: city: "{City}".')
    return Object(fields=tuple((name, parse_value(value, under(place, name))) for name, value in raw.items()))


def parse_condition(raw: object, place: str) -> Condition:
    """Return the condition that a part of a mapping stands for; a list means that all of it must hold.

    Raises:
        InvalidInput: it is no condition.
    """
    if isinstance(raw, list):
        return All(of=_conditions(raw, place))
    if isinstance(raw, dict) and len(raw) == 1:
        ((name, argument),) = raw.items()
        if name in ("all", "any"):
            parts = _conditions(argument, under(place, name))
            return All(of=parts) if name == "all" else Any_(of=parts)
        if name == "not":
            return Not(of=parse_condition(argument, under(place, name)))
    operators: tuple[Operator, ...] = get_args(Operator)
    given = fields(raw, place, allowed=("value", *operators, "all", "any", "not"), required=("value",))
    value = parse_value(given["value"], under(place, "value"))
    tests = [
        Test(
            value=value, operator=name, expected=_expected(name, given[name], under(place, name)), place=place
        )
        for name in operators
        if name in given
    ]
    if len(tests) != len(given) - 1 or not tests:
        raise refusal(
            place, "A condition compares 'value' with something.", f"Add one of: {', '.join(operators)}."
        )
    return tests[0] if len(tests) == 1 else All(of=tuple(tests))


def check_formats(formats: tuple[str, ...], place: str) -> tuple[str, ...]:
    """Return date formats that Python can read a whole date with.

    Raises:
        InvalidInput: one of them is none.
    """
    example = datetime(2021, 11, 30, 23, 59, 58, tzinfo=UTC)
    for index, pattern in enumerate(formats):
        if pattern in ("unix", "unix_ms"):
            continue
        try:
            readable = "%Y" in pattern or "%y" in pattern
            if readable:
                datetime.strptime(example.strftime(pattern), pattern)  # noqa: DTZ007 -- only to see whether it can be read
        except (ValueError, re.error):
            readable = False
        if not readable:
            raise refusal(
                under(place, index),
                f"'{pattern}' is no date format that can be read.",
                "For example '%d-%m-%Y %H:%M', '%m/%d/%Y', 'unix' (seconds) or 'unix_ms'.",
            )
    return formats


def check_timezone(raw: object, place: str) -> str:
    """Return the name of a time zone that exists.

    Raises:
        InvalidInput: there is none of this name.
    """
    name = text(raw, place)
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise refusal(
            place, f"There is no time zone '{name}'.", "For example 'Europe/Amsterdam' or 'UTC'."
        ) from error
    return name


def _template(raw: str, place: str) -> Value:
    parts: list[str | Reference] = []
    for piece in re.findall(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+", raw):
        if piece in ("{", "}", "{}") or (piece[0] == "{" and piece != "{{" and not piece[1:-1].strip()):
            raise refusal(
                place,
                f"The braces in '{raw}' do not fit.",
                "A column is '{name}'; a brace itself is written twice.",
            )
        if piece[0] == "{" and piece != "{{":
            parts.append(Reference(name=piece[1:-1].strip(), place=place))
        else:
            parts.append(piece[:1] if piece in ("{{", "}}") else piece)
    match parts:
        case [Reference() as reference]:
            return reference
        case _ if any(isinstance(part, Reference) for part in parts):
            return Template(parts=tuple(parts), place=place)
    return Constant(value="".join(part for part in parts if isinstance(part, str)))


def _values(raw: object, place: str) -> tuple[Value, ...]:
    if not isinstance(raw, list) or not raw:
        raise refusal(
            place, "Here a list of values is needed.", 'For example: ["{Quantity}", "{UnitPrice}"].'
        )
    return tuple(parse_value(item, under(place, index)) for index, item in enumerate(raw))


def _conditions(raw: object, place: str) -> tuple[Condition, ...]:
    if not isinstance(raw, list) or not raw:
        raise refusal(
            place, "Here a list of conditions is needed.", 'For example: - {value: "{Status}", is: paid}.'
        )
    return tuple(parse_condition(item, under(place, index)) for index, item in enumerate(raw))


def _expected(operator: str, raw: object, place: str) -> Scalar | tuple[Scalar, ...]:
    if operator == "one_of":
        if not isinstance(raw, list) or not raw:
            raise refusal(place, "Here a list is needed.", "For example: one_of: [paid, sent].")
        return tuple(_scalar(item, under(place, index)) for index, item in enumerate(raw))
    if operator == "empty" and not isinstance(raw, bool):
        raise refusal(place, "Here true or false is needed.")
    if operator in ("above", "below", "at_least", "at_most") and (
        isinstance(raw, bool) or not isinstance(raw, int | float)
    ):
        raise refusal(
            place, "Here a number is needed.", "Write it without quotes, with a point as decimal sign."
        )
    if operator in ("starts_with", "ends_with", "contains"):
        return text(raw, place)
    if raw is None:
        raise refusal(place, "There is nothing to compare with.", "For an empty value write 'empty: true'.")
    return _scalar(raw, place)


def _scalar(raw: object, place: str) -> Scalar:
    if raw is None or isinstance(raw, str | bool | int | float):
        return raw
    raise refusal(place, "Here one text, number or truth value is needed.")


def _options(raw: object, place: str, allowed: tuple[str, ...], *required: str) -> dict[str, Any]:
    """Return the named arguments of a function; a bare argument is its ``of``."""
    if isinstance(raw, dict) and "of" in raw:
        return fields(raw, place, allowed=("of", *allowed), required=("of", *required))
    if required:
        raise refusal(
            place, f"This function needs 'of' and '{required[0]}'.", f"It knows: of, {', '.join(allowed)}."
        )
    return {"of": raw}


def _single(name: Any, raw: object, place: str) -> Value:
    return Single(function=name, of=parse_value(raw, place), place=place)


def _several(name: Any, raw: object, place: str) -> Value:
    values = _values(raw, place) if isinstance(raw, list) else (parse_value(raw, place),)
    return Several(function=name, of=values, place=place)


def _over(name: Any, raw: object, place: str) -> Value:
    given = _options(raw, place, ("over",))
    over = text(given.get("over", LINES), under(place, "over"))
    return Over(function=name, of=parse_value(given["of"], under(place, "of")), over=over, place=place)


def _count(_name: str, raw: object, place: str) -> Value:
    return Count(over=text(raw, place), place=place)


def _round(_name: str, raw: object, place: str) -> Value:
    given = _options(raw, place, ("digits",), "digits")
    digits = given["digits"]
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 9:
        raise refusal(under(place, "digits"), "Here a whole number from 0 to 9 is needed.")
    return Round(of=parse_value(given["of"], under(place, "of")), digits=digits, place=place)


def _join(_name: str, raw: object, place: str) -> Value:
    given = _options(raw, place, ("separator",))
    separator = given.get("separator", " ")
    if not isinstance(separator, str):
        raise refusal(under(place, "separator"), "Here a text is needed.", "Write it in quotes.")
    return Join(of=_values(given["of"], under(place, "of")), separator=separator, place=place)


def _split(_name: str, raw: object, place: str) -> Value:
    given = _options(raw, place, ("separator", "at"), "separator")
    at = given.get("at")
    if at is not None and (isinstance(at, bool) or not isinstance(at, int)):
        raise refusal(
            under(place, "at"), "Here a whole number is needed.", "0 is the first part, -1 the last."
        )
    separator = text(given["separator"], under(place, "separator"))
    return Split(of=parse_value(given["of"], under(place, "of")), separator=separator, at=at, place=place)


def _codes(_name: str, raw: object, place: str) -> Value:
    given = _options(raw, place, ("codes", "otherwise"), "codes")
    codes = given["codes"]
    if not isinstance(codes, dict) or not codes:
        raise refusal(
            under(place, "codes"),
            "Here codes and what they stand for are needed.",
            "For example: {P: paid, O: open}.",
        )
    table = tuple(
        (code, _scalar(meaning, under(under(place, "codes"), code))) for code, meaning in codes.items()
    )
    otherwise = parse_value(given["otherwise"], under(place, "otherwise")) if "otherwise" in given else None
    return Codes(
        of=parse_value(given["of"], under(place, "of")), codes=table, otherwise=otherwise, place=place
    )


def _if(_name: str, raw: object, place: str) -> Value:
    given = fields(raw, place, allowed=("when", "then", "else"), required=("when", "then"))
    return If(
        when=parse_condition(given["when"], under(place, "when")),
        then=parse_value(given["then"], under(place, "then")),
        otherwise=parse_value(given["else"], under(place, "else")) if "else" in given else None,
    )


def _date(name: str, raw: object, place: str) -> Value:
    given = _options(raw, place, ("formats", "timezone"))
    formats, zone = given.get("formats"), given.get("timezone")
    return Date(
        of=parse_value(given["of"], place),
        is_day=name == "day",
        formats=None
        if formats is None
        else check_formats(texts(formats, under(place, "formats")), under(place, "formats")),
        timezone=None if zone is None else check_timezone(zone, under(place, "timezone")),
        place=place,
    )


def _object(_name: str, raw: object, place: str) -> Value:
    return parse_object(raw, place)


_FUNCTIONS: dict[str, Callable[[str, Any, str], Value]] = {
    **dict.fromkeys(get_args(SingleFunction), _single),
    **{name: _several for name in get_args(SeveralFunction) if name != "items"},
    **dict.fromkeys(get_args(OverFunction), _over),
    "count": _count,
    "round": _round,
    "join": _join,
    "split": _split,
    "map": _codes,
    "if": _if,
    "date": _date,
    "day": _date,
    "object": _object,
}
