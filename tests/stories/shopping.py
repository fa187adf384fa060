"""A shop for stories in the browser: Beleef as it is served, a real SMTP server for its mail, and tabs of staff and of customers."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from beleef.app import Stores, build_contact
from beleef.contact.api import ChannelSetup
from beleef.settings import load
from tests.cast import ANNA, Colleague
from tests.contact.mail_server import Mail
from tests.contact.mail_server import Server as MailServer
from tests.services.beleef import PASSWORD, Installation
from tests.services.running import free_port
from tests.stories.running import Server, at, installation_in, wait_until


@contextmanager
def open_shop(folder: Path, post: MailServer) -> Iterator[Installation]:
    """Serve a Beleef that sends its mail to a server, whatever the hour: it has no quiet hours, and no distance between messages.

    Args:
        folder: An empty folder.
        post: Where its mail goes.
    """
    port = free_port()
    made = installation_in(folder, BELEEF_ADDRESS=f"http://127.0.0.1:{port}", BELEEF_NAME="Kersten & Co")
    settings = {
        "host": "127.0.0.1",
        "port": post.port,
        "security": "none",
        "from_address": "post@kersten.example",
    }
    stores = Stores(load(made.data, {}))
    contact = build_contact(stores)
    with stores.database.write() as connection:
        rules = msgspec.structs.replace(contact.rules(connection).rules, quiet=(), distances=())
        contact.save_rules(connection, rules, by="Fatima", now=stores.now())
        setup = ChannelSetup(name="mail", kind="email", driver="smtp", settings=settings)
        contact.save_channel(connection, setup, {}, stores.now())
    stores.close()
    server = Server(made, port=port)
    server.start(until_ready=False)
    try:
        wait_until(server.answers, what=server.output_text)
        yield at(made, server)
    finally:
        server.stop()


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Give Debian's Chromium, which asks nobody for addresses of the shop's own site; skip the test where it is not installed."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            timeout=180_000,
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--no-first-run",
                "--disable-gpu",
                "--disable-background-networking",
                "--host-resolver-rules=MAP *.kersten.example ~NOTFOUND",
            ],
        )
        yield browser
        browser.close()


def tab_of(browser: Browser, shop: Installation, colleague: Colleague, **options: Any) -> Page:
    """Return a tab of a colleague, signed in by hand."""
    page = customers_tab(browser, shop, **options)
    page.goto("/sign-in")
    page.fill("#sign-in-email", colleague.email)
    page.fill("#sign-in-password", PASSWORD)
    page.locator(".form-end button").click()
    page.wait_for_selector("nav.side", state="attached")
    return page


def customers_tab(browser: Browser, shop: Installation, **options: Any) -> Page:
    """Return a tab of somebody who is not signed in."""
    given = {"base_url": shop.address, "locale": "en", **options}
    page = browser.new_context(**given).new_page()
    page.set_default_timeout(120_000)
    return page


def send(shop: Installation, message_id: str, **message: Any) -> None:
    """Let the shop's site say something of Anna, and wait until it is worked on."""
    sent = {"type": "track", "messageId": message_id, "userId": ANNA.user_id, **message}
    answer = httpx.post(
        f"{shop.address}/v1/batch", json={"writeKey": shop.write_key, "batch": [sent]}, timeout=120
    )
    assert answer.status_code == 200, answer.text
    shop.wait_for([message_id])


def until(holds: Callable[[], bool], what: str, *, patience_s: float = 300) -> None:
    """Return once something holds.

    Raises:
        AssertionError: it does not, in that time; with ``what``.
    """
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def next_mail(post: MailServer, about: Callable[[Mail], bool], what: str) -> Mail:
    """Return the mail that is about something, once it is there; there is only one."""
    until(lambda: any(about(one) for one in post.taken), f"No mail came: {what}.")
    found = [one for one in post.taken if about(one)]
    assert len(found) == 1, what
    return found[0]


def written(mail: Mail, kind: str = "html") -> str:
    """Return the HTML or the plain text of a mail; empty where it has none."""
    body = mail.parsed.get_body((kind,))
    return "" if body is None else str(body.get_content())


def links_in(mail: Mail) -> list[str]:
    """Return the addresses of a mail's links."""
    return [one.replace("&amp;", "&") for one in re.findall(r'href="([^"]+)"', written(mail))]
