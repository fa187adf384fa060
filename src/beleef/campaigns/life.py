"""One person's simulated time: facts, timers, schedules and held messages, each when it happens.

What happens live in the worker's step, in its chores and in the sender happens here in one loop.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import msgspec

from beleef.audiences.api import PastRule
from beleef.campaigns import effects, timing
from beleef.campaigns.book import Book
from beleef.campaigns.machine import Act, Holds, Knows, Moving, Question, drive, keep_out, run_id
from beleef.campaigns.model import CONTROL, Campaign, OnAudience, OnSchedule, Send
from beleef.campaigns.past import PastSelf
from beleef.campaigns.story import UNREACHABLE, Story, may_enter
from beleef.contact.api import Gate, Intent, PastContact, asked_of
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY

NUMBER = 1
"""The number that a simulated campaign has."""


class PastPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person with their past.

    Attributes:
        number: Of the person.
        facts: All their facts, in any order.
        contacts: What they really got, which counts for caps.
        bucket: Where they stand in the draw of the global hold-out.
        namespaces: Kinds of identifiers they have (``email``, ``phone``), by which channels may reach them.
    """

    number: int
    facts: Sequence[Fact]
    contacts: tuple[PastContact, ...] = ()
    bucket: float = 1.0
    namespaces: frozenset[str] = frozenset()


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something that would have happened to one person.

    Attributes:
        at: When.
        what: ``entered``, ``sent``, ``held``, ``skipped``, ``goal``, ``left``, ``set_trait`` or ``hand_over``.
        step: At which step; empty for none.
        detail: The channel, the reason, the goal.
    """

    at: int
    what: str
    step: str = ""
    detail: str = ""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What all people's simulated times have in common.

    Attributes:
        campaign: The campaign.
        book: The same, ready to run.
        gate: The contact gate.
        zone: The organisation's time zone.
        asked: The campaign's rules over facts in memory, by their keys.
        watched: The rule of the audience whose members enter; None where facts let people in.
        since: When it begins.
        until: When it ends.
    """

    campaign: Campaign
    book: Book
    gate: Gate
    zone: str
    asked: Mapping[str, PastRule]
    watched: PastRule | None
    since: int
    until: int


class _Waiting(msgspec.Struct, kw_only=True):
    intent: Intent
    at: int
    act: Act
    run: Moving
    held: set[str]


class Life:
    """One person's simulated time.

    Args:
        stage: What it has in common with others'.
        person: The person.
        self_: What is known of them, empty at first.
    """

    def __init__(self, stage: Stage, person: PastPerson, self_: PastSelf) -> None:
        self._stage = stage
        self._book = stage.book
        self.person = person
        self._since, self._until = stage.since, stage.until
        self._self = self_
        self.story = Story(stage.book, person.number, [])
        self._is_member: bool | None = None
        self._look_at = stage.since
        self._messages: list[_Waiting] = []
        self._contacts = sorted(person.contacts)
        self._seen: set[int] = set()
        self._told: dict[int, int] = {}
        self.happenings: list[Happening] = []
        self.sent: list[tuple[str, PastContact]] = []
        self.goals: list[str] = []
        self.held: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many messages are still held."""
        return len(self._messages)

    def live(self) -> None:
        """Go through all that happens, in the order of time."""
        for at, event in self._events():
            if at > self._until:
                break
            self._catch_up(at)
            if isinstance(event, Fact):
                self._take(event, at)
            else:
                self._let_in(event, at)
            if at >= self._since:
                self._look_at = min(self._look_at, at)
        self._catch_up(self._until)

    def _events(self) -> Iterator[tuple[int, Fact | str]]:
        """Yield facts and the days of a schedule, in the order of time."""
        events: list[tuple[int, int, Fact | str]] = [
            (fact.occurred_at, fact.id, fact) for fact in self.person.facts
        ]
        on = self._stage.campaign.entry.on
        if isinstance(on, OnSchedule):
            events += [(at, 0, day) for at, day in self._days(on)]
        for at, _, event in sorted(events, key=lambda one: one[:2]):
            yield at, event

    def _days(self, on: OnSchedule) -> Iterator[tuple[int, str]]:
        zone = timing.zone_named(self._stage.zone, self._stage.zone)
        for day in timing.occurrences(on, self._since, zone):
            at = timing.starts_at(on, day, self._since, zone)
            if at > self._until:
                return
            if at >= self._since:
                yield at, day.isoformat()

    def _take(self, fact: Fact, at: int) -> None:
        self._self.add(fact)
        for rule in self._stage.asked.values():
            rule.add(self.person.number, fact)
        if self._stage.watched is not None:
            self._stage.watched.add(self.person.number, fact)
        if at >= self._since:
            # When Beleef really got it says nothing here: a history may have been imported years later.
            now = msgspec.structs.replace(fact, received_at=at)
            self._tell(now, at)

    def _tell(self, fact: Fact, at: int) -> None:
        hits = self._book.hits(fact)
        if hits:
            drive(
                [self.story.go([(self.person.number, fact, hits)], at)], lambda asked: self._answer(asked, at)
            )
            self._collect(at)

    def _look(self, at: int) -> None:
        """See whether the person came into the audience, or left it, and when that may change by itself."""
        on, watched = self._stage.campaign.entry.on, self._stage.watched
        self._look_at = self._until + 1
        if watched is None or not isinstance(on, OnAudience):
            return
        is_member, self._look_at = watched.look(self.person.number, at)
        before, self._is_member = self._is_member, is_member
        if before is not None and is_member != before:
            self._tell(_moved(on.audience, at, has_entered=is_member), at)

    def _let_in(self, day: str, at: int) -> None:
        campaign = self._stage.campaign
        on = campaign.entry.on
        if (
            self._stage.watched is None
            or not self._stage.watched.matches(self.person.number, at)
            or not isinstance(on, OnSchedule)
        ):
            return
        machine = self._book.machines[NUMBER, 1]
        if not may_enter(campaign.entry.again, self.story.runs, at):
            return
        if (
            machine.only is not None
            and not self._answer([Holds(machine.only, self.person.number)], at)[
                Holds(machine.only, self.person.number)
            ]
        ):
            return
        run = self._newcomer(on, day, at)
        keep_out(campaign, run, at)
        self.story.runs.append(run)
        self._collect(at)

    def _newcomer(self, on: OnSchedule, day: str, at: int) -> Moving:
        due_at = at
        if on.zone == "person":
            own = self._self.acquaintance(at).zone or self._stage.zone
            zone = timing.zone_named(own, self._stage.zone)
            due_at = timing.at_time(date.fromisoformat(day), on.at, zone)
        trigger = f"schedule:{day}"
        return Moving(
            id=run_id(NUMBER, self.person.number, "", trigger),
            campaign=NUMBER,
            version=1,
            subject=self.person.number,
            person=self.person.number,
            key="",
            entered_at=at,
            trigger=trigger,
            drawn_as=self.person.number,
            due_at=due_at,
            is_new=True,
        )

    def _catch_up(self, until: int) -> None:
        """Do what falls due up to a moment: steps of the flow, and messages that were held."""
        while True:
            dues = [run.due_at for run in self.story.runs if run.due_at is not None]
            at = min([*dues, *(one.at for one in self._messages), self._look_at])
            if at > until:
                return
            if self._look_at <= at:
                self._look(at)
            ready = [one for one in self._messages if one.at <= at]
            self._messages = [one for one in self._messages if one.at > at]
            for one in ready:
                self._ask_gate(one, at)
            drive([self.story.catch_up(at)], partial(self._answer_at, at))
            self._collect(at)

    def _answer_at(self, at: int, asked: Sequence[Question]) -> Mapping[Question, Any]:
        return self._answer(asked, at)

    def _answer(self, asked: Sequence[Question], at: int) -> Mapping[Question, Any]:
        answers: dict[Question, Any] = {}
        for question in asked:
            if isinstance(question, Holds):
                answers[question] = self._stage.asked[question.rule].matches(question.person, at)
            else:
                answers[Knows(question.person)] = self._self.acquaintance(at)
        return answers

    def _collect(self, at: int) -> None:
        """Take note of what runs did since the last look, and bring their messages before the gate."""
        for run in self.story.runs:
            if run.id not in self._seen:
                self._seen.add(run.id)
                out = run.variants.get("") == CONTROL
                self._note(run.entered_at, "entered", "", CONTROL if out else run.key)
            done = self._told.get(run.id, 0)
            self._told[run.id] = len(run.acts)
            for act in run.acts[done:]:
                if isinstance(act.does, Send):
                    intent = effects.intent_of(run, act, self._stage.campaign)
                    self._ask_gate(
                        _Waiting(intent=intent, at=act.at, act=act, run=run, held=set()), max(at, act.at)
                    )
                else:
                    what = type(act.does).__name__
                    self._note(act.at, "set_trait" if what == "SetTrait" else "hand_over", act.step, "")
            if run.has_left and run.ended_at is not None:
                run.has_left = False
                if run.is_cut_short:
                    self._messages = [one for one in self._messages if one.run is not run]
                self._note(run.ended_at, "left", run.step, run.reason)
        for one in self.story.reached:
            self._note(one.at, "goal", one.step, one.goal)
        self.goals.extend(one.goal for one in self.story.reached)
        self.story.reached.clear()

    def _ask_gate(self, one: _Waiting, at: int) -> None:
        while self._contacts and self._contacts[0].at <= at:
            self._self.contacts.append(self._contacts.pop(0))
        intent = one.intent
        known = self._self.to_gate(intent.purpose, intent.channel, self.person.bucket)
        decision = self._stage.gate.decide(asked_of(intent, at), known)
        step = intent.step
        if decision.outcome == "send":
            contact = PastContact(at=at, channel=intent.channel, purpose=intent.purpose, topic=intent.topic)
            self._self.contacts.append(contact)
            self.sent.append((step, contact))
            self._note(at, "sent", step, intent.channel)
        elif decision.outcome == "skip":
            self.skipped[decision.reason] += 1
            self._note(at, "skipped", step, decision.reason)
            self._fall_back(one, decision.reason, at)
        else:
            if decision.reason not in one.held:
                one.held.add(decision.reason)
                self.held[decision.reason] += 1
                self._note(at, "held", step, decision.reason)
            # A hold without an end waits for something that has to happen: it is looked at again a day later.
            one.at = max(at + 1, decision.until if decision.until is not None else at + DAY)
            self._messages.append(one)

    def _fall_back(self, one: _Waiting, reason: str, at: int) -> None:
        act = one.act
        assert isinstance(act.does, Send)  # noqa: S101 -- only messages come before the gate
        if reason in UNREACHABLE and act.attempt < len(act.does.fallback):
            following = msgspec.structs.replace(act, at=at, attempt=act.attempt + 1)
            intent = effects.intent_of(one.run, following, self._stage.campaign)
            self._ask_gate(_Waiting(intent=intent, at=at, act=following, run=one.run, held=set()), at)

    def _note(self, at: int, what: str, step: str, detail: str) -> None:
        self.happenings.append(Happening(at=at, what=what, step=step, detail=detail))


def _moved(audience: str, at: int, *, has_entered: bool) -> Fact:
    """Return the fact that live tells that somebody came into an audience, or left it."""
    return Fact(
        id=at,
        message_id=f"simulated:{at}",
        type="beleef",
        name="Audience Entered" if has_entered else "Audience Left",
        source="beleef",
        channel="system",
        occurred_at=at,
        received_at=at,
        properties={"audience": audience},
    )
