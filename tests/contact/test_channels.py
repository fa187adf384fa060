"""What every channel promises, tried on each kind against something real: an HTTP server, a browser's keys, a database."""

import time
from collections.abc import Iterator
from typing import Protocol

import pytest

from beleef.store.records.database import Database
from tests.contact.channel_benches import GOING, KEEPING, Bench, anna, nobody
from tests.contact.listening import Answer, Listener, black_hole, closed_port, listening

every_kind = pytest.mark.parametrize("kind", [*KEEPING, *GOING])
every_line = pytest.mark.parametrize("kind", GOING)
"""Staff alerts say of a server that refuses only that it did not take them: Apprise tells no more."""


class Open(Protocol):
    """Opens a channel of a kind against an address; it is closed after the test."""

    def __call__(self, kind: str, address: str, *, timeout_s: float = 30) -> Bench: ...


@pytest.fixture
def open_bench(sqlite_database: Database) -> Iterator[Open]:
    opened: list[Bench] = []

    def open_(kind: str, address: str, *, timeout_s: float = 30) -> Bench:
        opened.append(Bench(kind, sqlite_database, address, timeout_s))
        return opened[-1]

    yield open_
    for bench in opened:
        bench.channel.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as started:
        yield started


def taken() -> Answer:
    return Answer(status=200, body=b'{"id": "provider-7"}')


@every_kind
def test_a_message_arrives_with_its_text(kind: str, open_bench: Open, listener: Listener) -> None:
    listener.answers = [taken()]
    bench = open_bench(kind, listener.address)
    (sent,) = bench.send((1, "Uw afspraak is morgen om 10:00."))
    assert (sent.outcome, sent.code) == ("sent", "")
    assert [text for _, text in bench.arrived(listener)] == ["Uw afspraak is morgen om 10:00."]


@every_kind
def test_each_message_has_its_own_answer_in_their_order(
    kind: str, open_bench: Open, listener: Listener
) -> None:
    listener.answers = [taken()]
    bench = open_bench(kind, listener.address)
    sent = bench.send(*((number, f"Bericht {number}") for number in range(1, 21)))
    assert [one.outcome for one in sent] == ["sent"] * 20
    assert sorted(text for _, text in bench.arrived(listener)) == sorted(
        f"Bericht {number}" for number in range(1, 21)
    )


@every_kind
def test_the_other_side_recognises_a_repeat(kind: str, open_bench: Open, listener: Listener) -> None:
    listener.answers = [taken()]
    bench = open_bench(kind, listener.address)
    bench.send((1, "Eén keer"))
    bench.send((1, "Eén keer"))
    assert len({key for key, _ in bench.arrived(listener)}) == 1
    if kind in KEEPING:
        assert len(bench.arrived(listener)) == 1


@every_kind
def test_whatever_stands_in_a_message_no_channel_breaks(
    kind: str, open_bench: Open, listener: Listener
) -> None:
    listener.answers = [taken()]
    bench = open_bench(kind, listener.address)
    hostile = ['"}], "to": "+1', "a\r\nX-Injected: 1", "{{ 7*7 }} {to} {secret_token}", "=1+1", "é" * 5_000]
    sent = bench.send(*enumerate(hostile, start=1), topic="x\r\ny", campaign="a\r\nb")
    assert {one.outcome for one in sent} == {"sent"}
    assert all("x-injected" not in one.headers for one in listener.received)
    arrived = {text for _, text in bench.arrived(listener)}
    assert {'"}], "to": "+1', "{{ 7*7 }} {to} {secret_token}", "=1+1"} <= arrived


@every_line
def test_a_server_that_is_down_means_later(kind: str, open_bench: Open) -> None:
    bench = open_bench(kind, closed_port())
    sent = bench.send((1, "Hallo"), (2, "Hallo"), (3, "Hallo"))
    assert [(one.outcome, one.code) for one in sent] == [("retry", "connection")] * 3


@every_line
def test_a_server_that_never_answers_holds_up_one_message_only(kind: str, open_bench: Open) -> None:
    with black_hole() as address:
        bench = open_bench(kind, address, timeout_s=0.5)
        started = time.monotonic()
        sent = bench.send(*((number, "Hallo") for number in range(1, 33)))
        lasted = time.monotonic() - started
    # Only who does not recognise repeats leaves it open whether the first message arrived.
    expected = "uncertain" if kind in {"sms", "whatsapp"} else "retry"
    assert [one.outcome for one in sent] == [expected, *["retry"] * 31]
    # Each of the 32 would have taken half a second; the rest is for a busy machine.
    assert lasted < 12


@every_line
def test_a_server_that_asks_for_patience_gets_it(kind: str, open_bench: Open, listener: Listener) -> None:
    listener.answers = [Answer(status=429, headers={"Retry-After": "120"})]
    bench = open_bench(kind, listener.address)
    sent = bench.send((1, "Hallo"), (2, "Hallo"))
    assert [one.outcome for one in sent] == ["retry", "retry"]
    assert len(listener.received) == 1
    if kind != "staff":
        assert [one.retry_after_s for one in sent] == [120, 120]


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("sms", 503, "retry"),
        ("sms", 500, "uncertain"),
        ("sms", 400, "refused"),
        ("sms", 302, "refused"),
        ("webhook", 500, "retry"),
        ("webhook", 410, "refused"),
        ("webhook", 307, "refused"),
        ("push", 500, "retry"),
        ("push", 413, "refused"),
        ("push", 410, "refused"),
    ],
)
def test_what_the_server_says_decides_between_later_and_never(
    kind: str, status: int, outcome: str, open_bench: Open, listener: Listener
) -> None:
    listener.answers = [Answer(status=status, headers={"Location": "http://127.0.0.1:1/"})]
    bench = open_bench(kind, listener.address)
    (sent,) = bench.send((1, "Hallo"))
    assert sent.outcome == outcome
    assert len(listener.received) == 1


@every_kind
def test_a_device_that_nothing_is_known_about_is_reached_where_that_can_be(
    kind: str, open_bench: Open, listener: Listener
) -> None:
    bench = open_bench(kind, listener.address)
    reaches_everybody = kind in {"inbox", "webhook", "staff"}
    assert (bench.channel.address(*nobody()) is not None) == reaches_everybody


@pytest.mark.parametrize(
    ("trait", "reached"),
    [("06 87654321", "+31612345678"), ("020 555 0133", "+31612345678")],
)
def test_a_number_that_was_identified_goes_before_one_that_was_typed(
    trait: str, reached: str, open_bench: Open, listener: Listener
) -> None:
    bench = open_bench("sms", listener.address)
    assert bench.channel.address(*anna(phone=trait)) == reached


def test_text_messages_do_not_go_to_a_landline_and_calls_do(open_bench: Open, listener: Listener) -> None:
    person, known = nobody()
    known.traits["phone"] = anna(phone="020 555 0133")[1].traits["phone"]
    assert open_bench("sms", listener.address).channel.address(person, known) is None
    assert open_bench("call", listener.address).channel.address(person, known) == "+31205550133"
