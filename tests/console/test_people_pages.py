"""The customer pages: people, one person, accounts, entering a contact, exporting and erasing."""

import json

import pytest

from tests.cast import ANNA, BAKERY, CHANTAL, DAAN, ELIF
from tests.console.conftest import Console, error_at, field_value, heading
from tests.console.people import bought, introduced, number_of, status_of

pytestmark = pytest.mark.service


def test_a_person_is_found_by_name_and_is_one_line_however_many_devices_they_have(console: Console) -> None:
    console.send(*introduced(ANNA), *introduced(ANNA, device=1))
    console.send({"type": "page", "name": "Home", "anonymousId": ANNA.anonymous_ids[1]})
    page = console.clients["reader"].get("/people", params={"q": "anna vr"}).text
    number = number_of(console, f"user_id:{ANNA.user_id}")
    assert page.count(f'href="/people/{number}"') == 1
    assert ANNA.name in page
    everybody = console.clients["reader"].get("/people").text
    assert everybody.count(f'href="/people/{number}"') == 1


def test_filters_hold_for_the_person_as_a_whole_and_say_so_when_nobody_fits(console: Console) -> None:
    console.send(
        *introduced(ELIF),
        {"type": "track", "event": "Called", "userId": ELIF.user_id, "channel": "phone"},
        {"type": "page", "name": "Home", "anonymousId": ELIF.anonymous_ids[0]},
    )
    reader = console.clients["reader"]
    link = f'href="/people/{number_of(console, f"user_id:{ELIF.user_id}")}"'
    assert link in reader.get("/people", params={"channel": "phone", "facts": "3", "trait": "email"}).text
    assert link not in reader.get("/people", params={"channel": "chat"}).text
    assert link not in reader.get("/people", params={"facts": "4000"}).text
    assert "Nobody fits" in reader.get("/people", params={"q": "zzzz"}).text
    assert link in reader.get("/people", params={"after": "rubbish", "since": "no day", "facts": "x"}).text


def test_a_persons_page_tells_the_whole_story_in_words(console: Console) -> None:
    console.send(
        *introduced(CHANTAL),
        bought(CHANTAL, 54.9, "Koffiemolen", "Theepot", "Kop"),
        {
            "type": "group",
            "userId": CHANTAL.user_id,
            "groupId": BAKERY.group_id,
            "traits": {"name": BAKERY.name},
        },
        {
            "type": "track",
            "event": "Consent Updated",
            "userId": CHANTAL.user_id,
            "properties": {"purpose": "newsletter", "channel": "email", "state": "granted"},
        },
    )
    number = number_of(console, f"user_id:{CHANTAL.user_id}")
    page = console.clients["reader"].get(f"/people/{number}").text
    assert heading(page) == CHANTAL.name
    assert "Bought 3 products for €54.90" in page
    assert "Belongs to Bakkerij Smit" in page
    assert "Allowed “newsletter”" in page
    assert "Koffiemolen" in page
    only_identify = console.clients["reader"].get(f"/people/{number}", params={"type": "identify"}).text
    assert "Told who they are" in only_identify
    assert "Bought 3 products" not in only_identify
    accounts = console.clients["reader"].get("/accounts", params={"q": "bakkerij"}).text
    assert BAKERY.name in accounts
    account = accounts.split('href="/accounts/')[1].split('"')[0]
    assert CHANTAL.name in console.clients["reader"].get(f"/accounts/{account}").text


def test_whatever_facts_hold_the_page_shows_it_as_text(console: Console) -> None:
    odd = {"name": "<script>alert(1)</script>", "score": 1e300, "deep": {"a": [{"b": [None, True]}]}, "": "x"}
    console.send(
        {"type": "identify", "userId": "odd-one", "traits": odd},
        {"type": "track", "event": "Order Completed", "userId": "odd-one", "timestamp": "1971-01-01T00:00:00Z",
         "properties": {"revenue": 1e300, "currency": "<b>", "products": [{"quantity": 1e300, "name": 3}, 4]}},
        {"type": "track", "event": "Product Reviewed", "userId": "odd-one", "channel": "pigeon",
         "properties": {"rating": 1e300, "name": ["x"], "review_body": ["odd"]}},
    )  # fmt: skip
    number = number_of(console, "user_id:odd-one")
    for path in (
        f"/people/{number}",
        f"/people/{number}/identity",
        "/people?q=script",
        "/people?channel=pigeon",
        "/live",
        "/accounts",
    ):
        answer = console.clients["reader"].get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_the_number_of_an_identifier_leads_to_the_person_it_belongs_to_now(console: Console) -> None:
    console.send(*introduced(ANNA))
    explained = console.installation.ask(f"/v1/people/user_id:{ANNA.user_id}/identity")
    device = next(
        end["number"] for one in explained["joined"] for end in (one["a"], one["b"])
        if end["namespace"] == "anonymous_id"
    )  # fmt: skip
    answer = console.clients["reader"].get(f"/people/{device}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{explained['id']}")
    assert console.clients["reader"].get("/people/0000000000001").status_code == 404
    assert console.clients["reader"].get("/people/no-number").status_code == 404


def test_a_contact_entered_by_hand_stands_on_the_timeline_once(console: Console) -> None:
    console.send(*introduced(ANNA))
    path = f"/people/{number_of(console, f'user_id:{ANNA.user_id}')}"
    form = console.clients["agent"].get(f"{path}/contact").text
    fields = {
        "message_id": field_value(form, "message_id"),
        "kind": "Shop Visited",
        "channel": "shop",
        "touchpoint": "Shop Utrecht",
        "when": "2026-03-01 09:30",
        "note": "Asked about the oak lamp",
    }
    for _ in range(2):
        assert console.post("agent", f"{path}/contact", **fields).status_code == 303
    page = console.clients["agent"].get(path, params={"channel": "shop"}).text
    assert page.count("Visited the shop</") == 1
    assert "Asked about the oak lamp" in page
    assert "Shop Utrecht" in page


def test_a_contact_that_cannot_be_is_explained_at_its_fields(console: Console) -> None:
    console.send(*introduced(ANNA))
    path = f"/people/{number_of(console, f'user_id:{ANNA.user_id}')}/contact"
    answer = console.post("agent", path, kind="Nonsense", channel="pigeon", when="2999-01-01 10:00")
    assert answer.status_code == 400
    assert error_at(answer.text, "contact-kind") == "Choose what happened."
    assert error_at(answer.text, "contact-channel") == "Choose one of the channels."
    assert "future" in error_at(answer.text, "contact-when")
    assert console.post("reader", path, kind="Shop Visited").status_code == 403
    assert console.clients["agent"].post(path, data={"kind": "Shop Visited"}).status_code == 401


def test_everything_kept_is_exported_and_nothing_is_left_after_erasing(console: Console) -> None:
    console.send(*introduced(DAAN), bought(DAAN, 12, "Lamp"))
    number = number_of(console, f"user_id:{DAAN.user_id}")
    editor, administrator = console.clients["editor"], console.clients["administrator"]
    lines = [json.loads(line) for line in editor.get(f"/people/{number}/export").text.splitlines()]
    assert lines[0]["person"]["traits"]["name"] == DAAN.name
    assert {line["fact"]["type"] for line in lines[1:]} >= {"identify", "track"}
    assert console.clients["agent"].get(f"/people/{number}/export").status_code == 403
    wrong = console.post("administrator", f"/people/{number}/erase", name="Daan")
    assert (wrong.status_code, "This is not the name" in wrong.text) == (400, True)
    assert console.post("editor", f"/people/{number}/erase", name=DAAN.name).status_code == 403
    assert console.post("administrator", f"/people/{number}/erase", name=DAAN.name).status_code == 303
    assert administrator.get(f"/people/{number}").status_code == 404
    assert DAAN.name not in administrator.get("/people", params={"q": "daan"}).text
    again = {"messageId": "daan-again", "writeKey": console.installation.write_key, **introduced(DAAN)[0]}
    assert administrator.post("/v1/identify", json=again).status_code == 200
    assert status_of(console, "daan-again") == "erased"
    assert administrator.get(f"/people/{number}").status_code == 404
    lifted = console.post("administrator", "/identity/erased", namespace="user_id", value=DAAN.user_id)
    assert lifted.status_code == 303
    unknown = console.post("administrator", "/identity/erased", namespace="user_id", value="nobody")
    assert "not among the erased" in error_at(unknown.text, "lift-value")
