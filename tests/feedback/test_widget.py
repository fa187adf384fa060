"""What the widget on other sites asks and tells: only for pages that a survey names, without cookies, and not too often."""

from collections.abc import Iterator
from typing import Any

import pytest

from beleef.collect.api import SourceBook
from beleef.contact.http import Customers
from tests.cast import ANNA
from tests.feedback.panels import Panel
from tests.feedback.respondents import EVERYTHING, Visitor, heading, invite, visiting

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

SHOP = "https://shop.example"
WIDGET: dict[str, Any] = {
    "tab": {"en": "Feedback", "nl": "Uw mening"},
    "pause_days": 14,
    "moments": [{"trigger": "scroll", "share": 0.6, "where": [{"value": "/order"}, {"value": "/help", "is_not": True}]}],
}  # fmt: skip


@pytest.fixture
def visitor(asking: Panel) -> Iterator[Visitor]:
    with visiting(asking) as opened:
        yield opened


def ask(visitor: Visitor, origin: str = SHOP, **more: Any) -> list[dict[str, Any]]:
    headers = {"Origin": origin, **more.pop("headers", {})}
    answer = visitor.client.get("/v1/widget/surveys", params=more, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "set-cookie" not in answer.headers
    return list(answer.json()["surveys"])


def token(visitor: Visitor) -> str:
    stores = visitor.panel.world.stores
    customers = Customers(
        database=stores.database,
        sources=SourceBook(stores.database),
        key=stores.installation().key,
        region="NL",
        now=stores.now,
    )
    return customers.token("user_id", ANNA.user_id, 1)[0]


def test_a_page_gets_the_surveys_that_name_it_and_no_others(visitor: Visitor) -> None:
    visitor.panel.publish(EVERYTHING, widget=WIDGET)
    visitor.panel.publish(
        {**EVERYTHING, "name": "elsewhere"}, widget=WIDGET, frames=["https://other.example"]
    )
    visitor.panel.publish({**EVERYTHING, "name": "plain"})
    (one,) = ask(visitor, language="nl-NL")
    assert (one["survey"], one["title"], one["tab"], one["pause_days"]) == (
        "visit",
        "Hoe was uw bezoek?",
        "Uw mening",
        14,
    )
    assert one["share"] == 1.0
    assert one["triggers"] == [
        {
            "on": "scroll",
            "where": [
                {"match": "contains", "value": "/order", "not": False},
                {"match": "contains", "value": "/help", "not": True},
            ],
            "selector": "",
            "share": 0.6,
            "after_s": 10.0,
        }
    ]
    assert ask(visitor, origin="https://nobody.example") == ask(visitor, origin="") == []
    with visitor.panel.database.write() as connection:
        visitor.panel.feedback.pause(connection, "visit")
    assert ask(visitor) == []


def test_answers_of_a_visitor_whom_nobody_knows_are_nobodys(visitor: Visitor) -> None:
    visitor.panel.publish(EVERYTHING, widget=WIDGET)
    (one,) = ask(visitor, touchpoint="checkout")
    shown = visitor.client.post("/v1/widget/marks", json={"ticket": one["ticket"], "act": "shown"})
    assert shown.status_code == 200
    page = visitor.open(visitor.path(one["frame"]))
    assert f"frame-ancestors {SHOP}" in page.headers["content-security-policy"]
    assert f'data-parent="{SHOP}"' in page.text
    visitor.send(page, nps="5")
    (asked,), (answered,) = visitor.told("Survey Shown"), visitor.told()
    for message in (asked, answered):
        assert not {"userId", "anonymousId", "context"} & message.keys()
        assert message["properties"]["delivery"] == "widget"
    assert asked["properties"]["response"] == answered["properties"]["response"]
    assert answered["touchpoint"] == "checkout"


def test_a_signed_in_customer_answers_by_name_and_is_not_asked_again_by_itself(visitor: Visitor) -> None:
    found = invite(visitor.panel, {**EVERYTHING, "name": "orders"})
    assert found.state == "asked"
    visitor.panel.publish(EVERYTHING, widget=WIDGET)
    (one,) = ask(visitor, headers=known(visitor))
    assert one["triggers"] == [], "she was asked lately"
    assert one["tab"] == "Feedback", "and may still answer by herself"
    visitor.send(visitor.open(visitor.path(one["frame"])), nps="5")
    (answered,) = visitor.told()
    assert answered["userId"] == ANNA.user_id
    assert visitor.client.post(f"{visitor.path(one['frame'])}/seen").status_code == 204
    assert [message["userId"] for message in visitor.told("Survey Opened")] == [ANNA.user_id]
    refused = visitor.client.get(
        "/v1/widget/surveys", headers={"Origin": SHOP, "authorization": "Bearer wrong"}
    )
    assert refused.status_code == 401


def known(visitor: Visitor) -> dict[str, str]:
    return {"authorization": f"Bearer {token(visitor)}"}


def test_restraint_holds_on_the_site_for_who_is_known(visitor: Visitor) -> None:
    panel = visitor.panel
    panel.publish(EVERYTHING, widget=WIDGET)
    panel.do("Page Seen")
    panel.work()
    assert ask(visitor, headers=known(visitor))[0]["triggers"], "nothing speaks against it"
    panel.do("Complaint Opened", complaint="7")
    panel.work()
    assert ask(visitor, headers=known(visitor))[0]["triggers"] == []
    panel.do("Complaint Closed", complaint="7")
    panel.work()
    assert ask(visitor, headers=known(visitor))[0]["triggers"] == [], "it was lately"
    panel.wait(days=15)
    assert ask(visitor, headers=known(visitor))[0]["triggers"]


def test_who_wants_no_surveys_is_not_asked_on_the_site_either(visitor: Visitor) -> None:
    panel = visitor.panel
    panel.publish(EVERYTHING, widget=WIDGET)
    panel.do("Page Seen")
    panel.do("Unsubscribed", purpose="survey")
    panel.work()
    assert ask(visitor, headers=known(visitor))[0]["triggers"] == []
    assert ask(visitor)[0]["triggers"], "others are"


def test_an_answer_on_the_site_leaves_people_in_peace_as_an_invitation_does(visitor: Visitor) -> None:
    panel = visitor.panel
    panel.publish(EVERYTHING, widget=WIDGET)
    panel.publish({**EVERYTHING, "name": "other"}, widget=WIDGET)
    panel.do("Page Seen")
    panel.work()
    found = {one["survey"]: one for one in ask(visitor, headers=known(visitor))}
    visitor.send(visitor.open(visitor.path(found["visit"]["frame"])), nps="5")
    panel.work()
    assert [one["triggers"] for one in ask(visitor, headers=known(visitor))] == [[], []]
    panel.wait(days=31)
    again = {one["survey"]: bool(one["triggers"]) for one in ask(visitor, headers=known(visitor))}
    assert again == {"other": True, "visit": False}


def test_the_share_of_visitors_is_drawn_here_for_who_is_known_and_in_the_browser_for_others(
    visitor: Visitor,
) -> None:
    panel = visitor.panel
    panel.do("Page Seen")
    panel.work()
    drawn = []
    for share in (1e-9, 1.0):
        panel.publish(EVERYTHING, widget={**WIDGET, "share": share})
        (one,) = ask(visitor, headers=known(visitor))
        drawn.append((bool(one["triggers"]), one["share"]))
        assert [(bool(one["triggers"]), one["share"]) for one in ask(visitor)] == [(True, share)]
    assert drawn == [(False, 1.0), (True, 1.0)]


def test_a_device_is_known_by_its_number_once_the_visitor_agreed(visitor: Visitor) -> None:
    visitor.panel.publish(EVERYTHING, widget=WIDGET)
    device = ANNA.anonymous_ids[0]
    (one,) = ask(visitor, anonymousId=device)
    visitor.send(visitor.open(visitor.path(one["frame"])), nps="5")
    (short,) = ask(visitor, anonymousId="guess")
    visitor.send(visitor.open(visitor.path(short["frame"])), nps="6")
    assert [message.get("anonymousId") for message in visitor.told()] == [device, None]


def test_anonymous_surveys_learn_nothing_of_who_is_signed_in(visitor: Visitor) -> None:
    pages = EVERYTHING["blocks"][:1]
    visitor.panel.do("Order Completed")
    visitor.panel.work()
    visitor.panel.publish({**EVERYTHING, "blocks": pages}, widget=WIDGET, anonymity="anonymous")
    (one,) = ask(visitor, headers={"authorization": f"Bearer {token(visitor)}"})
    visitor.client.post("/v1/widget/marks", json={"ticket": one["ticket"], "act": "shown"})
    end = visitor.send(visitor.open(visitor.path(one["frame"])), nps="5")
    assert heading(end) == "Thank you"
    (answered,) = visitor.told()
    assert not {"userId", "anonymousId", "context"} & answered.keys()
    assert visitor.told("Survey Shown") == []


def test_a_ticket_ends_after_a_day_and_cannot_be_made_up(visitor: Visitor) -> None:
    visitor.panel.publish(EVERYTHING, widget=WIDGET)
    (one,) = ask(visitor)
    visitor.panel.world.tick(24 * 3600 + 1)
    assert heading(visitor.open(visitor.path(one["frame"]))) == "These questions are closed"
    wrong = visitor.client.post("/v1/widget/marks", json={"ticket": "x", "act": "shown"})
    assert wrong.status_code == 404


def test_the_script_is_served_to_every_site_and_kept_by_browsers(visitor: Visitor) -> None:
    script = visitor.client.get("/feedback/widget.js")
    assert script.status_code == 200
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["access-control-allow-origin"] == "*"
    again = visitor.client.get("/feedback/widget.js", headers={"If-None-Match": script.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    style = visitor.client.get("/feedback/colour/1d4ed8.css")
    assert "light-dark(#1d4ed8," in style.text
