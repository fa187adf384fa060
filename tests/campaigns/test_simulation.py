"""Simulated time: it shows what would happen live, the gate's word included, and holds it against what its author expects."""

from typing import Any

import pytest
import yaml

from beleef.audiences.api import Audience, audience_from_data
from beleef.campaigns.api import PastPerson, Simulation, broken, check_given, from_data
from beleef.contact.api import DEFAULT, ConsentRule, GateRules, PastContact
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR
from beleef.kernel.errors import InvalidInput
from tests.campaigns.shops import CART, Shop
from tests.cast import NOW

ZONE = "Europe/Amsterdam"
FREE = GateRules(consent=(ConsentRule(purpose="marketing", needs="no_objection"),))
"""Rules that let everything pass that nobody objected to."""


def _fact(number: int, event: str | None, at: float, **fields: Any) -> Fact:
    moment = NOW + round(at * HOUR)
    given = {"type": "track", "source": "web", "channel": "web", "name": event} | fields
    return Fact(id=number, message_id=str(number), occurred_at=moment, received_at=moment + 5 * DAY, **given)


def _simulation(text: str, *, rules: GateRules = FREE, audiences: tuple[Audience, ...] = ()) -> Simulation:
    campaign = from_data(yaml.safe_load(text))
    return Simulation(campaign, rules=rules, audiences=audiences, computed=(), zone=ZONE)


def _person(*facts: Fact, **fields: Any) -> PastPerson:
    email = _fact(0, None, -100, type="identify", traits={"email": "a@example.nl"})
    return PastPerson(number=7, facts=[email, *facts], **fields)


def _cart(at: float, number: int = 1, cart: str = "c1") -> Fact:
    return _fact(number, "Cart Updated", at, properties={"cart_id": cart})


def _order(at: float, number: int = 2, cart: str = "c1") -> Fact:
    return _fact(number, "Order Completed", at, properties={"cart_id": cart}, revenue=10.0)


def test_a_left_cart_is_reminded_of_in_simulated_time() -> None:
    found = _simulation(CART).run([_person(_cart(1), _order(30))], since=NOW, until=NOW + 3 * DAY)
    assert (found.entered, found.sent, found.goals, found.left) == (
        1,
        {"remind": 1},
        {"order": 1},
        {"finished": 1},
    )
    told = [(one.what, one.at) for one in found.people[0].happenings]
    assert told == [
        ("entered", NOW + HOUR),
        ("sent", NOW + 5 * HOUR),
        ("left", NOW + 5 * HOUR),
        ("goal", NOW + 30 * HOUR),
    ]


def test_what_happened_before_the_simulation_brings_nobody_in() -> None:
    found = _simulation(CART).run([_person(_cart(-1))], since=NOW, until=NOW + DAY)
    assert (found.looked_at, found.entered) == (1, 0)


def test_the_gate_holds_and_skips_in_simulated_time() -> None:
    # NOW is ten in the morning in Amsterdam; eleven hours later it is quiet until eight.
    marketing = CART.replace("purpose: service", "purpose: marketing")
    consent = _fact(
        9, "Consent Updated", -99, properties={"purpose": "marketing", "channel": "email", "state": "granted"}
    )
    found = _simulation(marketing, rules=DEFAULT).run(
        [_person(consent, _cart(8))], since=NOW, until=NOW + 3 * DAY
    )
    assert found.held == {"quiet_hours": 1}
    (sent,) = [one for one in found.people[0].happenings if one.what == "sent"]
    assert sent.at == NOW + 22 * HOUR
    found = _simulation(marketing, rules=DEFAULT).run([_person(_cart(8))], since=NOW, until=NOW + 3 * DAY)
    assert (found.sent, found.skipped) == ({}, {"no_consent": 1})


def test_what_people_really_got_counts_for_caps() -> None:
    marketing = CART.replace("purpose: service", "purpose: marketing")
    consent = _fact(
        9, "Consent Updated", -99, properties={"purpose": "marketing", "channel": "email", "state": "granted"}
    )
    before = (PastContact(at=NOW + 3 * HOUR, channel="email", purpose="marketing"),)
    person = _person(consent, _cart(0.5), contacts=before)
    found = _simulation(marketing, rules=DEFAULT).run([person], since=NOW, until=NOW + 3 * DAY)
    assert sum(found.held.values()) >= 1
    (sent,) = [one for one in found.people[0].happenings if one.what == "sent"]
    assert sent.at == NOW + 22 * HOUR
    assert found.busiest_week == {2: 1}


def test_an_audience_that_time_alone_fills_lets_people_in_on_time() -> None:
    quiet = {"did": {"event": "Order Completed", "exactly": 0, "within_days": 3}}
    audience = audience_from_data({"name": "quiet", "label": "Quiet", "rule": quiet}, zone=ZONE)
    text = CART.replace("  fact: {event: Cart Updated}\n  key: properties.cart_id", "  audience: quiet")
    text = text.replace(", same: properties.cart_id", "")
    found = _simulation(text, audiences=(audience,)).run([_person(_order(5))], since=NOW, until=NOW + 6 * DAY)
    entered = [one.at for one in found.people[0].happenings if one.what == "entered"]
    assert entered == [NOW + 5 * HOUR + 3 * DAY]


def test_a_schedule_comes_in_simulated_time() -> None:
    everybody = audience_from_data({"name": "all", "label": "All", "rule": {"all": []}}, zone=ZONE)
    text = """
name: news
label: News
entry: {schedule: {audience: all, every: week, weekdays: [wednesday, friday], at: "10:00"}, again: after_leaving}
flow: [{id: mail, send: {message: news}}]
"""
    found = _simulation(text, audiences=(everybody,)).run([_person()], since=NOW, until=NOW + 7 * DAY)
    assert found.sent == {"mail": 2}


def test_a_simulation_says_what_happens_live(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    begun = open_shop.now
    for hour, (event, cart) in enumerate(
        [
            ("Cart Updated", "a"),
            ("Cart Updated", "b"),
            ("Order Completed", "a"),
            ("Cart Updated", "a"),
            ("Cart Emptied", "b"),
        ]
    ):
        open_shop.do(event, cart_id=cart)
        open_shop.wait(1 + hour % 3)
    open_shop.wait(10)
    history = [fact for _, fact in open_shop.world.stores.warehouse.scan() if fact.type == "track"]
    email = _fact(0, None, -100, type="identify", traits={"email": "a@example.nl"})
    simulation = _simulation(CART)
    found = simulation.run([PastPerson(number=7, facts=[email, *history])], since=begun, until=open_shop.now)
    live = open_shop.runs()
    assert found.entered == len(live)
    assert sum(found.sent.values()) == len(open_shop.messages())
    assert sorted(one.detail for one in found.people[0].happenings if one.what == "left") == sorted(
        run.reason for run in live
    )
    assert sorted(one.at for one in found.people[0].happenings if one.what == "sent") == sorted(
        message.intent.not_before for message in open_shop.messages()
    )


def _expecting(expect: dict[str, Any]) -> list[str]:
    found = _simulation(CART).run([_person(_cart(1))], since=NOW, until=NOW + 3 * DAY)
    return [f"{one.path}: {one.message}" for one in broken(expect, found)]


def test_expectations_that_hold_say_nothing() -> None:
    assert (
        _expecting(
            {
                "entered": {"at_least": 1, "at_most": 1},
                "sent": {"remind": 1},
                "skipped": {"exactly": 0},
                "left": {"finished": {"at_least": 1}},
                "per_person_per_week": {"at_most": 2},
            }
        )
        == []
    )


def test_expectations_that_do_not_hold_say_what_came_instead() -> None:
    assert _expecting(
        {"entered": {"at_least": 10}, "sent": {"remind": {"exactly": 0}}, "goals": {"order": 1}}
    ) == [
        "expect.entered: It is 1, and should be at least 10.",
        "expect.sent.remind: It is 1, and should be exactly 0.",
        "expect.goals.order: It is 0, and should be exactly 1.",
    ]


@pytest.mark.parametrize(
    "expect", [{"enterd": 1}, {"entered": {"most": 1}}, {"entered": "many"}, {"sent": {"at_least": "x"}}]
)
def test_expectations_that_mean_nothing_are_refused(expect: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        _expecting(expect)


GIVEN = """
given:
  - name: leaves a cart
    start: 2026-03-02 10:00
    facts:
      - {at: +0, type: identify, traits: {email: a@example.nl}}
      - {at: +1 hour, event: Cart Updated, properties: {cart_id: c1}}
    then:
      - {entered: c1}
      - {sent: remind, at: +5 hours, times: 1}
      - {left: finished}
  - name: orders in time
    facts:
      - {type: identify, traits: {email: a@example.nl}}
      - {event: Cart Updated, properties: {cart_id: c1}}
      - {at: +2 hours, event: Order Completed, properties: {cart_id: c1}}
    then:
      - {not_sent: remind}
      - {left: bought}
      - {goal: order}
"""


def test_written_histories_come_out_as_written() -> None:
    simulation = _simulation(CART + GIVEN)
    assert check_given(simulation.campaign, simulation) == ()


def test_a_written_history_that_comes_out_otherwise_is_told() -> None:
    simulation = _simulation(CART.replace("4 hours", "1 hour") + GIVEN)
    found = {one.path: one.message for one in check_given(simulation.campaign, simulation)}
    assert found == {
        "given.0.then.1": "sent remind happens 2 hours after the start, not at 2026-03-02 15:00.",
        "given.1.then.0": "remind is sent, 1 hour after the start.",
        "given.1.then.1": found["given.1.then.1"],
    }
    assert found["given.1.then.1"].startswith("left bought does not happen. What happens: entered c1")
