"""The worker: takes requests from the log in batches, step by step through the slices, one transaction a batch.

State, the facts it stands for and the log position commit together: the worker may die anywhere, and nothing is lost or counted twice.
"""

import gc
import threading
from collections.abc import Callable, Sequence, Set
from typing import Protocol

import msgspec
import sqlalchemy as sa
import structlog

from beleef.collect import api as collect
from beleef.collect.api import Progress
from beleef.collect.decode import decode
from beleef.collect.work import CollectStep
from beleef.facts.fact import Batch
from beleef.kernel.clock import SECOND, Clock
from beleef.kernel.errors import BeleefError, Conflict
from beleef.store.log.port import Log, Placed
from beleef.store.records.database import Database
from beleef.store.records.lease import Lease

_log = structlog.get_logger("worker")

IDLE_S = 0.01
"""How long an idle worker waits before it looks at the log again: the larger part of the time until a fact is visible."""
_STANDBY_S = 0.5
_AFTER_ERROR_S = 1.0


_NOT_THE_FACTS = (BeleefError, sa.exc.OperationalError, sa.exc.InterfaceError, OSError, MemoryError)
"""What goes wrong because of the machine or the database: the batch waits and is tried again as it is."""


class _Rehearsed(Exception):
    pass


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did that the worker counts.

    Attributes:
        erased: Facts left out because they are about somebody who asked to be forgotten.
        unusable: Facts left out because they cannot be used, each with a code (``UNUSABLE`` has the sentences).
        people: How many persons there are more (fewer, where negative).
        moved: How many subjects became another person's.
    """

    erased: frozenset[int] = frozenset()
    unusable: tuple[tuple[int, str], ...] = ()
    people: int = 0
    moved: int = 0


class Step(Protocol):
    """A slice's part in the pipeline, called in the order of the slices, inside the batch's transaction."""

    def __call__(self, batch: Batch, connection: sa.Connection) -> Effect | None:
        """Work on a batch as a set. Facts may be taken out of ``batch.facts``; they are named in the effect."""
        ...

    def forget(self) -> None:
        """Drop what is in memory: the transaction failed, and memory may be ahead of the database."""
        ...


class Worker:
    """Moves the state forward, one batch at a time.

    Args:
        database: The state.
        log: What is read.
        lease: Held while working.
        steps: Identity, profiles and so on, in the order of the slices.
        chores: Work between batches (filing, compaction, backfill, pruning); each returns whether it did something.
        now: The clock.
        batch_messages: Most messages in a batch.
    """

    def __init__(
        self,
        *,
        database: Database,
        log: Log,
        lease: Lease,
        steps: Sequence[Step],
        chores: Sequence[Callable[[], bool]],
        now: Clock,
        batch_messages: int,
    ) -> None:
        self._database = database
        self._source = log
        self._lease = lease
        self._collect = CollectStep()
        self._steps = steps
        self._chores = chores
        self._now = now
        self._batch_messages = batch_messages
        self._progress: Progress | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop. A batch that fails is tried again, smaller, so that one bad fact holds up nothing else."""
        while not stop.is_set():
            if not self._lease.acquire():
                stop.wait(_STANDBY_S)
                continue
            try:
                worked = self.work()
                if not worked and not self.do_chores():
                    stop.wait(IDLE_S)
            except (BeleefError, sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("batch_failed", error=type(error).__name__, reason=str(error)[:300])
                stop.wait(_AFTER_ERROR_S)
        self._lease.release()

    def catch_up(self, *, progress: Callable[[int], None] = lambda _: None) -> int:
        """Work until nothing waits in the log; return how many messages that was.

        Raises:
            Conflict: another worker is at work on the same state.
        """
        self.claim()
        total = 0
        while worked := self.work():
            total += worked
            progress(total)
            self.do_chores()
        return total

    def claim(self) -> None:
        """Become the one worker.

        Raises:
            Conflict: another one is at work on the same state.
        """
        if not self._lease.acquire():
            raise Conflict("Another worker is at work.", hint="Stop `beleef serve` first, or let it do this.")

    def release(self) -> None:
        """Let another worker work."""
        self._lease.release()

    def do_chores(self) -> bool:
        """Do each chore once, as far as it is due; return whether any did something."""
        return any([chore() for chore in self._chores])  # noqa: C419 -- every chore has its turn

    def work(self) -> int:
        """Work on one batch; return how many messages it held, 0 when nothing waits."""
        if self._progress is None:
            with self._database.read() as connection:
                self._progress = collect.progress(connection)
        placed = self._source.read(after=self._progress.position, messages=self._batch_messages)
        if not placed:
            return 0
        try:
            self._commit(placed, {})
        except _NOT_THE_FACTS:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a fact brings about must not stop the facts behind it
            _log.error("batch_split", entries=len(placed), error=type(error).__name__, exc_info=error)
            self._work_one_by_one(placed)
        return sum(one.entry.messages for one in placed)

    def _work_one_by_one(self, placed: list[Placed]) -> None:
        """Commit entry by entry; of an entry that fails, set apart just the messages that fail by themselves."""
        for one in placed:
            try:
                self._commit([one], {})
            except _NOT_THE_FACTS:
                raise
            except Exception:  # noqa: BLE001 -- as above
                self._commit([one], self._failing(one))

    def _failing(self, placed: Placed) -> dict[int, str]:
        """Return the facts of an entry that cannot be worked on even alone, each with what happened."""
        failing: dict[int, str] = {}
        facts = [fact.id for fact in decode([placed], self._collect.source).facts]
        for fact in facts:
            others = {other: "" for other in facts if other != fact}
            try:
                self._commit([placed], others, rehearse=True)
            except _Rehearsed:
                continue
            except _NOT_THE_FACTS:
                raise
            except Exception as error:  # noqa: BLE001 -- this is what is looked for
                failing[fact] = f"Beleef could not work on it ({type(error).__name__})."
        return failing

    def _commit(self, placed: list[Placed], refuse: dict[int, str], *, rehearse: bool = False) -> None:
        try:
            with self._database.write() as connection:
                before = collect.hold_progress(connection)
                if before.position >= placed[0].position:
                    raise Conflict("Another worker moved the state on.", hint="This one stands by now.")
                after, erased = self._work_on(placed, before, connection, refuse)
                if rehearse:
                    raise _Rehearsed
            self._progress = after
        except BaseException:
            self._progress = None
            self._collect.forget()
            for step in self._steps:
                step.forget()
            raise
        if erased:
            self._redact(erased)

    def _redact(self, facts: Set[int]) -> None:
        """Take what came in about erased persons out of the log; their tombstones keep it out of everything else."""
        with self._database.read() as connection:
            collect.redact(self._source, facts, connection, keep_statistics=False)

    def _work_on(
        self, placed: list[Placed], before: Progress, connection: sa.Connection, refuse: dict[int, str]
    ) -> tuple[Progress, Set[int]]:
        arrival = self._collect.begin(placed, connection, self._now(), refuse)
        effects = [effect for step in self._steps if (effect := step(arrival.batch, connection))]
        erased = frozenset[int]().union(*(effect.erased for effect in effects))
        unusable = {fact: code for effect in effects for fact, code in effect.unusable}
        self._collect.finish(arrival, placed, erased, unusable, connection)
        processed = len(arrival.digests) - len(erased) - len(unusable)
        messages = sum(one.entry.messages for one in placed)
        after = Progress(
            position=placed[-1].position,
            processed=before.processed + processed,
            repeated=before.repeated + len(arrival.repeated),
            quarantined=before.quarantined + messages - processed - len(erased) - len(arrival.repeated),
            erased=before.erased + len(erased),
            people=before.people + sum(effect.people for effect in effects),
            moved=before.moved + sum(effect.moved for effect in effects),
            worked_at=self._now(),
        )
        if not collect.move_progress(connection, before, after):
            raise Conflict("Another worker moved the state on.", hint="This one stands by now.")
        return after, erased


def every(interval_s: int, now: Clock, chore: Callable[[], bool]) -> Callable[[], bool]:
    """Return a chore that is done at most once in so many seconds."""
    last = 0

    def when_due() -> bool:
        nonlocal last
        moment = now()
        if moment - last < interval_s * SECOND:
            return False
        last = moment
        return chore()

    return when_due


def calm_garbage_collection() -> None:
    """Let Python look for cyclic garbage seldom: a batch makes a million objects that all die by themselves."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
