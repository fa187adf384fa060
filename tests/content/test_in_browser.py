"""The pages of content in Chromium: for everybody, at both widths, in light and dark; and a message written on them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cast import CHANTAL
from tests.console.conftest import Console
from tests.console.people import bought, introduced, number_of

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "/messages",
    "/messages?q=nothing-of-that-name",
    "/messages/new",
    "/messages/import",
    "/messages/first-message",
    "/messages/first-message?language=en&person={person}",
    "/messages/first-message/settings",
    "/messages/first-message/versions/1",
    "/messages/first-message/delete",
    "/blocks",
    "/blocks/button",
    "/feeds",
    "/feeds/new",
    "/pictures",
    "/sender",
)


@pytest.fixture(scope="module")
def person(console: Console) -> str:
    """Number of a person with an order."""
    console.send(*introduced(CHANTAL), bought(CHANTAL, 54.9, "Koffiemolen"))
    return number_of(console, f"user_id:{CHANTAL.user_id}")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(
    console: Console, tab: Callable[..., Any], person: str, path: str
) -> None:
    page = tab(viewport={"width": 360, "height": 740})
    page.goto(path.format(person=person))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("h1").count() == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(
    console: Console, tab: Callable[..., Any], person: str, path: str, theme: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    page.goto(path.format(person=person))
    page.add_script_tag(path=AXE)
    # The mails in the frames run no script, and so answer no questions.
    found = page.evaluate(
        "axe.run({iframes: false}).then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []


def test_a_message_is_written_tried_and_published(
    console: Console, tab: Callable[..., Any], person: str
) -> None:
    page = tab("editor", viewport={"width": 1280, "height": 900})
    page.goto("/messages")
    page.get_by_role("link", name="New message").click()
    page.get_by_label("Name", exact=True).fill("Molen")
    page.get_by_role("radio", name="Service").check()
    page.get_by_role("button", name="Begin", exact=True).last.click()
    page.get_by_label("Subject").fill("Je molen, {{ person.first_name }}")
    page.get_by_label("Body").fill(
        "{% render 'header' %}<mj-section><mj-column><mj-text>Dag {{ person.first_name }}</mj-text></mj-column></mj-section>"
    )
    page.get_by_role("button", name="Save the draft").last.click()
    assert "People without “person.first_name”" in page.locator(".findings").inner_text()
    page.get_by_label("For whom").select_option(person)
    page.wait_for_url(f"**person={person}**")
    assert "Je molen, Chantal" in page.locator("#preview").inner_text()
    for place in (0, 1):
        mail = page.frame_locator(f".mails figure:nth-of-type({place + 1}) iframe")
        assert "Dag Chantal" in mail.locator("body").inner_text()
    page.get_by_role("button", name="Publish as version 1").last.click()
    assert "Version 1 is in use from now on." in page.locator(".flash").inner_text()


def test_a_mail_in_a_preview_runs_nothing_and_loads_nothing_from_elsewhere(
    console: Console, browser: Any
) -> None:
    console.post("editor", "/messages/new", label="Vreemd", name="odd", channel="email", purpose="service")
    seen = console.clients["editor"].get("/messages/odd").text.split('name="seen" value="')[1].split('"')[0]
    body = '<p onclick="x()">Dag</p><script>document.title="x"</script><img src="https://elsewhere.example/p.png" alt="">'
    console.post("editor", "/messages/odd", language="nl", seen=seen, subject="x", body=body)
    context = browser.new_context(base_url=console.installation.address)
    session = console.clients["editor"].cookies.get("beleef_session")
    context.add_cookies([{"name": "beleef_session", "value": session, "url": console.installation.address}])
    context.set_default_timeout(120_000)
    page = context.new_page()
    refused: set[str] = set()
    page.on("requestfailed", lambda request: refused.add(f"{request.url} {request.failure}"))
    page.goto("/messages/odd?language=nl")
    page.wait_for_load_state("networkidle")
    mail = page.frame_locator(".mails figure:first-of-type iframe").locator("body")
    assert mail.inner_text().strip() == "Dag"
    assert mail.locator("script").count() == 0
    context.close()
    assert refused == {"https://elsewhere.example/p.png csp"}
