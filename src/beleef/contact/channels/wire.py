"""Speaking HTTP to other systems: one kind of client, and what it means when no answer comes.

Nothing follows redirects: a message goes where the settings say and nowhere else.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from beleef.contact.channels.port import Outgoing, Sent
from beleef.kernel.clock import from_datetime

_LONGEST_WAIT_S = 3600.0
_AT_ONCE = 8
_NO_LINE: Final = frozenset({"connection", "429"})
"""Codes after which the next message would fare the same."""


def client(timeout_s: float) -> httpx.Client:
    """Return a client that keeps its connections, and waits for an answer at most so many seconds."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "Beleef"},
    )


def each(outgoing: Sequence[Outgoing], send: Callable[[Outgoing], Sent]) -> list[Sent]:
    """Send messages, the first alone and then eight at once; return what became of each, in their order.

    Once the other side is silent, or asks for patience, the rest is not tried: it would wait out its time, and be uncertain
    for nothing.
    """
    stopped: list[Sent] = []

    def attempt(one: Outgoing) -> Sent:
        if stopped:
            wait = stopped[0].retry_after_s
            return Sent(outcome="retry", code=stopped[0].code, detail="Not tried", retry_after_s=wait)
        sent = send(one)
        if sent.code in _NO_LINE:
            stopped.append(sent)
        return sent

    first = [attempt(one) for one in outgoing[:1]]
    if len(outgoing) < 2 or stopped:
        return first + [attempt(one) for one in outgoing[1:]]
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(outgoing) - 1)) as pool:
        return first + list(pool.map(attempt, outgoing[1:]))


def no_answer(error: httpx.TransportError, *, repeats_recognised: bool) -> Sent:
    """Return what it means that no answer came.

    Args:
        error: What happened on the line.
        repeats_recognised: Whether the other side lets a second message with the same key go.
    """
    not_handed_over = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )
    safe = not_handed_over or repeats_recognised
    return Sent(outcome="retry" if safe else "uncertain", code="connection", detail=type(error).__name__)


def retry_after(response: httpx.Response) -> float:
    """Return how many seconds the other side asks to wait (RFC 9110 section 10.2.3), at most an hour; 0 where it does not say."""
    given = response.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return min(float(given[:9]), _LONGEST_WAIT_S)
    try:
        wanted = from_datetime(parsedate_to_datetime(given))
        sent = from_datetime(parsedate_to_datetime(response.headers.get("date", "")))
    except ValueError:
        return 0.0
    return min(max((wanted - sent) / 1_000_000, 0.0), _LONGEST_WAIT_S)
