"""The pages of service in a real browser: on a phone and on a desk, light and dark, by keyboard, and a customer's whole way."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cast import ANNA
from tests.support.pages.conftest import Desk

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
STAFF_PAGES = (
    "/cases",
    "/cases/C-{case}",
    "/cases/C-{case}/close",
    "/cases/new",
    "/cases/figures",
    "/cases/figures?by=kind",
    "/cases/causes",
    "/cases/settings",
    "/cases/settings/calendars/edit?at=office",
    "/cases/settings/general",
    "/knowledge",
    "/knowledge/edit?name=where-is-my-parcel",
)
CUSTOMER_PAGES = ("/help", "/help/where-is-my-parcel", "/help/contact", "{matter}")
FINDINGS = "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"


@pytest.fixture(scope="module")
def places(desk: Desk) -> dict[str, str]:
    """What stands for names in addresses."""
    number = desk.ask("The parcel is wet", kind="complaint")
    return {"case": str(number), "matter": desk.address(number)}


@pytest.mark.parametrize("path", [*STAFF_PAGES, *CUSTOMER_PAGES])
def test_no_page_of_service_is_wider_than_a_small_phone(
    tab: Callable[..., Any], places: dict[str, str], path: str
) -> None:
    page = tab(viewport={"width": 320, "height": 640})
    page.goto(path.format(**places))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 320)])
@pytest.mark.parametrize("path", [*STAFF_PAGES, *CUSTOMER_PAGES])
def test_axe_finds_nothing_on_the_pages_of_service(
    tab: Callable[..., Any], places: dict[str, str], path: str, theme: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
    page.goto(path.format(**places))
    page.add_script_tag(path=str(AXE))
    assert page.evaluate(FINDINGS) == []


def test_the_inbox_is_walked_by_keyboard(tab: Callable[..., Any], places: dict[str, str]) -> None:
    page = tab()
    page.goto("/cases")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("[data-cases] [type=checkbox]").first.is_checked()
    title = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/C-\d+"))
    assert page.locator("h1").inner_text() == title
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.name") == "text"
    assert places


def test_cases_are_merged_split_and_put_under_another_with_the_mouse(
    tab: Callable[..., Any], desk: Desk
) -> None:
    first, second = desk.ask("The left boot pinches"), desk.ask("The right boot pinches")
    staff = tab("agent", viewport={"width": 1280, "height": 900})
    staff.goto(f"/cases/C-{first}")
    staff.get_by_role("link", name="Merge into another case").click()
    assert f"C-{second}" in staff.inner_text("main")
    staff.fill("#act-other", f"C-{second}")
    staff.locator("form .button-main").last.click()
    staff.wait_for_selector(".flash")
    assert "This case went up in another" in staff.inner_text("main")
    staff.goto(f"/cases/C-{second}")
    assert "The left boot pinches, and I do not know" in staff.inner_text(".thread")
    staff.locator(".said-more a").last.click()
    staff.fill("#act-title", "The right boot, apart")
    staff.locator("form .button-main").last.click()
    staff.wait_for_selector(".flash")
    assert "made a message a case of its own" in staff.inner_text(".thread")
    staff.get_by_role("link", name="Put under another case").click()
    parent = desk.ask("All boots pinch")
    staff.fill("#act-other", f"C-{parent}")
    staff.locator("form .button-main").last.click()
    staff.wait_for_selector(".flash")
    assert desk.case(second).life.parent == parent
    staff.get_by_role("link", name="Take it from under the other case").click()
    staff.locator("form .button-main").last.click()
    staff.wait_for_selector(".flash")
    assert desk.case(second).life.parent == 0


def test_a_customer_asks_sees_the_promise_and_is_answered(tab: Callable[..., Any], desk: Desk) -> None:
    phone = tab(viewport={"width": 360, "height": 740}, locale="en")
    phone.context.clear_cookies()
    phone.goto("/help/contact?language=en")
    phone.fill("#ask-subject", "Where is my parcel")
    phone.fill("#ask-text", "It has not come, and nobody tells me anything.")
    phone.wait_for_selector("[data-suggested] a")
    assert phone.locator("[data-suggested] a").first.inner_text() == "Where is my parcel?"
    phone.fill("#ask-email", ANNA.email)
    phone.evaluate("token => document.querySelector('[name=once]').value = token", desk.seasoned())
    phone.locator(".form-end button").click()
    phone.wait_for_url(re.compile("/case/"))
    assert "We answer before" in phone.inner_text("main")
    found = re.search(r"C-(\d+)", phone.inner_text("main"))
    assert found is not None
    staff = tab("agent", viewport={"width": 1280, "height": 900})
    staff.goto(f"/cases/C-{found[1]}")
    staff.fill("#reply-text", "It comes tomorrow between nine and twelve.")
    staff.select_option("#reply-promise", "next_contact")
    staff.fill("#reply-promise_day", "2099-01-05")
    staff.locator("#reply .button-main").click()
    staff.wait_for_selector(".flash")
    assert "5 Jan 2099" in staff.inner_text(".flash")
    phone.reload()
    assert "It comes tomorrow between nine and twelve." in phone.inner_text("main")
    assert "You hear from us again before 5 Jan 2099, 17:00." in phone.inner_text("main")
    assert desk.case(int(found[1])).life.status == "waiting_customer"
