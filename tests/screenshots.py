"""Takes a picture of every page of the demo at two widths, in 128 colours, as ``make screenshots`` does for ``docs/screenshots``.

A page's path may hold ``{name}``: the first address on another page that fits, so that pictures need no fixed numbers.
"""

import argparse
import io
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
HEIGHTS = {1280: 900, 360: 780}
"""Width → height of the window: of a laptop, and of a phone."""
COLOURS = 128
"""Enough for flat pages, and a third of the bytes."""

PAGES: dict[str, str] = {
    "overview": "/",
    "live": "/live",
    "fact": "{/live: /live/[0-9a-z]{13}}",
    "sources": "/sources",
    "source": "{/sources: /sources/[0-9]+}",
    "source-new": "/sources/new",
    "source-rules": "{/sources: /sources/[0-9]+}/rules",
    "source-webhook": "{/sources: /sources/[0-9]+}/hook",
    "quarantine": "/quarantine",
    "quarantine-message": "{/quarantine: /quarantine/[0-9a-z]{13}}",
    "staff": "/staff",
    "staff-new": "/staff/new",
    "tokens": "/tokens",
    "audit": "/audit",
}
"""Name of the picture → path of the page; ``{page: pattern}`` is the first address that fits the pattern on that page, by path or name."""

CUSTOMER_PAGES: dict[str, str] = {
    "people": "/people",
    "person": "{/people?trait=name: /people/[0-9a-z]{13}}",
    "person-contact": "{/people?trait=name: /people/[0-9a-z]{13}}/contact",
    "accounts": "/accounts",
    "account": "{/accounts: /accounts/[^/?]+}",
    "audiences": "/audiences",
    "audience": "/audiences/regulars",
    "audience-edit": "/audiences/cart_left/edit",
    "audience-members": "/audiences/vip/members",
    "traits": "/traits",
    "trait-new": "/traits/new",
    "identity": "/identity",
    "identity-proposals": "/identity/proposals",
    "reference": "/reference",
}
"""The pages about customers, likewise."""

CONTENT_PAGES: dict[str, str] = {
    "messages": "/messages",
    "message": "/messages/first-message",
    "message-new": "/messages/new",
    "blocks": "/blocks",
    "feeds": "/feeds",
    "pictures": "/pictures",
    "sender": "/sender",
}
"""The pages about what is said, likewise."""

CAMPAIGN_PAGES: dict[str, str] = {
    "campaigns": "/campaigns",
    "campaign": "/campaigns/abandoned_cart",
    "campaign-edit": "/campaigns/abandoned_cart/edit",
    "campaign-simulate": "/campaigns/abandoned_cart/simulate",
    "campaign-new": "/campaigns/new",
    "contact": "/contact",
    "contact-rules": "/contact/rules",
    "contact-channels": "/contact/channels",
    "contact-outbox": "/contact/outbox",
    "contact-attention": "/contact/attention",
    "mail": "{/contact/outbox: /contact/outbox/[0-9a-z]{13}}",
    "person-messages": "{/people?trait=name: /people/[0-9a-z]{13}}/messages",
    "preferences": "{person-messages: /preferences/[^?]+}",
}
"""The pages about who hears what, and the recipient's own, likewise."""

SERVICE_PAGES: dict[str, str] = {
    "cases": "/cases",
    "case": "{/cases?view=closed&kind=complaint: /cases/C-[0-9]+}",
    "case-close": "{/cases?kind=complaint: /cases/C-[0-9]+}/close",
    "cases-figures": "/cases/figures",
    "cases-by-kind": "/cases/figures?by=kind&days=365",
    "causes": "/cases/causes",
    "service-promises": "/cases/settings/promises",
    "service-calendar": "/cases/settings/calendars/edit?at=office",
    "knowledge": "/knowledge",
    "help": "/help",
    "help-article": "/help/where-is-my-parcel",
    "help-contact": "/help/contact",
}
"""The pages of service, for staff and for customers, likewise."""

FEEDBACK_PAGES: dict[str, str] = {
    "surveys": "/surveys",
    "survey-results": "/surveys/after-delivery",
    "survey-responses": "/surveys/after-delivery/responses",
    "survey-asked": "/surveys/after-delivery/asked",
    "survey-edit": "/surveys/after-delivery/edit",
    "survey-question": "/surveys/after-delivery/questions/contact",
    "survey-asking": "/surveys/after-delivery/asking",
    "survey-links": "/surveys/after-delivery/links",
    "feedback": "/feedback",
    "feedback-satisfaction": "/feedback?metric=csat&by=touchpoint",
    "feedback-drivers": "/feedback/drivers",
    "feedback-planner": "/feedback/planner",
    "voices": "/feedback/voices",
    "voices-contradict": "/feedback/contradictions",
    "voices-themes": "/feedback/themes",
    "voices-reading": "/feedback/reading",
    "person-feedback": "{/people?trait=name: /people/[0-9a-z]{13}}/feedback",
    "answer": "{/surveys/after-delivery/edit: /t/[^?]+[?]language=..}",
    "answer-wrong-link": "/s/cut-off",
}
"""The staff's pages about feedback, likewise."""

EVERY = PAGES | CUSTOMER_PAGES | CONTENT_PAGES | CAMPAIGN_PAGES | FEEDBACK_PAGES | SERVICE_PAGES

_FINDING = re.compile(r"^\{(?P<page>[^:]+): (?P<pattern>.+)\}(?P<rest>[^{}]*)$")


def main() -> None:
    """Take the pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, help="a demo folder that is there already")
    options.add_argument("--into", type=Path, default=ROOT / "docs" / "screenshots")
    options.add_argument("--theme", choices=("light", "dark"), default="light")
    options.add_argument("--language", choices=("en", "nl"), default="en")
    options.add_argument("--only", nargs="*", default=[], help="names of pages")
    options.add_argument("--full", action="store_true", help="the whole page, not one window of it")
    given = options.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="beleef-screenshots-") as folder:
        data = given.data or Path(folder) / "demo"
        with _serving(data) as address:
            _take(address, _password(data), given)


def _take(address: str, password: str, given: argparse.Namespace) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for width, height in HEIGHTS.items():
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                color_scheme=given.theme,
                locale=given.language,
            )
            page = context.new_page()
            page.goto("/sign-in")
            _picture(page, "sign-in", width, given)
            sign_in(page, password)
            _choose_language(page, given.language)
            for name, path in EVERY.items():
                if given.only and name not in given.only:
                    continue
                page.goto(resolved(page, path))
                _picture(page, name, width, given)
            context.close()
        browser.close()


def _choose_language(page: Page, language: str) -> None:
    """Choose a language in the menu: a member's own goes before the browser's."""
    page.locator("details.menu > summary").click()
    page.locator(f"details.menu button[name=language][value={language}]").click()
    page.wait_for_selector(f"html[lang={language}]")


def sign_in(page: Page, password: str, email: str = "demo@example.nl") -> None:
    """Sign in on the page that is open."""
    page.fill("#sign-in-email", email)
    page.fill("#sign-in-password", password)
    page.locator(".form-end button").click()
    page.wait_for_selector("nav.side", state="attached")


def resolved(page: Page, path: str) -> str:
    """Return a path of ``PAGES`` with what it looks for on another page put in.

    Raises:
        LookupError: nothing there fits.
    """
    finding = _FINDING.match(path)
    if finding is None:
        return path
    page.goto(resolved(page, EVERY.get(finding["page"], finding["page"])))
    links: list[Any] = page.eval_on_selector_all(
        "main a, main iframe", "all => all.map(one => one.getAttribute('href') || one.getAttribute('src'))"
    )
    for link in links:
        if re.fullmatch(finding["pattern"], str(link)):
            return str(link) + finding["rest"]
    raise LookupError(f"No address on {finding['page']} fits {finding['pattern']}.")


def _picture(page: Page, name: str, width: int, given: argparse.Namespace) -> None:
    page.wait_for_load_state("networkidle") if "/live" not in page.url else page.wait_for_timeout(300)
    taken = Image.open(io.BytesIO(page.screenshot(full_page=given.full, scale="css"))).convert("RGB")
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(given.into / f"{name}-{width}.png", optimize=True)


@contextmanager
def _serving(data: Path) -> Iterator[str]:
    """Give the address of a running demo."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    beleef = [sys.executable, "-m", "beleef", "demo", "--data", str(data)]
    subprocess.run([*beleef, "--persons", "1000"], check=True, stdout=subprocess.DEVNULL)
    running = subprocess.Popen([*beleef, "--serve", "--port", str(port)], stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        running.terminate()
        running.wait()


def _wait_for(address: str, patience_s: float = 60.0) -> None:
    until = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _password(data: Path) -> str:
    return str(json.loads((data / "demo.json").read_text())["password"])


if __name__ == "__main__":
    main()
