"""The warehouse's door: the whole history of facts, the unfiled tail included, for questions of every kind.

Making a ``Warehouse`` costs nothing: Arrow, DuckDB, Ibis or Spark are loaded by the first question that needs them, so that
a web process that only accepts facts stays small.
"""

import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from beleef.facts.fact import Fact
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from beleef.store.warehouse import queries
from beleef.store.warehouse.model import (
    EVERYTHING,
    Arrivals,
    Count,
    Group,
    Place,
    Selection,
    WarehouseSize,
    start_of_day,
)

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    import sqlalchemy as sa

    from beleef.store.warehouse.history import History, Snapshot

LONGEST_PAGE = 10_000
"""A page of a timeline never has more facts: it is held in memory."""
_NO_NUMBER = (1 << 63) - 1
"""Above the number of every fact."""


class People(Protocol):
    """Which subjects are one person, as identity knows it."""

    def version(self) -> int:
        """Return a number that changes with every change of the map; it must be cheap to ask for."""
        ...

    def table(self) -> "pa.Table":
        """Return an Arrow table with the int64 columns ``subject`` and ``person``, each subject at most once.

        Subjects that are their own person may be left out.
        """
        ...


class Engine(Protocol):
    """What runs Ibis expressions over a snapshot: DuckDB or a Spark Connect server."""

    errors: tuple[type[Exception], ...]
    """What a failing question raises."""

    def show(self, snapshot: "Snapshot") -> None:
        """Let the table ``facts`` be this snapshot, for all expressions that are run from now on."""
        ...

    def show_people(self, people: "pa.Table") -> None:
        """Let the table ``people`` have these rows."""
        ...

    def table(self, name: str) -> "ibis.Table":
        """Return ``facts`` or ``people`` as an Ibis table; it stays valid when the rows change."""
        ...

    def text_at(self, json: "ibis.ir.StringValue", path: Sequence[Any]) -> "ibis.ir.StringValue":
        """Return what stands at a place in JSON; see ``Warehouse.text_at``."""
        ...

    def run(self, expression: "ibis.Expr") -> "pa.Table":
        """Return an expression's rows."""
        ...

    def close(self) -> None:
        """Let go of memory and connections."""
        ...


class Warehouse:
    """All facts, for questions.

    Args:
        database: The records database, which knows the tail and the files that count.
        lake: A folder, or ``s3://bucket/prefix`` with keys and endpoint from the usual ``AWS_…`` variables.
        engine: ``duckdb``, or the address of a Spark Connect server (``sc://host:port``) that can read the lake itself.
        people: The map from subjects to persons; None where nobody was merged.
        memory_mb: What DuckDB may use, in MiB; beyond it, it writes to disk.
        threads: Threads that DuckDB may use; None for one per core.
    """

    def __init__(
        self,
        database: Database,
        *,
        lake: str,
        engine: str = "duckdb",
        people: People | None = None,
        memory_mb: int = 1_024,
        threads: int | None = None,
    ) -> None:
        if engine != "duckdb" and not engine.startswith("sc://"):
            raise InvalidInput(
                f"There is no engine {engine!r}.",
                hint="Use duckdb, or sc://host:port of a Spark Connect server.",
            )
        self._database = database
        self._lake_address = lake
        self._engine_address = engine
        self._people = people
        self._needs_people = False
        self._people_version: int | None = None
        self._memory_mb = memory_mb
        self._threads = threads
        self._turn = threading.RLock()

    def facts(self, *, with_person: bool = True) -> "ibis.Table":
        """Return all facts as an Ibis table; run what is made of it with ``ask``.

        Its columns are those of ``columns.SCHEMA`` and ``moment``, which is ``occurred_at`` as a whole number of
        microseconds: compare ``occurred_at`` to select a period (files outside it are not read) and calculate with
        ``moment`` (several times faster than an engine's calendar, and the same on each).

        Args:
            with_person: Add the column ``person``, the number of the person that the subject belongs to now. The join
                costs time, so leave it out where nobody is counted.

        Raises:
            Unavailable: the engine does not answer.
        """
        with self._turn:
            facts = self._engine.table("facts")
            if not with_person:
                return facts
            if self._people is None:
                return facts.mutate(person=facts.subject)
            self._needs_people = True
            people = self._engine.table("people").rename(known_subject="subject")
            joined = facts.left_join(people, facts.subject == people.known_subject)
            return joined.mutate(person=joined.person.fill_null(joined.subject)).drop("known_subject")

    def text_at(self, json: "ibis.ir.StringValue", path: Sequence[Any]) -> "ibis.ir.StringValue":
        """Return what stands at a place in a column of JSON: a text without its quotes, anything else as it is written.

        It is null where there is nothing, or JSON's null.

        Args:
            json: A column such as ``facts().properties``.
            path: Keys, and places in lists; the last may be a column of places.
        """
        with self._turn:
            return self._engine.text_at(json, path)

    def ask(self, expression: "ibis.Expr") -> "pa.Table":
        """Run an expression over ``facts()`` and return its rows; it sees every fact committed before the call.

        One question runs at a time. When files were replaced so long ago that one is gone by now, it is asked again once.

        Raises:
            Unavailable: the engine or the records database does not answer.
        """
        with self._turn:
            snapshot = self._history.snapshot()
            try:
                return self._answer(expression, snapshot)
            except self._engine.errors:
                newer = self._history.snapshot()
                if newer.files == snapshot.files:
                    raise
                return self._answer(expression, newer)

    def _answer(self, expression: "ibis.Expr", snapshot: "Snapshot") -> "pa.Table":
        self._engine.show(snapshot)
        if self._needs_people and self._people is not None:
            version = self._people.version()
            if version != self._people_version:
                self._engine.show_people(self._people.table())
                self._people_version = version
        return self._engine.run(expression)

    def counts(
        self,
        by: Sequence[Group],
        *,
        since: int | None = None,
        until: int | None = None,
        where: Selection = EVERYTHING,
        zone: str = "UTC",
    ) -> list[Count]:
        """Count facts by one or more of their values, sorted by these, None last.

        Args:
            by: What to count by; nothing gives one count of all.
            since: Only what occurred at this moment (microseconds) or later.
            until: Only what occurred before this moment.
            where: Only these facts.
            zone: The time zone whose days and months are meant.

        Raises:
            InvalidInput: there is no such group or zone.
            Unavailable: the engine or the records database does not answer.
        """
        from beleef.store.warehouse import questions  # noqa: PLC0415 -- see the module's docstring

        facts = self.facts(with_person=False)
        bounds = self._history.snapshot().bounds()
        expression = questions.counts(
            facts, by, since=since, until=until, where=where, zone=zone, bounds=bounds
        )
        return questions.to_counts(self.ask(expression), by)

    def overview(self, *, days: int, now: int, zone: str = "UTC") -> list[Count]:
        """Count facts per day and channel over the last ``days`` days of a zone, the day of ``now`` included.

        Raises:
            InvalidInput, Unavailable: as ``counts``.
        """
        since = start_of_day(now, zone, days_back=days - 1)
        return self.counts(("day", "channel"), since=since, zone=zone)

    def timeline(
        self,
        subjects: Sequence[int],
        *,
        after: Place | None = None,
        where: Selection = EVERYTHING,
        limit: int = 50,
    ) -> list[Fact]:
        """Return facts of subjects, the newest first.

        Args:
            subjects: All subjects of a person, or of several.
            after: Only facts behind this place, which is where the page before ended.
            where: Only these facts.
            limit: At most so many, 1 to ``LONGEST_PAGE``.

        Raises:
            InvalidInput: the limit is out of range.
            Unavailable: the records database or the lake does not answer.
        """
        _check_limit(limit)
        return self._history.timeline(subjects, after=after, selection=where, limit=limit) if subjects else []

    def newest(
        self,
        *,
        where: Selection = EVERYTHING,
        after: int = -1,
        before: int = _NO_NUMBER,
        limit: int = 50,
    ) -> list[Fact]:
        """Return the facts that arrived last, the newest first; mostly they are in the tail, and no file is read.

        Args:
            where: Only these facts. Of a rare kind only those of the last few files are found.
            after: Only facts with a higher number.
            before: Only facts with a lower number.
            limit: At most so many, 1 to ``LONGEST_PAGE``.

        Raises:
            InvalidInput: the limit is out of range.
            Unavailable: the records database or the lake does not answer.
        """
        _check_limit(limit)
        return self._history.newest(where, (after, before), limit)

    def fact(self, number: int) -> Fact | None:
        """Return the fact with that number, or None where there is none (any more).

        Raises:
            Unavailable: the records database or the lake does not answer.
        """
        found = self._history.newest(EVERYTHING, (number - 1, number + 1), 1)
        return found[0] if found else None

    def sources(self) -> list[Arrivals]:
        """Return for each source how many facts came through it, and when the last one was accepted.

        Raises:
            Unavailable: the engine or the records database does not answer.
        """
        from beleef.store.warehouse import questions  # noqa: PLC0415 -- see the module's docstring

        return questions.to_arrivals(self.ask(questions.arrivals(self.facts(with_person=False))))

    def facts_of(self, subjects: Sequence[int]) -> Iterator[Fact]:
        """Give all facts of subjects in the order in which they happened, for an export.

        Raises:
            Unavailable: the records database or the lake does not answer.
        """
        return self._history.facts_of(subjects) if subjects else iter(())

    def facts_with_subjects(self, subjects: Sequence[int]) -> Iterator[tuple[int, Fact]]:
        """Give ``(subject, fact)`` for all facts of subjects in the order in which they happened.

        Raises:
            Unavailable: the records database or the lake does not answer.
        """
        return self._history.facts_with_subjects(subjects) if subjects else iter(())

    def scan(self, where: Selection = EVERYTHING) -> Iterator[tuple[int, Fact]]:
        """Give ``(subject, fact)`` for all facts of a selection, a piece of a file in memory at a time.

        They come in no particular order. Facts that arrive after the first was given are left out.

        Raises:
            Unavailable: the scan took longer than replaced files are kept: start again.
        """
        return self._history.scan(where)

    def paths(self, connection: "sa.Connection") -> list[str]:
        """Return the paths of all files that are known."""
        return queries.paths(connection)

    def discard(self, connection: "sa.Connection", paths: Sequence[str], *, now: int) -> None:
        """Note files for deletion: the tables that named them were emptied."""
        queries.announce(connection, paths, now=now)

    def size(self) -> WarehouseSize:
        """Return how much the history holds; it reads no file and loads no engine."""
        with self._database.read() as connection:
            return queries.size(connection)

    def close(self) -> None:
        """Let go of memory and connections."""
        if "_engine" in self.__dict__:
            self._engine.close()

    @cached_property
    def _history(self) -> "History":
        from beleef.store.warehouse.history import History  # noqa: PLC0415 -- see the module's docstring
        from beleef.store.warehouse.lake import Lake  # noqa: PLC0415

        return History(self._database, Lake(self._lake_address))

    @cached_property
    def _engine(self) -> Engine:
        if self._engine_address == "duckdb":
            from beleef.store.warehouse.duck import DuckEngine  # noqa: PLC0415 -- see the module's docstring

            return DuckEngine(self._history.lake, memory_mb=self._memory_mb, threads=self._threads)
        from beleef.store.warehouse.spark import SparkEngine  # noqa: PLC0415 -- only with the extra `spark`

        return SparkEngine(self._history.lake, self._engine_address)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= LONGEST_PAGE:
        raise InvalidInput(f"A page cannot have {limit} facts.", hint=f"Ask for 1 to {LONGEST_PAGE}.")
