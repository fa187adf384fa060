"""The log on NATS JetStream: for more load, or more safety, than one database gives. A position is a stream's sequence number.

A stream cannot rewrite a message, and erasing a person needs just that. So bodies that were replaced live in a second
stream, are read along, and the original is overwritten. The same stream keeps the count of messages up to a position.
"""

import contextlib
import re
import threading
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from urllib.parse import parse_qs, quote, unquote, urlsplit

from beleef.kernel.errors import InvalidInput, StorageFull
from beleef.store.log.jetstream_client import JetStreamClient, Message, Refused
from beleef.store.log.port import Entry, LogSize, Placed

_HEADER = "Beleef"
_CHUNK = 1_024
_CHUNK_BYTES = 64_000_000
_COUNT_EVERY = 10_000
"""After so many entries the count is written down, so that a new process need not count from the beginning."""


class JetStreamLog:
    """A log in the stream that ``address`` names, made when it is not there yet. See ``port.Log`` for what it promises.

    The server must run with ``sync_interval: always`` (or with three replicas on separate power), or an answered request
    may be lost in a power cut; and with a ``max_payload`` above the largest request. No client can check the first.

    Args:
        address: ``nats://[user:password@]host:port[,host:port…][/stream][?replicas=3]``; the stream is ``beleef`` by default.

    Raises:
        InvalidInput: the address cannot be read.
        Unavailable: no server answers.
    """

    def __init__(self, address: str) -> None:
        servers, self._stream, replicas = _parse(address)
        self._subject = f"{self._stream}.requests"
        self._replacements = f"{self._stream}_replacements"
        self._client = JetStreamClient(servers)
        self._client.ensure_stream(
            self._stream,
            subjects=[self._subject],
            num_replicas=replicas,
            allow_direct=True,
            allow_atomic=True,
        )
        self._client.ensure_stream(
            self._replacements, subjects=[f"{self._replacements}.>"], num_replicas=replicas
        )
        self._lock = threading.Lock()
        self._replaced: dict[int, int] = {}
        self._replaced_until = 0
        self._counted = _Counted(0)
        self._asked_after = 1 << 62
        self._messages_per_entry = 1.0

    def append(self, entries: Sequence[Entry]) -> int:
        """Write entries, a thousand at a time all or none, and return the last position."""
        if not entries:
            return self.head()
        return self._client.publish(self._subject, [(_describe(entry), entry.body) for entry in entries])

    def read(self, *, after: int, messages: int, bytes_: int = 64_000_000) -> list[Placed]:
        """Return entries behind ``after`` until about so many messages or bytes, at least one where there is one."""
        found: list[Placed] = []
        wanted = messages
        while messages > 0 and bytes_ > 0:
            count = max(1, min(_CHUNK, round(messages / self._messages_per_entry)))
            chunk = self._chunk(after, count, bytes_)
            for placed in chunk:
                found.append(placed)
                messages -= placed.entry.messages
                bytes_ -= len(placed.entry.body)
                if messages <= 0 or bytes_ <= 0:
                    break
            if not chunk:
                break
            after = found[-1].position
        if found:
            self._messages_per_entry = max(1.0, (wanted - messages) / len(found))
        return found

    def get(self, position: int) -> Entry | None:
        """Return the entry at a position, or None."""
        if position < 1:
            return None
        # The replacement first: a process that died half-way through replacing left both.
        found = self._replacement(position) or self._client.find(self._stream, seq=position)
        return _entry(found) if found else None

    def head(self) -> int:
        """Return the last position, 0 when nothing was ever written."""
        return self._client.state(self._stream).last_seq

    def waiting(self, *, after: int) -> tuple[int, int | None]:
        """Return how many messages stand behind ``after``, and when the first of them was received."""
        first = self._chunk(after, 1, _CHUNK_BYTES)
        if not first:
            return 0, None
        with self._lock:
            self._asked_after = after
            self._count(after)
            # Entries that were counted and pruned since no longer wait.
            return self._counted.behind(first[0].position - 1), first[0].entry.received_at

    def total(self) -> int:
        """Return how many messages were ever accepted."""
        with self._lock:
            return self._total()

    def position_at(self, moment: int) -> int:
        """Return a position such that everything below it was received before ``moment``; the last one at most."""
        state = self._client.state(self._stream)
        low, high = state.first_seq, state.last_seq
        while low < high:
            middle = (low + high) // 2
            found = self._client.find(self._stream, seq=middle, next_by_subj=self._subject)
            if found is None or _entry(found).received_at >= moment:
                high = middle
            else:
                low = found.sequence + 1
        return min(low, state.last_seq)

    def replace(self, position: int, body: bytes) -> None:
        """Replace the body at a position and overwrite the old one. A second try finishes what a first one did not."""
        entry = self.get(position)
        if entry is None:
            return
        earlier = self._replacement(position)
        self._client.publish(f"{self._replacements}.body.{position}", [(_describe(entry), body)])
        self._client.erase(self._stream, position)
        if earlier is not None:
            self._client.erase(self._replacements, earlier.sequence)

    def prune(self, *, before: int) -> int:
        """Forget entries below ``before``; the last one always stays, as in a table."""
        with self._lock:
            before = min(before, self._client.state(self._stream).last_seq)
            if before <= 1:
                return 0
            noted, position, total = self._count_until(before - 1)
            try:
                self._note_count(noted, position, total)
                pruned = self._client.purge(self._stream, seq=before)
            except StorageFull:
                # A full log must be prunable: then the count is written in the room that this makes.
                pruned = self._client.purge(self._stream, seq=before)
                self._note_count(noted, position, total)
            self._refresh_replaced()
            for position in [position for position in self._replaced if position < before]:
                self._client.purge(self._replacements, filter=f"{self._replacements}.body.{position}")
                del self._replaced[position]
                pruned += 1
            return pruned

    def size(self) -> LogSize:
        """Return entries, bytes as the server counts them (headers included) and the oldest entry's moment."""
        with self._lock:
            state = self._client.state(self._stream)
            kept = self._client.state(self._replacements)
            self._refresh_replaced()
            entries = state.messages + len(self._replaced)
        first = self._chunk(0, 1, _CHUNK_BYTES)
        oldest_at = first[0].entry.received_at if first else None
        return LogSize(entries=entries, bytes=state.bytes + kept.bytes, oldest_at=oldest_at)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _chunk(self, after: int, count: int, bytes_: int) -> list[Placed]:
        fetched = self._client.fetch(self._stream, first=after + 1, count=count, bytes_=bytes_)
        found = {message.sequence: _entry(message) for message in fetched}
        # After the fetch: what was replaced before it is then surely known.
        with self._lock:
            self._refresh_replaced()
            replaced = sorted(position for position in self._replaced if position > after)
        last = fetched[-1].sequence if fetched else after
        if replaced and replaced[-1] > last and len(fetched) < count:
            # A replica may lag behind, so the leader says up to where nothing else follows.
            following = self._client.find(self._stream, seq=last + 1, next_by_subj=self._subject)
            last = following.sequence - 1 if following else replaced[-1]
        positions = sorted(found.keys() | set(replaced[: bisect_right(replaced, last)]))[:count]
        for position in self._replaced.keys() & positions:
            message = self._replacement(position)
            if message is not None:
                found[position] = _entry(message)
        return [
            Placed(position=position, entry=found[position]) for position in positions if position in found
        ]

    def _replacement(self, position: int) -> Message | None:
        return self._client.find(self._replacements, last_by_subj=f"{self._replacements}.body.{position}")

    def _refresh_replaced(self) -> None:
        state = self._client.state(self._replacements)
        if state.last_seq == self._replaced_until:
            return
        for message in self._client.scan_headers(self._replacements, first=self._replaced_until + 1):
            kind, _, position = message.subject.removeprefix(f"{self._replacements}.").partition(".")
            if kind == "body":
                self._replaced[int(position)] = _entry(message).messages
        self._replaced_until = state.last_seq

    def _count(self, since: int) -> None:
        """Know the messages of every entry behind ``since``."""
        if since < self._counted.since:
            self._counted = _Counted(since)
        start = self._counted.until + 1
        if self._client.state(self._stream).last_seq < start:
            return
        scanned = self._client.scan_headers(self._stream, first=start)
        self._refresh_replaced()
        found = {message.sequence: _entry(message).messages for message in scanned}
        found |= {position: messages for position, messages in self._replaced.items() if position >= start}
        for position in sorted(found):
            self._counted.add(position, found[position])

    def _total(self) -> int:
        noted, position, total = self._noted_count()
        self._count(position)
        total += self._counted.behind(position)
        if self._counted.entries_behind(position) >= _COUNT_EVERY:
            with contextlib.suppress(Refused):  # Another process was first; its count is as good.
                self._note_count(noted, self._counted.until, total)
            self._counted.forget(min(position, self._asked_after))
        return total

    def _count_until(self, until: int) -> tuple[Message | None, int, int]:
        """Return the noted count, brought forward to ``until`` because the entries up to there are about to go."""
        noted, position, total = self._noted_count()
        if position >= until:
            return noted, position, total
        self._count(position)
        return noted, until, total + self._counted.behind(position) - self._counted.behind(until)

    def _noted_count(self) -> tuple[Message | None, int, int]:
        noted = self._client.find(self._replacements, last_by_subj=f"{self._replacements}.count")
        if noted is None:
            return None, 0, 0
        position, total = noted.headers[_HEADER].split(" ")
        return noted, int(position), int(total)

    def _note_count(self, earlier: Message | None, position: int, total: int) -> None:
        """Write a count down. An older count written over a newer one would lose what was pruned between the two."""
        expected = {"Nats-Expected-Last-Subject-Sequence": str(earlier.sequence if earlier else 0)}
        headers = {_HEADER: f"{position} {total}", **expected}
        self._client.publish(f"{self._replacements}.count", [(headers, b"")])
        if earlier:
            self._client.erase(self._replacements, earlier.sequence)


class _Counted:
    """How many messages the entries behind a position carry: 16 bytes per entry, and a question is two bisections."""

    def __init__(self, since: int) -> None:
        self._positions = array("q", [since])
        self._sums = array("q", [0])

    @property
    def since(self) -> int:
        return self._positions[0]

    @property
    def until(self) -> int:
        return self._positions[-1]

    def add(self, position: int, messages: int) -> None:
        self._positions.append(position)
        self._sums.append(self._sums[-1] + messages)

    def behind(self, position: int) -> int:
        return self._sums[-1] - self._sums[bisect_right(self._positions, position) - 1]

    def entries_behind(self, position: int) -> int:
        return len(self._positions) - bisect_right(self._positions, position)

    def forget(self, until: int) -> None:
        index = bisect_right(self._positions, until) - 1
        if index > 0:
            del self._positions[:index], self._sums[:index]


def _describe(entry: Entry) -> dict[str, str]:
    return {_HEADER: f"{entry.received_at} {entry.source} {entry.messages} {quote(entry.kind)}"}


def _entry(message: Message) -> Entry:
    received_at, source, messages, kind = message.headers[_HEADER].split(" ", 3)
    return Entry(
        received_at=int(received_at),
        source=int(source),
        messages=int(messages),
        kind=unquote(kind),
        body=message.body,
    )


def _parse(address: str) -> tuple[list[str], str, int]:
    """Return the servers, the stream and the number of replicas that an address names."""
    parts = urlsplit(address)
    stream = parts.path.strip("/") or "beleef"
    replicas = parse_qs(parts.query).get("replicas", ["1"])[0]
    if (
        not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", stream)
        or replicas not in {"1", "3", "5"}
        or not parts.netloc
    ):
        raise InvalidInput(
            "The address of the log cannot be read.",
            hint="It looks like nats://host:4222/beleef or nats://a:4222,b:4222,c:4222/beleef?replicas=3.",
        )
    user, at, hosts = parts.netloc.rpartition("@")
    return [f"{parts.scheme}://{user}{at}{host}" for host in hosts.split(",")], stream, int(replicas)
