"""What is read and written of surveys and their versions."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.feedback.model import State, StoredSurvey, Survey, Version
from beleef.feedback.tables import (
    survey_answers,
    survey_changes,
    survey_invitations,
    survey_remains,
    survey_rounds,
    survey_versions,
    surveys,
)
from beleef.store.records.database import Prepared, insert, is_any_of

_s = surveys.c


@lru_cache(maxsize=256)
def decode(definition: str) -> Survey:
    """Return a definition; whoever answers a survey asks for the same one with every page."""
    return msgspec.json.decode(definition, type=Survey)


def change(connection: sa.Connection) -> tuple[int, int]:
    """Return a number that grows with every change of any survey, and the last fact that could ask for one."""
    row = connection.execute(sa.select(survey_changes.c.change, survey_changes.c.last_fact)).first()
    return (0, 0) if row is None else (row[0], row[1])


def note_change(connection: sa.Connection) -> None:
    """Note that a survey changed, so that every process reads them again."""
    statement = insert(survey_changes, connection).values(id=1, change=1, last_fact=0)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["id"], set_={"change": survey_changes.c.change + 1})
    )


def note_last_fact(connection: sa.Connection, fact: int) -> None:
    """Note the last fact that could ask for a survey."""
    statement = insert(survey_changes, connection).values(id=1, change=0, last_fact=fact)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"last_fact": fact}))


def _stored() -> sa.Select[Any]:
    v = survey_versions.c
    of_survey = survey_answers.c.survey == _s.name
    answered = sa.select(sa.literal(1)).select_from(survey_answers).where(of_survey).exists()
    remains = sa.select(sa.literal(1)).select_from(survey_remains).where(survey_remains.c.survey == _s.name)
    return sa.select(
        _s.number,
        _s.definition,
        _s.state,
        _s.version,
        v.definition.label("published"),
        _s.active_from,
        _s.updated_at,
        sa.or_(answered, remains.exists()),
    ).join(survey_versions, sa.and_(v.survey == _s.number, v.version == _s.version), isouter=True)


_ALL = Prepared(_stored().order_by(_s.name))
_ONE = Prepared(_stored().where(_s.name == sa.bindparam("survey")))


def stored(connection: sa.Connection, name: str | None = None) -> list[StoredSurvey]:
    """Return surveys by name; all of them, or one."""
    rows = _ALL.rows(connection) if name is None else _ONE.rows(connection, survey=name)
    return [
        StoredSurvey(
            number=number,
            survey=decode(definition),
            state=state,
            version=version,
            published=None if published is None else decode(published),
            is_changed=definition != published,
            active_from=active_from,
            updated_at=updated_at,
            has_answers=bool(has_answers),
        )
        for number, definition, state, version, published, active_from, updated_at, has_answers in rows
    ]


def _text(survey: Survey) -> str:
    return msgspec.json.encode(survey).decode()


def save(connection: sa.Connection, survey: Survey, now: int) -> None:
    """Write a definition, new or changed."""
    values = {"definition": _text(survey), "updated_at": now}
    statement = insert(surveys, connection).values(name=survey.name, state="draft", version=0, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def set_state(connection: sa.Connection, number: int, state: State, **values: Any) -> None:
    """Write the state of a survey, and what goes with it."""
    connection.execute(sa.update(surveys).where(_s.number == number).values(state=state, **values))


def add_version(connection: sa.Connection, number: int, version: int, survey: Survey, now: int) -> None:
    """Write a version that is published."""
    connection.execute(
        sa.insert(survey_versions).values(
            survey=number, version=version, definition=_text(survey), published_at=now
        )
    )


def versions(connection: sa.Connection, numbers: Collection[int]) -> dict[tuple[int, int], Version]:
    """Return all published versions of surveys, by number and version."""
    wanted = sa.select(survey_versions, _s.name).join(surveys, _s.number == survey_versions.c.survey)
    return {
        (row.survey, row.version): Version(
            survey=row.name,
            version=row.version,
            definition=decode(row.definition),
            published_at=row.published_at,
        )
        for row in connection.execute(wanted.where(is_any_of(survey_versions.c.survey, list(numbers))))
    }


_VERSION = Prepared(
    sa.select(survey_versions.c.definition, survey_versions.c.published_at)
    .join_from(survey_versions, surveys, _s.number == survey_versions.c.survey)
    .where(_s.name == sa.bindparam("survey"), survey_versions.c.version == sa.bindparam("number"))
)


def version(connection: sa.Connection, name: str, number: int) -> Version | None:
    """Return a published version of a survey; None where there is none of that number."""
    rows = _VERSION.rows(connection, survey=name, number=number)
    if not rows:
        return None
    definition, published_at = rows[0]
    return Version(survey=name, version=number, definition=decode(definition), published_at=published_at)


def delete(connection: sa.Connection, number: int) -> None:
    """Remove a survey with its versions and invitations."""
    for table in (survey_versions, survey_rounds, survey_invitations):
        connection.execute(sa.delete(table).where(table.c.survey == number))
    connection.execute(sa.delete(surveys).where(_s.number == number))
