"""Campaigns on pages: begun, built step by step, checked at the step that is wrong, published, paused, stopped, and carried as files."""

import html
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beleef.app import Stores, build_campaigns
from beleef.audiences.api import audience_from_data
from beleef.content.api import message_from_data
from beleef.settings import load
from tests.cast import ANNA
from tests.console.conftest import Console, error_at, heading
from tests.console.people import bought, introduced

pytestmark = pytest.mark.service

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
TEXT = {"text": "Kom gauw langs."}
CALL = {
    "name": "invite-by-sms",
    "label": "Invitation by SMS",
    "channel": "sms",
    "purpose": "service",
    "texts": {"nl": TEXT, "en": {"text": "Do come by."}},
}
FILE = """
name: filed
label: From a file
entry:
  fact: {event: Order Completed}
  key: properties.order_id
control: 10
goals:
- {name: again, fact: {event: Order Completed}, within: 30 days}
exit:
- {fact: {event: Order Refunded}, reason: sent back}
flow:
- id: settle
  wait: 2 days
- id: who
  branch:
    paths:
    - label: Regulars
      when: {audience: campaign_regulars}
      flow:
      - id: thanks
        send: {message: invite-by-sms, channel: sms, purpose: service}
    otherwise:
    - id: try
      split:
        goal: again
        variants:
        - {name: plain, share: 50, control: true, flow: [{id: later, wait: 1 day}]}
        - {name: quick, share: 50, flow: [{id: now, send: {message: invite-by-sms, channel: sms, purpose: service}}]}
- id: hope
  wait_for:
    fact: {event: Order Completed}
    at_most: 7 days
    then: [{id: done, end: {reason: bought again}}]
    otherwise: []
"""


@pytest.fixture(scope="module", autouse=True)
def stocked(console: Console) -> None:
    """An audience and a published message to build campaigns of."""
    stores = Stores(load(console.installation.data, {}))
    campaigns = build_campaigns(stores)
    rule = {"did": {"event": "Order Completed", "at_least": 2, "within_days": 90}}
    audience = audience_from_data({"name": "campaign_regulars", "label": "Regulars", "rule": rule})
    with stores.database.write() as connection:
        campaigns.audiences.save(connection, audience, stores.now())
        campaigns.content.save(connection, message_from_data(CALL), by="Gijs")
        campaigns.content.publish(connection, "message", "invite-by-sms", by="Gijs")
    stores.close()
    console.send(*introduced(ANNA), bought(ANNA, 20, "Lamp"), bought(ANNA, 30, "Vase"))


def begin(console: Console, label: str) -> str:
    """Begin a campaign whose entry is an order, and return its name."""
    answer = console.post("editor", "/campaigns/new", label=label, kind="fact")
    assert answer.status_code == 303, answer.text
    found = re.match(r"/campaigns/([^/]+)/entry\?kind=fact", answer.headers["location"])
    assert found is not None
    entry = {"event": "Order Completed", "within": "1", "within-unit": "days", "again": "after_leaving"}
    saved = console.post("editor", f"/campaigns/{found[1]}/entry?kind=fact", **entry)
    assert saved.status_code == 303, saved.text
    return found[1]


def add(console: Console, name: str, kind: str, place: str = "~~", **fields: str) -> str:
    """Add a step to a campaign's draft and return its id."""
    answer = console.post("editor", f"/campaigns/{name}/steps/new?place={place}&kind={kind}", **fields)
    assert answer.status_code == 303, error_at(answer.text, "step-message") or answer.text
    return str(answer.headers["location"].partition("#step-")[2])


def text_of(console: Console, path: str, role: str = "editor") -> str:
    """Return a page as its reader sees it, without tags."""
    answer = console.clients[role].get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def test_a_campaign_is_begun_built_published_paused_and_stopped_on_pages(console: Console) -> None:
    name = begin(console, "After an order")
    wait = add(console, name, "wait", duration="2", **{"duration-unit": "hours"})
    send = add(console, name, "send", f"~~{wait}", message="invite-by-sms", channel="sms", purpose="service")
    page = text_of(console, f"/campaigns/{name}/edit")
    assert page.index("Everybody for whom “Order Completed” happens.") < page.index("Wait 2 hours")
    assert page.index("Wait 2 hours") < page.index("Invitation by SMS")
    moved = console.post("editor", f"/campaigns/{name}/steps/{send}/shift", by="up")
    assert moved.headers["location"].endswith(f"#step-{send}")
    page = text_of(console, f"/campaigns/{name}/edit")
    assert page.index("Invitation by SMS") < page.index("Wait 2 hours")
    asked = text_of(console, f"/campaigns/{name}/publish")
    assert "From now on people enter it" in asked
    assert console.post("editor", f"/campaigns/{name}/publish").status_code == 303
    assert "runs" in text_of(console, f"/campaigns/{name}", "reader")
    paused = console.post("editor", f"/campaigns/{name}/pause")
    assert paused.headers["location"] == f"/campaigns/{name}"
    assert "This campaign is paused" in text_of(console, f"/campaigns/{name}", "reader")
    for unfitting in ("pause", "delete"):
        back = console.clients["editor"].get(f"/campaigns/{name}/{unfitting}", follow_redirects=False)
        assert (back.status_code, back.headers["location"]) == (303, f"/campaigns/{name}")
    assert "Let it go on" in text_of(console, f"/campaigns/{name}/resume")
    assert console.post("editor", f"/campaigns/{name}/resume", timers="catch_up").status_code == 303
    assert console.post("editor", f"/campaigns/{name}/stop").status_code == 303
    assert "stopped" in text_of(console, f"/campaigns/{name}", "reader")
    assert console.post("editor", f"/campaigns/{name}/delete").headers["location"] == "/campaigns"
    assert console.clients["reader"].get(f"/campaigns/{name}").status_code == 404


def test_what_is_wrong_is_told_at_the_step_it_concerns(console: Console) -> None:
    name = begin(console, "Wrong in places")
    wait = add(console, name, "wait", duration="1", **{"duration-unit": "days"})
    answer = console.post(
        "editor", f"/campaigns/{name}/steps/{wait}", duration="many", **{"duration-unit": "days"}
    )
    assert answer.status_code == 400
    assert "is no length of time" in html.unescape(error_at(answer.text, "step-duration"))
    send = add(console, name, "send", f"~~{wait}", message="not-there", channel="email", purpose="marketing")
    page = console.clients["editor"].get(f"/campaigns/{name}/edit").text
    step = page[page.index(f'id="step-{send}"') :]
    assert "not-there" in step[step.index("flow-note") : step.index("flow-tools")]
    assert "flow-note" not in page[page.index(f'id="step-{wait}"') : page.index(f'id="step-{send}"')]
    refused = console.post("editor", f"/campaigns/{name}/publish")
    assert refused.headers["location"] == f"/campaigns/{name}/edit"
    assert "draft" in text_of(console, "/campaigns", "reader")


def test_steps_move_into_ways_and_go_with_all_that_stands_in_them(console: Console) -> None:
    name = begin(console, "With ways")
    branch = add(console, name, "branch", paths="1", **{"paths-0-audience": "campaign_regulars"})
    wait = add(console, name, "wait", f"~~{branch}", duration="1", **{"duration-unit": "days"})
    moved = console.post("editor", f"/campaigns/{name}/steps/{wait}/move", to=f"{branch}~otherwise~")
    assert moved.status_code == 303
    page = console.clients["editor"].get(f"/campaigns/{name}/edit").text
    assert page.index("Everybody else") < page.index(f'id="step-{wait}"')
    more = console.post(
        "editor", f"/campaigns/{name}/steps/{branch}", change="add:paths", paths="1", **{"paths-0-was": "0"}
    )
    assert 'name="paths-1-audience"' in more.text
    asked = text_of(console, f"/campaigns/{name}/steps/{branch}/remove")
    assert "1 step that stands in its ways goes with it." in asked
    assert console.post("editor", f"/campaigns/{name}/steps/{branch}/remove").status_code == 303
    assert f'id="step-{wait}"' not in console.clients["editor"].get(f"/campaigns/{name}/edit").text


def test_a_campaign_travels_as_a_file_and_comes_back_the_same(console: Console) -> None:
    answer = console.post("editor", "/campaigns/import", text=FILE)
    assert answer.headers["location"] == "/campaigns/filed/edit"
    exported = console.clients["reader"].get("/campaigns/filed/export").text
    again = console.post("editor", "/campaigns/filed/yaml", text=exported)
    assert again.status_code == 303
    assert console.clients["reader"].get("/campaigns/filed/export").text == exported
    twice = console.post("editor", "/campaigns/import", text=FILE)
    assert "already" in error_at(twice.text, "import-text")
    other = console.post(
        "editor", "/campaigns/filed/yaml", text=exported.replace("name: filed", "name: else")
    )
    assert "must stay filed" in html.unescape(error_at(other.text, "yaml-text"))
    wrong = console.post("editor", "/campaigns/filed/yaml", text="flow: [")
    assert "no YAML" in error_at(wrong.text, "yaml-text")


def test_a_campaign_is_tried_out_on_what_really_happened(console: Console) -> None:
    name = begin(console, "To try out")
    add(console, name, "send", message="invite-by-sms", channel="sms", purpose="service")
    page = text_of(console, f"/campaigns/{name}/simulate?from=2020-01-01&to=2020-01-31&most=500", "reader")
    assert "Tried out over" in page
    assert "Would enter 0" in page
    assert "Messages per day" not in page
    beyond = text_of(console, f"/campaigns/{name}/simulate?from=2020-01-01&to=2026-01-31", "reader")
    assert "within two hundred days" in beyond
    assert "That is no date" in text_of(console, f"/campaigns/{name}/simulate?from=soon&to=later", "reader")


def test_what_its_author_expects_is_checked_where_a_draft_is_tried_out(console: Console) -> None:
    expected = """
expect: {entered: {at_least: 0}, sent: {thanks: {at_least: 5000}}}
given:
- name: Somebody who orders once
  facts: [{at: "+0", event: Order Completed, properties: {order_id: a}}]
  then: [{not_sent: thanks}]
"""
    filed = FILE.replace("filed", "expecting") + expected
    assert console.post("editor", "/campaigns/import", text=filed).status_code == 303
    page = text_of(console, "/campaigns/expecting/simulate?from=2026-01-01&to=2026-02-01&most=500", "reader")
    told = page.partition("What its author expects")[2]
    assert "entered at_least 0 State holds" in told
    assert "sent.thanks at_least 5000 State does not hold What came instead It is 0" in told
    assert "Somebody who orders once a written history State holds" in told


def test_one_message_to_an_audience_is_a_campaign_of_one_step(console: Console) -> None:
    answer = console.post(
        "editor",
        "/campaigns/broadcast",
        audience="campaign_regulars",
        message="invite-by-sms",
        label="News of May",
    )
    assert answer.headers["location"] == "/campaigns/news_of_may/publish"
    page = text_of(console, "/campaigns/news_of_may/edit")
    assert "Everybody in the audience campaign_regulars, once, as soon as it is published." in page
    wrong = console.post("editor", "/campaigns/broadcast", audience="", message="")
    assert wrong.status_code == 400
    assert "Choose an audience and a message" in error_at(wrong.text, "broadcast-audience")


def test_a_way_with_conditions_of_its_own_is_made_by_buttons_alone(
    console: Console, tab: Callable[..., Any]
) -> None:
    name = begin(console, "Made of conditions")
    page = tab("editor")
    page.goto(f"/campaigns/{name}/steps/new?place=~~&kind=branch")
    page.get_by_text("Or by conditions of its own").click()
    page.get_by_label("Kind of condition").select_option("trait")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Trait", exact=True).fill("city")
    page.get_by_label("Compared with").fill("Utrecht")
    page.get_by_role("button", name="Add a way").click()
    page.locator("[name=paths-1-audience]").select_option("campaign_regulars")
    page.get_by_role("button", name="Add the step").click()
    page.wait_for_url("**/edit#step-branch")
    exported = console.clients["editor"].get(f"/campaigns/{name}/yaml").text
    assert "name: city" in exported
    assert "audience: campaign_regulars" in exported
    page.get_by_role("link", name="Leaving early").first.click()
    page.get_by_role("button", name="Add a way out").click()
    page.get_by_text("Or by conditions of its own").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Events, pages or screens").fill("Order Refunded")
    page.get_by_role("button", name="Keep it in the draft").click()
    page.wait_for_url("**/edit")
    page.goto(f"/campaigns/{name}/exits")
    assert page.get_by_label("Events, pages or screens").input_value() == "Order Refunded"
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_condition_that_is_not_complete_is_marked_and_an_audience_goes_before_conditions(
    console: Console,
) -> None:
    name = begin(console, "Half a condition")
    path = f"/campaigns/{name}/steps/new?place=~~&kind=branch"
    half = {
        "paths": "1",
        "paths-0-rule-kind": "group",
        "paths-0-rule-parts": "1",
        "paths-0-rule-0-kind": "trait",
        "paths-0-rule-0-parts": "0",
        "paths-0-rule-0-operator": "is",
    }
    answer = console.post("editor", path, **half)
    assert answer.status_code == 400
    assert "Look at the condition that is marked" in error_at(answer.text, "step-paths-0-audience")
    assert error_at(answer.text, "step-paths-0-rule-0-name") == "Name a trait."
    chosen = {**half, "paths-0-audience": "campaign_regulars"}
    assert console.post("editor", path, **chosen).status_code == 303
    assert "audience: campaign_regulars" in text_of(console, f"/campaigns/{name}/yaml")


def test_the_planner_says_how_many_people_an_experiment_needs(console: Console) -> None:
    page = text_of(console, "/campaigns/plan?rate=10&change=20&per_week=500", "reader")
    assert "In the control group" in page
    assert "at 500 people a week" in page
    assert "cannot be planned" in text_of(console, "/campaigns/plan?rate=0", "reader")
    assert "cannot be planned" in text_of(console, "/campaigns/plan?rate=x", "reader")


def test_readers_see_and_editors_change(console: Console) -> None:
    console.post("editor", "/campaigns/import", text=FILE.replace("name: filed", "name: guarded"))
    for path in ("", "/people", "/yaml", "/simulate"):
        assert console.clients["reader"].get(f"/campaigns/guarded{path}").status_code == 200
    for path in ("/edit", "/entry", "/goals", "/publish", "/stop", "/steps/settle", "/steps/settle/remove"):
        assert console.clients["agent"].get(f"/campaigns/guarded{path}").status_code == 403
    for path in ("/publish", "/yaml", "/steps/settle/shift", "/goals", "/delete"):
        assert console.post("agent", f"/campaigns/guarded{path}").status_code == 403
    assert console.clients["reader"].get("/campaigns/new").status_code == 403
    assert console.outsider.get("/campaigns").status_code == 303
    assert console.clients["editor"].post("/campaigns/guarded/publish", data={}).status_code == 401
    assert heading(console.clients["reader"].get("/campaigns").text) == "Campaigns"


PAGES = (
    "/campaigns",
    "/campaigns/new",
    "/campaigns/import",
    "/campaigns/broadcast",
    "/campaigns/plan",
    "/campaigns/filed",
    "/campaigns/filed/people",
    "/campaigns/filed/edit",
    "/campaigns/filed/entry",
    "/campaigns/filed/entry?kind=schedule",
    "/campaigns/filed/goals",
    "/campaigns/filed/exits",
    "/campaigns/filed/settings",
    "/campaigns/filed/yaml",
    "/campaigns/filed/simulate?from=2026-01-01&to=2026-01-20",
    "/campaigns/filed/steps/new?place=~~",
    "/campaigns/filed/steps/new?place=~~&kind=wait_until",
    "/campaigns/filed/steps/who",
    "/campaigns/filed/steps/try",
    "/campaigns/filed/steps/thanks",
    "/campaigns/filed/steps/hope",
    "/campaigns/filed/publish",
)


@pytest.fixture(scope="module")
def filed(console: Console) -> None:
    """The campaign of the file, in force and with somebody in it."""
    console.post("editor", "/campaigns/import", text=FILE)
    console.post("editor", "/campaigns/filed/publish")
    console.send(bought(ANNA, 40, "Plate"))


@pytest.mark.parametrize("path", PAGES)
def test_no_campaign_page_is_wider_than_a_phone(
    console: Console, tab: Callable[..., Any], filed: None, path: str
) -> None:
    page = tab(viewport={"width": 320, "height": 740})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").count() == 1


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_on_the_campaign_pages(
    console: Console, tab: Callable[..., Any], filed: None, path: str, theme: str, width: int
) -> None:
    page = tab(viewport={"width": width, "height": 800}, color_scheme=theme, bypass_csp=True)
    page.goto(path)
    page.add_script_tag(path=AXE)
    found = page.evaluate(
        "axe.run().then(result => result.violations.map(one => `${one.id}: ${one.nodes[0].html}`))"
    )
    assert found == []
