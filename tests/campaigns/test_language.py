"""A campaign as data: what can be read, that it comes back the same, and what is refused, with the place of it."""

from typing import Any

import pytest
import yaml

from beleef.campaigns.api import from_data, steps_of, to_data
from beleef.campaigns.model import Send, WaitFor
from beleef.campaigns.program import compile_
from beleef.campaigns.terms import duration_from_text, duration_to_text, time_from_text
from beleef.kernel.clock import DAY, HOUR, MINUTE
from beleef.kernel.errors import InvalidInput
from tests.campaigns.shops import CART

EVERYTHING = """
name: everything
label: Everything there is
description: Holds every kind of step.
entry:
  audience: {name: vip, when: leave}
  only: {trait: {name: city, is: Utrecht}}
  again: {after_days: 30}
control: 10
exit:
  - fact: {event: Complaint Opened, where: [{path: properties.kind, operator: is, value: delivery}]}
    reason: complains
  - rule: {holds: {product: P-1}}
goals:
  - name: order
    fact: Order Completed
    within: 14 days
  - name: visit
    fact: {types: [page], channels: [web]}
    within: 1 day
    revenue: ""
flow:
  - id: rest
    wait: 2 days 4 hours
  - id: morning
    wait_until: {at: "09:30", weekdays: [monday, tuesday]}
  - id: birthday
    label: A week before the birthday
    wait_until_date: {trait: birthday, days: -7, yearly: true}
  - id: answer
    wait_for:
      fact: Email Link Clicked
      at_most: 3 days
      then:
        - id: thank
          in_app: {message: thanks}
      otherwise:
        - id: call
          task: {text: Call them, fallback: [staff]}
        - id: stop
          end: silent
  - id: where
    branch:
      paths:
        - label: Large
          when: {computed: {name: orders_90, at_least: 2}}
          flow:
            - id: sell
              hand_over: {to: sales, note: Warm}
      otherwise:
        - id: mark
          set_trait: {name: tier, value: basic}
  - id: try
    split:
      goal: order
      covariate: orders_90
      planned: 500
      variants:
        - {name: old, share: 1, control: true}
        - name: new
          share: 3
          flow:
            - id: mail
              send: {message: news, channel: email, topic: news, priority: 70, value: 2.5, expires_after: 12 hours}
  - id: ask
    survey: {survey: nps, message: ask}
  - id: tell
    webhook: {text: done}
"""


@pytest.mark.parametrize("text", [EVERYTHING, CART], ids=["everything", "cart"])
def test_a_campaign_comes_back_as_it_went_out(text: str) -> None:
    campaign = from_data(yaml.safe_load(text))
    written = yaml.safe_dump(to_data(campaign), sort_keys=False)
    assert from_data(yaml.safe_load(written)) == campaign


def test_kinds_of_messages_know_their_channel_and_purpose() -> None:
    sends = {
        step.id: step.does
        for step in steps_of(from_data(yaml.safe_load(EVERYTHING)).flow)
        if isinstance(step.does, Send)
    }
    assert {id_: (send.channel, send.purpose) for id_, send in sends.items()} == {
        "thank": ("inbox", "marketing"),
        "call": ("call", "service"),
        "mail": ("email", "marketing"),
        "ask": ("email", "survey"),
        "tell": ("webhook", "transactional"),
    }


def test_every_jump_goes_forward() -> None:
    program = compile_(from_data(yaml.safe_load(EVERYTHING)))
    assert [op.step for op in program.ops] == [
        "rest", "morning", "birthday", "answer", "thank", "call", "stop", "where", "sell", "mark", "try", "mail", "ask", "tell",
    ]  # fmt: skip
    for place, op in enumerate(program.ops):
        assert op.next > place
        assert all(way > place for way in op.ways)


def test_ways_come_together_behind_their_step() -> None:
    program = compile_(from_data(yaml.safe_load(EVERYTHING)))
    by_step = {op.step: op for op in program.ops}

    def name(place: int) -> str:
        return program.ops[place].step if place < len(program.ops) else ""

    assert [name(way) for way in by_step["answer"].ways] == ["thank", "call"]
    assert name(by_step["thank"].next) == "where"
    assert [name(way) for way in by_step["try"].ways] == ["ask", "mail"]
    assert name(by_step["mail"].next) == "ask"
    assert name(by_step["tell"].next) == ""


def _changed(**parts: Any) -> dict[str, Any]:
    return {**yaml.safe_load(CART), **parts}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ([], "campaign"),
        (_changed(name="Big Name"), "name"),
        (_changed(entry={}), "entry"),
        (_changed(entry={"fact": "A", "call": True}), "entry"),
        (_changed(entry={"fact": {"where": []}}), "entry.fact"),
        (_changed(entry={"fact": {"event": "A", "wher": []}}), "entry.fact"),
        (_changed(entry={"fact": "A", "only": {"trait": {"nam": "x"}}}), "entry.only"),
        (_changed(entry={"schedule": {"audience": "all", "every": "day", "at": "25:00"}}), "entry.schedule.at"),
        (_changed(flow=[{"id": "a", "wait": "soon"}]), "flow.0.wait"),
        (_changed(flow=[{"id": "a"}]), "flow.0"),
        (_changed(flow=[{"id": "a", "wait": "1 day", "end": True}]), "flow.0"),
        (_changed(flow=[{"wait": "1 day"}]), "flow.0.id"),
        (_changed(flow=[{"id": "a", "send": {}}]), "flow.0.send"),
        (_changed(flow=[{"id": "a", "send": {"message": "x", "priority": 101}}]), "flow.0.send.priority"),
        (
            _changed(flow=[{"id": "a", "branch": {"paths": [{"when": {"holds": {}}, "flow": [{"id": "b", "wait": 3}]}]}}]),
            "flow.0.branch.paths.0.flow.0.wait",
        ),
        (_changed(flow=[{"id": "a", "branch": {"paths": []}}]), "flow.0.branch.paths"),
        (_changed(goals=[{"name": "x", "fact": "A", "within": "1 fortnight"}]), "goals.0.within"),
        (_changed(control=80), "control"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(data: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        from_data(data)
    assert refused.value.message.startswith(f"{place}"), refused.value.message
    assert refused.value.hint
    assert refused.value.code == "invalid_campaign"


def test_lengths_of_time_are_read_as_people_write_them() -> None:
    assert duration_from_text("2 days, 4 hours and 5 minutes", "x") == 2 * DAY + 4 * HOUR + 5 * MINUTE
    assert duration_from_text("1 week", "x") == 7 * DAY
    assert duration_to_text(26 * HOUR + MINUTE) == "1 day 2 hours 1 minute"
    assert time_from_text("9:05", "x") == 545
    # A YAML reader makes this of 09:00 without quotation marks.
    assert time_from_text(540, "x") == 540


def test_a_wait_for_counts_as_one_step() -> None:
    steps = list(steps_of(from_data(yaml.safe_load(CART)).flow))
    assert [step.id for step in steps] == ["bought", "enough", "remind"]
    assert isinstance(steps[0].does, WaitFor)
