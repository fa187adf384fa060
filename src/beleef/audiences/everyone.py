"""The second execution of a rule: one Ibis expression over all facts, which gives everybody for whom it holds.

It shares no code with the first but the calendars and the vocabulary of events, so that the two can prove each other.
What a profile keeps only so many of (300 traits, 500 products, 100 consents, values up to 8 KB) it counts in full.
"""

from collections.abc import Collection, Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from beleef.audiences import needs
from beleef.audiences.facts_in_history import History
from beleef.audiences.history_traits import computed, consents, products, traits_of
from beleef.audiences.history_values import fulfils, fulfils_without_value
from beleef.audiences.model import (
    STEP_MOMENTS,
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
    Sequence,
    Test,
)
from beleef.kernel.clock import DAY, HOUR
from beleef.profiles.api import Days, Definition


class Everyone:
    """Rules over everybody, at one moment.

    Args:
        history: The facts of that moment.
        definitions: The computed traits by name.
        audiences: The rules of audiences by name.
        members: Who is in audiences, by name, where that need not be worked out once more.
    """

    def __init__(
        self,
        history: History,
        *,
        definitions: Mapping[str, Definition],
        audiences: Mapping[str, Rule],
        members: Mapping[str, Collection[int]] | None = None,
    ) -> None:
        self._history = history
        self._definitions = definitions
        self._audiences = audiences
        self._members = members or {}

    def matching(self, rule: Rule) -> ir.Table:
        """Return the persons for whom a rule holds: one column ``person``, each once."""
        match rule:
            case All(rules=rules):
                found = [self.matching(one) for one in rules]
                return (
                    reduce(lambda one, other: one.semi_join(other, "person"), found) if found else self._all
                )
            case AnyOf(rules=rules):
                found = [self.matching(one) for one in rules]
                return ibis.union(*found, distinct=True) if found else self._all.filter(ibis.literal(False))
            case Not(rule=one):
                return self._all.anti_join(self.matching(one), "person")
            case IsMember(name=name) if name in self._members:
                return ibis.memtable({"person": sorted(self._members[name])}, schema={"person": "int64"})
            case IsMember(name=name):
                return self.matching(self._audiences[name])
            case _:
                return self._leaf(rule)

    @property
    def _all(self) -> ir.Table:
        return self._history.people()

    def _leaf(self, rule: Rule) -> ir.Table:
        history = self._history
        match rule:
            case HasTrait(name=name, test=test):
                found = self._by_value(traits_of(history, name, "person"), test)
            case HasComputed(name=name, test=test):
                found = self._by_value(computed(history, self._definitions[name]), test)
            case HasAccount(name=name, test=test):
                found = self._by_account(name, test)
            case HasConsent():
                found = self._consent(rule)
            case Holds(product=product):
                found = products(history, product)
            case Did():
                found = self._did(rule)
            case _:
                assert isinstance(rule, Sequence)  # noqa: S101 -- the only kind that is left
                found = self._sequence(rule)
        return found

    def _consent(self, rule: HasConsent) -> ir.Table:
        said = consents(self._history, rule.purpose, rule.channel)
        if rule.state == "unknown":
            return self._all.anti_join(said, "person")
        return said.filter(said.allows == (rule.state == "granted")).select("person")

    def _by_value(self, found: ir.Table, test: Test) -> ir.Table:
        """Return the persons whose value fulfils a test; of ``found`` each has one row, others have no value."""
        zoned = self._with_zone(found, test)
        holds = fulfils(zoned, test, self._history)
        if not fulfils_without_value(test):
            return zoned.filter(holds).select("person")
        return self._all.anti_join(zoned.filter(~holds).select("person"), "person")

    def _by_account(self, name: str, test: Test) -> ir.Table:
        history = self._history
        values = traits_of(history, name, "account").rename(its_account="account")
        accounts = history.accounts()
        joined = accounts.left_join(values, accounts.account == values.its_account)
        zoned = self._with_zone(joined.select("person", "text", "number"), test)
        return zoned.filter(fulfils(zoned, test, history)).select("person").distinct()

    def _with_zone(self, found: ir.Table, test: Test) -> ir.Table:
        """Add the zone in which each person lives where a test asks for it."""
        if test.operator not in {"within_last_days", "within_next_days", "anniversary_within_days"}:
            return found
        return self._zoned(found)

    def _zoned(self, found: ir.Table) -> ir.Table:
        zones = traits_of(self._history, needs.ZONE_TRAIT, "person").select(its_person="person", zone="text")
        joined = found.left_join(zones, found.person == zones.its_person)
        return joined.drop("its_person")

    # Facts

    def _did(self, rule: Did) -> ir.Table:
        highest = max(rule.least or 0, rule.most if rule.most is not None else 0)
        rows = self._history.latest(rule.facts, highest + 1, since=rule.since, until=rule.until)
        if rule.within_days is not None:
            rows = self._in_window(rows, rule.within_days, calendar=rule.calendar)
        counted = rows.group_by("person").aggregate(times=lambda one: one.count())
        holds = ibis.literal(True)
        if rule.least is not None:
            holds &= counted.times >= rule.least
        if rule.most is not None:
            holds &= counted.times <= rule.most
        if rule.least:
            return counted.filter(holds).select("person")
        return self._all.anti_join(counted.filter(~holds).select("person"), "person")

    def _in_window(self, rows: ir.Table, days: int, *, calendar: bool) -> ir.Table:
        if not calendar:
            return rows.filter(rows.moment > self._history.now - days * DAY)

        def first_moment(zone: Days) -> int:
            return zone.start(zone.of(self._history.now) - days + 1)

        zoned = self._zoned(rows)
        return zoned.filter(zoned.moment >= self._history.by_zone(zoned, first_moment)).select(
            "person", "moment"
        )

    def _sequence(self, rule: Sequence) -> ir.Table:
        span, now = round(rule.within_hours * HOUR), self._history.now
        first, *others = [self._history.latest(step, STEP_MOMENTS) for step in rule.steps]
        way = first.select("person", first="moment", at="moment").distinct()
        if rule.within_days is not None:
            way = way.filter(way["first"] > now - rule.within_days * DAY)
        for place, step in enumerate(others):
            following = _following(way, step, span)
            if rule.missing_last and place == len(others) - 1:
                way = way.anti_join(following, ["person", "first"])
                way = way.filter(way["first"] + span <= now)
            else:
                way = following
        return way.select("person").distinct()


def _following(way: ir.Table, step: ir.Table, span: int) -> ir.Table:
    """Return, for each way so far, the first moment of the next step after it, where that is in time."""
    next_ = step.select(its_person="person", moment="moment")
    joined = way.join(next_, (way.person == next_.its_person) & (next_.moment > way["at"]))
    found = joined.group_by("person", "first").aggregate(at=lambda one: one.moment.min())
    return found.filter(found["at"] <= found["first"] + span)
