"""Memory: `beleef serve --web` at rest, against an empty ASGI app on the same server; and the most that `beleef serve --worker` ever
held while it worked on facts about a million known persons, against the same worker on the demo in a fresh folder.

The operating system's figures count. "Own" leaves out pages of files that are mapped (the state, up to 1 GiB), which the system
takes back as soon as somebody else needs the room.
"""

import random
import time
from pathlib import Path

from beleef import operation
from beleef.app import Stores
from beleef.collect import api as collect
from beleef.store.log.port import Entry
from bench.installation import demo, fill, install, opened, user
from bench.messages import BATCH, track
from bench.processes import Memory, Server, baseline, beleef_web, beleef_worker
from bench.result import Outcome, Result
from bench.run import Run

TITLE = "Memory"

_SETTLE_S = 2.0
_WATCH_S = 0.05
_PATIENCE_S = 600.0
_MOST_WEB_MIB = 200.0
_MOST_WORKER_MIB = 1024.0


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made, facts = run.people, run.sizes.memory_facts
    with beleef_web(made.data) as web, baseline("empty") as empty:
        time.sleep(_SETTLE_S)
        idle, bare = web.memory(), empty.memory()
    with opened(made.data) as stores:
        _visit(stores, run.sizes.people, facts)
    full, own = _most(made.data)
    fresh = install(run.folder / "memory").data
    with opened(fresh) as stores:
        fill(stores, demo(facts), facts)
    small, _ = _most(fresh)
    return Outcome(
        results=(_web(idle, bare), _worker(run, full, small)),
        details=(
            (
                f"web at rest: own {idle.own:.0f} MiB; worker at its peak: own {own:.0f} MiB; "
                f"{facts:,} facts about persons at random, in batches of up to {stores.settings.batch_messages:,}"
            ),
        ),
    )


def _visit(stores: Stores, people: int, facts: int) -> None:
    """Put facts about known persons at random into the log: nearly each touches another person."""
    chance = random.Random(13)
    with stores.database.read() as connection:
        web = collect.source(connection, "web").id
    for first in range(0, facts, BATCH):
        messages = [
            track(number, user=user(chance.randrange(people))) for number in range(first, first + BATCH)
        ]
        body = f'{{"batch":[{",".join(messages)}]}}'.encode()
        stores.log.append(
            [Entry(received_at=stores.now(), source=web, kind="batch", messages=BATCH, body=body)]
        )


def _most(data: Path) -> tuple[Memory, float]:
    """Let a worker work on all that waits; return its memory at the end and the most of its own it ever had, in MiB."""
    with opened(data) as stores, beleef_worker(data) as worker:
        own, deadline = 0.0, time.monotonic() + _PATIENCE_S
        while operation.status(stores).lag_facts:
            own = max(own, _own(worker))
            if time.monotonic() > deadline:
                raise RuntimeError("The worker did not catch up.")
            time.sleep(_WATCH_S)
        return worker.memory(), own


def _own(worker: Server) -> float:
    return worker.memory().own


def _web(idle: Memory, bare: Memory) -> Result:
    return Result(
        row="memory of an idle web process",
        measured=f"{idle.resident:.0f} MiB",
        baseline=f"{bare.resident:.0f} MiB, empty app",
        ratio=idle.resident / bare.resident,
        budget=f"≤ {_MOST_WEB_MIB:.0f} MiB",
        holds=idle.resident <= _MOST_WEB_MIB,
    )


def _worker(run: Run, full: Memory, small: Memory) -> Result:
    return Result(
        row=f"memory of the worker at its peak, {run.sizes.people:,} persons",
        measured=f"{full.peak:.0f} MiB",
        baseline=f"{small.peak:.0f} MiB, fresh folder",
        ratio=full.peak / small.peak,
        budget=f"≤ {_MOST_WORKER_MIB:.0f} MiB",
        holds=full.peak <= _MOST_WORKER_MIB,
    )
