"""What the demo's customers answer: the same each time, with the questions they were asked, and more readily when they are pleased."""

from collections import Counter
from typing import Any, Literal, get_args

import msgspec

from beleef.content.api import read_items
from beleef.demo.api import OWN_THEMES, Occasion, answers, pictures, product_rows, survey_file
from beleef.feedback.api import surveys_from_yaml
from beleef.feedback.voices.model import Theme, check
from beleef.kernel.clock import DAY
from tests.cast import NOW

SEED = 7
GROUPS = ("loyal", "regular", "business")


def occasions() -> list[Occasion]:
    kinds: tuple[Literal["delivery", "question", "purchase", "visit"], ...] = get_args(
        Occasion.__annotations__["kind"]
    )
    return [
        Occasion(
            user="" if kinds[number % 4] == "visit" else f"u{number}",
            kind=kinds[number % 4],
            at=NOW - (1 + number % 360) * DAY,
            group="" if kinds[number % 4] == "visit" else GROUPS[number % 3],
        )
        for number in range(6_000)
    ]


def said() -> list[dict[str, Any]]:
    return [dict(one["properties"]) for one in answers(occasions(), SEED, NOW)]


def test_the_same_customers_answer_the_same_each_time() -> None:
    assert list(answers(occasions(), SEED, NOW)) == list(answers(reversed(occasions()), SEED, NOW))


def test_an_answer_in_own_words_says_the_question_as_it_was_read() -> None:
    reasons = [one for one in said() if one.get("question") == "why"]
    assert {one["survey"] for one in reasons} == {"after-delivery", "after-question", "relation", "website"}
    for one in reasons:
        if one["survey"] == "website":
            assert "label" not in one, "nobody knows whose it is, and no note will ever show it"
        else:
            assert len(one["label"]) > 10
            assert "{" not in one["label"]


def test_every_question_of_an_answer_is_one_of_its_survey() -> None:
    surveys = {one.name: one for one in surveys_from_yaml(survey_file())}
    for one in said():
        if "question" in one:
            assert surveys[one["survey"]].questions[one["question"]].kind == one["kind"]


def test_loyal_customers_answer_more_than_others_and_are_more_pleased() -> None:
    scores: dict[str, list[float]] = {group: [] for group in GROUPS}
    for one in said():
        if one.get("question") == "recommend":
            scores[one["stratum"]].append(one["value"])
    means = {group: sum(found) / len(found) for group, found in scores.items()}
    assert len(scores["loyal"]) > 1.4 * len(scores["regular"])
    assert means["loyal"] > means["regular"] > means["business"]


def test_refunds_are_written_about_more_and_more() -> None:
    texts = Counter(
        one["timestamp"][:7]
        for one in answers(occasions(), SEED, NOW)
        if any(word in one["properties"].get("text", "") for word in ("retour", "Terugsturen", "terugsturen", "refund", "eturning"))
    )  # fmt: skip
    months = sorted(texts)
    assert sum(texts[month] for month in months[-4:-1]) > 1.4 * sum(texts[month] for month in months[2:5])


def test_every_product_of_the_feed_has_a_picture_and_a_key_of_its_own() -> None:
    addresses = {one.category: f"/media/{one.name}" for one in pictures()}
    rows = product_rows(SEED, addresses)
    items = read_items(msgspec.json.encode(rows), is_json=True)
    assert items.key == "product_id"
    assert len(items.items) == len(rows) > 300
    assert {row["picture"] for row in rows} == set(addresses.values())


def test_the_shops_own_themes_can_be() -> None:
    for data in OWN_THEMES:
        check(msgspec.convert(data, Theme))
