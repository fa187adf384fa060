"""The facts that contact makes about messages, and those it makes of what customers do with them."""

from typing import Any

from beleef.contact.model import Contacted
from beleef.identity import api as identity
from beleef.identity.api import Person
from beleef.kernel.clock import to_text


def message_fact(what: str, row: Contacted, person: Person, at: int, **more: object) -> dict[str, Any]:
    """Return the message that says what Beleef did with a message: of type ``beleef``, the same whenever it is made again.

    Args:
        what: ``Message Sent``, ``Message Held``, ``Message Skipped`` or ``Message Failed``.
        row: The message's row in the ledger.
        person: Whom it is about.
        at: When, in microseconds.
        more: Further properties; empty ones are left out.
    """
    word = what.rpartition(" ")[2].lower()
    return {
        "messageId": f"{row.intent.key}:{word}:{row.attempts}",
        "type": "beleef",
        "event": what,
        "channel": row.intent.channel,
        "timestamp": to_text(at),
        "properties": {**about(row), **{name: value for name, value in more.items() if value}},
        **identity.naming(person, _context(row)),
    }


def customer_fact(
    what: str, row: Contacted, person: Person, at: int, message_id: str, **more: object
) -> dict[str, Any]:
    """Return the message that says what a customer, or their mail server, did: of type ``track``.

    Args:
        what: Segment's name for it, e.g. ``Email Link Clicked``.
        row: The row in the ledger of the message it was done with.
        person: Who did it.
        at: When, in microseconds.
        message_id: The same whenever the same is told again.
        more: Further properties.
    """
    return {
        "messageId": message_id,
        "type": "track",
        "event": what,
        "channel": row.intent.channel,
        "timestamp": to_text(at),
        "properties": {**about(row), **more},
        **identity.naming(person, _context(row)),
    }


def about(row: Contacted) -> dict[str, Any]:
    """Return the properties by which facts say which message they are about."""
    intent = row.intent
    said = {
        "key": intent.key,
        "purpose": intent.purpose,
        "topic": intent.topic,
        "message": intent.message,
        "campaign": intent.campaign,
        "step": intent.step,
        "variant": intent.variant,
    }
    return {name: value for name, value in said.items() if value}


def _context(row: Contacted) -> dict[str, Any]:
    return {"campaign": {"name": row.intent.campaign}} if row.intent.campaign else {}
