"""Working time: several intervals a day, holidays, exceptions, and days on which the clock is changed."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.kernel.clock import DAY, HOUR, MINUTE, from_datetime
from beleef.support.api import Calendar
from beleef.support.calendar import WorkingHours, knows_country, read_interval
from tests.cast import NOW

AMSTERDAM = "Europe/Amsterdam"
WEEK = ("mon", "tue", "wed", "thu", "fri")
OFFICE = WorkingHours(
    Calendar(name="office", hours=dict.fromkeys(WEEK, ("09:00-12:30", "13:00-17:00"))), AMSTERDAM
)
DUTCH = WorkingHours(
    Calendar(name="dutch", country="NL", hours=dict.fromkeys(WEEK, ("09:00-17:00",))), AMSTERDAM
)
ROUND_THE_CLOCK = WorkingHours(
    Calendar(name="always", hours=dict.fromkeys((*WEEK, "sat", "sun"), ("00:00-24:00",))), AMSTERDAM
)
SPLIT = WorkingHours(
    Calendar(
        name="night",
        hours={
            "sat": ("22:00-24:00",),
            "sun": ("00:00-02:30", "02:30-06:00", "20:00-23:00"),
            "wed": ("09:15-09:45",),
        },
        closed=("2026-03-04",),
        open={"2026-03-08": ("01:00-05:00",)},
    ),
    AMSTERDAM,
)
CALENDARS = (OFFICE, DUTCH, ROUND_THE_CLOCK, SPLIT)


def at(text: str, fold: int = 0) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(AMSTERDAM), fold=fold))


def test_lunch_is_no_working_time() -> None:
    assert OFFICE.add(at("2026-03-02T12:00"), HOUR) == at("2026-03-02T13:30")
    assert OFFICE.between(at("2026-03-02T12:00"), at("2026-03-02T13:30")) == HOUR


def test_friday_afternoon_goes_on_on_monday() -> None:
    assert OFFICE.add(at("2026-03-06T16:00"), 4 * HOUR) == at("2026-03-09T12:00")


def test_a_public_holiday_is_free() -> None:
    # King's day 2026 is a Monday.
    assert DUTCH.add(at("2026-04-24T16:00"), 2 * HOUR) == at("2026-04-28T10:00")
    assert OFFICE.add(at("2026-04-24T16:00"), 2 * HOUR) == at("2026-04-27T10:00")


def test_exceptions_open_and_close_days() -> None:
    assert SPLIT.between(at("2026-03-04T00:00"), at("2026-03-05T00:00")) == 0
    assert SPLIT.between(at("2026-03-08T00:00"), at("2026-03-09T00:00")) == 4 * HOUR


def test_a_calendar_takes_over_from_another_on_its_day() -> None:
    office = Calendar(name="office", hours={"mon": ("09:00-17:00",), "tue": ("09:00-17:00",)})
    longer = Calendar(
        name="longer",
        hours={"mon": ("09:00-12:00",), "tue": ("08:00-20:00",)},
        instead_of="office",
        since="2026-03-03",
    )
    hours = WorkingHours(office, AMSTERDAM, [longer])
    monday, wednesday = at("2026-03-02T00:00"), at("2026-03-04T00:00")
    assert hours.between(monday, wednesday) == (8 + 12) * HOUR
    assert hours.add(at("2026-03-02T16:00"), 2 * HOUR) == at("2026-03-03T09:00")


def test_the_night_on_which_the_clock_is_put_forward_is_an_hour_shorter() -> None:
    assert ROUND_THE_CLOCK.between(at("2026-03-29T00:00"), at("2026-03-30T00:00")) == 23 * HOUR
    assert SPLIT.between(at("2026-03-29T00:00"), at("2026-03-29T12:00")) == 5 * HOUR


def test_the_night_on_which_the_clock_is_put_back_is_an_hour_longer() -> None:
    assert ROUND_THE_CLOCK.between(at("2026-10-25T00:00"), at("2026-10-26T00:00")) == 25 * HOUR
    assert SPLIT.between(at("2026-10-25T00:00"), at("2026-10-25T12:00")) == 7 * HOUR


def test_an_interval_that_begins_in_the_hour_that_is_left_out_begins_after_it() -> None:
    hours = WorkingHours(Calendar(name="early", hours={"sun": ("02:30-03:30",)}), AMSTERDAM)
    assert hours.intervals(date(2026, 3, 29)) == ((at("2026-03-29T03:00"), at("2026-03-29T03:30")),)


@pytest.mark.parametrize(
    "text", ["9:00-17:00", "09:00", "17:00-09:00", "09:00-24:30", "aa:bb-cc:dd", "09:00-09:00"]
)
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^.*$"):
        read_interval(text)


def test_countries_and_their_parts_are_known() -> None:
    assert knows_country("NL", "")
    assert knows_country("DE", "BY")
    assert not knows_country("DE", "XX")
    assert not knows_country("XX", "")


moments = st.integers(NOW - 400 * DAY, NOW + 400 * DAY)
lengths = st.integers(1, 60 * HOUR)
calendars = st.sampled_from(CALENDARS)


@given(calendars, moments, lengths)
def test_adding_and_counting_are_each_others_inverse(hours: WorkingHours, moment: int, working: int) -> None:
    assert hours.between(moment, hours.add(moment, working)) == working


@given(calendars, moments, lengths, lengths)
def test_adding_in_two_steps_is_adding_at_once(
    hours: WorkingHours, moment: int, first: int, second: int
) -> None:
    assert hours.add(hours.add(moment, first), second) == hours.add(moment, first + second)


@given(calendars, moments, moments, lengths)
def test_who_begins_later_ends_no_earlier(hours: WorkingHours, one: int, other: int, working: int) -> None:
    first, second = sorted((one, other))
    assert hours.add(first, working) <= hours.add(second, working)


@given(calendars, st.lists(moments, min_size=3, max_size=3))
def test_counting_adds_up(hours: WorkingHours, three: list[int]) -> None:
    first, second, third = sorted(three)
    assert hours.between(first, third) == hours.between(first, second) + hours.between(second, third)
    assert hours.between(third, first) == -hours.between(first, third)
    assert hours.between(first, third) <= third - first


@given(st.sampled_from(("2026-03-28T20:00", "2026-10-24T20:00")), st.integers(0, 20 * 60), lengths)
def test_nights_on_which_the_clock_is_changed_lose_nothing(day: str, minutes: int, working: int) -> None:
    for hours in (ROUND_THE_CLOCK, SPLIT):
        begin = at(day) + minutes * MINUTE
        assert hours.between(begin, hours.add(begin, working)) == working


def test_a_length_of_time_may_take_more_days_than_a_calendar_without_hours_is_looked_through_for() -> None:
    weekly = WorkingHours(Calendar(name="weekly", hours={"mon": ("09:00-10:00",)}), AMSTERDAM)
    later = weekly.add(NOW, 300 * HOUR)
    assert weekly.between(NOW, later) == 300 * HOUR
    assert later > NOW + 2_000 * DAY
