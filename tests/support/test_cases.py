"""Cases from the log: opened, answered, merged, split, closed, told of; the same after a rebuild and however batches are cut."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from rich.progress import Progress

from beleef import settings
from beleef.app import Stores
from beleef.kernel.clock import DAY, SECOND, to_text
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.rebuilding import rebuild
from beleef.support.api import Closing, Department, Team, Wanted
from beleef.support.tables import case_promises
from tests.cast import ANNA, BRAM, DAAN, NOW
from tests.stories.worlds import state_of, world
from tests.support.making import Json, ServiceDesk

DONE = Closing(root_cause="late", action="Sent it again.")


def test_a_message_opens_a_case_with_promises_and_a_receipt(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", subject="Re: My order")
    case = desk.case()
    assert case.reference == "C-10001"
    assert case.life.title == "My order"
    assert case.life.status == "open"
    assert desk.promise("first_response:1").state == "open"
    receipt = desk.outgoing()[0]
    assert "C-10001" in receipt["parts"]["text"]
    assert "/case/" in receipt["parts"]["text"]
    assert desk.promise("acknowledge:1").state == "kept"
    assert [one["promise"] for one in desk.said("Promise Made")] == [
        "acknowledge:1",
        "first_response:1",
        "resolution:1",
    ]
    assert [one["case"] for one in desk.said("Case Opened")] == ["C-10001"]


def test_a_reply_goes_out_once_and_keeps_the_promise(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", subject="My order", message_id="<one@example.nl>")
    due = desk.stores.now() + 2 * DAY
    desk.replies(desk.case(), "It is on its way.", promise=("next_contact", due), waiting=True)
    mail = next(one for one in desk.outgoing() if "on its way" in one["parts"]["text"])
    assert mail["parts"]["subject"] == "Re: My order [C-10001]"
    assert mail["parts"]["in_reply_to"] == "<one@example.nl>"
    assert mail["parts"]["written_by"] == "human"
    assert desk.promise("first_response:1").state == "kept"
    assert desk.promise("next_contact:1").by == "employee"
    assert desk.case().life.status == "waiting_customer"
    assert len(desk.said("Promise Kept")) == 2
    assert sum("on its way" in one["parts"]["text"] for one in desk.outgoing()) == 1


def test_an_answer_finds_its_case_by_its_thread_its_tag_or_its_address(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA, BRAM)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.writes(ANNA, "It is the blue one.", in_reply_to="<one@example.nl>", message_id="<two@example.nl>")
    desk.writes(ANNA, "Or is it green?", references=["<zero@example.nl>", "<two@example.nl>"])
    desk.writes(ANNA, "It is green.", subject="Re: My order [C-10001]")
    desk.writes(ANNA, "Really.", case="C-10001")
    assert desk.kinds().count("message") == 5
    # Anybody can write a number into a subject.
    desk.writes(BRAM, "What did Anna buy?", subject="[C-10001]")
    assert desk.case(10_002).life.messages == 1


def test_only_beleefs_own_source_names_a_case(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA, BRAM)
    desk.writes(ANNA, "Where is my order?")
    desk.world.send(
        {
            "type": "track",
            "userId": BRAM.user_id,
            "event": "Message Received",
            "properties": {"text": "Hi", "case": "C-10001"},
        }
    )
    desk.work()
    assert desk.kinds().count("message") == 1
    assert desk.case(10_002).life.messages == 1


def test_messages_of_one_thread_on_another_channel_stay_together(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    for number, text in enumerate(("Hello", "Are you there?")):
        said = {"text": text, "thread": "dm-77", "kind": "complaint"}
        desk.world.send(
            {
                "messageId": f"dm{number}",
                "type": "track",
                "userId": ANNA.user_id,
                "event": "Message Received",
                "channel": "social",
                "properties": said,
            }
        )
    desk.work()
    assert desk.kinds().count("message") == 2
    assert desk.case().life.channel == "social"
    assert desk.case().life.kind == "complaint"


def test_thanks_open_no_clock_and_no_closed_case(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.replies(desk.case(), close=Closing())
    desk.writes(ANNA, "Dank je wel!", in_reply_to="<one@example.nl>")
    assert desk.case().life.status == "closed"
    desk.writes(ANNA, "It is still not here.", in_reply_to="<one@example.nl>")
    assert desk.case().life.status == "open"
    assert [one["case"] for one in desk.said("Case Reopened")] == ["C-10001"]


def test_an_answer_after_the_days_of_grace_opens_a_new_linked_case(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.replies(desk.case(), close=Closing())
    desk.wait(15 * 24)
    desk.writes(ANNA, "Another question.", in_reply_to="<one@example.nl>")
    assert desk.case().life.status == "closed"
    assert desk.case(10_002).life.follows == 10_001


def test_machines_open_no_cases_and_no_clocks(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "I am on holiday.", auto=True)
    with desk.database.read() as connection:
        assert desk.support.count(connection, Wanted(), now=NOW).count == 0
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.replies(desk.case(), waiting=True)
    desk.writes(ANNA, "I am on holiday.", auto=True, in_reply_to="<one@example.nl>")
    assert desk.case().life.status == "waiting_customer"
    assert desk.kinds()[-1] == "automatic"


def test_a_sender_who_writes_without_end_is_taken_for_a_loop(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.rules(per_sender=3)
    desk.place.meet(ANNA)
    for number in range(6):
        desk.writes(ANNA, f"Message {number} goes round.", message_id=f"<{number}@example.nl>")
    with desk.database.read() as connection:
        assert desk.support.count(connection, Wanted(), now=NOW).count == 3


def test_what_runs_out_is_warned_of_broken_and_escalated_each_once(desk: ServiceDesk) -> None:
    desk.rules(
        teams=(Team(name="desk", members=("hanna@kersten.example",), lead="gijs@kersten.example"),),
        departments=(Department(name="service", team="desk", owner="fatima@kersten.example"),),
        broken_promises=False,
    )
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    for _ in range(12):
        desk.wait(24)
    kinds = [one["kind"] for one in desk.said("Promise Warned")]
    assert sorted(kinds) == ["acknowledge", "first_response", "resolution"]
    assert sorted(one["kind"] for one in desk.said("Promise Broken")) == [
        "acknowledge",
        "first_response",
        "resolution",
    ]
    rungs = [(one["kind"], one["rung"], one["to"], one["whom"]) for one in desk.said("Escalated")]
    assert len(rungs) == len(set(rungs)) == 6
    assert ("first_response", 1, "team_lead", "gijs@kersten.example") in rungs
    assert ("first_response", 2, "department_owner", "fatima@kersten.example") in rungs
    due = desk.promise("first_response:1").due_at
    broken = [one["at"] for one in desk.said("Promise Broken") if one["kind"] == "first_response"]
    assert broken == [to_text(due)]
    assert desk.promise("first_response:1").next_at is None


def test_a_breach_that_nobody_was_there_to_see_is_told_all_the_same(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.rules(broken_promises=False)
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    # The worker sleeps for two days; then the late reply and the close are the first things that it sees.
    desk.world.tick(2 * 86_400)
    desk.replies(desk.case(), close=Closing())
    assert "first_response" in {one["kind"] for one in desk.said("Promise Broken")}
    assert desk.promise("first_response:1").state == "missed"
    assert desk.promise("first_response:1").told == 2


def test_who_was_promised_an_answer_and_has_none_gets_an_apology(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.rules(broken_promises=False)
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    desk.wait(48)
    said = [one["parts"]["subject"] for one in desk.outgoing()]
    assert sum("Wij zijn later dan wij beloofden" in one for one in said) == 1


def test_a_complaint_holds_marketing_until_it_is_closed_with_its_cause(desk: ServiceDesk) -> None:
    (anna,) = desk.place.meet(ANNA)
    desk.writes(ANNA, "I am angry.", kind="complaint")
    assert [one["complaint"] for one in desk.said("Complaint Opened")] == ["C-10001"]
    with desk.database.read() as connection:
        assert desk.place.contact.standing(connection, [anna]).complaints == ("C-10001",)
    with pytest.raises(InvalidInput, match="What was wrong"):
        desk.does("close", desk.case(), closing=Closing())
    desk.does("close", desk.case(), closing=DONE)
    assert len(desk.said("Complaint Closed")) == 1
    with desk.database.read() as connection:
        assert desk.place.contact.standing(connection, desk.place.subjects(ANNA)).complaints == ()
        assert desk.support.root_cause_reporters(connection, "late") == [anna]


def test_a_low_score_opens_one_follow_up_for_the_touchpoints_department(desk: ServiceDesk) -> None:
    desk.rules(
        departments=(
            Department(name="shop", touchpoints=("shop*",)),
            Department(name="service", touchpoints=("*",)),
        ),
    )
    desk.place.meet(ANNA)

    def answered(number: int, **said: object) -> None:
        properties = {
            "survey": "after-order",
            "response": "r1",
            "touchpoint": "shop-utrecht",
            "question": "q",
            **said,
        }
        message = {
            "messageId": f"a{number}",
            "type": "track",
            "event": "Survey Answered",
            "userId": ANNA.user_id,
            "properties": properties,
        }
        desk.hear(message)

    answered(1, metric="nps", value=9, kind="nps")
    answered(2, metric="nps", value=3, scale_max=10, kind="nps", confirmed=False)
    with desk.database.read() as connection:
        assert desk.support.count(connection, Wanted(), now=NOW).count == 0
    answered(3, metric="nps", value=3, scale_max=10, kind="nps")
    answered(4, text="It was late.", kind="open", sentiment="negative")
    case = desk.case()
    assert (case.life.kind, case.life.department, case.cause, case.of) == (
        "follow_up",
        "shop",
        "survey",
        "r1",
    )
    assert desk.promise("first_response:1").due_at == case.life.opened_at + 2 * DAY
    with desk.database.read() as connection:
        assert desk.support.count(connection, Wanted(), now=NOW).count == 1
        said = [one.text for one in desk.support.thread(connection, 10_001) if one.text]
    assert said == ["NPS: 3/10", "q: It was late."]


def test_nobody_who_was_promised_anonymity_is_followed_but_on_their_own_word(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    about = {"survey": "s", "response": "r1", "anonymity": "pseudonymous"}
    said = {"type": "track", "event": "Survey Answered", "userId": ANNA.user_id}
    desk.hear({**said, "messageId": "a1", "properties": {**about, "metric": "nps", "value": 0}})
    with desk.database.read() as connection:
        assert desk.support.count(connection, Wanted(), now=NOW).count == 0
    desk.hear({**said, "messageId": "a2", "properties": {**about, "kind": "contact_me", "value": 1.0}})
    assert desk.case().life.kind == "follow_up"


def test_a_broken_promise_opens_one_follow_up_under_its_case(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    for _ in range(20):
        desk.wait(24)
    with desk.database.read() as connection:
        found = desk.support.inbox(connection, Wanted(kind="follow_up"), now=NOW).cases
    assert [one.life.parent for one in found] == [10_001]


def test_a_message_that_is_split_off_keeps_its_clock(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.wait(1)
    desk.writes(ANNA, "And I want a refund.", in_reply_to="<one@example.nl>")
    with desk.database.read() as connection:
        second = [one for one in desk.support.thread(connection, 10_001) if one.kind == "message"][1]
    desk.wait(1)
    desk.does("split", desk.case(), second.fact, title="Refund")
    case = desk.case(10_002)
    assert case.life.title == "Refund"
    assert case.life.follows == 10_001
    assert desk.promise("first_response:1", 10_002).started_at == second.at
    with desk.database.read() as connection:
        said = [one.text for one in desk.support.thread(connection, 10_002) if one.kind == "message"]
    assert said == ["And I want a refund."]
    with pytest.raises(NotFound):
        desk.does("split", desk.case(), 12, title="Nothing")


def test_who_sleeps_wakes_up_and_an_answer_wakes_them_earlier(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.does("change", desk.case(), status="snoozed", snooze_until=desk.stores.now() + DAY)
    assert desk.case().life.status == "snoozed"
    desk.wait(25)
    assert desk.case().life.status == "open"
    desk.does("change", desk.case(), status="snoozed", snooze_until=desk.stores.now() + DAY)
    desk.writes(ANNA, "Hello?", in_reply_to="<one@example.nl>")
    assert desk.case().life.status == "open"


def test_cases_are_dealt_out_in_turn_and_never_to_who_was_rated(desk: ServiceDesk) -> None:
    team = Team(name="desk", members=("hanna@kersten.example", "gijs@kersten.example"), round_robin=True)
    desk.rules(teams=(team,), departments=(Department(name="service", team="desk", touchpoints=("*",)),))
    desk.place.meet(ANNA, BRAM)
    for number, who in enumerate((ANNA, BRAM, ANNA, BRAM)):
        desk.writes(who, f"Question {number}?")
    assignees = [desk.case(10_001 + number).life.assignee for number in range(4)]
    assert sorted(assignees) == ["gijs@kersten.example"] * 2 + ["hanna@kersten.example"] * 2
    about = {"response": "r1", "metric": "csat", "value": 1, "agent": "hanna@kersten.example"}
    desk.hear(
        {
            "messageId": "a1",
            "type": "track",
            "event": "Survey Answered",
            "userId": ANNA.user_id,
            "properties": about,
        }
    )
    assert desk.case(10_005).life.assignee == "gijs@kersten.example"


def test_staff_open_cases_and_the_same_form_twice_opens_one(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    with desk.database.read() as connection:
        person = desk.place.contact.reader.persons(connection, [desk.place.subject(ANNA)])[
            desk.place.subject(ANNA)
        ]
    asked = desk.support.open_case(
        key="form1",
        person=person,
        kind="request",
        title="A copy",
        text="She rang.",
        by="Hanna",
        channel="phone",
        spoke=False,
    )
    desk.hear(*asked)
    desk.hear(*[{**one, "messageId": "again"} for one in asked])
    with desk.database.read() as connection:
        number = desk.support.opened_by(connection, "form1")
        assert desk.support.opened_by(connection, "form2") is None
        assert desk.support.count(connection, Wanted(), now=NOW).count == 1
    assert number == 10_001
    assert desk.case().life.promises == ()


def test_somebody_unknown_becomes_a_person_by_their_address(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.hear(
        *desk.support.open_case(
            key="f", email="New@Example.nl", text="Hello, do you sell bikes?", channel="form"
        )
    )
    with desk.database.read() as connection:
        person = desk.support.person_of(connection, desk.case())
    assert [(one.namespace, one.value) for one in person.identifiers] == [("email", "new@example.nl")]


def test_what_cannot_be_done_is_refused_with_a_reason(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    case = desk.case()
    for changed in (
        {"status": "closed"},
        {"status": "gone"},
        {"priority": "huge"},
        {"status": "snoozed"},
        {"parent": 10_001},
    ):
        with pytest.raises(InvalidInput):
            desk.does("change", case, **changed)
    with pytest.raises(InvalidInput, match="past"):
        desk.replies(case, promise=("resolution", NOW - DAY))
    with pytest.raises(InvalidInput, match="empty"):
        desk.replies(case, " ")
    with pytest.raises(Conflict):
        desk.does("reopen", case)
    with pytest.raises(InvalidInput):
        desk.does("merge", case, case)
    with pytest.raises(NotFound):
        desk.case(99)


def test_a_mail_that_comes_back_puts_the_case_on_the_desk_again(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    desk.replies(desk.case(), waiting=True)
    key = next(row for row in _keys(desk) if ":reply:" in row)
    bounced = {
        "messageId": "b1",
        "type": "track",
        "event": "Email Bounced",
        "userId": ANNA.user_id,
        "properties": {"key": key, "bounce": "hard"},
    }
    desk.hear(bounced)
    assert desk.case().life.status == "open"
    assert desk.kinds()[-1] == "undelivered"


def _keys(desk: ServiceDesk) -> list[str]:
    with desk.database.read() as connection:
        return [row.intent.key for row in desk.place.contact.ledger(connection, desk.place.subjects(ANNA))]


def _busy(desk: ServiceDesk) -> None:
    """Let a week of a service desk happen."""
    desk.rules(
        teams=(
            Team(
                name="desk", members=("hanna@kersten.example",), lead="gijs@kersten.example", round_robin=True
            ),
        ),
        departments=(Department(name="service", team="desk", touchpoints=("*",)),),
    )
    desk.place.meet(ANNA, BRAM, DAAN)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>", kind="complaint")
    desk.writes(BRAM, "Do you sell bikes?", message_id="<b@example.nl>")
    desk.wait(3)
    desk.replies(desk.case(), promise=("next_contact", desk.stores.now() + DAY), waiting=True)
    desk.writes(DAAN, "I want my data erased.", kind="privacy")
    desk.wait(30)
    desk.writes(ANNA, "Still nothing.", in_reply_to="<one@example.nl>")
    desk.does("change", desk.case(10_002), status="snoozed", snooze_until=desk.stores.now() + DAY)
    desk.rules(reopen_days=3, broken_promises=True)
    desk.wait(40)
    desk.replies(desk.case(), close=DONE)
    desk.writes(BRAM, "Hello?", message_id="<c@example.nl>")
    desk.does("merge", desk.case(10_002), desk.case(10_002 + 2))
    desk.writes(BRAM, "And my bill?")
    desk.does("merge", desk.case(10_003), desk.case(10_004))
    desk.wait(24)
    desk.does("unmerge", desk.case(10_003))
    desk.writes(ANNA, "Thanks!", in_reply_to="<one@example.nl>")
    desk.writes(ANNA, "No, wrong again.", in_reply_to="<one@example.nl>")
    for _ in range(8):
        desk.wait(24)
    desk.outgoing()


def test_a_rebuild_gives_the_same_cases_says_nothing_and_sends_nothing(
    embedded: ServiceDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = embedded
    _busy(desk)
    # On the test's own clock: by the real one, more would be due by now.
    monkeypatch.setattr("beleef.rebuilding.Stores", partial(Stores, now=desk.stores.now))
    before, sent, head = _cases(desk.stores), len(desk.place.kept()), desk.stores.log.total()
    with Progress(disable=True) as bar:
        rebuild(tmp_path / "data", into=tmp_path / "again", bar=bar)
    with world_at(tmp_path / "again") as again:
        after = _cases(again)
        for name, rows in before.items():
            assert after[name] == rows
        assert again.log.total() == head
    assert len(desk.place.kept()) == sent


def test_what_is_stored_is_what_follows_from_what_happened(desk: ServiceDesk) -> None:
    _busy(desk)
    with desk.database.read() as connection:
        assert desk.support.verify(connection) == ([], None)


def test_a_clock_that_somebody_moved_is_found(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    with desk.database.write() as connection:
        connection.execute(case_promises.update().values(due_at=NOW + 90 * DAY))
    with desk.database.read() as connection:
        found, _ = desk.support.verify(connection)
    assert {one.what for one in found} >= {"first_response:1 due_at"}


def test_however_batches_are_cut_the_cases_are_the_same(tmp_path: Path) -> None:
    messages = [
        {
            "messageId": f"m{number}",
            "type": "track",
            "userId": str(1000 + number % 3),
            "event": "Message Received",
            "timestamp": to_text(NOW + number * 30 * SECOND),
            "properties": {
                "text": f"Question {number}?",
                "message_id": f"<{number}@e>",
                "in_reply_to": f"<{number - 4}@e>",
            },
        }
        for number in range(60)
    ]
    found = []
    for size in (1, 7, 60):
        with world(tmp_path / f"by{size}", {"BELEEF_BATCH": str(size)}) as made:
            for message in messages:
                made.send(message)
            made.work()
            found.append(_without_keys(_cases(made.stores)))
    assert found[0] == found[1] == found[2]
    assert len(found[0]["cases"]) > 2


def test_an_erased_person_leaves_no_case_and_comes_in_no_rebuild(
    embedded: ServiceDesk, tmp_path: Path
) -> None:
    desk = embedded
    desk.place.meet(ANNA, DAAN)
    desk.writes(DAAN, "My secret is Rumpelstiltskin.")
    desk.writes(ANNA, "Where is my order?")
    desk.replies(desk.case(), "Dear Rumpelstiltskin.")
    exported = b"".join(
        msgspec.json.encode(one) for one in desk.world.people.export(f"user_id:{DAAN.user_id}")
    )
    assert b"Rumpelstiltskin" in exported
    assert b"Case Replied" in exported
    desk.world.erase(f"user_id:{DAAN.user_id}")
    with desk.database.read() as connection:
        assert [one.number for one in desk.support.inbox(connection, Wanted(), now=NOW).cases] == [10_002]
        assert desk.support.inbox(connection, Wanted(text="rumpelstiltskin"), now=NOW).cases == ()
    with Progress(disable=True) as bar:
        rebuild(tmp_path / "data", into=tmp_path / "again", bar=bar)
    with world_at(tmp_path / "again") as again, again.database.read() as connection:
        assert [one.number for one in desk.support.inbox(connection, Wanted(), now=NOW).cases] == [10_002]


@contextmanager
def world_at(folder: Path) -> Iterator[Stores]:
    """Give the open stores of a folder."""
    stores = Stores(settings.load(folder, {}), durable=False)
    try:
        yield stores
    finally:
        stores.close()


def _cases(stores: Stores) -> Json:
    return {name: rows for name, rows in state_of(stores).items() if name.startswith("case")}


def _without_keys(state: Json) -> Json:
    """Return cases without the numbers of people, which every installation gives by a key of its own."""
    return {
        name: sorted(re.sub(r"\('subject', -?\d+\)", "", row) for row in rows) for name, rows in state.items()
    }
