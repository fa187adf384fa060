"""Reads feeds: product lists and the like, from CSV as shops export it or from JSON, with every refusal naming its row."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from beleef.kernel.errors import InvalidInput, TooLarge

MOST_ROWS: Final = 1_000_000
MOST_BYTES: Final = 64_000_000
_MOST_FIELDS: Final = 100
_LONGEST_ITEM: Final = 32_000
_LONGEST_KEY: Final = 200
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEYS: Final = ("id", "product_id", "sku", "item_id", "code", "number", "key")
_FIELD: Final = re.compile(r"[^0-9a-zA-Z_]+")


class Items(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed holds: the field of its keys, all its fields, and its items by key (the last row of a key counts)."""

    key: str
    fields: tuple[str, ...]
    items: dict[str, dict[str, Any]]


def check_name(name: str) -> None:
    """Refuse a name that templates could not use.

    Raises:
        InvalidInput: it is none.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"“{name[:40]}” cannot be the name of a feed.",
            hint="Take small letters, digits and _, beginning with a letter, for example products.",
        )


def read_csv(body: bytes, key: str = "") -> Items:
    """Return the items of a CSV file: UTF-8 or Windows-1252, commas, semicolons or tabs, names in the first row.

    Args:
        body: The file.
        key: The field of the keys; empty to take the one that looks like it.

    Raises:
        InvalidInput: it is no such file, or a row has no key; the message names the row.
        TooLarge: it is too large.
    """
    _check_size(len(body))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    text = text.replace("\x00", "")
    first = text.partition("\n")[0]
    divider = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=divider)
    try:
        names = _fields(next(reader, []))
        rows = (dict(zip(names, row, strict=False)) for row in reader if any(cell.strip() for cell in row))
        return read_rows(rows, key, names)
    except csv.Error as error:
        raise InvalidInput(
            f"Row {reader.line_num} cannot be read: {error}.", hint="Save the file as CSV in UTF-8."
        ) from error


def read_json(body: bytes, key: str = "") -> Items:
    """Return the items of a JSON text: a list of objects, or an object with such a list in ``rows`` and the field in ``key``.

    Raises:
        InvalidInput: it is no such text.
        TooLarge: it is too large.
    """
    _check_size(len(body))
    try:
        data: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"That is no JSON: {error}.", hint="Send a list of objects.") from error
    if isinstance(data, dict):
        key = key or str(data.get("key", ""))
        data = data.get("rows")
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise InvalidInput("That is no list of objects.", hint='Send [{"id": "…", "name": "…"}, …].')
    names = tuple(dict.fromkeys(str(name) for row in data[:1_000] for name in row))
    return read_rows(data, key, names)


def read_rows(rows: Iterable[Mapping[str, Any]], key: str, names: tuple[str, ...]) -> Items:
    """Return rows as items.

    Args:
        rows: The rows.
        key: The field of the keys; empty to take the one that looks like it.
        names: The fields that rows may have.

    Raises:
        InvalidInput: there is no field for keys, or a row has no key or is too long.
        TooLarge: there are too many rows.
    """
    chosen = _key(key, names)
    items: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS:
            raise TooLarge(f"A feed holds at most {MOST_ROWS:,} rows.", hint="Divide it over several feeds.")
        value = row.get(chosen)
        name = "" if value is None or isinstance(value, dict | list) else str(value).strip()
        if not name or len(name) > _LONGEST_KEY:
            raise InvalidInput(
                f"Row {number} has no usable {chosen}.", hint="Each row needs a key of its own."
            )
        if sum(len(one) for one in row.values() if isinstance(one, str)) > _LONGEST_ITEM:
            raise InvalidInput(f"Row {number} is too long.", hint="Keep an item below 32,000 letters.")
        items[name] = dict(row)
    if not items:
        raise InvalidInput("There are no rows in it.", hint="The first row holds names, the others items.")
    return Items(key=chosen, fields=names, items=items)


def _fields(row: list[str]) -> tuple[str, ...]:
    names = tuple(
        _FIELD.sub("_", name.strip()).strip("_") or f"field_{place}" for place, name in enumerate(row, 1)
    )
    if not 1 <= len(names) <= _MOST_FIELDS or len({*names}) != len(names):
        raise InvalidInput(
            "The first row must hold the names of the fields, each once.",
            hint=f"A feed has 1 to {_MOST_FIELDS} fields.",
        )
    return names


def _key(key: str, names: tuple[str, ...]) -> str:
    by_small = {name.lower(): name for name in reversed(names)}
    for wanted in (key.lower(),) if key else _KEYS:
        if wanted in by_small:
            return by_small[wanted]
    raise InvalidInput(
        f"There is no field “{key[:40]}” in it." if key else "No field in it looks like a key.",
        hint=f"Choose one of: {', '.join(names[:20])}.",
    )


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise TooLarge(
            f"A feed is at most {MOST_BYTES // 1_000_000} MB large.",
            hint="Leave out fields that no message uses.",
        )
