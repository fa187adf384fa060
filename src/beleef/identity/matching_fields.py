"""What the record matcher compares: a person's record as it was typed, and the same record made comparable.

Nothing here looks at pairs; it decides when two spellings count as one text and which texts say nothing about a person.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from beleef.kernel.errors import InvalidInput

FIELDS: Final = (
    "first_name",
    "last_name",
    "birth_date",
    "street",
    "house_number",
    "postcode",
    "city",
    "phone",
    "email",
)
"""The fields that are compared, in the order in which a page shows them."""

BLOCKS: Final = (
    ("birth_date",),
    ("names",),
    ("postcode", "house_number"),
    ("street", "house_number"),
    ("street", "postcode"),
    ("house_number", "city"),
    ("first_name", "postcode"),
    ("last_name", "postcode"),
    ("first_name", "city"),
    ("last_name", "city"),
    ("phone",),
    ("email",),
)
"""Two records are compared when they agree on all fields of at least one block. Several narrow blocks, as an error in any
one field must not hide a pair; ``names`` is first and last name in either order."""

_PARTICLES = frozenset(["van", "von", "de", "den", "der", "het", "t", "ten", "ter", "te"])
_UNKNOWN = frozenset(["unknown", "onbekend", "nvt"])
_ROLES = frozenset(
    (
        "admin",
        "administratie",
        "contact",
        "facturen",
        "hello",
        "info",
        "kantoor",
        "mail",
        "no-reply",
        "noreply",
    )
) | frozenset(("office", "post", "receptie", "sales", "secretariaat", "service", "support", "webmaster"))


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a person, as some source holds it. All texts are as they were typed; None or blank is unknown.

    Attributes:
        subject: The number of the record (``kernel.ids.subject_id``), unique among the records of one run.
        first_name: First name, or initials.
        last_name: Family name, with or without its particles (``van den``).
        street: Street, without the house number.
        house_number: House number with its addition.
        postcode: Postcode.
        city: Town.
        birth_date: Year, month, day: ``1980-02-28`` or ``19800228``.
        phone: Telephone number, with or without its country.
        email: E-mail address.
    """

    subject: int
    first_name: str | None = None
    last_name: str | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    birth_date: str | None = None
    phone: str | None = None
    email: str | None = None


Columns = dict[str, list[str | None]]
"""Comparable texts by field, one per record and all in the order of ``Comparable.subjects``."""


class Comparable(msgspec.Struct, frozen=True, kw_only=True):
    """Records made comparable.

    Attributes:
        subjects: The records' numbers, growing; so the outcome cannot depend on the order of arrival.
        fields: Comparable texts of those fields that hold at least two different values: others tell nobody apart.
        blocks: For each usable block of ``BLOCKS`` its key per record; None where a part
            is unknown, the block is full, or nobody else has that key.
    """

    subjects: list[int]
    fields: Columns
    blocks: Columns


def make_comparable(records: Iterable[Record], *, shared_by: int, largest_block: int) -> Comparable:
    """Return records as comparable columns.

    Args:
        records: The records, in any order.
        shared_by: A telephone number or e-mail address held by more records than this belongs to no one person, and
            counts as unknown.
        largest_block: A block key held by more records than this is left out: its pairs would grow with the square.

    Raises:
        InvalidInput: two records have the same number.
    """
    ordered = sorted(records, key=lambda record: record.subject)
    subjects = [record.subject for record in ordered]
    if len(set(subjects)) < len(subjects):
        raise InvalidInput(
            "Two records have the same subject number.",
            hint="Give each record once, under a number of its own.",
        )
    columns: Columns = {
        field: [_comparable(field, getattr(record, field)) for record in ordered] for field in FIELDS
    }
    for field in ("phone", "email"):
        columns[field] = _within(columns[field], least=1, most=shared_by)
    fields = {field: values for field, values in columns.items() if len({*values} - {None}) > 1}
    columns["names"] = [
        _names(*pair) for pair in zip(columns["first_name"], columns["last_name"], strict=True)
    ]
    blocks = {}
    for block in BLOCKS:
        keys = _within(_keys([columns[part] for part in block]), least=2, most=largest_block)
        if any(keys):
            blocks["_".join(block)] = keys
    return Comparable(subjects=subjects, fields=fields, blocks=blocks)


def _comparable(field: str, text: str | None) -> str | None:
    plain = _plain(text or "")
    match field:
        case "email":
            name, at, host = (text or "").strip().casefold().rpartition("@")
            return None if not at or name in _ROLES else f"{name}@{host}"
        case "phone" | "birth_date":
            digits = "".join(re.findall(r"[0-9]+", plain))
            # A run of zeros is what systems write when they know nothing.
            if not digits.strip("0"):
                return None
            # The last nine, as the same number is written as 06…, 0031 6… and +31 6….
            return digits[-9:] if field == "phone" else digits
        case "first_name":
            words = plain.split()
            # "J.P." and "J P" say no more than "J": the other letters are often left out.
            return words[0] if words and all(len(word) == 1 for word in words) else _joined(words)
        case "last_name":
            words = plain.split()
            return _joined([word for word in words if word not in _PARTICLES] or words)
        case _:
            return _joined(plain.split())


def _plain(text: str) -> str:
    """Return a text without accents, case and punctuation, its words one space apart."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", "".join(letters).casefold()))


def _joined(words: Sequence[str]) -> str | None:
    # Without spaces, as these are lost and added as often as letters: "Kerk straat", "Jan-Peter".
    text = "".join(words)
    return None if text in _UNKNOWN else text or None


def _names(first_name: str | None, last_name: str | None) -> str | None:
    if first_name is None or last_name is None:
        return None
    return " ".join(sorted((first_name, last_name)))


def _keys(parts: Sequence[list[str | None]]) -> list[str | None]:
    return [
        None if None in values else "\x1f".join(value for value in values if value)
        for values in zip(*parts, strict=True)
    ]


def _within(values: list[str | None], *, least: int, most: int) -> list[str | None]:
    """Return the values with None for those that fewer than ``least`` or more than ``most`` records have."""
    counts = Counter(value for value in values if value is not None)
    return [value if value is not None and least <= counts[value] <= most else None for value in values]
