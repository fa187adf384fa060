"""Makes an e-mail of a message: headers, a text and an HTML part, and everything that mail programs and servers ask for today."""

import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime

import msgspec

from beleef.contact.channels.port import Outgoing
from beleef.kernel.clock import to_datetime
from beleef.kernel.errors import InvalidInput

_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]+@[^\s@<>(),;:\\\"\[\]]+")
_BREAKS = re.compile(r"[\r\n\t]+")
_LONGEST_SUBJECT = 500


class _Unbroken(EmailPolicy):
    """A policy that leaves addresses of pages whole: the library would cut long ones up, and no mail program reads the pieces."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as it goes on the wire."""
        if name.lower() == "list-unsubscribe":
            return f"{name}: {value}{self.linesep}".encode()
        return super().fold_binary(name, value)


_PLAIN = _Unbroken(linesep=SMTP.linesep)
_INTERNATIONAL = _Unbroken(linesep=SMTPUTF8.linesep, utf8=True)


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
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"<{digest}@{_domain(sender.address)}>"


def return_path(message: Outgoing, sender: Sender) -> str:
    """Return the address that the servers on the way send a report to."""
    if not sender.bounces_to:
        return sender.address
    return sender.bounces_to if "@" in sender.bounces_to else f"bounce+{message.token}@{sender.bounces_to}"


def compose(message: Outgoing, sender: Sender, at: int) -> EmailMessage:
    """Return the mail.

    Args:
        message: What to say, with the parts ``subject``, ``body`` (HTML) and ``text``, of which either may be missing.
        sender: Who says it.
        at: When, in microseconds.

    Raises:
        InvalidInput: an address cannot be, or there is no text at all.
    """
    if not is_address(message.address):
        raise InvalidInput(
            "That is no e-mail address.", hint="Correct it in the profile.", code="bad_address"
        )
    parts = message.parts
    text, html = parts.get("text", ""), parts.get("body", "")
    if not (text.strip() or html.strip()):
        raise InvalidInput("The mail has no text.", hint="Write its text.", code="empty_message")
    # Letters beyond ASCII before the @ have no other way of being written than as they are (RFC 6532).
    mail = EmailMessage(policy=_PLAIN if message.address.isascii() else _INTERNATIONAL)
    mail["From"] = _named(sender.name, sender.address)
    mail["To"] = _named("", message.address)
    if sender.reply_to:
        mail["Reply-To"] = _named("", sender.reply_to)
    mail["Subject"] = _BREAKS.sub(" ", parts.get("subject", "")).strip()[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(to_datetime(at))
    mail["Message-ID"] = message_id(message.key, sender)
    _mark(mail, message)
    mail.set_content(text or "", cte="quoted-printable")
    if html.strip():
        if text.strip():
            mail.add_alternative(html, subtype="html", cte="quoted-printable")
        else:
            mail.set_content(html, subtype="html", cte="quoted-printable")
    # Last: setting the content takes every header about content away.
    mail["Content-Language"] = message.language or "en"
    return mail


def _mark(mail: EmailMessage, message: Outgoing) -> None:
    """Say what kind of mail it is, so that no robot answers it and every mail program shows how to unsubscribe."""
    mail["Auto-Submitted"] = "auto-generated"
    if message.purpose == "transactional":
        return
    if message.purpose != "service":
        # RFC 3834 knows only Auto-Submitted; older vacation programs look at this one.
        mail["Precedence"] = "bulk"
    unsubscribe = message.links.get("unsubscribe")
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    name = message.campaign or message.topic or message.purpose
    mail["Feedback-ID"] = ":".join(_BREAKS.sub(" ", one) for one in (name, message.purpose, "beleef"))


def _named(name: str, address: str) -> Address:
    # A display name with a line break in it would start a header of its own.
    user, _, domain = address.rpartition("@")
    return Address(display_name=_BREAKS.sub(" ", name), username=user, domain=domain)


def _domain(address: str) -> str:
    return address.rpartition("@")[2] or "localhost"
