"""Proposals as they are kept: replaced by each run, decided by people, never asked twice."""

import pytest

from beleef.identity.matching import SAME
from beleef.identity.proposals import (
    Decision,
    Proposal,
    Reason,
    count_proposals,
    decide,
    get_proposal,
    proposals,
    save_proposals,
)
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.store.records.database import Database
from tests.conftest import NOW


def proposal(a: int, b: int, probability: float = 0.9) -> Proposal:
    return Proposal(
        a=a,
        b=b,
        probability=probability,
        why=(Reason(field="last_name", level=SAME, bits=7.5),),
        cluster_size=3,
        is_bridge=True,
        is_doubtful=False,
    )


def test_a_saved_proposal_comes_back_as_it_was(database: Database) -> None:
    with database.write() as connection:
        assert save_proposals(connection, [proposal(1, 2**62, 1.0)], now=NOW) == 1
    with database.read() as connection:
        [stored] = proposals(connection, "open").proposals
        assert get_proposal(connection, 2**62, 1) == stored
    assert stored.proposal == proposal(1, 2**62, 1.0)
    assert (stored.status, stored.created_at, stored.decided_by, stored.decided_at) == (
        "open",
        NOW,
        None,
        None,
    )


def test_a_new_run_replaces_open_proposals_and_keeps_when_they_were_first_made(database: Database) -> None:
    with database.write() as connection:
        save_proposals(connection, [proposal(1, 2), proposal(3, 4)], now=NOW)
        assert save_proposals(connection, [proposal(1, 2, 0.7), proposal(5, 6)], now=NOW + 1) == 2
        stored = proposals(connection, "open").proposals
    assert [(kept.proposal.a, kept.proposal.probability, kept.created_at) for kept in stored] == [
        (5, 0.9, NOW + 1),
        (1, 0.7, NOW),
    ]


@pytest.mark.parametrize("decision", ["accepted", "rejected"])
def test_a_decided_pair_is_never_proposed_again(sqlite_database: Database, decision: Decision) -> None:
    with sqlite_database.write() as connection:
        save_proposals(connection, [proposal(1, 2)], now=NOW)
        decide(connection, 1, 2, decision, by="eva", at=NOW)
        assert save_proposals(connection, [proposal(1, 2)], now=NOW + 1) == 0
        assert count_proposals(connection, decision) == 1
        decide(connection, 1, 2, "undone", by="eva", at=NOW + 2)
        assert save_proposals(connection, [proposal(1, 2)], now=NOW + 3) == 0


def test_a_decision_keeps_who_and_when_and_taking_it_twice_changes_nothing(database: Database) -> None:
    with database.write() as connection:
        save_proposals(connection, [proposal(1, 2)], now=NOW)
        first = decide(connection, 2, 1, "accepted", by="eva", at=NOW + 5)
        again = decide(connection, 1, 2, "accepted", by="finn", at=NOW + 9)
    assert (first.status, first.decided_by, first.decided_at) == ("accepted", "eva", NOW + 5)
    assert again == first


def test_a_decision_against_another_is_refused_until_that_is_undone(database: Database) -> None:
    with database.write() as connection:
        save_proposals(connection, [proposal(1, 2)], now=NOW)
        with pytest.raises(Conflict, match="Nothing was decided"):
            decide(connection, 1, 2, "undone", by="eva", at=NOW)
        decide(connection, 1, 2, "accepted", by="eva", at=NOW)
        with pytest.raises(Conflict, match="eva has accepted"):
            decide(connection, 1, 2, "rejected", by="finn", at=NOW)
        decide(connection, 1, 2, "undone", by="finn", at=NOW)
        assert decide(connection, 1, 2, "rejected", by="finn", at=NOW).status == "rejected"


def test_a_decision_on_what_was_never_proposed_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection, pytest.raises(NotFound):
        decide(connection, 1, 2, "accepted", by="eva", at=NOW)


def test_pages_together_show_each_proposal_once_the_surest_first(database: Database) -> None:
    made = [
        proposal(a, a + 1, probability) for a, probability in enumerate([0.9, 0.5, 0.9, 0.7, 0.9], start=1)
    ]
    with database.write() as connection:
        save_proposals(connection, made, now=NOW)
        shown = []
        page = proposals(connection, "open", limit=2)
        while page.next:
            shown += page.proposals
            page = proposals(connection, "open", after=page.next, limit=2)
        shown += page.proposals
    assert [(kept.proposal.probability, kept.proposal.a) for kept in shown] == [
        (0.9, 5),
        (0.9, 3),
        (0.9, 1),
        (0.7, 4),
        (0.5, 2),
    ]


def test_a_page_without_room_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.read() as connection, pytest.raises(InvalidInput):
        proposals(connection, "open", limit=0)
