"""Identity through its doors: facts of the cast go in, persons come out, with the reasons."""

from typing import Any

import pytest
import sqlalchemy as sa

from beleef.facts.fact import Batch, Fact
from beleef.identity import api, tables
from beleef.identity.model import BUILT_IN, Rules
from beleef.identity.work import IdentityStep
from beleef.kernel import ids
from beleef.store.records.database import Database
from tests.cast import ANNA, BRAM, CHANTAL
from tests.identity.scenes import KEY, decided, fact, stored, subject, take

TABLET = ANNA.anonymous_ids[0]


def find(connection: sa.Connection, namespace: str, value: str) -> api.Person:
    person = api.find(connection, KEY, namespace, value)
    assert person is not None
    return person


def as_message(message: dict[str, Any], number: int) -> Fact:
    """Return the fact that the worker decodes from one of Beleef's own messages."""
    external = [(one["type"], one["id"]) for one in message.get("context", {}).get("externalIds", ())]
    external += [(one["type"], one["value"]) for one in message.get("mergeProperties", ())]
    return fact(
        number, type=message["type"], name=message.get("event"), source="beleef", external_ids=tuple(external),
        properties=message["properties"],
    )  # fmt: skip


def test_a_visitor_who_signs_in_and_gives_details_is_one_person_by_every_identifier(
    database: Database,
) -> None:
    facts = [
        fact(1, type="page", anonymous_id=TABLET),
        fact(2, type="identify", anonymous_id=TABLET, traits={"email": ANNA.email}),
        fact(
            3,
            type="identify",
            user_id=ANNA.user_id,
            traits={"email": "anna.DE.vries@example.nl", "phone": ANNA.phone},
        ),
        fact(4, user_id=ANNA.user_id, anonymous_id=ANNA.anonymous_ids[1]),
    ]
    with database.write() as connection:
        batch = Batch(facts=list(facts), now=10_000)
        changes = IdentityStep(KEY)(batch, connection)
    with database.read() as connection:
        anna = find(connection, "user_id", ANNA.user_id)
        same = [
            ("email", ANNA.email),
            ("Phone", "+31612345678"),
            ("anonymousId", TABLET),
            ("id", ids.to_text(anna.number)),
        ]
        assert [find(connection, *one) for one in same] == [anna] * 4
        assert api.find(connection, KEY, "email", BRAM.email) is None
        assert api.persons_of(connection, [*anna.subjects, 5]) == {
            5: 5,
            **dict.fromkeys(anna.subjects, anna.number),
        }
        assert api.subjects_of(connection, anna.number) == [anna.number, *sorted(anna.subjects[1:])]
        explanation = api.explain(connection, anna.number)
    assert batch.subjects == [
        subject("anonymous_id", TABLET), subject("email", ANNA.email.lower()), anna.number, anna.number
    ]  # fmt: skip
    assert changes.persons == 1
    assert [(one.namespace, one.first_at) for one in anna.identifiers] == [
        ("anonymous_id", 1), ("email", 2), ("user_id", 3), ("phone", 3), ("anonymous_id", 4)
    ] or {one.namespace for one in anna.identifiers[2:4]} == {"user_id", "phone"}  # fmt: skip
    assert [one.is_decisive for one in explanation.joined] == [True] * 4
    assert {(one.kind, one.source, one.fact) for one in explanation.joined} == {
        ("observed", "web", number) for number in (2, 3, 4)
    }
    assert explanation.refused == ()


def test_two_people_on_one_tablet_stay_two_and_the_refusal_names_the_conflict(database: Database) -> None:
    with database.write() as connection:
        take(connection, [
            fact(1, user_id=ANNA.user_id, anonymous_id=TABLET), fact(2, user_id=BRAM.user_id, anonymous_id=TABLET)
        ])  # fmt: skip
    with database.read() as connection:
        anna, bram = find(connection, "user_id", ANNA.user_id), find(connection, "user_id", BRAM.user_id)
        assert find(connection, "anonymous_id", TABLET) == anna
        assert anna != bram
        (refused,) = api.refusals(connection).refusals
        assert api.explain(connection, bram.number).refused == (refused,)
    assert (refused.reason, refused.namespace) == ("device", "user_id")
    assert refused.a_conflict is not None
    assert refused.b_conflict is not None
    assert {refused.a_conflict.value, refused.b_conflict.value} == {ANNA.user_id, BRAM.user_id}


def test_late_evidence_decides_again_who_owns_the_tablet(database: Database) -> None:
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, [fact(1, user_id=ANNA.user_id, anonymous_id=TABLET, occurred_at=500)], step)
        take(connection, [fact(2, user_id=BRAM.user_id, anonymous_id=TABLET, occurred_at=400)], step)
        assert find(connection, "anonymous_id", TABLET) == find(connection, "user_id", BRAM.user_id)
        take(connection, [fact(3, user_id=ANNA.user_id, anonymous_id=TABLET, occurred_at=300)], step)
        assert find(connection, "anonymous_id", TABLET) == find(connection, "user_id", ANNA.user_id)


def test_a_public_computer_is_nobodys_from_its_fourth_user_on(database: Database) -> None:
    step = IdentityStep(KEY)
    with database.write() as connection:
        for number in range(1, 9):
            take(connection, [fact(number, user_id=f"guest-{number}", anonymous_id="kiosk")], step)
        kiosk = find(connection, "anonymous_id", "kiosk")
        (refused,) = api.refusals(connection).refusals
        seen = api.explain(connection, find(connection, "user_id", "guest-3").number).refused
    assert [one.namespace for one in kiosk.identifiers] == ["anonymous_id"]
    assert (refused.a.value, refused.b, refused.reason, refused.namespace) == ("kiosk", None, "shared", "*")
    assert [(one.a.value, one.reason) for one in seen] == [("kiosk", "shared")]


def test_a_new_user_on_a_public_computer_costs_the_same_after_five_thousand_others(
    sqlite_database: Database,
) -> None:
    step = IdentityStep(KEY)

    def cost(connection: sa.Connection, first: int) -> int:
        steps = [0]

        def count() -> int:
            steps[0] += 1
            return 0

        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(count, 10)
        take(
            connection,
            [fact(first + n, user_id=f"u{first + n}", anonymous_id="kiosk") for n in range(20)],
            step,
        )
        driver.set_progress_handler(None, 0)
        return steps[0]

    with sqlite_database.write() as connection:
        take(connection, [fact(n, user_id=f"u{n}", anonymous_id="kiosk") for n in range(1, 10)], step)
        early = cost(connection, 100)
        take(connection, [fact(n, user_id=f"u{n}", anonymous_id="kiosk") for n in range(1_000, 6_000)], step)
        late = cost(connection, 10_000)
    assert late < early * 1.2


def test_a_repeated_batch_changes_nothing_and_writes_nothing(database: Database) -> None:
    facts = [
        fact(1, type="identify", user_id=ANNA.user_id, anonymous_id=TABLET, traits={"email": ANNA.email}),
        fact(2, user_id=BRAM.user_id, anonymous_id=TABLET, group_id="household-12"),
    ]
    with database.write() as connection:
        take(connection, facts)
        before = stored(connection)
        changes = take(connection, facts)
        assert stored(connection) == before
    assert (changes.persons, changes.merged, changes.split, changes.moved) == (0, 0, 0, {})


def test_a_renamed_user_keeps_the_history_over_chains_and_loops_of_aliases(database: Database) -> None:
    names = ["1001", "anna-1", "anna-2", "anna-3", "anna-4", "anna-5"]
    facts = [fact(n, user_id=name) for n, name in enumerate(names, 1)]
    facts += [
        fact(10 + n, type="alias", previous_id=old, user_id=new)
        for n, (old, new) in enumerate(zip(names, [*names[1:], names[0]], strict=True))
    ]
    with database.write() as connection:
        changes = take(connection, facts)
        assert {find(connection, "user_id", name).number for name in names} == {subject("user_id", "1001")}
        kinds = {one.kind for one in api.explain(connection, subject("user_id", "1001")).joined}
    assert changes.persons == 1
    assert kinds == {"alias"}


@pytest.mark.parametrize("previous_fact", [{"user_id": "before"}, {"anonymous_id": "before"}])
def test_an_alias_means_the_user_or_the_device_whichever_there_is(
    database: Database, previous_fact: dict[str, str]
) -> None:
    facts = [fact(1, **previous_fact), fact(2, type="alias", previous_id="before", user_id=ANNA.user_id)]
    with database.write() as connection:
        take(connection, facts)
        shown = find(connection, "user_id", ANNA.user_id).identifiers
        assert find(connection, *next(iter(previous_fact.items()))) == find(
            connection, "user_id", ANNA.user_id
        )
    assert {(one.namespace, one.value) for one in shown} == {
        ("user_id", ANNA.user_id),
        *previous_fact.items(),
    }


def test_aliases_of_one_browser_do_not_glue_those_who_signed_up_on_it(database: Database) -> None:
    facts = [
        fact(n, type="alias", previous_id="browser", user_id=one.user_id)
        for n, one in enumerate((ANNA, BRAM), 1)
    ]
    with database.write() as connection:
        take(connection, facts)
        assert find(connection, "user_id", ANNA.user_id) != find(connection, "user_id", BRAM.user_id)


def test_a_name_that_turns_out_to_be_a_user_is_decided_again(database: Database) -> None:
    facts = [fact(n, type="alias", previous_id="old", user_id=f"new-{n}") for n in range(1, 7)]
    facts.append(fact(9, user_id="old"))
    step = IdentityStep(KEY)
    with database.write() as connection:
        for one in facts:
            take(connection, [one], step)
        outcome = stored(connection)
        assert len({find(connection, "user_id", f"new-{n}").number for n in range(1, 7)}) == 1
    assert outcome == decided(facts, Rules(BUILT_IN))


def test_a_sixth_address_is_left_out_and_so_is_a_second_user(database: Database) -> None:
    facts = [
        fact(n, type="identify", user_id=ANNA.user_id, traits={"email": f"anna{n}@example.nl"})
        for n in range(1, 7)
    ]
    facts.append(fact(7, type="identify", user_id=BRAM.user_id, traits={"email": "anna1@example.nl"}))
    with database.write() as connection:
        take(connection, facts)
        anna = find(connection, "user_id", ANNA.user_id)
        refused = {(one.namespace, one.reason) for one in api.explain(connection, anna.number).refused}
        assert find(connection, "email", "anna6@example.nl") != anna
    assert sum(one.namespace == "email" for one in anna.identifiers) == 5
    assert refused == {("email", "limit"), ("user_id", "limit")}


def test_undoing_and_restoring_evidence_splits_and_joins_again(database: Database) -> None:
    user, mail = ("user_id", ANNA.user_id), ("email", ANNA.email)
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, [fact(1, type="identify", user_id=user[1], traits={"email": mail[1]})], step)
        undone = take(
            connection,
            [as_message(api.undo_message(user, mail, reason="a typing error", by="Hanna"), 2)],
            step,
        )
        apart = find(connection, *user) != find(connection, *mail)
        explained = api.explain(connection, find(connection, *user).number).undone
        take(
            connection,
            [fact(3, type="identify", user_id=user[1], traits={"email": mail[1]}, occurred_at=0)],
            step,
        )
        still_apart = find(connection, *user) != find(connection, *mail)
        restored = take(
            connection,
            [as_message(api.restore_message(mail, user, reason="it was hers", by="Gijs"), 4)],
            step,
        )
        joined = find(connection, *user) == find(connection, *mail)
    assert (apart, still_apart, joined) == (True, True, True)
    assert (undone.persons, undone.split, restored.persons, restored.merged) == (1, 1, -1, 1)
    assert [(one.reason, one.by, one.at) for one in explained] == [("a typing error", "Hanna", 2)]


def test_a_merge_by_staff_joins_two_users_and_can_be_undone(database: Database) -> None:
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, [
            fact(1, type="identify", user_id=ANNA.user_id, traits={"email": ANNA.email, "customer_number": 12}),
            fact(2, type="identify", user_id="1001-b", traits={"email": "anna@work.example", "customer_number": "13"}),
        ], step)  # fmt: skip
        a, b = find(connection, "user_id", ANNA.user_id), find(connection, "user_id", "1001-b")
        merged = take(
            connection, [as_message(api.merge_message(connection, a.number, b.number, by="Hanna"), 3)], step
        )
        together = find(connection, "email", "anna@work.example")
        kinds = {one.kind for one in api.explain(connection, together.number).joined}
        refused = api.refusals(connection).refusals
    assert merged.merged == 1
    assert {one.value for one in together.identifiers} == {
        ANNA.user_id, "1001-b", "12", "13", ANNA.email.lower(), "anna@work.example"
    }  # fmt: skip
    assert kinds == {"staff", "observed"}
    assert refused == ()


def test_values_that_are_nobodys_join_nobody_and_facts_without_another_are_set_apart(
    database: Database,
) -> None:
    facts = [
        fact(1, user_id="null", anonymous_id=TABLET),
        fact(2, user_id="NULL", anonymous_id=CHANTAL.anonymous_ids[0]),
        fact(
            3,
            type="identify",
            user_id=ANNA.user_id,
            traits={"email": "noreply@example.nl", "phone": "000-000"},
        ),
        fact(4, user_id="undefined", anonymous_id="[object Object]"),
    ]
    with database.write() as connection:
        batch = Batch(facts=list(facts), now=10_000)
        changes = IdentityStep(KEY)(batch, connection)
        joined = [one for number in batch.subjects for one in api.explain(connection, number).joined]
    assert changes.quarantined == [(4, "no_identifier")]
    assert [one.id for one in batch.facts] == [1, 2, 3]
    assert len(set(batch.subjects)) == 3
    assert joined == []


def test_a_kind_of_identifier_that_a_fact_brings_along_counts_at_once(database: Database) -> None:
    facts = [
        fact(1, user_id=ANNA.user_id, external_ids=(("loyaltyCard", "77"),)),
        fact(2, external_ids=(("LOYALTYCARD", "77"), ("E-mail", ANNA.email))),
    ]
    with database.write() as connection:
        take(connection, facts)
        anna = find(connection, "email", ANNA.email)
        created = {one.name: one for one in api.namespaces(connection)}["loyaltycard"]
    assert {one.namespace for one in anna.identifiers} == {"user_id", "loyaltycard", "email"}
    assert (created.enabled, created.is_device, created.limit) == (True, False, 5)
    assert 40 < created.priority < 90


def test_two_identifiers_of_one_number_are_never_one_person(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ids.subject_id
    collision = ("user_id", BRAM.user_id)
    monkeypatch.setattr(
        ids, "subject_id",
        lambda key, namespace, value: number(key, "user_id", ANNA.user_id)
        if (namespace, value) == collision else number(key, namespace, value),
    )  # fmt: skip
    with database.write() as connection:
        first = take(connection, [fact(1, user_id=ANNA.user_id)])
        later = take(connection, [fact(2, user_id=BRAM.user_id)])
    assert first.quarantined == []
    assert later.quarantined == [(2, "number_collision")]


def test_nothing_is_remembered_of_a_batch_that_was_rolled_back(sqlite_database: Database) -> None:
    step = IdentityStep(KEY)
    facts = [fact(1, user_id=ANNA.user_id, anonymous_id=TABLET)]
    with sqlite_database.write() as connection:
        with connection.begin_nested() as attempt:
            take(connection, facts, step)
            attempt.rollback()
        step.forget_cache()
        take(connection, facts, step)
        assert find(connection, "anonymous_id", TABLET).number == subject("user_id", ANNA.user_id)


def test_the_memory_of_seen_combinations_is_bounded(sqlite_database: Database) -> None:
    step = IdentityStep(KEY, remembered=10)
    facts = [fact(number, anonymous_id=f"visitor-{number % 40}") for number in range(1, 200)]
    with sqlite_database.write() as connection:
        total = sum(take(connection, facts[first : first + 7], step).persons for first in range(0, 199, 7))
        rows = connection.execute(sa.select(sa.func.count()).select_from(tables.identifiers)).scalar()
    assert (total, rows) == (40, 40)


def test_facts_of_beleef_itself_may_name_a_person_by_number(database: Database) -> None:
    with database.write() as connection:
        take(connection, [fact(1, user_id=ANNA.user_id)])
        name = ids.to_text(subject("user_id", ANNA.user_id))
        batch = Batch(
            facts=[
                fact(2, type="beleef", name="Message Sent", source="beleef", external_ids=(("id", name),))
            ],
            now=10_000,
        )
        IdentityStep(KEY)(batch, connection)
    assert batch.subjects == [subject("user_id", ANNA.user_id)]
