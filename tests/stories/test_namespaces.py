"""A namespace that comes later looks through past facts, between batches, and ends where a replay would."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beleef.app import build_audiences
from beleef.audiences.api import audience_from_data
from beleef.identity import api as identity
from beleef.identity.api import Namespace
from tests.cast import ANNA, BRAM
from tests.stories.worlds import World, world

MET_TWICE = audience_from_data(
    {
        "name": "met_twice",
        "label": "Met twice",
        "rule": {"did": {"types": ["identify"], "at_least": 2}},
    }
)
CARD = Namespace(name="member", priority=45, traits=("memberCard",))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "data", {}) as made:
        yield made


def identify(user: str, card: str) -> dict[str, object]:
    return {"type": "identify", "userId": user, "traits": {"memberCard": card}}


def test_people_who_showed_one_card_before_it_counted_become_one_person(here: World) -> None:
    for user, card in ((ANNA.user_id, "m1"), (BRAM.user_id, "m2")):
        here.send(identify(user, card))
        here.send({"type": "identify", "anonymousId": f"till-{card}", "traits": {"memberCard": card}})
    here.work()
    assert here.progress().people == 4
    with here.stores.database.write() as connection:
        identity.save_namespace(connection, CARD)
    here.work()
    with here.stores.database.read() as connection:
        assert not identity.unfilled(connection)
    assert here.progress().people == 2
    anna = here.people.view("anonymous_id:till-m1")
    assert {one.value for one in anna.identifiers} == {ANNA.user_id, "till-m1", "m1"}
    assert anna.facts == 2


def test_a_namespace_saved_switched_off_joins_nobody_until_it_is_switched_on(here: World) -> None:
    here.send(
        identify(ANNA.user_id, "m1"),
        {"type": "identify", "anonymousId": "till", "traits": {"memberCard": "m1"}},
    )
    here.work()
    with here.stores.database.write() as connection:
        build_audiences(here.stores).save(connection, MET_TWICE, here.stores.now())
    here.work()
    with here.stores.database.write() as connection:
        identity.save_namespace(
            connection, Namespace(name="member", priority=45, traits=("memberCard",), enabled=False)
        )
    here.work()
    assert here.progress().people == 2
    with here.stores.database.read() as connection:
        told = identity.dry_run(connection, CARD)
    assert (told.persons_before, told.persons_after, told.merged) == (2, 1, 1)
    with here.stores.database.write() as connection:
        identity.save_namespace(connection, CARD)
    here.send({"type": "page", "name": "Home", "anonymousId": "passer-by"})
    here.work()
    assert here.progress().people == 2
    with here.stores.database.read() as connection:
        sizes = build_audiences(here.stores).sizes(connection)
    assert sizes == {"met_twice": 1}
