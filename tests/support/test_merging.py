"""Cases that go up in another and come out of it again: messages and promises go along, and nothing is lost or gained on the way back."""

import pytest

from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict
from tests.cast import ANNA, BRAM
from tests.support.making import ServiceDesk


def test_merging_keeps_the_messages_and_the_earlier_promise(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?", message_id="<one@example.nl>")
    desk.wait(1)
    desk.writes(ANNA, "And my refund?")
    due = desk.promise("first_response:1").due_at
    desk.does("merge", desk.case(), desk.case(10_002))
    assert desk.case().life.merged_into == 10_002
    assert desk.promise("first_response:2", 10_002).due_at == due
    assert desk.kinds(10_002).count("message") == 2
    desk.writes(ANNA, "It is the blue one.", in_reply_to="<one@example.nl>")
    assert desk.case(10_002).life.messages == 3
    with pytest.raises(Conflict, match="C-10002"):
        desk.does("note", desk.case(), text="Too late.")


def test_a_merge_that_is_undone_leaves_both_cases_as_they_were(desk: ServiceDesk) -> None:
    desk.place.meet(ANNA, BRAM)
    desk.writes(ANNA, "The lamp is broken", kind="complaint", message_id="<one@example.nl>")
    desk.does("change", desk.case(), kind="complaint", tags=["lamp"])
    desk.wait(1)
    desk.writes(BRAM, "Where is my parcel?")
    desk.replies(desk.case(10_002), promise=("next_contact", desk.stores.now() + 3 * DAY))
    before = desk.case(), desk.case(10_002)
    desk.does("merge", desk.case(), desk.case(10_002))
    assert desk.case().life.status == "closed"
    desk.does("unmerge", desk.case())
    first, second = desk.case(), desk.case(10_002)
    assert first.life.promises == before[0].life.promises
    assert (first.life.status, first.life.merged_into, first.life.tags) == ("open", 0, ("lamp",))
    assert first.life.waits == before[0].life.waits
    # The complaint that counted as closed while it was gone is open for the gate again.
    assert (before[0].life.complaints, first.life.complaints) == (1, 3)
    assert [one["complaint"] for one in desk.said("Complaint Opened")] == ["C-10001"] * 2
    kept = [one for one in second.life.promises if one.by != "merge"]
    assert tuple(kept) == before[1].life.promises
    assert {one.state for one in second.life.promises if one.by == "merge"} <= {"void"}
    assert second.life.messages == before[1].life.messages
    assert "unmerged" in desk.kinds()
    assert desk.kinds(10_002).count("message") == 1
    with desk.database.read() as connection:
        assert [one.number for one in desk.support.of_person(connection, [desk.place.subject(ANNA)])] == [
            10_001
        ]
        assert desk.support.verify(connection)[0] == []
    desk.writes(ANNA, "And the cable too.", in_reply_to="<one@example.nl>")
    assert desk.case().life.messages == 2
    with pytest.raises(Conflict, match="by itself"):
        desk.does("unmerge", desk.case())


def test_the_clock_of_a_case_runs_on_while_it_is_merged_away(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    desk.writes(ANNA, "And my refund?")
    due = desk.promise("first_response:1").due_at
    desk.does("merge", desk.case(), desk.case(10_002))
    desk.wait(30)
    desk.does("unmerge", desk.case())
    assert desk.promise("first_response:1").due_at == due
    desk.wait(1)
    assert desk.kinds().count("broken") >= 1


def test_a_breach_that_was_told_is_not_told_again_where_the_case_goes(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    desk.writes(ANNA, "Where is my order?")
    desk.wait(30)
    desk.writes(ANNA, "And my refund?")
    assert desk.kinds().count("broken") == 2
    said = len(desk.said("Promise Broken"))
    desk.does("merge", desk.case(), desk.case(10_002))
    assert desk.promise("first_response:2", 10_002).told >= 2
    assert len(desk.said("Promise Broken")) == said


def test_only_a_case_that_stands_open_gives_another_back(embedded: ServiceDesk) -> None:
    desk = embedded
    desk.place.meet(ANNA)
    for text in ("One?", "Two?", "Three?"):
        desk.writes(ANNA, text)
    desk.does("merge", desk.case(), desk.case(10_002))
    desk.does("merge", desk.case(10_002), desk.case(10_003))
    with pytest.raises(Conflict, match="C-10003"):
        desk.does("unmerge", desk.case())
    desk.does("unmerge", desk.case(10_002))
    desk.does("unmerge", desk.case())
    assert [desk.case(number).life.merged_into for number in (10_001, 10_002)] == [0, 0]
    assert [desk.case(number).life.messages for number in (10_001, 10_002, 10_003)] == [1, 1, 1]
