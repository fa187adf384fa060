"""A case as a fold over its entries: where it stands and every timer, the same whenever and in however many pieces it is worked out.

Entries come in the order of their facts. Nothing here looks at the clock or at anything but the entries and the rules of their moments.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from beleef.support.model import (
    NEEDS_CAUSE,
    SPAM,
    Entry,
    Kind,
    Life,
    Priority,
    PromiseKind,
    Status,
    Wait,
)
from beleef.support.promises import PAUSED_BY_WAITING, Book, Edition, later
from beleef.support.running import Running

_AT_FIRST: tuple[PromiseKind, ...] = ("acknowledge", "first_response", "resolution")
_MET_BY_REPLY: tuple[PromiseKind, ...] = ("acknowledge", "first_response", "next_contact")
_UNTOLD = frozenset({"warned", "broken", "escalated"})
_UNHEARD = frozenset({"automatic", "note", "split_off", "gave_back"})
"""Entries that no clock hears: machines, colleagues among themselves, and what has clocks of its own from then on."""
_UNDOING = frozenset({"unmerged", "gave_back"})


def fold(entries: Iterable[Entry], book: Book) -> Life:
    """Return what follows from the entries of one case, the first of which opened it.

    Args:
        entries: In the order of their facts.
        book: The rules.
    """
    told = list(entries)
    state = _State(book, undone={one.data.get("merge", 0) for one in told if one.kind in _UNDOING})
    for entry in told:
        state.take(entry)
    return state.life()


class _State:
    """Where a case stands; merges that were undone, given by their facts, count as if they had never been."""

    def __init__(self, book: Book, undone: Collection[int]) -> None:
        self._book = book
        self._undone = undone
        self._left_as_complaint = False
        self._promises: list[Running] = []
        self._waits: list[Wait] = []
        self._handlers: set[str] = set()
        self.status: Status = "open"
        self.kind: Kind = "question"
        self.priority: Priority = "normal"
        self.title = self.assignee = self.team = self.department = self.touchpoint = self.channel = ""
        self.root_cause = self.action = self.outcome = ""
        self.tags: tuple[str, ...] = ()
        self.customer_at: int | None = None
        self.closed_at: int | None = None
        self.first_closed_at: int | None = None
        self.last_customer_at: int | None = None
        self.first_reply_at: int | None = None
        self.last_reply_at: int | None = None
        self.snoozed_until: int | None = None
        self.opened_at = self.last_at = self.messages = self.replies = self.reopened = self.complaints = 0
        self.parent = self.merged_into = self.follows = 0

    def take(self, entry: Entry) -> None:
        """Let one entry do what it does."""
        if entry.kind not in _UNHEARD:
            getattr(self, f"_on_{entry.kind}")(entry)
        if entry.kind not in _UNTOLD:
            self.last_at = max(self.last_at, entry.at)
        is_complaint = self.kind == "complaint" and self.status != "closed"
        if is_complaint != bool(self.complaints % 2):
            self.complaints += 1

    def _on_opened(self, entry: Entry) -> None:
        data = entry.data
        self.opened_at, self.channel = entry.at, entry.channel
        for name in ("kind", "priority", "title", "assignee", "team", "department", "touchpoint"):
            setattr(self, name, data.get(name) or getattr(self, name))
        self.tags = tuple(data.get("tags", ()))
        self.follows, self.parent = data.get("follows", 0), data.get("parent", 0)
        if data.get("speaks"):
            self._begin(entry.at)

    def _on_message(self, entry: Entry) -> None:
        at = entry.at
        if entry.data.get("thanks"):
            return
        self.messages += 1
        self.last_customer_at = max(at, self.last_customer_at or 0)
        was_closed = self.status == "closed"
        if was_closed:
            self._open_again(at)
        elif self.status not in {"open", "waiting_internal"}:
            self._move("open", at)
        if self.customer_at is None:
            self._begin(at)
        elif self._waiting_since() is None:
            self._waits.append(Wait(since=at))
            if not self._open("next_contact"):
                self._promise("next_contact", at)

    def _on_reply(self, entry: Entry) -> None:
        at = entry.at
        self.replies += 1
        self._handlers.add(entry.actor)
        self.first_reply_at = at if self.first_reply_at is None else self.first_reply_at
        self.last_reply_at = at
        self._end_wait(at, is_answered=True)
        for kind in _MET_BY_REPLY:
            for one in self._open(kind):
                one.meet(at)
        given = entry.data.get("promise")
        if given and self.status == "closed" and not self.merged_into:
            # Who promises something has not done with it.
            self._open_again(at)
        if given and self.status != "closed":
            self._give(given["kind"], at, given["due_at"])
        if self.status != "closed":
            self._move("waiting_customer" if entry.data.get("waiting") else "open", at)

    def _on_change(self, entry: Entry) -> None:
        at, data = entry.at, entry.data
        for name in ("assignee", "team", "title", "parent"):
            if name in data:
                setattr(self, name, data[name])
        if "tags" in data:
            self.tags = tuple(data["tags"])
        if any(name in data for name in ("kind", "priority", "department")):
            self.kind = data.get("kind", self.kind)
            self.priority = data.get("priority", self.priority)
            self.department = data.get("department", self.department)
            self._tighten(at)
        if data.get("merged_into") and entry.fact in self._undone:
            self._left_as_complaint = self.kind == "complaint" and self.status != "closed"
        elif data.get("merged_into"):
            self._go_up_in(data["merged_into"], at)
        elif "status" in data and self.status != "closed":
            self._move(data["status"], at)
            self.snoozed_until = data.get("snooze_until") if self.status == "snoozed" else None

    def _on_closed(self, entry: Entry) -> None:
        data = entry.data
        if self.status != "closed":
            self._handlers.add(entry.actor)
            self._close(entry.at, data.get("outcome", ""))
        self.root_cause, self.action = data.get("root_cause", ""), data.get("action", "")
        self.outcome = data.get("outcome", "")

    def _close(self, at: int, outcome: str) -> None:
        self.outcome = outcome
        self._move("closed", at)
        self.closed_at = at
        self.first_closed_at = at if self.first_closed_at is None else self.first_closed_at
        self._end_wait(at, is_answered=False)
        for one in self._promises:
            if outcome == SPAM:
                one.drop("void", at)
            elif one.kind == "resolution":
                one.meet(at)
            elif one.kind == "first_response":
                # Who closes without a word has not answered, however early.
                one.miss(at)
            else:
                one.drop("void", at)

    def _on_reopened(self, entry: Entry) -> None:
        if self.status == "closed" and not self.merged_into:
            self._open_again(entry.at)

    def _on_merged_in(self, entry: Entry) -> None:
        data, at = entry.data, entry.at
        if entry.fact in self._undone:
            for given in data.get("promises", ()):
                self._adopt(given, at, is_undone=True)
            return
        self.messages += data.get("messages", 0)
        spoke = data.get("customer_at")
        if spoke is not None:
            self.customer_at = spoke if self.customer_at is None else min(spoke, self.customer_at)
            self.last_customer_at = max(data.get("last_customer_at") or spoke, self.last_customer_at or 0)
        since = data.get("waiting_since")
        if since is not None and self._waiting_since() is None and self.status != "closed":
            self._waits.append(Wait(since=since))
        for given in data.get("promises", ()):
            self._adopt(given, at)

    def _on_unmerged(self, entry: Entry) -> None:  # noqa: ARG002 -- called like the others
        """It goes on as it was; a complaint that counted as closed while it was gone is opened once more."""
        if self._left_as_complaint:
            self.complaints += 2

    def _on_acknowledged(self, entry: Entry) -> None:
        for one in self._open("acknowledge"):
            one.meet(entry.at)

    def _on_undelivered(self, entry: Entry) -> None:
        # Without their receipt or an apology customers wait for nothing; without the answer they do.
        if self.status == "waiting_customer" and "what" not in entry.data:
            self._move("open", entry.at)

    def _on_solved(self, entry: Entry) -> None:
        """The customer says whether it is solved: a complaint is closed by who finds its cause, all else by the customer's word."""
        if not entry.data.get("solved"):
            if self.status == "closed" and not self.merged_into:
                self._open_again(entry.at)
            elif self.status in {"waiting_customer", "snoozed"}:
                self._move("open", entry.at)
        elif self.status != "closed" and self.kind not in NEEDS_CAUSE:
            self._close(entry.at, "confirmed")

    def _on_warned(self, entry: Entry) -> None:
        self._tell(entry, 1)

    def _on_broken(self, entry: Entry) -> None:
        self._tell(entry, 2)

    def _on_escalated(self, entry: Entry) -> None:
        self._tell(entry, 2 + int(entry.data.get("rung", 1)))

    def _tell(self, entry: Entry, far: int) -> None:
        for one in (one for one in self._promises if one.id == entry.data.get("promise")):
            one.tell(far)

    def _begin(self, at: int) -> None:
        """The customer speaks for the first time: from now on somebody waits."""
        self.customer_at = at
        self.last_customer_at = max(at, self.last_customer_at or 0)
        self._waits.append(Wait(since=at))
        for kind in _AT_FIRST:
            if not self._open(kind):
                self._promise(kind, at)

    def _open_again(self, at: int) -> None:
        self.status, self.closed_at = "open", None
        self.reopened += 1
        self._promise("resolution", at)

    def _go_up_in(self, other: int, at: int) -> None:
        self._move("closed", at)
        self.merged_into, self.closed_at = other, at
        self._end_wait(at, is_answered=False)
        for one in self._promises:
            one.drop("void", at)

    def _move(self, status: Status, at: int) -> None:
        self.status = status
        if status != "snoozed":
            self.snoozed_until = None
        for one in self._promises:
            if one.kind in PAUSED_BY_WAITING and status == "waiting_customer":
                one.pause(at)
            else:
                one.resume(at)

    def _waiting_since(self) -> int | None:
        return self._waits[-1].since if self._waits and self._waits[-1].until is None else None

    def _end_wait(self, at: int, *, is_answered: bool) -> None:
        since = self._waiting_since()
        if since is not None:
            self._waits[-1] = Wait(since=since, until=max(at, since), answered=is_answered)

    def _open(self, kind: PromiseKind) -> list[Running]:
        return [one for one in self._promises if one.kind == kind and one.is_open]

    def _count(self, kind: PromiseKind) -> int:
        return sum(one.kind == kind for one in self._promises)

    def _promise(self, kind: PromiseKind, at: int) -> None:
        """Promise what the rules of the moment say, if they say anything."""
        edition = self._book.at(at)
        rule = self._rule(edition)
        within = None if rule is None else rule.within(kind)
        if within is None:
            return
        hours = edition.hours(rule, self.department)
        made = Running(
            number=self._count(kind) + 1,
            kind=kind,
            started_at=at,
            due_at=later(hours, at, within),
            hours=hours,
            working=within.working,
            by="policy",
            version=edition.version,
        )
        self._promises.append(made)

    def _give(self, kind: PromiseKind, at: int, due_at: int) -> None:
        """An employee gives their word, which counts instead of the policy's."""
        for one in self._open(kind):
            one.drop("replaced", at)
        edition = self._book.at(at)
        self._promises.append(
            Running(
                number=self._count(kind) + 1,
                kind=kind,
                started_at=at,
                due_at=max(at, due_at),
                hours=edition.hours(self._rule(edition), self.department),
                working=False,
                by="employee",
                version=edition.version,
            )
        )

    def _adopt(self, given: dict[str, Any], at: int, *, is_undone: bool = False) -> None:
        """Take over a promise of a case that was merged: of two of a kind the one due earlier holds.

        Of a merge that was undone its number stays, void: what was told of the promises after it names them by theirs.
        """
        kind, due_at = given["kind"], given["due_at"]
        own = self._open(kind)
        if self.status == "closed" or any(one.due_at <= due_at for one in own):
            return
        for one in () if is_undone else own:
            one.drop("replaced", at)
        edition = self._book.edition(given["version"])
        made = Running(
            number=self._count(kind) + 1,
            kind=kind,
            started_at=given["started_at"],
            due_at=due_at,
            hours=edition.hours(self._rule(edition), self.department),
            working=True,
            by="merge",
            version=given["version"],
        )
        made.tell(given.get("told", 0))  # nobody hears again what they heard of it already
        self._promises.append(made)
        if is_undone:
            made.state = "void"
        elif self.status == "waiting_customer" and kind in PAUSED_BY_WAITING:
            made.pause(at)

    def _tighten(self, at: int) -> None:
        """A case that became more urgent is due earlier; none is ever due later because somebody calls it less urgent."""
        edition = self._book.at(at)
        rule = self._rule(edition)
        if rule is None:
            return
        hours = edition.hours(rule, self.department)
        for one in self._promises:
            within = rule.within(one.kind)
            if within is not None and one.by == "policy":
                one.tighten(later(hours, one.started_at, within), at, edition.version)

    def _rule(self, edition: Edition) -> Any:
        began = self.opened_at if self.customer_at is None else self.customer_at
        return edition.rule(self.kind, self.priority, self.department, self.channel, began)

    def life(self) -> Life:
        """Return where the case stands."""
        return Life(
            status=self.status,
            kind=self.kind,
            priority=self.priority,
            title=self.title,
            assignee=self.assignee,
            team=self.team,
            department=self.department,
            touchpoint=self.touchpoint,
            channel=self.channel,
            tags=self.tags,
            opened_at=self.opened_at,
            customer_at=self.customer_at,
            closed_at=self.closed_at,
            first_closed_at=self.first_closed_at,
            last_at=self.last_at,
            last_customer_at=self.last_customer_at,
            first_reply_at=self.first_reply_at,
            last_reply_at=self.last_reply_at,
            snoozed_until=self.snoozed_until,
            waiting_since=self._waiting_since(),
            waits=tuple(self._waits),
            messages=self.messages,
            replies=self.replies,
            handlers=len(self._handlers - {""}),
            reopened=self.reopened,
            root_cause=self.root_cause,
            action=self.action,
            outcome=self.outcome,
            parent=self.parent,
            merged_into=self.merged_into,
            follows=self.follows,
            complaints=self.complaints,
            promises=tuple(one.seen(self._rungs(one)) for one in self._promises),
        )

    def _rungs(self, one: Running) -> Sequence[int]:
        edition = self._book.edition(one.version)
        return edition.rungs(edition.hours(self._rule(edition), self.department), one.due_at)
