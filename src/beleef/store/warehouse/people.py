"""The map from subjects to persons in the form in which the warehouse joins it with facts."""

from collections.abc import Sequence

import pyarrow as pa


def people_table(pairs: Sequence[tuple[int, int]]) -> pa.Table:
    """Return ``(subject, person)`` pairs as an Arrow table with the int64 columns ``subject`` and ``person``."""
    columns = list(zip(*pairs, strict=True)) or [(), ()]
    return pa.table({"subject": pa.array(columns[0], pa.int64()), "person": pa.array(columns[1], pa.int64())})
