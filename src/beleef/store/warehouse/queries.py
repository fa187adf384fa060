"""All SQL of the warehouse: the tail's blobs, the list of files, and the exchange of the one for the other.

Every exchange compares and sets: it fails as a whole when another process has changed what it was worked out from.
"""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from beleef.kernel.errors import Conflict
from beleef.store.records.database import Database, Prepared, is_any_of
from beleef.store.warehouse.model import LakeFile, WarehouseSize
from beleef.store.warehouse.tables import lake_files, lake_rubbish, unfiled


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the tail without its data.

    Attributes:
        batch: Its number.
        rows: How many facts it holds.
        first_fact: The lowest number of a fact in it.
        last_fact: The highest.
        created_at: When the oldest of its facts was put into the tail, in microseconds.
    """

    batch: int
    rows: int
    first_fact: int
    last_fact: int
    created_at: int


_ABOUT_BLOBS = Blob.__struct_fields__
_BLOBS = Prepared(
    sa.select(*(unfiled.c[name] for name in _ABOUT_BLOBS)).order_by(unfiled.c.first_fact, unfiled.c.batch)
)


def add_blob(
    connection: sa.Connection, *, rows: int, first_fact: int, last_fact: int, created_at: int, data: bytes
) -> None:
    """Put one blob at the end of the tail."""
    row = {
        "rows": rows,
        "first_fact": first_fact,
        "last_fact": last_fact,
        "created_at": created_at,
        "data": data,
    }
    connection.execute(sa.insert(unfiled), row)


def blobs(connection: sa.Connection) -> list[Blob]:
    """Return all blobs of the tail without their data, in the order of their facts."""
    return [Blob(**dict(zip(_ABOUT_BLOBS, row, strict=True))) for row in _BLOBS.rows(connection)]


def blob_data(connection: sa.Connection, batches: Sequence[int]) -> dict[int, bytes]:
    """Return the data of those of the given blobs that are still there, by batch number."""
    if not batches:
        return {}
    rows = connection.execute(
        sa.select(unfiled.c.batch, unfiled.c.data).where(is_any_of(unfiled.c.batch, batches))
    )
    return {row.batch: bytes(row.data) for row in rows}


def remove_blobs(connection: sa.Connection, batches: Sequence[int]) -> None:
    """Take blobs out of the tail.

    Raises:
        Conflict: one of them was no longer there; the caller's transaction must not be kept.
    """
    if not batches:
        return
    gone = connection.execute(sa.delete(unfiled).where(is_any_of(unfiled.c.batch, batches))).rowcount
    expect(gone, len(batches))


def files(connection: sa.Connection) -> list[LakeFile]:
    """Return all files that count, the newest month first."""
    rows = connection.execute(
        sa.select(lake_files).order_by(lake_files.c.month.desc(), lake_files.c.path)
    ).mappings()
    return [LakeFile(**row) for row in rows]


def snapshot(connection: sa.Connection) -> tuple[list[LakeFile], list[int]]:
    """Return the files and the batch numbers of the blobs that together hold each fact once.

    It is one statement, because two would see two different moments on PostgreSQL.
    """
    nothing = [
        sa.literal(0).label(column.name) for column in lake_files.c if column.name not in {"path", "month"}
    ]
    tail = sa.select(
        sa.literal("").label("path"),
        sa.literal("").label("month"),
        *nothing,
        unfiled.c.batch,
        unfiled.c.first_fact.label("o"),
    )
    lake = sa.select(*lake_files.c, sa.literal(0).label("batch"), sa.literal(0).label("o"))
    found, batches = [], []
    for row in connection.execute(sa.union_all(lake, tail)).all():
        if row.path:
            found.append(LakeFile(**{name: getattr(row, name) for name in LakeFile.__struct_fields__}))
        else:
            batches.append((row.o, row.batch))
    found.sort(key=lambda file: (file.month, file.path), reverse=True)
    return found, [batch for _, batch in sorted(batches)]


def announce(connection: sa.Connection, paths: Sequence[str], *, now: int) -> None:
    """Note files that are about to be written, so that they are deleted if they never come to count."""
    if paths:
        connection.execute(sa.insert(lake_rubbish), [{"path": path, "since": now} for path in paths])


def paths(connection: sa.Connection) -> list[str]:
    """Return the paths of all files that are known: those that count, and those to be deleted."""
    known = sa.union(sa.select(lake_files.c.path), sa.select(lake_rubbish.c.path))
    return list(connection.execute(known).scalars())


def exchange(
    connection: sa.Connection, *, added: Sequence[LakeFile], replaced: Sequence[str], now: int
) -> None:
    """Let announced files count from now on, and files that they replace no longer.

    Raises:
        Conflict: a replaced file did not count any more, or an added one was deleted as rubbish; the caller's
            transaction must not be kept.
    """
    if replaced:
        gone = connection.execute(
            sa.delete(lake_files).where(is_any_of(lake_files.c.path, replaced))
        ).rowcount
        expect(gone, len(replaced))
        announce(connection, replaced, now=now)
    if added:
        paths = [file.path for file in added]
        gone = connection.execute(
            sa.delete(lake_rubbish).where(is_any_of(lake_rubbish.c.path, paths))
        ).rowcount
        expect(gone, len(added))
        connection.execute(sa.insert(lake_files), [msgspec.structs.asdict(file) for file in added])


def rubbish(connection: sa.Connection, *, before: int) -> list[str]:
    """Return the paths that nobody needs since before a moment."""
    return list(connection.scalars(sa.select(lake_rubbish.c.path).where(lake_rubbish.c.since < before)))


def forget_rubbish(connection: sa.Connection, paths: Sequence[str]) -> None:
    """Forget paths whose files were deleted."""
    connection.execute(sa.delete(lake_rubbish).where(is_any_of(lake_rubbish.c.path, paths)))


def size(connection: sa.Connection) -> WarehouseSize:
    """Return how much the history holds."""
    lake = sa.select(
        sa.func.count().label("files"),
        sa.func.coalesce(sa.func.sum(lake_files.c.rows), 0).label("filed"),
        sa.func.coalesce(sa.func.sum(lake_files.c.bytes), 0).label("bytes"),
    ).subquery()
    tail = sa.select(sa.func.coalesce(sa.func.sum(unfiled.c.rows), 0)).scalar_subquery()
    waste = sa.select(sa.func.count()).select_from(lake_rubbish).scalar_subquery()
    row = connection.execute(sa.select(lake, tail.label("unfiled"), waste.label("rubbish"))).one()
    # PostgreSQL sums large whole numbers as decimals.
    return WarehouseSize(**{name: int(value) for name, value in row._mapping.items()})


def make_durable(database: Database) -> bool:
    """Make sure that everything committed so far would survive a power cut; return whether it is sure.

    The worker's commits on SQLite are not flushed one by one. A power cut could bring back a list of files that was
    replaced, so its files may be deleted only behind a checkpoint.
    """
    if not database.is_sqlite:
        return True
    with database.read() as connection:
        # On the driver's own connection: SQLAlchemy would begin a transaction, in which there is no checkpoint.
        busy = connection.connection.cursor().execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        return busy is not None and busy[0] == 0


def expect(found: int, wanted: int) -> None:
    """Check that a statement met as many rows as it was worked out for.

    Raises:
        Conflict: it did not.
    """
    if found != wanted:
        raise Conflict(
            "The history changed while a part of it was being rewritten.",
            hint="Nothing was lost; it is done again.",
        )
