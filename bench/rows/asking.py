"""Questions over the whole history of ten million facts, in one process: facts by channel and day in Amsterdam, and the newest page
of persons' timelines, through the warehouse and as hand-written SQL in a DuckDB of its own on the same Parquet files, in turn.

For the count the faster of two ways to write it counts: days by arithmetic over every fact as Beleef has them, or hours first and days of
the few hours after that. Paths, funnel and channel result do not exist yet.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from beleef.store.warehouse import queries
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from bench.apart import apart
from bench.installation import opened
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Questions over the history"

_ROUNDS = 7
_PERSONS = 50
_PAGE = 50
_ZONE = "Europe/Amsterdam"
_MOST_RATIO = 1.5
_HOUR = 3_600_000_000

_BY_HOUR = f"""
    SELECT channel, make_timestamptz(hour * {_HOUR}) AT TIME ZONE '{_ZONE}' AS local, sum(facts) AS facts
    FROM (SELECT channel, epoch_us(occurred_at) // {_HOUR} AS hour, count(*) AS facts FROM facts GROUP BY ALL)
    GROUP BY channel, local
"""
