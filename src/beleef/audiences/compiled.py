"""The first execution of a rule: one Python function over what is known about a person.

Besides its answer it tells the earliest moment at which the answer might be another without a new fact.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from beleef.audiences import model, needs
from beleef.audiences.model import (
    All,
    AnyOf,
    Did,
    HasAccount,
    HasComputed,
    HasConsent,
    HasTrait,
    Holds,
    IsMember,
    Not,
    Rule,
    Test,
)
from beleef.audiences.zones import Zones, day_named, next_anniversary
from beleef.kernel.clock import DAY, HOUR
from beleef.kernel.errors import Conflict
from beleef.profiles.api import (
    Days,
    Definition,
    Known,
    Rules,
    comparison,
    moments_name,
    trait_value_at,
)

NEVER = 1 << 62
"""A moment that does not come."""

AccountTraits = Mapping[str, Sequence[Any]]
"""The traits of an account by name, each ``[moment, fact, value, …]``."""


class Look:
    """One look at a person: what is known, at which moment, and when the answers might change.

    Args:
        known: What is known about the person.
        now: The moment of the look, in microseconds.
        zones: The calendars.
        accounts: The traits of the accounts that the person belongs to.
        members: Names of the audiences that the person is in.
    """

    __slots__ = ("_day", "_zone", "accounts", "changes_at", "known", "members", "now", "zones")

    def __init__(
        self,
        known: Known,
        now: int,
        zones: Zones,
        *,
        accounts: Sequence[AccountTraits] = (),
        members: Collection[str] = (),
    ) -> None:
        self.known = known
        self.now = now
        self.zones = zones
        self.accounts = accounts
        self.members = members
        self.changes_at = NEVER
        self._zone: Days | None = None
        self._day: int | None = None

    @property
    def zone(self) -> Days:
        """The calendar of the zone in which the person lives."""
        if self._zone is None:
            self._zone = self.zones.of(self.known.trait(needs.ZONE_TRAIT))
        return self._zone

    @property
    def today(self) -> int:
        """The day of the look in that zone, counted from 1970-01-01."""
        if self._day is None:
            self._day = self.zone.of(self.now)
        return self._day

    def may_change(self, moment: int) -> None:
        """Note that an answer might change at a moment, in microseconds; one that has passed is none."""
        if self.now < moment < self.changes_at:
            self.changes_at = moment


Check = Callable[[Look], bool]
Demand = Callable[[Look, Any], bool]


class Compiler:
    """Makes functions of rules.

    Args:
        rules: The definitions in force: under their versions moments and computed traits are kept.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def check(self, rule: Rule) -> Check:
        """Return a function that says whether a rule holds, and notes in the look when that might change.

        Raises:
            Conflict: moments that the rule needs are not kept, or a computed trait is gone.
        """
        match rule:
            case All(rules=rules):
                return _all([self.check(one) for one in rules])
            case AnyOf(rules=rules):
                return _any([self.check(one) for one in rules])
            case Not(rule=one):
                return _not(self.check(one))
            case _:
                return self._leaf(rule)

    def _leaf(self, rule: Rule) -> Check:
        make = _LEAVES.get(type(rule))
        if make is not None:
            return make(rule)
        match rule:
            case Did():
                return did(rule, self.version(needs.of_did(rule)))
            case model.Sequence():
                return sequence(rule, [self.version(one) for one in needs.of_steps(rule)])
            case HasComputed(name=name, test=test):
                return _computed(self._computed_version(name), test)
        raise AssertionError(rule)

    def version(self, definition: Definition) -> int:
        """Return the version under which moments are kept.

        Raises:
            Conflict: they are not.
        """
        version = self._rules.versions.get(moments_name(definition))
        if version is None:
            raise Conflict(
                "What this rule asks for is not kept yet.",
                hint="Save it as an audience, or let its owner keep it.",
            )
        return version

    def _computed_version(self, name: str) -> int:
        version = self._rules.versions.get(name)
        if version is None:
            raise Conflict(
                f"There is no computed trait “{name}” any more.", hint="Change the rule, or make it again."
            )
        return version


def _all(checks: Sequence[Check]) -> Check:
    if len(checks) == 2:
        first, second = checks
        return lambda look: first(look) and second(look)

    def holds(look: Look) -> bool:
        for check in checks:  # noqa: SIM110 -- a generator costs more than most checks
            if not check(look):
                return False
        return True

    return holds


def _any(checks: Sequence[Check]) -> Check:
    if len(checks) == 2:
        first, second = checks
        return lambda look: first(look) or second(look)

    def holds(look: Look) -> bool:
        for check in checks:  # noqa: SIM110 -- as above
            if check(look):
                return True
        return False

    return holds


def _not(check: Check) -> Check:
    return lambda look: not check(look)


def demand(test: Test) -> Demand:
    """Return a function that says whether a value, as somebody sent it, fulfils a test."""
    match test.operator:
        case "before" | "after":
            wanted = day_named(test.value) or 0
            earlier = test.operator == "before"
            return lambda _, value: (
                (day := day_named(value)) is not None and (day < wanted if earlier else day > wanted)
            )
        case "within_last_days":
            return _in_days(-_whole(test) + 1, 0)
        case "within_next_days":
            return _in_days(0, _whole(test) - 1)
        case "anniversary_within_days":
            return _anniversary(_whole(test))
        case _:
            compare = comparison(test.operator, test.value)
            return lambda _, value: compare(value)


def _whole(test: Test) -> int:
    assert isinstance(test.value, int)  # noqa: S101 -- the reader of rules lets only whole numbers through
    return test.value


def _in_days(first: int, last: int) -> Demand:
    """Return the demand that a day lies between two days, told from today on, both included."""

    def holds(look: Look, value: Any) -> bool:
        day = day_named(value)
        if day is None:
            return False
        look.may_change(look.zone.start(day - last))
        look.may_change(look.zone.start(day - first + 1))
        return first <= day - look.today <= last

    return holds


def _anniversary(days: int) -> Demand:
    def holds(look: Look, value: Any) -> bool:
        day = day_named(value)
        if day is None:
            return False
        coming = next_anniversary(day, look.today)
        look.may_change(look.zone.start(coming - days))
        look.may_change(look.zone.start(coming + 1))
        return coming - look.today <= days

    return holds


def _trait(rule: HasTrait) -> Check:
    name, value = rule.name, trait_value_at(rule.name)
    if rule.test.operator == "exists":
        wanted = rule.test.value is not False

        def exists(look: Look) -> bool:
            traits = look.known.traits
            # A value that was too large to keep is there.
            is_left_out = name in traits and bool(traits[name][4])
            return (is_left_out or value(traits) is not None) is wanted

        return exists
    if rule.test.operator not in model.DAY_OPERATORS:
        compare = comparison(rule.test.operator, rule.test.value)
        return lambda look: compare(value(look.known.traits))
    fulfils = demand(rule.test)
    return lambda look: fulfils(look, value(look.known.traits))


def _computed(version: int, test: Test) -> Check:
    fulfils = demand(test)

    def holds(look: Look) -> bool:
        moment = look.known.computed_changes_at(version, look.now)
        if moment is not None:
            look.may_change(moment)
        return fulfils(look, look.known.computed(version, look.now).value)

    return holds


def _account(rule: HasAccount) -> Check:
    value, fulfils = trait_value_at(rule.name), demand(rule.test)

    def holds(look: Look) -> bool:
        # Every account has its say, for each tells when it might change.
        said = [fulfils(look, value(one)) for one in look.accounts]
        return any(said)

    return holds


def _consent(rule: HasConsent) -> Check:
    purpose, channel = rule.purpose, rule.channel
    wanted = {"granted": True, "denied": False}.get(rule.state)
    return lambda look: look.known.consent(purpose, channel) is wanted


def _holds(rule: Holds) -> Check:
    product = rule.product
    return lambda look: look.known.holds(product)


def _member(rule: IsMember) -> Check:
    name = rule.name
    return lambda look: name in look.members


_LEAVES: dict[type, Callable[[Any], Check]] = {
    HasTrait: _trait,
    HasAccount: _account,
    HasConsent: _consent,
    Holds: _holds,
    IsMember: _member,
}


def past_moments(look: Look, version: int) -> list[int]:
    """Return the kept moments that are not in the future."""
    moments = look.known.moments(version)
    if moments and moments[-1] > look.now:
        # A clock that is ahead, or a history that is told step by step.
        later = next(moment for moment in moments if moment > look.now)
        look.may_change(later)
        return [moment for moment in moments if moment <= look.now]
    return moments


def did(rule: Did, version: int) -> Check:
    """Return the function of a count."""
    least, most, days, calendar = rule.least, rule.most, rule.within_days, rule.calendar
    span = None if days is None else days * DAY

    def happened(look: Look, moments: list[int], times: int) -> bool:
        """Return whether it happened so many times; that ends when the earliest of them leaves the window."""
        if times == 0:
            return True
        if len(moments) < times:
            return False
        if span is None or days is None:
            return True
        moment = moments[-times]
        end = look.zone.start(look.zone.of(moment) + days) if calendar else moment + span
        if end <= look.now:
            return False
        look.may_change(end)
        return True

    def holds(look: Look) -> bool:
        moments = past_moments(look, version)
        if least is not None and not happened(look, moments, least):
            return False
        return most is None or not happened(look, moments, most + 1)

    return holds


def sequence(rule: model.Sequence, versions: Sequence[int]) -> Check:
    """Return the function of a sequence."""
    *middle, last = versions[1:]
    start, span = versions[0], round(rule.within_hours * HOUR)
    window = None if rule.within_days is None else rule.within_days * DAY
    missing = rule.missing_last

    def holds(look: Look) -> bool:
        firsts = past_moments(look, start)
        followers = [past_moments(look, version) for version in (*middle, last)] if firsts else []
        found = False
        for first in firsts:
            if window is not None and first + window <= look.now:
                continue
            begins = first + span if missing else 0
            if not _fits(first, followers, span, missing=missing):
                continue
            if begins > look.now:
                look.may_change(begins)
                continue
            found = True
            if window is not None:
                look.may_change(first + window)
        return found

    return holds


def _fits(first: int, followers: Sequence[Sequence[int]], span: int, *, missing: bool) -> bool:
    """Return whether the steps behind a first one came in time; with ``missing`` all but the last, which must not."""
    at = first
    for place, moments in enumerate(followers):
        following = next((moment for moment in moments if moment > at), NEVER)
        if missing and place == len(followers) - 1:
            return following > first + span
        if following > first + span:
            return False
        at = following
    return True
