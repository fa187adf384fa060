"""What a campaign's author expects of it, beside what a simulation showed: every expectation with whether it holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from beleef.campaigns.api import Broken, Campaign
from beleef.ui.components import Badge, Column, Row, Table, Text
from beleef.ui.words import Words


def expectations(campaign: Campaign, broken: tuple[Broken, ...], words: Words) -> Table | None:
    """Return each expectation and whether it holds; None where the author wrote none down.

    Args:
        campaign: With ``expect`` and ``given``.
        broken: The expectations that do not hold, by their paths.
        words: The reader's language.
    """
    rows = [_row(path, label, detail, broken, words) for path, label, detail in _written(campaign, words)]
    if not rows:
        return None
    return Table(
        caption=words.gettext("What its author expects"),
        columns=(
            Column(label=words.gettext("Expectation")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("What came instead")),
        ),
        rows=tuple(rows),
    )


def _written(campaign: Campaign, words: Words) -> Iterator[tuple[str, str, str]]:
    """Give path, label and detail of each expectation in the order of the file."""
    for name, bounds in (campaign.expect or {}).items():
        nested = isinstance(bounds, Mapping) and any(isinstance(one, Mapping) for one in bounds.values())
        for key, inner in bounds.items() if nested else [("", bounds)]:
            path = ".".join(filter(None, ("expect", name, key)))
            yield path, ".".join(filter(None, (name, key))), _bounds(inner)
    for number, case in enumerate(campaign.given):
        label = str(case.get("name") or words.gettext("Case %(number)s", number=number + 1))
        yield f"given.{number}", label, words.gettext("a written history")


def _bounds(bounds: Any) -> str:
    given = bounds if isinstance(bounds, Mapping) else {"exactly": bounds}
    return ", ".join(f"{word} {number}" for word, number in given.items())


def _row(path: str, label: str, detail: str, broken: tuple[Broken, ...], words: Words) -> Row:
    instead = " ".join(one.message for one in broken if f"{one.path}.".startswith(f"{path}."))
    state = (
        Badge(text=words.gettext("does not hold"), tone="bad")
        if instead
        else Badge(text=words.gettext("holds"), tone="good")
    )
    return Row(cells=(Text(text=label, detail=detail), state, Text(text=instead or "—")))
