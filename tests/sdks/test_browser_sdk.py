"""Segment's browser SDK, unmodified, in Chromium, on a page of another origin than Beleef's, so that the browser's own rules hold."""

import functools
import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.sdks.conftest import HERE
from tests.services.beleef import Installation
from tests.services.witness import Witness

pytestmark = pytest.mark.service

STRATEGIES: dict[str, dict[str, Any]] = {
    "one by one": {},
    "in batches": {"deliveryStrategy": {"strategy": "batching", "config": {"size": 3, "timeout": 300}}},
}


@pytest.fixture(scope="module")
def shop(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a web shop with the SDK as npm publishes it."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(HERE / "shop.html", folder / "index.html")
    shutil.copytree(node_modules / "@segment" / "analytics-next" / "dist" / "umd", folder / "sdk")
    with _site(folder) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(timeout=180_000, executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, shop: str) -> Iterator[Page]:
    """The shop's page, opened by somebody who was never there before; an error on it fails the test."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    opened: Page = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.goto(shop)
    yield opened
    context.close()
    assert [error for error in errors if "favicon" not in error] == []


@pytest.mark.parametrize("how", STRATEGIES, ids=str)
def test_every_message_arrives_once_and_is_sent_once(
    page: Page, server: Installation, witness: Witness, how: str
) -> None:
    user = f"browser-{how.replace(' ', '-')}"
    anonymous_id = _visit(page, server, witness, user, how)
    sent = _sent(page, witness, count=7)

    message_ids = [message["messageId"] for message in sent]
    assert Counter(message["type"] for message in sent) == Counter(
        page=1, track=2, identify=1, screen=1, group=1, alias=1
    )
    assert len(set(message_ids)) == 7, "the SDK sent a message twice"
    assert {exchange.status for exchange in witness.posts()} == {200}
    assert {exchange.answer for exchange in witness.posts()} == {b'{"success":true}'}

    server.wait_for(message_ids)
    facts = server.timeline(f"user_id:{user}")
    # What the visitor did before telling who they are belongs to the same person.
    assert sorted(fact["message_id"] for fact in facts) == sorted(message_ids)
    assert {fact["channel"] for fact in facts} == {"web"}
    profile = server.ask(f"/v1/people/anonymous_id:{anonymous_id}")
    identifiers = {(identifier["namespace"], identifier["value"]) for identifier in profile["identifiers"]}
    assert {("user_id", user), ("user_id", f"{user}-before"), ("email", f"{user}@example.nl")} <= identifiers
    assert profile["traits"]["plan"] == "gold"


def test_the_short_paths_are_used_and_the_browser_asks_first(
    page: Page, server: Installation, witness: Witness
) -> None:
    _visit(page, server, witness, "browser-paths", "one by one")
    _sent(page, witness, count=7)
    assert {exchange.path for exchange in witness.posts()} == {f"/v1/{letter}" for letter in "tpisga"}
    asked = [exchange for exchange in witness.exchanges if exchange.method == "OPTIONS"]
    assert asked, "there was no preflight, so the page is not of another origin"
    for exchange in asked:
        allowed = exchange.answer_headers["access-control-allow-headers"].lower()
        wanted = exchange.headers["access-control-request-headers"].lower()
        assert {name.strip() for name in wanted.split(",")} <= {name.strip() for name in allowed.split(",")}
        assert exchange.answer_headers["access-control-allow-origin"] in {"*", exchange.headers["origin"]}
    assert all("authorization" in exchange.headers for exchange in witness.posts())


def test_batches_go_to_the_short_path(page: Page, server: Installation, witness: Witness) -> None:
    _visit(page, server, witness, "browser-batches", "in batches")
    _sent(page, witness, count=7)
    batches = [exchange for exchange in witness.posts() if exchange.path == "/v1/b"]
    assert batches
    assert {exchange.headers["content-type"].partition(";")[0] for exchange in batches} <= {
        "text/plain",
        "application/json",
    }


def test_the_sdk_finds_its_settings(page: Page, server: Installation, witness: Witness) -> None:
    _visit(page, server, witness, "browser-settings", "one by one")
    (asked,) = [exchange for exchange in witness.exchanges if exchange.path.endswith("/settings")]
    assert asked.path == f"/v1/projects/{server.write_key}/settings"
    segment = json.loads(asked.answer)["integrations"]["Segment.io"]
    assert segment["apiKey"] == server.write_key
    # It says the address that the browser used, not the one behind the proxy.
    assert segment["apiHost"] == witness.address.removeprefix("http://") + "/v1"


def test_a_page_that_is_left_at_once_loses_nothing(
    page: Page, server: Installation, witness: Witness
) -> None:
    patient = {"deliveryStrategy": {"strategy": "batching", "config": {"size": 50, "timeout": 60_000}}}
    page.evaluate(
        """async ([key, host, how]) => {
            const analytics = await window.load(key, host, how);
            analytics.track("Left", { quickly: true });
            await new Promise((resolve) => setTimeout(resolve, 300));
        }""",
        [server.write_key, witness.address, patient],
    )
    assert witness.posts() == []
    page.goto("about:blank")
    (left,) = _sent(page, witness, count=1)
    server.wait_for([left["messageId"]])
    assert server.receipt(left["messageId"])["status"] == "processed"


def _visit(page: Page, server: Installation, witness: Witness, user: str, how: str) -> str:
    """Use the SDK as the page of a shop does, and return the visitor's anonymous number."""
    return str(
        page.evaluate(
            "async ([key, host, how, user]) => window.shop(await window.load(key, host, how), user)",
            [server.write_key, witness.address, STRATEGIES[how], user],
        )
    )


def _sent(page: Page, witness: Witness, *, count: int) -> list[dict[str, Any]]:
    """Return the messages once so many were sent, and once more time went by in which a retry would have come."""
    for _ in range(1_200):
        if len(witness.messages()) >= count:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(700)
    return witness.messages()


@contextmanager
def _site(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

    site = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}/"
    finally:
        site.shutdown()
        site.server_close()
        thread.join()
