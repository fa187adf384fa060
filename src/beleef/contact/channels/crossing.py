"""Lets the organisation's own pages ask for a customer's inbox and notifications from their own address (CORS).

Nothing here goes by cookie, so every page may ask; refusals are readable there as well.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS: Final = frozenset({"/v1/inbox", "/v1/inbox/marks", "/v1/push/key", "/v1/push/subscriptions"})
"""What customers' browsers ask."""

_ORIGIN: Final = (b"access-control-allow-origin", b"*")
_PREFLIGHT: Final = [
    _ORIGIN,
    (b"access-control-allow-methods", b"GET, POST, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"86400"),
]


async def from_pages(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of a page: the question before it, or the request itself with leave to read the answer."""
    if scope["method"] == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": _PREFLIGHT})
        await send({"type": "http.response.body", "body": b""})
        return

    async def allowing(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), _ORIGIN]}
        await send(message)

    await app(scope, receive, allowing)
