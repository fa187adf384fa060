"""The demo's campaigns: one file for the demo and the examples, in order before anybody runs it, and customers who react the same each time."""

from pathlib import Path

import msgspec
import pytest
import yaml

from beleef.app import Stores, build_campaigns, set_up
from beleef.audiences.api import audience_from_data
from beleef.campaigns.api import from_data, to_data
from beleef.content.api import message_from_data, read_items
from beleef.demo.api import AUDIENCES, FEED, campaign_file, order, pictures, product_rows, reactions
from beleef.kernel.clock import HOUR
from beleef.profiles.defaults import SHOP
from beleef.settings import load
from tests.cast import NOW

EXAMPLE = Path(__file__).parents[2] / "examples" / "campaigns.yaml"
SEED = 7


def test_the_example_is_what_the_demo_installs() -> None:
    read = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    found = campaign_file()
    assert read == {
        "audiences": list(found.audiences),
        "messages": list(found.messages),
        "campaigns": list(found.campaigns),
    }


def test_audiences_that_the_demo_has_anyway_are_the_same_in_the_file() -> None:
    known = {one["name"]: one for one in AUDIENCES}
    shared = [one for one in campaign_file().audiences if one["name"] in known]
    assert shared == [known[one["name"]] for one in shared]
    assert len(shared) == 2


@pytest.mark.parametrize("data", campaign_file().campaigns, ids=lambda data: str(data["name"]))
def test_a_demo_campaign_comes_back_from_its_file_as_it_was(data: dict[str, object]) -> None:
    campaign = from_data(data)
    assert from_data(to_data(campaign)) == campaign


def test_every_demo_campaign_can_be_published_and_no_message_has_a_finding(tmp_path: Path) -> None:
    stores = Stores(load(tmp_path, {}), now=lambda: NOW)
    set_up(stores, simulated=True)
    campaigns = build_campaigns(stores)
    found = campaign_file()
    with stores.database.write() as connection:
        for definition in SHOP:
            campaigns.profiles.save_definition(connection, definition)
        for data in found.audiences:
            campaigns.audiences.save(connection, audience_from_data(data), NOW)
        for data in found.messages:
            message = message_from_data(data)
            campaigns.content.save(connection, message, by="Demo")
            assert campaigns.content.lint(connection, message) == ()
            campaigns.content.publish(connection, "message", message.name, by="Demo")
        for data in found.campaigns:
            campaign = from_data(data)
            campaigns.save(connection, campaign, NOW)
            assert campaigns.check(connection, campaign) == ()
            assert campaigns.publish(connection, campaign.name, NOW).state == "active"
    stores.close()


def test_customers_react_the_same_each_time_and_not_all_alike() -> None:
    people = [f"u{number}" for number in range(400)]
    once = [reactions("cart-reminder", who, NOW, SEED) for who in people]
    assert once == [reactions("cart-reminder", who, NOW, SEED) for who in people]
    clicked = sum(any(one.what == "clicked" for one in found) for found in once)
    assert 0.2 < clicked / len(people) < 0.42
    assert all(NOW < one.at < NOW + 40 * HOUR for found in once for one in found)
    assert reactions("unknown", "u1", NOW, SEED) == []


def test_an_order_because_of_a_message_is_about_the_cart_of_the_message() -> None:
    made = order("u1", NOW, SEED, "c7")
    assert made["cart_id"] == "c7"
    assert made["revenue"] == made["total"] > 0
    assert "cart_id" not in order("u1", NOW, SEED, "")


def test_the_reminder_of_a_cart_shows_what_is_in_it_as_the_feed_has_it(tmp_path: Path) -> None:
    stores = Stores(load(tmp_path, {}), now=lambda: NOW)
    set_up(stores, simulated=True)
    content = build_campaigns(stores).content
    row = product_rows(SEED, {one.category: f"/media/{one.name}" for one in pictures()})[0]
    message = next(one for one in campaign_file().messages if one["name"] == "cart-reminder")
    fact = {
        "products": [{"product_id": row["product_id"], "quantity": 2}, {"product_id": "gone", "name": "Mok"}]
    }
    given = {"person": {"first_name": "Anna"}, "fact": fact, "links": {"unsubscribe": "https://x.example/u", "preferences": "https://x.example/p", "view_in_browser": "https://x.example/v"}}  # fmt: skip
    with stores.database.write() as connection:
        items = read_items(msgspec.json.encode([row]), is_json=True)
        content.shelf.save_feed(connection, FEED, "Producten", items)
        content.save(connection, message_from_data(message), by="Demo")
        content.publish(connection, "message", "cart-reminder", by="Demo")
        body = content.render(connection, "cart-reminder", person=given, language="nl").parts["body"]
    stores.close()
    assert row["name"] in body
    assert row["url"] in body
    assert row["picture"] in body
    assert "Mok" in body, "what left the feed is called as the cart calls it"
