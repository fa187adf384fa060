"""What browsers, apps and providers ask of the channels over HTTP, with a running Beleef: inbox, notifications, delivery reports."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from beleef.contact.api import ChannelSetup, Intent
from beleef.kernel import clock, ids
from tests.cast import ANNA, CHANTAL
from tests.console.conftest import Console, form_token
from tests.console.contacts import Held, house
from tests.contact.channel_benches import Browser
from tests.contact.listening import Answer, listening

pytestmark = pytest.mark.service

DEVICE = ANNA.anonymous_ids[0]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with house(tmp_path_factory.mktemp("channels")) as running:
        running.send(
            {"type": "identify", "userId": ANNA.user_id, "anonymousId": DEVICE, "traits": {"phone": ANNA.phone}},
            {"type": "identify", "userId": CHANTAL.user_id, "traits": {"email": CHANTAL.email}},
        )  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def held(console: Console) -> Iterator[Held]:
    opened = Held(console)
    opened.moment = clock.now()
    yield opened
    opened.close()


@pytest.fixture
def ask(console: Console) -> Callable[..., httpx.Response]:
    """Asks as a customer's browser does, by the device's number or by a person token."""

    def ask_(method: str, path: str, *, token: str = "", **given: Any) -> httpx.Response:
        key = base64.b64encode(f"{console.installation.write_key}:".encode()).decode()
        headers = {"Authorization": f"Bearer {token}" if token else f"Basic {key}"}
        return httpx.request(
            method, f"{console.installation.address}{path}", headers=headers, timeout=120, **given
        )

    return ask_


def number_of(console: Console, user_id: str) -> int:
    number = ids.from_text(str(console.installation.ask(f"/v1/people/user_id:{user_id}")["id"]))
    assert number is not None
    return number


def put(held: Held, subject: int, key: str, channel: str, **parts: str) -> None:
    held.moment = clock.now()
    held.intend(Intent(key=key, subject=subject, purpose="transactional", channel=channel, parts=parts))
    # The installation's own sender may have been the first to take it in hand.
    eventually(lambda: held.rows(subject)[key].state == "sent")


def names(console: Console, user_id: str) -> list[str]:
    return [str(one["name"]) for one in console.installation.timeline(f"user_id:{user_id}")]


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_an_inbox_is_fetched_read_and_put_away(
    console: Console, held: Held, ask: Callable[..., httpx.Response]
) -> None:
    anna = number_of(console, ANNA.user_id)
    put(held, anna, "inbox:1", "inbox", title="Welkom", body="Fijn dat u er bent", url="https://x.example/")
    put(held, anna, "inbox:2", "inbox", title="Tip", body="Ontkalk uw machine")
    query = {"anonymousId": DEVICE, "limit": "1"}
    first = ask("GET", "/v1/inbox", params=query).json()
    assert [one["title"] for one in first["messages"]] == ["Tip"]
    assert first["unread"] == 2
    second = ask("GET", "/v1/inbox", params={**query, "after": first["after"]}).json()
    assert [one["title"] for one in second["messages"]] == ["Welkom"]
    assert second["after"] is None
    welcome = second["messages"][0]["id"]
    marking = {"ids": [welcome], "act": "clicked"}
    where = {"anonymousId": DEVICE}
    assert ask("POST", "/v1/inbox/marks", params=where, json=marking).json() == {"marked": 1}
    assert ask("POST", "/v1/inbox/marks", params=where, json=marking).json() == {"marked": 0}
    eventually(lambda: names(console, ANNA.user_id).count("Inbox Link Clicked") == 1)
    ask("POST", "/v1/inbox/marks", params=where, json={**marking, "act": "dismissed"})
    left = ask("GET", "/v1/inbox", params=where).json()
    assert [one["title"] for one in left["messages"]] == ["Tip"]


def test_a_write_key_opens_nothing_but_its_own_device(
    console: Console, held: Held, ask: Callable[..., httpx.Response]
) -> None:
    put(held, number_of(console, CHANTAL.user_id), "inbox:3", "inbox", title="Geheim", body="x")
    assert ask("GET", "/v1/inbox").status_code == 401
    assert ask("GET", "/v1/inbox", params={"anonymousId": "short"}).status_code == 401
    assert ask("GET", "/v1/inbox", params={"anonymousId": DEVICE}).text.count("Geheim") == 0
    unknown = ask("GET", "/v1/inbox", params={"anonymousId": "nobody-knows-this-device"})
    assert unknown.json() == {"messages": [], "unread": 0, "after": None}
    elsewhere = httpx.get(
        f"{console.installation.address}/v1/inbox",
        params={"anonymousId": DEVICE},
        auth=("wrong", ""),
        timeout=120,
    )
    assert elsewhere.status_code == 401


def test_a_person_token_opens_one_customers_inbox_for_its_time(
    console: Console, held: Held, ask: Callable[..., httpx.Response]
) -> None:
    server = console.installation.token
    wish = {"who": f"user_id:{CHANTAL.user_id}", "hours": 1}
    made = ask("POST", "/v1/person-tokens", token=server, json=wish).json()
    inbox = ask("GET", "/v1/inbox", token=made["token"]).json()
    assert [one["title"] for one in inbox["messages"]] == ["Geheim"]
    others = ask("POST", "/v1/inbox/marks", token=made["token"], json={"ids": [], "act": "read"})
    assert others.json() == {"marked": 0}
    assert ask("GET", "/v1/inbox", token=made["token"][:-2]).status_code == 401
    assert ask("POST", "/v1/person-tokens", json=wish).status_code == 401
    reader = console.installation.add_token("reader")
    assert ask("POST", "/v1/person-tokens", token=reader, json=wish).status_code == 403


def test_pages_of_the_organisation_may_ask_from_their_own_address(
    console: Console, ask: Callable[..., httpx.Response]
) -> None:
    for path in ("/v1/inbox", "/v1/inbox/marks", "/v1/push/key", "/v1/push/subscriptions"):
        answer = httpx.options(
            f"{console.installation.address}{path}",
            headers={"Origin": "https://kersten.example", "Access-Control-Request-Method": "POST"},
        )
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
    answer = ask("GET", "/v1/inbox", params={"anonymousId": DEVICE})
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_browser_is_registered_gets_a_notification_and_is_forgotten(
    console: Console, held: Held, ask: Callable[..., httpx.Response]
) -> None:
    assert ask("GET", "/v1/push/key").status_code == 404
    with listening() as listener:
        client = console.clients["administrator"]
        form = {"csrf_token": form_token(client), "way": "push-webpush", "name": "push", "enabled": "yes"}
        assert (
            client.post("/contact/channels", data={**form, "contact": "cx@kersten.example"}).status_code
            == 303
        )
        with held.stores.database.write() as connection:
            settings = {"contact": "cx@kersten.example", "services": [listener.address]}
            setup = ChannelSetup(name="push", kind="push", driver="webpush", settings=settings)
            held.contact.save_channel(connection, setup, {}, clock.now())
        assert len(ask("GET", "/v1/push/key").json()["key"]) == 87
        browser = Browser(listener.address)
        subscription = browser.subscription(subject=0)
        keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
        body = {"endpoint": browser.endpoint, "expirationTime": None, "keys": keys}
        where = {"anonymousId": DEVICE}
        foreign = {**body, "endpoint": "https://169.254.169.254/"}
        assert ask("POST", "/v1/push/subscriptions", params=where, json=foreign).status_code == 400
        assert (
            ask("POST", "/v1/push/subscriptions", params=where, json={**body, "keys": {}}).status_code == 400
        )
        assert ask("POST", "/v1/push/subscriptions", json=body).status_code == 401
        assert ask("POST", "/v1/push/subscriptions", params=where, json=body).json() == {"success": True}
        put(held, number_of(console, ANNA.user_id), "push:1", "push", title="Hoi", body="Uw pakket is er")
        eventually(lambda: bool(listener.received))
        assert browser.read(listener.received[0].body)["body"] == "Uw pakket is er"
        gone = {**where, "endpoint": browser.endpoint}
        assert ask("DELETE", "/v1/push/subscriptions", params=gone).json() == {"success": True}
        assert ask("DELETE", "/v1/push/subscriptions", params=gone).json() == {"success": False}


def test_a_delivery_report_reaches_the_ledger(
    console: Console, held: Held, ask: Callable[..., httpx.Response]
) -> None:
    with listening() as listener:
        listener.answers = [Answer(status=201, body=b'{"id": "SM-1"}')]
        settings = {
            "url": listener.address,
            "body": {"to": "{to}", "text": "{text}"},
            "id_path": "id",
            "reports": {"id_path": "id", "state_path": "state", "from_path": "from", "text_path": "text"},
        }
        setup = ChannelSetup(name="texts", kind="sms", driver="http", settings=settings)
        with held.stores.database.write() as connection:
            held.contact.save_channel(connection, setup, {"report_secret": "hush"}, clock.now())
        anna = number_of(console, ANNA.user_id)
        put(held, anna, "sms:1", "sms", text="Uw pakket komt morgen")
        eventually(lambda: held.rows(anna)["sms:1"].state == "sent")

    def report(body: bytes, secret: bytes = b"hush", name: str = "texts") -> httpx.Response:
        signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
        return httpx.post(
            f"{console.installation.address}/v1/channels/{name}/reports",
            content=body,
            headers={"X-Signature": signature, "Content-Type": "application/json"},
            timeout=120,
        )

    delivered = b'{"id": "SM-1", "state": "delivered"}'
    assert report(delivered, b"guess").status_code == 401
    assert report(delivered, name="letters").status_code == 404
    assert report(b"no json").status_code == 400
    assert report(delivered).json() == {"facts": 1}
    assert report(delivered).json() == {"facts": 1}
    eventually(lambda: held.rows(anna)["sms:1"].state == "delivered")
    assert names(console, ANNA.user_id).count("SMS Delivered") == 1
    assert report(b'{"id": "SM-2", "from": "+31612345678", "text": "Stop"}').json() == {"facts": 1}
    asked = {"who": f"user_id:{ANNA.user_id}", "purpose": "service", "channel": "sms"}
    eventually(
        lambda: (
            ask("POST", "/v1/contact/ask", token=console.installation.token, json=asked).json()["reason"]
            == "opted_out"
        )
    )
