"""The repeat memory: what became of every message id, as sorted runs of hashes that are merged by size.

Message ids are random, so a B-tree over all of them touches a new page for nearly every fact and gets dearer with every
million. Sorted runs are written once, in order, and merged eight at a time: a fact is rewritten some five times in its life, in long strokes
(log-structured merge, O'Neil et al. 1996; one Bloom filter per large run, Bloom 1970).
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from beleef.collect.model import OUTCOMES
from beleef.collect.tables import message_chunks, message_runs

_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("fact", "<i8"), ("outcome", "u1")])
Entries = npt.NDArray[np.void]
"""Rows of (hash high, hash low, fact number, outcome number), sorted by hash."""

PROCESSED, REPEATED, QUARANTINED, ERASED = range(len(OUTCOMES))
_NOT_IN_THE_WAY = (QUARANTINED, ERASED)
"""Outcomes after which the same message id may come again: repaired, or when the erasure was lifted."""

_CHUNK = 4_096
_RESIDENT = 65_536
"""Runs of at most so many entries are kept in memory whole; longer ones only by their filter."""
_LARGEST = 2_000_000
_FANOUT = 8
_CACHED_CHUNKS = 256
_BITS_PER_ENTRY = 24
_PROBES = 12
"""24 bits and 12 probes: one false alarm in 70,000 look-ups, so nearly no new message reads a chunk."""


def digest(message_id: str) -> bytes:
    """Return 128 bits that stand for a message id (BLAKE2b: nobody can make two ids that collide)."""
    return hashlib.blake2b(message_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def hashes(digests: Iterable[bytes]) -> npt.NDArray[np.uint64]:
    """Return digests as an (n, 2) array of their high and low halves."""
    return np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)


class _Run:
    def __init__(self, number: int, entries: int, level: int, bloom: npt.NDArray[np.uint8] | None) -> None:
        self.number = number
        self.entries = entries
        self.level = level
        self.bloom = bloom
        self.rows: Entries | None = None
        self.firsts: npt.NDArray[np.uint64] | None = None


class RepeatMemory:
    """Knows every message id of the memory's span. One writer: the worker, inside its transaction.

    After a transaction that failed call ``forget``: what is in memory may be ahead of the database.
    """

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._is_loaded = False
        self._next = 1
        self._cache: OrderedDict[tuple[int, int], Entries] = OrderedDict()

    def forget(self) -> None:
        """Drop what is in memory; the next call reads it again."""
        self._is_loaded = False
        self._cache.clear()

    def known(self, keys: npt.NDArray[np.uint64], connection: sa.Connection) -> npt.NDArray[np.bool_]:
        """Return for each (high, low) whether it was taken up before; quarantined and erased ones do not count."""
        found = np.zeros(len(keys), dtype=bool)
        for run in self._loaded(connection):
            open_ = np.flatnonzero(~found)
            if not len(open_):
                break
            if run.bloom is not None:
                open_ = open_[_maybe(run.bloom, keys[open_])]
            if len(open_):
                rows = run.rows if run.rows is not None else self._chunks_for(run, keys[open_], connection)
                found[open_] |= _contains(rows, keys[open_])
        return found

    def add(self, entries: Entries, connection: sa.Connection) -> None:
        """Add what became of a batch's messages, and merge runs where eight of a size stand side by side."""
        if not len(entries):
            return
        self._loaded(connection)
        self._write(_in_order(entries), connection)
        self._merge(connection)

    def _loaded(self, connection: sa.Connection) -> list[_Run]:
        if not self._is_loaded:
            self._runs = []
            for number, entries, level, bloom in connection.execute(
                sa.select(
                    message_runs.c.run, message_runs.c.entries, message_runs.c.level, message_runs.c.bloom
                )
            ):
                self._runs.append(
                    _Run(number, entries, level, np.frombuffer(bloom, dtype=np.uint8) if bloom else None)
                )
            for run in self._runs:
                if run.bloom is None:
                    run.rows = self._read(run, connection)
            self._next = max((run.number for run in self._runs), default=0) + 1
            self._runs.sort(key=lambda run: -run.number)
            self._is_loaded = True
        return self._runs

    def _read(self, run: _Run, connection: sa.Connection) -> Entries:
        query = (
            sa.select(message_chunks.c.data)
            .where(message_chunks.c.run == run.number)
            .order_by(message_chunks.c.chunk)
        )
        return np.frombuffer(b"".join(connection.execute(query).scalars()), dtype=_ENTRY)

    def _chunks_for(self, run: _Run, keys: npt.NDArray[np.uint64], connection: sa.Connection) -> Entries:
        if run.firsts is None:
            query = (
                sa.select(message_chunks.c.first)
                .where(message_chunks.c.run == run.number)
                .order_by(message_chunks.c.chunk)
            )
            firsts = np.array(connection.execute(query).scalars().all(), dtype=np.int64)
            run.firsts = firsts.view(np.uint64) ^ np.uint64(1 << 63)
        # Entries of one id may begin at the end of the chunk before.
        last = np.searchsorted(run.firsts, keys[:, 0], side="right") - 1
        first = np.searchsorted(run.firsts, keys[:, 0], side="left") - 1
        wanted = sorted({int(place) for place in np.concatenate([first, last]) if place >= 0})
        return np.concatenate(
            [self._chunk(run, chunk, connection) for chunk in wanted] or [np.empty(0, _ENTRY)]
        )

    def _chunk(self, run: _Run, chunk: int, connection: sa.Connection) -> Entries:
        key = (run.number, chunk)
        rows = self._cache.get(key)
        if rows is None:
            query = sa.select(message_chunks.c.data).where(
                message_chunks.c.run == run.number, message_chunks.c.chunk == chunk
            )
            rows = np.frombuffer(connection.execute(query).scalar_one(), dtype=_ENTRY)
            self._cache[key] = rows
            if len(self._cache) > _CACHED_CHUNKS:
                self._cache.popitem(last=False)
        else:
            self._cache.move_to_end(key)
        return rows

    def _write(self, rows: Entries, connection: sa.Connection) -> None:
        run = _Run(self._next, len(rows), _level(len(rows)), None)
        self._next += 1
        if len(rows) > _RESIDENT:
            run.bloom = _bloom(rows)
        else:
            run.rows = rows
        connection.execute(
            sa.insert(message_runs).values(
                run=run.number,
                entries=run.entries,
                level=run.level,
                last_fact=int(rows["fact"].max()),
                bloom=run.bloom.tobytes() if run.bloom is not None else None,
            )
        )
        chunks = []
        for chunk, start in enumerate(range(0, len(rows), _CHUNK)):
            part = rows[start : start + _CHUNK]
            chunks.append(
                {
                    "run": run.number,
                    "chunk": chunk,
                    "first": signed(int(part["high"][0])),
                    "data": part.tobytes(),
                }
            )
        connection.execute(sa.insert(message_chunks), chunks)
        self._runs.insert(0, run)

    def _merge(self, connection: sa.Connection) -> None:
        while True:
            sizes: dict[int, list[_Run]] = {}
            for run in self._runs:
                sizes.setdefault(run.level, []).append(run)
            full = next((runs for level, runs in sorted(sizes.items()) if len(runs) >= _FANOUT), None)
            if full is None or sum(run.entries for run in full[-_FANOUT:]) > _LARGEST:
                return
            oldest = full[-_FANOUT:]
            parts = [run.rows if run.rows is not None else self._read(run, connection) for run in oldest]
            rows = _in_order(np.concatenate(parts[::-1]))
            self._drop(oldest, connection)
            self._write(rows, connection)

    def _drop(self, runs: list[_Run], connection: sa.Connection) -> None:
        for run in runs:
            connection.execute(sa.delete(message_chunks).where(message_chunks.c.run == run.number))
            connection.execute(sa.delete(message_runs).where(message_runs.c.run == run.number))
            self._runs.remove(run)


def entries(keys: npt.NDArray[np.uint64], facts: list[int], outcomes: list[int]) -> Entries:
    """Return rows for ``RepeatMemory.add``, one per message."""
    rows = np.empty(len(facts), dtype=_ENTRY)
    rows["high"], rows["low"], rows["fact"], rows["outcome"] = keys[:, 0], keys[:, 1], facts, outcomes
    return rows


def look_up(message_id: str, connection: sa.Connection) -> list[tuple[int, int]]:
    """Return ``(fact number, outcome number)`` of every time a message id came, in order of arrival.

    Reads one chunk per run: for receipts, by any process.
    """
    high, low = (int(half) for half in hashes([digest(message_id)])[0])
    runs = connection.execute(sa.select(message_runs.c.run)).scalars().all()
    found: list[tuple[int, int]] = []
    for run in runs:
        query = (
            sa.select(message_chunks.c.data)
            .where(message_chunks.c.run == run, message_chunks.c.first <= signed(high))
            .order_by(message_chunks.c.first.desc(), message_chunks.c.chunk.desc())
            .limit(2)
        )
        rows = np.frombuffer(b"".join(connection.execute(query).scalars()), dtype=_ENTRY)
        hits = rows[(rows["high"] == high) & (rows["low"] == low)]
        found += [(int(row["fact"]), int(row["outcome"])) for row in hits]
    return sorted(found)


def prune(before_fact: int, connection: sa.Connection) -> int:
    """Forget runs whose newest entry is older than a fact's number; return how many runs."""
    old = (
        connection.execute(sa.select(message_runs.c.run).where(message_runs.c.last_fact < before_fact))
        .scalars()
        .all()
    )
    for run in old:
        connection.execute(sa.delete(message_chunks).where(message_chunks.c.run == run))
        connection.execute(sa.delete(message_runs).where(message_runs.c.run == run))
    return len(old)


def signed(unsigned: int) -> int:
    """Return an unsigned 64-bit number as a signed one of the same order: databases know no unsigned ones."""
    return unsigned - (1 << 63)


def _in_order(rows: Entries) -> Entries:
    """Return rows sorted by hash; of the repeats of one id only the first is kept, so a client that is stuck costs nothing."""
    rows = rows[np.argsort(rows["high"], kind="stable")]
    again = (rows["high"][1:] == rows["high"][:-1]) & (rows["low"][1:] == rows["low"][:-1])
    again &= (rows["outcome"][1:] == REPEATED) & (rows["outcome"][:-1] == REPEATED)
    return rows if not again.any() else rows[np.concatenate([[True], ~again])]


def _level(entries: int) -> int:
    return max(0, (max(entries, 1).bit_length() - 6) // 3)


def _contains(rows: Entries, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    highs = np.ascontiguousarray(rows["high"])
    places = np.searchsorted(highs, keys[:, 0], side="left")
    found = np.zeros(len(keys), dtype=bool)
    inside = np.flatnonzero(places < len(rows))
    for index in inside[highs[places[inside]] == keys[inside, 0]]:
        place = int(places[index])
        while place < len(rows) and rows[place]["high"] == keys[index, 0]:
            if rows[place]["low"] == keys[index, 1] and rows[place]["outcome"] not in _NOT_IN_THE_WAY:
                found[index] = True
                break
            place += 1
    return found


def _bits(size: int, keys: npt.NDArray[np.uint64], probe: int) -> npt.NDArray[np.uint64]:
    # Two independent halves give all probes (Kirsch and Mitzenmacher 2006).
    return (keys[:, 0] + np.uint64(probe) * (keys[:, 1] | np.uint64(1))) % np.uint64(size * 8)


def _bloom(rows: Entries) -> npt.NDArray[np.uint8]:
    bits = np.zeros(len(rows) * _BITS_PER_ENTRY, dtype=bool)
    keys = np.stack([rows["high"], rows["low"]], axis=1)
    for probe in range(_PROBES):
        bits[_bits(len(bits) // 8, keys, probe)] = True
    return np.packbits(bits)


def _maybe(bloom: npt.NDArray[np.uint8], keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
    left = np.arange(len(keys))
    for probe in range(_PROBES):
        bits = _bits(len(bloom), keys[left], probe)
        left = left[
            (bloom[bits >> np.uint64(3)] >> (np.uint8(7) - (bits & np.uint64(7)).astype(np.uint8))) & 1 == 1
        ]
        if not len(left):
            break
    return left
