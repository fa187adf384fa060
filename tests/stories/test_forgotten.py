"""A person is erased through the doors of a running Beleef: by program, by command, while facts come in."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cast import ANNA, DAAN
from tests.services.beleef import Installation, run
from tests.stories.running import Client, at, installation_in, serving, settled, wait_until


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """A running Beleef that knows Anna and Daan."""
    installation = installation_in(tmp_path)
    with serving(installation) as server:
        running = at(installation, server)
        send(running, DAAN.user_id, "daan-1", traits={"email": DAAN.email, "name": DAAN.name})
        send(running, ANNA.user_id, "anna-1", traits={"email": ANNA.email})
        running.wait_for(["daan-1", "anna-1"])
        yield running


def send(here: Installation, user: str, message_id: str, **fields: object) -> None:
    message = {"type": "identify", "userId": user, "messageId": message_id, **fields}
    body = {"batch": [message], "writeKey": here.write_key}
    httpx.post(f"{here.address}/v1/batch", json=body, timeout=120).raise_for_status()


def ask(here: Installation, method: str, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or here.token}"}
    return httpx.request(method, f"{here.address}{path}", headers=headers, timeout=120)


def test_an_administrators_program_erases_and_takes_back(here: Installation) -> None:
    who = f"/v1/people/email:{DAAN.email}"
    lines = ask(here, "GET", f"{who}/export").text.splitlines()
    assert [json.loads(line).keys() for line in lines] == [{"person"}, {"fact"}]
    answer = ask(here, "DELETE", who)
    assert (answer.status_code, answer.json()) == (200, {"facts": 1, "success": True})
    assert ask(here, "GET", who).status_code == 404
    assert ask(here, "DELETE", who).status_code == 404
    assert ask(here, "GET", "/v1/people?q=neill").json() == {"people": []}
    assert ask(here, "GET", f"/v1/people/user_id:{ANNA.user_id}").status_code == 200
    assert here.receipt("daan-1")["status"] == "erased"
    send(here, DAAN.user_id, "daan-2")
    wait_until(lambda: ask(here, "GET", "/v1/receipts/daan-2").json()["status"] == "erased")
    assert ask(here, "DELETE", f"/v1/erasures/user_id:{DAAN.user_id}").status_code == 200
    assert ask(here, "DELETE", f"/v1/erasures/user_id:{DAAN.user_id}").status_code == 404
    assert ask(here, "DELETE", "/v1/erasures/nobody").status_code == 400
    send(here, DAAN.user_id, "daan-3")
    here.wait_for(["daan-3"])
    assert ask(here, "GET", f"/v1/people/user_id:{DAAN.user_id}").json()["facts"] == 1


def test_nobody_else_erases_or_takes_back(here: Installation) -> None:
    for role in ("reader", "editor"):
        token = here.add_token(role)
        for path in (f"/v1/people/user_id:{DAAN.user_id}", f"/v1/erasures/user_id:{DAAN.user_id}"):
            assert ask(here, "DELETE", path, token).status_code == 403
    assert httpx.delete(f"{here.address}/v1/people/user_id:{DAAN.user_id}", timeout=120).status_code == 401
    assert ask(here, "GET", f"/v1/people/user_id:{DAAN.user_id}").status_code == 200


def test_the_command_does_the_same_while_beleef_runs(here: Installation) -> None:
    who = f"user_id:{DAAN.user_id}"
    exported = run("export", who, data=here.data, environment=here.environment)
    assert DAAN.email.casefold() in exported.casefold()
    erased = json.loads(run("erase", who, "--json", data=here.data, environment=here.environment))
    assert erased == {"facts": 1, "requests": 1}
    assert ask(here, "GET", f"/v1/people/{who}").status_code == 404
    assert "taken in again" in run("erase", "--lift", who, data=here.data, environment=here.environment)
    send(here, DAAN.user_id, "daan-2")
    here.wait_for(["daan-2"])


def test_people_are_erased_while_facts_about_them_pour_in(here: Installation) -> None:
    clients = [Client(here, name=f"c{number}", seed=number, size=20) for number in range(2)]
    for client in clients:
        client.start()
    wait_until(lambda: all(len(client.accepted) > 200 for client in clients))
    gone = [f"c{client}-{person}" for client in (0, 1) for person in range(0, 20, 5)]
    for user in gone:
        wait_until(lambda: ask(here, "GET", f"/v1/people/user_id:{user}").status_code == 200)  # noqa: B023 -- used at once
        assert ask(here, "DELETE", f"/v1/people/user_id:{user}").status_code == 200
    for client in clients:
        client.stop()
    figures = settled(here)
    for user in gone:
        assert ask(here, "GET", f"/v1/people/user_id:{user}").status_code == 404
    accepted = {message: user for client in clients for message, user in client.accepted.items()}
    theirs = [message for message, user in accepted.items() if user in gone]
    assert {here.receipt(message)["status"] for message in theirs[:: max(1, len(theirs) // 40)]} == {"erased"}
    assert figures["processed"] + figures["erased"] == len(accepted) + 2
    assert figures["erased"] > 0
    assert figures["people"] == 2 + len(set(accepted.values())) - len(gone)
    stays = next(user for user in accepted.values() if user not in gone)
    assert ask(here, "GET", f"/v1/people/user_id:{stays}").json()["facts"] == list(accepted.values()).count(
        stays
    )
