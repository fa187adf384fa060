"""What other rooms may ask of collect: sources, receipts, the quarantine, and how far the worker is."""

import base64
import binascii
import json
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from typing import Any, Literal, get_args

import msgspec
import sqlalchemy as sa

from beleef.collect import forgetting, queries, redaction, repeats
from beleef.collect.body import opened, storable
from beleef.collect.decode import decode
from beleef.collect.forgetting import Mention
from beleef.collect.model import (
    OUTCOMES,
    Outcome,
    Source,
    TouchpointRule,
    check_channel,
    check_source_name,
)
from beleef.collect.offline import OfflineFact, offline_message
from beleef.collect.outbox import Outbox, say_later
from beleef.collect.own import OwnFacts
from beleef.collect.queries import Progress, Quarantined
from beleef.facts.fact import Fact, FactType
from beleef.kernel import clock, ids
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.store.log.port import Entry, Log, Placed
from beleef.store.records.database import Database

__all__ = [
    "Mention",
    "OfflineFact",
    "Outbox",
    "Outcome",
    "OwnFacts",
    "Progress",
    "Quarantined",
    "Receipt",
    "Source",
    "SourceBook",
    "TouchpointRule",
    "offline_message",
    "say_later",
]

BELEEF = 0
"""Number of the source that stands for Beleef itself and its staff."""

_SCAN_MESSAGES = 200_000


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message.

    Attributes:
        message_id: The id that was asked for.
        status: ``accepted`` (in the log, not yet worked on), ``processed``, ``repeated`` (processed once, and came
            again), ``quarantined`` or ``erased``.
        reason: Why, in one sentence, where there is something to say.
        code: Stable reason of a quarantined message.
        fact: Number of the fact, as text.
        repeats: How often it came again at least.
        quarantine: Number in the quarantine, to repair and replay it.
    """

    message_id: str
    status: Literal["accepted", "processed", "repeated", "quarantined", "erased"]
    reason: str | None = None
    code: str | None = None
    fact: str | None = None
    repeats: int = 0
    quarantine: int | None = None


def receipt(message_id: str, database: Database, log: Log) -> Receipt:
    """Return what became of a message.

    Raises:
        NotFound: no message with that id was accepted, or longer ago than the repeat memory reaches.
    """
    with database.read() as connection:
        position = queries.read_progress(connection).position
        # The quarantine holds ids as every database can keep them.
        shown = storable(message_id)
        seen = repeats.look_up(message_id, connection) or repeats.look_up(shown, connection)
        held = queries.quarantined_by_message(connection, shown)
    outcomes = [OUTCOMES[outcome] for _, outcome in seen]
    # Of what was processed and erased later, both are kept; what came after the erasure was lifted is processed again.
    if "erased" in outcomes and "processed" not in outcomes[outcomes.index("erased") :]:
        return Receipt(
            message_id=message_id,
            status="erased",
            reason="It belonged to a person who asked to be forgotten.",
        )
    if "processed" in outcomes:
        fact = ids.to_text(max(number for number, outcome in seen if OUTCOMES[outcome] == "processed"))
        again = outcomes.count("repeated")
        if again:
            reason = "It was processed once; it came again and was not counted again."
            return Receipt(message_id=message_id, status="repeated", reason=reason, fact=fact, repeats=again)
        return Receipt(message_id=message_id, status="processed", fact=fact)
    if held is not None and "quarantined" in outcomes:
        return Receipt(
            message_id=message_id,
            status="quarantined",
            reason=held.reason,
            code=held.code,
            quarantine=held.id,
        )
    if _waits(message_id, log, position):
        return Receipt(message_id=message_id, status="accepted", reason="It is in the log, and next in line.")
    raise NotFound(
        f"No message {message_id} was accepted.",
        hint="Check the id; a message that was refused got an error as its answer.",
    )


def _waits(message_id: str, log: Log, after: int) -> bool:
    # As it may be written: with letters beyond ASCII as they are, or escaped as Python's and Java's libraries do.
    spellings = {
        json.dumps(message_id, ensure_ascii=escaped).encode("utf-8", "replace") for escaped in (True, False)
    }
    wanted = re.compile(rb'"messageId"\s*:\s*(?:%s)' % b"|".join(map(re.escape, spellings)))
    seen = 0
    while seen < _SCAN_MESSAGES:
        entries = log.read(after=after, messages=5_000)
        if not entries:
            return False
        for placed in entries:
            try:
                body, _ = opened(placed.entry)
                if wanted.search(body):
                    return True
            except InvalidInput:
                continue
        seen += sum(placed.entry.messages for placed in entries)
        after = entries[-1].position
    return False


_UNKNOWN_S = 0.02
"""How often at most the sources are read again for keys that nobody knows: a source works as soon as it was added, and guessing
keys does not keep the database busy."""


class SourceBook:
    """The sources, kept in memory and read again when a key is not known or some seconds have passed.

    Args:
        database: Where they are kept.
        fresh_s: For how long what is in memory is believed.
    """

    def __init__(self, database: Database, *, fresh_s: float = 2.0) -> None:
        self._database = database
        self._fresh_s = fresh_s
        self._by_key: dict[str, Source] = {}
        self._by_name: dict[str, Source] = {}
        self._read_at = -1e9
        self._lock = threading.Lock()

    def by_key(self, key: str) -> Source | None:
        """Return the source that shows this write key. Answers from memory, but for a key never seen."""
        source = self._by_key.get(key)
        if source is None or time.monotonic() - self._read_at > self._fresh_s:
            self._refresh(_UNKNOWN_S if source is None else self._fresh_s)
            source = self._by_key.get(key)
        return source

    def by_name(self, name: str) -> Source | None:
        """Return the source with that name, in any case."""
        self._refresh(_UNKNOWN_S)
        return self._by_name.get(name.lower())

    def _refresh(self, older_than_s: float) -> None:
        with self._lock:
            if time.monotonic() - self._read_at < older_than_s:
                return
            with self._database.read() as connection:
                found = queries.all_sources(connection)
            self._by_key = {source.write_key: source for source in found}
            self._by_name = {source.name.lower(): source for source in found}
            self._read_at = time.monotonic()


def sources(connection: sa.Connection) -> list[Source]:
    """Return every source but Beleef's own, by name."""
    return [source for source in queries.all_sources(connection) if source.id != BELEEF]


def source(connection: sa.Connection, name: str) -> Source:
    """Return the source with that name, in any case.

    Raises:
        NotFound: there is none.
    """
    for one in queries.all_sources(connection):
        if one.name.lower() == name.strip().lower():
            return one
    raise NotFound(
        f"There is no source “{name}”.",
        hint="`beleef sources list` shows them; `beleef sources add` makes one.",
    )


def source_numbered(connection: sa.Connection, number: int) -> Source:
    """Return the source with that number; Beleef's own too.

    Raises:
        NotFound: there is none.
    """
    for one in queries.all_sources(connection):
        if one.id == number:
            return one
    raise NotFound("There is no such source.", hint="Look at the list of sources again.")


def source_names(connection: sa.Connection) -> dict[int, str]:
    """Return the name of every source by its number."""
    return {one.id: one.name for one in queries.all_sources(connection)}


def add_source(
    connection: sa.Connection,
    *,
    name: str,
    channel: str,
    now: int,
    touchpoints: Sequence[TouchpointRule] = (),
) -> Source:
    """Add a source with a new write key.

    Raises:
        InvalidInput: name or channel cannot be used.
        Conflict: there is one of that name.
    """
    name, channel = check_source_name(name), check_channel(channel)
    if any(one.name.lower() == name.lower() for one in queries.all_sources(connection)):
        raise Conflict(f"There is a source “{name}” already.", hint="Choose another name.", code="name_taken")
    new = Source(
        id=queries.next_source_id(connection),
        name=name,
        write_key=ids.new_secret(18),
        channel=channel,
        touchpoints=tuple(touchpoints),
        created_at=now,
    )
    queries.save_source(connection, new)
    return new


def change_source(connection: sa.Connection, changed: Source) -> None:
    """Keep a changed source; its number and name stay.

    Raises:
        InvalidInput: the channel cannot be used.
    """
    queries.save_source(connection, msgspec.structs.replace(changed, channel=check_channel(changed.channel)))


def change_key(connection: sa.Connection, source: Source) -> Source:
    """Give a source another write key, and return it; the old one is refused as soon as the web processes read it anew."""
    changed = msgspec.structs.replace(source, write_key=ids.new_secret(18))
    queries.save_source(connection, changed)
    return changed


def ensure_own_source(connection: sa.Connection, now: int) -> None:
    """Make the source that stands for Beleef itself, where it is not there yet."""
    if not any(one.id == BELEEF for one in queries.all_sources(connection)):
        own = Source(id=BELEEF, name="beleef", write_key=ids.new_secret(), channel="other", created_at=now)
        queries.save_source(connection, own)


def read_basic(header: str) -> str | None:
    """Return the write key of a Basic or Bearer ``Authorization`` header; a missing colon is tolerated."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip() or None
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(rest.strip() + "==", validate=False).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text.partition(":")[0] or None


def progress(connection: sa.Connection) -> Progress:
    """Return how far the worker is."""
    return queries.read_progress(connection)


def hold_progress(connection: sa.Connection) -> Progress:
    """Return how far the worker is, and keep it there until this transaction ends.

    The worker holds it while it works on a batch, an erasure while it sets tombstones: so a batch either sees them or is seen by it.
    """
    return queries.read_progress(connection, hold=True)


def move_progress(connection: sa.Connection, before: Progress, after: Progress) -> bool:
    """Move the worker's position if it still stands where ``before`` says; return whether it did."""
    return queries.move_progress(connection, before, after)


def quarantined(
    connection: sa.Connection,
    *,
    status: str | None = "open",
    code: str | None = None,
    source: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Quarantined]:
    """Return quarantined messages, newest first; ``before`` is the number of the last one seen."""
    return queries.list_quarantined(
        connection, status=status, code=code, source=source, before=before, limit=limit
    )


def quarantined_message(connection: sa.Connection, number: int) -> Quarantined:
    """Return one quarantined message.

    Raises:
        NotFound: there is none with that number.
    """
    found = queries.quarantined(connection, number)
    if found is None:
        raise NotFound("There is no such message in the quarantine.", hint="It may have been erased.")
    return found


def count_quarantined(connection: sa.Connection) -> dict[str, int]:
    """Return how many messages wait in the quarantine, by reason code."""
    return queries.count_quarantined(connection)


def discard(connection: sa.Connection, number: int) -> None:
    """Note that a quarantined message will not be repaired.

    Raises:
        Conflict: it was replayed or discarded already.
    """
    if not queries.discard_quarantined(connection, number):
        raise Conflict(
            "That message is no longer open.", hint="Look at it again: it was replayed or discarded."
        )


def prune_repeats(connection: sa.Connection, *, before: int) -> int:
    """Forget message ids of requests below a log position; return how many runs of them went."""
    return repeats.prune(ids.fact_id(before, 0), connection)


def quarantined_about(connection: sa.Connection, mention: Mention, replayed_as: Set[int]) -> list[int]:
    """Return numbers of quarantined messages that mention a person, or that became one of these facts when they were replayed."""
    return forgetting.quarantined_about(connection, mention, replayed_as)


def forget_quarantined(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """Remove quarantined messages."""
    queries.forget_quarantined(connection, numbers)


def copies_in_log(
    log: Log, mention: Mention, is_theirs: Callable[[Fact], bool], connection: sa.Connection, *, until: int
) -> Iterator[tuple[int, Outcome]]:
    """Give what is about a person in the log and never became a fact, with what became of it, up to a position."""
    known = {one.id: one for one in queries.all_sources(connection)}
    nameless = Source(id=-1, name="", write_key="", channel="other")
    return forgetting.copies_in_log(
        log, mention, is_theirs, lambda number: known.get(number, nameless), until=until
    )


def note_erased(connection: sa.Connection, facts: Collection[Fact]) -> None:
    """Let the receipts of facts say from now on that they were erased; hold the progress before."""
    forgetting.note_erased(connection, facts)
    queries.count_people(connection, 0)


def count_people(connection: sa.Connection, more: int) -> None:
    """Note that there are so many persons more (fewer, where negative); hold the progress before."""
    queries.count_people(connection, more)


def discarded(connection: sa.Connection) -> list[int]:
    """Return the numbers of quarantined messages that will not be repaired."""
    return queries.discarded(connection)


def redact(log: Log, outcomes: Mapping[int, Outcome], connection: sa.Connection) -> int:
    """Take messages out of the request bodies that brought them; return how many bodies were rewritten.

    Args:
        log: The log.
        outcomes: What became of each message, by the number of its fact; processed ones go on counting, as nobody's.
        connection: Where the sources are.
    """
    known = {one.id: one for one in queries.all_sources(connection)}
    return redaction.redact(log, outcomes, known)


def replay_entry(held: Quarantined, message: str | None, now: int) -> Entry:
    """Return the log entry that brings a quarantined message in again, as it was or repaired.

    Args:
        held: The message.
        message: Its repaired JSON; None to try it as it was (after a mapping or a limit changed).
        now: The moment, in microseconds.

    Raises:
        InvalidInput: the repaired JSON would be quarantined again; the message says why.
        Conflict: it was replayed or discarded already.
    """
    if held.status != "open":
        raise Conflict(
            "That message is no longer open.", hint="Look at it again: it was replayed or discarded."
        )
    try:
        repaired: Any = msgspec.json.decode(message if message is not None else held.message)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidInput(f"That is no JSON: {error}", hint="Repair the JSON and try again.") from error
    if not isinstance(repaired, dict):
        raise InvalidInput("A message is a JSON object.", hint="Repair the JSON and try again.")
    repaired.setdefault("messageId", held.message_id)
    if held.kind in get_args(FactType):  # a batch has no type to lend to its messages
        repaired.setdefault("type", held.kind)
    if "originalTimestamp" not in repaired and "timestamp" not in repaired:
        repaired["timestamp"] = clock.to_text(held.received_at)
    body = msgspec.json.encode({"batch": [repaired], "replays": [held.id]})
    entry = Entry(received_at=now, source=held.source, kind="replay", messages=1, body=body)
    _check_entry(entry)
    return entry


def messages_entry(source: Source, kind: str, messages: Sequence[dict[str, Any]], now: int) -> Entry:
    """Return a log entry that carries messages Beleef made itself: an import, a webhook, a form, a decision."""
    body = msgspec.json.encode({"batch": messages})
    return Entry(received_at=now, source=source.id, kind=kind, messages=len(messages), body=body)


def check_message(source: Source, message: dict[str, Any], now: int) -> Entry:
    """Return the log entry for one message, when it would become a fact.

    Raises:
        InvalidInput: it would be quarantined; the message says why.
    """
    entry = messages_entry(source, "facts", [message], now)
    _check_entry(entry, source)
    return entry


def _check_entry(entry: Entry, source: Source | None = None) -> None:
    shown = source or Source(id=entry.source, name="", write_key="", channel="other")
    refused = decode([Placed(position=1, entry=entry)], lambda _: shown).refused
    if refused:
        raise InvalidInput(refused[0].reason, code=refused[0].code, hint="Repair it and try again.")
