"""Taking an erased person's messages out of the log, so that a replay counts what statistics need and names nobody."""

from collections.abc import Iterable, Set

import msgspec

from beleef.collect.decode import decode, repair, unpack
from beleef.collect.model import Source
from beleef.facts.fact import Fact
from beleef.kernel import ids
from beleef.kernel.clock import DAY
from beleef.kernel.errors import InvalidInput
from beleef.store.log.port import Entry, Log, Placed


def redact(
    log: Log, facts: Iterable[int], sources: dict[int, Source], *, keep_statistics: bool = True
) -> int:
    """Replace facts' messages by stubs in the request bodies that brought them; return how many bodies were rewritten.

    Args:
        log: The log.
        facts: Numbers of the facts.
        sources: The sources by number: a stub keeps the channel and touchpoint that the source's rules gave.
        keep_statistics: Whether a replay should count the fact, as nobody's.
    """
    places: dict[int, set[int]] = {}
    for fact in facts:
        position, index = ids.log_place(fact)
        places.setdefault(position, set()).add(index)
    rewritten = 0
    for position, indexes in places.items():
        entry = log.get(position)
        body = _without(position, entry, indexes, sources, keep_statistics) if entry is not None else None
        if body is not None:
            log.replace(position, body)
            rewritten += 1
    return rewritten


def _without(
    position: int, entry: Entry, indexes: Set[int], sources: dict[int, Source], keep_statistics: bool
) -> bytes | None:
    shown = sources.get(entry.source) or Source(id=entry.source, name="", write_key="", channel="other")
    known = {
        fact.id: fact for fact in decode([Placed(position=position, entry=entry)], lambda _: shown).facts
    }
    try:
        body = unpack(entry.body)
        value = msgspec.json.decode(repair(body) or body)
    except (InvalidInput, msgspec.MsgspecError, RecursionError):
        return None
    # Places stay as they are: facts are numbered by them.
    stubs = {index: _stub(known.get(ids.fact_id(position, index)), keep_statistics) for index in indexes}
    if "batch" not in value:
        return msgspec.json.encode(stubs[0]) if 0 in stubs else None
    batch = value["batch"]
    for index, stub in stubs.items():
        if index < len(batch):
            batch[index] = stub
    return msgspec.json.encode(value)


def _stub(fact: Fact | None, keep_statistics: bool) -> dict[str, object]:
    if fact is None or not keep_statistics:
        return {"erased": {}}
    kept = {
        "type": fact.type,
        "name": fact.name,
        "channel": fact.channel,
        "touchpoint": fact.touchpoint,
        "occurred_at": fact.occurred_at // DAY * DAY,
        "campaign": fact.campaign,
        "product": fact.product,
        "revenue": fact.revenue,
        "currency": fact.currency,
    }
    return {"erased": {key: value for key, value in kept.items() if value is not None}}
