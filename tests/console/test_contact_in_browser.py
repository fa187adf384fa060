"""The pages of contact in a real browser: for staff and, above all, for recipients, on a phone and on a desk, light and dark."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from beleef.kernel import ids
from tests.cast import ANNA, CHANTAL
from tests.console.conftest import Console
from tests.console.contacts import Held, Sent, house, send_for_weeks

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
STAFF_PAGES = (
    "/contact?cap=marketing+per+week&at_most=1",
    "/contact/rules",
    "/contact/rules/edit",
    "/contact/topics",
    "/contact/channels",
    "/contact/channels/new/email-smtp",
    "/contact/attention",
    "/contact/outbox",
    "/contact/letters",
    "/calls",
    "/calls/{call}",
    "/people/{person}/messages?purpose=marketing&channel=email",
)
RECIPIENT_PAGES = ("{preferences}", "{preferences}?language=en", "{unsubscribe}", "/preferences/changed")
FINDINGS = "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with house(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture(scope="module")
def sent(console: Console) -> Sent:
    return send_for_weeks(console)


@pytest.fixture(scope="module")
def places(console: Console, sent: Sent) -> Iterator[dict[str, str]]:
    """What stands for names in addresses."""
    held = Held(console)
    anna = sent.people[ANNA.user_id]
    row = next(row for row in held.rows(anna).values() if row.intent.topic and row.state == "sent")
    call = re.search(r'href="/calls/(\w{13})"', console.clients["agent"].get("/calls").text)
    assert call is not None
    yield {
        "person": ids.to_text(anna),
        "call": call[1],
        "preferences": held.path(held.links.preferences(anna)),
        "chantal": held.path(held.links.preferences(sent.people[CHANTAL.user_id])),
        "unsubscribe": held.path(held.links.unsubscribe(row.id)),
        "message": held.path(held.links.view(row.id)),
    }
    held.close()


@pytest.mark.parametrize("path", [*STAFF_PAGES, *RECIPIENT_PAGES[:3]])
def test_no_page_of_contact_is_wider_than_a_small_phone(
    tab: Callable[..., Any], places: dict[str, str], path: str
) -> None:
    page = tab(viewport={"width": 320, "height": 640})
    page.goto(path.format(**places))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 320)])
@pytest.mark.parametrize("path", [*STAFF_PAGES, *RECIPIENT_PAGES[:3]])
def test_axe_finds_nothing_on_the_pages_of_contact(
    tab: Callable[..., Any], places: dict[str, str], path: str, theme: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    page.goto(path.format(**places))
    page.add_script_tag(path=AXE)
    assert page.evaluate(FINDINGS) == []


def test_a_recipient_chooses_by_keyboard_without_scripts_and_takes_it_back(
    tab: Callable[..., Any], places: dict[str, str]
) -> None:
    page = tab(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(places["chantal"])
    workshops = page.get_by_label("Workshops")
    assert workshops.is_checked()
    workshops.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save my choices").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Your choice is saved.").wait_for()
    assert not page.get_by_label("Workshops").is_checked()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Your choice is saved.").wait_for()
    assert page.get_by_label("Workshops").is_checked()
    page.get_by_role("link", name="Nederlands").click()
    assert page.locator("h1").inner_text() == "Wat wilt u van ons ontvangen?"


def test_a_message_in_the_browser_runs_nothing_and_asks_nothing_from_elsewhere(
    browser: Any, console: Console, places: dict[str, str]
) -> None:
    context = browser.new_context(base_url=console.installation.address)
    asked: list[str] = []
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.on("response", lambda response: asked.append(response.url))
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(places["message"])
    inside = page.frame_locator("iframe")
    assert inside.locator("h1").inner_text() == "Beste klant"
    assert dialogs == []
    assert all(url.startswith(console.installation.address) for url in asked)
    context.close()
