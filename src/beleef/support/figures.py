"""The figures of service: how long customers wait, which promises are kept, who is ignored, what comes back, and what lies there.

Every figure is worked out by the metrics module, from all cases of the period; those that wait still count as waiting so long already.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.kernel.clock import DAY, SECOND
from beleef.kernel.errors import InvalidInput
from beleef.metrics import api as metrics
from beleef.metrics.api import Figure
from beleef.support.inbox_queries import conditions
from beleef.support.model import SPAM, Wanted
from beleef.support.tables import case_promises, case_waits, cases

GROUPS = ("channel", "department", "kind", "assignee", "team")
LEAST_PER_EMPLOYEE = 30
"""Cases below which nothing is shown of a colleague: what is by chance is not by merit."""
_AFTER = {"fcr": 7 * DAY, "reopened": 14 * DAY, "never_answered": 30 * DAY}
_c, _p, _w = cases.c, case_promises.c, case_waits.c


class CaseFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one group; ``cases`` is how many were opened in the period, and ``figures`` are by metric.

    Of an employee with fewer than 30 cases there are none.
    """

    cases: int
    figures: dict[str, Figure]

    def figure(self, name: str) -> Figure | None:
        """Return a figure by the name of its metric; None where it is not shown."""
        return self.figures.get(name)


class _Group:
    """What is counted of one group."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.promises: list[Any] = []
        self.waits: list[Any] = []
        self.backlog: list[Any] = []


def read_figures(
    connection: sa.Connection, *, start: int, end: int, now: int, by: str, where: Wanted
) -> dict[str, CaseFigures]:
    """Return figures by group (``""`` where all are together).

    Args:
        connection: To read from.
        start: Cases opened from this moment on, in microseconds.
        end: And before this.
        now: The moment, for what goes on still.
        by: One of ``GROUPS``; empty for all together.
        where: Further conditions, as of the inbox.

    Raises:
        InvalidInput: they cannot be told apart by that.
    """
    if by and by not in GROUPS:
        raise InvalidInput(
            f"Figures are not told apart by “{by}”.", hint=f"Take one of: {', '.join(GROUPS)}."
        )
    group = cases.c[by] if by else sa.literal("")
    counted = [_c.outcome != SPAM, _c.merged_into == 0, *conditions(where, now)]
    period = [*counted, _c.opened_at >= start, _c.opened_at < end]
    found: dict[str, _Group] = {}

    def into(name: str, statement: sa.Select[Any]) -> None:
        for row in connection.execute(statement):
            getattr(found.setdefault(row.part, _Group()), name).append(row)

    part = group.label("part")
    into("rows", sa.select(part, cases).where(*period))
    joined = sa.select(part, case_promises, _c.kind.label("case_kind")).join(cases, _c.number == _p.number)
    into("promises", joined.where(*counted, _p.due_at >= start, _p.due_at < min(end, now)))
    waited = sa.select(part, case_waits).join(cases, _c.number == _w.number)
    into("waits", waited.where(*counted, _w.since >= start, _w.since < end))
    into("backlog", sa.select(part, _c.opened_at).where(*counted, _c.is_open == 1))
    return {name: _figures(one, now, is_employee=by == "assignee") for name, one in sorted(found.items())}


def _figures(group: _Group, now: int, *, is_employee: bool) -> CaseFigures:
    rows = group.rows
    if is_employee and len(rows) < LEAST_PER_EMPLOYEE:
        return CaseFigures(cases=len(rows), figures={})
    figures = [*_durations(group, now), *_promises(group), *_shares(rows, now), *_spreads(group, now)]
    return CaseFigures(cases=len(rows), figures={one.metric: one for one in figures})


def _durations(group: _Group, now: int) -> Iterable[Figure]:
    first = [
        _span(row.customer_at, row.first_reply_at, row.closed_at, now)
        for row in group.rows
        if row.customer_at
    ]
    turns = [_waited(row, now) for row in group.waits if row.turn > 0]
    solved = [_span(row.opened_at, row.closed_at, None, now) for row in group.rows]
    for name, spans in (
        ("first_response", first),
        ("first_response_p90", first),
        ("next_reply", turns),
        ("next_reply_p90", turns),
        ("resolution", solved),
        ("resolution_p90", solved),
    ):
        yield metrics.durations(name, [seconds for seconds, _ in spans], [ended for _, ended in spans])


def _span(since: int, until: int | None, censored_at: int | None, now: int) -> tuple[float, bool]:
    """Return how many seconds something took, and whether it ended; what goes on still took so long already."""
    end = until if until is not None else censored_at if censored_at is not None else now
    return max(0, end - since) / SECOND, until is not None


def _waited(row: Any, now: int) -> tuple[float, bool]:
    end = now if row.until is None else row.until
    return max(0, end - row.since) / SECOND, bool(row.answered)


def _promises(group: _Group) -> Iterable[Figure]:
    due = [row for row in group.promises if row.state not in {"void", "replaced", "paused"}]
    yield metrics.share("promise_kept", sum(row.state == "kept" for row in due), len(due))
    first = [row for row in due if row.kind == "first_response" and row.case_kind == "complaint"]
    ignored = sum(row.met_at is None or row.met_at > row.due_at for row in first)
    yield metrics.share("complaint_ignored", ignored, len(first))
    late = [
        (row.met_at - row.due_at) / SECOND
        for row in due
        if row.state == "missed" and row.met_at is not None and row.met_at > row.due_at
    ]
    yield metrics.spread("promise_late", late)


def _shares(rows: Sequence[Any], now: int) -> Iterable[Figure]:
    complaints = [
        row for row in rows if row.kind == "complaint" and row.opened_at <= now - _AFTER["never_answered"]
    ]
    yield metrics.share("never_answered", sum(row.replies == 0 for row in complaints), len(complaints))
    closed = [row for row in rows if row.first_closed_at is not None]
    old = [row for row in closed if row.first_closed_at <= now - _AFTER["fcr"]]
    once = sum(
        row.messages <= 1 and row.replies <= 1 and row.reopened == 0 and row.handlers <= 1 for row in old
    )
    yield metrics.share("fcr", once, len(old))
    older = [row for row in closed if row.first_closed_at <= now - _AFTER["reopened"]]
    yield metrics.share("reopened", sum(row.reopened > 0 for row in older), len(older))
    caused = [row for row in closed if row.kind == "complaint"]
    yield metrics.share("root_cause_known", sum(row.root_cause != "" for row in caused), len(caused))
    asked = [row for row in rows if row.cause == "survey" and row.customer_at is not None]
    told = [row for row in asked if row.first_reply_at is not None or row.customer_at <= now - 2 * DAY]
    in_time = sum(
        row.first_reply_at is not None and row.first_reply_at - row.customer_at <= 2 * DAY for row in told
    )
    yield metrics.share("closed_loop", in_time, len(told))


def _spreads(group: _Group, now: int) -> Iterable[Figure]:
    ages = [max(0, now - row.opened_at) / SECOND for row in group.backlog]
    yield metrics.spread("backlog_age", ages)
    yield metrics.spread("backlog_age_p90", ages)
    solved = [row for row in group.rows if row.closed_at is not None]
    yield metrics.spread("effort_contacts", [float(row.messages) for row in solved])
    yield metrics.spread("effort_transfers", [float(max(0, row.handlers - 1)) for row in solved])
