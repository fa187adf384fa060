"""What the settings say is old is forgotten while the worker works, and it works on as if it had never known it."""

from pathlib import Path

import pytest

from beleef.app import build_contact
from beleef.collect import repeats
from beleef.contact import queries
from beleef.contact.api import Decision, Intent
from beleef.kernel import ids
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


def test_old_decisions_of_the_gate_go_and_the_ledger_stays(tmp_path: Path) -> None:
    with world(tmp_path / "data", {"BELEEF_DECISIONS_KEEP": "30"}) as here:
        here.send({"type": "identify", "userId": ANNA.user_id, "traits": {"email": ANNA.email}})
        here.work()
        gate = build_contact(here.stores)
        anna = ids.from_text(here.people.view(f"user_id:{ANNA.user_id}").id)
        assert anna is not None
        intent = Intent(
            key="order-1",
            subject=anna,
            purpose="transactional",
            channel="email",
            parts={"subject": "A", "body": "B", "text": "C"},
        )
        with here.stores.database.write() as connection:
            gate.intend(connection, [intent], here.stores.now())
            (row,) = gate.ledger(connection, [anna])
            decision = Decision(outcome="hold", reason="quiet_hours", until=None, rule="")
            queries.add_decisions(connection, [(row.id, decision)], here.stores.now())
        here.tick(seconds=29 * 24 * 3_600)
        here.work()
        assert _decided(here, row.id) == ["quiet_hours"]
        here.tick(seconds=2 * 24 * 3_600)
        here.work()
        assert _decided(here, row.id) == []
        with here.stores.database.read() as connection:
            assert [one.intent.key for one in gate.ledger(connection, [anna])] == ["order-1"]


def _decided(here: World, row: int) -> list[str]:
    with here.stores.database.read() as connection:
        return [one.decision.reason for one in queries.decisions(connection, [row]).get(row, [])]
