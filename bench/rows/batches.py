"""Accepting batches of a hundred facts, each batch on disk before its answer: `beleef serve --web` on a fresh folder, against the
empty ASGI app that takes the same bodies (some 50 kB each) on the same server and settings, in turn, from a closed loop.
"""

from bench.installation import install
from bench.load.closed import closed_loop
from bench.messages import BATCH, batches
from bench.processes import baseline, beleef_web
from bench.result import Outcome, Result, median, spread
from bench.rows.accepting import ratios, take_turns
from bench.run import Run

TITLE = "Accept batches of 100 facts"

_CONNECTIONS = 16
_BODIES = 64
_LEAST_FACTS_PER_S = 120_000


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made = install(run.folder / "batches")
    requests = batches(_BODIES, made.write_key)
    with beleef_web(made.data) as own, baseline("empty") as empty:
        for server in (own, empty):
            closed_loop(server.port, requests, connections=_CONNECTIONS, seconds=1)
        rounds = take_turns(run, own, empty, requests, _CONNECTIONS)
    facts, bare = (BATCH * median([turns[place].load.requests_per_s for turns in rounds]) for place in (0, 1))
    size = len(requests[0])
    return Outcome(
        results=(
            Result(
                row=f"accept batches of {BATCH}, durable, {_CONNECTIONS} connections",
                measured=f"{facts:,.0f} facts/s",
                baseline=f"{bare:,.0f} facts/s, empty app",
                ratio=median(ratios(rounds)),
                budget=f"≥ {_LEAST_FACTS_PER_S:,} facts/s",
                holds=facts >= _LEAST_FACTS_PER_S,
            ),
        ),
        details=(
            (
                f"ratios {spread(ratios(rounds))}; {size:,} bytes a request, so {facts / BATCH * size / 2**20:,.0f} MiB/s to disk; "
                f"processor time per fact {median([mine.cpu_us for mine, _ in rounds]) / BATCH:.2f} µs, "
                f"empty app {median([theirs.cpu_us for _, theirs in rounds]) / BATCH:.2f} µs"
            ),
        ),
    )
