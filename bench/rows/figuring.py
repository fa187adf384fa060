"""Figures of a survey with a million scores, as its page shows them: the score as a whole, by touchpoint with each held against the others,
by product, and month by month with its trend; every one with its interval.

The answers are of 6 touchpoints and 50 products, and feedback's own step takes them in. The baseline counts the same scores the same four
ways by hand-written SQL, in a DuckDB of its own on a Parquet file of them; it works out no interval, compares nothing, and knows neither
who was erased nor which answers are flagged.
"""

import random
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from beleef.app import build_feedback
from beleef.facts.fact import Fact
from beleef.feedback.api import Feedback, GroupBy
from beleef.feedback.responding import take_in
from beleef.feedback.telling import ANSWERED
from beleef.kernel.clock import from_datetime
from beleef.metrics import api as metrics
from beleef.metrics.api import Figure
from beleef.store.records.database import Database
from bench.apart import apart
from bench.installation import install, opened
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Figures"

_MOST_S = 1.0
_SEED = 5
_AT_ONCE = 5_000
_PRODUCTS = tuple(f"p-{number}" for number in range(50))
_TOUCHPOINTS = ("checkout", "service-desk", "delivery", "shop-utrecht", "helpline", "website")
_MONTHS = tuple(f"2025-{month:02}" for month in range(1, 13))
_BY_HAND = (
    "SELECT value, count(*) FROM scores GROUP BY value",
    "SELECT touchpoint, value, count(*) FROM scores GROUP BY touchpoint, value",
    "SELECT product, value, count(*) FROM scores GROUP BY product, value",
    "SELECT month, value, count(*) FROM scores GROUP BY month, value",
)


def measure(run: Run) -> Outcome:
    """Measure the row."""
    run.say(f"putting {run.sizes.answers:,} answers in")
    made = install(run.folder / "figures")
    taken = apart(_fill, made.data, run.sizes.answers, str(run.folder / "scores.parquet"))
    run.say("asking for figures")
    rounds = max(3, run.sizes.rounds)
    seconds, by_hand = apart(_measure, made.data, str(run.folder / "scores.parquet"), rounds)
    mine, theirs = median(seconds), median(by_hand)
    return Outcome(
        results=(
            Result(
                row=f"figures over {run.sizes.answers:,} answers: whole, by touchpoint, by product, by month",
                measured=f"{mine * 1000:,.0f} ms",
                baseline=f"{theirs * 1000:,.0f} ms, hand-written DuckDB, counts alone",
                ratio=median([one / other for one, other in zip(seconds, by_hand, strict=True)]),
                budget=f"≤ {_MOST_S:.0f} s",
                holds=mine <= _MOST_S,
            ),
        ),
        details=(
            f"rounds {spread(seconds, digits=3)} s",
            f"the step took {taken:,.0f} answers a second in, each a response of its own, and kept their counts",
        ),
    )


def _fill(data: Path, answers: int, parquet: str) -> float:
    """Let the step take the answers in as it takes in imported ones; return how many it took a second."""
    generator = random.Random(_SEED)
    touchpoints = generator.choices(_TOUCHPOINTS, k=answers)
    products = generator.choices(_PRODUCTS, k=answers)
    months = sorted(generator.choices(range(12), k=answers))
    values = generator.choices(range(11), weights=[1, 1, 1, 1, 1, 3, 4, 10, 18, 25, 35], k=answers)
    facts = [
        _answered(place, touchpoints[place], products[place], months[place], values[place])
        for place in range(answers)
    ]
    began = time.perf_counter()
    with opened(data) as stores:
        for start in range(0, answers, _AT_ONCE):
            with stores.database.write() as connection:
                take_in(connection, [(fact.id, fact) for fact in facts[start : start + _AT_ONCE]], {})
    took = time.perf_counter() - began
    named = [f"2025-{month + 1:02}" for month in months]
    table = pa.table(
        {
            "touchpoint": touchpoints,
            "product": products,
            "month": named,
            "value": pa.array(values, pa.float64()),
        }
    )
    pq.write_table(table, parquet)
    return answers / took


def _answered(place: int, touchpoint: str, product: str, month: int, value: int) -> Fact:
    at = from_datetime(datetime(2025, month + 1, 1 + place % 28, tzinfo=UTC))
    return Fact(
        id=place + 1,
        message_id=f"answer-{place}",
        type="track",
        name=ANSWERED,
        source="panel",
        channel="email",
        touchpoint=touchpoint,
        product=product,
        occurred_at=at,
        received_at=at,
        properties={
            "survey": "relation",
            "question": "score",
            "kind": "nps",
            "value": value,
            "language": "nl",
        },
    )


def _measure(data: Path, parquet: str, rounds: int) -> tuple[list[float], list[float]]:
    """Return how long Beleef and the hand-written queries took, in seconds, round by round, after one round to warm up."""
    by_hand = duckdb.connect()
    by_hand.execute(f"CREATE VIEW scores AS SELECT * FROM '{parquet}'")
    with opened(data) as stores:
        feedback = build_feedback(stores)
        taken = [_turn(feedback, stores.database, by_hand) for _ in range(rounds + 1)][1:]
    by_hand.close()
    return [mine for mine, _ in taken], [theirs for _, theirs in taken]


def _turn(feedback: Feedback, database: Database, by_hand: duckdb.DuckDBPyConnection) -> tuple[float, float]:
    began = time.perf_counter()
    with database.read() as connection:
        whole = _figures(feedback, connection)
    mine = time.perf_counter() - began
    began = time.perf_counter()
    counted = [by_hand.sql(sql).fetchall() for sql in _BY_HAND]
    theirs = time.perf_counter() - began
    n = sum(count for _, count in counted[0])
    promoters = sum(count for value, count in counted[0] if value >= 9)
    detractors = sum(count for value, count in counted[0] if value <= 6)
    by_hand_score = 100 * (promoters - detractors) / n
    if whole.value is None or abs(whole.value - by_hand_score) > 1e-9:
        raise RuntimeError(f"{whole.value} against {by_hand_score} by hand.")
    return mine, theirs


def _figures(feedback: Feedback, connection: sa.Connection) -> Figure:
    def scores(by: GroupBy | None) -> list[Figure]:
        groups = feedback.counts(connection, "relation", "score", by=by).groups
        return [metrics.figure("nps", group.histogram) for group in groups]

    (whole,) = scores(None)
    metrics.compare_with_rest(scores("touchpoint"))
    metrics.compare_with_rest(scores("product"))
    metrics.trend(scores("month"))
    return whole
