"""What Beleef says is brought into the log in the order it was said, few rows and entries for many messages."""

from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.collect.outbox import Outbox, say_later
from beleef.collect.tables import outbox
from beleef.store.log.port import Log
from beleef.store.records.database import Database
from tests.conftest import NOW


def _message(number: int) -> dict[str, Any]:
    return {"type": "beleef", "event": "Audience Entered", "messageId": f"m{number}", "userId": "u1"}


def _brought_in(log: Log) -> list[list[Any]]:
    placed = log.read(after=0, messages=100_000)
    bodies = [msgspec.json.decode(one.entry.body)["batch"] for one in placed]
    assert [one.entry.messages for one in placed] == [len(body) for body in bodies]
    return bodies


def test_what_is_said_together_is_one_row_and_comes_in_as_it_was_said(database: Database, log: Log) -> None:
    said = [_message(number) for number in range(1_300)]
    with database.write() as connection:
        say_later(connection, said[:3])
        say_later(connection, said[3:])
        say_later(connection, [])
        assert connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar() == 4
    post = Outbox(database, log, lambda: NOW).post
    assert post()
    assert _brought_in(log) == [said]
    assert not post()


def test_a_flood_comes_in_as_entries_of_two_thousand(database: Database, log: Log) -> None:
    said = [_message(number) for number in range(4_100)]
    with database.write() as connection:
        say_later(connection, said)
    assert Outbox(database, log, lambda: NOW).post()
    brought_in = _brought_in(log)
    assert [len(body) for body in brought_in] == [2_000, 2_000, 100]
    assert [message for body in brought_in for message in body] == said


def test_a_message_that_an_earlier_version_left_comes_in_too(database: Database, log: Log) -> None:
    with database.write() as connection:
        connection.execute(sa.insert(outbox).values(message=msgspec.json.encode(_message(1))))
        say_later(connection, [_message(2)])
    assert Outbox(database, log, lambda: NOW).post()
    assert _brought_in(log) == [[_message(1), _message(2)]]
