"""Whether a campaign can work: first its own parts, then what it names: messages, audiences, computed traits, rules."""

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from beleef.audiences.api import Audiences, HasComputed, parts
from beleef.campaigns.effects import message_named
from beleef.campaigns.model import (
    Campaign,
    Flow,
    OnAudience,
    OnCall,
    OnFact,
    OnSchedule,
    Problem,
    Selector,
    Send,
    Split,
    Step,
    WaitFor,
)
from beleef.campaigns.program import flows_of, rules_of, steps_of
from beleef.content.api import Content
from beleef.kernel.errors import BeleefError, InvalidInput, NotFound
from beleef.profiles.api import Profiles

MOST_STEPS = 200
DEEPEST = 8


def must_fit(campaign: Campaign) -> None:
    """Refuse a campaign whose parts do not fit together.

    Raises:
        InvalidInput: the first thing that does not fit; code ``invalid_campaign``.
    """
    for problem in _own_problems(campaign):
        if problem.is_error:
            raise InvalidInput(
                f"{problem.path}: {problem.message}", hint="Change this part.", code="invalid_campaign"
            )


def must_be_keepable(campaign: Campaign) -> None:
    """Refuse a draft that nobody could go on with; what is merely not ready yet is told when it is to be published.

    Raises:
        InvalidInput: steps share an id, there are too many, or they stand too deep; code ``invalid_campaign``.
    """
    for problem in _misbuilt(campaign):
        raise InvalidInput(
            f"{problem.path}: {problem.message}", hint="Change this part.", code="invalid_campaign"
        )


def problems(
    connection: sa.Connection, campaign: Campaign, audiences: Audiences, content: Content, profiles: Profiles
) -> tuple[Problem, ...]:
    """Return what keeps a campaign from being published, and what deserves a second look."""
    return (
        *_own_problems(campaign),
        *_rules(connection, campaign, audiences),
        *_audiences(connection, campaign, audiences),
        *_messages(connection, campaign, content),
        *_computed(connection, campaign, profiles),
    )


def asks_for_computed(campaign: Campaign, trait: str) -> bool:
    """Return whether a campaign's rules or experiments ask for a computed trait."""
    named = (
        isinstance(part, HasComputed) and part.name == trait
        for rule in rules_of(campaign)
        for part in parts(rule)
    )
    return any(named) or any(
        isinstance(step.does, Split) and step.does.covariate == trait for step in steps_of(campaign.flow)
    )


def must_be_publishable(found: tuple[Problem, ...]) -> None:
    """Refuse what cannot be published.

    Raises:
        InvalidInput: something is wrong; the message says what; code ``invalid_campaign``.
    """
    wrong = [f"{one.path}: {one.message}" for one in found if one.is_error]
    if wrong:
        raise InvalidInput(
            " ".join(wrong[:5]), hint="Mend the draft, then publish it.", code="invalid_campaign"
        )


def _own_problems(campaign: Campaign) -> Iterator[Problem]:
    places = dict(_places(campaign.flow, "flow"))
    steps = list(steps_of(campaign.flow))
    if not steps:
        yield Problem(path="flow", message="There is no step.")
    yield from _misbuilt(campaign)
    for name, times in Counter(goal.name for goal in campaign.goals).items():
        if times > 1:
            yield Problem(path="goals", message=f"The goal {name!r} is there {times} times.")
    yield from _entry(campaign)
    goals = {goal.name for goal in campaign.goals}
    for step in steps:
        if isinstance(step.does, Split):
            yield from _split(step.does, f"{places[step.id]}.split", goals)
    if campaign.control and not goals:
        yield Problem(path="goals", message="A control group needs a goal to compare by.", is_error=False)


def _misbuilt(campaign: Campaign) -> Iterator[Problem]:
    places = dict(_places(campaign.flow, "flow"))
    steps = list(steps_of(campaign.flow))
    if len(steps) > MOST_STEPS:
        yield Problem(path="flow", message=f"There are more than {MOST_STEPS} steps.")
    for id_, times in Counter(step.id for step in steps).items():
        if times > 1:
            yield Problem(path=places[id_], message=f"The step {id_!r} is there {times} times.")
    if _depth(campaign.flow) > DEEPEST:
        yield Problem(path="flow", message=f"Steps stand within steps more than {DEEPEST} deep.")


def _entry(campaign: Campaign) -> Iterator[Problem]:
    on, has_key = campaign.entry.on, campaign.entry.key is not None
    if has_key and isinstance(on, OnAudience | OnSchedule):
        yield Problem(path="entry.key", message="Only facts have a key.")
    if isinstance(on, OnSchedule) and on.every != "once" and campaign.entry.again.when == "never":
        yield Problem(
            path="entry.again",
            message="Everybody enters once in all, though the schedule comes again.",
            is_error=False,
        )
    for path, selector in _selectors(campaign):
        if selector.same is not None and not has_key and not isinstance(on, OnCall):
            yield Problem(path=path, message="It compares with the key, and the entry has none.")


def _selectors(campaign: Campaign) -> Iterator[tuple[str, Selector]]:
    if isinstance(campaign.entry.on, OnFact) and campaign.entry.on.fact.same is not None:
        yield "entry.fact", campaign.entry.on.fact
    for number, goal in enumerate(campaign.goals):
        yield f"goals.{number}.fact", goal.fact
    for number, one in enumerate(campaign.exits):
        if one.fact is not None:
            yield f"exit.{number}.fact", one.fact
    places = dict(_places(campaign.flow, "flow"))
    for step in steps_of(campaign.flow):
        if isinstance(step.does, WaitFor):
            yield f"{places[step.id]}.wait_for.fact", step.does.fact


def _split(split: Split, path: str, goals: set[str]) -> Iterator[Problem]:
    names = [variant.name for variant in split.variants]
    if len(names) < 2 or len(set(names)) < len(names):
        yield Problem(
            path=f"{path}.variants", message="A split needs two variants with different names, or more."
        )
    if split.goal is not None and split.goal not in goals:
        yield Problem(path=f"{path}.goal", message=f"There is no goal {split.goal!r}.")
    if split.goal is not None and sum(variant.control for variant in split.variants) != 1:
        yield Problem(path=f"{path}.variants", message="Exactly one variant of an experiment is the control.")


def _places(flow: Flow, path: str) -> Iterator[tuple[str, str]]:
    """Yield where each step stands, by id, in the words of the file."""
    for number, step in enumerate(flow):
        here = f"{path}.{number}"
        yield step.id, here
        for name, inner in zip(_ways(step), flows_of(step.does), strict=True):
            yield from _places(inner, f"{here}.{name}")


def _ways(step: Step) -> list[str]:
    if isinstance(step.does, WaitFor):
        return ["wait_for.then", "wait_for.otherwise"]
    count = len(flows_of(step.does))
    if isinstance(step.does, Split):
        return [f"split.variants.{number}.flow" for number in range(count)]
    return (
        [*(f"branch.paths.{number}.flow" for number in range(count - 1)), "branch.otherwise"] if count else []
    )


def _depth(flow: Flow) -> int:
    return max((1 + max(map(_depth, flows_of(step.does)), default=0) for step in flow), default=0)


def _rules(connection: sa.Connection, campaign: Campaign, audiences: Audiences) -> Iterator[Problem]:
    for number, rule in enumerate(rules_of(campaign)):
        try:
            audiences.check(connection, rule)
        except BeleefError as error:
            yield Problem(path=f"rule {number + 1}", message=error.message)


def _audiences(connection: sa.Connection, campaign: Campaign, audiences: Audiences) -> Iterator[Problem]:
    on = campaign.entry.on
    if isinstance(on, OnAudience | OnSchedule):
        try:
            audiences.audience(connection, on.audience)
        except NotFound:
            yield Problem(path="entry", message=f"There is no audience {on.audience!r}.")


def _messages(connection: sa.Connection, campaign: Campaign, content: Content) -> Iterator[Problem]:
    known = {one.draft.name: one for one in content.messages(connection)}
    places = dict(_places(campaign.flow, "flow"))
    for step in steps_of(campaign.flow):
        if not isinstance(step.does, Send):
            continue
        if step.does.message is None:
            yield from _text(connection, step.does.text or "", f"{places[step.id]}.text", content)
            continue
        for attempt, channel in enumerate((step.does.channel, *step.does.fallback)):
            name, path = message_named(step.does, attempt), f"{places[step.id]}.send.message"
            found = known.get(name)
            if found is None:
                yield Problem(path=path, message=f"There is no message {name!r}.")
            elif found.published is None:
                yield Problem(path=path, message=f"The message {name!r} is not published.")
            elif found.draft.channel != channel:
                yield Problem(
                    path=path,
                    message=f"The message {name!r} is for {found.draft.channel}, not for {channel}.",
                )
            elif found.draft.purpose != step.does.purpose:
                yield Problem(
                    path=path,
                    message=f"The message {name!r} is for {found.draft.purpose}, the step for {step.does.purpose}.",
                    is_error=False,
                )


def _text(connection: sa.Connection, text: str, path: str, content: Content) -> Iterator[Problem]:
    try:
        content.must_be_readable(connection, text)
    except InvalidInput as error:
        yield Problem(path=path, message=error.message)


def _computed(connection: sa.Connection, campaign: Campaign, profiles: Profiles) -> Iterator[Problem]:
    known = {stored.definition.name for stored in profiles.definitions(connection)}
    places = dict(_places(campaign.flow, "flow"))
    for step in steps_of(campaign.flow):
        if isinstance(step.does, Split) and step.does.covariate and step.does.covariate not in known:
            path = f"{places[step.id]}.split.covariate"
            yield Problem(path=path, message=f"There is no computed trait {step.does.covariate!r}.")
