"""Audiences on pages: made in the form without script, counted, filled, explained, handed over, carried as YAML, deleted."""

import csv
import html
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.cast import ANNA, CHANTAL, DAAN
from tests.console.conftest import Console
from tests.console.people import bought, introduced, number_of

pytestmark = pytest.mark.service

ROOT = {"rule-kind": "group", "rule-mode": "all", "rule-parts": "1"}
BUYERS = {
    **ROOT,
    "rule-0-kind": "did",
    "rule-0-parts": "1",
    "rule-0-events": "Order Completed",
    "rule-0-at_least": "1",
    "rule-0-0-kind": "where",
    "rule-0-0-path": "properties.coupon",
    "rule-0-0-operator": "is",
    "rule-0-0-value": "AUTUMN",
}


def autumn(revenue: float, *names: str) -> dict[str, Any]:
    """Return the message of Chantal's order with a coupon that no other test uses."""
    order = bought(CHANTAL, revenue, *names)
    return {**order, "properties": {**order["properties"], "coupon": "AUTUMN"}}


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it took too long.
    """
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def size_of(console: Console, name: str) -> int:
    """Return how many people an audience holds, as its page says."""
    page = console.clients["reader"].get(f"/audiences/{name}").text
    found = re.search(r'Members <span class="nav-count">([\d,]+)', page)
    return int(found[1].replace(",", "")) if found else 0


def is_live(console: Console, name: str) -> bool:
    """Return whether an audience is filled, as its page says."""
    return "</svg>live</span>" in console.clients["reader"].get(f"/audiences/{name}").text


@pytest.fixture(scope="module")
def autumn_buyers(console: Console) -> str:
    """Name of an audience, made on the page, that holds Chantal and not Anna."""
    console.send(*introduced(CHANTAL), *introduced(ANNA), autumn(30, "Vase"), bought(ANNA, 10, "Lamp"))
    answer = console.post("editor", "/audiences/edit", label="Autumn buyers", **BUYERS)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/audiences/autumn_buyers"
    wait_until(lambda: is_live(console, "autumn_buyers"), "it is never filled")
    return "autumn_buyers"


def test_an_audience_made_in_the_form_is_filled_and_stays_live(console: Console, autumn_buyers: str) -> None:
    assert size_of(console, autumn_buyers) == 1
    members = console.clients["reader"].get(f"/audiences/{autumn_buyers}/members").text
    assert CHANTAL.name in members
    assert ANNA.name not in members
    console.send(*introduced(DAAN), {**autumn(5, "Cup"), "userId": DAAN.user_id})
    wait_until(lambda: size_of(console, autumn_buyers) == 2, "a new fact changes nothing")
    assert "Autumn buyers" in console.clients["reader"].get("/audiences").text


def test_the_form_is_built_button_by_button_without_script(console: Console) -> None:
    fields = {**ROOT, "rule-parts": "0", "label": "Step by step", "rule-new": "did"}
    page = console.post("editor", "/audiences/edit", **fields, change="rule:add:").text
    assert 'name="rule-0-events"' in page
    assert "data-focus" in page
    fields |= {"rule-parts": "1", "rule-0-kind": "did", "rule-0-parts": "0", "rule-0-events": "Signed Up"}
    page = console.post("editor", "/audiences/edit", **fields, change="rule:where:0").text
    assert 'name="rule-0-0-path"' in page
    assert 'value="Signed Up"' in page
    fields |= {"rule-new": "group"}
    page = console.post("editor", "/audiences/edit", **fields, change="rule:add:").text
    assert 'name="rule-1-mode"' in page
    page = console.post("editor", "/audiences/edit", **fields, change="rule:remove:0").text
    assert 'name="rule-0-events"' not in page
    assert "Step by step" in page
    assert "/audiences/step_by_step" not in console.clients["reader"].get("/audiences").text


def test_what_it_selects_is_counted_before_anything_is_kept(console: Console, autumn_buyers: str) -> None:
    page = console.post("editor", "/audiences/edit", label="Try", **BUYERS, do="count").text
    assert re.search(r'class="figure">\d+</span> <span class="count-of">of \d+ people', page)
    assert "“Order Completed”" in page
    assert CHANTAL.name in page
    fragment = console.post("editor", "/audiences/count", **BUYERS)
    assert fragment.status_code == 200
    assert CHANTAL.name in fragment.text
    assert "<html" not in fragment.text
    assert "/audiences/try" not in console.clients["reader"].get("/audiences").text


def test_what_is_missing_is_said_where_it_is_missing(console: Console) -> None:
    fields = {**ROOT, "label": "Half", "rule-0-kind": "trait", "rule-0-parts": "0", "rule-0-operator": "is"}
    answer = console.post("editor", "/audiences/edit", **fields)
    assert answer.status_code == 400
    assert 'id="audience-rule-0-name-error"' in answer.text
    assert "Name a trait." in answer.text
    counted = console.post("editor", "/audiences/count", **fields).text
    assert "One condition is not complete yet." in counted


def test_a_rule_goes_to_yaml_and_back(console: Console) -> None:
    page = console.post("editor", "/audiences/edit", label="Y", **BUYERS, do="yaml").text
    found = re.search(r'<textarea[^>]*name="file"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    text = html.unescape(found[1])
    assert "event: Order Completed" in text
    back = console.post("editor", "/audiences/edit", label="Y", file=text, do="form").text
    assert 'value="Order Completed"' in back
    assert 'value="AUTUMN"' in back
    wrong = console.post("editor", "/audiences/edit", label="Y", file="all: {", do="form")
    assert wrong.status_code == 400
    assert "That is no YAML." in wrong.text
    exported = console.clients["reader"].get("/audiences/export")
    assert exported.headers["content-type"].startswith("application/yaml")


def test_why_somebody_is_in_it_or_not_stands_on_the_page(console: Console, autumn_buyers: str) -> None:
    reader, path = console.clients["reader"], f"/audiences/{autumn_buyers}/why"
    chantal, anna = (number_of(console, f"user_id:{one.user_id}") for one in (CHANTAL, ANNA))
    assert f"?person={chantal}" in reader.get(path, params={"q": "Chantal"}).text
    inside = reader.get(path, params={"person": chantal}).text
    assert f"{CHANTAL.name} is in “Autumn buyers”" in inside
    assert "condition-held" in inside
    assert "last on" in inside
    outside = reader.get(path, params={"person": anna}).text
    assert f"{ANNA.name} is not in “Autumn buyers”" in outside
    assert "condition-not" in outside
    assert "never seen" in outside
    person = reader.get(f"/people/{chantal}").text
    assert f"{path}?person={chantal}" in person
    assert "In the audiences" in person


def test_members_are_given_as_a_file_each_person_once(console: Console, autumn_buyers: str) -> None:
    answer = console.clients["editor"].get(f"/audiences/{autumn_buyers}/members.csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert CHANTAL.user_id in [row["user_id"] for row in rows]
    assert len({row["person"] for row in rows}) == len(rows)
    assert console.clients["reader"].get(f"/audiences/{autumn_buyers}/members.csv").status_code == 403


def test_names_are_taken_once_and_some_never(console: Console, autumn_buyers: str) -> None:
    again = console.post("editor", "/audiences/edit", label="Autumn buyers", **BUYERS)
    assert again.status_code == 400
    assert "is taken" in again.text
    assert console.post("editor", "/audiences/edit", label="New", **BUYERS).status_code == 400
    unnamed = console.post("editor", "/audiences/edit", label=" ", **BUYERS)
    assert "has no name" in unnamed.text


def test_an_audience_that_another_one_asks_for_cannot_be_deleted(
    console: Console, autumn_buyers: str
) -> None:
    asks = {**ROOT, "rule-0-kind": "audience", "rule-0-parts": "0", "rule-0-name": autumn_buyers}
    assert console.post("editor", "/audiences/edit", label="Asks", **asks).status_code == 303
    listed = console.clients["reader"].get("/audiences").text
    assert "Asks" in listed
    refused = console.post("editor", f"/audiences/{autumn_buyers}/delete")
    assert refused.status_code == 409
    assert console.clients["editor"].get("/audiences/asks/delete").status_code == 200
    assert console.post("agent", "/audiences/asks/delete").status_code == 403
    assert console.post("editor", "/audiences/asks/delete").status_code == 303
    assert console.clients["reader"].get("/audiences/asks").status_code == 404


class _System(BaseHTTPRequestHandler):
    taken: list[dict[str, Any]]

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append(said)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def system() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Another system: its address, and what it took."""
    taken: list[dict[str, Any]] = []
    handler = type("System", (_System,), {"taken": taken})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/in", taken
        server.shutdown()
        thread.join()


def test_an_audience_is_handed_over_and_its_state_stands_on_the_page(
    console: Console, autumn_buyers: str, system: tuple[str, list[dict[str, Any]]]
) -> None:
    url, taken = system
    base = f"/audiences/{autumn_buyers}/hand-over"
    assert console.post("agent", f"{base}/new", way="webhook", url=url).status_code == 403
    assert console.post("editor", f"{base}/new", way="webhook", url="ftp://x").status_code == 400
    added = console.post("editor", f"{base}/new", way="webhook", url=url, traits="email")
    assert added.status_code == 303
    page = added.headers["location"]
    wait_until(lambda: any(said["changes"] for said in taken), "nothing is handed over")
    people = [one["person"] for said in taken for one in said["changes"]]
    assert CHANTAL.user_id in [one["identifiers"]["user_id"] for one in people]
    wait_until(
        lambda: "Up to date" in console.clients["reader"].get(page).text, "the page does not show how it goes"
    )
    assert "HTTP 200" in console.clients["reader"].get(page).text
    assert "secret-code" in console.clients["editor"].get(page).text
    assert "secret-code" not in console.clients["reader"].get(page).text
    assert url in console.clients["reader"].get(base).text
    tried = console.post("editor", page, do="try")
    assert tried.status_code == 303
    assert any(said.get("test") for said in taken)
    assert console.post("editor", page, do="pause").status_code == 303
    assert "Paused" in console.clients["reader"].get(page).text
    assert console.clients["editor"].get(f"{page}/delete").status_code == 200
    assert console.post("editor", f"{page}/delete").status_code == 303
    assert console.clients["reader"].get(page).status_code == 404


def test_a_file_is_written_as_often_as_asked(console: Console, autumn_buyers: str) -> None:
    base = f"/audiences/{autumn_buyers}/hand-over"
    assert console.post("editor", f"{base}/new", way="file", every_hours="0", keep="2").status_code == 400
    added = console.post("editor", f"{base}/new", way="file", every_hours="24", keep="2")
    folder = console.installation.data / "exports" / autumn_buyers
    wait_until(lambda: folder.is_dir() and any(folder.glob("*.csv")), "no file is written")
    wait_until(
        lambda: "The last file holds" in console.clients["reader"].get(added.headers["location"]).text,
        "the page does not show the file",
    )
    assert CHANTAL.user_id in next(folder.glob("*.csv")).read_text()
