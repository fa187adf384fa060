"""The customer pages in Chromium: readable for everybody, at both widths, in light and dark, in both languages."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cast import ANNA, BAKERY, CHANTAL
from tests.console.conftest import Console
from tests.console.people import bought, introduced, number_of

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "/people",
    "/people?q=nobody-of-that-name",
    "/people/{person}",
    "/people/{person}/identity",
    "/people/{person}/contact",
    "/people/{person}/erase",
    "/accounts",
    "/traits",
    "/traits/new",
    "/traits/import",
    "/identity",
    "/identity/left-out",
    "/identity/proposals",
    "/identity/erased",
    "/identity/namespaces/email/edit",
)


@pytest.fixture(scope="module")
def person(console: Console) -> str:
    """Number of a person with a history, an account and an order."""
    account = {"groupId": BAKERY.group_id, "traits": {"name": BAKERY.name}}
    console.send(
        *introduced(ANNA),
        *introduced(CHANTAL),
        bought(CHANTAL, 54.9, "Koffiemolen"),
        {"type": "group", "userId": CHANTAL.user_id, **account},
    )
    return number_of(console, f"user_id:{CHANTAL.user_id}")


@pytest.mark.parametrize("path", PAGES)
def test_no_customer_page_is_wider_than_a_phone(
    console: Console, tab: Callable[..., Any], person: str, path: str
) -> None:
    page = tab(viewport={"width": 360, "height": 740})
    page.goto(path.format(person=person))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("h1").count() == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_the_customer_pages(
    console: Console, tab: Callable[..., Any], person: str, path: str, theme: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    page.goto(path.format(person=person))
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []
