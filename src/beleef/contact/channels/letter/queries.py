"""SQL of the letters."""

from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa

from beleef.contact.channels.letter.model import Letter
from beleef.contact.channels.letter.tables import letters
from beleef.store.records.database import insert, is_any_of

_t = letters.c


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The letters of one day: the day as ``YYYY-MM-DD``, how many, and when the last came."""

    day: str
    letters: int
    last_at: int


def add(connection: sa.Connection, given: Sequence[Letter]) -> None:
    """Keep letters; one that is kept stays as it is."""
    for letter in given:
        row = {**msgspec.structs.asdict(letter), "address": "\n".join(letter.address)}
        statement = insert(letters, connection).values(row)
        connection.execute(statement.on_conflict_do_nothing(index_elements=[_t.contact]))


def days(connection: sa.Connection, *, limit: int) -> list[Day]:
    """Return the days that have letters, the latest first."""
    chosen = (
        sa.select(_t.day, sa.func.count().label("letters"), sa.func.max(_t.at).label("last_at"))
        .group_by(_t.day)
        .order_by(_t.day.desc())
        .limit(limit)
    )
    return [Day(day=row.day, letters=row.letters, last_at=row.last_at) for row in connection.execute(chosen)]


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
