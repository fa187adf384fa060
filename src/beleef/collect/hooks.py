"""Webhooks from other systems: is it really theirs (signature), and which messages does its body hold (mapping).

Both are pure: no clock, no network, no store. To add a way of signing, add an entry to ``SHAPES``.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping as Headers
from functools import lru_cache
from typing import Any, Literal

import msgspec

from beleef.collect.importing.mapping import Mapping, read_mapping
from beleef.collect.importing.messages import Message, Translator
from beleef.collect.importing.notation import Unusable
from beleef.collect.importing.values import Compiler, Holds
from beleef.kernel import signing
from beleef.kernel.clock import SECOND
from beleef.kernel.errors import InvalidInput, NotSignedIn


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How a system signs what it sends: HMAC-SHA256 over a text that holds the body.

    Attributes:
        header: The header with the signature.
        prefix: What stands before the signature, e.g. ``sha256=``.
        encoding: How its 32 bytes are written.
        field: Where the header is a list like ``t=1,v1=ab,v1=cd``: the name of the signatures in it.
        apart: What stands between the parts of such a list.
        mark: What stands between a part's name and its value.
        timestamp_field: In such a list, the name of the moment of sending.
        timestamp_header: The header with the moment of sending, in seconds since 1970.
        id_header: The header with the number of the message.
        before_body: What is signed before the body; ``{timestamp}`` stands for the moment of sending, ``{id}`` for the number, as sent.
        has_encoded_secret: Whether a secret that begins with ``whsec_`` is base64 behind it.
        tolerance_s: How many seconds the moment of sending may lie from now; None where none is sent.
    """

    header: str
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    field: str | None = None
    apart: str = ","
    mark: str = "="
    timestamp_field: str | None = None
    timestamp_header: str | None = None
    id_header: str | None = None
    before_body: str = ""
    has_encoded_secret: bool = False
    tolerance_s: int | None = None


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """How the webhooks of one source are signed, and with which secret."""

    shape: Shape
    secret: str


SHAPES: dict[str, Shape] = {
    "standard": Shape(
        header=signing.SIGNATURE,
        encoding="base64",
        field="v1",
        apart=" ",
        mark=",",
        timestamp_header=signing.TIMESTAMP,
        id_header=signing.ID,
        before_body="{id}.{timestamp}.",
        has_encoded_secret=True,
        tolerance_s=300,
    ),
    "plain": Shape(header="X-Signature"),
    "github": Shape(header="X-Hub-Signature-256", prefix="sha256="),
    "shopify": Shape(header="X-Shopify-Hmac-Sha256", encoding="base64"),
    "stripe": Shape(
        header="Stripe-Signature",
        field="v1",
        timestamp_field="t",
        before_body="{timestamp}.",
        tolerance_s=300,
    ),
    "slack": Shape(
        header="X-Slack-Signature",
        prefix="v0=",
        timestamp_header="X-Slack-Request-Timestamp",
        before_body="v0:{timestamp}:",
        tolerance_s=300,
    ),
}
"""How well-known systems sign, as each documents it; ``standard`` is Standard Webhooks, which Beleef signs by as well. 300 seconds is what its, Stripe's and Slack's libraries allow."""


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """The webhook of a source: what its body means, and how it is signed.

    One without a signature shows the source's write key instead.
    """

    mapping: Mapping
    signature: Signature | None = None


def read_hook(held: dict[str, Any]) -> Hook:
    """Return a webhook as a source keeps it: ``mapping`` as YAML, and ``signature`` with ``shape`` and ``secret``, or None.

    Raises:
        InvalidInput: it was not made by this version; look at it at the page Sources.
    """
    signature = held.get("signature")
    try:
        return Hook(
            mapping=_mapping(held["mapping"]),
            signature=msgspec.convert(signature, Signature) if signature else None,
        )
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise InvalidInput(
            "The source's webhook is not set up in full.", hint="Save it again.", code="invalid_mapping"
        ) from error


@lru_cache(maxsize=64)
def _mapping(document: str) -> Mapping:
    return read_mapping(document)


def verify(settings: Signature, headers: Headers[str, str], body: bytes, now: int) -> None:
    """Return if a request was signed with the source's secret, not too long ago.

    Args:
        settings: How it must be signed.
        headers: The request's headers, in any case.
        body: The body as it came, byte for byte.
        now: The present moment, in microseconds.

    Raises:
        NotSignedIn: it has no signature, a wrong one, or an old one.
    """
    shape = settings.shape
    sent = {name.lower(): value for name, value in headers.items()}
    header = sent.get(shape.header.lower(), "").strip()
    if not settings.secret or not header:
        raise NotSignedIn(
            f"The request has no signature in '{shape.header}'.",
            hint="Set the same secret in the sending system and in this source.",
            code="no_signature",
        )
    parts = [part.strip().partition(shape.mark) for part in header.split(shape.apart)] if shape.field else []
    written = [value for name, _, value in parts if name == shape.field] if shape.field else [header]
    timestamp = sent.get((shape.timestamp_header or "").lower(), "")
    if shape.timestamp_field:
        timestamp = next((value for name, _, value in parts if name == shape.timestamp_field), "")
    number = sent.get((shape.id_header or "").lower(), "")
    text = shape.before_body.replace("{timestamp}", timestamp).replace("{id}", number)
    key = signing.key_of(settings.secret) if shape.has_encoded_secret else settings.secret.encode()
    expected = hmac.new(key, text.encode("utf-8", "surrogatepass") + body, hashlib.sha256).digest()
    # Every signature is compared, and each in the same time, so that the answer's delay tells nothing about the secret.
    matches = [hmac.compare_digest(_bytes(value, shape), expected) for value in written]
    if not any(matches):
        raise NotSignedIn(
            "The signature does not fit the body.",
            hint="Look whether both sides have the same secret, and that nothing between them changes the body.",
            code="wrong_signature",
        )
    _check_age(shape, timestamp, now)


def to_messages(mapping: Mapping, body: bytes, headers: Headers[str, str] | None = None) -> list[Message]:
    """Return the messages that a webhook's body holds; none where the mapping wants nothing of it.

    The body is a row; where it is a list, or has one at the mapping's ``items``, each item is a row, and the whole body is
    its column ``envelope``. The headers are its column ``headers``, in lower case: ``{headers.x-github-event}``. Message ids
    come from the mapping's ``key``, which may name a header with the number of the delivery, else from the body itself: a
    webhook that is sent again changes nothing.

    Raises:
        InvalidInput: it is no JSON object or list, or one of its items cannot become what the mapping asks. Then there
            are no messages at all, so that the whole body can be sent, or replayed, again.
    """
    translator, where = _prepared(mapping.fingerprint, mapping)
    document = _document(body)
    known = {name.lower(): value for name, value in (headers or {}).items()}
    found: list[Message] = []
    origin = hashlib.blake2b(body, digest_size=16).hexdigest()
    for index, item in enumerate(_items(mapping, document)):
        if not isinstance(item, dict):
            raise InvalidInput(
                f"Item {index} of the body is not an object.",
                hint="Look at the mapping's 'items'.",
                code="unusable_webhook",
            )
        row = {"headers": known, "envelope": document, **item}
        try:
            if where is None or where(row):
                found += [message for message, _ in translator.messages(row, f"{origin}:{index}")]
        except Unusable as error:
            raise InvalidInput(
                f"Item {index} of the body cannot be used: {error}.",
                hint="Change the mapping, or what is sent.",
                code="unusable_webhook",
            ) from error
    return found


@lru_cache(maxsize=64)
def _prepared(_fingerprint: str, mapping: Mapping) -> tuple[Translator, Holds | None]:
    """Return what a mapping's words are made into. Its fingerprint is looked at too, since 1 and true are equal in Python."""
    if mapping.group or mapping.lookups:
        raise InvalidInput(
            f"The mapping '{mapping.name}' has 'group' or 'lookups', which are for files.",
            hint="In a webhook a list within the body is reached with 'over' or 'items'.",
            code="invalid_mapping",
        )
    return Translator(mapping), Compiler(mapping).holds(mapping.where) if mapping.where else None


def _document(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            "The body is not JSON.", hint="Let the other system send JSON.", code="invalid_json"
        ) from error


def _items(mapping: Mapping, document: Any) -> list[Any]:
    if mapping.items is None:
        return document if isinstance(document, list) else [document]
    found = document
    for part in mapping.items.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, list):
        raise InvalidInput(
            f"The body has no list at '{mapping.items}'.",
            hint="Look at the mapping's 'items'.",
            code="unusable_webhook",
        )
    return found


def _bytes(written: str, shape: Shape) -> bytes:
    """Return the signature that is written; nothing, which fits no body, where it is not written as it should be."""
    if not written.startswith(shape.prefix):
        return b""
    text = written[len(shape.prefix) :]
    try:
        return bytes.fromhex(text) if shape.encoding == "hex" else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _check_age(shape: Shape, timestamp: str, now: int) -> None:
    if shape.tolerance_s is None:
        return
    # The signature fits, so the sender wrote it; a number that is none cannot have come from there.
    is_number = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15
    if not is_number or abs(now - int(timestamp) * SECOND) > shape.tolerance_s * SECOND:
        raise NotSignedIn(
            "The signature is too old, or from the future.",
            hint="Look at the clocks of both systems; a replayed request is refused.",
            code="old_signature",
        )
