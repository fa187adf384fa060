"""What feedback keeps follows from the log: rebuilt, merged and erased it says what it must."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beleef.feedback.api import Answer, Filter
from beleef.feedback.tables import survey_answers, survey_remains, survey_responses
from beleef.kernel.clock import HOUR, SECOND, to_text
from beleef.kernel.errors import Conflict
from tests.cast import ANNA, BRAM, CHANTAL, CUSTOMERS, DAAN, ELIF, Customer
from tests.feedback.panels import ORDER, Panel, csat, panel, rebuilt_state, why
from tests.feedback.test_anonymity import WORK, tell


def imported(number: int, who: Customer, value: float, text: str = "") -> dict[str, Any]:
    """Return an answer as an import or an SDK tells it."""
    return {
        "messageId": f"old-{number}-{'text' if text else 'score'}",
        "type": "track",
        "event": "Survey Answered",
        "userId": who.user_id,
        "timestamp": "2026-02-01T10:00:00Z",
        "properties": {
            "survey": "order",
            "response": f"r{number}",
            "question": "why" if text else "satisfied",
            "kind": "open" if text else "csat",
            **({"text": text} if text else {"value": value}),
        },
    }


def lively(asking: Panel) -> None:
    """Let people be asked, answer by name and without, and import some answers."""
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.publish(WORK)
    for who in (ANNA, CHANTAL, ELIF):
        asking.do("Order Completed", who)
    asking.hours(1)
    for place, invitation in enumerate(one for one in asking.invitations() if one.state == "asked"):
        asking.answer(asking.sit(invitation.number), csat(place + 2), why(f"Reason {place}"))
    for number in range(7):
        tell(asking, "desk", number % 5 + 1)
    asking.world.send(imported(1, DAAN, 1), imported(1, DAAN, 1, "Call me on 06 12345678"))
    asking.work()


def test_a_rebuild_gives_the_same_answers(tmp_path: Path) -> None:
    with panel(tmp_path / "shop") as asking:
        lively(asking)
        before = asking.state()
    assert rebuilt_state(tmp_path / "shop") == before, "and nobody is asked again"
    assert len(before["survey_answers"]) > 10


def test_imported_answers_count_once_and_are_redacted(asking: Panel) -> None:
    asking.publish(ORDER)
    for _ in range(2):
        asking.world.send(imported(1, DAAN, 1), imported(1, DAAN, 1, "Call me on 06 12345678"))
        asking.work()
    assert asking.histogram("order", "satisfied") == {1: 1}
    texts = [row["text"] for row in asking.rows(survey_answers) if row["kind"] == "open"]
    assert texts == ["Call me on [phone]"]
    (response,) = asking.rows(survey_responses)
    assert (response["delivery"], response["id"]) == ("import", "web/r1")


def test_no_client_can_change_an_answer_that_beleef_took(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.do("Order Completed")
    asking.hours(1)
    (invitation,) = asking.invitations()
    respondent = asking.sit(invitation.number)
    asking.answer(respondent, csat(2))
    forged = imported(1, ANNA, 5)
    response = respondent.sitting.response
    forged["properties"]["response"] = response
    asking.world.send(forged)
    asking.work()
    with asking.database.read() as connection:
        kept = asking.feedback.answers(connection, [response])[response]
    assert [one.answer.value for one in kept] == [2]


@pytest.mark.parametrize(
    "broken",
    [
        {"survey": None},
        {"survey": "order", "question": 7},
        {"survey": "order", "question": "satisfied", "value": "many"},
        {"survey": "order", "question": "satisfied", "value": float(10**300), "quality": 3},
        {"survey": "order", "question": "q", "options": [{"a": 1}, None, "x\x00y"], "ms": -5},
        {"survey": "s" * 5_000, "question": "q" * 5_000, "text": "t" * 50_000, "kind": "unknown"},
    ],
)
def test_answers_that_make_no_sense_stop_nothing(asking: Panel, broken: dict[str, Any]) -> None:
    asking.publish(ORDER)
    asking.do("Survey Answered", ANNA, **broken)
    asking.do("Survey Answered", BRAM, survey="order", question="satisfied", value="4", response="r")
    asking.work()
    assert asking.histogram("order", "satisfied").get(4) == 1
    assert asking.world.quarantined() == []


def test_after_a_merge_the_answers_are_the_one_persons(asking: Panel) -> None:
    asking.publish(ORDER)
    asking.world.send(imported(1, ANNA, 4), imported(2, CHANTAL, 5))
    asking.work()
    asking.world.send(
        {"messageId": "same", "type": "alias", "previousId": CHANTAL.user_id, "userId": ANNA.user_id}
    )
    asking.work()
    with asking.database.read() as connection:
        person = asking.world.people.find(connection, f"user_id:{ANNA.user_id}")
        responses, _ = asking.feedback.of_person(connection, person.subjects)
    assert len(responses) == 2


def test_erasing_somebody_keeps_the_figures_and_removes_person_and_text(tmp_path: Path) -> None:
    with panel(tmp_path / "shop") as asking:
        lively(asking)
        figures = asking.histogram("order", "satisfied"), asking.histogram("work", "satisfied")
        with asking.database.read() as connection:
            progress = asking.feedback.progress(connection, "order")
            asked = asking.feedback.asked(connection, "order")
            subjects = asking.world.people.find(connection, f"user_id:{ANNA.user_id}").subjects
            month = asking.feedback.counts(connection, "order", "satisfied", by="month")
        asking.world.erase(f"user_id:{ANNA.user_id}")
        assert (asking.histogram("order", "satisfied"), asking.histogram("work", "satisfied")) == figures
        with asking.database.read() as connection:
            left = asking.feedback.progress(connection, "order")
            assert (left.started, left.finished) == (progress.started, progress.finished)
            assert asking.feedback.asked(connection, "order") == asked
            assert asking.feedback.counts(connection, "order", "satisfied", by="month") == month
            texts = asking.feedback.texts(connection, "order")
        rows = asking.rows(survey_answers) + asking.rows(survey_responses)
        assert not {row["subject"] for row in rows} & set(subjects)
        assert not {one.subject for one in asking.invitations()} & set(subjects)
        asked_by_name = sum(one.state == "asked" for one in asking.invitations())
        assert len(texts) == asked_by_name, "one of them is gone, and the imported one is there"
        assert asking.rows(survey_remains)
        before = asking.state()
    assert rebuilt_state(tmp_path / "shop") == before


def test_answers_are_told_apart_and_filtered(asking: Panel) -> None:
    asking.publish(ORDER)
    for number, who in enumerate(CUSTOMERS):
        asking.world.send(imported(number, who, number % 5 + 1))
    asking.work()
    with asking.database.read() as connection:
        person = asking.world.people.find(connection, f"user_id:{ANNA.user_id}")
        by = asking.feedback.counts(connection, "order", "satisfied", by="delivery")
        own = asking.feedback.counts(
            connection, "order", "satisfied", where=Filter(subjects=frozenset(person.subjects))
        )
        none = asking.feedback.counts(connection, "order", "satisfied", where=Filter(months=("2026-03", "")))
        table = asking.feedback.table(connection, "order", ["satisfied"])
        lines = list(asking.feedback.export_csv(connection, "order"))
    assert [(group.key, group.n) for group in by.groups] == [("import", 5)]
    assert [group.values for group in own.groups] == [{1.0: 1}]
    assert none.groups == ()
    assert sorted(table) == [(1.0,), (2.0,), (3.0,), (4.0,), (5.0,)]
    assert len(lines) == 6


def test_flagged_answers_are_kept_and_do_not_count(asking: Panel) -> None:
    asking.publish(ORDER, trigger={"event": "Order Completed"})
    asking.do("Order Completed")
    asking.hours(1)
    (invitation,) = asking.invitations()
    respondent = asking.sit(invitation.number)
    asking.answer(respondent, csat(5), done=False, confirmed=False)
    assert asking.histogram("order", "satisfied") == {}, "first intent is no answer yet"
    assert asking.histogram("order", "satisfied", with_flagged=True) == {5: 1}
    asking.answer(respondent, csat(5), revision=1)
    assert asking.histogram("order", "satisfied") == {5: 1}
    with asking.database.read() as connection:
        assert asking.feedback.progress(connection, "order").flagged == {}


@pytest.mark.parametrize("apart_s", [5, 60])
@pytest.mark.parametrize("then", ["nothing", "sent"])
def test_first_answers_come_out_the_same_in_any_cut_of_batches(
    tmp_path: Path, apart_s: int, then: str
) -> None:
    states, quality, mine = [], {}, ""
    for at_once in (True, False):
        with panel(tmp_path / f"shop-{at_once}") as asking:
            asking.publish(ORDER, trigger={"event": "Order Completed"})
            asking.do("Order Completed")
            asking.hours(1)
            (invitation,) = asking.invitations()
            respondent, now = asking.sit(invitation.number), asking.now
            told = [
                asking.feedback.messages(
                    respondent, [csat(value)], now=now + place * apart_s * SECOND, confirmed=False
                )
                for place, value in enumerate((2, 5))
            ]
            if then == "sent":
                told.append(
                    asking.feedback.completed(respondent, now=now + HOUR, answers=[csat(4)], revision=1)
                )
            for one in told:
                asking.tell(one)
                if not at_once:
                    asking.work()
            asking.work()
            rows = asking.rows(survey_answers)
            states.append([(row["response"], row["value"], row["flagged"]) for row in rows])
            quality = {row["id"]: row["quality"] for row in asking.rows(survey_responses)}
            mine = respondent.sitting.response
    first = "scanner,unconfirmed" if apart_s < 10 else "unconfirmed"
    assert states[0] == states[1]
    if then == "nothing":
        assert quality == {f"{mine}~": first}
    else:
        assert quality == ({f"{mine}~": first, mine: ""} if apart_s < 10 else {mine: ""})


def test_what_was_promised_stays_promised(asking: Panel) -> None:
    asking.publish(WORK)
    tell(asking, "desk", 3)
    with asking.database.write() as connection:
        for change in ({"anonymity": "none", "group_by": ""}, {"threshold": 3}, {"group_by": "language"}):
            with pytest.raises(Conflict):
                asking.feedback.save(connection, {**WORK, **change}, asking.now)
        with pytest.raises(Conflict):
            asking.feedback.delete(connection, "work")


def test_a_published_version_never_changes(asking: Panel) -> None:
    asking.publish(ORDER)
    first = asking.publish(ORDER)
    assert first.version == 1, "publishing the same again is the same version"
    second = asking.publish(ORDER, title="Your last order")
    with asking.database.read() as connection:
        versions = asking.feedback.versions(connection, "order")
    assert (second.version, [one.version for one in versions]) == (2, [2, 1])
    assert versions[1].definition.title == {"en": "Your order"}
    assert Answer(question="q", kind="nps").row == ""
    assert to_text(versions[0].published_at) > to_text(0)


STORIES = (
    test_imported_answers_count_once_and_are_redacted,
    test_after_a_merge_the_answers_are_the_one_persons,
    test_answers_are_told_apart_and_filtered,
    test_flagged_answers_are_kept_and_do_not_count,
    test_what_was_promised_stays_promised,
)


@pytest.mark.service
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.removeprefix("test_"))
def test_it_goes_the_same_on_postgres(
    story: Callable[[Panel], None], tmp_path: Path, postgres_address: str
) -> None:
    with panel(tmp_path / "shop", {"BELEEF_DATABASE": postgres_address}) as opened:
        story(opened)
