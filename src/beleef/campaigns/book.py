"""The campaigns in force, ready to run: programs by version, and by event name what a fact with it can set off.

It is read again when a campaign changed; facts that no campaign looks at cost one look into a dictionary.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from beleef.audiences.api import Rule, rule_to_data
from beleef.campaigns import queries
from beleef.campaigns.machine import Machine, rule_key
from beleef.campaigns.model import (
    Campaign,
    Goal,
    OnAudience,
    OnFact,
    Selector,
    Send,
    StoredCampaign,
    Version,
    WaitFor,
)
from beleef.campaigns.program import Program, compile_, rules_of, steps_of
from beleef.campaigns.selecting import fits, value_at
from beleef.facts.fact import Fact

Role = Literal["goal", "reaction", "exit", "wait", "entry", "fallback"]
_ORDER: dict[Role, int] = {"goal": 0, "reaction": 1, "exit": 2, "wait": 3, "fallback": 4, "entry": 5}
"""Of one fact that is several things: it counts as a success before it ends a run, and ends a run before it begins another."""

REACTIONS = {"Unsubscribed": "~unsubscribed", "Email Marked as Spam": "~complained"}
"""Facts about messages that every campaign counts, and the names under which they are counted among its goals."""
FALLBACK_FACTS = ("Message Skipped", "Message Failed")


class Hit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fitting fact sets off.

    Attributes:
        role: What it is to the campaign.
        campaign: Number of the campaign.
        version: The version it belongs to.
        fits: Whether a fact fits.
        same: Reads what must equal the run's key; None for no demand.
        step: For ``wait``: the step that waits.
        reason: For ``exit`` why the run ends; for ``reaction`` what it is counted as.
        goal: For ``goal``.
    """

    role: Role
    campaign: int
    version: int
    fits: Callable[[Fact], bool]
    same: Callable[[Fact], Any] | None = None
    step: str = ""
    reason: str = ""
    goal: Goal | None = None


class Book:
    """The campaigns in force.

    Args:
        campaigns: All campaigns.
        versions: All their published versions, by number and version.
        zone: The organisation's time zone.
    """

    def __init__(
        self, campaigns: Iterable[StoredCampaign], versions: dict[tuple[int, int], Version], zone: str
    ) -> None:
        self.rules: dict[str, Rule] = {}
        self.campaigns = {one.number: one for one in campaigns}
        self.machines = {
            (number, version): Machine(
                compile_(found.definition, number=number, version=version), self.key_of, zone
            )
            for (number, version), found in versions.items()
        }
        self.running = frozenset(one.number for one in self.campaigns.values() if one.state == "active")
        """Numbers of the campaigns in which people go on at present."""
        self.by_name: dict[str | None, list[Hit]] = defaultdict(list)
        for (number, version), machine in self.machines.items():
            for events, hit in self._hits(machine.program, number, version):
                for event in events or (None,):
                    self.by_name[event].append(hit)
        for hits in self.by_name.values():
            hits.sort(key=lambda hit: _ORDER[hit.role])

    def key_of(self, rule: Rule) -> str:
        """Return the key of a rule, and remember the rule under it."""
        # Two rules that say the same are asked once.
        key = rule_key(rule, rule_to_data)
        self.rules.setdefault(key, rule)
        return key

    def hits(self, fact: Fact) -> list[Hit]:
        """Return what a fact sets off, in the order in which it does."""
        found = self.by_name.get(fact.name)
        always = self.by_name.get(None) if fact.name is not None else None
        if not found and not always:
            return []
        hits = [hit for hit in (*(found or ()), *(always or ())) if hit.fits(fact)]
        if always:
            hits.sort(key=lambda hit: _ORDER[hit.role])
        return hits

    def _hits(self, program: Program, number: int, version: int) -> Iterator[tuple[tuple[str, ...], Hit]]:
        campaign, stored = program.campaign, self.campaigns[number]
        place: dict[str, Any] = {"campaign": number, "version": version}
        for goal in campaign.goals:
            yield goal.fact.facts.events, Hit(role="goal", **place, **_selecting(goal.fact), goal=goal)
        for one in campaign.exits:
            if one.fact is not None:
                yield (
                    one.fact.facts.events,
                    Hit(role="exit", **place, **_selecting(one.fact), reason=one.reason),
                )
        for step in steps_of(campaign.flow):
            if isinstance(step.does, WaitFor):
                fact = step.does.fact
                yield fact.facts.events, Hit(role="wait", **place, **_selecting(fact), step=step.id)
            if isinstance(step.does, Send) and step.does.fallback:
                about = _about(campaign, step.id)
                yield FALLBACK_FACTS, Hit(role="fallback", **place, fits=about, step=step.id)
        if version == stored.version:
            for event, counted in REACTIONS.items():
                yield (event,), Hit(role="reaction", **place, fits=_led_by(campaign), reason=counted)
        if version == stored.version and stored.state == "active":
            yield from _entries(campaign, place)


def _selecting(selector: Selector) -> dict[str, Any]:
    return {
        "fits": fits(selector.facts),
        "same": None if selector.same is None else value_at(selector.same),
    }


def _about(campaign: Campaign, step: str) -> Callable[[Fact], bool]:
    name = campaign.name

    def is_about(fact: Fact) -> bool:
        said = fact.properties or {}
        return fact.type == "beleef" and fact.campaign == name and said.get("step") == step

    return is_about


def _led_by(campaign: Campaign) -> Callable[[Fact], bool]:
    name = campaign.name
    return lambda fact: fact.campaign == name


def _entries(campaign: Campaign, place: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Hit]]:
    match campaign.entry.on:
        case OnFact(fact=selector):
            yield selector.facts.events, Hit(role="entry", **place, **_selecting(selector))
        case OnAudience(audience=audience, on=on):
            event = "Audience Entered" if on == "enter" else "Audience Left"

            def is_it(fact: Fact) -> bool:
                return fact.type == "beleef" and (fact.properties or {}).get("audience") == audience

            yield (event,), Hit(role="entry", **place, fits=is_it)


def read(connection: sa.Connection, zone: str) -> Book:
    """Return the campaigns in force, from the database."""
    campaigns = [one for one in queries.stored(connection) if one.version]
    return Book(campaigns, queries.versions(connection, [one.number for one in campaigns]), zone)


def rules_asked(campaigns: Iterable[Campaign]) -> list[Rule]:
    """Return all rules that campaigns ask."""
    return [rule for campaign in campaigns for rule in rules_of(campaign)]
