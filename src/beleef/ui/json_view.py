"""Any JSON value as foldable, coloured HTML that needs no script. It is what a reader sees of a fact as it came in."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from markupsafe import Markup, escape

from beleef.ui.words import Words

DEPTH_SHOWN: Final = 12
ENTRIES_SHOWN: Final = 200
LETTERS_SHOWN: Final = 2_000
_OPEN_TO_DEPTH: Final = 2


def json_markup(value: object, words: Words) -> Markup:
    """Return ``value`` as nested lists; what is very deep, wide or long is cut, and says how much was left out.

    Args:
        value: What a JSON decoder gives; anything else is shown as its text.
        words: The reader's language.
    """
    return Markup('<div class="json">%s</div>') % _node(value, Markup(""), 0, words)


def _node(value: object, key: Markup, depth: int, words: Words) -> Markup:
    match value:
        case Mapping():
            return _branch(
                ((_key(name), item) for name, item in value.items()), len(value), key, "{}", depth, words
            )
        case list() | tuple():
            return _branch(((Markup(""), item) for item in value), len(value), key, "[]", depth, words)
        case _:
            return key + _leaf(value, words)


def _branch(
    entries: Iterable[tuple[Markup, object]], count: int, key: Markup, brackets: str, depth: int, words: Words
) -> Markup:
    if not count:
        return key + Markup('<span class="json-mark">%s</span>') % brackets
    if depth >= DEPTH_SHOWN:
        return key + Markup('<span class="json-note">%s</span>') % words.gettext("deeper than is shown here")
    lines = Markup("").join(
        Markup("<li>%s</li>") % _node(item, name, depth + 1, words)
        for _, (name, item) in zip(range(ENTRIES_SHOWN), entries, strict=False)
    )
    if count > ENTRIES_SHOWN:
        rest = words.ngettext("and %(num)s more", "and %(num)s more", count - ENTRIES_SHOWN)
        lines += Markup('<li class="json-note">%s</li>') % rest
    note = words.ngettext("%(num)s entry", "%(num)s entries", count)
    return Markup(
        '<details%s><summary>%s<span class="json-mark">%s</span> <span class="json-note">%s</span></summary><ul>%s</ul></details>'
    ) % (Markup(" open") if depth < _OPEN_TO_DEPTH else "", key, brackets, note, lines)


def _key(name: object) -> Markup:
    return Markup('<span class="json-key">%s</span><span class="json-mark">:</span> ') % str(name)


def _leaf(value: object, words: Words) -> Markup:
    match value:
        case None | bool():
            return Markup('<span class="json-word">%s</span>') % msgspec.json.encode(value).decode()
        case int() | float():
            return Markup('<span class="json-number">%s</span>') % str(value)
        case _:
            text = str(value)
            rest = len(text) - LETTERS_SHOWN
            shown = Markup('<span class="json-text">“%s”</span>') % text[:LETTERS_SHOWN]
            if rest <= 0:
                return shown
            more = words.ngettext("and %(num)s more letter", "and %(num)s more letters", rest)
            return shown + Markup(' <span class="json-note">%s</span>') % escape(more)
