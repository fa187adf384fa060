"""What a metric, a figure of it, and a comparison of figures are.

A figure keeps the counts it was made from, so that it can be compared at any level of confidence without asking for them again.
"""

from typing import Literal

import msgspec

Unit = Literal["points", "share", "score", "seconds", "times", "per 1,000"]
"""Points from -100 to 100; a share from 0 to 1; a score on its own scale; seconds; a number of times; events per thousand."""

Direction = Literal["up", "down", "none"]
"""Which way is better for the customer."""

Kind = Literal["net", "share", "mean", "survival", "quantile", "times", "rate", "pairs"]
"""How it is worked out, which decides what it is worked out from: see ``metrics.api``."""

Word = Literal["higher", "lower", "no real change", "too few"]
Course = Literal["rising", "falling", "no real change", "too few"]
Quadrant = Literal["improve", "keep", "watch", "enough"]


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """The one definition of a figure.

    Attributes:
        name: What programs call it.
        label: What people call it; to be translated.
        formula: What is divided by what, or counted from when to when; to be translated.
        kind: How it is worked out.
        unit: Unit of the value.
        direction: Which way is better.
        least_n: From how many observations on it is shown.
        method: How its interval is made; to be translated.
        source: Where the definition comes from.
        scale: Lowest and highest answer, where it is made from answers; None takes any whole number.
        good: Lowest and highest answer that counts as good, for shares and net scores of answers.
        bad: Lowest and highest answer that counts as bad, for net scores.
        part: Which part has ended (or lies below), for durations and quantiles: 0.5 for the median.
    """

    name: str
    label: str
    formula: str
    kind: Kind
    unit: Unit
    direction: Direction
    least_n: int
    method: str
    source: str
    scale: tuple[int, int] | None = None
    good: tuple[int, int] | None = None
    bad: tuple[int, int] | None = None
    part: float = 0.5

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and highest value that can be; None where there is no highest."""
        match self.unit:
            case "points":
                return (-100.0, 100.0)
            case "share":
                return (0.0, 1.0)
            case _:
                return (float(self.scale[0]), float(self.scale[1])) if self.scale else None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A metric's value with all that must be known to read it.

    Attributes:
        metric: Name of the metric.
        value: The value in the metric's unit; None where there is none (no observation, or a duration that most have not reached yet).
        low: Lower bound of the 95% interval; None where it is not known.
        high: Upper bound; None where it is not known, or not reached yet.
        n: How many observations it rests on.
        effective_n: How many unweighted observations would say as much, where they were weighted.
        enough: Whether there are enough observations to show it.
        unit: The metric's unit.
        counts: What it was made from, where that is counts of values: (value, how often).
        exposure: In what the events of a rate were counted.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    effective_n: float | None = None
    enough: bool
    unit: Unit
    counts: tuple[tuple[float, float], ...] = ()
    exposure: float = 0.0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How one figure differs from another.

    Attributes:
        metric: Name of the metric.
        value: The figure less the one it is compared with, in the metric's unit; None where one of them has no value.
        low: Lower bound of its interval; the level follows the number of comparisons made together.
        high: Upper bound.
        p: How probable a difference at least so large is by chance, uncorrected.
        is_real: Whether the interval leaves out 0.
        word: What may be said.
        is_good: Whether a real difference is better for the customer; None where there is none, or no better way.
    """

    metric: str
    value: float | None
    low: float | None
    high: float | None
    p: float
    is_real: bool
    word: Word
    is_good: bool | None


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """How a figure went over periods.

    Attributes:
        metric: Name of the metric.
        steps: Each period against the one before, from the second on, corrected for their number.
        slope: Change per period, in the metric's unit; None where there are too few periods.
        low: Lower bound of its 95% interval.
        high: Upper bound.
        word: What may be said of the whole.
        is_good: Whether a real trend is better for the customer.
    """

    metric: str
    steps: tuple[Difference, ...]
    slope: float | None
    low: float | None
    high: float | None
    word: Course
    is_good: bool | None


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """How much better the same people scored later.

    Who scored lowest tends to score higher next time whatever is done, because part of a low score was chance (regression to the mean).

    Attributes:
        change: Later score less earlier score of those who were helped.
        untreated: The same of people with as low a score who were not; None where nobody is known.
        beyond: Change less that of the untreated: what remains for the help.
    """

    change: Figure
    untreated: Figure | None
    beyond: Difference | None


class Survival(msgspec.Struct, frozen=True, kw_only=True):
    """Which share is still open after how long; all tuples have one length.

    Attributes:
        seconds: Lengths of time, ascending.
        share: Share still open, from 1 to 0.
        low: Lower bound, pointwise at 95%.
        high: Upper bound.
        at_risk: How many were still open and seen just before.
    """

    seconds: tuple[float, ...]
    share: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]


class Stratum(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the population: its share of the answers and of the people, and what each of its answers weighs (0 without answers)."""

    name: str
    answered: float
    population: float
    weight: float


class PostStratified(msgspec.Struct, frozen=True, kw_only=True):
    """A figure weighted to the population.

    Attributes:
        figure: With its effective n.
        margin: Half the width of its interval, in the metric's unit; None without a value.
        covered: Share of the population in strata with answers.
        mix: The strata, largest in the population first.
    """

    figure: Figure
    margin: float | None
    covered: float
    mix: tuple[Stratum, ...]

    @property
    def design_effect(self) -> float | None:
        """How many answers say as much as one would without weights, n (Σ w²) / (Σ w)²; None without answers.

        Kish, L. (1965), Survey sampling, section 11.7.
        """
        effective = self.figure.effective_n
        return self.figure.n / effective if effective else None


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may go together with an outcome.

    Attributes:
        name: Its name.
        weight: Share of the outcome's variance that goes with it, from 0 to 1.
        low: Lower bound of its 95% interval.
        high: Upper bound.
        share: Its part of what goes with all drivers together.
        is_distinguishable: Whether it can be told from a driver of pure noise.
        together: Whether the outcome is higher where it is higher, or lower; from their plain correlation.
        mean: Its mean.
        performance: The mean's place on its scale, from 0 to 1; None where it has no scale.
        quadrant: Weight against performance: "improve" (weighs much, scores low), "keep" (much, high), "watch" (little, low), "enough"
            (little, high); None where it has no scale or cannot be told from noise.
    """

    name: str
    weight: float
    low: float
    high: float
    share: float
    is_distinguishable: bool
    together: Literal["up", "down"]
    mean: float
    performance: float | None
    quadrant: Quadrant | None


class Steady(msgspec.Struct, frozen=True, kw_only=True):
    """A driver of which nothing can be said, because nearly everybody gave the same answer; it may matter very much."""

    name: str
    mean: float
    most_common: float


class Drivers(msgspec.Struct, frozen=True, kw_only=True):
    """What goes together with an outcome.

    Attributes:
        n: Rows without a gap, which it is worked out from.
        least_n: How many are needed.
        enough: Whether there are so many; if not, ``drivers`` is empty.
        left_out: Rows with a gap, which were left out.
        r_squared: Share of the outcome's variance that goes with all of them together.
        low: Lower bound of its 95% interval.
        high: Upper bound.
        drivers: The weightiest first.
        steady: Those with too little variance to say anything.
    """

    n: int
    least_n: int
    enough: bool
    left_out: int
    r_squared: float = 0.0
    low: float = 0.0
    high: float = 0.0
    drivers: tuple[Driver, ...] = ()
    steady: tuple[Steady, ...] = ()
