"""What a row of facts does to one person's runs: goals, exits, what is waited for, and entering, in the order in which it happened.

Before a fact is looked at, what was due before it happened is done: so the outcome is the same however late the facts came to be
worked on, and however they were cut into batches.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from beleef.campaigns.book import Book, Hit
from beleef.campaigns.machine import Act, Holds, Machine, Moving, Walk, drawn_as, run_id
from beleef.campaigns.model import Again, Campaign, OnFact, Send, WaitFor
from beleef.campaigns.selecting import value_at
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY

_LONGEST_KEY = 200

UNREACHABLE = frozenset(
    {
        "no_channel",
        "no_address",
        "bounced",
        "complained",
        "blocked",
        "opted_out",
        "no_consent",
        "refused",
        "given_up",
    }
)
"""Reasons for which the next channel is tried: this one cannot reach the person. A cap or a quiet hour is no such reason."""


class Reached(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A goal that a run reached, after which message, with the revenue of the fact that did it."""

    run: Moving
    goal: str
    fact: int
    at: int
    step: str
    revenue: float
    currency: str


class Story:
    """One person's runs while facts come in.

    Args:
        book: The campaigns in force.
        person: The person.
        runs: The person's runs in all campaigns that the facts concern, ended ones included, in the order of their beginning.
    """

    def __init__(self, book: Book, person: int, runs: Iterable[Moving]) -> None:
        self._book = book
        self.person = person
        self.runs = list(runs)
        self.reached: list[Reached] = []
        for run in self.runs:
            run.person = person

    def go(self, events: Iterable[tuple[int, Fact, list[Hit]]], now: int) -> Walk[None]:
        """Take facts, each with its subject and what it sets off, in the order of their arrival."""
        for subject, fact, hits in events:
            moment = min(fact.occurred_at, now)
            yield from self.catch_up(moment)
            for hit in hits:
                match hit.role:
                    case "goal":
                        self._reach(hit, fact, moment)
                    case "exit":
                        self._leave(hit, fact, moment)
                    case "wait":
                        yield from self._come(hit, fact, moment)
                    case "reaction":
                        self._react(hit, fact, moment)
                    case "fallback":
                        self._fall_back(hit, fact, moment)
                    case "entry":
                        yield from self._enter(hit, subject, fact, moment)

    def catch_up(self, until: int) -> Walk[None]:
        """Do what was due at or before a moment, earliest first."""
        while waiting := [
            run
            for run in self.runs
            if run.due_at is not None and run.due_at <= until and run.campaign in self._book.running
        ]:
            run = min(waiting, key=lambda one: (one.due_at or 0, one.id))
            yield from self._machine(run).go_on(run, run.due_at or until)

    def _machine(self, run: Moving) -> Machine:
        return self._book.machines[run.campaign, run.version]

    def _concerned(self, hit: Hit, fact: Fact) -> Iterator[Moving]:
        """Yield runs of the hit's version that the fact can be about: begun before it, with its key."""
        key = None if hit.same is None else _key(hit.same(fact))
        for run in self.runs:
            if (run.campaign, run.version) != (
                hit.campaign,
                hit.version,
            ) or run.entered_at > fact.occurred_at:
                continue
            if hit.same is None or run.key == key:
                yield run

    def _reach(self, hit: Hit, fact: Fact, moment: int) -> None:
        goal = hit.goal
        if goal is None:
            return
        in_time = [
            run for run in self._concerned(hit, fact) if fact.occurred_at - run.entered_at <= goal.within
        ]
        if in_time:
            # Of several runs the latest one has it: one order is one success.
            revenue = value_at(goal.revenue)(fact) if goal.revenue else None
            self.reached.append(
                Reached(
                    run=in_time[-1],
                    goal=goal.name,
                    fact=fact.id,
                    at=moment,
                    step=in_time[-1].sent_step,
                    revenue=float(revenue) if isinstance(revenue, int | float) else 0.0,
                    currency=fact.currency or "",
                )
            )

    def _leave(self, hit: Hit, fact: Fact, moment: int) -> None:
        for run in self._concerned(hit, fact):
            if run.ended_at is None:
                run.leave(max(moment, run.entered_at), hit.reason, is_cut_short=True)

    def _come(self, hit: Hit, fact: Fact, moment: int) -> Walk[None]:
        for run in list(self._concerned(hit, fact)):
            if run.ended_at is not None or run.step != hit.step or run.came or run.due_at is None:
                continue
            if fact.occurred_at > run.due_at:
                continue
            machine = self._machine(run)
            step = machine.program.ops[machine.program.places[run.step]].does
            began = run.due_at - step.at_most if isinstance(step, WaitFor) else moment
            at = max(moment, began)
            run.came, run.due_at, run.is_changed = True, at, True
            if run.campaign in self._book.running:
                yield from machine.go_on(run, at)

    def _react(self, hit: Hit, fact: Fact, moment: int) -> None:
        said = fact.properties or {}
        number = _run_named(said.get("key"))
        for run in self.runs:
            if run.id == number:
                self.reached.append(
                    Reached(
                        run=run,
                        goal=hit.reason,
                        fact=fact.id,
                        at=moment,
                        step=str(said.get("step", "")),
                        revenue=0.0,
                        currency="",
                    )
                )

    def _fall_back(self, hit: Hit, fact: Fact, moment: int) -> None:
        said = fact.properties or {}
        number, last = _run_named(said.get("key")), str(said.get("key", "")).split(":")[3:]
        if said.get("reason") not in UNREACHABLE:
            return
        tried = int(last[0]) if last and last[0].isdecimal() else 0
        for run in self.runs:
            if run.id != number or run.version != hit.version:
                continue
            program = self._machine(run).program
            does = program.ops[program.places[hit.step]].does
            if isinstance(does, Send) and tried < len(does.fallback):
                variant = next(reversed(run.variants.values()), "")
                run.acts.append(Act(step=hit.step, does=does, at=moment, variant=variant, attempt=tried + 1))
                run.is_changed = True

    def _enter(self, hit: Hit, subject: int, fact: Fact, moment: int) -> Walk[None]:
        stored = self._book.campaigns[hit.campaign]
        machine = self._book.machines[hit.campaign, hit.version]
        campaign: Campaign = machine.program.campaign
        if fact.received_at <= (stored.active_from or 0):
            return
        on = campaign.entry.on
        if isinstance(on, OnFact) and fact.received_at - fact.occurred_at > on.within:
            return
        key = "" if campaign.entry.key is None else _key(value_at(campaign.entry.key)(fact))
        if campaign.entry.key is not None and not key:
            return
        others = [run for run in self.runs if run.campaign == hit.campaign]
        earlier = [run for run in others if run.key == key]
        if not may_enter(campaign.entry.again, earlier, moment):
            return
        if machine.only is not None and not (yield Holds(machine.only, self.person)):
            return
        for run in earlier:
            if run.ended_at is None:
                run.leave(moment, "again", is_cut_short=True)
        run = Moving(
            # By the message, not by its place in the log, which depends on what Beleef said in between.
            id=run_id(hit.campaign, subject, key, fact.message_id),
            campaign=hit.campaign,
            version=hit.version,
            subject=subject,
            person=self.person,
            key=key,
            entered_at=moment,
            trigger=f"fact:{fact.id}",
            drawn_as=drawn_as(subject, others),
            fact=fact.id,
            properties=fact.properties or {},
        )
        self.runs.append(run)
        yield from machine.enter(run, moment, goes_on=hit.campaign in self._book.running)


def _run_named(key: object) -> int:
    """Return the number of the run in the key of a message, 0 where there is none: ``campaign:run:step``."""
    parts = key.split(":") if isinstance(key, str) else []
    return int(parts[1]) if len(parts) > 2 and parts[1].isdecimal() else 0


def _key(value: Any) -> str:
    """Return what a run is about as text; empty where the fact does not say."""
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)[:_LONGEST_KEY]


def may_enter(again: Again, earlier: list[Moving], moment: int) -> bool:
    """Return whether somebody may enter, given their earlier runs with the same key."""
    if not earlier:
        return True
    is_under_way = any(run.ended_at is None for run in earlier)
    match again.when:
        case "never":
            return False
        case "after_leaving":
            return not is_under_way
        case "after_days":
            return not is_under_way and moment - max(run.entered_at for run in earlier) >= again.days * DAY
    return True
