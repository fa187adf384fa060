"""The worker: takes requests from the log in batches, step by step through the slices, one transaction a batch.

State, the facts it stands for and the log position commit together: the worker may die anywhere, and nothing is lost or counted twice.
"""

import contextlib
import ctypes
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
from beleef.collect.work import Arrival, CollectStep
from beleef.facts.fact import Batch
from beleef.kernel.clock import SECOND, Clock
from beleef.kernel.errors import BeleefError, Conflict
from beleef.store.log.port import Log, Placed
from beleef.store.records.database import Database
from beleef.store.records.lease import Lease

_log = structlog.get_logger("worker")

IDLE_S = 0.01
"""How long a worker that has just become idle waits before it looks at the log again."""
_MOST_IDLE_S = 0.05
"""How long one that has been idle for a while waits: it looks less often, and a fact is still visible in a tenth of a second."""
_STANDBY_S = 0.5
_AFTER_ERROR_S = 1.0


_NOT_THE_FACTS = (BeleefError, sa.exc.OperationalError, sa.exc.InterfaceError, OSError, MemoryError)
"""What goes wrong because of the machine or the database: the batch waits and is tried again as it is."""


class _Rehearsed(Exception):
    """It would work: nothing of it is kept."""


class _Entangled(Exception):
    """What came again may be used, because what came first was not: request by request both get their due."""


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
        idle_s = IDLE_S
        while not stop.is_set():
            try:
                if not self._lease.acquire():
                    # Whoever works now changes what this one remembers.
                    self.forget()
                    stop.wait(_STANDBY_S)
                    continue
                worked = self.work()
                # Also while much waits: a flood must not keep new facts from being filed.
                did_something = self.do_chores()
                if worked or did_something:
                    idle_s = IDLE_S
                else:
                    stop.wait(idle_s)
                    idle_s = min(_MOST_IDLE_S, 1.1 * idle_s)
            except (BeleefError, sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("batch_failed", error=type(error).__name__, reason=str(error)[:300])
                stop.wait(_AFTER_ERROR_S)
            except Exception as error:  # noqa: BLE001 -- a chore that goes wrong must not keep the facts from being worked on
                _log.error("worker_failed", error=type(error).__name__, exc_info=error)
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
        except _Entangled:
            self._work_one_by_one(placed)
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
            except Exception as error:  # noqa: BLE001 -- as above
                _log.error("entry_failed", position=one.position, error=type(error).__name__)
                self._commit([one], self._failing(one))

    def _failing(self, placed: Placed) -> dict[int, str]:
        """Return the facts of an entry that cannot be worked on even alone, each with what happened."""
        facts = [fact.id for fact in decode([placed], self._collect.source).facts]
        failing: dict[int, str] = {}
        waiting = [facts]
        # Halving: of a thousand messages the one that fails is found in ten rehearsals.
        while waiting:
            some = waiting.pop()
            error = self._rehearse(placed, set(facts) - set(some)) if some else None
            if error is not None and len(some) > 1:
                waiting += [some[: len(some) // 2], some[len(some) // 2 :]]
            elif error is not None:
                failing[some[0]] = f"Beleef could not work on it ({type(error).__name__})."
        if self._rehearse(placed, set(failing)) is not None:
            return dict.fromkeys(facts, "Beleef could not work on it together with what came along.")
        return failing

    def _rehearse(self, placed: Placed, without: Set[int]) -> Exception | None:
        """Work on an entry without some of its facts, keep nothing, and return what went wrong."""
        try:
            self._commit([placed], dict.fromkeys(without, ""), rehearse=True)
        except _NOT_THE_FACTS:
            raise
        except Exception as error:  # noqa: BLE001 -- this is what is looked for
            return None if isinstance(error, _Rehearsed) else error
        return None

    def _commit(self, placed: list[Placed], refuse: dict[int, str], *, rehearse: bool = False) -> None:
        try:
            with self._database.write() as connection:
                after = self._work_on(placed, connection, refuse, rehearse=rehearse)
                if rehearse:
                    raise _Rehearsed  # noqa: TRY301 -- nothing else takes the transaction back
            self._progress = after
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        """Drop what is in memory: it was read before somebody else changed what it is about."""
        self._progress = None
        self._collect.forget()
        for step in self._steps:
            step.forget()

    def _work_on(
        self, placed: list[Placed], connection: sa.Connection, refuse: dict[int, str], *, rehearse: bool
    ) -> Progress:
        before = collect.hold_progress(connection)
        known = before.position if self._progress is None else self._progress.position
        if before.position != known or before.position >= placed[0].position:
            raise Conflict("Another worker moved the state on.", hint="This one stands by now.")
        if self._progress is not None and before != self._progress:
            # Somebody was erased meanwhile, and what is in memory may know them.
            self.forget()
        arrival = self._collect.begin(placed, connection, self._now(), refuse)
        effects = [effect for step in self._steps if (effect := step(arrival.batch, connection))]
        erased = frozenset[int]().union(*(effect.erased for effect in effects))
        unusable = {fact: code for effect in effects for fact, code in effect.unusable}
        if len(placed) > 1 and arrival.is_entangled(erased | unusable.keys()):
            raise _Entangled
        self._collect.finish(arrival, placed, erased, unusable, connection)
        after = self._moved(before, placed, arrival, effects)
        if not collect.move_progress(connection, before, after):
            raise Conflict("Another worker moved the state on.", hint="This one stands by now.")
        if erased and not rehearse:
            # Before the commit: dying in between leaves stubs that say what became of the messages; after it, the messages.
            collect.redact(self._source, dict.fromkeys(erased, "erased"), connection)
        return after

    def _moved(
        self, before: Progress, placed: list[Placed], arrival: Arrival, effects: list[Effect]
    ) -> Progress:
        left_out = sum(len(effect.erased) + len(effect.unusable) for effect in effects)
        processed = len(arrival.digests) - left_out + arrival.stubs_of("processed")
        repeated = len(arrival.repeated) + arrival.stubs_of("repeated")
        erased = sum(len(effect.erased) for effect in effects) + arrival.stubs_of("erased")
        messages = sum(one.entry.messages for one in placed)
        return Progress(
            position=placed[-1].position,
            processed=before.processed + processed,
            repeated=before.repeated + repeated,
            # What cannot even be read one by one counts as many messages as its request claimed.
            quarantined=before.quarantined + messages - processed - repeated - erased,
            erased=before.erased + erased,
            people=before.people + sum(effect.people for effect in effects),
            moved=before.moved + sum(effect.moved for effect in effects),
            worked_at=self._now(),
        )


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


def while_busy(interval_s: int, now: Clock, chore: Callable[[], bool]) -> Callable[[], bool]:
    """Return a chore that is looked at once in so many seconds, and every time as long as it has something to do."""
    look = every(interval_s, now, chore)
    is_busy = False

    def when_due_or_busy() -> bool:
        nonlocal is_busy
        is_busy = chore() if is_busy else look()
        return is_busy

    return when_due_or_busy


def calm_garbage_collection() -> Callable[[], bool]:
    """Stop looking for cyclic garbage in the middle of batches, and return a chore that does it between them.

    A batch makes a million objects that all die by themselves; looking through them costs a tenth of the worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.disable()

    def collect_garbage() -> bool:
        gc.collect()
        # The C library keeps what batches freed; on Linux it can be asked to give that back.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
        return False

    return collect_garbage
