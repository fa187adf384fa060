"""One channel's lane: claim what is reserved for it, make the messages, note that they go on the wire, send them, note what became.

What is noted before the wire and after it are two transactions. A sender that dies between them leaves rows of which nobody knows
whether they went out; those are never sent again by a machine.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from beleef.collect.api import say_later
from beleef.contact import sending_queries
from beleef.contact.channels.book import Opened, find
from beleef.contact.channels.port import Outgoing, Sent
from beleef.contact.gate import Gate, asked_of
from beleef.contact.known import Circumstances, KnownReader
from beleef.contact.model import Contacted, State
from beleef.contact.rendering import Rendering, Unmade
from beleef.contact.sending_queries import Outcome
from beleef.contact.telling import customer_fact, message_fact
from beleef.kernel.clock import SECOND, Clock
from beleef.store.records.database import Database

_log = structlog.get_logger("sender")

AT_ONCE = 8
"""Messages between two commits: as many at most are uncertain when a sender is killed."""
_CLAIMED = 32 * AT_ONCE
_MOST_ATTEMPTS = 16
_FIRST_RETRY_S, _LONGEST_RETRY_S = 30, 6 * 3_600
_LONGEST_PAUSE_S = 300
_GONE = re.compile(r"\b5\.1\.(1|2|3|10)\b")
"""Enhanced status codes (RFC 3463) of an address that does not exist."""


_Made = tuple[Contacted, Outgoing]
_Done = tuple[Outcome, dict[str, Any] | None]
"""What became of a row, and the fact that says so."""


class Lane:
    """Sends for one channel; used by one thread.

    Args:
        database: Where the ledger is.
        reader: Reads what is known around messages.
        rendering: Makes messages.
        now: The clock.
        owner: A name that no other sender has.
        lease_s: For how long claimed messages are one's own, in seconds. Everything on the wire must be answered within it.
        pause: Waits so many seconds, or until it is time to stop; returns whether it is.
    """

    def __init__(
        self,
        *,
        database: Database,
        reader: KnownReader,
        rendering: Rendering,
        now: Clock,
        owner: str,
        lease_s: float,
        pause: Callable[[float], bool],
    ) -> None:
        self._database = database
        self._reader = reader
        self._rendering = rendering
        self._now = now
        self._owner = owner
        self._lease = round(lease_s * SECOND)
        self._pause = pause
        self._dead_turns = 0
        self._free_at = 0.0

    def turn(self, opened: Opened, every: Sequence[Opened], gate: Gate) -> int:
        """Send what is reserved for a channel, up to some hundreds of messages; return how many were worked on.

        Args:
            opened: The channel, open.
            every: All channels, to know what is meant for this one.
            gate: The rules.
        """
        rows = self._claim(opened, every)
        if not rows:
            return 0
        with self._database.read() as connection:
            around = self._reader.read(connection, [row.intent for row in rows], gate, self._now())
        done: list[_Done] = []
        size = self._group(opened)
        for start in range(0, len(rows), size):
            rest = rows[start + size :]
            made = self._make(gate, rows[start : start + size], around[start : start + size], done)
            if self._is_time_to_stop(opened, len(made)):
                done += self._given_back([*(row for row, _ in made), *rest])
                break
            done = self._send(opened, self._note(done, made))
            if self._is_dead(done):
                done += self._given_back(rest)
                break
        self._note(done, [])
        return len(rows)

    def _claim(self, opened: Opened, every: Sequence[Opened]) -> list[Contacted]:
        setup = opened.setup
        via = [setup.name]
        if find(list(every), setup.kind, "") is opened:
            via.append("")
        now = self._now()
        with self._database.read() as connection:
            if not sending_queries.has_reserved(connection, setup.kind, via, now):
                return []
        limit = min(_CLAIMED, 4 * self._group(opened)) if setup.per_second else _CLAIMED
        with self._database.write() as connection:
            return sending_queries.claim(
                connection,
                kind=setup.kind,
                via=via,
                owner=self._owner,
                now=now,
                until=now + self._lease,
                limit=limit,
            )

    def _group(self, opened: Opened) -> int:
        rate = opened.setup.per_second
        return max(1, min(AT_ONCE, int(rate))) if rate else AT_ONCE

    def _make(
        self, gate: Gate, rows: Sequence[Contacted], around: Sequence[Circumstances], done: list[_Done]
    ) -> list[_Made]:
        """Make messages; what cannot be made, or is not wanted any more, joins ``done``."""
        ready = []
        with self._database.read() as connection:
            for row, known in zip(rows, around, strict=True):
                refusal = gate.refusal(asked_of(row.intent, self._now()), known.known)
                if refusal:
                    done.append(self._left_out(row, known, "skipped", refusal))
                    continue
                made = self._rendering.make(connection, row, known)
                if isinstance(made, Outgoing):
                    ready.append((row, made))
                else:
                    done.append(self._left_out(row, known, "failed", "not_rendered", made))
        return ready

    def _left_out(
        self, row: Contacted, known: Circumstances, state: State, reason: str, fault: Unmade | None = None
    ) -> _Done:
        error = "" if fault is None else f"{fault.code}: {fault.message}"
        outcome = Outcome(id=row.id, state=state, reason=reason, error=error)
        if known.person is None:
            return outcome, None
        code = "" if fault is None else fault.code
        what = f"Message {state.capitalize()}"
        return outcome, message_fact(what, row, known.person, self._now(), reason=reason, code=code)

    def _note(
        self,
        done: Sequence[_Done],
        made: Sequence[_Made],
    ) -> list[_Made]:
        """Write what became of messages and which go on the wire now, in one transaction; return those that may."""
        if not done and not made:
            return []
        now = self._now()
        with self._database.write() as connection:
            self._finish(connection, done)
            if not made:
                return []
            mine = sending_queries.begin(
                connection,
                [(row.id, message.address) for row, message in made],
                owner=self._owner,
                now=now,
                until=now + self._lease,
            )
        return [(row, message) for row, message in made if row.id in mine]

    def _finish(self, connection: sa.Connection, done: Sequence[_Done]) -> None:
        sending_queries.finish(connection, [outcome for outcome, _ in done], owner=self._owner)
        say_later(connection, [fact for _, fact in done if fact is not None])

    def _send(self, opened: Opened, going: Sequence[_Made]) -> list[_Done]:
        if not going or opened.channel is None:
            return []
        try:
            sent = opened.channel.send([message for _, message in going])
        except Exception as error:  # noqa: BLE001 -- whatever a channel breaks on, what it had in hand may be out
            _log.error(
                "channel_failed", channel=opened.setup.name, error=type(error).__name__, exc_info=error
            )
            sent = [
                Sent(outcome="uncertain", code="internal_error", detail=type(error).__name__) for _ in going
            ]
        return [
            done
            for (row, message), what in zip(going, sent, strict=True)
            for done in self._became(row, message, what)
        ]

    def _is_time_to_stop(self, opened: Opened, count: int) -> bool:
        """Wait until the channel's rate lets so many messages go; return whether to stop instead."""
        rate, wait_s = opened.setup.per_second, 0.0
        if rate:
            now_s = self._now() / SECOND
            wait_s = max(0.0, self._free_at - now_s)
            self._free_at = max(self._free_at, now_s) + count / rate
        return self._pause(wait_s)

    def _given_back(self, rows: Sequence[Contacted]) -> list[_Done]:
        """Return that rows which were claimed and not tried go back to the gate."""
        due = max(self._now(), round(self._free_at * SECOND))
        return [(Outcome(id=row.id, state="waiting", reason="retry", due_at=due), None) for row in rows]

    def _became(self, row: Contacted, message: Outgoing, sent: Sent) -> list[_Done]:
        now, tried = self._now(), msgspec.structs.replace(row, attempts=row.attempts + 1)
        outcome = _outcome(tried, sent, now)
        if outcome.state == "sent":
            return [(outcome, message_fact("Message Sent", tried, message.person, now))]
        if outcome.state != "failed":
            return [(outcome, None)]
        told = message_fact(
            "Message Failed", tried, message.person, now, reason=outcome.reason, code=sent.code
        )
        if row.intent.channel == "email" and sent.outcome == "refused" and _GONE.search(sent.detail):
            bounced = customer_fact(
                "Email Bounced",
                tried,
                message.person,
                now,
                f"{row.intent.key}:refused:{tried.attempts}",
                bounce="hard",
                email=message.address,
            )
            return [(outcome, told), (outcome, bounced)]
        return [(outcome, told)]

    def _is_dead(self, done: Sequence[_Done]) -> bool:
        """Return whether nothing got through at all; then wait, longer each time, for the other side to come back."""
        is_dead = bool(done) and all(
            outcome.error.startswith(("connection", "sign_in")) for outcome, _ in done
        )
        if not is_dead:
            self._dead_turns = 0
            return False
        self._dead_turns += 1
        self._free_at = self._now() / SECOND + min(_LONGEST_PAUSE_S, 2**self._dead_turns)
        return True

    def is_resting(self) -> bool:
        """Return whether the other side is given time to come back."""
        return self._dead_turns > 0 and self._free_at > self._now() / SECOND


def _outcome(row: Contacted, sent: Sent, now: int) -> Outcome:
    """Return what becomes of a row that was tried ``row.attempts`` times."""
    error = f"{sent.code}: {sent.detail}" if sent.code else ""
    match sent.outcome:
        case "sent":
            return Outcome(id=row.id, state="sent", sent_at=now, provider_id=sent.provider_id)
        case "uncertain":
            return Outcome(
                id=row.id,
                state="uncertain",
                reason="line_died",
                sent_at=now,
                provider_id=sent.provider_id,
                error=error,
            )
        case "refused":
            return Outcome(id=row.id, state="failed", reason="refused", error=error)
    wait = max(sent.retry_after_s, min(_FIRST_RETRY_S * 2 ** (row.attempts - 1), _LONGEST_RETRY_S))
    due = now + round(wait * SECOND)
    is_hopeless = row.intent.expires_at is not None and due >= row.intent.expires_at
    if row.attempts >= _MOST_ATTEMPTS or is_hopeless:
        return Outcome(id=row.id, state="failed", reason="given_up", error=error)
    return Outcome(id=row.id, state="waiting", reason="retry", due_at=due, error=error)
