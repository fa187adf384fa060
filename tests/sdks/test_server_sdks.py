"""The server-side SDKs of Segment and RudderStack, unmodified: every message arrives once, and none is sent twice."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.sdks.conftest import ENVIRONMENT, HERE, run_script
from tests.services.beleef import Installation
from tests.services.witness import Witness

pytestmark = pytest.mark.service

OLD_SEGMENT = "2.3.4"
KINDS = Counter(identify=1, track=2, page=1, screen=1, group=1, alias=1)


class Sdk(msgspec.Struct, frozen=True, kw_only=True):
    """One SDK as published.

    Attributes:
        name: For the test's name.
        send: Runs it: ``send(address, write_key, user)``; returns what it said of itself.
        version: How its version begins.
    """

    name: str
    send: Callable[[str, str, str], dict[str, Any]]
    version: str = ""


def _python(library: str, folder: Path | None = None) -> Callable[[str, str, str], dict[str, Any]]:
    def send(address: str, write_key: str, user: str) -> dict[str, Any]:
        environment = {"PYTHONPATH": str(folder)} if folder else None
        return dict(
            json.loads(
                run_script(
                    sys.executable,
                    HERE / "send.py",
                    library,
                    address,
                    write_key,
                    user,
                    environment=environment,
                )
            )
        )

    return send


def _node(script: str) -> Callable[[str, str, str], dict[str, Any]]:
    def send(address: str, write_key: str, user: str) -> dict[str, Any]:
        environment = {"NODE_PATH": str(ENVIRONMENT / "node" / "node_modules")}
        return dict(
            json.loads(run_script("node", HERE / script, address, write_key, user, environment=environment))
        )

    return send


SDKS = [
    Sdk(
        name=f"segment-analytics-python {OLD_SEGMENT}",
        send=_python("segment", ENVIRONMENT / f"segment-{OLD_SEGMENT}"),
        version=OLD_SEGMENT,
    ),
    Sdk(name="segment-analytics-python", send=_python("segment")),
    Sdk(name="rudder-sdk-python", send=_python("rudderstack")),
    Sdk(name="analytics-node", send=_node("send_segment.cjs")),
    Sdk(name="rudder-sdk-node", send=_node("send_rudder.cjs")),
]


@pytest.fixture(params=SDKS, ids=lambda sdk: str(sdk.name))
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Each SDK in turn; one that is not installed is skipped with the reason."""
    found: Sdk = request.param
    if "node" in found.name:
        request.getfixturevalue("node_modules")
    if found.version and not (ENVIRONMENT / f"segment-{OLD_SEGMENT}").is_dir():
        pytest.skip(f"segment-analytics-python {OLD_SEGMENT} is not installed; `make test` does it")
    return found


@pytest.fixture
def user(sdk: Sdk) -> str:
    """A user number of this SDK alone."""
    return sdk.name.replace(" ", "-").replace(".", "-")


def test_every_message_arrives_once_and_is_sent_once(
    sdk: Sdk, user: str, server: Installation, witness: Witness
) -> None:
    said = sdk.send(witness.address, server.write_key, user)
    assert said["errors"] == []
    assert said["version"].startswith(sdk.version)

    sent = witness.messages()
    message_ids = [message["messageId"] for message in sent]
    assert Counter(message["type"] for message in sent) == KINDS
    assert len(set(message_ids)) == len(message_ids), "the SDK sent a message twice"
    assert {exchange.status for exchange in witness.posts()} == {200}
    assert {exchange.answer for exchange in witness.posts()} == {b'{"success":true}'}

    server.wait_for(message_ids)
    assert {server.receipt(message_id)["status"] for message_id in message_ids} == {"processed"}
    arrived = [fact["message_id"] for fact in server.timeline(f"user_id:{user}")]
    arrived += [fact["message_id"] for fact in server.timeline(f"anonymous_id:{user}-device")]
    assert sorted(arrived) == sorted(message_ids)


def test_the_person_is_known_as_the_sdk_described_them(
    sdk: Sdk, user: str, server: Installation, witness: Witness
) -> None:
    person = f"{user}-known"
    sdk.send(witness.address, server.write_key, person)
    server.wait_for([message["messageId"] for message in witness.messages()])

    profile = server.ask(f"/v1/people/user_id:{person}")
    identifiers = {(identifier["namespace"], identifier["value"]) for identifier in profile["identifiers"]}
    assert {
        ("user_id", person),
        ("user_id", f"{person}-before"),
        ("email", f"{person}@example.nl"),
    } <= identifiers
    assert profile["traits"]["plan"] == "gold"
    facts = server.timeline(f"user_id:{person}")
    assert {(fact["type"], fact["name"]) for fact in facts} >= {
        ("track", "Order Completed"),
        ("page", "Home"),
        ("screen", "Start"),
    }
    assert {fact["channel"] for fact in facts} <= {"web", "server"}


def test_a_wrong_write_key_is_told_once_and_not_tried_again(
    sdk: Sdk, user: str, server: Installation, witness: Witness
) -> None:
    said = sdk.send(witness.address, "no-such-key", f"{user}-wrong")
    assert said["errors"] != []
    refusals = [(exchange.status, json.loads(exchange.answer)["code"]) for exchange in witness.posts()]
    assert set(refusals) == {(401, "unknown_write_key")}
    message_ids = [message["messageId"] for message in witness.messages()]
    assert len(message_ids) == len(set(message_ids)), "the SDK tried again"
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        server.ask(f"/v1/people/user_id:{user}-wrong")


def test_the_same_messages_sent_again_count_once(
    sdk: Sdk, user: str, server: Installation, witness: Witness
) -> None:
    again = f"{user}-again"
    sdk.send(witness.address, server.write_key, again)
    message_ids = [message["messageId"] for message in witness.messages()]
    server.wait_for(message_ids)
    before = len(server.timeline(f"user_id:{again}"))
    for exchange in witness.posts():
        kept = ("authorization", "content-type", "content-encoding")
        headers = {name: exchange.headers[name] for name in kept if name in exchange.headers}
        reply = httpx.post(
            f"{server.address}{exchange.path}", content=exchange.body, headers=headers, timeout=120
        )
        assert reply.status_code == 200
    marker = f"{again}-marker"
    httpx.post(
        f"{server.address}/v1/track",
        json={"writeKey": server.write_key, "userId": marker, "event": "Seen", "messageId": marker},
        timeout=120,
    )
    # What was sent last is worked on last: once it is through, the repeats are too.
    server.wait_for([marker])
    assert len(server.timeline(f"user_id:{again}")) == before


def test_old_segment_python_shows_its_key_only_in_the_body(server: Installation, witness: Witness) -> None:
    old = next(sdk for sdk in SDKS if sdk.version == OLD_SEGMENT)
    old.send(witness.address, server.write_key, "only-body")
    for exchange in witness.posts():
        assert "authorization" not in exchange.headers
        assert exchange.json()["writeKey"] == server.write_key
        assert exchange.status == 200


def test_new_segment_python_shows_its_key_twice(server: Installation, witness: Witness) -> None:
    newest = next(sdk for sdk in SDKS if sdk.name == "segment-analytics-python")
    said = newest.send(witness.address, server.write_key, "key-twice")
    assert said["version"] > OLD_SEGMENT
    for exchange in witness.posts():
        assert exchange.headers["authorization"].startswith("Basic ")
        assert exchange.json()["writeKey"] == server.write_key
        assert exchange.status == 200


def test_rudder_python_packs_its_body_and_puts_traits_in_the_context(
    server: Installation, witness: Witness
) -> None:
    rudder = next(sdk for sdk in SDKS if sdk.name == "rudder-sdk-python")
    rudder.send(witness.address, server.write_key, "rudder-traits")
    (exchange,) = witness.posts()
    assert exchange.headers["content-encoding"] == "gzip"
    assert "writeKey" not in exchange.json()
    identify = next(message for message in exchange.messages() if message["type"] == "identify")
    assert "traits" not in identify
    assert identify["context"]["traits"]["plan"] == "gold"
    server.wait_for([message["messageId"] for message in exchange.messages()])
    assert server.ask("/v1/people/user_id:rudder-traits")["traits"]["plan"] == "gold"


def test_rudder_node_calls_packed_json_a_form_and_is_understood(
    server: Installation, witness: Witness, node_modules: Path
) -> None:
    rudder = next(sdk for sdk in SDKS if sdk.name == "rudder-sdk-node")
    rudder.send(witness.address, server.write_key, "rudder-form")
    for exchange in witness.posts():
        assert exchange.headers["content-type"].startswith("application/x-www-form-urlencoded")
        assert exchange.body[:2] == b"\x1f\x8b"
        assert exchange.status == 200


def test_a_missing_anonymous_id_is_normal(server: Installation, witness: Witness) -> None:
    for sdk in (sdk for sdk in SDKS if "python" in sdk.name):
        sdk.send(witness.address, server.write_key, f"null-{sdk.name.split()[0]}")
    without = [message["messageId"] for message in witness.messages() if message.get("anonymousId") is None]
    assert without
    server.wait_for(without)
    assert {server.receipt(message_id)["status"] for message_id in without} == {"processed"}
