"""One run of the benchmark: its sizes, its temporary folder, and the data that several rows share, built once."""

import sys
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import msgspec

from beleef.app import Stores, build_worker
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from beleef.worker import calm_garbage_collection
from bench.apart import apart
from bench.installation import Installation, demo, fill, install, opened, populate
from bench.sizes import Sizes
from bench.stopwatch import by_step

_PERSONS_AT_ONCE = 100_000
_LARGE_BATCH = "300000"
"""Messages in a batch while persons are made: new ones are strewn over all pages of the tables, so fewer commits write less."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What it cost to work on one part of a history.

    Attributes:
        facts: How many facts.
        cpu_s: Seconds of processor time.
        wall_s: Seconds.
        steps: Seconds of processor time by step.
    """

    facts: int
    cpu_s: float
    wall_s: float
    steps: dict[str, float]

    def us_per_fact(self) -> float:
        """Return microseconds of processor time per fact."""
        return self.cpu_s * 1e6 / self.facts

    def steps_text(self) -> str:
        """Return microseconds per fact by step as text."""
        return ", ".join(f"{name} {seconds * 1e6 / self.facts:.2f}" for name, seconds in self.steps.items())


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A long history that was worked on part by part, and what each part cost."""

    data: Path
    parts: tuple[Part, ...]


class Run:
    """One run.

    Args:
        sizes: How much to do.
        folder: An empty folder, removed by whoever made it.
    """

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        self.sizes = sizes
        self.folder = folder

    def say(self, text: str) -> None:
        """Tell on standard error what goes on."""
        print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    @cached_property
    def people(self) -> Installation:
        """A folder in which as many persons are known as the sizes say, worked on and at rest."""
        self.say(f"making {self.sizes.people:,} persons, through the pipeline")
        made = install(self.folder / "people")
        part = apart(_work_on_people, made.data, self.sizes.people)
        self.say(
            f"made in {part.wall_s:.0f} s, {part.us_per_fact():.1f} µs of processor time a fact: {part.steps_text()}"
        )
        return made

    @cached_property
    def history(self) -> History:
        """A folder with the long history, and what each part of it cost."""
        sizes = self.sizes
        self.say(f"working on a history of {sizes.parts * sizes.part_facts:,} facts")
        data = install(self.folder / "history").data
        return History(data=data, parts=apart(_work_on_history, data, sizes.parts, sizes.part_facts))


def catch_up(data: Path) -> Part:
    """Let a worker in this process work on all that waits in a folder's log, filing included, and measure it."""
    with opened(data) as stores, by_step() as steps:
        return _measured(_to_the_end(stores), steps)


def _to_the_end(stores: Stores) -> Callable[[], int]:
    """Return a function that works on all that waits, and files all of it, as the worker would within a minute."""
    worker = build_worker(stores)
    filer = Filer(stores.database, Lake(stores.settings.lake), now=stores.now)

    def work() -> int:
        facts = worker.catch_up()
        filer.file(everything=True)
        return facts

    return work


def _measured(work: Callable[[], int], steps: dict[str, float]) -> Part:
    calm_garbage_collection()
    before = dict(steps)
    began, cpu = time.perf_counter(), time.process_time()
    facts = work()
    return Part(
        facts=facts,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - began,
        steps={name: seconds - before[name] for name, seconds in steps.items()},
    )


def _work_on_people(data: Path, people: int) -> Part:
    with opened(data, BELEEF_BATCH=_LARGE_BATCH) as stores, by_step() as steps:
        worker = build_worker(stores)
        parts = []
        for first in range(0, people, _PERSONS_AT_ONCE):
            populate(stores, first, min(people, first + _PERSONS_AT_ONCE))
            parts.append(_measured(worker.catch_up, steps))
    return Part(
        facts=sum(part.facts for part in parts),
        cpu_s=sum(part.cpu_s for part in parts),
        wall_s=sum(part.wall_s for part in parts),
        steps=dict(steps),
    )


def _work_on_history(data: Path, parts: int, part_facts: int) -> tuple[Part, ...]:
    requests = demo(parts * part_facts)
    done = []
    with opened(data) as stores, by_step() as steps:
        work = _to_the_end(stores)
        for number in range(parts):
            fill(stores, requests, part_facts)
            done.append(_measured(work, steps))
            print(
                f"    part {number + 1} of {parts}: {done[-1].us_per_fact():.1f} µs a fact",
                file=sys.stderr,
                flush=True,
            )
    return tuple(done)
