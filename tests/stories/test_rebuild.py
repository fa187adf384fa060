"""All state is built again from the log, in place or into a new folder, and is what it was."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from rich.progress import Progress

from beleef import settings as settings_
from beleef.app import Stores, build_profiles, build_worker
from beleef.collect import api as collect
from beleef.identity import api as identity
from beleef.kernel import clock
from beleef.kernel.errors import Conflict
from beleef.operation import Status
from beleef.rebuilding import rebuild
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from tests.cast import ANNA, BRAM, CHANTAL, DAAN, ELIF, NOW
from tests.stories.worlds import Json, World, state_of, world

QUIET = Progress(disable=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings with a fresh database, on each backend."""
    if request.param == "sqlite":
        return {}
    return {"BELEEF_DATABASE": str(request.getfixturevalue("postgres_address"))}


@pytest.fixture
def lived(tmp_path: Path, environment: dict[str, str]) -> Iterator[World]:
    """An installation after a lively time."""
    with world(tmp_path / "data", environment) as made:
        live(made)
        yield made


def track(event: str, user: str | None = None, **fields: object) -> Json:
    return {"type": "track", "event": event, **({"userId": user} if user else {}), **fields}


def live(here: World) -> None:
    """Let happen what happens: customers, devices, orders, repeats, broken messages, staff's decisions, and an erasure."""
    _meet(here)
    here.work()
    _define_a_trait(here)
    _order(here)
    here.work()
    _break_and_mend(here)
    here.work()
    _decide(here)
    here.work()
    Filer(here.stores.database, Lake(here.stores.settings.lake), now=here.stores.now).file(everything=True)
    _forget(here)
    here.work()


def _meet(here: World) -> None:
    for person in (ANNA, BRAM, CHANTAL, DAAN, ELIF):
        here.send(
            {
                "type": "page",
                "name": "Home",
                "anonymousId": person.anonymous_ids[0],
                "messageId": f"home-{person.user_id}",
            },
            {
                "type": "identify",
                "userId": person.user_id,
                "anonymousId": person.anonymous_ids[0],
                "messageId": f"who-{person.user_id}",
                "traits": {"email": person.email, "phone": person.phone, "name": person.name},
            },
        )
    here.send(
        {
            "type": "group",
            "userId": ANNA.user_id,
            "groupId": "household-12",
            "traits": {"city": "Gouda"},
            "messageId": "g1",
        }
    )
    here.send(
        {"type": "alias", "previousId": ANNA.anonymous_ids[1], "userId": ANNA.user_id, "messageId": "alias-1"}
    )
    here.send(
        {
            "type": "merge",
            "messageId": "merge-1",
            "mergeProperties": [{"type": "email", "value": ELIF.email}, {"type": "loyalty", "value": "777"}],
        }
    )


def _define_a_trait(here: World) -> None:
    profiles = build_profiles(here.stores)
    spent = {
        "name": "spent",
        "label": "Spent",
        "kind": "sum",
        "of": "revenue",
        "types": ["track"],
        "names": ["Order Completed"],
    }
    seen = {"name": "places", "label": "Places", "kind": "unique_count", "of": "channel"}
    with here.stores.database.write() as connection:
        for definition in (spent, seen):
            profiles.save_definition(connection, definition)


def _order(here: World) -> None:
    for number in range(40):
        person = (ANNA, BRAM, CHANTAL, DAAN)[number % 4]
        bought = {
            "order_id": f"o-{number}",
            "revenue": 10.5 + number,
            "currency": "EUR",
            "products": [{"product_id": f"p{number % 7}", "quantity": 1}],
        }
        message = track("Order Completed", person.user_id, messageId=f"order-{number}", properties=bought)
        here.send(message)
        if number % 5 == 0:
            # The answer got lost, and the client sends it again, twice, at once and later.
            here.send(message, message)
        if number % 8 == 0:
            here.work()
    # One family, one e-mail address: it is Daan's, and Bram gives it too.
    here.send(
        {"type": "identify", "userId": BRAM.user_id, "messageId": "family-1", "traits": {"email": DAAN.email}}
    )
    late = clock.to_text(NOW - 400 * clock.DAY)
    here.send(
        track("Order Completed", ANNA.user_id, messageId="late", timestamp=late, properties={"revenue": 3})
    )
    for number in (0, 5, 10):
        here.send(track("Order Completed", ANNA.user_id, messageId=f"order-{number}"))


def _break_and_mend(here: World) -> None:
    here.send(
        track("Nobody's", messageId="broken-1"),
        track("When?", CHANTAL.user_id, messageId="broken-2", timestamp="yesterday"),
        track("Fine", CHANTAL.user_id, messageId="fine-1"),
        track("Blocked", "undefined", messageId="broken-3"),
    )
    # The blocked one is sent again in another request, and is still nobody's.
    here.send(track("Blocked", "undefined", messageId="broken-3"))
    here.work()
    held = {one.message_id: one for one in here.quarantined()}
    mended = {
        "broken-1": track("Nobody's", ELIF.user_id, messageId="broken-1"),
        "broken-3": track("Blocked", ANNA.user_id, messageId="broken-3"),
    }
    for message_id, message in mended.items():
        here.put(collect.replay_entry(held[message_id], msgspec.json.encode(message).decode(), here.tick()))
    with here.stores.database.write() as connection:
        collect.discard(connection, held["broken-2"].id)


def _decide(here: World) -> None:
    here.send(
        identity.undo_message(
            ("user_id", CHANTAL.user_id),
            ("anonymous_id", CHANTAL.anonymous_ids[0]),
            reason="a borrowed tablet",
            by="Fatima",
        ),
        own=True,
    )
    with here.stores.database.read() as connection:
        key = here.stores.installation().key
        found = [identity.find(connection, key, "user_id", who.user_id) for who in (BRAM, ELIF)]
        assert found[0] is not None
        assert found[1] is not None
        merge = identity.merge_message(connection, found[0].number, found[1].number, by="Fatima")
    here.send(merge, own=True)


def _forget(here: World) -> None:
    here.send(
        track("Waits", DAAN.user_id, messageId="waiting-1"),
        track("Waits", ANNA.user_id, messageId="waiting-2"),
    )
    here.erase(f"user_id:{DAAN.user_id}")
    here.work()
    here.send(track("Came back", DAAN.user_id, messageId="after-1"))
    # A family computer speaks for the one who stayed.
    here.send(track("Looked", ANNA.user_id, anonymousId=DAAN.anonymous_ids[0], messageId="after-2"))


def test_a_rebuild_in_place_gives_the_state_that_was(lived: World) -> None:
    before = state_of(lived.stores)
    check_is_lively(before)
    figures = rebuild_now(lived)
    after = state_of(lived.stores)
    assert figures.lag_facts == 0
    for name, rows in before.items():
        assert after[name] == rows, name


def test_a_rebuild_into_a_new_folder_gives_the_state_that_was(lived: World, tmp_path: Path) -> None:
    before = state_of(lived.stores)
    rebuild_now(lived, into=tmp_path / "again")
    again = Stores(settings_.load(tmp_path / "again", {}))
    after = state_of(again)
    again.close()
    for name, rows in before.items():
        assert after[name] == rows, name
    assert state_of(lived.stores) == before


def rebuild_now(here: World, into: Path | None = None) -> Status:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BELEEF_DATABASE", here.stores.settings.database)
        return rebuild(here.stores.settings.data, into=into, bar=QUIET)


def check_is_lively(state: dict[str, object]) -> None:
    progress = state["progress"]
    assert isinstance(progress, dict)
    assert progress["repeated"] >= 19
    assert progress["quarantined"] >= 4
    assert progress["erased"] == 2
    assert state["evidence_verdicts"]
    assert state["identity_refusals"] is not None
    assert state["account_profiles"]


def test_nothing_is_rebuilt_while_a_worker_runs(lived: World) -> None:
    before = state_of(lived.stores)
    worker = build_worker(lived.stores)
    worker.claim()
    with pytest.raises(Conflict, match="Another worker"):
        rebuild_now(lived)
    worker.release()
    assert state_of(lived.stores) == before
