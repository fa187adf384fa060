"""The columns of a stored fact, in one place: how facts become an Arrow table, and how a row becomes a fact again.

What everyone asks about has a typed column; the rest is JSON. Who a fact is about is its subject: the identifiers as they
were sent stay with identity, so that a fact in the lake names nobody.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beleef.facts.fact import Fact, FactType

MOMENT = pa.timestamp("us", "UTC")

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("subject", pa.int64()),
        ("type", pa.string()),
        ("name", pa.string()),
        ("channel", pa.string()),
        ("touchpoint", pa.string()),
        ("source", pa.string()),
        ("account", pa.string()),
        ("campaign", pa.string()),
        ("product", pa.string()),
        ("currency", pa.string()),
        ("occurred_at", MOMENT),
        ("received_at", MOMENT),
        ("revenue", pa.float64()),
        ("message_id", pa.string()),
        ("properties", pa.string()),
        ("context", pa.string()),
    ]
)
"""Every table of facts, in the tail and in the lake: one row per fact."""

ABOUT_THE_SUBJECT: frozenset[str] = frozenset({"identify", "group"})
"""The types whose ``properties`` column holds the traits: they say something about somebody, not about an event."""

_encode_lines = msgspec.json.Encoder().encode_lines
_LINE_END = ord("\n")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def use_plain_memory() -> None:
    """Let Arrow take memory from the C library, for a process that handles a large table every second.

    Its own pool gives pages back and faults them in again for each table: a twentieth of the worker's time, and 100 MiB.
    """
    pa.set_memory_pool(pa.system_memory_pool())


def to_arrow(facts: Sequence[Fact], subjects: Sequence[int]) -> pa.Table:
    """Return facts as an Arrow table with ``SCHEMA``, one row per fact in the given order.

    Args:
        facts: The facts.
        subjects: The number of each fact's leading identifier, as many as there are facts.

    Raises:
        ValueError: there are not as many subjects as facts.
    """
    if len(facts) != len(subjects):
        raise ValueError(f"{len(facts)} facts came with {len(subjects)} subjects.")
    if not facts:
        return SCHEMA.empty_table()
    properties = [fact.properties for fact in facts]
    context = [fact.context for fact in facts]
    for index, fact in enumerate(facts):
        if fact.traits or fact.type in ABOUT_THE_SUBJECT:
            properties[index], context[index] = _place(fact)
    # A comprehension per column: a tuple per fact instead costs three times as much, most of it garbage collection.
    columns: list[Sequence[object]] = [
        [fact.id for fact in facts],
        subjects,
        [fact.type for fact in facts],
        [fact.name for fact in facts],
        [fact.channel for fact in facts],
        [fact.touchpoint for fact in facts],
        [fact.source for fact in facts],
        [fact.group_id for fact in facts],
        [fact.campaign for fact in facts],
        [fact.product for fact in facts],
        [fact.currency for fact in facts],
        [fact.occurred_at for fact in facts],
        [fact.received_at for fact in facts],
        [fact.revenue for fact in facts],
        [fact.message_id for fact in facts],
    ]
    arrays = list(map(_array, columns, SCHEMA.types))
    return pa.Table.from_arrays([*arrays, _as_json(properties), _as_json(context)], schema=SCHEMA)


def to_facts(table: "pa.Table | pa.RecordBatch") -> Iterator[tuple[int, Fact]]:
    """Give each row of a table with ``SCHEMA`` as ``(subject, fact)``, in the table's order.

    The facts carry no identifiers: whom they are about is the subject's number.
    """
    columns = [
        table.column(field.name).cast(pa.int64()) if field.type == MOMENT else table.column(field.name)
        for field in SCHEMA
    ]
    for row in zip(*(column.to_pylist() for column in columns), strict=True):
        yield row[1], to_fact(row)


def to_fact(row: tuple[Any, ...]) -> Fact:
    """Return the fact of one row: the values of ``SCHEMA`` in its order, moments as microseconds."""
    type_ = cast(FactType, row[2])
    properties = _decode(row[15]) if row[15] else None
    context = _decode(row[16]) if row[16] else None
    traits: dict[str, Any] | None = None
    if type_ in ABOUT_THE_SUBJECT:
        traits, properties = properties, context.pop("properties", None) if context else None
    elif context:
        traits = context.pop("traits", None)
    return Fact(
        id=row[0],
        type=type_,
        name=row[3],
        channel=row[4],
        touchpoint=row[5],
        source=row[6],
        group_id=row[7],
        campaign=row[8],
        product=row[9],
        currency=row[10],
        occurred_at=row[11],
        received_at=row[12],
        revenue=row[13],
        message_id=row[14],
        properties=properties,
        traits=traits,
        context=context or None,
    )


def _place(fact: Fact) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return what goes into the columns ``properties`` and ``context`` of a fact that has traits.

    A fact seldom has both traits and properties; what does not fit its type goes where Segment's specification has
    such things too: into the context.
    """
    context = fact.context
    if fact.type in ABOUT_THE_SUBJECT:
        return fact.traits, {**(context or {}), "properties": fact.properties} if fact.properties else context
    return fact.properties, {**(context or {}), "traits": fact.traits}


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type_)
    except UnicodeEncodeError:
        return pa.array([_readable(value) if isinstance(value, str) else value for value in values], type_)


def _as_json(values: Sequence[dict[str, Any] | None]) -> pa.Array:
    """Return values as JSON texts; none where there is nothing in a value."""
    try:
        lines = _encode_lines(values)
    except UnicodeEncodeError:
        texts = [_readable(json.dumps(value, ensure_ascii=False)) if value else None for value in values]
        return pa.array(texts, pa.string())
    # All of them in one call, cut where the lines end: half the price of one call for each.
    ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == _LINE_END)
    offsets = np.zeros(len(values) + 1, np.int32)
    offsets[1:] = ends + 1
    is_there = pa.array(list(map(bool, values)), pa.bool_()).buffers()[1]
    cut = pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(lines), is_there)
    return pc.utf8_rtrim(cut, characters="\n")


def _readable(text: str) -> bytes:
    """Return text as UTF-8, with a question mark for half a surrogate pair: a store that is strict keeps neither."""
    return text.encode("utf-8", "replace")
