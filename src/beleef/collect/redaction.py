"""Taking an erased person's messages out of the log, so that a replay counts what statistics need and names nobody."""

from collections.abc import Mapping

import msgspec

from beleef.collect.body import REDACTED, opened, repair
from beleef.collect.decode import Redacted, Stub, decode
from beleef.collect.model import Outcome, Source
from beleef.collect.repeats import digest
from beleef.facts.fact import Fact
from beleef.kernel import ids
from beleef.kernel.clock import DAY
from beleef.kernel.errors import InvalidInput
from beleef.store.log.port import Entry, Log, Placed

_NOTHING = msgspec.Raw(b"{}")
_stubs_of = msgspec.json.Decoder(Redacted)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_items = msgspec.json.Decoder(list[msgspec.Raw])


def redact(log: Log, outcomes: Mapping[int, Outcome], sources: Mapping[int, Source]) -> int:
    """Replace messages by stubs in the request bodies that brought them; return how many bodies were rewritten.

    Args:
        log: The log.
        outcomes: What became of each of the messages, by the number of its fact. One that was processed goes on counting, as
            nobody's.
        sources: The sources by number: a stub keeps the channel and touchpoint that the source's rules gave.
    """
    places: dict[int, dict[int, Outcome]] = {}
    for fact, outcome in outcomes.items():
        position, index = ids.log_place(fact)
        places.setdefault(position, {})[index] = outcome
    rewritten = 0
    for position, indexes in places.items():
        entry = log.get(position)
        body = None if entry is None else _without(Placed(position=position, entry=entry), indexes, sources)
        if body is not None:
            log.replace(position, body)
            rewritten += 1
    return rewritten


def _without(placed: Placed, indexes: Mapping[int, Outcome], sources: Mapping[int, Source]) -> bytes | None:
    entry = placed.entry
    source = sources.get(entry.source) or Source(id=entry.source, name="", write_key="", channel="other")
    decoded = decode([placed], lambda _: source)
    facts = {fact.id: fact for fact in decoded.facts}
    refused = {one.id: one.message_id for one in decoded.refused}
    stubs: dict[int, Stub] = {}
    for index, outcome in indexes.items():
        number = ids.fact_id(placed.position, index)
        if number not in decoded.stubs:
            fact = facts.get(number)
            stubs[index] = _stub(fact, fact.message_id if fact else refused.get(number), outcome)
    return _rewritten(entry, stubs) if stubs else None


def _rewritten(entry: Entry, stubs: dict[int, Stub]) -> bytes | None:
    try:
        body, was_redacted = opened(entry)
        fields = _fields.decode(_readable(body))
    except (InvalidInput, msgspec.MsgspecError, RecursionError):
        return None
    if was_redacted:
        stubs = {**_stubs_of.decode(body).stubs, **stubs}
    if "batch" not in fields:
        return REDACTED + msgspec.json.encode({"stubs": stubs})
    # Places stay as they are: facts are numbered by them. What was not erased stays as it came, byte for byte.
    batch = [_NOTHING if index in stubs else raw for index, raw in enumerate(_items.decode(fields["batch"]))]
    if len(stubs) >= len(batch):
        fields = {name: value for name, value in fields.items() if name == "replays"}
    return REDACTED + msgspec.json.encode({**fields, "batch": batch, "stubs": stubs})


def _readable(body: bytes) -> bytes:
    try:
        _fields.decode(body)
    except (msgspec.MsgspecError, UnicodeError):
        return repair(body) or body
    return body


def _stub(fact: Fact | None, message_id: str | None, outcome: Outcome) -> Stub:
    known = digest(message_id).hex() if message_id is not None else ""
    if fact is None or outcome != "processed":
        return Stub(outcome=outcome, digest=known)
    return Stub(
        outcome=outcome,
        digest=known,
        type=fact.type,
        name=fact.name,
        channel=fact.channel,
        touchpoint=fact.touchpoint,
        occurred_at=fact.occurred_at // DAY * DAY,
        campaign=fact.campaign,
        product=fact.product,
        revenue=fact.revenue,
        currency=fact.currency,
    )
