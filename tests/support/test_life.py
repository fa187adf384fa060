"""A case as a fold: which promises it gets, what keeps, pauses and breaks them, and that nothing depends on how it is worked out."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.kernel.clock import DAY, HOUR
from beleef.support.api import DEFAULT, Entry, Life, Promise, PromiseRule, StoredRules, Within
from beleef.support.life import fold
from beleef.support.model import EntryKind
from beleef.support.promises import Book
from beleef.support.reading import is_thanks
from tests.cast import NOW

BOOK = Book((), "UTC")
OPENED = Entry(case=1, fact=0, at=NOW, kind="opened", channel="email", data={"kind": "question"})


def entry(what: str, hours: float, **data: object) -> Entry:
    actor = "Hanna" if what in {"reply", "closed", "change", "reopened"} else ""
    moment = NOW + round(hours * HOUR)
    return msgspec.convert(
        {
            "case": 1,
            "fact": round(hours * 1_000) + 1,
            "at": moment,
            "kind": what,
            "actor": actor,
            "data": data,
        },
        Entry,
    )


def life(*entries: Entry, opened: Entry = OPENED, book: Book = BOOK) -> Life:
    return fold([opened, *entries], book)


def promise(found: Life, name: str) -> Promise:
    return next(one for one in found.promises if one.id == name)


def test_a_customers_message_starts_the_promises_of_the_policy() -> None:
    found = life(entry("message", 0))
    assert [one.id for one in found.promises] == ["acknowledge:1", "first_response:1", "resolution:1"]
    # NOW is Monday 09:00: eight working hours later it is five o'clock.
    assert promise(found, "first_response:1").due_at == NOW + 8 * HOUR
    assert promise(found, "first_response:1").warn_at == NOW + 6.4 * HOUR
    assert promise(found, "first_response:1").next_at == NOW + 6.4 * HOUR


def test_a_case_that_a_colleague_opens_starts_no_clock_until_the_customer_speaks() -> None:
    silent = life(entry("note", 0))
    assert silent.promises == ()
    assert silent.waiting_since is None
    spoken = life(entry("note", 0), entry("message", 2))
    assert promise(spoken, "first_response:1").started_at == NOW + 2 * HOUR


def test_the_first_human_reply_keeps_the_first_response() -> None:
    found = life(entry("message", 0), entry("reply", 3))
    assert promise(found, "first_response:1").state == "kept"
    assert promise(found, "first_response:1").met_at == NOW + 3 * HOUR
    assert promise(found, "acknowledge:1").state == "kept"
    assert found.first_reply_at == NOW + 3 * HOUR


def test_a_note_an_automatic_message_and_a_receipt_are_no_reply() -> None:
    found = life(entry("message", 0), entry("note", 1), entry("automatic", 1.1), entry("acknowledged", 1.2))
    assert promise(found, "first_response:1").state == "open"
    assert promise(found, "acknowledge:1").state == "kept"
    assert found.waiting_since == NOW


def test_a_reply_that_also_changes_the_status_counts_as_the_first_response() -> None:
    found = life(
        entry("message", 0), entry("reply", 3, waiting=True), entry("closed", 3.01, outcome="solved")
    )
    assert promise(found, "first_response:1").state == "kept"
    assert promise(found, "resolution:1").state == "kept"


def test_a_later_promise_never_overrules_the_first_response() -> None:
    found = life(entry("message", 0), entry("message", 2), entry("message", 4))
    assert promise(found, "first_response:1").due_at == NOW + 8 * HOUR
    assert [one.kind for one in found.promises].count("next_contact") == 0


def test_a_second_question_starts_a_clock_of_its_own() -> None:
    found = life(entry("message", 0), entry("reply", 1), entry("message", 2))
    assert promise(found, "next_contact:1").started_at == NOW + 2 * HOUR
    assert found.waiting_since == NOW + 2 * HOUR
    assert [one.since for one in found.waits] == [NOW, NOW + 2 * HOUR]


def test_thanks_start_no_clock_and_open_nothing_again() -> None:
    found = life(
        entry("message", 0), entry("reply", 1), entry("closed", 1.1), entry("message", 2, thanks=True)
    )
    assert found.status == "closed"
    assert found.waiting_since is None
    assert found.reopened == 0


def test_the_next_response_stops_when_the_case_is_closed() -> None:
    found = life(entry("message", 0), entry("reply", 1), entry("message", 2), entry("closed", 3))
    assert promise(found, "next_contact:1").state == "void"
    assert found.waits[-1].until == NOW + 3 * HOUR
    assert not found.waits[-1].answered


def test_closing_without_a_word_is_no_answer() -> None:
    found = life(entry("message", 0), entry("closed", 1, outcome="solved"))
    assert promise(found, "first_response:1").state == "missed"
    assert promise(found, "first_response:1").met_at is None


def test_spam_breaks_no_promise() -> None:
    found = life(entry("message", 0), entry("closed", 1, outcome="spam"))
    assert {one.state for one in found.promises} == {"void"}


def test_a_promise_kept_too_late_is_missed_whenever_anybody_looks() -> None:
    found = life(entry("message", 0), entry("reply", 30), entry("closed", 30.1))
    late = promise(found, "first_response:1")
    assert late.state == "missed"
    assert late.met_at == NOW + 30 * HOUR
    # Nobody looked while it was overdue: there is still something to tell.
    assert late.next_at == late.due_at


def test_the_word_of_an_employee_counts_instead_of_the_policys() -> None:
    due = NOW + 3 * DAY
    given_ = {"kind": "resolution", "due_at": due}
    found = life(entry("message", 0), entry("reply", 1, promise=given_))
    assert promise(found, "resolution:1").state == "replaced"
    assert promise(found, "resolution:2").due_at == due
    assert promise(found, "resolution:2").by == "employee"


def test_a_promised_call_is_kept_by_the_next_reply_and_not_by_the_one_that_gave_it() -> None:
    given_ = {"kind": "next_contact", "due_at": NOW + DAY}
    found = life(entry("message", 0), entry("reply", 1, promise=given_))
    assert promise(found, "next_contact:1").state == "open"
    kept = life(entry("message", 0), entry("reply", 1, promise=given_), entry("reply", 2))
    assert promise(kept, "next_contact:1").state == "kept"


def test_a_moment_that_a_colleague_named_stays_that_moment_when_the_customer_answers() -> None:
    told = {"kind": "next_contact", "due_at": NOW + DAY}
    replied = entry("reply", 1, promise=told, waiting=True)
    assert promise(life(entry("message", 0), replied), "next_contact:1").state == "paused"
    answered = life(entry("message", 0), replied, entry("message", 2))
    assert promise(answered, "next_contact:1").state == "open"
    assert promise(answered, "next_contact:1").due_at == NOW + DAY
    # Nobody can be held to a moment that passed while the customer was waited for.
    late = life(entry("message", 0), replied, entry("message", 25))
    assert promise(late, "next_contact:1").due_at == NOW + 2 * DAY
    assert promise(late, "next_contact:1").paused_s == 24 * 3_600


def test_no_other_word_undoes_a_breach() -> None:
    given_ = {"kind": "resolution", "due_at": NOW + 30 * DAY}
    found = life(entry("message", 0), entry("reply", 20 * 24, promise=given_))
    assert promise(found, "resolution:1").state == "missed"


def test_waiting_for_the_customer_pauses_and_both_clocks_are_kept() -> None:
    waiting = life(entry("message", 0), entry("reply", 1, waiting=True))
    assert promise(waiting, "resolution:1").state == "paused"
    assert promise(waiting, "resolution:1").next_at is None
    found = life(entry("message", 0), entry("reply", 1, waiting=True), entry("message", 25))
    resolution = promise(found, "resolution:1")
    assert resolution.state == "open"
    # Forty working hours end on Friday at five; the eight hours of a working day that it stood still come after the weekend.
    assert resolution.raw_due_at == NOW + 4 * DAY + 8 * HOUR
    assert resolution.due_at == NOW + 7 * DAY + 8 * HOUR
    assert resolution.paused_s == 24 * 3_600


def test_waiting_for_a_colleague_and_sleeping_pause_nothing() -> None:
    for status in ("waiting_internal", "snoozed"):
        found = life(entry("message", 0), entry("change", 1, status=status, snooze_until=NOW + DAY))
        assert found.status == status
        assert promise(found, "resolution:1").state == "open"


def test_waiting_mends_no_breach() -> None:
    found = life(entry("message", 0), entry("reply", 10 * 24, waiting=True), entry("message", 11 * 24))
    assert promise(found, "resolution:1").due_at == NOW + 4 * DAY + 8 * HOUR


def test_the_warning_comes_when_four_fifths_were_used_pauses_left_out() -> None:
    found = life(entry("message", 0), entry("reply", 1, waiting=True), entry("message", 25))
    # Of forty working hours thirty-two are used on Friday at five: it stood still for eight.
    assert promise(found, "resolution:1").warn_at == NOW + 4 * DAY + 8 * HOUR


def test_more_urgent_is_due_earlier_and_less_urgent_is_never_due_later() -> None:
    hurried = life(entry("message", 0), entry("change", 1, priority="urgent"))
    assert promise(hurried, "first_response:1").due_at == NOW + 2 * HOUR
    calmed = life(
        entry("message", 0), entry("change", 1, priority="urgent"), entry("change", 1.5, priority="low")
    )
    assert promise(calmed, "first_response:1").due_at == NOW + 2 * HOUR
    late = life(entry("message", 0), entry("change", 6, priority="urgent"))
    assert promise(late, "first_response:1").due_at == NOW + 6 * HOUR


def test_the_ladder_has_a_moment_for_each_rung_once() -> None:
    due = promise(life(entry("message", 0)), "first_response:1").due_at
    nexts = []
    told = [entry("message", 0)]
    for kind, more in (
        ("warned", {}),
        ("broken", {}),
        ("escalated", {"rung": 1}),
        ("escalated", {"rung": 2}),
    ):
        told.append(entry(kind, 100 + len(told), promise="first_response:1", **more))
        nexts.append(promise(life(*told), "first_response:1").next_at)
    assert nexts == [due, due + DAY, due + 3 * DAY, None]


def test_a_customers_answer_opens_a_closed_case_with_a_new_promise() -> None:
    found = life(entry("message", 0), entry("reply", 1), entry("closed", 2), entry("message", 3))
    assert found.status == "open"
    assert found.reopened == 1
    assert promise(found, "resolution:1").state == "kept"
    assert promise(found, "resolution:2").started_at == NOW + 3 * HOUR
    assert found.first_closed_at == NOW + 2 * HOUR


def test_a_follow_up_promises_contact_within_forty_eight_hours_by_the_clock() -> None:
    opened = msgspec.structs.replace(OPENED, at=NOW + 4 * DAY, data={"kind": "follow_up", "speaks": True})
    found = life(opened=opened)
    assert promise(found, "first_response:1").due_at == opened.at + 2 * DAY


def test_merging_takes_over_the_promise_that_is_due_earlier() -> None:
    given_ = {"kind": "first_response", "started_at": NOW - DAY, "due_at": NOW + HOUR, "version": 0}
    brought = entry(
        "merged_in", 1, customer_at=NOW - DAY, waiting_since=NOW - DAY, messages=1, promises=[given_]
    )
    found = life(entry("message", 0.5), brought)
    assert promise(found, "first_response:1").state == "replaced"
    assert promise(found, "first_response:2").due_at == NOW + HOUR
    assert found.customer_at == NOW - DAY
    assert found.messages == 2


def test_a_case_that_went_up_in_another_has_no_promises_left() -> None:
    found = life(entry("message", 0), entry("change", 1, merged_into=2))
    assert {one.state for one in found.promises} == {"void"}
    assert found.status == "closed"


def test_the_customers_own_word_closes_a_question_and_no_complaint() -> None:
    assert life(entry("message", 0), entry("solved", 1, solved=True)).outcome == "confirmed"
    complaint = msgspec.structs.replace(OPENED, data={"kind": "complaint"})
    assert life(entry("message", 0), entry("solved", 1, solved=True), opened=complaint).status == "open"
    again = life(entry("message", 0), entry("closed", 1), entry("solved", 2, solved=False))
    assert again.status == "open"
    assert again.reopened == 1


def test_a_complaint_is_open_until_it_is_closed_or_is_none() -> None:
    steps = [
        entry("message", 0),
        entry("change", 1, kind="complaint"),
        entry("closed", 2),
        entry("message", 3),
    ]
    assert [life(*steps[:number]).complaints for number in range(1, 5)] == [0, 1, 2, 3]
    assert life(*steps, entry("change", 4, kind="question")).complaints == 4


def test_a_change_of_the_rules_rewrites_no_promise_that_was_made() -> None:
    strict = msgspec.structs.replace(
        DEFAULT, promises=(PromiseRule(name="all", first_response=Within(hours=1)),)
    )
    changed = Book([StoredRules(version=1, rules=strict, saved_at=NOW + HOUR, saved_by="Fatima")], "UTC")
    before = [entry("message", 0), entry("note", 2)]
    assert life(*before, book=changed) == life(*before)
    after = life(entry("note", 1.5), entry("message", 2), book=changed)
    assert promise(after, "first_response:1").due_at == NOW + 3 * HOUR
    assert promise(after, "first_response:1").version == 1


def test_a_rule_that_holds_from_a_day_is_for_cases_that_begin_on_it_or_later() -> None:
    # NOW is Monday 2 March in the morning.
    quick = PromiseRule(
        name="quick", since="2026-03-03", first_response=Within(hours=1), next_contact=Within(hours=1)
    )
    rules = msgspec.structs.replace(DEFAULT, promises=(quick, *DEFAULT.promises))
    book = Book([StoredRules(version=1, rules=rules, saved_at=NOW - DAY, saved_by="Fatima")], "UTC")
    old = life(entry("message", 0), entry("reply", 1), entry("message", 24), book=book)
    assert promise(old, "first_response:1").due_at == NOW + 8 * HOUR
    # What is promised in an old case later is promised by the rule it began under.
    assert promise(old, "next_contact:1").due_at > NOW + 25 * HOUR
    tomorrow = msgspec.structs.replace(OPENED, at=NOW + DAY)
    new = life(entry("message", 24), opened=tomorrow, book=book)
    assert promise(new, "first_response:1").due_at == NOW + 25 * HOUR


_data = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "waiting_customer", "waiting_internal", "snoozed"]),
        "kind": st.sampled_from(["question", "complaint", "follow_up"]),
        "priority": st.sampled_from(["low", "normal", "urgent"]),
        "snooze_until": st.just(NOW + DAY),
        "waiting": st.booleans(),
        "thanks": st.booleans(),
        "solved": st.booleans(),
        "promise": st.just("first_response:1"),
        "rung": st.integers(1, 2),
    },
)


@st.composite
def _stories(draw: st.DrawFn) -> list[Entry]:
    at, told = NOW, []
    kinds = [one for one in get_args(EntryKind) if one not in {"opened", "merged_in"}]
    for fact in range(1, draw(st.integers(1, 12)) + 1):
        at += draw(st.integers(0, 3 * DAY))
        kind, data = draw(st.sampled_from(kinds)), draw(_data)
        if kind == "reply":
            word = {"kind": "next_contact", "due_at": at + draw(st.integers(-HOUR, 5 * DAY))}
            data = {"waiting": data.get("waiting", False)} | (
                {"promise": word} if draw(st.booleans()) else {}
            )
        told.append(Entry(case=1, fact=fact, at=at, kind=kind, actor="Hanna", data=data))
    return told


@settings(max_examples=200)
@given(_stories())
def test_whatever_happens_the_clocks_make_sense(story: list[Entry]) -> None:
    found = life(*story)
    for one in found.promises:
        assert one.started_at <= one.due_at or one.by == "employee"
        assert one.raw_due_at <= one.due_at
        assert (one.state in {"kept", "missed"}) or one.met_at is None
        assert one.state != "kept" or (one.met_at is not None and one.met_at <= one.due_at)
        assert one.next_at is None or one.state in {"open", "missed"}
    running = [one.kind for one in found.promises if one.state in {"open", "paused"}]
    assert len(running) == len(set(running))
    assert found.status != "closed" or not running
    assert sum(one.until is None for one in found.waits) <= 1


@settings(max_examples=100)
@given(_stories())
def test_what_happened_before_is_not_changed_by_what_comes_after(story: list[Entry]) -> None:
    for number in range(len(story)):
        before, after = life(*story[:number]), life(*story)
        settled = {one.id: one.met_at for one in before.promises if one.state in {"kept", "missed"}}
        assert settled.items() <= {one.id: one.met_at for one in after.promises}.items()


@pytest.mark.parametrize(
    "text",
    [
        "Bedankt!",
        "Dank je wel, top geholpen!\n\nGroet, Anna",
        "Thanks!",
        "Thank you so much, that works.\nAnna",
        "Hartelijk dank voor de snelle reactie. Fijne dag!",
        "ok, bedankt Hanna",
        "Thx 👍",
    ],
)
def test_mere_thanks_are_recognised(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bedankt, maar het werkt nog steeds niet",
        "Thanks. When will it arrive?",
        "Bedankt voor niets, ik ga een klacht indienen",
        "Dank, mijn nummer is 0612345678",
        "Thanks\nThe second package is missing as well",
        "Ok",
        "",
    ],
)
def test_what_says_more_than_thanks_is_a_message(text: str) -> None:
    assert not is_thanks(text)


def test_a_picture_with_thanks_is_there_to_be_looked_at() -> None:
    assert not is_thanks("Thanks!", has_attachments=True)
