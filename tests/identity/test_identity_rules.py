"""Changing the rules: a dry run tells what would happen, and applying gives what a replay gives."""

import msgspec
import pytest

from beleef.facts.fact import Fact
from beleef.identity import api
from beleef.identity.model import BUILT_IN, Namespace, Rules
from beleef.identity.normalise import Normaliser, namespace_name
from beleef.identity.work import IdentityStep
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from tests.cast import ANNA, BRAM
from tests.identity.scenes import KEY, decided, fact, stored, take

NAMES = {namespace.name: namespace for namespace in BUILT_IN}


def _history() -> list[Fact]:
    facts: list[Fact] = []
    for person in range(12):
        for sight in range(4):
            facts.append(
                fact(
                    len(facts) + 1,
                    type="identify",
                    user_id=f"u{person}",
                    anonymous_id=f"d{person // 2}",
                    traits={
                        "email": f"mail{(person + sight * 5) % 9}@example.nl",
                        "phone": f"06123456{person // 3:02d}",
                    },
                )
            )
    return facts


@pytest.mark.parametrize(
    "changed",
    [
        msgspec.structs.replace(NAMES["email"], limit=1),
        msgspec.structs.replace(NAMES["user_id"], limit=3),
        msgspec.structs.replace(NAMES["phone"], enabled=False),
        msgspec.structs.replace(NAMES["anonymous_id"], is_device=False, limit=1),
        msgspec.structs.replace(NAMES["email"], blocked=("mail3@example.nl",)),
    ],
    ids=["fewer addresses", "more users", "no phone", "devices of one person", "a blocked address"],
)
def test_a_changed_namespace_gives_what_a_replay_gives_and_the_dry_run_told_so(
    database: Database, changed: Namespace
) -> None:
    facts = _history()
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, facts, step)
        before = stored(connection)
        told = api.dry_run(connection, changed)
        assert stored(connection) == before
        api.save_namespace(connection, changed)
        done = api.apply_namespaces(connection)
        outcome = stored(connection)
        take(connection, facts, step)
        assert stored(connection) == outcome
    replayed = decided(facts, Rules({**NAMES, changed.name: changed}.values()))
    assert {number: outcome.persons[number] for number in replayed.persons} == replayed.persons
    assert outcome.refusals == replayed.refusals
    assert (told.persons_after - told.persons_before, told.split, told.merged) == (
        done.persons,
        done.split,
        done.merged,
    )
    assert {number: (before.persons[number], outcome.persons[number]) for number in done.moved} == {
        number: (done.moved_from[number], person) for number, person in done.moved.items()
    }
    assert outcome != before


def test_the_worker_applies_saved_rules_before_its_next_batch(database: Database) -> None:
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, [fact(1, type="identify", user_id="u1", traits={"email": "a@example.nl"})], step)
        api.save_namespace(connection, msgspec.structs.replace(NAMES["email"], enabled=False))
        take(connection, [fact(2, user_id="u2")], step)
        user, mail = (
            api.find(connection, KEY, *one) for one in (("user_id", "u1"), ("email", "a@example.nl"))
        )
    assert user is not None
    assert mail is not None
    assert user.number != mail.number


def test_the_dry_run_shows_the_largest_clusters_with_examples(database: Database) -> None:
    facts = [fact(n, user_id=f"u{n}", external_ids=(("store", "amsterdam"),)) for n in range(1, 4)]
    with database.write() as connection:
        api.save_namespace(connection, Namespace(name="store", priority=60, enabled=False))
        take(connection, facts)
        told = api.dry_run(connection, Namespace(name="user_id", priority=10, limit=9))
        nothing = api.dry_run(connection, NAMES["email"])
        both = [namespace for namespace in api.namespaces(connection) if namespace.name == "store"]
        api.save_namespace(connection, Namespace(name="user_id", priority=10, limit=9))
        api.apply_namespaces(connection)
        joined = api.dry_run(connection, msgspec.structs.replace(both[0], enabled=True))
    assert (nothing.persons_before, nothing.persons_after, told.merged) == (3, 3, 0)
    assert (joined.persons_before, joined.persons_after, joined.merged) == (3, 1, 2)
    assert joined.largest[0].identifiers == 4
    assert ("store", "amsterdam") in joined.largest[0].examples


def test_a_namespace_that_comes_later_gets_the_evidence_of_earlier_facts(database: Database) -> None:
    member = Namespace(name="member", priority=45, traits=("memberCard",))
    facts = [
        fact(1, type="identify", user_id=ANNA.user_id, traits={"memberCard": "m1"}),
        fact(2, type="identify", anonymous_id="tablet", traits={"memberCard": "m1"}),
        fact(3, type="identify", user_id=BRAM.user_id, traits={"memberCard": "m2"}),
        fact(4, type="identify", user_id=BRAM.user_id, traits={"name": BRAM.name}),
    ]
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, facts, step)
        read = api.subject_reader(connection, KEY)
        stored_facts = [(read(one), one) for one in facts]
        api.save_namespace(connection, member)
        waiting = api.unfilled(connection)
        (carrying,) = api.carrying(stored_facts, [member])
        api.take_in_again(connection, KEY, carrying)
        api.note_filled(connection, waiting)
        filled = api.unfilled(connection)
        outcome = stored(connection)
    assert (list(waiting), filled) == (["member"], {})
    assert len(carrying) == 3
    assert outcome == decided(facts, Rules([*BUILT_IN, member]))


@pytest.mark.parametrize(
    "impossible",
    [
        Namespace(name="id", priority=1),
        Namespace(name="E-mail", priority=1),
        Namespace(name="x", priority=1, limit=0),
    ],
)
def test_a_namespace_that_cannot_be_is_refused_with_a_hint(
    sqlite_database: Database, impossible: Namespace
) -> None:
    with sqlite_database.write() as connection, pytest.raises(InvalidInput) as refused:
        api.save_namespace(connection, impossible)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("namespace", "raw", "stored_as"),
    [
        ("email", " Anna.De.Vries@Example.NL ", "anna.de.vries@example.nl"),
        ("email", "anna@", None),
        ("email", "no-reply@example.nl", None),
        ("phone", "06 12345678", "+31612345678"),
        ("phone", "+31 (0)6 12345678", "+31612345678"),
        ("phone", "hello", None),
        ("user_id", " 1001 ", "1001"),
        ("user_id", 1001, "1001"),
        ("user_id", 1001.0, "1001"),
        ("user_id", True, None),
        ("user_id", "Anonymous", None),
        ("user_id", "[object Object]", None),
        ("user_id", "000-000", None),
        ("user_id", "a\x00b", None),
        ("user_id", "a\ud800b", None),
        ("user_id", "x" * 501, None),
        ("user_id", {"a": 1}, None),
    ],
)
def test_a_value_has_one_spelling_or_is_nobodys(namespace: str, raw: object, stored_as: str | None) -> None:
    assert Normaliser(Rules(BUILT_IN), "NL").value(namespace, raw) == stored_as


def test_usual_spellings_of_a_namespace_mean_the_same() -> None:
    assert {namespace_name(one) for one in ("email", "E-Mail", "email_address")} == {"email"}
    assert {namespace_name(one) for one in ("userId", "user-id", "USER_ID")} == {"user_id"}
    assert [namespace_name(one) for one in ("id", "", "a b", "x" * 60)] == [None] * 4
