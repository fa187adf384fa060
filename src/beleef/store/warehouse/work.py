"""The warehouse's step in the pipeline: the batch's facts join the unfiled tail, in the transaction of the state they belong to."""

import sqlalchemy as sa

from beleef.facts.fact import Batch
from beleef.kernel.clock import Clock
from beleef.store.warehouse.columns import to_arrow
from beleef.store.warehouse.erasing import without_person
from beleef.store.warehouse.model import ERASED
from beleef.store.warehouse.tail import Tail


class TailStep:
    """Puts the facts of a batch into the tail."""

    def __init__(self, now: Clock) -> None:
        self._tail = Tail(now)

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Add the facts under ``batch.subjects``."""
        if batch.facts:
            self._tail.add(connection, to_arrow(batch.facts, batch.subjects))
        if batch.anonymous:
            nobody = to_arrow(batch.anonymous, [ERASED] * len(batch.anonymous))
            self._tail.add(connection, without_person(nobody))

    def forget(self) -> None:
        """Nothing is kept in memory between batches."""
