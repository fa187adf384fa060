"""The demo: a simulated organisation loaded into a data folder, and facts that go on trickling in while it runs."""

import multiprocessing
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from rich.progress import Progress

from beleef import settings as settings_
from beleef.access import api as access
from beleef.app import Stores, build_audiences, build_profiles, build_worker, set_up
from beleef.audiences.api import audience_from_data
from beleef.collect import api as collect
from beleef.demo.api import (
    AUDIENCES,
    DEMO_EMAIL,
    FACTS_PER_PERSON,
    DemoSource,
    Request,
    generate,
    sources,
    trickle,
)
from beleef.kernel import clock
from beleef.kernel.errors import Conflict
from beleef.profiles.defaults import SHOP
from beleef.store.log.port import Entry

if TYPE_CHECKING:
    from types import FrameType

_AT_ONCE = 2_000
_MOST_WAITING = 200_000
"""How far the history may run ahead of the worker while it is loaded: more would only lie about in the log."""


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Which simulated world a folder holds; the trickle goes on with the same one.

    Attributes:
        persons: How many persons.
        end: When its history ends, in microseconds.
        seed: Decides all that chance decides.
        months: How long its history is.
        password: Of the one administrator, made by chance for this folder.
    """

    persons: int
    end: int
    seed: int
    months: int
    password: str


def world_of(data: Path) -> World | None:
    """Return the simulated world that a folder holds, None where it holds none."""
    try:
        return msgspec.json.decode((data / "demo.json").read_bytes(), type=World)
    except FileNotFoundError:
        return None


def load(data: Path, *, persons: int, seed: int, months: int, bar: Progress) -> World:
    """Load the simulated organisation into a folder that holds nothing yet.

    Raises:
        Conflict: the folder holds an installation that is no demo.
        InvalidInput: ``persons`` or ``months`` is out of range.
    """
    found = settings_.load(data)
    stores = Stores(found, durable=False)
    try:
        set_up(stores, simulated=True)
        world = World(
            persons=persons,
            end=stores.now(),
            seed=seed,
            months=months,
            password=f"demo-{secrets.token_urlsafe(9)}",
        )
        _prepare(stores, world)
        _load_history(stores, world, bar)
    finally:
        stores.close()
    path = data / "demo.json"
    path.write_bytes(msgspec.json.encode(world))
    path.chmod(0o600)
    return world


def _prepare(stores: Stores, world: World) -> None:
    with stores.database.write() as connection:
        if access.members(connection):
            raise Conflict(
                f"{stores.settings.data} holds an installation already.",
                hint="Name another folder with --data.",
            )
        access.add_member(
            connection,
            email=DEMO_EMAIL,
            name="Demo",
            role=access.Role.administrator,
            password=world.password,
            now=stores.now(),
        )
        for source in sources():
            _add_source(connection, source, world.end)
        profiles = build_profiles(stores)
        for definition in SHOP:
            profiles.save_definition(connection, definition)
        audiences = build_audiences(stores)
        for data in AUDIENCES:
            audiences.save(connection, audience_from_data(data, zone=stores.settings.timezone), stores.now())


def _add_source(connection: sa.Connection, source: DemoSource, now: int) -> None:
    added = collect.add_source(
        connection, name=source.name, channel=source.channel, now=now, touchpoints=source.touchpoints
    )
    # The simulated requests carry this key; it opens nothing real.
    collect.change_source(connection, msgspec.structs.replace(added, write_key=source.write_key))


def _load_history(stores: Stores, world: World, bar: Progress) -> None:
    """Write the history in a process of its own, and work on it in this one."""
    spawn = multiprocessing.get_context("spawn")
    done = spawn.Event()
    room = spawn.Semaphore(_MOST_WAITING // _AT_ONCE)
    writer = spawn.Process(target=_write_history, args=(stores.settings, world, done, room), daemon=True)
    writer.start()
    worker = build_worker(stores)
    worker.claim()
    task = bar.add_task("Simulating a year and a half", total=world.persons * FACTS_PER_PERSON)
    released = 0
    while True:
        finished = done.is_set()
        worked = worker.work()
        bar.update(task, advance=worked)
        released += worked
        while released >= _AT_ONCE:
            released -= _AT_ONCE
            room.release()
        if not worked:
            if finished or not writer.is_alive():
                break
            time.sleep(0.05)
        worker.do_chores()
    writer.join()
    worker.release()
    if writer.exitcode:
        raise Conflict(
            "The simulation stopped half-way.", hint="Remove the folder and try again; the reason is above."
        )


def _write_history(
    settings: settings_.Settings, world: World, done: threading.Event, room: threading.Semaphore
) -> None:
    stores = Stores(settings, durable=False)
    numbers = _source_numbers(stores)
    entries: list[Entry] = []
    waiting = 0
    for request in generate(world.persons, world.end, world.seed, world.months):
        entries.append(_entry(request, numbers))
        waiting += request.messages
        if waiting >= _AT_ONCE:
            room.acquire()
            stores.log.append(entries)
            entries, waiting = [], 0
    if entries:
        stores.log.append(entries)
    stores.close()
    done.set()


def run_trickle(data: Path) -> None:
    """Go on with a folder's simulated world in real time, until SIGTERM or SIGINT."""
    world = world_of(data)
    if world is None:
        raise Conflict(f"{data} holds no demo.", hint="`beleef demo` makes one.")
    stop = threading.Event()

    def handle(_number: int, _frame: "FrameType | None") -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    stores = Stores(settings_.load(data))
    numbers = _source_numbers(stores)
    for requests in trickle(
        _seconds(stop), persons=world.persons, end=world.end, seed=world.seed, months=world.months
    ):
        if requests:
            stores.log.append([_entry(request, numbers) for request in requests])
    stores.close()


def _seconds(stop: threading.Event) -> Iterator[int]:
    while not stop.wait(1.0):
        yield clock.now()


def _source_numbers(stores: Stores) -> dict[str, int]:
    with stores.database.read() as connection:
        return {source.name: source.id for source in collect.sources(connection)}


def _entry(request: Request, numbers: dict[str, int]) -> Entry:
    return Entry(
        received_at=request.received_at,
        source=numbers[request.source],
        kind=request.kind,
        messages=request.messages,
        body=request.body,
    )
