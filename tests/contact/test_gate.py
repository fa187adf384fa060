"""What the gate says, rule by rule: a table of situations, each with the one answer that is right."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from beleef.contact.gate import Gate, asked_of, bucket, decide, rank
from beleef.contact.model import (
    Asked,
    Cap,
    ConsentRule,
    Decision,
    Distance,
    GateRules,
    Intent,
    Known,
    PastContact,
    Purpose,
    QuietHours,
)
from beleef.contact.rules import DEFAULT
from beleef.kernel.clock import DAY, HOUR, MINUTE, from_datetime

AMSTERDAM = "Europe/Amsterdam"


def at(text: str, zone: str = AMSTERDAM) -> int:
    """Return the moment of a local time, in microseconds."""
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


NOON = at("2026-03-02 12:00")
YES = {("marketing", "email"): (True, NOON - 100 * DAY)}
WILLING = Known(zone=AMSTERDAM, consents=YES)


def ask(moment: int = NOON, purpose: Purpose = "marketing", channel: str = "email", **more: object) -> Asked:
    return msgspec.convert({"at": moment, "purpose": purpose, "channel": channel, **more}, Asked)


def known(**changed: object) -> Known:
    return msgspec.structs.replace(WILLING, **changed)


def before(*hours: float, purpose: Purpose = "marketing", channel: str = "email") -> tuple[PastContact, ...]:
    """Return contacts so many hours before noon."""
    return tuple(
        PastContact(at=NOON - round(hour * HOUR), channel=channel, purpose=purpose) for hour in hours
    )


def said(decision: Decision) -> tuple[str, str]:
    return decision.outcome, decision.reason


@pytest.mark.parametrize(
    ("asked", "person", "expected"),
    [
        (ask(), WILLING, ("send", "ok")),
        # Consent, relation, objection.
        (ask(), known(consents={}), ("skip", "no_consent")),
        (ask(), known(consents={}, has_relation=True), ("send", "ok")),
        (ask(channel="sms"), known(consents={}, has_relation=True), ("skip", "no_consent")),
        (ask(channel="sms"), known(consents={("marketing", "*"): (True, 1)}), ("send", "ok")),
        (
            ask(),
            known(consents={("marketing", "email"): (False, 1)}, has_relation=True),
            ("skip", "opted_out"),
        ),
        (ask(), known(objections={("marketing", "email"): NOON - DAY}), ("skip", "opted_out")),
        (ask(), known(objections={("*", "*"): NOON - DAY}), ("skip", "opted_out")),
        (ask(), known(objections={("marketing", "email"): NOON - 200 * DAY}), ("send", "ok")),
        (ask(purpose="survey"), known(consents={}), ("send", "ok")),
        (ask(purpose="survey"), known(objections={("survey", "*"): 1}), ("skip", "opted_out")),
        (ask(purpose="transactional"), known(objections={("*", "*"): 1}), ("send", "ok")),
        # Address and suppression.
        (ask(), known(has_channel=False), ("skip", "no_channel")),
        (ask(), known(has_address=False), ("skip", "no_address")),
        (ask(), known(suppressed="bounced"), ("skip", "bounced")),
        (ask(purpose="transactional"), known(suppressed="bounced"), ("skip", "bounced")),
        (ask(), known(suppressed="complained"), ("skip", "complained")),
        (ask(purpose="transactional"), known(suppressed="complained"), ("send", "ok")),
        (ask(), known(is_channel_open=False), ("hold", "channel_off")),
        # Topics.
        (ask(topic="news"), known(topics={"news": False}), ("skip", "topic_off")),
        (ask(topic="news"), known(topics={"offers": False, "news": True}), ("send", "ok")),
        (ask(purpose="transactional", topic="news"), known(topics={"news": False}), ("send", "ok")),
        # Time.
        (ask(expires_at=NOON), WILLING, ("skip", "expired")),
        (ask(not_before=NOON + DAY), WILLING, ("hold", "too_early")),
        (ask(), known(paused_until=NOON + DAY), ("hold", "paused")),
        (ask(purpose="service"), known(paused_until=NOON + DAY), ("send", "ok")),
        (ask(), known(has_open_complaint=True), ("hold", "open_complaint")),
        (ask(purpose="survey"), known(has_open_complaint=True), ("hold", "open_complaint")),
        (ask(purpose="service"), known(has_open_complaint=True), ("send", "ok")),
        (ask(at("2026-03-02 20:59:59")), WILLING, ("send", "ok")),
        (ask(at("2026-03-02 21:00")), WILLING, ("hold", "quiet_hours")),
        (ask(at("2026-03-02 07:59:59")), WILLING, ("hold", "quiet_hours")),
        (ask(at("2026-03-02 08:00")), WILLING, ("send", "ok")),
        (ask(at("2026-03-02 23:00"), purpose="transactional"), WILLING, ("send", "ok")),
        # Pressure.
        (ask(), known(contacts=before(2)), ("hold", "cap")),
        (ask(), known(contacts=before(3, purpose="survey")), ("hold", "distance")),
        (ask(), known(contacts=before(30, 60, 90)), ("hold", "cap")),
        (ask(), known(contacts=before(30, 60)), ("send", "ok")),
        (ask(), known(contacts=before(2, purpose="transactional")), ("send", "ok")),
        (ask(purpose="transactional"), known(contacts=before(0.1, 0.2, 0.3)), ("send", "ok")),
        (ask(purpose="survey"), known(contacts=before(24 * 29, purpose="survey")), ("hold", "cap")),
        (ask(purpose="survey"), known(contacts=before(24 * 90, purpose="survey")), ("send", "ok")),
        (ask(expires_at=NOON + HOUR), known(contacts=before(2)), ("skip", "cap")),
    ],
)
def test_the_default_rules_say(asked: Asked, person: Known, expected: tuple[str, str]) -> None:
    assert said(decide(DEFAULT, asked, person)) == expected


@pytest.mark.parametrize(
    ("asked", "person", "until", "rule"),
    [
        (ask(at("2026-03-02 23:00")), WILLING, "2026-03-03 08:00", ""),
        (ask(at("2026-03-03 05:00")), WILLING, "2026-03-03 08:00", ""),
        # A calendar day ends at midnight, and then it is quiet.
        (ask(), known(contacts=before(5)), "2026-03-03 08:00", "marketing per day"),
        (ask(), known(contacts=before(30, 60, 167)), "2026-03-02 13:00", "marketing per week"),
        (ask(), known(contacts=before(1, purpose="survey")), "2026-03-02 15:00", ""),
        (ask(), known(paused_until=at("2026-03-10 03:00")), "2026-03-10 08:00", ""),
    ],
)
def test_a_message_is_held_until_the_first_moment_that_fits(
    asked: Asked, person: Known, until: str, rule: str
) -> None:
    decision = decide(DEFAULT, asked, person)
    assert (decision.outcome, decision.until, decision.rule) == ("hold", at(until), rule)


def test_quiet_hours_are_those_where_the_person_lives() -> None:
    moment = at("2026-03-02 22:00")
    there = known(zone="America/New_York")
    assert said(decide(DEFAULT, ask(moment), there)) == ("send", "ok")
    assert said(decide(DEFAULT, ask(moment), WILLING)) == ("hold", "quiet_hours")


@pytest.mark.parametrize(
    ("quiet", "moment", "until"),
    [
        # The clock goes from 02:00 to 03:00, and the quiet would have ended in between.
        (("00:00", "02:30"), "2026-03-29 01:30", "2026-03-29 03:00"),
        (("21:00", "08:00"), "2026-03-28 22:00", "2026-03-29 08:00"),
        (("21:00", "08:00"), "2026-10-24 22:00", "2026-10-25 08:00"),
        (("09:00", "17:00"), "2026-03-02 10:00", "2026-03-02 17:00"),
    ],
)
def test_quiet_hours_end_right_when_the_clock_is_changed(
    quiet: tuple[str, str], moment: str, until: str
) -> None:
    rules = GateRules(quiet=(QuietHours(start=quiet[0], end=quiet[1]),))
    assert decide(rules, ask(at(moment)), WILLING).until == at(until)


def test_what_may_go_out_may_until_it_is_quiet_or_too_late() -> None:
    assert decide(DEFAULT, ask(), WILLING).until == at("2026-03-02 21:00")
    assert decide(DEFAULT, ask(expires_at=NOON + HOUR), WILLING).until == NOON + HOUR
    assert decide(GateRules(), ask(), WILLING).until is None


def test_caps_count_what_they_are_about_and_nothing_else() -> None:
    cap = Cap(name="two texts", at_most=2, days=1, channels=("sms",), topics=("offers",))
    rules = GateRules(caps=(cap,))
    texts = tuple(
        PastContact(at=NOON - hour * HOUR, channel=channel, purpose="service", topic=topic)
        for hour, channel, topic in ((1, "sms", "offers"), (2, "sms", "news"), (3, "email", "offers"))
    )
    one_more = PastContact(at=NOON - 4 * HOUR, channel="sms", purpose="marketing", topic="offers")
    asked = ask(channel="sms", topic="offers")
    assert said(decide(rules, asked, known(contacts=texts))) == ("send", "ok")
    held = decide(rules, asked, known(contacts=(*texts, one_more)))
    assert (held.outcome, held.rule, held.until) == ("hold", "two texts", NOON + 20 * HOUR)
    assert said(decide(rules, ask(topic="offers"), known(contacts=(*texts, one_more)))) == ("send", "ok")


def test_transactional_messages_count_where_the_rules_say_so() -> None:
    rules = GateRules(caps=(Cap(name="all", at_most=1, days=1),))
    person = known(contacts=before(2, purpose="transactional"))
    assert said(decide(rules, ask(), person)) == ("send", "ok")
    counting = msgspec.structs.replace(rules, transactional_counts=True)
    assert said(decide(counting, ask(), person)) == ("hold", "cap")
    assert said(decide(counting, ask(purpose="transactional"), person)) == ("send", "ok")


def test_a_cap_of_none_lets_nothing_through_ever() -> None:
    rules = GateRules(caps=(Cap(name="no texts", at_most=0, days=1, channels=("sms",)),))
    assert said(decide(rules, ask(channel="sms"), WILLING)) == ("skip", "cap")
    assert said(decide(rules, ask(), WILLING)) == ("send", "ok")


def test_quiet_hours_that_together_never_end_are_no_endless_search() -> None:
    quiet = (QuietHours(start="06:00", end="20:00"), QuietHours(start="19:00", end="07:00"))
    assert said(decide(GateRules(quiet=quiet), ask(), WILLING)) == ("skip", "quiet_hours")


def test_the_hold_out_gets_no_marketing_and_everything_else() -> None:
    rules = msgspec.structs.replace(DEFAULT, hold_out=0.1)
    assert said(decide(rules, ask(), known(bucket=0.09))) == ("skip", "hold_out")
    assert said(decide(rules, ask(), known(bucket=0.1))) == ("send", "ok")
    assert said(decide(rules, ask(purpose="service"), known(bucket=0.0))) == ("send", "ok")


def test_the_draw_for_the_hold_out_is_even_and_depends_on_the_installation() -> None:
    drawn = [bucket(b"k" * 32, person) for person in range(20_000)]
    assert 0.04 < sum(one < 0.05 for one in drawn) / len(drawn) < 0.06
    assert drawn[:5] == [bucket(b"k" * 32, person) for person in range(5)]
    assert drawn[:5] != [bucket(b"x" * 32, person) for person in range(5)]


def test_a_yes_that_pages_repeat_does_not_bring_back_who_left() -> None:
    cookies = {("marketing", "*"): (True, NOON)}
    left = known(consents=cookies, objections={("marketing", "email"): NOON - DAY})
    assert said(decide(DEFAULT, ask(), left)) == ("skip", "opted_out")
    own_no = known(consents={**cookies, ("marketing", "email"): (False, NOON - DAY)})
    assert said(decide(DEFAULT, ask(), own_no)) == ("skip", "opted_out")
    later_no = known(consents={**YES, ("marketing", "*"): (False, NOON - DAY)})
    assert said(decide(DEFAULT, ask(), later_no)) == ("skip", "opted_out")


def test_a_consent_rule_for_a_channel_outweighs_the_one_for_all() -> None:
    rules = GateRules(
        consent=(
            ConsentRule(purpose="survey", needs="no_objection"),
            ConsentRule(purpose="survey", channel="call", needs="consent"),
        )
    )
    nobody_asked = known(consents={})
    assert said(decide(rules, ask(purpose="survey"), nobody_asked)) == ("send", "ok")
    assert said(decide(rules, ask(purpose="survey", channel="call"), nobody_asked)) == ("skip", "no_consent")


def test_distances_are_about_the_channels_they_name() -> None:
    rules = GateRules(distances=(Distance(hours=2, channels=("sms",)),))
    person = known(contacts=before(1, channel="sms"))
    assert decide(rules, ask(channel="sms"), person).until == NOON + HOUR
    assert said(decide(rules, ask(), person)) == ("send", "ok")


def test_what_is_more_important_goes_first() -> None:
    made = [
        Intent(
            key=key,
            subject=1,
            purpose="marketing",
            channel="email",
            message="m",
            priority=priority,
            value=value,
        )
        for key, priority, value in (("c", 50, 1.0), ("a", 50, 1.0), ("b", 50, 2.0), ("d", 90, 0.0))
    ]
    assert [one.key for one in sorted(made, key=rank)] == ["d", "b", "a", "c"]


def test_a_question_about_an_intent_asks_what_the_intent_says() -> None:
    intent = Intent(
        key="k",
        subject=1,
        purpose="survey",
        channel="sms",
        topic="t",
        message="m",
        not_before=5,
        expires_at=9,
    )
    assert asked_of(intent, 7) == Asked(
        at=7, purpose="survey", channel="sms", topic="t", not_before=5, expires_at=9
    )


def test_the_gate_looks_back_as_far_as_its_longest_window() -> None:
    assert Gate(DEFAULT).window >= 30 * DAY
    assert Gate(GateRules(distances=(Distance(hours=0.5),))).window >= 30 * MINUTE
