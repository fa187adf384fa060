"""The routes of campaigns: each does its work for who may, and refuses everybody else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from litestar import Litestar
from litestar.testing import TestClient

from beleef.access import api as access
from beleef.web import WebApp
from tests.campaigns.shops import CART, Shop
from tests.campaigns.test_running import WELCOME
from tests.cast import ANNA, BRAM

# Litestar 2 announces how version 3 will want parameters declared; what is installed knows both ways.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

CALL = yaml.safe_load(WELCOME.replace("  fact: Account Created", "  call: true"))


@pytest.fixture
def client(open_shop: Shop) -> Iterator[TestClient[Litestar]]:
    app = WebApp(open_shop.world.stores)
    with TestClient(app.litestar) as opened:
        yield opened
    app.intake.close()


def _as(client: TestClient[Litestar], shop: Shop, role: str) -> None:
    with shop.database.write() as connection:
        secret = access.add_token(connection, name=role, role=role, now=shop.now)
    client.headers["Authorization"] = f"Bearer {secret}"


def _put(client: TestClient[Litestar], data: dict[str, Any]) -> Any:
    return client.put(f"/v1/campaigns/{data['name']}", json=data)


def test_a_campaign_is_written_published_paused_and_stopped(
    client: TestClient[Litestar], open_shop: Shop
) -> None:
    _as(client, open_shop, "editor")
    open_shop.write("hello", "near", "far")
    saved = _put(client, CALL)
    assert (saved.status_code, saved.json()["state"], saved.json()["is_changed"]) == (200, "draft", True)
    assert saved.json()["definition"]["flow"][0] == {
        "id": "hello",
        "send": {"message": "hello", "channel": "email", "purpose": "service"},
    }
    states = []
    for what in ("publish", "pause", "resume", "stop"):
        answer = client.post(f"/v1/campaigns/welcome/{what}")
        states.append((answer.status_code, answer.json()["state"]))
    assert states == [(200, "active"), (200, "paused"), (200, "active"), (200, "stopped")]
    refused = client.post("/v1/campaigns/welcome/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert [one["definition"]["name"] for one in client.get("/v1/campaigns").json()["campaigns"]] == [
        "welcome"
    ]
    assert client.delete("/v1/campaigns/welcome").json() == {"success": True}
    assert client.get("/v1/campaigns/welcome").status_code == 404


def test_a_campaign_may_be_published_so_that_people_move_on(
    client: TestClient[Litestar], open_shop: Shop
) -> None:
    _as(client, open_shop, "editor")
    open_shop.write("hello", "near", "far")
    _put(client, CALL)
    assert client.post("/v1/campaigns/welcome/publish", json={"in_flight": "move"}).json()["version"] == 1
    wrong = client.post("/v1/campaigns/welcome/publish", json={"in_flight": "jump"})
    assert wrong.status_code == 400


def test_people_enter_by_a_call_once(client: TestClient[Litestar], open_shop: Shop) -> None:
    _as(client, open_shop, "editor")
    open_shop.write("hello", "near", "far")
    for customer in (ANNA, BRAM):
        open_shop.tell({"type": "identify", "traits": {}}, customer)
    open_shop.work()
    _put(client, CALL)
    client.post("/v1/campaigns/welcome/publish")
    call = {"people": ["user_id:1001", "user_id:1002"], "request": "r-1", "properties": {"shop": "Utrecht"}}
    assert client.post("/v1/campaigns/welcome/entries", json=call).json() == {"entered": 2}
    assert client.post("/v1/campaigns/welcome/entries", json=call).json() == {"entered": 0}
    open_shop.work()
    assert open_shop.steps_sent() == ["hello", "hello"]
    nobody = client.post("/v1/campaigns/welcome/entries", json={"people": ["user_id:9"], "request": "r-2"})
    assert nobody.status_code == 404
    nameless = client.post("/v1/campaigns/welcome/entries", json={"people": [], "request": " "})
    assert (nameless.status_code, nameless.json()["message"]) == (400, "The call has no name.")


def test_results_are_figures_with_intervals(client: TestClient[Litestar], open_shop: Shop) -> None:
    open_shop.write("cart")
    open_shop.publish(CART)
    open_shop.wait(1)
    open_shop.do("Cart Updated", cart_id="c1")
    open_shop.wait(5)
    _as(client, open_shop, "reader")
    found = client.get("/v1/campaigns/forgotten-cart/results").json()
    assert (found["entered"], found["people"], found["converted"]) == (1, 1, 0)
    assert found["conversion"] == [0.0, 0.0, pytest.approx(0.7934, abs=1e-4)]
    assert [step["step"] for step in found["steps"]] == ["bought", "enough", "remind"]
    assert client.get("/v1/campaigns/forgotten-cart/results?version=7").status_code == 404


def test_what_cannot_be_read_is_refused_with_its_place(client: TestClient[Litestar], open_shop: Shop) -> None:
    _as(client, open_shop, "editor")
    refused = _put(client, {**CALL, "flow": [{"id": "a", "wait": "soon"}]})
    assert refused.status_code == 400
    assert refused.json()["code"] == "invalid_campaign"
    assert refused.json()["message"].startswith("flow.0.wait: ")
    other = client.put("/v1/campaigns/other", json=CALL)
    assert other.status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/publish"),
        ("POST", "/pause"),
        ("POST", "/resume"),
        ("POST", "/stop"),
        ("POST", "/entries"),
    ],
)
def test_a_reader_changes_nothing(
    client: TestClient[Litestar], open_shop: Shop, method: str, path: str
) -> None:
    open_shop.write("hello", "near", "far")
    open_shop.publish(json.loads(json.dumps(yaml.safe_dump(CALL))))
    address = f"/v1/campaigns/welcome{path}"
    body = {"people": [], "request": "r"} if path == "/entries" else {}
    assert client.request(method, address, json=body).status_code == 401
    _as(client, open_shop, "reader")
    assert client.request(method, address, json=body).status_code == 403
    assert client.get("/v1/campaigns/welcome").json()["state"] == "active"
