"""Handing over to other systems: each change is told once and signed, what is not taken is tried again, and files hold everybody once."""

import csv
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from beleef.access.api import COMMAND
from beleef.app import build_audiences, build_handing_over, build_people, build_worker
from beleef.audiences.api import audience_from_data
from beleef.audiences.handing_over import model, queries, sending
from beleef.audiences.handing_over.model import HandOver, Snapshot, Told, Webhook
from beleef.collect import api as collect
from beleef.collect.hooks import SHAPES, Signature, verify
from beleef.erasure import erase_person
from beleef.kernel.clock import HOUR, MINUTE, SECOND
from beleef.kernel.errors import InvalidInput
from beleef.store.files import Files
from beleef.store.log.port import Entry
from beleef.worker import Worker
from tests.cast import ANNA, BRAM, CHANTAL, NOW, Customer
from tests.conftest import Bucket
from tests.services.fresh import open_fresh

BUYERS = {"name": "buyers", "label": "Buyers", "rule": {"did": {"event": "Order Completed", "at_least": 1}}}
UTRECHT = {"name": "utrecht", "label": "In Utrecht", "rule": {"trait": {"name": "city", "is": "Utrecht"}}}
SECRET = "a-secret-of-this-test"
_LONGEST_S = 60


class Receiver(ThreadingHTTPServer):
    """Another system: keeps what it is sent, and answers as it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.silent = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}/audiences"

    def changes(self) -> list[tuple[str, str]]:
        """Return each change that was taken: the user's number and what happened."""
        return [
            (one["person"].get("identifiers", {}).get("user_id", one["person"]["id"]), one["change"])
            for _, body in self.taken
            for one in json.loads(body)["changes"]
        ]


class _Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/silent":
            self.server.silent.wait(_LONGEST_S)
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status < 300:
            self.server.taken.append((dict(self.headers), body))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> int:
        return self.at


class World:
    """A folder with two audiences, its worker, and the system that is told."""

    def __init__(self, folder: Path, receiver: Receiver, environment: dict[str, str]) -> None:
        self.now = Clock()
        self.receiver = receiver
        self.stores = open_fresh(folder, environment, now=self.now)
        self.audiences = build_audiences(self.stores)
        with self.stores.database.write() as connection:
            self.source = collect.add_source(connection, name="web", channel="web", now=NOW).id
            for data in (BUYERS, UTRECHT):
                self.audiences.save(connection, audience_from_data(data), NOW)
        self.worker: Worker = build_worker(self.stores)
        self.handing_over = build_handing_over(self.stores)
        self._messages = 0
        self.settle()

    def send(self, *messages: dict[str, Any]) -> None:
        """Let messages come in, and work on all that follows from them."""
        batch = []
        for message in messages:
            self._messages += 1
            batch.append({"messageId": f"m-{self._messages}", **message})
        body = msgspec.json.encode({"batch": batch})
        entry = Entry(
            received_at=self.now(), source=self.source, kind="batch", messages=len(batch), body=body
        )
        self.stores.log.append([entry])
        self.settle()

    def settle(self) -> None:
        """Work until there is nothing to do."""
        self.worker.claim()
        for _ in range(50):
            self.now.at += 2 * SECOND
            if not self.worker.work() and not self.worker.do_chores():
                break

    def hand_over(self, way: Webhook | Snapshot, audience: str = "buyers", **more: Any) -> int:
        """Add a hand-over."""
        with self.stores.database.write() as connection:
            return queries.add(connection, HandOver(audience=audience, way=way, **more), secret=SECRET)

    def tell(self) -> None:
        """Do all that is due."""
        for _ in range(50):
            if not self.handing_over.work():
                return
        raise AssertionError("it never ends")

    def tell_until(self, changes: int) -> None:
        """Do all that is due until so many changes were taken, while another system keeps its answer."""
        for _ in range(300):
            self.tell()
            if len(self.receiver.changes()) >= changes:
                return


def bought(customer: Customer) -> dict[str, Any]:
    """Return the message of an order."""
    return {"type": "track", "event": "Order Completed", "userId": customer.user_id}


def lives(customer: Customer, city: str) -> dict[str, Any]:
    """Return the message that somebody lives in a city."""
    traits = {"city": city, "email": customer.email, "name": customer.name}
    return {"type": "identify", "userId": customer.user_id, "traits": traits}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for every answer, however slow the machine; it is all the same to those that come at once."""
    monkeypatch.setattr(sending, "_PATIENCE_S", _LONGEST_S)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def embedded() -> dict[str, str]:
    """Everything in the data folder."""
    return {}


@pytest.fixture
def served(postgres_address: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The state in PostgreSQL, and files in S3-compatible storage."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bucket.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bucket.secret_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return {"BELEEF_DATABASE": postgres_address, "BELEEF_EXPORTS": f"s3://{bucket.name}/exports"}


@pytest.fixture(params=["embedded", pytest.param("served", marks=pytest.mark.service)])
def world(request: pytest.FixtureRequest, tmp_path: Path, receiver: Receiver) -> Iterator[World]:
    """A world on either kind of stores."""
    made = World(tmp_path, receiver, request.getfixturevalue(request.param))
    yield made
    made.handing_over.finish()
    made.worker.release()
    made.stores.close()


def test_who_is_in_it_is_told_first_and_then_each_change_once(world: World) -> None:
    world.send(lives(ANNA, "Utrecht"), lives(BRAM, "Zeist"))
    world.hand_over(Webhook(url=world.receiver.url), "utrecht", traits=("city",))
    world.tell()
    assert world.receiver.changes() == [(ANNA.user_id, "entered")]
    world.tell()
    world.send(lives(BRAM, "Utrecht"))
    world.tell()
    world.send(lives(ANNA, "Assen"), lives(BRAM, "Utrecht"))
    world.tell()
    assert world.receiver.changes() == [
        (ANNA.user_id, "entered"),
        (BRAM.user_id, "entered"),
        (ANNA.user_id, "left"),
    ]
    _, body = world.receiver.taken[0]
    person = json.loads(body)["changes"][0]["person"]
    assert person["identifiers"] == {"user_id": ANNA.user_id, "email": ANNA.email.lower()}
    assert person["traits"] == {"city": "Utrecht"}


def test_what_is_sent_is_signed_as_sources_can_check_it(world: World) -> None:
    world.send(bought(ANNA))
    world.hand_over(Webhook(url=world.receiver.url))
    world.tell()
    headers, body = world.receiver.taken[0]
    shape = SHAPES["standard"]
    verify(Signature(shape=shape, secret=SECRET), headers, body, world.now())
    with pytest.raises(Exception, match="does not fit"):
        verify(Signature(shape=shape, secret=SECRET), headers, body + b" ", world.now())


def test_what_is_not_taken_is_tried_again_later_under_the_same_number(world: World) -> None:
    world.send(bought(ANNA))
    number = world.hand_over(Webhook(url=world.receiver.url))
    world.receiver.answers = [500, 500]
    world.tell()
    assert world.receiver.taken == []
    with world.stores.database.read() as connection:
        failing = queries.one(connection, number)
        runs = queries.runs(connection, number, 10)
    assert failing is not None
    assert (failing.attempts, failing.error) == (1, "HTTP 500")
    assert [run.outcome for run in runs] == ["failed"]
    world.tell()
    assert len(world.receiver.answers) == 1, "it was tried again too early"
    world.now.at += MINUTE
    world.tell()
    world.now.at += MINUTE
    world.tell()
    assert world.receiver.changes() == [(ANNA.user_id, "entered")]
    with world.stores.database.read() as connection:
        taken = queries.one(connection, number)
    assert taken is not None
    assert (taken.attempts, taken.error, taken.told) == (0, "", 1)


def test_a_crash_after_the_answer_repeats_the_change_under_its_number(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.send(bought(ANNA))
    world.hand_over(Webhook(url=world.receiver.url))
    settle = queries.settle

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(queries, "settle", dies)
    with pytest.raises(KeyboardInterrupt):
        world.tell()
    monkeypatch.setattr(queries, "settle", settle)
    world.tell()
    numbers = [json.loads(body)["changes"][0]["id"] for _, body in world.receiver.taken]
    assert len(numbers) == 2
    assert numbers[0] == numbers[1]


def test_a_person_who_enters_and_leaves_before_it_is_told_is_no_news(world: World) -> None:
    world.send(lives(BRAM, "Zeist"))
    world.hand_over(Webhook(url=world.receiver.url), "utrecht")
    world.tell()
    world.send(lives(ANNA, "Utrecht"))
    world.send(lives(ANNA, "Assen"))
    world.tell()
    assert world.receiver.taken == []


def test_a_changed_rule_is_told_as_the_difference_alone(world: World) -> None:
    world.send(lives(ANNA, "Utrecht"), lives(BRAM, "Zeist"), lives(CHANTAL, "Utrecht"))
    world.hand_over(Webhook(url=world.receiver.url), "utrecht")
    world.tell()
    world.receiver.taken.clear()
    changed = {**UTRECHT, "rule": {"trait": {"name": "city", "in": ["Zeist"]}}}
    with world.stores.database.write() as connection:
        world.audiences.save(connection, audience_from_data(changed), world.now())
    world.settle()
    world.tell()
    assert sorted(world.receiver.changes()) == [
        (ANNA.user_id, "left"),
        (BRAM.user_id, "entered"),
        (CHANTAL.user_id, "left"),
    ]


def test_people_who_turn_out_to_be_one_leave_nobody_behind(world: World) -> None:
    device = ANNA.anonymous_ids[0]
    world.send({"type": "track", "event": "Order Completed", "anonymousId": device})
    number = world.hand_over(Webhook(url=world.receiver.url))
    world.tell()
    world.send({"type": "identify", "userId": ANNA.user_id, "anonymousId": device, "traits": {}})
    world.tell()
    last = {
        one["person"]["id"]: one for _, body in world.receiver.taken for one in json.loads(body)["changes"]
    }
    inside = [one for one in last.values() if one["change"] == "entered"]
    gone = [one for one in last.values() if one["change"] == "left"]
    assert [one["person"]["identifiers"] for one in inside] == [{"user_id": ANNA.user_id}]
    assert [one["person"]["became"] for one in gone] == [inside[0]["person"]["id"]]
    with world.stores.database.read() as connection:
        stored = queries.one(connection, number)
    assert stored is not None
    assert stored.told == 1


def test_a_file_holds_all_members_once_and_old_files_go(world: World) -> None:
    world.send(bought(ANNA), bought(BRAM), bought(ANNA), lives(ANNA, "=HYPERLINK(1)"))
    world.hand_over(Snapshot(every_hours=6, keep=2), traits=("city",))
    for _ in range(4):
        world.tell()
        world.now.at += 6 * HOUR
    files = Files(world.stores.settings.exports)
    names = files.names("buyers")
    assert len(names) == 2
    rows = list(csv.DictReader(files.read(f"buyers/{names[-1]}").decode().splitlines()))
    assert sorted(row["user_id"] for row in rows) == [ANNA.user_id, BRAM.user_id]
    assert {row["city"] for row in rows} == {"", "'=HYPERLINK(1)"}


def test_what_is_paused_waits_and_nothing_of_it_is_lost(world: World) -> None:
    number = world.hand_over(Webhook(url=world.receiver.url))
    world.tell()
    with world.stores.database.write() as connection:
        queries.note(connection, number, paused=1)
    world.send(bought(ANNA))
    world.tell()
    assert world.receiver.taken == []
    with world.stores.database.write() as connection:
        queries.note(connection, number, paused=0)
    world.tell()
    assert world.receiver.changes() == [(ANNA.user_id, "entered")]


def test_a_dead_address_is_no_error_and_holds_up_no_other(world: World) -> None:
    world.send(bought(ANNA))
    dead = world.hand_over(Webhook(url="http://127.0.0.1:9/none"))
    world.hand_over(Webhook(url=world.receiver.url))
    world.tell()
    assert world.receiver.changes() == [(ANNA.user_id, "entered")]
    with world.stores.database.read() as connection:
        stored = queries.one(connection, dead)
    assert stored is not None
    assert stored.error.startswith("ConnectError")


def test_a_system_that_is_silent_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PATIENCE_S", 0.1)
    world.send(bought(ANNA))
    silent = world.hand_over(Webhook(url=world.receiver.url.replace("/audiences", "/silent")))
    world.hand_over(Webhook(url=world.receiver.url))
    try:
        world.tell_until(1)
        assert world.receiver.changes() == [(ANNA.user_id, "entered")]
        world.send(bought(BRAM))
        world.tell_until(2)
        assert world.receiver.changes()[1:] == [(BRAM.user_id, "entered")]
    finally:
        world.receiver.silent.set()
    for _ in range(100):
        world.tell()
        with world.stores.database.read() as connection:
            stored = queries.one(connection, silent)
        if stored is not None and stored.told == 2:
            break
    assert sorted(world.receiver.changes()) == sorted(
        [(one.user_id, "entered") for one in (ANNA, BRAM) for _ in range(2)]
    )


def test_a_system_is_told_that_a_person_who_was_erased_left(world: World) -> None:
    world.send(bought(ANNA), bought(BRAM))
    world.hand_over(Webhook(url=world.receiver.url))
    world.tell()
    told = {
        one["person"]["identifiers"]["user_id"]: one["person"]["id"]
        for _, body in world.receiver.taken
        for one in json.loads(body)["changes"]
    }
    world.receiver.taken.clear()
    people = build_people(world.stores)
    erase_person(world.stores, people, f"user_id:{ANNA.user_id}", actor=COMMAND)
    world.settle()
    world.tell()
    (change,) = [one for _, body in world.receiver.taken for one in json.loads(body)["changes"]]
    assert (change["change"], change["person"]["id"]) == ("left", told[ANNA.user_id])
    # What the other side needs to find them is their number there; nothing of what was erased is told.
    assert "identifiers" not in change["person"]


@pytest.mark.parametrize(
    "way",
    [
        Webhook(url="ftp://example.nl/x"),
        Webhook(url="https://user:word@example.nl/"),
        Webhook(url="file:///etc/passwd"),
        Webhook(url=""),
        Snapshot(every_hours=0),
        Snapshot(keep=0),
    ],
)
def test_what_cannot_work_is_refused(way: Webhook | Snapshot) -> None:
    with pytest.raises(InvalidInput):
        model.check(HandOver(audience="buyers", way=way))


def test_a_telephone_number_is_no_formula() -> None:
    told = Told(number=1, identifiers={"phone": "+31 6 12345678"}, traits={"note": "-1+2|calc"})
    assert model.line(told, "now", ("phone",), ("note",))[2:] == ["+31 6 12345678", "'-1+2|calc"]


def test_only_the_latest_attempts_are_kept(world: World) -> None:
    number = world.hand_over(Webhook(url=world.receiver.url))
    run = model.Run(began_at=1, ended_at=2, outcome="done", people=1, detail="HTTP 200")
    with world.stores.database.write() as connection:
        for _ in range(130):
            queries.add_run(connection, number, run)
        kept = connection.execute(sa.text("SELECT count(*) FROM hand_over_runs")).scalar()
    assert kept == 100
