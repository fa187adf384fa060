"""Pieces that several forms of a survey share: texts in two languages side by side, and rows that come and go."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from beleef.access.desk import Answers
from beleef.ui.forms import DefinitionEditor, DefinitionRow, Field, Hidden, Input, TextArea
from beleef.ui.words import LANGUAGES, NAMES

Pairs = list[tuple[str, str]]

MOST_ROWS: Final = 30


def filled(given: Mapping[str, str], name: str) -> str:
    """Return what was filled in, without blanks around it."""
    return given.get(name, "").strip()


def text_pairs(name: str, texts: Mapping[str, str] | None) -> Pairs:
    """Return the answers of a text in several languages."""
    return [(f"{name}-{code}", text) for code, text in (texts or {}).items()]


def text_fields(
    given: Mapping[str, str],
    name: str,
    label: str,
    *,
    rows: int = 1,
    error: str | None = None,
    help: str | None = None,  # noqa: A002 -- as the fields call it
) -> tuple[Field, ...]:
    """Return a field per language, side by side, so that what is not translated is seen."""
    if rows > 1:
        return tuple(
            TextArea(
                name=f"{name}-{code}",
                label=f"{label} ({NAMES[code]})",
                value=given.get(f"{name}-{code}", ""),
                rows=rows,
                help=help if place == 0 else None,
                error=error if place == 0 else None,
                required=False,
            )
            for place, code in enumerate(LANGUAGES)
        )
    return tuple(
        Input(
            name=f"{name}-{code}",
            label=f"{label} ({NAMES[code]})",
            value=given.get(f"{name}-{code}", ""),
            help=help if place == 0 else None,
            error=error if place == 0 else None,
            required=False,
        )
        for place, code in enumerate(LANGUAGES)
    )


def read_texts(given: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the languages of a text that were filled in."""
    return {code: filled(given, f"{name}-{code}") for code in LANGUAGES if filled(given, f"{name}-{code}")}


def put(data: dict[str, Any], name: str, value: object) -> None:
    """Set a part where there is something, else leave it out, so that files stay short."""
    if value in ("", (), [], {}, None, False):
        data.pop(name, None)
    else:
        data[name] = value


def count_of(given: Mapping[str, str], name: str) -> int:
    """Return how many rows of a name the form shows."""
    count = given.get(name, "0")
    return min(int(count), MOST_ROWS) if count.isascii() and count.isdigit() and len(count) < 4 else 0


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
    draw: Callable[[str], Sequence[Field]],
    *,
    legend: str,
    row_label: str,
    add_label: str,
    empty: str,
    help: str | None = None,  # noqa: A002 -- as the fields call it
) -> DefinitionEditor:
    """Return rows that can be added and taken away; ``draw`` is called with what begins the names of a row's fields."""
    count = count_of(given, name)
    found = []
    for number in range(count):
        fields = tuple(draw(f"{name}-{number}-"))
        if number == 0:
            fields = (Hidden(name=name, value=str(count)), *fields)
        found.append(
            DefinitionRow(label=f"{row_label} {number + 1}", fields=fields, remove=f"remove:{name}:{number}")
        )
    return DefinitionEditor(
        legend=legend, help=help, rows=tuple(found), add_label=add_label, add=f"add:{name}", empty=empty
    )


def changed(given: Answers) -> Answers:
    """Return the form as its button ``change`` leaves it: ``add:name`` or ``remove:name:number``."""
    act, _, rest = given.get("change", "").partition(":")
    name, _, number = rest.partition(":")
    count = count_of(given, name)
    kept = [one for one in range(count) if act != "remove" or str(one) != number]
    pairs = [
        (key, value)
        for key in given
        if key not in {"change", name} and not key.startswith(f"{name}-")
        for value in given.every(key)
    ]
    for place, old in enumerate(kept):
        start = f"{name}-{old}-"
        pairs += [
            (f"{name}-{place}-{key.removeprefix(start)}", value)
            for key in given
            if key.startswith(start)
            for value in given.every(key)
        ]
    return Answers([*pairs, (name, str(len(kept) + (act == "add")))])


def number_of(given: Mapping[str, str], name: str) -> float | None:
    """Return a number that was filled in; a comma counts as a point; None where there is none.

    Raises:
        ValueError: it is no number.
    """
    text = filled(given, name).replace(",", ".")
    if not text:
        return None
    value = float(text)
    return int(value) if value.is_integer() else value
