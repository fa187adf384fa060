"""The form of a rule: it expresses every rule there is, gives back what it was given, and says what is missing."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beleef.access.desk import Answers
from beleef.audiences.api import rule_from_data, rule_to_data
from beleef.audiences.model import (
    All,
    AnyOf,
    Did,
    Facts,
    HasAccount,
    HasComputed,
    HasConsent,
    HasTrait,
    Holds,
    IsMember,
    Not,
    Rule,
    Sequence,
    Where,
)
from beleef.audiences.model import (
    Test as Demand,
)
from beleef.audiences.pages import draft as drafts
from beleef.audiences.pages.draft import Draft, changed, empty, new_part, pairs, part_at
from beleef.audiences.pages.scalars import read_list, read_scalar, write_list, write_scalar
from beleef.audiences.pages.translation import to_draft, translate

ZONE = "Europe/Amsterdam"

TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "S")), min_size=1, max_size=20
).filter(lambda text: text.strip() == text and "\x85" not in text)
NUMBERS = st.integers(-(10**9), 10**9) | st.decimals(-1000, 1000, places=3).map(float)
SCALARS = TEXTS | NUMBERS | st.booleans()
VALUE_TESTS = st.one_of(
    st.builds(Demand, operator=st.sampled_from(("is", "is_not", "contains")), value=SCALARS),
    st.builds(
        Demand, operator=st.sampled_from(("greater", "less", "at_least", "at_most")), value=TEXTS | NUMBERS
    ),
    st.builds(
        Demand,
        operator=st.sampled_from(("in", "not_in")),
        value=st.lists(SCALARS, min_size=1, max_size=4).map(tuple),
    ),
    st.builds(Demand, operator=st.just("exists"), value=st.booleans()),
)
DAY_TESTS = st.one_of(
    st.builds(
        Demand,
        operator=st.sampled_from(("before", "after")),
        value=st.dates().map(lambda day: day.isoformat()),
    ),
    st.builds(
        Demand,
        operator=st.sampled_from(("within_last_days", "anniversary_within_days")),
        value=st.integers(1, 365),
    ),
)
TESTS = VALUE_TESTS | DAY_TESTS
SOME = st.lists(TEXTS, max_size=2).map(tuple)
WHERE = st.builds(
    Where, path=st.sampled_from(("properties.total", "revenue", "context.page.path")), test=VALUE_TESTS
)
FACTS = st.builds(
    Facts,
    events=st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    types=st.sampled_from(((), ("track",), ("page", "screen"))),
    channels=SOME,
    sources=SOME,
    where=st.lists(WHERE, max_size=2).map(tuple),
)
MOMENTS = st.integers(0, 2_000_000_000_000_000)


@st.composite
def dids(draw: st.DrawFn) -> Did:
    """Give facts that happened so many times, within days or in a fixed period."""
    least = draw(st.none() | st.integers(0, 20))
    most = draw(st.none() | st.integers(least or 0, 30)) if least is not None else draw(st.integers(0, 30))
    days = draw(st.none() | st.integers(1, 400))
    begin, length = draw(MOMENTS), draw(st.integers(1, 10**14))
    fixed = draw(st.sampled_from(("no", "since", "until", "both"))) if days is None else "no"
    return Did(
        facts=draw(FACTS),
        least=least,
        most=most,
        within_days=days,
        calendar=draw(st.booleans()),
        since=begin if fixed in {"since", "both"} else None,
        until=begin + length if fixed in {"until", "both"} else None,
    )


LEAVES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(HasTrait, name=TEXTS, test=TESTS),
    st.builds(HasComputed, name=TEXTS, test=TESTS),
    st.builds(HasAccount, name=TEXTS, test=TESTS),
    st.builds(
        HasConsent,
        purpose=TEXTS,
        channel=st.sampled_from(("*", "email", "sms")),
        state=st.sampled_from(("granted", "denied", "unknown")),
    ),
    st.builds(Holds, product=st.none() | TEXTS),
    st.builds(IsMember, name=TEXTS),
    dids(),
    st.builds(
        Sequence,
        steps=st.lists(FACTS, min_size=2, max_size=4).map(tuple),
        within_hours=st.sampled_from((0.5, 1.0, 24.0, 72.25)),
        missing_last=st.booleans(),
        within_days=st.none() | st.integers(1, 400),
    ),
)


def _grown(inner: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    some = st.lists(inner, max_size=3).map(tuple)
    groups = st.builds(All, rules=some) | st.builds(AnyOf, rules=some)
    return groups | st.builds(Not, rule=(inner | groups).filter(lambda one: not isinstance(one, Not)))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Give any rule, groups within groups included."""
    return draw(st.recursive(leaves(), _grown, max_leaves=8))


@st.composite
def leaves(draw: st.DrawFn) -> Rule:
    """Give a rule without parts."""
    return draw(LEAVES)


def sent(draft: Draft) -> Draft:
    """Return a draft after its way through a form."""
    return drafts.read(Answers(list(pairs(draft, "rule"))), "rule")


def as_rule(draft: Draft) -> Rule:
    """Return the rule that a draft says, which must be complete."""
    found = translate(draft, ZONE)
    assert found.wrong == {}
    assert found.rule is not None
    return found.rule


@given(rule=rules())
def test_every_rule_goes_through_the_form_and_comes_back_as_it_was(rule: Rule) -> None:
    assert as_rule(sent(to_draft(rule, ZoneInfo(ZONE)))) == rule


@given(values=st.lists(SCALARS, min_size=1, max_size=6))
def test_values_are_read_as_they_were_written(values: list[str | int | float | bool]) -> None:
    assert [read_scalar(write_scalar(value)) for value in values] == values
    assert read_list(write_list(tuple(values))) == values
    assert list(map(type, read_list(write_list(tuple(values))))) == list(map(type, values))


@pytest.mark.parametrize(
    ("text", "value"),
    [("12,50", 12.5), ("0123", "0123"), ("30", 30), ('"30"', "30"), ("true", True), ("a, b", "a, b")],
)
def test_a_value_is_read_as_its_writer_meant_it(text: str, value: object) -> None:
    assert read_scalar(text) == value


def test_the_way_of_a_rule_from_an_empty_form() -> None:
    draft, place = changed(empty(), "add:", "did")
    assert place == (0,)
    draft, place = changed(draft, "where:0", "")
    assert place == (0, 0)
    draft, _ = changed(draft, "add:", "group")
    draft, _ = changed(draft, "add:1", "sequence")
    draft, place = changed(draft, "step:1-0", "")
    assert place == (1, 0, 2)
    sequence = part_at(draft, (1, 0))
    assert sequence is not None
    assert [part.kind for part in sequence.parts] == ["step", "step", "step"]
    draft, place = changed(draft, "up:1", "")
    assert place == (0,)
    assert [part.kind for part in draft.parts] == ["group", "did"]
    draft, _ = changed(draft, "remove:0", "")
    assert sent(draft) == draft
    assert [part.kind for part in draft.parts] == ["did"]


@pytest.mark.parametrize(
    "change", ["add:9", "where:", "step:", "remove:", "up:", "remove:7", "fly:0", "add:0-0-0", "x", "add:-1"]
)
def test_a_button_that_no_page_has_changes_nothing(change: str) -> None:
    draft, _ = changed(empty(), "add:", "trait")
    assert changed(draft, change, "nonsense")[0] == draft


def test_what_is_missing_is_said_at_its_place_and_nothing_else_is_lost() -> None:
    parts = (
        new_part("trait"),
        Draft(kind="trait", values={"name": ("city",), "operator": ("is",)}),
        new_part("did"),
        Draft(kind="did", values={"events": ("Order Completed",), "within_days": ("soon",)}),
        Draft(kind="sequence", values={"within_hours": ("24",)}, parts=(new_part("step"),)),
        new_part("audience"),
    )
    found = translate(Draft(kind="group", values={"mode": ("all",)}, parts=parts), ZONE)
    assert found.rule is None
    assert {place: one.field for place, one in found.wrong.items()} == {
        (0,): "name",
        (1,): "value",
        (2,): "events",
        (3,): "within_days",
        (4, 0): "events",
        (5,): "name",
    }


def test_a_form_that_no_page_sends_is_no_error() -> None:
    fields = [
        ("rule-kind", "dragon"),
        ("rule-parts", "99999"),
        ("rule-0-kind", "trait"),
        ("rule-x-kind", "did"),
    ]
    fields += [("rule-0-parts", "-4"), ("rule-0-0-kind", "where"), ("other-0-kind", "did")]
    draft = drafts.read(Answers(fields), "rule")
    assert draft == Draft(kind="group", parts=(Draft(kind="trait"),))


def test_a_rule_as_in_a_file_is_shown_in_the_form() -> None:
    data: dict[str, Any] = {
        "all": [
            {"did": {"event": "Order Completed", "at_least": 2, "within_days": 90}},
            {"not": {"audience": "vip"}},
            {"not": {"any": [{"holds": {}}, {"trait": {"name": "city", "in": ["Utrecht", "Zeist"]}}]}},
        ]
    }
    draft = to_draft(rule_from_data(data), ZoneInfo(ZONE))
    assert [part.kind for part in draft.parts] == ["did", "audience", "group"]
    assert draft.parts[1].one("negated") == "yes"
    assert draft.parts[2].one("mode") == "none"
    assert draft.parts[2].parts[1].one("value") == "Utrecht, Zeist"
    assert rule_to_data(as_rule(draft)) == data
