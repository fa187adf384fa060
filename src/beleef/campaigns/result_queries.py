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
from beleef.stats.skewed import Moments
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


_WHO = sa.func.coalesce(_RUN.drawn_as, _RUN.subject)
"""Whom chance divided: a person, by whatever number, also one who came back."""

Group = tuple[int, int, Moments]
"""How many people, how many of them reached the goal, and their revenue."""


def groups(
    connection: sa.Connection, number: int, versions: Sequence[int] | None, goal: str, variants: Sequence[str]
) -> dict[str, Group]:
    """Return the people who took some ways through the splits, by the way they took first; all they did since counts for it.

    A person has two ways only who was two people before a merge: their own run has the other way still, but they are in one group.
    """
    reached = (
        sa.select(_GOAL.run, sa.func.sum(_GOAL.revenue).label("revenue"))
        .where(_GOAL.goal == goal)
        .group_by(_GOAL.run)
        .subquery()
    )
    first = sa.func.first_value(_RUN.variants).over(partition_by=_WHO, order_by=(_RUN.entered_at, _RUN.id))
    runs = (
        sa.select(_WHO.label("who"), first.label("way"), reached.c.run, reached.c.revenue)
        .join_from(campaign_runs, reached, reached.c.run == _RUN.id, isouter=True)
        .where(*_chosen(number, versions), _RUN.variants.in_(variants))
        .subquery()
    )
    people = (
        sa.select(
            runs.c.way,
            sa.func.max(sa.case((runs.c.run.is_not(None), 1), else_=0)).label("converted"),
            sa.func.coalesce(sa.func.sum(runs.c.revenue), 0.0).label("revenue"),
        )
        .group_by(runs.c.who, runs.c.way)
        .subquery()
    )
    revenue = people.c.revenue
    rows = connection.execute(
        sa.select(
            people.c.way,
            sa.func.count(),
            sa.func.sum(people.c.converted),
            sa.func.sum(revenue),
            sa.func.sum(revenue * revenue),
            sa.func.sum(revenue * revenue * revenue),
        ).group_by(people.c.way)
    )
    found = [(way, _group(*figures)) for way, *figures in rows]
    found += _remains(connection, number, versions, goal, variants)
    together: dict[str, Group] = {}
    for way, more in found:
        together[way] = joined(together.get(way, NOBODY), more)
    return together


def _group(people: int, converted: int, *powers: float) -> Group:
    return int(people), int(converted), Moments(int(people), *map(float, powers))


NOBODY = _group(0, 0, 0.0, 0.0, 0.0)


def joined(one: Group, other: Group) -> Group:
    """Return two groups taken together."""
    return one[0] + other[0], one[1] + other[1], one[2].plus(other[2])


def _remains(
    connection: sa.Connection, number: int, versions: Sequence[int] | None, goal: str, variants: Sequence[str]
) -> list[tuple[str, Group]]:
    chosen = [_REST.campaign == number, _REST.variants.in_(variants), _REST.goal.in_(["", goal])]
    if versions is not None:
        chosen.append(_REST.version.in_(versions))
    rows = connection.execute(
        sa.select(
            _REST.variants,
            _REST.goal,
            sa.func.sum(_REST.runs),
            sa.func.sum(_REST.total),
            sa.func.sum(_REST.squares),
            sa.func.sum(_REST.cubes),
        )
        .where(*chosen)
        .group_by(_REST.variants, _REST.goal)
    )
    return [
        (way, (0, int(runs), Moments(0, *map(float, powers))) if reached else _group(runs, 0, 0.0, 0.0, 0.0))
        for way, reached, runs, *powers in rows
    ]


def with_covariates(
    connection: sa.Connection, number: int, versions: Sequence[int] | None, goal: str
) -> Iterator[tuple[str, str, int, float]]:
    """Yield ``(variants, covariates, who, revenue)`` of every run, a person's first one first; the texts as they are kept."""
    reached = (
        sa.select(_GOAL.run, sa.func.sum(_GOAL.revenue).label("revenue"))
        .where(_GOAL.goal == goal)
        .group_by(_GOAL.run)
        .subquery()
    )
    rows = connection.execute(
        sa.select(_RUN.variants, _RUN.covariates, _WHO, reached.c.revenue)
        .join_from(campaign_runs, reached, reached.c.run == _RUN.id, isouter=True)
        .where(*_chosen(number, versions))
        .order_by(_RUN.entered_at, _RUN.id)
        .execution_options(yield_per=10_000)
    )
    for variants, covariates, who, revenue in rows:
        yield variants, covariates, who, float(revenue or 0.0)


_SUMMED = ("runs", "total", "squares", "cubes")


def fold_away(connection: sa.Connection, subjects: Sequence[int]) -> None:
    """Remove the runs of subjects, and keep what they add up to."""
    about = is_any_of(_RUN.subject, list(subjects))
    rows = _summed(connection, about)
    if rows:
        statement = insert(campaign_remains, connection)
        added = {name: campaign_remains.c[name] + statement.excluded[name] for name in _SUMMED}
        keys = ["campaign", "version", "variants", "goal"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)
    gone = sa.select(_RUN.id).where(about)
    connection.execute(sa.delete(campaign_goals).where(_GOAL.run.in_(gone)))
    connection.execute(sa.delete(campaign_runs).where(about))


def _summed(connection: sa.Connection, about: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    names = ("campaign", "version", "variants", "goal", *_SUMMED)
    began = connection.execute(
        sa.select(_RUN.campaign, _RUN.version, _RUN.variants, sa.func.count())
        .where(about)
        .group_by(_RUN.campaign, _RUN.version, _RUN.variants)
    )
    rows = [(*row[:3], "", row[3], 0.0, 0.0, 0.0) for row in began]
    reached = connection.execute(
        sa.select(_RUN.campaign, _RUN.version, _RUN.variants, _GOAL.goal, sa.func.sum(_GOAL.revenue))
        .join(campaign_runs, _RUN.id == _GOAL.run)
        .where(about)
        .group_by(_RUN.campaign, _RUN.version, _RUN.variants, _GOAL.goal, _GOAL.run)
    )
    rows += [(*row[:4], 1, *(float(row[4]) ** power for power in (1, 2, 3))) for row in reached]
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
