"""The staff's pages in Chromium: accessible, within their window, alive where scripts run, and usable where they do not."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cast import ANNA, FATIMA
from tests.console.conftest import Console
from tests.screenshots import PAGES, resolved, sign_in
from tests.services.beleef import PASSWORD

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
Tab = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def something_came_in(console: Console) -> None:
    """A fact and a message that cannot be used, so that no page is empty."""
    console.send(
        {"type": "track", "event": "Order Completed", "userId": ANNA.user_id, "properties": {"order_id": "W-1"}},
        {"type": "identify", "userId": ANNA.user_id, "traits": {"email": ANNA.email, "name": ANNA.name}},
        {"type": "track", "event": "Nobody's"},
    )  # fmt: skip


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "en"), ("dark", 360, "nl")])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    tab: Tab, console: Console, name: str, theme: str, width: int, language: str
) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    with spoken(console, language):
        page.goto(resolved(page, PAGES[name]))
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []


@contextmanager
def spoken(console: Console, language: str) -> Iterator[None]:
    """Let the administrator's pages be in a language until the block ends."""
    console.post("administrator", "/language", language=language)
    yield
    console.post("administrator", "/language", language="en")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_works_under_its_own_content_policy_at_320_pixels(tab: Tab, name: str) -> None:
    page = tab(viewport={"width": 320, "height": 640})
    answer = page.goto(resolved(page, PAGES[name]))
    assert answer.status == 200
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_live_shows_a_fact_posted_while_it_is_open(tab: Tab, console: Console) -> None:
    page = tab("reader")
    page.goto("/live")
    page.locator("[data-live-state=running]").wait_for()
    sent = {"writeKey": console.installation.write_key, "event": "Seen At Once", "userId": ANNA.user_id}
    assert httpx.post(f"{console.installation.address}/v1/track", json=sent, timeout=120).status_code == 200
    # Above it may already stand what Beleef itself says meanwhile.
    shown = page.locator("[data-live-list]").get_by_role("link", name="Seen At Once")
    shown.wait_for()
    shown.click()
    assert page.locator("h1").inner_text() == "Seen At Once"


def test_staff_sign_in_look_around_and_sign_out_without_scripts(browser: Any, console: Console) -> None:
    context = browser.new_context(
        base_url=console.installation.address, java_script_enabled=False, locale="en"
    )
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto("/sources")
    sign_in(page, PASSWORD, FATIMA.email)
    assert page.url.endswith("/sources")
    page.get_by_role("link", name="Live").first.click()
    assert page.locator("[data-live-list] > li").count() > 0
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    assert page.url.endswith("/live")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    assert "/sign-in" in page.url
    context.close()


def test_a_rule_is_made_by_keyboard_and_mouse_alone(tab: Tab) -> None:
    page = tab("editor")
    page.goto("/sources/1/rules")
    page.get_by_role("button", name="Add a rule").click()
    page.locator("#rules-touchpoint-1").fill("Home page")
    page.locator("#rules-path-1").fill("/")
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("Saved.").wait_for()
    assert page.get_by_role("rowheader", name="Home page").is_visible()
    page.goto("/sources/1/rules")
    page.get_by_role("button", name="Remove: Rule 1").click()
    page.get_by_role("button", name="Save").last.click()
    page.get_by_text("No rules", exact=True).wait_for()
