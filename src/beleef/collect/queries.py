"""All SQL of collect."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.collect.model import Refused, Source, TouchpointRule
from beleef.collect.tables import imports, progress, quarantine, sources
from beleef.store.records.database import Prepared, insert, is_any_of

_rules = msgspec.json.Decoder(tuple[TouchpointRule, ...])


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far the worker is: the log position its state stands for, the counts, and when it last moved."""

    position: int = 0
    processed: int = 0
    repeated: int = 0
    quarantined: int = 0
    erased: int = 0
    people: int = 0
    moved: int = 0
    worked_at: int = 0


class Quarantined(Refused, frozen=True, kw_only=True):
    """A refused message and what was done with it: ``open``, ``replayed`` (as fact ``replayed_as``) or ``discarded``."""

    status: str
    replayed_as: int | None = None


_COUNTED = Progress.__struct_fields__
_WORKER = sa.select(*(progress.c[name] for name in _COUNTED)).where(progress.c.name == "worker")
_SOURCES = Prepared(sa.select(sources).order_by(sources.c.name))
_PROGRESS, _HELD_PROGRESS = Prepared(_WORKER), Prepared(_WORKER.with_for_update())


def all_sources(connection: sa.Connection) -> list[Source]:
    """Return every source, by name."""
    return [_source(dict(zip(sources.c.keys(), row, strict=True))) for row in _SOURCES.rows(connection)]


def _source(row: Mapping[str, Any]) -> Source:
    return Source(
        id=row["id"],
        name=row["name"],
        write_key=row["write_key"],
        channel=row["channel"],
        touchpoints=_rules.decode(row["touchpoints"]),
        enabled=bool(row["enabled"]),
        hook=msgspec.json.decode(row["hook"]) if row["hook"] else None,
        created_at=row["created_at"],
    )


def save_source(connection: sa.Connection, source: Source) -> None:
    """Add a source, or change the one with its number."""
    values = {
        "name": source.name,
        "write_key": source.write_key,
        "channel": source.channel,
        "touchpoints": msgspec.json.encode(source.touchpoints).decode(),
        "hook": msgspec.json.encode(source.hook).decode() if source.hook else None,
        "enabled": source.enabled,
    }
    statement = insert(sources, connection).values(id=source.id, created_at=source.created_at, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def next_source_id(connection: sa.Connection) -> int:
    """Return a number no source has."""
    return (connection.execute(sa.select(sa.func.max(sources.c.id))).scalar() or 0) + 1


def read_progress(connection: sa.Connection, *, hold: bool = False) -> Progress:
    """Return how far the worker is; with ``hold`` nobody else moves it, or erases a person, before this transaction ends."""
    rows = (_HELD_PROGRESS if hold else _PROGRESS).rows(connection)
    return Progress(**dict(zip(_COUNTED, rows[0], strict=True))) if rows else Progress()


def move_progress(connection: sa.Connection, before: Progress, after: Progress) -> bool:
    """Move the worker's position if it still stands where ``before`` says; return whether it did.

    The comparison makes a worker that lost its lease fail instead of counting facts twice.
    """
    values = msgspec.structs.asdict(after)
    if before.position == 0:
        added = insert(progress, connection).values(name="worker", **values).on_conflict_do_nothing()
        if connection.execute(added).rowcount:
            return True
    moved = (
        sa.update(progress)
        .where(progress.c.name == "worker", progress.c.position == before.position)
        .values(**values)
    )
    return connection.execute(moved).rowcount == 1


def count_people(connection: sa.Connection, more: int) -> None:
    """Note that there are so many persons more (fewer, where negative), and that the map of persons changed."""
    c = progress.c
    changed = {"people": c.people + more, "moved": c.moved + 1}
    connection.execute(sa.update(progress).where(c.name == "worker").values(changed))


def add_quarantined(connection: sa.Connection, refused: Sequence[Refused]) -> None:
    """Keep refused messages for repair."""
    rows = [{**msgspec.structs.asdict(one), "status": "open"} for one in refused]
    if rows:
        connection.execute(insert(quarantine, connection).on_conflict_do_nothing(), rows)


def mark_replayed(connection: sa.Connection, replayed: dict[int, int]) -> None:
    """Note as which fact each of these was replayed."""
    for id_, fact in replayed.items():
        connection.execute(
            sa.update(quarantine).where(quarantine.c.id == id_).values(status="replayed", replayed_as=fact)
        )


def discard_quarantined(connection: sa.Connection, id_: int) -> bool:
    """Note that a message will not be repaired; return whether it was open."""
    done = (
        sa.update(quarantine)
        .where(quarantine.c.id == id_, quarantine.c.status == "open")
        .values(status="discarded")
    )
    return connection.execute(done).rowcount == 1


def list_quarantined(
    connection: sa.Connection,
    *,
    status: str | None,
    code: str | None,
    source: int | None,
    before: int | None,
    limit: int,
) -> list[Quarantined]:
    """Return quarantined messages, newest first."""
    query = sa.select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(quarantine.c.status == status)
    if code is not None:
        query = query.where(quarantine.c.code == code)
    if source is not None:
        query = query.where(quarantine.c.source == source)
    if before is not None:
        query = query.where(quarantine.c.id < before)
    return [Quarantined(**row) for row in connection.execute(query).mappings()]


def quarantined_by_message(connection: sa.Connection, message_id: str) -> Quarantined | None:
    """Return the newest quarantined message with that id."""
    query = (
        sa.select(quarantine)
        .where(quarantine.c.message_id == message_id)
        .order_by(quarantine.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return Quarantined(**row) if row else None


def quarantined(connection: sa.Connection, id_: int) -> Quarantined | None:
    """Return one quarantined message."""
    row = connection.execute(sa.select(quarantine).where(quarantine.c.id == id_)).mappings().one_or_none()
    return Quarantined(**row) if row else None


def count_quarantined(connection: sa.Connection) -> dict[str, int]:
    """Return how many messages are open, by reason code."""
    query = (
        sa.select(quarantine.c.code, sa.func.count())
        .where(quarantine.c.status == "open")
        .group_by(quarantine.c.code)
        .order_by(sa.func.count().desc())
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def quarantined_texts(connection: sa.Connection) -> Iterator[tuple[int, int | None, str]]:
    """Give every quarantined message, with its number and as which fact it was replayed."""
    query = sa.select(quarantine.c.id, quarantine.c.replayed_as, quarantine.c.message)
    for row in connection.execute(query.execution_options(yield_per=1_000)):
        yield row.id, row.replayed_as, row.message


def forget_quarantined(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """Remove quarantined messages."""
    connection.execute(sa.delete(quarantine).where(is_any_of(quarantine.c.id, numbers)))


def discarded(connection: sa.Connection) -> list[int]:
    """Return the numbers of messages that will not be repaired."""
    query = sa.select(quarantine.c.id).where(quarantine.c.status == "discarded")
    return list(connection.execute(query).scalars())


def read_checkpoint(connection: sa.Connection, file: str, mapping: str) -> bytes | None:
    """Return where an interrupted import stands, encoded."""
    query = sa.select(imports.c.checkpoint).where(imports.c.file == file, imports.c.mapping == mapping)
    return connection.execute(query).scalar_one_or_none()


def save_checkpoint(connection: sa.Connection, file: str, mapping: str, checkpoint: bytes | None) -> None:
    """Keep where an import stands; None forgets it."""
    if checkpoint is None:
        connection.execute(sa.delete(imports).where(imports.c.file == file, imports.c.mapping == mapping))
        return
    statement = insert(imports, connection).values(file=file, mapping=mapping, checkpoint=checkpoint)
    values = {"checkpoint": checkpoint}
    connection.execute(statement.on_conflict_do_update(index_elements=["file", "mapping"], set_=values))
