"""Membership: the same load as for freshness, before a whole `beleef serve` that keeps a hundred audiences live. Every 50th fact brings
its person into an audience; from its 200 on, that person's audiences are asked for every few milliseconds until it is among them.

Each person has a past of some ten facts within the year before (three visits, most of them lately), as in any organisation that runs: a
fact brings its person into one or two of these audiences, and each entry is a fact for the worker as well. People who were never seen
before enter six with their first fact (with visits spread evenly over the year it would be five). How that is, the first minute of an
organisation's life, is measured too and stands among the details. The time from the 200 to the first answer that shows it counts, the
asking included. The baseline is the time that one such look-up takes under the same load. Dittofeed, measured on a machine
like this one, showed a person in a segment after 1.9 to 6.8 s.
"""

from pathlib import Path
from typing import Any

from beleef.app import build_audiences, build_worker
from beleef.audiences.api import audience_from_data
from bench.apart import apart
from bench.audiences import add_audiences, fill_audiences
from bench.installation import install, opened, populate
from bench.processes import beleef_whole
from bench.result import Outcome, percentile
from bench.rows.freshness import PER_S, Watched, outcome, watch
from bench.run import Run, catch_up
from bench.visits import FACTS_EACH, add_visits

TITLE = "Membership"

_AUDIENCES = 100
_PROBE: dict[str, Any] = {
    "name": "probed",
    "label": "Probed",
    "rule": {"trait": {"name": "probe", "exists": True}},
}


def measure(run: Run) -> Outcome:
    """Measure the row."""
    seen = _watched(run, "membership", with_past=True)
    newcomers = _watched(run, "membership-of-newcomers", with_past=False)
    people = run.sizes.members
    whole = outcome(
        seen,
        f"accepted → in the audience, {PER_S:,} facts/s, {_AUDIENCES} audiences, {people:,} persons, p99",
    )
    p50, p99 = (1_000 * percentile(newcomers.visible_s, share) for share in (0.5, 0.99))
    detail = f"where nobody has a past, every fact brings its person into six audiences: p99 {p99:.0f} ms (p50 {p50:.0f})"
    late = f", {newcomers.late} not within ten seconds" if newcomers.late else ""
    return Outcome(results=whole.results, details=(*whole.details, detail + late))


def _watched(run: Run, name: str, *, with_past: bool) -> Watched:
    made = install(run.folder / name)
    people = run.sizes.members
    past = f"with {FACTS_EACH} facts of the year before" if with_past else "without a past"
    run.say(f"making {people:,} persons {past}, in {_AUDIENCES} audiences")
    with opened(made.data) as stores:
        add_audiences(stores, _AUDIENCES - 1)
        with stores.database.write() as connection:
            build_audiences(stores).save(connection, audience_from_data(_PROBE), stores.now())
        populate(stores, 0, people)
        if with_past:
            add_visits(stores, people, stores.now())
    apart(catch_up, made.data)
    run.say("filling the audiences")
    apart(_fill, made.data)
    with beleef_whole(made.data) as server:
        run.say(f"{PER_S:,} facts a second for {run.sizes.fresh_s:.0f} s")
        return apart(watch, server.port, made, people, run.sizes.fresh_s, _PROBE["label"])


def _fill(data: Path) -> None:
    with opened(data) as stores:
        fill_audiences(stores, build_worker(stores))
