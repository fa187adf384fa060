"""Live, Sources and the Quarantine: what comes in is seen, named and mended on pages."""

import html
import re
import time

import httpx
import pytest

from tests.cast import ANNA
from tests.console.conftest import Console, error_at, heading

pytestmark = pytest.mark.service


def titles(page: str) -> list[str]:
    """Return the titles of a list of facts, newest first."""
    return [
        html.unescape(re.sub("<.*?>", "", one)) for one in re.findall(r'class="event-title">(.*?)</p>', page)
    ]


def quarantined(console: Console, name: str) -> str:
    """Let a message without anybody come in and return the address of its page."""
    console.send({"type": "track", "event": name, "properties": {"n": 1}})
    page = console.clients["editor"].get("/quarantine?code=no_user_anon_id").text
    found = re.search(
        rf'href="(/quarantine/[0-9a-z]{{13}})">[^<]*</a><span class="second">{name.replace(" ", "-")}-', page
    )
    assert found is not None
    return found[1]


def test_a_fact_is_seen_live_as_it_comes(console: Console) -> None:
    client = console.clients["reader"]
    console.send({"type": "track", "event": "Before", "userId": ANNA.user_id})
    page = client.get("/live").text
    following = html.unescape(page.split('data-live="')[1].split('"')[0])
    until = time.monotonic() + 60
    httpx.post(
        f"{console.installation.address}/v1/track",
        json={"writeKey": console.installation.write_key, "event": "Lamp Bought", "userId": ANNA.user_id},
        timeout=120,
    )
    while "Lamp Bought" not in (fresh := client.get(following)).text:
        assert time.monotonic() < until, "not seen"
        time.sleep(0.02)
    assert "Lamp Bought" in titles(fresh.text)
    assert "Before" not in titles(fresh.text)
    assert "Lamp Bought" not in titles(client.get(fresh.headers["beleef-next"]).text)
    now = titles(client.get("/live").text)
    assert now.index("Lamp Bought") < now.index("Before")


def test_live_is_filtered_by_its_address(console: Console) -> None:
    client = console.clients["reader"]
    console.send(
        {"type": "track", "event": "Called", "userId": ANNA.user_id, "channel": "phone"},
        {"type": "track", "event": "Clicked", "userId": ANNA.user_id},
        {"type": "page", "name": "Home", "userId": ANNA.user_id},
    )
    assert "Called" in titles(client.get("/live?channel=phone").text)
    assert "Clicked" not in titles(client.get("/live?channel=phone").text)
    assert set(titles(client.get("/live?type=page").text)) == {"Home"}
    assert set(titles(client.get("/live?name=Clicked&source=web").text)) == {"Clicked"}
    nothing = client.get("/live?source=nobody").text
    assert titles(nothing) == []
    assert "Nothing of this kind lately" in nothing


def test_a_fact_is_shown_as_understood_and_as_it_came(console: Console) -> None:
    client = console.clients["reader"]
    (name,) = console.send(
        {"type": "track", "event": "Order Completed", "userId": ANNA.user_id, "unknownField": "kept in the log",
         "properties": {"revenue": 49.95, "currency": "EUR", "order_id": "W-1"}}
    )  # fmt: skip
    live = client.get("/live?name=Order Completed").text
    assert "€49.95" in live
    address = re.findall(r'href="(/live/[0-9a-z]{13})"', live)[0]
    page = html.unescape(client.get(address).text)
    assert heading(page) == "Order Completed"
    assert name in page
    assert ANNA.user_id in page
    assert '"unknownField": "kept in the log"' in page


def test_there_is_no_page_for_a_fact_that_never_was(console: Console) -> None:
    for number in ("0000000000000", "zzzzzzzzzzzzz", "nonsense", "00000000000zz"):
        assert console.clients["reader"].get(f"/live/{number}").status_code == 404


def test_a_list_that_keeps_itself_up_to_date_is_refused_when_nobody_is_signed_in(console: Console) -> None:
    answer = console.outsider.get("/live/new", headers={"Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401


def test_a_source_added_on_the_page_takes_facts_at_once(console: Console) -> None:
    made = console.post("editor", "/sources/new", name="service line", channel="phone")
    page = html.unescape(console.clients["editor"].get(made.headers["location"]).text)
    assert heading(page) == "service line"
    key = re.findall(r'id="key-code">([^<]+)</code>', page)[0]
    assert f"-u '{key}:'" in page
    assert console.installation.address in page
    answer = httpx.post(
        f"{console.installation.address}/v1/track",
        json={"writeKey": key, "event": "Called the service line", "userId": ANNA.user_id, "messageId": key},
        timeout=120,
    )
    assert answer.status_code == 200
    console.installation.wait_for([key])
    fact = next(
        fact for fact in console.installation.timeline(f"user_id:{ANNA.user_id}") if fact["message_id"] == key
    )
    assert fact["channel"] == "phone"
    assert "service line" in console.clients["reader"].get("/sources").text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Use 1 to 60 letters"),
        ("a/b", "Use 1 to 60 letters"),
        ("x" * 61, "Use 1 to 60 letters"),
        ("WEB", "There is a source with this name already."),
    ],
)
def test_a_name_that_no_source_can_have_is_told_at_its_field(console: Console, name: str, said: str) -> None:
    answer = console.post("editor", "/sources/new", name=name, channel="web")
    assert answer.status_code == 400
    assert error_at(answer.text, "source-name").startswith(said)
    assert f'value="{name}"' in answer.text


def test_rules_name_the_touchpoint_of_facts_that_come_after_them(console: Console) -> None:
    path = re.findall(r'href="(/sources/\d+)">web<', console.clients["editor"].get("/sources").text)[0]
    rules = {
        "channel": "web", "touchpoint-1": "Checkout", "ring-1": "service", "type-1": "track", "name-1": "", "path-1": "/pay",
        "property-1": "step=2; express=true",
    }  # fmt: skip
    assert console.post("editor", f"{path}/rules", **rules).headers["location"] == path
    page = html.unescape(console.clients["reader"].get(path).text)
    assert "track, /pay…, step = 2, express = True" in page
    fits = {"step": 2, "express": True, "path": "/pay/ideal"}
    names = console.send(
        {"type": "track", "event": "Paying", "userId": ANNA.user_id, "properties": fits},
        {"type": "track", "event": "Paying", "userId": ANNA.user_id, "properties": {**fits, "step": 3}},
    )
    found = {
        fact["message_id"]: fact["touchpoint"]
        for fact in console.installation.timeline(f"user_id:{ANNA.user_id}")
    }
    assert [found[name] for name in names] == ["Checkout", None]
    form = console.clients["editor"].get(f"{path}/rules").text
    assert 'value="step=2; express=true"' in form
    assert console.post("editor", f"{path}/rules", channel="web").status_code == 303


def test_rows_come_and_go_without_being_saved(console: Console) -> None:
    row = {
        "touchpoint-1": "Shop",
        "ring-1": "customer",
        "type-1": "",
        "name-1": "Visited",
        "path-1": "",
        "property-1": "",
    }
    added = console.post("editor", "/sources/1/rules", channel="web", change="add", **row)
    assert added.status_code == 200
    assert 'name="touchpoint-2"' in added.text
    assert 'value="Shop"' in added.text
    removed = console.post("editor", "/sources/1/rules", channel="web", change="remove-1", **row)
    assert 'name="touchpoint-1"' not in removed.text
    assert "No rules" in console.clients["editor"].get("/sources/1/rules").text


def test_what_is_wrong_in_a_rule_is_told_at_its_field(console: Console) -> None:
    row = {
        "touchpoint-1": "",
        "ring-1": "customer",
        "type-1": "",
        "name-1": "",
        "path-1": "",
        "property-1": "no equals",
    }
    answer = console.post("editor", "/sources/1/rules", channel="web", **row)
    assert answer.status_code == 400
    assert "Give the touchpoint a name" in error_at(answer.text, "rules-touchpoint-1")
    assert "property=value" in error_at(answer.text, "rules-property-1")
    empty = console.post(
        "editor", "/sources/1/rules", channel="web", **{**row, "touchpoint-1": "A", "property-1": ""}
    )
    assert "Say for which facts" in error_at(empty.text, "rules-name-1")


def test_a_source_that_is_switched_off_refuses_and_one_switched_on_listens(console: Console) -> None:
    made = console.post("editor", "/sources/new", name="till 1", channel="shop").headers["location"]
    key = re.findall(r'id="key-code">([^<]+)</code>', console.clients["editor"].get(made).text)[0]
    assert "is lost" in console.clients["editor"].get(f"{made}/switch").text
    console.post("editor", f"{made}/switch", to="off")
    assert "Switched off" in console.clients["reader"].get(made).text
    sent = {"writeKey": key, "event": "Sold", "userId": ANNA.user_id}
    until = time.monotonic() + 60
    while httpx.post(f"{console.installation.address}/v1/track", json=sent, timeout=120).status_code != 404:
        assert time.monotonic() < until, "still listens"
        time.sleep(0.1)
    console.post("editor", f"{made}/switch", to="on")
    while httpx.post(f"{console.installation.address}/v1/track", json=sent, timeout=120).status_code != 200:
        assert time.monotonic() < until + 60, "does not listen again"
        time.sleep(0.1)


def test_a_source_with_a_new_key_refuses_the_old_one(console: Console) -> None:
    path = console.post("editor", "/sources/new", name="leaky", channel="web").headers["location"]
    shown = re.compile(r'id="key-code">([^<]+)</code>')
    (old,) = shown.findall(console.clients["editor"].get(path).text)
    assert "refused within seconds" in console.clients["editor"].get(f"{path}/key").text
    assert console.post("reader", f"{path}/key").status_code == 403
    assert console.post("editor", f"{path}/key").status_code == 303
    (new,) = shown.findall(console.clients["editor"].get(path).text)
    address = f"{console.installation.address}/v1/track"
    sent = {"event": "Sold", "userId": ANNA.user_id}
    assert httpx.post(address, json={"writeKey": new, **sent}, timeout=120).status_code == 200
    until = time.monotonic() + 60
    while httpx.post(address, json={"writeKey": old, **sent}, timeout=120).status_code != 401:
        assert time.monotonic() < until, "the old key still works"
        time.sleep(0.1)


def test_a_webhook_is_kept_and_its_secret_never_shown(console: Console) -> None:
    mapping = "name: orders\nfacts:\n  - type: track\n    event: Order Completed\n    user_id: '{customer}'\n"
    path = console.post("editor", "/sources/new", name="hooked", channel="web").headers["location"]
    saved = console.post(
        "editor", f"{path}/hook", mapping=mapping, signature="github", secret="s3cret-of-github"
    )
    assert saved.headers["location"] == path
    form = html.unescape(console.clients["editor"].get(f"{path}/hook").text)
    assert "event: Order Completed" in form
    assert "s3cret-of-github" not in form
    assert '<option value="github" selected>' in form
    assert "/v1/hooks/hooked" in form
    kept = console.post("editor", f"{path}/hook", mapping=mapping, signature="stripe", secret="")
    assert kept.status_code == 303


def test_what_another_system_sends_to_the_address_on_the_page_becomes_facts(console: Console) -> None:
    mapping = (
        "name: calls\nfacts:\n  - {type: track, event: Call Ended, user_id: '{customer}'}\nkey: [number]\n"
    )
    path = console.post("editor", "/sources/new", name="phone exchange", channel="phone").headers["location"]
    console.post("editor", f"{path}/hook", mapping=mapping, signature="none")
    page = html.unescape(console.clients["editor"].get(f"{path}/hook").text)
    address = re.findall(r'id="hook-address-code">([^<]+)</code>', page)[0]
    assert address.startswith(f"{console.installation.address}/v1/hooks/phone%20exchange?writeKey=")
    call = {"customer": ANNA.user_id, "number": "call-1"}
    until = time.monotonic() + 60
    while httpx.post(address, json=call, timeout=120).status_code != 200:
        assert time.monotonic() < until, "the webhook is refused"
        time.sleep(0.1)
    while "Call Ended" not in console.clients["reader"].get("/live?source=phone exchange").text:
        assert time.monotonic() < until, "the call does not become a fact"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"mapping": "name: x\nfacts: 3", "signature": "none"}, "hook-mapping"),
        (
            {"mapping": "name: x\nfacts:\n  - {type: page, user_id: '{a}'}", "signature": "github"},
            "hook-secret",
        ),
        (
            {"mapping": "name: x\nfacts:\n  - {type: page, user_id: '{a}'}", "signature": "rot13"},
            "hook-signature",
        ),
    ],
)
def test_what_is_wrong_in_a_webhook_is_told_at_its_field(
    console: Console, fields: dict[str, str], field: str
) -> None:
    answer = console.post("editor", "/sources/1/hook", **fields)
    assert answer.status_code == 400
    assert error_at(answer.text, field)
    assert "This source has no webhook." in console.clients["reader"].get("/sources/1").text


def test_a_quarantined_message_is_repaired_on_its_page_and_becomes_a_fact(console: Console) -> None:
    path = quarantined(console, "Unowned")
    page = html.unescape(console.clients["editor"].get(path).text)
    assert "There is no userId" in page
    written = html.unescape(re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)[0])
    repaired = written.replace('"type"', f'"userId": "{ANNA.user_id}", "type"', 1)
    answer = console.post("editor", path, message=repaired)
    assert answer.headers["location"] == "/quarantine"
    assert "is a fact now" in console.clients["editor"].get("/quarantine").text
    after = console.clients["editor"].get(path).text
    fact = re.findall(r'href="(/live/[0-9a-z]{13})"', after)[0]
    assert heading(console.clients["reader"].get(fact).text) == "Unowned"
    assert "<textarea" not in after


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{", "That is no JSON"),
        ("[]", "A message is a JSON object."),
        ('{"type": "track", "event": "Wrongly"}', "There is no userId"),
    ],
)
def test_a_repair_that_does_not_help_is_told_at_the_message_and_kept_in_the_form(
    console: Console, message: str, said: str
) -> None:
    path = quarantined(console, "Wrongly")
    answer = console.post("editor", path, message=message)
    assert answer.status_code == 400
    assert error_at(answer.text, "repair-message").startswith(said)
    assert html.escape(message, quote=False).replace('"', "&#34;") in answer.text
    assert console.post("editor", f"{path}/discard").status_code == 303


def test_a_discarded_message_is_no_longer_open_and_is_not_discarded_twice(console: Console) -> None:
    path = quarantined(console, "Unwanted")
    assert console.post("editor", f"{path}/discard").headers["location"] == "/quarantine"
    assert path not in console.clients["editor"].get("/quarantine").text
    assert path in console.clients["editor"].get("/quarantine?state=discarded").text
    assert console.post("editor", f"{path}/discard").status_code == 409


def test_all_messages_of_a_reason_are_tried_again_and_what_cannot_be_used_stays(console: Console) -> None:
    path = quarantined(console, "Stubborn")
    question = console.clients["editor"].get("/quarantine/replay?code=no_user_anon_id")
    assert "tried again" in question.text
    assert console.post("editor", "/quarantine/replay", code="no_user_anon_id").status_code == 303
    assert "repaired first" in console.clients["editor"].get("/quarantine").text
    assert path in console.clients["editor"].get("/quarantine").text
    assert console.clients["editor"].get("/quarantine/replay?code=nothing").status_code == 404


def test_a_reader_sees_a_quarantined_message_and_cannot_change_it(console: Console) -> None:
    path = quarantined(console, "Looked At")
    page = console.clients["reader"].get(path)
    assert page.status_code == 200
    assert "Looked At" in page.text
    assert "<textarea" not in page.text
