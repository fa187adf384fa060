"""What became of a campaign: who entered, what each step sent, what came of it, and how the groups compare.

Proportions have Wilson intervals, revenue Hall's; whoever was kept out is what the rest is held against.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import reduce

import msgspec
import sqlalchemy as sa

from beleef.campaigns import queries, result_queries, summary_queries
from beleef.campaigns.experiments import Analysis, Drawn, analyse
from beleef.campaigns.model import CONTROL, Campaign, Split, Step, StoredCampaign
from beleef.campaigns.program import steps_of
from beleef.contact.api import CampaignOutcome, Contact
from beleef.kernel.errors import NotFound
from beleef.stats import proportions, skewed
from beleef.stats.proportions import Interval

_WENT_OUT = frozenset({"sent", "delivered", "bounced", "uncertain"})
_ON_ITS_WAY = frozenset({"waiting", "reserved", "sending"})


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """What became of messages.

    Attributes:
        intended: How many were meant.
        sent: How many went out, those included that came back later.
        delivered: How many are known to have arrived.
        bounced: How many came back.
        on_the_way: How many wait for the gate or the channel.
        held: How many the gate holds, by reason.
        skipped: How many the gate kept back for good, by reason.
        failed: How many the channel gave up.
        cancelled: How many were taken back.
        clicked: In how many a link was followed; with their share of those sent.
        click_rate: See ``clicked``.
        opened: How many were seen to be opened, where that is measured.
        unsubscribed: After how many somebody unsubscribed.
        complained: How many were marked as spam.
        unsubscribe_rate: Share of those sent.
        complaint_rate: Share of those sent.
    """

    intended: int
    sent: int
    delivered: int
    bounced: int
    on_the_way: int
    held: dict[str, int]
    skipped: dict[str, int]
    failed: int
    cancelled: int
    clicked: int
    click_rate: Interval
    opened: int
    unsubscribed: int
    complained: int
    unsubscribe_rate: Interval
    complaint_rate: Interval


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at one step.

    Attributes:
        step: Its id.
        reached: How many runs came to it.
        ways: By which way they left it: ``then``, ``otherwise``, the number of a path, the name of a variant.
        here: How many wait at it now.
        messages: What became of its messages; None where it sends none.
        by_variant: The same by the way taken at the last split before it; empty without a split.
        converted: How many reached the main goal after its message, before another one.
        conversion: Their share of those who came to it.
        revenue: What they brought.
    """

    step: str
    reached: int
    ways: dict[str, int]
    here: int
    messages: Messages | None
    by_variant: dict[str, Messages]
    converted: int
    conversion: Interval
    revenue: float


class VariantResult(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment within the campaign: a split with a goal, or (``step`` empty) the campaign's own control group."""

    step: str
    analysis: Analysis


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a campaign.

    Attributes:
        campaign: Its name.
        version: Of which version; None for all of them.
        entered: How many runs began, those kept out included.
        under_way: How many have not ended.
        endings: How many ended, by reason.
        goal: Name of the main goal; empty where there is none.
        people: How many people went through it, those kept out not included.
        converted: How many of them reached the main goal.
        conversion: Their share.
        revenue: Mean revenue per person.
        total: Revenue in all.
        currencies: The currencies of it; with more than one the sums mix them.
        messages: What became of all messages, those of other versions included.
        steps: Step by step, in the order of the flow.
        variants: The experiments.
    """

    campaign: str
    version: int | None
    entered: int
    under_way: int
    endings: dict[str, int]
    goal: str
    people: int
    converted: int
    conversion: Interval
    revenue: Interval
    total: float
    currencies: list[str]
    messages: Messages
    steps: tuple[StepResult, ...]
    variants: tuple[VariantResult, ...]


def with_figures(connection: sa.Connection, stored: Sequence[StoredCampaign]) -> list[StoredCampaign]:
    """Return campaigns with how many entered and how many are under way."""
    found = result_queries.figures(connection, [one.number for one in stored])
    return [
        msgspec.structs.replace(
            one, entered=found.get(one.number, (0, 0))[0], active=found.get(one.number, (0, 0))[1]
        )
        for one in stored
    ]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a campaign in short: as ``Results`` over all versions, for a list.

    Attributes:
        goal: Its main goal, empty for none.
        people: How many people went through it, those kept out left out.
        converted: How many of them reached the goal.
        conversion: That share, with its interval.
        total: What the goal brought in all.
        currencies: In which money.
        sent: Messages that went out.
        kept_back: Messages held or skipped.
    """

    goal: str
    people: int
    converted: int
    conversion: Interval
    total: float
    currencies: tuple[str, ...]
    sent: int
    kept_back: int


def summaries(
    connection: sa.Connection, stored: Sequence[StoredCampaign], contact: Contact
) -> dict[str, Summary]:
    """Return the campaigns that were ever in force in short, by name, in a fixed number of reads."""
    versions = queries.versions(connection, [one.number for one in stored if one.version])
    in_force = {
        one.number: versions[one.number, one.version].definition
        for one in stored
        if (one.number, one.version) in versions
    }
    goals = {number: one.goals[0].name if one.goals else "" for number, one in in_force.items()}
    reached = summary_queries.reached(connection, goals)
    currencies = summary_queries.currencies(connection)
    states = contact.states(connection)
    found = {}
    for number, campaign in in_force.items():
        people, converted, total = reached.get(number, (0, 0, 0.0))
        messages = Counter(states.get(campaign.name, {}))
        found[campaign.name] = Summary(
            goal=goals[number],
            people=people,
            converted=converted,
            conversion=proportions.wilson(converted, people),
            total=total,
            currencies=tuple(currencies.get(number, ())),
            sent=sum(messages[state] for state in _WENT_OUT),
            kept_back=messages["held"] + messages["skipped"],
        )
    return found


def read(
    connection: sa.Connection, stored: StoredCampaign, contact: Contact, *, version: int | None
) -> Results:
    """Return what became of a campaign.

    Raises:
        NotFound: there is no such version.
    """
    campaign = _definition(connection, stored, version)
    versions = None if version is None else (version,)
    goal = campaign.goals[0].name if campaign.goals else ""
    spelled = [
        text
        for text in result_queries.spellings(connection, stored.number, versions)
        if result_queries.decode(text).get("") != CONTROL
    ]
    ways = result_queries.groups(connection, stored.number, versions, goal, spelled)
    people, converted, sums = reduce(result_queries.joined, ways.values(), result_queries.NOBODY)
    outcomes = contact.outcomes(connection, stored.campaign.name)
    by_step = result_queries.goals_by_step(connection, stored.number, versions)
    endings = result_queries.endings(connection, stored.number, versions)
    waiting = result_queries.waiting(connection, stored.number, versions)
    passages = result_queries.passages(connection, stored.number, versions)
    entered = with_figures(connection, [stored])[0].entered
    return Results(
        campaign=stored.campaign.name,
        version=version,
        entered=entered if version is None else sum(endings.values()) + sum(waiting.values()),
        under_way=sum(waiting.values()),
        endings=endings,
        goal=goal,
        people=people,
        converted=converted,
        conversion=proportions.wilson(converted, people),
        revenue=skewed.mean(sums),
        total=sums.total,
        currencies=result_queries.currencies(connection, stored.number),
        messages=_messages(outcomes, _reactions(by_step)),
        steps=tuple(
            _step(step, passages, waiting, outcomes, by_step, goal) for step in steps_of(campaign.flow)
        ),
        variants=tuple(
            VariantResult(step=step, analysis=analysis(connection, stored, step))
            for step in _experiments(campaign)
            if goal
        ),
    )


def _definition(connection: sa.Connection, stored: StoredCampaign, version: int | None) -> Campaign:
    wanted = stored.version if version is None else version
    found = queries.versions(connection, [stored.number]).get((stored.number, wanted))
    if found is None and version is not None:
        raise NotFound(f"There is no version {version}.", hint="Look at the campaign's versions.")
    return stored.campaign if found is None else found.definition


def _experiments(campaign: Campaign) -> list[str]:
    control = [""] if campaign.control else []
    return control + [
        step.id for step in steps_of(campaign.flow) if isinstance(step.does, Split) and step.does.goal
    ]


def _reactions(by_step: dict[tuple[str, str], tuple[int, float]]) -> dict[str, Counter[str]]:
    """Return what customers did with messages: by what, and by step, how many runs."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (goal, step), (runs, _) in by_step.items():
        if goal.startswith("~"):
            found[goal][step] += runs
    return found


def _messages(
    outcomes: Iterable[CampaignOutcome], reactions: dict[str, Counter[str]], step: str | None = None
) -> Messages:
    states: Counter[str] = Counter()
    held: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    clicked = opened = 0
    for one in outcomes:
        states[one.state] += one.messages
        clicked += one.clicked
        opened += one.opened
        if one.state == "held":
            held[one.reason] += one.messages
        if one.state == "skipped":
            skipped[one.reason] += one.messages
    sent = sum(states[state] for state in _WENT_OUT)
    unsubscribed, complained = (
        sum(counts.values()) if step is None else counts[step]
        for counts in (reactions.get("~unsubscribed", Counter()), reactions.get("~complained", Counter()))
    )
    return Messages(
        intended=sum(states.values()),
        sent=sent,
        delivered=states["delivered"],
        bounced=states["bounced"],
        on_the_way=sum(states[state] for state in _ON_ITS_WAY),
        held=dict(held),
        skipped=dict(skipped),
        failed=states["failed"],
        cancelled=states["cancelled"],
        clicked=clicked,
        click_rate=_share(clicked, sent),
        opened=opened,
        unsubscribed=unsubscribed,
        complained=complained,
        unsubscribe_rate=_share(unsubscribed, sent),
        complaint_rate=_share(complained, sent),
    )


def _share(some: int, of: int) -> Interval:
    # A message may have been clicked whose row was counted before it was marked as sent.
    return proportions.wilson(min(some, of), of)


def _step(
    step: Step,
    passages: dict[tuple[str, str], int],
    waiting: dict[str, int],
    outcomes: list[CampaignOutcome],
    by_step: dict[tuple[str, str], tuple[int, float]],
    goal: str,
) -> StepResult:
    mine = [one for one in outcomes if one.step == step.id]
    ways = {way: runs for (id_, way), runs in passages.items() if id_ == step.id and way}
    reached = passages.get((step.id, ""), 0) or sum(ways.values())
    converted, revenue = by_step.get((goal, step.id), (0, 0.0))
    reactions = _reactions(by_step)
    variants = sorted({one.variant for one in mine if one.variant})
    return StepResult(
        step=step.id,
        reached=reached,
        ways=ways,
        here=waiting.get(step.id, 0),
        messages=_messages(mine, reactions, step.id) if mine else None,
        by_variant={name: _messages([one for one in mine if one.variant == name], {}) for name in variants},
        converted=converted,
        conversion=_share(converted, reached),
        revenue=revenue,
    )


def analysis(connection: sa.Connection, stored: StoredCampaign, step: str) -> Analysis:
    """Return what an experiment of a campaign shows: of a split, or (empty) of the campaign's own control group.

    Versions count together as far as their split is the same as in the one in force.

    Raises:
        NotFound: there is no such experiment.
    """
    found = queries.versions(connection, [stored.number])
    campaign = found[stored.number, stored.version].definition if stored.version else stored.campaign
    goal = _goal(campaign, step)
    shares = _shares(campaign, step)
    if not goal or len(shares) < 2:
        raise NotFound("There is no such experiment.", hint="It needs a goal, and two groups.")
    versions = [version for (_, version), one in found.items() if _shares(one.definition, step) == shares]
    split = _split(campaign, step)
    groups = _groups(connection, stored.number, versions, step, goal)
    pairs = _pairs(connection, stored.number, versions, step, goal) if split and split.covariate else {}
    drawn = []
    for name, (share, is_control) in shares.items():
        people, converted, revenue = groups[name]
        drawn.append(
            Drawn(
                name=name,
                is_control=is_control,
                share=share,
                people=people,
                converted=converted,
                revenue=revenue,
                pairs=pairs.get(name, ()),
            )
        )
    return analyse(step, goal, drawn, split.planned if split else None)


def _split(campaign: Campaign, step: str) -> Split | None:
    for one in steps_of(campaign.flow):
        if one.id == step and isinstance(one.does, Split):
            return one.does
    return None


def _goal(campaign: Campaign, step: str) -> str:
    split = _split(campaign, step)
    if split is not None:
        return split.goal or ""
    return campaign.goals[0].name if campaign.goals and not step else ""


def _shares(campaign: Campaign, step: str) -> dict[str, tuple[float, bool]]:
    """Return the planned share of each group, and whether it is the one the others are compared with."""
    if not step:
        control = campaign.control
        return {CONTROL: (control, True), "campaign": (100 - control, False)} if control else {}
    split = _split(campaign, step)
    return {} if split is None else {one.name: (one.share, one.control) for one in split.variants}


def _variant(spelled: str, step: str) -> str | None:
    variants = result_queries.decode(spelled)
    if not step:
        return CONTROL if variants.get("") == CONTROL else "campaign"
    return variants.get(step)


def _groups(
    connection: sa.Connection, number: int, versions: Sequence[int], step: str, goal: str
) -> dict[str, result_queries.Group]:
    names = {
        spelled: name
        for spelled in result_queries.spellings(connection, number, versions)
        if (name := _variant(spelled, step)) is not None
    }
    found: dict[str, result_queries.Group] = defaultdict(lambda: result_queries.NOBODY)
    for spelled, group in result_queries.groups(connection, number, versions, goal, list(names)).items():
        found[names[spelled]] = result_queries.joined(found[names[spelled]], group)
    return found


def _pairs(
    connection: sa.Connection, number: int, versions: Sequence[int], step: str, goal: str
) -> dict[str, list[tuple[float, float]]]:
    """Return revenue and covariate of each person, by variant; variant and covariate are those of the person's first run."""
    revenue: dict[int, float] = defaultdict(float)
    before: dict[int, tuple[str, float]] = {}
    for spelled, covariates, who, brought in result_queries.with_covariates(
        connection, number, versions, goal
    ):
        name = _variant(spelled, step)
        known = result_queries.decode(covariates).get(step)
        if name is not None and known is not None:
            revenue[who] += brought
            before.setdefault(who, (name, float(known)))
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for who, (name, covariate) in before.items():
        found[name].append((revenue[who], covariate))
    return found


def fold_away(connection: sa.Connection, subjects: Sequence[int]) -> None:
    """Remove the runs of subjects, and keep what they add up to."""
    result_queries.fold_away(connection, subjects)
