"""From an order to a loop that is closed: asked in a mail, unhappy, called back within the promise, put right, and asked again.

All of it as people do it: staff on pages, the customer in mails over a real SMTP server and on a phone.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from beleef.app import Stores, build_support
from beleef.kernel.clock import HOUR
from beleef.settings import load
from beleef.support.api import Case
from tests.cast import ANNA, FATIMA, HANNA
from tests.console.conftest import employ
from tests.contact.mail_server import Server as MailServer
from tests.contact.mail_server import mail_server
from tests.services.beleef import Installation
from tests.stories.shopping import (
    customers_tab,
    links_in,
    next_mail,
    open_browser,
    open_shop,
    send,
    tab_of,
    until,
    written,
)

pytestmark = pytest.mark.service

COMMENT = "The parcel came a week too late and nobody told me anything. Terrible."
ANSWER = "I am sorry, that is not how it should go. A new one leaves today, and I call you about it."
DONE = "The carrier had lost it; a new one was sent, and the costs were paid back."
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A real SMTP server on this machine."""
    with mail_server() as server:
        yield server


@pytest.fixture
def shop(tmp_path: Path, post: MailServer) -> Iterator[Installation]:
    """A shop that sends its mail to that server, with an agent beside the administrator."""
    with open_shop(tmp_path / "shop", post) as installation:
        employ(installation.data, (HANNA,))
        yield installation


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser for everybody, each with a context of their own."""
    with open_browser() as running:
        yield running


def test_a_bad_score_is_followed_up_within_its_promise_and_asked_about_again(
    shop: Installation, post: MailServer, browser: Browser
) -> None:
    desk = tab_of(browser, shop, FATIMA, viewport={"width": 1280, "height": 900})
    lead_sets_up_service(desk)
    lead_designs_the_survey(desk)
    lead_designs_the_recovery(desk)
    lead_lets_a_campaign_send_it(desk)
    customer_orders(shop)
    mail = next_mail(post, lambda one: "recommend us" in written(one), "the survey")
    scores = [one for one in links_in(mail) if one.startswith(f"{shop.address}/e/")]
    nothing_is_recorded_by_fetching(shop, scores)
    phone = customers_tab(browser, shop, **PHONE)
    customer_answers(phone, scores[4])
    number = case_is_in_the_inbox(shop, desk)
    agent = tab_of(browser, shop, HANNA, viewport={"width": 1280, "height": 900})
    agent_replies(agent, number)
    reply = next_mail(post, lambda one: ANSWER in written(one, "plain"), "the agent's answer")
    assert f"[{number}]" in reply.parsed["Subject"]
    customer_reads_the_promise_and_writes_back(phone, shop, written(reply, "plain"))
    agent_closes(agent, number)
    asked = next_mail(post, lambda one: "put it right" in written(one), "the recovery question")
    customer_says_it_is_put_right(phone, [one for one in links_in(asked) if "/e/" in one][4])
    figures_tell_it(shop, desk, agent, number)


def lead_sets_up_service(desk: Page) -> None:
    """Let the department of deliveries get its cases, and name a root cause."""
    desk.goto("/cases/settings/departments/edit")
    desk.fill('[name="name"]', "delivery")
    desk.fill('[name="label"]', "Delivery")
    desk.fill('[name="touchpoints"]', "delivery*")
    desk.locator(".form-end .button-main").click()
    if desk.get_by_role("button", name="Keep it").count():
        desk.get_by_role("button", name="Keep it").click()
    desk.goto("/cases/settings/root_causes/edit")
    desk.fill('[name="name"]', "carrier-lost-it")
    desk.fill('[name="label"]', "The carrier lost it")
    desk.locator(".form-end .button-main").click()
    desk.wait_for_url(re.compile("/cases/settings/root_causes$"))


def lead_designs_the_survey(desk: Page) -> None:
    """Begin with the recommendation, add a question for those who are unhappy, look at it, publish."""
    desk.goto("/surveys/new")
    desk.fill('[name="label"]', "After your order")
    desk.locator(".form-end .button-main").click()
    desk.wait_for_url(re.compile("/surveys/after-your-order/edit"))
    desk.locator(".flow-add").last.click()
    desk.locator('input[name="kind"][value="contact_me"]').check()
    desk.get_by_role("button", name="Add it").click()
    desk.fill('[name="text-en"]', "May we call you about it?")
    desk.fill('[name="text-nl"]', "Mogen wij u erover bellen?")
    desk.get_by_role("button", name="Add a condition").click()
    desk.select_option('[name="show_if-0-question"]', "nps")
    desk.select_option('[name="show_if-0-operator"]', "at_most")
    desk.fill('[name="show_if-0-value"]', "6")
    desk.get_by_role("button", name="Save in the draft").click()
    desk.wait_for_url(re.compile("/edit"))
    desk.goto("/surveys/after-your-order/settings")
    desk.fill('[name="touchpoint"]', "delivery/parcel")
    desk.get_by_role("button", name="Save in the draft").click()
    desk.wait_for_url(re.compile("/edit"))
    publish(desk, "after-your-order")


def lead_designs_the_recovery(desk: Page) -> None:
    """Begin with what asks after a follow-up, without the day that people are given to breathe."""
    desk.goto("/surveys/new")
    desk.fill('[name="label"]', "Put right")
    desk.locator('input[name="start"][value="recovery"]').check()
    desk.locator(".form-end .button-main").click()
    desk.goto("/surveys/put-right/asking")
    desk.fill('[name="delay_hours"]', "0")
    desk.get_by_role("button", name="Save in the draft").click()
    desk.wait_for_url(re.compile("/edit"))
    publish(desk, "put-right")


def publish(desk: Page, survey: str) -> None:
    """Put a survey in force."""
    desk.get_by_role("link", name="Publish").click()
    desk.locator(".form-end .button-main").click()
    desk.wait_for_url(re.compile(f"/surveys/{survey}$"))
    assert "The survey is published." in desk.inner_text(".flash")


def lead_lets_a_campaign_send_it(desk: Page) -> None:
    """Build the flow with forms; its wait of two seconds is written, as the form counts in minutes."""
    desk.goto("/campaigns/new")
    desk.fill("#campaign-label", "Ask after an order")
    desk.get_by_role("button", name="Begin").last.click()
    desk.fill('[name="event"]', "Order Completed")
    desk.fill('[name="key"]', "properties.order_id")
    desk.get_by_role("button", name="Keep it in the draft").last.click()
    desk.get_by_role("link", name="Add a step : as the first").click()
    desk.get_by_role("link", name="Ask a survey").click()
    desk.select_option('[name="survey"]', "after-your-order")
    desk.get_by_role("button", name="Add the step").last.click()
    desk.goto("/campaigns/ask_after_an_order/yaml")
    file = desk.input_value('textarea[name="text"]')
    desk.fill('textarea[name="text"]', file.replace("flow:\n", "flow:\n- wait: 2 seconds\n"))
    desk.locator(".form-end .button-main").click()
    desk.goto("/campaigns/ask_after_an_order/publish")
    desk.get_by_role("button", name="Publish it").last.click()
    assert "runs." in desk.inner_text("main")


def customer_orders(shop: Installation) -> None:
    """Let Anna be known, and order something."""
    traits = {"email": ANNA.email, "first_name": "Anna", "language": "en"}
    send(shop, "anna", type="identify", traits=traits)
    order = {"order_id": "W-7", "revenue": 54.9, "currency": "EUR"}
    send(shop, "order-7", event="Order Completed", properties=order)


def facts_of(shop: Installation, name: str) -> int:
    """Return how many facts of a name Anna has."""
    return sum(one["name"] == name for one in shop.timeline(f"user_id:{ANNA.user_id}"))


def nothing_is_recorded_by_fetching(shop: Installation, links: list[str]) -> None:
    """Fetch every score of the mail, as programs do that look whether mail is safe."""
    for link in links:
        assert httpx.get(link, timeout=30).status_code == 200
    assert facts_of(shop, "Survey Answered") == 0


def customer_answers(phone: Page, link: str) -> None:
    """Answer on a phone: the score was chosen in the mail, then the words, and the wish to be called."""
    phone.goto(link)
    assert phone.locator('input[name="q.nps"]:checked').input_value() == "4"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator(".survey-end .button-main").click()
    phone.locator("textarea").fill(COMMENT)
    phone.locator('input[name="q.contact-me"][value="yes"]').check()
    phone.locator(".survey-end .button-main").click()
    phone.wait_for_selector("h1:has-text('Thank you')")


def case_is_in_the_inbox(shop: Installation, desk: Page) -> str:
    """Return the number of the follow-up, once it stands in the inbox; its first answer is promised within 48 hours."""

    def stands() -> bool:
        desk.goto("/cases")
        return desk.locator("[data-cases] tbody tr").count() > 0

    until(stands, "No follow-up stands in the inbox.")
    row = desk.locator("[data-cases] tbody tr")
    assert row.count() == 1
    told = row.inner_text()
    assert "Follow-up" in told
    assert "First answer" in told
    found = re.search(r"C-\d+", told)
    assert found is not None
    life = case_of(shop, found[0]).life
    first = next(one for one in life.promises if one.kind == "first_response")
    assert first.due_at - first.started_at == 48 * HOUR
    assert life.department == "delivery"
    return found[0]


def case_of(shop: Installation, number: str) -> Case:
    """Return a case as it is now."""
    stores = Stores(load(shop.data, {}))
    try:
        with stores.database.read() as connection:
            return build_support(stores).case(connection, int(number.removeprefix("C-")))
    finally:
        stores.close()


def agent_replies(agent: Page, number: str) -> None:
    """Answer with a promise of the agent's own."""
    agent.goto(f"/cases/{number}")
    told = agent.inner_text("main")
    assert COMMENT in told
    agent.fill("#reply-text", ANSWER)
    agent.select_option("#reply-promise", "next_contact")
    agent.fill("#reply-promise_day", "2099-01-05")
    agent.locator("#reply .button-main").click()
    agent.wait_for_selector(".flash")
    assert "5 Jan 2099" in agent.inner_text(".flash")


def customer_reads_the_promise_and_writes_back(phone: Page, shop: Installation, text: str) -> None:
    """Open the page of the case from the mail, read what is promised, and answer there."""
    assert "5 Jan 2099" in text
    found = re.search(rf"{re.escape(shop.address)}/case/\S+", text)
    assert found is not None
    phone.goto(found[0])
    told = phone.inner_text("main")
    assert ANSWER in told
    assert "You hear from us again before 5 Jan 2099, 17:00." in told
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.fill("#matter-text", "Thank you, I look forward to it.")
    phone.locator(".form-end .button-main").last.click()
    phone.wait_for_url(re.compile("said=answer"))
    assert "Thank you, I look forward to it." in phone.inner_text("main")


def agent_closes(agent: Page, number: str) -> None:
    """Read the answer and close; without root cause and action it stays open."""
    agent.goto(f"/cases/{number}")
    assert "Thank you, I look forward to it." in agent.inner_text("main")
    agent.goto(f"/cases/{number}/close")
    agent.select_option('[name="root_cause"]', "carrier-lost-it")
    agent.fill('[name="action"]', DONE)
    agent.locator(".form-end .button-main").click()
    agent.wait_for_selector(".flash")
    assert "The case is closed." in agent.inner_text(".flash")


def customer_says_it_is_put_right(phone: Page, link: str) -> None:
    """Answer the question how it ended."""
    phone.goto(link)
    assert phone.locator('input[name="q.csat"]:checked').input_value() == "5"
    phone.locator(".survey-end .button-main").click()
    phone.locator("textarea").wait_for()
    phone.locator(".survey-end .button-main").click()
    phone.wait_for_selector("h1:has-text('Thank you')")


def figures_tell_it(shop: Installation, desk: Page, agent: Page, number: str) -> None:
    """See both answers and the follow-up counted, each figure with its n, and the promise kept at the case."""

    def tile(path: str, name: str) -> str:
        desk.goto(path)
        return desk.locator(".stats > *", has_text=name).first.inner_text()

    until(lambda: facts_of(shop, "Survey Completed") == 2, "The second survey was not finished.")
    for survey, score in (("after-your-order", "Net Promoter Score"), ("put-right", "Satisfied customers")):
        assert "n = 1;" in tile(f"/surveys/{survey}", score)
        assert "of 1 who began" in tile(f"/surveys/{survey}", "Finished")
    assert "n = 1;" in tile("/cases/figures", "First reply, median")
    assert "n = 1;" in tile("/cases/figures", "Called back in time")
    agent.goto(f"/cases/{number}")
    row = agent.locator("tr", has_text="First answer")
    assert "kept" in row.inner_text()
    assert "The carrier lost it" in agent.inner_text("main")
