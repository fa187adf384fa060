"""What a recipient wants, and the facts that say so when it changes. Pure: the pages read and write.

A choice is told as a fact of its own, so that it can be taken back, and so that every slice hears of it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from beleef.contact.model import EVERYWHERE, Purpose, Standing
from beleef.contact.topics.model import Topic
from beleef.kernel.clock import DAY, to_text

CHOSEN: Final[tuple[Purpose, ...]] = ("marketing", "survey")
"""Purposes that a recipient switches on and off; what belongs to an order or a contract always comes."""
PAUSE_DAYS: Final = 30
_PAGE: Final = "preferences"


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to get.

    Attributes:
        purposes: Purposes that are on.
        topics: Topics that are on.
        channels: Kinds of channels that are on.
        paused_until: Until when there is a pause; 0 for none.
        everything_off: Whether the person left altogether.
    """

    purposes: frozenset[str]
    topics: frozenset[str]
    channels: frozenset[str]
    paused_until: int = 0
    everything_off: bool = False


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """One fact to say: the event, its properties, and what takes it back."""

    event: str
    properties: dict[str, Any]
    undo: tuple[str, dict[str, Any]]


def wishes(
    said: Standing,
    allowed: Collection[tuple[str, str]],
    topics: Collection[Topic],
    kinds: Collection[str],
    now: int,
) -> Wishes:
    """Return what somebody wants.

    Args:
        said: What they said about contact.
        allowed: Purposes and kinds of channels that the gate lets through as far as their own wishes go.
        topics: All topics.
        kinds: Kinds of channels that they can be reached by.
        now: The moment, in microseconds.
    """
    return Wishes(
        purposes=frozenset(purpose for purpose in CHOSEN if any(one[0] == purpose for one in allowed)),
        topics=frozenset(topic.name for topic in topics if said.topics.get(topic.name, True)),
        channels=frozenset(kind for kind in kinds if (EVERYWHERE, kind) not in said.objections),
        paused_until=said.paused_until if said.paused_until > now else 0,
        everything_off=(EVERYWHERE, EVERYWHERE) in said.objections,
    )


def changes(before: Wishes, after: Wishes, said: Standing, shown: Collection[str]) -> tuple[Word, ...]:
    """Return the facts that lead from one set of wishes to another.

    Args:
        before: What they want now.
        after: What they chose.
        said: What they said about contact so far: coming back takes back every no that stands in the way.
        shown: Kinds of channels that they could choose between.
    """
    return tuple(_changes(before, after, said, shown))


def _changes(before: Wishes, after: Wishes, said: Standing, shown: Collection[str]) -> Iterator[Word]:
    for purpose in CHOSEN:
        if purpose in after.purposes and purpose not in before.purposes:
            for place in sorted(said.objections):
                if place[0] == purpose:
                    yield _in(purpose=place[0], channel=place[1])
            yield _consent(purpose, "granted")
        elif purpose in before.purposes and purpose not in after.purposes:
            yield _out(purpose=purpose, channel=EVERYWHERE)
            yield _consent(purpose, "denied")
    for topic in sorted(after.topics ^ before.topics):
        yield _in(topic=topic) if topic in after.topics else _out(topic=topic)
    for kind in sorted(shown):
        if kind in after.channels and kind not in before.channels:
            yield _in(purpose=EVERYWHERE, channel=kind)
        elif kind in before.channels and kind not in after.channels:
            yield _out(purpose=EVERYWHERE, channel=kind)


def leaving() -> tuple[Word, ...]:
    """Return the facts that switch everything off."""
    return (_out(purpose=EVERYWHERE, channel=EVERYWHERE),)


def coming_back() -> tuple[Word, ...]:
    """Return the facts that take switching everything off back; single choices stay as they were."""
    return (_in(purpose=EVERYWHERE, channel=EVERYWHERE),)


def pausing(now: int, *, paused_until: int) -> tuple[Word, ...]:
    """Return the facts that begin a pause, which take back to how it was."""
    until = to_text(now + PAUSE_DAYS * DAY)
    before = ("Contact Paused", {"until": to_text(paused_until)}) if paused_until else ("Contact Resumed", {})
    return (Word(event="Contact Paused", properties={"until": until}, undo=before),)


def resuming(*, paused_until: int) -> tuple[Word, ...]:
    """Return the facts that end a pause."""
    return (
        Word(
            event="Contact Resumed",
            properties={},
            undo=("Contact Paused", {"until": to_text(paused_until)}),
        ),
    )


def undone(words: Collection[Word]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return what takes facts back, the last first."""
    return tuple(word.undo for word in reversed(tuple(words)))


def messages(
    said: Collection[tuple[str, Mapping[str, Any]]], *, naming: Mapping[str, Any], at: int, token: str
) -> list[dict[str, Any]]:
    """Return facts as messages.

    Args:
        said: Events and their properties.
        naming: Who says it.
        at: When, in microseconds.
        token: Goes into the message ids, so that a form that is sent twice says it once.
    """
    return [
        {
            "messageId": f"preferences:{token}:{number}",
            "type": "track",
            "event": event,
            "channel": "web",
            # A millisecond apart, so that of two words about one thing the later one holds.
            "timestamp": to_text(at + number * 1_000),
            "properties": {**properties, "how": _PAGE},
            **naming,
        }
        for number, (event, properties) in enumerate(said)
    ]


def _in(**about: str) -> Word:
    return Word(event="Subscribed", properties=about, undo=("Unsubscribed", about))


def _out(**about: str) -> Word:
    return Word(event="Unsubscribed", properties=about, undo=("Subscribed", about))


def _consent(purpose: str, state: str) -> Word:
    about = {"purpose": purpose, "channel": EVERYWHERE, "text_version": _PAGE}
    other = "denied" if state == "granted" else "granted"
    return Word(
        event="Consent Updated",
        properties={**about, "state": state},
        undo=("Consent Updated", {**about, "state": other}),
    )
