"""The forms of campaigns without a server: every step comes back from its form as it was, and drafts change a step at a time."""

from copy import deepcopy
from typing import Any

import pytest

from beleef.access.desk import Answers
from beleef.campaigns.pages import editing, ends_form, entry_form, step_forms
from beleef.campaigns.pages.beginning import broadcast, name_of
from beleef.campaigns.pages.editing import Place
from beleef.campaigns.pages.fields import Choosable, Mailing, changed
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.forms import Form
from beleef.ui.words import translator

Data = dict[str, Any]

WORDS = translator("en")

STEPS: tuple[Data, ...] = (
    {"id": "wait", "wait": "36 hours"},
    {
        "id": "until",
        "label": "In the morning",
        "wait_until": {"at": "09:30", "zone": "person", "weekdays": ["monday"]},
    },
    {"id": "date", "wait_until_date": {"trait": "birthday", "days": -3, "at": "09:00", "yearly": True}},
    {
        "id": "for",
        "wait_for": {
            "fact": {
                "types": ["track"],
                "event": "Order Completed",
                "same": "properties.cart_id",
                "where": [
                    {"path": "properties.total", "greater": 50},
                    {"path": "properties.coupon", "in": ["a", "10"]},
                ],
            },
            "at_most": "3 hours",
            "then": [{"id": "done", "end": {"reason": "bought"}}],
            "otherwise": [],
        },
    },
    {
        "id": "who",
        "branch": {
            "paths": [
                {
                    "label": "Regulars",
                    "when": {"audience": "regulars"},
                    "flow": [{"id": "a", "wait": "1 days"}],
                },
                {"when": {"trait": {"name": "city", "is": "Utrecht"}}, "flow": []},
            ],
            "otherwise": [{"id": "b", "wait": "2 days"}],
        },
    },
    {
        "id": "test",
        "split": {
            "variants": [
                {"name": "a", "share": 90.0, "control": True, "flow": [{"id": "c", "wait": "1 days"}]},
                {"name": "b", "share": 10.0, "flow": []},
            ],
            "goal": "order",
            "planned": 400,
        },
    },
    {
        "id": "mail",
        "send": {
            "channel": "email",
            "message": "welcome",
            "purpose": "service",
            "topic": "news",
            "priority": 70,
            "value": 2.5,
            "fallback": ["sms"],
            "expires_after": "2 days",
            "version": 3,
        },
    },
    {"id": "task", "task": {"channel": "call", "text": "Call them.", "purpose": "service"}},
    {"id": "ask", "survey": {"survey": "nps", "message": "invite", "purpose": "survey", "channel": "email"}},
    {"id": "note", "set_trait": {"name": "welcomed", "value": True}},
    {"id": "hand", "hand_over": {"to": "sales", "note": "Warm."}},
    {"id": "end", "end": {"reason": "enough"}},
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step["id"]))
def test_a_step_comes_back_from_its_form_as_it_was(step: Data) -> None:
    kind = editing.kind_of(step)
    given = step_forms.to_answers(kind, step)
    assert step_forms.read(kind, given, step["id"], step) == step


@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step["id"]))
def test_an_error_is_shown_at_a_field_of_the_step(step: Data) -> None:
    kind = editing.kind_of(step)
    sections = step_forms.sections(
        kind, step_forms.to_answers(kind, step), WORDS, Choosable(), "Something is wrong."
    )
    form = Form(name="step", action="/", sections=sections, submit="Keep it")
    assert [error for _, error in form.errors] == ["Something is wrong."]


@pytest.mark.parametrize(
    "entry",
    [
        {
            "fact": {"event": "Order Completed", "channels": ["web"]},
            "within": "2 hours",
            "key": "properties.order_id",
            "only": {"audience": "regulars"},
            "again": {"after_days": 30},
        },
        {"audience": {"name": "vip", "when": "leave"}, "again": "after_leaving"},
        {
            "schedule": {
                "audience": "vip",
                "every": "week",
                "at": "10:00",
                "zone": "person",
                "weekdays": ["tuesday"],
            },
            "again": "always",
        },
        {"call": True, "again": "never"},
    ],
    ids=["fact", "audience", "schedule", "call"],
)
def test_who_comes_in_comes_back_from_its_form_as_it_was(entry: Data) -> None:
    kind = entry_form.way_in(entry)
    assert entry_form.read(kind, entry_form.to_answers(entry, kind)) == entry


def test_goals_and_ways_out_keep_what_their_forms_do_not_ask() -> None:
    goals = [
        {
            "name": "order",
            "fact": {
                "event": "Order Completed",
                "where": [{"path": "revenue", "greater": 9}],
            },
            "within": "7 days",
            "revenue": "revenue",
        }
    ]
    assert ends_form.read_goals(ends_form.goal_answers(goals), goals) == goals
    exits = [
        {"fact": {"event": "Unsubscribed", "channels": ["email"]}, "reason": "left"},
        {"rule": {"audience": "complainers"}, "reason": "complains"},
    ]
    assert ends_form.read_exits(ends_form.exit_answers(exits), exits) == exits


def test_a_way_that_is_taken_out_takes_its_steps_along_and_no_others() -> None:
    step = deepcopy(STEPS[4])
    given = step_forms.to_answers("branch", step)
    fewer = changed(Answers([*_pairs(given), ("change", "remove:paths:0")]))
    kept = step_forms.read("branch", fewer, "who", step)["branch"]
    assert [path["when"] for path in kept["paths"]] == [{"trait": {"name": "city", "is": "Utrecht"}}]
    assert kept["paths"][0]["flow"] == []
    assert kept["otherwise"] == [{"id": "b", "wait": "2 days"}]
    more = changed(Answers([*_pairs(given), ("change", "add:paths")]))
    with pytest.raises(InvalidInput, match="Way 3 does not say who"):
        step_forms.read("branch", more, "who", step)


def test_steps_are_put_in_moved_and_taken_out_wherever_they_stand() -> None:
    flow = [deepcopy(STEPS[4]), deepcopy(STEPS[0])]
    editing.insert(flow, {"id": "new", "wait": "1 days"}, Place(owner="who", way="otherwise", after="b"))
    assert [step["id"] for step in editing.way_at(flow, "who", "otherwise")] == ["b", "new"]
    editing.move(flow, "new", Place(after="wait"))
    assert [step["id"] for step in flow] == ["who", "wait", "new"]
    editing.shift(flow, "new", -1)
    editing.shift(flow, "who", -1)
    assert [step["id"] for step in flow] == ["who", "new", "wait"]
    editing.remove(flow, "a")
    assert editing.way_at(flow, "who", "0") == []
    assert editing.free_id(flow, "wait") == "wait_2"
    with pytest.raises(InvalidInput, match="into itself"):
        editing.move(flow, "who", Place(owner="who", way="0"))
    with pytest.raises(NotFound):
        editing.find(flow, "a")


def test_a_step_can_move_to_every_place_but_within_itself_and_where_it_stands() -> None:
    flow = [deepcopy(STEPS[4]), deepcopy(STEPS[0])]
    for place in editing.places(flow, "wait"):
        moved = deepcopy(flow)
        editing.move(moved, "wait", place)
        ids = [step["id"] for step in editing.way_at(moved, place.owner, place.way)]
        assert ids[ids.index("wait") - 1] == place.after if place.after else ids[0] == "wait"
    found = {str(place) for place in editing.places(flow, "who")}
    assert found == {"~~wait"}


def test_a_problem_is_found_at_the_innermost_step_it_concerns() -> None:
    flow = [deepcopy(STEPS[4])]
    assert editing.at_path(flow, "flow.0.branch.paths.0.flow.0.wait") == "a"
    assert editing.at_path(flow, "flow.0.branch.paths.1.when") == "who"
    assert editing.at_path(flow, "goals.0.fact") is None


def test_a_broadcast_is_a_campaign_of_one_step() -> None:
    messages = (Mailing(name="hello", label="Hello all", channel="sms", purpose="service"),)
    made = broadcast(Answers([("audience", "vip"), ("message", "hello"), ("date", "2026-05-01")]), messages)
    assert made["name"] == "hello_all"
    assert made["entry"] == {
        "schedule": {"audience": "vip", "every": "once", "at": "09:00", "date": "2026-05-01"}
    }
    assert made["flow"] == [
        {"id": "send", "send": {"message": "hello", "channel": "sms", "purpose": "service"}}
    ]
    with pytest.raises(InvalidInput):
        broadcast(Answers([("audience", "vip"), ("message", "unknown")]), messages)


@pytest.mark.parametrize("label", ["", "2026", "Plan", "…"])
def test_a_name_that_a_page_has_or_that_is_none_is_refused(label: str) -> None:
    with pytest.raises(InvalidInput):
        name_of(label)


def _pairs(given: Answers) -> list[tuple[str, str]]:
    return [(name, value) for name in given for value in given.every(name)]
