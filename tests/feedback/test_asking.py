"""Who is asked, when, and why others are not."""

import pytest

from beleef.app import build_campaigns
from beleef.contact.tables import contacts
from beleef.feedback.api import Answer
from beleef.kernel.clock import DAY
from beleef.kernel.errors import Conflict, NotFound
from tests.cast import ANNA, CHANTAL, CUSTOMERS
from tests.feedback.panels import ORDER, Panel, csat, why


def test_somebody_is_asked_a_day_after_an_order_and_answers_by_name(asking: Panel) -> None:
    asking.publish(ORDER)
    asking.do("Order Completed", order_id="o1")
    asking.work()
    assert [one.state for one in asking.invitations()] == ["waiting"]
    asking.hours(23)
    assert asking.messages() == []
    asking.hours(2)
    (invitation,) = asking.invitations()
    assert invitation.state == "asked"
    assert len(asking.messages()) == 1
    respondent = asking.sit(invitation.number)
    asking.answer(respondent, csat(4), why("Fine, mail me at anna@example.nl"))
    assert asking.histogram("order", "satisfied") == {4: 1}
    with asking.database.read() as connection:
        person = asking.world.people.find(connection, f"user_id:{ANNA.user_id}")
        responses, invitations = asking.feedback.of_person(connection, person.subjects)
        texts = asking.feedback.texts(connection, "order")
    assert [one.completed_at is not None for one in responses] == [True]
    assert invitations[0].finished_at is not None
    assert [one.answer.text for one in texts] == ["Fine, mail me at [e-mail]"]
    own = asking.world.stores.warehouse.facts_of(person.subjects)
    told = [fact.properties or {} for fact in own if fact.name == "Survey Answered"]
    assert [one["question"] for one in told] == ["satisfied", "why"], "they stand on the person's timeline"
    assert len(asking.facts("Survey Invited")) == 1


def test_a_link_is_spent_when_it_is_finished_and_ends(asking: Panel) -> None:
    asking.publish(ORDER, open_days=20)
    asking.do("Order Completed")
    asking.do("Order Completed", CHANTAL)
    asking.hours(25)
    first, second = asking.invitations()
    asking.answer(asking.sit(first.number), csat(4))
    with pytest.raises(Conflict) as finished:
        asking.sit(first.number)
    assert finished.value.code == "survey_finished"
    asking.wait(21)
    with pytest.raises(Conflict) as expired:
        asking.sit(second.number)
    assert expired.value.code == "survey_expired"
    with pytest.raises(NotFound):
        asking.sit(12345)


def test_resumed_and_doubly_sent_answers_count_once(asking: Panel) -> None:
    asking.publish(ORDER)
    asking.do("Order Completed")
    asking.hours(25)
    (invitation,) = asking.invitations()
    respondent = asking.sit(invitation.number)
    asking.answer(respondent, csat(2), done=False)
    asking.answer(respondent, csat(2), done=False)
    again = asking.sit(invitation.number)
    assert again.sitting.response == respondent.sitting.response
    assert again.kept["satisfied"].answer.value == 2
    asking.answer(again, csat(5), revision=1)
    assert asking.histogram("order", "satisfied") == {5: 1}
    assert len(asking.facts("Survey Answered")) == 2
    asking.answer(again, csat(1), revision=2)
    assert asking.histogram("order", "satisfied") == {5: 1}, "a finished survey is not answered again"


def test_everybody_who_is_not_asked_has_a_reason_and_the_counts_add_up(asking: Panel) -> None:
    asking.publish(
        ORDER, sampling={"quota": 2}, trigger={"event": "Order Completed", "where": {"total": [1, 2]}}
    )
    for who in CUSTOMERS:
        asking.do("Order Completed", who, total=1)
    asking.do("Order Completed", ANNA, total=2)
    asking.do("Order Completed", ANNA, total=3)
    asking.hours(1)
    with asking.database.read() as connection:
        asked = asking.feedback.asked(connection, "order")
    assert asked.eligible == len(CUSTOMERS) + 1
    assert asked.eligible == asked.asked + asked.waiting + sum(asked.not_asked.values())
    assert asked.asked == 2
    assert set(asked.not_asked) == {"quota_full", "same_survey_lately"}
    assert len(asking.facts("Survey Not Sent")) == sum(asked.not_asked.values())


def test_nobody_is_asked_while_a_complaint_is_open_nor_two_weeks_after(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.do("Complaint Opened", complaint_id="c1")
    asking.do("Order Completed")
    asking.hours(1)
    asking.do("Complaint Closed", complaint_id="c1")
    asking.hours(1)
    asking.do("Order Completed")
    asking.wait(13)
    asking.do("Order Completed")
    asking.hours(1)
    asking.wait(2)
    asking.do("Order Completed")
    asking.hours(1)
    assert [one.reason for one in asking.invitations()] == [
        "complaint_open",
        "complaint_closed_lately",
        "complaint_closed_lately",
        "",
    ]


def test_one_reminder_goes_to_those_who_did_not_answer(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"}, open_days=30)
    for who in (ANNA, CHANTAL):
        asking.do("Order Completed", who)
    asking.hours(1)
    anna, chantal = asking.invitations()
    with asking.database.write() as connection:
        connection.execute(contacts.update().values(state="sent", sent_at=asking.now))
    asking.answer(asking.sit(anna.number), csat(4))
    asking.wait(6)
    reminders = [key for key in asking.messages() if key.endswith(":reminder")]
    assert len(reminders) == 1
    assert [one.reminded_at is not None for one in asking.invitations()] == [False, True]
    asking.wait(6)
    assert len([key for key in asking.messages() if key.endswith(":reminder")]) == 1
    assert chantal.number in {one.number for one in asking.invitations() if one.reminded_at}


def test_what_the_gate_refuses_later_is_not_asked(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.do("Order Completed")
    asking.hours(1)
    (key,) = asking.messages()
    asking.tell(
        [
            {
                "messageId": "skip",
                "type": "beleef",
                "event": "Message Skipped",
                "userId": ANNA.user_id,
                "properties": {"key": key, "reason": "topic_off"},
            }
        ]
    )
    asking.work()
    assert [(one.state, one.reason) for one in asking.invitations()] == [("not_asked", "gate_topic_off")]


@pytest.mark.parametrize(("bounce", "state"), [("hard", "not_asked"), ("soft", "asked")])
def test_who_has_no_such_mailbox_was_not_asked(asking: Panel, bounce: str, state: str) -> None:
    """The share that answers is of those whom an invitation reached."""
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.do("Order Completed")
    asking.hours(1)
    (key,) = asking.messages()
    said = {"messageId": "back", "type": "track", "event": "Email Bounced", "userId": ANNA.user_id}
    asking.tell([{**said, "properties": {"key": key, "bounce": bounce}}])
    asking.work()
    assert [one.state for one in asking.invitations()] == [state]


def test_a_campaign_asks_for_a_survey_and_feedback_decides(asking: Panel) -> None:
    asking.publish(ORDER, trigger=None)
    request = {
        "messageId": "request",
        "type": "beleef",
        "event": "Survey Requested",
        "userId": ANNA.user_id,
        "properties": {"survey": "order", "key": "thanks:1:ask", "step": "ask", "priority": 70},
        "context": {"campaign": {"name": "thanks"}},
    }
    asking.do("Order Completed")
    asking.tell([request])
    asking.hours(1)
    (invitation,) = asking.invitations()
    assert (invitation.state, invitation.campaign, invitation.step, invitation.priority) == (
        "asked",
        "thanks",
        "ask",
        70,
    )


def test_a_campaign_with_a_survey_leads_to_one_invitation_through_the_gate(asking: Panel) -> None:
    asking.publish(ORDER, trigger=None)
    campaigns = build_campaigns(asking.world.stores)
    thanks = {
        "name": "thanks",
        "label": "After an order",
        "entry": {"fact": {"event": "Order Completed"}},
        "flow": [{"id": "ask", "survey": {"survey": "order"}}],
    }
    with asking.database.write() as connection:
        campaigns.save(connection, thanks, asking.now)
        campaigns.publish(connection, "thanks", asking.now)
    asking.do("Order Completed")
    for _ in range(4):
        asking.hours(1)
    assert len(asking.facts("Survey Requested")) == 1
    (invitation,) = asking.invitations()
    assert (invitation.state, invitation.campaign, invitation.step) == ("asked", "thanks", "ask")
    (intent,) = asking.intents()
    assert (intent.purpose, intent.campaign, intent.step) == ("survey", "thanks", "ask")
    assert "order" in intent.variables["survey"]["name"]


def test_a_relation_survey_comes_to_everybody_once_in_its_cycle(asking: Panel) -> None:
    relation = {**ORDER, "name": "relation", "kind": "relation", "trigger": None}
    asking.publish(
        relation,
        spread={"every_days": 7, "hour": 0},
        eligibility={"same_survey_days": 6, "same_kind_days": 6, "any_days": 6},
    )
    for who in CUSTOMERS:
        asking.do("Order Completed", who)
    asking.work()
    for _ in range(8):
        asking.wait(1)
    invited = asking.invitations("relation")
    people = {one.subject for one in invited if one.due_at < asking.now - 1 * DAY}
    assert len(people) >= len(CUSTOMERS) - 1, "each has a day of their own in a week"
    assert len({(one.subject, one.due_at // (7 * DAY)) for one in invited}) == len(invited)


def test_after_a_paused_survey_nobody_is_asked_afterwards(asking: Panel) -> None:
    asking.publish(ORDER)
    asking.do("Order Completed")
    asking.work()
    with asking.database.write() as connection:
        asking.feedback.pause(connection, "order")
    asking.do("Order Completed", CHANTAL)
    asking.hours(25)
    assert [one.reason for one in asking.invitations()] == ["not_active", "not_active"]
    assert asking.messages() == []


def test_an_answer_taken_back_does_not_count(asking: Panel) -> None:
    asking.publish(ORDER)
    asking.do("Order Completed")
    asking.hours(25)
    (invitation,) = asking.invitations()
    respondent = asking.sit(invitation.number)
    asking.answer(respondent, csat(2), Answer(question="why", kind="open", text="Late"), done=False)
    asking.answer(respondent, revision=1, done=False, cleared=["why"])
    assert set(asking.sit(invitation.number).kept) == {"satisfied"}
