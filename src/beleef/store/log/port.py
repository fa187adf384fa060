"""What a log promises: requests kept in one order, durable before the answer, read by position."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """One accepted request, as it came.

    Attributes:
        received_at: When it was accepted, in microseconds.
        source: Number of the source.
        kind: What the body is: the route that took it, e.g. ``batch``, ``track``, ``import``.
        messages: How many messages it claims to carry.
        body: The bytes, compressed if they came so (gzip is recognised by its first two bytes).
    """

    received_at: int
    source: int
    kind: str
    messages: int
    body: bytes


class Placed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry and its position in the log."""

    position: int
    entry: Entry


class LogSize(msgspec.Struct, frozen=True, kw_only=True):
    """How much the log holds: rows and bytes, and the oldest entry's moment (None when empty)."""

    entries: int
    bytes: int
    oldest_at: int | None


class Log(Protocol):
    """A durable, ordered list of requests.

    Positions start at 1 and grow; a position may be skipped, never reused. Several processes may append at once; a
    reader that has seen position p never later finds a new entry at or below p.
    """

    def append(self, entries: Sequence[Entry]) -> int:
        """Write entries and return the last one's position, once they would survive a power cut.

        Raises:
            StorageFull: there is no room; nothing was written.
            Unavailable: the log cannot be reached; nothing is known to be written.
        """
        ...

    def read(self, *, after: int, messages: int, bytes_: int = 64_000_000) -> list[Placed]:
        """Return entries behind position ``after``, in order, until about so many messages or bytes."""
        ...

    def get(self, position: int) -> Entry | None:
        """Return the entry at a position, or None where there is none (any more)."""
        ...

    def head(self) -> int:
        """Return the last position, 0 when the log is empty."""
        ...

    def waiting(self, *, after: int) -> tuple[int, int | None]:
        """Return how many messages stand behind a position, and the moment the first of them was received."""
        ...

    def total(self) -> int:
        """Return how many messages were ever accepted, pruned ones included."""
        ...

    def position_at(self, moment: int) -> int:
        """Return a position such that everything below it was received before ``moment`` (microseconds)."""
        ...

    def replace(self, position: int, body: bytes) -> None:
        """Replace the body at a position: only for erasing a person's data."""
        ...

    def prune(self, *, before: int) -> int:
        """Forget entries with a position below ``before``, perhaps not the last few of them, and return how many.

        The newest entry always stays.
        """
        ...

    def size(self) -> LogSize:
        """Return how much the log holds."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
