"""The inbox and the page of a case: every act of staff becomes facts, and nobody edits a clock or a score."""

import re
from zoneinfo import ZoneInfo

import pytest
from litestar.handlers import HTTPRouteHandler

from beleef.kernel.clock import to_datetime
from beleef.support.pages import routes
from tests.cast import HANNA
from tests.console.conftest import field_value
from tests.support.pages.conftest import Desk

pytestmark = pytest.mark.service


def act(desk: Desk, number: int, what: str, /, **fields: str) -> None:
    """Do something with a case as its page would."""
    page = desk.console.clients["agent"].get(f"/cases/C-{number}").text
    answer = desk.console.post("agent", f"/cases/C-{number}/{what}", once=field_value(page, "once"), **fields)
    assert answer.status_code == 303, answer.text


def test_the_inbox_finds_a_case_by_number_by_words_and_by_person(desk: Desk) -> None:
    number = desk.ask("A wobbling chair")
    agent = desk.console.clients["agent"]
    for query in (f"q=C-{number}", "q=wobbling", "kind=question", "view=unassigned"):
        assert f"C-{number}" in agent.get(f"/cases?{query}").text, query
    assert f"C-{number}" not in agent.get("/cases?kind=complaint").text
    assert f"C-{number}" not in agent.get("/cases?view=closed").text


def test_the_list_says_the_promise_in_words(desk: Desk) -> None:
    desk.ask("A creaking stair")
    page = desk.console.clients["agent"].get("/cases").text
    assert re.search(r"(Acknowledge receipt|First answer): .* left", page)


def test_an_answer_with_a_promise_meets_the_first_and_makes_the_next(desk: Desk) -> None:
    number = desk.ask("A torn curtain")
    act(
        desk,
        number,
        "reply",
        text="We send a new one.",
        channel="email",
        promise="next_contact",
        promise_day="2099-01-05",
        promise_time="12:00",
        afterwards="open",
    )
    promises = {one.kind: one for one in desk.case(number).life.promises}
    assert promises["first_response"].state == "kept"
    assert promises["next_contact"].by == "employee"
    mine = desk.console.outsider.get(f"{desk.address(number)}?language=en").text
    assert "You hear from us again before 5 Jan 2099, 12:00." in mine


def test_a_file_in_an_answer_is_there_for_the_customer_and_for_nobody_else(desk: Desk) -> None:
    number = desk.ask("A lost invoice")
    agent, outsider = desk.console.clients["agent"], desk.console.outsider
    page = agent.get(f"/cases/C-{number}").text
    answer = agent.post(
        f"/cases/C-{number}/reply",
        data={
            "csrf_token": field_value(page, "csrf_token"),
            "once": field_value(page, "once"),
            "text": "Here it is.",
            "channel": "email",
        },
        files={"files": ("invoice.pdf", b"%PDF-1.7 invoice", "application/pdf")},
    )
    assert answer.status_code == 303, answer.text
    mine = outsider.get(desk.address(number)).text
    file = re.search(r'/case/[^"]+/files/[^"]+', mine)
    assert file is not None
    assert outsider.get(file[0]).content == b"%PDF-1.7 invoice"
    staff = re.search(rf"/cases/C-{number}/files/[^\"]+", agent.get(f"/cases/C-{number}").text)
    assert staff is not None
    assert agent.get(staff[0]).content == b"%PDF-1.7 invoice"
    assert outsider.get(staff[0]).status_code == 303
    forged = agent.post(f"/cases/C-{number}/reply", data={"text": "x"}, files={"files": ("a", b"b")})
    assert forged.status_code == 401


def test_a_colleague_keeps_a_view_that_nobody_else_sees(desk: Desk) -> None:
    agent = desk.console.clients["agent"]
    address = "/cases?view=mine&kind=complaint"
    kept = desk.console.post("agent", "/cases/views", name="My complaints", address=address)
    assert kept.headers["location"] == address
    tab = re.compile(
        r'href="/cases\?view=mine&(amp;)?kind=complaint"[^>]*aria-current="page"[^>]*>\s*My complaints'
    )
    assert tab.search(agent.get(address).text)
    assert "My complaints" not in desk.console.clients["editor"].get("/cases").text
    for wrong in ("https://elsewhere.example/cases?a=b", "/people?q=x", ""):
        assert desk.console.post("agent", "/cases/views", name="x", address=wrong).status_code == 400
    assert "Remove the view “My complaints”" in agent.get(address).text
    desk.console.post("agent", "/cases/views/remove", name="My complaints")
    assert "My complaints" not in agent.get("/cases").text


def test_the_view_of_today_shows_what_is_due_before_midnight(desk: Desk) -> None:
    number = desk.ask("A leaking tap")
    before = desk.stores.now()
    listed = f"C-{number}" in desk.console.clients["agent"].get("/cases?view=today").text
    due = desk.case(number).life.next_promise
    assert due is not None
    zone = ZoneInfo(desk.stores.settings.timezone)
    last, *asked = (
        to_datetime(one).astimezone(zone).date() for one in (due.due_at, before, desk.stores.now())
    )
    # The page may be asked for just before midnight, and made just after.
    assert listed in {last <= day for day in asked}


def test_two_who_answer_at_once_are_told_before_the_second_goes_out(desk: Desk) -> None:
    number = desk.ask("A crooked lamp")
    page = desk.console.clients["agent"].get(f"/cases/C-{number}").text
    seen = field_value(page, "seen")
    first = {"text": "It comes on Monday.", "channel": "email", "afterwards": "open", "seen": seen}
    act(desk, number, "reply", **first)
    second = {**first, "text": "It comes on Tuesday.", "once": "second"}
    told = desk.console.post("editor", f"/cases/C-{number}/reply", **second)
    assert told.status_code == 409
    assert f"Meanwhile {HANNA.name} wrote here" in told.text
    assert "It comes on Tuesday." in told.text
    assert desk.case(number).life.replies == 1
    again = desk.console.post(
        "editor", f"/cases/C-{number}/reply", **{**second, "seen": field_value(told.text, "seen")}
    )
    assert again.status_code == 303
    assert desk.case(number).life.replies == 2


def test_a_promise_that_lies_behind_is_not_made(desk: Desk) -> None:
    number = desk.ask("A bent fork")
    fields = {
        "text": "Soon.",
        "promise": "next_contact",
        "promise_day": "2020-01-05",
        "promise_time": "12:00",
    }
    answer = desk.console.post("agent", f"/cases/C-{number}/reply", once="bent", **fields)
    assert answer.status_code == 400
    assert "That moment is past" in answer.text
    assert "Soon." in answer.text
    assert desk.case(number).life.replies == 0


def test_a_note_is_for_colleagues_only(desk: Desk) -> None:
    number = desk.ask("A dull knife")
    act(desk, number, "note", text="He called yesterday too.")
    assert "He called yesterday too." in desk.console.clients["agent"].get(f"/cases/C-{number}").text
    assert "He called yesterday too." not in desk.console.outsider.get(desk.address(number)).text


def test_a_hand_over_brings_its_context(desk: Desk) -> None:
    number = desk.ask("A cracked cup")
    act(desk, number, "hand-over", assignee=HANNA.email, text="She wants the blue one.")
    assert desk.case(number).life.assignee == HANNA.email
    page = desk.console.clients["agent"].get(f"/cases/C-{number}").text
    assert "She wants the blue one." in page
    assert f"C-{number}" in desk.console.clients["agent"].get("/cases?view=mine").text


def test_a_complaint_closes_with_root_cause_and_action_only(desk: Desk) -> None:
    number = desk.ask("A rude courier", kind="complaint")
    refused = desk.console.post(
        "agent", f"/cases/C-{number}/close", once="rude", root_cause="", action="", outcome="solved"
    )
    assert refused.status_code == 400
    assert desk.case(number).life.status == "open"
    desk.console.post(
        "editor", "/cases/settings/root_causes/edit", name="courier", label="Courier", position="1"
    )
    act(desk, number, "close", root_cause="courier", action="We spoke with him.", outcome="solved")
    life = desk.case(number).life
    assert (life.status, life.root_cause) == ("closed", "courier")
    assert "Courier" in desk.console.clients["agent"].get("/cases/causes").text


def test_cases_are_merged_split_and_put_to_sleep(desk: Desk) -> None:
    first, second = desk.ask("A first matter"), desk.ask("A second matter")
    act(desk, second, "snooze", day="2099-01-05", time="09:00")
    assert desk.case(second).life.status == "snoozed"
    listed = {
        view: f"C-{second}" in desk.console.clients["agent"].get(f"/cases?{view}").text
        for view in ("", "view=unassigned", "view=snoozed", "q=second")
    }
    assert listed == {"": False, "view=unassigned": False, "view=snoozed": True, "q=second": True}
    act(desk, first, "merge", other=f"C-{second}")
    assert desk.case(first).life.merged_into == second
    page = desk.console.clients["agent"].get(f"/cases/C-{second}").text
    assert "A first matter, and I do not know" in page
    gone = desk.console.clients["agent"].get(f"/cases/C-{first}").text
    assert f"/cases/C-{first}/unmerge" in gone
    # Nothing else can be done with a case that went up in another.
    assert f"/cases/C-{first}/note" not in gone
    assert desk.console.post("agent", f"/cases/C-{first}/unmerge", once="undo").status_code == 303
    assert desk.case(first).life.status == "open"
    assert "undid the merge" in desk.console.clients["agent"].get(f"/cases/C-{second}").text
    act(desk, first, "merge", other=f"C-{second}")
    page = desk.console.clients["agent"].get(f"/cases/C-{second}").text
    split = re.search(rf"/cases/C-{second}/split/\w+", page)
    assert split is not None
    answer = desk.console.post("agent", split[0], title="A third matter", once="third")
    assert answer.status_code == 303
    assert "A third matter" in desk.console.clients["agent"].get("/cases").text


def test_marked_cases_are_changed_together(desk: Desk) -> None:
    numbers = [desk.ask("Left shoe"), desk.ask("Right shoe")]
    client = desk.console.clients["agent"]
    token = field_value(client.get("/cases").text, "csrf_token")
    answer = client.post(
        "/cases/bulk",
        data={
            "csrf_token": token,
            "once": "shoes",
            "case": [f"C-{one}" for one in numbers],
            "priority": "high",
            "assignee": HANNA.email,
        },
    )
    assert answer.status_code == 303
    lives = [desk.case(one).life for one in numbers]
    assert {(one.priority, one.assignee) for one in lives} == {("high", HANNA.email)}


def test_staff_open_a_case_from_a_persons_page(desk: Desk) -> None:
    number = desk.ask("A stuck drawer")
    agent = desk.console.clients["agent"]
    person = re.search(r'href="/people/(\w{13})"', agent.get(f"/cases/C-{number}").text)
    assert person is not None
    tab = agent.get(f"/people/{person[1]}/cases").text
    assert f"C-{number}" in tab
    once = field_value(agent.get(f"/cases/new?person={person[1]}").text, "once")
    answer = desk.console.post(
        "agent",
        "/cases/new",
        once=once,
        person=person[1],
        title="Called about the drawer",
        text="It is stuck again.",
        kind="complaint",
        spoke="yes",
        channel="phone",
        priority="normal",
    )
    assert answer.status_code == 303
    assert "Called about the drawer" in agent.get(f"/people/{person[1]}/cases").text


def test_readers_and_strangers_see_no_case(desk: Desk) -> None:
    number = desk.ask("A private matter")
    for client in (desk.console.clients["reader"], desk.console.outsider):
        answer = client.get(f"/cases/C-{number}")
        assert answer.status_code in {303, 403}
        assert "A private matter" not in answer.text
    refused = desk.console.post("reader", f"/cases/C-{number}/note", text="no", once="no")
    assert refused.status_code == 403


def test_no_route_sets_a_clock_or_a_score(desk: Desk) -> None:
    number = desk.ask("A slow clock")
    before = [(one.id, one.due_at, one.state) for one in desk.case(number).life.promises]
    tampered = {"due_at": "0", "state": "kept", "first_reply_at": "1", "opened_at": "1", "score": "10"}
    act(desk, number, "change", title="A slower clock", kind="question", priority="normal", **tampered)
    act(desk, number, "hand-over", assignee="", **tampered)
    after = desk.case(number)
    assert [(one.id, one.due_at, one.state) for one in after.life.promises] == before
    assert after.life.first_reply_at is None
    posted = {path for one in handlers() if "POST" in one.http_methods for path in one.paths}
    assert not [path for path in posted if re.search(r"score|clock|due|promise/", path)]


def handlers() -> list[HTTPRouteHandler]:
    """Return the routes of support; what they work with is asked for only when somebody calls."""

    class Nothing:
        key = b"k"

    return routes(Nothing())  # type: ignore[arg-type]  # because only the paths are looked at
