"""Checks messages and blocks before anybody gets them: each finding has a stable code, and errors stop publishing."""

import re
from collections.abc import Collection, Iterator
from typing import Final
from urllib.parse import urlsplit

from beleef.content.looks import Anchor, Picture, look
from beleef.content.model import (
    BLOCK_PARTS,
    LANGUAGES,
    PARTS,
    Block,
    Finding,
    Message,
    Part,
    Rendered,
    Severity,
    Variables,
)
from beleef.content.plain import text_of
from beleef.content.reading import uses
from beleef.content.rendering import Composer, Marking, is_complete
from beleef.content.sample import PREFERENCES, UNSUBSCRIBE, VIEW, sample
from beleef.content.templating import MARK_START
from beleef.content.variables import LINKS, ROOTS
from beleef.kernel.errors import InvalidInput

CLIPPED_BYTES: Final = 100_000
"""Gmail shows about 102 KB of a mail's HTML and hides the rest, the way to unsubscribe with it."""
_LONG_SUBJECT: Final = 70
_SMS: Final = 160
_SMS_UNICODE: Final = 70
_GSM: Final = re.compile(
    r"[A-Za-z0-9 \r\n@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\\[~\]|€]*"
)
_PROMOTION: Final = re.compile(
    r"\b(korting|kortingscode|aanbieding(?:en)?|uitverkoop|voordeelcode|actieprijs|koopjes?|bestel nu|nu bestellen|shop nu"
    r"|koop nu|profiteer|cadeaubon|sale|discounts?|special offers?|promo(?:tion)?s?|voucher|coupon|buy now|shop now|order now"
    r"|limited time|\d{1,2}\s?% (?:off|korting))\b",
    re.IGNORECASE,
)
_NEEDS_WAY_OUT: Final = frozenset({"email", "sms", "whatsapp"})
_NO_PROMOTION: Final = frozenset({"service", "survey", "transactional"})
_SCHEMES: Final = frozenset({"http", "https", "mailto", "tel", "sms", "whatsapp"})
_HOST: Final = re.compile(
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\.?", re.IGNORECASE
)
_MOST_ALIKE: Final = 5
_ORDER: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "note": 2}


def lint(one: Message | Block, composer: Composer, *, feeds: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return what is wrong with a message or block, or could be, errors first.

    Args:
        one: The message or block.
        composer: Renders it, with the blocks in use.
        feeds: Names of the feeds there are.
    """
    found = list(_message(one, composer, feeds) if isinstance(one, Message) else _block(one, composer, feeds))
    unique = {(one.code, one.language, one.part, *sorted(one.values.items())): one for one in found}
    return tuple(sorted(unique.values(), key=lambda one: (_ORDER[one.severity], one.language, one.code)))


def _message(message: Message, composer: Composer, feeds: Collection[str]) -> Iterator[Finding]:
    complete = [language for language in LANGUAGES if is_complete(message, language)]
    if not complete:
        yield Finding(code="no_text", severity="error")
    for language in LANGUAGES:
        texts = message.texts.get(language, {})
        if not any(text.strip() for text in texts.values()):
            if complete:
                yield Finding(code="no_language", severity="warning", language=language)
            continue
        yield from _missing_parts(message, language)
        templates = list(_templates(texts, PARTS[message.channel], language, composer, feeds))
        yield from templates
        if language in complete and not any(one.severity == "error" for one in templates):
            yield from _result(message, language, composer)


def _missing_parts(message: Message, language: str) -> Iterator[Finding]:
    texts = message.texts[language]
    for part in PARTS[message.channel]:
        if part.required and not texts.get(part.name, "").strip():
            yield Finding(code="no_part", severity="error", language=language, part=part.name)
    if message.channel == "email" and not texts.get("preheader", "").strip():
        yield Finding(code="no_preheader", severity="note", language=language, part="preheader")


def _block(block: Block, composer: Composer, feeds: Collection[str]) -> Iterator[Finding]:
    if not any(text.strip() for texts in block.texts.values() for text in texts.values()):
        yield Finding(code="no_text", severity="error")
    for language in LANGUAGES:
        texts = block.texts.get(language, {})
        if not any(text.strip() for text in texts.values()):
            yield Finding(code="no_language", severity="warning", language=language)
            continue
        templates = list(_templates(texts, BLOCK_PARTS, language, composer, feeds, arguments=True))
        yield from templates
        if texts.get("mail", "").strip() and not any(one.severity == "error" for one in templates):
            trial = Message(
                name=block.name,
                label=block.label,
                channel="email",
                purpose="transactional",
                texts={language: {"subject": block.label, "body": texts["mail"]}},
            )
            rendered = _rendered(trial, language, composer)
            if isinstance(rendered, Finding):
                yield rendered
            else:
                yield from _html(rendered.parts["body"], language, "mail")


def _templates(
    texts: dict[str, str],
    parts: tuple[Part, ...],
    language: str,
    composer: Composer,
    feeds: Collection[str],
    *,
    arguments: bool = False,
) -> Iterator[Finding]:
    """Yield what is wrong in the templates themselves; with ``arguments``, unknown names may be given by whoever uses it."""
    for part in parts:
        source = texts.get(part.name, "")
        if not source.strip():
            continue
        try:
            found = uses(composer.templates(language, part).read(source))
        except InvalidInput as error:
            yield _broken(error, language, part.name)
            continue
        for path in sorted(found.paths, key=str):
            yield from _unknown(path, language, part.name, feeds, arguments=arguments)
        for text in sorted(found.unguarded):
            yield Finding(
                code="no_default",
                severity="warning",
                language=language,
                part=part.name,
                values={"path": text},
            )


def _broken(error: InvalidInput, language: str, part: str) -> Finding:
    said = f"{error.message} {error.hint}".strip()
    return Finding(
        code="broken", severity="error", language=language, part=part, values={"message": said[:400]}
    )


def _unknown(
    path: tuple[str | int | None, ...], language: str, part: str, feeds: Collection[str], *, arguments: bool
) -> Iterator[Finding]:
    root, second = path[0], path[1] if len(path) > 1 else None
    if root not in ROOTS:
        if not arguments:
            yield _at("unknown_value", language, part, path=str(root))
    elif root == "links" and second not in LINKS:
        yield _at("unknown_value", language, part, path=f"links.{second}")
    elif root == "items" and isinstance(second, str) and second not in feeds:
        yield _at("unknown_feed", language, part, feed=second)


def _at(code: str, language: str, part: str, severity: Severity = "error", **values: str) -> Finding:
    return Finding(code=code, severity=severity, language=language, part=part, values=values)


def _result(message: Message, language: str, composer: Composer) -> Iterator[Finding]:
    """Yield what is wrong in what a message becomes, with everything known of whoever gets it."""
    rendered = _rendered(message, language, composer)
    if isinstance(rendered, Finding):
        yield rendered
        return
    parts = rendered.parts
    words = " ".join([parts.get("subject", ""), parts.get("title", ""), _plain(message, parts)])
    if message.purpose in _NO_PROMOTION:
        said = _PROMOTION.search(words)
        if said:
            yield Finding(code="promotion", severity="warning", language=language, values={"word": said[0]})
    everything = " ".join(parts.values())
    if (
        message.purpose == "marketing"
        and message.channel in _NEEDS_WAY_OUT
        and UNSUBSCRIBE not in everything
        and PREFERENCES not in everything
    ):
        yield Finding(code="no_way_out", severity="error", language=language)
    if message.channel == "email":
        yield from _mail(parts, language)
    elif message.channel == "sms":
        yield from _sms(parts["text"], language)
    for name in ("url",):
        if parts.get(name):
            yield from _link(Anchor(href=parts[name], text=""), language, name)


def _rendered(message: Message, language: str, composer: Composer) -> Rendered | Finding:
    """Return a message filled in with samples; where odd filters refuse those, filled in with nothing."""
    marking: Marking = "none" if message.channel == "webhook" else "raw"

    def filled_in(known: Variables) -> Rendered:
        return composer.compose(message, known, version=0, language=language, strict=False, marking=marking)

    try:
        return filled_in(sample())
    except InvalidInput:
        try:
            return filled_in({"links": sample()["links"]})
        except InvalidInput as error:
            return _broken(error, language, "body" if message.channel in {"email", "webhook"} else "")


def _plain(message: Message, parts: dict[str, str]) -> str:
    return text_of(parts["body"]) if message.channel == "email" else parts.get("text", parts.get("body", ""))


def _mail(parts: dict[str, str], language: str) -> Iterator[Finding]:
    if len(parts["subject"]) > _LONG_SUBJECT and MARK_START not in parts["subject"]:
        yield _at("long_subject", language, "subject", "note", letters=str(len(parts["subject"])))
    if not text_of(parts["body"]).strip():
        yield _at("no_words", language, "body")
    yield from _html(parts["body"], language, "body")


def _html(html: str, language: str, part: str) -> Iterator[Finding]:
    size = len(html.encode())
    if size > CLIPPED_BYTES:
        yield _at("too_large", language, part, "warning", size=str(round(size / 1000)))
    seen = look(html)
    for anchor in seen.anchors:
        yield from _link(anchor, language, part)
    for picture in seen.pictures:
        yield from _picture(picture, language, part)
    alike = {(one.colour, one.background): one for one in reversed(seen.faint)}
    for faint in list(alike.values())[:_MOST_ALIKE]:
        yield _at(
            "faint",
            language,
            part,
            "warning",
            text=faint.text,
            colour=faint.colour,
            background=faint.background,
            contrast=f"{faint.contrast:.1f}",
        )


def _link(anchor: Anchor, language: str, part: str) -> Iterator[Finding]:
    href = anchor.href
    if href in {UNSUBSCRIBE, PREFERENCES, VIEW} or MARK_START in href:
        return
    trouble = _trouble(href)
    # An address that runs code was taken out: the words of the link still tell which it is.
    shown = (anchor.text if trouble == "empty_link" else href)[:200]
    if trouble:
        yield _at(trouble, language, part, link=shown)
    elif href.lower().startswith("http://"):
        yield _at("insecure_link", language, part, "note", link=shown)


def _trouble(href: str) -> str:
    """Return the code of what is wrong with an address; empty for nothing."""
    if not href or href == "#":
        return "empty_link"
    if href.startswith("#"):
        return ""
    try:
        parts = urlsplit(href)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "broken_link"
    if not parts.scheme:
        return "relative_link"
    on_web = parts.scheme.lower() in {"http", "https"}
    broken = (
        parts.scheme.lower() not in _SCHEMES
        or any(one.isspace() for one in href)
        or "{{" in href
        or (on_web and not (host and _HOST.fullmatch(_ascii(host))))
    )
    return "broken_link" if broken else ""


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


def _picture(picture: Picture, language: str, part: str) -> Iterator[Finding]:
    if MARK_START in picture.src:
        return
    shown = picture.src[:200]
    if picture.alt is None:
        yield _at("no_alt", language, part, "warning", picture=shown)
    if not picture.src:
        yield _at("empty_picture", language, part, picture=(picture.alt or "")[:60])
    elif not picture.src.startswith(("/media/", "cid:", "data:")):
        yield _at("remote_picture", language, part, "warning", picture=shown)


def _sms(text: str, language: str) -> Iterator[Finding]:
    if MARK_START in text:
        return
    most = _SMS if _GSM.fullmatch(text) else _SMS_UNICODE
    if len(text) > most:
        # Parts of a longer text are shorter: each carries a header (3GPP TS 23.040, 9.2.3.24.1).
        each = 153 if most == _SMS else 67
        count = -(-len(text) // each)
        yield _at("long_sms", language, "text", "note", letters=str(len(text)), parts=str(count))


def severity_of(findings: Collection[Finding]) -> Severity | None:
    """Return the gravest severity among findings; None where there are none."""
    return min((one.severity for one in findings), key=_ORDER.__getitem__, default=None)
