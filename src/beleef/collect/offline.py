"""Contacts that no system recorded: a visit, a call, a letter, as staff enter them and as the log keeps them."""

from datetime import datetime
from typing import Any

import msgspec

from beleef.kernel import clock, ids
from beleef.kernel.errors import InvalidInput


class OfflineFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact that no system recorded, entered by hand: a visit, a call, a letter, an advertisement seen.

    Attributes:
        person: Who, as ``namespace:value``.
        name: What happened, e.g. ``Shop Visited``.
        channel: Over which channel, e.g. ``shop``.
        touchpoint: At which exact place.
        occurred_at: When; now if left out.
        properties: What else is worth keeping.
        note: A few words.
        message_id: The same id twice is one fact.
    """

    person: str
    name: str
    channel: str
    touchpoint: str | None = None
    occurred_at: datetime | None = None
    properties: dict[str, Any] = {}
    note: str | None = None
    message_id: str | None = None


def offline_message(data: OfflineFact, *, by: str) -> dict[str, Any]:
    """Return the message for an offline contact.

    Raises:
        InvalidInput: ``person`` is not ``namespace:value``.
    """
    namespace, colon, value = data.person.partition(":")
    if not colon or not value:
        raise InvalidInput("Name a person as namespace:value.", hint="For example email:jan@example.nl.")
    properties = {**data.properties, **({"note": data.note} if data.note else {}), "entered_by": by}
    message: dict[str, Any] = {
        "type": "track",
        "messageId": data.message_id or f"offline-{ids.new_secret(12)}",
        "event": data.name,
        "channel": data.channel,
        "properties": properties,
    }
    if data.touchpoint:
        message["touchpoint"] = data.touchpoint
    if data.occurred_at is not None:
        message["timestamp"] = clock.to_text(clock.from_datetime(data.occurred_at))
    match namespace:
        case "user_id":
            message["userId"] = value
        case "anonymous_id":
            message["anonymousId"] = value
        case _:
            message["context"] = {"externalIds": [{"type": namespace, "id": value, "collection": "users"}]}
    return message
