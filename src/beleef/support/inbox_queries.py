"""SQL of the inbox: pages by key, and counts that stop.

What stands in a case's row is asked from one end of an index. Tags, words and people stand in tables of their own, and the shorter way
is taken: from the few cases that have them to their rows, or along the index, asking each case whether it has them.
"""

from collections.abc import Callable
from functools import partial
from math import prod

import msgspec
import sqlalchemy as sa

from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import is_any_of
from beleef.support.model import Capped, CasePage, Wanted, number_of
from beleef.support.queries import case_in
from beleef.support.tables import case_people, case_tags, case_words, cases
from beleef.support.words import words_of

_MOST_WEIGHED = 20_000
"""Up to how many cases with a word are counted to choose the way; what more have is common."""
_ROW_COSTS = 4
"""What reading a row by its number costs, against asking along an index whether a case has a word: measured with a million cases."""
_IN_ROW = ("team", "department", "kind", "priority", "channel", "root_cause")


class _Having(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the row of a case, in a table of its own: a tag, a word or a person, of which ``fits`` says what is wanted."""

    table: sa.Table
    fits: Callable[[sa.FromClause], sa.ColumnElement[bool]]

    def numbers(self) -> sa.Select[int]:
        """Return the cases that have it."""
        return sa.select(self.table.c.number).where(self.fits(self.table))

    def of(self, number: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Return whether a case has it, looked up by the case."""
        own = self.table.alias()
        return sa.exists().where(own.c.number == number, self.fits(own))


def page(connection: sa.Connection, wanted: Wanted, *, now: int, after: str | None, limit: int) -> CasePage:
    """Return a page of the inbox.

    Raises:
        InvalidInput: ``after`` is none of ours.
    """
    found, fits = _way(connection, wanted, now, limit)
    key, number = (found.c.next_due_at if wanted.order == "due" else found.c.last_at), found.c.number
    chosen = sa.select(found).where(*fits)
    if wanted.order == "due":
        chosen = chosen.where(key.is_not(None))
    if after is not None:
        place = sa.tuple_(*_place(after))
        here = sa.tuple_(key, number)
        chosen = chosen.where(here < place if wanted.order == "newest" else here > place)
    order = (key.desc(), number.desc()) if wanted.order == "newest" else (key, number)
    rows = connection.execute(chosen.order_by(*order).limit(limit + 1)).all()
    shown = tuple(case_in(row) for row in rows[:limit])
    if len(rows) <= limit:
        return CasePage(cases=shown, next=None)
    last = rows[limit - 1]
    at = last.next_due_at if wanted.order == "due" else last.last_at
    return CasePage(cases=shown, next=f"{at}-{last.number}")


def count(connection: sa.Connection, wanted: Wanted, *, now: int, at_most: int) -> Capped:
    """Return how many cases there are, counted up to a limit."""
    found, fits = _way(connection, wanted, now, at_most)
    some = sa.select(sa.literal(1)).select_from(found).where(*fits).limit(at_most + 1)
    counted = connection.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one()
    return Capped(count=min(counted, at_most), is_more=counted > at_most)


def conditions(wanted: Wanted, now: int) -> list[sa.ColumnElement[bool]]:
    """Return what the cases that are wanted fulfil, for who looks at all of them."""
    beside = [cases.c.number.in_(one.numbers()) for one in _beside(wanted)]
    return [*_in_row(cases, wanted, now), *beside]


def _way(
    connection: sa.Connection, wanted: Wanted, now: int, limit: int
) -> tuple[sa.FromClause, list[sa.ColumnElement[bool]]]:
    """Return where the cases that are wanted are looked for, and what they fulfil there, the shorter way of two.

    Args:
        connection: To count with.
        wanted: What is wanted.
        now: The moment.
        limit: How many are to be found.
    """
    beside = _beside(wanted)
    if not beside:
        return cases, _in_row(cases, wanted, now)
    counts = [_counted(connection, one) for one in beside]
    every = max(1, _every(connection))
    # So many are looked at along the index until enough are found, as though words were strewn evenly over all cases.
    along = limit / prod(max(min(found / every, 1), 1 / every) for found in counts)
    rarest = min(counts)
    if rarest > _MOST_WEIGHED or along <= rarest * _ROW_COSTS:
        return cases, [*_in_row(cases, wanted, now), *(one.of(cases.c.number) for one in beside)]
    first, *others = [one for _, one in sorted(zip(counts, beside, strict=True), key=lambda pair: pair[0])]
    numbers = first.numbers().where(*(one.of(first.table.c.number) for one in others))
    # Found first, and looked at afterwards: else a planner that knows no counts might read the index from end to end.
    few = sa.select(cases).where(cases.c.number.in_(numbers)).cte("few").prefix_with("MATERIALIZED")
    return few, _in_row(few, wanted, now)


def _counted(connection: sa.Connection, having: _Having) -> int:
    some = having.numbers().limit(_MOST_WEIGHED + 1).subquery()
    return connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def _every(connection: sa.Connection) -> int:
    """Return about how many cases there are: numbers are given one after the other."""
    first, last = (sa.select(one(cases.c.number)).scalar_subquery() for one in (sa.func.min, sa.func.max))
    lowest, highest = connection.execute(sa.select(first, last)).one()
    return 0 if lowest is None else highest - lowest + 1


def _in_row(found: sa.FromClause, wanted: Wanted, now: int) -> list[sa.ColumnElement[bool]]:
    c, fits = found.c, []
    if wanted.is_open is not None:
        fits.append(c.is_open == int(wanted.is_open))
    if wanted.statuses:
        fits.append(c.status.in_(wanted.statuses))
    if wanted.assignee:
        fits.append(c.assignee == ("" if wanted.assignee == "-" else wanted.assignee))
    fits += [c[name] == value for name in _IN_ROW if (value := getattr(wanted, name))]
    if wanted.overdue:
        fits += [c.is_open == 1, c.next_due_at < now]
    if wanted.due_before is not None:
        fits += [c.is_open == 1, c.next_due_at < wanted.due_before]
    number = number_of(wanted.text)
    if number is not None:
        fits.append(c.number == number)
    elif wanted.text.strip() and not words_of(wanted.text):
        fits.append(sa.false())
    return fits


def _beside(wanted: Wanted) -> list[_Having]:
    found = []
    if wanted.tag:
        found.append(_Having(table=case_tags, fits=lambda its: its.c.tag == wanted.tag))
    if wanted.subjects:
        subjects = list(wanted.subjects)
        found.append(_Having(table=case_people, fits=lambda its: is_any_of(its.c.subject, subjects)))
    if number_of(wanted.text) is None:
        sought = words_of(wanted.text)
        found += [_Having(table=case_words, fits=partial(_is, one)) for one in sought[:-1]]
        # What is still being typed is the beginning of a word.
        found += [_Having(table=case_words, fits=partial(_begins, one)) for one in sought[-1:]]
    return found


def _is(word: str, its: sa.FromClause) -> sa.ColumnElement[bool]:
    return its.c.word == word


def _begins(word: str, its: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.and_(its.c.word >= word, its.c.word < word + "\U0010ffff")


def _place(after: str) -> tuple[int, int]:
    at, dash, number = after.rpartition("-")
    if not dash or not number.isdecimal() or not at.removeprefix("-").isdecimal():
        raise InvalidInput("There is no such page.", hint="Begin again at the first page.")
    return int(at), int(number)
