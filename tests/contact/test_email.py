"""E-mail against a real SMTP server: what the mail says of itself, what each answer of the server means, and connections that are kept."""

import email.policy
import socket
import ssl
import subprocess
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.contact.channels.email.channel import EmailChannel, check_settings
from beleef.contact.channels.email.composing import Sender, compose, is_address, message_id, return_path
from beleef.contact.channels.port import Carried, Outgoing
from beleef.kernel.errors import InvalidInput
from tests.cast import ANNA, NOW
from tests.contact.channel_benches import anna
from tests.contact.mail_server import Mail, mail_server
from tests.services.running import free_port

FROM = Sender(name="Kersten & Co", address="post@kersten.example")
LINKS = {"unsubscribe": "https://cx.example/unsubscribe/t", "preferences": "https://cx.example/preferences/t"}


def going(number: int = 1, address: str = ANNA.email, **more: Any) -> Outgoing:
    """Return a message on its way to Anna."""
    person, _ = anna()
    fields: dict[str, Any] = {
        "contact": number,
        "key": f"key-{number}",
        "person": person,
        "address": address,
        "purpose": "marketing",
        "topic": "offers",
        "campaign": "spring",
        "language": "nl",
        "parts": {"subject": "Voor u: 10 % korting", "body": "<p>Dag Anna — één tip</p>", "text": "Dag Anna"},
        "links": LINKS,
        "token": "tok-1",
        **more,
    }
    return Outgoing(**fields)


def made(message: Outgoing, sender: Sender, at: int) -> EmailMessage:
    """Return a mail as its reader's program takes it apart."""
    found = email.message_from_bytes(compose(message, sender, at), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    return found


def channel(port: int, secrets: dict[str, str] | None = None, **more: Any) -> EmailChannel:
    settings = {
        "host": "localhost",
        "port": port,
        "security": "none",
        "from_address": FROM.address,
        "timeout_s": 60,
        **more,
    }
    return EmailChannel(settings, secrets or {}, organisation="Kersten & Co")


def test_a_mail_says_everything_that_mail_programs_ask_for() -> None:
    mail = made(going(), FROM, NOW)
    assert mail["From"] == "Kersten & Co <post@kersten.example>"
    assert mail["To"] == ANNA.email
    assert mail["Subject"] == "Voor u: 10 % korting"
    assert mail["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert mail["List-Unsubscribe"] == "<https://cx.example/unsubscribe/t>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (mail["Precedence"], mail["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert mail["Content-Language"] == "nl"
    parts = [(part.get_content_type(), part.get_content().strip()) for part in mail.iter_parts()]
    assert parts == [("text/plain", "Dag Anna"), ("text/html", "<p>Dag Anna — één tip</p>")]
    assert max(len(line) for line in compose(going(), FROM, NOW).split(b"\r\n")) <= 78


def test_a_long_address_to_unsubscribe_at_stays_whole() -> None:
    long = "https://cx.example/unsubscribe/" + "a" * 300
    wire = compose(going(links={"unsubscribe": long}), FROM, NOW)
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in wire


def test_a_transactional_mail_is_no_bulk_and_offers_no_way_out() -> None:
    mail = made(going(purpose="transactional"), FROM, NOW)
    assert mail["List-Unsubscribe"] is None
    assert mail["Precedence"] is None
    assert mail["Auto-Submitted"] == "auto-generated"


def test_files_go_along_whole_under_their_own_names() -> None:
    content = bytes(range(256)) * 300
    files = (
        Carried(name="Bon \u20ac 12.pdf", type="application/pdf", content=content),
        Carried(name="a.eml", type="message/rfc822\r\nX: y", content=b""),
    )
    mail = made(going(files=files), FROM, NOW)
    assert mail.get_content_type() == "multipart/mixed"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Dag Anna"
    found = [
        (one.get_filename(), one.get_content_type(), one.get_payload(decode=True))
        for one in mail.iter_attachments()
    ]
    assert found == [
        ("Bon \u20ac 12.pdf", "application/pdf", content),
        ("a.eml", "application/octet-stream", b""),
    ]
    assert max(len(line) for line in compose(going(files=files), FROM, NOW).split(b"\r\n")) <= 78


def test_one_part_alone_is_no_multipart() -> None:
    only_text = made(going(parts={"subject": "s", "text": "Dag"}), FROM, NOW)
    only_html = made(going(parts={"subject": "s", "body": "<p>Dag</p>"}), FROM, NOW)
    assert (only_text.get_content_type(), only_html.get_content_type()) == ("text/plain", "text/html")
    with pytest.raises(InvalidInput):
        made(going(parts={"subject": "s", "text": " "}), FROM, NOW)


def test_the_same_message_has_the_same_number_and_another_has_another() -> None:
    assert message_id("a", FROM) == message_id("a", FROM) != message_id("b", FROM)
    assert made(going(), FROM, NOW)["Message-ID"] == made(going(), FROM, NOW + 9)["Message-ID"]


def test_reports_go_to_an_address_of_the_message_where_a_domain_is_set() -> None:
    assert return_path(going(), FROM) == FROM.address
    verp = Sender(name="", address=FROM.address, bounces_to="back.kersten.example")
    assert return_path(going(), verp) == "bounce+tok-1@back.kersten.example"
    one = Sender(name="", address=FROM.address, bounces_to="back@kersten.example")
    assert return_path(going(), one) == "back@kersten.example"


letters = st.text(st.characters(codec="utf-8"), max_size=300)


@given(letters, letters, letters)
def test_no_text_breaks_out_of_its_place_and_all_of_it_arrives(
    subject: str, campaign: str, text: str
) -> None:
    parts = {"subject": subject, "body": f"<p>{text}</p>", "text": f"x{text}"}
    mail = made(going(parts=parts, campaign=campaign), FROM, NOW)
    assert list(mail.keys()) == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Language", "Auto-Submitted",
        "Precedence", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Content-Type",
    ]  # fmt: skip
    assert mail["To"] == ANNA.email
    plain, html = mail.iter_parts()
    assert [_read(plain), _read(html)] == [_lines(f"x{text}"), _lines(f"<p>{text}</p>")]
    if subject.isprintable():
        assert str(mail["Subject"]).split() == subject.split()


def _read(part: "MIMEPart[Any, Any]") -> str:
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode().replace("\r\n", "\n").removesuffix("\n")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(max_size=20))
def test_letters_that_are_no_letters_are_replaced(text: str) -> None:
    parts = {"subject": text, "text": f"x{text}"}
    wire = compose(going(parts=parts, campaign=text), FROM, NOW)
    assert max(len(line) for line in wire.split(b"\r\n")) < 998
    assert b"\n" not in wire.replace(b"\r\n", b"")


@pytest.mark.parametrize("name", ["A\r\nBcc: x@evil.example", "A\nB", 'Quote " and \\ slash'])
def test_a_name_starts_no_header_of_its_own(name: str) -> None:
    wire = compose(going(), Sender(name=name, address=FROM.address), NOW)
    assert b"\r\nBcc:" not in wire


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@example.nl", True),
        ("a+b.c@sub.example.nl", True),
        ("ünï@exämple.nl", True),
        ("anna@example.nl\r\nBcc: x@y.nl", False),
        ("anna@example.nl, bram@example.nl", False),
        ("Anna <anna@example.nl>", False),
        ("anna", False),
        ("", False),
        ("a" * 250 + "@b.nl", False),
    ],
)
def test_an_address_is_one_address(text: str, *, expected: bool) -> None:
    assert is_address(text) is expected


def test_mails_arrive_over_connections_that_are_kept() -> None:
    with mail_server() as server:
        opened = channel(server.port, connections=3)
        for _ in range(4):
            sent = opened.send([going(number) for number in range(20)])
            assert [one.outcome for one in sent] == ["sent"] * 20
            assert sent[0].provider_id == message_id("key-0", FROM)
        opened.close()
        assert len(server.taken) == 80
        assert server.connections <= 3
        assert {mail.sender for mail in server.taken} == {FROM.address}
        # Over three connections the order of arrival is nobody's promise; the set of mails is.
        assert {mail.parsed["Message-ID"] for mail in server.taken} == {
            message_id(f"key-{number}", FROM) for number in range(20)
        }


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        ("550 5.1.1 <anna.de.vries@example.nl> no such user", "refused", "550"),
        ("554 5.7.1 not with us", "refused", "554"),
        ("452 4.2.2 mailbox full", "retry", "452"),
        ("421 4.3.0 closing", "retry", "421"),
    ],
)
def test_what_the_server_says_of_the_address_decides(answer: str, outcome: str, code: str) -> None:
    with mail_server() as server:
        server.answers[ANNA.email] = answer
        opened = channel(server.port)
        first, second = opened.send([going(1), going(2, "bram@example.nl")])
        assert (first.outcome, first.code) == (outcome, code)
        assert "@" not in first.detail
        assert second.outcome == "sent"
        opened.close()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("554 5.6.0 not like this", "refused"), ("451 4.3.0 try again", "retry"), ("452 4.3.1 full", "retry")],
)
def test_what_the_server_says_of_the_mail_decides(answer: str, outcome: str) -> None:
    with mail_server() as server:
        server.answer = lambda _: answer
        opened = channel(server.port)
        assert opened.send([going()])[0].outcome == outcome
        server.answer = lambda _: None
        assert opened.send([going()])[0].outcome == "sent"
        opened.close()


def test_a_line_that_dies_after_the_mail_and_before_the_answer_leaves_it_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(120)
        opened = channel(listening.getsockname()[1])

        def half_a_server() -> None:
            line, _ = listening.accept()
            with line, line.makefile("rwb") as stream:
                stream.write(b"220 ready\r\n")
                stream.flush()
                for answer in (b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
                    stream.readline()
                    stream.write(answer)
                    stream.flush()
                while stream.readline() not in {b".\r\n", b""}:
                    pass

        import threading

        thread = threading.Thread(target=half_a_server)
        thread.start()
        assert opened.send([going()])[0].outcome == "uncertain"
        thread.join()
        opened.close()


def test_a_server_that_is_not_there_means_later() -> None:
    opened = channel(free_port())
    (sent,) = opened.send([going()])
    assert (sent.outcome, sent.code) == ("retry", "connection")
    opened.close()


def test_a_connection_that_the_server_closed_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beleef.contact.channels.email.channel._FRESH_S", 0.0)
    with mail_server() as server:
        opened = channel(server.port)
        assert opened.send([going()])[0].outcome == "sent"
        with mail_server() as other:
            opened._settings = channel(other.port)._settings
            for connection in list(opened._idle.queue):
                connection._client.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
            assert opened.send([going(2)])[0].outcome == "sent"
            assert len(other.taken) == 1
        opened.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of localhost's own, and a server's context with it."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "key"), "-out", str(folder / "cert")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    return folder / "cert", context


def test_mail_goes_over_tls_and_somebody_signs_in(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, context = certificate
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with mail_server(tls=context, password="geheim") as server:
        good = channel(server.port, {"password": "geheim"}, security="starttls", user="post")
        assert good.send([going()])[0].outcome == "sent"
        good.close()
        wrong = channel(server.port, {"password": "fout"}, security="starttls", user="post", timeout_s=60)
        (sent,) = wrong.send([going(2)])
        assert (sent.outcome, sent.code) == ("retry", "sign_in")
        wrong.close()
    assert len(server.taken) == 1


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    certificate: tuple[Path, ssl.SSLContext],
) -> None:
    with mail_server(tls=certificate[1]) as server:
        opened = channel(server.port, security="starttls")
        (sent,) = opened.send([going()])
        assert (sent.outcome, server.taken) == ("retry", [])
        opened.close()


def test_an_address_with_other_letters_goes_to_servers_that_take_it() -> None:
    with mail_server() as server:
        opened = channel(server.port)
        (sent,) = opened.send([going(address="ünï@example.nl")])
        assert sent.outcome == "sent"
        taken: Mail = server.taken[0]
        assert taken.recipients == ("ünï@example.nl",)
        opened.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""},
        {"port": 0},
        {"security": "maybe"},
        {"connections": 99},
        {"from_address": "nobody"},
        {"timeout_s": 0},
        {"colour": "red"},
        {"user": "post"},
        {"mailbox": {"host": "x"}},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    settings = {"host": "localhost", "from_address": FROM.address, **wrong}
    with pytest.raises(InvalidInput) as refused:
        check_settings(settings, {})
    assert refused.value.code == "invalid_channel"


def test_a_person_without_an_address_that_works_is_not_reached() -> None:
    opened = channel(25)
    person, profile = anna()
    assert opened.address(person, profile) == "anna.de.vries@example.nl"
    opened.close()
