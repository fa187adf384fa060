"""A message that comes again is recognised, however long ago it came and however the memory was arranged since."""

import itertools
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beleef.collect import repeats
from beleef.collect.repeats import (
    ERASED,
    PROCESSED,
    QUARANTINED,
    REPEATED,
    RepeatMemory,
    digest,
    entries,
    hashes,
)
from beleef.kernel import ids
from beleef.store.records.database import Database


def add(memory: RepeatMemory, database: Database, named: dict[str, tuple[int, int]]) -> None:
    """Add messages, each with its fact and its outcome, in a transaction."""
    with database.write() as connection:
        keys = hashes(digest(name) for name in named)
        memory.add(
            entries(keys, [fact for fact, _ in named.values()], [outcome for _, outcome in named.values()]),
            connection,
        )


def known(memory: RepeatMemory, database: Database, names: list[str]) -> list[bool]:
    with database.read() as connection:
        return [bool(one) for one in memory.known(hashes(digest(name) for name in names), connection)]


def test_what_came_is_known_and_what_did_not_is_not(database: Database) -> None:
    memory = RepeatMemory()
    for batch in range(40):
        add(memory, database, {f"m{batch}-{n}": (batch * 100 + n, PROCESSED) for n in range(50)})
    names = [f"m{batch}-{n}" for batch in range(40) for n in range(0, 50, 7)]
    for one in (memory, RepeatMemory()):
        assert all(known(one, database, names))
        assert not any(known(one, database, [f"{name}x" for name in names]))


def test_what_was_set_apart_or_erased_may_come_again(database: Database) -> None:
    memory = RepeatMemory()
    add(
        memory,
        database,
        {"broken": (1, QUARANTINED), "gone": (2, ERASED), "good": (3, PROCESSED), "again": (4, REPEATED)},
    )
    assert known(memory, database, ["broken", "gone", "good", "again"]) == [False, False, True, True]
    add(memory, database, {"broken": (5, PROCESSED)})
    assert known(RepeatMemory(), database, ["broken"]) == [True]


def test_large_runs_are_looked_up_by_chunk(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "_RESIDENT", 500)
    monkeypatch.setattr(repeats, "_CHUNK", 64)
    monkeypatch.setattr(repeats, "_CACHED_CHUNKS", 4)
    memory = RepeatMemory()
    for batch in range(30):
        add(memory, sqlite_database, {f"{batch}-{n}": (ids.fact_id(batch, n), PROCESSED) for n in range(200)})
    chance = random.Random(5)
    names = [f"{chance.randrange(30)}-{chance.randrange(200)}" for _ in range(300)]
    for one in (memory, RepeatMemory()):
        assert all(known(one, sqlite_database, names))
        assert not any(known(one, sqlite_database, [f"n{name}" for name in names]))
    with sqlite_database.read() as connection:
        for name in names[:50]:
            position, _, index = name.partition("-")
            fact = ids.fact_id(int(position), int(index))
            assert repeats.look_up(name, connection) == [(fact, PROCESSED)]


_examples = itertools.count()
_outcomes = st.sampled_from((PROCESSED, REPEATED, QUARANTINED, ERASED))
_batches = st.lists(
    st.lists(st.tuples(st.integers(0, 30), _outcomes), min_size=1, max_size=6), min_size=1, max_size=30
)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batches=_batches)
def test_it_knows_what_a_plain_set_knows(
    sqlite_database: Database, batches: list[list[tuple[int, int]]]
) -> None:
    memory, plain, number = RepeatMemory(), set[str](), 0
    example = next(_examples)
    names = [f"{example}-{name}" for name in range(31)]
    for batch in batches:
        named = {}
        for name, outcome in batch:
            number += 1
            named[names[name]] = (number, outcome)
        add(memory, sqlite_database, named)
        plain |= {name for name, (_, outcome) in named.items() if outcome in {PROCESSED, REPEATED}}
        assert known(memory, sqlite_database, names) == [name in plain for name in names]


def test_after_a_transaction_that_failed_it_knows_only_what_was_kept(database: Database) -> None:
    memory = RepeatMemory()
    add(memory, database, {"kept": (1, PROCESSED)})

    def fail() -> None:
        with database.write() as connection:
            memory.add(entries(hashes([digest("lost")]), [2], [PROCESSED]), connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    memory.forget()
    assert known(memory, database, ["kept", "lost"]) == [True, False]


def test_a_client_that_is_stuck_costs_no_room(database: Database) -> None:
    memory = RepeatMemory()
    add(memory, database, {"stuck": (1, PROCESSED)})
    for batch in range(100):
        add(memory, database, {"stuck": (batch + 2, REPEATED)})
    with database.read() as connection:
        found = repeats.look_up("stuck", connection)
    assert found[0] == (1, PROCESSED)
    assert len(found) < 30


def test_what_is_older_than_the_memory_reaches_is_forgotten(database: Database) -> None:
    memory = RepeatMemory()
    add(memory, database, {"old": (ids.fact_id(1, 0), PROCESSED)})
    add(memory, database, {"new": (ids.fact_id(9, 0), PROCESSED)})
    with database.write() as connection:
        assert repeats.prune(ids.fact_id(5, 0), connection) == 1
    assert known(RepeatMemory(), database, ["old", "new"]) == [False, True]


def test_no_two_ids_are_one() -> None:
    names = [f"{n}" for n in range(1_000)] + ["", "\x00", "é", "e\u0301", "\ud800"]
    assert len({digest(name) for name in names}) == len(names)
