"""The words under which a person is found: names, e-mail address, phone number and customer numbers, in small letters without accents.

The same function treats what is stored and what is asked, so that both always meet.
"""

import re
import unicodedata
from typing import Any

import phonenumbers

from beleef.profiles.state import State

_NAMES = (
    "name", "full_name", "fullName", "first_name", "firstName", "middle_name", "middleName", "last_name", "lastName",
    "username", "company",
)  # fmt: skip
_EMAILS = ("email", "email_address", "emailAddress")
_PHONES = ("phone", "phone_number", "phoneNumber", "mobile")
_NUMBERS = ("customer_number", "customerNumber", "customer_id", "customerId", "loyalty_card", "loyaltyCard")
_SOURCES = _NAMES + _EMAILS + _PHONES + _NUMBERS

_MOST_TERMS = 60
_LONGEST_TERM = 64
_MOST_WORDS = 6
_PHONE_LIKE = re.compile(r"[+(]?\d[\d\s().+/-]{4,}")
_SPLIT = re.compile(r"[^\w@.+-]+")
_PARTS = re.compile(r"[\W_]+")

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ð": "d",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)
"""Letters that are not written as another one with an accent, but that people without them type as another one."""

Searchable = tuple[Any, ...]


def searchable(state: State) -> Searchable:
    """Return what the terms of a subject follow from; as long as it is equal, so are the terms."""
    traits = state.traits
    found = [traits[name][2] if name in traits else None for name in _SOURCES]
    return (*found, frozenset(state.identifiers))


def terms(found: Searchable) -> frozenset[str]:
    """Return the words under which a subject is found, at most 60 of at most 64 characters."""
    texts = {
        name: str(value)
        for name, value in zip(_SOURCES, found[:-1], strict=True)
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
    words: set[str] = set()
    for name, value in texts.items():
        if name in _PHONES:
            words.update(_phone(value))
        elif name in _NUMBERS:
            words.update(_number(value))
        else:
            words.update(_words(value))
    for identifier in found[-1]:
        words.update(_number(identifier))
    return frozenset(sorted(word[:_LONGEST_TERM] for word in words if word)[:_MOST_TERMS])


def asked(text: str) -> list[str]:
    """Return the words of a question, each of which must be the beginning of a term; the longest first."""
    if _PHONE_LIKE.fullmatch(text.strip()):
        return [re.sub(r"\D", "", text)[:_LONGEST_TERM]]
    # A word with signs in it is asked as one where the stored terms keep it whole: an e-mail address or a number.
    words = {
        part
        for word in _SPLIT.split(_plain(text))
        for part in ([word] if "@" in word else _PARTS.split(word))
    }
    return sorted((word[:_LONGEST_TERM] for word in words if word), key=lambda word: (-len(word), word))[
        :_MOST_WORDS
    ]


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text[:500].casefold()).translate(_LETTERS)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _words(value: str) -> set[str]:
    plain = _plain(value)
    words = set(_PARTS.split(plain))
    for word in _SPLIT.split(plain):
        if "@" in word:
            words.update((word, word.rpartition("@")[2]))
    return {word.encode("utf-8", "ignore").decode() for word in words}


def _number(value: str) -> set[str]:
    digits = re.sub(r"\W", "", _plain(value))
    return _words(value) | {digits.encode("utf-8", "ignore").decode()}


def _phone(value: str) -> set[str]:
    digits = re.sub(r"\D", "", _plain(value)[:40])
    found = {digits, digits.removeprefix("00")}
    try:
        known = phonenumbers.parse(value[:40])
    except phonenumbers.NumberParseException:
        return found
    return found | {f"0{phonenumbers.national_significant_number(known)}"}
