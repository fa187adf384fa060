"""Looking a profile up: `beleef serve --web` on a folder in which a million persons are known, each by a customer number, an e-mail
address and a device; `GET /v1/people/{namespace}:{value}` for persons and namespaces at random, 8 connections in a closed loop.

The persons came in through the pipeline, three facts each, so every profile combines two subjects and ten computed traits. One
baseline is the same Litestar route on the same server answering with a constant person, in turn with Beleef; the other, without
HTTP, is reading the stored state of a subject from the same SQLite file by its primary key.
"""

import random
import sqlite3
import time
from pathlib import Path

import httpx

from bench.apart import apart
from bench.installation import device, email, user
from bench.load.client import request_bytes
from bench.processes import baseline, beleef_web
from bench.result import Outcome, Result, median, percentile, spread
from bench.rows.accepting import Turn, ratios, take_turns
from bench.run import Run

TITLE = "Looking a profile up"

_CONNECTIONS = 8
_REQUESTS = 100_000
_READS = 50_000
_LEAST_PER_S = 2_000
_MOST_P99_MS = 10.0


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made = run.people
    chance = random.Random(7)
    whom = [_name(chance, chance.randrange(run.sizes.people)) for _ in range(_REQUESTS)]
    requests = [request_bytes("GET", f"/v1/people/{who}", token=made.token) for who in whom]
    with beleef_web(made.data) as own:
        answer = httpx.get(
            f"http://127.0.0.1:{own.port}/v1/people/{whom[0]}",
            headers={"Authorization": f"Bearer {made.token}"},
            timeout=30,
        )
        answer.raise_for_status()
        constant = run.folder / "person.json"
        constant.write_bytes(answer.content)
        with baseline("constant", str(constant)) as plain:
            rounds = take_turns(run, own, plain, requests, _CONNECTIONS)
    return Outcome(results=_results(run, rounds), details=_details(run, rounds, len(answer.content)))


def _name(chance: random.Random, number: int) -> str:
    names = (f"user_id:{user(number)}", f"email:{email(number)}", f"anonymous_id:{device(number)}")
    return names[chance.randrange(len(names))]


def _results(run: Run, rounds: list[tuple[Turn, Turn]]) -> tuple[Result, ...]:
    rate, constant = (median([turns[place].load.requests_per_s for turns in rounds]) for place in (0, 1))
    slowest, plain = (median([turns[place].load.p99_ms for turns in rounds]) for place in (0, 1))
    return (
        Result(
            row=f"profile by any identifier, {run.sizes.people:,} persons, {_CONNECTIONS} connections",
            measured=f"{rate:,.0f} requests/s",
            baseline=f"{constant:,.0f} requests/s, same route, constant answer",
            ratio=median(ratios(rounds)),
            budget=f"≥ {_LEAST_PER_S:,} requests/s",
            holds=rate >= _LEAST_PER_S,
        ),
        Result(
            row="p99 of these",
            measured=f"{slowest:.1f} ms",
            baseline=f"{plain:.1f} ms, same route, constant answer",
            ratio=slowest / plain,
            budget=f"≤ {_MOST_P99_MS:.0f} ms",
            holds=slowest <= _MOST_P99_MS,
        ),
    )


def _details(run: Run, rounds: list[tuple[Turn, Turn]], size: int) -> tuple[str, ...]:
    reads_per_s, p99_us = apart(_bare_reads, run.people.data / "records.db")
    records = (run.people.data / "records.db").stat().st_size
    return (
        (
            f"ratios {spread(ratios(rounds))}; processor time per request "
            f"{median([mine.cpu_us for mine, _ in rounds]):.0f} µs, constant answer "
            f"{median([theirs.cpu_us for _, theirs in rounds]):.0f} µs; {size:,} bytes an answer"
        ),
        f"bare SQLite, one state by primary key in this process: {reads_per_s:,.0f} reads/s, p99 {p99_us:.0f} µs",
        f"state on disk: {records / run.sizes.people:,.0f} bytes a person",
    )


def _bare_reads(file: Path) -> tuple[float, float]:
    """Return reads per second and the p99 in microseconds of reading a random subject's state."""
    connection = sqlite3.connect(file)
    subjects = [row[0] for row in connection.execute("SELECT subject FROM profiles")]
    chosen = random.Random(7).choices(subjects, k=_READS)
    times = []
    began = time.perf_counter()
    for subject in chosen:
        start = time.perf_counter()
        connection.execute("SELECT state FROM profiles WHERE subject = ?", (subject,)).fetchone()
        times.append(time.perf_counter() - start)
    took = time.perf_counter() - began
    connection.close()
    return _READS / took, percentile(times, 0.99) * 1e6
