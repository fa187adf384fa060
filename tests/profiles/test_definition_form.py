"""The form of a computed trait gives back the definition that it was filled in with."""

import pytest

from beleef.kernel.errors import InvalidInput
from beleef.profiles.defaults import SHOP
from beleef.profiles.definitions import from_data
from beleef.profiles.model import Condition, Definition
from beleef.profiles.pages.definition_form import changed, read, rows, to_answers
from beleef.profiles.pages.definitions import read_file

CONDITIONS = (
    Condition(path="properties.size", operator="equals", value="5"),
    Condition(path="properties.size", operator="equals", value=5),
    Condition(path="properties.gift", operator="equals", value=True),
    Condition(path="channel", operator="in", value=["web", 3]),
    Condition(path="properties.coupon", operator="exists", value=False),
    Condition(path="revenue", operator="greater", value=10.5),
)


@pytest.mark.parametrize("data", SHOP, ids=[str(data["name"]) for data in SHOP])
def test_a_definition_survives_the_form(data: dict[str, object]) -> None:
    definition = from_data(data)
    assert read(to_answers(definition)) == definition


def test_conditions_survive_the_form_numbers_as_numbers_and_texts_as_texts() -> None:
    definition = Definition(name="gifts", label="Gifts", kind="count", conditions=CONDITIONS)
    assert read(to_answers(definition)) == definition


def test_a_condition_is_taken_away_and_the_others_move_up() -> None:
    given = to_answers(Definition(name="gifts", label="Gifts", kind="count", conditions=CONDITIONS[3:]))
    given["change"] = "remove-0"
    left = changed(given)
    assert rows(left) == 2
    assert read(left).conditions == CONDITIONS[4:]


@pytest.mark.parametrize(
    "text", ["[", "- a", "computed_traits: 3", "computed_traits:\n- name: A", "x" * 300_000]
)
def test_a_file_that_cannot_be_read_changes_nothing(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_file(text)
