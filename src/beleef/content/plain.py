"""The text part of a mail, made from its HTML: what is read stays, links keep their address, what is hidden goes."""

import re
from html.parser import HTMLParser
from typing import Final

_HIDDEN: Final = frozenset({"style", "script", "head", "title", "template", "noscript"})
_BLOCKS: Final = frozenset(
    {
        "p", "div", "section", "article", "header", "footer", "main", "table", "tr", "ul", "ol", "h1", "h2", "h3", "h4",
        "h5", "h6", "blockquote", "pre", "center", "address",
    }
)  # fmt: skip
_APART: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"})
_VOID: Final = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "wbr"}
)
_DISPLAY_NONE: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
_FILLER: Final = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u034f\u00ad]")
_TEL: Final = ("mailto:", "tel:")


def text_of(html: str) -> str:
    """Return what a reader of HTML sees, as plain text with its links."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._hidden: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._hidden:
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        if tag in _HIDDEN or ("style" in given and _DISPLAY_NONE.search(given["style"])):
            if tag not in _VOID:
                self._hidden.append(tag)
            return
        self._open(tag, given)

    def _open(self, tag: str, given: dict[str, str]) -> None:
        if tag == "br":
            self._pieces.append("\n")
        elif tag == "hr":
            self._pieces.append("\n\n---\n\n")
        elif tag == "img":
            self._pieces.append(given.get("alt", ""))
        elif tag == "a":
            self._links.append((given.get("href", "").strip(), len(self._pieces)))
        elif tag in {"ul", "ol"}:
            self._lists.append(1 if tag == "ol" else None)
            self._pieces.append("\n\n")
        elif tag == "li":
            self._pieces.append(f"\n{self._mark()} ")
        elif tag == "tr":
            self._cells = 0
            self._pieces.append("\n")
        elif tag in {"td", "th"}:
            self._pieces.append("  " if self._cells else "")
            self._cells += 1
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag in _APART else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            # Whatever was left open inside goes with it.
            if tag in self._hidden:
                while self._hidden.pop() != tag:
                    pass
            return
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in {"ul", "ol"}:
            if self._lists:
                self._lists.pop()
            self._pieces.append("\n\n")
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag in _APART else "\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(_SPACE.sub(" ", _FILLER.sub("", data)))

    def _mark(self) -> str:
        if self._lists and (number := self._lists[-1]) is not None:
            self._lists[-1] = number + 1
            return f"{number}."
        return "-"

    def _end_link(self, href: str, start: int) -> None:
        label = "".join(self._pieces[start:]).strip()
        bare = next((href[len(one) :] for one in _TEL if href.lower().startswith(one)), href).partition("?")[
            0
        ]
        if not href or href.startswith("#") or label in {href, bare}:
            return
        self._pieces.append(f" ({bare if href.lower().startswith(_TEL) else href})" if label else href)

    def text(self) -> str:
        joined = "".join(self._pieces)
        lines = [re.sub(r" {2,}", "  ", line).strip() for line in joined.split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
