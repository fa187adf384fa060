"""A flow made flat: a list of steps in which every jump goes forward, so that a run can never go in a circle.

Steps are found by their ids, so that a run waiting at one goes on from there in a later version too.
"""

from collections.abc import Iterator

import msgspec

from beleef.audiences.api import Rule
from beleef.campaigns.model import (
    Action,
    Branch,
    Campaign,
    Flow,
    Send,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
    WaitUntilDate,
)

WAITS = (Wait, WaitUntil, WaitUntilDate, WaitFor)


class Op(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A step of a program.

    Attributes:
        step: Its id.
        does: What it does; flows within it are not looked at any more.
        next: Which step follows it; as many as there are steps for the end.
        ways: For a branch, a split or a wait for a fact: where each way begins, ``otherwise`` last.
    """

    step: str
    does: Action
    next: int
    ways: tuple[int, ...] = ()


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a campaign, ready to run.

    Attributes:
        number: Of the campaign.
        version: Of it.
        campaign: The definition it was made of.
        ops: Its steps.
        places: The place of each step, by id.
    """

    number: int
    version: int
    campaign: Campaign
    ops: tuple[Op, ...]
    places: dict[str, int]


def compile_(campaign: Campaign, *, number: int = 0, version: int = 0) -> Program:
    """Return the program of a campaign."""
    ops: list[Op] = []
    _lay_out(campaign.flow, ops, _length(campaign.flow))
    return Program(
        number=number,
        version=version,
        campaign=campaign,
        ops=tuple(ops),
        places={op.step: place for place, op in enumerate(ops)},
    )


def _lay_out(flow: Flow, ops: list[Op], after: int) -> None:
    """Put a flow's steps down one behind another; ``after`` is where its last step leads."""
    for index, step in enumerate(flow):
        end = len(ops) + _length((step,))
        following = end if index + 1 < len(flow) else after
        ways: list[int] = []
        start = len(ops) + 1
        for inner in flows_of(step.does):
            ways.append(start if inner else following)
            start += _length(inner)
        ops.append(Op(step=step.id, does=step.does, next=following, ways=tuple(ways)))
        for inner in flows_of(step.does):
            _lay_out(inner, ops, following)


def _length(flow: Flow) -> int:
    return sum(1 + sum(_length(inner) for inner in flows_of(step.does)) for step in flow)


def flows_of(does: Action) -> tuple[Flow, ...]:
    """Return the flows within a step, in the order of its ways."""
    match does:
        case WaitFor(then=then, otherwise=otherwise):
            return then, otherwise
        case Branch(paths=paths, otherwise=otherwise):
            return *(path.flow for path in paths), otherwise
        case Split(variants=variants):
            return tuple(variant.flow for variant in variants)
    return ()


def steps_of(flow: Flow) -> Iterator[Step]:
    """Yield all steps of a flow, those within steps included, in the order of a program."""
    for step in flow:
        yield step
        for inner in flows_of(step.does):
            yield from steps_of(inner)


def rules_of(campaign: Campaign) -> Iterator[Rule]:
    """Yield all rules that a campaign asks."""
    if campaign.entry.only is not None:
        yield campaign.entry.only
    yield from (exit_.rule for exit_ in campaign.exits if exit_.rule is not None)
    for step in steps_of(campaign.flow):
        if isinstance(step.does, Branch):
            yield from (path.when for path in step.does.paths)


def sends_of(campaign: Campaign) -> Iterator[tuple[Step, Send]]:
    """Yield the steps that send something."""
    for step in steps_of(campaign.flow):
        if isinstance(step.does, Send):
            yield step, step.does
