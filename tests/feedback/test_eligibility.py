"""The decision who is asked: cool-downs that never break, draws that are even, strata and quotas."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from beleef.feedback.api import from_data
from beleef.feedback.eligibility import Occasion, Past, Room, day_in_cycle, draw, is_held_out, why_not
from beleef.kernel.clock import DAY
from tests.cast import NOW
from tests.feedback.panels import ORDER

KEY = b"k" * 32
PEOPLE = range(1_000_000, 1_020_000)


def survey(**changes: Any) -> Any:
    """Return the order survey, changed."""
    return from_data({**ORDER, **changes})


def test_a_relation_survey_is_spread_evenly_over_its_cycle() -> None:
    counts = [0] * 180
    for person in PEOPLE:
        counts[day_in_cycle(KEY, "relation", person, 180)] += 1
    assert chisquare(counts).pvalue > 0.01
    assert min(counts) > 0


def test_another_survey_has_other_days() -> None:
    same = sum(
        day_in_cycle(KEY, "relation", person, 180) == day_in_cycle(KEY, "other", person, 180)
        for person in PEOPLE
    )
    assert same < len(PEOPLE) / 180 * 1.5


def test_the_hold_out_is_a_share_and_grows_with_it() -> None:
    small, large = survey(sampling={"hold_out": 0.1}), survey(sampling={"hold_out": 0.2})
    held = {person for person in PEOPLE if is_held_out(small, person, KEY)}
    assert held < {person for person in PEOPLE if is_held_out(large, person, KEY)}
    assert len(held) / len(PEOPLE) == pytest.approx(0.1, abs=0.01)


def test_a_share_is_drawn_by_chance() -> None:
    half = survey(sampling={"share": 0.5})
    asked = sum(not why_not(half, Occasion(number=n, first=n, at=NOW), Room(), KEY) for n in PEOPLE)
    assert asked / len(PEOPLE) == pytest.approx(0.5, abs=0.015)
    assert 0 <= draw(KEY, "x", 1) < 1


def test_a_stratum_is_heard_in_full_until_it_has_enough() -> None:
    some = survey(sampling={"strata": {"by": "plan", "least": 10, "share": 0.0}})
    occasion = Occasion(number=1, first=1, at=NOW, stratum="rare")
    assert why_not(some, occasion, Room(heard={"rare": 9, "common": 500}), KEY) == ""
    assert why_not(some, occasion, Room(heard={"rare": 10}), KEY) == "not_sampled"


def test_a_full_quota_asks_nobody() -> None:
    some = survey(sampling={"quota": 5})
    assert why_not(some, Occasion(number=1, first=1, at=NOW), Room(asked=4), KEY) == ""
    assert why_not(some, Occasion(number=1, first=1, at=NOW), Room(asked=5), KEY) == "quota_full"


SURVEYS = {
    "order": survey(),
    "call": survey(name="call"),
    "relation": survey(name="relation", kind="relation", trigger=None),
    "site": survey(name="site", kind="open", trigger=None),
}
occasions = st.lists(
    st.tuples(st.integers(0, 900), st.sampled_from(sorted(SURVEYS)), st.booleans()), max_size=60
)


@given(occasions)
def test_cool_downs_are_never_broken(tried: list[tuple[int, str, bool]]) -> None:
    past: list[Past] = []
    for day, name, complains in sorted(tried):
        at = NOW + day * DAY
        occasion = Occasion(number=day, first=1, at=at, past=tuple(past), has_open_complaint=complains)
        if not why_not(SURVEYS[name], occasion, Room(), KEY):
            assert not complains
            past.append(Past(survey=name, kind=SURVEYS[name].kind, at=at))
    moments = [one.at for one in past]
    for earlier, later in pairwise(past):
        assert later.at - earlier.at >= 30 * DAY
    for name, days in (("order", 90), ("call", 90), ("site", 90), ("relation", 180)):
        own = [one.at for one in past if one.survey == name]
        assert all(later - earlier >= days * DAY for earlier, later in pairwise(own))
    assert all(sum(at - 365 * DAY < one <= at for one in moments) <= 4 for at in moments)


def test_a_closed_complaint_gives_two_weeks_of_peace() -> None:
    for days, reason in ((13, "complaint_closed_lately"), (14, "")):
        occasion = Occasion(number=1, first=1, at=NOW, complaint_closed_at=NOW - days * DAY)
        assert why_not(survey(), occasion, Room(), KEY) == reason


def test_what_the_gate_would_refuse_is_a_reason() -> None:
    occasion = Occasion(number=1, first=1, at=NOW, refusal="opted_out")
    assert why_not(survey(), occasion, Room(), KEY) == "gate_opted_out"
    outsider = Occasion(number=1, first=1, at=NOW, is_member=False)
    assert why_not(survey(), outsider, Room(), KEY) == "not_in_audience"


def test_the_question_how_a_follow_up_ended_belongs_to_the_survey_that_opened_it() -> None:
    trigger = {"event": "Case Closed", "where": {"kind": "follow_up"}}
    recovery, other = survey(name="put-right", trigger=trigger), survey(trigger={"event": "Case Closed"})
    lately = tuple(Past(survey=f"s{n}", kind="transactional", at=NOW - n * DAY) for n in range(1, 6))
    occasion = Occasion(number=1, first=1, at=NOW, past=lately)
    assert why_not(recovery, occasion, Room(), KEY) == ""
    assert why_not(other, occasion, Room(), KEY) == "same_kind_lately"
    again = Past(survey="put-right", kind="transactional", at=NOW - 89 * DAY)
    twice = Occasion(number=1, first=1, at=NOW, past=(*lately, again))
    assert why_not(recovery, twice, Room(), KEY) == "same_survey_lately"
    complains = Occasion(number=1, first=1, at=NOW, past=lately, has_open_complaint=True)
    assert why_not(recovery, complains, Room(), KEY) == "complaint_open"
