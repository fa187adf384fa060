"""Traits, channels, products and consents: which word holds, what is left out, and that nothing odd stops the worker."""

from typing import Any

import pytest

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY
from beleef.profiles.model import ChannelUse, Consent, HeldProduct
from beleef.profiles.state import LIMITS
from beleef.store.records.database import Database
from tests.cast import ANNA
from tests.conftest import NOW
from tests.profiles.making import fact, identify, order, profile_of


def consent(number: int, state: Any, *, days_ago: float, **properties: Any) -> Fact:
    said = {"purpose": "newsletter", "channel": "email", "state": state} | properties
    return fact(number, "Consent Updated", days_ago=days_ago, properties=said)


def categories(number: int, allowed: bool, *, days_ago: float) -> Fact:
    return fact(
        number, "Seen", days_ago=days_ago, context={"consent": {"categoryPreferences": {"ads": allowed}}}
    )


def test_the_latest_word_holds_and_says_where_it_comes_from(database: Database) -> None:
    late = identify(2, days_ago=3, traits={"name": "Anna Jansen"}, source="till")
    with database.write() as connection:
        found = profile_of(connection, identify(1, days_ago=1, traits={"name": ANNA.name}), late)
    name = found.traits["name"]
    assert (name.value, name.occurred_at, name.source, name.fact) == (ANNA.name, NOW - DAY, "web shop", 1)


def test_of_two_words_at_one_moment_the_one_that_came_later_holds(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        found = profile_of(
            connection, identify(2, traits={"a": "second"}), identify(1, traits={"a": "first"})
        )
    assert found.traits["a"].value == "second"


def test_a_removed_trait_does_not_come_back_with_an_older_fact(sqlite_database: Database) -> None:
    removed, older = (
        identify(1, days_ago=1, traits={"city": None}),
        identify(2, days_ago=2, traits={"city": "Delft"}),
    )
    with sqlite_database.write() as connection:
        found = profile_of(connection, removed, older)
    assert found.traits == {}


def test_nested_values_are_kept_as_they_are(sqlite_database: Database) -> None:
    address = {"street": "Dam", "boxes": [1, 2.5, None, {"ü": True}]}
    with sqlite_database.write() as connection:
        assert (
            profile_of(connection, identify(1, traits={"address": address})).traits["address"].value
            == address
        )


def _nested(depth: int) -> Any:
    inner: Any = 1
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    "value",
    ["x" * 9000, {"a": ["y" * 9000]}, "\ud800", 1 << 70, _nested(5000)],
    ids=["long", "deep text", "surrogate", "huge", "deep"],
)
def test_a_value_that_cannot_be_kept_is_left_out_with_a_mark(sqlite_database: Database, value: Any) -> None:
    with sqlite_database.write() as connection:
        found = profile_of(connection, identify(1, traits={"odd": value, "fine": "é\x00"}))
    assert (found.traits["odd"].value, found.traits["odd"].left_out) == (None, True)
    assert (found.traits["fine"].value, found.traits["fine"].left_out) == ("é\x00", False)


def test_of_too_many_traits_the_first_by_name_are_kept_and_the_profile_says_so(
    sqlite_database: Database,
) -> None:
    names = [f"t{number:04}" for number in range(LIMITS["traits"] + 20)]
    with sqlite_database.write() as connection:
        found = profile_of(connection, identify(1, traits=dict.fromkeys(reversed(names), 1)))
    assert list(found.traits) == names[: LIMITS["traits"]]
    assert found.limited == ("traits",)


def test_odd_text_anywhere_does_not_stop_the_worker(database: Database) -> None:
    odd = "\ud800\x00" + "é" * 3000
    properties = {
        "product_id": odd,
        "order_id": odd,
        "name": odd,
        "purpose": odd,
        "channel": odd,
        "state": odd,
    }
    given: dict[str, Any] = {
        "channel": odd,
        "source": odd,
        "user_id": odd,
        "external_ids": ((odd, odd),),
        "group_id": odd,
    }
    names = ("Order Completed", "Order Refunded", "Consent Updated", "Subscription Started", odd)
    facts = [fact(number, name, properties=properties, **given) for number, name in enumerate(names)]
    traits = {odd: odd, "name": odd, "email": odd, "phone": odd}
    told = [identify(10, traits=traits, **given), fact(11, type="group", traits={odd: odd}, **given)]
    with database.write() as connection:
        found = profile_of(connection, *facts, *told)
    assert found.facts == len(facts) + 2
    assert len(found.products) == len(found.consents) == 1


def test_each_channel_has_its_first_last_and_count(sqlite_database: Database) -> None:
    visits = [
        fact(number, "x", days_ago=ago, channel=channel)
        for number, (ago, channel) in enumerate([(5, "web"), (9, "web"), (1, "phone")])
    ]
    with sqlite_database.write() as connection:
        found = profile_of(connection, *visits)
    assert found.channels == {
        "phone": ChannelUse(first=NOW - DAY, last=NOW - DAY, count=1),
        "web": ChannelUse(first=NOW - 9 * DAY, last=NOW - 5 * DAY, count=2),
    }
    assert (found.first_seen, found.last_seen, found.facts) == (NOW - 9 * DAY, NOW - DAY, 3)


def held(product: HeldProduct) -> tuple[str, float, bool]:
    return product.product, product.quantity, product.active


def test_products_are_held_less_what_went_back(database: Database) -> None:
    back = {"order_id": "o1", "products": [{"product_id": "pan", "quantity": 1}]}
    facts = [
        fact(1, "Order Refunded", days_ago=1, properties=back),
        order(2, "o1", 50, "pan", "pan", "lid", days_ago=9),
        order(3, "o2", 50, "mug", days_ago=8),
        fact(4, "Order Refunded", days_ago=2, properties={"order_id": "o2"}),
        order(5, "o3", 20, "tin", days_ago=7),
        fact(6, "Order Cancelled", days_ago=6, properties={"order_id": "o3"}),
        order(7, "o4", 20, "tin", days_ago=5),
    ]
    with database.write() as connection:
        found = profile_of(connection, *facts)
    assert [held(each) for each in found.products] == [
        ("lid", 1, True),
        ("mug", 0, False),
        ("pan", 1, True),
        ("tin", 1, True),
    ]
    assert found.products[2] == HeldProduct(
        product="pan", name="Pan", quantity=1, first=NOW - 9 * DAY, last=NOW - DAY, active=True
    )


def test_an_order_that_is_told_twice_counts_once(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        found = profile_of(connection, order(1, "o1", 9, "pan"), order(2, "o1", 9, "pan"))
    assert [held(each) for each in found.products] == [("pan", 1, True)]


def test_purchases_without_an_order_number_add_up(sqlite_database: Database) -> None:
    bought = [
        fact(number, "Product Purchased", properties={"sku": 7, "quantity": "1.5"}) for number in (1, 2)
    ]
    with sqlite_database.write() as connection:
        found = profile_of(connection, *bought)
    assert [held(each) for each in found.products] == [("7", 3, True)]


@pytest.mark.parametrize(
    ("last", "active"),
    [("Subscription Renewed", True), ("Subscription Ended", False), ("Contract Terminated", False)],
)
def test_a_subscription_runs_as_its_latest_fact_says(
    sqlite_database: Database, last: str, active: bool
) -> None:
    plan = {"product_id": "coffee", "name": "Coffee every month"}
    latest = fact(1, last, days_ago=1, properties=plan)
    with sqlite_database.write() as connection:
        found = profile_of(connection, latest, fact(2, "Subscription Started", days_ago=90, properties=plan))
    assert [(each.name, each.active) for each in found.products] == [("Coffee every month", active)]


def test_the_latest_consent_holds_with_its_text_version(database: Database) -> None:
    facts = [
        consent(1, "granted", days_ago=5, text_version="v3"),
        consent(2, "granted", days_ago=50, text_version="v2"),
        consent(3, "withdrawn", days_ago=9),
        consent(4, False, days_ago=2, channel="post"),
        consent(5, "granted", days_ago=1, purpose=None),
    ]
    with database.write() as connection:
        found = profile_of(connection, *facts)
    assert found.consents == (
        Consent(
            purpose="newsletter", channel="email", state="granted", text_version="v3", source="web shop",
            occurred_at=NOW - 5 * DAY, fact=1,
        ),
        Consent(
            purpose="newsletter", channel="post", state="denied", text_version=None, source="web shop",
            occurred_at=NOW - 2 * DAY, fact=4,
        ),
    )  # fmt: skip


def test_consent_categories_count_as_said_on_all_channels(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        found = profile_of(connection, categories(1, True, days_ago=9), categories(2, False, days_ago=3))
    assert [(each.purpose, each.channel, each.state, each.fact) for each in found.consents] == [
        ("ads", "*", "denied", 2)
    ]


def test_categories_that_repeat_a_consent_do_not_hide_its_text_version(sqlite_database: Database) -> None:
    said = fact(1, "Consent Given", days_ago=5, properties={"purpose": "ads", "text_version": 4})
    with sqlite_database.write() as connection:
        found = profile_of(
            connection, said, categories(2, True, days_ago=3), categories(3, False, days_ago=8)
        )
    assert [(each.state, each.text_version, each.fact) for each in found.consents] == [("granted", "4", 1)]


def test_categories_that_changed_their_mind_since_do_replace_a_consent(sqlite_database: Database) -> None:
    said = fact(1, "Consent Given", days_ago=5, properties={"purpose": "ads", "text_version": 4})
    changed = [categories(2, False, days_ago=4), categories(3, True, days_ago=3)]
    with sqlite_database.write() as connection:
        found = profile_of(connection, *changed, said)
    assert [(each.state, each.text_version, each.fact) for each in found.consents] == [("granted", None, 3)]


def test_a_subject_without_facts_has_an_empty_profile(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        found = profile_of(connection)
    assert (found.facts, found.first_seen, found.traits, found.products, found.consents) == (
        0,
        None,
        {},
        (),
        (),
    )
