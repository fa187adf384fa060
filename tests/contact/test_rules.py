"""The gate's rules as people write them: read back as written, strict by default, and refused with a reason where they cannot be."""

import re
from pathlib import Path
from typing import Any

import pytest

from beleef.contact.gate import decide
from beleef.contact.model import Asked, Known
from beleef.contact.rules import DEFAULT, check, from_data, from_yaml, to_data, to_yaml
from beleef.kernel.errors import InvalidInput
from tests.cast import NOW

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contact-gate.md"


def test_the_defaults_can_be_written_and_read() -> None:
    check(DEFAULT)
    assert from_yaml(to_yaml(DEFAULT)) == DEFAULT
    assert "at_most: 3" in to_yaml(DEFAULT)


def test_the_rules_in_the_documentation_work() -> None:
    (written,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    rules = from_yaml(written)
    asked = Asked(at=NOW, purpose="marketing", channel="email")
    assert decide(rules, asked, Known(zone="UTC", has_relation=True)).reason == "no_consent"
    assert decide(DEFAULT, asked, Known(zone="UTC", has_relation=True)).reason == "ok"


def test_what_is_left_out_is_off_but_for_what_marketing_needs() -> None:
    rules = from_yaml("consent: [{purpose: marketing, needs: consent}]")
    assert (rules.caps, rules.quiet, rules.hold_out) == ((), (), 0.0)


_MARKETING = {"consent": [{"purpose": "marketing", "needs": "consent"}]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hold_out": 0.2}, "hold-out"),
        ({"hold_out": -0.1}, "hold-out"),
        ({"caps": [{"name": "a", "at_most": 1, "days": 0}]}, "window"),
        ({"caps": [{"name": "a", "at_most": 1, "days": 401}]}, "window"),
        ({"caps": [{"name": "a", "at_most": -1, "days": 1}]}, "fewer than none"),
        ({"caps": [{"name": " ", "at_most": 1, "days": 1}]}, "no name"),
        ({"caps": [{"name": "a", "at_most": 1, "days": 1}] * 2}, "same name"),
        ({"caps": [{"name": "a", "at_most": "many", "days": 1}]}, r"caps\[0\]"),
        ({"caps": [{"name": "a", "at_most": 1, "days": 1, "purposes": ["spam"]}]}, "purposes"),
        ({"quiet": [{"start": "25:00", "end": "08:00"}]}, "time of day"),
        ({"quiet": [{"start": "8", "end": "09:00"}]}, "time of day"),
        ({"quiet": [{"start": "08:00", "end": "08:00"}]}, "never end"),
        ({"distances": [{"hours": 0}]}, "more than 0"),
        ({"soft_bounces": 0}, "counted from 1"),
        ({"consent": []}, "what marketing needs"),
        ({"consent": [{"purpose": "marketing", "needs": "nothing"}]}, "opted out"),
        ({"pushiness": 11}, "pushiness"),
        ([], "object"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_the_reason(wrong: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        from_data({**_MARKETING, **wrong} if isinstance(wrong, dict) else wrong)
    assert refused.value.code == "invalid_gate_rules"
    assert refused.value.hint


@pytest.mark.parametrize("text", ["caps: [", "a: b: c", "\t- x", "--- 1\n--- 2"])
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        from_yaml(text)
    assert refused.value.code == "invalid_gate_rules"


def test_times_that_yaml_takes_for_numbers_are_noticed() -> None:
    # Without quotes, 21:00 is the number 1,260 in YAML.
    with pytest.raises(InvalidInput):
        from_yaml(f"{to_yaml(from_data(_MARKETING))}\nquiet: [{{start: 21:00, end: 08:00}}]")
    assert to_data(DEFAULT)["quiet"][0]["start"] == "21:00"
