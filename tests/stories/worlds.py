"""A Beleef inside the test's own process: its stores, its worker, a clock that the test moves, and all of its state to compare."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.access import api as access
from beleef.app import Stores, build_people, build_worker
from beleef.collect import api as collect
from beleef.collect.repeats import ERASED
from beleef.collect.tables import message_chunks
from beleef.erasure import Erased, erase_person
from beleef.facts.fact import Fact
from beleef.kernel.clock import SECOND
from beleef.profiles.people import People
from beleef.profiles.state import State, decode
from beleef.store.log.port import Entry
from beleef.store.records.database import metadata
from tests.cast import NOW
from tests.services.fresh import open_fresh

Json = dict[str, Any]

_BY_CONTENT = {"unfiled", "lake_files", "lake_rubbish", "message_runs", "message_chunks", "progress"}
"""Tables that hold the same in another arrangement, depending on how the log was cut into batches."""


class World:
    """An installation that one process has to itself.

    Args:
        stores: Its open stores.
    """

    def __init__(self, stores: Stores, clock: list[int]) -> None:
        self.stores = stores
        self._clock = clock
        with stores.database.write() as connection:
            self.source = collect.add_source(connection, name="web", channel="web", now=stores.now())
        self.people: People = build_people(stores)
        self._worker = build_worker(stores)

    def send(self, *messages: Json, kind: str = "batch", own: bool = False) -> int:
        """Accept a request with messages, as the doors do, and return its position."""
        source = 0 if own else self.source.id
        body = msgspec.json.encode({"batch": messages})
        return self.put(
            Entry(received_at=self.tick(), source=source, kind=kind, messages=len(messages), body=body)
        )

    def put(self, *entries: Entry) -> int:
        """Append entries to the log."""
        return self.stores.log.append(entries)

    def tick(self, seconds: int = 60) -> int:
        """Let time pass, and return the moment."""
        self._clock[0] += seconds * SECOND
        return self._clock[0]

    def work(self) -> None:
        """Let the worker work on all that waits, and do its chores."""
        self._worker.catch_up()
        while self._worker.do_chores() or self._worker.catch_up():
            """What chores bring into the log is worked on as well."""
        self._worker.release()

    def fresh_worker(self) -> None:
        """Go on with another worker, as after a restart."""
        self._worker.release()
        self._worker = build_worker(self.stores)

    def erase(self, who: str) -> Erased:
        """Erase a person."""
        return erase_person(self.stores, self.people, who, actor=access.COMMAND)

    def receipt(self, message_id: str) -> collect.Receipt:
        """Return what became of a message."""
        return collect.receipt(message_id, self.stores.database, self.stores.log)

    def quarantined(self) -> list[collect.Quarantined]:
        """Return what waits in the quarantine, newest first."""
        with self.stores.database.read() as connection:
            return collect.quarantined(connection)

    def progress(self) -> collect.Progress:
        """Return how far the worker is."""
        with self.stores.database.read() as connection:
            return collect.progress(connection)

    def bodies(self) -> bytes:
        """Return everything that the log holds, as it lies there, unpacked."""
        found, position = [], 0
        while placed := self.stores.log.read(after=position, messages=10_000):
            found += [one.entry.body for one in placed]
            position = placed[-1].position
        return b"\n".join(found)


@contextmanager
def world(data: Path, environment: Mapping[str, str]) -> Iterator[World]:
    """Give an installation that was just set up."""
    clock = [NOW]
    stores = open_fresh(data, environment, now=lambda: clock[0], durable=False)
    made = World(stores, clock)
    try:
        yield made
    finally:
        stores.close()


def state_of(stores: Stores) -> dict[str, Any]:
    """Return all state that follows from the log, in a form in which equal state is equal."""
    state: dict[str, Any] = {}
    with stores.database.read() as connection:
        for table in metadata.sorted_tables:
            if not table.info.get("kept") and table.name not in _BY_CONTENT:
                rows = connection.execute(sa.select(table)).mappings().all()
                state[table.name] = sorted(repr(sorted(_readable(row).items())) for row in rows)
        state["messages"] = _messages(connection)
        moving = {"worked_at", "moved"}
        progress = msgspec.structs.asdict(collect.progress(connection))
        state["progress"] = {name: value for name, value in progress.items() if name not in moving}
    state["facts"] = sorted(repr(row) for row in stores.warehouse.scan())
    return state


def _readable(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        name: _opened(decode(bytes(value))) if name == "state" and not isinstance(value, str) else value
        for name, value in dict(row).items()
    }


def _opened(state: State) -> Json:
    return {
        "seen": (state.first_seen, state.last_seen, state.facts, state.limited),
        "channels": sorted(state.channels.items()),
        "identifiers": sorted(state.identifiers),
        "traits": sorted(state.traits.items()),
        "consents": sorted(state.consents.items()),
        "products": sorted(state.products.items()),
        "returned": sorted(state.returned_orders),
        "computed": sorted(
            (version, repr(sorted(map(repr, buckets.items()))))
            for version, buckets in state.computed.open_all().items()
        ),
    }


def _messages(connection: sa.Connection) -> list[tuple[int, ...]]:
    """Return what the repeat memory knows; of repeats it keeps only the first that it meets, so these are left out."""
    import numpy as np

    kind = np.dtype([("high", "<u8"), ("low", "<u8"), ("fact", "<i8"), ("outcome", "u1")])
    blobs = connection.execute(sa.select(message_chunks.c.data)).scalars()
    rows = {tuple(map(int, row)) for data in blobs for row in np.frombuffer(data, dtype=kind)}
    assert ERASED == 3
    return sorted(row for row in rows if row[3] != 1)


def facts_of(stores: Stores) -> list[Fact]:
    """Return every fact of the history."""
    return [fact for _, fact in stores.warehouse.scan()]


def batches(messages: Sequence[Json], size: int) -> Iterator[Sequence[Json]]:
    """Cut messages into batches."""
    for start in range(0, len(messages), size):
        yield messages[start : start + size]
