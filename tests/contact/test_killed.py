"""Two senders are killed in the middle of sending, again and again: every message is counted at a real mail server, and in the ledger."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from beleef import settings as settings_
from beleef.app import Stores, build_contact, set_up
from beleef.collect import api as collect
from beleef.collect.tables import outbox
from beleef.contact.api import ChannelSetup, State
from beleef.contact.channels.email.composing import Sender as MailSender
from beleef.contact.channels.email.composing import message_id
from beleef.contact.sending import AT_ONCE
from beleef.identity import api as identity
from beleef.kernel import clock
from beleef.store.log.port import Entry
from tests.contact.making import mail
from tests.services.running import free_port

PEOPLE, EACH, ROUNDS = 500, 6, 6
LEASE_S = 3.0
FROM = "post@kersten.example"
UNDONE: tuple[State, ...] = ("waiting", "held", "reserved", "sending")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """The address of a fresh database, on each backend."""
    if request.param == "sqlite":
        return {}
    address = str(request.getfixturevalue("postgres_address"))
    return {"BELEEF_DATABASE": address.replace("+psycopg", "")}


def test_no_message_goes_out_twice_whatever_is_killed(tmp_path: Path, environment: dict[str, str]) -> None:
    stores = Stores(settings_.load(tmp_path / "data", environment))
    set_up(stores)
    keys = _intended(stores, PEOPLE)
    arrived = tmp_path / "arrived"
    with _server(stores, arrived):
        chance = random.Random(20260302)
        kills = sum(_round(stores, environment, chance, arrived) for _ in range(ROUNDS))
        with _senders(stores, environment, 1):
            _until(lambda: not _open(stores), within_s=600)
    _check(stores, keys, arrived, kills)
    stores.close()


def test_eight_lines_of_two_senders_send_each_message_once(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    stores = Stores(settings_.load(tmp_path / "data", environment))
    set_up(stores)
    keys = _intended(stores, PEOPLE // 5)
    arrived = tmp_path / "arrived"
    # Nobody is killed here, and on a busy machine an answer may take longer than a short lease.
    with _server(stores, arrived), _senders(stores, environment, 2, lease_s=600):
        _until(lambda: not _open(stores), within_s=600)
    on_wire = Counter(arrived.read_text().split())
    sender = MailSender(name="", address=FROM)
    assert on_wire == Counter(message_id(key, sender) for key in keys)
    with stores.database.read() as connection:
        rows = build_contact(stores).by_keys(connection, keys)
        told = _told(connection)
    assert {row.state for row in rows.values()} == {"sent"}
    sent = Counter(one["properties"]["key"] for one in told if one["event"] == "Message Sent")
    assert sent == Counter(keys)
    stores.close()


def _check(stores: Stores, keys: list[str], arrived: Path, kills: int) -> None:
    assert kills >= ROUNDS
    on_wire = Counter(arrived.read_text().split())
    assert max(on_wire.values()) == 1
    sender = MailSender(name="", address=FROM)
    with stores.database.read() as connection:
        rows = build_contact(stores).by_keys(connection, keys)
        told = _told(connection)
    assert rows.keys() == set(keys)
    states = Counter(row.state for row in rows.values())
    assert set(states) <= {"sent", "uncertain"}
    assert 0 < states["uncertain"] <= kills * AT_ONCE
    for key, row in rows.items():
        count = on_wire[message_id(key, sender)]
        assert count == 1 if row.state == "sent" else count <= 1
    assert sum(on_wire.values()) >= states["sent"]
    # Every message that was noted as sent is told once, and nothing else is.
    sent = Counter(one["properties"]["key"] for one in told if one["event"] == "Message Sent")
    assert set(sent) == {key for key, row in rows.items() if row.state == "sent"}
    assert max(sent.values()) == 1


def _told(connection: sa.Connection) -> list[dict[str, Any]]:
    said = connection.execute(sa.select(outbox.c.message)).scalars()
    return [message for together in said for message in msgspec.json.decode(together)]


def _round(stores: Stores, environment: dict[str, str], chance: random.Random, arrived: Path) -> int:
    """Let two senders send, kill them at a random moment each, and return how many died."""
    before = _lines(arrived)
    with _senders(stores, environment, 2) as senders:
        _until(lambda: _lines(arrived) > before or not _open(stores), within_s=300)
        for process in chance.sample(senders, len(senders)):
            time.sleep(chance.uniform(0.0, 0.25))
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    return len(senders)


def _intended(stores: Stores, people: int) -> list[str]:
    """Let people be known, mean to send each some messages, and return the keys."""
    from beleef.app import build_worker

    messages = [
        {"type": "identify", "userId": f"{number}", "traits": {"email": f"p{number}@example.nl"}}
        for number in range(1, people + 1)
    ]
    body = msgspec.json.encode({"batch": messages})
    with stores.database.write() as connection:
        source = collect.add_source(connection, name="web", channel="web", now=clock.now())
    stores.log.append(
        [Entry(received_at=clock.now(), source=source.id, kind="batch", messages=people, body=body)]
    )
    worker = build_worker(stores)
    worker.catch_up()
    worker.release()
    key = stores.installation().key
    with stores.database.write() as connection:
        found = [identity.find(connection, key, "user_id", f"{number}") for number in range(1, people + 1)]
        intents = [
            mail(f"m{person.number}:{number}", person.number, purpose="transactional")
            for person in found
            if person is not None
            for number in range(EACH)
        ]
        assert build_contact(stores).intend(connection, intents, clock.now()) == people * EACH
    return [intent.key for intent in intents]


@contextmanager
def _server(stores: Stores, arrived: Path) -> Iterator[None]:
    port = free_port()
    command = [sys.executable, "-m", "tests.contact.mail_server", str(port), str(arrived)]
    arrived.touch()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        settings = {"host": "127.0.0.1", "port": port, "security": "none", "from_address": FROM}
        setup = ChannelSetup(name="mail", kind="email", driver="smtp", settings=settings)
        with stores.database.write() as connection:
            build_contact(stores).save_channel(connection, setup, {}, clock.now())
        try:
            yield
        finally:
            process.kill()


@contextmanager
def _senders(
    stores: Stores, environment: dict[str, str], count: int, *, lease_s: float = LEASE_S
) -> Iterator[list[subprocess.Popen[bytes]]]:
    command = [
        sys.executable, "-m", "tests.contact.sender_process", str(stores.settings.data), str(lease_s)
    ]  # fmt: skip
    processes = [subprocess.Popen(command, env={**os.environ, **environment}) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
            process.wait()


def _open(stores: Stores) -> int:
    with stores.database.read() as connection:
        counts = build_contact(stores).counts(connection)
    return sum(counts.get(state, 0) for state in UNDONE)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def _until(is_so: Callable[[], bool], *, within_s: float) -> None:
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
