"""Ranking by buttons: an option moves one place at a time, and never shares one."""

from collections.abc import Sequence

import msgspec
import pytest

from beleef.feedback.api import Option, Question
from beleef.feedback.respondent.ranking import move, moved


@pytest.mark.parametrize(
    ("before", "option", "up", "after"),
    [
        (["a", "b", "c"], "c", True, ["a", "c", "b"]),
        (["a", "b", "c"], "a", True, ["a", "b", "c"]),
        (["a", "b", "c"], "a", False, ["b", "a", "c"]),
        (["a", "b"], "b", False, ["a", "b"]),
        ([], "b", True, ["b"]),
        (["a"], "b", True, ["a", "b"]),
        (["a", "b", "c"], "d", True, ["a", "b", "d"]),
        (["a"], "b", False, ["a"]),
    ],
)
def test_a_button_moves_an_option_by_one_place(
    before: Sequence[str], option: str, up: bool, after: list[str]
) -> None:
    assert moved(before, option, 3, up=up) == after


def test_the_last_place_goes_to_the_option_that_is_left() -> None:
    options = tuple(Option(id=one, label={"en": one}) for one in "abc")
    asked = (Question(id="rank", kind="ranking", text={}, options=options),)
    given: dict[str, object] = {}
    move(asked, given, "move:rank:c:up")
    assert given == {"rank": ["c"]}
    move(asked, given, "move:rank:a:up")
    assert given == {"rank": ["c", "a", "b"]}
    best = (msgspec.structs.replace(asked[0], at_most=2),)
    given = {}
    for option in "ca":
        move(best, given, f"move:rank:{option}:up")
    assert given == {"rank": ["c", "a"]}


def test_only_a_button_of_the_page_changes_an_order() -> None:
    options = tuple(Option(id=one, label={"en": one}) for one in "ab")
    asked = (Question(id="rank", kind="ranking", text={}, options=options),)
    given: dict[str, object] = {"rank": ["a", "b", "b"]}
    move(asked, given, "move:rank:b:up")
    assert given == {"rank": ["b", "a"]}
    for wish in ("move:other:b:up", "move:rank:c:up", "move:rank"):
        move(asked, given, wish)
        assert given == {"rank": ["b", "a"]}
