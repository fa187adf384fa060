"""Telling other systems: changes over webhooks, in order and again until they are taken; all members as files, when they are due.

What the other side knows is written down per person after it answered. A crash in between sends the same change once more, under
the same number.
"""

import csv
import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress

import httpx
import sqlalchemy as sa

from beleef.audiences import queries as audience_queries
from beleef.audiences.handing_over import model, queries
from beleef.audiences.handing_over.model import Run, Snapshot, StoredHandOver, Told, Waiting, Webhook
from beleef.audiences.handing_over.people import Reader
from beleef.audiences.model import StoredAudience
from beleef.kernel import signing
from beleef.kernel.clock import Clock, to_datetime, to_text
from beleef.kernel.errors import BeleefError, Unavailable
from beleef.store.files import Files
from beleef.store.records.database import Database

_TIMEOUT_S = 15.0
_PATIENCE_S = 0.5
"""For how long one look waits for hand-overs that are slow; they go on by themselves, and are not begun a second time."""
_SIDE_BY_SIDE = 8
"""Hand-overs at work at one moment. A system that does not answer waits longer after each try, so that few are ever slow at once."""
_COMPARED_AT_ONCE = 2_000
_LOOKED_AT_ONCE = 500
_WRITTEN_AT_ONCE = 2_000
NAMESPACES = ("user_id", "customer_number", "email", "phone", "anonymous_id")
"""Identifiers in files, one column each; further namespaces are given by webhook only."""


class HandingOver:
    """Hands audiences over, side by side: one that does not answer holds up no other. Whoever calls ``work`` holds the lease.

    Args:
        database: Where members and what was told are kept.
        reader: Reads people.
        files: Where files go.
        now: The clock.
        client: Posts to other systems.
    """

    def __init__(
        self,
        *,
        database: Database,
        reader: Reader,
        files: Files,
        now: Clock,
        client: Callable[[], httpx.Client] = lambda: httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False),
    ) -> None:
        self._database = database
        self._reader = reader
        self._files = files
        self._now = now
        self._client = client
        self._threads = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="hand-over")
        self._under_way: dict[int, Future[bool]] = {}

    def work(self) -> bool:
        """Do a piece of what is due for every hand-over; return whether something was done meanwhile."""
        for one, audience in self._due():
            if one.number not in self._under_way:
                self._under_way[one.number] = self._threads.submit(self._do, one, audience)
        until = time.monotonic() + _PATIENCE_S
        while self._under_way:
            left = max(0.0, until - time.monotonic())
            wait(self._under_way.values(), timeout=left, return_when=FIRST_COMPLETED)
            ended = [number for number, one in self._under_way.items() if one.done()]
            if not ended:
                return False
            did = [self._under_way.pop(number).result() for number in ended]
            if any(did):
                return True
        return False

    def finish(self) -> None:
        """Wait for what is under way, and begin nothing more."""
        self._threads.shutdown(wait=True)

    def _due(self) -> Iterator[tuple[StoredHandOver, StoredAudience]]:
        with self._database.read() as connection:
            due = [one for one in queries.stored(connection) if not one.paused]
            filled = {
                one.audience.name: one
                for one in (audience_queries.stored(connection, 0) if due else ())
                if one.filled == 1
            }
        for one in due:
            # While an audience is being filled, its members are not yet the truth to tell.
            audience = filled.get(one.hand_over.audience)
            if audience is not None and one.next_at <= self._now():
                yield one, audience

    def try_out(self, one: StoredHandOver) -> Run:
        """Post a request without changes to a webhook, and return what came of it."""
        began_at = self._now()
        sent = model.body(one.hand_over.audience, (), sent_at=to_text(began_at), is_test=True)
        try:
            detail, outcome = self._post(one, f"{one.number}-test-{began_at}", sent), "done"
        except Unavailable as error:
            detail, outcome = error.message, "failed"
        return Run(
            began_at=began_at,
            ended_at=self._now(),
            outcome="done" if outcome == "done" else "failed",
            people=0,
            detail=detail,
        )

    def _do(self, one: StoredHandOver, audience: StoredAudience) -> bool:
        if isinstance(one.hand_over.way, Snapshot):
            return self._write(one, audience, one.hand_over.way)
        if one.version != audience.version:
            with self._database.write() as connection:
                queries.note(connection, one.number, version=audience.version, cursor=-1)
            return True
        if one.cursor is not None:
            self._compare(one, audience, one.cursor)
            return True
        return self._tell(one, audience)

    def _compare(self, one: StoredHandOver, audience: StoredAudience, after: int) -> None:
        """Look for people whom the other side does not know to be in the audience, or wrongly takes to be."""
        with self._database.write() as connection:
            members = audience_queries.members(
                connection, audience.number, after=after, limit=_COMPARED_AT_ONCE
            )
            last = members[-1].person if len(members) == _COMPARED_AT_ONCE else None
            inside = {member.person for member in members}
            told = queries.told_between(connection, one.number, after, last)
            queries.look_at(connection, one.number, inside ^ told, self._now())
            queries.note(connection, one.number, cursor=last)

    def _tell(self, one: StoredHandOver, audience: StoredAudience) -> bool:
        with self._database.read() as connection:
            looked = queries.waiting(connection, one.number, _LOOKED_AT_ONCE)
            if not looked:
                return False
            standings = audience_queries.standings(connection, [who.person for who in looked])
            inside = {
                who: who.person in standings and audience.number in standings[who.person].members
                for who in looked
            }
            changed = [who for who in looked if who.told != inside[who]][: model.MOST_AT_ONCE]
            people = self._reader.told(
                connection, [who.person for who in changed], one.hand_over.traits, self._now()
            )
        nothing = [who for who in looked if who.told == inside[who]]
        if not changed:
            with self._database.write() as connection:
                queries.settle(connection, one.number, told={}, nothing=nothing)
            return True
        self._send(one, {who: inside[who] for who in changed}, people, nothing)
        return True

    def _send(
        self,
        one: StoredHandOver,
        changed: dict[Waiting, bool],
        people: dict[int, Told],
        nothing: list[Waiting],
    ) -> None:
        began_at = self._now()
        changes = [
            (model.change_id(one.number, who), entered, people[who.person])
            for who, entered in changed.items()
        ]
        sent = model.body(one.hand_over.audience, changes, sent_at=to_text(began_at))
        try:
            answered = self._post(one, model.request_id([change for change, _, _ in changes]), sent)
        except Unavailable as error:
            self._note_failure(one, began_at, len(changed), error.message)
            return
        run = Run(
            began_at=began_at, ended_at=self._now(), outcome="done", people=len(changed), detail=answered
        )
        with self._database.write() as connection:
            queries.settle(connection, one.number, told=changed, nothing=nothing)
            queries.note(connection, one.number, attempts=0, error="", next_at=0)
            queries.add_run(connection, one.number, run)

    def _post(self, one: StoredHandOver, request_id: str, sent: bytes) -> str:
        """Post a body, signed, and return what was answered.

        Raises:
            Unavailable: it was not taken.
        """
        assert isinstance(one.hand_over.way, Webhook)  # noqa: S101 -- files are written, not posted
        signed = signing.headers(one.secret, request_id, sent, self._now())
        headers = {"User-Agent": "Beleef", **signed}
        try:
            with self._client() as client:
                answer = client.post(one.hand_over.way.url, content=sent, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{type(error).__name__}: {error}"[:300]) from error
        if not answer.is_success:
            raise Unavailable(f"HTTP {answer.status_code}")
        return f"HTTP {answer.status_code}"

    def _write(self, one: StoredHandOver, audience: StoredAudience, way: Snapshot) -> bool:
        began_at = self._now()
        name = audience.audience.name
        moment = to_datetime(began_at).strftime("%Y-%m-%dT%H%M%SZ")
        path = f"{name}/{name}-{one.number}-{moment}.csv"
        count = [0]
        try:
            with self._database.read() as connection:
                # One view of the members for the whole file: nobody is in it twice, and nobody is missed.
                self._files.write(path, self.csv(connection, audience, one.hand_over.traits, count))
            self._forget_old_files(one, name, way)
        except BeleefError as error:
            self._note_failure(one, began_at, count[0], error.message)
            return True
        run = Run(began_at=began_at, ended_at=self._now(), outcome="done", people=count[0], detail=path)
        with self._database.write() as connection:
            values = {"attempts": 0, "error": "", "told": count[0], "version": audience.version}
            queries.note(connection, one.number, next_at=model.due_again(began_at, way), **values)
            queries.add_run(connection, one.number, run)
        return True

    def csv(
        self,
        connection: sa.Connection,
        audience: StoredAudience,
        traits: tuple[str, ...] = (),
        count: list[int] | None = None,
    ) -> Iterator[bytes]:
        """Give all members of an audience as a CSV file, in pieces.

        Args:
            connection: Kept open until the last piece.
            audience: Whose members.
            traits: Names of traits, one column each.
            count: A list of one number, which grows with each member.
        """
        yield _lines([model.header(NAMESPACES, traits)])
        after, now = -1, self._now()
        while members := audience_queries.members(
            connection, audience.number, after=after, limit=_WRITTEN_AT_ONCE
        ):
            found = self._reader.lines(connection, members, traits, now)
            yield _lines(
                [model.line(told, to_text(member.since), NAMESPACES, traits) for member, told in found]
            )
            after = members[-1].person
            if count is not None:
                count[0] += len(members)

    def _forget_old_files(self, one: StoredHandOver, name: str, way: Snapshot) -> None:
        mine = [file for file in self._files.names(name) if file.startswith(f"{name}-{one.number}-")]
        for file in mine[: -way.keep]:
            # The new file is there; an old one that cannot go now goes with the next.
            with suppress(Unavailable):
                self._files.delete(f"{name}/{file}")

    def _note_failure(self, one: StoredHandOver, began_at: int, people: int, reason: str) -> None:
        attempts = one.attempts + 1
        run = Run(began_at=began_at, ended_at=self._now(), outcome="failed", people=people, detail=reason)
        with self._database.write() as connection:
            next_at = self._now() + model.wait_after(attempts)
            queries.note(connection, one.number, attempts=attempts, error=reason, next_at=next_at)
            queries.add_run(connection, one.number, run)


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
