"""Chance divides a person once: whoever turns out to be one person stays in the group that was given first."""

from itertools import permutations

import pytest
import sqlalchemy as sa

from beleef.campaigns.machine import Moving, drawn_as
from beleef.campaigns.model import Run
from beleef.campaigns.tables import campaign_runs
from tests.campaigns.shops import Shop

TRY = """
name: try
label: Try
entry:
  fact: {event: Cart Updated}
  key: properties.cart
  again: always
goals:
  - {name: order, fact: {event: Order Completed, same: properties.cart}, within: 2 days}
control: 20
flow:
  - id: which
    split:
      goal: order
      variants:
        - {name: plain, share: 1, control: true}
        - {name: warm, share: 1, flow: [{id: hello, send: {message: hello, purpose: service}}]}
  - id: later
    wait: 2 hours
  - id: then
    split:
      variants:
        - {name: left, share: 1}
        - {name: right, share: 1}
"""
_PEOPLE = 40
"""So many that chance gives both groups to somebody, whatever key the installation has."""


def _tell(open_shop: Shop, what: str, person: str) -> None:
    named = {"userId": None, "anonymousId": f"device-{person}"} if what == "device" else {"userId": person}
    if what == "merge":
        open_shop.tell({"type": "identify", "userId": person, "anonymousId": f"device-{person}"})
        return
    event = {"type": "track", "event": "Cart Updated", "properties": {"cart": f"{what}-{person}"}}
    open_shop.tell({**event, **named})


def _by_cart(open_shop: Shop) -> dict[str, Run]:
    return {run.key: run for run in open_shop.runs("try")}


@pytest.mark.parametrize("works_between", [True, False])
def test_in_whatever_order_a_person_is_recognised_the_group_stays(
    open_shop: Shop, works_between: bool
) -> None:
    open_shop.write("hello")
    open_shop.publish(TRY)
    open_shop.wait(1)
    orders = list(permutations(("user", "device", "merge")))
    people = [(f"p{number}", orders[number % len(orders)]) for number in range(_PEOPLE)]
    for place in range(3):
        for person, order in people:
            _tell(open_shop, order[place], person)
        open_shop.world.tick(60)
        if works_between:
            open_shop.work()
    open_shop.work()
    for person, _ in people:
        _tell(open_shop, "again", person)
    open_shop.wait(3)
    runs = _by_cart(open_shop)
    for person, order in people:
        first = next(what for what in order if what != "merge")
        given, again = runs[f"{first}-{person}"].variants, runs[f"again-{person}"].variants
        assert again == given
    with open_shop.database.read() as connection:
        groups = open_shop.campaigns.analysis(connection, "try", "which").groups
        kept_out, rest = open_shop.campaigns.analysis(connection, "try").groups
    # In the order in which they began: each experiment counts a person where it met them first.
    own = [
        [runs[f"{what}-{person}"].variants for what in order if what != "merge"] for person, order in people
    ]
    assert kept_out.people == sum("" in one[0] for one in own)
    divided = [next((one["which"] for one in each if "which" in one), "") for each in own]
    assert {one.name: one.people for one in groups} == {
        name: divided.count(name) for name in ("plain", "warm")
    }
    assert kept_out.people + rest.people == _PEOPLE


def test_who_was_in_two_groups_counts_once_with_all_they_did(open_shop: Shop) -> None:
    open_shop.write("hello")
    open_shop.publish(TRY.replace("control: 20\n", ""))
    open_shop.wait(1)
    people = [f"p{number}" for number in range(_PEOPLE)]
    for what in ("user", "device", "merge"):
        for person in people:
            _tell(open_shop, what, person)
        open_shop.work()
    for person in people:
        order = {"cart": f"device-{person}", "revenue": 10, "currency": "EUR"}
        open_shop.tell({"type": "track", "event": "Order Completed", "userId": person, "properties": order})
    open_shop.wait(3)
    runs = _by_cart(open_shop)
    first = [runs[f"user-{person}"].variants["which"] for person in people]
    other = [runs[f"device-{person}"].variants["which"] for person in people]
    assert first != other
    # What was not yet divided when they became one is divided as the earlier.
    assert all(
        runs[f"user-{person}"].variants["then"] == runs[f"device-{person}"].variants["then"]
        for person in people
    )
    with open_shop.database.read() as connection:
        groups = open_shop.campaigns.analysis(connection, "try", "which").groups
    for group in groups:
        expected = first.count(group.name)
        assert (group.people, group.converted, group.total) == (expected, expected, 10.0 * expected)
    found = open_shop.results("try")
    assert (found.people, found.converted, found.total) == (_PEOPLE, _PEOPLE, 10.0 * _PEOPLE)


def test_runs_of_before_are_drawn_as_their_own_subject(open_shop: Shop) -> None:
    open_shop.write("hello")
    open_shop.publish(TRY)
    open_shop.wait(1)
    _tell(open_shop, "user", "p1")
    open_shop.work()
    (before,) = open_shop.runs("try")
    with open_shop.database.write() as connection:
        connection.execute(sa.update(campaign_runs).values(drawn_as=None))
    _tell(open_shop, "again", "p1")
    open_shop.wait(3)
    assert _by_cart(open_shop)["again-p1"].variants["which" if before.variants.get("which") else ""]
    assert open_shop.results("try").entered == 2


def test_of_two_draws_the_one_counts_that_gave_a_variant_first() -> None:
    def run(number: int, entered_at: int, variants: dict[str, str]) -> Moving:
        return Moving(
            id=number, campaign=1, version=1, subject=number, person=1, key="", entered_at=entered_at, trigger="",
            drawn_as=number, variants=variants,
        )  # fmt: skip

    waiting, given, later = run(1, 10, {}), run(2, 20, {"a": "x"}), run(3, 30, {"a": "y"})
    assert drawn_as(9, []) == 9
    assert drawn_as(9, [waiting]) == 1
    assert {drawn_as(9, order) for order in permutations([waiting, given, later])} == {2}
