"""The demo's history: repeatable, in order, as SDKs post it, and with everything in it that makes real data hard."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import phonenumbers
import pytest

from beleef.collect.api import Source
from beleef.collect.decode import Decoded, decode
from beleef.demo.api import Request, generate, sources
from beleef.facts.fact import Fact
from beleef.kernel import clock
from beleef.kernel.errors import InvalidInput
from beleef.store.log.port import Entry, Placed

END = 1_763_820_000_000_000
"""2025-11-22 at 14:00 UTC."""

SEED = 7
Sent = tuple[Request, dict[str, Any]]


@pytest.fixture(scope="module")
def history() -> list[Request]:
    return list(generate(1_000, END, SEED))


@pytest.fixture(scope="module")
def bodies(history: list[Request]) -> list[Sent]:
    return [(request, json.loads(request.body)) for request in history]


@pytest.fixture(scope="module")
def decoded(history: list[Request]) -> Decoded:
    known = {
        number: Source(
            id=number, name=of.name, write_key=of.write_key, channel=of.channel, touchpoints=of.touchpoints
        )
        for number, of in enumerate(sources(), 1)
    }
    numbers = {of.name: number for number, of in known.items()}
    entries = [
        Placed(
            position=position,
            entry=Entry(
                received_at=request.received_at,
                source=numbers[request.source],
                kind=request.kind,
                messages=request.messages,
                body=request.body,
            ),
        )
        for position, request in enumerate(history, 1)
    ]
    return decode(entries, known.__getitem__)


@pytest.fixture(scope="module")
def facts(decoded: Decoded) -> list[Fact]:
    """Facts without repeats, in order of occurrence."""
    return sorted(
        {fact.message_id: fact for fact in decoded.facts}.values(), key=lambda fact: fact.occurred_at
    )


def _messages(bodies: list[Sent]) -> Iterator[dict[str, Any]]:
    for _, body in bodies:
        yield from body["batch"]


def test_the_same_arguments_give_the_same_requests() -> None:
    first = list(generate(200, END, SEED, months=4))
    assert first == list(generate(200, END, SEED, months=4))
    assert first != list(generate(200, END, SEED + 1, months=4))


def test_requests_come_in_order_of_arrival_and_within_the_history(history: list[Request]) -> None:
    assert all(one.received_at <= next_.received_at for one, next_ in pairwise(history))
    assert clock.to_text(history[0].received_at)[:10] in {"2024-05-21", "2024-05-22"}
    assert END - clock.DAY < history[-1].received_at <= END


def test_every_body_is_what_an_sdk_posts(bodies: list[Sent]) -> None:
    keys = {of.name: of.write_key for of in sources()}
    for request, body in bodies:
        assert set(body) == {"batch", "sentAt", "writeKey"}
        assert body["writeKey"] == keys[request.source]
        assert 1 <= len(body["batch"]) == request.messages <= 300
        assert len(request.body) < 500_000
        assert all(len(message["messageId"]) < 100 for message in body["batch"])
    assert {request.source for request, _ in bodies} == set(keys)


def test_a_person_has_about_75_messages_in_eighteen_months(history: list[Request]) -> None:
    assert 65 < sum(request.messages for request in history) / 1_000 < 85


def test_about_one_in_two_hundred_messages_is_a_repeat(bodies: list[Sent]) -> None:
    ids = Counter(message["messageId"] for message in _messages(bodies))
    assert 0.002 < sum(ids.values()) / len(ids) - 1 < 0.012
    assert max(ids.values()) == 2


def test_about_one_in_two_thousand_messages_is_unusable_and_none_other(decoded: Decoded) -> None:
    assert 0.0002 < len(decoded.refused) / decoded.messages < 0.001
    codes = {refused.code for refused in decoded.refused}
    assert codes <= {"no_event", "no_user_anon_id", "unknown_type", "invalid_message"}
    assert len(codes) >= 3


def test_kinds_of_messages_have_the_ratio_of_a_shop(facts: list[Fact]) -> None:
    kinds = Counter(fact.type for fact in facts)
    assert 0.3 < (kinds["page"] + kinds["screen"]) / len(facts) < 0.6
    assert 0.4 < kinds["track"] / len(facts) < 0.65
    assert 0.003 < kinds["identify"] / len(facts) < 0.03
    assert kinds["group"]
    assert kinds["alias"]
    names = Counter(fact.name for fact in facts)
    assert names["Product Viewed"] > names["Product Added"] > names["Checkout Started"]
    assert (
        names["Email Delivered"]
        > names["Email Opened"]
        > names["Email Link Clicked"]
        > names["Unsubscribed"]
        > 0
    )
    for name in ("Order Refunded", "Call Completed", "Question Asked", "Consent Updated", "Letter Sent"):
        assert names[name], name
    for name in ("Subscription Started", "Subscription Renewed", "Subscription Ended", "Brochure Sent"):
        assert names[name], name


def test_nearly_every_fact_has_a_touchpoint_in_one_of_three_rings(facts: list[Fact]) -> None:
    assert sum(fact.touchpoint is None for fact in facts) < 0.005 * len(facts)
    rules = {rule.touchpoint: rule.ring for of in sources() for rule in of.touchpoints}
    assert {rules[fact.touchpoint] for fact in facts if fact.touchpoint} == {"service", "customer", "staged"}
    unused = set(rules) - {fact.touchpoint for fact in facts}
    assert not unused


def test_no_address_or_number_is_a_real_one(history: list[Request], facts: list[Fact]) -> None:
    text = b"\n".join(request.body for request in history).decode()
    domains = set(re.findall(r"@([\w.-]+)", text)) | set(re.findall(r"https?://([\w.-]+)", text))
    assert domains
    assert all(re.search(r"(^|\.)example\.(nl|com)$", domain.lower()) for domain in domains)
    phones = {fact.traits["phone"] for fact in facts if fact.traits and "phone" in fact.traits}
    phones |= {value for fact in facts for kind, value in fact.external_ids if kind == "phone"}
    assert any(phone.startswith("0") for phone in phones)
    for phone in phones:
        number = phonenumbers.parse(phone, "NL")
        assert phonenumbers.is_valid_number(number), phone
        area = phonenumbers.length_of_geographical_area_code(number)
        assert str(number.national_number)[area] == "0", phone


def test_some_facts_arrive_late_and_some_clocks_are_wrong(bodies: list[Sent], facts: list[Fact]) -> None:
    late = [fact for fact in facts if fact.received_at - fact.occurred_at > clock.HOUR]
    assert late
    assert {fact.source for fact in late} == {"app"}
    wrong = [
        request
        for request, body in bodies
        if abs(_moment(body["sentAt"]) - request.received_at) > clock.MINUTE
    ]
    assert 0 < len(wrong) < 0.05 * len(bodies)


def _moment(text: str) -> int:
    return clock.from_datetime(datetime.fromisoformat(text))


def test_one_mailbox_and_some_devices_are_of_several_people(facts: list[Fact]) -> None:
    users: dict[str, set[str]] = {}
    mailboxes: dict[str, set[str]] = {}
    for fact in facts:
        if fact.user_id and fact.anonymous_id:
            users.setdefault(fact.anonymous_id, set()).add(fact.user_id)
        if fact.type == "identify" and fact.user_id and fact.traits:
            mailboxes.setdefault(fact.traits["email"], set()).add(fact.user_id)
    sizes = Counter(len(of) for of in users.values())
    assert sizes[1] > 10 * sizes[2] > 0
    assert any(address.startswith("info@") for address in mailboxes)
    assert any(address != address.lower() for address in mailboxes)


def test_faulty_numbers_and_old_numbers_are_in_it(facts: list[Fact]) -> None:
    ids = {fact.user_id for fact in facts}
    assert ids & {"null", "undefined"}
    old = {fact.previous_id for fact in facts if fact.type == "alias"}
    assert old
    assert old <= ids


def test_companies_have_several_people_and_few_people_two_companies() -> None:
    members: dict[str, set[str]] = {}
    for request in generate(6_000, END, SEED, months=2):
        for message in json.loads(request.body)["batch"]:
            if message.get("type") == "group":
                members.setdefault(message["userId"], set()).add(message["groupId"])
    sizes = Counter(len(of) for of in members.values())
    assert sizes[1] > 5 * sizes[2] > 0
    assert len(set().union(*members.values())) < len(members)


def test_black_friday_and_sinterklaas_sell_most(facts: list[Fact]) -> None:
    days = Counter(
        clock.to_text(fact.occurred_at)[:10]
        for fact in facts
        if fact.name == "Order Completed" and fact.source != "tills"
    )
    busiest = max(days, key=lambda day: days[day])
    assert "2024-11-15" <= busiest <= "2024-12-05"


def test_in_the_bad_month_parcels_are_late_and_people_ask_where_they_are(facts: list[Fact]) -> None:
    def per_month(*names: str) -> Counter[str]:
        return Counter(clock.to_text(fact.occurred_at)[:7] for fact in facts if fact.name in names)

    delayed, shipped = per_month("Delivery Delayed"), per_month("Order Shipped")
    assert delayed["2025-06"] / shipped["2025-06"] > 0.3
    assert sum(delayed.values()) - delayed["2025-06"] - delayed["2025-07"] < 0.06 * sum(shipped.values())
    asked = Counter(
        clock.to_text(fact.occurred_at)[:7]
        for fact in facts
        if fact.properties and fact.properties.get("topic") == "delivery"
    )
    assert max(asked, key=lambda month: asked[month]) in {"2025-06", "2025-07"}


def test_the_whole_story_of_a_customer_can_be_read(facts: list[Fact]) -> None:
    """Anonymous on a device, then known there, an order, its mail, its parcel, all in this order."""
    of_user: dict[str | None, list[Fact]] = {}
    on_device: dict[str | None, list[Fact]] = {}
    for fact in facts:
        of_user.setdefault(fact.user_id, []).append(fact)
        on_device.setdefault(fact.anonymous_id, []).append(fact)
    complete = 0
    for order in (fact for fact in facts if fact.name == "Order Completed" and fact.source == "webshop"):
        user, number = order.user_id, (order.properties or {})["order_id"]
        if user in {None, "null", "undefined"} or END - order.occurred_at < 20 * clock.DAY:
            continue
        parcel = [
            fact.name
            for fact in of_user[user]
            if fact.source == "post" and (fact.properties or {}).get("order_id") == number
        ]
        if not parcel:
            continue  # Ordered on the account of somebody of the household who had not logged out.
        assert parcel[0] == "Order Shipped"
        assert "Order Delivered" in parcel
        before = [fact for fact in on_device[order.anonymous_id] if fact.occurred_at < order.occurred_at]
        assert any(fact.name == "Checkout Started" for fact in before)
        assert any(
            fact.campaign == "bestelbevestiging" and fact.occurred_at > order.occurred_at
            for fact in of_user[user]
        )
        assert order.revenue is not None
        assert order.revenue > 0
        assert order.currency == "EUR"
        complete += any(fact.user_id is None for fact in before)
    assert complete > 20


def test_a_person_who_pays_at_the_till_with_a_card_can_be_linked_later(facts: list[Fact]) -> None:
    cards = {value for fact in facts for kind, value in fact.external_ids if kind == "customer_number"}
    linked = {
        fact.traits["customer_number"]
        for fact in facts
        if fact.type == "identify" and fact.traits and "customer_number" in fact.traits
    }
    assert cards & linked
    assert cards - linked


@pytest.mark.parametrize(("persons", "months"), [(0, 18), (1_000_001, 18), (10, 0), (10, 121)])
def test_impossible_sizes_are_refused_with_a_hint(persons: int, months: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        generate(persons, END, SEED, months=months)
    assert "from 1 to" in refusal.value.hint


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(InvalidInput):
        generate(10, END, -1)
