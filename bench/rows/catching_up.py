"""The worker catching up: the demo's history waits in the log, and one worker in one process works on all of it: identity,
profiles with the ten computed traits of the demo, twenty audiences kept live, filing into the lake.

The figure is facts per second of processor time, all threads together. The baseline is the barest loop that keeps anything:
the same log read in the same batches, msgspec into structs, a set of message ids, a dictionary of identifiers, two counters per
person, one SQLite commit a batch. They take turns, each in a fresh process; the ratio is the median of the rounds' ratios.
"""

import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.store.records.database import Database, insert
from bench.apart import apart
from bench.installation import demo, fill, install, opened
from bench.result import Outcome, Result, median, spread
from bench.run import Part, Run, catch_up

TITLE = "The worker catching up"

_LEAST_FACTS_PER_S = 40_000
_AUDIENCES = 20


def measure(run: Run) -> Outcome:
    """Measure the row."""
    data = install(run.folder / "catch-up", audiences=_AUDIENCES).data
    run.say(f"filling the log with {run.sizes.catch_up_facts:,} facts")
    with opened(data) as stores:
        fill(stores, demo(run.sizes.catch_up_facts), run.sizes.catch_up_facts)
    rounds = []
    for number in range(run.sizes.rounds):
        copy = run.folder / f"catch-up-{number}"
        shutil.copytree(data, copy)
        rounds.append((apart(catch_up, copy), apart(_bare, copy)))
        shutil.rmtree(copy)
        mine, bare = (1e6 / part.us_per_fact() for part in rounds[-1])
        run.say(f"round {number + 1}: {mine:,.0f} facts/s per core, the bare loop {bare:,.0f}")
    return Outcome(results=(_result(rounds),), details=tuple(_details(rounds)))


def _result(rounds: list[tuple[Part, Part]]) -> Result:
    mine, bare = (median([1e6 / turns[place].us_per_fact() for turns in rounds]) for place in (0, 1))
    return Result(
        row=f"worker catching up: identity, 10 computed traits, {_AUDIENCES} audiences, lake",
        measured=f"{mine:,.0f} facts/s per core",
        baseline=f"{bare:,.0f} facts/s, the bare loop",
        ratio=median(_ratios(rounds)),
        budget=f"≥ {_LEAST_FACTS_PER_S:,} facts/s per core",
        holds=mine >= _LEAST_FACTS_PER_S,
    )


def _ratios(rounds: list[tuple[Part, Part]]) -> list[float]:
    return [bare.us_per_fact() / mine.us_per_fact() for mine, bare in rounds]


def _details(rounds: list[tuple[Part, Part]]) -> list[str]:
    parts = sorted((mine for mine, _ in rounds), key=Part.us_per_fact)
    wall = median([part.facts / part.wall_s for part in parts])
    middle = parts[len(parts) // 2]
    return [
        f"ratios {spread(_ratios(rounds), digits=3)}; by the clock {wall:,.0f} facts/s; {parts[0].facts:,} facts",
        f"processor time per fact {middle.us_per_fact():.1f} µs: {middle.steps_text()}",
    ]


class _Message(msgspec.Struct):
    # Types are loose, because the demo has some faulty messages too.
    type: Any = None
    messageId: Any = None  # noqa: N815 -- the wire's spelling
    userId: Any = None  # noqa: N815
    anonymousId: Any = None  # noqa: N815
    event: Any = None
    timestamp: Any = None
    properties: Any = None
    traits: Any = None
    context: Any = None


class _Body(msgspec.Struct):
    batch: list[_Message]


_decode = msgspec.json.Decoder(_Body).decode

_counters = sa.Table(
    "bare_counters",
    sa.MetaData(),
    sa.Column("person", sa.Integer, primary_key=True),
    sa.Column("facts", sa.Integer, nullable=False),
    sa.Column("revenue", sa.Float, nullable=False),
)


class _BareLoop:
    """What a loop keeps that keeps next to nothing."""

    def __init__(self, file: Path) -> None:
        self._database = Database(f"sqlite:///{file}", durable=False)
        self._seen: set[object] = set()
        self._persons: dict[object, int] = {}
        self._counters: dict[int, list[float]] = {}
        with self._database.write() as connection:
            _counters.create(connection)
            statement = insert(_counters, connection)
            self._save = str(
                statement.on_conflict_do_update(
                    index_elements=["person"],
                    set_={name: statement.excluded[name] for name in ("facts", "revenue")},
                ).compile(dialect=connection.dialect)
            )

    def work(self, bodies: list[bytes]) -> None:
        changed: set[int] = set()
        for body in bodies:
            for message in _decode(body).batch:
                if message.messageId not in self._seen:
                    self._seen.add(message.messageId)
                    changed.add(self._count(message))
        rows = [(person, *self._counters[person]) for person in changed]
        with self._database.write() as connection:
            connection.exec_driver_sql(self._save, rows)

    def _count(self, message: _Message) -> int:
        who = message.userId or message.anonymousId or ""
        person = self._persons.setdefault(who, len(self._persons))
        kept = self._counters.setdefault(person, [0, 0.0])
        kept[0] += 1
        properties = message.properties
        if isinstance(properties, dict) and "revenue" in properties:
            kept[1] += float(properties["revenue"] or 0)
        return person

    def close(self) -> None:
        self._database.close()


def _bare(data: Path) -> Part:
    with opened(data) as stores:
        loop = _BareLoop(data / "bare.db")
        facts = position = 0
        began, cpu = time.perf_counter(), time.process_time()
        while placed := stores.log.read(after=position, messages=stores.settings.batch_messages):
            loop.work([one.entry.body for one in placed])
            facts += sum(one.entry.messages for one in placed)
            position = placed[-1].position
        part = Part(
            facts=facts,
            cpu_s=time.process_time() - cpu,
            wall_s=time.perf_counter() - began,
            steps={},
        )
        loop.close()
    return part
