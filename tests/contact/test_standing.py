"""What facts say about contact is the same in any order, over any subjects, and after a rebuild from the log."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress

from beleef.contact import standing_queries
from beleef.contact.model import Standing
from beleef.contact.standing import Word, report, standing, word
from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, to_text
from beleef.rebuilding import rebuild
from beleef.store.records.database import Database
from tests.cast import ANNA, BRAM, NOW
from tests.contact.making import Place, mail
from tests.stories.worlds import state_of


def fact(name: str, number: int = 1, at: int = NOW, **properties: Any) -> Fact:
    return Fact(
        id=number,
        message_id=f"{number}",
        type="track",
        source="web",
        channel="web",
        occurred_at=at,
        received_at=at,
        name=name,
        properties=properties,
    )


def read(*facts: Fact) -> Standing:
    return standing(found for one in facts if (found := word(one)) is not None)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (fact("Unsubscribed"), Standing(objections={("marketing", "*"): NOW})),
        (fact("unsubscribed", channel="email"), Standing(objections={("marketing", "email"): NOW})),
        (fact("Unsubscribed", purpose="*", channel="*"), Standing(objections={("*", "*"): NOW})),
        (fact("Unsubscribed", topic="news", purpose="marketing"), Standing(topics={"news": False})),
        (fact("Subscribed", topic="news"), Standing(topics={"news": True})),
        (fact("Subscribed", purpose="survey"), Standing()),
        (fact("Contact Paused", days=7), Standing(paused_until=NOW + 7 * DAY)),
        (fact("Contact Paused", until=to_text(NOW + DAY)), Standing(paused_until=NOW + DAY)),
        (fact("Contact Paused", until="soon", days="many"), Standing(paused_until=NOW + 30 * DAY)),
        (fact("Contact Paused", days=99_999), Standing(paused_until=NOW + 400 * DAY)),
        (fact("Contact Resumed"), Standing()),
        (fact("Complaint Opened", complaint_id="C-1"), Standing(complaints=("C-1",))),
        (fact("Complaint Opened", case_id=7), Standing(complaints=("7",))),
        (fact("Complaint Opened"), Standing(complaints=("",))),
        (fact("Complaint Closed", complaint_id="C-1"), Standing(complaint_closed_at=NOW)),
        (fact("Order Completed", topic="news"), Standing()),
    ],
)
def test_a_fact_says_about_contact(one: Fact, expected: Standing) -> None:
    assert read(one) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (fact("Email Bounced", email="a@b.nl"), ("email", "hard", "", "a@b.nl")),
        (fact("Email Bounced", bounce="Soft", key="k"), ("email", "soft", "k", "")),
        (fact("email marked as spam", address="a@b.nl"), ("email", "complained", "", "a@b.nl")),
        (fact("SMS Delivered", key="k"), ("sms", "delivered", "k", "")),
        (fact("Email Link Clicked", key="k"), ("email", "clicked", "k", "")),
        (fact("Order Completed", key="k"), None),
    ],
)
def test_a_fact_reports_about_a_message(one: Fact, expected: tuple[str, ...] | None) -> None:
    found = report(one)
    assert expected == (None if found is None else (found.channel, found.kind, found.key, found.address))


names = st.sampled_from(
    [
        "Unsubscribed",
        "Subscribed",
        "Contact Paused",
        "Contact Resumed",
        "Complaint Opened",
        "Complaint Closed",
    ]
)
histories = st.lists(
    st.tuples(names, st.integers(0, 5), st.sampled_from(["", "news"]), st.sampled_from(["a", "b"])),
    max_size=15,
)


@given(histories, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_arrive_does_not_matter(history: list[tuple[Any, ...]], chance: Any) -> None:
    facts = [
        fact(name, number, NOW + at, topic=topic, complaint_id=complaint, days=at)
        for number, (name, at, topic, complaint) in enumerate(history)
    ]
    shuffled = list(facts)
    chance.shuffle(shuffled)
    assert read(*facts) == read(*shuffled)
    # Twice the same, and in two halves that are put together, as when two subjects become one person.
    assert read(*facts, *shuffled) == read(*facts)


@given(
    st.dictionaries(
        st.text(max_size=9), st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=9))
    )
)
def test_whatever_a_fact_carries_it_is_read(properties: dict[str, Any]) -> None:
    for name in ("Unsubscribed", "Contact Paused", "Complaint Opened", "Email Bounced"):
        one = Fact(
            id=1,
            message_id="m",
            type="track",
            source="web",
            channel="web",
            occurred_at=NOW,
            received_at=NOW,
            name=name,
            properties={**properties, "days": float("nan"), "until": properties.get("until")},
        )
        assert word(one) is not None or report(one) is not None


def test_an_older_word_that_arrives_later_changes_nothing(database: Database) -> None:
    newer = Word(about="topic\x1fnews", at=10, fact=1, said="out")
    older = Word(about="topic\x1fnews", at=5, fact=2, said="in")
    with database.write() as connection:
        standing_queries.save_words(connection, [(7, newer)])
        standing_queries.save_words(connection, [(7, older), (7, older)])
        assert standing_queries.words(connection, [7]) == {7: [newer]}
        same = Word(about="topic\x1fnews", at=10, fact=3, said="in")
        standing_queries.save_words(connection, [(7, same), (7, newer)])
        assert standing_queries.words(connection, [7]) == {7: [same]}


def test_a_rebuild_gives_the_same_and_keeps_the_ledger(here: Place, tmp_path: Path) -> None:
    anna, bram = here.meet(ANNA, BRAM)
    here.happens(ANNA, "Unsubscribed", topic="offers")
    here.happens(BRAM, "Email Bounced", email=BRAM.email, bounce="hard")
    here.happens(ANNA, "Complaint Opened", complaint_id="C-1")
    here.intend(mail("a", anna), mail("b", bram), mail("c", anna, purpose="service"))
    here.go()
    here.happens(ANNA, "Email Delivered", key="c")
    here.world.work()
    before, states = state_of(here.stores), here.states("a", "b", "c")
    assert before["contact_standing"]
    assert before["contact_returns"]
    environment = {"BELEEF_DATABASE": here.database.address} if not here.database.is_sqlite else {}
    _rebuilt(here, environment)
    after = state_of(here.stores)
    assert {name: after[name] for name in ("contact_standing", "contact_returns")} == {
        name: before[name] for name in ("contact_standing", "contact_returns")
    }
    assert here.states("a", "b", "c") == states == ["held", "skipped", "delivered"]


def _rebuilt(here: Place, environment: dict[str, str]) -> None:
    import os

    os.environ.update(environment)
    try:
        with Progress(disable=True) as bar:
            rebuild(here.stores.settings.data, into=None, bar=bar)
    finally:
        for name in environment:
            del os.environ[name]
