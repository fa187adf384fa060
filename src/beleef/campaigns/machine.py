"""How one run goes on: from where it waits, through its steps, until it waits again or ends.

A walk is a generator that asks when it must know something (whether a rule holds, what is known of the person); whoever drives
many of them answers all of one round at once. The same walk runs live and in a simulation.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from beleef.audiences.api import Rule
from beleef.campaigns.model import (
    CONTROL,
    Branch,
    Campaign,
    End,
    HandOver,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitFor,
    WaitUntil,
    WaitUntilDate,
)
from beleef.campaigns.program import WAITS, Op, Program
from beleef.campaigns.timing import date_moment, next_time, zone_named
from beleef.profiles.api import trait_value_in

_T = TypeVar("_T")


class Holds(NamedTuple):
    """Asks whether a person fulfils a rule of a program: the rule's key in ``Rulebook``."""

    rule: str
    person: int


class Knows(NamedTuple):
    """Asks for what is known of a person."""

    person: int


Question = Holds | Knows
Walk = Generator[Question, Any, _T]


class Acquaintance(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk may know of a person: traits and computed traits by name, None for a zone that nobody told."""

    zone: str | None
    traits: Mapping[str, Any]
    computed: Mapping[str, Any]


class Act(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something a run does to the outside: what, at which step and when.

    Attributes:
        step: The step.
        does: What it does.
        at: When.
        variant: The way taken at the last split before it.
        attempt: For a message: 0 for its own channel, else the how manieth fallback.
    """

    step: str
    does: Send | SetTrait | HandOver
    at: int
    variant: str
    attempt: int = 0


class Moving(msgspec.Struct, kw_only=True):
    """A run in memory, while it moves.

    Attributes:
        id, campaign, version, subject, key, step, due_at, entered_at, ended_at, reason, variants, trigger: As in ``model.Run``;
            the campaign by number.
        person: Whose it is at this moment.
        came: Whether the fact that the step waits for has come.
        drawn_as: The subject whose place in each draw it takes: that of the person's first run in the campaign, so that
            chance divides a person once, whatever other numbers the person comes under.
        sent_step: The step of the last message it meant to send.
        fact: Number of the fact that started it; 0 for none.
        properties: What that fact said of its event.
        covariates: By split: what was kept of the person to explain differences.
        is_new: Whether it began in this transaction.
        is_changed: Whether it has to be written.
        has_left: Whether it ended in this transaction.
        is_cut_short: Whether it ended otherwise than by its own steps, so that what it meant to send has lost its reason.
        acts: What it did.
        passed: The steps it went through, with the way it took.
    """

    id: int
    campaign: int
    version: int
    subject: int
    person: int
    key: str
    entered_at: int
    trigger: str
    drawn_as: int
    step: str = ""
    due_at: int | None = None
    ended_at: int | None = None
    reason: str = ""
    variants: dict[str, str] = {}
    came: bool = False
    sent_step: str = ""
    fact: int = 0
    properties: dict[str, Any] = {}
    covariates: dict[str, float] = {}
    is_new: bool = False
    is_changed: bool = False
    has_left: bool = False
    is_cut_short: bool = False
    acts: list[Act] = []
    passed: list[tuple[str, str]] = []

    def leave(self, at: int, reason: str, *, is_cut_short: bool = False) -> None:
        """End it."""
        self.is_cut_short = is_cut_short
        self.ended_at, self.due_at, self.reason = at, None, reason
        self.is_changed = self.has_left = True


def rule_key(rule: Rule, written: Callable[[Rule], dict[str, Any]]) -> str:
    """Return a short text that is the same for rules that say the same."""
    return hashlib.blake2b(
        msgspec.json.encode(written(rule), order="deterministic"), digest_size=12
    ).hexdigest()


def run_id(campaign: int, subject: int, key: str, trigger: str) -> int:
    """Return the number of a run: 63 bits made of all that makes it this run, so that entering twice is entering once."""
    digest = hashlib.blake2b(f"{campaign}\x00{subject}\x00{key}\x00{trigger}".encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big") >> 1


def drawn_as(subject: int, earlier: Iterable[Moving]) -> int:
    """Return whose place in each draw a new run takes.

    Args:
        subject: The run's own subject.
        earlier: The person's other runs in the campaign, whatever they are about; of two draws, as a merged person has, the one
            counts that gave a variant first.
    """
    first = min(earlier, key=lambda one: (not one.variants, one.entered_at, one.id), default=None)
    return subject if first is None else first.drawn_as


def share_of(salt: str, subject: int) -> float:
    """Return where a subject stands in the draw of a split, from 0 up to 1: always the same, independent between splits."""
    digest = hashlib.blake2b(f"{salt}\x00{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2.0**64


def keep_out(campaign: Campaign, run: Moving, at: int) -> bool:
    """End a run that belongs to the campaign's control group; return whether it does."""
    if share_of(f"{campaign.name}:control", run.drawn_as) * 100 >= campaign.control:
        return False
    run.variants = {"": CONTROL}
    run.leave(at, CONTROL)
    return True


class Machine:
    """Moves runs through a program.

    Args:
        program: The program.
        keys: The key of each of its rules, by the rule's identity (``id``).
        zone: The organisation's time zone.
    """

    def __init__(self, program: Program, keys: Callable[[Rule], str], zone: str) -> None:
        self.program = program
        self._zone = zone
        self.only = None if program.campaign.entry.only is None else keys(program.campaign.entry.only)
        self._exits = [(keys(one.rule), one.reason) for one in program.campaign.exits if one.rule is not None]
        self._paths = {
            op.step: [keys(path.when) for path in op.does.paths]
            for op in program.ops
            if isinstance(op.does, Branch)
        }

    def go_on(self, run: Moving, at: int) -> Walk[None]:
        """Move a run from where it stands, at a moment, until it waits again or has ended."""
        ops = self.program.ops
        place = self._start(run)
        run.is_changed, may_act = True, False
        while place < len(ops):
            op = ops[place]
            match op.does:
                case Wait() | WaitUntil() | WaitUntilDate() | WaitFor():
                    due_at = yield from self._due(op, run, at)
                    if due_at is not None:
                        run.step, run.due_at, run.came = op.step, due_at, False
                        run.passed.append((op.step, ""))
                        return
                    run.passed.append((op.step, ""))
                    place = op.next
                case Branch():
                    place = yield from self._choose(op, run)
                case Split():
                    place = yield from self._divide(op, op.does, run)
                case End(reason=reason):
                    run.passed.append((op.step, ""))
                    run.step = op.step
                    run.leave(at, reason)
                    return
                case Send() | SetTrait() | HandOver() as does:
                    if not may_act and (yield from self._leaves(run, op, at)):
                        return
                    may_act = True
                    self._act(op, does, run, at)
                    place = op.next
        run.leave(at, "finished")

    def _start(self, run: Moving) -> int:
        if not run.step:
            return 0
        op = self.program.ops[self.program.places[run.step]]
        if isinstance(op.does, WaitFor):
            run.passed.append((op.step, "then" if run.came else "otherwise"))
            return op.ways[0] if run.came else op.ways[1]
        return op.next if isinstance(op.does, WAITS) else self.program.places[run.step]

    def _due(self, op: Op, run: Moving, at: int) -> Walk[int | None]:
        match op.does:
            case Wait(duration=duration):
                return at + duration
            case WaitFor(at_most=at_most):
                return at + at_most
            case WaitUntil() as wait:
                zone = self._zone
                if wait.zone == "person":
                    known: Acquaintance = yield Knows(run.person)
                    zone = known.zone or zone
                return next_time(wait, at, zone_named(zone, self._zone))
            case WaitUntilDate() as wait:
                known = yield Knows(run.person)
                day = trait_value_in(known.traits, wait.trait)
                return date_moment(wait, day, at, zone_named(known.zone or self._zone, self._zone))
        return None

    def _choose(self, op: Op, run: Moving) -> Walk[int]:
        for number, key in enumerate(self._paths[op.step]):
            if (yield Holds(key, run.person)):
                run.passed.append((op.step, str(number)))
                return op.ways[number]
        run.passed.append((op.step, "otherwise"))
        return op.ways[-1]

    def _divide(self, op: Op, split: Split, run: Moving) -> Walk[int]:
        draw = share_of(f"{self.program.campaign.name}:{op.step}", run.drawn_as)
        draw *= sum(variant.share for variant in split.variants)
        chosen = len(split.variants) - 1
        for number, variant in enumerate(split.variants):
            draw -= variant.share
            if draw < 0:
                chosen = number
                break
        name = split.variants[chosen].name
        run.variants = {**run.variants, op.step: name}
        run.passed.append((op.step, name))
        if split.covariate is not None:
            known: Acquaintance = yield Knows(run.person)
            value = known.computed.get(split.covariate)
            if isinstance(value, int | float) and not isinstance(value, bool):
                run.covariates = {**run.covariates, op.step: float(value)}
        return op.ways[chosen]

    def _leaves(self, run: Moving, op: Op, at: int) -> Walk[bool]:
        for key, reason in self._exits:
            if (yield Holds(key, run.person)):
                run.step = op.step
                run.leave(at, reason, is_cut_short=True)
                return True
        return False

    @staticmethod
    def _act(op: Op, does: Send | SetTrait | HandOver, run: Moving, at: int) -> None:
        variant = next(reversed(run.variants.values()), "")
        run.acts.append(Act(step=op.step, does=does, at=at, variant=variant))
        run.passed.append((op.step, ""))
        if isinstance(does, Send):
            run.sent_step = op.step

    def enter(self, run: Moving, at: int, *, goes_on: bool = True) -> Walk[None]:
        """Begin a run: who is kept out for comparison ends at once; without ``goes_on`` the first step waits its turn."""
        run.is_new = run.is_changed = True
        if keep_out(self.program.campaign, run, at):
            return
        if goes_on:
            yield from self.go_on(run, at)
        else:
            run.due_at = at


def drive(
    walks: Iterable[Walk[None]], answer: Callable[[Sequence[Question]], Mapping[Question, Any]]
) -> None:
    """Take all walks to their ends, answering their questions round by round.

    Args:
        walks: The walks.
        answer: Answers all questions of a round.
    """
    asking: list[tuple[Walk[None], Question]] = []
    for walk in walks:
        question = next(walk, None)
        if question is not None:
            asking.append((walk, question))
    while asking:
        answers = answer([question for _, question in asking])
        still: list[tuple[Walk[None], Question]] = []
        for walk, question in asking:
            try:
                still.append((walk, walk.send(answers[question])))
            except StopIteration:
                continue
        asking = still
