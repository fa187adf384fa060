"""What the settings say is old is forgotten while the worker works, and it works on as if it had never known it."""

from pathlib import Path

import pytest

from beleef.collect import repeats
from beleef.worker import Worker
from tests.cast import ANNA
from tests.stories.worlds import World, world

_MANY = 300


def orders(name: str) -> list[dict[str, object]]:
    return [
        {"type": "track", "event": "Bought", "userId": ANNA.user_id, "messageId": f"{name}-{number}"}
        for number in range(_MANY)
    ]


def test_ids_that_were_forgotten_count_again_and_stop_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_RESIDENT", 100)
    monkeypatch.setattr(Worker, "_work_one_by_one", _must_not_happen)
    with world(tmp_path / "data", {"BELEEF_REPEATS_KEEP": "2"}) as here:
        _send_and_send_again(here)
        assert (here.progress().processed, here.progress().repeated) == (_MANY, _MANY)
        here.tick(seconds=5 * 24 * 3_600)
        here.send(*orders("new"))
        here.work()
        here.tick(seconds=2 * 3_600)
        here.send(*orders("old"))
        here.work()
        assert here.progress().processed == 3 * _MANY


def _send_and_send_again(here: World) -> None:
    for _ in range(2):
        here.send(*orders("old"))
        here.work()


def _must_not_happen(*_: object) -> None:
    raise AssertionError("A batch failed.")
