"""Sources, touchpoint rules and what may become of a message. Pure: no clock, no database."""

from typing import Any, Literal

import msgspec

from beleef.kernel.errors import InvalidInput

Ring = Literal["service", "customer", "staged"]
"""Service experience (how it was to be helped), customer experience (the whole relation), staged experience (what is paid for)."""

Outcome = Literal["processed", "repeated", "quarantined", "erased"]
OUTCOMES: tuple[Outcome, ...] = ("processed", "repeated", "quarantined", "erased")
"""What became of a message; its place in this tuple is its number in the repeat memory."""

CHANNELS = (
    "web", "app", "email", "phone", "chat", "shop", "post", "social", "portal", "sms", "whatsapp", "advert", "event",
    "api", "other",
)  # fmt: skip
"""Channels that pages know an icon and a name for; any other word may be used too."""


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions of a touchpoint rule; all that are given must hold.

    Attributes:
        type: The message's type.
        name: The event's or page's name.
        path_prefix: Start of ``context.page.path`` or ``properties.path``.
        property: Property values that must be equal.
    """

    type: str | None = None
    name: str | None = None
    path_prefix: str | None = None
    property: dict[str, str | int | float | bool] = {}


class TouchpointRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names the exact place of contact, and the ring of experience it belongs to."""

    touchpoint: str
    ring: Ring = "customer"
    when: When = When()


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A place that sends: a website, an app, a till system, an import.

    Attributes:
        id: Its number, as the log keeps it.
        name: Its name, unique.
        write_key: The key it shows. Public in browsers: it may only add.
        channel: The channel of its facts, unless a fact says its own.
        touchpoints: Rules in order; the first that fits names the touchpoint.
        enabled: Whether it is listened to.
        hook: Mapping and signature check for its webhook (``hooks.py``), if it has one.
    """

    id: int
    name: str
    write_key: str
    channel: str
    touchpoints: tuple[TouchpointRule, ...] = ()
    enabled: bool = True
    hook: dict[str, Any] | None = None
    created_at: int = 0


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A message that cannot become a fact as it is.

    Attributes:
        id: The number the fact would have had.
        message_id: As sent, or the one Beleef gave.
        source: Number of the source.
        received_at: When it was accepted, in microseconds.
        code: Stable reason, e.g. ``no_user_anon_id``.
        reason: One sentence.
        message: The message's JSON, to be repaired.
        kind: The route that took it; a replay goes the same way.
    """

    id: int
    message_id: str
    source: int
    received_at: int
    code: str
    reason: str
    message: str
    kind: str


def check_source_name(name: str) -> str:
    """Return the name stripped, when it can be one.

    Raises:
        InvalidInput: it is empty, too long, or has characters that cannot stand in an address.
    """
    name = name.strip()
    if not name or len(name) > 60 or not all(letter.isalnum() or letter in " -_." for letter in name):
        raise InvalidInput(
            f"“{name[:60]}” cannot be the name of a source.",
            hint="Use 1 to 60 letters, digits, spaces, dots or hyphens, for example: web shop.",
        )
    return name


def check_channel(channel: str) -> str:
    """Return the channel in its usual form: lower case, stripped.

    Raises:
        InvalidInput: it is empty or longer than 40 characters.
    """
    channel = channel.strip().lower()
    if not channel or len(channel) > 40:
        raise InvalidInput(
            "A channel has a name of 1 to 40 letters.", hint=f"Usual ones: {', '.join(CHANNELS)}."
        )
    return channel
