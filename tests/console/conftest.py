"""A running Beleef with the staff of Kersten & Co, and each of them signed in."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from playwright.sync_api import sync_playwright

from beleef.access import api as access
from beleef.access.model import Role
from beleef.app import Stores
from beleef.settings import load
from tests.cast import COLLEAGUES, FATIMA, GIJS, HANNA, IVO, Colleague
from tests.services.beleef import PASSWORD, Installation, installed

STAFF = {one.role: one for one in (FATIMA, GIJS, HANNA, IVO)}
"""Who has which role."""

PATIENCE_MS = 120_000
"""How long a browser waits for what must come: a busy machine is no fault of the page."""


class Console(msgspec.Struct, frozen=True, kw_only=True):
    """The running Beleef and who is signed in at it.

    Attributes:
        installation: Where it runs.
        clients: For each role, somebody's browser without a screen, signed in.
        outsider: A browser of nobody.
    """

    installation: Installation
    clients: dict[str, httpx.Client]
    outsider: httpx.Client

    def post(self, role: str, path: str, /, **fields: str) -> httpx.Response:
        """Send a form as the page would, with its token."""
        client = self.clients[role]
        return client.post(path, data={**fields, "csrf_token": form_token(client)})

    def send(self, *messages: dict[str, Any]) -> list[str]:
        """Let the source ``web`` send messages, wait until they are worked on, and return their ids."""
        titles = [re.sub(r"\W", "-", str(message.get("event", message["type"]))) for message in messages]
        names = [f"{title}-{os.urandom(6).hex()}" for title in titles]
        batch = [{"messageId": name, **message} for name, message in zip(names, messages, strict=True)]
        answer = httpx.post(
            f"{self.installation.address}/v1/batch",
            json={"writeKey": self.installation.write_key, "batch": batch},
            timeout=120,
        )
        assert answer.status_code == 200, answer.text
        self.installation.wait_for(names)
        return names


def form_token(client: httpx.Client) -> str:
    """Return the token that the forms of this visitor carry; it is on every page, also on one that is not there."""
    return field_value(client.get("/nowhere").text, "csrf_token")


def field_value(page: str, name: str) -> str:
    """Return the value of a hidden field on a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return found[1]


def heading(page: str) -> str:
    """Return the first-level heading of a page."""
    found = re.search(r"<h1>(.*?)</h1>", page)
    return found[1] if found else ""


def error_at(page: str, field_id: str) -> str:
    """Return the error below a field."""
    found = re.search(rf'id="{field_id}-error">.*?</svg>(.*?)</p>', page, re.DOTALL)
    return found[1] if found else ""


def browse(address: str) -> httpx.Client:
    """Return a browser without a screen, signed in as nobody."""
    return httpx.Client(
        base_url=address, headers={"Accept": "text/html", "Accept-Language": "en"}, timeout=120
    )


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Send the form to sign in with."""
    token = field_value(client.get("/sign-in").text, "csrf_token")
    return client.post("/sign-in", data={"email": email, "password": password, "csrf_token": token, **fields})


def employ(data: Path, colleagues: tuple[Colleague, ...], environment: dict[str, str] | None = None) -> None:
    """Add staff, all with the password of the first administrator."""
    stores = Stores(load(data, environment or {}))
    with stores.database.write() as connection:
        for one in colleagues:
            access.add_member(
                connection,
                email=one.email,
                name=one.name,
                role=Role[one.role],
                password=PASSWORD,
                now=stores.now(),
            )
    stores.close()


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A Beleef that serves, with one colleague of each role signed in; all tests of a run share it."""
    environment = {**os.environ, "BELEEF_NAME": "Kersten & Co"}
    with installed(tmp_path_factory.mktemp("console"), environment) as installation:
        employ(installation.data, tuple(one for one in COLLEAGUES if one is not FATIMA))
        clients: dict[str, httpx.Client] = {role: browse(installation.address) for role in STAFF}
        for role, colleague in STAFF.items():
            assert sign_in(clients[role], colleague.email).status_code == 303
        outsider = browse(installation.address)
        yield Console(installation=installation, clients=clients, outsider=outsider)
        for client in (outsider, *clients.values()):
            client.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
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
def tab(browser: Any, console: Console) -> Iterator[Callable[..., Any]]:
    """Opens a tab of a signed-in colleague; any script error or breach of the content policy fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_tab(role: str = "administrator", **options: Any) -> Any:
        context = browser.new_context(base_url=console.installation.address, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": console.installation.address}
                for name, value in console.clients[role].cookies.items()
                if name == "beleef_session"
            ]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console", lambda said: errors.append(said.text) if said.type in {"error", "warning"} else None
        )
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert errors == []
