"""Answers that people gave elsewhere: every line is checked like a page that is filled in, and taken in once."""

import pytest

from beleef.feedback.api import Survey, from_data
from beleef.feedback.bringing_in import columns, read_file
from beleef.kernel.clock import to_text
from beleef.kernel.errors import InvalidInput
from tests.cast import ANNA, NOW
from tests.feedback.panels import ORDER, Panel
from tests.feedback.respondents import EVERYTHING
from tests.feedback.test_anonymity import WORK

EVERY_KIND: Survey = from_data(EVERYTHING)
KEY = b"key"


def problems(text: str) -> list[tuple[int, str]]:
    """Return in which line and column of a file something is wrong."""
    found = read_file(text, EVERY_KIND, 1, key=KEY, now=NOW)
    assert not (found.brought and found.problems), "all lines are taken in, or none"
    return [(one.line, one.column) for one in found.problems]


def test_a_line_is_a_response_with_an_answer_of_every_kind() -> None:
    text = (
        "response;answered;email;language;nps;why;shop;shop.other;used;grid.price;rank;age;day;agreed\n"
        "r1;2026-01-05;anna@example.nl;nl;9;Snel;other;De markt;web, app;2;care|speed;40;2026-01-02;yes\n"
        ";;;;;;;;;;;;;\n"
    )
    (brought,) = read_file(text, EVERY_KIND, 1, key=KEY, now=NOW).brought
    said = {one.question: one for one in brought.answers}
    assert to_text(brought.at) == "2026-01-05T00:00:00.000Z"
    assert (said["nps"].value, said["why"].text, said["age"].value) == (9, "Snel", 40)
    assert (said["shop"].option, said["shop"].text) == ("other", "De markt")
    assert said["used"].options == ("web", "app")
    assert said["rank"].options == ("care", "speed")
    assert (said["grid"].row, said["grid"].option) == ("price", "2")
    assert brought.respondent.sitting.language == "nl"
    assert brought.respondent.who["context"]["externalIds"] == [{"type": "email", "id": "anna@example.nl"}]


def test_what_is_wrong_is_told_with_line_and_column_and_nothing_is_taken_in() -> None:
    text = "response,answered,language,nps,shop\nr1,2026-01-05,en,11,south\nr1,tomorrow,fr,7,\n,2999-01-01,en,7,\n"
    assert problems(text) == [
        (2, "nps"),
        (2, "shop"),
        (3, "response"),
        (3, "answered"),
        (3, "language"),
        (4, "response"),
        (4, "answered"),
    ]


def test_a_line_may_be_shorter_or_longer_than_the_first() -> None:
    assert problems("nps,response,answered\n9\n8,r2,2026-01-05,more\n") == [(2, "response"), (2, "answered")]


@pytest.mark.parametrize(
    "text",
    ["", "nps\n9\n", "response,answered,unknown\n", "response,response,answered\n", 'response,"answered\n'],
)
def test_what_is_no_such_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_file(text, EVERY_KIND, 1, key=KEY, now=NOW)


def test_only_a_survey_by_name_takes_columns_that_name_people() -> None:
    assert {"email", "user_id"} <= set(columns(EVERY_KIND))
    hidden = from_data(WORK)
    assert not {"email", "user_id"} & set(columns(hidden))
    with pytest.raises(InvalidInput, match="email"):
        read_file("response,answered,email\nr1,2026-01-05,a@b.nl\n", hidden, 1, key=KEY, now=NOW)


@pytest.mark.parametrize("survey", [ORDER, WORK], ids=["by name", "anonymous"])
def test_the_same_file_twice_counts_once(asking: Panel, survey: dict[str, object]) -> None:
    stored = asking.publish(survey)
    who = f",user_id\n{ANNA.user_id}" if survey is ORDER else "\n"
    head, anna = who.split("\n")
    lines = [f"r{number},2026-01-05,{number % 5 + 1}" + (f",{anna}" if head else "") for number in range(5)]
    text = f"response,answered,satisfied{head}\n" + "\n".join(lines)
    for _ in range(2):
        for one in asking.feedback.read_file(stored, text, asking.now).brought:
            asking.tell(asking.feedback.completed(one.respondent, now=one.at, answers=one.answers))
        asking.work()
    assert asking.histogram(str(survey["name"]), "satisfied") == dict.fromkeys((1, 2, 3, 4, 5), 1)
    assert asking.world.quarantined() == []
