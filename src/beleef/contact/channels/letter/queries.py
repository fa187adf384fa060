"""SQL of the letters."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.letter.model import Letter
from beleef.contact.channels.letter.tables import letter_days, letters
from beleef.store.records.database import insert, is_any_of

_t = letters.c


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The letters of one day.

    Attributes:
        day: ``YYYY-MM-DD``.
        letters: How many.
        last_at: When the last came.
        handed_over_at: When they were given to the print service, None for not yet.
        handed_over_by: Name of who gave them.
        late: How many came after that.
    """

    day: str
    letters: int
    last_at: int
    handed_over_at: int | None = None
    handed_over_by: str = ""
    late: int = 0


def add(connection: sa.Connection, given: Sequence[Letter]) -> None:
    """Keep letters; one that is kept stays as it is."""
    for letter in given:
        row = {**msgspec.structs.asdict(letter), "address": "\n".join(letter.address)}
        statement = insert(letters, connection).values(row)
        connection.execute(statement.on_conflict_do_nothing(index_elements=[_t.contact]))


def days(connection: sa.Connection, *, limit: int) -> list[Day]:
    """Return the days that have letters, the latest first."""
    return [Day(**row) for row in connection.execute(_days().limit(limit)).mappings()]


def day(connection: sa.Connection, wanted: str) -> Day | None:
    """Return one day, None where it has no letters."""
    row = connection.execute(_days().where(_t.day == wanted)).mappings().first()
    return None if row is None else Day(**row)


def _days() -> sa.Select[str, int, int, int | None, str, int]:
    handed = letter_days.c
    late = sa.case((_t.at > handed.handed_over_at, 1), else_=0)
    return (
        sa.select(
            _t.day,
            sa.func.count().label("letters"),
            sa.func.max(_t.at).label("last_at"),
            handed.handed_over_at,
            sa.func.coalesce(handed.handed_over_by, "").label("handed_over_by"),
            sa.func.sum(late).label("late"),
        )
        .join_from(letters, letter_days, handed.day == _t.day, isouter=True)
        .group_by(_t.day, handed.handed_over_at, handed.handed_over_by)
        .order_by(_t.day.desc())
    )


def hand_over(connection: sa.Connection, wanted: str, *, at: int, by: str) -> None:
    """Note that the letters of a day were given to the print service; said again, the later moment counts."""
    statement = insert(letter_days, connection).values(day=wanted, handed_over_at=at, handed_over_by=by)
    said = {"handed_over_at": at, "handed_over_by": by}
    connection.execute(statement.on_conflict_do_update(index_elements=[letter_days.c.day], set_=said))


def of_day(connection: sa.Connection, day: str) -> list[Letter]:
    """Return the letters of a day, in the order they came."""
    return [
        _letter(row)
        for row in connection.execute(sa.select(letters).where(_t.day == day).order_by(_t.contact))
    ]


def one(connection: sa.Connection, contact: int) -> Letter | None:
    """Return a letter by its number in the ledger."""
    row = connection.execute(sa.select(letters).where(_t.contact == contact)).first()
    return None if row is None else _letter(row)


def forget(connection: sa.Connection, subjects: Collection[int]) -> None:
    """Forget letters to somebody who is erased."""
    connection.execute(sa.delete(letters).where(is_any_of(_t.subject, list(subjects))))


def _letter(row: sa.Row[tuple[object, ...]]) -> Letter:
    values = dict(row._mapping)
    return Letter(**{**values, "address": tuple(str(values["address"]).split("\n"))})
