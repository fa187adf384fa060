"""The form of how the widget shows a survey: its tab, the moments at which it asks by itself, on which pages, and how often."""

from typing import Any, Final

from beleef.access.desk import Answers
from beleef.feedback.api import StoredSurvey, Survey
from beleef.feedback.pages.rows import (
    Pairs,
    count_of,
    filled,
    number_of,
    put,
    read_texts,
    row_editor,
    row_pairs,
    text_fields,
    text_pairs,
)
from beleef.ui.components import Known, Text
from beleef.ui.forms import Checkbox, DefinitionEditor, Field, Fieldset, Input, Option, Select, TextArea
from beleef.ui.words import N_, Words

Data = dict[str, Any]

_TRIGGERS: Final = {
    "view": N_("when the page opens"),
    "delay": N_("after some seconds on the page"),
    "scroll": N_("when a part of the page was scrolled by"),
    "exit": N_("when the pointer leaves towards the address bar"),
    "click": N_("on a click"),
}
_MATCHES: Final = ("contains", "exact", "startsWith", "endsWith", "regex")
_NOT: Final = "!"
"""Before a line: not on these pages."""


def to_answers(data: Data) -> Pairs:
    """Return the widget of a draft as its form is filled in with it."""
    widget = data.get("widget")
    pairs: Pairs = [("is_shown", "yes")] if widget is not None else []
    widget = widget or {}
    pairs += text_pairs("tab", widget.get("tab"))
    pairs += [
        ("share", f"{100 * widget.get('share', 1):g}"),
        ("pause_days", f"{widget.get('pause_days', 30)}"),
        ("frames", ", ".join(data.get("frames", ()))),
    ]
    return pairs + row_pairs("moments", [_moment_pairs(one) for one in widget.get("moments", ())])


def _moment_pairs(one: Data) -> Pairs:
    return [
        ("trigger", one["trigger"]),
        ("selector", one.get("selector", "")),
        ("share", f"{100 * one.get('share', 0.5):g}"),
        ("after_s", f"{one.get('after_s', 10):g}"),
        ("where", "\n".join(_line(rule) for rule in one.get("where", ()))),
    ]


def _line(rule: Data) -> str:
    match = rule.get("match", "contains")
    start = _NOT if rule.get("is_not") else ""
    return f"{start}{rule['value']}" if match == "contains" else f"{start}{match} {rule['value']}"


def sections(
    given: Answers, _: StoredSurvey, words: Words, __: list[tuple[str, str]], error: str | None
) -> tuple[Fieldset | DefinitionEditor, ...]:
    """Return the sections of the form."""
    fields: tuple[Field, ...] = (
        Checkbox(
            name="is_shown",
            label=words.gettext("The web widget shows this survey"),
            checked=given.get("is_shown") == "yes",
        ),
        Input(
            name="frames",
            label=words.gettext("Pages that may show it in a frame"),
            value=given.get("frames", ""),
            help=words.gettext("Origins with commas, for example https://www.example.nl."),
            error=error,
            required=False,
        ),
        *text_fields(given, "tab", words.gettext("Word on the tab"), help=words.gettext("Empty for no tab.")),
        Input(
            name="share",
            label=words.gettext("Percent of visitors it asks by itself"),
            type="number",
            value=given.get("share", "100"),
            help=words.gettext(
                "Drawn at random. Known visitors are drawn once; others each time, until they agree to be remembered."
            ),
        ),
        Input(
            name="pause_days",
            label=words.gettext("How many days it does not ask again in the same browser"),
            type="number",
            value=given.get("pause_days", "30"),
        ),
    )
    moments = row_editor(
        given,
        "moments",
        lambda start: _moment_fields(given, start, words),
        legend=words.gettext("When it asks by itself"),
        row_label=words.gettext("Moment"),
        add_label=words.gettext("Add a moment"),
        empty=words.gettext("Never: only by its tab, or when your page opens it."),
        help=words.gettext("Known visitors are left in peace as with invitations."),
    )
    return (Fieldset(fields=fields), moments)


def _moment_fields(given: Answers, start: str, words: Words) -> tuple[Field, ...]:
    return (
        Select(
            name=f"{start}trigger",
            label=words.gettext("It asks"),
            options=tuple(Option(value=one, label=words.gettext(said)) for one, said in _TRIGGERS.items()),
            value=given.get(f"{start}trigger", "view"),
        ),
        Input(
            name=f"{start}after_s",
            label=words.gettext("Seconds on the page"),
            type="number",
            value=given.get(f"{start}after_s", "10"),
            required=False,
        ),
        Input(
            name=f"{start}share",
            label=words.gettext("Percent of the page scrolled by"),
            type="number",
            value=given.get(f"{start}share", "50"),
            required=False,
        ),
        Input(
            name=f"{start}selector",
            label=words.gettext("What is clicked (a CSS selector)"),
            value=given.get(f"{start}selector", ""),
            required=False,
        ),
        TextArea(
            name=f"{start}where",
            label=words.gettext("On which pages"),
            value=given.get(f"{start}where", ""),
            rows=3,
            help=words.gettext(
                "A part of the address on each line, such as /order; with ! before it: not there. Empty for all pages. Words before "
                "it: exact, startsWith, endsWith or regex."
            ),
            required=False,
        ),
    )


def read(data: Data, given: Answers) -> None:
    """Change a draft by what was filled in.

    Raises:
        ValueError: one of the numbers is none.
    """
    put(data, "frames", [one.strip() for one in given.get("frames", "").split(",") if one.strip()])
    if given.get("is_shown") != "yes":
        data.pop("widget", None)
        return
    found: Data = {}
    put(found, "tab", read_texts(given, "tab"))
    share = number_of(given, "share")
    found["share"] = 1.0 if share is None else share / 100
    found["pause_days"] = number_of(given, "pause_days") or 0
    put(
        found,
        "moments",
        [_read_moment(given, f"moments-{one}-") for one in range(count_of(given, "moments"))],
    )
    data["widget"] = found


def _read_moment(given: Answers, start: str) -> Data:
    trigger = given.get(f"{start}trigger", "view")
    one: Data = {"trigger": trigger}
    if trigger == "delay":
        one["after_s"] = number_of(given, f"{start}after_s") or 0
    if trigger == "scroll":
        one["share"] = (number_of(given, f"{start}share") or 0) / 100
    if trigger == "click":
        put(one, "selector", filled(given, f"{start}selector"))
    lines = [line.strip() for line in given.get(f"{start}where", "").splitlines() if line.strip()]
    put(one, "where", [_rule(line) for line in lines])
    return one


def _rule(line: str) -> Data:
    is_not = line.startswith(_NOT)
    first, _, rest = line.removeprefix(_NOT).strip().partition(" ")
    rule: Data = {"value": f"{first} {rest}".strip()}
    if first in _MATCHES and rest.strip():
        rule = {"value": rest.strip(), "match": first}
    return {**rule, "is_not": True} if is_not else rule


def known(survey: Survey, words: Words) -> tuple[Known, ...]:
    """Return what the editor says of it in a few words."""
    widget = survey.widget
    if widget is None:
        return (Known(name=words.gettext("Web widget"), value=Text(text=words.gettext("does not show it"))),)
    moments = [words.gettext(_TRIGGERS[one.trigger]) for one in widget.moments]
    said = ", ".join(dict.fromkeys(moments)) or words.gettext("never")
    return (
        Known(name=words.gettext("It asks by itself"), value=Text(text=said)),
        Known(name=words.gettext("Visitors asked"), value=Text(text=words.percent(widget.share))),
    )
