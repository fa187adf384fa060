"""The doors through which interactions come in: Segment's and RudderStack's HTTP interfaces, as plain ASGI.

Real SDKs decide the answers: 200 with ``{"success": true}`` and never 202 or 204 (older ones send again on those), errors with
``code`` and ``message`` (older ones send again without), whole seconds in ``Retry-After``, any content type, CORS for every
origin because a write key may only add.
"""

import base64
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from beleef.collect.api import SourceBook, messages_entry, read_basic
from beleef.collect.body import MAX_BODY_BYTES, MAX_MESSAGES, repair, unpack
from beleef.collect.intake import Intake
from beleef.collect.model import Source
from beleef.kernel.clock import Clock
from beleef.kernel.errors import (
    BeleefError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooManyRequests,
    Unavailable,
    status_of,
)
from beleef.store.log.port import Entry

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_KINDS = {
    "identify": "identify", "i": "identify", "track": "track", "t": "track", "page": "page", "p": "page", "screen": "screen",
    "s": "screen", "group": "group", "g": "group", "alias": "alias", "a": "alias", "merge": "merge", "batch": "batch",
    "b": "batch", "import": "batch",
}  # fmt: skip
ROUTES = {
    **{f"/v1/{path}": kind for path, kind in _KINDS.items()},
    "/beacon/v1/batch": "batch",
}
"""Path → kind of body."""

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-max-age", b"86400"),
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
]
_PROJECTS, _PIXELS, _HOOKS, _METRICS = "/v1/projects/", "/pixel/v1/", "/v1/hooks/", "/v1/m"
_JSON = (b"content-type", b"application/json")
_SUCCESS = b'{"success":true}'
_OK = {
    "type": "http.response.start",
    "status": 200,
    "headers": [_JSON, (b"content-length", b"16"), (b"access-control-allow-origin", b"*")],
}
_OK_BODY = {"type": "http.response.body", "body": _SUCCESS}
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class _Single(msgspec.Struct, gc=False):
    writeKey: Any = None  # noqa: N815 -- the wire's spelling


class _Batch(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw]
    writeKey: Any = None  # noqa: N815


_single = msgspec.json.Decoder(_Single)
_batch = msgspec.json.Decoder(_Batch)


class Counter:
    """Counts of this process, for ``/metrics``."""

    def __init__(self) -> None:
        self.requests = 0
        self.messages = 0
        self.bytes = 0
        self.refused: dict[str, int] = {}


class CollectApp:
    """The ASGI app for collecting; the composition root hands it every path that ``takes`` says yes to.

    Args:
        intake: Where accepted requests go.
        sources: Whose keys are known.
        now: The clock.
    """

    def __init__(self, *, intake: Intake, sources: SourceBook, now: Clock) -> None:
        self._intake = intake
        self._sources = sources
        self._now = now
        self.counter = Counter()

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether this app answers that path."""
        return path in ROUTES or path.startswith((_PROJECTS, _PIXELS, _HOOKS)) or path == _METRICS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            path, method = scope["path"], scope["method"]
            kind = ROUTES.get(path)
            if kind is not None and method == "POST":
                await self._collect(kind, scope, receive)
                await send(_OK)
                await send(_OK_BODY)
            elif method == "OPTIONS":
                await _answer(send, 200, b"", headers=_preflight(scope))
            elif path.startswith(_PROJECTS) and method == "GET":
                await _answer(send, 200, self._settings(path, scope))
            elif path.startswith(_HOOKS) and method == "POST":
                await self._hook(path.removeprefix(_HOOKS), scope, receive)
                await _answer(send, 200, _SUCCESS)
            elif path.startswith(_PIXELS) and method == "GET":
                await self._pixel(path, scope)
                await _answer(
                    send,
                    200,
                    _PIXEL,
                    headers=[(b"content-type", b"image/gif"), (b"cache-control", b"no-store")],
                )
            elif path == _METRICS and method == "POST":
                # The browser SDK's own performance figures: accepted so that it does not try again, of no use to anyone.
                await _answer(send, 200, _SUCCESS)
            else:
                takes = _methods(path)
                raise MethodNotAllowed(f"This address does not take {method}.", hint=f"It takes {takes}.")
        except BeleefError as error:
            await self._refuse(send, error, scope["path"])

    async def _collect(self, kind: str, scope: Scope, receive: Receive) -> None:
        body = await _body(scope, receive)
        plain = body if body[:1] == b"{" else unpack(body)
        key, count, plain_again = _open(kind, plain)
        source = self._source(key if isinstance(key, str) and key else _key_of(scope))
        if plain_again is not plain:
            body = plain_again
        await self._keep(kind, source, count, body)

    async def _hook(self, name: str, scope: Scope, receive: Receive) -> None:
        """Take in what another system tells by itself, as the source's mapping reads it."""
        from beleef.collect import hooks  # noqa: PLC0415 -- the language of mappings, for those who have webhooks

        body = await _body(scope, receive)
        source = self._sources.by_name(urllib.parse.unquote(name))
        if source is None or source.hook is None:
            raise NotFound("No source takes webhooks here.", hint="Set the webhook up at the page Sources.")
        self._check_enabled(source)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        hook, now = hooks.read_hook(source.hook), self._now()
        if hook.signature is not None:
            hooks.verify(hook.signature, headers, body, now)
        elif self._source(_key_of(scope)) != source:
            raise NotSignedIn(
                "This write key is another source's.",
                hint="Show the key of this one.",
                code="unknown_write_key",
            )
        messages = hooks.to_messages(hook.mapping, unpack(body), headers)
        if messages:
            entry = messages_entry(source, "batch", messages, now)
            _check_size(len(entry.body), len(messages))
            await self._keep("batch", source, len(messages), entry.body)

    async def _keep(self, kind: str, source: Source, count: int, body: bytes) -> None:
        entry = Entry(received_at=self._now(), source=source.id, kind=kind, messages=count, body=body)
        await self._intake.keep(entry)
        counter = self.counter
        counter.requests += 1
        counter.messages += count
        counter.bytes += len(body)

    def _source(self, key: str | None) -> Source:
        if not key:
            raise NotSignedIn(
                "The request shows no write key.",
                hint="Put it in the body as writeKey, or in the Authorization header (Basic, the key as user name).",
                code="no_write_key",
            )
        source = self._sources.by_key(key)
        if source is None:
            raise NotSignedIn(
                "No source has this write key.",
                hint="`beleef sources list` shows the keys.",
                code="unknown_write_key",
            )
        self._check_enabled(source)
        return source

    @staticmethod
    def _check_enabled(source: Source) -> None:
        if not source.enabled:
            raise NotFound(
                "This source is switched off.",
                hint="Switch it on at the page Sources.",
                code="source_disabled",
            )

    async def _pixel(self, path: str, scope: Scope) -> None:
        kind = _KINDS.get(path.removeprefix("/pixel/v1/"))
        if kind not in {"track", "page", "identify", "screen", "group"}:
            raise NotFound("There is no such pixel.", hint="Use /pixel/v1/track or /pixel/v1/page.")
        query = dict(urllib.parse.parse_qsl(scope["query_string"].decode("latin-1")))
        source = self._source(query.pop("writeKey", None))
        await self._keep(kind, source, 1, msgspec.json.encode(_from_query(query)))

    def _settings(self, path: str, scope: Scope) -> bytes:
        key, _, rest = path.removeprefix("/v1/projects/").partition("/")
        if rest != "settings":
            raise NotFound(
                "There is nothing here.", hint="The settings stand at /v1/projects/{writeKey}/settings."
            )
        source = self._source(urllib.parse.unquote(key))
        headers = dict(scope["headers"])
        host = headers.get(b"x-forwarded-host", headers.get(b"host", b"localhost")).decode("latin-1")
        protocol = headers.get(b"x-forwarded-proto", scope.get("scheme", "http").encode()).decode("latin-1")
        segment = {"apiKey": source.write_key, "apiHost": f"{host}/v1", "protocol": protocol}
        return msgspec.json.encode(
            {"integrations": {"Segment.io": segment}, "plan": {"track": {}, "identify": {}, "group": {}}}
        )

    async def _refuse(self, send: Send, error: BeleefError, path: str) -> None:
        self.counter.refused[error.code] = self.counter.refused.get(error.code, 0) + 1
        body = {"success": False, "code": error.code, "message": error.message, "hint": error.hint}
        headers = [_JSON, *_retry_headers(error, path)]
        await _answer(send, status_of(error), msgspec.json.encode(body), headers=headers)


def _retry_headers(error: BeleefError, path: str) -> list[tuple[bytes, bytes]]:
    match error:
        case TooManyRequests(retry_after_s=seconds):
            return [(b"retry-after", str(seconds).encode())]
        case Unavailable():
            return [(b"retry-after", b"5")]
        case MethodNotAllowed():
            return [(b"allow", _methods(path).encode())]
    return []


def _methods(path: str) -> str:
    return "GET, OPTIONS" if path.startswith((_PROJECTS, _PIXELS)) else "POST, OPTIONS"


def _open(kind: str, body: bytes) -> tuple[object, int, bytes]:
    """Return the write key in the body, how many messages it holds, and the body, repaired if that was needed."""
    for attempt in (body, None):
        text = attempt if attempt is not None else repair(body)
        if text is None:
            raise InvalidInput("The body is no JSON.", hint="Send one JSON object.", code="invalid_json")
        try:
            if kind != "batch":
                return _single.decode(text).writeKey, 1, text
            opened = _batch.decode(text)
        except msgspec.ValidationError as error:
            raise InvalidInput(
                f"The body has the wrong shape: {error}", hint="See the HTTP reference.", code="invalid_body"
            ) from error
        except RecursionError as error:
            raise InvalidInput(
                "The body is nested too deeply.", hint="Send flat properties.", code="too_deep"
            ) from error
        except (msgspec.DecodeError, UnicodeError):
            continue
        if not opened.batch:
            raise InvalidInput("The batch is empty.", hint="Send at least one message.", code="empty_batch")
        _check_size(len(text), len(opened.batch))
        return opened.writeKey, len(opened.batch), text
    raise InvalidInput("The body is no JSON.", hint="Send one JSON object.", code="invalid_json")


def _check_size(size: int, messages: int) -> None:
    if size > MAX_BODY_BYTES:
        raise TooLarge(f"The body is larger than {MAX_BODY_BYTES:,} bytes.", hint="Send smaller batches.")
    if messages > MAX_MESSAGES:
        raise TooLarge(f"There are more than {MAX_MESSAGES:,} messages in it.", hint="Send smaller batches.")


async def _body(scope: Scope, receive: Receive) -> bytes:
    message = await receive()
    if message["type"] != "http.request":
        raise InvalidInput("The client went away before its request was complete.", code="disconnected")
    body: bytes = message.get("body", b"")
    if message.get("more_body") and len(body) != _length(scope):
        return await _rest(body, receive)
    _check_size(len(body), 1)
    return body


def _length(scope: Scope) -> int:
    # The server says there may be more until it is asked again; when all the bytes promised are here that is a wasted turn.
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return -1


async def _rest(body: bytes, receive: Receive) -> bytes:
    parts, size = [body], len(body)
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidInput("The client went away before its request was complete.", code="disconnected")
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise TooLarge(f"The body is larger than {MAX_BODY_BYTES:,} bytes.", hint="Send smaller batches.")
        if not message.get("more_body"):
            return b"".join(parts)


def _key_of(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return read_basic(value.decode("latin-1"))
    if scope["query_string"]:
        return dict(urllib.parse.parse_qsl(scope["query_string"].decode("latin-1"))).get("writeKey")
    return None


def _from_query(query: dict[str, str]) -> dict[str, Any]:
    """Return a message from a pixel's query; ``properties.x`` and ``context.x.y`` name nested fields."""
    message: dict[str, Any] = {}
    for name, value in query.items():
        place = message
        *folders, last = name.split(".")[:6]
        for folder in folders:
            inner = place.setdefault(folder, {})
            if not isinstance(inner, dict):
                break
            place = inner
        place[last] = value
    return message


def _preflight(scope: Scope) -> list[tuple[bytes, bytes]]:
    asked = next(
        (value for name, value in scope["headers"] if name == b"access-control-request-headers"), b""
    )
    return [
        *_CORS,
        (
            b"access-control-allow-headers",
            asked or b"authorization, content-type, content-encoding, x-retry-count",
        ),
    ]


async def _answer(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    all_headers = [
        *(headers if headers is not None else [_JSON]),
        (b"content-length", str(len(body)).encode()),
    ]
    if not any(name == b"access-control-allow-origin" for name, _ in all_headers):
        all_headers.append((b"access-control-allow-origin", b"*"))
    await send({"type": "http.response.start", "status": status, "headers": all_headers})
    await send({"type": "http.response.body", "body": body})
