"""How things are numbered: facts by their place in the log, identifiers by a keyed hash of what they are."""

import hashlib
import secrets

FACT_BITS = 20
"""A fact's number is its log position and, in the lowest bits, its place within that request's body."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}


def fact_id(position: int, index: int) -> int:
    """Return the number of the fact at ``index`` in the request at log ``position``."""
    return position << FACT_BITS | index


def log_place(fact: int) -> tuple[int, int]:
    """Return ``(position, index)`` of a fact's number."""
    return fact >> FACT_BITS, fact & (1 << FACT_BITS) - 1


def subject_id(key: bytes, namespace: str, value: str) -> int:
    """Return the 63-bit number of an identifier: a keyed BLAKE2b hash of its namespace and value.

    The same identifier has the same number in every process and in every replay, without a look-up; without the
    installation's key nobody can tell which e-mail address a number stands for.
    """
    digest = hashlib.blake2b(
        f"{namespace}\x00{value}".encode("utf-8", "surrogatepass"), digest_size=8, key=key
    )
    return int.from_bytes(digest.digest(), "big") >> 1


def to_text(number: int) -> str:
    """Return a 63-bit number as 13 characters that can be read aloud (Crockford's base 32)."""
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(60, -5, -5))


def from_text(text: str) -> int | None:
    """Return the number that ``to_text`` wrote, or None where the text is none of its."""
    if len(text) != 13 or any(letter not in _VALUES for letter in text):
        return None
    number = 0
    for letter in text:
        number = number << 5 | _VALUES[letter]
    return number if number < 1 << 63 else None


def new_secret(bytes_: int = 24) -> str:
    """Return a new random secret, safe in URLs: a write key, a token or a session."""
    return secrets.token_urlsafe(bytes_)
