"""What an experiment shows, from sums per group: intervals at all times, an ordinary test only when the planned number is reached.

Before that only what holds at every look is shown, so that looking early misleads nobody.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from beleef.kernel.errors import InvalidInput
from beleef.stats import proportions, sequential, skewed, splitting
from beleef.stats.proportions import Interval
from beleef.stats.skewed import Moments

if TYPE_CHECKING:
    from tea_tasting.aggr import Aggregates

LEVEL = 0.95
_FEWEST = 30
"""People in a group before anything is said about it: below, the asymptotics of the sequences mean little."""
_USUAL_PLAN = 1_000
"""Around which number of people per variant looking is tightest, where nobody planned one."""

Verdict = Literal["better", "worse", "open", "none", "too_few", "mismatch"]
"""``open``: nothing is certain yet; ``none``: the planned number is reached, and no difference was seen."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group of an experiment.

    Attributes:
        name: The variant.
        is_control: Whether the others are compared with it.
        share: Planned share, in relation to the sum of all.
        people: How many people it has.
        converted: How many of them reached the goal.
        rate: Their share, with its Wilson interval.
        revenue: Mean revenue per person of the group, with Hall's interval.
        total: Revenue in all.
    """

    name: str
    is_control: bool
    share: float
    people: int
    converted: int
    rate: Interval
    revenue: Interval
    total: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A group held against the control group.

    Attributes:
        name: The variant.
        verdict: What can be said.
        difference: Of the rates, with the interval that holds at every look.
        p_at_any_look: Its p value.
        final: The difference with Newcombe's interval; None before the planned number is reached.
        p: The ordinary p value; None before the planned number is reached.
        revenue: Difference of the mean revenue, with an interval made from those of both.
        adjusted: The same with the covariate's part taken out (CUPED); None without a covariate.
        share_explained: Which part of the variance the covariate explained; None without one.
    """

    name: str
    verdict: Verdict
    difference: Interval
    p_at_any_look: float
    final: Interval | None
    p: float | None
    revenue: Interval
    adjusted: Interval | None = None
    share_explained: float | None = None


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment shows so far.

    Attributes:
        step: The split; empty for the campaign's own control group.
        goal: Which goal decides.
        groups: The groups, control first.
        comparisons: Each other group against control.
        planned: How many people per group were planned; None where nobody did.
        is_complete: Whether every group has so many.
        mismatch: How probable a split so uneven is, if it works as it should.
        is_mismatched: Whether that is too improbable to believe the rest.
    """

    step: str
    goal: str
    groups: tuple[Group, ...]
    comparisons: tuple[Comparison, ...]
    planned: int | None
    is_complete: bool
    mismatch: float
    is_mismatched: bool


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many people an experiment needs: in the control group, in each other group, and in all."""

    control: int
    other: int
    total: int


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it is counted.

    Attributes:
        name: The variant.
        is_control: Whether the others are compared with it.
        share: Planned share.
        people: How many people.
        converted: How many reached the goal.
        revenue: Moments of revenue per person.
        pairs: Revenue and covariate of each person who has one; empty without a covariate.
    """

    name: str
    is_control: bool
    share: float
    people: int
    converted: int
    revenue: Moments
    pairs: Sequence[tuple[float, float]] = ()


def plan(
    rate: float, relative_change: float, *, variants: int = 2, control_share: float = 0.5, power: float = 0.8
) -> Plan:
    """Return how many people an experiment needs to see a change of a rate.

    Args:
        rate: The rate without the change, above 0 and below 1.
        relative_change: The change worth seeing, in relation to the rate: 0.1 for a tenth more.
        variants: How many groups, control included.
        control_share: The control group's share of all.
        power: Probability of seeing the change, where there is one.

    Raises:
        InvalidInput: a number is out of range.
    """
    if variants < 2 or not 0 < control_share < 1:
        raise InvalidInput("An experiment needs two groups or more.", hint="Give each of them a share.")
    ratio = (1 - control_share) / (variants - 1) / control_share
    try:
        control = splitting.sample_size(
            rate, rate * relative_change, power=power, level=_level(variants - 1), ratio=ratio
        )
    except ValueError as error:
        raise InvalidInput(
            "With these numbers nothing can be planned.",
            hint="Both rates must lie between 0 and 100 %, and they must differ.",
        ) from error
    other = -int(-control * ratio // 1)
    return Plan(control=control, other=other, total=control + other * (variants - 1))


def _level(comparisons: int) -> float:
    # Bonferroni: with three variants three chances to be wrong.
    return 1 - (1 - LEVEL) / max(1, comparisons)


def analyse(step: str, goal: str, drawn: Iterable[Drawn], planned: int | None) -> Analysis:
    """Return what an experiment shows.

    Args:
        step: The split.
        goal: The goal.
        drawn: The groups; one of them is control, else the first is taken for it.
        planned: How many people per group were planned.
    """
    groups = sorted(drawn, key=lambda one: not one.is_control)
    probability = splitting.mismatch([one.people for one in groups], [one.share for one in groups])
    is_mismatched = probability < splitting.MISMATCH
    is_complete = planned is not None and all(one.people >= planned for one in groups)
    level = _level(len(groups) - 1)
    return Analysis(
        step=step,
        goal=goal,
        groups=tuple(_group(one) for one in groups),
        comparisons=tuple(
            _compare(one, groups[0], level, planned, is_complete=is_complete, is_mismatched=is_mismatched)
            for one in groups[1:]
        ),
        planned=planned,
        is_complete=is_complete,
        mismatch=probability,
        is_mismatched=is_mismatched,
    )


def _group(one: Drawn) -> Group:
    return Group(
        name=one.name,
        is_control=one.is_control,
        share=one.share,
        people=one.people,
        converted=one.converted,
        rate=proportions.wilson(one.converted, one.people),
        revenue=skewed.mean(one.revenue),
        total=one.revenue.total,
    )


def _compare(
    one: Drawn, control: Drawn, level: float, planned: int | None, *, is_complete: bool, is_mismatched: bool
) -> Comparison:
    n = one.people + control.people
    rates = [_rate_sums(one), _rate_sums(control)]
    variance = (
        n * sum(sums.variance / sums.n for sums in rates) if min(one.people, control.people) > 1 else 0.0
    )
    around = 2.0 * (planned or _USUAL_PLAN)
    difference = rates[0].mean - rates[1].mean
    sequence = sequential.confidence_sequence(difference, variance, n, around, level)
    final = (
        proportions.newcombe(one.converted, one.people, control.converted, control.people, level)
        if is_complete
        else None
    )
    adjusted, explained = _adjusted(one, control, level)
    return Comparison(
        name=one.name,
        verdict=_verdict(
            one, control, final or sequence, is_complete=is_complete, is_mismatched=is_mismatched
        ),
        difference=Interval(difference, max(-1.0, sequence.low), min(1.0, sequence.high)),
        p_at_any_look=sequential.always_valid_p(difference, variance, n, around, level),
        final=final,
        p=_ordinary_p(one, control) if is_complete else None,
        revenue=skewed.difference(one.revenue, control.revenue, level),
        adjusted=adjusted,
        share_explained=explained,
    )


def _verdict(
    one: Drawn, control: Drawn, interval: Interval, *, is_complete: bool, is_mismatched: bool
) -> Verdict:
    if is_mismatched:
        return "mismatch"
    if min(one.people, control.people) < _FEWEST:
        return "too_few"
    if interval.low > 0:
        return "better"
    if interval.high < 0:
        return "worse"
    return "none" if is_complete else "open"


def _rate_sums(one: Drawn) -> Moments:
    # Of ones and zeros every power is the same.
    return Moments(one.people, *[float(one.converted)] * 3)


def _ordinary_p(one: Drawn, control: Drawn) -> float | None:
    from tea_tasting import Mean  # noqa: PLC0415 -- takes a second to load
    from tea_tasting.aggr import Aggregates  # noqa: PLC0415

    sums = [_rate_sums(control), _rate_sums(one)]
    if any(each.n < 2 for each in sums) or all(each.variance == 0 for each in sums):
        return None
    given = [
        Aggregates(count_=each.n, mean_={"rate": each.mean}, var_={"rate": each.variance}) for each in sums
    ]
    return float(Mean("rate").analyze_aggregates(given[0], given[1]).pvalue)


def _adjusted(one: Drawn, control: Drawn, level: float) -> tuple[Interval | None, float | None]:
    """Return the difference of the revenue without what people's past explains, and how much that is.

    Deng, A., Xu, Y., Kohavi, R. and Walker, T. (2013), Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data, WSDM; computed by tea-tasting.
    """
    if min(len(one.pairs), len(control.pairs)) < _FEWEST:
        return None, None
    from tea_tasting import Mean  # noqa: PLC0415 -- takes a second to load

    given = [_aggregates(control.pairs), _aggregates(one.pairs)]
    if any(each.var("revenue") == 0 or each.var("before") == 0 for each in given):
        return None, None
    found = Mean("revenue", "before", confidence_level=level).analyze_aggregates(given[0], given[1])
    plain = Mean("revenue", confidence_level=level).analyze_aggregates(given[0], given[1])
    width = found.effect_size_ci_upper - found.effect_size_ci_lower
    before = plain.effect_size_ci_upper - plain.effect_size_ci_lower
    interval = Interval(
        float(found.effect_size), float(found.effect_size_ci_lower), float(found.effect_size_ci_upper)
    )
    return interval, max(0.0, 1 - float(width / before) ** 2)


def _aggregates(pairs: Sequence[tuple[float, float]]) -> "Aggregates":
    import numpy as np  # noqa: PLC0415 -- only where there is a covariate
    from tea_tasting.aggr import Aggregates  # noqa: PLC0415

    table = np.asarray(pairs, dtype=float)
    covariance = np.cov(table, rowvar=False)
    return Aggregates(
        count_=len(pairs),
        mean_={"revenue": float(table[:, 0].mean()), "before": float(table[:, 1].mean())},
        var_={"revenue": float(covariance[0, 0]), "before": float(covariance[1, 1])},
        cov_={("before", "revenue"): float(covariance[0, 1])},
    )
