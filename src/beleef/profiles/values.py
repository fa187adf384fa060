"""Making values fit to keep: texts of bounded length that can be encoded, numbers that can be added in any order.

What clients send may be anything; state must stay small, and the same whatever the order of arrival.
"""

import hashlib
import math
from typing import Any

MILLIONTHS = 1_000_000
LARGEST_NUMBER = 1e11
"""Larger numbers are left out of sums, so that a sum of 90 million of them still fits a 64-bit number."""

LONGEST_TEXT = 200
_MARK = 17  # An ellipsis and sixteen hexadecimal digits.


def text(value: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text that can be stored: what no encoding can hold becomes ``?``, and a long text ends in a digest.

    The digest keeps two long texts apart that begin alike.
    """
    if len(value) <= longest and value.isascii():
        return value
    if len(value) > longest:
        digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        value = f"{value[: longest - _MARK]}…{digest}"
    return value.encode("utf-8", "replace").decode()


def number(value: Any) -> float | None:
    """Return a number, also one written as text, or None where it is none; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def millionths(value: Any) -> int | None:
    """Return a number in whole millionths, which add up to the same sum in any order; None where it is unusable."""
    found = number(value)
    return None if found is None or abs(found) > LARGEST_NUMBER else round(found * MILLIONTHS)


def scalar(value: Any) -> str | float | bool | None:
    """Return a single value that can be kept as it is, or None where it is a list, a map or out of range."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else None
    return value if isinstance(value, float) and math.isfinite(value) else None


def label(value: Any) -> str | None:
    """Return a single value as the text under which it is counted: 3, 3.0 and "3" are the same; None as ``scalar``."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT and value.isascii() else text(value)
    found = scalar(value)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return None if found is None else str(found)


def order(value: str) -> bytes:
    """Return what values are ordered by when only some can be kept: a hash, so that no letter is favoured."""
    return hashlib.blake2b(value.encode(), digest_size=8).digest() + value.encode()
