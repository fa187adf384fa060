"""Mail of customers: taken apart, made safe, fetched from a real IMAP server, answered over a real SMTP server."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal

import pytest

from beleef.app import build_fetching
from beleef.contact.api import ChannelSetup
from beleef.kernel.errors import NotFound
from beleef.support.api import CaseLinks, Mailbox, Wanted
from beleef.support.intake.mail import LARGEST_FILE, fold_quoted, read_mail, safe_html
from tests.cast import ANNA, DAAN, NOW
from tests.contact.mail_server import mail_server
from tests.contact.test_sender import close_channels
from tests.support.imap_server import PASSWORD, Box, imap_server
from tests.support.making import ServiceDesk

HELP = "help@kersten.example"


def mail(
    text: str = "Where is my order?", *, sender: str = ANNA.email, subject: str = "My order", **headers: str
) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Anna de Vries <{sender}>"
    made["To"] = headers.pop("to", HELP)
    made["Subject"] = subject
    made["Message-ID"] = headers.pop("message_id", "<one@example.nl>")
    made["Date"] = "Mon, 02 Mar 2026 10:29:00 +0100"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def raw(made: EmailMessage) -> bytes:
    return made.as_bytes()


def test_a_mail_is_taken_apart() -> None:
    found = read_mail(raw(mail("Where is it?\n\nOn Mon, 2 Mar 2026, Kersten wrote:\n> We sent it.")), set())
    assert found.sender == ANNA.email.lower()
    assert found.sender_name == "Anna de Vries"
    assert found.text == "Where is it?"
    assert found.quoted.endswith("> We sent it.")
    assert not found.auto


@pytest.mark.parametrize(
    ("text", "fresh"),
    [
        ("Hello\n\n> old", "Hello"),
        ("Ja graag\n\nOp ma 2 mrt 2026 om 10:00 schreef Kersten <help@kersten.example>:\n> oud", "Ja graag"),
        ("Ja\n\nOn Mon, 2 Mar 2026 at 10:00, Kersten & Co\n<help@kersten.example> wrote:\n> old", "Ja"),
        ("Nee\n\n-----Oorspronkelijk bericht-----\nVan: Kersten", "Nee"),
        ("Nee\n\nVan: Kersten <help@kersten.example>\nVerzonden: maandag", "Nee"),
        ("Hello\n-- \nAnna", "Hello"),
        ("On time it was not.\nYou wrote: nothing", "On time it was not.\nYou wrote: nothing"),
        ("> only a quotation", "> only a quotation"),
    ],
)
def test_what_a_mail_quotes_is_folded_away(text: str, fresh: str) -> None:
    assert fold_quoted(text)[0] == fresh


def test_html_is_safe_to_show_and_fetches_nothing() -> None:
    found = safe_html(
        '<p onclick="x()">Hi <b>there</b><img src="https://spy.example/p.gif"><script>alert(1)</script><style>p{}</style>'
        '<a href="javascript:alert(1)">a</a><a href="https://ok.example">b</a><form><input></form></p>'
    )
    for bad in ("spy.example", "script", "onclick", "style", "form", "input", "javascript"):
        assert bad not in found
    assert "<b>there</b>" in found
    assert 'href="https://ok.example"' in found


def test_html_alone_becomes_text_and_its_quotation_is_folded() -> None:
    made = EmailMessage(policy=SMTP)
    made["From"] = "anna@example.nl"
    made.set_content("<div>Where is it?</div><blockquote>We sent it.</blockquote>", subtype="html")
    found = read_mail(raw(made), set())
    assert found.text == "Where is it?"
    assert "We sent it." in found.quoted


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X-Auto-Response-Suppress": "All"},
        {"Return-Path": "<>"},
        {"List-Id": "<news.example.nl>"},
        {"X-Autoreply": "yes"},
    ],
)
def test_machines_are_recognised(headers: dict[str, str]) -> None:
    made = mail()
    for name, value in headers.items():
        made[name] = value
    assert read_mail(raw(made), set()).auto


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: My order",
        "Automatisch antwoord: order",
        "Out of office",
        "Undeliverable: x",
        "Afwezig",
    ],
)
def test_machines_that_do_not_say_so_are_recognised_by_their_subject(subject: str) -> None:
    assert read_mail(raw(mail(subject=subject)), set()).auto
    assert not read_mail(raw(mail(subject=f"Question about: {subject}")), set()).auto


def test_mail_from_an_own_address_goes_in_circles() -> None:
    assert read_mail(raw(mail(sender=HELP)), {HELP}).auto


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\xff\xfe\x00garbage",
        b"From: =?utf-8?q?=ff=fe?= <a@b.nl>\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n\xe9\xe8",
        b'From: a@b.nl\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: image/png; name="../../etc/passwd"\r\n\r\n',
        b"From: a@b.nl\r\nSubject: " + b"=?utf-8?b?" * 200 + b"\r\nDate: nonsense\r\n\r\nhi\x00there",
    ],
)
def test_whatever_comes_in_is_read_or_passed_over(wire: bytes) -> None:
    found = read_mail(wire, set())
    assert "\x00" not in found.text + found.subject
    assert all("/" not in one.name for one in found.files)


def test_a_file_that_is_too_large_leaves_its_name_only() -> None:
    made = mail()
    made.add_attachment(b"x" * (LARGEST_FILE + 1), maintype="application", subtype="zip", filename="big.zip")
    made.add_attachment(b"small", maintype="image", subtype="png", filename="small.png")
    found = read_mail(raw(made), set()).files
    assert [(one.name, one.content is None) for one in found] == [("big.zip", True), ("small.png", False)]


def fetched(
    desk: ServiceDesk, box: Box, *, begin: Literal["new", "all"] = "all", password: str = PASSWORD
) -> int:
    settings = Mailbox(
        name="help",
        address=HELP,
        host="127.0.0.1",
        port=box.port,
        security="none",
        user="help",
        begin=begin,
        is_plus_addressed=True,
    )
    with desk.database.write() as connection:
        desk.support.save_mailbox(connection, settings, {"password": password}, desk.stores.now())
    taken = build_fetching(desk.stores).work()
    desk.work()
    return taken


def count(desk: ServiceDesk) -> int:
    with desk.database.read() as connection:
        return desk.support.count(connection, Wanted(), now=NOW).count


def test_mail_of_somebody_unknown_opens_a_case_with_its_files(desk: ServiceDesk) -> None:
    desk.world.tick(3_600)
    made = mail()
    made.add_attachment(b"picture", maintype="image", subtype="png", filename="order.png")
    with imap_server(Box(raw(made))) as box:
        assert fetched(desk, box) == 1
        assert fetched(desk, box) == 0
    case = desk.case()
    assert case.life.title == "My order"
    assert case.life.channel == "email"
    assert case.life.customer_at == NOW + 30 * 60 * 1_000_000
    with desk.database.read() as connection:
        person = desk.support.person_of(connection, case)
        entry = next(one for one in desk.support.thread(connection, 10_001) if one.kind == "message")
        about, content = desk.support.files.read(connection, 10_001, entry.attachments[0].file)
        with pytest.raises(NotFound):
            desk.support.files.read(connection, 10_001, "../records.db")
    assert [one.value for one in person.identifiers] == [ANNA.email.lower()]
    assert (about.name, content) == ("order.png", b"picture")


def test_fetching_goes_on_where_it_stopped_and_survives_a_folder_made_anew(embedded: ServiceDesk) -> None:
    desk = embedded
    with imap_server(Box(raw(mail()), raw(mail(sender=DAAN.email, message_id="<d@example.nl>")))) as box:
        assert fetched(desk, box) == 2
        box.put(raw(mail("And my refund?", message_id="<two@example.nl>")))
        assert fetched(desk, box) == 1
        assert box.fetched == [1, 2, 3]
        box.make_anew()
        assert fetched(desk, box) == 3
    assert count(desk) == 3


def test_a_mailbox_that_is_new_brings_no_old_mail_in(embedded: ServiceDesk) -> None:
    with imap_server(Box(raw(mail()))) as box:
        assert fetched(embedded, box, begin="new") == 0
        box.put(raw(mail(message_id="<two@example.nl>")))
        assert fetched(embedded, box, begin="new") == 1


def test_a_mailbox_that_refuses_says_so_and_is_asked_again(embedded: ServiceDesk) -> None:
    desk = embedded
    with imap_server(Box(raw(mail()))) as box:
        assert fetched(desk, box, password="wrong") == 0
        with desk.database.read() as connection:
            place = desk.support.place(connection, "help")
        assert place is not None
        assert "does not answer" in place.error
        assert fetched(desk, box) == 1
        with desk.database.read() as connection:
            place = desk.support.place(connection, "help")
        assert place is not None
        assert place.error == ""


def test_a_conversation_by_mail_stays_one_case(embedded: ServiceDesk) -> None:
    desk = embedded
    with imap_server(Box(raw(mail()))) as box, mail_server() as server:
        fetched(desk, box)
        settings = {"host": "127.0.0.1", "port": server.port, "security": "none", "from_address": HELP}
        desk.place.channel(ChannelSetup(name="post", kind="email", driver="smtp", settings=settings))
        desk.replies(desk.case(), "It is on its way.", waiting=True)
        desk.place.go()
        desk.work()
        ours = next(one.parsed for one in server.taken if "on its way" in str(one.parsed.get_content()))
        assert ours["In-Reply-To"] == "<one@example.nl>"
        assert ours["Auto-Submitted"] is None
        assert ours["Reply-To"].startswith("help+c10001-")
        receipt = next(
            one.parsed for one in server.taken if "on its way" not in str(one.parsed.get_content())
        )
        assert receipt["Auto-Submitted"] == "auto-generated"
        # By the Message-ID, by the address from another sender, by the subject: whatever the mail program leaves of them.
        box.put(raw(mail("When?", message_id="<2@e.nl>", In_Reply_To=str(ours["Message-ID"]), subject="Re:")))
        box.put(raw(mail("Tell me too.", message_id="<3@e.nl>", sender=DAAN.email, to=str(ours["Reply-To"]))))
        box.put(raw(mail("I wait.", message_id="<4@e.nl>", subject=str(ours["Subject"]))))
        box.put(
            raw(
                mail(
                    "I am away.",
                    message_id="<5@e.nl>",
                    Auto_Submitted="auto-replied",
                    References=str(ours["Message-ID"]),
                )
            )
        )
        fetched(desk, box)
        close_channels(desk.place)
    assert count(desk) == 1
    assert desk.kinds().count("message") == 4
    assert desk.kinds().count("automatic") == 1
    assert desk.case().life.status == "open"


def test_a_forged_address_leads_nowhere(embedded: ServiceDesk) -> None:
    desk = embedded
    with imap_server(Box(raw(mail()))) as box:
        fetched(desk, box)
        box.put(
            raw(
                mail(
                    "Hi",
                    sender=DAAN.email,
                    message_id="<2@e.nl>",
                    to="help+c10001-aaaaaaaaaaaaaaaa@kersten.example",
                )
            )
        )
        fetched(desk, box)
    assert count(desk) == 2


def test_links_of_cases_open_their_case_and_no_other() -> None:
    links, others = CaseLinks(b"key", "https://cx.example.nl/"), CaseLinks(b"other", "https://cx.example.nl")
    token = links.address(10_001).removeprefix("https://cx.example.nl/case/")
    assert links.read(token) == 10_001
    for wrong in (token + "x", "", "a.b", others.address(10_001).rpartition("/")[2]):
        with pytest.raises(NotFound):
            links.read(wrong)
    assert links.replied(f"x@y.nl, {links.reply_address(10_001, HELP).upper()}") == "C-10001"
    assert others.replied(links.reply_address(10_001, HELP)) == ""
