"""Other systems tell by webhook what happened there: only what is really theirs comes in, and once."""

import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from beleef.collect.api import Source
from beleef.collect.hooks import SHAPES
from tests.collect.conftest import add_source
from tests.services.beleef import Installation

Json = dict[str, Any]
EXAMPLES = Path(__file__).parents[2] / "examples"
SECRET = "It's a Secret to Everybody"

COMMENT: Json = {
    "action": "created",
    "sender": {"id": 583231, "login": "octocat"},
    "issue": {"number": 7, "title": "The door squeaks", "updated_at": "2026-03-01T09:30:00Z"},
    "comment": {"created_at": "2026-03-01T10:00:00Z"},
    "repository": {"full_name": "kersten/doors"},
}
CHARGE: Json = {
    "id": "evt_1",
    "type": "charge.succeeded",
    "created": 1_772_355_600,
    "data": {
        "object": {
            "amount": 12_995,
            "amount_refunded": 0,
            "currency": "eur",
            "customer": "cus_42",
            "billing_details": {"email": "Anna.de.Vries@example.nl"},
            "metadata": {"order_id": "A1"},
        }
    },
}


def hook(example: str, shape: str | None) -> Json:
    signature = {"shape": msgspec.to_builtins(SHAPES[shape]), "secret": SECRET} if shape else None
    return {"mapping": (EXAMPLES / example).read_text(), "signature": signature}


@pytest.fixture(scope="module")
def github(server: Installation) -> Source:
    return add_source(server, "GitHub issues", hook=hook("github-webhook.yaml", "github"))


@pytest.fixture(scope="module")
def stripe(server: Installation) -> Source:
    return add_source(server, "stripe", hook=hook("stripe-webhook.yaml", "stripe"))


def sign(text: bytes) -> str:
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def deliver(
    server: Installation, source: str, body: bytes, headers: dict[str, str], **query: str
) -> httpx.Response:
    return httpx.post(
        f"{server.address}/v1/hooks/{source}", content=body, headers=headers, params=query, timeout=120
    )


def from_github(
    server: Installation, said: Json, *, delivery: str, event: str = "issue_comment", **other: str
) -> httpx.Response:
    body = json.dumps(said).encode()
    headers = {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": f"sha256={sign(body)}",
    }
    return deliver(server, "GitHub%20issues", body, headers | other)


def facts_of(server: Installation, person: str, least: int) -> list[Json]:
    deadline = time.monotonic() + 120
    while True:
        try:
            found = server.timeline(person)
        except httpx.HTTPStatusError:
            found = []
        if len(found) >= least:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_a_delivery_becomes_a_fact_and_a_repeated_one_no_second(server: Installation, github: Source) -> None:
    delivery = secrets.token_hex(8)
    for _ in range(3):
        answer = from_github(server, COMMENT, delivery=delivery)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert from_github(server, COMMENT, delivery=delivery + "-2").status_code == 200
    facts = facts_of(server, "github:583231", 2)
    assert len(facts) == 2
    assert {fact["message_id"] for fact in facts} == {
        fact["message_id"] for fact in server.timeline("github:583231")
    }
    assert facts[0]["name"] == "Issue commented"
    assert facts[0]["channel"] == "github"
    assert facts[0]["occurred_at"] == "2026-03-01T10:00:00.000Z"
    assert facts[0]["source"] == "GitHub issues"
    assert facts[0]["properties"]["title"] == "The door squeaks"
    assert server.receipt(facts[0]["message_id"])["status"] in {"processed", "repeated"}


def test_a_delivery_that_the_mapping_passes_over_is_answered_and_nothing(
    server: Installation, github: Source
) -> None:
    accepted = server.ask("/v1/facts/count")["total"]
    assert from_github(server, {"zen": "Keep it simple."}, delivery="ping", event="ping").status_code == 200
    assert from_github(server, {**COMMENT, "action": "labeled"}, delivery="label").status_code == 200
    assert server.ask("/v1/facts/count")["total"] == accepted


def test_stripes_signature_and_amounts_are_understood(server: Installation, stripe: Source) -> None:
    body = json.dumps(CHARGE).encode()
    now = int(time.time())
    headers = {"Stripe-Signature": f"t={now},v1={sign(b'%d.' % now + body)}"}
    assert deliver(server, "stripe", body, headers).status_code == 200
    given = {**CHARGE, "id": "evt_2", "type": "charge.refunded"}
    given["data"] = {"object": {**CHARGE["data"]["object"], "amount_refunded": 1_000}}
    back = json.dumps(given).encode()
    assert (
        deliver(
            server, "stripe", back, {"Stripe-Signature": f"t={now},v1={sign(b'%d.' % now + back)}"}
        ).status_code
        == 200
    )
    facts = {fact["name"]: fact for fact in facts_of(server, "stripe:cus_42", 2)}
    assert (facts["Order Completed"]["revenue"], facts["Order Completed"]["currency"]) == (129.95, "EUR")
    assert facts["Order Refunded"]["revenue"] == -10
    assert (
        server.ask("/v1/people/email:anna.de.vries@example.nl")["id"]
        == server.ask("/v1/people/stripe:cus_42")["id"]
    )
    old = now - 301
    refused = deliver(server, "stripe", body, {"Stripe-Signature": f"t={old},v1={sign(b'%d.' % old + body)}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "old_signature")


def test_a_wrong_or_missing_signature_is_refused(server: Installation, github: Source) -> None:
    wrong = from_github(server, COMMENT, delivery="wrong", **{"X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_signature")
    missing = deliver(
        server, "GitHub%20issues", b"{}", {"X-GitHub-Event": "issues"}, writeKey=github.write_key
    )
    assert (missing.status_code, missing.json()["code"]) == (401, "no_signature")
    address = f"{server.address}/v1/hooks/GitHub%20issues"
    odd = httpx.post(
        address, content=b"{}", headers={b"X-Hub-Signature-256": "sha256=é".encode()}, timeout=120
    )
    assert odd.status_code == 401


def test_a_webhook_that_is_not_signed_shows_the_write_key(server: Installation) -> None:
    plain = add_source(server, "plain", hook=hook("stripe-webhook.yaml", None))
    time.sleep(0.3)
    body = json.dumps({**CHARGE, "id": "evt_plain"}).encode()
    assert deliver(server, "plain", body, {}).json()["code"] == "no_write_key"
    assert deliver(server, "plain", body, {}, writeKey=server.write_key).json()["code"] == "unknown_write_key"
    assert deliver(server, "plain", body, {}, writeKey=plain.write_key).status_code == 200


def test_what_takes_no_webhooks_says_so(server: Installation, github: Source) -> None:
    for source in ("web", "nobody", "", "a/b"):
        answer = deliver(server, source, b"{}", {})
        assert answer.status_code == 404, source
    off = add_source(server, "sleeping", enabled=False, hook=hook("stripe-webhook.yaml", None))
    time.sleep(0.3)
    answer = deliver(server, "sleeping", b"{}", {}, writeKey=off.write_key)
    assert (answer.status_code, answer.json()["code"]) == (404, "source_disabled")
    assert httpx.get(f"{server.address}/v1/hooks/stripe", timeout=120).status_code == 405


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"nonsense", "invalid_json"),
        (b"[" * 10_000 + b"]" * 10_000, "invalid_json"),
        (b'"text"', "unusable_webhook"),
        (b"[1, 2]", "unusable_webhook"),
        (b'{"action": "created", "sender": {"id": {}}}', "unusable_webhook"),
        (b'{"action": "created", "issue": "\\ud800"}', "invalid_json"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(
    server: Installation, github: Source, body: bytes, code: str
) -> None:
    headers = {
        "X-GitHub-Event": "issue_comment",
        "X-GitHub-Delivery": "x",
        "X-Hub-Signature-256": f"sha256={sign(body)}",
    }
    answer = deliver(server, "GitHub%20issues", body, headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
