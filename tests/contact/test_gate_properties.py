"""What holds of every set of rules and every history: caps are never passed, quiet hours are quiet, and a hold ends at the first moment."""

from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.contact.gate import Gate, bucket, decide
from beleef.contact.hours import Hours, day_of, minute_of
from beleef.contact.model import (
    PURPOSES,
    Asked,
    Cap,
    Distance,
    GateRules,
    Intent,
    Known,
    PastContact,
    QuietHours,
)
from beleef.contact.rules import check, from_data, from_yaml, to_data, to_yaml
from beleef.contact.trial import Meant, busiest_week, run
from beleef.kernel.clock import DAY, HOUR, MINUTE, to_datetime
from tests.cast import NOW

ZONES = (
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "UTC",
)
CHANNELS = ("email", "sms")

purposes = st.sampled_from(PURPOSES)
some_purposes = st.lists(purposes, max_size=2, unique=True).map(tuple)
some_channels = st.lists(st.sampled_from(CHANNELS), max_size=1).map(tuple)
moments = st.integers(0, 400 * 24 * 60).map(lambda minute: NOW - 200 * DAY + minute * MINUTE)
times = st.integers(0, 24 * 12 - 1).map(lambda five: f"{five // 12:02}:{five % 12 * 5:02}")


@st.composite
def all_rules(draw: st.DrawFn) -> GateRules:
    caps = tuple(
        Cap(
            name=f"cap {number}",
            at_most=draw(st.integers(1, 4)),
            days=draw(st.integers(1, 10)),
            calendar=draw(st.booleans()),
            purposes=draw(some_purposes),
            channels=draw(some_channels),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    quiet: tuple[QuietHours, ...] = ()
    start, end = draw(times), draw(times)
    if start != end:
        quiet = (QuietHours(start=start, end=end, purposes=draw(some_purposes)),)
    distances = tuple(
        Distance(hours=draw(st.integers(1, 72)), purposes=draw(some_purposes), channels=draw(some_channels))
        for _ in range(draw(st.integers(0, 2)))
    )
    return GateRules(caps=caps, quiet=quiet, distances=distances, transactional_counts=draw(st.booleans()))


@st.composite
def people(draw: st.DrawFn) -> Known:
    contacts = draw(
        st.lists(
            st.builds(PastContact, at=moments, channel=st.sampled_from(CHANNELS), purpose=purposes),
            max_size=12,
        )
    )
    return Known(zone=draw(st.sampled_from(ZONES)), contacts=tuple(contacts))


asks = st.builds(Asked, at=moments, purpose=purposes, channel=st.sampled_from(CHANNELS))


@given(all_rules(), asks, people())
@settings(max_examples=400, deadline=None)
def test_a_hold_ends_at_the_first_moment_that_would_pass(
    rules: GateRules, asked: Asked, person: Known
) -> None:
    person = msgspec.structs.replace(
        person, contacts=tuple(one for one in person.contacts if one.at <= asked.at)
    )
    decision = decide(rules, asked, person)
    assert decision.outcome in {"send", "hold"}
    if decision.outcome == "hold":
        assert decision.until is not None
        assert decision.until > asked.at
        there = decide(rules, msgspec.structs.replace(asked, at=decision.until), person)
        assert there.outcome == "send"
        # No moment before passes: every few minutes, and the last microsecond.
        step = max(5 * MINUTE, (decision.until - asked.at) // 200)
        for moment in [*range(asked.at, decision.until, step), decision.until - 1]:
            assert decide(rules, msgspec.structs.replace(asked, at=moment), person).outcome == "hold"


@given(
    all_rules(),
    st.lists(st.tuples(moments, purposes, st.sampled_from(CHANNELS)), max_size=25),
    st.sampled_from(ZONES),
)
@settings(max_examples=300, deadline=None)
def test_nothing_that_was_let_through_breaks_a_rule(
    rules: GateRules, meant: list[tuple[int, str, str]], zone: str
) -> None:
    messages = [
        Meant(
            intent=msgspec.convert(
                {"key": f"{number}", "subject": 1, "purpose": purpose, "channel": channel, "message": "m"},
                Intent,
            ),
            at=at,
            known=Known(zone=zone),
        )
        for number, (at, purpose, channel) in enumerate(meant)
    ]
    sent = run(Gate(rules), messages, ()).sent
    assert len(sent) == len(messages)
    for cap in rules.caps:
        _check_cap(cap, rules, sent, ZoneInfo(zone))
    for quiet in rules.quiet:
        hours = Hours(minute_of(quiet.start), minute_of(quiet.end))
        limited = [one for one in sent if _is_about(quiet.purposes, one)]
        assert not any(hours.hold(one.at, ZoneInfo(zone)) for one in limited)


def _is_about(wanted: tuple[str, ...], contact: PastContact) -> bool:
    return contact.purpose in wanted if wanted else contact.purpose != "transactional"


def _check_cap(cap: Cap, rules: GateRules, sent: tuple[PastContact, ...], zone: ZoneInfo) -> None:
    """Count every window that ends at a message which the cap limits."""

    def counts(one: PastContact) -> bool:
        in_channel = not cap.channels or one.channel in cap.channels
        counted = _is_about(cap.purposes, one) or (
            not cap.purposes and one.purpose == "transactional" and rules.transactional_counts
        )
        return counted and in_channel

    counted = [one for one in sent if counts(one)]
    for number, one in enumerate(counted):
        if not _is_about(cap.purposes, one):
            continue
        so_far = counted[: number + 1]
        if cap.calendar:
            window = [other for other in so_far if day_of(one.at, zone) - day_of(other.at, zone) < cap.days]
        else:
            window = [other for other in so_far if one.at - other.at < cap.days * DAY]
        assert len(window) <= cap.at_most


@given(st.integers(0, 2**63 - 1), st.floats(0, 0.15), st.floats(0, 0.15))
def test_who_is_held_out_stays_held_out_when_more_are(person: int, share: float, other: float) -> None:
    drawn = bucket(b"key", person)
    assert drawn == bucket(b"key", person)
    assert 0 <= drawn < 1
    if drawn < min(share, other):
        assert drawn < max(share, other)


@given(all_rules())
def test_rules_read_back_are_the_rules_written(rules: GateRules) -> None:
    complete = msgspec.structs.replace(rules, consent=from_data(to_data(_with_consent(rules))).consent)
    check(complete)
    assert from_yaml(to_yaml(complete)) == complete
    assert from_data(to_data(complete)) == complete


def _with_consent(rules: GateRules) -> GateRules:
    from beleef.contact.rules import DEFAULT

    return msgspec.structs.replace(rules, consent=DEFAULT.consent)


@given(st.integers(0, 1439), st.integers(0, 1439), moments, st.sampled_from(ZONES))
@settings(max_examples=400)
def test_hours_begin_and_end_where_the_clock_says(start: int, end: int, moment: int, zone: str) -> None:
    if start == end:
        return
    hours, there = Hours(start, end), ZoneInfo(zone)
    if hours.hold(moment, there):
        after = hours.end_after(moment, there)
        assert moment < after <= moment + 26 * HOUR
        assert not hours.hold(after, there)
        assert hours.hold(after - 1, there)
    else:
        after = hours.start_after(moment, there)
        assert moment < after <= moment + 26 * HOUR
        local = to_datetime(after).astimezone(there)
        assert hours.hold(after, there), local


@given(st.lists(moments, max_size=20))
def test_the_busiest_week_is_that_of_counting_every_week(sent: list[int]) -> None:
    most = max((sum(one - 7 * DAY < other <= one for other in sent) for one in sent), default=0)
    assert busiest_week(sent) == most
