"""Themes in files: what people write about, as ``beleef apply`` takes it and ``beleef surveys themes`` gives it back."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
import yaml

from beleef.feedback.voices import keeping
from beleef.feedback.voices.model import Theme
from beleef.kernel.errors import InvalidInput

_USUAL = {"parent": "", "is_used": True, "position": 50}


def themes_from(listed: object) -> list[Theme]:
    """Return the themes that stand below ``themes:``.

    Raises:
        InvalidInput: they cannot be read.
    """
    try:
        return msgspec.convert(listed, list[Theme])
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"These themes cannot be read: {error}.",
            hint="Give each a name, labels and words by language.",
            code="invalid_theme",
        ) from error


def to_lines(theme: Theme) -> list[str]:
    """Return a theme as lines of YAML; what is usual is left out."""
    return _written(_data(theme)).splitlines()


def themes_to_yaml(themes: Iterable[Theme]) -> str:
    """Return themes as a file, wider ones before their parts."""
    return _written({"themes": [_data(one) for one in wider_first(list(themes))]})


def wider_first(themes: Sequence[Theme]) -> list[Theme]:
    """Return themes with each behind the one it is a part of, where that is among them."""
    parents = {one.name: one.parent for one in themes}

    def depth(theme: Theme) -> int:
        above, steps = theme.parent, 0
        while above in parents and steps < len(parents):
            above, steps = parents[above], steps + 1
        return steps

    return sorted(themes, key=depth)


def changed(connection: sa.Connection, themes: Sequence[Theme]) -> list[tuple[Theme, Theme | None]]:
    """Return each theme of a file with what there is of its name now; None for none. Wider ones come first."""
    known = {one.name: one for one in keeping.themes(connection)}
    return [(one, known.get(one.name)) for one in wider_first(themes)]


def _data(theme: Theme) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(theme)
    found["words"] = {code: list(words) for code, words in theme.words.items()}
    return {name: value for name, value in found.items() if _USUAL.get(name) != value}


def _written(data: dict[str, Any]) -> str:
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
