"""The demo's doors: the history of a simulated retailer as requests, and its life going on after the history's end."""

from collections.abc import Iterable, Iterator
from itertools import chain

from beleef.demo.model import Request
from beleef.demo.people import People
from beleef.demo.sources import sources
from beleef.demo.stage import Stage, Turn
from beleef.demo.timetable import first_day, months_before
from beleef.demo.world import plan_day
from beleef.kernel.clock import DAY, SECOND
from beleef.kernel.errors import InvalidInput

FACTS_PER_PERSON = 75
"""About how many messages the default history of eighteen months has for each person."""

_FACTS_A_DAY = 0.22
"""About how many messages a person has on an ordinary day who has to do with the shop."""


def generate(persons: int, end: int, seed: int, months: int = 18) -> Iterator[Request]:
    """Yield the history of the simulated retailer, in order of arrival.

    The same arguments give the same requests, byte by byte. Memory is about 100 bytes for each person and what is under
    way on one day, however long the history.

    Args:
        persons: How many persons, 1 to 1,000,000; each has about 75 messages in 18 months.
        end: The last moment, in microseconds.
        seed: Decides everything that chance decides.
        months: Length of the history in calendar months, 1 to 120.

    Yields:
        Requests with ``received_at`` up to ``end``.

    Raises:
        InvalidInput: ``persons``, ``months`` or ``seed`` is out of range.
    """
    starts_at = _start(end, months)
    stage = Stage(
        _people(persons, starts_at, end, seed), starts_at=starts_at, seed=seed, write_keys=_write_keys()
    )
    return _until(stage.play(plan_day), end)


def trickle(
    nows: Iterable[int], *, persons: int, end: int, seed: int, months: int = 18, per_second: float = 3.0
) -> Iterator[list[Request]]:
    """Yield what arrives after the history's end, for a demo that is alive; day and night go by in some minutes.

    It is the same world: people go on with what they were doing, parcels under way arrive. World time runs so much faster
    than real time that about ``per_second`` messages come in; within a visit, time is real. A later start with the same
    ``end`` is another future, with message ids of its own. The history is played again without writing it, to know where
    everything stands: that takes some seconds before the first requests come, about half the time of ``generate``.

    Args:
        nows: Present moments in microseconds, growing; asked for one at a time, so that the caller sets the pace.
        persons: As for the history.
        end: As for the history.
        seed: As for the history.
        months: As for the history.
        per_second: How many messages a second on average, about.

    Yields:
        For each moment the requests that have arrived by then, and were not yielded before; with the first moment those
        that were under way at the history's end.

    Raises:
        InvalidInput: a number is out of range.
    """
    if per_second <= 0:
        raise InvalidInput("The trickle needs more than 0 messages a second.", hint="Try 3.")
    starts_at = _start(end, months)
    people = _people(persons, starts_at, end, seed)
    return _trickle(nows, people, starts_at, end, seed, per_second)


def _trickle(
    nows: Iterable[int], people: People, starts_at: int, end: int, seed: int, per_second: float
) -> Iterator[list[Request]]:
    moments = iter(nows)
    first = next(moments, None)
    if first is None:
        return
    a_second = max(1, int(people.active(people.days - 1).sum())) * _FACTS_A_DAY / (DAY / SECOND)
    turn = Turn(at=end, shown_at=max(first, end), squeeze=max(1, round(per_second / a_second)))
    stage = Stage(people, starts_at=starts_at, seed=seed, write_keys=_write_keys(), turn=turn)
    requests = (request for request in stage.play(plan_day) if request.received_at > end)
    coming = next(requests)
    for now in chain((first,), moments):
        due = []
        while coming.received_at <= now:
            due.append(coming)
            coming = next(requests)
        yield due


def _start(end: int, months: int) -> int:
    if not 1 <= months <= 120:
        raise InvalidInput(f"The demo cannot last {months} months.", hint="Give a number from 1 to 120.")
    return months_before(end, months)


def _people(persons: int, starts_at: int, end: int, seed: int) -> People:
    if seed < 0:
        raise InvalidInput("The demo's seed cannot be negative.", hint="Give 0 or any larger whole number.")
    return People(persons, (end - first_day(starts_at)) // DAY + 1, seed)


def _write_keys() -> dict[str, str]:
    return {source.name: source.write_key for source in sources()}


def _until(requests: Iterator[Request], end: int) -> Iterator[Request]:
    for request in requests:
        if request.received_at > end:
            return
        yield request
