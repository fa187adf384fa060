"""What is read and written of definitions, versions and runs.

Runs are read and written many at a time: a batch of facts or a round of timers costs a few statements.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.campaigns.machine import Moving
from beleef.campaigns.model import Campaign, InFlight, State, StoredCampaign, Version
from beleef.campaigns.reading import from_data
from beleef.campaigns.tables import (
    campaign_changes,
    campaign_fillings,
    campaign_goals,
    campaign_passages,
    campaign_remains,
    campaign_runs,
    campaign_versions,
    campaigns,
)
from beleef.campaigns.writing import to_data
from beleef.store.records.database import Prepared, insert, is_any_of

_decode_texts = msgspec.json.Decoder(dict[str, str]).decode
_decode_numbers = msgspec.json.Decoder(dict[str, float]).decode
_decode_properties = msgspec.json.Decoder(dict[str, Any]).decode
_NOTHING = b"{}"
_CHANGE = Prepared(sa.select(campaign_changes.c.change, campaign_changes.c.last_fact))


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """How far an audience's members were brought in on one day of a schedule; attributes as in the table."""

    day: str
    version: int
    after: int
    started_at: int
    ended_at: int | None
    entered: int


def change(connection: sa.Connection) -> tuple[int, int]:
    """Return a number that grows with every change of any campaign, and the last fact that was worked on."""
    rows = _CHANGE.rows(connection)
    return (rows[0][0], rows[0][1]) if rows else (0, 0)


def note_change(connection: sa.Connection) -> None:
    """Note that a campaign changed, so that every process reads them again."""
    statement = insert(campaign_changes, connection).values(id=1, change=1, last_fact=0)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"change": campaign_changes.c.change + 1})
    )


def note_last_fact(connection: sa.Connection, fact: int) -> None:
    """Note the last fact that was worked on."""
    statement = insert(campaign_changes, connection).values(id=1, change=0, last_fact=fact)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"last_fact": fact}))


def stored(connection: sa.Connection, name: str | None = None) -> list[StoredCampaign]:
    """Return campaigns by name, without their figures; all of them, or one."""
    c, v = campaigns.c, campaign_versions.c
    wanted = (
        sa.select(campaigns, v.definition.label("published"))
        .join(campaign_versions, sa.and_(v.campaign == c.number, v.version == c.version), isouter=True)
        .order_by(c.name)
    )
    if name is not None:
        wanted = wanted.where(c.name == name)
    return [
        StoredCampaign(
            number=row.number,
            campaign=_definition(row.definition),
            state=row.state,
            version=row.version,
            is_changed=row.definition != row.published,
            active_from=row.active_from,
            paused_at=row.paused_at,
            updated_at=row.updated_at,
        )
        for row in connection.execute(wanted)
    ]


def _definition(text: str) -> Campaign:
    return from_data(msgspec.json.decode(text))


def _text(campaign: Campaign) -> str:
    return msgspec.json.encode(to_data(campaign)).decode()


def save(connection: sa.Connection, campaign: Campaign, now: int) -> None:
    """Write a definition, new or changed."""
    values = {"definition": _text(campaign), "updated_at": now}
    statement = insert(campaigns, connection).values(name=campaign.name, state="draft", version=0, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def set_state(connection: sa.Connection, number: int, state: State, **values: Any) -> None:
    """Write the state of a campaign, and what goes with it."""
    connection.execute(sa.update(campaigns).where(campaigns.c.number == number).values(state=state, **values))


def add_version(
    connection: sa.Connection, number: int, version: int, campaign: Campaign, now: int, in_flight: InFlight
) -> None:
    """Write a version that is published."""
    connection.execute(
        sa.insert(campaign_versions).values(
            campaign=number,
            version=version,
            definition=_text(campaign),
            published_at=now,
            in_flight=in_flight,
        )
    )


def versions(connection: sa.Connection, numbers: Collection[int]) -> dict[tuple[int, int], Version]:
    """Return all published versions of campaigns, by number and version."""
    v = campaign_versions.c
    wanted = sa.select(campaign_versions, campaigns.c.name).join(campaigns, campaigns.c.number == v.campaign)
    return {
        (row.campaign, row.version): Version(
            campaign=row.name,
            version=row.version,
            definition=_definition(row.definition),
            published_at=row.published_at,
            in_flight=row.in_flight,
        )
        for row in connection.execute(wanted.where(is_any_of(v.campaign, list(numbers))))
    }


def delete(connection: sa.Connection, number: int) -> None:
    """Remove a campaign and all that was kept of it."""
    goals = campaign_goals.c.run.in_(sa.select(campaign_runs.c.id).where(campaign_runs.c.campaign == number))
    connection.execute(sa.delete(campaign_goals).where(goals))
    for table in (campaign_runs, campaign_versions, campaign_passages, campaign_remains, campaign_fillings):
        connection.execute(sa.delete(table).where(table.c.campaign == number))
    connection.execute(sa.delete(campaigns).where(campaigns.c.number == number))


_RUN = campaign_runs.c


_COLUMNS = (
    _RUN.id, _RUN.campaign, _RUN.version, _RUN.subject, _RUN.key, _RUN.step, _RUN.came, _RUN.due_at, _RUN.entered_at,
    _RUN.ended_at, _RUN.reason, _RUN.variants, _RUN.covariates, _RUN.sent_step, _RUN.trigger, _RUN.fact, _RUN.properties, _RUN.drawn_as,
)  # fmt: skip


def _moving(rows: Iterable[Any]) -> list[Moving]:
    # Taking rows apart at once costs half of asking them for each column by name.
    return [
        Moving(
            id=id_,
            campaign=campaign,
            version=version,
            subject=subject,
            person=subject,
            key=key,
            step=step,
            came=came,
            due_at=due_at,
            entered_at=entered_at,
            ended_at=ended_at,
            reason=reason,
            variants={} if variants == "{}" else _decode_texts(variants),
            covariates={} if covariates == "{}" else _decode_numbers(covariates),
            sent_step=sent_step,
            trigger=trigger,
            fact=fact,
            properties={} if properties == _NOTHING else _decode_properties(properties),
            drawn_as=subject if drawn_as is None else drawn_as,
        )
        for (
            id_, campaign, version, subject, key, step, came, due_at, entered_at, ended_at, reason, variants, covariates,
            sent_step, trigger, fact, properties, drawn_as,
        ) in rows
    ]  # fmt: skip


def runs_about(
    connection: sa.Connection, numbers: Collection[int], subjects: Collection[int]
) -> list[Moving]:
    """Return all runs of some campaigns about some subjects, ended ones included, in the order of their beginning."""
    wanted = sa.select(*_COLUMNS).where(
        is_any_of(_RUN.subject, list(subjects)), _RUN.campaign.in_(sorted(numbers))
    )
    return _moving(connection.execute(wanted.order_by(_RUN.entered_at, _RUN.id)))


def due(connection: sa.Connection, numbers: Iterable[int], until: int, limit: int) -> list[Moving]:
    """Return runs that go on by themselves at or before a moment, those due longest first, so many of each campaign at most."""
    found: list[Moving] = []
    for number in sorted(numbers):
        wanted = (
            sa.select(*_COLUMNS)
            .where(_RUN.campaign == number, _RUN.due_at <= until, _RUN.ended_at.is_(None))
            .order_by(_RUN.due_at)
            .limit(limit - len(found))
        )
        found += _moving(connection.execute(wanted))
        if len(found) >= limit:
            break
    return found


def save_runs(connection: sa.Connection, runs: Iterable[Moving]) -> None:
    """Write runs: new ones (one that is there already stays as it is) and changed ones."""
    new: list[Moving] = []
    changed: list[Moving] = []
    for run in runs:
        (new if run.is_new else changed).append(run)
    if changed:
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _moved(changed[0])}
        _many(
            connection,
            sa.update(campaign_runs).where(_RUN.id == sa.bindparam("run")).values(values),
            [
                {"run": run.id, **{f"new_{name}": value for name, value in _moved(run).items()}}
                for run in changed
            ],
        )
    if new:
        rows = [
            {
                "id": run.id,
                "campaign": run.campaign,
                "subject": run.subject,
                "key": run.key,
                "entered_at": run.entered_at,
                "trigger": run.trigger,
                "fact": run.fact,
                "properties": msgspec.json.encode(run.properties) if run.properties else _NOTHING,
                **_moved(run),
            }
            for run in new
        ]
        _many(connection, insert(campaign_runs, connection).on_conflict_do_nothing(), rows)


def _many(connection: sa.Connection, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Run a statement with many rows."""
    if connection.dialect.name == "postgresql":
        connection.execute(statement, rows)
        return
    # Straight to the driver: making bound values of each row costs more than writing it.
    written = statement.compile(dialect=connection.dialect)
    names = list(written.positiontup)
    connection.exec_driver_sql(str(written), [tuple([row[name] for name in names]) for row in rows])


def _moved(run: Moving) -> dict[str, Any]:
    return {
        "version": run.version,
        "drawn_as": run.drawn_as,
        "step": run.step,
        "came": run.came,
        "sent_step": run.sent_step,
        "due_at": run.due_at,
        "ended_at": run.ended_at,
        "reason": run.reason,
        "variants": msgspec.json.encode(run.variants).decode() if run.variants else "{}",
        "covariates": msgspec.json.encode(run.covariates).decode() if run.covariates else "{}",
    }


def add_passages(connection: sa.Connection, passed: Mapping[tuple[int, int, str, str], int]) -> None:
    """Count runs that came through steps: by campaign, version, step and way."""
    if not passed:
        return
    statement = insert(campaign_passages, connection)
    statement = statement.on_conflict_do_update(
        index_elements=["campaign", "version", "step", "way"],
        set_={"runs": campaign_passages.c.runs + statement.excluded.runs},
    )
    connection.execute(
        statement,
        [
            {"campaign": campaign, "version": version, "step": step, "way": way, "runs": runs}
            for (campaign, version, step, way), runs in sorted(passed.items())
        ],
    )


def add_goals(connection: sa.Connection, reached: Sequence[Mapping[str, Any]]) -> None:
    """Write goals that runs reached: run, goal, fact, at, revenue, currency; one that is there already stays as it is."""
    if reached:
        connection.execute(insert(campaign_goals, connection).on_conflict_do_nothing(), list(reached))


def shift(connection: sa.Connection, number: int, by: int) -> None:
    """Put off all timers of a campaign by so many microseconds."""
    connection.execute(
        sa.update(campaign_runs)
        .where(_RUN.campaign == number, _RUN.ended_at.is_(None))
        .values(due_at=_RUN.due_at + by)
    )


def end_all(connection: sa.Connection, number: int, now: int, reason: str) -> int:
    """End all runs of a campaign; return how many there were."""
    ended = connection.execute(
        sa.update(campaign_runs)
        .where(_RUN.campaign == number, _RUN.ended_at.is_(None))
        .values(ended_at=now, due_at=None, reason=reason)
    )
    return int(ended.rowcount)


def move_on(
    connection: sa.Connection, number: int, version: int, steps: Collection[str], now: int
) -> tuple[int, int]:
    """Let runs under way go on in a version; those at a step that it does not have end.

    Returns:
        How many moved, and how many ended.
    """
    under_way = sa.and_(_RUN.campaign == number, _RUN.ended_at.is_(None), _RUN.version != version)
    stays = is_any_of(_RUN.step, [*steps, ""])
    ended = connection.execute(
        sa.update(campaign_runs)
        .where(under_way, sa.not_(stays))
        .values(ended_at=now, due_at=None, reason="step_removed")
    )
    moved = connection.execute(sa.update(campaign_runs).where(under_way).values(version=version))
    return int(moved.rowcount), int(ended.rowcount)


def fillings(connection: sa.Connection, number: int) -> list[Filling]:
    """Return the days on which members were brought in, latest first."""
    c = campaign_fillings.c
    rows = connection.execute(sa.select(campaign_fillings).where(c.campaign == number).order_by(c.day.desc()))
    return [
        Filling(
            day=row.day,
            version=row.version,
            after=row.after,
            started_at=row.started_at,
            ended_at=row.ended_at,
            entered=row.entered,
        )
        for row in rows
    ]


def save_filling(connection: sa.Connection, number: int, filling: Filling) -> None:
    """Write how far members were brought in."""
    values = {
        "version": filling.version,
        "after": filling.after,
        "started_at": filling.started_at,
        "ended_at": filling.ended_at,
        "entered": filling.entered,
    }
    statement = insert(campaign_fillings, connection).values(campaign=number, day=filling.day, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["campaign", "day"], set_=values))
