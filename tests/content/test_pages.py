"""The pages of messages, blocks, feeds and pictures: what each role may do, and that what is done is done."""

import httpx
import pytest
import yaml

from tests.cast import CHANTAL, GIJS
from tests.console.conftest import Console, error_at, field_value, form_token, heading
from tests.console.people import bought, introduced, number_of
from tests.content.test_library import PNG

pytestmark = pytest.mark.service


@pytest.fixture(scope="module", autouse=True)
def person(console: Console) -> str:
    """Number of a person with an order."""
    console.send(*introduced(CHANTAL), bought(CHANTAL, 54.9, "Koffiemolen"))
    return number_of(console, f"user_id:{CHANTAL.user_id}")


def text_at(console: Console, path: str, role: str = "editor") -> str:
    answer = console.clients[role].get(path)
    assert answer.status_code == 200, path
    return answer.text


def begun(console: Console, label: str, channel: str = "email", purpose: str = "service") -> str:
    """Begin a message and return its address."""
    answer = console.post("editor", "/messages/new", label=label, channel=channel, purpose=purpose)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def saved(console: Console, address: str, language: str = "nl", **parts: str) -> httpx.Response:
    seen = field_value(text_at(console, address), "seen")
    return console.post("editor", address, language=language, seen=seen, **parts)


def test_a_message_is_begun_written_published_and_restored(console: Console) -> None:
    address = begun(console, "Bedankt voor je bestelling")
    assert address == "/messages/bedankt-voor-je-bestelling"
    assert heading(text_at(console, address)) == "Bedankt voor je bestelling"
    first = {"subject": "Bedankt", "body": "<p>Dag {{ person.first_name | default: 'klant' }}</p>"}
    assert saved(console, address, **first).status_code == 303
    assert console.post("editor", f"{address}/publish", note="Eerste").status_code == 303
    saved(console, address, **{**first, "subject": "Dank je"})
    console.post("editor", f"{address}/publish")
    page = text_at(console, f"{address}/versions/1")
    assert "Eerste" in page
    assert "Bedankt" in page
    assert console.post("editor", f"{address}/versions/1/restore").status_code == 303
    assert 'value="Bedankt"' in text_at(console, address)
    assert "version 2, draft differs" in text_at(console, "/messages")


def test_a_message_with_errors_is_not_published_and_says_why(console: Console) -> None:
    address = begun(console, "Kapot")
    saved(console, address, subject="x", body="<mj-section>")
    console.post("editor", f"{address}/publish")
    page = text_at(console, address)
    assert "It is not published" in page
    assert "never closed" in page or "is still open" in page
    assert "There is nothing to see yet" in page


def test_two_who_write_at_once_do_not_lose_their_words(console: Console) -> None:
    address = begun(console, "Samen")
    stale = field_value(text_at(console, address), "seen")
    saved(console, address, subject="van Gijs", body="<p>x</p>")
    again = console.post("editor", address, language="nl", seen=stale, subject="van Hanna", body="<p>y</p>")
    assert again.status_code == 400
    assert f"{GIJS.name} saved another draft" in error_at(again.text, "parts-subject")
    assert 'value="van Hanna"' in again.text


def test_the_preview_is_of_a_real_person_and_says_what_is_missing(console: Console, person: str) -> None:
    address = begun(console, "Voorbeeld")
    saved(
        console, address, subject="{{ person.first_name }}", body="<p>{{ fact.product }} {{ fact.gone }}</p>"
    )
    chooser = text_at(console, f"{address}?person={person}&q=chantal")
    assert "Chantal Smit" in chooser
    fact = chooser.split('id="preview-fact"')[1].split('<option value="')[2].split('"')[0]
    page = text_at(console, f"{address}?person={person}&fact={fact}")
    assert "<code>fact.gone</code>" in page
    assert "<code>fact.product</code>" in page or "Koffiemolen" in page
    frame = console.clients["reader"].get(f"{address}/preview?person={person}&fact={fact}")
    assert ">fact.gone</mark>" in frame.text
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"


def test_nobody_sees_a_preview_without_signing_in(console: Console) -> None:
    assert console.outsider.get("/messages/first-message/preview").status_code == 303
    assert console.outsider.get("/messages").status_code == 303


def test_a_test_comes_to_whoever_asks_for_it(console: Console) -> None:
    assert "Send it to gijs@kersten.example" in text_at(console, "/messages/first-message")
    answer = console.post("editor", "/messages/first-message/test", language="nl")
    assert answer.status_code == 303
    assert "on its way to gijs@kersten.example" in text_at(console, answer.headers["location"])


@pytest.mark.parametrize(
    "path",
    [
        "/messages/new",
        "/messages/import",
        "/messages/first-message",
        "/messages/first-message/publish",
        "/messages/first-message/settings",
        "/messages/first-message/delete",
        "/messages/first-message/test",
        "/messages/first-message/versions/1/restore",
        "/blocks/new",
        "/blocks/footer",
        "/blocks/footer/publish",
        "/blocks/footer/delete",
        "/feeds/products/delete",
        "/pictures/0/delete",
        "/sender",
    ],
)
@pytest.mark.parametrize("role", ["reader", "agent"])
def test_who_may_only_read_changes_nothing(console: Console, role: str, path: str) -> None:
    assert console.post(role, path, label="x", text="x").status_code == 403


def test_readers_see_everything_and_no_way_to_change_it(console: Console) -> None:
    for path in ("/messages", "/messages/first-message", "/blocks", "/blocks/footer", "/feeds", "/pictures"):
        page = text_at(console, path, "reader")
        main = page.split("<main")[1].split("</main>")[0]
        assert 'method="post"' not in main, path
        assert "/new" not in main
    assert "{% render" in text_at(console, "/messages/first-message", "reader")


def test_a_form_without_its_token_changes_nothing(console: Console) -> None:
    client = console.clients["editor"]
    assert client.post("/messages/new", data={"label": "x"}).status_code == 401
    files = {"file": ("a.csv", b"id\n1\n", "text/csv")}
    assert client.post("/feeds/upload", data={"name": "stolen"}, files=files).status_code == 401
    assert client.post("/pictures", files={"file": ("a.png", PNG, "image/png")}).status_code == 401
    assert client.get("/feeds/stolen").status_code == 404


def test_a_feed_comes_in_by_file_and_by_program(console: Console) -> None:
    client = console.clients["editor"]
    fields = {"name": "products", "label": "Producten", "csrf_token": form_token(client)}
    files = {"file": ("products.csv", b"id;name\nP-1;Mok\nP-2;Pan\n", "text/csv")}
    assert client.post("/feeds/upload", data=fields, files=files).status_code == 303
    assert "Mok" in text_at(console, "/feeds/products", "reader")
    bad = client.post("/feeds/upload", data=fields, files={"file": ("p.csv", b"naam\nMok\n", "text/csv")})
    assert bad.status_code == 400
    assert "looks like a key" in error_at(bad.text, "feed-file")
    header = {"Authorization": f"Bearer {console.installation.token}"}
    address = f"{console.installation.address}/v1/feeds/products"
    put = httpx.put(address, headers=header, json={"rows": [{"sku": "A", "name": "Nieuw"}]}, timeout=120)
    assert (put.status_code, put.json()["rows"], put.json()["key"]) == (200, 1, "sku")
    assert put.json()["label"] == "Producten"
    listed = httpx.get(f"{console.installation.address}/v1/feeds", headers=header, timeout=120).json()[
        "feeds"
    ]
    assert [one["name"] for one in listed] == ["products"]
    assert httpx.put(address, json={"rows": []}, timeout=120).status_code == 401
    assert (
        httpx.put(address, headers=header, json={"rows": []}, timeout=120).json()["code"] == "invalid_input"
    )
    console.post("editor", "/feeds/products/delete")
    assert httpx.delete(address, headers=header, timeout=120).status_code == 404


def test_a_picture_is_kept_and_served_to_everybody_for_ever(console: Console) -> None:
    client = console.clients["editor"]
    fields = {"alt": "Ons logo", "csrf_token": form_token(client)}
    assert (
        client.post("/pictures", data=fields, files={"file": ("logo.png", PNG, "image/png")}).status_code
        == 303
    )
    page = text_at(console, "/pictures", "reader")
    path = page.split('<img src="')[1].split('"')[0]
    for src in page.split('<img src="')[1:]:
        if src.startswith("/media/"):
            path = src.split('"')[0]
    served = httpx.get(f"{console.installation.address}{path}", timeout=120)
    assert (served.content, served.headers["content-type"]) == (PNG, "image/png")
    assert "immutable" in served.headers["cache-control"]
    assert served.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{console.installation.address}{path[:-3]}svg", timeout=120).status_code == 404
    svg = {"file": ("x.png", b"<svg onload=alert(1)>", "image/png")}
    assert client.post("/pictures", data=fields, files=svg).status_code == 400


def test_what_is_exported_is_imported_after_a_look(console: Console) -> None:
    text = text_at(console, "/messages/first-message/export", "reader")
    data = yaml.safe_load(text)
    data["messages"][0]["label"] = "Welkom terug"
    changed = yaml.safe_dump(data, allow_unicode=True)
    looked = console.post("editor", "/messages/import", text=changed)
    assert looked.status_code == 200
    assert "changed" in looked.text
    assert "Welkom terug" not in text_at(console, "/messages")
    seen = field_value(looked.text, "seen").replace("&#34;", '"')
    assert console.post("editor", "/messages/import", text=changed, seen=seen).status_code == 303
    assert "Welkom terug" in text_at(console, "/messages")
    bad = console.post("editor", "/messages/import", text="messages: [{name: x}]")
    assert (bad.status_code, "message x" in bad.text) == (400, True)


def test_the_sender_is_in_every_message(console: Console) -> None:
    fields = {"name": "Kersten & Co", "address": "Dam 1, Amsterdam", "colour": "#7a1f1f"}
    assert console.post("editor", "/sender", **fields).status_code == 303
    assert "Dam 1, Amsterdam" in text_at(console, "/messages/first-message/preview")
    light = console.post("editor", "/sender", **{**fields, "colour": "#ffff00"})
    assert "too light" in error_at(light.text, "sender-colour")


def test_a_block_is_written_and_deleted(console: Console) -> None:
    answer = console.post("editor", "/blocks/new", label="Openingstijden", name="hours")
    assert answer.headers["location"] == "/blocks/hours"
    saved(
        console,
        "/blocks/hours",
        mail="<mj-section><mj-column><mj-text>9 tot 5</mj-text></mj-column></mj-section>",
    )
    assert console.post("editor", "/blocks/hours/publish").status_code == 303
    assert "9 tot 5" in text_at(console, "/blocks/hours/preview")
    assert "No campaign" not in text_at(console, "/blocks/hours/delete")
    assert console.post("editor", "/blocks/hours/delete").status_code == 303
    assert console.clients["editor"].get("/blocks/hours").status_code == 404


def test_a_language_is_left_out_and_the_other_stays(console: Console) -> None:
    address = begun(console, "Een taal")
    assert "Leave this language out" in text_at(console, f"{address}?language=en")
    assert console.post("editor", f"{address}/languages/en/delete").status_code == 303
    page = text_at(console, address)
    assert "Leave this language out" not in page
    assert "A message from" not in text_at(console, f"{address}?language=en")
    assert console.post("editor", f"{address}/languages/en/delete").status_code == 404
    assert console.post("reader", f"{address}/languages/nl/delete").status_code == 403


def test_names_that_are_taken_or_odd_are_refused(console: Console) -> None:
    taken = console.post(
        "editor", "/messages/new", label="x", name="first-message", channel="sms", purpose="service"
    )
    assert (taken.status_code, "already" in taken.text) == (400, True)
    odd = console.post("editor", "/messages/new", label="x", name="../x", channel="sms", purpose="service")
    assert odd.status_code == 400
    fax = console.post("editor", "/messages/new", label="x", name="fax", channel="fax", purpose="service")
    assert fax.status_code == 400


def test_the_list_is_filtered_by_its_address(console: Console) -> None:
    begun(console, "Sms voor filter", channel="sms")
    page = text_at(console, "/messages?channel=sms&q=filter")
    assert "Sms voor filter" in page
    assert "first-message" not in page
    assert "No message fits" in text_at(console, "/messages?channel=letter")
