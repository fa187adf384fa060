"""Fields that several forms of a campaign share: a length of time, rows that come and go, and what can be chosen from.

A field of its own has three functions: data to answers, answers to fields, answers back to data.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from beleef.access.desk import Answers
from beleef.audiences.pages.ruling import Seen
from beleef.campaigns.terms import duration_from_text
from beleef.kernel.clock import DAY, HOUR, MINUTE
from beleef.ui.forms import DefinitionEditor, DefinitionRow, Field, Hidden, Input, Option, Select
from beleef.ui.words import N_, Words

Data = dict[str, Any]
Pairs = list[tuple[str, str]]

MOST_ROWS = 20

_UNITS: Final = (("days", DAY), ("hours", HOUR), ("minutes", MINUTE))
_UNIT_LABELS: Final = {
    "minutes": N_("minutes"),
    "hours": N_("hours"),
    "days": N_("days"),
    "weeks": N_("weeks"),
}


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be chosen by name: an audience, a computed trait, a goal."""

    name: str
    label: str


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """A message that can be chosen: its name, what it is called, its channel and purpose."""

    name: str
    label: str
    channel: str
    purpose: str


class Choosable(msgspec.Struct, frozen=True, kw_only=True):
    """What the forms of a campaign offer to choose from, what the data hold for rules, and the zone of the days in these."""

    messages: tuple[Mailing, ...] = ()
    audiences: tuple[Named, ...] = ()
    computed: tuple[Named, ...] = ()
    goals: tuple[Named, ...] = ()
    surveys: tuple[Named, ...] = ()
    seen: Seen = Seen()
    zone: str = "UTC"


def filled(given: Mapping[str, str], name: str) -> str:
    """Return what was filled in, without blanks around it."""
    return given.get(name, "").strip()


def length_pairs(name: str, text: str) -> Pairs:
    """Return the answers of a length of time: a number, and the largest unit that it is a whole number of."""
    duration = duration_from_text(text, name)
    for unit, size in _UNITS:
        if duration and duration % size == 0:
            return [(name, str(duration // size)), (f"{name}-unit", unit)]
    return [(name, str(-(-duration // MINUTE))), (f"{name}-unit", "minutes")]


def length_fields(
    given: Mapping[str, str],
    name: str,
    label: str,
    words: Words,
    *,
    help: str | None = None,  # noqa: A002 -- as the fields call it
    error: str | None = None,
    required: bool = True,
) -> tuple[Field, Field]:
    """Return the fields of a length of time."""
    return (
        Input(
            name=name,
            label=label,
            type="number",
            value=given.get(name, ""),
            help=help,
            error=error,
            required=required,
        ),
        Select(
            name=f"{name}-unit",
            label=words.gettext("Counted in"),
            options=tuple(
                Option(value=unit, label=words.gettext(_UNIT_LABELS[unit])) for unit in _UNIT_LABELS
            ),
            value=given.get(f"{name}-unit", "days"),
        ),
    )


def read_length(given: Mapping[str, str], name: str) -> str | None:
    """Return a length of time as files have it; None where nothing was filled in."""
    number = filled(given, name)
    return f"{number} {given.get(f'{name}-unit', 'days')}" if number else None


def rows(given: Mapping[str, str], name: str) -> int:
    """Return how many rows of a name the form shows."""
    count = given.get(name, "0")
    return min(int(count), MOST_ROWS) if count.isascii() and count.isdigit() and len(count) < 4 else 0


def changed(given: Answers) -> Answers:
    """Return the form as its button ``change`` leaves it: ``add:name`` or ``remove:name:number``."""
    change, _, rest = given.get("change", "").partition(":")
    name, _, number = rest.partition(":")
    count = rows(given, name)
    kept = list(range(count))
    if change == "add":
        kept.append(count)
    elif change == "remove":
        kept = [one for one in kept if str(one) != number]
    pairs: Pairs = [("change", "")]
    for key in given:
        if key in {"change", name} or key.startswith(f"{name}-"):
            continue
        pairs += [(key, value) for value in given.every(key)]
    pairs.append((name, str(len(kept))))
    for place, old in enumerate(kept):
        start = f"{name}-{old}-"
        pairs += [
            (f"{name}-{place}-{key.removeprefix(start)}", value)
            for key in given
            if key.startswith(start)
            for value in given.every(key)
        ]
    return Answers(pairs)


def row_pairs(name: str, found: Iterable[Pairs]) -> Pairs:
    """Return the answers of rows, each given as the answers of its own fields."""
    pairs: Pairs = []
    count = 0
    for count, row in enumerate(found, start=1):
        pairs += [(f"{name}-{count - 1}-{key}", value) for key, value in row]
    return [(name, str(count)), *pairs]


def row_editor(
    given: Mapping[str, str],
    name: str,
    draw: Callable[[str, int], tuple[Field, ...]],
    *,
    legend: str,
    row_label: str,
    add_label: str,
    empty: str,
    help: str | None = None,  # noqa: A002 -- as the fields call it
    least: int = 0,
) -> DefinitionEditor:
    """Return rows that can be added and taken away.

    Args:
        given: The answers.
        name: Begins the names of all their fields.
        draw: Gives the fields of a row; called with what begins their names, and the row's number.
        legend: What the rows define.
        row_label: What one row is, for screen readers.
        add_label: On the button that adds one.
        empty: What it means that there are none.
        help: How rows work together.
        least: So many rows cannot be taken away.
    """
    count = rows(given, name)
    found = []
    for number in range(count):
        fields = draw(f"{name}-{number}-", number)
        if number == 0:
            fields = (Hidden(name=name, value=str(count)), *fields)
        found.append(
            DefinitionRow(
                label=f"{row_label} {number + 1}",
                fields=fields,
                remove=f"remove:{name}:{number}" if count > least else None,
            )
        )
    return DefinitionEditor(
        legend=legend, help=help, rows=tuple(found), add_label=add_label, add=f"add:{name}", empty=empty
    )
