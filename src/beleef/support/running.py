"""A promise while it runs: its clock stands still and goes on, it is met, replaced or dropped, and it says what is to be told when."""

from collections.abc import Sequence
from typing import Literal

from beleef.support.calendar import WorkingHours
from beleef.support.model import Promise, PromiseKind, PromiseState
from beleef.support.promises import WARN_AT

_BROKEN = 2
"""How far a promise was told of when its breach was."""


class Running:
    """One promise of a case, as the entries of the case move it.

    Args:
        number: Its number among those of its kind in the case, from 1.
        kind: What is promised.
        started_at: From when its time counts, in microseconds.
        due_at: By when.
        hours: The calendar.
        working: Whether its time is working time.
        by: By whose word.
        version: Version of the rules.
    """

    def __init__(
        self,
        *,
        number: int,
        kind: PromiseKind,
        started_at: int,
        due_at: int,
        hours: WorkingHours,
        working: bool,
        by: Literal["policy", "employee", "merge"],
        version: int,
    ) -> None:
        self.id = f"{kind}:{number}"
        self.kind = kind
        self.started_at = started_at
        self.due_at = due_at
        self.raw_due_at = due_at
        self.by = by
        self.version = version
        self.state: PromiseState = "open"
        self.met_at: int | None = None
        self.told = 0
        self._hours = hours
        self._working = working
        self._length = self._between(started_at, due_at)
        self._paused = 0
        self._paused_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be kept."""
        return self.state in {"open", "paused"}

    def pause(self, at: int) -> None:
        """Let its clock stand still; that of one that is overdue goes on: waiting mends no breach."""
        if self.state == "open" and at < self.due_at:
            self.state, self._paused_at = "paused", at

    def resume(self, at: int) -> None:
        """Let its clock go on: it is due as much later as it stood still.

        A moment that a colleague named to the customer stays that moment, unless it passed while the customer was waited for.
        """
        if self.state != "paused" or self._paused_at is None:
            return
        self.state = "open"
        if self._working:
            rest = self._hours.between(self._paused_at, self.due_at)
            self.due_at = self._hours.add(max(at, self._paused_at), rest)
        elif self.by != "employee" or at >= self.due_at:
            self.due_at += max(0, at - self._paused_at)
        self._paused += max(0, at - self._paused_at)
        self._paused_at = None

    def tighten(self, due_at: int, at: int, version: int) -> None:
        """Make it due earlier, from a moment on; later it never becomes."""
        if self.state == "open" and max(due_at, at) < self.due_at:
            self.due_at = self.raw_due_at = max(due_at, at)
            self._length = self._between(self.started_at, self.due_at)
            self.version = version

    def meet(self, at: int) -> None:
        """What was promised happened: in time, or too late."""
        if self.is_open:
            self.resume(at)
            self.met_at = at
            self.state = "kept" if at <= self.due_at else "missed"

    def miss(self, at: int) -> None:
        """It will never happen."""
        if self.is_open:
            self.resume(at)
            self.state = "missed"

    def drop(self, state: PromiseState, at: int) -> None:
        """It is replaced or void; where it was overdue it stays missed: no other word undoes a breach."""
        if self.is_open:
            self.resume(at)
            self.state = "missed" if at > self.due_at else state

    def tell(self, far: int) -> None:
        """Note how far it was told of."""
        self.told = max(self.told, far)

    def seen(self, rungs: Sequence[int]) -> Promise:
        """Return it as it stands; ``rungs`` are the moments of the ladder."""
        warn_at = self._warn_at()
        return Promise(
            id=self.id,
            kind=self.kind,
            started_at=self.started_at,
            due_at=self.due_at,
            raw_due_at=self.raw_due_at,
            warn_at=warn_at,
            by=self.by,
            version=self.version,
            state=self.state,
            met_at=self.met_at,
            paused_s=self._paused // 1_000_000,
            told=self.told,
            next_at=self._next_at(warn_at, rungs),
        )

    def _warn_at(self) -> int:
        """Return when four fifths of its time are used, the time it stood still left out."""
        used = self._between(self.started_at, self.due_at) - round(self._length * (1 - WARN_AT))
        return self._hours.add(self.started_at, used) if self._working else self.started_at + used

    def _between(self, begin: int, end: int) -> int:
        return self._hours.between(begin, end) if self._working else end - begin

    def _next_at(self, warn_at: int, rungs: Sequence[int]) -> int | None:
        if self.state == "missed" and self.told < _BROKEN:
            return self.due_at
        moments = (warn_at, self.due_at, *rungs)
        return moments[self.told] if self.state == "open" and self.told < len(moments) else None
