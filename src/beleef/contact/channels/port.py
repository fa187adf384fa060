"""What a channel is: something that knows a person's address and puts messages on the wire.

A channel never decides whether, and never tries twice by itself: it says what happened, and the sender does the rest.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from beleef.identity.api import Person
from beleef.profiles.api import Profile


class ChannelSetup(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is set up. Its secrets are kept apart and never shown.

    Attributes:
        name: Its name, unique.
        kind: What it is: ``email``, ``sms``, …; intents name it.
        driver: Which implementation of the kind, e.g. ``smtp`` or ``outbox`` for e-mail.
        settings: The implementation's own settings.
        enabled: Whether it sends; what is meant for it waits while it does not.
        per_second: Most messages a second from each sender process; 0 for no limit.
    """

    name: str
    kind: str
    driver: str
    settings: dict[str, Any] = {}
    enabled: bool = True
    per_second: float = 0.0


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it goes on the wire: its name, its kind (MIME) and its bytes."""

    name: str
    type: str
    content: bytes


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready for the wire.

    Attributes:
        contact: Its number in the ledger.
        key: The intent's key; the same message has the same key whenever it is tried again.
        person: Whom.
        address: Where to, as ``Channel.address`` gave it.
        purpose: What for.
        topic: What about; empty for none.
        campaign: Name of the campaign; empty for none.
        language: The language it is written in.
        parts: The parts that the channel's kind has: for ``email`` ``subject``, ``html``, ``text``, …
        links: Signed addresses about this message: ``unsubscribe``, ``preferences``, ``view_in_browser``.
        token: A short signed text that names this message, for return paths and reports.
        variables: What came with the intent.
        files: What goes along; only mail carries files.
    """

    contact: int
    key: str
    person: Person
    address: str
    purpose: str
    topic: str
    campaign: str
    language: str
    parts: dict[str, str]
    links: dict[str, str]
    token: str
    variables: dict[str, Any] = {}
    files: tuple[Carried, ...] = ()


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message on the wire.

    Attributes:
        outcome: ``sent``: the other side has taken it. ``retry``: it has not, and may later. ``refused``: it never will.
            ``uncertain``: the line went dead after the message and before the answer.
        provider_id: The other side's number for it.
        retry_after_s: For ``retry``: how long the other side asked to wait, in seconds; 0 where it did not say.
        code: For what is not ``sent``: a short code, e.g. ``550`` or ``connection``.
        detail: What the other side said, shortened, without anything personal in it.
    """

    outcome: Literal["sent", "retry", "refused", "uncertain"]
    provider_id: str = ""
    retry_after_s: float = 0.0
    code: str = ""
    detail: str = ""


class Channel(Protocol):
    """One channel, open. Used by one thread at a time."""

    kind: str

    def address(self, person: Person, profile: Profile) -> str | None:
        """Return where the person is reached, or None where the channel cannot."""
        ...

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Put messages on the wire and say what became of each, in their order. Raises nothing for what goes wrong there."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
