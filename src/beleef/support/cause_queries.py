"""SQL of root causes: how often each closed a case, period by period."""

from collections.abc import Sequence
from itertools import pairwise

import sqlalchemy as sa

from beleef.support.tables import cases

_c = cases.c


def counts(connection: sa.Connection, borders: Sequence[int]) -> dict[str, list[int]]:
    """Return for each root cause how many cases it closed in each period between two borders.

    Args:
        connection: To read from.
        borders: Moments in microseconds, in order; n + 1 of them for n periods.
    """
    periods = [
        sa.func.sum(sa.case((sa.and_(_c.closed_at >= start, _c.closed_at < end), 1), else_=0))
        for start, end in pairwise(borders)
    ]
    chosen = (
        sa.select(_c.root_cause, *periods)
        .where(_c.root_cause != "", _c.closed_at >= borders[0], _c.closed_at < borders[-1])
        .group_by(_c.root_cause)
    )
    return {row[0]: [int(count) for count in row[1:]] for row in connection.execute(chosen)}
