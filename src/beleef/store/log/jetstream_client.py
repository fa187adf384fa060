"""A synchronous client of NATS JetStream for the log: an event loop in a thread of its own, and the few calls the log needs.

Errors of the server become Beleef's own here, so that nothing above this file knows NATS.
"""

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import msgspec
import nats
from nats.aio.msg import Msg
from nats.errors import MaxPayloadError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from beleef.kernel.errors import BeleefError, StorageFull, TooLarge, Unavailable

_Result = TypeVar("_Result")

_PATIENCE_S = 5.0
_NO_MESSAGE = 10037
_NO_STREAM = 10059
_FULL = {10002, 10023, 10028, 10047, 10122}
"""The server's codes for: resources of the account, of the server, memory, storage, and the stream's own limits."""
_FULL_WORDS = ("insufficient resources", "insufficient storage", "maximum bytes exceeded", "no space left")
_ATOMIC_LIMIT = 1_000
"""How many messages the server takes in one atomic batch."""
_PENDING_BYTES = 1 << 30


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a stream: its sequence number, subject, headers and body."""

    sequence: int
    subject: str
    headers: dict[str, str]
    body: bytes


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream holds now; ``last_seq`` stays when messages go."""

    messages: int
    bytes: int
    first_seq: int
    last_seq: int


class Refused(Unavailable):
    """The server said no. ``number`` is its own code."""

    def __init__(self, number: int, description: str) -> None:
        super().__init__(f"NATS refused: {description}.", hint="Look at the NATS server's own log.")
        self.number = number


class JetStreamClient:
    """A connection that several threads may use.

    Args:
        servers: Addresses, each ``nats://[user:password@]host:port``.

    Raises:
        Unavailable: none of them answers.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jetstream", daemon=True)
        self._thread.start()
        try:
            self._nats = self._run(asyncio.wait_for(self._connect(list(servers)), _PATIENCE_S))
        except BaseException:
            self._stop_loop()
            raise

    def close(self) -> None:
        """Let go of the connection and the thread."""
        if self._loop.is_running():
            self._run(self._nats.close())
            self._stop_loop()

    def ensure_stream(self, name: str, **settings: object) -> None:
        """Make a stream that is not there yet; one that is keeps its settings."""
        try:
            self._call(f"STREAM.INFO.{name}")
        except Refused as error:
            if error.number != _NO_STREAM:
                raise
            wanted = {"name": name, "storage": "file", "retention": "limits", "discard": "new", **settings}
            self._call(f"STREAM.CREATE.{name}", wanted)

    def state(self, stream: str) -> StreamState:
        """Return what a stream holds, as its leader knows it."""
        return msgspec.convert(self._call(f"STREAM.INFO.{stream}")["state"], StreamState)

    def publish(self, subject: str, messages: Sequence[tuple[dict[str, str], bytes]]) -> int:
        """Write messages to a subject, all or none, and return the last one's sequence number once it is stored.

        More than a thousand are written a thousand at a time, each thousand all or none.

        Raises:
            StorageFull: the server has no room.
            TooLarge: a message is larger than the server takes.
            Unavailable: the server did not confirm.
        """
        last = 0
        for start in range(0, len(messages), _ATOMIC_LIMIT):
            last = self._run(self._publish(subject, messages[start : start + _ATOMIC_LIMIT]))
        return last

    def fetch(self, stream: str, *, first: int, count: int, bytes_: int) -> list[Message]:
        """Return up to ``count`` messages from sequence number ``first`` on, at least one where there is one.

        Any replica may answer, so the newest messages may be missing, never one between two others.
        """
        return self._run(self._fetch(stream, {"seq": first, "batch": count, "max_bytes": bytes_}))

    def find(self, stream: str, **which: object) -> Message | None:
        """Return one message as the stream's leader has it: ``seq=``, ``last_by_subj=`` or ``next_by_subj=`` with ``seq=``."""
        try:
            found = self._call(f"STREAM.MSG.GET.{stream}", which)["message"]
        except Refused as error:
            if error.number == _NO_MESSAGE:
                return None
            raise
        raw = msgspec.convert(found, _Stored)
        return Message(sequence=raw.seq, subject=raw.subject, headers=_headers(raw.hdrs), body=raw.data)

    def scan_headers(self, stream: str, *, first: int) -> list[Message]:
        """Return all messages from ``first`` on without their bodies, as the stream's leader has them."""
        return self._run(self._scan_headers(stream, first))

    def erase(self, stream: str, sequence: int) -> None:
        """Overwrite a message and forget it; one that is gone already is none the less gone."""
        try:
            self._call(f"STREAM.MSG.DELETE.{stream}", {"seq": sequence, "no_erase": False})
        except Refused as error:
            if error.number not in {_NO_MESSAGE, 10043, 10057}:
                raise

    def purge(self, stream: str, **which: object) -> int:
        """Forget the messages below ``seq=`` or of the subject ``filter=``; return how many."""
        return int(self._call(f"STREAM.PURGE.{stream}", which)["purged"])

    async def _connect(self, servers: list[str]) -> Any:
        # Without end: a server that restarts is found again, and meanwhile each call fails by its own patience.
        return await nats.connect(
            servers, max_reconnect_attempts=-1, reconnect_time_wait=0.2, error_cb=_ignore
        )

    async def _publish(self, subject: str, messages: Sequence[tuple[dict[str, str], bytes]]) -> int:
        batch = uuid.uuid4().hex
        together = len(messages) > 1
        for number, (headers, body) in enumerate(messages[:-1], 1):
            await self._nats.publish(
                subject, body, headers={**headers, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
            )
        headers, body = messages[-1]
        if together:
            closing = {
                "Nats-Batch-Id": batch,
                "Nats-Batch-Sequence": str(len(messages)),
                "Nats-Batch-Commit": "1",
            }
            headers = {**headers, **closing}
        reply = await self._nats.request(subject, body, timeout=_PATIENCE_S, headers=headers)
        return int(_answer(reply)["seq"])

    async def _fetch(self, stream: str, request: dict[str, int]) -> list[Message]:
        inbox = self._nats.new_inbox()
        subscription = await self._nats.subscribe(
            inbox, pending_msgs_limit=-1, pending_bytes_limit=_PENDING_BYTES
        )
        try:
            await self._nats.publish(
                f"$JS.API.DIRECT.GET.{stream}", msgspec.json.encode(request), reply=inbox
            )
            found: list[Message] = []
            while True:
                message = await subscription.next_msg(timeout=_PATIENCE_S)
                headers = message.headers or {}
                if "Status" in headers and "Nats-Sequence" not in headers:
                    if headers["Status"] in {"204", "404"}:
                        return found
                    raise Unavailable(
                        f"NATS refused to read: {headers.get('Description', headers['Status'])}."
                    )
                found.append(
                    Message(
                        sequence=int(headers["Nats-Sequence"]),
                        subject=headers["Nats-Subject"],
                        headers=headers,
                        body=message.data,
                    )
                )
        finally:
            await subscription.unsubscribe()

    async def _scan_headers(self, stream: str, first: int) -> list[Message]:
        found: list[Message] = []
        async with self._headers_consumer(stream, first) as subscription:
            left = (await subscription.consumer_info()).num_pending
            while left:
                for message in await subscription.fetch(min(left, 1_000), timeout=_PATIENCE_S):
                    place = message.metadata
                    found.append(_without_body(message, place.sequence.stream))
                    left = place.num_pending
        return found

    @asynccontextmanager
    async def _headers_consumer(self, stream: str, first: int) -> AsyncIterator[Any]:
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=max(first, 1),
            ack_policy=AckPolicy.NONE,
            headers_only=True,
            inactive_threshold=60,
            mem_storage=True,
        )
        jetstream = self._nats.jetstream(timeout=_PATIENCE_S)
        consumer = await jetstream.add_consumer(stream, config)
        subscription = await jetstream.pull_subscribe_bind(consumer.name, stream)
        try:
            yield subscription
        finally:
            await subscription.unsubscribe()
            await jetstream.delete_consumer(stream, consumer.name)

    def _call(self, verb: str, request: dict[str, object] | None = None) -> dict[str, Any]:
        payload = msgspec.json.encode(request) if request is not None else b""
        return _answer(self._run(self._nats.request(f"$JS.API.{verb}", payload, timeout=_PATIENCE_S)))

    def _run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        with _refusals():
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Stored(msgspec.Struct):
    seq: int
    subject: str
    hdrs: bytes = b""
    data: bytes = b""


def _answer(reply: Msg) -> dict[str, Any]:
    if not reply.data:
        status = (reply.headers or {}).get("Status", "")
        raise Unavailable(
            f"JetStream does not answer ({status}).",
            hint="Is JetStream switched on and is there room on its disk?",
        )
    answer: dict[str, Any] = msgspec.json.decode(reply.data)
    error = answer.get("error")
    if error is None:
        return answer
    number, description = int(error.get("err_code", 0)), str(error.get("description", ""))
    if number in _FULL or any(words in description for words in _FULL_WORDS):
        raise StorageFull(
            f"The log has no room left: {description}.", hint="Give NATS more disk; Beleef goes on by itself."
        )
    raise Refused(number, description)


def _without_body(message: Msg, sequence: int) -> Message:
    return Message(sequence=sequence, subject=message.subject, headers=dict(message.headers or {}), body=b"")


def _headers(raw: bytes) -> dict[str, str]:
    lines = raw.decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines if ": " in line)


async def _ignore(_error: Exception) -> None:
    """Each call reports its own error; the client's background report would only print it a second time."""


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except BeleefError:
        raise
    except MaxPayloadError as error:
        raise TooLarge(
            "The request is larger than the log takes.",
            hint="Raise max_payload in the NATS server's settings.",
        ) from error
    except (nats.errors.Error, TimeoutError, OSError) as error:
        raise Unavailable(
            "The log does not answer.", hint="Look at the NATS server; Beleef tries again by itself."
        ) from error
