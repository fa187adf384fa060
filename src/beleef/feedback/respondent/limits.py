"""What tells people from programs without keeping anything about anybody: how often something happens.

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
