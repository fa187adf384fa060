"""Whether what stands in the rows of cases is what follows from their entries: every timer worked out anew and compared."""

from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.support import queries
from beleef.support.life import fold
from beleef.support.promises import Book

_BY_CHORES = {"told", "next_at"}
"""What a chore writes ahead of the fact that says it; the fact makes it the same."""


class Differs(msgspec.Struct, frozen=True, kw_only=True):
    """A difference: in which case, of what, what stands there, and what follows from its entries."""

    case: int
    what: str
    stored: str
    worked_out: str


def verify(
    connection: sa.Connection, book: Book, *, after: int, limit: int
) -> tuple[list[Differs], int | None]:
    """Return the differences of cases above a number, and the number to go on after (None: these were the last)."""
    numbers = queries.every_number(connection, after, limit)
    entries = queries.entries(connection, numbers, bodies=False)
    rows = queries.by_numbers(connection, numbers)
    promises = queries.promises(connection, numbers)
    found: list[Differs] = []
    for number in numbers:
        life = fold(entries[number], book)
        stored = msgspec.structs.replace(rows[number].life, promises=life.promises, waits=life.waits)
        for name in life.__struct_fields__:
            # A chore wakes a sleeper a moment before the fact does.
            if name != "snoozed_until":
                _compare(found, number, name, getattr(stored, name), getattr(life, name))
        kept = {one.id: one for one in promises.get(number, ())}
        for one in life.promises:
            there = kept.pop(one.id, None)
            for name in one.__struct_fields__:
                if name not in _BY_CHORES:
                    _compare(
                        found, number, f"{one.id} {name}", getattr(there, name, None), getattr(one, name)
                    )
        found += [Differs(case=number, what=name, stored="there", worked_out="not there") for name in kept]
    return found, numbers[-1] if len(numbers) == limit else None


def _compare(found: list[Differs], number: int, what: str, stored: Any, worked_out: Any) -> None:
    if stored != worked_out:
        found.append(Differs(case=number, what=what, stored=str(stored), worked_out=str(worked_out)))
