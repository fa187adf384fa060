"""The gate's rules as people write them: the defaults, reading and writing YAML, and what cannot be.

Being pushy takes an effort: what holds before anybody has changed anything is strict.
"""

from typing import Any

import msgspec
import yaml

from beleef.contact.hours import minute_of
from beleef.contact.model import Cap, ConsentRule, Distance, GateRules, QuietHours
from beleef.kernel.errors import InvalidInput

MOST_HOLD_OUT = 0.15
_LONGEST_WINDOW = 400
_MOST_RULES = 100

DEFAULT = GateRules(
    consent=(
        ConsentRule(purpose="marketing", needs="consent"),
        ConsentRule(purpose="marketing", channel="email", needs="consent_or_relation"),
        ConsentRule(purpose="survey", needs="no_objection"),
        ConsentRule(purpose="service", needs="no_objection"),
        ConsentRule(purpose="transactional", needs="nothing"),
    ),
    caps=(
        Cap(name="marketing per day", at_most=1, days=1, calendar=True, purposes=("marketing",)),
        Cap(name="marketing per week", at_most=3, days=7, purposes=("marketing",)),
        Cap(name="surveys per month", at_most=1, days=30, purposes=("survey",)),
        Cap(name="each survey per quarter", at_most=1, days=90, purposes=("survey",), each_topic=True),
        Cap(name="surveys per year", at_most=4, days=365, purposes=("survey",)),
    ),
    quiet=(QuietHours(start="21:00", end="08:00", purposes=("marketing", "survey")),),
    distances=(Distance(hours=4, purposes=("marketing", "survey")),),
    hold_during_complaint=("marketing", "survey"),
    days_after_complaint=14,
    pausable=("marketing", "survey"),
    hold_out_purposes=("marketing",),
)
"""Marketing needs consent (by e-mail an existing relation will do) and stops at an opt-out; at most 1 a day and 3 in 7 days over all
channels; a survey every 30 days, the same one every 90, four a year, and none for 14 days after a complaint was closed; quiet from 21:00 to 08:00 where the person lives; 4 hours between two contacts."""


def to_data(rules: GateRules) -> dict[str, Any]:
    """Return rules as plain data, as they stand in YAML and JSON."""
    data: dict[str, Any] = msgspec.to_builtins(rules)
    return data


def from_data(data: Any) -> GateRules:
    """Return rules from plain data.

    Raises:
        InvalidInput: they cannot be; the message names the place; code ``invalid_gate_rules``.
    """
    try:
        rules = msgspec.convert(data, GateRules)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), "Compare with what GET /v1/contact/rules gives.") from error
    check(rules)
    return rules


def to_yaml(rules: GateRules) -> str:
    """Return rules as YAML."""
    return str(yaml.safe_dump(to_data(rules), sort_keys=False, allow_unicode=True))


def from_yaml(text: str) -> GateRules:
    """Return rules from YAML.

    Raises:
        InvalidInput: it is no YAML, or the rules cannot be; code ``invalid_gate_rules``.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _invalid(
            f"This is no YAML: {error}", "Indent with spaces, and quote times: '21:00'."
        ) from error
    return from_data({} if data is None else data)


def check(rules: GateRules) -> None:
    """Pass where rules can be.

    Raises:
        InvalidInput: they cannot; code ``invalid_gate_rules``.
    """
    if not 0 <= rules.hold_out <= MOST_HOLD_OUT:
        raise _invalid("The hold-out is a share from 0 to 0.15.", "0.05 holds out one person in twenty.")
    if max(len(rules.caps), len(rules.quiet), len(rules.distances), len(rules.consent)) > _MOST_RULES:
        raise _invalid(f"There are more than {_MOST_RULES} rules of a kind.", "Take some together.")
    if len({cap.name for cap in rules.caps}) < len(rules.caps):
        raise _invalid("Two limits have the same name.", "Give each its own: the reasons name them.")
    for cap in rules.caps:
        _check_cap(cap)
    for quiet in rules.quiet:
        if minute_of(quiet.start) == minute_of(quiet.end):
            raise _invalid("Quiet hours that end when they start never end.", "Take another end.")
    if any(not 0 < one.hours <= _LONGEST_WINDOW * 24 for one in rules.distances):
        raise _invalid("A distance is more than 0 hours.", "Leave it out for none.")
    if not 0 <= rules.days_after_complaint <= _LONGEST_WINDOW:
        raise _invalid("After a complaint surveys wait 0 to 400 days.", "14 days is usual.")
    if rules.soft_bounces < 1 or not 1 <= rules.soft_bounce_days <= _LONGEST_WINDOW:
        raise _invalid("Temporary bounces are counted from 1, over 1 to 400 days.", "5 in 30 days is usual.")
    if any(one.purpose == "marketing" and one.needs == "nothing" for one in rules.consent):
        raise _invalid(
            "Marketing never goes to somebody who opted out.", "Take `no_objection`, or a stricter need."
        )
    if not any(one.purpose == "marketing" and one.channel == "*" for one in rules.consent):
        raise _invalid(
            "Nothing says what marketing needs.", "Add a rule for marketing on all channels (`*`)."
        )


def _check_cap(cap: Cap) -> None:
    if not cap.name.strip():
        raise _invalid("A limit has no name.", "The reasons name it, so give it one.")
    if cap.at_most < 0:
        raise _invalid(f"“{cap.name}” allows fewer than none.", "0 allows nothing at all.")
    if not 1 <= cap.days <= _LONGEST_WINDOW:
        raise _invalid(f"“{cap.name}” is over no window of 1 to {_LONGEST_WINDOW} days.", "7 is a week.")


def _invalid(message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, hint=hint, code="invalid_gate_rules")
