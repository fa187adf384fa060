"""Filing: the worker's spare-time work that turns the tail into Parquet files, merges small files and deletes rubbish.

Every file is announced in the database before it is written and counts from one transaction on, the same that removes what
it replaces. So nothing is seen twice or lost wherever the process dies, and what it leaves behind is known and deleted.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from beleef.kernel.clock import SECOND, Clock
from beleef.kernel.clock import now as system_now
from beleef.kernel.errors import Conflict
from beleef.store.records.database import Database
from beleef.store.warehouse import queries
from beleef.store.warehouse.lake import ORDER, Lake, merge_sorted, new_path
from beleef.store.warehouse.model import FilingRules, LakeFile
from beleef.store.warehouse.queries import Blob
from beleef.store.warehouse.tail import add_table, read_blobs

_PORTION_BYTES = 512_000_000
"""File at most so many decoded bytes at once: a column of a table cannot hold more than 2 GiB of text."""


class Filer:
    """Files the tail, merges files and deletes rubbish; one process does it at a time, a second only wastes its work.

    Args:
        database: The records database, which holds the tail and the list of files.
        lake: Where the files go.
        rules: When to do what.
        now: The clock.
    """

    def __init__(
        self, database: Database, lake: Lake, *, rules: FilingRules | None = None, now: Clock = system_now
    ) -> None:
        self._database = database
        self._lake = lake
        self._rules = rules or FilingRules()
        self._now = now
        self._looked_at = 0

    def run(self) -> int:
        """Do what is due, and return how many facts were filed; without work it costs two small queries.

        When another process rewrites the same facts at the same moment (a person is erased), it gives way: nothing is
        changed, and the next run does it.

        Raises:
            StorageFull: there is no room for the files; the tail keeps the facts.
        """
        filed = 0
        try:
            if self.is_due():
                filed = self.file()
                self.merge()
        except Conflict:
            self._looked_at = 0
        self.sweep()
        return filed

    def is_due(self) -> bool:
        """Return whether the tail is long or old enough to be filed."""
        with self._database.read() as connection:
            waiting = queries.blobs(connection)
        if sum(blob.rows for blob in waiting) >= self._rules.rows:
            return True
        now, age = self._now(), self._rules.age_s * SECOND
        return bool(waiting) and min(now - self._looked_at, now - min(b.created_at for b in waiting)) >= age

    def file(self, *, everything: bool = False) -> int:
        """Turn the tail into files, and return how many facts were filed.

        Months with few facts stay behind until they have waited long enough.

        Args:
            everything: File those months too.

        Raises:
            Conflict: another process rewrote the same facts at the same time; nothing was changed.
            StorageFull: as ``run``.
        """
        self._looked_at = self._now()
        filed = 0
        with self._database.read() as connection:
            waiting = queries.blobs(connection)
        while waiting:
            with self._database.read() as connection:
                portion, table = _portion(connection, waiting)
            filed += self._file_portion(portion, table, everything=everything)
            waiting = waiting[len(portion) :]
        return filed

    def _file_portion(self, portion: Sequence[Blob], table: pa.Table, *, everything: bool) -> int:
        now = self._now()
        oldest = min(blob.created_at for blob in portion)
        months = _by_month(table)
        if everything or now - oldest >= self._rules.patience_s * SECOND:
            ready = months
        else:
            ready = {month: rows for month, rows in months.items() if rows.num_rows >= self._rules.least_rows}
        if not ready and table.num_rows >= self._rules.rows:
            ready = months
        if not ready:
            return 0
        files = self._write({month: iter([rows.sort_by(ORDER)]) for month, rows in ready.items()}, portion)
        left = [rows for month, rows in months.items() if month not in ready]
        with self._database.write() as connection:
            queries.exchange(connection, added=files, replaced=[], now=now)
            queries.remove_blobs(connection, [blob.batch for blob in portion])
            if left:
                add_table(connection, pa.concat_tables(left), created_at=oldest)
        return sum(file.rows for file in files)

    def merge(self) -> int:
        """Merge the small files of months that have too many or that seem complete; return how many files went.

        Raises:
            Conflict, StorageFull: as ``file``.
        """
        with self._database.read() as connection:
            files = queries.files(connection)
        months: dict[str, list[LakeFile]] = {}
        for file in files:
            months.setdefault(file.month, []).append(file)
        replaced = 0
        for of_month in months.values():
            group = files_to_merge(of_month, self._rules, now=self._now())
            if group:
                self._merge(group)
                replaced += len(group)
        return replaced

    def _merge(self, group: Sequence[LakeFile]) -> None:
        streams = merge_sorted([self._lake.rows(file.path) for file in group])
        files = self._write({group[0].month: streams}, group)
        with self._database.write() as connection:
            queries.exchange(connection, added=files, replaced=[file.path for file in group], now=self._now())

    def sweep(self) -> int:
        """Delete files that nobody needs since the time of grace, and return how many."""
        with self._database.read() as connection:
            paths = queries.rubbish(connection, before=self._now() - self._rules.grace_s * SECOND)
        if not paths or not queries.make_durable(self._database):
            return 0
        for path in paths:
            self._lake.delete(path)
        with self._database.write() as connection:
            queries.forget_rubbish(connection, paths)
        return len(paths)

    def _write(
        self, months: dict[str, Iterator[pa.Table]], origin: "Sequence[Blob] | Sequence[LakeFile]"
    ) -> list[LakeFile]:
        """Announce and write one file per month, of facts whose numbers lie in the range of what they come from."""
        first, last = min(o.first_fact for o in origin), max(o.last_fact for o in origin)
        paths = {month: new_path(month, first, last) for month in months}
        with self._database.write() as connection:
            queries.announce(connection, list(paths.values()), now=self._now())
        written = [
            self._lake.write(paths[month], month, rows, now=self._now()) for month, rows in months.items()
        ]
        return [file for file in written if file is not None]


def files_to_merge(files: Sequence[LakeFile], rules: FilingRules, *, now: int) -> list[LakeFile]:
    """Return the files of one month that should become one, none when the month is fine.

    A month that nothing was added to for a while becomes one file. Otherwise only files of about the same size are merged,
    the smallest first, so that each fact is copied a few times in its life, and not once for every new file.
    """
    small = sorted((file for file in files if file.rows <= rules.largest // 2), key=lambda file: file.rows)
    is_settled = now - max(file.created_at for file in files) >= rules.settle_s * SECOND
    if not is_settled and len(files) <= rules.files_per_month:
        return []
    group: list[LakeFile] = []
    rows = 0
    for file in small:
        is_similar = file.rows <= 2 * rows or len(group) < 2
        if rows + file.rows > rules.largest or not (is_settled or is_similar):
            break
        group.append(file)
        rows += file.rows
    return group if len(group) > 1 else []


def _portion(connection: sa.Connection, waiting: Sequence[Blob]) -> tuple[list[Blob], pa.Table]:
    """Return the first blobs that fit together into memory, at least one, and their facts."""
    taken: list[Blob] = []
    tables, size = [], 0
    for blob in waiting:
        table = read_blobs(connection, [blob.batch])
        size += table.nbytes
        if taken and size > _PORTION_BYTES:
            break
        taken.append(blob)
        tables.append(table)
    return taken, pa.concat_tables(tables)


def _by_month(table: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each month (UTC) of occurrence, by the month as ``YYYY-MM``."""
    years = pc.max_element_wise(pc.year(table["occurred_at"]), 1)
    months = pc.add(pc.multiply(years, 100), pc.month(table["occurred_at"]))
    names = {number: f"{number // 100:04d}-{number % 100:02d}" for number in pc.unique(months).to_pylist()}
    if len(names) == 1:
        return dict.fromkeys(names.values(), table)
    return {name: table.filter(pc.equal(months, number)) for number, name in sorted(names.items())}
