"""Freshness: 1,000 facts a second, one per request, fall due at a steady rate before a whole `beleef serve` that knows a million
persons, each on the device they are known by. Every 50th fact tells something new about a person; from its 200 on, that person's
profile is asked for every few milliseconds until it says so.

The time from the 200 to the first answer that shows the fact counts, the asking included. The baseline is the time that one such
look-up takes under the same load: less than that no fact could be seen to take.
"""

import asyncio
import random
import time

import msgspec
import uvloop

from bench.apart import apart
from bench.installation import Installation, device, user
from bench.load.client import Connection, connect, request_bytes
from bench.messages import track
from bench.processes import beleef_whole
from bench.result import Outcome, Result, percentile
from bench.run import Run

TITLE = "Freshness"

PER_S = 1_000
"""Facts a second."""
_PROBE_EVERY = 50
_CONNECTIONS = 32
_PAUSE_S = 0.002
_PATIENCE_S = 10.0
_MOST_P99_MS = 250.0


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen.

    Attributes:
        visible_s: For each probe, seconds from its 200 until a profile showed it.
        asked_s: For each look-up, seconds that it took.
        accepted: Requests answered with 200.
        late: Probes that no profile showed in time.
    """

    visible_s: list[float]
    asked_s: list[float]
    accepted: int
    late: int


def measure(run: Run) -> Outcome:
    """Measure the row."""
    made = run.people
    with beleef_whole(made.data) as server:
        run.say(f"{PER_S:,} facts a second for {run.sizes.fresh_s:.0f} s")
        seen = apart(watch, server.port, made, run.sizes.people, run.sizes.fresh_s)
    return outcome(
        seen, f"accepted → visible in the profile, {PER_S:,} facts/s, {run.sizes.people:,} persons, p99"
    )


def outcome(seen: Watched, row: str) -> Outcome:
    """Return what was seen as a result.

    Raises:
        RuntimeError: something never became visible.
    """
    if seen.late or not seen.visible_s:
        raise RuntimeError(f"{seen.late} of {seen.late + len(seen.visible_s)} facts never became visible.")
    p99, asked = (1_000 * percentile(times, 0.99) for times in (seen.visible_s, seen.asked_s))
    return Outcome(
        results=(
            Result(
                row=row,
                measured=f"{p99:.0f} ms (p50 {1_000 * percentile(seen.visible_s, 0.5):.0f})",
                baseline=f"{asked:.0f} ms, p99 of one look-up under this load",
                ratio=p99 / asked,
                budget=f"≤ {_MOST_P99_MS:.0f} ms",
                holds=p99 <= _MOST_P99_MS,
            ),
        ),
        details=(
            (
                f"{len(seen.visible_s):,} probes among {seen.accepted:,} facts, {len(seen.asked_s):,} look-ups; "
                f"slowest {1_000 * max(seen.visible_s):.0f} ms"
            ),
        ),
    )


class _Watch:
    """Sends the facts, and watches for those that are probes.

    Args:
        port: Where Beleef answers.
        made: The folder it serves.
        people: How many persons are known.
        seconds: For how long facts are sent.
        audience: Label of the audience that a probe brings its person into, to be watched instead of the profile.
    """

    def __init__(
        self, port: int, made: Installation, people: int, seconds: float, audience: str | None
    ) -> None:
        self._port = port
        self._key = made.write_key
        self._token = made.token
        self._audience = audience
        self._chance = random.Random(11)
        self._people = people
        self._total = int(PER_S * seconds)
        self._visible: list[float] = []
        self._asked: list[float] = []
        self._accepted = 0
        self._late = 0
        self._watching: set[asyncio.Task[None]] = set()
        self._under_way: dict[Connection, tuple[str, str] | None] = {}
        self._idle: list[Connection] = []

    async def run(self) -> Watched:
        self._idle = [await connect(self._port, self._answered) for _ in range(_CONNECTIONS)]
        opened = list(self._idle)
        await self._warm_up()
        start, sent = time.perf_counter(), 0
        while sent < self._total:
            due = min(self._total, int((time.perf_counter() - start) * PER_S))
            while sent < due and self._idle:
                self._send(sent)
                sent += 1
            await asyncio.sleep(0.001)
        while self._under_way or self._watching:
            await asyncio.sleep(0.01)
        for connection in opened:
            connection.close()
        return Watched(visible_s=self._visible, asked_s=self._asked, accepted=self._accepted, late=self._late)

    async def _warm_up(self) -> None:
        """Return once a first fact is visible: the worker starts after the web process answers."""
        self._send(0)
        while self._under_way or self._watching:
            await asyncio.sleep(0.01)
        self._visible.clear()
        self._asked.clear()
        self._accepted = 0

    def _send(self, number: int) -> None:
        person = self._chance.randrange(self._people)
        who = user(person)
        probe = None
        if number % _PROBE_EVERY:
            message = f'{track(number, user=who, device=device(person))[:-1]},"writeKey":"{self._key}"}}'
            path = "/v1/track"
        else:
            if self._audience is not None:
                # Nobody twice: who is in the audience already would be seen there at once.
                who = user(number // _PROBE_EVERY % self._people)
            probe = (who, f"probe-{number:09d}")
            message = f'{{"userId":"{who}","traits":{{"probe":"{probe[1]}"}},"writeKey":"{self._key}"}}'
            path = "/v1/identify"
        connection = self._idle.pop()
        self._under_way[connection] = probe
        connection.send(request_bytes("POST", path, message.encode()), time.perf_counter())

    def _answered(self, connection: Connection, status: int, _: bytes) -> None:
        moment, probe = time.perf_counter(), self._under_way.pop(connection)
        if status != 200:
            raise RuntimeError(f"A fact was answered with {status}.")
        self._accepted += 1
        self._idle.append(connection)
        if probe is not None:
            task = asyncio.ensure_future(self._look(*probe, moment))
            self._watching.add(task)
            task.add_done_callback(self._watching.discard)

    async def _look(self, who: str, sign: str, accepted_at: float) -> None:
        answers: asyncio.Queue[bytes] = asyncio.Queue()
        connection = await connect(self._port, lambda _, __, body: answers.put_nowait(body))
        address = f"/v1/people/user_id:{who}"
        if self._audience is not None:
            # Every audience is in the answer, with whether the person is in it.
            address = f"{address}/audiences?reasons=false"
            sign = f'"label":"{self._audience}","is_member":true'
        request = request_bytes("GET", address, token=self._token)
        while (now := time.perf_counter()) < accepted_at + _PATIENCE_S:
            connection.send(request, now)
            body = await answers.get()
            moment = time.perf_counter()
            self._asked.append(moment - now)
            if sign.encode() in body:
                self._visible.append(moment - accepted_at)
                break
            await asyncio.sleep(_PAUSE_S)
        else:
            self._late += 1
        connection.close()


def watch(port: int, made: Installation, people: int, seconds: float, audience: str | None = None) -> Watched:
    """Send facts and watch for the probes among them; see ``_Watch``."""
    return uvloop.run(_Watch(port, made, people, seconds, audience).run())
