"""A campaign in simulated time: the same programs and the same gate, over past facts, person by person.

Nothing is sent and nothing is kept. What customers would have done because of a message that was never sent, nobody can know.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any

import msgspec

from beleef.audiences.api import Audience, IsMember, PastRule, Rule, past
from beleef.campaigns import timing
from beleef.campaigns.book import Book
from beleef.campaigns.life import NUMBER, Happening, Life, PastPerson, Stage
from beleef.campaigns.model import (
    CONTROL,
    Campaign,
    OnAudience,
    OnCall,
    OnFact,
    OnSchedule,
    StoredCampaign,
    Version,
)
from beleef.campaigns.past import PastSelf
from beleef.campaigns.selecting import fits
from beleef.contact.api import GateRules, busiest_week, gate
from beleef.kernel.clock import to_datetime
from beleef.profiles.api import Days, Rules, StoredDefinition

_AT_ONCE = 500
_MOST_TOLD = 50


class PersonSimulated(msgspec.Struct, frozen=True, kw_only=True):
    """What would have happened to one person, in order."""

    person: int
    happenings: tuple[Happening, ...]


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation showed.

    Attributes:
        campaign: Its name.
        since: When it began.
        until: When it ended.
        looked_at: How many people it was run over.
        entered: How many runs began, those kept out included.
        kept_out: How many of them were kept out for comparison.
        sent: Messages by step.
        by_channel: Messages by channel.
        by_day: Messages by day, as days since 1970 in the organisation's zone.
        entered_by_day: Runs that began, by day.
        held: How many were held before they went out (or not), by reason.
        skipped: How many would never go out, by reason.
        waiting: How many were still held at the end.
        left: How many runs ended, by reason.
        goals: How many runs reached each goal.
        under_way: How many runs had not ended.
        busiest_week: By the most messages in any seven days, how many people: what they got otherwise included.
        people: The first people something happened to.
    """

    campaign: str
    since: int
    until: int
    looked_at: int
    entered: int
    kept_out: int
    sent: dict[str, int]
    by_channel: dict[str, int]
    by_day: dict[int, int]
    entered_by_day: dict[int, int]
    held: dict[str, int]
    skipped: dict[str, int]
    waiting: int
    left: dict[str, int]
    goals: dict[str, int]
    under_way: int
    busiest_week: dict[int, int]
    people: tuple[PersonSimulated, ...]


class Simulation:
    """A campaign to be run over the past.

    Args:
        campaign: The campaign.
        rules: The gate's rules.
        audiences: The audiences that rules may name.
        computed: The computed traits in force.
        zone: The organisation's time zone.
    """

    def __init__(
        self,
        campaign: Campaign,
        *,
        rules: GateRules,
        audiences: Sequence[Audience],
        computed: Sequence[StoredDefinition],
        zone: str,
    ) -> None:
        self.campaign = campaign
        self.zone = zone
        self._gate = gate(rules)
        self._audiences = {one.name: one.rule for one in audiences}
        self._definitions = [one.definition for one in computed]
        self._rules = Rules(computed, Days(zone))

    def run(self, people: Iterable[PastPerson], *, since: int, until: int) -> Simulated:
        """Run it over people, each by themselves.

        Args:
            people: People with their past.
            since: When the campaign begins, in microseconds.
            until: When it ends.

        Raises:
            NotFound: it names an audience that is not there.
        """
        total = _Total(self.zone)
        waiting = iter(people)
        # Rules remember everybody they were told about, so they begin anew now and then.
        while some := list(islice(waiting, _AT_ONCE)):
            stage = self._stage(since, until)
            for person in some:
                if not self._may_enter(person, since):
                    total.pass_by()
                    continue
                life = Life(stage, person, PastSelf(self._rules, self.zone, person.namespaces))
                life.live()
                total.add(life)
        return total.result(self.campaign.name, since, until)

    def _may_enter(self, person: PastPerson, since: int) -> bool:
        """Whether there is any use in living somebody's time through: without the fact that lets people in nothing happens."""
        on = self.campaign.entry.on
        if not isinstance(on, OnFact):
            return not isinstance(on, OnCall)
        is_meant = fits(on.fact.facts)
        return any(fact.occurred_at >= since and is_meant(fact) for fact in person.facts)

    def _stage(self, since: int, until: int) -> Stage:
        book = self._book(since)
        on = self.campaign.entry.on
        return Stage(
            campaign=self.campaign,
            book=book,
            gate=self._gate,
            zone=self.zone,
            asked={key: self._past(rule) for key, rule in book.rules.items()},
            watched=self._past(IsMember(name=on.audience))
            if isinstance(on, OnAudience | OnSchedule)
            else None,
            since=since,
            until=until,
        )

    def _past(self, rule: Rule) -> PastRule:
        return past(rule, zone=self.zone, definitions=self._definitions, audiences=self._audiences)

    def _book(self, since: int) -> Book:
        stored = StoredCampaign(
            number=NUMBER,
            campaign=self.campaign,
            state="active",
            version=1,
            is_changed=False,
            active_from=since - 1,
            paused_at=None,
            updated_at=since,
        )
        version = Version(
            campaign=self.campaign.name,
            version=1,
            definition=self.campaign,
            published_at=since,
            in_flight="finish",
        )
        return Book([stored], {(NUMBER, 1): version}, self.zone)


class _Total:
    """Adds people's simulated times up."""

    def __init__(self, zone: str) -> None:
        self._zone = timing.zone_named(zone, zone)
        self._looked_at = self._kept_out = self._waiting = self._under_way = 0
        self._counts: dict[str, Counter[Any]] = {
            name: Counter()
            for name in ("sent", "channel", "day", "entered_day", "held", "skipped", "left", "goals", "week")
        }
        self._entered = 0
        self._people: list[PersonSimulated] = []

    def pass_by(self) -> None:
        """Count somebody to whom nothing happens."""
        self._looked_at += 1

    def add(self, life: Life) -> None:
        """Add one person."""
        counts = self._counts
        self._looked_at += 1
        self._waiting += life.waiting
        counts["held"].update(life.held)
        counts["skipped"].update(life.skipped)
        counts["goals"].update(life.goals)
        for step, contact in life.sent:
            counts["sent"][step] += 1
            counts["channel"][contact.channel] += 1
            counts["day"][self._day(contact.at)] += 1
        for run in life.story.runs:
            self._entered += 1
            counts["entered_day"][self._day(run.entered_at)] += 1
            self._kept_out += run.variants.get("") == CONTROL
            if run.ended_at is None:
                self._under_way += 1
            else:
                counts["left"][run.reason] += 1
        if life.story.runs:
            moments = [contact.at for _, contact in life.sent] + [one.at for one in life.person.contacts]
            counts["week"][busiest_week(moments)] += 1
            if len(self._people) < _MOST_TOLD:
                ordered = sorted(life.happenings, key=lambda one: one.at)
                self._people.append(PersonSimulated(person=life.person.number, happenings=tuple(ordered)))

    def _day(self, at: int) -> int:
        return (to_datetime(at).astimezone(self._zone).date() - date(1970, 1, 1)).days

    def result(self, name: str, since: int, until: int) -> Simulated:
        """Return the sum."""
        counts = {key: dict(sorted(found.items())) for key, found in self._counts.items()}
        return Simulated(
            campaign=name,
            since=since,
            until=until,
            looked_at=self._looked_at,
            entered=self._entered,
            kept_out=self._kept_out,
            sent=counts["sent"],
            by_channel=counts["channel"],
            by_day=counts["day"],
            entered_by_day=counts["entered_day"],
            held=counts["held"],
            skipped=counts["skipped"],
            waiting=self._waiting,
            left=counts["left"],
            goals=counts["goals"],
            under_way=self._under_way,
            busiest_week=counts["week"],
            people=tuple(self._people),
        )
