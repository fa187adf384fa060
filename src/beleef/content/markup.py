"""Reads the tags of HTML in place, so that one attribute can be changed and every other letter stays as it is.

Parsing and writing a mail anew would lose what mail clients need: conditional comments, odd spellings, empty attributes.
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
import nh3

_OPENING: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
_ATTRIBUTE: Final = re.compile(
    r"[\s/]*+([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+))?"
)
_UNENDING: Final = re.compile(r"\s*+=\s*+[\"']")
"""Behind an attribute without a value: its quotation never ends, and so, for browsers as well, does the tag."""
_END: Final = re.compile(r"[\s/]*+>")
_RAW: Final = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements whose content is no markup, up to their closing tag."""
_FORBIDDEN: Final = frozenset(
    {"script", "iframe", "object", "embed", "applet", "form", "input", "button", "textarea", "select"}
)
_ADDRESSES: Final = frozenset(
    {"href", "src", "action", "formaction", "background", "poster", "xlink:href", "data"}
)
_SCHEME: Final = re.compile(r"^[\x00-\x20]*+([a-zA-Z][a-zA-Z0-9+.\x00-\x20-]*+):")
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "sms", "cid", "whatsapp"})
_STYLE_DANGER: Final = re.compile(
    r"@import[^;]*+;?|expression\s*+\(|javascript:|behavior\s*+:", re.IGNORECASE
)
_SUSPECTS: Final = (
    *(f"<{name}" for name in sorted(_FORBIDDEN | {"base", "link"})),
    "srcdoc", "srcset", "formaction", "refresh", "@import", "expression", "behavior", "javascript",
)  # fmt: skip
"""What ``harmless`` could have to take out; nearly all mails hold none of it, and need not be taken apart."""
_HANDLER: Final = re.compile(r"on[a-z]+\s*=")
_ADDRESS_VALUES: Final = tuple(
    re.compile(rf"{name}\s*=\s*[\"']?([^\"'>]*)")
    for name in ("href", "src", "action", "background", "poster", "data")
)
"""Each begins with letters to look for, which is many times faster than looking for all at once."""
_NO_SCHEME = "#"

MAIL_TAGS: Final = nh3.ALLOWED_TAGS | {"center", "font", "s", "u", "section", "main", "address", "big"}
_ON_ALL: Final = {
    "style",
    "class",
    "id",
    "align",
    "valign",
    "width",
    "height",
    "bgcolor",
    "dir",
    "lang",
    "title",
    "role",
}
_ON_SOME: Final = {
    "a": {"href", "name", "target"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "background"},
    "th": {"colspan", "rowspan", "scope", "background"},
    "col": {"span"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
}


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute in place.

    Attributes:
        name: In small letters.
        start: Where its name begins in the text.
        value: What it says, entities resolved; empty where it has no value.
        value_start: Where the value begins, quotes included; equal to ``end`` where it has none.
        end: Where it ends, quotes included.
    """

    name: str
    start: int
    value: str
    value_start: int
    end: int


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """A tag in place: its name in small letters, whether it closes, from where to where, and its attributes."""

    name: str
    closes: bool
    start: int
    end: int
    attributes: tuple[Attribute, ...]

    def get(self, name: str) -> Attribute | None:
        """Return the first attribute of that name, which is the one that browsers heed."""
        return next((one for one in self.attributes if one.name == name), None)


def tags(text: str) -> Iterator[Tag]:
    """Yield the tags of an HTML text in order, each letter read once; comments and raw elements' contents are passed over."""
    place = 0
    while (place := text.find("<", place)) >= 0:
        if text.startswith("<!--", place):
            place = _behind_comment(text, place)
            continue
        opening = _OPENING.match(text, place)
        if opening is None:
            place += 1
            continue
        tag = _tag(text, opening)
        if tag is None:
            return
        yield tag
        place = tag.end
        if tag.name in _RAW and not tag.closes:
            place = _closing(text, tag.name, place)


def _behind_comment(text: str, place: int) -> int:
    """Return where a comment ends; ``<!-->`` opens and ends at once, as in mails' ``<!--[if !mso]><!-->``."""
    for short in ("<!-->", "<!--->"):
        if text.startswith(short, place):
            return place + len(short)
    end = text.find("-->", place + 4)
    return len(text) if end < 0 else end + 3


def _tag(text: str, opening: re.Match[str]) -> Tag | None:
    """Return the tag that opens here; None where the text ends inside it."""
    place, attributes = opening.end(), []
    while (end := _END.match(text, place)) is None:
        found = _ATTRIBUTE.match(text, place)
        if found is None:
            # Only an odd sign such as a lone quote or "=" stops the reader: it is passed over, as browsers do.
            place += 1
            if place >= len(text):
                return None
            continue
        if found[2] is None and _UNENDING.match(text, found.end()):
            return None
        attributes.append(_attribute(found))
        place = found.end()
    return Tag(
        name=opening[2].lower(),
        closes=bool(opening[1]),
        start=opening.start(),
        end=end.end(),
        attributes=tuple(attributes),
    )


def _attribute(found: re.Match[str]) -> Attribute:
    raw = found[2]
    if raw is None:
        return Attribute(
            name=found[1].lower(), start=found.start(1), value="", value_start=found.end(), end=found.end()
        )
    bare = raw[1:-1] if raw[0] in "\"'" else raw
    return Attribute(
        name=found[1].lower(),
        start=found.start(1),
        value=html.unescape(bare),
        value_start=found.start(2),
        end=found.end(),
    )


def _closing(text: str, name: str, place: int) -> int:
    found = re.compile(rf"</{re.escape(name)}(?=[\s/>])", re.IGNORECASE).search(text, place)
    return len(text) if found is None else found.start()


def rewritten(text: str, change: Callable[[Tag, Attribute], str | None]) -> str:
    """Return HTML with some attributes' values changed and everything else letter by letter as it was.

    Args:
        text: HTML.
        change: Gives the new value of an attribute of an opening tag, unescaped, or None to leave it.
    """
    pieces, done = [], 0
    for tag in tags(text):
        if tag.closes:
            continue
        for attribute in tag.attributes:
            value = change(tag, attribute)
            if value is None or value == attribute.value:
                continue
            pieces += [text[done : attribute.value_start], f'"{html.escape(value)}"']
            done = attribute.end
    return "".join([*pieces, text[done:]]) if pieces else text


def styles_of(text: str) -> str:
    """Return all style sheets in HTML, together and made safe."""
    found = [
        text[tag.end : _closing(text, "style", tag.end)]
        for tag in tags(text)
        if tag.name == "style" and not tag.closes
    ]
    return cleaned_style("\n".join(found))


def harmless(text: str) -> str:
    """Return HTML without what could act on its reader: scripts, frames, forms, event handlers, addresses that run code.

    Made for what MJML gives: its conditional comments stay.
    """
    if _looks_harmless(text):
        return text
    return _without_actors(text)


def _looks_harmless(text: str) -> bool:
    small = text.lower()
    return (
        len(small) == len(text)
        and not any(one in small for one in _SUSPECTS)
        and not any(
            not small[place.start() - 1 : place.start()].isalpha() for place in _HANDLER.finditer(small)
        )
        and all(_is_safe(html.unescape(one)) for pattern in _ADDRESS_VALUES for one in pattern.findall(small))
    )


def _without_actors(text: str) -> str:
    pieces, done, inside = [], 0, ""
    for tag in tags(text):
        if inside:
            if tag.closes and tag.name == inside:
                done, inside = tag.end, ""
            continue
        if tag.name in _FORBIDDEN or _refreshes(tag):
            pieces.append(text[done : tag.start])
            done = tag.end
            inside = tag.name if tag.name in _RAW and not tag.closes else ""
            continue
        if tag.name == "style" and not tag.closes:
            end = _closing(text, "style", tag.end)
            pieces += [text[done : tag.end], cleaned_style(text[tag.end : end])]
            done = end
            continue
        for attribute in tag.attributes:
            if attribute.name.startswith("on") or attribute.name in {"srcdoc", "srcset", "formaction"}:
                pieces.append(text[done : attribute.start])
                done = attribute.end
            elif attribute.name in _ADDRESSES and not _is_safe(attribute.value):
                pieces += [text[done : attribute.value_start], f'"{_NO_SCHEME}"']
                done = attribute.end
    if inside:
        done = len(text)
    return "".join([*pieces, text[done:]])


def _refreshes(tag: Tag) -> bool:
    kind = tag.get("http-equiv")
    return tag.name in {"base", "link"} or (
        tag.name == "meta" and kind is not None and kind.value.strip().lower() == "refresh"
    )


def _is_safe(address: str) -> bool:
    scheme = _SCHEME.match(address)
    if scheme is None:
        return True
    name = re.sub(r"[\x00-\x20]", "", scheme[1]).lower()
    return name in _SCHEMES


def cleaned(text: str) -> str:
    """Return the safe part of HTML that somebody pasted or a feed brought: text, tables, pictures and links, with their looks."""
    return nh3.clean(
        text,
        tags=MAIL_TAGS,
        clean_content_tags={"script", "style", "title"},
        attributes={"*": _ON_ALL, **_ON_SOME},
        url_schemes=set(_SCHEMES),
        strip_comments=False,
        link_rel=None,
    )


def cleaned_style(text: str) -> str:
    """Return a style sheet without what loads or runs something."""
    return _STYLE_DANGER.sub("", text).replace("</", "<\\/")
