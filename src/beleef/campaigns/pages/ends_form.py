"""The forms of what counts as success, when people leave early, and what a campaign is called.

A row remembers which goal or exit it was: what the form does not ask stays as it was.
"""

from typing import Any

from beleef.access.desk import Answers
from beleef.campaigns.pages.fields import (
    Choosable,
    Data,
    Pairs,
    filled,
    length_fields,
    length_pairs,
    read_length,
    row_editor,
    row_pairs,
    rows,
)
from beleef.campaigns.pages.selecting import read_rule, rule_fields, rule_pairs
from beleef.kernel.errors import InvalidInput
from beleef.ui.forms import DefinitionEditor, Field, Fieldset, Hidden, Input, TextArea
from beleef.ui.words import Words


def goal_answers(goals: list[Data]) -> Answers:
    """Return goals as the form is filled in with them."""
    found: list[Pairs] = [
        [
            ("was", str(number)),
            ("name", goal.get("name", "")),
            ("event", _event(goal)),
            *length_pairs("within", goal.get("within", "7 days")),
            ("revenue", goal.get("revenue", "revenue")),
        ]
        for number, goal in enumerate(goals)
    ]
    return Answers(row_pairs("goals", found))


def goal_sections(given: Answers, words: Words, error: str | None) -> tuple[DefinitionEditor, ...]:
    """Return the form of goals."""

    def draw(start: str, number: int) -> tuple[Field, ...]:
        return (
            Hidden(name=f"{start}was", value=given.get(f"{start}was", "")),
            Input(
                name=f"{start}name",
                label=words.gettext("Name"),
                value=given.get(f"{start}name", ""),
                error=error if number == 0 else None,
            ),
            Input(
                name=f"{start}event",
                label=words.gettext("What happens"),
                value=given.get(f"{start}event", ""),
            ),
            *length_fields(given, f"{start}within", words.gettext("Within"), words),
            Input(
                name=f"{start}revenue",
                label=words.gettext("Path of the money"),
                value=given.get(f"{start}revenue", "revenue"),
                required=False,
            ),
        )

    return (
        row_editor(
            given,
            "goals",
            draw,
            legend=words.gettext("Goals"),
            help=words.gettext(
                "The first is the main one. Leave the path empty where no money comes with it."
            ),
            row_label=words.gettext("Goal"),
            add_label=words.gettext("Add a goal"),
            empty=words.gettext("No goals yet: without one nobody can tell whether the campaign helps."),
        ),
    )


def read_goals(given: Answers, before: list[Data]) -> list[Data]:
    """Return the goals that were filled in, as files have them."""
    goals = []
    for number in range(rows(given, "goals")):
        start = f"goals-{number}-"
        was = _was(before, given.get(f"{start}was", ""))
        goals.append(
            {
                "name": filled(given, f"{start}name"),
                "fact": _with_event(was.get("fact"), filled(given, f"{start}event")),
                "within": read_length(given, f"{start}within") or "",
                "revenue": filled(given, f"{start}revenue"),
            }
        )
    return goals


def exit_answers(exits: list[Data]) -> Answers:
    """Return exits as the form is filled in with them."""
    found: list[Pairs] = [
        [
            ("was", str(number)),
            ("event", _event(one)),
            ("reason", one.get("reason", "exit")),
            *rule_pairs("", one.get("rule")),
        ]
        for number, one in enumerate(exits)
    ]
    return Answers(row_pairs("exits", found))


def exit_sections(
    given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[DefinitionEditor, ...]:
    """Return the form of exits."""

    def draw(start: str, number: int) -> tuple[Field, ...]:
        return (
            Hidden(name=f"{start}was", value=given.get(f"{start}was", "")),
            Input(
                name=f"{start}event",
                label=words.gettext("When this happens"),
                value=given.get(f"{start}event", ""),
                error=error if number == 0 else None,
                required=False,
            ),
            *rule_fields(
                given,
                start,
                words,
                choosable,
                label=words.gettext("Or as soon as they are in"),
                lead=words.gettext("Who leaves:"),
                nobody=words.gettext("(not an audience)"),
                error=None,
                tried=error is not None,
            ),
            Input(
                name=f"{start}reason",
                label=words.gettext("Reason, as it is counted"),
                value=given.get(f"{start}reason", ""),
                required=False,
            ),
        )

    return (
        row_editor(
            given,
            "exits",
            draw,
            legend=words.gettext("Leaving early"),
            help=words.gettext("Each row is one way out: something that happens, or a rule that holds."),
            row_label=words.gettext("Way out"),
            add_label=words.gettext("Add a way out"),
            empty=words.gettext("No way out: everybody goes through to the end."),
        ),
    )


def read_exits(given: Answers, before: list[Data]) -> list[Data]:
    """Return the exits that were filled in, as files have them.

    Raises:
        InvalidInput: one says neither what happens nor a rule, or both.
    """
    exits = []
    for number in range(rows(given, "exits")):
        start = f"exits-{number}-"
        event, rule = filled(given, f"{start}event"), read_rule(given, start)
        if bool(event) == (rule is not None):
            raise InvalidInput(
                f"Way out {number + 1} needs either something that happens or a rule.",
                hint="Fill in one of the two.",
            )
        was = _was(before, given.get(f"{start}was", ""))
        one: Data = {"reason": filled(given, f"{start}reason") or "exit"}
        if rule is None:
            one["fact"] = _with_event(was.get("fact"), event)
        else:
            one["rule"] = rule
        exits.append(one)
    return exits


def settings_fields(given: Answers, words: Words, error: str | None) -> tuple[Fieldset, ...]:
    """Return the form of what a campaign is called and for, and how many it keeps out to compare with."""
    label = Input(name="label", label=words.gettext("Name"), value=given.get("label", ""), error=error)
    description = TextArea(
        name="description",
        label=words.gettext("What it is for"),
        value=given.get("description", ""),
        rows=2,
        required=False,
    )
    control = Input(
        name="control",
        label=words.gettext("Percentage kept out, to compare with"),
        type="number",
        value=given.get("control", "0"),
        help=words.gettext(
            "From 0 to 50. These people get nothing from this campaign; they show what would have happened anyway."
        ),
    )
    return (Fieldset(fields=(label, description, control)),)


def read_settings(given: Answers, data: Data) -> Data:
    """Return a campaign's data with what was filled in.

    Raises:
        InvalidInput: the percentage is none.
    """
    text = filled(given, "control").replace(",", ".") or "0"
    try:
        control = float(text)
    except ValueError as error:
        raise InvalidInput(f"“{text[:20]}” is no number.", hint="Fill in a number.") from error
    changes = {
        "label": filled(given, "label"),
        "description": filled(given, "description"),
        "control": control,
    }
    return {**data, **changes}


def _event(data: Data) -> str:
    fact = data.get("fact", "")
    if not isinstance(fact, dict):
        return str(fact)
    return str(fact["event"]) if "event" in fact else ", ".join(fact.get("events", ()))


def _with_event(fact: Any, event: str) -> Data:
    kept = dict(fact) if isinstance(fact, dict) else {}
    if kept and _event({"fact": kept}) == event:
        return kept
    kept.pop("events", None)
    return {**kept, "event": event}


def _was(before: list[Data], was: str) -> Data:
    return before[int(was)] if was.isascii() and was.isdigit() and int(was[:4]) < len(before) else {}
