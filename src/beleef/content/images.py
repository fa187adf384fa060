"""Checks pictures that staff bring: what they are is read from their bytes, never believed from a name."""

import hashlib
import struct
from typing import Final

import msgspec

from beleef.kernel.errors import InvalidInput, TooLarge

MOST_BYTES: Final = 5_000_000
LARGE_BYTES: Final = 500_000
"""Above this a phone on the road waits for it; told when it is added."""
_MOST_PIXELS: Final = 10_000

CONTENT_TYPES: Final = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture is: its extension, its size in pixels, and the hash in its address."""

    extension: str
    width: int
    height: int
    digest: str


def look(body: bytes) -> Looked:
    """Return what a picture is.

    Raises:
        InvalidInput: it is none that mail programs show.
        TooLarge: it has too many bytes.
    """
    if len(body) > MOST_BYTES:
        raise TooLarge(
            f"A picture is at most {MOST_BYTES // 1_000_000} MB large.",
            hint="Make it smaller, or save it as JPEG.",
        )
    extension, size = _kind(body)
    if size is None or not 0 < size[0] <= _MOST_PIXELS or not 0 < size[1] <= _MOST_PIXELS:
        raise InvalidInput(
            "That is no picture that mail programs show.",
            hint="Take a PNG, JPEG, GIF or WebP.",
            code="no_image",
        )
    digest = hashlib.sha256(body).hexdigest()[:32]
    return Looked(extension=extension, width=size[0], height=size[1], digest=digest)


def _kind(body: bytes) -> tuple[str, tuple[int, int] | None]:
    if body.startswith(b"\x89PNG\r\n\x1a\n") and body[12:16] == b"IHDR" and len(body) >= 24:
        return "png", struct.unpack(">II", body[16:24])
    if body.startswith((b"GIF87a", b"GIF89a")) and len(body) >= 10:
        return "gif", struct.unpack("<HH", body[6:10])
    if body.startswith(b"\xff\xd8\xff"):
        return "jpg", _jpeg_size(body)
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP" and len(body) >= 30:
        return "webp", _webp_size(body)
    return "", None


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Return width and height from the frame header (ITU T.81, B.2.2)."""
    place = 2
    while place + 9 < len(body):
        if body[place] != 0xFF:
            return None
        marker = body[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", body[place + 5 : place + 9])
            return width, height
        (length,) = struct.unpack(">H", body[place + 2 : place + 4])
        place += 2 + length
    return None


def _webp_size(body: bytes) -> tuple[int, int] | None:
    """Return width and height from a WebP's first chunk (RFC 9649, sections 2.5 to 2.7)."""
    match body[12:16]:
        case b"VP8X":
            return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(body[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack("<HH", body[26:30])
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None
