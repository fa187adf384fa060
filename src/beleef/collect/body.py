"""The bytes of a request: unpacked within limits, repaired where clients in the field break JSON's rules, and marked once redacted."""

import json
import math
import re
import zlib

from beleef.kernel.errors import InvalidInput, TooLarge
from beleef.store.log.port import Entry

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The largest body, unpacked: what RudderStack's SDKs send at most."""

MAX_MESSAGES = 100_000
"""Most messages in one body; more of them than fit in a fact's number would take each other's places."""

REDACTED = b"\x00"
"""First byte of a body from which somebody was erased. No client can send it: such a body is no JSON, and no door takes it."""

_LONGEST_NUMBER = 20
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


def unpack(body: bytes, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the body as plain bytes; gzip is known by its first two bytes, whatever the headers say.

    Raises:
        TooLarge: unpacked it is over ``limit`` bytes (no more than that is ever unpacked).
        InvalidInput: it looks like gzip and is not.
    """
    if body[:2] != b"\x1f\x8b":
        if len(body) > limit:
            raise TooLarge(
                f"The body is larger than {limit:,} bytes.", hint="Send smaller batches.", code="too_large"
            )
        return body
    try:
        unpacker = zlib.decompressobj(wbits=31)
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidInput(
            "The body says it is gzip, and cannot be unpacked.", hint="Send it again.", code="bad_gzip"
        ) from error
    if len(plain) > limit or unpacker.unconsumed_tail:
        raise TooLarge(f"Unpacked, the body is larger than {limit:,} bytes.", hint="Send smaller batches.")
    if not unpacker.eof:
        raise InvalidInput("The gzip body ends too early.", hint="Send it again.", code="bad_gzip")
    return plain


def repair(body: bytes) -> bytes | None:
    """Return JSON that strict readers accept, or None where the body is no JSON at all.

    Clients in the field send lone surrogates (JavaScript strings cut in two), NaN (Python's ``json``) and numbers of any
    length. One such value must not cost the message, let alone the other ninety-nine of its batch: it becomes U+FFFD, null,
    or the number's digits as text.
    """
    try:
        value = json.loads(
            body.decode("utf-8", "replace"),
            parse_constant=lambda _: None,
            parse_float=_finite,
            parse_int=_kept_whole,
        )
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _kept_whole(digits: str) -> int | str:
    return int(digits) if len(digits) < _LONGEST_NUMBER else digits


def opened(entry: Entry) -> tuple[bytes, bool]:
    """Return an entry's body as plain JSON, and whether somebody was erased from it.

    Raises:
        TooLarge, InvalidInput: as ``unpack``.
    """
    if entry.body[:1] == REDACTED:
        return entry.body[1:], True
    return unpack(entry.body), False


def storable(text: str) -> str:
    """Return text that every database keeps: NUL and halves of surrogate pairs become U+FFFD."""
    text = text.replace("\x00", "\ufffd")
    return text if text.isascii() else _HALF_A_PAIR.sub("\ufffd", text)
