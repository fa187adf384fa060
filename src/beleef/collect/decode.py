"""From a request's bytes to facts: the Segment and RudderStack vocabulary, read leniently, refused one message at a time.

Sources: Segment's HTTP tracking specification (common fields, time correction) and RudderStack's event specification.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from beleef.collect.body import opened, repair, storable
from beleef.collect.model import Outcome, Refused, Source
from beleef.collect.touchpoints import Touchpoints
from beleef.facts.fact import Fact, FactType
from beleef.kernel import clock, ids
from beleef.kernel.errors import InvalidInput
from beleef.store.log.port import Entry, Placed

_EARLIEST = clock.from_datetime(datetime(1900, 1, 1, tzinfo=UTC))
_TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias", "merge"})
_PLUMBING = frozenset({"server", "sources", "gateway", "http", "cloud"})
"""Values of RudderStack's and Segment's own ``channel`` field that name no channel of the customer's."""
_NAMED_BY_EVENT = frozenset({"track", "beleef"})
_NAMED = frozenset({"page", "screen"})
_ORDERS = frozenset({"Order Completed", "Order Refunded"})
_OWN_FIELDS = frozenset({"traits", "externalIds", "groupId", "channel", "ip"})
"""Parts of the context that have their own field in a fact; the network address is personal data that nothing here needs."""
_RESERVE = 200
"""Frames of the stack: far more than lie between a web server's first call and the writing of an answer."""
_SPELLINGS = {"browser": "web", "mobile": "app"}


_T = TypeVar("_T")


class Sent(msgspec.Struct, gc=False, omit_defaults=True):
    """One message as clients send it. Unknown fields are passed over."""

    type: str | None = None
    messageId: str | None = None  # noqa: N815 -- the wire's spelling
    userId: str | int | None = None  # noqa: N815
    anonymousId: str | int | None = None  # noqa: N815
    previousId: str | int | None = None  # noqa: N815
    groupId: str | int | None = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    channel: str | None = None
    touchpoint: str | None = None
    timestamp: str | int | float | None = None
    originalTimestamp: str | int | float | None = None  # noqa: N815
    sentAt: str | int | float | None = None  # noqa: N815
    traits: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    mergeProperties: list[dict[str, Any]] | None = None  # noqa: N815


class SentBatch(msgspec.Struct, gc=False):
    """A batch as clients send it; its context holds for each message that does not say otherwise."""

    batch: list[Sent]
    sentAt: str | int | float | None = None  # noqa: N815
    context: dict[str, Any] | None = None
    replays: Any = None


class RawBatch(msgspec.Struct, gc=False):
    """The same with its messages unread, for a batch in which some cannot be read."""

    batch: list[msgspec.Raw] = []
    sentAt: Any = None  # noqa: N815
    context: Any = None
    replays: Any = None


class Stub(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is left of an erased person's message: what became of it, and where statistics need it, that it happened.

    Attributes:
        outcome: What became of the message when it was worked on.
        digest: Digest of its message id, in hexadecimal.
        type: Type of the fact; None where nothing of it counts.
    """

    outcome: Outcome = "erased"
    digest: str = ""
    type: FactType | None = None
    channel: str = ""
    occurred_at: int = 0
    name: str | None = None
    touchpoint: str | None = None
    campaign: str | None = None
    product: str | None = None
    revenue: float | None = None
    currency: str | None = None


class Redacted(RawBatch, gc=False, kw_only=True):
    """A body from which somebody was erased: at the places of their messages there are stubs, at all others what was sent."""

    stubs: dict[int, Stub]


_batch = msgspec.json.Decoder(SentBatch)
_redacted = msgspec.json.Decoder(Redacted)
_raw_batch = msgspec.json.Decoder(RawBatch)
_single = msgspec.json.Decoder(Sent)


class Decoded(msgspec.Struct, kw_only=True):
    """What a run of log entries holds.

    Attributes:
        facts: What can be worked on.
        anonymous: What is left of erased persons' facts: counted in statistics, nobody's. (What Beleef says about nobody is
            among ``facts``: it can come twice.)
        refused: What cannot be used.
        stubs: What became of the messages of erased persons, by the number that their facts had.
        replayed: Quarantined messages that came in again, and as which fact.
        messages: How many messages the entries say they hold.
    """

    facts: list[Fact] = []
    anonymous: list[Fact] = []
    refused: list[Refused] = []
    stubs: dict[int, Stub] = {}
    replayed: dict[int, int] = {}
    messages: int = 0


def decode(entries: list[Placed], sources: Callable[[int], Source]) -> Decoded:
    """Turn log entries into facts, in order. Never raises on account of what was sent.

    Args:
        entries: Entries of the log.
        sources: Gives a source by its number.
    """

    def read(*, is_careful: bool = False) -> Decoded:
        out, touchpoints, identifiers = Decoded(), Touchpoints(), dict[str | int, str]()
        for placed in entries:
            source = sources(placed.entry.source)
            _Reader(placed, source, touchpoints, identifiers, out, is_careful=is_careful).read()
        return out

    try:
        return _with_less_stack(read)
    except _TooDeepToSplit:
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(read, is_careful=True).result()


def _with_less_stack(read: Callable[[], _T], frames: int = _RESERVE) -> _T:
    """Return what ``read`` gives, so deep in the stack that what it can nest can be written and read again anywhere else."""
    return read() if frames == 0 else _with_less_stack(read, frames - 1)


class _TooDeepToSplit(Exception):
    """A body holds a message so deep that not even its neighbours can be told from it, unless the stack is empty."""


def messages_of(entry: Entry) -> list[str]:
    """Return the JSON of each message of an entry, as it came (with its batch's own fields left out); none if it cannot be read."""
    try:
        body, _ = opened(entry)
        if entry.kind in _TYPES:
            return [_text(body)]
        return [_text(bytes(raw)) for raw in _raw_batch.decode(body).batch]
    except (InvalidInput, msgspec.MsgspecError, RecursionError, UnicodeError):
        return []


def message_at(entry: Entry, index: int) -> str:
    """Return the JSON of one message of an entry, as ``messages_of``; empty if it cannot be read."""
    found = messages_of(entry)
    return found[index] if index < len(found) else ""


class _Reader:
    """Reads one entry into ``out``."""

    def __init__(
        self,
        placed: Placed,
        source: Source,
        touchpoints: Touchpoints,
        identifiers: dict[str | int, str],
        out: Decoded,
        *,
        is_careful: bool,
    ) -> None:
        self.position = placed.position
        self.entry = placed.entry
        self.source = source
        self.touchpoints = touchpoints
        self.identifiers = identifiers
        self.out = out
        self.is_careful = is_careful

    def read(self) -> None:
        self.out.messages += self.entry.messages
        try:
            body, is_redacted = opened(self.entry)
        except InvalidInput as error:
            self._refuse(0, None, error.code, error.message, "")
            return
        try:
            if is_redacted:
                self._read_redacted(_redacted.decode(body))
                return
            if self.entry.kind in _TYPES:
                self._take(0, self._decoded(_single.decode, body), None, None, body)
                return
            batch = self._decoded(_batch.decode, body)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            self._read_one_by_one(body)
            return
        sent_at = None if batch.sentAt is None else _moment(batch.sentAt)
        for index, sent in enumerate(batch.batch):
            self._take(index, sent, sent_at, batch.context, None)
        self._note_replays(batch.replays)

    def _decoded(self, decode_: Callable[[bytes | msgspec.Raw], _T], body: bytes | msgspec.Raw) -> _T:
        return _with_less_stack(lambda: decode_(body)) if self.is_careful else decode_(body)

    def _note_replays(self, replays: object) -> None:
        # Only Beleef itself writes such entries; a client that says so too has nothing to say about the quarantine.
        if self.entry.kind == "replay" and isinstance(replays, list):
            for replayed in replays:
                self.out.replayed[replayed] = ids.fact_id(self.position, 0)

    def _read_one_by_one(self, body: bytes) -> None:
        raws: list[msgspec.Raw] = [msgspec.Raw(body)]
        sent_at = context = None
        if self.entry.kind not in _TYPES:
            try:
                batch = _raw_batch.decode(body)
            except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
                if isinstance(error, RecursionError) and not self.is_careful:
                    raise _TooDeepToSplit from error
                repaired = repair(body)
                if repaired is None or repaired == body:
                    self._refuse(0, None, "invalid_json", _plain(error), _text(body))
                else:
                    self._read_one_by_one(repaired)
                return
            raws, context = batch.batch, batch.context if isinstance(batch.context, dict) else None
            sent_at = _moment(batch.sentAt)
            self._note_replays(batch.replays)
        self._take_raw(enumerate(raws), sent_at, context)

    def _read_redacted(self, batch: Redacted) -> None:
        for index, stub in batch.stubs.items():
            self._take_stub(index, stub)
        self._note_replays(batch.replays)
        left = [(index, raw) for index, raw in enumerate(batch.batch) if index not in batch.stubs]
        context = batch.context if isinstance(batch.context, dict) else None
        self._take_raw(left, _moment(batch.sentAt), context)

    def _take_raw(
        self, raws: Iterable[tuple[int, msgspec.Raw]], sent_at: int | None, context: dict[str, Any] | None
    ) -> None:
        for index, raw in raws:
            try:
                sent = self._decoded(_lenient, raw)
            except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
                self._refuse(index, _message_id(raw), "invalid_message", _plain(error), _text(bytes(raw)))
                continue
            self._take(index, sent, sent_at, context, bytes(raw))

    def _take(
        self, index: int, sent: Sent, sent_at: int | None, context: dict[str, Any] | None, raw: bytes | None
    ) -> None:
        try:
            self.out.facts.append(self._fact(index, sent, sent_at, context))
        except InvalidInput as error:
            text = _text(raw if raw is not None else msgspec.json.encode(sent))
            self._refuse(index, sent.messageId, error.code, error.message, text)

    def _take_stub(self, index: int, stub: Stub) -> None:
        fact = ids.fact_id(self.position, index)
        self.out.stubs[fact] = stub
        if stub.type is None:
            return
        self.out.anonymous.append(
            Fact(
                id=fact,
                message_id="",
                type=stub.type,
                name=stub.name,
                source=self.source.name,
                channel=stub.channel,
                touchpoint=stub.touchpoint,
                occurred_at=stub.occurred_at,
                received_at=self.entry.received_at // clock.DAY * clock.DAY,
                campaign=stub.campaign,
                product=stub.product,
                revenue=stub.revenue,
                currency=stub.currency,
            )
        )

    def _fact(self, index: int, sent: Sent, sent_at: int | None, shared: dict[str, Any] | None) -> Fact:
        # The hottest function of the worker: what is absent costs one comparison, and nothing is looked up twice.
        entry, source = self.entry, self.source
        kind = sent.type or (entry.kind if entry.kind in _TYPES else None)
        if kind not in _TYPES and not (kind == "beleef" and source.id == 0):
            raise InvalidInput(f"“{str(kind)[:40]}” is no type of message.", code="unknown_type")
        context = {**shared, **sent.context} if shared and sent.context else (sent.context or shared or {})
        user, device, known = sent.userId, sent.anonymousId, self.identifiers.get
        user_id = None if user is None else known(user) or self._identifier(user)
        anonymous_id = None if device is None else known(device) or self._identifier(device)
        external: tuple[tuple[str, str], ...] = ()
        traits, group_id, channel = sent.traits, sent.groupId, sent.channel
        if not _OWN_FIELDS.isdisjoint(context):
            if "externalIds" in context:
                external = _external_ids(context["externalIds"])
            own_traits = context.get("traits")
            if own_traits and kind != "group" and isinstance(own_traits, dict):
                traits = {**own_traits, **traits} if traits else own_traits
            if group_id is None:
                group_id = context.get("groupId")
            channel = channel or context.get("channel")
            context = {key: value for key, value in context.items() if key not in _OWN_FIELDS}
        if kind == "merge":
            external += _merge_properties(sent.mergeProperties)
        name = sent.event if kind in _NAMED_BY_EVENT else sent.name if kind in _NAMED else None
        received_at = entry.received_at
        if not (user_id or anonymous_id or external or (traits and _names_somebody(traits))):
            if source.id != 0 or kind not in _NAMED_BY_EVENT:
                raise InvalidInput(
                    "There is no userId, no anonymousId and no other identifier.", code="no_user_anon_id"
                )
            # What Beleef says about nobody, an anonymous answer, must not be told apart by its exact moment.
            received_at = received_at // clock.DAY * clock.DAY
        _check(kind, sent, external)
        properties, page, campaign = sent.properties, context.get("page"), context.get("campaign")
        revenue = currency = product = None
        if properties:
            if name is None and kind in _NAMED and isinstance(properties.get("name"), str):
                name = properties["name"][:500]
            revenue, currency, product = _money(name, properties)
        touchpoint = sent.touchpoint[:200] if sent.touchpoint else None
        if touchpoint is None and source.touchpoints:
            touchpoint = self.touchpoints.name(source, kind, name, properties, page)
        return Fact(
            id=self.position << ids.FACT_BITS | index,
            message_id=sent.messageId or f"beleef-{self.position}-{index}",
            type=kind,  # type: ignore[arg-type]  # one of FactType: checked above
            name=name,
            source=source.name,
            channel=source.channel if channel is None else _channel(channel, source),
            touchpoint=touchpoint,
            occurred_at=_occurred_at(sent, sent_at, received_at),
            received_at=received_at,
            user_id=user_id,
            anonymous_id=anonymous_id,
            previous_id=None if sent.previousId is None else _identifier(sent.previousId),
            external_ids=external,
            group_id=None if group_id is None else _identifier(group_id),
            traits=traits,
            properties=properties,
            context=context or None,
            campaign=_short(campaign.get("name")) if isinstance(campaign, dict) else None,
            product=product,
            revenue=revenue,
            currency=currency,
        )

    def _identifier(self, given: str | int) -> str | None:
        """Return an identifier as it is kept, and remember it: most come many times."""
        read = _identifier(given)
        if read is not None:
            self.identifiers[given] = read
        return read

    def _refuse(self, index: int, message_id: str | None, code: str, reason: str, message: str) -> None:
        known = message_id if message_id and len(message_id) <= 256 else f"beleef-{self.position}-{index}"
        known, reason = storable(known), storable(reason)
        self.out.refused.append(
            Refused(
                id=ids.fact_id(self.position, index),
                message_id=known,
                source=self.source.id,
                received_at=self.entry.received_at,
                code=code,
                reason=reason,
                message=message,
                kind=self.entry.kind,
            )
        )


def _check(kind: str, sent: Sent, external: tuple[tuple[str, str], ...]) -> None:
    if sent.messageId and len(sent.messageId) > 256:
        raise InvalidInput("messageId is longer than 256 characters.", code="message_id_too_long")
    if sent.event is not None and len(sent.event) > 500:
        raise InvalidInput("The event's name is longer than 500 characters.", code="name_too_long")
    if kind == "track":
        if not sent.event:
            raise InvalidInput("A track message needs the name of its event.", code="no_event")
    elif kind == "group":
        if sent.groupId in {None, ""}:
            raise InvalidInput("A group message needs a groupId.", code="no_group_id")
    elif kind == "alias":
        if sent.previousId in {None, ""}:
            raise InvalidInput("An alias message needs a previousId.", code="no_previous_id")
    elif kind == "merge" and len(external) < 2:
        raise InvalidInput(
            "A merge message needs two mergeProperties with a type and a value.", code="no_merge_properties"
        )


def _names_somebody(traits: dict[str, Any]) -> bool:
    return any(traits.get(key) for key in ("email", "phone", "customer_number", "customerNumber"))


def _identifier(value: object) -> str | None:
    if value is None or isinstance(value, bool | dict | list):
        return None
    text = value if isinstance(value, str) else str(value)
    text = text.strip()
    if not text:
        return None
    if len(text) > 500:
        raise InvalidInput("An identifier is longer than 500 characters.", code="identifier_too_long")
    if "\x00" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text)):
        raise InvalidInput(
            "An identifier holds characters that cannot be stored.", code="identifier_unusable"
        )
    return text


def _external_ids(given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, list):
        return ()
    found = []
    for item in given[:50]:
        if isinstance(item, dict) and item.get("collection", "users") == "users":
            kind, value = _identifier(item.get("type")), _identifier(item.get("id"))
            if kind and value:
                found.append((kind, value))
    return tuple(found)


def _merge_properties(given: list[dict[str, Any]] | None) -> tuple[tuple[str, str], ...]:
    pairs = ((_identifier(item.get("type")), _identifier(item.get("value"))) for item in (given or [])[:50])
    return tuple((kind, value) for kind, value in pairs if kind and value)


def _channel(given: object, source: Source) -> str:
    if isinstance(given, str):
        own = given.strip().lower()[:40]
        if own and own not in _PLUMBING:
            return _SPELLINGS.get(own, own)
    return source.channel


def _occurred_at(sent: Sent, batch_sent_at: int | None, received_at: int) -> int:
    """Return when it happened: ``receivedAt - (sentAt - originalTimestamp)``, as Segment's specification has it."""
    original = sent.originalTimestamp if sent.originalTimestamp is not None else sent.timestamp
    if original is None:
        return received_at
    moment = _moment(original)
    if moment is None:
        raise InvalidInput("The timestamp is no ISO 8601 date and time.", code="invalid_timestamp")
    sent_at = batch_sent_at
    if sent_at is None and sent.sentAt is not None:
        sent_at = _moment(sent.sentAt)
    if sent_at is not None:
        moment += received_at - sent_at
    if moment < _EARLIEST:
        raise InvalidInput("The timestamp lies before the year 1900.", code="invalid_timestamp")
    return min(received_at, moment)


def _moment(value: object) -> int | None:
    """Return ISO 8601 text, or seconds or milliseconds since 1970, as microseconds; None where it is neither."""
    if isinstance(value, str):
        try:
            return clock.from_datetime(datetime.fromisoformat(value))
        except ValueError:
            stripped = value.strip()
            return None if stripped == value else _moment(stripped)
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < 1e14
    ):
        return int(value * (1_000 if abs(value) > 1e11 else 1_000_000))
    return None


def _money(name: str | None, properties: dict[str, Any]) -> tuple[float | None, str | None, str | None]:
    given = properties.get("revenue")
    if given is None and name in _ORDERS:
        given = properties.get("total")
    currency = properties.get("currency")
    product = properties.get("product_id") or properties.get("sku")
    return (
        None if given is None else _amount(name, given),
        currency.strip().upper()[:3] or None if isinstance(currency, str) else None,
        None if product is None else _short(product),
    )


def _amount(name: str | None, given: object) -> float | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    try:
        revenue = float(given)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(revenue):
        return None
    return -abs(revenue) if name == "Order Refunded" else revenue


def _short(value: object) -> str | None:
    if isinstance(value, str):
        return value[:200] or None
    return str(value)[:200] if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "It is nested too deeply."
    if isinstance(error, UnicodeError):
        return "It holds text that is not UTF-8."
    return str(error)[:300]


def _text(body: bytes) -> str:
    return storable(body.decode("utf-8", "replace"))


def _lenient(raw: bytes | msgspec.Raw) -> Sent:
    """Return a message, repaired where that helps.

    Raises:
        msgspec.MsgspecError, RecursionError, UnicodeError: it cannot be read in any way; why is said of the message as it came.
    """
    try:
        return _single.decode(raw)
    except (msgspec.MsgspecError, UnicodeError):
        repaired = repair(bytes(raw))
        if repaired is None:
            raise
        return _single.decode(repaired)


def _message_id(raw: msgspec.Raw) -> str | None:
    for found in _loose(raw):
        return found
    return None


class _OnlyId(msgspec.Struct):
    messageId: Any = None  # noqa: N815 -- the wire's spelling


def _loose(raw: msgspec.Raw) -> Iterator[str]:
    try:
        value = msgspec.json.decode(raw, type=_OnlyId).messageId
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return
    if isinstance(value, str) and value:
        yield value
