"""Reports of returned mail, as servers in the field write them, from their bytes to facts; and a mailbox fetched from a real IMAP server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.app import build_links
from beleef.contact.api import ChannelSetup
from beleef.contact.channels.email.mailbox import MailboxSettings, fetch, read_mailbox
from beleef.contact.channels.email.reports import Returned, read_report
from beleef.contact.returning import keep_report
from beleef.kernel.errors import InvalidInput, Unavailable
from tests.cast import ANNA
from tests.contact.mail_server import mail_server
from tests.contact.making import Place, mail
from tests.contact.test_sender import close_channels, smtp

NUMBER = "<0123456789abcdef@kersten.example>"


def delivery_report(
    *groups: str,
    to: str = "post@kersten.example",
    original: str = f"Message-ID: {NUMBER}",
    whole: bool = False,
) -> bytes:
    """Return a delivery status notification (RFC 3464) with a group of fields per recipient."""
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    fields = "\r\n".join(f"{group}\r\n" for group in groups)
    return (
        "From: MAILER-DAEMON@mx.example.nl\r\n"
        f"To: {to}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="BOUND"\r\n'
        "MIME-Version: 1.0\r\n\r\n"
        "--BOUND\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n\r\n"
        "--BOUND\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.nl\r\nArrival-Date: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\n"
        f"{fields}\r\n"
        f"--BOUND\r\nContent-Type: {kind}\r\n\r\n{original}\r\nSubject: Dag\r\n\r\n"
        "--BOUND--\r\n"
    ).encode()


def group(action: str, status: str, address: str = "anna@example.nl", diagnostic: str = "") -> str:
    more = f"\r\nDiagnostic-Code: smtp; {diagnostic}" if diagnostic else ""
    return f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}{more}"


def complaint(kind: str = "abuse") -> bytes:
    """Return an abuse report (RFC 5965) as a feedback loop sends it."""
    return (
        "From: <fbl@provider.example>\r\nTo: <post@kersten.example>\r\nSubject: FW: Dag\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type="feedback-report"; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n"
        "--B\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
        "Original-Rcpt-To: <anna@example.nl>\r\nReported-Domain: kersten.example\r\n\r\n"
        f"--B\r\nContent-Type: message/rfc822\r\n\r\nFrom: <post@kersten.example>\r\nMessage-ID: {NUMBER}\r\n"
        "Subject: Dag\r\n\r\nText\r\n--B--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("fields", "kind", "status"),
    [
        (group("failed", "5.1.1"), "hard", "5.1.1"),
        (group("failed", "5.1.2"), "hard", "5.1.2"),
        (group("failed", "5.0.0", diagnostic="550 5.1.1 User unknown"), "hard", "5.0.0"),
        (group("failed", "5.2.2"), "soft", "5.2.2"),
        (group("failed", "5.7.1"), "soft", "5.7.1"),
        (group("failed", "4.4.7"), "soft", "4.4.7"),
        (group("failed", "", diagnostic="550 5.1.1 User unknown"), "hard", "5.1.1"),
        (group("failed", ""), "hard", ""),
        (group("Failed", "5.1.1 (bad destination)"), "hard", "5.1.1"),
        (group("delivered", "2.0.0"), "delivered", "2.0.0"),
    ],
)
def test_a_delivery_report_says_what_became_of_the_mail(fields: str, kind: str, status: str) -> None:
    assert read_report(delivery_report(fields)) == (
        Returned(kind=kind, address="anna@example.nl", token="", message_id=NUMBER, status=status),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("action", ["delayed", "relayed", "expanded", "nonsense"])
def test_a_report_of_what_is_not_over_says_nothing(action: str) -> None:
    assert read_report(delivery_report(group(action, "4.4.1"))) == ()


def test_a_report_about_several_recipients_is_one_for_each() -> None:
    raw = delivery_report(group("failed", "5.1.1"), group("failed", "4.2.2", "bram@example.nl"))
    assert [(one.kind, one.address) for one in read_report(raw)] == [
        ("hard", "anna@example.nl"),
        ("soft", "bram@example.nl"),
    ]


def test_the_message_is_known_by_its_number_or_by_the_return_path() -> None:
    whole = read_report(delivery_report(group("failed", "5.1.1"), whole=True))
    assert whole[0].message_id == NUMBER
    to = "bounce+MQ=abc-_D@back.kersten.example"
    (found,) = read_report(delivery_report(group("failed", "5.1.1"), to=to, original="X-Nothing: 1"))
    assert (found.token, found.message_id) == ("MQ=abc-_D", "")


@pytest.mark.parametrize(
    ("kind", "count"), [("abuse", 1), ("fraud", 1), ("not-spam", 0), ("auth-failure", 0)]
)
def test_a_complaint_is_one_unless_it_says_the_opposite(kind: str, count: int) -> None:
    expected = Returned(kind="complained", address="anna@example.nl", token="", message_id=NUMBER)
    assert read_report(complaint(kind)) == (expected,) * count


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: I am on holiday\r\n\r\nBack on Monday.",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=X\r\n\r\nno parts",
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=X\r\n\r\n--X\r\n\r\n--X--",
        delivery_report(group("failed", "5.1.1")).replace(b"message/delivery-status", b"text/plain"),
    ],
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert read_report(raw) == ()


@given(st.binary(max_size=300), st.integers(0, 1200), st.integers(0, 40))
def test_no_broken_report_stops_the_reading(noise: bytes, place: int, cut: int) -> None:
    for raw in (delivery_report(group("failed", "5.1.1"), whole=True), complaint()):
        for one in read_report(raw[:place] + noise + raw[place + cut :]):
            assert one.kind in {"hard", "soft", "complained", "delivered"}


def sent_mail(here: Place, key: str) -> tuple[str, str]:
    """Send Anna a mail over SMTP, and return its Message-ID and the token of its return path."""
    (anna,) = here.meet(ANNA)
    with mail_server() as server:
        here.channel(smtp(server.port))
        here.intend(mail(key, anna, purpose="transactional"))
        here.go()
        close_channels(here)
    here.channel(ChannelSetup(name="mail", kind="email", driver="outbox"))
    row = here.row(key)
    assert row.provider_id == server.taken[0].parsed["Message-ID"]
    return row.provider_id, build_links(here.stores).return_token(row.id)


def keep(here: Place, raw: bytes) -> int:
    with here.database.write() as connection:
        links = build_links(here.stores)
        return keep_report(connection, here.contact, links, raw, here.stores.now())


def test_a_report_becomes_a_fact_and_the_address_is_left_alone(here: Place) -> None:
    number, token = sent_mail(here, "m")
    raw = delivery_report(
        group("failed", "5.1.1", "somewhere.else@example.org"), to=f"bounce+{token}@back.kersten.example"
    )
    assert (keep(here, raw), keep(here, raw)) == (1, 1)
    (bounced,) = here.facts("Email Bounced")
    # Anna forwards her mail: it is her address that does not work, as far as the sender can know.
    assert (bounced["email"], bounced["bounce"], bounced["key"]) == (ANNA.email, "hard", "m")
    assert bounced["subject"] == here.subject(ANNA)
    assert here.row("m").state == "bounced"
    here.intend(mail("n", here.subject(ANNA), purpose="transactional"))
    here.go()
    assert here.row("n").reason == "bounced"
    assert number


def test_a_complaint_ends_marketing_and_not_the_order_confirmation(here: Place) -> None:
    number, _ = sent_mail(here, "m")
    assert keep(here, complaint().replace(NUMBER.encode(), number.encode())) == 1
    assert len(here.facts("Email Marked as Spam")) == 1
    anna = here.subject(ANNA)
    here.intend(mail("marketing", anna), mail("order", anna, purpose="transactional"))
    here.go()
    assert here.states("marketing", "order") == ["skipped", "sent"]
    assert here.row("marketing").reason == "complained"


def test_a_report_about_mail_that_is_not_ours_makes_no_fact(here: Place) -> None:
    sent_mail(here, "m")
    assert keep(here, complaint()) == 0
    assert keep(here, delivery_report(group("failed", "5.1.1"), to="bounce+MQ=forged@x.example")) == 0


class Mailbox:
    """A mailbox of a small but real IMAP server: what lies in it, and which of it is marked as seen."""

    def __init__(self, mails: list[bytes]) -> None:
        self.mails = mails
        self.seen: set[int] = set()
        self.port = 0
        self.password = "geheim"

    def answer(self, tag: str, command: str, rest: str) -> list[bytes]:
        """Return the lines that answer a command."""
        match command.upper():
            case "CAPABILITY":
                return [b"* CAPABILITY IMAP4rev1", f"{tag} OK done".encode()]
            case "LOGIN":
                is_right = rest.endswith((f'"{self.password}"', f" {self.password}"))
                return [f"{tag} {'OK' if is_right else 'NO'} login".encode()]
            case "SELECT" if "INBOX" in rest:
                return [f"* {len(self.mails)} EXISTS".encode(), f"{tag} OK [READ-WRITE] selected".encode()]
            case "SEARCH":
                unseen = [str(one) for one in range(1, len(self.mails) + 1) if one not in self.seen]
                return [f"* SEARCH {' '.join(unseen)}".rstrip().encode(), f"{tag} OK done".encode()]
            case "FETCH":
                number = int(rest.split(maxsplit=1)[0])
                raw = self.mails[number - 1]
                head = f"* {number} FETCH (BODY[]<0> {{{len(raw)}}}".encode()
                return [head + b"\r\n" + raw + b")", f"{tag} OK done".encode()]
            case "STORE":
                self.seen.add(int(rest.split(maxsplit=1)[0]))
                return [f"{tag} OK done".encode()]
            case "LOGOUT":
                return [b"* BYE", f"{tag} OK done".encode()]
        return [f"{tag} NO".encode()]


@contextmanager
def imap_server(box: Mailbox) -> Iterator[Mailbox]:
    """Give a server with a mailbox that runs until the end of the block."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK IMAP4rev1 ready\r\n")
            while line := self.rfile.readline():
                tag, command, rest = (*line.decode().strip().split(" ", 2), "", "")[:3]
                for answer in box.answer(tag, command, rest):
                    self.wfile.write(answer + b"\r\n")
                if command.upper() == "LOGOUT":
                    return

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def settings(box: Mailbox) -> MailboxSettings:
    return MailboxSettings(host="127.0.0.1", port=box.port, security="none", user="post")


def test_every_mail_of_a_mailbox_is_read_once() -> None:
    mails = [complaint(), b"Subject: hello\r\n\r\nhi", delivery_report(group("failed", "5.1.1"))]
    with imap_server(Mailbox(list(mails))) as box:
        read: list[bytes] = []
        assert fetch(settings(box), "geheim", read.append) == 3
        assert read == mails
        assert fetch(settings(box), "geheim", read.append) == 0
        box.mails.append(complaint("fraud"))
        assert fetch(settings(box), "geheim", read.append) == 1


def test_a_mail_that_could_not_be_kept_is_read_again() -> None:
    with imap_server(Mailbox([complaint(), complaint("fraud")])) as box:
        read: list[bytes] = []

        def keep_one(raw: bytes) -> None:
            if read:
                raise Unavailable("The database does not answer.")
            read.append(raw)

        with pytest.raises(Unavailable):
            fetch(settings(box), "geheim", keep_one)
        assert box.seen == {1}


def test_a_mailbox_that_refuses_or_is_not_there_is_unavailable() -> None:
    with imap_server(Mailbox([])) as box:
        with pytest.raises(Unavailable):
            fetch(settings(box), "fout", lambda _: None)
        wrong = MailboxSettings(
            host="127.0.0.1", port=box.port, security="none", user="post", folder="Nowhere"
        )
        with pytest.raises(Unavailable):
            fetch(wrong, "geheim", lambda _: None)
    with pytest.raises(Unavailable):
        fetch(settings(box), "geheim", lambda _: None)
    with pytest.raises(InvalidInput):
        read_mailbox({"host": "x", "colour": "red"})


def test_the_sender_fetches_what_came_back_and_says_so(embedded: Place) -> None:
    number, _ = sent_mail(embedded, "m")
    raw = complaint().replace(NUMBER.encode(), number.encode())
    with imap_server(Mailbox([raw])) as box:
        mailbox = {"host": "127.0.0.1", "port": box.port, "security": "none", "user": "post"}
        embedded.channel(smtp(1, mailbox=mailbox), {"mailbox_password": "geheim"})
        assert embedded.sender.fetch_returns() == 1
        assert embedded.sender.fetch_returns() == 0
    assert len(embedded.facts("Email Marked as Spam")) == 1
