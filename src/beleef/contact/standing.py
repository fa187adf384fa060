"""What facts say about contact: who left, which topics they want, who wants a pause, whose complaint is open, what came back.

Each says the latest word about one thing; words are compared by moment and fact number, so their order of arrival does not matter.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from beleef.contact.model import EVERYWHERE, Standing
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, from_datetime

_PART = "\x1f"
_OUT, _TOPIC, _PAUSE, _COMPLAINT = "out", "topic", "pause", "complaint"
_LONGEST = 200
_LONGEST_PAUSE_DAYS, _USUAL_PAUSE_DAYS = 400, 30

_CHANNELS = ("email", "sms", "whatsapp", "push", "inbox", "letter", "call")
_REPORTS = {
    f"{channel} {what}": (channel, kind)
    for channel in _CHANNELS
    for what, kind in (
        ("delivered", "delivered"),
        ("bounced", "bounced"),
        ("marked as spam", "complained"),
        ("opened", "opened"),
        ("link clicked", "clicked"),
    )
}
_WORDS = {
    "unsubscribed",
    "subscribed",
    "contact paused",
    "contact resumed",
    "complaint opened",
    "complaint closed",
}
WAKING = {"contact resumed", "complaint closed"}
"""Names of facts after which the gate looks again at what it holds."""


@lru_cache(maxsize=10_000)
def concerns(name: str | None) -> bool:
    """Return whether a fact of this name may say something about contact; every fact is asked, so the answer is kept."""
    folded = (name or "").casefold()
    return folded in _WORDS or folded in _REPORTS


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The latest that was said about one thing."""

    about: str
    at: int
    fact: int
    said: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message, as a fact tells it.

    Attributes:
        fact: Number of the fact.
        at: When it happened, in microseconds.
        channel: On which channel.
        kind: ``delivered``, ``hard``, ``soft``, ``complained``, ``opened`` or ``clicked``.
        key: Key of the intent; empty where the fact names none.
        address: Which address; empty where the fact names none.
    """

    fact: int
    at: int
    channel: str
    kind: str
    key: str
    address: str


def word(fact: Fact) -> Word | None:
    """Return what a fact says about a person's standing, or None where it says nothing."""
    name = (fact.name or "").casefold()
    if fact.type != "track" or name not in _WORDS:
        return None
    properties = fact.properties or {}
    if name in {"complaint opened", "complaint closed"}:
        about = _PART.join((_COMPLAINT, _text(properties, "complaint", "complaint_id", "case_id")))
        return Word(about=about, at=fact.occurred_at, fact=fact.id, said=name.rpartition(" ")[2])
    if name in {"contact paused", "contact resumed"}:
        until = _pause_end(properties, fact.occurred_at) if name == "contact paused" else 0
        return Word(about=_PAUSE, at=fact.occurred_at, fact=fact.id, said=str(until))
    said = "out" if name == "unsubscribed" else "in"
    topic = _text(properties, "topic")
    if topic:
        return Word(about=_PART.join((_TOPIC, topic)), at=fact.occurred_at, fact=fact.id, said=said)
    purpose = _text(properties, "purpose") or "marketing"
    channel = _text(properties, "channel") or EVERYWHERE
    return Word(about=_PART.join((_OUT, purpose, channel)), at=fact.occurred_at, fact=fact.id, said=said)


def report(fact: Fact) -> Report | None:
    """Return what a fact says about a message that went out, or None where it says nothing of the kind."""
    found = _REPORTS.get((fact.name or "").casefold()) if fact.type == "track" else None
    if found is None:
        return None
    channel, kind = found
    properties = fact.properties or {}
    if kind == "bounced":
        kind = "soft" if _text(properties, "bounce", "bounce_type").casefold() in _SOFT else "hard"
    return Report(
        fact=fact.id,
        at=fact.occurred_at,
        channel=channel,
        kind=kind,
        key=_text(properties, "key"),
        address=_text(properties, "address", "email", "phone"),
    )


_SOFT = {"soft", "transient", "temporary", "deferred", "block"}


def standing(words: Iterable[Word]) -> Standing:
    """Return a person's standing from the words of all the person's subjects."""
    latest: dict[str, Word] = {}
    for one in words:
        known = latest.get(one.about)
        if known is None or (known.at, known.fact) < (one.at, one.fact):
            latest[one.about] = one
    objections: dict[tuple[str, str], int] = {}
    topics: dict[str, bool] = {}
    complaints: list[str] = []
    paused_until = closed_at = 0
    for about, one in sorted(latest.items()):
        kind, *parts = about.split(_PART)
        if kind == _OUT and one.said == "out":
            objections[parts[0], parts[1]] = one.at
        elif kind == _TOPIC:
            topics[parts[0]] = one.said == "in"
        elif kind == _PAUSE:
            paused_until = int(one.said)
        elif kind == _COMPLAINT and one.said == "opened":
            complaints.append(parts[0])
        elif kind == _COMPLAINT:
            closed_at = max(closed_at, one.at)
    return Standing(
        objections=objections,
        topics=topics,
        paused_until=paused_until,
        complaints=tuple(complaints),
        complaint_closed_at=closed_at,
    )


def _pause_end(properties: dict[str, Any], at: int) -> int:
    until = properties.get("until")
    if isinstance(until, str):
        try:
            return from_datetime(datetime.fromisoformat(until))
        except (ValueError, OverflowError):
            pass
    days = properties.get("days")
    if isinstance(days, int | float) and not isinstance(days, bool) and math.isfinite(days):
        return at + round(min(max(days, 0), _LONGEST_PAUSE_DAYS) * DAY)
    return at + _USUAL_PAUSE_DAYS * DAY


def _text(properties: dict[str, Any], *names: str) -> str:
    """Return the first of some properties that is a text or a whole number, as it can be kept; empty where none is."""
    for name in names:
        value = properties.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value).replace(_PART, " ").strip()[:_LONGEST]
    return ""
