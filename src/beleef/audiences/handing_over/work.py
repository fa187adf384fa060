"""Handing over at work: the pipeline's step that notices who came in or went out, and the loop that tells other systems."""

import threading

import sqlalchemy as sa
import structlog

from beleef.audiences.handing_over import queries
from beleef.audiences.handing_over.sending import HandingOver
from beleef.audiences.needs import ENTERED, LEFT
from beleef.facts.fact import Batch
from beleef.kernel.errors import BeleefError
from beleef.store.records.lease import Lease

_log = structlog.get_logger("handing_over")

_MOVES: frozenset[str | None] = frozenset({ENTERED, LEFT})
_IDLE_S = 0.5
_STANDBY_S = 2.0
_AFTER_ERROR_S = 5.0


class HandingOverStep:
    """Notices in a batch whom other systems may have to be told about. It only takes notes: what is told is looked up then."""

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch as a set, within the caller's transaction. The same batch again changes nothing that is told."""
        said: dict[str, set[int]] = {}
        for subject, fact in batch.named(_MOVES):
            if fact.type == "beleef" and fact.properties:
                said.setdefault(str(fact.properties.get("audience")), set()).add(subject)
        regrouped = batch.regrouped()
        if not said and not regrouped:
            return
        hooks = queries.webhooks(connection)
        if not hooks:
            return
        moved = {*regrouped, *regrouped.values(), *batch.moved_from.values()}
        queries.look_again(connection, moved, batch.now)
        for audience, numbers in hooks.items():
            persons = said.get(audience, set()) | set(regrouped.values())
            for number in numbers:
                queries.look_at(connection, number, persons, batch.now)

    def forget(self) -> None:
        """Nothing is kept in memory."""


class Hander:
    """Hands over until told to stop, in one process at a time.

    Args:
        handing_over: Does it.
        lease: Held while at work.
    """

    def __init__(self, handing_over: HandingOver, lease: Lease) -> None:
        self._handing_over = handing_over
        self._lease = lease

    def run(self, stop: threading.Event) -> None:
        """Hand over until told to stop; what is under way then is finished first."""
        while not stop.is_set():
            try:
                if not self._lease.acquire():
                    stop.wait(_STANDBY_S)
                elif not self._handing_over.work():
                    stop.wait(_IDLE_S)
            except (BeleefError, sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("handing_over_failed", error=type(error).__name__, reason=str(error)[:300])
                stop.wait(_AFTER_ERROR_S)
            except Exception as error:  # noqa: BLE001 -- one hand-over that goes wrong must not end the others
                _log.error("handing_over_failed", error=type(error).__name__, exc_info=error)
                stop.wait(_AFTER_ERROR_S)
        self._handing_over.finish()
        self._lease.release()
