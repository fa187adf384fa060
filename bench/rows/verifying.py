"""Full verification: a million persons stand in three audiences, and who belongs in each is worked out once more from all facts, as
`beleef audiences verify` does it. The membership that is kept is read as well, and the two are compared; there must be no difference.

The baseline is hand-written SQL for the same three lists of people, in a DuckDB of its own on the same Parquet files, with the map from
subjects to persons beside them as a file. It reads nothing that is kept, and compares nothing.
"""

import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import sqlalchemy as sa

from beleef.app import build_audiences, build_recount, build_worker
from beleef.audiences.api import Recount, audience_from_data
from beleef.identity import api as identity
from beleef.profiles.tables import profiles
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from beleef.store.warehouse.people import people_table
from bench.apart import apart
from bench.audiences import fill_audiences
from bench.by_hand import by_hand
from bench.installation import opened
from bench.result import Outcome, Result, median, spread
from bench.run import Run

TITLE = "Full verification"

_ROUNDS = 3
_MOST_RATIO = 10.0

_ORDER = "name = 'Order Completed' AND type = 'track'"
_OF = "FROM facts JOIN people USING (subject) WHERE"
_RULES = {
    "spenders": (
        {"did": {"event": "Order Completed", "where": [{"path": "properties.revenue", "greater": 150}]}},
        f"SELECT DISTINCT person {_OF} {_ORDER} AND CAST(properties->>'$.revenue' AS DOUBLE) > 150",
    ),
    "buyers": (
        {"all": [{"did": {"event": "Order Completed"}}, {"trait": {"name": "city", "is": "Utrecht"}}]},
        f"""SELECT DISTINCT person {_OF} {_ORDER} INTERSECT
            SELECT person {_OF} type = 'identify' GROUP BY person
            HAVING arg_max(properties->>'$.city', occurred_at) = 'Utrecht'""",
    ),
    "only_once": (
        {"did": {"event": "Order Completed", "exactly": 1}},
        f"SELECT person {_OF} {_ORDER} GROUP BY person HAVING count(*) = 1",
    ),
}


def measure(run: Run) -> Outcome:
    """Measure the row."""
    people = run.people
    run.say(f"filling {len(_RULES)} audiences")
    fill_s, members = apart(_fill, people.data)
    run.say("verifying")
    seconds, others = apart(_verify, people.data, str(run.folder / "subjects.parquet"))
    ratio = median([mine / best for mine, best in zip(seconds, others, strict=True)])
    return Outcome(
        results=(
            Result(
                row=f"full verification of {len(_RULES)} audiences over {run.sizes.people:,} persons",
                measured=f"{median(seconds):.1f} s",
                baseline=f"{median(others):.1f} s, hand-written SQL, nothing compared",
                ratio=ratio,
                budget=f"≤ {_MOST_RATIO:.0f} ×",  # noqa: RUF001 -- a multiplication sign
                holds=ratio <= _MOST_RATIO,
            ),
        ),
        details=(
            f"{members:,} memberships, no difference; rounds {spread(seconds, digits=1)} s",
            f"filling the audiences from what is known of everybody took {fill_s:.0f} s",
        ),
    )


def _fill(data: Path) -> tuple[float, int]:
    """Put the audiences in force, and everything that waits into the lake; return seconds of filling, and how many memberships."""
    with opened(data) as stores:
        Filer(stores.database, Lake(stores.settings.lake), now=stores.now).file(everything=True)
        audiences, worker = build_audiences(stores), build_worker(stores)
        with stores.database.write() as connection:
            for name, (rule, _) in _RULES.items():
                made = audience_from_data({"name": name, "label": name, "rule": rule})
                audiences.save(connection, made, stores.now())
        began = time.monotonic()
        fill_audiences(stores, worker)
        fill_s = time.monotonic() - began
        return fill_s, sum(one.members for one in build_recount(stores).verify(tuple(_RULES)))


def _verify(data: Path, people: str) -> tuple[list[float], list[float]]:
    """Return how long the verification took, and the lists by hand, in seconds, round by round."""
    with opened(data) as stores, by_hand(stores) as duck:
        with stores.database.read() as connection:
            subjects = list(connection.execute(sa.select(profiles.c.subject)).scalars())
            persons = identity.persons_of(connection, subjects)
        pq.write_table(people_table(list(persons.items())), people)
        recount = build_recount(stores)
        duck.execute(f"CREATE VIEW people AS SELECT * FROM '{people}'")
        rounds = [(_recount(recount, duck), _lists(duck)) for _ in range(_ROUNDS)]
    return [mine for mine, _ in rounds], [best for _, best in rounds]


def _recount(recount: Recount, duck: duckdb.DuckDBPyConnection) -> float:
    began = time.perf_counter()
    differences = recount.verify(tuple(_RULES))
    took = time.perf_counter() - began
    for one in differences:
        (counted,) = duck.sql(f"SELECT count(*) FROM ({_RULES[one.name][1]})").fetchall()
        if one.missing or one.surplus or counted != (one.members,):
            raise RuntimeError(f"{one.name}: {one} against {counted} by hand.")
    return took


def _lists(duck: duckdb.DuckDBPyConnection) -> float:
    began = time.perf_counter()
    for _, sql in _RULES.values():
        duck.sql(sql).to_arrow_table()
    return time.perf_counter() - began
