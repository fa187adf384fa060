"""Membership: the same load as for freshness, before a whole `beleef serve` that keeps a hundred audiences live. Every 50th fact brings
its person into an audience; from its 200 on, that person's audiences are asked for every few milliseconds until it is among them.

The time from the 200 to the first answer that shows it counts, the asking included. The baseline is the time that one such look-up
takes under the same load. Dittofeed, measured on a machine like this one, showed a person in a segment after 1.9 to 6.8 s.
"""

from pathlib import Path
from typing import Any

from beleef.app import build_audiences, build_worker
from beleef.audiences.api import audience_from_data
from bench.apart import apart
from bench.audiences import add_audiences, fill_audiences
from bench.installation import install, opened, populate
from bench.processes import beleef_whole
from bench.result import Outcome
from bench.rows.freshness import PER_S, outcome, watch
from bench.run import Run, catch_up

TITLE = "Membership"

_AUDIENCES = 100
_PROBE: dict[str, Any] = {
    "name": "probed",
    "label": "Probed",
    "rule": {"trait": {"name": "probe", "exists": True}},
}


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made = install(run.folder / "membership")
    people = run.sizes.members
    run.say(f"making {people:,} persons in {_AUDIENCES} audiences")
    with opened(made.data) as stores:
        add_audiences(stores, _AUDIENCES - 1)
        with stores.database.write() as connection:
            build_audiences(stores).save(connection, audience_from_data(_PROBE), stores.now())
        populate(stores, 0, people)
    apart(catch_up, made.data)
    run.say("filling the audiences")
    apart(_fill, made.data)
    with beleef_whole(made.data) as server:
        run.say(f"{PER_S:,} facts a second for {run.sizes.fresh_s:.0f} s")
        seen = apart(watch, server.port, made, people, run.sizes.fresh_s, _PROBE["label"])
    row = f"accepted → in the audience, {PER_S:,} facts/s, {_AUDIENCES} audiences, {people:,} persons, p99"
    return outcome(seen, row)


def _fill(data: Path) -> None:
    with opened(data) as stores:
        fill_audiences(stores, build_worker(stores))
