"""The demo: a simulated organisation loaded into a data folder, and facts that go on trickling in while it runs."""

import multiprocessing
import multiprocessing.queues
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

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
from beleef.living import SimulatedClock, Weeks, begins_at
from beleef.profiles.defaults import SHOP
from beleef.servicing import install_service, live_service
from beleef.store.log.port import Entry
from beleef.worker import Worker

if TYPE_CHECKING:
    from types import FrameType

_AT_ONCE = 2_000
_LEAST_BATCH = 500
_NOT_BY_AGE_S = 10**9
"""While the history is loaded, months go by in seconds: facts are filed by their number, not by their age."""
_MOST_WAITING = 200_000
"""How far the history may run ahead of the worker while it is loaded: more would only lie about in the log."""
_QUEUED = 50

Rest: TypeAlias = "multiprocessing.queues.Queue[list[Entry] | None]"
"""What arrives in the weeks that are lived through, in order; None at the end."""


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
        live_service(stores, persons=world.persons, end=world.end, seed=world.seed)
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
    install_service(stores, world.end)


def _add_source(connection: sa.Connection, source: DemoSource, now: int) -> None:
    added = collect.add_source(
        connection, name=source.name, channel=source.channel, now=now, touchpoints=source.touchpoints
    )
    # The simulated requests carry this key; it opens nothing real.
    collect.change_source(connection, msgspec.structs.replace(added, write_key=source.write_key))


def _load_history(stores: Stores, world: World, bar: Progress) -> None:
    """Write the history in a process of its own, and work on it in this one, week by week of the simulated world."""
    spawn = multiprocessing.get_context("spawn")
    done = spawn.Event()
    room = spawn.Semaphore(_MOST_WAITING // _AT_ONCE)
    rest: Rest = spawn.Queue(_QUEUED)
    writer = spawn.Process(
        target=_write_history, args=(stores.settings, world, done, room, rest), daemon=True
    )
    writer.start()
    task = bar.add_task("Simulating a year and a half", total=world.persons * FACTS_PER_PERSON)
    released = 0

    def advance(worked: int) -> None:
        nonlocal released
        bar.update(task, advance=worked)
        released += worked
        while released >= _AT_ONCE:
            released -= _AT_ONCE
            room.release()

    a_week = world.persons * FACTS_PER_PERSON * 7 // (world.months * 30)
    settings = msgspec.structs.replace(
        stores.settings, batch_messages=max(_LEAST_BATCH, a_week), file_after_s=_NOT_BY_AGE_S
    )
    then = SimulatedClock()
    past = Stores(settings, durable=False, now=then)

    def live(worker: Worker) -> None:
        if done.is_set():
            weeks = Weeks(past, then, worker, _source_numbers(stores), world.seed)
            weeks.install(begins_at(world.end))
            weeks.live(_arriving(rest), world.end, lambda worked: bar.update(task, advance=worked))

    try:
        _work_through(past, then, lambda: done.is_set() or not writer.is_alive(), advance, live)
    finally:
        past.close()
    writer.join()
    if writer.exitcode:
        raise Conflict(
            "The simulation stopped half-way.", hint="Remove the folder and try again; the reason is above."
        )


def _work_through(
    past: Stores,
    then: SimulatedClock,
    is_written: Callable[[], bool],
    advance: Callable[[int], None],
    live: Callable[[Worker], None],
) -> None:
    """Work on the history until it is written and worked on, live through its last weeks, and do what has become due until now.

    People enter and leave audiences on the days of their facts, so the worker's clock follows these.
    """
    worker = build_worker(past)
    worker.claim()
    is_present = False
    while True:
        # Asked first: what is written between the question and the work is found by the next round.
        finished = is_written()
        then.at = max(then.at, clock.now() if is_present else _coming(past))
        worked = worker.work()
        advance(worked)
        did_something = worker.do_chores()
        if worked or did_something:
            continue
        if is_present:
            break
        if finished:
            live(worker)
        is_present = finished
        if not finished:
            time.sleep(0.05)
    worker.release()


def _coming(past: Stores) -> int:
    """Return when the last of the messages that the worker takes next was received, in microseconds; 0 where none waits."""
    with past.database.read() as connection:
        position = collect.progress(connection).position
    placed = past.log.read(after=position, messages=past.settings.batch_messages)
    return max((one.entry.received_at for one in placed), default=0)


def _arriving(rest: Rest) -> Iterator[Entry]:
    while (entries := rest.get()) is not None:
        yield from entries


def _write_history(
    settings: settings_.Settings,
    world: World,
    done: threading.Event,
    room: threading.Semaphore,
    rest: Rest,
) -> None:
    stores = Stores(settings, durable=False)
    numbers = _source_numbers(stores)
    entries: list[Entry] = []
    waiting = 0
    lived_from = begins_at(world.end)
    for request in generate(world.persons, world.end, world.seed, world.months):
        if request.received_at > lived_from and not done.is_set():
            stores.log.append(entries)
            entries, waiting = [], 0
            stores.close()
            done.set()
        entries.append(_entry(request, numbers))
        waiting += request.messages
        if waiting >= _AT_ONCE:
            if done.is_set():
                rest.put(entries)
            else:
                room.acquire()
                stores.log.append(entries)
            entries, waiting = [], 0
    if not done.is_set():
        stores.log.append(entries)
        stores.close()
        done.set()
    else:
        rest.put(entries)
    rest.put(None)


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
