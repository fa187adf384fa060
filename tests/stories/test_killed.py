"""Beleef is killed in the middle of its work, again and again: what was answered with 200 is counted, each message once."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.services.beleef import Installation
from tests.stories.running import Client, Server, at, installation_in, serving, settled, status, wait_until

ROUNDS = 6


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """The address of a fresh database, on each backend."""
    if request.param == "sqlite":
        return {}
    address = str(request.getfixturevalue("postgres_address"))
    return {"BELEEF_DATABASE": address.replace("+psycopg", "")}


@pytest.fixture
def installation(tmp_path: Path, settings: dict[str, str]) -> Installation:
    """A Beleef with two web processes that files what is a second old, so that filing is killed as well."""
    return installation_in(tmp_path, **settings, BELEEF_WEB_PROCESSES="2", BELEEF_FILE_AFTER="1")


def test_what_was_accepted_is_counted_once_whatever_is_killed(installation: Installation) -> None:
    chance = random.Random(20260302)
    with serving(installation) as server:
        here = at(installation, server)
        clients = [Client(here, name=f"client{number}", seed=number) for number in range(3)]
        for client in clients:
            client.start()
        for number in range(ROUNDS):
            then = _accepted(clients)
            wait_until(lambda: _accepted(clients) > then + 20)  # noqa: B023 -- used before it changes
            time.sleep(chance.uniform(0.0, 1.0))
            victim = ("web", "worker", "parent")[number % 3]
            server.kill(victim)
            if victim == "parent":
                server.start()
        for client in clients:
            client.stop()
        figures = settled(here)
        _check_counts(here, clients, figures)


def _accepted(clients: list[Client]) -> int:
    return sum(len(client.accepted) for client in clients)


def _check_counts(here: Installation, clients: list[Client], figures: dict[str, int]) -> None:
    accepted = {message: user for client in clients for message, user in client.accepted.items()}
    assert len(accepted) > 100
    assert sum(client.attempts for client in clients) > len(accepted) / 5
    # A client that got no answer sent again: only those may come twice, and they are counted once.
    assert figures["processed"] == len(accepted)
    assert figures["quarantined"] == figures["erased"] == 0
    told = status(here)
    assert {name: told[name] for name in figures} == figures
    assert figures["people"] == len(set(accepted.values()))
    assert here.ask("/v1/facts/count")["total"] == len(accepted)
    chance = random.Random(1)
    for message in chance.sample(sorted(accepted), 50):
        assert here.receipt(message)["status"] in {"processed", "repeated"}
    for user in chance.sample(sorted(set(accepted.values())), 5):
        told = Counter(fact["message_id"] for fact in here.timeline(f"user_id:{user}"))
        assert told == Counter(message for message, whose in accepted.items() if whose == user)
        assert here.ask(f"/v1/people/user_id:{user}")["channels"]["web"]["count"] == len(told)


def test_a_worker_killed_while_it_files_loses_nothing_and_files_nothing_twice(
    installation: Installation,
) -> None:
    lake = installation.data / "lake"
    with serving(installation) as server:
        here = at(installation, server)
        client = Client(here, name="filed", seed=3, size=500)
        client.start()
        for _ in range(3):
            files = {path.name for path in lake.rglob("*")}
            # The file is being written, or was just written and is not yet noted.
            wait_until(lambda known=files: bool({path.name for path in lake.rglob("*")} - known))  # type: ignore[misc]
            server.kill("worker")
        client.stop()
        figures = settled(here)
        assert figures["processed"] == len(client.accepted)
        assert here.ask("/v1/facts/count")["total"] == len(client.accepted)


def test_children_end_when_their_parent_is_killed(installation: Installation) -> None:
    server = Server(installation)
    server.start()
    wait_until(lambda: len(server.children("web")) == 2)
    children = [*server.children("web"), *server.children("worker")]
    server.kill("parent")
    wait_until(lambda: not any(_runs(pid) for pid in children))


def test_the_parent_starts_again_what_dies(installation: Installation) -> None:
    with serving(installation) as server:
        for kind in ("worker", "web"):
            before = server.children(kind)
            os.kill(before[0], signal.SIGKILL)
            wait_until(lambda: len(server.children(kind)) == len(before) and server.children(kind) != before)  # noqa: B023 -- used before it changes
        wait_until(server.answers)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
