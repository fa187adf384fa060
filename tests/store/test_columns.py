"""Facts as columns and back, and the days of a zone."""

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beleef.facts.fact import Fact
from beleef.kernel.clock import DAY, HOUR, to_datetime
from beleef.store.warehouse.columns import SCHEMA, to_arrow, to_facts
from beleef.store.warehouse.model import day_text, month_bounds, month_of, offsets, start_of_day
from tests.store.shop import START

_MOMENTS = st.integers(min_value=0, max_value=4_000_000_000_000_000)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=6,
)
_OBJECTS = st.none() | st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda key: key not in {"traits", "properties"}),
    _VALUES,
    min_size=1,
    max_size=3,
)
_TEXTS = st.none() | st.text(st.characters(codec="utf-8"), max_size=8)


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    return Fact(
        id=draw(st.integers(0, 2**62)),
        message_id=draw(st.text(st.characters(codec="utf-8"))),
        type=draw(st.sampled_from(["identify", "track", "page", "group", "beleef"])),
        source="site",
        channel="web",
        occurred_at=draw(_MOMENTS),
        received_at=draw(_MOMENTS),
        name=draw(_TEXTS),
        group_id=draw(_TEXTS),
        traits=draw(_OBJECTS),
        properties=draw(_OBJECTS),
        context=draw(_OBJECTS),
        product=draw(_TEXTS),
        revenue=draw(st.none() | st.floats(allow_nan=False)),
    )


@settings(deadline=None)  # The first table of a process loads half of Arrow.
@given(st.lists(facts(), max_size=5))
def test_any_fact_comes_back_as_it_was(made: list[Fact]) -> None:
    table = to_arrow(made, list(range(len(made))))
    assert table.schema == SCHEMA
    assert list(to_facts(table)) == list(enumerate(made))


def test_half_a_surrogate_pair_does_not_stop_the_worker() -> None:
    odd = Fact(
        id=1,
        message_id="\ud83d",
        type="track",
        source="s",
        channel="c",
        occurred_at=1,
        received_at=1,
        name="ok",
    )
    odd = msgspec.structs.replace(odd, properties={"text": "a\udc00b", "fine": "é"})
    [(_, back)] = to_facts(to_arrow([odd], [1]))
    assert (back.message_id, back.properties) == ("?", {"text": "a?b", "fine": "é"})


def test_each_fact_needs_its_subject() -> None:
    with pytest.raises(ValueError, match="0 facts came with 1 subjects"):
        to_arrow([], [1])


@settings(deadline=None)  # The first question about a zone looks through its years.
@given(
    _MOMENTS,
    st.sampled_from(["Europe/Amsterdam", "America/St_Johns", "Asia/Kathmandu", "UTC", "Africa/Casablanca"]),
)
def test_offsets_give_the_day_that_the_calendar_gives(moment: int, zone: str) -> None:
    ahead = [step.ahead for step in offsets(zone, since=moment, until=moment) if step.since <= moment][-1]
    assert (
        day_text((moment + ahead) // DAY) == to_datetime(moment).astimezone(ZoneInfo(zone)).date().isoformat()
    )


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    summer = START + 180 * DAY
    assert to_datetime(start_of_day(summer, "Europe/Amsterdam")).isoformat() == "2025-06-29T22:00:00+00:00"
    assert start_of_day(summer, "UTC", days_back=180) == START


def test_a_month_ends_one_microsecond_before_the_next() -> None:
    first, last = month_bounds("2024-02")
    assert (month_of(first - 1), month_of(first), month_of(last), month_of(last + 1)) == (
        "2024-01",
        "2024-02",
        "2024-02",
        "2024-03",
    )


def test_clocks_change_in_the_second_that_the_law_says() -> None:
    found = offsets("Europe/Amsterdam", since=START, until=START)
    changes = {to_datetime(step.since).isoformat(): step.ahead // HOUR for step in found[1:]}
    assert changes == {"2025-03-30T01:00:00+00:00": 2, "2025-10-26T01:00:00+00:00": 1}
