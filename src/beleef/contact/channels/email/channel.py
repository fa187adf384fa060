"""Sending e-mail by SMTP: several connections, kept open; what the server says decides between sent, later and never.

Nothing is tried twice in here: the sender knows how often something was tried, and waits longer each time.
"""

import contextlib
import queue
import smtplib
import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import msgspec

from beleef.contact.channels.addresses import email_address
from beleef.contact.channels.email.composing import Sender, compose, is_address, message_id, return_path
from beleef.contact.channels.port import Outgoing, Sent
from beleef.identity.api import Person
from beleef.kernel import clock
from beleef.kernel.errors import InvalidInput
from beleef.profiles.api import Profile

_MOST_CONNECTIONS = 20
_MESSAGES_PER_CONNECTION = 100
"""After so many messages a connection is opened anew: servers count, and close at a moment of their own otherwise."""
_FRESH_S = 5.0
"""For how long a connection is believed to be alive without asking."""
_LONGEST_DETAIL = 200


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How mail is sent.

    Attributes:
        host: Name of the mail server.
        port: Its port.
        security: ``starttls``, ``tls`` from the first byte, or ``none`` (for a server on the same machine).
        user: Who signs in; empty for nobody.
        from_address: Whom mail is from.
        from_name: The name shown with it; empty for the organisation's.
        reply_to: Where answers go; empty for ``from_address``.
        bounces_to: Where reports go: a domain, for an address per message, or one address; empty for ``from_address``.
        connections: How many connections at most.
        timeout_s: How long the server may take to answer.
        mailbox: Where reports are fetched; see ``mailbox.MailboxSettings``.
        track_clicks: Whether links lead over the installation, so that clicks are known.
        track_opens: Whether mails carry an image that tells that they were opened.
        own_domains: The organisation's own domains: links to them tell which campaign they were in (UTM).
    """

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    from_address: str
    from_name: str = ""
    reply_to: str = ""
    bounces_to: str = ""
    connections: int = 4
    timeout_s: float = 30.0
    mailbox: dict[str, Any] | None = None
    track_clicks: bool = True
    track_opens: bool = False
    own_domains: tuple[str, ...] = ()


def read_settings(settings: Mapping[str, Any]) -> EmailSettings:
    """Return settings from plain data.

    Raises:
        InvalidInput: they cannot be; code ``invalid_channel``.
    """
    try:
        found = msgspec.convert(dict(settings), EmailSettings)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    if not found.host or not 0 < found.port < 65_536 or not 1 <= found.connections <= _MOST_CONNECTIONS:
        raise _invalid(f"Mail needs a server, a port, and 1 to {_MOST_CONNECTIONS} connections.")
    if not is_address(found.from_address) or (found.reply_to and not is_address(found.reply_to)):
        raise _invalid("Mail needs an address that it is from.")
    if not 0 < found.timeout_s <= 300:
        raise _invalid("A server is given 1 to 300 seconds to answer.")
    return found


def check_settings(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    """Pass where mail can be sent like this.

    Raises:
        InvalidInput: it cannot; code ``invalid_channel``.
    """
    found = read_settings(settings)
    if found.user and not secrets.get("password"):
        raise _invalid("Signing in needs the secret `password`.")
    if found.mailbox is not None:
        from beleef.contact.channels.email.mailbox import read_mailbox  # noqa: PLC0415 -- it needs this module's names

        read_mailbox(found.mailbox)


class EmailChannel:
    """E-mail by SMTP.

    Args:
        settings: See ``EmailSettings``.
        secrets: ``password``, where somebody signs in.
        organisation: The name shown where the settings give none.

    Raises:
        InvalidInput: the settings cannot be.
    """

    kind = "email"

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str], *, organisation: str) -> None:
        self._settings = read_settings(settings)
        self._password = secrets.get("password", "")
        self.sender = Sender(
            name=self._settings.from_name or organisation,
            address=self._settings.from_address,
            reply_to=self._settings.reply_to,
            bounces_to=self._settings.bounces_to,
        )
        self._idle: queue.LifoQueue[_Connection] = queue.LifoQueue()
        self._threads = ThreadPoolExecutor(self._settings.connections, thread_name_prefix="smtp")

    def address(self, person: Person, profile: Profile) -> str | None:
        """Return the person's e-mail address, or None where none can be used."""
        found = email_address(person, profile)
        return found if found is not None and is_address(found) else None

    def send(self, outgoing: Sequence[Outgoing]) -> Sequence[Sent]:
        """Send mails, over several connections at once."""
        if len(outgoing) == 1:
            return [self._send(outgoing[0])]
        return list(self._threads.map(self._send, outgoing))

    def close(self) -> None:
        """Sign off everywhere."""
        self._threads.shutdown()
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()

    def _send(self, message: Outgoing) -> Sent:
        number = message_id(message.key, self.sender)
        try:
            wire = compose(message, self.sender, clock.now())
        except InvalidInput as error:
            return Sent(outcome="refused", code=error.code, detail=error.message)
        except (ValueError, UnicodeError, LookupError) as error:
            return Sent(outcome="refused", code="bad_message", detail=type(error).__name__)
        try:
            connection = self._connection()
        except (OSError, smtplib.SMTPException) as error:
            return _refusal(error, number)
        sent = connection.send(return_path(message, self.sender), message.address, wire, number)
        if connection.is_usable():
            self._idle.put(connection)
        else:
            connection.close()
        return sent

    def _connection(self) -> "_Connection":
        while True:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                return _Connection(self._settings, self._password)
            if connection.is_alive():
                return connection
            connection.close()


class _Connection:
    """One open connection to the mail server."""

    def __init__(self, settings: EmailSettings, password: str) -> None:
        self._sent, self._is_open, self._used_at = 0, True, time.monotonic()
        if settings.security == "tls":
            self._client: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_s, context=ssl.create_default_context()
            )
        else:
            self._client = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        try:
            if settings.security == "starttls":
                self._client.starttls(context=ssl.create_default_context())
            if settings.user:
                self._client.login(settings.user, password)
            self._client.ehlo_or_helo_if_needed()
        except BaseException:
            self.close()
            raise

    def is_alive(self) -> bool:
        """Return whether the server still answers: it may have closed while nobody looked."""
        if time.monotonic() - self._used_at < _FRESH_S:
            return True
        try:
            return self._client.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def is_usable(self) -> bool:
        return self._is_open and self._sent < _MESSAGES_PER_CONNECTION

    def send(self, return_to: str, address: str, wire: bytes, number: str) -> Sent:
        """Send one mail; only between the first and the last byte of it can the outcome be uncertain."""
        self._sent, self._used_at = self._sent + 1, time.monotonic()
        is_on_wire = False
        try:
            for code, said in self._envelope(return_to, address):
                if code not in {250, 251}:
                    self._client.rset()
                    return _answered(code, said, number)
            is_on_wire = True
            code, said = self._client.data(wire)
        except smtplib.SMTPDataError as error:
            # The server did not even want the data: it has nothing.
            return _answered(error.smtp_code, error.smtp_error, number)
        except (OSError, smtplib.SMTPException) as error:
            self._is_open = False
            if is_on_wire:
                return Sent(outcome="uncertain", provider_id=number, code="connection", detail=_detail(error))
            return _refusal(error, number)
        # 421: the server says good-bye with its answer.
        self._is_open = code != 421
        return _answered(code, said, number)

    def _envelope(self, return_to: str, address: str) -> "list[tuple[int, bytes]]":
        needs = ["SMTPUTF8"] if not (address.isascii() and return_to.isascii()) else []
        if needs and not self._client.has_extn("smtputf8"):
            return [(553, b"the server takes no international addresses")]
        found = [self._client.mail(return_to, needs)]
        if found[0][0] == 250:
            found.append(self._client.rcpt(address))
        return found

    def close(self) -> None:
        self._is_open = False
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._client.quit()
        self._client.close()


def _answered(code: int, said: bytes | str, number: str) -> Sent:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if code in {250, 251}:
        return Sent(outcome="sent", provider_id=number)
    outcome: Literal["retry", "refused"] = "retry" if code < 500 else "refused"
    return Sent(outcome=outcome, provider_id=number, code=str(code), detail=_impersonal(text))


def _refusal(error: Exception, number: str) -> Sent:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # A wrong password is the organisation's mistake: when it is put right, the mail goes out.
        return Sent(outcome="retry", provider_id=number, code="sign_in", detail=_detail(error))
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 0:
        return Sent(outcome="retry", provider_id=number, code=str(error.smtp_code), detail=_detail(error))
    return Sent(outcome="retry", provider_id=number, code="connection", detail=_detail(error))


def _detail(error: Exception) -> str:
    return _impersonal(f"{type(error).__name__}: {error}")


def _impersonal(text: str) -> str:
    """Return what a server said, shortened, without the addresses that it repeats."""
    words = ("…" if "@" in word else word for word in text.split())
    return " ".join(words)[:_LONGEST_DETAIL]


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Look at the settings of the channel.", code="invalid_channel")
