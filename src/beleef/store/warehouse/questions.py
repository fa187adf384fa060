"""Questions over all facts as Ibis expressions: one meaning, whichever engine runs it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, get_args

import ibis
import ibis.expr.operations as ops
import pyarrow as pa

from beleef.kernel.clock import DAY, to_datetime
from beleef.kernel.errors import InvalidInput
from beleef.store.warehouse.columns import SCHEMA
from beleef.store.warehouse.model import Arrivals, Count, Group, Selection, day_text, offsets

_GROUPS = get_args(Group)
_SCHEMAS = {
    "facts": ibis.Schema.from_pyarrow(SCHEMA.append(pa.field("moment", pa.int64()))),
    "people": ibis.schema({"subject": "int64", "person": "int64"}),
}


def as_ibis(name: str, backend: ibis.BaseBackend) -> ibis.Table:
    """Return ``facts`` or ``people`` of a backend as an Ibis table, with the same types on every engine.

    The backend is not asked what the table looks like: that is known, and asking costs more than a small question.
    """
    return ops.DatabaseTable(name, schema=_SCHEMAS[name], source=backend).to_expr()


def counts(
    facts: ibis.Table,
    by: Sequence[Group],
    *,
    since: int | None,
    until: int | None,
    where: Selection,
    zone: str,
    bounds: tuple[int, int],
) -> ibis.Table:
    """Return the number of facts per group as an expression; see ``Warehouse.counts``.

    Days and months are one column ``day``, days since 1970: ``to_counts`` makes the months of it.

    Args:
        facts: The table ``facts``.
        by: What to count by.
        since: First moment (microseconds), None for no bound.
        until: The moment behind the last, None for no bound.
        where: Which facts.
        zone: Whose days and months are meant.
        bounds: Moments before and after which there are no facts.

    Raises:
        InvalidInput: there is no such group or zone.
    """
    for group in by:
        if group not in _GROUPS:
            raise InvalidInput(
                f"Facts cannot be counted by {group!r}.", hint=f"Choose from {', '.join(_GROUPS)}."
            )
    chosen = in_period(facts, since, until)
    for column, values in where.by_column():
        chosen = chosen.filter(chosen[column].isin(values))
    keys: dict[str, Any] = {group: chosen[group] for group in by if group not in {"day", "month"}}
    if {"day", "month"} & set(by):
        first, last = bounds[0] if since is None else since, bounds[1] if until is None else until
        keys["day"] = day_of(chosen.moment, zone, since=first, until=last)
    grouped = chosen.group_by(**keys) if keys else chosen
    return grouped.aggregate(facts=chosen.count())


def in_period(facts: ibis.Table, since: int | None, until: int | None) -> ibis.Table:
    """Return the facts that occurred from ``since`` until before ``until`` (microseconds, None for no bound)."""
    if since is not None:
        facts = facts.filter(facts.occurred_at >= ibis.literal(to_datetime(since)))
    if until is not None:
        facts = facts.filter(facts.occurred_at < ibis.literal(to_datetime(until)))
    return facts


def day_of(moment: ibis.ir.IntegerColumn, zone: str, *, since: int, until: int) -> ibis.ir.IntegerValue:
    """Return the day of moments (microseconds) in a zone, counted from 1970-01-01.

    Args:
        moment: The column ``moment``.
        zone: Name of the time zone.
        since: No moment is earlier.
        until: No moment is later.

    Raises:
        InvalidInput: there is no such zone.
    """
    steps = offsets(zone, since=since, until=until)
    if len(steps) == 1:
        ahead: Any = steps[0].ahead
    else:
        periods = [(moment < after.since, step.ahead) for step, after in pairwise(steps)]
        ahead = ibis.cases(*periods, else_=steps[-1].ahead)
    return ((moment + ahead) // DAY).cast("int64")


def to_counts(answer: pa.Table, by: Sequence[Group]) -> list[Count]:
    """Return the rows of ``counts`` as counts, sorted by their keys."""
    totals: dict[tuple[str | None, ...], int] = {}
    for row in answer.to_pylist():
        day = day_text(row["day"]) if "day" in row else ""
        parts = {**row, "day": day, "month": day[:7]}
        key = tuple(parts[group] for group in by)
        totals[key] = totals.get(key, 0) + row["facts"]
    found = [Count(key=key, facts=facts) for key, facts in totals.items()]
    return sorted(found, key=lambda count: [(part is None, part or "") for part in count.key])


def arrivals(facts: ibis.Table) -> ibis.Table:
    """Return per source the number of facts and the moment the last one was accepted; see ``Warehouse.sources``."""
    return facts.group_by("source").aggregate(
        facts=lambda group: group.count(), last_at=lambda group: group.received_at.max()
    )


def to_arrivals(answer: pa.Table) -> list[Arrivals]:
    """Return the rows of ``arrivals``, by source."""
    moments = answer["last_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    rows = zip(answer["source"].to_pylist(), answer["facts"].to_pylist(), moments, strict=True)
    found = [Arrivals(source=source, facts=facts, last_at=last_at) for source, facts, last_at in rows]
    return sorted(found, key=lambda one: one.source)
