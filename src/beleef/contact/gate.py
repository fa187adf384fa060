"""The gate's decision: from rules, a message and what is known of the person, whether it may go out now, later or never.

It is a function of its arguments alone, so that the same question gives the same answer in the sender, on a page and in a simulation.
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from beleef.contact.hours import Hours, day_of, day_start, minute_of, zone_named
from beleef.contact.model import (
    EVERYWHERE,
    Asked,
    Cap,
    Decision,
    Distance,
    GateRules,
    Intent,
    Known,
    Needs,
    PastContact,
    Purpose,
    QuietHours,
)
from beleef.kernel.clock import DAY, HOUR

_FURTHEST = 400 * DAY
"""How far ahead a free moment is looked for; rules that leave none within a year never will."""
_PASSES = "ok"
_UTC = ZoneInfo("UTC")

Delay = tuple[int, str, str]
"""``(earliest moment, reason, rule)``."""


def decide(rules: GateRules, asked: Asked, known: Known) -> Decision:
    """Return what the gate says about one message.

    Args:
        rules: The rules.
        asked: The message, and the moment it would go out.
        known: What is known of the person.

    Raises:
        InvalidInput: the rules cannot be; see ``rules.check``.
    """
    return gate(rules).decide(asked, known)


def bucket(key: bytes, first: int) -> float:
    """Return where a person stands in the hold-out's draw, from 0 up to 1: always the same for one person, merged or not.

    With a larger share the same people stay held out and more join them.

    Args:
        key: The installation's key.
        first: Number of the identifier that the person was first met under (``Person.first``).
    """
    digest = hashlib.blake2b(first.to_bytes(8, "big"), digest_size=7, key=key, person=b"hold-out")
    return int.from_bytes(digest.digest(), "big") / (1 << 56)


def rank(intent: Intent) -> tuple[int, float, int, str]:
    """Return a key that sorts what wants the same slot, what goes first first: by priority, value, age and key."""
    return -intent.priority, -intent.value, intent.not_before, intent.key


def asked_of(intent: Intent, at: int) -> Asked:
    """Return the question about an intent at a moment."""
    return Asked(
        at=at,
        purpose=intent.purpose,
        channel=intent.channel,
        topic=intent.topic,
        not_before=intent.not_before,
        expires_at=intent.expires_at,
        is_reminder=intent.is_reminder,
    )


class Gate:
    """Rules made ready to decide with.

    Args:
        rules: The rules.

    Raises:
        InvalidInput: they cannot be.
    """

    def __init__(self, rules: GateRules) -> None:
        self.rules = rules
        self._needs: dict[tuple[str, str], Needs] = {
            (one.purpose, one.channel): one.needs for one in rules.consent
        }
        self._quiet = tuple((Hours(minute_of(one.start), minute_of(one.end)), one) for one in rules.quiet)
        self.window = max(
            (*(cap.days * DAY for cap in rules.caps), *(round(one.hours * HOUR) for one in rules.distances)),
            default=0,
        ) + (2 * DAY)
        """How far back contacts matter, in microseconds."""

    def decide(self, asked: Asked, known: Known) -> Decision:
        """Return what the gate says about one message."""
        if asked.expires_at is not None and asked.at >= asked.expires_at:
            return Decision(outcome="skip", reason="expired")
        refusal = self.refusal(asked, known)
        if refusal:
            return Decision(outcome="skip", reason=refusal)
        zone = zone_named(known.zone) or _UTC
        until, reason, rule = self._earliest(asked, known, zone)
        if until > asked.at + _FURTHEST or (asked.expires_at is not None and until >= asked.expires_at):
            return Decision(outcome="skip", reason=reason, rule=rule)
        obstacle = self._obstacle(asked, known)
        if obstacle:
            return Decision(outcome="hold", reason=obstacle)
        if until > asked.at:
            return Decision(outcome="hold", reason=reason, until=until, rule=rule)
        return Decision(outcome="send", reason=_PASSES, until=self._holds_until(asked, zone))

    def _obstacle(self, asked: Asked, known: Known) -> str:
        """Return what has to be out of the way first, whose end no clock knows; empty where nothing is."""
        if known.has_open_complaint and asked.purpose in self.rules.hold_during_complaint:
            return "open_complaint"
        return "" if known.is_channel_open else "channel_off"

    def refusal(self, asked: Asked, known: Known) -> str:
        """Return why a message may never go out, whenever it is; empty where nothing speaks against it."""
        if not (known.has_channel and known.has_address):
            return "no_address" if known.has_channel else "no_channel"
        is_needed = asked.purpose == "transactional"
        if known.suppressed and not (is_needed and known.suppressed in {"complained", "opted_out"}):
            return known.suppressed
        refusal = self._without_consent(asked, known)
        if refusal:
            return refusal
        if not is_needed and known.topics.get(asked.topic, True) is False:
            return "topic_off"
        if asked.purpose in self.rules.hold_out_purposes and known.bucket < self.rules.hold_out:
            return "hold_out"
        return ""

    def _without_consent(self, asked: Asked, known: Known) -> str:
        needs = self._needs.get((asked.purpose, asked.channel)) or self._needs.get(
            (asked.purpose, EVERYWHERE), "nothing"
        )
        if needs == "nothing":
            return ""
        allows = _allows(asked.purpose, asked.channel, known)
        if allows is False:
            return "opted_out"
        if allows or needs == "no_objection" or (needs == "consent_or_relation" and known.has_relation):
            return ""
        return "no_consent"

    def _earliest(self, asked: Asked, known: Known, zone: ZoneInfo) -> Delay:
        """Return the earliest moment at which every rule about time lets it pass, and what holds it longest now."""
        checks = tuple(self._checks(asked, known, zone))
        delays = [(asked.at, _PASSES, ""), *(check(asked.at) for check in checks)]
        if asked.not_before > asked.at:
            delays.append((asked.not_before, "too_early", ""))
        if asked.purpose in self.rules.pausable:
            delays.append((known.paused_until, "paused", ""))
        if asked.purpose == "survey" and known.complaint_closed_at and self.rules.days_after_complaint:
            quiet_until = known.complaint_closed_at + self.rules.days_after_complaint * DAY
            delays.append((quiet_until, "after_complaint", ""))
        # The first of those that hold it equally long; what a later moment runs into does not tell why it waits now.
        until, reason, rule = max(delays, key=lambda delay: delay[0])
        before = asked.at
        while before < until <= asked.at + _FURTHEST:
            before = until
            until = max((check(until)[0] for check in checks), default=until)
        return until, reason, rule

    def _checks(self, asked: Asked, known: Known, zone: ZoneInfo) -> Iterator[Callable[[int], Delay]]:
        for cap in self.rules.caps:
            if _limits(cap, asked) and (not cap.topics or asked.topic in cap.topics):
                yield _cap_check(cap, self._counted(cap, asked, known), zone)
        for distance in self.rules.distances:
            if _limits(distance, asked):
                yield _distance_check(distance, self._counted(distance, asked, known))
        for hours, quiet in self._quiet:
            if _limits(quiet, asked):
                yield _quiet_check(hours, zone)

    def _counted(self, rule: Cap | Distance, asked: Asked, known: Known) -> list[int]:
        """Return the moments of the contacts that count for a rule, the latest first."""
        topics = rule.topics if isinstance(rule, Cap) else ()
        if isinstance(rule, Cap) and rule.each_topic:
            topics = (asked.topic,)
        return sorted(
            (
                one.at
                for one in known.contacts
                if self._counts(rule.purposes, one)
                and not (one.is_reminder and _is_about_surveys(rule))
                and (not rule.channels or one.channel in rule.channels)
                and (not topics or one.topic in topics)
            ),
            reverse=True,
        )

    def _counts(self, purposes: tuple[Purpose, ...], contact: PastContact) -> bool:
        if purposes:
            return contact.purpose in purposes
        return contact.purpose != "transactional" or self.rules.transactional_counts

    def _holds_until(self, asked: Asked, zone: ZoneInfo) -> int | None:
        """Return when a message that may go out now may not any more, by the clock alone; None for never."""
        ends = [hours.start_after(asked.at, zone) for hours, quiet in self._quiet if _limits(quiet, asked)]
        if asked.expires_at is not None:
            ends.append(asked.expires_at)
        return min(ends, default=None)


@lru_cache(maxsize=8)
def gate(rules: GateRules) -> Gate:
    """Return rules made ready to decide with; the same object for the same rules."""
    return Gate(rules)


def _limits(rule: Cap | Distance | QuietHours, asked: Asked) -> bool:
    """Return whether a rule is about a message; without purposes it is about all but transactional ones."""
    about = asked.purpose in rule.purposes if rule.purposes else asked.purpose != "transactional"
    if asked.is_reminder and not isinstance(rule, QuietHours) and _is_about_surveys(rule):
        return False
    return about and (not rule.channels or asked.channel in rule.channels)


def _is_about_surveys(rule: Cap | Distance) -> bool:
    """Return whether a rule is about surveys alone: to it a survey and its reminder are one."""
    return rule.purposes == ("survey",)


def _allows(purpose: str, channel: str, known: Known) -> bool | None:
    """Return whether the person said yes or no to a purpose on a channel; None where they said nothing.

    A word about the channel outweighs a word about all channels, but for a later no: a yes that pages repeat on every
    visit must not bring back somebody who left.
    """
    own, general = known.consents.get((purpose, channel)), known.consents.get((purpose, EVERYWHERE))
    said = own or general
    if own is not None and general is not None and own[0] and not general[0] and general[1] > own[1]:
        said = general
    objected = max(
        (
            moment
            for about in (
                (purpose, channel),
                (purpose, EVERYWHERE),
                (EVERYWHERE, channel),
                (EVERYWHERE, EVERYWHERE),
            )
            if (moment := known.objections.get(about)) is not None
        ),
        default=None,
    )
    if objected is not None and not (own is not None and own[0] and own[1] > objected):
        return False
    return None if said is None else said[0]


def _cap_check(cap: Cap, moments: list[int], zone: ZoneInfo) -> Callable[[int], Delay]:
    if cap.at_most <= 0:
        return lambda at: (at + 2 * _FURTHEST, "cap", cap.name)
    if len(moments) < cap.at_most:
        return lambda at: (at, "", "")
    # The window is free again once this one has left it.
    nth = moments[cap.at_most - 1]
    free = day_start(day_of(nth, zone) + cap.days, zone) if cap.calendar else nth + cap.days * DAY
    return lambda at: (max(at, free), "cap", cap.name)


def _distance_check(distance: Distance, moments: list[int]) -> Callable[[int], Delay]:
    free = moments[0] + round(distance.hours * HOUR) if moments else 0
    return lambda at: (max(at, free), "distance", "")


def _quiet_check(hours: Hours, zone: ZoneInfo) -> Callable[[int], Delay]:
    return lambda at: (hours.end_after(at, zone) if hours.hold(at, zone) else at, "quiet_hours", "")
