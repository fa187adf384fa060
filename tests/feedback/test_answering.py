"""What may be an answer, which page is next, and what texts say: the same for pages, the widget and programs."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.feedback import checking
from beleef.feedback.api import (
    Answer,
    Block,
    Ending,
    fill,
    from_data,
    keyed,
    next_place,
    order_of,
    path,
    piping,
    reachable,
    said,
    shown,
    surveys_from_yaml,
    surveys_to_yaml,
    to_data,
    validate,
)
from beleef.kernel.errors import InvalidInput
from tests.feedback.panels import ORDER

EXAMPLES = surveys_from_yaml((Path(__file__).parents[2] / "examples" / "surveys.yaml").read_text())
RELATION = EXAMPLES[0]
OPTIONS = [
    {"id": "red", "label": "Red"},
    {"id": "blue", "label": "Blue"},
    {"id": "other", "label": "Other", "is_other": True},
]


def one(**question: Any) -> Block:
    """Return a page with one question."""
    given_ = {"id": "q", "text": "?", **question}
    return from_data({**ORDER, "blocks": [{"id": "first", "questions": [given_]}]}).blocks[0]


@pytest.mark.parametrize(
    ("question", "given_", "expected"),
    [
        ({"kind": "nps"}, "0", Answer(question="q", kind="nps", value=0)),
        ({"kind": "nps"}, 10, Answer(question="q", kind="nps", value=10)),
        ({"kind": "ces"}, "7", Answer(question="q", kind="ces", value=7)),
        ({"kind": "rating", "lowest": 1, "highest": 10}, "10", Answer(question="q", kind="rating", value=10)),
        ({"kind": "number"}, "3,5", Answer(question="q", kind="number", value=3.5)),
        ({"kind": "open"}, "  fine\r\n ", Answer(question="q", kind="open", text="fine")),
        ({"kind": "one", "options": OPTIONS}, "red", Answer(question="q", kind="one", option="red")),
        (
            {"kind": "many", "options": OPTIONS},
            ["blue", "red", "red"],
            Answer(question="q", kind="many", options=("red", "blue")),
        ),
        (
            {"kind": "ranking", "options": OPTIONS},
            ["blue", "red", "other"],
            Answer(question="q", kind="ranking", options=("blue", "red", "other")),
        ),
        ({"kind": "date"}, "2026-03-01", Answer(question="q", kind="date", text="2026-03-01")),
        ({"kind": "consent"}, "yes", Answer(question="q", kind="consent", value=1)),
        ({"kind": "contact_me"}, False, Answer(question="q", kind="contact_me", value=0)),
    ],
)
def test_an_answer_is_accepted(question: dict[str, Any], given_: object, expected: Answer) -> None:
    assert validate(one(**question), {"q": given_}, {}).answers == (expected,)


@pytest.mark.parametrize(
    ("question", "given_", "code"),
    [
        ({"kind": "nps"}, "11", "out_of_range"),
        ({"kind": "nps"}, "7.5", "no_number"),
        ({"kind": "nps"}, "nan", "no_number"),
        ({"kind": "csat"}, "0", "out_of_range"),
        ({"kind": "nps", "is_required": True}, "", "required"),
        ({"kind": "open", "longest": 3}, "long", "too_long"),
        ({"kind": "one", "options": OPTIONS}, "green", "unknown_option"),
        ({"kind": "many", "options": OPTIONS, "at_least": 2}, ["red"], "too_few"),
        ({"kind": "many", "options": OPTIONS, "at_most": 1}, ["red", "blue"], "too_many"),
        ({"kind": "ranking", "options": OPTIONS}, ["red", "red", "blue"], "twice"),
        ({"kind": "ranking", "options": OPTIONS}, ["red"], "incomplete"),
        ({"kind": "date", "earliest": "2026-01-01"}, "2025-12-31", "out_of_range"),
        ({"kind": "date"}, "tomorrow", "no_date"),
        ({"kind": "file", "accepts": ["pdf"]}, "x.exe", "wrong_file"),
        ({"kind": "consent", "is_required": True}, "no", "required"),
        ({"kind": "matrix", "options": OPTIONS, "rows": OPTIONS}, {"red": "green"}, "unknown_option"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_reason(
    question: dict[str, Any], given_: object, code: str
) -> None:
    found = validate(one(**question), {"q": given_}, {})
    assert ([one_.code for one_ in found.problems], found.answers) == ([code], ())


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([block for survey in EXAMPLES for block in survey.blocks]), st.data())
def test_whatever_is_sent_it_is_accepted_or_refused_never_an_error(block: Block, data: st.DataObject) -> None:
    sent = {question.id: data.draw(junk) for question in block.questions}
    found = validate(block, sent, {})
    assert {answer.question for answer in found.answers}.isdisjoint(one_.question for one_ in found.problems)


def test_own_words_stand_beside_the_other_option() -> None:
    block = one(kind="one", options=OPTIONS)
    (answer,) = validate(block, {"q": "other", "q.other": "green"}, {}).answers
    assert (answer.option, answer.text) == ("other", "green")
    (plain,) = validate(block, {"q": "red", "q.other": "green"}, {}).answers
    assert plain.text == ""


def test_a_detractor_is_asked_more_and_ends_elsewhere() -> None:
    low = keyed([Answer(question="nps", kind="nps", value=3)])
    high = keyed([Answer(question="nps", kind="nps", value=9)])
    reason = next_place(RELATION, "recommend", low)
    assert isinstance(reason, Block)
    assert [question.id for question in shown(reason, low)] == ["why", "better", "contact"]
    assert [question.id for question in shown(reason, high)] == ["why"]
    ends = [next_place(RELATION, "reason", answers) for answers in (low, high)]
    assert [end.id for end in ends if isinstance(end, Ending)] == ["sorry", "thanks"]
    assert [block.id for block in path(RELATION, low)] == ["recommend", "reason"]


def test_who_changes_an_answer_leaves_answers_behind() -> None:
    answers = keyed(
        [Answer(question="nps", kind="nps", value=9), Answer(question="better", kind="open", text="All")]
    )
    assert set(reachable(RELATION, answers)) == {"nps"}


def test_texts_pipe_in_what_was_answered() -> None:
    answers = keyed([Answer(question="nps", kind="nps", value=3)])
    given_ = piping(RELATION, answers, "nl", person={"first_name": "Anna"})
    text = said(RELATION.questions["why"].text, "nl", "en")
    assert fill(text, given_) == "U gaf een 3. Wat is daarvoor de belangrijkste reden?"
    assert fill("{{ person.first_name }}{{ answers.unknown }}", given_) == "Anna"
    with pytest.raises(InvalidInput):
        fill("{% if %}", given_)


def test_a_missing_language_falls_back_and_never_vanishes() -> None:
    assert said({"en": "Hello"}, "nl", "en") == "Hello"
    assert said({"nl": "Hallo"}, "en", "fr") == "Hallo"
    assert said({}, "nl", "en") == ""


def test_a_shuffle_is_the_same_for_one_response_and_keeps_other_last() -> None:
    (question,) = one(kind="one", options=OPTIONS, is_shuffled=True).questions
    orders = {tuple(option.id for option in order_of(question, str(n))) for n in range(50)}
    assert len(orders) == 2
    assert all(order[-1] == "other" for order in orders)
    assert order_of(question, "7") == order_of(question, "7")


def test_a_survey_written_and_read_again_is_the_same() -> None:
    assert surveys_from_yaml(surveys_to_yaml(EXAMPLES)) == EXAMPLES
    assert [from_data(to_data(survey)) for survey in EXAMPLES] == EXAMPLES


def test_the_examples_can_be_published() -> None:
    assert {survey.name: checking.problems(survey) for survey in EXAMPLES} == {
        "relation": (),
        "order": (),
        "case-closed": (),
        "colleagues": (),
    }


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"blocks": []}, "blocks"),
        ({"default_language": "nl", "title": {"nl": "x"}}, "languages"),
        ({"kind": "open"}, "trigger"),
        ({"anonymity": "anonymous", "threshold": 2}, "threshold"),
        ({"reminder_days": 30}, "open_days"),
        ({"sampling": {"share": 2}}, "sampling"),
        ({"blocks": [{"id": "a", "questions": [{"id": "q", "kind": "one", "text": "?"}]}]}, "blocks.a.q"),
        (
            {
                "blocks": [
                    {
                        "id": "a",
                        "questions": [{"id": "q", "kind": "nps", "text": "?"}],
                        "jumps": [{"to": "a"}],
                    }
                ]
            },
            "blocks.a.jumps",
        ),
        (
            {
                "blocks": [
                    {
                        "id": "a",
                        "questions": [
                            {
                                "id": "q",
                                "kind": "nps",
                                "text": "?",
                                "show_if": [{"question": "z", "value": 1}],
                            }
                        ],
                    }
                ]
            },
            "blocks.a.q.show_if",
        ),
    ],
)
def test_what_cannot_be_published_is_named_with_its_place(changes: dict[str, Any], place: str) -> None:
    wrong = [one_.place for one_ in checking.problems(from_data({**ORDER, **changes})) if one_.is_error]
    assert place in wrong


@pytest.mark.parametrize(
    "text",
    ["", "- a", "surveys: 3", "surveys: [3]", "surveys: [{name: a, kind: never}]", "surveys: [", "x: 1"],
)
def test_what_is_no_survey_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        surveys_from_yaml(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "No Name"},
        {"blocks": [{"id": "a"}, {"id": "a"}]},
        {"blocks": [{"id": "a", "questions": [{"id": "q", "kind": "nps", "text": "?"}] * 2}]},
        {"blocks": [{"id": "Ä"}]},
    ],
)
def test_a_draft_with_ids_that_clash_is_not_kept(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        checking.must_be_keepable(from_data({**ORDER, **changes}))
