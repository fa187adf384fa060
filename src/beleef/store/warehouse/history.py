"""Reading single persons' facts, and streams of facts, straight from the files: what no query engine is needed for.

A timeline reads one small row group per month, the newest first, until the page is full. An engine would plan, bind and
open every file for it; and with a Spark server it would be a job.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beleef.facts.fact import Fact
from beleef.kernel.errors import Conflict, Unavailable
from beleef.store.records.database import Database
from beleef.store.warehouse import queries
from beleef.store.warehouse.columns import MOMENT, to_facts
from beleef.store.warehouse.lake import ROW_GROUP, Lake, Subjects, is_between, is_wanted
from beleef.store.warehouse.model import EVERYTHING, LakeFile, Place, Selection, month_bounds, month_of
from beleef.store.warehouse.tail import TailReader

_ATTEMPTS = 5
_FILES_FOR_NEWEST = 8
"""In how many files the newest facts are looked for at most: what is rare is not looked for through all the years."""
_LAST_ARRIVED_FIRST = [("id", "descending")]
_NEWEST_FIRST = [("occurred_at", "descending"), ("id", "descending")]

Answer = TypeVar("Answer")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The history at one moment: each fact is in exactly one of the files, or in the tail.

    Attributes:
        files: The files, the newest month first.
        tail: The facts that are not filed yet.
    """

    files: tuple[LakeFile, ...]
    tail: pa.Table

    def bounds(self) -> tuple[int, int]:
        """Return moments (microseconds) before and after which no fact occurred; both 0 without facts."""
        edges = [edge for file in (self.files[:1] + self.files[-1:]) for edge in month_bounds(file.month)]
        if self.tail.num_rows:
            found = pc.min_max(self.tail["occurred_at"].cast(pa.int64())).as_py()
            edges += [found["min"], found["max"]]
        return (min(edges), max(edges)) if edges else (0, 0)


class History:
    """The facts in the lake and in the tail.

    Args:
        database: The records database.
        lake: Where the files are.
    """

    def __init__(self, database: Database, lake: Lake) -> None:
        self._database = database
        self.lake = lake
        self._tail = TailReader()

    def snapshot(self) -> Snapshot:
        """Return what the history consists of now.

        Raises:
            Unavailable: the tail changed each time that it was read.
        """
        for _ in range(_ATTEMPTS):
            with self._database.read() as connection:
                files, batches = queries.snapshot(connection)
                try:
                    return Snapshot(files=tuple(files), tail=self._tail.read(connection, batches))
                except Conflict:
                    continue  # A blob was filed between the two statements: the next snapshot has its file.
        raise Unavailable("The history changes too fast to be read.", hint="Ask again.")

    def asking(self, question: Callable[[Snapshot], Answer]) -> Answer:
        """Answer a question from a snapshot, and once more from a new one if a file of it was deleted meanwhile."""
        try:
            return question(self.snapshot())
        except FileNotFoundError:
            return question(self.snapshot())

    def timeline(
        self, subjects: Sequence[int], *, after: Place | None, selection: Selection, limit: int
    ) -> list[Fact]:
        """Return the newest facts of subjects behind a place, the newest first; see ``Warehouse.timeline``."""
        wanted = np.unique(np.array(subjects, dtype=np.int64))
        return self.asking(lambda snapshot: self._page(snapshot, wanted, after, selection, limit))

    def _page(
        self, snapshot: Snapshot, wanted: Subjects, after: Place | None, selection: Selection, limit: int
    ) -> list[Fact]:
        found = _older(snapshot.tail.filter(is_wanted(snapshot.tail, wanted, selection)), after)
        last_month = None if after is None else month_of(after.occurred_at)
        month = None
        for file in snapshot.files:
            if last_month is not None and file.month > last_month:
                continue
            if file.month != month:
                found, month = _newest(found, limit), file.month
                if found.num_rows == limit and month_of(_moment(found, limit - 1)) > month:
                    break
            if _may_hold(file, wanted):
                rows = self.lake.rows_of(file.path, wanted, selection)
                found = pa.concat_tables([found, _older(rows, after)])
        return [fact for _, fact in to_facts(_newest(found, limit))]

    def newest(self, selection: Selection, numbers: tuple[int, int], limit: int) -> list[Fact]:
        """Return the facts with the highest numbers, the highest first; see ``Warehouse.newest``."""
        return self.asking(lambda snapshot: self._newest(snapshot, selection, numbers, limit))

    def _newest(
        self, snapshot: Snapshot, selection: Selection, numbers: tuple[int, int], limit: int
    ) -> list[Fact]:
        found = snapshot.tail.filter(is_between(snapshot.tail, selection, numbers))
        may_hold = [
            file
            for file in sorted(snapshot.files, key=lambda file: -file.last_fact)
            if file.last_fact > numbers[0] and file.first_fact < numbers[1]
        ]
        for file in may_hold[:_FILES_FOR_NEWEST]:
            found = _last(found, limit)
            if found.num_rows == limit and found["id"][-1].as_py() > file.last_fact:
                break
            found = pa.concat_tables([found, self.lake.newest(file.path, selection, numbers, limit)])
        return [fact for _, fact in to_facts(_last(found, limit))]

    def facts_of(self, subjects: Sequence[int]) -> Iterator[Fact]:
        """Give all facts of subjects in the order in which they happened; see ``Warehouse.facts_of``."""
        return (fact for _, fact in self.facts_with_subjects(subjects))

    def facts_with_subjects(self, subjects: Sequence[int]) -> Iterator[tuple[int, Fact]]:
        """Give the same, each with its subject."""
        wanted = np.unique(np.array(subjects, dtype=np.int64))

        def read(snapshot: Snapshot) -> pa.Table:
            files = [file for file in snapshot.files if _may_hold(file, wanted)]
            waiting = snapshot.tail.filter(is_wanted(snapshot.tail, wanted, EVERYTHING))
            return pa.concat_tables([waiting, *(self.lake.rows_of(file.path, wanted) for file in files)])

        found = self.asking(read).sort_by([("occurred_at", "ascending"), ("id", "ascending")])
        for batch in found.to_batches(max_chunksize=ROW_GROUP):
            yield from to_facts(batch)

    def scan(self, selection: Selection) -> Iterator[tuple[int, Fact]]:
        """Give all facts of a selection with their subjects; see ``Warehouse.scan``."""
        snapshot = self.snapshot()
        yield from to_facts(_selected(snapshot.tail, selection))
        for file in reversed(snapshot.files):
            try:
                for table in self.lake.rows(file.path):
                    yield from to_facts(_selected(table, selection))
            except FileNotFoundError as error:
                raise Unavailable(
                    "The history was rewritten while it was being read.",
                    hint="Start again from the beginning.",
                ) from error


def _may_hold(file: LakeFile, wanted: Subjects) -> bool:
    return bool(np.any((wanted >= file.min_subject) & (wanted <= file.max_subject)))


def _selected(table: pa.Table, selection: Selection) -> pa.Table:
    for column, values in selection.by_column():
        table = table.filter(pc.is_in(table[column], pa.array(values, pa.string())))
    return table


def _older(table: pa.Table, place: Place | None) -> pa.Table:
    """Return the rows behind a place: those that happened earlier, or at the same moment with a lower number."""
    if place is None:
        return table
    moment = pa.scalar(place.occurred_at, MOMENT)
    same = pc.and_(pc.equal(table["occurred_at"], moment), pc.less(table["id"], place.id))
    return table.filter(pc.or_(pc.less(table["occurred_at"], moment), same))


def _newest(table: pa.Table, limit: int) -> pa.Table:
    return table.sort_by(_NEWEST_FIRST).slice(0, limit)


def _last(table: pa.Table, limit: int) -> pa.Table:
    """Return the rows with the highest numbers, the highest first; only that column is looked through."""
    return table.take(pc.select_k_unstable(table.select(["id"]), limit, _LAST_ARRIVED_FIRST))


def _moment(table: pa.Table, row: int) -> int:
    return int(table["occurred_at"][row].value)
