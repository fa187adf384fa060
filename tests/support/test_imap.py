"""Mailboxes on a real server, Debian's Dovecot: TLS that has to be vouched for, and a conversation from the first mail to the last."""

import imaplib
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from beleef.app import build_fetching
from beleef.contact.api import ChannelSetup
from beleef.support.api import Mailbox
from tests.cast import ANNA
from tests.contact.mail_server import mail_server
from tests.contact.test_sender import close_channels
from tests.services.dovecot import PASSWORD, MailHost, dovecot, is_installed
from tests.support.making import ServiceDesk

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not is_installed(), reason="Dovecot is not installed"),
]

HELP = "help@kersten.example"
AT_FIRST, LATER = '"02-Mar-2026 07:30:00 +0000"', '"02-Mar-2026 15:30:00 +0000"'
"""When mail comes in: before the clock of the tests, and within the eight hours after it."""


@pytest.fixture(scope="module")
def host() -> Iterator[MailHost]:
    """A server for all tests of this file, each of which has a mailbox of its own."""
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder:
        Path(folder).chmod(0o755)
        with dovecot(Path(folder)) as running:
            yield running


@pytest.fixture
def vouched(host: MailHost, monkeypatch: pytest.MonkeyPatch) -> MailHost:
    """The server, whose certificate this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(host.certificate))
    return host


@contextmanager
def signed_in(host: MailHost, user: str) -> Iterator[imaplib.IMAP4_SSL]:
    """Give a mailbox to put mail into, as the provider's own programs do."""
    context = ssl.create_default_context(cafile=str(host.certificate))
    client = imaplib.IMAP4_SSL("localhost", host.imaps, ssl_context=context, timeout=60)
    try:
        assert client.login(user, PASSWORD)[0] == "OK"
        yield client
    finally:
        client.logout()


def put(client: imaplib.IMAP4, *mails: EmailMessage, folder: str = "INBOX", at: str = AT_FIRST) -> None:
    """Let mail come in."""
    for one in mails:
        assert client.append(f'"{folder}"', "", at, one.as_bytes())[0] == "OK"


def mail(text: str, message_id: str, *, to: str = HELP, answers: str = "") -> EmailMessage:
    """Return a mail of Anna's."""
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Anna de Vries <{ANNA.email}>"
    made["To"] = to
    made["Subject"] = "My order"
    made["Message-ID"] = message_id
    if answers:
        made["In-Reply-To"] = answers
    made.set_content(text)
    return made


def mailbox(host: MailHost, user: str, security: Literal["tls", "starttls"] = "tls") -> Mailbox:
    """Return the settings of a mailbox, which begins with what lies in it."""
    return Mailbox(
        name="help",
        address=HELP,
        host="localhost",
        port=host.imaps if security == "tls" else host.imap,
        security=security,
        user=user,
        begin="all",
        is_plus_addressed=True,
    )


def fetch(desk: ServiceDesk, settings: Mailbox, password: str = PASSWORD) -> int:
    """Fetch a mailbox once, and let the worker work on what came in."""
    with desk.database.write() as connection:
        desk.support.save_mailbox(connection, settings, {"password": password}, desk.stores.now())
    taken = build_fetching(desk.stores).work()
    desk.work()
    return taken


def error_of(desk: ServiceDesk) -> str:
    """Return what the mailbox's server refused last; empty where nothing."""
    with desk.database.read() as connection:
        place = desk.support.place(connection, "help")
    assert place is not None
    return place.error


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_question_by_mail_is_answered_by_mail_and_the_answer_finds_its_case(
    desk: ServiceDesk, vouched: MailHost, security: Literal["tls", "starttls"], request: pytest.FixtureRequest
) -> None:
    user = f"conversation-{security}-{request.node.callspec.params['desk']}"
    settings = mailbox(vouched, user, security)
    with signed_in(vouched, user) as box, mail_server() as server:
        put(box, mail("Where is my order?", "<1@example.nl>"))
        assert fetch(desk, settings) == 1
        assert desk.case().life.title == "My order"
        channel = {"host": "127.0.0.1", "port": server.port, "security": "none", "from_address": HELP}
        desk.place.channel(ChannelSetup(name="post", kind="email", driver="smtp", settings=channel))
        desk.replies(desk.case(), "It is on its way.", waiting=True)
        desk.place.go()
        desk.work()
        ours = next(one.parsed for one in server.taken if "on its way" in one.parsed.get_content())
        assert ours["In-Reply-To"] == "<1@example.nl>"
        put(
            box,
            mail("When?", "<2@example.nl>", to=str(ours["Reply-To"])),
            mail("I wait.", "<3@example.nl>", answers=str(ours["Message-ID"])),
            at=LATER,
        )
        desk.world.tick(8 * 3_600)
        assert fetch(desk, settings) == 2
        assert fetch(desk, settings) == 0
        status, found = box.status("INBOX", "(MESSAGES UNSEEN)")
        close_channels(desk.place)
    assert (status, found) == ("OK", [b"INBOX (MESSAGES 3 UNSEEN 3)"]), "mail stays where and as it is"
    assert [one for one in desk.kinds() if one in {"message", "reply"}] == [
        "message",
        "reply",
        "message",
        "message",
    ]
    assert desk.case().life.status == "open"


def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_mail_waits(
    embedded: ServiceDesk, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = mailbox(host, "unvouched")
    with signed_in(host, "unvouched") as box:
        put(box, mail("Where is my order?", "<1@example.nl>"))
        assert fetch(embedded, settings) == 0
        assert "SSLCertVerificationError" in error_of(embedded)
        monkeypatch.setenv("SSL_CERT_FILE", str(host.certificate))
        assert fetch(embedded, settings) == 1
    assert error_of(embedded) == ""


def test_a_wrong_password_and_a_folder_that_is_not_there_are_told(
    embedded: ServiceDesk, vouched: MailHost
) -> None:
    settings = mailbox(vouched, "refused")
    assert fetch(embedded, settings, password="wrong") == 0
    assert "does not answer" in error_of(embedded)
    elsewhere = msgspec.structs.replace(settings, folder="Gone")
    assert fetch(embedded, elsewhere) == 0
    assert "does not answer" in error_of(embedded)
    assert fetch(embedded, settings) == 0
    assert error_of(embedded) == ""


def test_a_full_folder_with_gaps_is_fetched_in_rounds_and_one_made_anew_says_nothing_twice(
    embedded: ServiceDesk, vouched: MailHost
) -> None:
    folder = 'Klanten "van ver"'
    named = folder.replace('"', '\\"')
    settings = msgspec.structs.replace(mailbox(vouched, "folders"), folder=folder)
    mails = [mail(f"Question {number}", f"<{number}@example.nl>") for number in range(55)]
    with signed_in(vouched, "folders") as box:
        assert box.create(f'"{named}"')[0] == "OK"
        put(box, *mails, folder=named)
        box.select(f'"{named}"')
        box.store("3:5", "+FLAGS", r"\Deleted")
        box.expunge()
        box.close()
        assert fetch(embedded, settings) == 50
        assert fetch(embedded, settings) == 2
        assert box.delete(f'"{named}"')[0] == "OK"
        assert box.create(f'"{named}"')[0] == "OK"
        put(box, *mails[:2], mail("A new one", "<new@example.nl>"), folder=named)
        assert fetch(embedded, settings) == 3
    said = [one["message_id"] for one in embedded.said("Message Received")]
    assert len(said) == len(set(said)) == 53
