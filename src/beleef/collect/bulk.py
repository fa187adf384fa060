"""Bringing files into the log: in bodies of some hundred messages, those that are known already left out and counted."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from beleef.collect import api, queries
from beleef.collect.importing.mapping import Mapping
from beleef.collect.importing.run import Checkpoint, import_rows
from beleef.collect.model import Source
from beleef.collect.repeats import RepeatMemory, digest, hashes
from beleef.kernel.clock import Clock
from beleef.store.log.port import Log
from beleef.store.records.database import Database


class ImportCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file.

    Attributes:
        read: Lines read.
        accepted: Messages that are new and durable now.
        repeated: Messages that were here before.
        rejected: Lines that cannot be used.
        examples: The first of these, as (line, reason).
    """

    read: int
    accepted: int
    repeated: int
    rejected: int
    examples: tuple[tuple[int, str], ...] = ()


class BulkImport:
    """Imports files into one source.

    Args:
        database: Keeps where interrupted imports stand, and knows which messages were here before.
        log: Where messages go.
        source: Whose they are.
        now: The clock.
    """

    def __init__(self, *, database: Database, log: Log, source: Source, now: Clock) -> None:
        self._database = database
        self._log = log
        self._source = source
        self._now = now
        self._memory = RepeatMemory()
        self.repeated = 0
        self.last_position = 0

    def run(
        self,
        file: Path,
        mapping: Mapping,
        *,
        rejects: Path | None = None,
        progress: Callable[[int, int], None],
    ) -> ImportCounts:
        """Import a file.

        Raises:
            NotFound, InvalidInput, Unavailable: see ``importing.run.import_rows``.
        """
        found = import_rows(
            file=file, mapping=mapping, append=self._append, checkpoints=_Kept(self._database), progress=progress,
            rejects=rejects,
        )  # fmt: skip
        return ImportCounts(
            read=found.read,
            accepted=found.accepted - self.repeated,
            repeated=self.repeated,
            rejected=found.rejected,
            examples=tuple((one.line, one.reason) for one in found.rejects[:10]),
        )

    def _append(self, messages: Sequence[dict[str, Any]], _lines: object) -> None:
        keys = hashes(digest(message["messageId"]) for message in messages)
        self._memory.forget()
        with self._database.read() as connection:
            known = self._memory.known(keys, connection)
        new = [message for message, was_known in zip(messages, known.tolist(), strict=True) if not was_known]
        self.repeated += len(messages) - len(new)
        if new:
            self.last_position = self._log.append(
                [api.messages_entry(self._source, "import", new, self._now())]
            )


class _Kept:
    """Checkpoints in the records database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, file: str, mapping: str) -> Checkpoint | None:
        with self._database.read() as connection:
            kept = queries.read_checkpoint(connection, file, mapping)
        return msgspec.msgpack.decode(kept, type=Checkpoint) if kept else None

    def save(self, file: str, mapping: str, checkpoint: Checkpoint) -> None:
        with self._database.write() as connection:
            queries.save_checkpoint(connection, file, mapping, msgspec.msgpack.encode(checkpoint))

    def clear(self, file: str, mapping: str) -> None:
        with self._database.write() as connection:
            queries.save_checkpoint(connection, file, mapping, None)
