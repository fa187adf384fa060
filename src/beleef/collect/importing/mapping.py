"""A mapping: how the rows of one kind of file, or one kind of webhook, become messages.

It is written as YAML, read here once and strictly, and is frozen data from then on; ``docs/reference/mappings.md`` explains it.
"""

import codecs
import hashlib
import re
from pathlib import PurePath
from typing import Any, Literal, TypeAlias, cast, get_args

import msgspec

from beleef.collect.importing.document import fields, load, nearest, refusal, text, texts, under
from beleef.collect.importing.language import LINES, Condition, Date, Object, Value
from beleef.collect.importing.parsing import (
    check_formats,
    check_timezone,
    parse_condition,
    parse_object,
    parse_value,
)

FileKind = Literal["csv", "jsonl", "parquet"]
MessageType = Literal["identify", "track", "page", "screen", "group", "alias"]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is written.

    Attributes:
        kind: CSV, JSON Lines or Parquet; None: by the file's ending.
        delimiter: One sign between columns (CSV); None: a tab for ``.tsv``, else a comma.
        quote: The sign around texts (CSV).
        encoding: Any in which a line break is one byte (CSV, JSON Lines). A byte order mark is skipped.
        skip_initial_space: Whether blanks behind a delimiter belong to the delimiter (CSV).
        columns: Names of the columns of a CSV file that has no header line; None: its first line names them.
        empty: Texts that mean "nothing", besides the empty one (CSV).
    """

    kind: FileKind | None = None
    delimiter: str | None = None
    quote: str = '"'
    encoding: str = "utf-8"
    skip_initial_space: bool = False
    columns: tuple[str, ...] | None = None
    empty: tuple[str, ...] = ()


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """Another file whose rows belong to a row of this one.

    Attributes:
        name: Under which name its columns are spoken of: ``{customer.city}``.
        file: Its path, relative to the folder of the file that is imported.
        key: Its column that says to whom a row belongs.
        by: The column here with the same content.
        many: Whether several rows may belong: then it is a list, for ``sum``, ``list``, ``count`` and ``first``. Else the
            first row counts.
        format: How it is written.
        lookups: Further files that belong to its rows.
    """

    name: str
    file: str
    key: str
    by: str
    many: bool = False
    format: Format = Format()
    lookups: "tuple[Lookup, ...]" = ()


class FactRule(msgspec.Struct, frozen=True, kw_only=True):
    """One message that a row yields, if ``when`` holds. Where a value is None, the message has no such field."""

    type: MessageType
    label: str
    place: str
    when: Condition | None = None
    event: Value | None = None
    user_id: Value | None = None
    anonymous_id: Value | None = None
    previous_id: Value | None = None
    group_id: Value | None = None
    message_id: Value | None = None
    channel: Value | None = None
    timestamp: Value | None = None
    traits: Object | None = None
    properties: Object | None = None
    context: Object | None = None
    external_ids: Object | None = None


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """How rows become messages.

    Attributes:
        name: Part of every message id that it gives: under another name the same file gives new facts.
        facts: What each row, or each group of rows, yields.
        fingerprint: 32 hexadecimal digits over all that it says (not over its comments).
        format: How the file is written.
        timezone: Zone of times that name none.
        dates: Formats of moments, tried in order; ISO 8601 is always understood.
        decimal: Decimal sign of numbers in texts.
        thousands: Sign between thousands in texts; None: there is none.
        where: Which rows take part.
        lookups: Further files.
        group: Columns whose equal content makes rows one group; empty: each row stands for itself.
        key: Columns by which the source system recognises a row (``*``: all of them); empty: file and line number.
        items: Where in a webhook's body the list of rows stands; None: the body is the row, or the list.
    """

    name: str
    facts: tuple[FactRule, ...]
    fingerprint: str
    format: Format = Format()
    timezone: str = "UTC"
    dates: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str | None = None
    where: Condition | None = None
    lookups: tuple[Lookup, ...] = ()
    group: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    items: str | None = None


_FACT_NAMES = (
    "type", "event", "name", "when", "user_id", "anonymous_id", "previous_id", "group_id", "message_id", "channel",
    "timestamp", "traits", "properties", "context", "external_ids",
)  # fmt: skip
_NEEDED: dict[MessageType, str] = {"track": "event", "group": "group_id", "alias": "previous_id"}
_Raw: TypeAlias = dict[str, Any]


def read_mapping(document: str) -> Mapping:
    """Return the mapping that a YAML text describes.

    Raises:
        InvalidInput: something in it is wrong; the message begins with its place, e.g. ``facts[0].properties.revenue``.
    """
    raw = fields(
        load(document),
        "",
        allowed=(
            "name", "description", "format", "timezone", "dates", "decimal", "thousands", "where", "lookups", "group",
            "key", "items", "facts",
        ),
        required=("name", "facts"),
    )  # fmt: skip
    decimal, thousands = _signs(raw)
    group = _columns(raw, "group")
    return Mapping(
        name=_name(raw["name"], "name"),
        facts=_facts(raw["facts"]),
        fingerprint=hashlib.blake2b(msgspec.json.encode(raw, order="sorted"), digest_size=16).hexdigest(),
        format=_format(raw.get("format"), "format"),
        timezone=check_timezone(raw.get("timezone", "UTC"), "timezone"),
        dates=check_formats(texts(raw["dates"], "dates"), "dates") if "dates" in raw else (),
        decimal=decimal,
        thousands=thousands,
        where=parse_condition(raw["where"], "where") if "where" in raw else None,
        lookups=_lookups(raw.get("lookups", {}), "lookups"),
        group=group,
        key=_columns(raw, "key") or group,
        items=text(raw["items"], "items") if "items" in raw else None,
    )


def file_kind(path: PurePath, form: Format) -> FileKind:
    """Return how a file is written: as its format says, else as its ending says.

    Raises:
        InvalidInput: neither says it.
    """
    if form.kind:
        return form.kind
    endings: dict[str, FileKind] = {
        ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    }  # fmt: skip
    kind = endings.get(path.suffix.lower())
    if kind is None:
        raise refusal(
            "format",
            f"The name '{path.name}' does not tell how the file is written.",
            "Add 'format: {kind: csv}' (or jsonl, parquet).",
        )
    return kind


def _columns(raw: _Raw, name: str) -> tuple[str, ...]:
    return texts(raw[name], name) if name in raw else ()


def _name(raw: object, place: str) -> str:
    name = text(raw, place)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise refusal(
            place,
            f"'{name}' cannot be a name here.",
            "Use at most 64 letters, digits, '-' and '_', e.g. 'web-orders'.",
        )
    return name


def _signs(raw: _Raw) -> tuple[str, str | None]:
    decimal, thousands = raw.get("decimal", "."), raw.get("thousands")
    if decimal not in (".", ","):
        raise refusal("decimal", "The decimal sign is a point or a comma.", 'Write decimal: ",".')
    if thousands is not None and (
        not isinstance(thousands, str) or len(thousands) != 1 or thousands in "+-0123456789" + decimal
    ):
        raise refusal(
            "thousands", "This cannot be the sign between thousands.", 'For example thousands: ".".'
        )
    return decimal, thousands


def _format(raw: object, place: str) -> Format:
    if raw is None:
        return Format()
    if isinstance(raw, str):
        raw = {"kind": raw}
    names = Format.__struct_fields__
    given = fields(raw, place, allowed=names)
    kind = given.get("kind")
    if kind is not None and kind not in get_args(FileKind):
        raise refusal(
            under(place, "kind"),
            f"'{kind}' is no kind of file that can be read.",
            "There is: csv, jsonl, parquet.",
        )
    delimiter, quote = given.get("delimiter"), given.get("quote", '"')
    for name, sign in (("delimiter", delimiter), ("quote", quote)):
        if sign is not None and (not isinstance(sign, str) or len(sign) != 1 or sign in "\r\n\0"):
            raise refusal(
                under(place, name), "Here one sign is needed.", 'For example ";", or "\\t" for a tab.'
            )
    if delimiter == quote:
        raise refusal(place, "The delimiter and the quote are the same sign.")
    skip = given.get("skip_initial_space", False)
    if not isinstance(skip, bool):
        raise refusal(under(place, "skip_initial_space"), "Here true or false is needed.")
    return Format(
        kind=cast("FileKind | None", kind),
        delimiter=delimiter,
        quote=quote,
        encoding=_encoding(given.get("encoding", "utf-8"), under(place, "encoding")),
        skip_initial_space=skip,
        columns=texts(given["columns"], under(place, "columns"))
        if given.get("columns") is not None
        else None,
        empty=texts(given["empty"], under(place, "empty")) if given.get("empty") is not None else (),
    )


def _encoding(raw: object, place: str) -> str:
    name = text(raw, place)
    try:
        # Lines are found by their last byte before they are decoded, so that one bad line stays one bad line.
        usable = codecs.lookup(name)._is_text_encoding and '\n",'.encode(name) == b'\n",'
    except (LookupError, ValueError):
        usable = False
    if not usable:
        raise refusal(
            place,
            f"Files in the encoding '{name}' cannot be read.",
            "There is utf-8, latin-1, windows-1252 and the like; convert UTF-16 first.",
        )
    return name


def _lookups(raw: object, place: str) -> tuple[Lookup, ...]:
    if not isinstance(raw, dict):
        raise refusal(
            place,
            "Here names with files are needed.",
            "For example: customer: {file: customers.csv, key: id, by: customer_id}.",
        )
    return tuple(_lookup(name, value, under(place, name)) for name, value in raw.items())


def _lookup(name: str, raw: object, place: str) -> Lookup:
    given = fields(
        raw, place, allowed=("file", "key", "by", "many", "format", "lookups"), required=("file", "key")
    )
    if name == LINES:
        raise refusal(
            place,
            f"A lookup cannot be called '{LINES}': that are the lines of a group.",
            "Choose another name.",
        )
    many = given.get("many", False)
    if not isinstance(many, bool):
        raise refusal(under(place, "many"), "Here true or false is needed.")
    key = text(given["key"], under(place, "key"))
    return Lookup(
        name=_name(name, place),
        file=text(given["file"], under(place, "file")),
        key=key,
        by=text(given.get("by", key), under(place, "by")),
        many=many,
        format=_format(given.get("format"), under(place, "format")),
        lookups=_lookups(given.get("lookups", {}), under(place, "lookups")),
    )


def _facts(raw: object) -> tuple[FactRule, ...]:
    if not isinstance(raw, list) or not raw:
        raise refusal(
            "facts", "Here a list of facts is needed.", 'For example: - {type: identify, user_id: "{id}"}.'
        )
    seen: dict[str, int] = {}
    rules = []
    for index, item in enumerate(raw):
        place = under("facts", index)
        given = fields(item, place, allowed=_FACT_NAMES, required=("type",))
        kind, name = given["type"], given.get("event", given.get("name"))
        # Two facts of one row have different message ids, whatever else is added to the mapping later.
        label = f"{kind} {name}" if name is not None else str(kind)
        seen[label] = seen.get(label, 0) + 1
        rules.append(_fact(given, place, label if seen[label] == 1 else f"{label} {seen[label]}"))
    return tuple(rules)


def _fact(given: _Raw, place: str, label: str) -> FactRule:
    kind = given["type"]
    if kind not in get_args(MessageType):
        raise refusal(
            under(place, "type"), f"'{kind}' is no type of fact.", nearest(str(kind), get_args(MessageType))
        )
    _check_names(kind, given, place)

    def value(name: str) -> Value | None:
        return parse_value(given[name], under(place, name)) if given.get(name) is not None else None

    def named(name: str) -> Object | None:
        return parse_object(given[name], under(place, name)) if given.get(name) is not None else None

    moment = value("timestamp")
    if moment is not None and (not isinstance(moment, Date) or moment.is_day):
        moment = Date(of=moment, is_day=False, formats=None, timezone=None, place=under(place, "timestamp"))
    return FactRule(
        type=kind, label=label, place=place, event=value(_called(kind)), timestamp=moment,
        when=parse_condition(given["when"], under(place, "when")) if given.get("when") is not None else None,
        user_id=value("user_id"), anonymous_id=value("anonymous_id"), previous_id=value("previous_id"),
        group_id=value("group_id"), message_id=value("message_id"), channel=value("channel"),
        traits=named("traits"), properties=named("properties"), context=named("context"), external_ids=named("external_ids"),
    )  # fmt: skip


def _called(kind: MessageType) -> str:
    """Return the field that says what a fact is about: pages and screens have names, all else that happens is an event."""
    return "name" if kind in ("page", "screen") else "event"


def _check_names(kind: MessageType, given: _Raw, place: str) -> None:
    """Refuse a fact that lacks what its type needs, or has what its type cannot have."""
    needed = _NEEDED.get(kind)
    if needed and given.get(needed) is None:
        raise refusal(place, f"A fact of type '{kind}' needs '{needed}'.", f"Add '{needed}:'.")
    if all(given.get(name) is None for name in ("user_id", "anonymous_id", "external_ids", "traits")):
        raise refusal(
            place, "It is not said whose fact this is.", "Add 'user_id:', 'anonymous_id:' or 'external_ids:'."
        )
    for name in ("name", "event"):
        if name in given and (name != _called(kind) or kind not in ("page", "screen", "track")):
            raise refusal(
                under(place, name),
                f"A fact of type '{kind}' has no '{name}'.",
                "'event' is for track, 'name' for page and screen.",
            )
    if "properties" in given and kind in ("identify", "group", "alias"):
        raise refusal(
            under(place, "properties"),
            f"A fact of type '{kind}' has no properties.",
            "What it says about the person stands in 'traits'.",
        )
