"""The promise of identity: the outcome is a function of the set of evidence, however it arrives."""

from itertools import cycle
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beleef.facts.fact import Fact
from beleef.identity import api, queries
from beleef.identity.model import BUILT_IN, Evidence, Identifier, Namespace, Rules, resolve
from beleef.identity.whole import decide, load
from beleef.identity.work import IdentityStep
from beleef.store.records.database import Database
from tests.identity.scenes import KEY, decided, fact, stored, take

TIGHT = [
    msgspec.structs.replace(namespace, limit=min(namespace.limit, 2))
    for namespace in (*BUILT_IN, Namespace(name="crm", priority=50))
]
"""Low limits, so that few facts break them."""
RULES = Rules([*TIGHT, Namespace(name="badge", priority=60, enabled=False)])

_users = st.sampled_from([f"u{number}" for number in range(6)])
_devices = st.sampled_from([f"d{number}" for number in range(4)])
_names = st.one_of(
    st.tuples(st.just("user_id"), _users),
    st.tuples(st.just("anonymous_id"), _devices),
    st.tuples(st.just("email"), st.sampled_from([f"e{number}@x.nl" for number in range(7)])),
    st.tuples(st.just("crm"), st.sampled_from([f"c{number}" for number in range(4)])),
    st.tuples(st.just("badge"), st.sampled_from([f"b{number}" for number in range(8)])),
)
_moments = st.integers(0, 30)
_seen = st.fixed_dictionaries(
    {"external_ids": st.lists(_names, min_size=1, max_size=3).map(tuple), "occurred_at": _moments}
)
_alias = st.fixed_dictionaries(
    {
        "type": st.just("alias"),
        "user_id": _users,
        "previous_id": st.one_of(_users, _devices),
        "occurred_at": _moments,
    }
)
_merge = st.fixed_dictionaries(
    {
        "type": st.just("merge"),
        "external_ids": st.lists(_names, min_size=2, max_size=2).map(tuple),
        "source": st.sampled_from(["web", "beleef"]),
        "occurred_at": _moments,
    }
)
_verdict = st.fixed_dictionaries(
    {
        "type": st.just("beleef"),
        "name": st.sampled_from(["Evidence Undone", "Evidence Restored"]),
        "properties": st.fixed_dictionaries({"a": _names, "b": _names}),
    }
)


def _crowd(seed: int) -> list[Fact]:
    """Return facts of people who share a few identifiers, and staff who keep taking back and putting back."""
    draw = Random(seed)
    users, mails = draw.randint(3, 9), draw.randint(3, 7)
    names = [("user_id", f"u{number}") for number in range(users)]
    names += [("email", f"e{number}@x.nl") for number in range(mails)]
    hubs = [
        ("anonymous_id", "d0"),
        ("anonymous_id", "u0"),
        ("email", "e0@x.nl"),
        ("crm", "c0"),
        ("badge", "b0"),
        names[0],
    ]
    hubs = draw.sample(hubs, 2)
    pairs = [(draw.choice(hubs), draw.choice(names)) for _ in range(draw.randint(5, 14))]

    def fields() -> dict[str, Any]:
        at = draw.randint(0, 99)
        kind = draw.choices(["seen", "alias", "merge", "beleef"], [6, 3, 1, 4])[0]
        pair = draw.choice(pairs)
        if kind == "alias":
            user, previous = f"u{draw.randrange(users)}", draw.choice([f"u{draw.randrange(users)}", "d0"])
            return {"type": kind, "user_id": user, "previous_id": previous, "occurred_at": at}
        if kind == "merge":
            return {
                "type": kind,
                "external_ids": pair,
                "source": draw.choice(["web", "beleef"]),
                "occurred_at": at,
            }
        if kind == "beleef":
            verdict = draw.choice(["Evidence Undone", "Evidence Undone", "Evidence Restored"])
            return {"type": kind, "name": verdict, "properties": {"a": pair[0], "b": pair[1]}}
        if draw.random() < 0.05:
            return {"user_id": "d0", "occurred_at": at}
        return {"external_ids": pair, "occurred_at": at}

    return [fact(number, **fields()) for number in range(1, draw.randint(20, 90))]


_facts = st.lists(st.one_of(_seen, _seen, _seen, _alias, _merge, _verdict), max_size=40).map(
    lambda given: [fact(number, **fields) for number, fields in enumerate(given, 1)]
)
_patient = settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_patient
@given(facts=_facts, data=st.data())
def test_batches_cut_anywhere_and_in_any_order_give_what_the_model_gives_for_all(
    sqlite_database: Database, facts: list[Fact], data: st.DataObject
) -> None:
    arrival = data.draw(st.permutations(facts))
    repeats = data.draw(st.lists(st.sampled_from(facts), max_size=5)) if facts else []
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=1))
    _compare_with_the_model(sqlite_database, facts, [*arrival, *repeats], sizes)


@pytest.mark.parametrize("seed", range(120))
def test_a_crowd_that_shares_identifiers_comes_out_as_the_model_says(
    sqlite_database: Database, seed: int
) -> None:
    facts = _crowd(seed)
    draw = Random(seed)
    arrival = draw.sample(facts, len(facts)) + draw.sample(facts, len(facts) // 4)
    _compare_with_the_model(sqlite_database, facts, arrival, [draw.randint(1, 12) for _ in range(10)])


def _compare_with_the_model(
    database: Database, facts: list[Fact], arrival: list[Fact], sizes: list[int]
) -> None:
    with database.write() as connection, connection.begin_nested() as attempt:
        api.prepare(connection)
        queries.store_namespaces(connection, RULES.ordered)
        step = IdentityStep(KEY)
        for size in cycle(sizes):
            if not arrival:
                break
            take(connection, arrival[:size], step)
            arrival = arrival[size:]
        outcome = stored(connection)
        rules = Rules(queries.load_namespaces(connection))
        graph = load(connection, rules, rules)
        whole = decide(graph)
        attempt.rollback()
    assert outcome == decided(facts, RULES)
    assert dict(zip(graph.ids.tolist(), whole.person.tolist(), strict=True)) == outcome.persons
    assert tuple(sorted(whole.refusals)) == outcome.refusals
    assert np.array_equal(whole.component, graph.component)
    assert np.array_equal(whole.shared, graph.shared)


_identifiers = [
    Identifier(id=number, namespace=name, first_at=number % 5)
    for number, name in enumerate(
        ["user_id"] * 5 + ["email"] * 6 + ["anonymous_id"] * 5 + ["crm"] * 3 + ["badge"] * 2, 1
    )
]
_pairs = st.tuples(st.integers(1, 21), st.integers(1, 21)).filter(lambda pair: pair[0] < pair[1])
_evidence = st.lists(
    st.builds(
        lambda pair, kind, at, number: Evidence(pair[0], pair[1], kind, at, number, "web"),
        _pairs, st.sampled_from([0, 1, 2, 3, 3, 3, 3]), st.integers(0, 5), st.integers(0, 99),
    ),
    max_size=30,
)  # fmt: skip


@_patient
@given(evidence=_evidence, data=st.data())
def test_any_order_and_any_repetition_of_evidence_gives_one_outcome(
    evidence: list[Evidence], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(evidence + evidence[: len(evidence) // 2]))
    identifiers = data.draw(st.permutations(_identifiers + _identifiers[:3]))
    assert resolve(identifiers, again, RULES) == resolve(_identifiers, evidence, RULES)


@_patient
@given(evidence=_evidence, pair=_pairs)
def test_adding_evidence_and_undoing_it_is_never_having_had_it(
    evidence: list[Evidence], pair: tuple[int, int]
) -> None:
    without = [one for one in evidence if (one.a, one.b) != pair]
    undone = Evidence(*pair, 3, 0, 1, "web", undone=True)
    assert resolve(_identifiers, [*evidence, undone], RULES) == resolve(_identifiers, without, RULES)


@_patient
@given(evidence=_evidence)
def test_persons_keep_within_the_limits_and_are_numbered_by_a_member(evidence: list[Evidence]) -> None:
    decisions = [one for one in evidence if one.kind == 3]
    outcome = resolve(_identifiers, decisions, RULES)
    counts: dict[tuple[int, str], int] = {}
    for identifier in _identifiers:
        key = outcome.persons[identifier.id], identifier.namespace
        counts[key] = counts.get(key, 0) + 1
    assert all(count <= RULES.by_name[name].limit for (_, name), count in counts.items())
    assert all(outcome.persons[person] == person for person in outcome.persons.values())
    assert all(outcome.persons[one.a] != outcome.persons[one.b] for one in outcome.refusals if one.b)
