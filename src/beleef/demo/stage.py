"""The stage on which the demo plays: its clock, what is still to happen, and the requests that are under way.

What happens (a visit, a parcel) is an act: a function of stage, moment and person. Acts plan later acts and post
requests; the stage plays acts in the order of time and lets requests go in the order of arrival.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from itertools import count
from random import Random
from typing import Any

import msgspec
import numpy as np

from beleef.demo.catalogue import Catalogue
from beleef.demo.knowledge import Knowledge
from beleef.demo.model import Request
from beleef.demo.people import People
from beleef.demo.timetable import first_day, today
from beleef.demo.writing import SERVER_LIBRARY, stamps, uuids
from beleef.kernel.clock import DAY, MINUTE, SECOND

Act = Callable[["Stage", int, int, Any], None]
"""Something that happens: ``act(stage, moment, person, details)``."""

LARGEST_BATCH = 250
REPEATED = 0.005
"""Part of the requests that a client sends twice, because the answer to the first got lost."""

UNUSABLE = 0.0005
"""Part of the messages that cannot be used: somebody's code is wrong."""

_BROKEN = (
    '"type":"track","properties":{{"note":"no event"}},"anonymousId":"{id}"',
    '"type":"track","event":"Product Viewed","properties":{{"note":"nobody"}},"anonymousId":null',
    '"type":"purchase","event":"Order Completed","properties":{{}},"anonymousId":"{id}"',
    '"type":"track","event":"Product Viewed","properties":"sku=KE-1110","anonymousId":"{id}"',
)
_FLUSH_AFTER = 10 * MINUTE
_NOT_YET = 1 << 62
_SLOWEST = 5 * DAY
"""No message is under way as long as this."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The moment at which the world goes over from history to live.

    Attributes:
        at: The world's own moment; from here on it runs ``squeeze`` times as fast.
        shown_at: The moment that is shown for it.
        squeeze: How many times as fast.
    """

    at: int
    shown_at: int
    squeeze: int


class Stage:
    """The world's mechanics.

    Args:
        people: Everyone.
        starts_at: Beginning of the history, in microseconds; day 0 is the world day it falls in.
        seed: Decides everything that chance decides.
        write_keys: The write key of each source, by name.
        turn: When the world turns from history to live, if it does.

    Attributes:
        muted: Whether messages need no text, because nobody will read these days again.
        knowledge: What the shop knows of people.
        random: A number from 0 up to 1.
        draw: The same for many at once.
        today: The day that is being played.
    """

    def __init__(
        self, people: People, *, starts_at: int, seed: int, write_keys: dict[str, str],
        turn: Turn | None = None,
    ) -> None:  # fmt: skip
        self.people = people
        self.catalogue = Catalogue(seed)
        self.knowledge = Knowledge(people)
        self.seed = seed
        self.write_keys = write_keys
        self.origin = first_day(starts_at)
        self.dice = Random(seed)  # noqa: S311 - a simulation must be repeatable
        self.random = self.dice.random
        self.draw = np.random.default_rng([seed, 2])
        # Two live goes from one history differ in their message ids: else the second would pass for repeats.
        self.uuid = uuids(np.random.default_rng([seed, 4, turn.shown_at] if turn else [seed, 3])).__next__
        self.stamp = stamps()
        self.today = today(0, self.origin)
        self.muted = False
        self._turn = turn or Turn(at=_NOT_YET, shown_at=_NOT_YET, squeeze=1)
        self._ends_at = self.origin
        self._agenda: list[tuple[int, int, Act, int, Any]] = []
        self._later: dict[int, list[tuple[int, int, Act, int, Any]]] = {}
        self._under_way: list[tuple[int, int, Request]] = []
        self._number = count().__next__
        self._waiting: dict[str, list[str]] = {name: [] for name in write_keys}

    def play(self, plan: Callable[["Stage"], None]) -> Iterator[Request]:
        """Play day after day without end and yield the requests in order of arrival.

        Args:
            plan: Plans the visits and mailings of ``today``; called once a day.
        """
        agenda, under_way = self._agenda, self._under_way
        for day in count():
            begins_at = self.origin + day * DAY
            self._ends_at = begins_at + DAY
            self.today = today(day, begins_at)
            self.muted = self._turn.at < _NOT_YET and begins_at < self._turn.at - _SLOWEST
            self.dice.seed(f"{self.seed}:{day}")
            self.draw = np.random.default_rng([self.seed, 5, day + 10_000])
            agenda.extend(self._later.pop(day, ()))
            plan(self)
            heapify(agenda)
            while agenda:
                moment, _, act, person, details = heappop(agenda)
                at = self._shown(moment)
                while under_way and under_way[0][0] <= at:
                    yield heappop(under_way)[2]
                act(self, at, person, details)

    @property
    def in_trouble(self) -> bool:
        """Whether it is the five weeks in which the carrier's new sorting centre does not work: five months before the end."""
        return 140 <= self.people.days - self.today.number < 175

    def at(self, moment: int, act: Act, person: int, details: Any = None) -> None:
        """Plan an act for a moment of the world's own time, not before the present day."""
        item = (moment, self._number(), act, person, details)
        if moment < self._ends_at:
            heappush(self._agenda, item)
        else:
            self._later.setdefault((moment - self.origin) // DAY, []).append(item)

    def plan_many(self, act: Act, persons: list[int], moments: list[int], details: Any = None) -> None:
        """Plan an act for many persons, today; only for ``plan``, before the day is put in order."""
        number = self._number
        self._agenda.extend(
            [
                (moment, number(), act, person, details)
                for person, moment in zip(persons, moments, strict=True)
            ]
        )

    def after(self, at: int, delay: int, act: Act, person: int, details: Any = None) -> None:
        """Plan an act for ``delay`` microseconds of the world's time after the shown moment ``at``."""
        self.at(self.world_moment(at) + delay, act, person, details)

    def world_moment(self, at: int) -> int:
        """Return the moment in the world's own time that is shown as ``at``."""
        turn = self._turn
        return at if at < turn.shown_at else turn.at + (at - turn.shown_at) * turn.squeeze

    def _shown(self, moment: int) -> int:
        turn = self._turn
        return moment if moment < turn.at else turn.shown_at + (moment - turn.at) // turn.squeeze

    def record(self, source: str, at: int, head: str, identity: str, context: str = "") -> None:
        """Let a server of ours say something: it collects messages and posts them ten minutes later, or when there are many.

        Args:
            source: Its name.
            at: The moment of the act.
            head: Type, name and properties.
            identity: ``,"userId":…`` or the like.
            context: More for the context, beginning with a comma.
        """
        waiting = self._waiting[source]
        waiting.append(
            ""
            if self.muted
            else f'{{{head},"context":{{{SERVER_LIBRARY}{context}}},"integrations":{{}},"timestamp":"{self.stamp(at)}",'
            f'"messageId":"{self.uuid()}"{identity}}}'
        )
        if len(waiting) == 1:
            self.after(at, _FLUSH_AFTER, _flush, 0, source)
        elif len(waiting) >= LARGEST_BATCH:
            self.flush(source, at)

    def flush(self, source: str, at: int) -> None:
        """Post what a server has collected, if anything."""
        waiting = self._waiting[source]
        if waiting:
            self.post(source, at + int((0.2 + self.random()) * SECOND), 0, waiting)
            self._waiting[source] = []

    def post(self, source: str, received_at: int, skew: int, messages: list[str]) -> None:
        """Send messages off.

        Args:
            source: Who sends them.
            received_at: When they arrive.
            skew: How far the sender's clock is ahead.
            messages: Each a JSON object.
        """
        random = self.random
        if random() < UNUSABLE * len(messages):
            broken = _BROKEN[int(random() * len(_BROKEN))].format(id=self.uuid())
            stamp = self.stamp(received_at + skew)
            messages = [*messages, f'{{{broken},"timestamp":"{stamp}","messageId":"{self.uuid()}"}}']
        inside = ",".join(messages)
        self._send(source, received_at, skew, inside, len(messages))
        if random() < REPEATED:
            wait = int((1 + 90 * random() ** 3) * SECOND)
            self._send(source, received_at + wait, skew, inside, len(messages))

    def _send(self, source: str, received_at: int, skew: int, inside: str, messages: int) -> None:
        if self.muted:
            return
        sent_at = self.stamp(received_at + skew - 120_000)
        body = f'{{"batch":[{inside}],"sentAt":"{sent_at}","writeKey":"{self.write_keys[source]}"}}'
        request = Request(received_at=received_at, source=source, messages=messages, body=body.encode())
        heappush(self._under_way, (received_at, self._number(), request))


def _flush(stage: Stage, at: int, person: int, source: str) -> None:  # noqa: ARG001 - the shape of an act
    stage.flush(source, at)
