"""Counts that figures are made from always equal the answers counted one by one, whatever happened to the answers."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from beleef.app import build_support
from beleef.feedback.api import Filter
from beleef.feedback.figures import figure_of, solved
from beleef.feedback.tables import survey_answers, survey_counts, survey_remains, survey_responses
from beleef.kernel.errors import InvalidInput
from beleef.support.api import Department
from tests.cast import ANNA, CHANTAL, CUSTOMERS, DAAN, ELIF
from tests.feedback.panels import ORDER, Panel, csat, panel, rebuilt_state, why
from tests.feedback.test_anonymity import WORK, tell
from tests.feedback.test_state import imported, lively

_SAME = ("survey", "version", "delivery", "touchpoint", "product", "language", "stratum", "campaign", "month")


def one_by_one(asking: Panel) -> Counter[tuple[Any, ...]]:
    """Return what answers that may be seen and responses count, by going through every one of them."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in asking.rows(survey_answers):
        if row["atom"] != 0:
            quality = "flagged" if row["flagged"] else ""
            told = (row["question"], row["row"], row["value"], row["choice"], quality, row["told_apart"])
            found[*(row[name] for name in _SAME), *told] += 1
    for row in asking.rows(survey_responses):
        choice = "started" if row["completed_at"] is None else "finished"
        found[*(row[name] for name in _SAME), "", "", None, choice, row["quality"], ""] += 1
    return found


def kept(asking: Panel) -> dict[tuple[Any, ...], int]:
    """Return the counts that are kept, in the same shape."""
    own = ("question", "row", "value", "choice", "quality", "told_apart")
    return {tuple(row[name] for name in (*_SAME, *own)): row["count"] for row in asking.rows(survey_counts)}


def test_counts_follow_every_change_of_answers(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.publish(WORK)
    for who in (ANNA, CHANTAL, ELIF):
        asking.do("Order Completed", who)
    asking.hours(1)
    first, second, _ = (asking.sit(one.number) for one in asking.invitations() if one.state == "asked")
    asking.answer(first, csat(5), done=False, confirmed=False)
    assert kept(asking) == one_by_one(asking), "a first click is flagged"
    asking.answer(first, csat(4), why("Better now"), revision=1)
    assert kept(asking) == one_by_one(asking), "a later answer replaces an earlier one"
    asking.answer(second, csat(2), done=False)
    asking.answer(second, csat(1), done=True, revision=1, quality=("speeder",))
    assert kept(asking) == one_by_one(asking), "a response came to be flagged"
    for number in range(12):
        tell(asking, "desk" if number % 3 else "shop", number % 5 + 1)
        assert kept(asking) == one_by_one(asking), "anonymous answers are sealed"
    asking.world.send(imported(1, DAAN, 1), imported(1, DAAN, 1, "Call me"), imported(1, DAAN, 3))
    asking.work()
    assert kept(asking) == one_by_one(asking)
    assert all(count > 0 for count in kept(asking).values())
    assert len(kept(asking)) > 10


def test_an_answer_that_is_taken_back_counts_no_more(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.do("Order Completed", ANNA)
    asking.hours(1)
    (invitation,) = asking.invitations()
    respondent = asking.sit(invitation.number)
    asking.answer(respondent, csat(5), done=False)
    asking.tell(asking.feedback.messages(respondent, [], now=asking.now, revision=1, cleared=["satisfied"]))
    asking.work()
    assert asking.histogram("order", "satisfied") == {}
    assert kept(asking) == one_by_one(asking)


def test_a_rebuild_counts_the_same(tmp_path: Path) -> None:
    with panel(tmp_path / "shop") as asking:
        lively(asking)
        asking.world.erase(f"user_id:{ANNA.user_id}")
        assert kept(asking) == one_by_one(asking)
        before = asking.rows(survey_counts)
        assert sum(row["count"] for row in asking.rows(survey_remains)) > 1
    assert rebuilt_state(tmp_path / "shop")["survey_counts"] == before


def test_an_audience_is_counted_as_everybody_is(asking: Panel) -> None:
    asking.publish(ORDER)
    for number, who in enumerate(CUSTOMERS):
        asking.world.send(imported(number, who, number % 5 + 1))
    asking.work()
    subjects = frozenset(row["subject"] for row in asking.rows(survey_answers))
    everybody, them = Filter(), Filter(subjects=subjects)
    with asking.database.read() as connection:
        for by in (None, "delivery", "month", "version"):
            whole = asking.feedback.counts(connection, "order", "satisfied", by=by, where=everybody)
            assert whole == asking.feedback.counts(connection, "order", "satisfied", by=by, where=them)
            assert sum(one.n for one in whole.groups) == len(CUSTOMERS)
        assert asking.feedback.progress(connection, "order") == asking.feedback.progress(
            connection, "order", them
        )


def test_responses_are_not_counted_as_answers_to_no_question(asking: Panel) -> None:
    asking.publish(WORK)
    tell(asking, "desk", 3)
    with asking.database.read() as connection:
        assert asking.feedback.counts(connection, "work", "").groups == ()
        assert asking.feedback.progress(connection, "work").started == 1


def test_answers_are_told_apart_by_the_department_of_their_touchpoint(asking: Panel) -> None:
    support = build_support(asking.world.stores)
    departments = (
        Department(name="desk", label="The desk", touchpoints=("desk", "phone*")),
        Department(name="rest", label="All others"),
    )
    with asking.database.write() as connection:
        rules = support.rules(connection).rules
        support.save_rules(
            connection,
            msgspec.structs.replace(rules, departments=departments),
            by="anna@kersten.example",
            now=asking.now,
        )
    asking.publish(ORDER)
    for number, touchpoint in enumerate(("desk", "phone-nl", "shop", "desk", "")):
        said = imported(number, CUSTOMERS[number], number + 1)
        said["properties"]["touchpoint"] = touchpoint
        asking.world.send(said)
    asking.work()
    with asking.database.read() as connection:
        counted = asking.feedback.counts(connection, "order", "satisfied", by="department")
    assert {group.key: group.histogram for group in counted.groups} == {
        "": {5: 1},
        "desk": {1: 1, 2: 1, 4: 1},
        "rest": {3: 1},
    }


def test_departments_of_an_anonymous_survey_are_whole_sealed_groups(asking: Panel) -> None:
    asking.publish(WORK)
    for number in range(12):
        tell(asking, "desk" if number < 7 else "shop", number % 5 + 1)
    asking.publish({**WORK, "name": "closed", "group_by": "language"})
    with asking.database.read() as connection:
        counted = asking.feedback.counts(connection, "work", "satisfied", by="department")
        assert [group.n for group in counted.groups] == [10], "five of each touchpoint, of one department"
        with pytest.raises(InvalidInput):
            asking.feedback.counts(connection, "closed", "satisfied", by="department")


def test_what_customers_say_of_being_helped_in_one_go_is_a_share_of_yes_and_no(asking: Panel) -> None:
    options = [{"id": name, "label": name} for name in ("yes", "partly", "no")]
    question = {"id": "done", "kind": "one", "metric": "fcr_asked", "text": "In one go?", "options": options}
    asking.publish(ORDER, blocks=[{"id": "first", "questions": [question]}])
    said = ("yes", "no", "partly", "yes", "yes")
    for number, (who, option) in enumerate(zip(CUSTOMERS, said, strict=True)):
        message = imported(number, who, 1)
        message["properties"] |= {"question": "done", "kind": "one", "value": None, "option": option}
        asking.world.send(message)
    asking.work()
    with asking.database.read() as connection:
        whole = solved(asking.feedback, connection, Filter())
        none = solved(asking.feedback, connection, Filter(months=("2030-01", "")))
        (group,) = asking.feedback.counts(connection, "order", "done").groups
        shown = asking.feedback.survey(connection, "order").survey.questions["done"]
    assert (whole.metric, whole.value, whole.n) == ("fcr_asked", 0.75, 4)
    assert none.n == 0
    assert figure_of(shown, group) == whole


STORIES = (
    test_counts_follow_every_change_of_answers,
    test_an_answer_that_is_taken_back_counts_no_more,
    test_an_audience_is_counted_as_everybody_is,
)


@pytest.mark.service
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.removeprefix("test_"))
def test_it_counts_the_same_on_postgres(
    story: Callable[[Panel], None], tmp_path: Path, postgres_address: str
) -> None:
    with panel(tmp_path / "shop", {"BELEEF_DATABASE": postgres_address}) as opened:
        story(opened)
