"""Makes an e-mail of a message: headers, a text and an HTML part, and everything that mail programs and servers ask for today.

It is written as it goes on the wire: the standard library's own message takes a millisecond of each mail, ten times as much, and
cuts long addresses to unsubscribe at into pieces that no mail program reads.
"""

import hashlib
import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator
from email.header import Header
from email.utils import format_datetime, quote
from urllib.parse import quote as percent_encoded

import msgspec

from beleef.contact.channels.port import Carried, Outgoing
from beleef.kernel.clock import to_datetime
from beleef.kernel.errors import InvalidInput

_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]+@[^\s@<>(),;:\\\"\[\]]+")
_KIND = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
_LONGEST_SUBJECT = 500
_LINE_BYTES = 57
"""Bytes that make a base64 line of 76 letters (RFC 2045, section 6.8)."""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who mail is from.

    Attributes:
        name: The name that readers see.
        address: The address that they see.
        reply_to: Where answers go; empty for ``address``.
        bounces_to: The domain whose mailboxes get what comes back, each message with an address of its own (VERP), or a
            whole address for all; empty for ``address``.
    """

    name: str
    address: str
    reply_to: str = ""
    bounces_to: str = ""


def is_address(text: str) -> bool:
    """Return whether a text is one e-mail address and nothing more."""
    return len(text) <= 254 and text.isprintable() and _ADDRESS.fullmatch(text) is not None


def message_id(key: str, sender: Sender) -> str:
    """Return a message's Message-ID: the same for the same key, whenever it is tried."""
    return f"<{_digest(key)}@{_domain(sender.address)}>"


def message_mark(key: str) -> str:
    """Return the part of a message's Message-ID that does not depend on the sender, by which answers to it are recognised."""
    return _digest(key)


def return_path(message: Outgoing, sender: Sender) -> str:
    """Return the address that the servers on the way send a report to."""
    if not sender.bounces_to:
        return sender.address
    return sender.bounces_to if "@" in sender.bounces_to else f"bounce+{message.token}@{sender.bounces_to}"


def compose(message: Outgoing, sender: Sender, at: int) -> bytes:
    """Return the mail as it goes on the wire.

    Args:
        message: What to say, with the parts ``subject``, ``body`` (HTML) and ``text``, of which either may be missing; for a
            conversation also ``in_reply_to``, ``references``, ``reply_to`` and ``written_by`` (``human``: no machine wrote it).
        sender: Who says it.
        at: When, in microseconds.

    Raises:
        InvalidInput: an address cannot be, or there is no text at all.
    """
    if not is_address(message.address):
        raise InvalidInput(
            "That is no e-mail address.", hint="Correct it in the profile.", code="bad_address"
        )
    text, html = message.parts.get("text", ""), message.parts.get("body", "")
    bodies = [("plain", text)] if text.strip() else []
    if html.strip():
        bodies.append(("html", html))
    if not bodies:
        raise InvalidInput("The mail has no text.", hint="Write its text.", code="empty_message")
    head = b"".join(_header(name, value) for name, value in _headers(message, sender, at))
    text_part = _joined("alternative", [_body(kind, content) for kind, content in bodies], message.key)
    if not message.files:
        return head + text_part
    return head + _joined("mixed", [text_part, *map(_file, message.files)], f"{message.key}:files")


def _joined(kind: str, parts: list[bytes], key: str) -> bytes:
    """Return parts as one; a single part stays as it is."""
    if len(parts) == 1:
        return parts[0]
    # Neither quoted-printable nor base64 ever writes "=_": no content can end its part early.
    edge = f"=_{_digest(key)}".encode()
    inner = b"".join(b"--" + edge + b"\r\n" + part + b"\r\n" for part in parts)
    begin = f'Content-Type: multipart/{kind};\r\n boundary="'.encode() + edge + b'"\r\n\r\n'
    return begin + inner + b"--" + edge + b"--\r\n"


def _file(file: Carried) -> bytes:
    kind = (
        file.type
        if _KIND.fullmatch(file.type) and not file.type.startswith(("multipart/", "message/"))
        else ""
    )
    # The name as RFC 2231 writes it; mail programs read it so whatever letters are in it.
    name = percent_encoded(_line(file.name), safe="")
    head = (
        f"Content-Type: {kind or 'application/octet-stream'}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n filename*=utf-8''{name}\r\n\r\n"
    )
    starts = range(0, len(file.content), _LINE_BYTES)
    lines = (b2a_base64(file.content[at : at + _LINE_BYTES], newline=False) for at in starts)
    return head.encode() + b"".join(line + b"\r\n" for line in lines)


def _headers(message: Outgoing, sender: Sender, at: int) -> Iterator[tuple[str, str]]:
    yield "From", _named(sender.name, sender.address)
    yield "To", message.address
    reply_to = _line(message.parts.get("reply_to", "")) or sender.reply_to
    if reply_to:
        yield "Reply-To", reply_to
    yield "Subject", _encoded(_line(message.parts.get("subject", ""))[:_LONGEST_SUBJECT], "Subject")
    yield "Date", format_datetime(to_datetime(at))
    yield "Message-ID", message_id(message.key, sender)
    for name, part in (("In-Reply-To", "in_reply_to"), ("References", "references")):
        # So that mail programs show a conversation as one.
        if message.parts.get(part):
            yield name, _line(message.parts[part])
    yield "MIME-Version", "1.0"
    yield "Content-Language", _line(message.language) or "en"
    if message.parts.get("written_by") != "human":
        # So that no robot answers (RFC 3834).
        yield "Auto-Submitted", "auto-generated"
    if message.purpose == "transactional":
        return
    if message.purpose != "service":
        # Older vacation programs know only this one.
        yield "Precedence", "bulk"
    unsubscribe = message.links.get("unsubscribe")
    if unsubscribe:
        yield "List-Unsubscribe", f"<{_line(unsubscribe)}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    name = message.campaign or message.topic or message.purpose
    feedback = ":".join(_line(one)[:80] for one in (name, message.purpose, "beleef"))
    yield "Feedback-ID", _encoded(feedback, "Feedback-ID")


def _header(name: str, value: str) -> bytes:
    # Only an address with letters beyond ASCII is no ASCII here, and has no other way of being written (RFC 6532).
    return f"{name}: {value}\r\n".encode()


def _line(text: str) -> str:
    """Return a text as one line without anything that could begin another."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def _encoded(line: str, name: str) -> str:
    """Return a line as a header says it: as it is, or, with letters beyond ASCII, encoded (RFC 2047)."""
    if line.isascii() and "=?" not in line:
        return line
    text = line.encode("utf-8", "replace").decode()
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def _named(name: str, address: str) -> str:
    line = _line(name)
    if not line:
        return address
    return f'"{quote(line)}" <{address}>' if line.isascii() else f"{_encoded(line, 'From')} <{address}>"


def _body(kind: str, content: str) -> bytes:
    lines = content.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    written = b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    )
    return head.encode() + written + b"\r\n"


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _domain(address: str) -> str:
    return address.rpartition("@")[2] or "localhost"
