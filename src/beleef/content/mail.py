"""Makes the HTML of a mail from what was filled in: MJML in the organisation's frame, a whole MJML document, or plain HTML.

No part of it asks anything of a third party: no fonts, no scripts; pictures from elsewhere are for the check to complain about.
"""

import html
import re
from typing import Final

import mjml

from beleef.content.markup import cleaned, harmless, styles_of, tags
from beleef.content.model import Organisation
from beleef.content.templating import MARK_END, MARK_START
from beleef.kernel.errors import InvalidInput

_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_POSITION: Final = re.compile(r"at position (\d+):(\d+)")
_UNKNOWN: Final = re.compile(r"<(mj-[a-z-]+)")
_ESCAPED: Final = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|([\\tnr0\"']))")
_PLAIN: Final = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r", "0": "", '"': "&quot;", "'": "'"}
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_MARKED: Final = re.compile(f"{MARK_START}([^{MARK_START}{MARK_END}]*){MARK_END}")
_FONTS: Final = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
_MARK_STYLE: Final = "background:#fde68a;color:#713f12;padding:0 4px;border-radius:3px"
_HIDDEN: Final = "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all"


def is_mjml(body: str) -> bool:
    """Return whether a body is written in MJML."""
    return "<mj-" in body or "<mjml" in body


def to_html(
    body: str,
    *,
    subject: str,
    preheader: str,
    language: str,
    organisation: Organisation,
    marked: bool = False,
) -> str:
    """Return the HTML of a mail.

    Args:
        body: MJML sections, a whole MJML document, or HTML; values are filled in and escaped.
        subject: Plain text, for the title.
        preheader: Plain text that mail clients show behind the subject; empty for none.
        language: For screen readers.
        organisation: Gives the frame its colour.
        marked: Whether missing values, which stand between marks, are to be shown as such.

    Raises:
        InvalidInput: the MJML is broken; code ``mjml_error``, the message names the line of the filled-in body.
    """
    if is_mjml(body):
        made = harmless(_from_mjml(body, subject, preheader, language, organisation))
    else:
        made = _from_html(body, subject, preheader, language)
    return _shown(made) if marked else made


def _from_mjml(body: str, subject: str, preheader: str, language: str, organisation: Organisation) -> str:
    source = body.strip()
    if not source.startswith("<mjml"):
        source = _framed(source, subject, preheader, language, organisation)
    elif preheader and "<mj-preview" not in source:
        source = _with_preview(source, preheader)
    _check_nesting(source)
    try:
        # Without `fonts={}` every mail would load its letters from a server of Google.
        made = mjml.mjml2html(source, fonts={})
    except ValueError as error:
        raise _refusal(source, str(error)) from error
    unknown = _UNKNOWN.search(made)
    if unknown:
        line = source[: max(source.find(f"<{unknown[1]}"), 0)].count("\n") + 1
        raise InvalidInput(
            f"Line {line}: MJML has no element <{unknown[1]}> that may stand here.",
            hint="Sections hold columns, columns hold texts, buttons and pictures.",
            code="mjml_error",
        )
    return _unescaped(made)


def _framed(body: str, subject: str, preheader: str, language: str, organisation: Organisation) -> str:
    """Return sections in the organisation's frame; its own lines are one, so that an error's line is the writer's."""
    colour = organisation.colour if _COLOUR.fullmatch(organisation.colour) else Organisation(name="").colour
    head = (
        f"<mj-title>{html.escape(subject)}</mj-title>"
        f"<mj-preview>{html.escape(preheader)}</mj-preview>"
        "<mj-attributes>"
        f'<mj-all font-family="{_FONTS}" />'
        '<mj-section background-color="#ffffff" padding="4px 0" />'
        '<mj-text font-size="16px" line-height="1.55" color="#1f2937" padding="8px 32px" />'
        f'<mj-button background-color="{colour}" color="{readable_on(colour)}" font-size="16px" font-weight="600" '
        'border-radius="6px" inner-padding="12px 24px" padding="12px 32px" align="left" />'
        '<mj-image padding="8px 32px" /><mj-divider border-width="1px" border-color="#e5e7eb" padding="12px 32px" />'
        "</mj-attributes>"
        "<mj-style>h1{font-size:24px;line-height:1.3;margin:8px 0}h2{font-size:19px;line-height:1.35;margin:8px 0}"
        f"p{{margin:0 0 12px}}a{{color:{colour}}}</mj-style>"
    )
    return (
        f'<mjml lang="{language}"><mj-head>{head}</mj-head><mj-body background-color="#f3f4f6" width="600px">'
        f"{body}\n</mj-body></mjml>"
    )


def _with_preview(source: str, preheader: str) -> str:
    preview = f"<mj-preview>{html.escape(preheader)}</mj-preview>"
    for tag in tags(source):
        if tag.name == "mj-head" and not tag.closes:
            return source[: tag.end] + preview + source[tag.end :]
        if tag.name == "mj-body":
            return f"{source[: tag.start]}<mj-head>{preview}</mj-head>{source[tag.start :]}"
    return source


def _from_html(body: str, subject: str, preheader: str, language: str) -> str:
    style = styles_of(body)
    hidden = f'<div style="{_HIDDEN}">{html.escape(preheader)}</div>' if preheader else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(subject)}</title>{f'<style>{style}</style>' if style else ''}</head>"
        f"<body>{hidden}{cleaned(body)}</body></html>"
    )


def _refusal(source: str, said: str) -> InvalidInput:
    line, why = _trouble(source, said)
    lines = source.split("\n")
    hint = (
        lines[line - 1].strip()[-200:] if 0 < line <= len(lines) else "Look at the tags that open and close."
    )
    return InvalidInput(f"Line {line}: {why}" if line else why, hint=hint, code="mjml_error")


def _check_nesting(source: str) -> None:
    """Refuse MJML elements that do not fit in each other; MRML would guess, and drop what it cannot place."""
    opened: list[tuple[str, int]] = []
    for tag in tags(source):
        if not tag.name.startswith("mj") or source[tag.end - 2 : tag.end] == "/>":
            continue
        if not tag.closes:
            opened.append((tag.name, tag.start))
        elif not opened or opened.pop()[0] != tag.name:
            raise _refusal(source, "")
    if opened:
        raise _refusal(source, "")


def _unescaped(made: str) -> str:
    """Return MRML's HTML with attributes as they were written: it prints them with the escapes of Rust's ``Debug``."""
    if "\\" not in made:
        return made
    pieces, done = [], 0
    for tag in tags(made):
        pieces += [made[done : tag.start], _ESCAPED.sub(_letter, made[tag.start : tag.end])]
        done = tag.end
    return "".join([*pieces, made[done:]])


def _letter(found: re.Match[str]) -> str:
    if found[1] is None:
        return _PLAIN[found[2]]
    number = int(found[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _trouble(source: str, said: str) -> tuple[int, str]:
    """Return the line (0: unknown) and what is wrong; MRML itself often knows only that something is."""
    opened: list[tuple[str, int]] = []
    for tag in tags(source):
        line = source.count("\n", 0, tag.start) + 1
        for attribute in tag.attributes:
            if source[attribute.end : attribute.end + 1] == "=" or (
                attribute.value and source[attribute.value_start] not in "\"'"
            ):
                return line, f"The attribute {attribute.name} has no value in quotation marks."
        if tag.name in _VOID or source[tag.end - 2 : tag.end] == "/>":
            continue
        if not tag.closes:
            opened.append((tag.name, line))
        elif not opened or opened[-1][0] != tag.name:
            last = f", but <{opened[-1][0]}> of line {opened[-1][1]} is still open" if opened else ""
            return line, f"</{tag.name}> closes what is not open{last}."
        else:
            opened.pop()
    if opened:
        return opened[-1][1], f"<{opened[-1][0]}> is never closed."
    place = _POSITION.search(said)
    if place:
        before = source.encode()[: int(place[1])].decode("utf-8", "ignore")
        return before.count("\n") + 1, "MJML does not understand this."
    lone = re.search(r"<(?![a-zA-Z/!])", source)
    if lone:
        return source.count("\n", 0, lone.start()) + 1, "A lone “<”; write it as &lt;."
    return 0, f"The MJML cannot be read: {said}."


def _shown(text: str) -> str:
    """Return HTML in which missing values are marked where they can be seen, and are bare paths inside tags."""
    pieces, done = [], 0
    for tag in tags(text):
        pieces.append(_MARKED.sub(rf'<mark style="{_MARK_STYLE}">\1</mark>', text[done : tag.start]))
        pieces.append(_MARKED.sub(r"\1", text[tag.start : tag.end]))
        done = tag.end
    pieces.append(_MARKED.sub(rf'<mark style="{_MARK_STYLE}">\1</mark>', text[done:]))
    return "".join(pieces)


def unmarked(text: str) -> str:
    """Return plain text in which missing values stand as paths in square brackets."""
    return _MARKED.sub(r"[\1]", text)


def readable_on(colour: str) -> str:
    """Return white or black, whichever is easier to read on a colour ``#rrggbb``."""
    return "#ffffff" if contrast("#ffffff", colour) >= contrast("#111111", colour) else "#111111"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours ``#rrggbb``, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    # WCAG 2.2, relative luminance.
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
