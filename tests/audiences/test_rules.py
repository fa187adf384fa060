"""Rules as data and as sentences: what is read and written, what is refused and where, and how it reads."""

from typing import Any

import pytest
import yaml

from beleef.audiences.api import (
    audience_from_data,
    audience_to_data,
    describe,
    rule_from_data,
    rule_to_data,
)
from beleef.kernel.errors import InvalidInput
from beleef.ui.words import translator

RULES = """
- all:
  - trait: {name: city, is: Utrecht}
  - not: {computed: {name: orders_90, at_least: 2}}
  - any:
    - account: {trait: plan, in: [pro, team]}
    - consent: {purpose: marketing, channel: email, is: denied}
- did: {event: Order Completed, exactly: 2, within_days: 30, calendar: true}
- did: {types: [page], channels: [web], where: [{path: properties.total, greater: 50}], at_most: 3}
- did: {events: [A, B], at_least: 1, at_most: 4, since: "2026-02-28T23:00:00Z", until: "2026-03-31T22:00:00Z"}
- sequence: {steps: [{event: Cart Updated}, {event: Order Completed}], within_hours: 24, missing_last: true, within_days: 30}
- trait: {name: born, anniversary_within_days: 0}
- holds: {}
- holds: {product: P-1}
- audience: vip
"""


@pytest.mark.parametrize("data", yaml.safe_load(RULES), ids=lambda data: next(iter(data)))
def test_a_rule_goes_through_data_unchanged(data: Any) -> None:
    rule = rule_from_data(data)
    assert rule_from_data(rule_to_data(rule)) == rule
    assert rule_to_data(rule_from_data(rule_to_data(rule))) == rule_to_data(rule)


def test_the_longer_way_to_write_a_condition_means_the_same() -> None:
    long = {"path": "properties.total", "operator": "greater", "value": 50}
    short = {"path": "properties.total", "greater": 50}
    assert rule_from_data({"did": {"event": "A", "where": [long]}}) == rule_from_data(
        {"did": {"event": "A", "where": [short]}}
    )


def test_a_day_without_a_time_begins_in_the_organisations_zone() -> None:
    rule = rule_from_data({"did": {"event": "A", "since": "2026-03-01"}}, zone="Europe/Amsterdam")
    assert rule_to_data(rule) == {"did": {"event": "A", "at_least": 1, "since": "2026-02-28T23:00:00Z"}}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("vip", "This is no rule"),
        (
            {"all": [{"trait": {"name": "city", "is": "a"}}, {"nonsense": 1}]},
            r"all\[1\]\.nonsense: There is no rule",
        ),
        (
            {"not": {"any": [{"trait": {"name": "city"}}]}},
            r"not\.any\[0\]\.trait: It needs exactly one comparison",
        ),
        ({"trait": {"name": "city", "is": "a", "less": 3}}, "exactly one comparison"),
        ({"trait": {"name": "city", "before": "tomorrow"}}, r"trait\.before"),
        ({"trait": {"name": "city", "greater": True}}, r"trait\.greater"),
        ({"trait": {"name": "city", "is": float("nan")}}, r"trait\.is"),
        ({"did": {"event": "A", "at_least": 9_999}}, r"did\.at_least"),
        ({"did": {"event": "A", "at_least": 3, "at_most": 2}}, "At least is more"),
        ({"did": {}}, "did: It does not say which facts"),
        ({"did": {"event": "A", "types": ["click"]}}, r"did\.types"),
        ({"did": {"event": "A", "within_days": 3, "since": "2026-01-01"}}, r"did\.within_days"),
        ({"did": {"event": "A", "since": "soon"}}, r"did\.since"),
        ({"did": {"event": "A", "where": [{"path": "user_id", "is": "1"}]}}, r"did\.where\[0\]\.path"),
        ({"did": {"event": "A", "where": [{"path": "a", "before": "2026-01-01"}]}}, r"did\.where\[0\]"),
        ({"sequence": {"steps": [{"event": "A"}], "within_hours": 1}}, r"sequence\.steps"),
        ({"sequence": {"steps": [{"event": "A"}, {"event": "B"}]}}, r"sequence\.within_hours"),
        ({"consent": {"purpose": "marketing", "is": "maybe"}}, r"consent\.is"),
        ({"holds": {"colour": "red"}}, "holds: “colour” is not known"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(data: Any, place: str) -> None:
    with pytest.raises(InvalidInput, match=place) as refusal:
        rule_from_data(data)
    assert refusal.value.code == "invalid_rule"
    assert refusal.value.hint


def test_groups_within_groups_without_end_are_refused() -> None:
    rule: Any = {"holds": {}}
    for _ in range(20):
        rule = {"not": rule}
    with pytest.raises(InvalidInput, match="too deep"):
        rule_from_data(rule)


def test_an_audience_goes_through_data_unchanged() -> None:
    data = {"name": "vip", "label": "VIP", "description": "The best", "announce": True, "rule": {"holds": {}}}
    assert audience_to_data(audience_from_data(data)) == data
    with pytest.raises(InvalidInput, match="name"):
        audience_from_data(data | {"name": "V I P"})


@pytest.mark.parametrize(
    ("place", "english", "dutch"),
    [
        (0, "city is “Utrecht” and not: orders_90 is at least 2 and (the account's plan is one of “pro” or “team” or did not allow “marketing” on email)",
            "city is “Utrecht” en niet: orders_90 is minstens 2 en (plan van het account is een van “pro” of “team” of stond “marketing” niet toe via email)"),
        (1, "did “Order Completed” exactly 2 times in the last 30 days, today included", "deed “Order Completed” precies 2 keer in de laatste 30 dagen, vandaag meegerekend"),
        (2, "did “page” on web where properties.total is more than 50 at most 3 times", "deed “page” via web waarbij properties.total is meer dan 50 hoogstens 3 keer"),
        (3, "did “A” or “B” 1 to 4 times since 1 Mar 2026 before 1 Apr 2026", "deed “A” of “B” 1 tot 4 keer sinds 1 mrt 2026 vóór 1 apr 2026"),
        (4, "did “Cart Updated”, and then not “Order Completed” within 24 hours, begun in the last 30 days", "deed “Cart Updated”, en daarna niet “Order Completed” binnen 24 uur, begonnen in de laatste 30 dagen"),
        (5, "the anniversary of born is today", "de verjaardag van born is vandaag"),
        (6, "holds a product", "heeft een product"),
        (8, "is in the audience “vip”", "zit in de doelgroep “vip”"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_sentence_in_both_languages(place: int, english: str, dutch: str) -> None:
    rule = rule_from_data(yaml.safe_load(RULES)[place])
    assert describe(rule, translator("en")) == english
    assert describe(rule, translator("nl")) == dutch
