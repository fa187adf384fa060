"""Takes a mail apart: who wrote it, what is new in it, what it quotes, which files came with it, and whether a machine wrote it.

Nothing in it is trusted: its HTML is cleaned, images from elsewhere are left out, and what cannot be read is passed over.
"""

import email
import email.policy
import hashlib
import re
from collections.abc import Collection, Iterator
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses, parseaddr

import msgspec

from beleef.content.api import text_of
from beleef.support.reading import is_automatic

LARGEST_FILE = 10_000_000
"""Bytes of a file that is kept; of a larger one only its name is."""
_MOST_FILES = 30
_LONGEST_TEXT, _LONGEST_HTML, _LONGEST_NAME = 100_000, 400_000, 200
_MOST_REFERENCES = 50
_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_INTRODUCTION = re.compile(
    r"^\s*(?:(?:on|op|le|am)\b.{5,200}(?:wrote|schreef|a écrit|schrieb).{0,100}:?"
    r"|-{2,}\s*(?:original message|oorspronkelijk(?:e)? bericht|forwarded message|doorgestuurd bericht).*"
    r"|_{10,}|(?:from|van|von):\s.+@.+|(?:sent from my|verstuurd vanaf|verzonden vanaf) .+)\s*$",
    re.IGNORECASE | re.DOTALL,
)
_SIGNATURE = "-- "
_QUOTE = re.compile(r"<blockquote\b.*", re.IGNORECASE | re.DOTALL)


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came with a mail; ``content`` is None where it was too large to be kept."""

    name: str
    type: str
    size: int
    content: bytes | None


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, taken apart.

    Attributes:
        id: A fingerprint: the same mail has the same one, whichever mailbox it came to.
        message_id, in_reply_to, references: As its headers say, without brackets' surroundings.
        sender: The address it is from; empty where there is none.
        sender_name: The name beside it.
        recipients: All addresses it was sent to, as one text.
        subject: Its subject.
        text: What is new in it, as plain text.
        quoted: What it repeats, and its signature's small print.
        html: Its HTML made safe; empty where it has none.
        files: What came with it.
        auto: Whether a machine wrote it.
    """

    id: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    sender: str
    sender_name: str
    recipients: str
    subject: str
    text: str
    quoted: str
    html: str
    files: tuple[File, ...]
    auto: bool


def read_mail(raw: bytes, own: Collection[str]) -> Mail:
    """Return a mail, taken apart.

    Args:
        raw: As it came.
        own: The organisation's own addresses, in small letters: mail from these comes in circles.
    """
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 -- what this policy makes
    headers = {name.lower(): _header(parsed, name) for name in dict.fromkeys(parsed.keys())}
    name, sender = parseaddr(headers.get("from", ""))
    sender = sender.strip().lower()[:254]
    text, markup = _bodies(parsed)
    fresh, quoted = fold_quoted(text)
    named = (headers.get("message-id", ""), sender, headers.get("subject", ""), headers.get("date", ""))
    whole = "\x00".join(named).encode("utf-8", "surrogatepass") if named[0] else raw
    return Mail(
        id=hashlib.blake2b(whole, digest_size=16).hexdigest(),
        message_id=_id(headers.get("message-id", "")),
        in_reply_to=_id(headers.get("in-reply-to", "")),
        references=tuple(headers.get("references", "").split()[-_MOST_REFERENCES:]),
        sender=sender if "@" in sender else "",
        sender_name=_clean(name)[:_LONGEST_NAME],
        recipients=", ".join(
            address
            for _, address in getaddresses([headers.get(one, "") for one in ("to", "cc", "delivered-to")])
        ),
        subject=_clean(headers.get("subject", ""))[:_LONGEST_NAME],
        text=fresh[:_LONGEST_TEXT],
        quoted=quoted[:_LONGEST_TEXT],
        html=safe_html(markup)[:_LONGEST_HTML] if len(markup) <= _LONGEST_HTML else "",
        files=tuple(_files(parsed)),
        auto=is_automatic(headers, sender=sender, own=sender in own),
    )


def fold_quoted(text: str) -> tuple[str, str]:
    """Return what is new in a text, and what it quotes of earlier ones, with what stands below that."""
    lines = text.replace("\r\n", "\n").split("\n")
    for number, line in enumerate(lines):
        # An introduction may be broken over two lines by the program that wrote it.
        here = [line, " ".join(lines[number : number + 2])]
        begins = line.startswith(">") or line == _SIGNATURE or any(_INTRODUCTION.match(one) for one in here)
        if begins and any(one.strip() for one in lines[:number]):
            return "\n".join(lines[:number]).strip(), "\n".join(lines[number:]).strip()
    return text.strip(), ""


def safe_html(markup: str) -> str:
    """Return HTML without scripts, forms, styles, images and anything else that does more than show text."""
    if not markup.strip():
        return ""
    import nh3  # noqa: PLC0415 -- only who reads mail needs it

    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def _bodies(parsed: EmailMessage) -> tuple[str, str]:
    plain, markup = parsed.get_body(("plain",)), parsed.get_body(("html",))
    text, shown = _content(plain), _content(markup)
    if not text.strip() and shown:
        fresh = text_of(_QUOTE.sub("", shown))
        rest = text_of(shown)[len(fresh) :] if fresh else ""
        text = fresh + ("\n> " + rest.strip().replace("\n", "\n> ") if rest.strip() else "")
    return text[: 2 * _LONGEST_TEXT], shown


def _content(part: MIMEPart | None) -> str:
    if part is None:
        return ""
    try:
        found = part.get_content()
    except (LookupError, UnicodeError, ValueError):
        raw = part.get_payload(decode=True)
        found = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return _clean(found, lines=True) if isinstance(found, str) else ""


def _files(parsed: EmailMessage) -> Iterator[File]:
    for part in list(parsed.iter_attachments())[:_MOST_FILES] if parsed.is_multipart() else []:
        if part.get_content_maintype() == "multipart":
            continue
        try:
            raw = (
                part.get_payload(decode=True)
                if part.get_content_type() != "message/rfc822"
                else part.as_bytes()
            )
        except (LookupError, UnicodeError, ValueError):
            continue
        content = raw if isinstance(raw, bytes) else b""
        name = re.sub(r"[\\/]", "_", _clean(part.get_filename() or "")).strip(". ")[:_LONGEST_NAME]
        yield File(
            name=name or "attachment",
            type=part.get_content_type()[:100],
            size=len(content),
            content=content if len(content) <= LARGEST_FILE else None,
        )


def _header(parsed: EmailMessage, name: str) -> str:
    try:
        return str(parsed.get(name, ""))[:20_000]
    except (ValueError, LookupError, IndexError, AttributeError, TypeError):
        # The parser of structured headers gives up on some that spammers write; they then say nothing.
        return ""


def _id(text: str) -> str:
    return text.strip().split(" ")[0][:500]


def _clean(text: str, *, lines: bool = False) -> str:
    """Return a text that can be stored: no control characters, no halves of letters."""
    kept = "".join(one for one in text if one.isprintable() or (lines and one in "\n\t")) if text else ""
    return kept.encode("utf-8", "replace").decode()
