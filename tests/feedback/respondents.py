"""Somebody with a browser at the survey pages of a shop in the test's own process: opens links, fills in forms, and sends them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from typing import Any

import msgspec
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from beleef.app import build_survey_links
from beleef.feedback.api import Invitation
from beleef.web import WebApp
from tests.cast import ANNA, Customer
from tests.feedback.panels import Panel

EVERYTHING: dict[str, Any] = {
    "name": "visit",
    "label": "Your visit",
    "kind": "open",
    "title": {"en": "How was your visit?", "nl": "Hoe was uw bezoek?"},
    "languages": ["en", "nl"],
    "hidden": ["order"],
    "frames": ["https://shop.example"],
    "blocks": [
        {
            "id": "score",
            "questions": [
                {
                    "id": "nps",
                    "kind": "nps",
                    "is_required": True,
                    "text": {"en": "Would you recommend us?", "nl": "Beveelt u ons aan?"},
                },
                {"id": "why", "kind": "open", "text": {"en": "Why?", "nl": "Waarom?"}},
            ],
        },
        {
            "id": "choices",
            "questions": [
                {"id": "effort", "kind": "ces", "text": "It was easy."},
                {"id": "stars", "kind": "rating", "shape": "stars", "text": "How nice?"},
                {"id": "mood", "kind": "rating", "shape": "smileys", "text": "How do you feel?"},
                {
                    "id": "shop",
                    "kind": "one",
                    "text": "Which shop?",
                    "options": [
                        {"id": "north", "label": "North"},
                        {"id": "other", "label": "Another", "is_other": True},
                    ],
                },
                {
                    "id": "used",
                    "kind": "many",
                    "text": "What did you use?",
                    "options": [{"id": "web", "label": "Web"}, {"id": "app", "label": "App"}],
                },
                {
                    "id": "grid",
                    "kind": "matrix",
                    "text": "How were these?",
                    "rows": [{"id": "price", "label": "Price"}, {"id": "help", "label": "Help"}],
                    "options": [{"id": "1", "label": "Bad"}, {"id": "2", "label": "Good"}],
                },
                {
                    "id": "rank",
                    "kind": "ranking",
                    "text": "What matters most?",
                    "options": [{"id": "speed", "label": "Speed"}, {"id": "care", "label": "Care"}],
                },
            ],
        },
        {
            "id": "rest",
            "questions": [
                {"id": "age", "kind": "number", "lowest": 16, "highest": 120, "text": "Your age?"},
                {"id": "day", "kind": "date", "text": "Which day?"},
                {"id": "photo", "kind": "file", "accepts": ["png"], "text": "A picture?"},
                {"id": "agreed", "kind": "consent", "text": "You may use it."},
                {"id": "call", "kind": "contact_me", "text": "May we contact you?"},
            ],
        },
    ],
    "endings": [
        {
            "id": "end",
            "title": {"en": "Thank you", "nl": "Dank u wel"},
            "text": {"en": "You gave {{ answers.nps }}.", "nl": "U gaf {{ answers.nps }}."},
            "link": "https://shop.example/",
            "link_label": "Back to the shop",
        }
    ],
}
"""A survey with a question of every kind."""


class Visitor:
    """A browser without scripts.

    Args:
        panel: The shop.
        client: Asks its web process.
    """

    def __init__(self, panel: Panel, client: TestClient[Litestar]) -> None:
        self.panel = panel
        self.client = client
        self.links = build_survey_links(panel.world.stores)

    def path(self, address: str) -> str:
        """Return the path of an address of the shop's."""
        return address.removeprefix(self.links.address)

    def open(self, path: str, **headers: str) -> Response:
        """Open a page."""
        return self.client.get(path, headers={"Accept": "text/html", "Accept-Language": "en", **headers})

    def send(self, page: Response, go: str = "next", **answers: Any) -> Response:
        """Send the form on a page: what it has chosen already, and these answers (``__`` stands for a point)."""
        # Somebody who reads takes a while; who does not is a program.
        self.panel.world.tick(20)
        return self.client.post(
            action(page),
            data=filled_in(page, go=go, **answers),
            headers={"Accept": "text/html", "Accept-Language": "en"},
        )

    def told(self, event: str = "Survey Answered") -> list[dict[str, Any]]:
        """Return the messages of a name that are in the log, oldest first."""
        bodies = self.panel.world.bodies().splitlines()
        messages = [one for body in bodies for one in msgspec.json.decode(body)["batch"]]
        return [one for one in messages if one.get("event") == event]

    def said(self, event: str = "Survey Answered") -> list[dict[str, Any]]:
        """Return their properties."""
        return [dict(one["properties"]) for one in self.told(event)]


def action(page: Response) -> str:
    """Return where the form on a page goes."""
    found = re.search(r'<form class="survey"[^>]* action="([^"]+)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def filled_in(page: Response, go: str = "next", **answers: Any) -> dict[str, Any]:
    """Return what the form on a page sends: what stands in it, with these answers instead."""
    given: dict[str, Any] = {"go": go, "sheet": hidden(page, "sheet")}
    for name, value in re.findall(r'name="(q\.[\w.-]+)" value="([^"]*)" checked', page.text):
        given[name] = unescape(value)
    given |= {f"q.{name.replace('__', '.')}": value for name, value in answers.items()}
    return given


def hidden(page: Response, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def heading(page: Response) -> str:
    """Return the first-level heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def asked(page: Response) -> list[str]:
    """Return the questions on a page."""
    texts = re.findall(r"<h2>(.*?)</h2>", page.text, re.DOTALL)
    return [re.sub(r"<[^>]+>|\(optional\)", "", one).strip() for one in texts]


def invite(panel: Panel, survey: Mapping[str, Any], who: Customer = ANNA, **changes: Any) -> Invitation:
    """Publish a survey that asks at once after an order, and return the invitation of somebody who ordered."""
    known = {one.number for one in _invitations(panel, survey["name"])}
    if not known:
        trigger = {"event": "Order Completed"}
        panel.publish({**survey, "kind": "transactional", "trigger": trigger}, **changes)
    panel.do("Order Completed", who)
    panel.work()
    panel.hours(1)
    (new,) = [one for one in panel.invitations(str(survey["name"])) if one.number not in known]
    assert new.state == "asked", new.reason
    return new


def _invitations(panel: Panel, name: str) -> list[Invitation]:
    with panel.database.read() as connection:
        if name not in {one.survey.name for one in panel.feedback.surveys(connection)}:
            return []
    return panel.invitations(name)


@contextmanager
def visiting(panel: Panel) -> Iterator[Visitor]:
    """Give a visitor of a shop."""
    app = WebApp(panel.world.stores)
    with TestClient(app.litestar, raise_server_exceptions=True) as client:
        yield Visitor(panel, client)
    app.intake.close()
