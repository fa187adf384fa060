"""Computed traits on pages: previewed on real people, saved, counted over past facts, carried as files, deleted."""

import html
import time

import httpx
import pytest

from beleef.app import Stores, build_audiences, build_content, build_profiles
from beleef.audiences.api import audience_from_data
from beleef.content.api import Message
from beleef.settings import load
from tests.cast import ANNA, CHANTAL
from tests.console.conftest import Console, error_at, field_value
from tests.console.people import bought, introduced, number_of

pytestmark = pytest.mark.service

LAMPS = {
    "label": "Lamps bought",
    "kind": "count",
    "types": "track",
    "names": "Order Completed",
    "conditions": "1",
    "path-0": "properties.products.0.name",
    "operator-0": "equals",
    "value-0": "Lava lamp",
}


def test_a_trait_added_on_the_page_is_previewed_and_then_stands_on_the_person_with_past_facts(
    console: Console,
) -> None:
    console.send(*introduced(ANNA), bought(ANNA, 10, "Lava lamp"), bought(ANNA, 20, "Vase"))
    preview = console.post("editor", "/traits/edit", **LAMPS)
    assert preview.status_code == 200
    assert "Nothing is saved yet" in preview.text
    assert ANNA.name in preview.text
    assert "Lamps bought" not in console.clients["reader"].get("/traits").text
    previewed = html.unescape(field_value(preview.text, "previewed"))
    assert console.post("editor", "/traits/edit", **LAMPS, previewed=previewed).status_code == 303
    assert "Lamps bought" in console.clients["reader"].get("/traits").text
    deadline = time.monotonic() + 120
    computed: object = None
    while computed != 1 and time.monotonic() < deadline:
        computed = console.installation.ask(f"/v1/people/user_id:{ANNA.user_id}")["computed"]["lamps_bought"]
        time.sleep(0.1)
    assert computed == 1
    page = console.clients["reader"].get(f"/people/{number_of(console, f'user_id:{ANNA.user_id}')}").text
    assert "Lamps bought" in page


def test_a_program_adds_changes_and_deletes_a_computed_trait(console: Console) -> None:
    address = f"{console.installation.address}/v1/computed-traits"
    editor, reader = (
        {"Authorization": f"Bearer {console.installation.add_token(role)}"} for role in ("editor", "reader")
    )
    vases = {"name": "vases", "label": "Vases", "kind": "count", "types": ["track"], "names": ["Vase Bought"]}
    assert httpx.put(f"{address}/vases", json=vases, headers=reader, timeout=120).status_code == 403
    assert (
        httpx.put(f"{address}/lamps", json=vases, headers=editor, timeout=120).json()["code"]
        == "invalid_input"
    )
    assert (
        httpx.put(f"{address}/vases", json={**vases, "kind": "sum"}, headers=editor, timeout=120).status_code
        == 400
    )
    saved = httpx.put(f"{address}/vases", json=vases, headers=editor, timeout=120)
    assert (saved.status_code, saved.json()["definition"]["label"]) == (200, "Vases")
    listed = httpx.get(address, headers=reader, timeout=120).json()["computed_traits"]
    assert "vases" in [one["definition"]["name"] for one in listed]
    assert httpx.delete(f"{address}/vases", headers=editor, timeout=120).status_code == 200
    assert httpx.delete(f"{address}/vases", headers=editor, timeout=120).status_code == 404


def test_what_cannot_work_is_told_at_the_form_and_roles_hold(console: Console) -> None:
    answer = console.post("editor", "/traits/edit", label="Worth", kind="sum")
    assert answer.status_code == 400
    assert "needs a value" in error_at(answer.text, "trait-label")
    answer = console.post("editor", "/traits/edit", label="Worth", kind="count", window_days="ten")
    assert "days cannot be kept" in error_at(answer.text, "trait-label")
    assert console.post("agent", "/traits/edit", **LAMPS).status_code == 403
    assert console.clients["agent"].get("/traits/new").status_code == 403
    assert console.clients["editor"].post("/traits/edit", data=LAMPS).status_code == 401


def test_conditions_are_added_and_taken_away_without_saving(console: Console) -> None:
    more = console.post("editor", "/traits/edit", **LAMPS, change="add").text
    assert 'name="path-1"' in more
    assert field_value(more, "conditions") == "2"
    less = console.post("editor", "/traits/edit", **LAMPS, change="remove-0").text
    assert 'name="path-0"' not in less
    assert "Lamps" in less


def test_traits_travel_as_a_file_and_are_deleted(console: Console) -> None:
    console.send(*introduced(CHANTAL))
    file = "computed_traits:\n- name: visits_all\n  label: All visits\n  kind: count\n  types: [page]\n"
    assert console.post("editor", "/traits/import", text=file).status_code == 303
    exported = console.clients["reader"].get("/traits/export").text
    assert "visits_all" in exported
    edited = console.clients["editor"].get("/traits/visits_all/edit").text
    assert 'value="All visits"' in edited
    wrong = console.post("editor", "/traits/import", text="- just a list")
    assert "no list of computed traits" in error_at(wrong.text, "import-text")
    assert console.clients["editor"].get("/traits/visits_all/delete").status_code == 200
    assert console.post("agent", "/traits/visits_all/delete").status_code == 403
    assert console.post("editor", "/traits/visits_all/delete").status_code == 303
    assert "visits_all" not in console.clients["reader"].get("/traits/export").text
    assert console.clients["editor"].get("/traits/visits_all/edit").status_code == 404


def test_a_trait_that_is_asked_for_is_not_deleted_and_an_audience_without_its_trait_says_so(
    console: Console,
) -> None:
    trait = {"name": "teapots", "label": "Teapots", "kind": "count", "types": ["track"], "names": ["Tea"]}
    rule = {"computed": {"name": "teapots", "is": 3}}
    stores = Stores(load(console.installation.data, {}))
    profiles, audiences, content = build_profiles(stores), build_audiences(stores), build_content(stores)
    texts = {"en": {"text": "You have {{ person.computed.teapots }} teapots."}}
    message = Message(name="tea", label="Tea time", channel="sms", purpose="service", texts=texts)
    with stores.database.write() as connection:
        profiles.save_definition(connection, trait)
        made = audience_from_data({"name": "tea_lovers", "label": "Tea lovers", "rule": rule})
        audiences.save(connection, made, stores.now())
        audiences.keep(connection, "survey:tea", [made.rule])
        content.save(connection, message, by="Fatima")
    address = f"{console.installation.address}/v1/computed-traits/teapots"
    editor = {"Authorization": f"Bearer {console.installation.add_token('editor')}"}
    answer = httpx.delete(address, headers=editor, timeout=120)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    for asking in ("the audience “Tea lovers”", "the survey “tea”", "the message “Tea time”"):
        assert asking in answer.json()["message"]
        page = console.post("editor", "/traits/teapots/delete")
        assert page.status_code == 409
        assert asking in page.text
    reader = console.clients["reader"]
    assert "stands still" not in reader.get("/audiences/tea_lovers").text
    with stores.database.write() as connection:
        profiles.delete_definition(connection, "teapots", lambda *_: ())
    assert "asks for what is not there: teapots." in reader.get("/audiences/tea_lovers").text
    assert "Some audiences stand still" in reader.get("/audiences").text
    with stores.database.write() as connection:
        audiences.keep(connection, "survey:tea", ())
        audiences.delete(connection, "tea_lovers")
        content.delete(connection, "message", "tea")
    stores.close()
    assert "Some audiences stand still" not in reader.get("/audiences").text
