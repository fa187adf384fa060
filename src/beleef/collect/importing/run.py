"""Running an import: rows in, durable messages out, from where the last run stopped, with every unused line listed."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from beleef.collect.importing.lines import Reject
from beleef.collect.importing.mapping import Mapping
from beleef.collect.importing.messages import Message, Translator
from beleef.collect.importing.notation import Unusable
from beleef.collect.importing.rejects import RejectList
from beleef.collect.importing.sources import Source, open_sources
from beleef.collect.importing.units import Staging, Unit, Watch, straight

Append: TypeAlias = Callable[[list[Message], tuple[int, int]], None]
"""Makes messages durable; the second argument is the first and last line that they came from."""
Progress: TypeAlias = Callable[[int, int], None]
"""Hears how much is done, and of how much: bytes, or rows for Parquet."""

_BODY_MESSAGES = 500
_BODY_BYTES = 1_000_000
_SAVE_EVERY = 20
"""Bodies between two checkpoints: after a crash at most these come again, and are known as repeats by their ids."""
_TELL_EVERY = 1_000


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where an import stands.

    Attributes:
        position: Where to go on (``Unit.position``).
        read: Lines read, the header left out.
        accepted: Messages made durable.
        skipped: Lines from which the mapping wants nothing.
        rejected: Lines that could not be used.
        rejects_bytes: Size of the list of rejects at that moment; what stands behind it is written again.
    """

    position: int = 0
    read: int = 0
    accepted: int = 0
    skipped: int = 0
    rejected: int = 0
    rejects_bytes: int = 0


class Checkpoints(Protocol):
    """Keeps where imports stand, by the fingerprints of file and mapping."""

    def load(self, file: str, mapping: str) -> Checkpoint | None:
        """Return where an import stopped, None where none was begun or it was finished."""
        ...

    def save(self, file: str, mapping: str, checkpoint: Checkpoint) -> None:
        """Keep where an import stands."""
        ...

    def clear(self, file: str, mapping: str) -> None:
        """Forget an import that is finished."""
        ...


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file, the parts before an interruption included.

    Attributes:
        read: Lines read, the header left out.
        accepted: Messages made durable. Which of them were there already is known when they are processed.
        skipped: Lines from which the mapping wants nothing.
        rejected: Lines that could not be used; also lines of lookups that could not be read.
        rejects: The first 1,000 of this run; all of them stand in the list, see ``rejects.read_rejects``.
        resumed: Whether an earlier run was gone on with.
    """

    read: int
    accepted: int
    skipped: int
    rejected: int
    rejects: tuple[Reject, ...]
    resumed: bool


def fingerprint(path: Path) -> str:
    """Return 32 hexadecimal digits over a file's content: the same content under another name is the same file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def import_rows(
    *, file: Path, mapping: Mapping, append: Append, checkpoints: Checkpoints, progress: Progress | None = None,
    rejects: Path | None = None, scratch: Path | None = None, memory_mb: int = 512,
) -> Imported:  # fmt: skip
    """Import a file: make messages of its rows and hand them on, from where an interrupted run stopped.

    The same file under the same mapping gives the same message ids, so a second import changes nothing.

    Args:
        file: CSV, JSON Lines or Parquet.
        mapping: How its rows become messages.
        append: Makes up to 500 messages, about a megabyte, durable; called in order.
        checkpoints: Keeps where the import stands.
        progress: Hears how far it is, about every thousand lines.
        rejects: Where to list the lines that are not used: ``.jsonl``, anything else is CSV.
        scratch: Folder for temporary files, a few times the size of the file; None: the system's.
        memory_mb: Memory for sorting and joining, in megabytes.

    Raises:
        NotFound: the file or one of its lookups is not there.
        InvalidInput: a file cannot be read at all, or lacks a column that the mapping speaks of.
        Unavailable: no room for sorting; or whatever ``append`` raises. The next run goes on where this one stopped.
    """
    source = open_sources(file, mapping)
    try:
        with (
            RejectList(rejects) as listed,
            tempfile.TemporaryDirectory(prefix="beleef-import-", dir=scratch) as folder,
        ):
            run = _Run(source, mapping, append, checkpoints, progress or _unheard, listed)
            return run(Path(folder), memory_mb)
    finally:
        source.close()


class _Run:
    """One run over one file."""

    def __init__(
        self, source: Source, mapping: Mapping, append: Append, checkpoints: Checkpoints, progress: Progress,
        rejects: RejectList,
    ) -> None:  # fmt: skip
        self._source = source
        self._mapping = mapping
        self._append = append
        self._checkpoints = checkpoints
        self._progress = progress
        self._rejects = rejects
        self._translator = Translator(mapping)
        self._is_staged = bool(mapping.group or mapping.lookups)
        self._file = fingerprint(source.path)
        self._under = _under(source, mapping)
        self._found = checkpoints.load(self._file, self._under)
        self._begun = self._found or Checkpoint()
        self._kept = self._begun
        self._watch = Watch(rejects.add)
        self._pending: list[Message] = []
        self._pending_bytes = 0
        self._pending_lines: list[int] = []
        self._accepted = 0
        self._bodies = 0
        rejects.go_on(self._begun.rejects_bytes)

    def __call__(self, folder: Path, memory_mb: int) -> Imported:
        try:
            if self._is_staged:
                with Staging(folder, memory_mb=memory_mb) as staging:
                    self._stage(staging)
                    self._take(staging.units(self._source, self._mapping, after=self._begun.position))
            else:
                self._take(straight(self._source, self._mapping, self._watch, after=self._begun.position))
        except BaseException:
            # Where it stood is worth keeping whatever went wrong, also when a person stopped the import.
            if self._kept is not self._begun:
                self._checkpoints.save(self._file, self._under, self._kept)
            raise
        final = self._standing(position=0)
        self._progress(self._source.rows.total, self._source.rows.total)
        self._checkpoints.clear(self._file, self._under)
        return Imported(
            read=final.read,
            accepted=final.accepted,
            skipped=final.skipped,
            rejected=final.rejected,
            rejects=tuple(self._rejects.first),
            resumed=self._found is not None,
        )

    def _stage(self, staging: Staging) -> None:
        # What staging finds was counted and listed by the interrupted run already, which had staged all of it.
        watch = self._watch if self._found is None else Watch(_unheard_reject)
        for done in staging.load(self._source, self._mapping, watch):
            self._progress(done // 2, self._source.rows.total)
        if self._found is None:
            self._kept = self._standing(position=0)
            self._checkpoints.save(self._file, self._under, self._kept)

    def _take(self, units: Iterator[Unit | Reject]) -> None:
        position, lines = self._begun.position, 0
        for unit in units:
            if isinstance(unit, Reject):
                self._rejects.add(unit)
                continue
            self._translate(unit)
            position = unit.position
            if len(self._pending) >= _BODY_MESSAGES or self._pending_bytes >= _BODY_BYTES:
                self._flush(position)
            before, lines = lines, lines + len(unit.lines)
            if before // _TELL_EVERY < lines // _TELL_EVERY:
                self._tell(lines)
        if self._pending:
            self._flush(position)

    def _translate(self, unit: Unit) -> None:
        try:
            made = self._translator.messages(unit.row, f"{self._file}:{unit.lines[0]}")
        except Unusable as error:
            for line in unit.lines:
                self._rejects.add(Reject(line=line, reason=str(error)))
            return
        if not made:
            self._watch.skipped += len(unit.lines)
            return
        for message, size in made:
            self._pending.append(message)
            self._pending_bytes += size
        self._pending_lines += (unit.lines[0], unit.lines[-1])

    def _flush(self, position: int) -> None:
        self._append(self._pending, (min(self._pending_lines), max(self._pending_lines)))
        self._accepted += len(self._pending)
        self._pending, self._pending_lines, self._pending_bytes = [], [], 0
        self._kept = self._standing(position=position)
        self._bodies += 1
        if self._bodies % _SAVE_EVERY == 0:
            self._checkpoints.save(self._file, self._under, self._kept)

    def _standing(self, *, position: int) -> Checkpoint:
        return Checkpoint(
            position=position,
            read=self._begun.read + self._watch.read,
            accepted=self._begun.accepted + self._accepted,
            skipped=self._begun.skipped + self._watch.skipped,
            rejected=self._begun.rejected + self._rejects.count,
            rejects_bytes=self._rejects.size(),
        )

    def _tell(self, lines: int) -> None:
        rows = self._source.rows
        if self._is_staged:
            # Staging was the first half; in the second the lines tell how far it is.
            share = min(1.0, lines / max(1, self._begun.read + self._watch.read))
            self._progress(int(rows.total * (1 + share) / 2), rows.total)
        else:
            self._progress(rows.done, rows.total)


def _under(source: Source, mapping: Mapping) -> str:
    """Return the fingerprint of the mapping and of the lookups: with other lookups an import begins anew."""
    said = [mapping.fingerprint]
    below = list(source.lookups.values())
    while below:
        lookup = below.pop()
        said.append(fingerprint(lookup.path))
        below += lookup.lookups.values()
    return hashlib.blake2b("\n".join(said).encode(), digest_size=16).hexdigest()


def _unheard(_done: int, _total: int) -> None:
    """Hear of progress and say nothing."""


def _unheard_reject(_reject: Reject) -> None:
    """Hear of a line that is listed already."""
