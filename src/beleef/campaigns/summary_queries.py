"""SQL about all campaigns at once, for their list: sums by campaign, in a fixed number of statements however many there are."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from beleef.campaigns.model import CONTROL
from beleef.campaigns.tables import campaign_goals, campaign_remains, campaign_runs
from beleef.store.records.database import is_any_of

_RUN, _GOAL, _REST = campaign_runs.c, campaign_goals.c, campaign_remains.c
_KEPT_OUT = f"%{msgspec.json.encode({'': CONTROL}).decode().strip('{}')}%"
"""Finds the runs of those who are kept out to compare with: no other key of theirs is empty."""


def reached(connection: sa.Connection, goals: Mapping[int, str]) -> dict[int, tuple[int, int, float]]:
    """Return of campaigns how many people went through them, how many of these reached a goal, and their revenue.

    People, not runs, and without those who are kept out; people who were erased are counted too.

    Args:
        connection: To read from.
        goals: The goal that counts, by number of the campaign; empty for none.
    """
    if not goals:
        return {}
    brought = (
        sa.select(_GOAL.run, _GOAL.goal, sa.func.sum(_GOAL.revenue).label("revenue"))
        .where(_GOAL.goal.in_(set(goals.values())))
        .group_by(_GOAL.run, _GOAL.goal)
        .subquery()
    )
    wanted = sa.case(goals, value=_RUN.campaign, else_="")
    people = (
        sa.select(
            _RUN.campaign,
            sa.func.max(sa.case((brought.c.run.is_not(None), 1), else_=0)).label("converted"),
            sa.func.coalesce(sa.func.sum(brought.c.revenue), 0.0).label("revenue"),
        )
        .join_from(
            campaign_runs,
            brought,
            sa.and_(brought.c.run == _RUN.id, brought.c.goal == wanted),
            isouter=True,
        )
        .where(is_any_of(_RUN.campaign, list(goals)), _RUN.variants.not_like(_KEPT_OUT))
        .group_by(_RUN.campaign, sa.func.coalesce(_RUN.drawn_as, _RUN.subject))
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            people.c.campaign, sa.func.count(), sa.func.sum(people.c.converted), sa.func.sum(people.c.revenue)
        ).group_by(people.c.campaign)
    )
    found = {row[0]: (int(row[1]), int(row[2]), float(row[3])) for row in rows}
    for number, rest in _remains(connection, goals).items():
        before = found.get(number, (0, 0, 0.0))
        found[number] = before[0] + rest[0], before[1] + rest[1], before[2] + rest[2]
    return found


def _remains(connection: sa.Connection, goals: Mapping[int, str]) -> dict[int, tuple[int, int, float]]:
    rows = connection.execute(
        sa.select(_REST.campaign, _REST.goal, sa.func.sum(_REST.runs), sa.func.sum(_REST.total))
        .where(is_any_of(_REST.campaign, list(goals)), _REST.variants.not_like(_KEPT_OUT))
        .group_by(_REST.campaign, _REST.goal)
    )
    found: dict[int, tuple[int, int, float]] = {}
    for number, goal, runs, total in rows:
        people, converted, revenue = found.get(number, (0, 0, 0.0))
        if not goal:
            people = int(runs)
        elif goal == goals[number]:
            converted, revenue = int(runs), float(total)
        found[number] = people, converted, revenue
    return found


def currencies(connection: sa.Connection) -> dict[int, list[str]]:
    """Return the currencies of each campaign's revenue, sorted."""
    rows = connection.execute(
        sa.select(_RUN.campaign, _GOAL.currency)
        .join_from(campaign_goals, campaign_runs, _RUN.id == _GOAL.run)
        .where(_GOAL.currency != "")
        .distinct()
        .order_by(_RUN.campaign, _GOAL.currency)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for number, currency in rows:
        found[number].append(currency)
    return dict(found)
