"""Somebody asks to be forgotten: gone everywhere, whatever comes in again; what statistics need stays, and a replay agrees."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from beleef import erasure
from beleef.access import api as access
from beleef.access.model import Actor, Role
from beleef.collect import api as collect
from beleef.kernel.errors import NotAllowed, NotFound
from beleef.store.log.port import Entry
from beleef.store.records.database import metadata
from beleef.store.warehouse.filing import Filer
from beleef.store.warehouse.lake import Lake
from tests.cast import ANNA, BRAM, DAAN
from tests.stories.worlds import Json, World, facts_of, world

TELLTALE = ("daan@example.nl", "34567890", "neill", "bijlmerdreef", "d001", '"1004"', "gravel bike")
"""What would tell that Daan was ever here, in small letters."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """An installation that knows Daan well, in the lake, in the tail, in the quarantine and twice in the log."""
    environment = {}
    if request.param == "postgres":
        environment = {"BELEEF_DATABASE": str(request.getfixturevalue("postgres_address"))}
    with world(tmp_path / "data", environment) as made:
        live(made)
        yield made


def about_daan(event: str, message_id: str, **fields: object) -> Json:
    return {"type": "track", "event": event, "userId": DAAN.user_id, "messageId": message_id, **fields}


def live(here: World) -> None:
    traits = {
        "email": "DAAN@Example.nl",
        "phone": "06-345 678 90",
        "name": DAAN.name,
        "street": "Bijlmerdreef 1",
    }
    order = about_daan(
        "Order Completed",
        "order-1",
        properties={"revenue": 1_299, "currency": "EUR", "sku": "bike", "note": "Gravel bike"},
    )
    here.send(
        {
            "type": "identify",
            "userId": DAAN.user_id,
            "anonymousId": DAAN.anonymous_ids[0],
            "messageId": "who-1",
            "traits": traits,
        },
        order,
        {
            "type": "page",
            "anonymousId": ANNA.anonymous_ids[0],
            "messageId": "anna-1",
            "properties": {"path": "/"},
        },
    )
    here.work()
    Filer(here.stores.database, Lake(here.stores.settings.lake), now=here.stores.now).file(everything=True)
    for _ in range(3):
        here.send(order)
    here.send(about_daan("Called", "call-1", channel="phone"))
    # Two that cannot be used: by its e-mail address, and by his number alone.
    here.send(
        {
            "type": "track",
            "event": "Broken",
            "messageId": "broken-1",
            "timestamp": "soon",
            "userId": "x",
            "properties": {"mail": "D\u0061an@example.nl"},
        }
    )
    here.send(about_daan("Broken too", "broken-2", timestamp="soon"))
    here.send(
        {
            "type": "track",
            "event": "Anna's",
            "messageId": "broken-3",
            "userId": ANNA.user_id,
            "timestamp": "soon",
        }
    )
    here.work()


def everything_kept(here: World) -> str:
    """Return all that lies in the stores, in small letters, the person's own words and numbers included."""
    found = [here.bodies().decode("utf-8", "replace")]
    with here.stores.database.read() as connection:
        for table in metadata.sorted_tables:
            found += [repr(dict(row)) for row in connection.execute(sa.select(table)).mappings()]
    found += [json.dumps(msgspec.to_builtins(fact)) for fact in facts_of(here.stores)]
    return "\n".join(found).encode("utf-8", "replace").decode("unicode_escape", "replace").lower()


def test_nothing_of_an_erased_person_is_left_and_the_figures_are(here: World) -> None:
    before = everything_kept(here)
    assert all(sign in before for sign in TELLTALE)
    counts, figures = len(facts_of(here.stores)), here.progress()
    done = here.erase("email:daan@example.nl")
    assert done.facts == 3
    here.work()
    left = everything_kept(here)
    assert [sign for sign in TELLTALE if sign in left] == []
    assert len(facts_of(here.stores)) == counts
    bought = [fact for fact in facts_of(here.stores) if fact.name == "Order Completed"]
    assert [(fact.revenue, fact.product, fact.message_id) for fact in bought] == [(1_299, "bike", "")]
    now = here.progress()
    assert (now.processed, now.repeated, now.quarantined) == (
        figures.processed,
        figures.repeated,
        figures.quarantined,
    )
    assert now.people == figures.people - 1
    assert [one.message_id for one in here.quarantined()] == ["broken-3"]


def test_an_erased_person_is_found_by_nothing_and_others_are(here: World) -> None:
    here.erase(f"user_id:{DAAN.user_id}")
    for who in (
        f"user_id:{DAAN.user_id}",
        "email:daan@example.nl",
        f"anonymous_id:{DAAN.anonymous_ids[0]}",
        "phone:0634567890",
    ):
        with pytest.raises(NotFound):
            here.people.view(who)
    assert here.people.search("neill", 10) == []
    assert here.people.view(f"anonymous_id:{ANNA.anonymous_ids[0]}").facts == 1


def test_what_comes_in_again_is_refused_and_its_receipt_says_why(here: World) -> None:
    waiting = about_daan("Waited", "waiting-1")
    here.send(waiting, {"type": "track", "event": "Waited", "userId": ANNA.user_id, "messageId": "waiting-2"})
    here.erase(f"user_id:{DAAN.user_id}")
    assert here.receipt("order-1").status == "erased"
    here.work()
    here.send(waiting, about_daan("Order Completed", "order-1"), about_daan("New", "new-1"))
    here.send(
        {
            "type": "identify",
            "userId": "another",
            "messageId": "new-2",
            "traits": {"email": "daan@example.nl"},
        }
    )
    here.work()
    for message_id in ("waiting-1", "order-1", "new-1", "new-2"):
        assert here.receipt(message_id).status == "erased", message_id
    assert here.receipt("waiting-2").status == "processed"
    assert "daan@example.nl" not in everything_kept(here)
    assert here.progress().erased == 4


def test_an_erasure_that_was_cut_short_is_finished_by_asking_again(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    for step in ("redact", "note_erased", "count_people"):
        with monkeypatch.context() as patch:
            patch.setattr(collect, step, cut_short)
            with pytest.raises(KeyboardInterrupt):
                here.erase(f"user_id:{DAAN.user_id}")
        here.send(about_daan("Meanwhile", f"meanwhile-{step}"))
        here.work()
    here.erase(f"user_id:{DAAN.user_id}")
    left = everything_kept(here)
    assert [sign for sign in TELLTALE if sign in left] == []
    assert here.progress().erased == 3


def test_an_export_before_the_erasure_holds_everything(here: World) -> None:
    lines = list(here.people.export(f"user_id:{DAAN.user_id}"))
    assert lines[0]["person"]["traits"]["street"] == "Bijlmerdreef 1"
    assert {one["namespace"] for one in lines[0]["person"]["identifiers"]} == {
        "user_id",
        "anonymous_id",
        "email",
        "phone",
    }
    assert sorted(line["fact"]["message_id"] for line in lines[1:]) == ["call-1", "order-1", "who-1"]


def test_a_customer_who_comes_back_is_known_from_then_on(here: World) -> None:
    here.erase(f"user_id:{DAAN.user_id}")
    here.send(about_daan("Too early", "early-1"))
    here.work()
    erasure.lift(here.stores, f"user_id:{DAAN.user_id}", actor=access.COMMAND)
    with pytest.raises(NotFound):
        erasure.lift(here.stores, f"user_id:{DAAN.user_id}", actor=access.COMMAND)
    here.send(about_daan("Back", "back-1"), about_daan("Too early", "early-1"))
    here.work()
    assert here.receipt("early-1").status == "processed"
    assert here.people.view(f"user_id:{DAAN.user_id}").facts == 2
    assert here.receipt("order-1").status == "erased"


def test_only_an_administrator_erases_and_lifts(here: World) -> None:
    editor = Actor(kind="token", id=1, name="editor", role=Role.editor)
    with pytest.raises(NotAllowed):
        erasure.erase_person(here.stores, here.people, f"user_id:{DAAN.user_id}", actor=editor)
    with pytest.raises(NotAllowed):
        erasure.lift(here.stores, f"user_id:{DAAN.user_id}", actor=editor)
    assert here.people.view(f"user_id:{DAAN.user_id}").facts == 3


def test_a_client_cannot_pretend_that_somebody_was_erased(here: World) -> None:
    stub = {"outcome": "processed", "type": "track", "channel": "web", "revenue": 1e9}
    here.send(
        {"erased": stub, "type": "track", "event": "Forged", "userId": BRAM.user_id, "messageId": "forged-1"}
    )
    body = msgspec.json.encode(
        {"batch": [about_daan("Real", "real-1")], "stubs": {"0": stub}, "replays": [here.quarantined()[0].id]}
    )
    here.put(Entry(received_at=here.tick(), source=here.source.id, kind="batch", messages=1, body=body))
    here.work()
    assert here.receipt("forged-1").status == "processed"
    assert here.receipt("real-1").status == "processed"
    here.erase(f"user_id:{DAAN.user_id}")
    assert len(here.quarantined()) == 1
    assert max(fact.revenue or 0 for fact in facts_of(here.stores)) == 1_299
