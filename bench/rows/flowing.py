"""Flow steps: a hundred thousand people are on their way through a flow of waits, a branch by chance and a branch by rule; the worker's own
chore moves them on, round by round, until all have ended. Each step that a run passes counts.

The baseline is the database alone: as many rows of the same table rewritten, in transactions of the same size, with nothing decided.
"""

import time
from pathlib import Path

import sqlalchemy as sa
import yaml

from beleef.app import Stores, build_campaigns
from beleef.campaigns.tables import campaign_passages, campaign_runs
from beleef.campaigns.work import AT_ONCE, CampaignsStep
from beleef.kernel.clock import DAY
from bench.apart import apart
from bench.installation import install, opened
from bench.result import Outcome, Result
from bench.run import Run

TITLE = "Flow steps"

_LEAST = 0.2

_FLOW = """
name: long
label: Long
entry: {call: true}
flow:
  - {id: morning, wait_until: "09:00"}
  - {id: rest, wait: 1 hour}
  - id: chance
    split:
      variants:
        - {name: short, share: 1}
        - {name: long, share: 1, flow: [{id: more, wait: 1 hour}]}
  - id: which
    branch:
      paths:
        - when: {trait: {name: city, is: Utrecht}}
          flow: [{id: here, end: here}]
  - {id: last, wait: 1 day}
"""


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made = install(run.folder / "flowing")
    runs = run.sizes.members
    steps, took_s, rows, bare_s = apart(_measure, made.data, runs)
    ratio = (steps / took_s) / (rows / bare_s)
    return Outcome(
        results=(
            Result(
                row=f"steps of flows, {runs:,} people on their way, timers and decisions included",
                measured=f"{steps / took_s:,.0f} steps/s",
                baseline=f"{rows / bare_s:,.0f} rows/s, the same rows rewritten and nothing decided",
                ratio=ratio,
                budget=f"≥ {_LEAST:g} ×",  # noqa: RUF001 -- a multiplication sign
                holds=ratio >= _LEAST,
            ),
        ),
        details=(f"{steps:,} steps in {took_s:.1f} s; {rows:,} rows in {bare_s:.1f} s",),
    )


def _measure(data: Path, runs: int) -> tuple[int, float, int, float]:
    with opened(data) as stores:
        _enter(stores, runs)
        bare_s = _rewrite(stores)
        step, moment = CampaignsStep(build_campaigns(stores)), stores.now() + 40 * DAY
        began = time.monotonic()
        moved = 1
        while moved:
            with stores.database.write() as connection:
                moved = step.advance(connection, moment, moment)
        took_s = time.monotonic() - began
        with stores.database.read() as connection:
            steps = connection.execute(sa.select(sa.func.sum(campaign_passages.c.runs))).scalar_one()
    return int(steps), took_s, runs, bare_s


def _enter(stores: Stores, runs: int) -> None:
    campaigns = build_campaigns(stores)
    with stores.database.write() as connection:
        campaigns.save(connection, yaml.safe_load(_FLOW), stores.now())
        campaigns.publish(connection, "long", stores.now())
    for first in range(0, runs, AT_ONCE):
        people = range(first, min(runs, first + AT_ONCE))
        with stores.database.write() as connection:
            campaigns.enter(connection, "long", people, stores.now(), request="bench")


def _rewrite(stores: Stores) -> float:
    c = campaign_runs.c
    with stores.database.read() as connection:
        numbers = list(connection.execute(sa.select(c.id)).scalars())
    began = time.monotonic()
    for first in range(0, len(numbers), AT_ONCE):
        with stores.database.write() as connection:
            connection.execute(
                sa.update(campaign_runs).where(c.id == sa.bindparam("run")).values(due_at=c.due_at + 1),
                [{"run": number} for number in numbers[first : first + AT_ONCE]],
            )
    return time.monotonic() - began
