"""Audiences in a whole Beleef: over HTTP, by commands, through a rebuild and an erasure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from typer.testing import CliRunner

from beleef.access import api as access
from beleef.app import build_answers
from beleef.cli import app as command
from beleef.web import WebApp
from tests.stories.worlds import World, state_of, world

# Litestar 2 announces how version 3 will want parameters declared; what is installed knows both ways.
pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")

LOYAL: dict[str, Any] = {
    "label": "Loyal",
    "rule": {"did": {"event": "Order Completed", "at_least": 2, "within_days": 30}},
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "data", {}) as opened:
        yield opened


@pytest.fixture
def client(house: World) -> Iterator[TestClient[Litestar]]:
    web = WebApp(house.stores)
    with TestClient(web.litestar) as opened:
        yield opened
    web.intake.close()


def let_in(client: TestClient[Litestar], house: World, role: str) -> None:
    with house.stores.database.write() as connection:
        secret = access.add_token(connection, name=role, role=role, now=house.tick())
    client.headers["Authorization"] = f"Bearer {secret}"


def settle(house: World) -> None:
    """Let the worker do everything that its chores look for once a second."""
    for _ in range(8):
        house.tick(2)
        house.work()


def order(user: str, number: int) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": user, "messageId": f"{user}-{number}"}


def members(house: World) -> list[str]:
    found = build_answers(house.stores).members("loyal", after=None, limit=10).members
    return sorted(one.identifiers["user_id"] for one in found)


def test_an_audience_is_kept_listed_asked_and_deleted_over_http(
    client: TestClient[Litestar], house: World
) -> None:
    let_in(client, house, "editor")
    house.send(order("anna", 1), order("anna", 2), order("bram", 1))
    house.work()
    saved = client.put("/v1/audiences/loyal", json=LOYAL)
    assert (saved.status_code, saved.json()["filled"]) == (200, 0.0)
    settle(house)
    kept = client.get("/v1/audiences/loyal").json()
    assert (kept["size"], kept["filled"]) == (1, 1.0)
    assert kept["sentence"] == "did “Order Completed” at least 2 times in the last 30 days"
    (member,) = client.get("/v1/audiences/loyal/members").json()["members"]
    assert member["identifiers"] == {"user_id": "anna"}
    count = client.post("/v1/audiences/count", json={"rule": LOYAL["rule"]})
    assert (count.status_code, count.json()["count"], count.json()["people"]) == (200, 1, 2)
    assert count.json()["examples"] == [member["id"]]
    (why,) = client.get("/v1/people/user_id:bram/audiences").json()["audiences"]
    assert (why["is_member"], why["reasons"]["fulfilled"], len(why["reasons"]["seen"])) == (False, False, 1)
    brief = client.get("/v1/people/user_id:anna/audiences", params={"reasons": "false"}).json()["audiences"]
    assert brief == [{"name": "loyal", "label": LOYAL["label"], "is_member": True, "reasons": None}]
    assert [one["name"] for one in client.get("/v1/audiences").json()["audiences"]] == ["loyal"]
    assert client.delete("/v1/audiences/loyal").json() == {"success": True}
    assert client.get("/v1/audiences/loyal").status_code == 404


def test_a_rule_that_cannot_work_is_refused_over_http_with_its_place(
    client: TestClient[Litestar], house: World
) -> None:
    let_in(client, house, "editor")
    wrong = {"label": "Loyal", "rule": {"all": [{"nonsense": 1}]}}
    for answer in (client.put("/v1/audiences/loyal", json=wrong), client.post("/v1/audiences/count", json={"rule": wrong["rule"]})):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_rule")
        assert answer.json()["message"].startswith("all[0].nonsense: ")


def test_who_may_only_read_changes_no_audience(client: TestClient[Litestar], house: World) -> None:
    assert client.get("/v1/audiences").status_code == 401
    let_in(client, house, "reader")
    assert client.get("/v1/audiences").status_code == 200
    assert client.put("/v1/audiences/loyal", json=LOYAL).status_code == 403
    assert client.delete("/v1/audiences/loyal").status_code == 403


def test_entries_are_facts_and_a_rebuild_keeps_everybody_and_since_when(house: World, tmp_path: Path) -> None:
    # Without a window: the command lives in the real time, the house in another.
    ever = {"did": {"event": "Order Completed", "at_least": 2}}
    build_answers(house.stores).save("loyal", LOYAL | {"rule": ever})
    settle(house)
    house.send(order("anna", 1), order("anna", 2), order("bram", 1))
    settle(house)
    assert members(house) == ["anna"]
    told = [fact.name for _, fact in house.stores.warehouse.scan() if fact.type == "beleef"]
    assert told == ["Audience Entered"]
    before = build_answers(house.stores).members("loyal", after=None, limit=10)
    state = state_of(house.stores)["audience_members"]

    rebuild = CliRunner().invoke(command, ["rebuild", "--data", str(tmp_path / "data")])
    assert rebuild.exit_code == 0, rebuild.output
    house.fresh_worker()
    settle(house)
    assert build_answers(house.stores).members("loyal", after=None, limit=10) == before
    assert state_of(house.stores)["audience_members"] == state
    told = [fact.name for _, fact in house.stores.warehouse.scan() if fact.type == "beleef"]
    assert told == ["Audience Entered"]


def test_who_is_erased_is_gone_from_every_audience(house: World) -> None:
    build_answers(house.stores).save("loyal", LOYAL)
    house.send(*(order(user, number) for user in ("anna", "bram") for number in (1, 2)))
    settle(house)
    assert members(house) == ["anna", "bram"]
    house.erase("user_id:anna")
    settle(house)
    assert members(house) == ["bram"]
    assert build_answers(house.stores).one("loyal").size == 1
    (checked,) = build_answers(house.stores).verify()
    assert (checked.members, checked.missing, checked.surplus) == (1, 0, 0)


def test_commands_list_verify_and_export(house: World, tmp_path: Path) -> None:
    build_answers(house.stores).save("loyal", LOYAL)
    house.send(order("anna", 1), order("anna", 2))
    settle(house)
    data = ["--data", str(tmp_path / "data")]
    listed = CliRunner().invoke(command, ["audiences", "list", *data, "--json"])
    assert json.loads(listed.output)[0]["size"] == 1
    verified = CliRunner().invoke(command, ["audiences", "verify", *data])
    assert (verified.exit_code, "loyal" in verified.output) == (0, True)
    header, row = CliRunner().invoke(command, ["audiences", "export", "loyal", *data]).output.splitlines()
    assert header == "id,since,user_id,email,phone"
    assert row.endswith(",anna,,")
    unknown = CliRunner().invoke(command, ["audiences", "verify", "nobody", *data])
    assert unknown.exit_code == 1
