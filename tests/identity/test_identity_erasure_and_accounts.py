"""Forgetting a person, and belonging to accounts."""

import pytest

from beleef.facts.fact import Batch
from beleef.identity import api
from beleef.identity.model import BUILT_IN, Rules
from beleef.identity.work import IdentityStep
from beleef.kernel.errors import NotFound
from beleef.store.records.database import Database
from tests.cast import ANNA, BAKERY, BRAM, CHANTAL, DAAN, HOUSEHOLD
from tests.identity.scenes import KEY, decided, fact, stored, subject, take


def test_an_erased_person_stays_away_whatever_is_imported_again(database: Database) -> None:
    facts = [
        fact(1, type="identify", user_id=DAAN.user_id, anonymous_id="laptop", traits={"email": DAAN.email}),
        fact(2, user_id=DAAN.user_id),
        fact(3, external_ids=(("email", DAAN.email), ("loyalty", "9"))),
        fact(4, user_id=ANNA.user_id, anonymous_id="laptop"),
    ]
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, facts[:2], step)
        forgotten = api.forget(connection, subject("user_id", DAAN.user_id), erased_at=77)
        batch = Batch(facts=list(facts), now=10_000)
        changes = step(batch, connection)
        assert api.find(connection, KEY, "email", DAAN.email) is None
        with pytest.raises(NotFound, match="no person"):
            api.forget(connection, subject("user_id", DAAN.user_id), erased_at=78)
    assert len(forgotten.subjects) == 3
    assert forgotten.persons == -1
    assert changes.erased == [1, 2, 3]
    assert [one.id for one in batch.facts] == [4]


def test_a_customer_who_comes_back_is_taken_in_again(database: Database) -> None:
    step = IdentityStep(KEY)
    with database.write() as connection:
        take(connection, [fact(1, user_id=DAAN.user_id)], step)
        api.forget(connection, subject("user_id", DAAN.user_id), erased_at=77)
        lifted = api.lift_erasure(connection, KEY, "userId", DAAN.user_id)
        changes = take(connection, [fact(2, user_id=DAAN.user_id)], step)
        again = api.lift_erasure(connection, KEY, "userId", DAAN.user_id)
    assert (lifted, again, changes.erased, changes.persons) == (True, False, [], 1)


def test_who_shared_a_device_with_an_erased_person_is_decided_again(database: Database) -> None:
    facts = [fact(n, user_id=f"guest-{n}", anonymous_id="kiosk") for n in range(1, 5)]
    facts += [
        fact(5, user_id=ANNA.user_id, anonymous_id="tablet"),
        fact(6, user_id=BRAM.user_id, anonymous_id="tablet"),
    ]
    with database.write() as connection:
        take(connection, facts)
        api.forget(connection, subject("user_id", "guest-4"), erased_at=77)
        api.forget(connection, subject("user_id", BRAM.user_id), erased_at=77)
        left = [one for one in facts if one.user_id not in {"guest-4", BRAM.user_id}]
        assert stored(connection) == decided(left, Rules(BUILT_IN))


def test_a_person_belongs_to_several_accounts_and_an_account_has_several_persons(database: Database) -> None:
    facts = [
        fact(
            1,
            type="group",
            user_id=ANNA.user_id,
            group_id=HOUSEHOLD.group_id,
            traits={"email": "family@example.nl"},
        ),
        fact(2, type="group", user_id=BRAM.user_id, group_id=HOUSEHOLD.group_id),
        fact(3, type="group", user_id=CHANTAL.user_id, group_id=BAKERY.group_id),
        fact(4, user_id=CHANTAL.user_id, group_id=BAKERY.group_id, occurred_at=2),
        fact(5, user_id=CHANTAL.user_id, anonymous_id="till", group_id="firm-8"),
    ]
    with database.write() as connection:
        take(connection, facts)
        chantal = api.find(connection, KEY, "user_id", CHANTAL.user_id)
        assert chantal is not None
        hers = api.accounts_of(connection, chantal.subjects)
        household = api.account(connection, KEY, HOUSEHOLD.group_id)
        assert household is not None
        members = api.members_of(connection, household.id)
        assert api.members_of(connection, household.id, after=members[0]) == members[1:]
        assert api.account(connection, KEY, "firm-9") is None
        assert api.find(connection, KEY, "email", "family@example.nl") is None
        api.forget(connection, chantal.number, erased_at=77)
        assert api.accounts_of(connection, chantal.subjects) == []
    assert [(one.number, one.first_at, one.last_at) for one in hers] == [("firm-7", 2, 3), ("firm-8", 5, 5)]
    assert members == sorted([subject("user_id", ANNA.user_id), subject("user_id", BRAM.user_id)])
