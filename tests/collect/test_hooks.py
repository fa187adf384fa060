"""Webhooks: only what is really theirs is let in, and what comes twice is the same."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.collect.hooks import SHAPES, Shape, Signature, to_messages, verify
from beleef.collect.importing.mapping import read_mapping
from beleef.kernel.clock import SECOND
from beleef.kernel.errors import InvalidInput, NotSignedIn
from tests.cast import ANNA
from tests.conftest import NOW

SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"
SENT_AT = NOW // SECOND


def digest(text: bytes) -> bytes:
    return hmac.new(SECRET.encode(), text, hashlib.sha256).digest()


def signed(name: str, body: bytes = BODY, at: int = SENT_AT) -> dict[str, str]:
    """Return the headers that a system would send, as its documentation describes them."""
    match name:
        case "standard":
            stamp = {"webhook-id": "msg_1", "webhook-timestamp": str(at)}
            right = base64.b64encode(digest(b"msg_1.%d." % at + body)).decode()
            return stamp | {"webhook-signature": f"v1,{'A' * 43}= v1,{right}"}
        case "plain":
            return {"x-signature": digest(body).hex()}
        case "github":
            return {"X-Hub-Signature-256": f"sha256={digest(body).hex()}"}
        case "shopify":
            return {"X-Shopify-Hmac-SHA256": base64.b64encode(digest(body)).decode()}
        case "stripe":
            return {"stripe-signature": f"t={at},v1={'0' * 64},v1={digest(b'%d.' % at + body).hex()},v0=ab"}
        case "slack":
            stamp = {"X-Slack-Request-Timestamp": str(at)}
            return stamp | {"X-Slack-Signature": f"v0={digest(b'v0:%d:' % at + body).hex()}"}
    raise AssertionError(name)


def is_let_in(shape: Shape, headers: dict[str, str], body: bytes = BODY, secret: str = SECRET) -> bool:
    try:
        verify(Signature(shape=shape, secret=secret), headers, body, NOW)
    except NotSignedIn as refusal:
        return not refusal.hint
    return True


@pytest.mark.parametrize("name", SHAPES)
def test_what_a_system_signs_is_let_in_and_nothing_else(name: str) -> None:
    shape, headers = SHAPES[name], signed(name)
    assert is_let_in(shape, headers)
    assert is_let_in(shape, {header.upper(): value for header, value in headers.items()})
    assert not is_let_in(shape, headers, body=BODY + b" ")
    assert not is_let_in(shape, headers, secret="another")
    assert not is_let_in(shape, headers, secret="")
    assert not is_let_in(shape, {})
    assert not is_let_in(shape, {header: value[: len(value) // 2] for header, value in headers.items()})
    assert not is_let_in(shape, {header: "é" + value for header, value in headers.items()})


def test_githubs_own_example_is_let_in() -> None:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, "Testing the webhook payload validation"
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_let_in(SHAPES["github"], {"X-Hub-Signature-256": signature})


def test_the_example_of_standard_webhooks_is_let_in() -> None:
    # Svix, "Verifying webhooks manually": secret, id, moment, body and signature as printed there.
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    verify(
        Signature(shape=SHAPES["standard"], secret=secret),
        headers,
        b'{"test": 2432232314}',
        1_614_265_330 * SECOND,
    )


@pytest.mark.parametrize("name", ["standard", "stripe", "slack"])
def test_a_signature_is_good_for_five_minutes(name: str) -> None:
    assert is_let_in(SHAPES[name], signed(name, at=SENT_AT - 300))
    assert not is_let_in(SHAPES[name], signed(name, at=SENT_AT - 301))
    assert not is_let_in(SHAPES[name], signed(name, at=SENT_AT + 301))


def test_the_moment_of_sending_cannot_be_changed_under_a_signature() -> None:
    old = signed("stripe", at=SENT_AT - 1_000)["stripe-signature"]
    assert not is_let_in(
        SHAPES["stripe"], {"stripe-signature": old.replace(f"t={SENT_AT - 1_000}", f"t={SENT_AT}")}
    )


@settings(deadline=None)
@given(header=st.text(), stamp=st.text(), body=st.binary())
def test_no_made_up_header_is_let_in(header: str, stamp: str, body: bytes) -> None:
    for shape in SHAPES.values():
        assert not is_let_in(shape, {shape.header: header, shape.timestamp_header or "x": stamp}, body)


PAYMENTS = """
name: payments
items: data.payments
where: {value: "{state}", is: paid}
facts:
  - type: track
    event: Payment Made
    user_id: "{payer}"
    timestamp: {date: {of: "{envelope.created}", formats: [unix]}}
    properties: {amount: {number: "{amount}"}, kind: "{headers.x-event}"}
"""


def payments(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"created": SENT_AT, "data": {"payments": rows}}).encode()


def test_each_item_of_a_list_in_the_body_is_a_row() -> None:
    paid = {"payer": ANNA.user_id, "amount": "12.50", "state": "paid"}
    body = payments(paid, {**paid, "state": "open"}, paid)
    messages = to_messages(read_mapping(PAYMENTS), body, {"X-Event": "settled"})
    assert [message["properties"] for message in messages] == [{"amount": 12.5, "kind": "settled"}] * 2
    assert messages[0]["timestamp"] == "2026-03-02T09:00:00.000Z"
    assert messages[0]["messageId"] != messages[1]["messageId"]
    assert messages == to_messages(read_mapping(PAYMENTS), body, {"X-Event": "settled"})


def test_message_ids_follow_the_delivery_where_the_mapping_says_so_and_the_body_otherwise() -> None:
    words = "name: x\nfacts: [{type: identify, user_id: '{id}'}]\n"

    def message_id(mapping: str, body: bytes, delivery: str) -> Any:
        return to_messages(read_mapping(mapping), body, {"X-GitHub-Delivery": delivery})[0]["messageId"]

    assert message_id(words, b'{"id": 1}', "a") == message_id(words, b'{"id": 1}', "b")
    assert message_id(words, b'{"id": 1}', "a") != message_id(words, b'{"id": 2}', "a")
    keyed = words + "key: [headers.x-github-delivery]\n"
    assert message_id(keyed, b'{"id": 1}', "a") == message_id(keyed, b'{"id": 2}', "a")
    assert message_id(keyed, b'{"id": 1}', "a") != message_id(keyed, b'{"id": 1}', "b")
    with pytest.raises(InvalidInput, match="is empty"):
        to_messages(read_mapping(keyed), b'{"id": 1}')


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"[" * 50_000, "invalid_json"),
        (b'"\xff"', "invalid_json"),
        (b"12", "unusable_webhook"),
        (b"{}", "unusable_webhook"),
        (b'{"data": {"payments": [1]}}', "unusable_webhook"),
        (payments({"payer": "1", "amount": "much", "state": "paid"}), "unusable_webhook"),
    ],
)
def test_a_body_that_cannot_be_used_gives_no_message_at_all(body: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        to_messages(read_mapping(PAYMENTS), body)
    assert refusal.value.code == code
    assert refusal.value.hint


def test_a_mapping_for_files_is_refused() -> None:
    mapping = read_mapping("name: x\ngroup: [a]\nfacts: [{type: identify, user_id: '{id}'}]\n")
    with pytest.raises(InvalidInput, match="for files"):
        to_messages(mapping, b"{}")


def test_an_order_of_shopify_is_an_order_of_its_customer() -> None:
    path = Path(__file__).parents[2] / "examples" / "shopify-orders-webhook.yaml"
    order = {
        "id": 820982911946154508, "customer": {"id": 115310627314723954}, "email": ANNA.email, "source_name": "pos",
        "processed_at": "2026-03-02T10:00:00+01:00", "total_price": "403.00", "currency": "EUR",
        "line_items": [{"product_id": 788032119674292922, "sku": None, "title": "Tea", "quantity": 1, "price": "199.00"}],
    }  # fmt: skip
    mapping = read_mapping(path.read_text(encoding="utf-8"))
    (message,) = to_messages(mapping, json.dumps(order).encode(), {"X-Shopify-Webhook-Id": "b54557e4"})
    assert message["userId"] == "115310627314723954"
    assert message["channel"] == "shop"
    assert message["properties"]["order_id"] == "820982911946154508"
    assert message["properties"]["revenue"] == 403.0
    assert message["properties"]["products"][0]["name"] == "Tea"
    assert message["context"] == {"traits": {"email": ANNA.email.lower()}}


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_body_gives_messages_or_a_refusal(document: Any) -> None:
    words = "name: x\nfacts: [{type: identify, anonymous_id: x, traits: {a: '{a}', n: {number: '{b}'}}}]\n"
    body = json.dumps(document).encode()
    try:
        messages = to_messages(read_mapping(words), body)
    except InvalidInput:
        return
    assert len(messages) == (len(document) if isinstance(document, list) else 1)
