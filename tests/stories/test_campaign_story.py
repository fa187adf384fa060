"""A campaign from the first click to its result: everything on pages, the mail over a real SMTP server, the customer in a real browser."""

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page

from tests.cast import ANNA, FATIMA
from tests.contact.mail_server import Server as MailServer
from tests.contact.mail_server import mail_server
from tests.services.beleef import Installation
from tests.stories.shopping import next_mail, open_browser, open_shop, send, tab_of, until, written

pytestmark = pytest.mark.service

LETTER = """
{% render 'header' %}
{% render 'greeting' %}
<mj-section><mj-column><mj-text>Your {{ fact.name | default: "choice" }} is kept for you.</mj-text></mj-column></mj-section>
{% render 'button', text: 'To your cart', url: 'https://www.kersten.example/cart' %}
{% render 'footer' %}
"""


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A real SMTP server on this machine."""
    with mail_server() as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path, post: MailServer) -> Iterator[Installation]:
    """A Beleef that serves, and sends its mail to that server."""
    with open_shop(tmp_path / "shop", post) as installation:
        yield installation


@pytest.fixture
def tab(shop: Installation) -> Iterator[Page]:
    """A tab of the administrator, signed in by hand."""
    with open_browser() as browser:
        yield tab_of(browser, shop, FATIMA)


def test_a_campaign_is_made_on_pages_and_brings_a_customer_back(
    shop: Installation, post: MailServer, tab: Page
) -> None:
    _introduce(shop)
    _make_an_audience(tab)
    _write_a_message(tab)
    _build_a_flow(tab)
    _try_it_out(tab)
    _publish(tab)
    send(shop, "cart-7", event="Product Added", properties={"cart_id": "c7", "name": "Koffiemolen"})
    taken = next_mail(post, lambda _: True, "the kept cart")
    mail, text = taken.parsed, written(taken)
    assert ANNA.email.lower() in str(mail["To"]).lower()
    assert mail["Subject"] == "Something is still in your cart"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Koffiemolen" in text
    _follow(tab, shop, text)
    order = {"order_id": "W-7", "cart_id": "c7", "revenue": 54.9, "currency": "EUR"}
    send(shop, "order-7", event="Order Completed", properties=order)
    _see_the_result(tab)


def _introduce(shop: Installation) -> None:
    traits = {"email": ANNA.email, "first_name": "Anna", "city": "Utrecht", "language": "en"}
    send(shop, "anna", type="identify", traits=traits, timestamp=_days_ago(2))
    # What happened before the campaign is what it is tried out on.
    earlier = {"cart_id": "c6", "name": "Vase"}
    send(shop, "cart-6", event="Product Added", properties=earlier, timestamp=_days_ago(1))


def _days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def _make_an_audience(tab: Page) -> None:
    tab.goto("/audiences/new")
    tab.fill("#audience-label", "People of Utrecht")
    tab.select_option("#audience-rule-new", "trait")
    tab.locator('button[name="change"][value="rule:add:"]').click()
    tab.fill("#audience-rule-0-name", "city")
    tab.fill("#audience-rule-0-value", "Utrecht")
    tab.get_by_role("button", name="Save the audience").click()
    tab.wait_for_url(re.compile(r"/audiences/people_of_utrecht$|/audiences$"))

    def is_filled() -> bool:
        tab.goto("/audiences")
        return "People of Utrecht" in tab.inner_text("main") and "filled" not in tab.inner_text("main")

    until(is_filled, "The audience was not filled.")


def _write_a_message(tab: Page) -> None:
    tab.goto("/messages/new")
    tab.fill("#naming-label", "Cart kept")
    tab.select_option("#naming-channel", "email")
    tab.locator('input[name="purpose"][value="service"]').check()
    tab.locator(".form-end button").click()
    for language, subject in (
        ("nl", "Er ligt nog iets in je winkelwagen"),
        ("en", "Something is still in your cart"),
    ):
        tab.goto(f"/messages/cart-kept?language={language}")
        tab.locator('[name="subject"]').fill(subject)
        tab.locator('[name="preheader"]').fill(subject)
        tab.locator('[name="body"]').fill(LETTER)
        tab.get_by_role("button", name="Save the draft").first.click()
    tab.goto("/messages/cart-kept")
    tab.get_by_role("button", name="Publish").click()
    tab.wait_for_load_state()


def _build_a_flow(tab: Page) -> None:
    tab.goto("/campaigns/new")
    tab.fill("#campaign-label", "Kept carts")
    tab.get_by_role("button", name="Begin").last.click()
    tab.fill('[name="event"]', "Product Added")
    tab.select_option('[name="only-audience"]', "people_of_utrecht")
    tab.fill('[name="key"]', "properties.cart_id")
    tab.get_by_role("button", name="Keep it in the draft").last.click()
    assert "Everybody for whom “Product Added” happens." in tab.inner_text("main")
    tab.get_by_role("link", name="Add a step : as the first").click()
    tab.get_by_role("link", name="Wait for something to happen").click()
    tab.fill('[name="event"]', "Order Completed")
    tab.fill('[name="same"]', "properties.cart_id")
    tab.fill('[name="at_most"]', "1")
    tab.select_option('[name="at_most-unit"]', "minutes")
    tab.get_by_role("button", name="Add the step").last.click()
    tab.get_by_role("link", name="Add a step : Not within 1 minute").click()
    tab.get_by_role("link", name="Send a message").click()
    tab.select_option('[name="message"]', "cart-kept")
    tab.select_option('[name="purpose"]', "service")
    tab.get_by_role("button", name="Add the step").last.click()
    tab.goto("/campaigns/kept_carts/goals")
    tab.get_by_role("button", name="Add a goal").click()
    tab.fill('[name="goals-0-name"]', "bought")
    tab.fill('[name="goals-0-event"]', "Order Completed")
    tab.fill('[name="goals-0-within"]', "3")
    tab.get_by_role("button", name="Keep it in the draft").last.click()
    assert "“Order Completed” within 3 days of entering." in tab.inner_text("main")


def _try_it_out(tab: Page) -> None:
    tab.get_by_role("link", name="Try it out").first.click()
    tab.get_by_role("button", name="Try it out").click()
    told = tab.inner_text("main")
    assert "Tried out over everybody: 1 person" in told
    assert "Gets “Cart kept” by E-mail" in told


def _publish(tab: Page) -> None:
    tab.goto("/campaigns/kept_carts/publish")
    tab.get_by_role("button", name="Publish it").last.click()
    assert "“Kept carts” runs." in tab.inner_text("main")


def _follow(tab: Page, shop: Installation, mail: str) -> None:
    """Follow the tracked link as the customer does; where it leads is not on this machine."""
    found = re.search(rf'href="({re.escape(shop.address)}/c/[^"]+)"', mail)
    assert found is not None, "no tracked link"
    customer = tab.context.browser
    assert customer is not None
    page = customer.new_context().new_page()
    with page.expect_request("https://www.kersten.example/cart*"), contextlib.suppress(BrowserError):
        page.goto(found[1].replace("&amp;", "&"))


def _see_the_result(tab: Page) -> None:
    def is_told() -> bool:
        tab.goto("/campaigns/kept_carts")
        step = " ".join(tab.locator(".flow-way", has_text="Not within 1 minute").inner_text().split())
        tiles = " ".join(tab.locator(".stats").inner_text().split())
        return "Clicked 100.0%" in step and "Reached “bought” 100.0%" in tiles and "€54.90" in tiles

    until(is_told, "The campaign's page does not tell of the click and the order.")
    tab.goto("/campaigns/kept_carts/people?which=all")
    assert "came to the end" in tab.inner_text("main")
