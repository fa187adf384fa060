"""Building all state again from the log: proof that the log is the truth, and the way out when state was damaged."""

import os
from pathlib import Path

import sqlalchemy as sa
from rich.progress import Progress

from beleef import operation
from beleef import settings as settings_
from beleef.app import Stores, build_audiences, build_profiles, build_worker, set_up
from beleef.collect import api as collect
from beleef.kernel.errors import Conflict
from beleef.operation import Status
from beleef.store.log.table import TableLog
from beleef.store.records.database import metadata
from beleef.worker import Worker

_ADDRESSES = ("BELEEF_DATABASE", "BELEEF_LOG", "BELEEF_LAKE", "BELEEF_ENGINE")


def rebuild(data: Path, *, into: Path | None, bar: Progress) -> Status:
    """Replay the log into empty state: in place, or into a new embedded folder that leaves the old one as it is.

    Raises:
        Conflict: a worker runs, the folder is not empty, or the log no longer holds everything.
    """
    stores = Stores(settings_.load(data), durable=False)
    try:
        set_up(stores)
        if stores.log.size().entries and stores.log.get(1) is None:
            raise Conflict(
                "The log no longer reaches back to the beginning.",
                hint="BELEEF_LOG_KEEP says how long bodies are kept; use a backup.",
            )
        if into is None:
            return _in_place(stores, bar)
        with stores.database.read() as connection:
            discarded = collect.discarded(connection)
        target = _copied(stores, into)
    finally:
        stores.close()
    try:
        return _replay(target, build_worker(target), discarded, bar)
    finally:
        target.close()


def _in_place(stores: Stores, bar: Progress) -> Status:
    worker = build_worker(stores)
    worker.claim()
    with stores.database.write() as connection:
        discarded = collect.discarded(connection)
        files = stores.warehouse.paths(connection)
        _empty(connection)
        stores.warehouse.discard(connection, files, now=stores.now())
    return _replay(stores, worker, discarded, bar)


def _empty(connection: sa.Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        if not table.info.get("kept"):
            connection.execute(sa.delete(table))


def _copied(stores: Stores, into: Path) -> Stores:
    if into.exists() and any(into.iterdir()):
        raise Conflict(f"{into} is not empty.", hint="Name a folder that does not exist yet.")
    # The new folder holds everything itself; all else is as the old one has it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_ADDRESSES)}
    target = Stores(settings_.load(into, environment), durable=False)
    set_up(target)
    with stores.database.read() as source, target.database.write() as sink:
        for table in metadata.sorted_tables:
            if table.info.get("kept"):
                sink.execute(sa.delete(table))
                rows = [dict(row) for row in source.execute(sa.select(table)).mappings()]
                if rows:
                    sink.execute(sa.insert(table), rows)
    assert isinstance(target.log, TableLog)  # noqa: S101 -- an embedded folder's log is a table
    position = 0
    while placed := stores.log.read(after=position, messages=50_000):
        target.log.restore(placed)
        position = placed[-1].position
    return target


def _replay(stores: Stores, worker: Worker, discarded: list[int], bar: Progress) -> Status:
    with stores.database.write() as connection:
        build_profiles(stores).begin_again(connection)
        build_audiences(stores).begin_again(connection, stores.log.head())
    waiting = operation.status(stores).lag_facts
    task = bar.add_task("Replaying the log", total=waiting)
    worker.catch_up(progress=lambda done: bar.update(task, completed=done))
    worker.do_chores()
    with stores.database.write() as connection:
        build_audiences(stores).end_replay(connection)
        for number in discarded:
            collect.discard(connection, number)
    worker.release()
    return operation.status(stores)
