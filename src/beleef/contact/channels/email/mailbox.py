"""Fetches reports from a mailbox by IMAP: each mail is looked at once, marked, and left where it is.

A mail is marked after what it said is kept; dying in between has it read again, and its message ids let the repeat go.
"""

import contextlib
import imaplib
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from beleef.kernel.errors import InvalidInput, Unavailable

_AT_ONCE = 100
_LARGEST = 2_000_000
"""Bytes of a mail that is looked at; a larger one is no report, and is marked as read."""


class MailboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where reports are fetched; the secret ``mailbox_password`` goes with it.

    Attributes:
        host: Name of the server.
        port: Its port.
        security: ``tls`` from the first byte, ``starttls``, or ``none``.
        user: Who signs in.
        folder: Which folder.
    """

    host: str
    port: int = 993
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str
    folder: str = "INBOX"


def read_mailbox(settings: Mapping[str, Any]) -> MailboxSettings:
    """Return settings from plain data.

    Raises:
        InvalidInput: they cannot be; code ``invalid_channel``.
    """
    try:
        return msgspec.convert(dict(settings), MailboxSettings)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"The mailbox: {error}", hint="Look at the settings of the channel.", code="invalid_channel"
        ) from error


def fetch(
    settings: MailboxSettings, password: str, keep: Callable[[bytes], None], *, timeout_s: float = 30.0
) -> int:
    """Hand every mail that is not marked yet to ``keep``, mark it, and return how many there were.

    Args:
        settings: Where.
        password: The mailbox's password.
        keep: Keeps what a mail reports; what it raises stops the round, and the mail stays unmarked.
        timeout_s: How long the server may take to answer.

    Raises:
        Unavailable: the server does not answer, or refuses.
    """
    count = 0
    try:
        with _signed_in(settings, password, timeout_s) as client:
            for number in _unseen(client):
                raw = _mail(client, number)
                if raw is not None:
                    keep(raw)
                client.store(number, "+FLAGS", r"(\Seen)")
                count += 1
    except (OSError, imaplib.IMAP4.error) as error:
        raise Unavailable(
            "The mailbox of returned mail does not answer.",
            hint=f"Look at the settings of the channel; the server said {type(error).__name__}.",
        ) from error
    return count


@contextlib.contextmanager
def _signed_in(settings: MailboxSettings, password: str, timeout_s: float) -> "Iterator[imaplib.IMAP4]":
    if settings.security == "tls":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            settings.host, settings.port, ssl_context=ssl.create_default_context(), timeout=timeout_s
        )
    else:
        client = imaplib.IMAP4(settings.host, settings.port, timeout=timeout_s)
    try:
        if settings.security == "starttls":
            client.starttls(ssl.create_default_context())
        client.login(settings.user, password)
        folder = settings.folder.replace("\\", "\\\\").replace('"', '\\"')
        if client.select(f'"{folder}"')[0] != "OK":
            raise imaplib.IMAP4.error("no such folder")
        yield client
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            client.logout()


def _unseen(client: imaplib.IMAP4) -> list[str]:
    status, found = client.search(None, "UNSEEN")
    if status != "OK":
        raise imaplib.IMAP4.error("cannot search")
    numbers = found[0].split() if found and isinstance(found[0], bytes) else []
    return [number.decode() for number in numbers[:_AT_ONCE]]


def _mail(client: imaplib.IMAP4, number: str) -> bytes | None:
    # PEEK: a mail counts as seen only when what it said is kept.
    status, found = client.fetch(number, f"(BODY.PEEK[]<0.{_LARGEST}>)")
    if status != "OK":
        raise imaplib.IMAP4.error("cannot fetch")
    raw = next((part[1] for part in found if isinstance(part, tuple)), None)
    return raw if isinstance(raw, bytes) and len(raw) < _LARGEST else None
