"""Contact over HTTP: programs ask and send, links in mails are followed, one click unsubscribes, and providers report what came back."""

import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from beleef import settings
from beleef.app import Stores, build_links
from beleef.contact.rules import DEFAULT, to_data, to_yaml
from beleef.kernel import clock
from tests.cast import ANNA
from tests.contact.mail_server import mail_server
from tests.services.beleef import Installation, installed

Json = dict[str, Any]
WHO = f"user_id:{ANNA.user_id}"
TEXT = {"subject": "Dag", "text": "Dag Anna"}


class Site:
    """A Beleef that is served, web, worker and sender, and knows Anna."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.stores = Stores(settings.load(installation.data, dict(installation.environment)))
        self.links = build_links(self.stores)
        self.client = httpx.Client(base_url=installation.address, timeout=120)
        self.tokens = {"administrator": installation.token}

    def ask(self, method: str, path: str, *, role: str = "administrator", **more: Any) -> httpx.Response:
        if role not in self.tokens:
            self.tokens[role] = self.installation.add_token(role)
        headers = {"authorization": f"Bearer {self.tokens[role]}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def send(self, key: str, **more: Any) -> Json:
        """Send Anna a message, and return its row when the gate and the sender are done with it."""
        order = {"key": key, "who": WHO, "channel": "email", "parts": TEXT, **more}
        answer = self.ask("POST", "/v1/contact/messages", json=order)
        assert answer.status_code == 200, answer.text
        return self.until(key, lambda row: row["state"] not in {"waiting", "reserved", "sending"})

    def row(self, key: str) -> Json:
        found = self.ask("GET", f"/v1/people/{WHO}/contacts?limit=500").json()["contacts"]
        return dict(next(one for one in found if one["key"] == key))

    def until(self, key: str, is_so: Any) -> Json:
        end = time.monotonic() + 120
        while not is_so(row := self.row(key)):
            assert time.monotonic() < end, row
            time.sleep(0.05)
        return row

    def events(self, name: str, count: int) -> list[Json]:
        """Return Anna's facts of a name when there are so many."""
        end = time.monotonic() + 120
        while len(found := [one for one in self.installation.timeline(WHO) if one["name"] == name]) < count:
            assert time.monotonic() < end, f"{len(found)} of {name}"
            time.sleep(0.05)
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with installed(tmp_path_factory.mktemp("beleef"), os.environ) as installation:
        body = {
            "writeKey": installation.write_key,
            "batch": [
                {
                    "type": "identify",
                    "userId": ANNA.user_id,
                    "messageId": "i",
                    "traits": {"email": ANNA.email},
                }
            ],
        }
        httpx.post(f"{installation.address}/v1/batch", json=body, timeout=120).raise_for_status()
        installation.wait_for(["i"])
        made = Site(installation)
        yield made
        made.client.close()
        made.stores.close()


def test_a_program_sends_a_message_once_however_often_it_asks(site: Site) -> None:
    first = site.send("order:1")
    assert (first["state"], first["explanation"]) == ("sent", "")
    assert site.send("order:1", parts={"text": "Another"})["id"] == first["id"]
    (told,) = site.events("Message Sent", 1)
    assert told["properties"]["key"] == "order:1"


def test_the_gate_tells_programs_what_it_would_say_and_why(site: Site) -> None:
    question = {"who": WHO, "purpose": "marketing", "channel": "email"}
    said = site.ask("POST", "/v1/contact/ask", json=question, role="reader").json()
    assert (said["outcome"], said["reason"]) == ("skip", "no_consent")
    assert said["explanation"] == "The person did not say that they want these messages."
    assert site.ask("POST", "/v1/contact/ask", json={**question, "who": "user_id:nobody"}).status_code == 404
    assert site.ask("POST", "/v1/contact/ask", json={**question, "purpose": "spam"}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": "user_id:nobody"},
        {"who": "Anna"},
        {"purpose": "spam"},
        {"parts": None},
        {"not_before": "soon"},
        {"key": ""},
        {"colour": "red"},
    ],
)
def test_an_order_that_cannot_be_is_refused(site: Site, wrong: Json) -> None:
    order = {"key": "k", "who": WHO, "channel": "email", "parts": TEXT, **wrong}
    answer = site.ask("POST", "/v1/contact/messages", json=order)
    assert answer.status_code in {400, 404}
    assert set(answer.json()) == {"code", "message", "hint"}


def test_a_reader_may_look_and_not_send(site: Site) -> None:
    order = {"key": "k", "who": WHO, "channel": "email", "parts": TEXT}
    assert site.ask("POST", "/v1/contact/messages", json=order, role="reader").status_code == 403
    assert site.ask("PUT", "/v1/contact/rules", content=b"{}", role="reader").status_code == 403
    assert site.ask("GET", "/v1/contact/rules", role="reader").status_code == 200
    assert site.client.get("/v1/contact/rules").status_code == 401


def test_rules_come_and_go_as_json_and_as_yaml(site: Site) -> None:
    there = site.ask("GET", "/v1/contact/rules").json()
    assert (there["version"], there["rules"]) == (
        0,
        msgspec.json.decode(msgspec.json.encode(to_data(DEFAULT))),
    )
    changed = msgspec.structs.replace(DEFAULT, hold_out=0.05)
    saved = site.ask("PUT", "/v1/contact/rules", content=to_yaml(changed).encode()).json()
    assert (saved["version"], saved["rules"]["hold_out"]) == (1, 0.05)
    again = site.ask("PUT", "/v1/contact/rules", json=to_data(DEFAULT)).json()
    assert (again["version"], again["rules"]["hold_out"]) == (2, 0.0)
    refused = site.ask("PUT", "/v1/contact/rules", content=b"hold_out: 0.5")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_gate_rules")


def test_a_link_that_is_followed_leads_on_and_is_told(site: Site) -> None:
    number = site.send("clicked")["id"]
    address = "https://shop.example/offer?a=1&b=%C3%A9#top"
    path = site.links.click(number, address).removeprefix(site.links.address)
    for headers in ({}, {"sec-purpose": "prefetch"}):
        answer = site.client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (302, address)
    assert site.client.head(path).status_code == 302
    (told,) = site.events("Email Link Clicked", 1)
    assert told["properties"]["url"] == address
    assert told["properties"]["key"] == "clicked"
    assert site.until("clicked", lambda row: row["clicked_at"])["opened_at"] is None
    assert len(site.events("Email Link Clicked", 1)) == 1


def test_an_image_that_is_shown_tells_that_the_mail_was_opened(site: Site) -> None:
    number = site.send("opened")["id"]
    path = site.links.open(number).removeprefix(site.links.address)
    answer = site.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    assert site.client.head(path).status_code == 200
    assert site.until("opened", lambda row: row["opened_at"])
    assert len(site.events("Email Opened", 1)) == 1


@pytest.mark.parametrize("path", ["/c/x", "/o/x.gif", "/c/WzEsImh0dHBzOi8vZXZpbC5leGFtcGxlIl0.abc"])
def test_a_link_that_somebody_made_up_leads_nowhere(site: Site, path: str) -> None:
    assert site.client.get(path).status_code == 404
    assert site.client.post("/unsubscribe/x").status_code == 404


def test_a_link_to_be_clicked_cannot_unsubscribe(site: Site) -> None:
    token = site.links.open(1).rpartition("/")[2].removesuffix(".gif")
    assert site.client.post(f"/unsubscribe/{token}").status_code == 404


def test_one_click_unsubscribes_and_looking_does_not(site: Site) -> None:
    site.send("topical", topic="offers")
    number = site.row("topical")["id"]
    path = site.links.unsubscribe(number).removeprefix(site.links.address)
    page = site.client.get(path)
    assert page.status_code == 200
    assert f'action="{path}"' in page.text
    site.client.head(path)
    assert [one for one in site.installation.timeline(WHO) if one["name"] == "Unsubscribed"] == []
    answer = site.client.post(
        path,
        content=b"List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    (told,) = site.events("Unsubscribed", 1)
    assert (told["properties"]["topic"], told["properties"]["channel"]) == ("offers", "email")
    question = {"who": WHO, "purpose": "service", "channel": "email", "topic": "offers"}
    assert site.ask("POST", "/v1/contact/ask", json=question).json()["reason"] == "topic_off"
    shown = site.client.post(path, headers={"accept": "text/html"})
    assert shown.status_code == 303
    assert shown.headers["location"].startswith(f"{site.installation.address}/preferences/")


def test_a_provider_reports_what_came_back(site: Site) -> None:
    with mail_server() as server:
        settings_ = {
            "host": "127.0.0.1",
            "port": server.port,
            "security": "none",
            "from_address": "a@b.example",
        }
        setup = {
            "kind": "email",
            "driver": "smtp",
            "settings": settings_,
            "secrets": {"reports_secret": "geheim"},
        }
        saved = site.ask("PUT", "/v1/contact/channels/post", json=setup)
        assert saved.json()["secrets"] == ["reports_secret"]
        assert "geheim" not in site.ask("GET", "/v1/contact/channels").text
        assert site.send("bounced")["state"] == "sent"
        number = str(server.taken[0].parsed["Message-ID"])
    event = {"kind": "soft", "message_id": number, "id": "e-1", "status": "4.2.2"}
    body = msgspec.json.encode({"events": [event, {"kind": "hard", "message_id": "<unknown>"}]})
    assert _report(site, body, "geheim").json() == {"kept": 1, "success": True}
    assert _report(site, body, "geheim").json() == {"kept": 1, "success": True}
    (told,) = site.events("Email Bounced", 1)
    assert (told["properties"]["bounce"], told["properties"]["email"]) == ("soft", ANNA.email)
    assert _report(site, body, "fout").status_code == 403
    assert _report(site, body, "geheim", late_s=600).status_code == 403
    assert _report(site, b"{}x", "geheim").status_code == 400
    assert site.client.post("/v1/contact/mail-reports/other", content=body).status_code == 404


def _report(site: Site, body: bytes, secret: str, *, late_s: int = 0) -> httpx.Response:
    timestamp = str(clock.now() // clock.SECOND - late_s)
    signature = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-beleef-timestamp": timestamp, "x-beleef-signature": f"sha256={signature}"}
    return site.client.post("/v1/contact/mail-reports/post", content=body, headers=headers)


def test_the_figures_of_the_sending_are_for_whoever_watches(site: Site) -> None:
    end = time.monotonic() + 120
    while "beleef_contact_lag_seconds 0.0" not in (said := site.client.get("/metrics").text):
        assert time.monotonic() < end, said
        time.sleep(0.05)
    for state in ("waiting", "held", "failed", "uncertain"):
        assert f'beleef_contact_messages{{state="{state}"}}' in said
    assert site.client.get("/health").json()["status"] == "ready"
