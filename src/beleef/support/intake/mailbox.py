"""Fetches new mail from a mailbox by IMAP, by UID: each once, in order, going on where it stopped; mail stays where and as it is."""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime

from beleef.kernel.clock import from_datetime
from beleef.kernel.errors import Unavailable
from beleef.support.intake.model import Mailbox, Place

_AT_ONCE = 50
LARGEST_MAIL = 40_000_000
"""Bytes of a mail that is fetched; of a larger one the beginning is, which has its text."""
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')

Keep = Callable[[bytes, int, Place], None]
"""Keeps a mail: as it came, when it came in (microseconds), and how far the mailbox is fetched with it."""


def fetch(
    mailbox: Mailbox, password: str, place: Place | None, keep: Keep, *, now: int, timeout_s: float = 30.0
) -> Place:
    """Hand what is new in a mailbox to ``keep``, some dozens of mails at most, and return how far it is fetched then.

    Args:
        mailbox: Where.
        password: Its password.
        place: How far it was fetched; None where it never was.
        keep: What it raises stops the round; the mail comes again in the next.
        now: The moment, in microseconds.
        timeout_s: How long the server may take to answer.

    Raises:
        Unavailable: the server does not answer, or refuses.
    """
    try:
        with _signed_in(mailbox, password, timeout_s) as client:
            place = _begun(client, mailbox, place, now)
            for uid in _newer(client, place.uid):
                at, raw = _mail(client, uid)
                place = Place(validity=place.validity, uid=uid, fetched_at=now)
                if raw:
                    keep(raw, now if at is None else min(at, now), place)
            return Place(validity=place.validity, uid=place.uid, fetched_at=now)
    except (OSError, imaplib.IMAP4.error) as error:
        raise Unavailable(
            f"The mailbox “{mailbox.name}” does not answer.",
            hint=f"Look at its settings; the server said {type(error).__name__}.",
        ) from error


@contextlib.contextmanager
def _signed_in(mailbox: Mailbox, password: str, timeout_s: float) -> "Iterator[imaplib.IMAP4]":
    if mailbox.security == "tls":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=ssl.create_default_context(), timeout=timeout_s
        )
    else:
        client = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=timeout_s)
    try:
        if mailbox.security == "starttls":
            client.starttls(ssl.create_default_context())
        client.login(mailbox.user, password)
        folder = mailbox.folder.replace("\\", "\\\\").replace('"', '\\"')
        if client.select(f'"{folder}"', readonly=True)[0] != "OK":
            raise imaplib.IMAP4.error("no such folder")
        yield client
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            client.logout()


def _begun(client: imaplib.IMAP4, mailbox: Mailbox, place: Place | None, now: int) -> Place:
    """Return from where to fetch: a folder that was made anew counts its mails anew, and those that were taken say nothing twice."""
    validity = _number(client, "UIDVALIDITY")
    if place is not None and place.validity:
        return place if place.validity == validity else Place(validity=validity, uid=0, fetched_at=now)
    newest = max(0, _number(client, "UIDNEXT") - 1)
    return Place(validity=validity, uid=0 if mailbox.begin == "all" else newest, fetched_at=now)


def _number(client: imaplib.IMAP4, name: str) -> int:
    _, found = client.response(name)
    given = found[0] if found else None
    if not isinstance(given, bytes) or not given.isdigit():
        raise imaplib.IMAP4.error(f"no {name}")
    return int(given)


def _newer(client: imaplib.IMAP4, uid: int) -> list[int]:
    status, found = client.uid("SEARCH", f"UID {uid + 1}:*")
    if status != "OK":
        raise imaplib.IMAP4.error("cannot search")
    numbers = found[0].split() if found and isinstance(found[0], bytes) else []
    # `*` is the newest mail, even where that is an older one than was asked for.
    return sorted(number for one in numbers if (number := int(one)) > uid)[:_AT_ONCE]


def _mail(client: imaplib.IMAP4, uid: int) -> tuple[int | None, bytes]:
    status, found = client.uid("FETCH", str(uid), f"(INTERNALDATE BODY.PEEK[]<0.{LARGEST_MAIL}>)")
    if status != "OK":
        raise imaplib.IMAP4.error("cannot fetch")
    at, raw = None, b""
    for part in found:
        head = part[0] if isinstance(part, tuple) else part
        if isinstance(head, bytes) and (dated := _DATE.search(head)):
            at = from_datetime(datetime.strptime(dated.group(1).decode().strip(), "%d-%b-%Y %H:%M:%S %z"))
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            raw = part[1]
    return at, raw
