"""What comes back of mail becomes facts: reports from mailboxes, and those that providers tell by webhook."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from beleef.collect.api import say_later
from beleef.contact import queries
from beleef.contact.api import Contact
from beleef.contact.channels import book
from beleef.contact.channels.email.channel import read_settings
from beleef.contact.channels.email.mailbox import fetch, read_mailbox
from beleef.contact.channels.email.reports import Returned, read_report
from beleef.contact.links import Links
from beleef.contact.model import Contacted
from beleef.contact.telling import customer_fact
from beleef.kernel.clock import MINUTE, SECOND, Clock
from beleef.kernel.errors import InvalidInput, NotAllowed, NotFound
from beleef.store.records.database import Database

_FACTS = {
    "hard": ("Email Bounced", {"bounce": "hard"}),
    "soft": ("Email Bounced", {"bounce": "soft"}),
    "complained": ("Email Marked as Spam", {}),
    "delivered": ("Email Delivered", {}),
}
_SIGNED_WITHIN = 5 * MINUTE
_MOST_EVENTS = 1_000


class MailEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider tells about one mail.

    Attributes:
        kind: ``hard``, ``soft``, ``complained`` or ``delivered``.
        message_id: The mail's Message-ID.
        email: Whom it was sent to.
        id: The provider's own number of this event; the same event may be told twice.
        status: The enhanced status code, where there is one.
    """

    kind: Literal["hard", "soft", "complained", "delivered"]
    message_id: str
    email: str = ""
    id: str = ""
    status: str = ""


def fetch_returns(database: Database, contact: Contact, links: Links, now: Clock) -> int:
    """Fetch reports from the mailboxes of all mail channels; return how many mails were read.

    Raises:
        Unavailable: a mailbox does not answer.
    """
    with database.read() as connection:
        setups = [one for one in contact.channels(connection) if one.driver == "smtp" and one.enabled]
        known = book.secrets(connection)
    count = 0
    for setup in setups:
        settings = read_settings(setup.settings).mailbox
        if settings is not None:

            def keep(raw: bytes) -> None:
                with database.write() as connection:
                    keep_report(connection, contact, links, raw, now())

            password = known.get(setup.name, {}).get("mailbox_password", "")
            count += fetch(read_mailbox(settings), password, keep)
    return count


def keep_report(connection: sa.Connection, contact: Contact, links: Links, raw: bytes, now: int) -> int:
    """Say what a mail from the mailbox of returns reports; return how many facts that makes.

    Args:
        connection: Inside a write transaction.
        contact: Knows whom messages were for.
        links: Reads the tokens of return paths.
        raw: The mail as it came.
        now: The moment, in microseconds.
    """
    digest = hashlib.blake2b(raw, digest_size=12).hexdigest()
    returned = read_report(raw)
    return _say(connection, contact, links, [(one, f"{digest}:{n}") for n, one in enumerate(returned)], now)


def keep_events(
    connection: sa.Connection, contact: Contact, links: Links, events: Sequence[MailEvent], now: int
) -> int:
    """Say what a provider told; return how many facts that makes: events about mail that Beleef did not send make none."""
    returned = [
        (
            Returned(
                kind=one.kind, address=one.email, token="", message_id=one.message_id, status=one.status
            ),
            one.id or f"{one.message_id}:{one.kind}",
        )
        for one in events
    ]
    return _say(connection, contact, links, returned, now)


def read_events(
    connection: sa.Connection, channel: str, body: bytes, signature: str, timestamp: str, now: int
) -> list[MailEvent]:
    """Return the events in a signed request of a provider.

    The signature is ``sha256=`` and the hexadecimal HMAC-SHA256, with the channel's secret ``reports_secret``, of the timestamp
    (whole seconds since 1970), a full stop, and the body.

    Args:
        connection: To read from.
        channel: Name of the channel.
        body: The request's body: ``{"events": [...]}``, see ``MailEvent``.
        signature: The header ``X-Beleef-Signature``.
        timestamp: The header ``X-Beleef-Timestamp``.
        now: The moment, in microseconds.

    Raises:
        NotFound: there is no such channel, or it takes no reports.
        NotAllowed: the signature is wrong, or older than five minutes.
        InvalidInput: the events cannot be read.
    """
    secret = book.secrets(connection).get(channel, {}).get("reports_secret", "")
    if not secret:
        raise NotFound("No reports are taken there.", hint="Give the channel the secret `reports_secret`.")
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    is_recent = timestamp.isdecimal() and abs(now - int(timestamp) * SECOND) <= _SIGNED_WITHIN
    if not is_recent or not hmac.compare_digest(f"sha256={expected}".encode(), signature.encode()):
        raise NotAllowed("The signature is not right.", hint="Sign the timestamp, a full stop and the body.")
    try:
        found = msgspec.json.decode(body, type=dict[str, list[MailEvent]])
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise InvalidInput(
            str(error), hint='Send {"events": [{"kind": "hard", "message_id": …}]}.'
        ) from error
    events = found.get("events", [])
    if len(events) > _MOST_EVENTS:
        raise InvalidInput(
            f"There are more than {_MOST_EVENTS} events.", hint="Send them in several requests."
        )
    return events


def _say(
    connection: sa.Connection,
    contact: Contact,
    links: Links,
    returned: Sequence[tuple[Returned, str]],
    now: int,
) -> int:
    by_token = {
        one.token: number for one, _ in returned if one.token and (number := links.returned(one.token))
    }
    rows = queries.by_ids(connection, by_token.values())
    by_number = queries.by_provider_ids(connection, {one.message_id for one, _ in returned if one.message_id})
    facts: list[dict[str, Any]] = []
    for one, told in returned:
        row = rows.get(by_token.get(one.token, 0)) or by_number.get(one.message_id)
        person = None if row is None else contact.person_of(connection, row)
        if row is not None and person is not None:
            name, said = _FACTS[one.kind]
            more = {**said, "email": _address(one, row), "status": one.status}
            more = {name: value for name, value in more.items() if value}
            facts.append(customer_fact(name, row, person, now, f"{row.intent.key}:{told}", **more))
    say_later(connection, facts)
    return len(facts)


def _address(one: Returned, row: Contacted) -> str:
    """Return which address a report is about: the one the message went to, for a forwarded mail bounces elsewhere."""
    return row.address or one.address
