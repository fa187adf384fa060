"""What the customer pages share: the things they work with, addresses, and how values and namespaces are written."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Answers, Desk
from beleef.access.model import Actor
from beleef.collect.api import OwnFacts
from beleef.kernel import ids
from beleef.kernel.clock import from_datetime
from beleef.kernel.errors import NotFound
from beleef.profiles.customers import Customers, Line
from beleef.profiles.people import Erase, People
from beleef.ui.components import (
    Cell,
    ChannelMarks,
    Column,
    EmptyState,
    Figure,
    Known,
    Link,
    Pager,
    Row,
    Table,
    Text,
    Time,
    channel_mark,
)
from beleef.ui.words import Words

SHOWN_LETTERS = 200
_LARGEST_WRITTEN = 10**15
"""Beyond it a number is shown as it came: nobody reads its separators, and decimals of any size cannot be formatted."""


class CustomerRoom(msgspec.Struct, kw_only=True):
    """What the customer pages work with.

    Attributes:
        desk: Receives those who ask, and answers.
        customers: Reads customers.
        people: Reads a customer as programs do, for the export.
        own: Brings what staff decide into the log.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        erase: Erases a person everywhere.
        audiences: Gives the audiences that a person, named by number, is in, each with since when and the way to why.
        trait_users: Tells in words what asks for a computed trait.
    """

    desk: Desk
    customers: Customers
    people: People
    own: OwnFacts
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    erase: Erase
    audiences: Callable[[int, Words], tuple[Known, ...]]
    trait_users: Callable[[sa.Connection, str], Sequence[str]]


def person_href(number: int, rest: str = "", **query: str | None) -> str:
    """Return the address of a person's page, or of one below it; it never holds personal data."""
    return href(f"/people/{ids.to_text(number)}{rest}", **query)


def href(path: str, **query: str | None) -> str:
    """Return a path with the parts of a query that are not empty."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def read_number(text: str) -> int:
    """Return the number that stands in an address.

    Raises:
        NotFound: it is none.
    """
    number = ids.from_text(text.lower())
    if number is None:
        raise NotFound("There is nothing at that address.", hint="Look it up again.")
    return number


def whole(text: str | None, *, most: int = 1_000_000_000) -> int | None:
    """Return a whole number from 0 on that somebody typed, None where it is none."""
    given = (text or "").strip()
    return int(given) if given.isascii() and given.isdigit() and int(given[:12]) <= most else None


def read_day(text: str | None, words: Words) -> int | None:
    """Return the first moment, in the reader's zone, of a day that stands as ``YYYY-MM-DD``; None where it is none."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return from_datetime(datetime.combine(day, time(), tzinfo=words.zone)) if day.year >= 1970 else None


def written(value: Any, words: Words) -> str:
    """Return a trait's or a computed value as a reader expects it, cut where it is long."""
    match value:
        case None:
            return "—"
        case bool():
            return words.gettext("yes") if value else words.gettext("no")
        case int() | float() if abs(value) < _LARGEST_WRITTEN:
            return words.number(round(value, 2))
        case str():
            text = value
        case list() | tuple():
            text = ", ".join(written(one, words) for one in value[:20])
        case dict():
            text = ", ".join(written(one, words) for one in list(value.values())[:20])
        case _:
            text = str(value)
    return text if len(text) <= SHOWN_LETTERS else f"{text[:SHOWN_LETTERS]}…"


def label_of(name: str) -> str:
    """Return a machine's name as a label: ``first_name`` and ``firstName`` become ``First name``."""
    parted = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    text = parted.replace("_", " ").replace(".", " ").strip()
    return text[:1].upper() + text[1:]


def namespace_label(name: str, words: Words) -> str:
    """Return a namespace of identifiers in the reader's words."""
    known = {
        "user_id": words.gettext("User number"),
        "customer_number": words.gettext("Customer number"),
        "email": words.gettext("E-mail"),
        "phone": words.gettext("Phone"),
        "anonymous_id": words.gettext("Device"),
    }
    return known.get(name) or label_of(name)


def title_of(line: Line, words: Words) -> str:
    """Return what to call a person: the name, else an identifier, else the number."""
    return (
        line.called or line.identifier or words.gettext("Person %(number)s", number=ids.to_text(line.number))
    )


def people_table(
    lines: Sequence[Line], words: Words, *, caption: str, empty: EmptyState, pager: Pager | None = None
) -> Table:
    """Return people as a table."""

    def row(line: Line) -> Row:
        profile = line.profile
        cells: tuple[Cell, ...] = (
            Link(
                text=title_of(line, words),
                href=person_href(line.number),
                detail=line.identifier if line.called else None,
            ),
            ChannelMarks(marks=tuple(channel_mark(name, words) for name in profile.channels)),
            Figure(text=words.number(profile.facts)),
            moment_cell(profile.first_seen),
            moment_cell(profile.last_seen),
        )
        return Row(cells=cells)

    columns = (
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("Channels")),
        Column(label=words.gettext("Facts"), numeric=True),
        Column(label=words.gettext("First seen")),
        Column(label=words.gettext("Last seen")),
    )
    return Table(caption=caption, columns=columns, rows=tuple(map(row, lines)), empty=empty, pager=pager)


def moment_cell(moment: int | None) -> Cell:
    """Return a moment as a cell; a dash where there is none."""
    return Text(text="—") if moment is None else Time(moment=moment)


def filled(answers: Answers, name: str) -> str:
    """Return what was filled in, without blanks around it."""
    return answers.get(name, "").strip()
