"""The inbox with a million cases: a page of fifty, the first or the one after it, for every view, filter, order and search that it
offers, and the counts beside the views; then the page of one case, and what the worker's chores ask all day long.

Ten thousand cases are worked out from what happened in them and written as support's step writes them; the others are the same rows,
whole weeks earlier, each with an order number of its own. A tenth of the cases are open. The baseline is reading fifty rows of the same
table by primary key.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

import msgspec
import sqlalchemy as sa

from beleef.store.records.database import Database
from beleef.store.records.migrate import migrate
from beleef.support import chore_queries, inbox_queries, queries
from beleef.support.api import Wanted
from beleef.support.model import AWAKE
from bench.cases import ASSIGNEES, DEALING_TEAM, DEPARTMENTS, NOW, TEAM, Sought, fill, sought
from bench.result import Outcome, Result, median
from bench.run import Run

TITLE = "The inbox"

_ROUNDS = 7
_MOST_MS = 100.0
_SHOWN = 50


def _asked(some: Sought) -> Mapping[str, Wanted]:
    mine = Wanted(is_open=True, statuses=AWAKE, assignee=ASSIGNEES[3], order="due")
    awake = Wanted(is_open=True, statuses=AWAKE)
    closed = Wanted(is_open=False)
    everything = Wanted()

    def also(wanted: Wanted, **more: object) -> Wanted:
        return msgspec.structs.replace(wanted, **more)

    return {
        "open": awake,
        "open, due first": also(awake, order="due"),
        "open, longest untouched first": also(awake, order="oldest"),
        "mine": mine,
        "mine, latest first": also(mine, order="newest"),
        "my team": also(awake, team=TEAM, order="due"),
        "nobody's": also(awake, assignee="-", order="due"),
        "overdue": Wanted(is_open=True, overdue=True, order="due"),
        "due today": Wanted(is_open=True, due_before=NOW + 1, order="due"),
        "waiting": Wanted(statuses=("waiting_customer", "waiting_internal"), order="oldest"),
        "snoozed": Wanted(statuses=("snoozed",)),
        "closed": closed,
        "everything": everything,
        "a kind": Wanted(is_open=True, kind="complaint"),
        "a kind, closed": also(closed, kind="privacy"),
        "a priority": Wanted(is_open=True, priority="urgent"),
        "a department": Wanted(is_open=True, department=DEPARTMENTS[2], order="oldest"),
        "a channel": Wanted(is_open=True, channel="phone"),
        "a root cause": also(closed, root_cause="late"),
        "a tag": Wanted(is_open=True, tag="refund"),
        "a tag, closed": also(closed, tag="refund"),
        "a rare tag": also(everything, tag="lawyer"),
        "a tag of mine": also(mine, tag="refund"),
        "all filters": also(
            mine, kind="question", department=DEPARTMENTS[1], priority="normal", channel="email", tag="refund"
        ),
        "a person": also(everything, subjects=(some.subject,)),
        "a number": also(everything, text=f"C-{some.number}"),
        "an order number": also(everything, text=some.rare),
        "a common word": also(everything, text=some.common),
        "a common word of mine": also(mine, text=some.common),
        "a common word, closed, a tag": also(closed, text=some.common, tag="lawyer"),
        "an uncommon word": also(everything, text=some.uncommon),
        "an uncommon word, due first": Wanted(is_open=True, text=some.uncommon, order="due"),
        "a word begun": also(everything, text=some.common[:2]),
        "two words": also(everything, text=f"{some.common} {some.uncommon}"),
        "a common and a rare word": also(everything, text=f"{some.common} {some.rare}"),
        "a word that is not there": also(everything, text="xylofoonbouwer"),
    }


def measure(run: Run) -> Outcome:
    """Measure the row."""
    number = run.sizes.people
    database = Database(f"sqlite:///{run.folder}/inbox.db")
    migrate(database)
    begun = time.perf_counter()
    fill(database, number)
    run.say(f"{number:,} cases written in {time.perf_counter() - begun:,.0f} s")
    with database.read() as connection:
        some = sought(connection, number)
        asked = _asked(some)
        pages = {name: _pages(connection, one) for name, one in asked.items()}
        counts = {name: _time(partial(_count, connection, one)) for name, one in asked.items()}
        besides = {
            "page of a case": _time(partial(_case, connection, some)),
            "is anything due": _time(partial(_is_due, connection)),
            "five hundred promises due": _time(partial(_due, connection)),
            "how busy ten colleagues are": _time(partial(chore_queries.loads, connection, ASSIGNEES[:10])),
        }
        plain = _time(partial(_by_key, connection, number))
    database.close()
    slowest, most = max(pages, key=lambda name: pages[name]), max(counts, key=lambda name: counts[name])
    questions = f"inbox, {number:,} cases, a page, slowest of {len(pages)} questions ({slowest})"
    return Outcome(
        results=(
            _result(questions, pages[slowest], plain),
            _result(f"its count, capped at 1,000 ({most})", counts[most], plain),
        ),
        details=(_said("pages", pages), _said("counts", counts), _said("besides", besides)),
    )


def _said(what: str, taken: Mapping[str, float]) -> str:
    return f"{what}: " + ", ".join(f"{name} {found:.1f} ms" for name, found in taken.items())


def _result(row: str, found: float, plain: float) -> Result:
    return Result(
        row=row,
        measured=f"{found:.1f} ms",
        baseline=f"{plain:.2f} ms, fifty rows by key",
        ratio=found / plain,
        budget=f"≤ {_MOST_MS:.0f} ms",
        holds=found <= _MOST_MS,
    )


def _pages(connection: sa.Connection, wanted: Wanted) -> float:
    """Return how long a page takes, in milliseconds: the first or the one after it, whichever takes longer."""
    first = inbox_queries.page(connection, wanted, now=NOW, after=None, limit=_SHOWN)
    taken = [_time(partial(_page, connection, wanted, after)) for after in {None, first.next}]
    return max(taken)


def _page(connection: sa.Connection, wanted: Wanted, after: str | None) -> None:
    inbox_queries.page(connection, wanted, now=NOW, after=after, limit=_SHOWN)


def _count(connection: sa.Connection, wanted: Wanted) -> None:
    inbox_queries.count(connection, wanted, now=NOW, at_most=1_000)


def _case(connection: sa.Connection, some: Sought) -> None:
    """Read what the page of a case shows of it: itself, its promises, all that happened, and the person's other cases."""
    queries.whole(connection, some.number)
    queries.entries(connection, [some.number, *queries.merged_into(connection, some.number)], bodies=True)
    queries.children(connection, some.number)
    queries.of_person(connection, [some.subject], 50)


def _is_due(connection: sa.Connection) -> None:
    if chore_queries.is_due(connection, NOW, {DEALING_TEAM}):
        raise RuntimeError("Something is due: the question was answered too soon to be measured.")


def _due(connection: sa.Connection) -> None:
    chore_queries.due_promises(connection, NOW + 10**15, 500)


def _by_key(connection: sa.Connection, number: int) -> None:
    queries.by_numbers(connection, range(number // 2, number // 2 + 50))


def _time(work: Callable[[], object]) -> float:
    """Return the middle of some rounds, in milliseconds."""
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1_000)
    return median(taken)
