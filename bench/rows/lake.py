"""The lake's size: the demo's whole history of 18 months with its random message ids, worked on and filed; the bytes of all files that
count, divided by the facts in them. The baseline is the same rows in the order of arrival as PyArrow writes Parquet by default.

Some 16 bytes of each fact are what is random in its message id, which nothing can make smaller.
"""

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from beleef.store.warehouse import queries
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from bench.apart import apart
from bench.installation import demo, fill, install, opened
from bench.result import Outcome, Result
from bench.run import Run, catch_up

TITLE = "The lake's size"

_MOST_BYTES = 60.0


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """Size of a lake.

    Attributes:
        facts: Facts in it.
        files: In how many files they are.
        bytes: Size of the files.
        plain_bytes: Size of the same rows as PyArrow writes them by default.
        column_bytes: Bytes by column, without footers.
        body_bytes: Bytes of the requests that brought them, as they stand in the log.
    """

    facts: int
    files: int
    bytes: int
    plain_bytes: int
    column_bytes: dict[str, int]
    body_bytes: int


def measure(run: Run) -> Outcome:
    """Measure the row."""
    data = install(run.folder / "lake").data
    run.say(f"working on {run.sizes.lake_facts:,} facts and filing them")
    found = apart(_fill, data, run.sizes.lake_facts, run.folder / "plain.parquet")
    each, plain = found.bytes / found.facts, found.plain_bytes / found.facts
    columns = sorted(found.column_bytes.items(), key=lambda item: -item[1])
    return Outcome(
        results=(
            Result(
                row="lake, bytes per fact of the demo mix",
                measured=f"{each:.1f} bytes",
                baseline=f"{plain:.1f} bytes, PyArrow's defaults",
                ratio=each / plain,
                budget=f"≤ {_MOST_BYTES:.0f} bytes",
                holds=each <= _MOST_BYTES,
            ),
        ),
        details=(
            f"{found.facts:,} facts in {found.files} files; the log keeps {found.body_bytes / found.facts:.0f} bytes a fact",
            "by column: " + ", ".join(f"{name} {size / found.facts:.1f}" for name, size in columns if size),
        ),
    )


def _fill(data: Path, facts: int, plain: Path) -> Size:
    with opened(data) as stores:
        fill(stores, demo(facts), 2 * facts)
    catch_up(data)
    with opened(data) as stores:
        lake = Lake(stores.settings.lake)
        Filer(stores.database, lake, now=stores.now).merge()
        with stores.database.read() as connection:
            files = queries.files(connection)
        paths = [Path(lake.location(file.path)) for file in files]
        rows = pa.concat_tables([pq.ParquetFile(path).read() for path in paths])
        pq.write_table(rows.sort_by("id"), plain)
        return Size(
            facts=sum(file.rows for file in files),
            files=len(files),
            bytes=sum(file.bytes for file in files),
            plain_bytes=plain.stat().st_size,
            column_bytes=_columns(paths),
            body_bytes=stores.log.size().bytes,
        )


def _columns(paths: list[Path]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for path in paths:
        footer = pq.ParquetFile(path).metadata
        for group in range(footer.num_row_groups):
            for place in range(footer.num_columns):
                column = footer.row_group(group).column(place)
                sizes[column.path_in_schema] = (
                    sizes.get(column.path_in_schema, 0) + column.total_compressed_size
                )
    return sizes
