"""A message of a social network comes in by its signed webhook, becomes a case, and is answered over the webhook it came from."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from beleef.app import build_contact
from beleef.collect.hooks import SHAPES
from beleef.contact.api import ChannelSetup
from tests.collect.conftest import add_source
from tests.console.conftest import field_value
from tests.contact.listening import Received, listening
from tests.support.pages.conftest import Desk

pytestmark = pytest.mark.service

MAPPING = Path(__file__).parents[3] / "examples" / "social-webhook.yaml"
SECRET = "between the network and us"
BODY = msgspec.json.encode(
    {
        "messages": [
            {
                "id": "m-1",
                "from": {"id": "77"},
                "conversation": "c-5",
                "sent_at": "2026-03-02T09:00:00Z",
                "text": "My stove smokes, is anybody there?",
            }
        ]
    }
)


def until(look: Callable[[], Any]) -> Any:
    """Return what is found as soon as it is there."""
    deadline = time.monotonic() + 120
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
    return found


def deliver(desk: Desk, signature: str) -> httpx.Response:
    address = f"{desk.console.installation.address}/v1/hooks/network"
    return httpx.post(address, content=BODY, headers={"X-Signature": signature}, timeout=120)


def test_a_signed_message_is_a_case_and_its_answer_goes_back_where_it_came_from(desk: Desk) -> None:
    signature = {"shape": msgspec.to_builtins(SHAPES["plain"]), "secret": SECRET}
    hook: dict[str, Any] = {"mapping": MAPPING.read_text(), "signature": signature}
    add_source(desk.console.installation, "network", hook=hook)
    assert deliver(desk, "0" * 64).status_code == 401
    assert deliver(desk, hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()).status_code == 200
    agent = desk.console.clients["agent"]
    number = until(lambda: re.search(r"/cases/C-(\d+)", agent.get("/cases?q=stove").text))[1]
    with listening() as listener:
        setup = ChannelSetup(
            name="network", kind="webhook", driver="http", settings={"url": listener.address}
        )
        with desk.stores.database.write() as connection:
            contact = build_contact(desk.stores)
            contact.save_channel(connection, setup, {"signing_secret": SECRET}, desk.stores.now())
        page = agent.get(f"/cases/C-{number}").text
        assert '<option value="webhook" selected>' in page
        fields = {"text": "Open the damper.", "channel": "webhook", "once": field_value(page, "once")}
        assert desk.console.post("agent", f"/cases/C-{number}/reply", **fields).status_code == 303
        sent = until(lambda: next((one for one in map(_answer, list(listener.received)) if one), None))
    assert sent["data"]["case"] == f"C-{number}"
    assert sent["data"]["thread"] == "c-5"
    assert sent["purpose"] == "transactional"


def _answer(request: Received) -> dict[str, Any] | None:
    said: dict[str, Any] = msgspec.json.decode(request.body)
    return said if "Open the damper." in said["data"]["text"] else None
