"""Answering in a real browser: on a phone and on a desk, light and dark, with and without scripts, and by the widget on another site."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import sync_playwright

from beleef import settings
from beleef.app import Stores, build_feedback, build_survey_links
from beleef.feedback.api import Feedback, Invitation, SurveyLinks, from_data
from beleef.feedback.respondent import Trying
from beleef.identity import api as identity
from beleef.kernel import ids
from tests.cast import ANNA, BRAM, CHANTAL, DAAN, ELIF, Customer
from tests.feedback.respondents import EVERYTHING
from tests.services.beleef import Installation, installed

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
FINDINGS = "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
Tab = Callable[..., Any]


class Site:
    """A Beleef that is served, with surveys.

    Args:
        installation: Where it runs.
        shop: Origin of the organisation's own site.
    """

    def __init__(self, installation: Installation, shop: str) -> None:
        self.installation = installation
        self.shop = shop
        self.stores = Stores(settings.load(installation.data, dict(installation.environment)))
        self.feedback: Feedback = build_feedback(self.stores)
        self.links: SurveyLinks = build_survey_links(self.stores)

    def publish(self, data: dict[str, Any]) -> None:
        """Put a survey in force."""
        survey = from_data(data)
        with self.stores.database.write() as connection:
            self.feedback.save(connection, survey, self.stores.now())
            self.feedback.publish(connection, survey.name, self.stores.now())

    def invited(self, who: Customer) -> Invitation:
        """Let a customer order something, and return the invitation that follows."""
        message = {"messageId": f"order-{who.user_id}", "type": "track", "event": "Order Completed"}
        person = {"userId": who.user_id, "context": {"traits": {"email": who.email}}}
        answer = httpx.post(
            f"{self.installation.address}/v1/batch",
            json={"writeKey": self.installation.write_key, "batch": [{**message, **person}]},
            timeout=120,
        )
        assert answer.status_code == 200
        self.installation.wait_for([message["messageId"]])
        found: Invitation = self.until(lambda: self._invitation(who))
        return found

    def until(self, find: Callable[[], Any]) -> Any:
        """Return what is found, once it is."""
        end = time.monotonic() + 120
        while not (found := find()):
            assert time.monotonic() < end, "it did not come"
            time.sleep(0.1)
        return found

    def path(self, address: str) -> str:
        """Return the path of an address of Beleef's."""
        return address.removeprefix(self.links.address)

    def told(self, event: str, response: str) -> list[dict[str, Any]]:
        """Return what was told of a response."""
        position, found = 0, []
        while placed := self.stores.log.read(after=position, messages=10_000):
            found += [
                one for entry in placed for one in msgspec.json.decode(entry.entry.body).get("batch", [])
            ]
            position = placed[-1].position
        return [
            one["properties"]
            for one in found
            if one.get("event") == event and one["properties"].get("response") == response
        ]

    def _invitation(self, who: Customer) -> Invitation | None:
        with self.stores.database.read() as connection:
            found = identity.find(connection, self.stores.installation().key, "user_id", who.user_id)
            _, invitations = self.feedback.of_person(connection, [] if found is None else found.subjects)
        return next((one for one in invitations if one.state == "asked"), None)


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[str, list[str]]]:
    """The organisation's own site on another origin, with a strict policy; and the installation that its pages name."""
    home: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            beleef = home[0]
            kinds = {"/own.js": "text/javascript", "/own.css": "text/css"}
            bodies = {
                "/own.js": 'window.Beleef = window.Beleef || []; if (location.search === "?open") Beleef.push(["open", "visit"]);',
                "/own.css": ".tall { height: 3000px }",
            }
            page = (
                '<!doctype html><html lang="en"><title>Shop</title><link rel="stylesheet" href="/own.css">'
                f'<script src="/own.js"></script><script src="{beleef}/feedback/widget.js" defer></script>'
                '<h1>Shop</h1><button>Buy</button><div class="tall"></div></html>'
            )
            body = bodies.get(self.path, page).encode()
            self.send_response(200)
            self.send_header("Content-Type", kinds.get(self.path, "text/html; charset=utf-8"))
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; script-src 'self' {beleef}; style-src 'self'; connect-src {beleef}; frame-src {beleef}",
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", home
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, shop: tuple[str, list[str]]) -> Iterator[Site]:
    environment = {**os.environ, "BELEEF_NAME": "Kersten & Co"}
    with installed(tmp_path_factory.mktemp("answering"), environment) as installation:
        shop[1].append(installation.address)
        opened = Site(installation, shop[0])
        widget = {
            "tab": {"en": "Feedback"},
            "moments": [
                {"trigger": "scroll", "share": 0.5, "where": [{"value": "/order", "match": "startsWith"}]}
            ],
        }
        opened.publish({**EVERYTHING, "widget": widget, "frames": [shop[0]]})
        trigger = {"event": "Order Completed"}
        opened.publish({**EVERYTHING, "name": "orders", "kind": "transactional", "trigger": trigger})
        yield opened
        opened.stores.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            timeout=180_000,
            executable_path=chromium,
            args=["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@pytest.fixture
def tab(browser: Any, site: Site) -> Iterator[Tab]:
    """Opens a customer's tab; any script error or breach of a content policy fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_tab(**options: Any) -> Any:
        given = {"base_url": site.installation.address, "locale": "en", **options}
        context = browser.new_context(**given)
        contexts.append(context)
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def trial(site: Site) -> Trying:
    return Trying(site.stores.installation().key)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_where_customers_answer(tab: Tab, trial: Trying, theme: str, width: int) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)

    def check(where: str) -> None:
        page.add_script_tag(path=AXE)
        assert page.evaluate(FINDINGS) == [], where

    for block in ("score", "choices", "rest"):
        page.goto(trial.path("visit", block=block))
        check(block)
    page.goto(trial.path("visit", language="nl"))
    page.get_by_role("button", name="Volgende").last.click()
    check("errors")
    page.goto("/s/nothing")
    check("broken")
    page.goto(trial.path("visit", block="rest", language="en"))
    page.get_by_role("button", name="Send").last.click()
    page.get_by_role("heading", name="Thank you").wait_for()
    check("thanks")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing_in_what_the_widget_adds_to_a_page(
    tab: Tab, site: Site, theme: str, width: int
) -> None:
    page = tab(
        base_url=site.shop, viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True
    )

    def check(where: str) -> None:
        page.add_script_tag(path=AXE)
        # What stands in the frame is a page of ours, looked at by itself; the rest of the page is the shop's.
        found = page.evaluate(
            """axe.run(document.querySelector("body > div[lang]"), {iframes: false})
            .then(said => [said.passes.length, said.violations.map(one => `${one.id}: ${one.nodes[0].html}`)])"""
        )
        assert found[0] > 0, where
        assert found[1] == [], where

    page.goto("/elsewhere")
    page.get_by_role("button", name="Feedback").wait_for()
    check("tab")
    page.get_by_role("button", name="Feedback").click()
    page.frame_locator("iframe").get_by_text("Would you recommend us?").wait_for()
    check("open")


@pytest.mark.parametrize("block", ["score", "choices", "rest"])
def test_no_page_is_wider_than_a_small_phone_and_every_target_is_large_enough(
    tab: Tab, trial: Trying, block: str
) -> None:
    page = tab(viewport={"width": 320, "height": 640})
    page.goto(trial.path("visit", block=block))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1
    sizes = page.eval_on_selector_all(
        ".choice, button:not(.unseen), select, main input[type=text]:not([name=website])",
        "all => all.map(one => one.getBoundingClientRect()).map(box => Math.min(box.width, box.height))",
    )
    assert min(sizes) >= 24


def test_a_customer_answers_in_the_mail_on_a_phone(tab: Tab, site: Site) -> None:
    found = site.invited(ANNA)
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto(site.path(site.links.first_answer(found.number, "nps", 8)))
    assert page.get_by_label("8", exact=True).is_checked()
    response = ids.to_text(found.number)
    first = site.until(lambda: site.told("Survey Answered", response))
    assert [(one["value"], one["confirmed"]) for one in first] == [(8, False)]
    page.get_by_label("Why?").fill("Quick delivery")
    page.get_by_role("button", name="Next").last.click()
    page.get_by_text("It was easy.").wait_for()
    page.get_by_role("button", name="Next").last.click()
    page.get_by_label("Your age?").wait_for()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert page.get_by_text("You gave 8.").is_visible()
    said = site.told("Survey Answered", response)
    assert {one["question"] for one in said if one["confirmed"]} == {"nps", "why"}
    assert len(site.told("Survey Completed", response)) == 1


def test_a_program_that_loads_every_page_and_leaves_records_nothing(tab: Tab, site: Site) -> None:
    found = site.invited(BRAM)
    page = tab()
    for value in (0, 5, 10):
        page.goto(site.path(site.links.first_answer(found.number, "nps", value)), wait_until="load")
    page.goto("about:blank")
    assert site.told("Survey Answered", ids.to_text(found.number)) == []


def test_a_survey_is_answered_by_keyboard_without_scripts(tab: Tab, site: Site) -> None:
    found = site.invited(CHANTAL)
    page = tab(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(site.path(site.links.personal(found.number)))
    page.get_by_label("0", exact=True).focus()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert page.get_by_label("7", exact=True).is_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Friendly people")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("What matters most?").wait_for()
    page.get_by_role("button", name="Move up: Speed").press("Enter")
    # The option that is left over takes the last place.
    page.get_by_role("button", name="Move down: Speed").wait_for()
    page.get_by_role("button", name="Move up: Care").press("Enter")
    page.get_by_role("button", name="Move down: Care").wait_for()
    assert [one.input_value() for one in page.locator(".ranking select").all()] == ["1", "2"]
    page.get_by_role("button", name="Next").last.press("Enter")
    page.get_by_label("Your age?").fill("50")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    said = {one["question"]: one for one in site.told("Survey Answered", ids.to_text(found.number))}
    assert (said["nps"]["value"], said["why"]["text"]) == (7, "Friendly people")
    assert said["rank"]["options"] == ["care", "speed"]
    assert said["age"]["value"] == 50


def test_the_focus_goes_to_what_needs_another_look(tab: Tab, site: Site) -> None:
    found = site.invited(DAAN)
    page = tab()
    page.goto(site.path(site.links.personal(found.number)))
    page.get_by_role("button", name="Next").last.click()
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert "Page 1 of 3" in page.title()
    page.get_by_role("link", name="Please answer this question.").click()
    assert page.url.endswith("#q-nps")


def test_two_options_never_share_a_place_where_scripts_run(tab: Tab, trial: Trying) -> None:
    page = tab()
    page.goto(trial.path("visit", block="choices"))
    page.get_by_label("Speed", exact=True).select_option("1")
    page.get_by_label("Care", exact=True).select_option("2")
    page.get_by_label("Care", exact=True).select_option("1")
    assert page.get_by_label("Speed", exact=True).input_value() == "2"


def test_the_widget_asks_on_another_site_under_a_strict_policy(tab: Tab, site: Site) -> None:
    page = tab(base_url=site.shop, viewport={"width": 1280, "height": 800})
    page.goto("/elsewhere")
    page.get_by_role("button", name="Feedback").wait_for()
    page.evaluate("scrollTo(0, 2600)")
    page.wait_for_function("scrollY > 2000")
    assert page.get_by_role("button", name="Answer").count() == 0
    page.goto("/order/7")
    page.get_by_role("button", name="Feedback").wait_for()
    page.get_by_role("button", name="Buy").focus()
    page.evaluate("scrollTo(0, 2600)")
    page.get_by_role("button", name="Answer").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Buy", "it does not take the focus"
    page.get_by_role("button", name="Answer").click()
    frame = page.frame_locator("iframe")
    frame.get_by_label("9", exact=True).check()
    frame.get_by_role("button", name="Next").last.click()
    frame.get_by_text("It was easy.").wait_for()
    frame.get_by_role("button", name="Next").last.click()
    frame.get_by_role("button", name="Send").click()
    frame.get_by_role("heading", name="Thank you").wait_for()
    page.keyboard.press("Escape")
    page.locator("iframe").wait_for(state="detached")
    assert page.get_by_role("button", name="Feedback").count() == 0, "it was answered"
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0
    page.evaluate("Beleef.consent(true)")
    assert page.evaluate("Object.keys(JSON.parse(localStorage.beleef_feedback).done)") == ["visit"]
    page.evaluate("Beleef.consent(false)")
    assert page.evaluate("localStorage.length") == 0


def test_the_widget_opens_by_name_from_the_sites_own_code_and_keeps_the_keyboard_inside(
    tab: Tab, site: Site
) -> None:
    page = tab(base_url=site.shop, viewport={"width": 360, "height": 740})
    page.goto("/?open")
    frame = page.frame_locator("iframe")
    frame.get_by_text("Would you recommend us?").wait_for()
    buy = page.get_by_role("button", name="Buy", include_hidden=True)
    for _ in range(30):
        page.keyboard.press("Tab")
        assert not buy.evaluate("one => one === document.activeElement")
    page.get_by_role("button", name="Close").click()
    page.locator("iframe").wait_for(state="detached")


def test_a_site_that_the_survey_does_not_name_cannot_show_it(tab: Tab, site: Site) -> None:
    blocked = httpx.get(f"{site.installation.address}{site.path(site.links.open('visit'))}", timeout=120)
    assert f"frame-ancestors {site.shop}" in blocked.headers["content-security-policy"]
    found = site.invited(ELIF)
    alone = httpx.get(
        f"{site.installation.address}{site.path(site.links.personal(found.number))}", timeout=120
    )
    assert "frame-ancestors 'none'" in alone.headers["content-security-policy"]
    answer = httpx.options(f"{site.installation.address}/v1/widget/surveys", headers={"Origin": site.shop})
    assert answer.headers["access-control-allow-origin"] == "*"
