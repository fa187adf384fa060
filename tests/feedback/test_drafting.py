"""Changing a draft survey: questions and pages move, are copied and go, with the conditions that look at them."""

from typing import Any

import pytest

from beleef.feedback.api import from_data, to_data
from beleef.feedback.pages import drafting
from beleef.kernel.errors import InvalidInput, NotFound


def draft() -> dict[str, Any]:
    score = {"id": "score", "kind": "csat", "text": {"en": "How was it?"}}
    asked = {"question": "score", "operator": "at_most", "value": 2}
    why = {"id": "why", "kind": "open", "text": {"en": "Why?"}, "show_if": [asked]}
    more = {"id": "more", "kind": "open", "text": {"en": "More?"}}
    return {
        "name": "order",
        "label": "Order",
        "kind": "open",
        "title": {"en": "Order"},
        "blocks": [
            {"id": "first", "questions": [score], "jumps": [{"to": "third", "when": [asked]}]},
            {"id": "second", "questions": [why, more]},
            {"id": "third", "questions": []},
        ],
    }


def order(data: dict[str, Any]) -> dict[str, list[str]]:
    return {block["id"]: [one["id"] for one in block.get("questions", ())] for block in data["blocks"]}


def test_a_question_moves_within_its_page() -> None:
    data = draft()
    drafting.shift(data, "more", -1)
    assert order(data)["second"] == ["more", "why"]


def test_a_question_at_the_edge_moves_to_the_neighbouring_page() -> None:
    data = draft()
    drafting.shift(data, "why", -1)
    drafting.shift(data, "more", 1)
    assert order(data) == {"first": ["score", "why"], "second": [], "third": ["more"]}


def test_a_copy_stands_behind_its_original_under_a_name_of_its_own() -> None:
    data = draft()
    assert drafting.duplicate(data, "why") == "why-2"
    assert order(data)["second"] == ["why", "why-2", "more"]


def test_conditions_go_with_the_question_they_look_at() -> None:
    data = draft()
    drafting.remove(data, "score")
    assert data["blocks"][0]["jumps"][0]["when"] == []
    assert data["blocks"][1]["questions"][0]["show_if"] == []


def test_jumps_go_with_the_page_they_lead_to() -> None:
    data = draft()
    drafting.remove_block(data, "third")
    assert data["blocks"][0]["jumps"] == []
    assert list(order(data)) == ["first", "second"]


def test_what_is_left_is_still_a_survey() -> None:
    data = draft()
    drafting.remove_block(data, "first")
    assert to_data(from_data(data))["blocks"][0]["id"] == "second"


def test_a_question_that_is_gone_is_told_so() -> None:
    with pytest.raises(NotFound):
        drafting.shift(draft(), "nowhere", 1)


@pytest.mark.parametrize(
    ("label", "name"), [("After an order!", "after-an-order"), ("2 Één", "n")], ids=["words", "letters"]
)
def test_a_name_is_made_of_a_label(label: str, name: str) -> None:
    assert drafting.name_of(label) == name


@pytest.mark.parametrize("label", ["123", "New", "…"])
def test_a_name_that_cannot_be_is_refused(label: str) -> None:
    with pytest.raises(InvalidInput):
        drafting.name_of(label)
