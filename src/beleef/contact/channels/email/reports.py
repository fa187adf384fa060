"""Reads what comes back of mail: delivery reports (RFC 3464) and complaints (RFC 5965), from the bytes of a mail alone.

Whatever is no report, or cannot be read, is none: a mailbox of returns gets answers, greetings and rubbish as well.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Literal

import msgspec

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_VERP = re.compile(r"bounce\+([A-Za-z0-9_=\-]+)@")
_NUMBER = re.compile(r"<[^<>\s]+>")
_COMPLAINTS = {"abuse", "fraud", "opt-out", "opt-out-list", "other", "virus"}
_LONGEST = 200
_MOST_RECIPIENTS = 50


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says about one message.

    Attributes:
        kind: ``hard``: the address will never work; ``soft``: not this time; ``complained``: marked as spam;
            ``delivered``.
        address: Which recipient; empty where the report leaves it out.
        token: The token of the return path it came to; empty where it has none.
        message_id: Message-ID of the mail it is about; empty where the report leaves it out.
        status: The enhanced status code, e.g. ``5.1.1``; empty where there is none.
    """

    kind: Literal["hard", "soft", "complained", "delivered"]
    address: str
    token: str
    message_id: str
    status: str = ""


def read_report(raw: bytes) -> tuple[Returned, ...]:
    """Return what a mail reports, one entry per recipient; nothing where it is no report.

    Args:
        raw: The mail as it came.
    """
    mail = message_from_bytes(raw, policy=compat32)
    if mail.get_content_type() != "multipart/report":
        return ()
    kind = str(mail.get_param("report-type") or "").lower()
    parts = list(mail.walk())
    token, number = _token(mail), _original_id(parts)
    if kind == "feedback-report":
        return tuple(_complaint(parts, token, number))
    return tuple(_deliveries(parts, token, number))[:_MOST_RECIPIENTS]


def _complaint(parts: list[Message], token: str, number: str) -> Iterator[Returned]:
    fields = next((one for one in parts if one.get_content_type() == "message/feedback-report"), None)
    if fields is None:
        return
    said = _fields(fields)
    kinds = [_field(one, "feedback-type").strip().lower() for one in said]
    if not any(kind in _COMPLAINTS for kind in kinds):
        return
    addresses = [_address(_field(one, "original-rcpt-to")) for one in said]
    address = next((one for one in addresses if one), "")
    yield Returned(kind="complained", address=address, token=token, message_id=number)


def _deliveries(parts: list[Message], token: str, number: str) -> Iterator[Returned]:
    for part in parts:
        if part.get_content_type() not in {"message/delivery-status", "message/global-delivery-status"}:
            continue
        for fields in _fields(part):
            action = _field(fields, "action").strip().lower()
            if action not in {"failed", "delayed", "delivered", "relayed", "expanded"}:
                continue
            status = _status(fields)
            kind = _kind(action, status)
            if kind is not None:
                yield Returned(
                    kind=kind,
                    address=_address(
                        _field(fields, "original-recipient") or _field(fields, "final-recipient")
                    ),
                    token=token,
                    message_id=number,
                    status=status,
                )


def _kind(action: str, status: str) -> Literal["hard", "soft", "delivered"] | None:
    if action == "delivered":
        return "delivered"
    if action != "failed":
        # Delayed: the server still tries. Relayed and expanded: nobody knows more.
        return None
    # 5.2.2 is a full mailbox, 5.2.3 and 5.3.4 a mail too large, 5.7.x a policy against this mail: the address is fine.
    is_lasting = status.startswith("5.") and not status.startswith(("5.2.2", "5.2.3", "5.3.4", "5.7."))
    return "hard" if is_lasting or not status else "soft"


def _fields(part: Message) -> list[Message]:
    """Return the groups of fields of a report's machine-readable part, whether or not a parser took them apart already."""
    content = part.get_payload()
    if isinstance(content, list):
        return [one for one in content if isinstance(one, Message)]
    raw = part.get_payload(decode=True)
    text = raw if isinstance(raw, bytes) else b""
    groups = re.split(rb"\r?\n[ \t]*\r?\n", text.strip())
    return [message_from_bytes(group + b"\r\n\r\n", policy=compat32) for group in groups]


def _field(fields: Message, name: str) -> str:
    # What is no ASCII comes as an object that only looks like a text.
    return str(fields.get(name, ""))


def _status(fields: Message) -> str:
    for name in ("status", "diagnostic-code"):
        found = _STATUS.search(_field(fields, name))
        if found is not None:
            return found.group()
    return ""


def _address(field: str) -> str:
    """Return the address of ``rfc822; someone@example.nl``."""
    text = field.rpartition(";")[2].strip().strip("<>").strip()
    return text[:_LONGEST] if "@" in text else ""


def _token(mail: Message) -> str:
    for name in ("delivered-to", "x-original-to", "to"):
        for value in mail.get_all(name, []):
            found = _VERP.search(str(value))
            if found is not None:
                return found.group(1)
    return ""


def _original_id(parts: list[Message]) -> str:
    """Return the Message-ID of the mail that came back, from the copy or the headers of it that the report carries."""
    for part in parts:
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"}:
            content = part.get_payload()
            inner = content[0] if isinstance(content, list) and content else None
            found = _NUMBER.search(str(inner.get("message-id", ""))) if isinstance(inner, Message) else None
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            raw = part.get_payload(decode=True)
            headers = message_from_bytes(raw if isinstance(raw, bytes) else b"", policy=compat32)
            found = _NUMBER.search(str(headers.get("message-id", "")))
        else:
            found = None
        if found is not None:
            return found.group()[:_LONGEST]
    return ""
