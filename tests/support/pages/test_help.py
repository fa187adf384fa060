"""The customers' pages: finding an article, asking a question, and following it by the signed link."""

import httpx
import pytest

from tests.cast import BRAM
from tests.console.conftest import field_value, heading
from tests.support.pages.conftest import Desk

pytestmark = pytest.mark.service


def asking(desk: Desk, **changed: str) -> dict[str, str]:
    page = desk.console.outsider.get("/help/contact?language=en").text
    fields = {
        "v": field_value(page, "v"),
        "once": desk.seasoned(),
        "kind": "question",
        "subject": "My lamp hums",
        "text": "It hums all night.",
        "email": BRAM.email,
    }
    return fields | changed


def post(desk: Desk, fields: dict[str, str], file: tuple[str, bytes] = ("", b"")) -> httpx.Response:
    files = {"files": (*file, "text/plain")}
    return desk.console.outsider.post("/help/contact?language=en", data=fields, files=files)


def test_an_article_is_found_by_its_words_in_both_languages(desk: Desk) -> None:
    assert "Where is my parcel?" in desk.console.outsider.get("/help?q=parcel&language=en").text
    assert "Waar is mijn pakket?" in desk.console.outsider.get("/help?q=pakketten&language=nl").text


def test_words_that_fit_nothing_lead_to_the_form(desk: Desk) -> None:
    page = desk.console.outsider.get("/help?q=zeppelin&language=en").text
    assert "Nothing fits these words" in page
    assert "/help/contact" in page


def test_an_article_shows_headings_steps_and_addresses_but_runs_nothing(desk: Desk) -> None:
    page = desk.console.outsider.get("/help/where-is-my-parcel?language=en").text
    assert "<h2>Look yourself</h2>" in page
    assert '<a href="https://example.nl/orders"' in page
    assert desk.console.outsider.get("/help/no-such-article").status_code == 404


def test_an_article_for_staff_is_offered_to_colleagues_and_to_nobody_else(desk: Desk) -> None:
    agent, outsider = desk.console.clients["agent"], desk.console.outsider
    about = {"title_en": "When do we pay a broken vase?", "body_en": "Up to 50 euros.", "internal": "yes"}
    desk.console.post("editor", "/knowledge/edit", name="vase", **about)
    desk.console.post("editor", "/knowledge/publish", name="vase")
    offered = {one["href"]: one for one in agent.get("/cases/suggestions?q=broken vase").json()}
    assert "/help/vase" in offered
    assert "Up to 50 euros." in agent.get("/help/vase").text
    assert outsider.get("/help/suggestions?q=broken vase&language=en").json() == []
    assert outsider.get("/help/vase").status_code == 404
    assert "broken vase" not in outsider.get("/help?q=vase&language=en").text.partition("<main")[2]


def test_reading_an_article_counts_only_when_the_pages_script_says_so(desk: Desk) -> None:
    page = desk.console.outsider.get("/help/where-is-my-parcel?language=en").text
    visit = page.partition('data-visit="')[2].partition('"')[0]
    before = desk.console.clients["agent"].get("/knowledge").text
    said = {"visit": visit, "article": "where-is-my-parcel", "place": "help"}
    assert desk.console.outsider.post("/help/seen", json=said).status_code == 204
    form = {"v": visit, "helpful": "yes", "language": "en", "place": "help"}
    answer = desk.console.outsider.post("/help/where-is-my-parcel/helpful", data=form)
    assert "said=yes" in answer.headers["location"]
    after = desk.console.clients["agent"].get("/knowledge").text
    assert "1 of 1" not in before
    assert "1 of 1" in after


def test_what_is_typed_is_answered_with_articles_that_fit(desk: Desk) -> None:
    found = desk.console.outsider.get("/help/suggestions?q=where+is+my+par&language=en").json()
    assert [one["title"] for one in found] == ["Where is my parcel?"]


def test_a_question_becomes_a_case_with_a_promise_in_words(desk: Desk) -> None:
    sent = post(desk, asking(desk, subject="The handle broke"), ("note.txt", b"the box was open"))
    assert sent.status_code == 303, sent.text
    page = desk.console.outsider.get(sent.headers["location"]).text
    assert heading(page) == "The handle broke"
    assert "We have your question: C-" in page
    assert "We answer before" in page
    assert "note.txt" in page


def test_without_script_articles_are_offered_before_the_question_goes(desk: Desk) -> None:
    fields = asking(desk, subject="Where is my parcel", text="It has not come.")
    offered = post(desk, fields)
    assert offered.status_code == 200
    assert "Is your answer here?" in offered.text
    assert "It has not come." in offered.text
    sent = post(desk, {**fields, "suggested": "yes"})
    assert sent.status_code == 303


def test_a_form_that_is_filled_in_wrongly_keeps_its_answers(desk: Desk) -> None:
    answer = post(desk, asking(desk, email="nobody"))
    assert answer.status_code == 400
    assert "Write your e-mail address" in answer.text
    assert "It hums all night." in answer.text


def test_a_program_that_fills_in_everything_or_is_too_quick_is_stopped(desk: Desk) -> None:
    filled = post(desk, asking(desk, website="https://spam.example"))
    assert "One field has to stay empty" in filled.text
    page = desk.console.outsider.get("/help/contact?language=en").text
    quick = post(desk, asking(desk, once=field_value(page, "once")))
    assert quick.status_code == 400
    assert "That was very quick" in quick.text


def test_the_same_form_sent_twice_is_one_case(desk: Desk) -> None:
    fields = asking(desk, subject="A squeaking door")
    first, second = post(desk, fields), post(desk, fields)
    assert first.headers["location"] == second.headers["location"]


def test_opening_the_link_changes_nothing_and_answering_does(desk: Desk) -> None:
    number = desk.ask("The kettle leaks")
    before = desk.case(number).life
    for _ in range(2):
        assert desk.console.outsider.get(desk.address(number)).status_code == 200
    assert desk.case(number).life == before
    page = desk.console.outsider.get(f"{desk.address(number)}?language=en").text
    once = field_value(page, "once")
    files = {"files": ("photo.txt", b"a photo", "text/plain")}
    sent = desk.console.outsider.post(
        desk.address(number), data={"text": "It still leaks.", "once": once}, files=files
    )
    assert sent.status_code == 303
    assert desk.case(number).life.messages == before.messages + 1
    shown = desk.console.outsider.get(f"{desk.address(number)}?language=en").text
    assert "It still leaks." in shown
    path = (
        shown.rpartition("/files/")[0].rpartition('"')[2]
        + "/files/"
        + shown.rpartition("/files/")[2].partition('"')[0]
    )
    file = desk.console.outsider.get(path)
    assert file.content == b"a photo"
    assert file.headers["content-disposition"].startswith("attachment")


def test_the_customer_says_that_it_is_solved(desk: Desk) -> None:
    number = desk.ask("The clock runs late")
    page = desk.console.clients["agent"].get(f"/cases/C-{number}").text
    once = field_value(page.partition('id="reply"')[2], "once")
    fields = {"once": once, "text": "Turn the screw.", "channel": "email", "afterwards": "waiting"}
    assert desk.console.post("agent", f"/cases/C-{number}/reply", **fields).status_code == 303
    mine = desk.console.outsider.get(f"{desk.address(number)}?language=en").text
    assert "Is it solved?" in mine
    said = {"solved": "yes", "once": field_value(mine, "once")}
    answer = desk.console.outsider.post(f"{desk.address(number)}/solved", data=said)
    assert "said=solved" in answer.headers["location"]
    assert desk.case(number).life.status == "closed"


def test_a_link_that_was_changed_opens_nothing(desk: Desk) -> None:
    number = desk.ask("A loose screw")
    answer = desk.console.outsider.get(desk.address(number) + "x")
    assert answer.status_code == 404
    assert "A loose screw" not in answer.text
