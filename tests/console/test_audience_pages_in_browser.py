"""The pages about audiences in Chromium: the count follows what is typed, and everybody can read and work them at both widths."""

import re
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
    "/audiences",
    "/audiences/new",
    "/audiences/browsed",
    "/audiences/browsed/edit",
    "/audiences/browsed/members",
    "/audiences/browsed/why?person={person}",
    "/audiences/browsed/hand-over",
    "/audiences/browsed/hand-over/new?way=webhook",
    "/audiences/browsed/delete",
)
BROWSED = {
    "label": "Browsed",
    "rule-kind": "group",
    "rule-mode": "all",
    "rule-parts": "2",
    "rule-0-kind": "sequence",
    "rule-0-parts": "2",
    "rule-0-within_hours": "24",
    "rule-0-0-kind": "step",
    "rule-0-0-events": "Product Added",
    "rule-0-1-kind": "step",
    "rule-0-1-events": "Order Completed",
    "rule-1-kind": "group",
    "rule-1-mode": "none",
    "rule-1-parts": "1",
    "rule-1-0-kind": "trait",
    "rule-1-0-name": "city",
    "rule-1-0-operator": "in",
    "rule-1-0-value": "Utrecht, Zeist",
}


@pytest.fixture(scope="module")
def person(console: Console) -> str:
    """Number of somebody with an order; the audience ``browsed`` is there as well."""
    console.send(*introduced(CHANTAL), bought(CHANTAL, 54.9, "Koffiemolen"))
    assert console.post("editor", "/audiences/edit", **BROWSED).status_code == 303
    return number_of(console, f"user_id:{CHANTAL.user_id}")


def test_the_count_follows_what_is_typed_and_a_part_is_added_in_place(
    tab: Callable[..., Any], person: str
) -> None:
    page = tab("editor", viewport={"width": 1280, "height": 900})
    page.goto("/audiences/new")
    page.select_option("#audience-rule-new", "did")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#audience-rule-0-events:focus").wait_for()
    events = page.locator("#audience-rule-0-events")
    events.fill("Order Completed")
    figure = page.locator("[data-counts] .count-figure")
    figure.wait_for()
    assert re.search(r"[1-9]\d* of", figure.inner_text())
    assert "Order Completed" in page.locator("[data-counts] .rule-sentence").inner_text()
    events.fill("Nothing of that name")
    page.locator("[data-counts] .count-figure .figure", has_text=re.compile(r"^0$")).wait_for()
    offered = page.locator("#seen-events option").evaluate_all("all => all.map(one => one.value)")
    assert "Order Completed" in offered


def test_an_audience_is_made_with_the_keyboard_alone(tab: Callable[..., Any], person: str) -> None:
    page = tab("editor", viewport={"width": 1280, "height": 900})
    page.goto("/audiences/new")
    page.focus("#audience-label")
    page.keyboard.type("By keyboard")
    # Enter counts, and saves nothing.
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-counts] .count-figure")
    assert page.url.endswith("/audiences/edit")
    page.get_by_role("button", name="Save the audience").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/audiences/by_keyboard")
    assert page.locator("h1").inner_text() == "By keyboard"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_wider_than_a_phone(tab: Callable[..., Any], person: str, path: str) -> None:
    page = tab("editor", viewport={"width": 320, "height": 740})
    page.goto(path.format(person=person))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(tab: Callable[..., Any], person: str, path: str, theme: str, width: int) -> None:
    page = tab("editor", viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    page.goto(path.format(person=person))
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []
