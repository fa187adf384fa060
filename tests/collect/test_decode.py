"""What clients send becomes facts: leniently, one message at a time, and never at the cost of its neighbours."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.collect.body import REDACTED, opened, repair, unpack
from beleef.collect.decode import Decoded, decode, message_at
from beleef.collect.model import Source, TouchpointRule, When
from beleef.facts.fact import Fact
from beleef.kernel import ids
from beleef.kernel.clock import DAY, HOUR, SECOND, from_datetime, to_datetime, to_text
from beleef.kernel.errors import InvalidInput, TooLarge
from beleef.store.log.port import Entry, Placed
from tests.cast import ANNA, NOW

Json = dict[str, Any]

RULES = (
    TouchpointRule(touchpoint="checkout", when=When(type="page", path_prefix="/checkout")),
    TouchpointRule(touchpoint="newsletter", when=When(name="Opened", property={"list": "news", "issue": 3})),
)
WEB = Source(id=1, name="web", write_key="k", channel="web", touchpoints=RULES)
OWN = Source(id=0, name="beleef", write_key="k", channel="other")


def read(body: object, *, kind: str = "batch", source: Source = WEB, messages: int = 1) -> Decoded:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    entry = Entry(received_at=NOW, source=source.id, kind=kind, messages=messages, body=content)
    return decode([Placed(position=9, entry=entry)], lambda _: source)


def one(message: Json, **around: object) -> Fact:
    found = read({"batch": [{"type": "track", "event": "E", "userId": "1", **message}], **around})
    assert found.refused == []
    return found.facts[0]


def why_not(message: Json) -> str:
    found = read({"batch": [message]})
    assert found.facts == []
    return found.refused[0].code


def test_a_message_becomes_a_fact_with_everything_in_it() -> None:
    fact = one(
        {
            "messageId": "m",
            "anonymousId": "a",
            "context": {
                "campaign": {"name": "spring"},
                "page": {"path": "/"},
                "ip": "10.0.0.1",
                "groupId": "g",
                "locale": "nl",
            },
            "properties": {"revenue": "12.50", "currency": "eur ", "product_id": 7, "x": [1]},
        }
    )
    assert fact.id == ids.fact_id(9, 0)
    assert (fact.message_id, fact.type, fact.name, fact.source, fact.channel) == (
        "m",
        "track",
        "E",
        "web",
        "web",
    )
    assert (fact.user_id, fact.anonymous_id, fact.group_id) == ("1", "a", "g")
    assert (fact.revenue, fact.currency, fact.product, fact.campaign) == (12.5, "EUR", "7", "spring")
    assert fact.context == {"campaign": {"name": "spring"}, "page": {"path": "/"}, "locale": "nl"}
    assert fact.properties is not None
    assert fact.properties["x"] == [1]


def test_a_message_without_an_id_is_given_one_that_a_replay_gives_again() -> None:
    body = {"batch": [{"type": "page", "userId": "1"}, {"type": "page", "userId": "1", "messageId": ""}]}
    assert [fact.message_id for fact in read(body).facts] == ["beleef-9-0", "beleef-9-1"]


def test_context_of_a_batch_holds_for_each_message_that_does_not_say_otherwise() -> None:
    shared = {"locale": "nl", "app": "shop", "traits": {"email": "a@b.nl"}}
    fact = one({"context": {"locale": "en"}}, context=shared)
    assert fact.context == {"locale": "en", "app": "shop"}
    assert fact.traits == {"email": "a@b.nl"}


def test_traits_stand_in_either_place_and_the_messages_own_win() -> None:
    fact = one({"traits": {"a": 1, "b": 1}, "context": {"traits": {"b": 2, "c": 2}}})
    assert fact.traits == {"a": 1, "b": 1, "c": 2}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "track", "event": "E"}, "no_user_anon_id"),
        ({"type": "track", "event": "E", "userId": None, "anonymousId": " "}, "no_user_anon_id"),
        ({"type": "track", "userId": "1"}, "no_event"),
        ({"type": "track", "userId": "1", "event": ""}, "no_event"),
        ({"type": "track", "userId": "1", "event": "x" * 501}, "name_too_long"),
        ({"type": "group", "userId": "1"}, "no_group_id"),
        ({"type": "alias", "userId": "1"}, "no_previous_id"),
        (
            {"type": "merge", "userId": "1", "mergeProperties": [{"type": "email", "value": "a@b.nl"}]},
            "no_merge_properties",
        ),
        ({"type": "dance", "userId": "1"}, "unknown_type"),
        ({"userId": "1"}, "unknown_type"),
        ({"type": "beleef", "event": "Evidence Undone", "userId": "1"}, "unknown_type"),
        ({"type": "page", "userId": "x" * 501}, "identifier_too_long"),
        ({"type": "page", "userId": "a\x00b"}, "identifier_unusable"),
        ({"type": "page", "userId": "1", "messageId": "m" * 257}, "message_id_too_long"),
        ({"type": "page", "userId": "1", "timestamp": "tomorrow"}, "invalid_timestamp"),
        ({"type": "page", "userId": "1", "timestamp": "1899-12-31T00:00:00Z"}, "invalid_timestamp"),
        ({"type": "page", "userId": ["1"]}, "invalid_message"),
        ({"type": "page", "userId": "1", "properties": "text"}, "invalid_message"),
    ],
)
def test_what_cannot_be_a_fact_is_refused_with_its_reason(message: Json, code: str) -> None:
    assert why_not(message) == code


def test_only_the_refused_message_is_set_apart_and_it_can_be_repaired() -> None:
    messages = [{"type": "page", "userId": str(n), "messageId": f"m{n}"} for n in range(5)]
    messages[2] = {"type": "page", "userId": {"not": "text"}, "messageId": "broken", "context": {"x": "é"}}  # type: ignore[dict-item]
    found = read({"batch": messages}, messages=5)
    assert [fact.message_id for fact in found.facts] == ["m0", "m1", "m3", "m4"]
    assert [fact.id for fact in found.facts] == [ids.fact_id(9, n) for n in (0, 1, 3, 4)]
    (refused,) = found.refused
    assert (refused.id, refused.message_id, refused.kind) == (ids.fact_id(9, 2), "broken", "batch")
    assert json.loads(refused.message) == messages[2]


def test_beleefs_own_source_may_say_what_no_client_may() -> None:
    message = {
        "type": "beleef",
        "event": "Evidence Undone",
        "context": {"externalIds": [{"type": "id", "id": "x"}]},
    }
    assert read({"batch": [message]}, source=OWN).facts[0].name == "Evidence Undone"


def test_the_clients_clock_is_corrected_by_when_it_sent() -> None:
    def moment(offset: int) -> str:
        return to_datetime(NOW + offset).isoformat()

    assert one({"timestamp": moment(-HOUR)}).occurred_at == NOW - HOUR
    assert one({"originalTimestamp": moment(-HOUR), "timestamp": moment(0)}).occurred_at == NOW - HOUR
    # Its clock is a day ahead: what it saw an hour before sending happened an hour ago.
    assert one({"timestamp": moment(DAY - HOUR)}, sentAt=moment(DAY)).occurred_at == NOW - HOUR
    assert one({"timestamp": moment(DAY - HOUR), "sentAt": moment(DAY)}).occurred_at == NOW - HOUR
    assert one({"timestamp": moment(-9 * 366 * DAY), "sentAt": moment(-9 * 366 * DAY)}).occurred_at == NOW
    assert one({"timestamp": moment(DAY)}).occurred_at == NOW
    assert one({}).occurred_at == NOW


@pytest.mark.parametrize(
    "written",
    [
        NOW // SECOND,
        NOW / SECOND,
        NOW // 1_000,
        "2026-03-02T09:00:00Z",
        "2026-03-02T10:00:00+01:00",
        "2026-03-02T09:00:00",
    ],
)
def test_moments_are_understood_in_every_usual_form(written: object) -> None:
    assert one({"timestamp": written}).occurred_at == NOW


@given(
    st.datetimes(
        min_value=to_datetime(NOW - 100 * 365 * DAY).replace(tzinfo=None),
        max_value=to_datetime(NOW).replace(tzinfo=None),
    )
)
def test_a_moment_that_is_sent_is_the_moment_that_is_kept(written: Any) -> None:
    assert one({"timestamp": written.isoformat()}).occurred_at == from_datetime(written)
    assert to_text(from_datetime(written))[:19] == written.isoformat()[:19]


@pytest.mark.parametrize(
    ("given_", "channel"),
    [
        ("Phone", "phone"),
        (" SHOP ", "shop"),
        ("browser", "web"),
        ("mobile", "app"),
        ("server", "web"),
        ("", "web"),
        ("x" * 99, "x" * 40),
    ],
)
def test_a_fact_has_its_own_channel_or_its_sources(given_: str, channel: str) -> None:
    assert one({"channel": given_}).channel == channel
    assert one({"context": {"channel": given_}}).channel == channel


def test_the_first_rule_that_fits_names_the_touchpoint() -> None:
    page = {"type": "page", "name": "Pay", "context": {"page": {"path": "/checkout/pay"}}}
    assert one(page).touchpoint == "checkout"
    assert one({**page, "touchpoint": "own"}).touchpoint == "own"
    assert one({**page, "context": {"page": {"path": "/"}}}).touchpoint is None
    assert one({"event": "Opened", "properties": {"list": "news", "issue": 3}}).touchpoint == "newsletter"
    assert one({"event": "Opened", "properties": {"list": "news"}}).touchpoint is None


def test_money_paid_back_is_negative_and_what_is_no_number_is_none() -> None:
    assert one({"event": "Order Refunded", "properties": {"total": 5}}).revenue == -5
    assert one({"event": "Order Completed", "properties": {"total": "7.5", "revenue": None}}).revenue == 7.5
    odd_values: tuple[object, ...] = ("much", True, [], {}, "nan", "inf", "1e999")
    for odd in odd_values:
        assert one({"properties": {"revenue": odd}}).revenue is None


def test_text_cut_in_two_and_numbers_that_are_none_cost_only_themselves() -> None:
    body = (
        b'{"batch":[{"type":"page","userId":"1","properties":{"a":"\\ud83d","b":NaN,"c":1e999,"d":'
        + b"9" * 5_000
        + b',"e":"\\ud83d\\ude00"}}]}'
    )
    properties = read(body).facts[0].properties
    assert properties == {"a": "\ufffd", "b": None, "c": None, "d": "9" * 5_000, "e": "\U0001f600"}


def test_a_body_that_is_no_json_is_refused_as_a_whole() -> None:
    found = read(b'{"batch":[{"type":"page"', messages=7)
    assert (found.messages, found.facts, [one.code for one in found.refused]) == (7, [], ["invalid_json"])


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_never_raise(body: bytes) -> None:
    for kind in ("batch", "track", "replay"):
        found = read(body, kind=kind)
        assert len(found.facts) + len(found.refused) <= max(1, body.count(b"{"))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.lists(_json, max_size=5))
def test_every_message_becomes_a_fact_or_is_refused(messages: list[Any]) -> None:
    found = read({"batch": messages}, messages=len(messages))
    places = [
        ids.log_place(number)[1]
        for number in (*(one.id for one in found.facts), *(one.id for one in found.refused))
    ]
    assert sorted(places) == list(range(len(messages)))


def test_replays_are_only_taken_from_beleef_itself() -> None:
    body = {"batch": [{"type": "page", "userId": "1"}], "replays": [77, 78]}
    assert read(body).replayed == {}
    assert read(body, kind="replay").replayed == dict.fromkeys((77, 78), ids.fact_id(9, 0))
    assert len(read({**body, "replays": "all of them"}).facts) == 1


def test_only_a_body_that_was_redacted_has_stubs() -> None:
    body = {"batch": [{"type": "page", "userId": "1"}], "stubs": {"0": {"type": "track", "revenue": 1e9}}}
    assert (read(body).anonymous, len(read(body).facts)) == ([], 1)
    redacted = read(REDACTED + json.dumps(body).encode())
    assert ([fact.revenue for fact in redacted.anonymous], redacted.facts) == ([1e9], [])


def test_a_body_is_unpacked_up_to_its_limit() -> None:
    assert unpack(gzip.compress(b"x" * 1_000), 1_000) == b"x" * 1_000
    with pytest.raises(TooLarge):
        unpack(gzip.compress(b"x" * 1_001), 1_000)
    with pytest.raises(TooLarge):
        unpack(b"x" * 1_001, 1_000)
    for broken in (gzip.compress(b"x")[:-1], b"\x1f\x8b", b"\x1f\x8bnonsense"):
        with pytest.raises(InvalidInput, match="gzip"):
            unpack(broken)


def test_what_is_repaired_once_needs_no_more_repair() -> None:
    repaired = repair(b'{"a": "\\ud800", "b": [NaN, -Infinity, 1e999], "c": 12345678901234567890123}')
    assert repaired is not None
    assert repair(repaired) == repaired
    assert repair(b"{") is None


def test_a_message_is_found_again_as_it_came() -> None:
    body = b'{"batch":[ {"a": 1} , {"b":\t2}]}'
    entry = Entry(received_at=NOW, source=1, kind="batch", messages=2, body=gzip.compress(body))
    assert [message_at(entry, index) for index in (0, 1, 2)] == ['{"a": 1}', '{"b":\t2}', ""]
    assert opened(entry) == (body, False)


def test_identifiers_are_stripped_and_numbers_are_texts() -> None:
    fact = one({"userId": 42, "anonymousId": f" {ANNA.anonymous_ids[0]} "})
    assert (fact.user_id, fact.anonymous_id) == ("42", ANNA.anonymous_ids[0])


def test_external_ids_of_users_are_taken_and_of_accounts_are_not() -> None:
    given_ = [
        {"type": "loyalty", "id": 7},
        {"type": "x", "id": "1", "collection": "accounts"},
        {"type": None, "id": 1},
        "odd",
        {},
    ]
    assert one({"context": {"externalIds": given_}}).external_ids == (("loyalty", "7"),)
    assert one({"context": {"externalIds": "odd"}}).external_ids == ()
