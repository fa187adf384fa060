"""Speaking HTTP to other systems: one kind of client, and what it means when no answer comes.

Nothing follows redirects: a message goes where the settings say and nowhere else.
"""

from email.utils import parsedate_to_datetime

import httpx

from beleef.contact.channels.port import Sent
from beleef.kernel.clock import from_datetime

_LONGEST_WAIT_S = 3600.0


def client(timeout_s: float) -> httpx.Client:
    """Return a client that keeps its connections, and waits for an answer at most so many seconds."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "Beleef"},
    )


def no_answer(error: httpx.TransportError, *, repeats_recognised: bool) -> Sent:
    """Return what it means that no answer came.

    Args:
        error: What happened on the line.
        repeats_recognised: Whether the other side lets a second message with the same key go.
    """
    not_handed_over = isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )
    code = "time_out" if isinstance(error, httpx.TimeoutException) else "connection"
    safe = not_handed_over or repeats_recognised
    return Sent(outcome="retry" if safe else "uncertain", code=code, detail=type(error).__name__)


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
