"""Rules within the forms of a campaign: as fields while they are shown, as files have them before and after.

The forms themselves know a rule by one answer, its text; here it becomes fields for who reads the page, and text again.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from beleef.access.desk import Answers
from beleef.audiences.api import rule_from_data, rule_to_data
from beleef.audiences.pages import ruling
from beleef.campaigns.pages import fields

_END = "rule"


def opened(given: Answers, zone: str) -> Answers:
    """Return answers in which every rule that is a text stands as the fields of its form.

    Args:
        given: Answers made of a draft.
        zone: The zone of the days in rules: an IANA name.
    """
    return Answers([pair for key in given for pair in _opened(given, key, zone)])


def _opened(given: Answers, key: str, zone: str) -> Iterator[tuple[str, str]]:
    text = given[key]
    if (key == _END or key.endswith(f"-{_END}")) and text.strip():
        data: Any = yaml.safe_load(text)
        yield from ruling.fields_of(rule_from_data(data), key, zone)
    else:
        yield from ((key, value) for value in given.every(key))


def closed(given: Answers, zone: str) -> Answers:
    """Return answers in which every rule that is filled in stands as a text; where an audience is chosen, that is the rule.

    Args:
        given: What came from a page.
        zone: The zone of the days in rules: an IANA name.

    Raises:
        InvalidInput: a condition of a rule is not complete.
    """
    prefixes = ruling.prefixes(given)
    pairs = [
        (key, value)
        for key in given
        if not any(key.startswith(f"{prefix}-") for prefix in prefixes)
        for value in given.every(key)
    ]
    for prefix in prefixes:
        if given.get(f"{prefix.removesuffix(_END)}audience"):
            continue
        rule = ruling.rule_of(given, prefix, zone)
        if rule is not None:
            pairs.append((prefix, yaml.safe_dump(rule_to_data(rule), allow_unicode=True, sort_keys=False)))
    return Answers(pairs)


def changed(given: Answers) -> Answers:
    """Return a form as its button ``change`` leaves it, be it one of a rule or one of rows."""
    if ruling.is_change(given.get("change", "")):
        return ruling.changed(given)
    return fields.changed(given)
