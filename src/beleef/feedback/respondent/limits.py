"""What tells people from programs without keeping anything about anybody: how often, how fast, and which answers one after the other.

Counts live in this process only, by a hash with a key that is made anew with every start; addresses are never stored.
"""

import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

_MOST_KNOWN: Final = 20_000
SCANNING_S: Final = 10.0
"""First answers that differ within so many seconds are a program's, which follows every link of a mail; so is what surrounds the
hidden link that nobody sees. Seconds as mail platforms use them around such a link."""


class Counts:
    """Counts how often something happens in a stretch of time.

    Args:
        most: So often is usual.
        seconds: In so many seconds.
        clock: Seconds that only grow.
    """

    def __init__(self, *, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._salt = os.urandom(16)
        self._known: OrderedDict[bytes, tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def is_usual(self, who: str) -> bool:
        """Count once more, and return whether it is still within what is usual."""
        name = hashlib.blake2b(who.encode("utf-8", "replace"), digest_size=12, key=self._salt).digest()
        now = self._clock()
        with self._lock:
            since, count = self._known.pop(name, (now, 0))
            if now - since >= self._seconds:
                since, count = now, 0
            self._known[name] = (since, count + 1)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return count < self._most


class Clicks:
    """Remembers first answers for some seconds, to see programs that follow all links of a mail.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[int, list[tuple[float, float]]] = OrderedDict()
        self._lock = Lock()

    def is_scanning(self, invitation: int, value: float, *, is_trap: bool) -> bool:
        """Note a first answer, and return whether it looks like a program's.

        Args:
            invitation: Number of the invitation.
            value: The score.
            is_trap: Whether the link was the hidden one.
        """
        now = self._clock()
        with self._lock:
            seen = [one for one in self._seen.pop(invitation, []) if now - one[0] < SCANNING_S]
            seen.append((now, float("nan") if is_trap else value))
            self._seen[invitation] = seen
            if len(self._seen) > _MOST_KNOWN:
                self._seen.popitem(last=False)
        values = [one for _, one in seen]
        # What is not equal to itself stands for the trap.
        return any(one != one for one in values) or len(set(values)) > 1  # noqa: PLR0124
