"""What is read to say what became of a campaign: sums over runs and goals, never the runs themselves."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.campaigns.model import Run
from beleef.campaigns.tables import (
    campaign_goals,
    campaign_passages,
    campaign_remains,
    campaign_runs,
    campaigns,
)
from beleef.stats.means import Sums
from beleef.store.records.database import insert, is_any_of

_RUN, _GOAL, _REST = campaign_runs.c, campaign_goals.c, campaign_remains.c


def figures(connection: sa.Connection, numbers: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return how many runs began and how many are under way, by campaign."""
    under_way = sa.func.sum(sa.case((_RUN.ended_at.is_(None), 1), else_=0))
    rows = connection.execute(
        sa.select(_RUN.campaign, sa.func.count(), under_way)
        .where(is_any_of(_RUN.campaign, list(numbers)))
        .group_by(_RUN.campaign)
    )
    found = {row[0]: (int(row[1]), int(row[2])) for row in rows}
    rest = connection.execute(
        sa.select(_REST.campaign, sa.func.sum(_REST.runs))
        .where(is_any_of(_REST.campaign, list(numbers)), _REST.goal == "")
        .group_by(_REST.campaign)
    )
    for number, runs in rest:
        entered, active = found.get(number, (0, 0))
        found[number] = entered + int(runs), active
    return found


def _chosen(number: int, versions: Sequence[int] | None) -> list[sa.ColumnElement[bool]]:
    chosen = [_RUN.campaign == number]
    return chosen if versions is None else [*chosen, _RUN.version.in_(versions)]


def endings(connection: sa.Connection, number: int, versions: Sequence[int] | None) -> dict[str, int]:
    """Return how many runs ended, by reason; those under way have none."""
    rows = connection.execute(
        sa.select(_RUN.reason, sa.func.count())
        .where(*_chosen(number, versions), _RUN.ended_at.is_not(None))
        .group_by(_RUN.reason)
    )
    return {row[0]: int(row[1]) for row in rows}


def waiting(connection: sa.Connection, number: int, versions: Sequence[int] | None) -> dict[str, int]:
    """Return how many runs wait at each step."""
    rows = connection.execute(
        sa.select(_RUN.step, sa.func.count())
        .where(*_chosen(number, versions), _RUN.ended_at.is_(None))
        .group_by(_RUN.step)
    )
    return {row[0]: int(row[1]) for row in rows}


def passages(
    connection: sa.Connection, number: int, versions: Sequence[int] | None
) -> dict[tuple[str, str], int]:
    """Return how many runs came through each step, by step and way."""
    c = campaign_passages.c
    wanted = sa.select(c.step, c.way, sa.func.sum(c.runs)).where(c.campaign == number)
    if versions is not None:
        wanted = wanted.where(c.version.in_(versions))
    return {(step, way): int(runs) for step, way, runs in connection.execute(wanted.group_by(c.step, c.way))}


def goals_by_step(
    connection: sa.Connection, number: int, versions: Sequence[int] | None
) -> dict[tuple[str, str], tuple[int, float]]:
    """Return by goal and by the last message before it how many runs reached it, and the revenue."""
    rows = connection.execute(
        sa.select(_GOAL.goal, _GOAL.step, sa.func.count(_GOAL.run.distinct()), sa.func.sum(_GOAL.revenue))
        .join(campaign_runs, _RUN.id == _GOAL.run)
        .where(*_chosen(number, versions))
        .group_by(_GOAL.goal, _GOAL.step)
    )
    return {(goal, step): (int(runs), float(revenue)) for goal, step, runs, revenue in rows}


def currencies(connection: sa.Connection, number: int) -> list[str]:
    """Return the currencies of a campaign's revenue."""
    rows = connection.execute(
        sa.select(_GOAL.currency)
        .join(campaign_runs, _RUN.id == _GOAL.run)
        .where(_RUN.campaign == number, _GOAL.currency != "")
        .distinct()
        .order_by(_GOAL.currency)
    )
    return list(rows.scalars())


def spellings(connection: sa.Connection, number: int, versions: Sequence[int] | None) -> list[str]:
    """Return the different ways through splits that runs took, as they are kept."""
    runs = sa.select(_RUN.variants).where(*_chosen(number, versions))
    rest = sa.select(_REST.variants).where(_REST.campaign == number)
    if versions is not None:
        rest = rest.where(_REST.version.in_(versions))
    return sorted(connection.execute(runs.union(rest)).scalars())


def group(
    connection: sa.Connection, number: int, versions: Sequence[int] | None, goal: str, variants: Sequence[str]
) -> tuple[int, int, Sums]:
    """Return how many people took some ways through the splits, how many of them reached a goal, and their revenue.

    People, not runs: chance divided people, so a person who came back counts once.
    """
    reached = (
        sa.select(_GOAL.run, sa.func.sum(_GOAL.revenue).label("revenue"))
        .where(_GOAL.goal == goal)
        .group_by(_GOAL.run)
        .subquery()
    )
    people = (
        sa.select(
            _RUN.subject,
            sa.func.max(sa.case((reached.c.run.is_not(None), 1), else_=0)).label("converted"),
            sa.func.coalesce(sa.func.sum(reached.c.revenue), 0.0).label("revenue"),
        )
        .join_from(campaign_runs, reached, reached.c.run == _RUN.id, isouter=True)
        .where(*_chosen(number, versions), _RUN.variants.in_(variants))
        .group_by(_RUN.subject)
        .subquery()
    )
    revenue = people.c.revenue
    row = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(people.c.converted), 0),
            sa.func.coalesce(sa.func.sum(revenue), 0.0),
            sa.func.coalesce(sa.func.sum(revenue * revenue), 0.0),
        ).select_from(people)
    ).one()
    rest = _remains(connection, number, versions, goal, variants)
    return (
        int(row[0]) + rest[0],
        int(row[1]) + rest[1],
        Sums(int(row[0]) + rest[0], float(row[2]) + rest[2], float(row[3]) + rest[3]),
    )


def _remains(
    connection: sa.Connection, number: int, versions: Sequence[int] | None, goal: str, variants: Sequence[str]
) -> tuple[int, int, float, float]:
    chosen = [_REST.campaign == number, _REST.variants.in_(variants), _REST.goal.in_(["", goal])]
    if versions is not None:
        chosen.append(_REST.version.in_(versions))
    rows = connection.execute(
        sa.select(_REST.goal, sa.func.sum(_REST.runs), sa.func.sum(_REST.total), sa.func.sum(_REST.squares))
        .where(*chosen)
        .group_by(_REST.goal)
    )
    found = {row[0]: row for row in rows}
    everybody, converted = found.get(""), found.get(goal)
    return (
        0 if everybody is None else int(everybody[1]),
        0 if converted is None else int(converted[1]),
        0.0 if converted is None else float(converted[2]),
        0.0 if converted is None else float(converted[3]),
    )


def with_covariates(
    connection: sa.Connection, number: int, versions: Sequence[int] | None, goal: str
) -> Iterator[tuple[str, str, int, float, float]]:
    """Yield ``(variants, covariates, subject, converted, revenue)`` of every run; the texts as they are kept."""
    reached = (
        sa.select(_GOAL.run, sa.func.sum(_GOAL.revenue).label("revenue"))
        .where(_GOAL.goal == goal)
        .group_by(_GOAL.run)
        .subquery()
    )
    rows = connection.execute(
        sa.select(_RUN.variants, _RUN.covariates, _RUN.subject, reached.c.run, reached.c.revenue)
        .join_from(campaign_runs, reached, reached.c.run == _RUN.id, isouter=True)
        .where(*_chosen(number, versions))
        .execution_options(yield_per=10_000)
    )
    for variants, covariates, subject, run, revenue in rows:
        yield variants, covariates, subject, 0.0 if run is None else 1.0, float(revenue or 0.0)


def fold_away(connection: sa.Connection, subjects: Sequence[int]) -> None:
    """Remove the runs of subjects, and keep what they add up to."""
    about = is_any_of(_RUN.subject, list(subjects))
    rows = _summed(connection, about)
    if rows:
        statement = insert(campaign_remains, connection)
        added = {
            name: campaign_remains.c[name] + statement.excluded[name] for name in ("runs", "total", "squares")
        }
        keys = ["campaign", "version", "variants", "goal"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)
    gone = sa.select(_RUN.id).where(about)
    connection.execute(sa.delete(campaign_goals).where(_GOAL.run.in_(gone)))
    connection.execute(sa.delete(campaign_runs).where(about))


def _summed(connection: sa.Connection, about: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    names = ("campaign", "version", "variants", "goal", "runs", "total", "squares")
    began = connection.execute(
        sa.select(_RUN.campaign, _RUN.version, _RUN.variants, sa.func.count())
        .where(about)
        .group_by(_RUN.campaign, _RUN.version, _RUN.variants)
    )
    rows = [(*row[:3], "", row[3], 0.0, 0.0) for row in began]
    reached = connection.execute(
        sa.select(_RUN.campaign, _RUN.version, _RUN.variants, _GOAL.goal, sa.func.sum(_GOAL.revenue))
        .join(campaign_runs, _RUN.id == _GOAL.run)
        .where(about)
        .group_by(_RUN.campaign, _RUN.version, _RUN.variants, _GOAL.goal, _GOAL.run)
    )
    rows += [(*row[:4], 1, float(row[4]), float(row[4]) ** 2) for row in reached]
    return [dict(zip(names, row, strict=True)) for row in rows]


decode = msgspec.json.Decoder(dict[str, Any]).decode
"""Reads variants and covariates as they are kept."""


def listed(
    connection: sa.Connection,
    *,
    number: int | None = None,
    subjects: Collection[int] | None = None,
    under_way: bool | None = None,
    step: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[Run]:
    """Return runs, latest entered first, from behind ``after`` (moment of entering and number)."""
    wanted = sa.select(campaign_runs, campaigns.c.name).join(campaigns, campaigns.c.number == _RUN.campaign)
    if number is not None:
        wanted = wanted.where(_RUN.campaign == number)
    if subjects is not None:
        wanted = wanted.where(is_any_of(_RUN.subject, list(subjects)))
    if under_way is not None:
        wanted = wanted.where(_RUN.ended_at.is_(None) if under_way else _RUN.ended_at.is_not(None))
    if step is not None:
        wanted = wanted.where(_RUN.step == step)
    if after is not None:
        earlier = sa.and_(_RUN.entered_at == after[0], _RUN.id < after[1])
        wanted = wanted.where(sa.or_(_RUN.entered_at < after[0], earlier))
    rows = connection.execute(wanted.order_by(_RUN.entered_at.desc(), _RUN.id.desc()).limit(limit))
    return [_run(row) for row in rows]


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        id=row.id,
        campaign=row.name,
        version=row.version,
        subject=row.subject,
        key=row.key,
        step=row.step,
        due_at=row.due_at,
        entered_at=row.entered_at,
        ended_at=row.ended_at,
        reason=row.reason,
        variants=decode(row.variants),
        trigger=row.trigger,
    )
