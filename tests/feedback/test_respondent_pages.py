"""The pages on which customers answer: nothing is recorded by opening them, what is sent is, and every page says kindly where it ends."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from litestar import Request

from beleef.access.desk import AnyRequest
from beleef.feedback.api import TRAP, Filter
from beleef.feedback.respondent import Trying
from beleef.feedback.respondent.ways import address_of
from beleef.kernel.clock import MINUTE
from beleef.store.files import Files
from tests.cast import ANNA, CHANTAL
from tests.feedback.panels import Panel
from tests.feedback.respondents import EVERYTHING, Visitor, asked, heading, hidden, invite, visiting

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest.fixture
def visitor(asking: Panel) -> Iterator[Visitor]:
    with visiting(asking) as opened:
        yield opened


def personal(visitor: Visitor, **changes: Any) -> str:
    found = invite(visitor.panel, EVERYTHING, **changes)
    return visitor.path(visitor.links.personal(found.number))


def without_files() -> dict[str, Any]:
    *pages, last = EVERYTHING["blocks"]
    kept = [one for one in last["questions"] if one["kind"] not in {"file", "contact_me"}]
    return {**EVERYTHING, "blocks": [*pages, {**last, "questions": kept}]}


def anonymous(visitor: Visitor) -> str:
    found = invite(visitor.panel, without_files(), anonymity="anonymous")
    return visitor.path(visitor.links.personal(found.number))


def open_link(visitor: Visitor, **changes: Any) -> str:
    visitor.panel.publish(EVERYTHING, **changes)
    return visitor.path(visitor.links.open("visit", "counter"))


def test_a_program_that_opens_every_link_of_a_mail_records_nothing(visitor: Visitor) -> None:
    found = invite(visitor.panel, EVERYTHING)
    links = [visitor.links.personal(found.number), visitor.links.open("visit")]
    links += [visitor.links.first_answer(found.number, "nps", value) for value in (TRAP, *range(11))]
    before = visitor.panel.world.bodies()
    for link in links:
        for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Accept": "*/*", "User-Agent": "scanner"}):
            assert visitor.open(visitor.path(link), **headers).status_code == 200
        assert visitor.client.head(visitor.path(link)).status_code in {200, 405}
    assert visitor.panel.world.bodies() == before
    (invitation,) = visitor.panel.invitations("visit")
    assert invitation.started_at is None


def test_an_invited_person_answers_page_by_page_and_is_thanked(visitor: Visitor) -> None:
    path = personal(visitor)
    first = visitor.open(path)
    assert heading(first) == "How was your visit?"
    assert asked(first) == ["Would you recommend us?", "Why?"]
    assert "Page 1 of 3" in first.text
    second = visitor.send(first, nps="9", why="Helped well, mail anna@example.nl")
    assert {one["question"]: one.get("text", one.get("value")) for one in visitor.said()} == {
        "nps": 9.0,
        "why": "Helped well, mail [e-mail]",
    }
    third = visitor.send(second, effort="6", stars="4", mood="2", shop="other", shop__other="The market",
                         used=["web", "app"], grid__price="2", grid__help="1", rank__speed="2", rank__care="1")  # fmt: skip
    end = visitor.send(third, age="41", day="2026-02-27", agreed="yes", call="no")
    assert heading(end) == "Thank you"
    assert "You gave 9." in end.text
    assert 'href="https://shop.example/"' in end.text
    said = {f"{one['question']}.{one.get('row', '')}": one for one in visitor.said()}
    assert said["shop."]["option"] == "other"
    assert said["shop."]["text"] == "The market"
    assert said["used."]["options"] == ["web", "app"]
    assert said["rank."]["options"] == ["care", "speed"]
    assert {key: said[f"grid.{key}"]["option"] for key in ("price", "help")} == {"price": "2", "help": "1"}
    assert said["age."]["value"] == 41
    assert said["day."]["text"] == "2026-02-27"
    assert said["call."]["value"] == 0
    (done,) = visitor.told("Survey Completed")
    assert done["userId"] == ANNA.user_id
    (invitation,) = visitor.panel.invitations("visit")
    assert invitation.finished_at is not None
    again = visitor.open(path)
    assert heading(again) == "You have answered already"


def test_somebody_who_stopped_goes_on_where_they_were(visitor: Visitor) -> None:
    path = personal(visitor)
    visitor.send(visitor.open(path), nps="3", why="Slow")
    visitor.panel.work()
    page = visitor.open(path)
    assert "Page 1 of 3" in page.text
    assert re.search(r'value="3" checked', page.text)
    assert "Slow" in page.text
    visitor.send(visitor.send(page), effort="2")
    visitor.panel.work()
    assert "Page 2 of 3" in visitor.open(path).text


def test_sending_a_page_twice_says_it_once(visitor: Visitor) -> None:
    page = visitor.open(personal(visitor))
    visitor.send(page, nps="7")
    visitor.send(page, nps="7")
    assert len({one["messageId"] for one in visitor.told()}) == 1
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {7: 1}


def test_an_answer_can_be_changed_and_taken_back_until_it_is_finished(visitor: Visitor) -> None:
    second = visitor.send(visitor.open(personal(visitor)), nps="7", why="Well")
    first = visitor.send(second, go="back")
    assert asked(first)[0] == "Would you recommend us?"
    assert "Well" in first.text
    visitor.send(visitor.send(visitor.send(first, nps="2", why="")), go="next")
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {2: 1}
    with visitor.panel.database.read() as connection:
        assert visitor.panel.feedback.texts(connection, "visit") == []


def test_what_is_missing_is_said_where_it_is_and_nothing_is_lost(visitor: Visitor) -> None:
    page = visitor.send(visitor.open(personal(visitor)), why="Because")
    assert page.status_code == 400
    assert "Please answer this question." in page.text
    assert 'href="#q-nps"' in page.text
    assert "Because" in page.text
    assert visitor.said() == []


def test_a_language_can_be_chosen_on_every_page_and_keeps_what_was_filled_in(visitor: Visitor) -> None:
    path = personal(visitor)
    assert 'lang="nl"' in visitor.open(f"{path}?language=nl").text
    page = visitor.send(visitor.open(path), go="language:nl", nps="8")
    assert heading(page) == "Hoe was uw bezoek?"
    assert '<html lang="nl"' in page.text
    assert re.search(r'value="8" checked', page.text)
    second = visitor.send(page)
    assert 'lang="en">It was easy.' in second.text, "a text without a translation says its own language"
    assert [one["language"] for one in visitor.said()] == ["nl"]


def test_a_form_of_another_survey_or_of_nobody_is_refused(visitor: Visitor) -> None:
    path = personal(visitor)
    other = visitor.path(visitor.links.open("visit"))
    sheet = hidden(visitor.open(other), "sheet")
    for text in (sheet, "", "x.y"):
        answer = visitor.client.post(path, data={"sheet": text, "q.nps": "1"})
        assert answer.status_code == 400
        assert "out of date" in answer.text
    assert visitor.said() == []


def test_links_that_are_over_say_so_kindly(visitor: Visitor) -> None:
    path = personal(visitor, open_days=5)
    visitor.panel.wait(6)
    assert heading(visitor.open(path)) == "These questions are closed"
    assert visitor.open(path).status_code == 410
    for broken in ("/s/nothing", "/q/nothing", "/e/nothing", "/w/nothing", "/t/nothing", path[:-1]):
        answer = visitor.open(broken)
        assert (answer.status_code, heading(answer)) == (404, "This link does not work")
    with visitor.panel.database.write() as connection:
        visitor.panel.feedback.close(connection, "visit")
    assert heading(visitor.open(visitor.path(visitor.links.open("visit")))) == "These questions are closed"


def test_anonymous_answers_are_told_at_the_end_and_are_nobodys(visitor: Visitor) -> None:
    page = visitor.open(anonymous(visitor))
    assert "Your answers are anonymous" in page.text
    visitor.send(page, nps="2")
    page = visitor.send(page, nps="3")
    assert visitor.said() == []
    end = visitor.send(visitor.send(page))
    assert heading(end) == "Thank you"
    (message,) = visitor.told()
    assert message["properties"]["value"] == 3
    assert not {"userId", "anonymousId", "context"} & message.keys()
    assert "invitation" not in message["properties"]
    assert message["timestamp"].endswith("T00:00:00.000Z")


def test_two_windows_of_one_anonymous_link_count_once(visitor: Visitor) -> None:
    path = anonymous(visitor)
    last = [visitor.send(visitor.send(visitor.open(path), nps=score)) for score in ("1", "9")]
    ends = [heading(visitor.send(page)) for page in last]
    assert ends == ["Thank you", "You have answered already"]
    assert [one["value"] for one in visitor.said()] == [1]


def test_a_score_in_a_mail_is_chosen_on_the_page_and_sent_by_the_person(visitor: Visitor) -> None:
    found = invite(visitor.panel, EVERYTHING)
    path = visitor.path(visitor.links.first_answer(found.number, "nps", 4))
    page = visitor.open(path)
    assert re.search(r'name="q.nps" value="4" checked', page.text)
    assert visitor.client.post(path, data={"intent": "yes"}).status_code == 204
    assert [(one["value"], one["confirmed"]) for one in visitor.said()] == [(4, False)]
    visitor.panel.wait(0.1)
    second = visitor.send(visitor.open(path), why="Late")
    assert "Page 2 of 3" in second.text
    assert [(one.get("value"), one["confirmed"]) for one in visitor.said()][1:] == [(4, True), (None, True)]
    visitor.panel.work()
    with visitor.panel.database.read() as connection:
        (response,) = visitor.panel.feedback.responses(connection, "visit")
    assert response.quality == ()


def test_several_first_answers_within_seconds_are_set_aside_whichever_process_took_them(
    visitor: Visitor,
) -> None:
    found = invite(visitor.panel, EVERYTHING)
    with visiting(visitor.panel) as other_process:
        for value, process in ((0, visitor), (1, other_process)):
            path = visitor.path(visitor.links.first_answer(found.number, "nps", value))
            assert process.client.post(path, data={"intent": "yes"}).status_code == 204
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {}
    with visitor.panel.database.read() as connection:
        assert visitor.panel.feedback.progress(connection, "visit").flagged["scanner"] == 1


def test_a_person_answers_after_a_program_and_both_stay_to_be_seen(visitor: Visitor) -> None:
    found = invite(visitor.panel, EVERYTHING)
    for value in (0, 10):
        path = visitor.path(visitor.links.first_answer(found.number, "nps", value))
        visitor.client.post(path, data={"intent": "yes"})
    assert not visitor.panel.invitations("visit")[0].started_at, "a program does not keep the reminder away"
    visitor.panel.wait(0.1)
    page = visitor.send(visitor.open(visitor.path(visitor.links.personal(found.number))), nps="8")
    visitor.send(visitor.send(page))
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {8: 1}
    with visitor.panel.database.read() as connection:
        everything = Filter(with_flagged=True)
        both = visitor.panel.feedback.responses(connection, "visit", where=everything)
        answers = visitor.panel.feedback.answers(connection, [one.id for one in both])
    scores = {
        one.quality: [given.answer.value for given in answers[one.id] if given.answer.kind == "nps"]
        for one in both
    }
    assert scores == {(): [8.0], ("scanner", "unconfirmed"): [10.0]}


def test_a_program_that_sends_the_form_leaves_the_link_to_the_person(visitor: Visitor) -> None:
    found = invite(visitor.panel, EVERYTHING, blocks=EVERYTHING["blocks"][:1])
    path = visitor.path(visitor.links.personal(found.number))
    page = visitor.open(path)
    data = {"sheet": hidden(page, "sheet"), "q.nps": "10", "website": "https://spam.example"}
    assert visitor.client.post(path, data=data).status_code == 200
    visitor.send(visitor.open(path), nps="10")
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {10: 1}
    with visitor.panel.database.read() as connection:
        progress = visitor.panel.feedback.progress(connection, "visit")
    assert (progress.finished, progress.flagged) == (2, {"scanner": 1})
    assert visitor.panel.invitations("visit")[0].finished_at is not None


def test_whoever_follows_the_hidden_link_is_a_program(visitor: Visitor) -> None:
    found = invite(visitor.panel, EVERYTHING)
    trap = visitor.path(visitor.links.first_answer(found.number, "nps", TRAP))
    assert heading(visitor.open(trap)) == "Nothing was recorded"
    visitor.client.post(trap, data={"intent": "yes"})
    visitor.client.post(visitor.path(visitor.links.first_answer(found.number, "nps", 9)), data={})
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {}
    with visitor.panel.database.read() as connection:
        assert visitor.panel.feedback.progress(connection, "visit").flagged["scanner"] == 1


def test_a_field_that_nobody_sees_gives_a_program_away(visitor: Visitor) -> None:
    page = visitor.open(open_link(visitor))
    data = {"sheet": hidden(page, "sheet"), "q.nps": "10", "website": "https://spam.example"}
    visitor.client.post(page.url.path, data=data)
    assert [one["quality"] for one in visitor.said()] == [["scanner"]]


def test_one_browser_answers_an_open_link_once_and_another_may_too(asking: Panel, visitor: Visitor) -> None:
    path = open_link(visitor)
    assert "set-cookie" not in visitor.open(f"{path}?order=o7&secret=x").headers
    page = visitor.send(visitor.open(f"{path}?order=o7&secret=x"), nps="6")
    visitor.panel.work()
    assert re.search(r'value="6" checked', visitor.open(path).text), "it goes on where it was"
    assert heading(visitor.send(visitor.send(page))) == "Thank you"
    assert heading(visitor.open(path)) == "You have answered already"
    (said,) = [one for one in visitor.said() if one["question"] == "nps"]
    assert (said["touchpoint"], said["hidden_order"], said["delivery"]) == ("counter", "o7", "link")
    assert "hidden_secret" not in said
    with visiting(asking) as somebody_else:
        assert heading(somebody_else.open(path)) == "How was your visit?"


def test_a_trial_of_the_draft_keeps_nothing(visitor: Visitor) -> None:
    visitor.panel.publish(EVERYTHING)
    draft = {**EVERYTHING, "title": "A better title"}
    with visitor.panel.database.write() as connection:
        visitor.panel.feedback.save(connection, draft, visitor.panel.now)
    path = Trying(visitor.panel.world.stores.installation().key).path("visit", block="score")
    page = visitor.open(path)
    assert heading(page) == "A better title"
    assert "This is a trial" in page.text
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    end = visitor.send(visitor.send(visitor.send(page, nps="1")), photo="")
    assert heading(end) == "Thank you"
    assert visitor.said() == []
    assert visitor.said("Survey Completed") == []


def test_only_pages_that_the_survey_names_may_frame_it(visitor: Visitor) -> None:
    framed = visitor.open(open_link(visitor))
    assert "frame-ancestors https://shop.example" in framed.headers["content-security-policy"]
    assert "x-frame-options" not in framed.headers
    found = invite(visitor.panel, {**EVERYTHING, "name": "orders"})
    alone = visitor.open(visitor.path(visitor.links.personal(found.number)))
    assert "frame-ancestors 'none'" in alone.headers["content-security-policy"]
    assert alone.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in alone.headers["x-robots-tag"]


def test_a_file_is_kept_when_it_is_what_it_says(visitor: Visitor) -> None:
    page = visitor.send(visitor.send(visitor.open(personal(visitor)), nps="1"))
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 40
    data = {"sheet": hidden(page, "sheet"), "go": "next"}
    for name, body in (
        ("photo.png", b"<script>"),
        ("run.exe", picture),
        ("big.png", picture + b"0" * 5_000_000),
    ):
        wrong = visitor.client.post(page.url.path, data=data, files={"q.photo": (name, body)})
        assert wrong.status_code == 400, name
    end = visitor.client.post(page.url.path, data=data, files={"q.photo": ("../photo.png", picture)})
    assert heading(end) == "Thank you"
    (said,) = [one for one in visitor.said() if one["question"] == "photo"]
    assert re.fullmatch(r"[0-9a-f]{32}\.png", said["text"])
    kept = visitor.panel.world.stores.settings.exports + "/survey-files/" + said["text"]
    with open(kept, "rb") as file:  # noqa: PTH123 -- the setting is an address
        assert file.read() == picture
    assert visitor.client.get(f"/feedback/files/{said['text']}").status_code in {303, 401}


def test_a_file_on_a_page_that_is_shown_again_is_not_kept_and_asked_for_once_more(visitor: Visitor) -> None:
    page = visitor.send(visitor.send(visitor.open(personal(visitor)), nps="1"))
    picture = ("photo.png", b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    files = Files(visitor.panel.world.stores.settings.exports)
    data = {"sheet": hidden(page, "sheet"), "go": "next", "q.age": "young"}
    refused = visitor.client.post(page.url.path, data=data, files={"q.photo": picture})
    assert refused.status_code == 400
    assert "Please choose the file once more." in refused.text
    assert files.names("survey-files") == []
    data = {"sheet": hidden(refused, "sheet"), "go": "next", "q.age": "40"}
    assert heading(visitor.client.post(page.url.path, data=data, files={"q.photo": picture})) == "Thank you"
    (said,) = [one for one in visitor.said() if one["question"] == "photo"]
    assert files.names("survey-files") == [said["text"]]


def test_what_is_sent_again_after_something_else_is_the_last_answer(visitor: Visitor) -> None:
    page = visitor.open(personal(visitor))
    for score in ("9", "9", "2", "2", "9", "9"):
        visitor.send(page, nps=score)
        visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {9: 1}
    assert [one["value"] for one in visitor.said()] == [9, 2, 9], "each change is said once"


@pytest.mark.parametrize("written", ["{{ person.first_name }}, how was it?", "How was it, {{ person | oops"])
def test_a_mail_and_a_page_fill_in_the_same_question_the_same(visitor: Visitor, written: str) -> None:
    name = {"messageId": "n", "type": "identify", "userId": ANNA.user_id, "traits": {"first_name": "Anna"}}
    visitor.panel.world.send(name)
    question = {"id": "nps", "kind": "nps", "text": written}
    found = invite(
        visitor.panel,
        {**EVERYTHING, "endings": []},
        blocks=[{"id": "score", "questions": [question]}],
        reminder_days=5,
    )
    shown = unescape(asked(visitor.open(visitor.path(visitor.links.personal(found.number))))[0])
    assert shown == written.replace("{{ person.first_name }}", "Anna")
    mailed = visitor.panel.intents()
    assert [one.variables["survey"]["question"]["text"] for one in mailed] == [{"en": shown}]


def test_opening_is_told_by_the_browser_of_somebody_who_looks(visitor: Visitor) -> None:
    path = personal(visitor)
    assert f'data-seen="{path}/seen"' in visitor.open(path).text
    for _ in range(2):
        assert visitor.client.post(f"{path}/seen").status_code == 204
    assert len({one["messageId"] for one in visitor.told("Survey Opened")}) == 1


def test_a_link_that_is_used_very_often_is_slowed_down(visitor: Visitor) -> None:
    answers = [visitor.open("/s/very-often").status_code for _ in range(121)]
    assert answers == [404] * 120 + [429]


def test_a_link_at_a_till_may_be_used_by_many_on_one_network(visitor: Visitor) -> None:
    path = open_link(visitor)
    assert {visitor.open(path).status_code for _ in range(150)} == {200}


@pytest.mark.parametrize(
    ("near", "told", "expected"),
    [
        ("8.8.8.8", "198.51.100.1", "8.8.8.8"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("unix", "198.51.100.1", "unix"),
    ],
)
def test_only_a_proxy_on_the_own_network_says_who_asks(near: str, told: str, expected: str) -> None:
    headers = [(b"x-forwarded-for", told.encode())] if told else []
    request: AnyRequest = Request({"type": "http", "client": (near, 1), "headers": headers})  # type: ignore[arg-type]
    assert address_of(request) == expected


def test_two_people_answer_apart(visitor: Visitor) -> None:
    first = invite(visitor.panel, EVERYTHING)
    second = invite(visitor.panel, EVERYTHING, CHANTAL)
    for found, score in ((first, "2"), (second, "9")):
        page = visitor.open(visitor.path(visitor.links.personal(found.number)))
        visitor.send(page, nps=score)
    assert visitor.panel.now > MINUTE
    visitor.panel.work()
    assert visitor.panel.histogram("visit", "nps") == {2: 1, 9: 1}
