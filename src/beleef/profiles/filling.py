"""Filling: past facts are counted in definitions that are new or changed, piece by piece between the worker's batches.

A piece is a transaction of its own. What a worker that died had counted is not known, so its definitions begin again
under a new version, under which nothing is kept yet; the result equals a replay.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec

from beleef.collect import api as collect
from beleef.facts.fact import Fact
from beleef.profiles import queries
from beleef.profiles.model import StoredDefinition
from beleef.profiles.work import ProfilesStep
from beleef.store.records.database import Database
from beleef.store.warehouse.model import Selection

Scan = Callable[[Selection], Iterator[tuple[int, Fact]]]
"""Gives past facts with their subjects: those that were there when the first was asked for, each once, in any order."""

_AT_ONCE = 5_000
"""How many past facts are counted in one transaction: a tenth of a second, in which nothing else is written."""


class _Run(msgspec.Struct):
    versions: list[int]
    facts: Iterator[tuple[int, Fact]]


class Filling:
    """Fills definitions, all that wait in one pass over the facts. The worker is the only one to call it, between batches.

    Args:
        database: The state.
        step: Counts the facts.
        scan: Where past facts come from.
        at_once: How many facts are counted in one piece.
    """

    def __init__(
        self, database: Database, step: ProfilesStep, scan: Scan, *, at_once: int = _AT_ONCE
    ) -> None:
        self._database = database
        self._step = step
        self._scan = scan
        self._at_once = at_once
        self._run: _Run | None = None

    def __call__(self) -> bool:
        """Count one piece; return whether there was something to do.

        Raises:
            Unavailable: the history changed too fast to be read; it begins again with the next call.
        """
        run = self._run or self._begin()
        self._run = None
        if run is None:
            return False
        piece = list(islice(run.facts, self._at_once))
        with self._database.write() as connection:
            # Nobody is erased between reading what is kept of them and writing it.
            collect.hold_progress(connection)
            self._step.count_past(connection, run.versions, piece)
            if len(piece) < self._at_once:
                for version in run.versions:
                    queries.note_filled(connection, version)
        if len(piece) == self._at_once:
            self._run = run
        self._step.forget()
        return True

    def _begin(self) -> _Run | None:
        with self._database.read() as connection:
            if all(stored.filled for stored in queries.definitions(connection)):
                return None
        with self._database.write() as connection:
            for stored in queries.definitions(connection):
                if stored.filling:
                    queries.save_definition(
                        connection, stored.definition.name, stored.definition, filled=False
                    )
            waiting = [stored for stored in queries.definitions(connection) if not stored.filled]
            versions = [stored.version for stored in waiting]
            queries.note_filling(connection, versions)
        self._step.forget()
        return _Run(versions, self._scan(_selection(waiting)))


def _selection(waiting: Sequence[StoredDefinition]) -> Selection:
    """Return what selects every fact that may count in one of the definitions."""
    definitions = [stored.definition for stored in waiting]

    def together(*lists: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set().union(*lists))) if all(lists) else ()

    return Selection(
        types=together(*(one.types for one in definitions)),
        names=together(*(one.names for one in definitions)),
        channels=together(*(one.channels for one in definitions)),
        sources=together(*(one.sources for one in definitions)),
    )
