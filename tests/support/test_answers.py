"""What goes out of a case: files that go along and stay with their person, and answers that an opt-out does not hold back."""

import base64
from pathlib import Path

import pytest

from beleef.contact.api import ChannelSetup
from beleef.kernel.errors import NotFound
from tests.cast import ANNA, DAAN
from tests.contact.mail_server import mail_server
from tests.contact.test_sender import close_channels
from tests.support.making import ServiceDesk

INVOICE = b"%PDF-1.7 the invoice of Anna"
NOTHING_MORE = {"purpose": "*", "channel": "*"}


def answered(desk: ServiceDesk, number: int = 10_001) -> str:
    """Answer a case with a file, and return where the file is kept."""
    kept = desk.support.files.keep("invoice.pdf", "application/pdf", INVOICE, key=f"form-{number}")
    desk.replies(desk.case(number), "Here it is.", attachments=(kept,))
    return kept.file


def test_a_file_goes_along_with_the_mail_and_stands_in_the_thread(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA)
    desk.writes(ANNA, "May I have the invoice?")
    with mail_server() as server:
        settings = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "from_address": "h@kersten.nl",
        }
        desk.place.channel(ChannelSetup(name="post", kind="email", driver="smtp", settings=settings))
        file = answered(desk)
        desk.place.go()
        close_channels(desk.place)
        mail = next(one.parsed for one in server.taken if "invoice.pdf" in one.raw.decode())
    assert [one.get_payload(decode=True) for one in mail.iter_attachments()] == [INVOICE]
    assert mail["List-Unsubscribe"] is None
    with desk.database.read() as connection:
        reply = desk.support.thread(connection, 10_001, public=True)[-1]
        assert desk.support.files.read(connection, 10_001, reply.attachments[0].file)[1] == INVOICE
    assert reply.attachments[0].file == file


def test_a_file_that_is_gone_sends_no_mail_without_it(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "May I have the invoice?")
    file = answered(desk)
    (Path(desk.stores.settings.attachments) / file).unlink()
    assert all("Here it is." not in one["parts"]["text"] for one in desk.outgoing())
    assert "undelivered" in desk.kinds()


def test_files_are_exported_and_erased_with_their_person_alone(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA, DAAN)
    desk.writes(ANNA, "May I have the invoice?")
    desk.writes(DAAN, "And I mine?")
    files = [answered(desk, number) for number in (10_001, 10_002)]
    sent = [one["file"] for one in desk.world.people.export(f"user_id:{DAAN.user_id}") if "file" in one]
    assert [(one["name"], base64.b64decode(one["content"])) for one in sent] == [("invoice.pdf", INVOICE)]
    desk.world.erase(f"user_id:{DAAN.user_id}")
    folder = Path(desk.stores.settings.attachments)
    assert [(folder / file).exists() for file in files] == [True, False]


def test_what_somebody_sent_into_the_case_of_another_goes_when_they_are_erased(
    embedded: ServiceDesk,
) -> None:
    desk = embedded
    desk.place.meet(ANNA, DAAN)
    desk.writes(ANNA, "We share a flat; Daan has the photograph.")
    kept = desk.support.files.keep("photograph.png", "image/png", b"picture", key="portal-1")
    attachments = [{"name": kept.name, "type": kept.type, "size": kept.size, "file": kept.file}]
    desk.writes(DAAN, "Here it is.", case="C-10001", attachments=attachments)
    desk.world.erase(f"user_id:{DAAN.user_id}")
    assert not (Path(desk.stores.settings.attachments) / kept.file).exists()
    assert desk.kinds() == ["opened", "message"]


def test_who_wants_no_messages_gets_an_answer_to_their_own(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA)
    desk.world.send(desk.place.event(ANNA, "Unsubscribed", **NOTHING_MORE))
    desk.writes(ANNA, "Where is my order?")
    desk.replies(desk.case(), "It is on its way.")
    texts = [one["parts"]["text"] for one in desk.outgoing()]
    assert sorted("It is on its way." in one for one in texts) == [False, True]


def test_who_wants_no_messages_is_not_written_to_about_their_score(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA)
    desk.world.send(desk.place.event(ANNA, "Unsubscribed", **NOTHING_MORE))
    answer = {"survey": "nps", "response": "r1", "metric": "nps", "value": 2, "scale_max": 10}
    desk.hear(desk.place.event(ANNA, "Survey Answered", **answer))
    assert desk.case().life.kind == "follow_up"
    desk.replies(desk.case(), "What went wrong?")
    assert desk.outgoing() == []
    desk.writes(ANNA, "Please tell me.", case="C-10001")
    desk.replies(desk.case(), "Gladly.")
    assert ["Gladly." in one["parts"]["text"] for one in desk.outgoing()] == [True]


def test_a_file_is_read_only_in_its_own_case(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA, DAAN)
    desk.writes(ANNA, "May I have the invoice?")
    desk.writes(DAAN, "And I mine?")
    file = answered(desk)
    with desk.database.read() as connection, pytest.raises(NotFound):
        desk.support.files.read(connection, 10_002, file)
