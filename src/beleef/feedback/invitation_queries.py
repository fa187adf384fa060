"""What is read and written of invitations: occasions in, decisions on them, and how far relation surveys looked through people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.feedback.eligibility import Past
from beleef.feedback.model import Asked, Invitation, InvitationState, Kind
from beleef.feedback.tables import survey_invitations, survey_rounds, survey_versions, surveys
from beleef.kernel.clock import DAY
from beleef.store.records.database import Prepared, insert, is_any_of, values_named

_AT_ONCE = 500
"""Rows in one statement: SQLite and PostgreSQL both limit how many values a statement may bind."""
_i = survey_invitations.c


class NewOccasion(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who could be asked; attributes as in the table. ``due_at`` is when that is decided."""

    number: int
    survey: int
    version: int
    subject: int
    fact: int = 0
    touchpoint: str = ""
    product: str = ""
    channel: str = ""
    origin: str = ""
    campaign: str = ""
    step: str = ""
    variant: str = ""
    priority: int = 50
    due_at: int
    state: InvitationState = "waiting"
    reason: str = ""


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """What an invited person's request needs to know: of the invitation, its survey, and the version that it is to.

    Attributes:
        survey: Name of the survey.
        survey_state: Its state.
        version: The version asked with.
        definition: That version as JSON; None where it is gone.
        state, subject, touchpoint, product, stratum, campaign, expires_at, started_at, finished_at: As in the table.
    """

    survey: str
    survey_state: str
    version: int
    definition: str | None
    state: str
    subject: int
    touchpoint: str
    product: str
    stratum: str
    campaign: str
    expires_at: int | None
    started_at: int | None
    finished_at: int | None


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """How far a relation survey looked through people on a day; attributes as in the table."""

    day: str
    after: int
    started_at: int
    ended_at: int | None


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about an occasion."""

    number: int
    version: int
    state: InvitationState
    reason: str
    stratum: str
    asked_at: int | None
    expires_at: int | None
    remind_at: int | None


def add(connection: sa.Connection, occasions: Iterable[NewOccasion]) -> None:
    """Add occasions that are not there yet."""
    rows = [{**msgspec.structs.asdict(one), "stratum": ""} for one in occasions]
    if rows:
        statement = insert(survey_invitations, connection)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["number"]), rows)


def due(connection: sa.Connection, until: int, limit: int) -> list[tuple[Invitation, int, str]]:
    """Return waiting occasions that are due, earliest first, each with its survey's number and the origin."""
    wanted = _wanted().where(_i.state == "waiting", _i.due_at <= until).order_by(_i.due_at, _i.number)
    return [(_read(row), row.survey, row.origin) for row in connection.execute(wanted.limit(limit))]


_INVITED = Prepared(
    sa.select(
        surveys.c.name,
        surveys.c.state,
        _i.version,
        survey_versions.c.definition,
        *(_i[name] for name in Invited.__struct_fields__[4:]),
    )
    .join_from(survey_invitations, surveys, surveys.c.number == _i.survey)
    .join(
        survey_versions,
        sa.and_(survey_versions.c.survey == _i.survey, survey_versions.c.version == _i.version),
        isouter=True,
    )
    .where(_i.number == sa.bindparam("invitation"))
)


def invited(connection: sa.Connection, number: int) -> Invited | None:
    """Return an invitation with its survey; None where there is none of that number."""
    rows = _INVITED.rows(connection, invitation=number)
    return Invited(**dict(zip(Invited.__struct_fields__, rows[0], strict=True))) if rows else None


def is_due(connection: sa.Connection, until: int) -> bool:
    """Return whether an occasion or a reminder is due."""
    waiting = sa.select(_i.number).where(_i.state == "waiting", _i.due_at <= until).limit(1)
    reminders = sa.select(_i.number).where(_i.remind_at <= until).limit(1)
    return any(connection.execute(one).first() is not None for one in (waiting, reminders))


def _wanted() -> sa.Select[Any]:
    return sa.select(survey_invitations, surveys.c.name).join(surveys, surveys.c.number == _i.survey)


def _read(row: sa.Row[Any]) -> Invitation:
    return Invitation(
        number=row.number,
        survey=row.name,
        version=row.version,
        subject=row.subject,
        state=row.state,
        reason=row.reason,
        fact=row.fact,
        touchpoint=row.touchpoint,
        product=row.product,
        channel=row.channel,
        stratum=row.stratum,
        campaign=row.campaign,
        step=row.step,
        variant=row.variant,
        priority=row.priority,
        due_at=row.due_at,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        reminded_at=row.reminded_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def invitation(connection: sa.Connection, number: int) -> Invitation | None:
    """Return an invitation, or None where there is none of that number."""
    row = connection.execute(_wanted().where(_i.number == number)).first()
    return None if row is None else _read(row)


def decide(connection: sa.Connection, decided: Sequence[Decided]) -> None:
    """Write decisions about occasions that wait."""
    if decided:
        fields = [name for name in Decided.__struct_fields__ if name != "number"]
        connection.execute(
            sa.update(survey_invitations)
            .where(_i.number == sa.bindparam("b_number"), _i.state == "waiting")
            .values({name: sa.bindparam(f"b_{name}") for name in fields}),
            [{f"b_{name}": value for name, value in msgspec.structs.asdict(one).items()} for one in decided],
        )


def refuse(connection: sa.Connection, reasons: Mapping[int, str]) -> None:
    """Note that the contact gate let invitations go no further: those people were not asked."""
    connection.execute(
        sa.update(survey_invitations)
        .where(_i.number == sa.bindparam("b_number"))
        .values(state="not_asked", reason=sa.bindparam("b_reason"), asked_at=None, remind_at=None),
        [{"b_number": number, "b_reason": reason} for number, reason in reasons.items()],
    )


def past(connection: sa.Connection, subjects: Collection[int], since: int) -> list[tuple[int, Past]]:
    """Return what subjects were asked since a moment."""
    kind = surveys.c.definition
    wanted = (
        sa.select(_i.subject, _i.asked_at, surveys.c.name, kind)
        .join(surveys, surveys.c.number == _i.survey)
        .where(is_any_of(_i.subject, list(subjects)), _i.state == "asked", _i.asked_at > since)
    )
    return [
        (row.subject, Past(survey=row.name, kind=_kind_of(row.definition), at=row.asked_at))
        for row in connection.execute(wanted)
    ]


class _OnlyKind(msgspec.Struct):
    kind: Kind


_decode_kind = msgspec.json.Decoder(_OnlyKind).decode


def _kind_of(definition: str) -> Kind:
    return _decode_kind(definition).kind


def asked_since(connection: sa.Connection, survey: int, since: int) -> int:
    """Return how many were asked a survey since a moment."""
    count = sa.select(sa.func.count()).where(_i.survey == survey, _i.state == "asked", _i.asked_at > since)
    return connection.execute(count).scalar_one()


def heard_since(connection: sa.Connection, survey: int, since: int, now: int) -> dict[str, int]:
    """Return by stratum how many finished a survey since a moment, or were asked and may still do so."""
    open_ = sa.and_(_i.finished_at.is_(None), _i.expires_at > now, _i.asked_at > now - 7 * DAY)
    wanted = (
        sa.select(_i.stratum, sa.func.count())
        .where(_i.survey == survey, _i.state == "asked", sa.or_(_i.finished_at > since, open_))
        .group_by(_i.stratum)
    )
    return {row[0]: row[1] for row in connection.execute(wanted)}


def due_reminders(connection: sa.Connection, until: int, limit: int) -> list[tuple[Invitation, int]]:
    """Return invitations that are to be reminded of, each with its survey's number."""
    wanted = _wanted().where(_i.remind_at <= until).order_by(_i.remind_at, _i.number).limit(limit)
    return [(_read(row), row.survey) for row in connection.execute(wanted)]


def set_reminders(
    connection: sa.Connection,
    *,
    reminded: Collection[int],
    later: Mapping[int, int],
    given_up: Collection[int],
    now: int,
) -> None:
    """Write that invitations were reminded of, are looked at again later, or need no reminder."""
    update = sa.update(survey_invitations)
    if reminded:
        chosen = is_any_of(_i.number, list(reminded))
        connection.execute(update.where(chosen).values(reminded_at=now, remind_at=None))
    if given_up:
        connection.execute(update.where(is_any_of(_i.number, list(given_up))).values(remind_at=None))
    if later:
        connection.execute(
            update.where(_i.number == sa.bindparam("b_number")).values(remind_at=sa.bindparam("b_at")),
            [{"b_number": number, "b_at": at} for number, at in later.items()],
        )


def note_started(connection: sa.Connection, number: int, at: int) -> None:
    """Note that the first answer came; the moment of the first stays."""
    connection.execute(
        sa.update(survey_invitations)
        .where(_i.number == number, _i.started_at.is_(None))
        .values(started_at=at, remind_at=None)
    )


_FINISH = (
    sa.update(survey_invitations)
    .where(is_any_of(_i.number, values_named("invitations")), _i.finished_at.is_(None))
    .values(
        finished_at=sa.bindparam("moment"),
        started_at=sa.func.coalesce(_i.started_at, sa.bindparam("moment")),
        remind_at=None,
    )
    .returning(_i.number)
)


def note_finished(connection: sa.Connection, numbers: Collection[int], at: int) -> set[int]:
    """Note that invitations were answered to the end; return those that were not before."""
    return set(connection.execute(_FINISH, {"invitations": list(numbers), "moment": at}).scalars())


def counted(connection: sa.Connection, survey: int, since: int, until: int | None) -> Asked:
    """Return what became of a survey's occasions that were due from ``since`` to before ``until``."""
    chosen = [_i.survey == survey, _i.due_at >= since]
    if until is not None:
        chosen.append(_i.due_at < until)
    wanted = (
        sa.select(
            _i.state,
            _i.reason,
            sa.func.count().label("n"),
            sa.func.count(_i.reminded_at).label("reminded"),
            sa.func.count(_i.started_at).label("started"),
            sa.func.count(_i.finished_at).label("finished"),
        )
        .where(*chosen)
        .group_by(_i.state, _i.reason)
    )
    rows = list(connection.execute(wanted))
    asked = [row for row in rows if row.state == "asked"]
    return Asked(
        eligible=sum(row.n for row in rows),
        waiting=sum(row.n for row in rows if row.state == "waiting"),
        asked=sum(row.n for row in asked),
        not_asked={row.reason: row.n for row in rows if row.state == "not_asked"},
        reminded=sum(row.reminded for row in asked),
        started=sum(row.started for row in asked),
        finished=sum(row.finished for row in asked),
    )


def strata(connection: sa.Connection, survey: int) -> dict[str, tuple[int, int]]:
    """Return by stratum how many could be asked and how many finished."""
    wanted = (
        sa.select(_i.stratum, sa.func.count(), sa.func.count(_i.finished_at))
        .where(_i.survey == survey, _i.state != "waiting")
        .group_by(_i.stratum)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(wanted)}


def listed(
    connection: sa.Connection,
    *,
    survey: int | None = None,
    subjects: Collection[int] | None = None,
    state: str = "",
    reason: str = "",
    before: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[Invitation]:
    """Return invitations, latest due first, before ``(due_at, number)`` of the last of the page before."""
    wanted = _wanted().order_by(_i.due_at.desc(), _i.number.desc()).limit(limit)
    if survey is not None:
        wanted = wanted.where(_i.survey == survey)
    if subjects is not None:
        wanted = wanted.where(is_any_of(_i.subject, list(subjects)))
    if state:
        wanted = wanted.where(_i.state == state)
    if reason:
        wanted = wanted.where(_i.reason == reason)
    if before is not None:
        earlier = sa.and_(_i.due_at == before[0], _i.number < before[1])
        wanted = wanted.where(sa.or_(_i.due_at < before[0], earlier))
    return [_read(row) for row in connection.execute(wanted)]


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Let invitations be nobody's: what was decided counts, whom it was about does not. What waits is given up."""
    mine = is_any_of(_i.subject, [one for one in subjects if one])
    update = sa.update(survey_invitations)
    connection.execute(update.where(mine, _i.state == "waiting").values(state="not_asked", reason="erased"))
    connection.execute(update.where(mine).values(subject=0, fact=0, product="", remind_at=None, expires_at=0))


def rounds(connection: sa.Connection, survey: int) -> list[Round]:
    """Return how far a relation survey looked through people, by day."""
    r = survey_rounds.c
    wanted = sa.select(survey_rounds).where(r.survey == survey).order_by(r.day)
    return [
        Round(day=row.day, after=row.after, started_at=row.started_at, ended_at=row.ended_at)
        for row in connection.execute(wanted)
    ]


def save_round(connection: sa.Connection, survey: int, one: Round) -> None:
    """Write how far people were looked through on a day."""
    values = msgspec.structs.asdict(one)
    statement = insert(survey_rounds, connection).values(survey=survey, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["survey", "day"], set_={name: values[name] for name in ("after", "ended_at")}
        )
    )
