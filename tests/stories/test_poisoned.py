"""A fact that a step cannot work on is set apart by itself; what goes wrong on account of the machine costs no fact anything."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from beleef.app import build_worker
from beleef.collect import api as collect
from beleef.facts.fact import Batch
from beleef.kernel.errors import StorageFull
from beleef.worker import Worker
from tests.cast import ANNA
from tests.stories.worlds import Json, World, world


class Brittle:
    """A step that fails as it is told."""

    def __init__(self, breaks: Callable[[Batch], None]) -> None:
        self.breaks = breaks
        self.calls = 0

    def __call__(self, batch: Batch, connection: sa.Connection) -> None:
        self.calls += 1
        self.breaks(batch)

    def forget(self) -> None:
        """Nothing is kept."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "data", {}) as made:
        yield made


def brittle_worker(here: World, breaks: Callable[[Batch], None]) -> tuple[Worker, Brittle]:
    worker = build_worker(here.stores)
    step = Brittle(breaks)
    worker._steps = (*worker._steps, step)
    return worker, step


def breaks_on(name: str) -> Callable[[Batch], None]:
    def breaks(batch: Batch) -> None:
        if any(fact.name == name for fact in batch.facts):
            raise ZeroDivisionError(name)

    return breaks


def track(event: str, number: int) -> Json:
    return {"type": "track", "event": event, "userId": ANNA.user_id, "messageId": f"{event}-{number}"}


def test_a_fact_that_no_step_survives_is_set_apart_by_itself(here: World) -> None:
    here.send(*(track("Good", n) for n in range(5)))
    here.send(track("Good", 5), track("Poison", 0), track("Good", 6))
    here.send(track("Poison", 1))
    here.send(track("Good", 7))
    worker, _ = brittle_worker(here, breaks_on("Poison"))
    worker.catch_up()
    worker.release()
    progress = here.progress()
    assert (progress.processed, progress.quarantined) == (8, 2)
    held = here.quarantined()
    assert {(one.message_id, one.code) for one in held} == {
        ("Poison-0", "not_processed"),
        ("Poison-1", "not_processed"),
    }
    assert msgspec.json.decode(held[0].message)["event"] == "Poison"
    assert "ZeroDivisionError" in held[0].reason
    assert here.people.view(f"user_id:{ANNA.user_id}").facts == 8
    for one in held:
        here.put(collect.replay_entry(one, None, here.tick()))
    here.work()
    assert here.people.view(f"user_id:{ANNA.user_id}").facts == 10
    assert here.receipt("Poison-0").status == "processed"


def test_among_thousands_the_few_that_fail_are_found_quickly(here: World) -> None:
    messages = [track("Poison" if n in {7, 1_500, 2_999} else "Good", n) for n in range(3_000)]
    here.send(*messages)
    worker, step = brittle_worker(here, breaks_on("Poison"))
    worker.catch_up()
    worker.release()
    assert (here.progress().processed, here.progress().quarantined) == (2_997, 3)
    assert step.calls < 100


def test_facts_that_fail_only_together_are_set_apart_together(here: World) -> None:
    def breaks(batch: Batch) -> None:
        if {"Left", "Right"} <= {fact.name for fact in batch.facts}:
            raise ValueError

    here.send(track("Left", 1), track("Right", 1), track("Middle", 1))
    here.send(track("Good", 1))
    worker, _ = brittle_worker(here, breaks)
    worker.catch_up()
    worker.release()
    progress = here.progress()
    assert progress.processed + progress.quarantined == 4
    assert here.receipt("Good-1").status == "processed"


@pytest.mark.parametrize(
    "error", [OSError("the disk is gone"), StorageFull("There is no room."), MemoryError()]
)
def test_what_the_machine_does_wrong_is_no_facts_fault(here: World, error: Exception) -> None:
    ill = True

    def breaks(_: Batch) -> None:
        if ill:
            raise error

    here.send(track("Good", 1), track("Good", 2))
    worker, _ = brittle_worker(here, breaks)
    with pytest.raises(type(error)):
        worker.catch_up()
    assert here.progress().position == 0
    ill = False
    worker.catch_up()
    worker.release()
    assert (here.progress().processed, here.quarantined()) == (2, [])


def test_a_chore_that_fails_does_not_stop_the_worker(here: World) -> None:
    def fails() -> bool:
        raise ZeroDivisionError

    stop = threading.Event()
    worker, _ = brittle_worker(here, breaks_on("Poison"))
    worker._chores = (fails,)
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    try:
        here.send(track("Good", 1))
        deadline = threading.Event()
        for _ in range(1_200):
            if here.progress().processed:
                break
            deadline.wait(0.05)
        assert here.progress().processed == 1
        assert running.is_alive()
    finally:
        stop.set()
        running.join()
