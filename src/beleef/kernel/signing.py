"""Signs what Beleef posts to other systems, so that receivers find ready-made checks: https://www.standardwebhooks.com, version 1.0."""

import base64
import binascii
import hashlib
import hmac

from beleef.kernel.clock import SECOND

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_PREFIX = "whsec_"


def headers(secret: str, message_id: str, body: bytes, now: int) -> dict[str, str]:
    """Return the headers of a JSON body that is posted now (microseconds).

    Args:
        secret: What sender and receiver share; see ``sign``.
        message_id: The same each time this message is sent, so that a receiver knows a repeat.
        body: The body as it goes on the wire.
        now: The moment, which receivers hold against their own clock.
    """
    timestamp = now // SECOND
    return {
        "Content-Type": "application/json",
        ID: message_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: sign(secret, message_id, timestamp, body),
    }


def sign(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return the header ``webhook-signature``: ``v1,`` and the HMAC-SHA256 of id, moment and body in base64.

    Args:
        secret: ``whsec_`` and base64, as the specification writes it, or any other text.
        message_id: The header ``webhook-id``.
        timestamp_s: The header ``webhook-timestamp``, in seconds.
        body: The body as it goes on the wire.
    """
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def key_of(secret: str) -> bytes:
    """Return the key that a secret is: of ``whsec_`` and base64 the bytes behind it, of any other text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret[len(_PREFIX) :], validate=True)
        except (binascii.Error, ValueError):
            pass
    return secret.encode()
