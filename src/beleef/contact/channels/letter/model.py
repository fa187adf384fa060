"""A letter, the settings of its paper, and the list of addresses that goes with a day's letters."""

import csv
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from beleef.kernel.errors import InvalidInput

_LONGEST_BODY = 20_000


class LetterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands on every letter.

    Attributes:
        sender: The sender's lines, name first; also the return address in the window.
        place: Town before the date; empty for none.
        typeface: A TrueType file on this machine; empty for the built-in typeface, which has the letters of Western Europe.
    """

    sender: tuple[str, ...]
    place: str = ""
    typeface: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter.

    Attributes:
        contact: Its number in the ledger.
        subject: To whom, by a subject.
        channel: Name of the channel, whose paper it is on.
        at: When it was written, in microseconds.
        day: That day in the organisation's zone, ``YYYY-MM-DD``.
        campaign: Name of the campaign; empty for none.
        language: Its language.
        address: Lines of the address, name first.
        body: What it says; paragraphs are parted by an empty line.
    """

    contact: int
    subject: int
    channel: str
    at: int
    day: str
    campaign: str
    language: str
    address: tuple[str, ...]
    body: str


def read_settings(settings: Mapping[str, Any]) -> LetterSettings:
    """Return the settings of the letter channel.

    Raises:
        InvalidInput: they cannot be.
    """
    try:
        read = msgspec.convert(settings, LetterSettings)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    if not 1 <= len(read.sender) <= 8:
        raise _invalid("The sender has one to eight lines.")
    return read


def is_too_long(letter: Letter) -> bool:
    """Return whether a letter is longer than a print service folds into one envelope."""
    return len(letter.body) > _LONGEST_BODY


def address_list(letters: Iterable[Letter]) -> str:
    """Return the addresses of letters as CSV, one line a letter, in the order of their pages.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    rows = _Lines()
    writer = csv.writer(rows)
    writer.writerow(["letter", "line_1", "line_2", "line_3", "line_4", "line_5", "campaign", "language"])
    for letter in letters:
        lines = [*letter.address[:5], *[""] * (5 - len(letter.address))]
        writer.writerow([str(letter.contact), *map(_tame, lines), _tame(letter.campaign), letter.language])
    return "".join(rows.written)


class _Lines:
    """Takes what the writer of CSV writes."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)


def _tame(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Look at the settings of the channel.", code="invalid_channel")
