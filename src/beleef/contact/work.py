"""Contact's step in the pipeline, and the sender: the process that asks the gate about what waits and puts messages on the wire.

Every channel has a thread of its own, so that one whose other side is dead delays no other.
"""

import secrets
import threading
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from beleef.contact import sending_queries, standing_queries
from beleef.contact.api import Contact
from beleef.contact.channels.book import Opened
from beleef.contact.gating import decide_due
from beleef.contact.hashing import address_hash
from beleef.contact.queries import by_keys
from beleef.contact.rendering import Rendering
from beleef.contact.returning import fetch_returns
from beleef.contact.sending import Lane
from beleef.contact.standing import WAKING, Report, concerns, report, word
from beleef.facts.fact import Batch
from beleef.identity import api as identity
from beleef.kernel.clock import Clock
from beleef.kernel.errors import BeleefError
from beleef.store.records.database import Database

__all__ = ["LEASE_S", "ContactStep", "Rendering", "Sender"]

_log = structlog.get_logger("sender")

_IDLE_S = 0.2
_RECONCILE_S = 5.0
_AFTER_ERROR_S = 2.0
_FETCH_S = 60.0
_AT_ONCE = 500
LEASE_S = 600.0
"""Longer than any channel may take for its messages: whoever has not answered by then is taken for dead."""


class ContactStep:
    """Takes from facts what they say about contact: who left or wants a pause, complaints, what came of messages.

    Args:
        key: The installation's key.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        """Work on a batch as a set, within the caller's transaction. The same batch again changes nothing."""
        said, reports, awake = [], [], set()
        for subject, fact in zip(batch.subjects, batch.facts, strict=True):
            if fact.type != "track" or not concerns(fact.name):
                continue
            found = word(fact)
            if found is not None:
                said.append((subject, found))
                if (fact.name or "").casefold() in WAKING:
                    awake.add(subject)
                continue
            about = report(fact)
            if about is not None:
                reports.append((subject, about))
        standing_queries.save_words(connection, said)
        if reports:
            self._note(connection, reports)
        if awake:
            self._wake(connection, awake, batch.now)

    def forget(self) -> None:
        """Nothing is kept in memory."""

    def _note(self, connection: sa.Connection, reports: list[tuple[int, Report]]) -> None:
        standing_queries.note_reports(connection, [about for _, about in reports])
        back = [
            (subject, about) for subject, about in reports if about.kind in {"hard", "soft", "complained"}
        ]
        # A report that leaves the address out is about the one its message went to.
        unnamed = {about.key for _, about in back if about.key and not about.address}
        rows = by_keys(connection, unnamed) if unnamed else {}
        addressed = [
            (subject, about.address or (rows[about.key].address if about.key in rows else ""), about)
            for subject, about in back
        ]
        standing_queries.save_returns(
            connection,
            [
                (subject, address_hash(self._key, about.channel, address), about)
                for subject, address, about in addressed
                if address
            ],
        )

    def _wake(self, connection: sa.Connection, subjects: set[int], now: int) -> None:
        persons = set(identity.persons_of(connection, subjects).values())
        every = {one for person in identity.people(connection, persons).values() for one in person.subjects}
        sending_queries.wake(connection, every | subjects, ("open_complaint", "paused"), now)


class Sender:
    """Asks the gate about what waits, and sends what it lets through. Several at once are safe.

    Args:
        database: Where the ledger is; its commits must survive a power cut.
        contact: The gate and its channels.
        rendering: Makes messages.
        now: The clock.
        lease_s: For how long a message is believed to be in a sender's hands, in seconds.
    """

    def __init__(
        self,
        *,
        database: Database,
        contact: Contact,
        rendering: Rendering,
        now: Clock,
        lease_s: float = LEASE_S,
    ) -> None:
        self._database = database
        self._contact = contact
        self._rendering = rendering
        self._now = now
        self._lease_s = lease_s
        self._owner = secrets.token_hex(8)
        self._stop = threading.Event()
        self._lanes: dict[str, Lane] = {}
        self._threads: dict[str, threading.Thread] = {}

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; what is on the wire then is finished first."""
        self._stop = stop
        waited = _RECONCILE_S
        while not stop.is_set():
            try:
                if waited >= _RECONCILE_S:
                    waited = 0.0
                    self.reconcile()
                    self._open_lanes()
                if not self.decide():
                    stop.wait(_IDLE_S)
                    waited += _IDLE_S
            except (BeleefError, sa.exc.SQLAlchemyError, OSError) as error:
                _log.warning("gate_failed", error=type(error).__name__, reason=str(error)[:300])
                stop.wait(_AFTER_ERROR_S)
            except Exception as error:  # noqa: BLE001 -- the gate must go on with whatever comes next
                _log.error("gate_failed", error=type(error).__name__, exc_info=error)
                stop.wait(_AFTER_ERROR_S)
        for thread in self._threads.values():
            thread.join()

    def decide(self) -> int:
        """Let the gate decide about what is due; return how many messages that were."""
        with self._database.read() as connection:
            if not sending_queries.has_due(connection, self._now()):
                return 0
        with self._database.write() as connection:
            gate = self._contact.gate(connection)
            return decide_due(connection, self._contact.reader, gate, self._now(), _AT_ONCE)

    def send(self, kind: str | None = None) -> int:
        """Send what is reserved now, over all channels or those of a kind, in this thread; return how many messages."""
        return sum(
            self._turn(opened, every)
            for opened, every in self._channels()
            if kind in {None, opened.setup.kind}
        )

    def reconcile(self) -> int:
        """Mark as uncertain what senders that died left on the wire; return how many messages."""
        with self._database.read() as connection:
            if not sending_queries.has_left_behind(connection, self._now()):
                return 0
        with self._database.write() as connection:
            return sending_queries.note_uncertain(connection, self._now())

    def fetch_returns(self) -> int:
        """Fetch what came back of mail from the channels' mailboxes; return how many mails were read."""
        return fetch_returns(self._database, self._contact, self._rendering.links, self._now)

    def _channels(self) -> list[tuple[Opened, list[Opened]]]:
        with self._database.read() as connection:
            every = self._contact.book.all(connection)
        return [(one, every) for one in every if one.channel is not None and one.setup.enabled]

    def _lane(self, name: str) -> Lane:
        if name not in self._lanes:
            self._lanes[name] = Lane(
                database=self._database,
                reader=self._contact.reader,
                rendering=self._rendering,
                now=self._now,
                owner=f"{self._owner}:{name}",
                lease_s=self._lease_s,
                pause=self._stop.wait,
            )
        return self._lanes[name]

    def _turn(self, opened: Opened, every: list[Opened]) -> int:
        lane = self._lane(opened.setup.name)
        if lane.is_resting():
            return 0
        with self._database.read() as connection:
            gate = self._contact.gate(connection)
        return lane.turn(opened, every, gate)

    def _open_lanes(self) -> None:
        """Give every channel its thread, and the mailboxes one together."""
        wanted: dict[str, Callable[[], None]] = {"": self._run_fetching}
        for opened, _ in self._channels():
            wanted[opened.setup.name] = lambda name=opened.setup.name: self._run_lane(name)  # type: ignore[misc]
        for name, target in wanted.items():
            known = self._threads.get(name)
            if known is None or not known.is_alive():
                self._threads[name] = threading.Thread(target=target, name=f"channel-{name}")
                self._threads[name].start()

    def _run_lane(self, name: str) -> None:
        last: Opened | None = None
        while not self._stop.is_set():
            sent = 0
            try:
                found = next((pair for pair in self._channels() if pair[0].setup.name == name), None)
                if found is None:
                    break
                if last is not None and last.channel is not None and last is not found[0]:
                    last.channel.close()
                last = found[0]
                sent = self._turn(*found)
            except Exception as error:  # noqa: BLE001 -- one channel's trouble must not end its lane, nor touch another
                _log.error("channel_failed", channel=name, error=type(error).__name__, exc_info=error)
                self._stop.wait(_AFTER_ERROR_S)
            if not sent:
                self._stop.wait(_IDLE_S)
        if last is not None and last.channel is not None:
            last.channel.close()

    def _run_fetching(self) -> None:
        while not self._stop.is_set():
            try:
                self.fetch_returns()
            except Exception as error:  # noqa: BLE001 -- a mailbox that does not answer is asked again
                _log.warning("mailbox_failed", error=type(error).__name__, reason=str(error)[:300])
            self._stop.wait(_FETCH_S)
