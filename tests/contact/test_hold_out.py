"""The hold-out stays who it was: a stronger identifier, or a merge, moves nobody in or out but to where the earlier person was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beleef.contact.gate import bucket
from beleef.identity import api as identity
from tests.contact.making import Place, mail, place


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Place]:
    """An installation that was just set up."""
    with place(tmp_path / "place") as made:
        yield made


def _standing(opened: Place, namespace: str, value: str) -> float:
    key = opened.stores.installation().key
    with opened.database.read() as connection:
        person = identity.find(connection, key, namespace, value)
        assert person is not None
        asked = mail("asked", person.number)
        (found,) = opened.contact.circumstances(connection, [asked], opened.stores.now())
    assert found.known.bucket == bucket(key, person.first)
    return found.known.bucket


def _visit(opened: Place, device: str) -> None:
    opened.world.send({"type": "page", "name": "Home", "anonymousId": device})
    opened.world.tick()
    opened.world.work()


def test_a_visitor_who_signs_in_stays_where_they_were_in_the_draw(opened: Place) -> None:
    _visit(opened, "device-1")
    before = _standing(opened, "anonymous_id", "device-1")
    opened.world.send({"type": "identify", "anonymousId": "device-1", "userId": "1001"})
    opened.world.work()
    assert _standing(opened, "user_id", "1001") == before


def test_of_two_who_become_one_the_earlier_stays_in_the_draw(opened: Place) -> None:
    _visit(opened, "device-1")
    opened.world.send({"type": "identify", "userId": "1001"})
    opened.world.tick()
    opened.world.work()
    earlier, later = _standing(opened, "anonymous_id", "device-1"), _standing(opened, "user_id", "1001")
    assert earlier != later
    opened.world.send({"type": "identify", "anonymousId": "device-1", "userId": "1001"})
    opened.world.work()
    assert _standing(opened, "user_id", "1001") == earlier
