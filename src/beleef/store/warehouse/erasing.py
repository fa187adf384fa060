"""Erasing a person from the history: what happened stays countable, to whom it happened is gone.

Only the files and blobs that hold the person's facts are rewritten, each in an exchange of its own.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beleef.kernel.clock import Clock
from beleef.kernel.clock import now as system_now
from beleef.kernel.errors import Conflict
from beleef.store.records.database import Database
from beleef.store.warehouse import queries
from beleef.store.warehouse.columns import MOMENT, SCHEMA
from beleef.store.warehouse.lake import ORDER, Lake, Subjects, merge_sorted, new_path
from beleef.store.warehouse.model import ERASED, LakeFile
from beleef.store.warehouse.tail import add_table, read_blobs

_ATTEMPTS = 5
_EMPTIED = ("account", "properties", "context")
_TO_THE_DAY = ("occurred_at", "received_at")


class Eraser:
    """Takes persons out of the tail and the lake.

    The replaced files are deleted by the filer's sweep, after its time of grace.

    Args:
        database: The records database.
        lake: Where the files are.
        now: The clock.
    """

    def __init__(self, database: Database, lake: Lake, *, now: Clock = system_now) -> None:
        self._database = database
        self._lake = lake
        self._now = now

    def erase(self, subjects: Sequence[int]) -> int:
        """Make all facts of subjects anonymous, and return how many there were.

        What stays is what statistics need: type, name, channel, touchpoint, source, campaign, product, revenue, currency
        and the day (UTC). The subject becomes ``ERASED``, ``message_id``, account, properties and context are emptied.
        It may be repeated, and must be after a failure: what was done stays done.

        Args:
            subjects: All subjects of the person; new facts of theirs must be refused before this is called.

        Raises:
            Conflict: other processes kept rewriting the same files; call it again.
            StorageFull: there is no room for the rewritten files.
        """
        wanted = np.unique(np.array([subject for subject in subjects if subject != ERASED], dtype=np.int64))
        erased = 0
        for attempt in range(_ATTEMPTS) if len(wanted) else ():
            try:
                # The tail first: what is filed meanwhile then is in a file by the time that the files are listed.
                erased += self._erase_from_tail(wanted)
                for file in self._files_of(wanted):
                    erased += self._erase_from_file(file, wanted)
                break
            except (Conflict, FileNotFoundError):
                # The filer merged or filed what was being rewritten: its new files hold it.
                if attempt == _ATTEMPTS - 1:
                    raise
        return erased

    def _files_of(self, wanted: Subjects) -> list[LakeFile]:
        with self._database.read() as connection:
            files = queries.files(connection)
        return [file for file in files if np.any((wanted >= file.min_subject) & (wanted <= file.max_subject))]

    def _erase_from_tail(self, wanted: Subjects) -> int:
        erased = 0
        with self._database.write() as connection:
            for blob in queries.blobs(connection):
                table = read_blobs(connection, [blob.batch])
                theirs = _is_theirs(table, wanted)
                found = int(pc.sum(theirs).as_py() or 0)
                if found:
                    kept = table.filter(pc.invert(theirs))
                    queries.remove_blobs(connection, [blob.batch])
                    whole = pa.concat_tables([kept, without_person(table.filter(theirs))])
                    add_table(connection, whole, created_at=blob.created_at)
                erased += found
        return erased

    def _erase_from_file(self, file: LakeFile, wanted: Subjects) -> int:
        found = self._lake.rows_of(file.path, wanted)
        if not found.num_rows:
            return 0
        path = new_path(file.month, file.first_fact, file.last_fact)
        with self._database.write() as connection:
            queries.announce(connection, [path], now=self._now())
        anonymous = iter([without_person(found).sort_by(ORDER)])
        rows = merge_sorted([anonymous, self._others(file.path, wanted)])
        written = self._lake.write(path, file.month, rows, now=self._now())
        with self._database.write() as connection:
            added = [] if written is None else [written]
            queries.exchange(connection, added=added, replaced=[file.path], now=self._now())
        return int(found.num_rows)

    def _others(self, path: str, wanted: Subjects) -> Iterator[pa.Table]:
        for table in self._lake.rows(path):
            yield table.filter(pc.invert(_is_theirs(table, wanted)))


def without_person(table: pa.Table) -> pa.Table:
    """Return rows of ``SCHEMA`` without everything that tells whom they are about."""
    for name in SCHEMA.names:
        place, field, rows = SCHEMA.get_field_index(name), SCHEMA.field(name), table.num_rows
        if name == "subject":
            table = table.set_column(place, field, pa.repeat(pa.scalar(ERASED, pa.int64()), rows))
        elif name == "message_id":
            table = table.set_column(place, field, pa.repeat(pa.scalar("", pa.string()), rows))
        elif name in _EMPTIED:
            table = table.set_column(place, field, pa.nulls(rows, field.type))
        elif name in _TO_THE_DAY:
            table = table.set_column(place, field, pc.floor_temporal(table[name], unit="day").cast(MOMENT))
    return table


def _is_theirs(table: pa.Table, wanted: Subjects) -> pa.ChunkedArray:
    return pc.is_in(table["subject"], pa.array(wanted))
