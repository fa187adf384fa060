"""Anonymity is kept by every question: no two answers of Beleef have a difference that isolates fewer than the threshold."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from beleef.feedback.api import Answer, Filter, GroupBy, from_data, quality_of
from beleef.feedback.sealing import REMAINDER, Sealed, Waiting, seal
from beleef.feedback.tables import survey_answers, survey_responses
from beleef.kernel.clock import DAY
from beleef.kernel.errors import InvalidInput, NotAllowed
from tests.cast import ANNA
from tests.feedback.panels import ORDER, Panel, csat, panel, why

WORK: dict[str, Any] = {
    **ORDER,
    "name": "work",
    "kind": "open",
    "trigger": None,
    "anonymity": "anonymous",
    "group_by": "touchpoint",
}

arrivals = st.lists(
    st.tuples(st.sampled_from(["2026-01", "2026-02", "2026-03"]), st.sampled_from("abcd")), max_size=60
)


def line(arrived: list[tuple[str, str]]) -> list[Waiting]:
    """Return answers as they wait, in the order they came."""
    return [
        Waiting(fact=number, number=number + 1, month=month, group=group)
        for number, (month, group) in enumerate(sorted(arrived), start=1)
    ]


@given(arrivals, st.integers(3, 7))
def test_sealed_groups_never_overlap_and_none_is_too_small(
    arrived: list[tuple[str, str]], threshold: int
) -> None:
    sealed = seal(line(arrived), threshold)
    numbers = [number for one in sealed for number in one.numbers]
    assert len(numbers) == len(set(numbers))
    assert all(len(one.numbers) >= threshold for one in sealed)
    assert len({one.atom for one in sealed}) == len(sealed)


@given(arrivals, st.integers(3, 7), st.lists(st.integers(1, 60), max_size=5))
def test_however_the_answers_are_cut_the_same_is_sealed(
    arrived: list[tuple[str, str]], threshold: int, cuts: list[int]
) -> None:
    every, waiting, sealed = line(arrived), list[Waiting](), list[Sealed]()
    start = 0
    for end in [*sorted(cut for cut in cuts if cut < len(every)), len(every)]:
        waiting += every[start:end]
        start = end
        new = seal(waiting, threshold)
        gone = {number for one in new for number in one.numbers}
        waiting = [one for one in waiting if one.number not in gone]
        sealed += new
    assert sealed == seal(every, threshold)


@given(arrivals, st.integers(3, 7))
def test_what_is_left_of_small_groups_never_isolates_fewer_than_the_threshold(
    arrived: list[tuple[str, str]], threshold: int
) -> None:
    sealed = seal(line(arrived), threshold)
    total = sum(len(one.numbers) for one in sealed)
    for group in "abcd":
        shown = sum(len(one.numbers) for one in sealed if one.group == group)
        rest = total - shown
        assert shown == 0 or shown >= threshold
        assert rest == 0 or rest >= threshold


def tell(asking: Panel, touchpoint: str, value: float, *more: Answer) -> None:
    """Let somebody answer the anonymous survey."""
    asking.answer(asking.come("work", touchpoint=touchpoint), csat(value), *more)


def allowed(asking: Panel) -> set[frozenset[int]]:
    """Return, for every question that may be asked about the survey, whose answers it tells of."""
    months = ["", "2026-03", "2026-04", "2026-05"]
    found: set[frozenset[int]] = set()
    by: GroupBy | None
    with asking.database.read() as connection:
        for first, last in combinations(months, 2):
            for by in (None, "touchpoint", "month"):
                for touchpoint in ("", "desk", "shop", "van"):
                    where = Filter(months=(first, last), touchpoint=touchpoint)
                    try:
                        counted = asking.feedback.counts(connection, "work", "mark", by=by, where=where)
                    except InvalidInput:
                        continue
                    found |= {frozenset(group.histogram) for group in counted.groups}
    return found


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.lists(st.sampled_from(["desk", "shop", "van"]), max_size=8), min_size=3, max_size=5))
def test_no_two_answers_differ_by_fewer_than_the_threshold(
    tmp_path_factory: pytest.TempPathFactory, arrived: list[list[str]]
) -> None:
    # Each answers with a number of their own, so that a histogram says whose answers it is made of.
    mark = {"id": "mark", "kind": "number", "text": "Your number?"}
    with panel(tmp_path_factory.mktemp("shop") / "shop") as asking:
        asking.publish(WORK, blocks=[{"id": "first", "questions": [mark]}])
        told: set[frozenset[int]] = set()
        number = 0
        for touchpoints in arrived:
            for touchpoint in touchpoints:
                number += 1
                somebody = asking.come("work", touchpoint=touchpoint)
                answer = Answer(question="mark", kind="number", value=number)
                asking.tell(asking.feedback.completed(somebody, now=asking.now, answers=[answer]))
            asking.work()
            told |= allowed(asking)
            asking.wait(14)
        assert all(len(one) >= 5 for one in told)
        for one, other in combinations(told, 2):
            assert all(not apart or len(apart) >= 5 for apart in (one - other, other - one))


def test_a_group_under_the_threshold_is_not_to_be_seen(asking: Panel) -> None:
    asking.publish(WORK)
    for number in range(4):
        tell(asking, "desk", number % 5 + 1)
    assert asking.histogram("work", "satisfied") == {}
    tell(asking, "shop", 5)
    assert asking.histogram("work", "satisfied") == {}, "five, and none of their groups is enough"
    tell(asking, "desk", 5)
    assert sum(asking.histogram("work", "satisfied").values()) == 5
    tell(asking, "desk", 1)
    assert sum(asking.histogram("work", "satisfied").values()) == 5, "the sixth waits for four more"


def test_single_answers_of_an_anonymous_survey_are_never_given(asking: Panel) -> None:
    asking.publish(WORK)
    for number in range(6):
        tell(asking, "desk", number % 5 + 1, why(f"Comment {number}"))
    responses = [row["id"] for row in asking.rows(survey_responses)]
    with asking.database.read() as connection:
        with pytest.raises(NotAllowed):
            asking.feedback.responses(connection, "work")
        with pytest.raises(NotAllowed):
            asking.feedback.table(connection, "work", ["satisfied"])
        assert all(not found for found in asking.feedback.answers(connection, responses).values())
        assert asking.feedback.texts(connection, "work") == []
        for by in ("delivery", "language", "product", "campaign", "version"):
            with pytest.raises(InvalidInput):
                asking.feedback.counts(connection, "work", "satisfied", by=by)
        for where in (
            Filter(language="en"),
            Filter(subjects=frozenset({1})),
            Filter(with_flagged=True),
            Filter(version=1),
        ):
            with pytest.raises(InvalidInput):
                asking.feedback.counts(connection, "work", "satisfied", where=where)


def test_comments_are_seen_from_ten_on_and_say_nothing_else(asking: Panel) -> None:
    asking.publish(WORK)
    for number in range(9):
        tell(asking, "desk", 3, why(f"Comment {number}"))
    with asking.database.read() as connection:
        assert asking.feedback.texts(connection) == []
    tell(asking, "desk", 3, why("Comment 9"))
    with asking.database.read() as connection:
        seen = asking.feedback.texts(connection)
        assert asking.feedback.texts(connection, where=Filter(touchpoint="desk")) == []
        lines = list(asking.feedback.export_csv(connection, "work"))
    assert sorted(one.answer.text for one in seen) == [f"Comment {number}" for number in range(10)]
    assert {(one.response, one.subject, one.touchpoint, one.at % DAY) for one in seen} == {("", 0, "", 0)}
    assert "work,desk,satisfied,,3,,10,\r\n" in lines


def test_an_anonymous_answer_is_nobodys_from_the_log_on(asking: Panel) -> None:
    asking.publish(WORK, kind="transactional", trigger=ORDER["trigger"])
    asking.do("Order Completed", ANNA)
    asking.hours(25)
    (invitation,) = asking.invitations("work")
    asking.answer(asking.sit(invitation.number), csat(1))
    (answer,) = asking.rows(survey_answers)
    assert (answer["subject"], answer["at"] % DAY) == (0, 0)
    assert asking.invitations("work")[0].finished_at == asking.now // DAY * DAY
    log = asking.world.bodies()
    said = [line for line in log.split(b"\n") if b"Survey Completed" in line]
    assert said
    assert all(ANNA.email.encode() not in line.lower() and ANNA.user_id.encode() not in line for line in said)
    assert asking.world.quarantined() == []
    with asking.database.read() as connection:
        person = asking.world.people.find(connection, f"user_id:{ANNA.user_id}")
    own = [fact.name for fact in asking.world.stores.warehouse.facts_of(person.subjects)]
    assert "Survey Answered" not in own


def test_a_pseudonymous_answer_belongs_together_and_to_nobody(asking: Panel) -> None:
    asking.publish(ORDER, anonymity="pseudonymous")
    asking.do("Order Completed", ANNA)
    asking.hours(25)
    (invitation,) = asking.invitations()
    first = asking.sit(invitation.number)
    asking.answer(first, csat(2), done=False)
    again = asking.sit(invitation.number)
    assert (again.sitting.response, again.sitting.invitation) == (first.sitting.response, 0)
    asking.answer(again, why("Anna de Vries here: late"), revision=1)
    with asking.database.read() as connection:
        (response,) = asking.feedback.responses(connection, "order")
        answers = asking.feedback.answers(connection, [response.id])[response.id]
    assert (response.subject, response.invitation, response.started_at % DAY) == (0, 0, 0)
    assert {one.answer.question for one in answers} == {"satisfied", "why"}


def test_who_wants_to_be_called_gives_their_name_to_the_wish_alone(asking: Panel) -> None:
    questions = [*ORDER["blocks"][0]["questions"], {"id": "call", "kind": "contact_me", "text": "Call you?"}]
    asking.publish(ORDER, anonymity="anonymous", blocks=[{"id": "first", "questions": questions}])
    asking.do("Order Completed", ANNA)
    asking.hours(25)
    (invitation,) = asking.invitations()
    asking.answer(asking.sit(invitation.number), csat(1), Answer(question="call", kind="contact_me", value=1))
    with asking.database.read() as connection:
        person = asking.world.people.find(connection, f"user_id:{ANNA.user_id}")
    own = {fact.name: fact for fact in asking.world.stores.warehouse.facts_of(person.subjects)}
    assert "Survey Answered" not in own
    wish = own["Contact Requested"].properties or {}
    assert wish["survey"] == "order"
    assert "response" not in wish


def test_what_a_client_sends_about_nobody_is_refused(asking: Panel) -> None:
    asking.world.send(
        {"messageId": "x", "type": "track", "event": "Survey Answered", "properties": {"survey": "work"}}
    )
    asking.work()
    assert [one.code for one in asking.world.quarantined()] == ["no_user_anon_id"]


def test_speed_and_straight_lines_raise_flags() -> None:
    rows = [{"id": name, "label": name} for name in ("a", "b", "c", "d")]
    matrix = {"id": "m", "kind": "matrix", "text": "?", "rows": rows, "options": rows}
    survey = from_data({**ORDER, "blocks": [{"id": "first", "questions": [matrix]}]})
    same = [Answer(question="m", kind="matrix", row=name, option="a") for name in "abcd"]
    assert quality_of(survey, same, {}) == ("straight_line",)
    assert quality_of(survey, same[:3], {"m": 100}) == ()
    assert REMAINDER not in {"", "a"}
