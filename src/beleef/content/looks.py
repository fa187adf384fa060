"""Looks at a mail's HTML as its reader will: words on their background, pictures, links."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

import msgspec

from beleef.content.mail import contrast

_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_UNSEEN: Final = frozenset({"head", "style", "script", "title", "template"})
_PAIR: Final = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]+)")
_HEX: Final = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})$")
_RGB: Final = re.compile(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$")
_LINK_RULE: Final = re.compile(r"(?:^|[\s}])a\s*\{[^}]*?(?<![-\w])color\s*:\s*(#[0-9a-fA-F]{6})")
_NAMED: Final = {
    "black": "#000000", "white": "#ffffff", "red": "#ff0000", "green": "#008000", "blue": "#0000ff", "gray": "#808080",
    "grey": "#808080", "silver": "#c0c0c0", "yellow": "#ffff00", "orange": "#ffa500", "navy": "#000080",
    "purple": "#800080", "maroon": "#800000", "teal": "#008080", "lightgray": "#d3d3d3", "lightgrey": "#d3d3d3",
    "darkgray": "#a9a9a9", "darkgrey": "#a9a9a9", "pink": "#ffc0cb", "lime": "#00ff00", "aqua": "#00ffff",
}  # fmt: skip
_LINK_COLOUR: Final = "#0000ee"
_LARGE_PX: Final = 24.0
_LARGE_BOLD_PX: Final = 18.66
_LEAST: Final = 4.5
_LEAST_LARGE: Final = 3.0
_HEADINGS: Final = {"h1": 32.0, "h2": 24.0, "h3": 18.7}


class Faint(msgspec.Struct, frozen=True, kw_only=True):
    """Words that are hard to read: the words, their colour and background (``#rrggbb``), and the contrast (1 to 21)."""

    text: str
    colour: str
    background: str
    contrast: float


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture: its address, and what is said of it; None where nothing is, not even that it means nothing."""

    src: str
    alt: str | None


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """A link: its address, and its words."""

    href: str
    text: str


class Looks(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail shows."""

    faint: tuple[Faint, ...]
    pictures: tuple[Picture, ...]
    anchors: tuple[Anchor, ...]


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """An open element: its name, and the looks of words in it; a background of None cannot be told."""

    tag: str
    colour: str | None = "#000000"
    background: str | None = "#ffffff"
    size_px: float = 16.0
    bold: bool = False
    hidden: bool = False


def look(html: str) -> Looks:
    """Return what a mail shows, as far as its own inline styles say."""
    rule = _LINK_RULE.search(html)
    reader = _Looker(rule[1].lower() if rule else _LINK_COLOUR)
    reader.feed(html)
    reader.close()
    return Looks(faint=tuple(reader.faint), pictures=tuple(reader.pictures), anchors=tuple(reader.anchors()))


class _Looker(HTMLParser):
    def __init__(self, link_colour: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faint: list[Faint] = []
        self.pictures: list[Picture] = []
        self._link_colour = link_colour
        self._open = [_Place(tag="")]
        self._links: list[tuple[str, list[str]]] = []
        self._inside: list[int] = []

    def anchors(self) -> Iterator[Anchor]:
        for href, words in self._links:
            yield Anchor(href=href, text=" ".join("".join(words).split()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._picture({name for name, _ in attrs}, given)
        if tag in _VOID:
            return
        self._open.append(_inside(self._open[-1], tag, given, self._link_colour))
        if tag == "a":
            self._links.append((given.get("href", "").strip(), []))
            self._inside.append(len(self._links) - 1)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                break
        if tag == "a" and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        for number in self._inside:
            self._links[number][1].append(data)
        words, here = " ".join(data.split()), self._open[-1]
        if not words or here.hidden or here.colour is None or here.background is None:
            return
        found = contrast(here.colour, here.background)
        large = here.size_px >= _LARGE_PX or (here.bold and here.size_px >= _LARGE_BOLD_PX)
        if found < (_LEAST_LARGE if large else _LEAST):
            self.faint.append(
                Faint(text=words[:60], colour=here.colour, background=here.background, contrast=found)
            )

    def _picture(self, names: set[str], given: dict[str, str]) -> None:
        if given.get("width") == "1" or self._open[-1].hidden:
            return
        alt = given.get("alt") if "alt" in names else None
        self.pictures.append(Picture(src=given.get("src", "").strip(), alt=alt))
        for number in self._inside:
            self._links[number][1].append(alt or "")


def _inside(around: _Place, tag: str, given: dict[str, str], link_colour: str) -> _Place:
    style = dict(_PAIR.findall(given.get("style", "").lower()))
    colour = around.colour
    if tag == "a":
        colour = link_colour
    if "color" in style:
        colour = _colour(style["color"])
    elif tag == "font" and "color" in given:
        colour = _colour(given["color"].lower())
    background = around.background
    if "bgcolor" in given:
        background = _colour(given["bgcolor"].lower())
    for name in ("background-color", "background"):
        if name in style and style[name].strip() not in {"transparent", "none", "inherit"}:
            background = _colour(style[name])
            break
    return _Place(
        tag=tag,
        colour=colour,
        background=background,
        size_px=_size(style.get("font-size", ""), _HEADINGS.get(tag, around.size_px)),
        bold=_is_bold(style.get("font-weight", ""), around.bold or tag in {"b", "strong", "th", *_HEADINGS}),
        hidden=around.hidden or tag in _UNSEEN or style.get("display", "").strip() == "none",
    )


def _colour(text: str) -> str | None:
    """Return a colour as ``#rrggbb``; None for pictures, gradients and whatever else has no single colour."""
    written = text.replace("!important", "").strip()
    if written in _NAMED:
        return _NAMED[written]
    if _HEX.match(written):
        return written if len(written) == 7 else "#" + "".join(letter * 2 for letter in written[1:])
    rgb = _RGB.match(written)
    return "#" + "".join(f"{min(int(part), 255):02x}" for part in rgb.groups()) if rgb else None


def _size(text: str, size_px: float) -> float:
    found = re.match(r"([\d.]{1,8})(px|pt|em|rem|%)", text.strip())
    if found is None:
        return size_px
    try:
        number = float(found[1])
    except ValueError:
        return size_px
    # A size of 0 is how mails take away the gaps between inline blocks: the elements inside set their own.
    factor = {"px": 1.0, "pt": 4 / 3, "em": size_px, "rem": 16.0, "%": size_px / 100}[found[2]]
    return number * factor or 16.0


def _is_bold(text: str, bold: bool) -> bool:
    weight = text.strip()
    if weight.isdigit():
        return int(weight) >= 600
    return {"bold": True, "bolder": True, "normal": False}.get(weight, bold)
