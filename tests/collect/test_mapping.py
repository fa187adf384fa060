"""What a mapping's words mean, and how a wrong one is refused."""

import contextlib
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.collect.importing import parsing
from beleef.collect.importing.mapping import read_mapping
from beleef.collect.importing.messages import Translator
from beleef.collect.importing.notation import Unusable
from beleef.collect.importing.parsing import parse_condition, parse_value
from beleef.collect.importing.values import Compiler
from beleef.kernel.errors import InvalidInput
from tests.cast import ANNA, CHANTAL

ROOT = Path(__file__).parents[2]
SMALLEST = 'name: small\nfacts:\n  - {type: identify, user_id: "{id}"}\n'


def value_of(raw: Any, row: dict[str, Any], settings: str = "") -> Any:
    """Return what a value of the language gives for a row."""
    return Compiler(read_mapping(SMALLEST + settings)).take(parse_value(raw, "here"))(row)


def holds(raw: Any, row: dict[str, Any]) -> bool:
    return Compiler(read_mapping(SMALLEST)).holds(parse_condition(raw, "here"))(row)


def messages_of(mapping: str, row: dict[str, Any], origin: str = "file:1") -> list[dict[str, Any]]:
    return [message for message, _ in Translator(read_mapping(mapping)).messages(row, origin)]


@pytest.mark.parametrize(
    ("raw", "row", "expected"),
    [
        ("{a}", {"a": 3}, 3),
        ("{a}", {}, None),
        ("{a}", {"a": ""}, None),
        ("{a.b}", {"a": {"b": 1}}, 1),
        ("{a.b}", {"a.b": 2}, 2),
        ("{a.1.b}", {"a": [{}, {"b": 5}]}, 5),
        ("{a.7}", {"a": [1]}, None),
        ("x-{a}-{b}", {"a": 17850.0, "b": True}, "x-17850-true"),
        ("x-{a}-{b}", {"a": 1}, None),
        ("{{a}}", {"a": 1}, "{a}"),
        (12, {}, 12),
        (["{a}", "{b}", "c"], {"a": 1}, [1, "c"]),
        ({"text": "{a}"}, {"a": 2**63 - 1}, "9223372036854775807"),
        ("{a}", {"a": 2**63 - 1}, 2**63 - 1),
        ({"number": "{a}"}, {"a": " 12 "}, 12),
        ({"number": "{a}"}, {"a": "-1.50"}, -1.5),
        ({"number": "{a}"}, {"a": float("nan")}, None),
        ({"text": "{a}"}, {"a": "  x "}, "x"),
        ({"lower": "{a}"}, {"a": ANNA.email}, "anna.de.vries@example.nl"),
        ({"lower": "{a}"}, {}, None),
        ({"upper": "{a}"}, {"a": "nl"}, "NL"),
        ({"boolean": "{a}"}, {"a": "Ja"}, True),
        ({"boolean": "{a}"}, {"a": 0}, False),
        ({"multiply": ["{a}", "2.5", 2]}, {"a": "3"}, 15.0),
        ({"multiply": ["{a}", 2]}, {}, None),
        ({"add": ["{a}", "{b}"]}, {"a": "1"}, 1),
        ({"add": ["{a}", "{b}"]}, {}, None),
        ({"round": {"of": 2.675, "digits": 2}}, {}, 2.68),
        ({"round": {"of": -0.5, "digits": 0}}, {}, -1),
        ({"default": ["{a}", " ", "{b}"]}, {"b": 0}, 0),
        ({"join": ["{a}", "{b}"]}, {"b": "de Vries"}, "de Vries"),
        ({"join": {"of": ["{a}", "{b}"], "separator": ", "}}, {"a": "x", "b": "y"}, "x, y"),
        ({"split": {"of": "{a}", "separator": ","}}, {"a": "x, y,"}, ["x", "y"]),
        ({"split": {"of": "{a}", "separator": "@", "at": -1}}, {"a": CHANTAL.email}, "bakkerij-smit.example"),
        ({"split": {"of": "{a}", "separator": "@", "at": 4}}, {"a": "x@y"}, None),
        ({"map": {"of": "{a}", "codes": {"1": "one"}}}, {"a": 1.0}, "one"),
        ({"map": {"of": "{a}", "codes": {"1": "one"}}}, {"a": "2"}, "2"),
        ({"map": {"of": "{a}", "codes": {"1": "one"}, "otherwise": "many"}}, {"a": "2"}, "many"),
        ({"if": {"when": {"value": "{a}", "empty": True}, "then": "x"}}, {"a": " "}, "x"),
        ({"if": {"when": {"value": "{a}", "empty": True}, "then": "x", "else": "{a}"}}, {"a": "y"}, "y"),
        ({"hash": "{a}"}, {"a": "abc"}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ({"hash": ["{a}", "{b}"]}, {"a": "abc"}, None),
        ({"object": {"x": "{a}", "y": "{b}"}}, {"a": 1}, {"x": 1}),
        ({"object": {"x": "{a}"}}, {}, None),
        ({"sum": "{q}"}, {"lines": [{"q": "1"}, {"q": None}, {"q": 0.5}]}, 1.5),
        ({"sum": {"of": "{q}", "over": "items"}}, {"items": [{"q": 0.1}] * 10}, 1.0),
        ({"sum": "{q}"}, {}, 0),
        ({"count": "items"}, {"items": [1, 2]}, 2),
        ({"first": "{q}"}, {"lines": [{}, {"q": 4}]}, 4),
        ({"list": {"of": "{value}", "over": "tags"}}, {"tags": ["a", "b"]}, ["a", "b"]),
        ({"date": "{a}"}, {"a": "2026-03-01T10:00:00+01:00"}, "2026-03-01T09:00:00.000Z"),
        ({"date": {"of": "{a}", "formats": ["unix"]}}, {"a": 1772442000}, "2026-03-02T09:00:00.000Z"),
        ({"date": {"of": "{a}", "formats": "%m/%d/%Y %H:%M"}}, {"a": "7/1/2017 9:05"}, "2017-07-01T09:05:00.000Z"),
        ({"day": {"of": "{a}", "formats": "%d-%m-%Y", "timezone": "Europe/Amsterdam"}}, {"a": "14-03-2021"}, "2021-03-14"),
    ],
)  # fmt: skip
def test_each_word_gives_what_the_reference_says(raw: Any, row: dict[str, Any], expected: Any) -> None:
    found = value_of(raw, row)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        ({"number": "{a}"}, {"a": "12 euro"}),
        ({"number": "{a}"}, {"a": "1_000"}),
        ({"number": "{a}"}, {"a": "inf"}),
        ({"number": "{a}"}, {"a": "1,50"}),
        ({"number": "{a}"}, {"a": True}),
        ({"multiply": ["{a}", "{a}"]}, {"a": 1e300}),
        ({"boolean": "{a}"}, {"a": "perhaps"}),
        ({"date": "{a}"}, {"a": "31-31-2020"}),
        ({"date": {"of": "{a}", "formats": ["unix"]}}, {"a": "1e99"}),
        ({"text": "{a}"}, {"a": {"b": 1}}),
        ({"sum": {"of": 1, "over": "a"}}, {"a": "text"}),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_its_place(raw: Any, row: dict[str, Any]) -> None:
    with pytest.raises(Unusable, match=r"^here"):
        value_of(raw, row)


def test_numbers_follow_the_signs_of_the_mapping() -> None:
    dutch = 'decimal: ","\nthousands: "."\n'
    assert value_of({"number": "{a}"}, {"a": "-1.249,50"}, dutch) == -1249.5
    with pytest.raises(Unusable):
        value_of({"number": "{a}"}, {"a": "1.5"}, 'decimal: ","\n')


def test_times_without_a_zone_are_read_in_the_mappings_zone() -> None:
    winter_and_summer = [
        value_of({"date": "{a}"}, {"a": day}, "timezone: Europe/Amsterdam\n")
        for day in ("2026-01-01", "2026-07-01")
    ]
    assert winter_and_summer == ["2025-12-31T23:00:00.000Z", "2026-06-30T22:00:00.000Z"]


@pytest.mark.parametrize(
    ("raw", "row", "expected"),
    [
        ({"value": "{a}", "is": "paid"}, {"a": " paid "}, True),
        ({"value": "{a}", "is": 1}, {"a": "1.0"}, True),
        ({"value": "{a}", "is": 1}, {"a": "one"}, False),
        ({"value": "{a}", "is": True}, {"a": "yes"}, True),
        ({"value": "{a}", "is_not": "paid"}, {}, True),
        ({"value": "{a}", "one_of": ["x", "y"]}, {"a": "y"}, True),
        ({"value": "{a}", "starts_with": "C"}, {"a": "C536379"}, True),
        ({"value": "{a}", "ends_with": "79", "contains": "63"}, {"a": "C536379"}, True),
        ({"value": "{a}", "above": 1, "at_most": 2}, {"a": "2"}, True),
        ({"value": "{a}", "below": 2}, {"a": 2}, False),
        ({"value": "{a}", "at_least": 2}, {}, False),
        ({"value": "{a}", "empty": False}, {"a": "  "}, False),
        ([{"value": "{a}", "is": "x"}, {"value": "{b}", "is": "y"}], {"a": "x", "b": "z"}, False),
        ({"any": [{"value": "{a}", "is": "x"}, {"value": "{b}", "is": "y"}]}, {"a": "x"}, True),
        ({"not": {"all": [{"value": "{a}", "is": "x"}]}}, {"a": "x"}, False),
    ],
)
def test_each_condition_holds_when_the_reference_says(raw: Any, row: dict[str, Any], expected: bool) -> None:
    assert holds(raw, row) is expected


@pytest.mark.parametrize(
    ("document", "place", "hint"),
    [
        ("name: [", "line 1", "quotes"),
        ("- a", "the mapping", "Begin with"),
        ("facts: []", "the mapping: 'name'", "name"),
        ("name: x\nfacts: []", "facts", "identify"),
        ("name: x\nname: y", "line 2", "quotes"),
        ("name: &a x\nfacts: *a", "line 2", "quotes"),
        ("[" * 5_000, "the mapping", "UTF-8"),
        ("name: a b\nfacts: [1]", "", "letters"),
        (SMALLEST + "zone: x", "zone", "'timezone'"),
        (SMALLEST + "timezone: Europe/Amsterdm", "timezone", "Europe/Amsterdam"),
        (SMALLEST + "dates: ['%d']", "dates[0]", "unix"),
        (SMALLEST + "decimal: ;", "decimal", ","),
        (SMALLEST + "format: {kind: xls}", "format.kind", "parquet"),
        (SMALLEST + "format: {delimiter: ab}", "format.delimiter", ";"),
        (SMALLEST + "format: {encoding: utf-16}", "format.encoding", "convert"),
        (SMALLEST + "format: {encoding: base64}", "format.encoding", "utf-8"),
        (SMALLEST + "where: {value: '{a}'}", "where", "Add one of"),
        (SMALLEST + "where: {value: '{a}', start_with: x}", "where.start_with", "'starts_with'"),
        (SMALLEST + "where: {value: '{a}', above: x}", "where.above", "without quotes"),
        (SMALLEST + "lookups: {lines: {file: a, key: b}}", "lookups.lines", "another"),
        (SMALLEST + "lookups: {x: {file: a}}", "lookups.x", "key"),
        ("name: x\nfacts: [{type: trak}]", "facts[0].type", "'track'"),
        ("name: x\nfacts: [{type: track, user_id: '{a}'}]", "facts[0]", "event"),
        ("name: x\nfacts: [{type: identify}]", "facts[0]", "user_id"),
        ("name: x\nfacts: [{type: identify, user_id: {a}}]", "facts[0].user_id.a", '"{CustomerID}"'),
        ("name: x\nfacts: [{type: identify, user_id: '{a'}]", "facts[0].user_id", "twice"),
        ("name: x\nfacts: [{type: identify, user_id: {summ: '{a}'}}]", "facts[0].user_id.summ", "'sum'"),
        ("name: x\nfacts: [{type: identify, user_id: {a: 1, b: 2}}]", "facts[0].user_id", "object:"),
        ("name: x\nfacts: [{type: identify, user_id: a, properties: {a: 1}}]", "facts[0].properties", "traits"),
        ("name: x\nfacts: [{type: identify, user_id: {round: {of: 1, digits: 99}}}]", "facts[0].user_id.round.digits", ""),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_place_and_hint(document: str, place: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_mapping(document)
    assert refusal.value.code == "invalid_mapping"
    assert refusal.value.message.startswith(place)
    assert hint in refusal.value.hint


def test_a_country_code_is_a_text_and_not_a_truth_value() -> None:
    mapping = 'name: x\nfacts:\n  - {type: identify, user_id: "{id}", traits: {country: NO, since: 2020-01-01, no: yes}}'
    assert messages_of(mapping, {"id": "1"})[0]["traits"] == {
        "country": "NO",
        "since": "2020-01-01",
        "no": "yes",
    }


def test_comments_do_not_change_a_mappings_fingerprint_and_words_do() -> None:
    assert read_mapping(SMALLEST).fingerprint == read_mapping("# new\n" + SMALLEST).fingerprint
    assert read_mapping(SMALLEST).fingerprint != read_mapping(SMALLEST + "timezone: Europe/Paris").fingerprint


def test_a_message_has_segments_shape() -> None:
    mapping = """
name: x
facts:
  - type: track
    event: Bought {what}
    user_id: "{id}"
    external_ids: {loyalty_card: "{card}", passport: "{none}"}
    group_id: "{firm}"
    channel: shop
    timestamp: "{at}"
    traits: {email: "{mail}"}
    properties: {revenue: {number: "{sum}"}, empty: "{none}"}
    context: {campaign: {object: {name: spring}}}
"""
    row = {
        "what": "tea",
        "id": 7,
        "card": "k-1",
        "firm": "firm-7",
        "at": "2026-03-01T10:00Z",
        "mail": "a@b.nl",
        "sum": "3",
    }
    (message,) = messages_of(mapping, row)
    assert len(message.pop("messageId")) == 32
    assert message == {
        "type": "track",
        "event": "Bought tea",
        "userId": "7",
        "channel": "shop",
        "timestamp": "2026-03-01T10:00:00.000Z",
        "properties": {"revenue": 3},
        "context": {
            "campaign": {"name": "spring"},
            "traits": {"email": "a@b.nl"},
            "groupId": "firm-7",
            "externalIds": [{"id": "k-1", "type": "loyalty_card", "collection": "users", "encoding": "none"}],
        },
    }


def test_message_ids_follow_the_key_where_there_is_one_and_the_line_otherwise() -> None:
    def ids(key: str, row: dict[str, Any], origin: str) -> list[str]:
        mapping = (
            f'name: x\n{key}\nfacts: [{{type: identify, user_id: "{{id}}"}}, {{type: identify, user_id: b}}]'
        )
        return [message["messageId"] for message in messages_of(mapping, row, origin)]

    assert len(set(ids("key: [id]", {"id": 1}, "f:1"))) == 2
    assert ids("key: [id]", {"id": 1, "v": 1}, "f:1") == ids("key: [id]", {"id": 1, "v": 2}, "g:9")
    assert ids("key: [id]", {"id": 1}, "f:1") != ids("key: [id]", {"id": 2}, "f:1")
    assert ids("key: ['*']", {"id": 1, "v": 1}, "f:1") == ids("key: ['*']", {"v": 1, "id": 1}, "g:9")
    assert ids("key: ['*']", {"id": 1, "v": 1}, "f:1") != ids("key: ['*']", {"id": 1, "v": 2}, "f:1")
    assert ids("timezone: UTC", {"id": 1}, "f:1") != ids("timezone: UTC", {"id": 1}, "f:2")
    with pytest.raises(Unusable, match="'id' is empty"):
        ids("key: [id]", {"id": " "}, "f:1")


def test_a_row_that_names_nobody_or_is_too_large_is_refused() -> None:
    with pytest.raises(Unusable, match="whose fact"):
        messages_of(SMALLEST, {"id": " "})
    with pytest.raises(Unusable, match="larger than"):
        messages_of(
            'name: x\nfacts: [{type: identify, user_id: "1", traits: {a: "{a}"}}]', {"a": "x" * 1_000_000}
        )


def test_an_email_address_alone_tells_whose_fact_it_is() -> None:
    mapping = 'name: x\nfacts: [{type: track, event: Called, traits: {email: "{mail}"}}]'
    assert messages_of(mapping, {"mail": ANNA.email})[0]["context"] == {"traits": {"email": ANNA.email}}


EVERYTHING = """
name: everything
decimal: ","
thousands: "."
dates: ["%d-%m-%Y", unix]
timezone: Europe/Amsterdam
key: [a]
facts:
  - type: track
    event: "{a}"
    user_id: {text: "{b}"}
    when: {any: [{value: "{c}", above: 3}, {value: "{d}", is: true}, {value: "{a}", is: 4}, {value: "{b}", empty: false}]}
    timestamp: {default: ["{c}", "{d}"]}
    traits: {x: {lower: "{d}"}, y: {hash: ["{a}", "{b}"]}, z: {join: ["{c}", "{d.e}"]}}
    properties:
      n: {number: "{c}"}
      m: {round: {of: {multiply: ["{c}", "{d}", "{a}"]}, digits: 2}}
      s: {sum: {of: {add: ["{value}", "{a}"]}, over: d}}
      l: {list: {of: "{value}", over: c}}
      p: {split: {of: "{a}", separator: "-", at: 1}}
      k: {map: {of: "{a}", codes: {"1": one}}}
      o: {object: {a: "{a}", d: "{d.0}"}}
      b: {boolean: "{d}"}
      y: {day: "{a}"}
      t: "{a}/{b}"
  - type: identify
    anonymous_id: x
    traits: {a: "{a}", b: "{b}", c: "{c}", d: "{d}"}
"""
EVERY_WORD = Translator(read_mapping(EVERYTHING))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1.249,50", "01-02-2026", "ja"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), _JSON))
def test_any_row_gives_messages_that_can_be_written_or_a_reason(row: dict[str, Any]) -> None:
    try:
        made = EVERY_WORD.messages(row, "file:1")
    except Unusable:
        return
    for message, size in made:
        assert len(msgspec.json.encode(message)) == size
        assert message["type"] in {"track", "identify"}


@settings(deadline=None)
@given(
    _JSON,
    st.sampled_from(
        ["where", "facts", "lookups", "format", "group", "key", "dates", "timezone", "decimal", "name"]
    ),
)
def test_any_document_is_a_mapping_or_refused(raw: Any, name: str) -> None:
    document = msgspec.json.encode({**msgspec.yaml.decode(SMALLEST), name: raw}).decode()
    with contextlib.suppress(InvalidInput):
        assert read_mapping(document).facts


@settings(deadline=None)
@given(st.text())
def test_a_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_mapping(text)


MAPPINGS = sorted(
    path for path in sorted((ROOT / "examples").glob("*.yaml")) if "\nfacts:" in path.read_text("utf-8")
)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.name)
def test_every_example_with_facts_is_a_mapping(path: Path) -> None:
    assert read_mapping(path.read_text(encoding="utf-8")).facts


def test_the_reference_names_every_function_and_no_other() -> None:
    page = (ROOT / "docs/reference/mappings.md").read_text(encoding="utf-8")
    table = page[page.index("| function | gives |") : page.index("## Conditions")]
    assert set(re.findall(r"`([a-z]+): ", table)) - {"at"} == set(parsing._FUNCTIONS)
