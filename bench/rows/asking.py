"""Questions over the whole history of ten million facts, in one process: facts by channel and day in Amsterdam, and the newest page
of persons' timelines, through the warehouse and as hand-written SQL in a DuckDB of its own on the same Parquet files, in turn.

For the count the faster of two ways of writing it is the baseline: the day of every fact, or its hour first and then the days of these
few hours. Answers must be equal. Paths, funnel and channel result do not exist yet.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import sqlalchemy as sa

from beleef.identity import api as identity
from beleef.profiles.tables import profiles
from beleef.store.warehouse import queries
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.model import Count
from bench.apart import apart
from bench.by_hand import by_hand
from bench.installation import opened
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Questions over the history"

_ROUNDS = 7
_PERSONS = 20
_PAGE = 50
_ZONE = "Europe/Amsterdam"
_MOST_RATIO = 1.5
_HOUR = 3_600_000_000

_BY_FACT = f"""
    SELECT channel, CAST(occurred_at AT TIME ZONE '{_ZONE}' AS DATE) AS day, count(*) FROM facts GROUP BY ALL
"""
_BY_HOUR = f"""
    SELECT channel, CAST(make_timestamp(hour * {_HOUR}) AT TIME ZONE 'UTC' AT TIME ZONE '{_ZONE}' AS DATE) AS day, sum(facts)
    FROM (SELECT channel, epoch_us(occurred_at) // {_HOUR} AS hour, count(*) AS facts FROM facts GROUP BY ALL) GROUP BY ALL
"""
_TIMELINE = """
    SELECT * FROM facts WHERE subject IN (SELECT unnest(?)) ORDER BY occurred_at DESC, id DESC LIMIT 50
"""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How long one question took, round by round, in seconds.

    Attributes:
        beleef: Through the warehouse.
        sql: As hand-written SQL, the fastest way of writing it.
        rows: How many rows the answer has.
    """

    beleef: list[float]
    sql: list[float]
    rows: int


def measure(run: Run) -> Outcome:
    """Measure the row."""
    data = run.history.data
    run.say("asking")
    facts, counts, pages = apart(_ask, data)
    millions = f"{facts / 1e6:.1f} million facts"
    return Outcome(
        results=(
            _result(f"facts by channel and day, {millions}", counts),
            _result(f"newest {_PAGE} facts of a person, {millions}", pages),
        ),
        details=(
            (
                f"rounds' ratios: counts {spread(_ratios(counts))} ({counts.rows:,} rows), timelines {spread(_ratios(pages))} "
                f"({_PERSONS} persons a round, {pages.rows:,} rows)"
            ),
        ),
    )


def _ratios(asked: Asked) -> list[float]:
    return [mine / best for mine, best in zip(asked.beleef, asked.sql, strict=True)]


def _result(row: str, asked: Asked) -> Result:
    ratio = median(_ratios(asked))
    return Result(
        row=row,
        measured=f"{1_000 * median(asked.beleef):.1f} ms",
        baseline=f"{1_000 * median(asked.sql):.1f} ms, hand-written SQL",
        ratio=ratio,
        budget=f"≤ {_MOST_RATIO} ×",  # noqa: RUF001 -- a multiplication sign
        holds=ratio <= _MOST_RATIO,
    )


def _ask(data: Path) -> tuple[int, Asked, Asked]:
    """Return how many facts there are, and how long the count and a person's page took."""
    with opened(data) as stores, by_hand(stores) as duck:
        with stores.database.read() as connection:
            files = queries.files(connection)
            people = _some_people(connection)
        counts = _counts(stores.warehouse, duck)
        pages = _pages(stores.warehouse, duck, people)
        return sum(file.rows for file in files), counts, pages


def _some_people(connection: sa.Connection) -> list[tuple[int, ...]]:
    """Return the subjects of some persons at random who have several facts."""
    wanted = sa.select(profiles.c.subject).where(profiles.c.facts >= 20).order_by(profiles.c.subject)
    subjects = random.Random(17).sample(connection.execute(wanted).scalars().all(), _PERSONS)
    numbers = identity.persons_of(connection, subjects)
    found = [identity.person(connection, numbers[subject]) for subject in subjects]
    return [tuple(person.subjects) for person in found if person is not None]


def _counts(warehouse: Warehouse, duck: duckdb.DuckDBPyConnection) -> Asked:
    def beleef() -> list[Count]:
        return warehouse.counts(("channel", "day"), zone=_ZONE)

    ways = [_asking(duck, sql) for sql in (_BY_FACT, _BY_HOUR)]
    known = {count.key: count.facts for count in beleef()}
    for way in ways:
        if {(channel, str(day)): int(facts) for channel, day, facts in way()} != known:
            raise RuntimeError("The hand-written SQL counts something else.")
    best = min(ways, key=_seconds)
    return _in_turn(beleef, best, len(known))


def _pages(warehouse: Warehouse, duck: duckdb.DuckDBPyConnection, people: list[tuple[int, ...]]) -> Asked:
    def beleef() -> list[int]:
        return [fact.id for one in people for fact in warehouse.timeline(one, limit=_PAGE)]

    def sql() -> list[int]:
        # As Arrow tables: for rows of Python, DuckDB needs a package more.
        pages: list[pa.Table] = [duck.sql(_TIMELINE, params=[list(one)]).to_arrow_table() for one in people]
        return [number for page in pages for number in page["id"].to_pylist()]

    known = beleef()
    if sql() != known:
        raise RuntimeError("The hand-written SQL gives other pages.")
    asked = _in_turn(beleef, sql, len(known))
    each = len(people)
    return Asked(
        beleef=[seconds / each for seconds in asked.beleef],
        sql=[seconds / each for seconds in asked.sql],
        rows=asked.rows,
    )


def _asking(duck: duckdb.DuckDBPyConnection, sql: str) -> Callable[[], list[Any]]:
    return lambda: duck.execute(sql).fetchall()


def _in_turn(beleef: Callable[[], object], sql: Callable[[], object], rows: int) -> Asked:
    times = [(_seconds(beleef), _seconds(sql)) for _ in range(_ROUNDS)]
    return Asked(beleef=[mine for mine, _ in times], sql=[best for _, best in times], rows=rows)


def _seconds(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return time.perf_counter() - began
