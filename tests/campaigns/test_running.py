"""What happens live: schedules, branches, exits, control groups, pauses, versions, fallbacks, merges and erasure."""

from typing import Any

import pytest

from beleef.app import build_sender
from beleef.audiences.api import audience_from_data
from beleef.kernel.clock import HOUR
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.rebuilding import _empty
from tests.campaigns.shops import CART, Shop
from tests.cast import ANNA, BRAM, CHANTAL, CUSTOMERS, DAAN, ELIF

WELCOME = """
name: welcome
label: Welcome
entry:
  fact: Account Created
exit:
  - rule: {trait: {name: blocked, is: true}}
    reason: blocked
goals:
  - name: order
    fact: Order Completed
    within: 30 days
flow:
  - id: hello
    send: {message: hello, purpose: service}
  - id: rest
    wait: 2 days
  - id: where
    branch:
      paths:
        - when: {trait: {name: city, is: Utrecht}}
          flow:
            - id: near
              send: {message: near, purpose: service}
      otherwise:
        - id: far
          send: {message: far, purpose: service}
  - id: mark
    set_trait: {name: welcomed, value: true}
  - id: sell
    hand_over: sales
"""


def _welcome(shop: Shop, **how: Any) -> None:
    shop.write("hello", "near", "far")
    shop.publish(WELCOME, **how)
    shop.wait(1)


def test_a_branch_takes_the_first_rule_that_holds(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.tell({"type": "identify", "traits": {"city": "Utrecht"}}, ANNA)
    open_shop.do("Account Created", ANNA)
    open_shop.do("Account Created", BRAM)
    open_shop.work()
    assert open_shop.steps_sent() == ["hello", "hello"]
    open_shop.wait(49)
    assert sorted(open_shop.steps_sent()) == ["far", "hello", "hello", "near"]
    open_shop.wait(1)
    assert len(open_shop.facts("Lead Handed Over")) == 2
    with open_shop.database.read() as connection:
        steps = {step.step: step for step in open_shop.campaigns.results(connection, "welcome").steps}
    assert steps["where"].ways == {"0": 1, "otherwise": 1}
    assert steps["hello"].reached == 2
    person = open_shop.world.people.view("user_id:1001")
    assert person.traits["welcomed"] is True


def test_nobody_enters_twice_unless_the_campaign_says_so(open_shop: Shop) -> None:
    _welcome(open_shop)
    for _ in range(3):
        open_shop.do("Account Created", ANNA)
        open_shop.wait(100)
    assert len(open_shop.runs("welcome")) == 1


@pytest.mark.parametrize(
    ("again", "runs"),
    [("never", 1), ("after_leaving", 2), ("{after_days: 3}", 2), ("{after_days: 9}", 1), ("always", 3)],
)
def test_who_may_come_again_and_when(open_shop: Shop, again: str, runs: int) -> None:
    open_shop.write("hello", "near", "far")
    open_shop.publish(
        WELCOME.replace("  fact: Account Created", f"  fact: Account Created\n  again: {again}")
    )
    open_shop.wait(1)
    for hours in (24, 96, 1):
        open_shop.do("Account Created", ANNA)
        open_shop.wait(hours)
    assert len(open_shop.runs("welcome")) == runs


def test_a_rule_ends_a_run_before_it_acts(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    open_shop.tell({"type": "identify", "traits": {"blocked": True}}, ANNA)
    open_shop.wait(49)
    assert open_shop.steps_sent() == ["hello"]
    assert [run.reason for run in open_shop.runs("welcome")] == ["blocked"]


def test_an_old_fact_that_comes_late_brings_nobody_in(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.tell({"type": "track", "event": "Account Created", "timestamp": "2026-02-20T10:00:00Z"}, ANNA)
    open_shop.work()
    assert open_shop.runs("welcome") == []


def test_a_fact_from_before_publishing_brings_nobody_in(open_shop: Shop) -> None:
    open_shop.do("Account Created", ANNA)
    _welcome(open_shop)
    assert open_shop.runs("welcome") == []


BROADCAST = """
name: news
label: News
entry:
  schedule: {audience: everybody, every: once, date: 2026-03-04, at: "10:00", zone: person}
flow:
  - id: mail
    send: {message: hello, purpose: service}
"""


def _everybody(shop: Shop) -> None:
    for customer in CUSTOMERS:
        shop.tell({"type": "identify", "traits": {"email": customer.email}}, customer)
    shop.work()
    with shop.database.write() as connection:
        everybody = audience_from_data(
            {"name": "everybody", "label": "Everybody", "rule": {"trait": {"name": "email", "exists": True}}},
            zone="UTC",
        )
        shop.campaigns.audiences.save(connection, everybody, shop.now)
    for _ in range(5):
        shop.work()


def test_a_broadcast_reaches_everybody_at_their_own_ten_o_clock(open_shop: Shop) -> None:
    open_shop.tell({"type": "identify", "traits": {"timezone": "Pacific/Auckland"}}, ELIF)
    _everybody(open_shop)
    open_shop.write("hello")
    open_shop.publish(BROADCAST)
    open_shop.wait(36)  # The evening of 3 March in Amsterdam, the morning of the 4th in Auckland.
    assert open_shop.steps_sent() == ["mail"]
    open_shop.wait(12)
    open_shop.wait(24)
    assert len(open_shop.messages()) == len(CUSTOMERS)
    assert len({one.intent.subject for one in open_shop.messages()}) == len(CUSTOMERS)
    assert sorted({one.intent.not_before // HOUR % 24 for one in open_shop.messages()}) == [9, 21]


def test_a_daily_schedule_comes_every_day_and_once_a_day(open_shop: Shop) -> None:
    _everybody(open_shop)
    open_shop.write("hello")
    daily = BROADCAST.replace("every: once, date: 2026-03-04", "every: day").replace(
        "zone: person", "zone: organisation"
    )
    open_shop.publish(daily.replace("flow:", "  again: after_leaving\nflow:"))
    for _ in range(49):
        open_shop.wait(1)
    assert len(open_shop.messages()) == 2 * len(CUSTOMERS)


def test_coming_into_an_audience_is_an_entry(open_shop: Shop) -> None:
    _everybody(open_shop)
    open_shop.write("hello", "near", "far")
    open_shop.publish(WELCOME.replace("  fact: Account Created", "  audience: everybody"))
    open_shop.wait(1)
    open_shop.tell({"type": "identify", "userId": "77", "traits": {"email": "new@example.nl"}})
    open_shop.work()
    open_shop.wait(1)
    assert open_shop.steps_sent() == ["hello"]


def test_who_is_kept_out_gets_nothing_and_is_compared(open_shop: Shop) -> None:
    open_shop.write("hello", "near", "far")
    open_shop.publish(WELCOME.replace("goals:", "control: 50\ngoals:"))
    open_shop.wait(1)
    for number in range(60):
        open_shop.tell({"type": "track", "event": "Account Created", "userId": f"n{number}"})
    open_shop.work()
    for number in range(0, 60, 2):
        open_shop.tell(
            {
                "type": "track",
                "event": "Order Completed",
                "userId": f"n{number}",
                "properties": {"revenue": 10},
            }
        )
    open_shop.wait(49)
    kept_out = [run for run in open_shop.runs("welcome") if run.variants.get("") == "control"]
    assert 15 < len(kept_out) < 45
    assert len(open_shop.messages()) == 2 * (60 - len(kept_out))
    with open_shop.database.read() as connection:
        analysis = open_shop.campaigns.analysis(connection, "welcome")
        found = open_shop.campaigns.results(connection, "welcome")
    control, rest = analysis.groups
    assert (control.name, control.people, rest.people) == ("control", len(kept_out), 60 - len(kept_out))
    assert control.converted + rest.converted == 30
    assert (found.people, found.converted) == (rest.people, rest.converted)
    assert analysis.comparisons[0].difference.low < 0 < analysis.comparisons[0].difference.high


def test_a_pause_stands_still_and_goes_on(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    with open_shop.database.write() as connection:
        open_shop.campaigns.pause(connection, "welcome", open_shop.now)
    assert [(one.state, one.reason) for one in open_shop.messages()] == [("held", "campaign_paused")]
    open_shop.do("Account Created", BRAM)
    open_shop.wait(24 * 5)
    assert open_shop.steps_sent() == ["hello"]
    with open_shop.database.write() as connection:
        open_shop.campaigns.resume(connection, "welcome", open_shop.now)
    assert [one.state for one in open_shop.messages()] == ["waiting"]
    open_shop.wait(24)
    assert open_shop.steps_sent() == ["hello"]
    open_shop.wait(25)
    assert open_shop.steps_sent() == ["hello", "far"]


def test_after_a_pause_timers_may_catch_up(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    with open_shop.database.write() as connection:
        open_shop.campaigns.pause(connection, "welcome", open_shop.now)
    open_shop.wait(24 * 5)
    with open_shop.database.write() as connection:
        open_shop.campaigns.resume(connection, "welcome", open_shop.now, timers="catch_up")
    open_shop.wait(0.1)
    assert open_shop.steps_sent() == ["hello", "far"]


def test_what_is_waited_for_may_come_during_a_pause(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.work()
    with open_shop.database.write() as connection:
        open_shop.campaigns.pause(connection, "forgotten-cart", open_shop.now)
    open_shop.do("Order Completed", cart_id="c1", order_id="o1")
    open_shop.wait(2)
    with open_shop.database.write() as connection:
        open_shop.campaigns.resume(connection, "forgotten-cart", open_shop.now)
    open_shop.wait(10)
    assert [run.reason for run in open_shop.runs()] == ["bought"]


def test_stopping_ends_runs_and_cancels_messages(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    with open_shop.database.write() as connection:
        stopped = open_shop.campaigns.stop(connection, "welcome", open_shop.now)
    assert (stopped.state, stopped.active, stopped.entered) == ("stopped", 0, 1)
    assert [one.state for one in open_shop.messages()] == ["cancelled"]
    open_shop.wait(100)
    assert open_shop.steps_sent() == ["hello"]
    with open_shop.database.write() as connection, pytest.raises(Conflict):
        open_shop.campaigns.stop(connection, "welcome", open_shop.now)
    with open_shop.database.write() as connection:
        open_shop.campaigns.delete(connection, "welcome")
    with open_shop.database.read() as connection, pytest.raises(NotFound):
        open_shop.campaigns.campaign(connection, "welcome")


def test_people_under_way_finish_on_their_version(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    open_shop.publish(WELCOME.replace("id: far", "id: farther"))
    open_shop.do("Account Created", BRAM)
    open_shop.wait(49)
    assert sorted(open_shop.steps_sent()) == ["far", "farther", "hello", "hello"]


def test_people_under_way_may_move_on(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    open_shop.publish(WELCOME.replace("id: far", "id: farther"), in_flight="move")
    open_shop.wait(49)
    assert sorted(open_shop.steps_sent()) == ["farther", "hello"]
    open_shop.do("Account Created", BRAM)
    open_shop.work()
    open_shop.publish(WELCOME.replace("id: rest", "id: sleep"), in_flight="move")
    assert [run.reason for run in open_shop.runs("welcome")] == ["finished", "step_removed"]


def test_what_cannot_work_is_not_published(open_shop: Shop) -> None:
    with pytest.raises(InvalidInput) as refused:
        open_shop.publish(WELCOME)
    assert "There is no message 'hello'" in refused.value.message
    open_shop.write("hello", "near")
    open_shop.write("far", channel="sms")
    with pytest.raises(InvalidInput) as refused:
        open_shop.publish(WELCOME)
    assert (
        "flow.2.branch.otherwise.0.send.message: The message 'far' is for sms, not for email."
        in refused.value.message
    )
    with pytest.raises(InvalidInput) as refused:
        open_shop.publish(WELCOME.replace("id: near", "id: hello"))
    assert "'hello' is there 2 times" in refused.value.message


def test_a_program_lets_people_in_and_may_repeat_itself(open_shop: Shop) -> None:
    _everybody(open_shop)
    open_shop.write("hello", "near", "far")
    open_shop.publish(WELCOME.replace("  fact: Account Created", "  call: true\n  again: always"))
    with open_shop.database.read() as connection:
        numbers = [
            open_shop.world.people.find(connection, f"user_id:{one.user_id}").number for one in (ANNA, DAAN)
        ]
    for _ in range(2):
        with open_shop.database.write() as connection:
            open_shop.campaigns.enter(
                connection, "welcome", numbers, open_shop.now, request="r1", properties={"shop": "Utrecht"}
            )
        open_shop.wait(0.1)
    assert open_shop.steps_sent() == ["hello", "hello"]
    assert open_shop.messages()[0].intent.variables["fact"] == {"shop": "Utrecht"}


def test_the_next_channel_is_tried_where_the_first_cannot_reach(open_shop: Shop) -> None:
    open_shop.write("hello", "near", "far")
    open_shop.write("hello-sms", channel="sms")
    open_shop.publish(
        WELCOME.replace(
            "{message: hello, purpose: service}", "{message: hello, purpose: service, fallback: [sms]}"
        )
    )
    open_shop.wait(1)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    # Nobody told an e-mail address: the sender finds that out, and says so.
    build_sender(open_shop.world.stores).decide()
    assert [(one.state, one.reason) for one in open_shop.messages()] == [("skipped", "no_address")]
    for _ in range(2):
        open_shop.work()
    assert [(one.intent.channel, one.intent.message) for one in open_shop.messages()] == [
        ("email", "hello"),
        ("sms", "hello-sms"),
    ]
    with open_shop.database.read() as connection:
        found = open_shop.campaigns.results(connection, "welcome")
    assert found.messages.skipped == {"no_address": 1}


def test_a_cap_is_no_reason_for_another_channel(open_shop: Shop) -> None:
    open_shop.write("hello", "near", "far")
    open_shop.write("hello-sms", channel="sms")
    open_shop.publish(
        WELCOME.replace(
            "{message: hello, purpose: service}", "{message: hello, purpose: service, fallback: [sms]}"
        )
    )
    open_shop.wait(1)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    (first,) = open_shop.messages()
    said = {"key": first.intent.key, "step": "hello", "campaign": "welcome", "reason": "cap"}
    about = {"userId": ANNA.user_id, "context": {"campaign": {"name": "welcome"}}, "properties": said}
    message = {"messageId": "s", "type": "beleef", "event": "Message Skipped", **about}
    open_shop.world.send(message, own=True)
    open_shop.work()
    assert len(open_shop.messages()) == 1


def test_two_runs_of_one_person_become_one_when_they_merge(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", CHANTAL)
    open_shop.work()
    open_shop.tell({"type": "track", "event": "Account Created", "userId": None, "anonymousId": "device-9"})
    open_shop.work()
    assert len(open_shop.runs("welcome")) == 2
    open_shop.tell({"type": "identify", "anonymousId": "device-9", "traits": {}}, CHANTAL)
    open_shop.wait(49)
    assert sorted(run.reason for run in open_shop.runs("welcome")) == ["finished", "merged"]
    assert sorted(open_shop.steps_sent()) == ["far", "hello", "hello"]


def test_an_erased_person_leaves_numbers_only(open_shop: Shop) -> None:
    _welcome(open_shop)
    for customer in (ANNA, BRAM):
        open_shop.do("Account Created", customer)
    open_shop.work()
    open_shop.do("Order Completed", ANNA, revenue=40, currency="EUR")
    open_shop.wait(49)
    before = open_shop.results("welcome")
    open_shop.world.erase("user_id:1001")
    after = open_shop.results("welcome")
    assert len(open_shop.runs("welcome")) == 1
    assert (after.entered, after.people, after.converted, after.total) == (2, 2, 1, 40.0)
    assert (before.entered, before.conversion, before.revenue) == (
        after.entered,
        after.conversion,
        after.revenue,
    )


def test_a_reaction_to_a_message_is_counted_at_its_step(open_shop: Shop) -> None:
    _welcome(open_shop)
    open_shop.do("Account Created", ANNA)
    open_shop.work()
    (message,) = open_shop.messages()
    said = {"key": message.intent.key, "step": "hello", "purpose": "marketing"}
    open_shop.tell(
        {
            "type": "track",
            "event": "Unsubscribed",
            "properties": said,
            "context": {"campaign": {"name": "welcome"}},
        }
    )
    open_shop.work()
    with open_shop.database.read() as connection:
        found = open_shop.campaigns.results(connection, "welcome")
    assert found.messages.unsubscribed == 1
    assert next(step.messages and step.messages.unsubscribed for step in found.steps) == 1


def test_timers_do_not_overtake_facts_that_wait(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.work()
    # The order comes in time, and the worker only looks again when the timer has long run out.
    open_shop.world.tick(3_600)
    open_shop.do("Order Completed", cart_id="c1", order_id="o1")
    open_shop.world.tick(10 * 3_600)
    open_shop.world._worker.do_chores()
    assert open_shop.steps_sent() == []
    open_shop.work()
    assert [run.reason for run in open_shop.runs()] == ["bought"]


def test_a_replay_of_the_log_changes_nothing_under_way(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.do("Cart Updated", cart_id="c2")
    open_shop.wait(1)
    open_shop.do("Order Completed", cart_id="c2", order_id="o1")
    open_shop.work()
    before = open_shop.runs()
    with open_shop.database.write() as connection:
        _empty(connection)
    open_shop.world._worker.forget()
    open_shop.work()
    assert open_shop.runs() == before
    open_shop.wait(5)
    assert open_shop.steps_sent() == ["remind"]
    assert {run.key: run.reason for run in open_shop.runs()} == {"c1": "finished", "c2": "bought"}


def test_a_branch_about_the_past_waits_until_the_past_is_counted(open_shop: Shop) -> None:
    open_shop.do("Order Completed", ANNA, order_id="o1")
    open_shop.work()
    open_shop.write("hello", "near", "far")
    ordered = "{did: {event: Order Completed, at_least: 1}}"
    open_shop.publish(WELCOME.replace("{trait: {name: city, is: Utrecht}}", ordered))
    open_shop.do("Account Created", ANNA)
    open_shop.world.tick(1)
    open_shop.world._worker.claim()
    open_shop.world._worker.work()
    # The account is worked on before the order of the past is counted.
    assert [run.step for run in open_shop.runs("welcome")] == [""]
    open_shop.wait(1)
    open_shop.wait(49)
    assert open_shop.steps_sent() == ["hello", "near"]


def test_a_step_whose_text_is_no_liquid_keeps_a_campaign_from_being_published(open_shop: Shop) -> None:
    told = (
        "{name: told, label: Told, entry: {fact: Account Created}, flow: [{id: tell, webhook: {text: '%s'}}]}"
    )
    with pytest.raises(InvalidInput, match=r"flow\.0\.text: Line 1"):
        open_shop.publish(told % "Hello {{ person.name")
    open_shop.publish(told % "Hello {{ person.name }}")
