"""Comments of an anonymous survey, looked at as somebody would who wants to know who wrote what: no two looks differ by a few people."""

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from beleef.app import Stores
from beleef.feedback.api import Answer
from beleef.feedback.voices import keeping
from beleef.feedback.voices.model import Comment, Wanted
from beleef.feedback.voices.tables import feedback_comments
from beleef.settings import load
from tests.feedback.panels import ORDER, Panel, panel, rebuilt_state, rows_of, why

STAFF: dict[str, Any] = {
    "name": "staff",
    "label": "How it is to work here",
    "kind": "open",
    "title": "Your work",
    "anonymity": "anonymous",
    "threshold": 5,
    "comments_threshold": 10,
    "group_by": "touchpoint",
    "blocks": [
        {
            "id": "first",
            "questions": [
                {"id": "pride", "kind": "rating", "text": "Are you proud of us?"},
                {"id": "why", "kind": "open", "text": "Why?"},
            ],
        }
    ],
}
KEPT: keeping.Kept = {"staff": "anonymous", "order": "none"}
LEAST = 10
TEXTS = ("De bezorging was te laat.", "Prettige collega's, fijn werk!", "The queue was far too long.", "Ok.")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Panel]:
    with panel(tmp_path / "shop") as asking:
        asking.publish(STAFF)
        yield asking


def write(shop: Panel, number: int, touchpoint: str = "Till", text: str = "") -> None:
    told = Answer(question="pride", kind="rating", value=1 + number % 5)
    written = text or f"{TEXTS[number % len(TEXTS)]} ({number})"
    shop.answer(shop.come("staff", touchpoint=touchpoint), told, why(written))


def seen(shop: Panel, **wanted: Any) -> list[Comment]:
    with shop.database.read() as connection:
        return keeping.comments(connection, Wanted(**wanted), KEPT, limit=500)


def texts(shop: Panel, **wanted: Any) -> frozenset[str]:
    return frozenset(one.said.text for one in seen(shop, **wanted))


def test_ten_comments_are_shown_at_once_and_the_eleventh_waits_for_others(shop: Panel) -> None:
    for number in range(LEAST - 1):
        write(shop, number)
    assert seen(shop) == []
    write(shop, LEAST)
    ten = texts(shop)
    assert len(ten) == LEAST
    write(shop, LEAST + 1)
    assert texts(shop) == ten, "asked again after one more answer, nothing tells which one it was"
    with shop.database.read() as connection:
        found = keeping.summary(connection, Wanted(), KEPT)
    assert (found.comments, found.withheld) == (LEAST, ("staff",))


def test_comments_of_people_who_may_not_be_told_apart_are_told_apart_by_nothing(shop: Panel) -> None:
    """Looks at what nobody may tell apart: who came how, and at a place where too few were."""
    for number in range(LEAST):
        write(shop, number)
    for number in range(LEAST, LEAST + 4):
        write(shop, number, touchpoint="Office")
    assert texts(shop, touchpoint="Office") == frozenset()
    assert len(texts(shop, touchpoint="Till")) == LEAST
    assert texts(shop, channel="link") == frozenset()


def test_no_two_looks_by_place_or_month_differ_by_fewer_than_ten_people(shop: Panel) -> None:
    """Subtracts every pair of lists that filters can make; words, themes and tones are in the text, which says so itself."""
    for month in range(3):
        for number in range(17 + 5 * month):
            write(shop, 100 * month + number, ("Till", "Office")[number % 3 == 0])
        shop.wait(31)
    moments = sorted({one.said.at for one in seen(shop)})
    assert len(moments) > 1
    spans = [{}, *({"since": first} for first in moments), *({"until": last + 1} for last in moments)]
    looks = {
        texts(shop, **span, touchpoint=touchpoint, channel=channel)
        for span, touchpoint, channel in product(spans, ("", "Till", "Office"), ("", "link"))
    }
    assert len(looks) > 3
    for one, other in combinations(looks, 2):
        assert not 0 < len(one - other) < LEAST
        assert not 0 < len(other - one) < LEAST


def test_an_anonymous_comment_says_neither_when_nor_in_which_order_it_came(shop: Panel) -> None:
    for number in range(LEAST):
        write(shop, number)
    found = seen(shop)
    assert {one.said.fact for one in found} == {0}, "a fact's number says when it came"
    assert len({one.said.at for one in found}) == 1
    assert {(one.said.subject, one.said.response) for one in found} == {(0, "")}
    assert [one.place for one in found] == sorted(
        (one.place for one in found), key=lambda place: (place.response, place.question), reverse=True
    )


def test_a_comment_that_is_shown_with_others_stays_when_it_is_taken_back(shop: Panel) -> None:
    for number in range(LEAST - 1):
        write(shop, number)
    last = shop.come("staff", touchpoint="Till")
    shop.answer(last, why("Ik zeg het maar eens."), done=False)
    assert len(seen(shop)) == LEAST
    shop.answer(last, why("Toch maar niet."), revision=1, done=False)
    assert "Ik zeg het maar eens." in texts(shop), "what changes now would be the last one's"


def test_every_page_of_the_list_goes_on_where_the_one_before_ended(shop: Panel) -> None:
    shop.publish(ORDER)
    for number in range(2 * LEAST):
        write(shop, number)
    whole = [one.said.text for one in seen(shop)]
    read: list[str] = []
    before = None
    with shop.database.read() as connection:
        while page := keeping.comments(connection, Wanted(), KEPT, before=before, limit=7):
            read += [one.said.text for one in page]
            before = page[-1].place
    assert read == whole
    assert len(whole) == 2 * LEAST


def test_a_rebuild_shows_the_same_comments(tmp_path: Path) -> None:
    with panel(tmp_path / "shop") as asking:
        asking.publish(STAFF)
        for number in range(LEAST + 3):
            write(asking, number, ("Till", "Office")[number % 7 == 0])
        before = rows_of(asking.database, feedback_comments)
        assert {row["at"] > 0 for row in before} == {True, False}, "some are shown and some wait"
    rebuilt_state(tmp_path / "shop")
    stores = Stores(load(tmp_path / "shop", {}))
    after = rows_of(stores.database, feedback_comments)
    stores.close()
    assert after == before
