"""The gallery in Chromium, under the strict content policy: what scripts add, what works without, and what axe says."""

import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from beleef.ui import static
from beleef.ui.words import LANGUAGES, Language
from tests.ui import gallery, measured

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
RENDERER = gallery.renderer()
FILES = static.load().files
FRESH = '<li class="event channel-web"><span class="event-mark"></span><p>A new fact</p></li>'


class Site(BaseHTTPRequestHandler):
    """Serves the pages of the gallery as the app would."""

    posted: list[str]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path in FILES:
            self.answer(FILES[path].content_type, FILES[path].body)
        elif path == "/live":
            self.answer("text/html; charset=utf-8", FRESH.encode(), [("Beleef-Next", "/nothing-new")])
        elif path == "/nothing-new":
            self.answer("text/html; charset=utf-8", b"", [("Beleef-Next", "/nothing-new")])
        elif path == "/axe.js" and AXE.exists():
            self.answer("text/javascript", AXE.read_bytes())
        else:
            self.answer("text/html; charset=utf-8", drawn(path).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.posted.append(f"{self.path} {body}")
        self.send_response(303)
        self.send_header("Location", "/")
        self.end_headers()

    def answer(self, content_type: str, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(200)
        for name, value in [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", "default-src 'self'"),
            *(headers or []),
        ]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing; the tests look at the page."""


def drawn(path: str) -> str:
    """Return the page for ``/{language}/{theme}/{page}``; everything else is the gallery in English."""
    parts = path.strip("/").split("/")
    language: Language = next((known for known in LANGUAGES if known == parts[0]), "en")
    theme: Any = parts[1] if len(parts) == 3 else "light"
    match parts[-1]:
        case "sign-in":
            return RENDERER.render("ui/sign_in.html", gallery.sign_in(language, theme))
        case "error":
            return RENDERER.render("ui/error.html", gallery.refusal(language, theme))
        case "confirm":
            return RENDERER.render("ui/confirm.html", gallery.confirm(language, theme))
        case "figures":
            return RENDERER.render(
                "gallery/measured.html", measured.measured(RENDERER.words(language), theme)
            )
        case _:
            return RENDERER.render("gallery/gallery.html", gallery.gallery(RENDERER.words(language), theme))


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, list[str]]]:
    """Address of the gallery, and what was posted to it."""
    Site.posted = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Site.posted
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    quiet = [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            timeout=180_000, executable_path=chromium, args=["--no-sandbox", "--no-first-run", *quiet]
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: Any, site: tuple[str, list[str]]) -> Iterator[Page]:
    """A page in which any error or breach of the content policy fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=site[0])
    context.set_default_timeout(120_000)
    opened: Page = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type in {"error", "warning"} else None)
    yield opened
    context.close()
    assert errors == []


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("name", ["gallery", "figures", "sign-in", "error", "confirm"])
def test_no_page_is_wider_than_its_window(page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"/nl/light/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_shortcuts_lead_to_the_search_box_and_to_pages_until_they_are_switched_off(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("gp")
    assert page.input_value("#search") == "gp"
    page.locator("#search").blur()
    page.keyboard.press("?")
    page.get_by_label("Shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    page.locator("#shortcuts").wait_for(state="hidden")
    page.keyboard.type("gp")
    assert page.url.endswith("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "search"
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Shortcuts are on").check()
    page.keyboard.press("Escape")
    page.locator("#shortcuts").wait_for(state="hidden")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people")


def test_the_theme_changes_at_once_and_is_sent_with_the_token(
    page: Page, site: tuple[str, list[str]]
) -> None:
    page.goto("/en/light/gallery")
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.locator("details.menu > summary").click()
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate(ground) != before
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    assert "csrf_token=token-against-forgery" in site[1][-1]
    assert "theme=dark" in site[1][-1]


def test_new_entries_wait_while_the_reader_is_in_the_list(page: Page) -> None:
    page.goto("/")
    entries = page.locator("[data-live-list] > li")
    before = entries.count()
    page.locator("[data-live-list]").hover()
    page.get_by_role("button", name="Show new: 1").wait_for()
    assert entries.count() == before
    page.get_by_role("button", name="Show new: 1").click()
    assert entries.first.inner_text() == "A new fact"
    assert entries.count() == before + 1


def test_a_block_of_code_is_copied_as_it_stands(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#snippet-code")


def test_a_filter_is_applied_at_once_and_empty_answers_stay_out_of_the_address(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Seen since").fill("")
    page.get_by_label("Channel", exact=True).select_option("chat")
    page.wait_for_url("**/people?*")
    assert page.url.split("?")[1] == "name=de+vries&channel=chat"


def test_the_menu_of_a_phone_opens_by_keyboard_and_closes_with_escape(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto("/")
    page.locator("details.drawer > summary").focus()
    page.keyboard.press("Enter")
    page.locator(".drawer-panel").get_by_role("link", name="People").wait_for()
    page.keyboard.press("Escape")
    assert not page.locator(".drawer-panel").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_everything_works_without_scripts(browser: Any, site: tuple[str, list[str]]) -> None:
    context = browser.new_context(
        java_script_enabled=False, base_url=site[0], viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(120_000)
    page: Page = context.new_page()
    page.goto("/")
    assert not page.get_by_role("button", name="Copy").is_visible()
    assert not page.get_by_role("button", name="Pause").is_visible()
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Nederlands").click()
    assert "language=nl" in site[1][-1]
    page.get_by_text("The fact itself").first.click()
    assert page.get_by_text("W-20418”").first.is_visible()
    context.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["gallery", "figures", "sign-in", "error", "confirm"])
def test_axe_finds_nothing(page: Page, name: str, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/nl/{theme}/{name}")
    page.add_script_tag(url="/axe.js")
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []
