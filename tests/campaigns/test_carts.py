"""The abandoned cart: entry by fact, keyed per cart, waiting for the order, with a goal."""

from tests.campaigns.shops import CART, Shop
from tests.cast import BRAM


def test_a_cart_that_is_left_is_reminded_of_once(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(3.9)
    assert open_shop.steps_sent() == []
    open_shop.wait(0.2)
    assert open_shop.steps_sent() == ["remind"]
    open_shop.wait(100)
    assert open_shop.steps_sent() == ["remind"]
    (run,) = open_shop.runs()
    assert (run.key, run.reason, run.variants) == ("c1", "finished", {})
    (message,) = open_shop.messages()
    assert message.intent.variables["fact"] == {"cart_id": "c1"}


def test_who_orders_in_time_is_left_alone(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(2)
    open_shop.do("Order Completed", cart_id="c1", order_id="o1", revenue=30, currency="EUR")
    open_shop.wait(10)
    assert open_shop.steps_sent() == []
    assert [run.reason for run in open_shop.runs()] == ["bought"]


def test_an_order_in_the_same_batch_as_its_cart_is_seen(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.do("Order Completed", cart_id="c1", order_id="o1", revenue=30)
    open_shop.wait(10)
    assert [run.reason for run in open_shop.runs()] == ["bought"]


def test_carts_are_independent(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.do("Cart Updated", cart_id="c2")
    open_shop.do("Cart Updated", who=BRAM, cart_id="c3")
    open_shop.wait(1)
    open_shop.do("Order Completed", cart_id="c1", order_id="o1")
    open_shop.wait(5)
    assert {run.key: run.reason for run in open_shop.runs()} == {
        "c1": "bought",
        "c2": "finished",
        "c3": "finished",
    }
    assert len(open_shop.steps_sent()) == 2


def test_a_change_of_the_cart_starts_the_clock_again(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(3)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(3)
    assert open_shop.steps_sent() == []
    open_shop.wait(1.1)
    assert open_shop.steps_sent() == ["remind"]
    assert [run.reason for run in open_shop.runs()] == ["again", "finished"]


def test_an_emptied_cart_ends_its_run_only(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.do("Cart Updated", cart_id="c2")
    open_shop.do("Cart Emptied", cart_id="c1")
    open_shop.wait(5)
    assert [run.reason for run in open_shop.runs()] == ["emptied", "finished"]


def test_an_order_after_the_reminder_is_a_success_of_it(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(5)
    open_shop.do("Order Completed", cart_id="c1", order_id="o1", revenue=30, currency="EUR")
    open_shop.work()
    found = open_shop.results("forgotten-cart")
    assert (found.converted, found.total, found.currencies) == (1, 30.0, ["EUR"])
    (remind,) = [step for step in found.steps if step.step == "remind"]
    assert (remind.reached, remind.converted, remind.revenue) == (1, 1, 30.0)
    open_shop.work()
    assert [
        fact.properties and fact.properties["worth"] for fact in open_shop.facts("Campaign Goal Reached")
    ] == [30.0]


def test_an_order_long_after_is_none(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(24 * 8)
    open_shop.do("Order Completed", cart_id="c1", order_id="o1", revenue=30, currency="EUR")
    open_shop.work()
    with open_shop.database.read() as connection:
        assert open_shop.campaigns.results(connection, "forgotten-cart").converted == 0


def test_what_a_campaign_does_is_in_the_log(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(5)
    open_shop.wait(1)
    (entered,), (left,) = open_shop.facts("Campaign Entered"), open_shop.facts("Campaign Left")
    assert entered.campaign == left.campaign == "forgotten-cart"
    subjects = {fact.name: subject for subject, fact in open_shop.world.stores.warehouse.scan()}
    assert subjects["Campaign Entered"] == subjects["Campaign Left"] == subjects["Cart Updated"]
    assert left.properties is not None
    assert left.properties["reason"] == "finished"
    assert left.occurred_at - entered.occurred_at == 4 * 3_600_000_000


def test_a_reminder_that_still_waits_is_taken_back_when_its_cart_is_emptied(open_shop: Shop) -> None:
    open_shop.write("cart")
    patient = CART + "  - {id: rest, wait: 3 days}\n"
    open_shop.publish(patient)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.do("Cart Updated", cart_id="c2")
    open_shop.wait(5)
    open_shop.do("Cart Emptied", cart_id="c1")
    open_shop.work()
    found = {one.intent.variables["fact"]["cart_id"]: (one.state, one.reason) for one in open_shop.messages()}
    assert found == {"c1": ("cancelled", "campaign_left"), "c2": ("waiting", "")}


def test_facts_worked_on_late_do_what_they_would_have_done_in_time(open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.world.tick(5 * 3_600)
    open_shop.do("Cart Emptied", cart_id="c1")
    open_shop.world.tick(3_600)
    open_shop.work()
    assert open_shop.steps_sent() == ["remind"]
    assert [run.reason for run in open_shop.runs()] == ["finished"]
