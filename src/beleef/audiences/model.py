"""The rule language of audiences: one syntax tree, which two executions run and people read as a sentence.

All of it is plain, frozen data; moments are microseconds since 1970 in UTC.
"""

from collections.abc import Iterator
from typing import Any, Literal, get_args

import msgspec

ValueOperator = Literal[
    "is", "is_not", "in", "not_in", "contains", "greater", "less", "at_least", "at_most", "exists"
]
DayOperator = Literal["before", "after", "within_last_days", "within_next_days", "anniversary_within_days"]
Operator = Literal[
    "is",
    "is_not",
    "in",
    "not_in",
    "contains",
    "greater",
    "less",
    "at_least",
    "at_most",
    "exists",
    "before",
    "after",
    "within_last_days",
    "within_next_days",
    "anniversary_within_days",
]
ConsentState = Literal["granted", "denied", "unknown"]

VALUE_OPERATORS: tuple[str, ...] = get_args(ValueOperator)
DAY_OPERATORS: tuple[str, ...] = get_args(DayOperator)
OPERATORS: tuple[str, ...] = get_args(Operator)
CONSENT_STATES: tuple[str, ...] = get_args(ConsentState)

LONGEST_DAYS = 3_650
"""Days: the longest window of a rule, ten years."""

LONGEST_HOURS = 24 * 400
"""Hours: the longest time between the steps of a sequence."""

MOST_TIMES = 500
"""The highest number of times that a rule can ask for; so many moments and one more are kept per person."""

STEP_MOMENTS = 50
"""How many moments of each step of a sequence are kept: a sequence is defined over the latest so many of each."""

MOST_STEPS = 8
MOST_PARTS = 200
"""How many parts one rule may have, groups included."""
DEEPEST = 12
"""How many groups may stand within one another."""


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """A demand on one value. Values are compared as the text they are written as, or as numbers where ``value`` is one.

    Attributes:
        operator: ``is``, ``is_not`` (also of those without a value), ``in`` and ``not_in`` (a list), ``contains`` (a part of
            a text, an item of a list), ``greater``, ``less``, ``at_least``, ``at_most``, ``exists`` (true or false);
            ``before``, ``after`` (a day, e.g. ``2026-03-01``), and in the person's zone, today included:
            ``within_last_days``, ``within_next_days``, ``anniversary_within_days`` (0 is today).
        value: What it is compared with; a tuple for ``in`` and ``not_in``.
    """

    operator: Operator
    value: str | int | float | bool | tuple[str | int | float | bool, ...]


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A demand on something a fact says.

    Attributes:
        path: Where it stands, e.g. ``properties.total``, ``revenue``, ``campaign``; as in computed traits.
        test: The demand; without the operators about days.
    """

    path: str
    test: Test


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts are meant; what is left empty demands nothing.

    Attributes:
        events: Names of events, pages or screens.
        types: Fact types; for ``track`` facts alone the name of the event is enough.
        channels: Channels.
        sources: Sources.
        where: Demands that must all hold.
    """

    events: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()


class All(msgspec.Struct, frozen=True, kw_only=True, tag="all"):
    """Every rule must hold; an empty one holds for everybody."""

    rules: tuple["Rule", ...]


class AnyOf(msgspec.Struct, frozen=True, kw_only=True, tag="any"):
    """At least one rule must hold; an empty one holds for nobody."""

    rules: tuple["Rule", ...]


class Not(msgspec.Struct, frozen=True, kw_only=True, tag="not"):
    """The rule must not hold."""

    rule: "Rule"


class HasTrait(msgspec.Struct, frozen=True, kw_only=True, tag="trait"):
    """Something that is known about the person."""

    name: str
    test: Test


class HasComputed(msgspec.Struct, frozen=True, kw_only=True, tag="computed"):
    """The value of a computed trait; its windows are days in the organisation's zone."""

    name: str
    test: Test


class Did(msgspec.Struct, frozen=True, kw_only=True, tag="did"):
    """Facts that happened so many times.

    Attributes:
        facts: Which facts.
        least: At least so many times; None for no demand.
        most: At most so many times; None for no demand. Both the same: exactly so many.
        within_days: Only in the last so many days; None for all time.
        calendar: Days in the person's zone, today being the last; else the last so many times 24 hours.
        since: Only at or after this moment; None for no bound.
        until: Only before this moment; None for no bound.
    """

    facts: Facts
    least: int | None = None
    most: int | None = None
    within_days: int | None = None
    calendar: bool = False
    since: int | None = None
    until: int | None = None


class Sequence(msgspec.Struct, frozen=True, kw_only=True, tag="sequence"):
    """Facts in an order: for some first step, the first fact of the next step after it, and so on, all within some hours.

    Attributes:
        steps: Two or more; each counts only after the one before.
        within_hours: All of it within so many hours of the first step.
        missing_last: The last step must *not* follow; it holds once the hours are over.
        within_days: The first step in the last so many times 24 hours; None for all time.
    """

    steps: tuple[Facts, ...]
    within_hours: float
    missing_last: bool = False
    within_days: int | None = None


class HasAccount(msgspec.Struct, frozen=True, kw_only=True, tag="account"):
    """The person belongs to an account with such a trait."""

    name: str
    test: Test


class HasConsent(msgspec.Struct, frozen=True, kw_only=True, tag="consent"):
    """What the person last said about being contacted.

    Attributes:
        purpose: What for.
        channel: On which channel; what was said for all channels (``*``) counts too, the latest word holds.
        state: ``granted``; ``denied``: there is a word, and it does not allow; ``unknown``: there is no word.
    """

    purpose: str
    channel: str = "*"
    state: ConsentState = "granted"


class Holds(msgspec.Struct, frozen=True, kw_only=True, tag="holds"):
    """The person holds a product now; None for any product."""

    product: str | None = None


class IsMember(msgspec.Struct, frozen=True, kw_only=True, tag="audience"):
    """The person is in another audience."""

    name: str


Rule = (
    All | AnyOf | Not | HasTrait | HasComputed | Did | Sequence | HasAccount | HasConsent | Holds | IsMember
)


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """The people that a rule selects.

    Attributes:
        name: Its name in rules, files and addresses: small letters, digits and ``_``.
        label: What people call it.
        rule: Who is in it.
        description: What it is for.
        announce: Whether those who are in it when it is first filled (or filled again after a change) are announced
            as having entered. Off: only who enters from then on.
    """

    name: str
    label: str
    rule: Rule
    description: str = ""
    announce: bool = False


class StoredAudience(msgspec.Struct, frozen=True, kw_only=True):
    """An audience as it is in force.

    Attributes:
        audience: The audience.
        number: Its number, which no other audience ever has.
        version: Grows with every change of the rule.
        changed_at: When the rule was last changed, in microseconds.
        size: How many people are in it, as far as it is filled.
        filled: How far it is filled: 1 when everybody was looked at, 0 before that began.
    """

    audience: Audience
    number: int
    version: int
    changed_at: int
    size: int
    filled: float


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person in an audience: the person's number, and since when, in microseconds."""

    person: int
    since: int


class MemberPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some members by person number; ``next`` is the number behind which the next page starts, None at the end."""

    members: tuple[Member, ...]
    next: int | None


class SizeOnDay(msgspec.Struct, frozen=True, kw_only=True):
    """How large an audience was at the end of a day, and how many entered and left on it.

    Attributes:
        day: Days since 1970 in the organisation's zone.
        size: Members at the last count of that day.
        entered: How many came in on that day.
        left: How many went out.
    """

    day: int
    size: int
    entered: int
    left: int


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """How many people are in this audience and in another one too."""

    name: str
    label: str
    both: int
    size: int


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rule holds for a person or not: one node per part of the rule, in its order.

    Attributes:
        rule: The part.
        fulfilled: Whether it holds.
        seen: What was found, as data: the value of a trait, the number of times, the moments (microseconds), the state of
            a consent; None where nothing was.
        parts: The parts below it.
    """

    rule: Rule
    fulfilled: bool
    seen: Any = None
    parts: tuple["Explanation", ...] = ()


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would select: how many people, of how many, and the numbers of some of them."""

    count: int
    people: int
    examples: tuple[int, ...]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a recomputation in the warehouse found for one audience.

    Attributes:
        name: The audience.
        members: How many the state has.
        recomputed: How many the warehouse has.
        missing: How many the warehouse has and the state has not.
        surplus: How many the state has and the warehouse has not.
        examples: Numbers of some persons that differ.
    """

    name: str
    members: int
    recomputed: int
    missing: int
    surplus: int
    examples: tuple[int, ...] = ()


def parts(rule: Rule) -> Iterator[Rule]:
    """Give a rule and all rules within it, the outer ones first."""
    yield rule
    for one in inner(rule):
        yield from parts(one)


def inner(rule: Rule) -> tuple[Rule, ...]:
    """Return the rules directly within a rule."""
    match rule:
        case All(rules=rules) | AnyOf(rules=rules):
            return rules
        case Not(rule=one):
            return (one,)
        case _:
            return ()
