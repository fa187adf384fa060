"""Voices' part in the pipeline: reads what people wrote as it comes in, and reads all of it anew when themes or models changed."""

from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.feedback.telling import ANSWERED, WITHDRAWN, Told, number_of, told
from beleef.feedback.voices import queries
from beleef.feedback.voices.model import Reading, Said
from beleef.feedback.voices.reading import Reader
from beleef.kernel.clock import from_datetime, to_datetime
from beleef.store.records.database import Database

_EVENTS: frozenset[str | None] = frozenset({ANSWERED, WITHDRAWN})
_WRITTEN = frozenset({"", "open", "one", "many"})
_AT_ONCE = 500


class VoicesStep:
    """Keeps and reads the open answers of a batch."""

    def __init__(self) -> None:
        self._reader = Reader()

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch as a set, within the caller's transaction. The same batch again changes nothing."""
        answered = [one for one in batch.named(_EVENTS) if one[1].type == "track"]
        answered += [(0, fact) for fact in batch.anonymous if fact.name in _EVENTS]
        if not answered:
            return
        written = list(_written(answered))
        # The answers are written before: what they promised is known there.
        hidden = queries.sealed_or_waiting(connection, [number for number, _, _ in written])
        said = [_said(one, hidden) for one in written if _counts(one, hidden)]
        if said:
            number = self._reader.prepare(connection)
            kept = queries.replace_earlier(connection, said)
            queries.save(connection, [self._reader.read(one) for one in kept if one.text], number)
        if hidden:
            queries.show_sealed(connection)

    def forget(self) -> None:
        """Drop what is in memory."""
        self._reader.forget()


class Rereading:
    """A chore: reads comments anew that were read with other themes or models than the present ones."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reader = Reader()
        self._done = -1

    def __call__(self) -> bool:
        """Read some; return whether there were any."""
        with self._database.read() as connection:
            number = self._reader.prepare(connection)
            if number == self._done:
                # What comes in is read in the present way: only another way makes work, and looking for it reads all comments.
                return False
            waiting = queries.read_otherwise(connection, number, limit=_AT_ONCE)
        if not waiting:
            self._done = number
            return False
        found: list[tuple[Said, Reading]] = [self._reader.read(one) for one in waiting]
        with self._database.write() as connection:
            queries.save(connection, found, number)
        return True


_Written = tuple[int, int, Told]
"""Number of the answer, whose it is, and what was said."""


def _written(answered: Iterable[tuple[int, Fact]]) -> Iterator[_Written]:
    """Yield what was written; an answer that was taken back has no text, and removes what was written before."""
    for subject, fact in answered:
        found = told(fact, subject)
        if found is not None and found.kind in _WRITTEN and (found.text or found.is_withdrawn):
            yield number_of(found.response, found.question, found.row), subject, found


def _counts(one: _Written, hidden: Mapping[int, int]) -> bool:
    """Return whether it is kept: of what is anonymous only the first word to an open question, which no later one replaces."""
    number, _, found = one
    return number not in hidden or (hidden[number] == found.fact and found.kind == "open")


def _said(one: _Written, hidden: Mapping[int, int]) -> Said:
    number, subject, found = one
    is_hidden = number in hidden
    at = found.at if subject else _month(found.at)
    return Said(
        fact=found.fact,
        subject=0 if is_hidden else subject,
        survey=found.survey,
        question=found.question,
        response=found.response,
        at=queries.WAITS if is_hidden else at,
        channel="" if is_hidden else found.delivery,
        touchpoint="" if is_hidden else found.touchpoint,
        prior=found.language,
        text=found.text,
    )


def _month(moment: int) -> int:
    """Return when a moment's month began: what is nobody's must not be told apart by its time."""
    day = to_datetime(moment)
    return from_datetime(day.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
