"""Accepting one fact per request, each on disk before its answer: `beleef serve --web` on a fresh folder, against an empty ASGI app
that reads the body and says yes, on the same embedded server, loop and settings.

The two take turns under the same closed-loop load, with 64 and with 256 connections; the ratio is the median of the rounds'
ratios. Then half of the rate reached with 64 connections comes in steadily, from an open loop of our own: the p99 counts from the
moment a request was due.
"""

import sqlite3
from pathlib import Path

import msgspec

from bench.installation import install
from bench.load import client
from bench.load.closed import closed_loop
from bench.load.report import Load
from bench.messages import singles
from bench.processes import Server, baseline, beleef_web
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Accept one fact per request"

_CONNECTIONS = (64, 256)
_BODIES = 2_000
_LEAST_RATIO = 0.5
_MOST_P99_MS = 50.0


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of load on one server.

    Attributes:
        load: How it answered.
        cpu_us: Microseconds of the server's processor time per request.
    """

    load: Load
    cpu_us: float


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made = install(run.folder / "accept")
    requests = singles(_BODIES, made.write_key)
    with beleef_web(made.data) as own, baseline("empty") as empty:
        for server in (own, empty):
            closed_loop(server.port, requests, connections=_CONNECTIONS[0], seconds=1)
        rounds = {count: take_turns(run, own, empty, requests, count) for count in _CONNECTIONS}
        rate = median([mine.load.requests_per_s for mine, _ in rounds[_CONNECTIONS[0]]]) / 2
        steady = _steady(run, own, empty, requests, rate)
    return Outcome(
        results=(*(_result(turns, count) for count, turns in rounds.items()), steady),
        details=(*(_detail(turns, count) for count, turns in rounds.items()), _shared(made.data)),
    )


def take_turns(
    run: Run, own: Server, other: Server, requests: list[bytes], connections: int
) -> list[tuple[Turn, Turn]]:
    """Put the same load on two servers in turn, and return what each round gave."""
    rounds = []
    for number in range(run.sizes.rounds):
        mine, theirs = (_turn(server, requests, connections, run.sizes.load_s) for server in (own, other))
        run.say(
            f"{connections} connections, round {number + 1}: {mine.load.requests_per_s:,.0f} requests/s, "
            f"the other {theirs.load.requests_per_s:,.0f}"
        )
        rounds.append((mine, theirs))
    return rounds


def ratios(rounds: list[tuple[Turn, Turn]]) -> list[float]:
    """Return each round's ratio of requests per second."""
    return [mine.load.requests_per_s / theirs.load.requests_per_s for mine, theirs in rounds]


def _turn(server: Server, requests: list[bytes], connections: int, seconds: float) -> Turn:
    before = server.cpu_s()
    load = closed_loop(server.port, requests, connections=connections, seconds=seconds)
    return Turn(load=load, cpu_us=(server.cpu_s() - before) * 1e6 / load.requests)


def _result(rounds: list[tuple[Turn, Turn]], connections: int) -> Result:
    ratio = median(ratios(rounds))
    return Result(
        row=f"accept one fact per request, durable, {connections} connections",
        measured=f"{median([mine.load.requests_per_s for mine, _ in rounds]):,.0f} facts/s",
        baseline=f"{median([theirs.load.requests_per_s for _, theirs in rounds]):,.0f} requests/s, empty app",
        ratio=ratio,
        budget=f"≥ {_LEAST_RATIO} ×",  # noqa: RUF001 -- a multiplication sign
        holds=ratio >= _LEAST_RATIO,
    )


def _detail(rounds: list[tuple[Turn, Turn]], connections: int) -> str:
    mine, theirs = ([turn[place] for turn in rounds] for place in (0, 1))
    return (
        f"{connections} connections: ratios {spread(ratios(rounds))}; processor time per request "
        f"{median([one.cpu_us for one in mine]):.1f} µs, empty app {median([one.cpu_us for one in theirs]):.1f} µs; "
        f"p99 at full load {median([one.load.p99_ms for one in mine]):.1f} ms, empty app "
        f"{median([one.load.p99_ms for one in theirs]):.1f} ms"
    )


def _shared(data: Path) -> str:
    """Say how many requests shared a write to the disk: with a slow disk more do, and each costs less processor time."""
    log = sqlite3.connect(data / "log.db")
    commits, requests = log.execute("SELECT count(*), sum(last - first + 1) FROM log").fetchone()
    log.close()
    return f"{requests / commits:.1f} requests shared a write to disk, over all these loads"


def _steady(run: Run, own: Server, empty: Server, requests: list[bytes], rate: float) -> Result:
    found = [
        client.open_loop(
            server.port, requests, rate=rate, connections=_CONNECTIONS[0], seconds=run.sizes.steady_s
        ).checked()
        for server in (own, empty)
    ]
    mine, theirs = found
    return Result(
        row=f"p99 at half of that load ({rate:,.0f} requests/s, open loop)",
        measured=f"{mine.p99_ms:.1f} ms (p50 {mine.p50_ms:.1f})",
        baseline=f"{theirs.p99_ms:.1f} ms, empty app",
        ratio=mine.p99_ms / theirs.p99_ms,
        budget=f"≤ {_MOST_P99_MS:.0f} ms",
        holds=mine.p99_ms <= _MOST_P99_MS,
    )
