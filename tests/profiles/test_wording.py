"""Facts in words: sentences a person would say, whatever strange things a fact holds."""

from typing import Any

import pytest

from beleef.profiles.pages.parts import label_of, written
from beleef.profiles.wording import tell
from beleef.ui.words import translator
from tests.profiles.making import fact, identify

EN, NL = translator("en"), translator("nl")
LAMPS = [{"name": "Lamp", "quantity": 2}, {"name": "Vase"}]


def test_an_order_is_told_with_its_products_and_its_amount_in_both_languages() -> None:
    order = fact(
        1, "Order Completed", revenue=54.9, currency="EUR", properties={"order_id": "W-1", "products": LAMPS}
    )
    assert tell(order, EN).title == "Bought 3 products for €54.90"
    assert tell(order, EN).summary == "W-1 · Lamp, Vase"
    assert tell(order, NL).title == "Kocht 3 producten voor €\xa054,90"


def test_a_refund_is_told_as_money_that_came_back() -> None:
    refund = fact(1, "Order Refunded", revenue=-13.5, currency="EUR", properties={"order_id": "W-1"})
    assert tell(refund, EN).title == "Got €13.50 back"


def test_pages_calls_and_names_are_told_as_what_somebody_did() -> None:
    assert tell(fact(1, "Home", type="page"), EN).title == "Looked at the page “Home”"
    call = fact(1, "Call Completed", properties={"topic": "delivery", "duration_s": 240, "solved": False})
    assert tell(call, EN).title == "Called the service desk"
    assert tell(call, EN).summary == "delivery · 4 minutes · not solved"
    assert tell(identify(1, traits={"email": "a@example.nl"}), EN).summary == "email"


def test_what_was_sent_to_somebody_is_told_with_its_campaign() -> None:
    said = {"campaign": "spring", "message": "offer", "reason": "cap"}
    sent = fact(1, "Message Sent", type="beleef", properties=said)
    assert (tell(sent, EN).title, tell(sent, EN).summary) == ("Was sent a message", "spring · offer")
    assert tell(fact(1, "Message Held", type="beleef", properties=said), NL).title == (
        "Een bericht wacht op zijn moment"
    )


def test_cases_promises_and_answers_are_told_in_words() -> None:
    promise = {"case": "C-10001", "kind": "first_response", "due_at": "2026-03-02T15:00:00.000Z"}
    made = tell(fact(1, "Promise Broken", type="beleef", properties=promise), NL)
    assert made.title == "Een belofte is gebroken"
    assert made.summary == "C-10001 · Eerste antwoord · voor 2 mrt 2026, 16:00"
    reply = tell(fact(1, "Case Replied", type="beleef", properties={"case": "C-10001", "text": "Sorry."}), EN)
    assert (reply.title, reply.summary) == ("Was answered", "C-10001 · Sorry.")
    message = fact(1, "Message Received", properties={"subject": "My order", "text": "Where is it?"})
    assert (tell(message, EN).title, tell(message, EN).summary) == ("Wrote to us", "My order")
    score = fact(
        1, "Survey Answered", properties={"metric": "nps", "value": 4, "scale_max": 10, "survey": "s"}
    )
    assert (tell(score, EN).title, tell(score, EN).summary) == ("Gave 4 of 10", "NPS · s")
    clicked = {"metric": "nps", "value": 4, "scale_max": 10, "survey": "s", "confirmed": False}
    assert tell(fact(1, "Survey Answered", properties=clicked), EN).title == "Clicked 4 of 10 in a mail"
    solved = fact(1, "Case Solved", properties={"case": "C-10001", "solved": False})
    assert tell(solved, NL).title == "Zei dat het niet is opgelost"


def test_an_event_without_a_sentence_keeps_its_name() -> None:
    assert tell(fact(1, "Greenhouse Opened"), NL).title == "Greenhouse Opened"


@pytest.mark.parametrize(
    "name", ["Order Completed", "Call Completed", "Product Reviewed", "Order Delivered", "Checkout Started"]
)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, "text", [], {}, None, True, -1])
def test_whatever_a_fact_holds_it_is_told(name: str, value: Any) -> None:
    keys = ("products", "duration_s", "solved", "rating", "late_days", "value", "topic", "name", "order_id")
    told = tell(fact(1, name, properties=dict.fromkeys(keys, value)), EN)
    assert told.title


@pytest.mark.parametrize("value", [float("nan"), 1e300, "text", "2026-03-02", 20260302, [], None, True])
def test_whatever_a_fact_of_service_holds_it_is_told(value: Any) -> None:
    keys = ("case", "kind", "due_at", "text", "value", "scale_max", "metric")
    for name in ("Promise Made", "Case Opened", "Case Changed"):
        assert tell(fact(1, name, type="beleef", properties=dict.fromkeys(keys, value)), EN).title
    assert tell(fact(1, "Survey Answered", properties=dict.fromkeys(keys, value)), EN).title


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1,234.5"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (True, "yes"),
        (None, "—"),
        ({"street": "Laan 1", "city": "Ede"}, "Laan 1, Ede"),
        ("a" * 300, "a" * 200 + "…"),
    ],
)
def test_values_are_written_as_readers_expect_them(value: Any, text: str) -> None:
    assert written(value, EN) == text


def test_names_of_programs_become_labels() -> None:
    assert (label_of("firstName"), label_of("last_name")) == ("First name", "Last name")
