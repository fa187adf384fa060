"""The inbox with a million cases: pages of fifty, in every order and by every filter that it offers, the first page and deep ones, and
the counts beside the views.

The cases are written as rows, a tenth of them open, with words, people and tags, as support's step writes them. The baseline is reading
fifty rows of the same table by primary key.
"""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from beleef.kernel.clock import HOUR, MINUTE
from beleef.store.records.database import Database
from beleef.store.records.migrate import migrate
from beleef.support.api import KINDS, PRIORITIES, Wanted
from beleef.support.queries import count, page
from beleef.support.tables import case_people, case_tags, case_words, cases
from bench.result import Outcome, Result, median
from bench.run import Run

TITLE = "The inbox"

_NOW = 1_772_442_000_000_000
_AT_ONCE = 20_000
_ROUNDS = 15
_MOST_MS = 100.0
_ASSIGNEES = [f"agent{number}@kersten.example" for number in range(40)]
_DEPARTMENTS = [f"department{number}" for number in range(8)]
_WORDS = [f"word{number}" for number in range(20_000)]

_ASKED: dict[str, Wanted] = {
    "open": Wanted(is_open=True),
    "due first": Wanted(is_open=True, order="due"),
    "overdue": Wanted(overdue=True, order="due"),
    "mine": Wanted(is_open=True, assignee=_ASSIGNEES[3]),
    "mine, due first": Wanted(is_open=True, assignee=_ASSIGNEES[3], order="due"),
    "nobody's": Wanted(is_open=True, assignee="-"),
    "complaints": Wanted(is_open=True, kind="complaint"),
    "urgent": Wanted(is_open=True, priority="urgent"),
    "department, oldest first": Wanted(is_open=True, department=_DEPARTMENTS[2], order="oldest"),
    "waiting": Wanted(statuses=("waiting_customer",)),
    "closed": Wanted(is_open=False),
    "everything": Wanted(),
    "a tag": Wanted(tag="refund", is_open=True),
    "a rare word": Wanted(text=_WORDS[777]),
    "a number": Wanted(text="C-500000"),
}


def measure(run: Run) -> Outcome:
    """Measure the row."""
    number = run.sizes.people
    database = Database(f"sqlite:///{run.folder}/inbox.db")
    migrate(database)
    _fill(database, number)
    with database.read() as connection:
        pages = {name: _time(lambda one=one: _walk(connection, one)) for name, one in _ASKED.items()}  # type: ignore[misc]
        counts = {name: _time(lambda one=one: _count(connection, one)) for name, one in _ASKED.items()}  # type: ignore[misc]
        plain = _time(lambda: _by_key(connection, number))
    database.close()
    slowest, most = max(pages, key=lambda name: pages[name]), max(counts, key=lambda name: counts[name])
    return Outcome(
        results=(
            _result(
                f"inbox, {number:,} cases, slowest of {len(pages)} questions ({slowest})",
                pages[slowest],
                plain,
            ),
            _result(f"its count, capped at 1,000 ({most})", counts[most], plain),
        ),
        details=(
            "pages: " + ", ".join(f"{name} {found:.1f} ms" for name, found in pages.items()),
            "counts: " + ", ".join(f"{name} {found:.1f} ms" for name, found in counts.items()),
        ),
    )


def _result(row: str, found: float, plain: float) -> Result:
    return Result(
        row=row,
        measured=f"{found:.1f} ms",
        baseline=f"{plain:.2f} ms, fifty rows by key",
        ratio=found / plain,
        budget=f"≤ {_MOST_MS:.0f} ms",
        holds=found <= _MOST_MS,
    )


def _walk(connection: sa.Connection, wanted: Wanted) -> None:
    """Read the first page and the one after it."""
    found = page(connection, wanted, now=_NOW, after=None, limit=50)
    if found.next is not None:
        page(connection, wanted, now=_NOW, after=found.next, limit=50)


def _count(connection: sa.Connection, wanted: Wanted) -> None:
    count(connection, wanted, now=_NOW, at_most=1_000)


def _by_key(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.select(cases).where(cases.c.number.between(number // 2, number // 2 + 49))).all()


def _time(work: Callable[[], None]) -> float:
    """Return the middle of some rounds, in milliseconds."""
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1_000)
    return median(taken)


def _fill(database: Database, number: int) -> None:
    chance = random.Random(11)
    for begin in range(1, number + 1, _AT_ONCE):
        rows = [_row(chance, one) for one in range(begin, min(begin + _AT_ONCE, number + 1))]
        with database.write() as connection:
            connection.execute(sa.insert(cases), rows)
            connection.execute(sa.insert(case_words), list(_words(chance, rows)))
            people = [{"subject": chance.getrandbits(62), "number": row["number"]} for row in rows]
            connection.execute(sa.insert(case_people), people)
            tagged = [{"tag": "refund", "number": row["number"]} for row in rows if row["number"] % 20 == 0]
            connection.execute(sa.insert(case_tags), tagged)


def _words(chance: random.Random, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for word in set(chance.choices(_WORDS, k=8)):
            yield {"word": word, "number": row["number"]}


def _row(chance: random.Random, number: int) -> dict[str, Any]:
    is_open = chance.random() < 0.1
    at = _NOW - chance.randrange(700 * 24) * HOUR - chance.randrange(60) * MINUTE
    status = (
        chance.choice(("open", "waiting_customer", "waiting_internal", "snoozed")) if is_open else "closed"
    )
    due = at + chance.randrange(900 * 24) * HOUR if is_open else None
    values: dict[str, Any] = {column.name: "" for column in cases.c if isinstance(column.type, sa.String)}
    values |= {
        column.name: 0 for column in cases.c if isinstance(column.type, sa.Integer) and not column.nullable
    }
    values |= {column.name: None for column in cases.c if column.nullable}
    return values | {
        "number": number,
        "subject": chance.getrandbits(62),
        "cause": "message",
        "status": status,
        "is_open": int(is_open),
        "kind": chance.choice(KINDS),
        "priority": chance.choice(PRIORITIES),
        "title": f"Case {number}",
        "assignee": chance.choice(_ASSIGNEES) if chance.random() < 0.8 else "",
        "team": "desk",
        "department": chance.choice(_DEPARTMENTS),
        "channel": chance.choice(("email", "web", "phone")),
        "tags": "[]",
        "opened_at": at,
        "last_at": at,
        "next_due_at": due,
        "next_kind": "resolution" if is_open else "",
    }
