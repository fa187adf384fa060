"""Nothing is dropped silently: of every message there is a receipt that says what became of it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from beleef.collect import api as collect
from beleef.kernel.errors import NotFound
from tests.cast import ANNA
from tests.stories.worlds import Json, World, world


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    environment = {}
    if request.param == "postgres":
        environment = {"BELEEF_DATABASE": str(request.getfixturevalue("postgres_address"))}
    with world(tmp_path / "data", environment) as made:
        yield made


def track(message_id: str, **fields: object) -> Json:
    return {"type": "track", "event": "Bought", "userId": ANNA.user_id, "messageId": message_id, **fields}


def test_a_message_is_accepted_then_processed_then_repeated(here: World) -> None:
    here.send(track("m-1"))
    assert here.receipt("m-1").status == "accepted"
    here.work()
    processed = here.receipt("m-1")
    assert (processed.status, processed.repeats) == ("processed", 0)
    here.send(track("m-1"), track("m-1"))
    here.work()
    repeated = here.receipt("m-1")
    assert (repeated.status, repeated.fact) == ("repeated", processed.fact)
    assert repeated.repeats >= 1
    assert here.progress().repeated == 2


def test_of_a_message_that_never_came_there_is_none(here: World) -> None:
    here.send(track("m-10"), track('a"b'))
    for unknown in ("m-1", "m", "0", "", "a", "b"):
        with pytest.raises(NotFound):
            here.receipt(unknown)
    assert here.receipt("m-10").status == "accepted"
    assert here.receipt('a"b').status == "accepted"


def test_ids_with_other_letters_are_found_while_they_wait(here: World) -> None:
    here.send(track("bestelling-é-1"))
    assert here.receipt("bestelling-é-1").status == "accepted"
    here.work()
    assert here.receipt("bestelling-é-1").status == "processed"


def test_a_quarantined_message_says_why_and_can_be_mended(here: World) -> None:
    here.send(track("q-1", timestamp="soon"), track("q-2", userId="undefined"))
    here.work()
    first, second = here.receipt("q-1"), here.receipt("q-2")
    assert (first.status, first.code) == ("quarantined", "invalid_timestamp")
    assert (second.status, second.code) == ("quarantined", "no_identifier")
    held = {one.message_id: one for one in here.quarantined()}
    assert held["q-1"].id == first.quarantine
    assert first.reason
    mended = msgspec.json.encode(track("q-1")).decode()
    here.put(collect.replay_entry(held["q-1"], mended, here.tick()))
    here.work()
    assert here.receipt("q-1").status == "processed"
    assert [one.message_id for one in here.quarantined()] == ["q-2"]


def test_the_figures_tell_of_each_message_once(here: World) -> None:
    here.send(track("a"), track("a"), track("b", timestamp="soon"), track("c", userId="null"))
    here.send(track("a"), track("b"), track("c"))
    here.work()
    progress = here.progress()
    assert (progress.processed, progress.repeated, progress.quarantined, progress.erased) == (3, 2, 2, 0)
    assert here.stores.log.total() == 7
    for message_id in "abc":
        assert here.receipt(message_id).status in {"processed", "repeated"}
