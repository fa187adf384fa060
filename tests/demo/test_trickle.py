"""The demo going on after its history: the same world, new messages, at the pace of a live page."""

import json

import pytest

from beleef.demo.api import Request, generate, trickle
from beleef.kernel import clock
from beleef.kernel.errors import InvalidInput

END = 1_763_820_000_000_000
SEED = 7
PERSONS = 500


@pytest.fixture(scope="module")
def past() -> list[Request]:
    return list(generate(PERSONS, END, SEED))


def _run(begins_at: int, seconds: int) -> list[list[Request]]:
    nows = (begins_at + second * clock.SECOND for second in range(seconds))
    return list(trickle(nows, persons=PERSONS, end=END, seed=SEED))


def _ids(requests: list[Request]) -> list[str]:
    return [message["messageId"] for request in requests for message in json.loads(request.body)["batch"]]


def test_each_moment_gives_what_has_arrived_since_the_one_before() -> None:
    begins_at = END + clock.HOUR
    steps = _run(begins_at, 900)
    assert len(steps) == 900
    assert all(END < request.received_at <= begins_at for request in steps[0])
    for second, step in enumerate(steps[1:], 1):
        for request in step:
            assert (
                begins_at + (second - 1) * clock.SECOND
                < request.received_at
                <= begins_at + second * clock.SECOND
            )


def test_a_few_messages_come_in_a_second() -> None:
    messages = sum(request.messages for step in _run(END, 3_600) for request in step)
    assert 1.5 < messages / 3_600 < 8


def test_messages_are_new_and_another_start_gives_others(past: list[Request]) -> None:
    known = set(_ids(past))
    first = {id_ for step in _run(END, 300) for id_ in _ids(step)}
    second = {id_ for step in _run(END + clock.DAY, 300) for id_ in _ids(step)}
    assert first
    assert second
    assert not known & first
    assert not first & second


def test_the_same_start_gives_the_same_messages() -> None:
    assert _run(END, 120) == _run(END, 120)


def test_parcels_under_way_at_the_end_of_the_history_arrive(past: list[Request]) -> None:
    def orders(requests: list[Request], name: str) -> set[str]:
        return {
            message["properties"]["order_id"]
            for request in requests
            for message in json.loads(request.body)["batch"]
            if message.get("event") == name
        }

    open_orders = orders(past, "Order Shipped") - orders(past, "Order Delivered")
    coming = [request for step in _run(END + clock.HOUR, 900) for request in step]
    assert open_orders
    assert open_orders <= orders(coming, "Order Delivered")


def test_no_moments_give_nothing() -> None:
    assert list(trickle([], persons=10, end=END, seed=SEED)) == []


def test_a_trickle_without_messages_is_refused() -> None:
    with pytest.raises(InvalidInput):
        trickle([END], persons=10, end=END, seed=SEED, per_second=0)
