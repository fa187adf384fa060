"""The form of a step: what its kind asks, answers made of a step, and a step made of answers.

To add a kind of step, give it a ``StepForm`` and a place in ``FORMS``.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from beleef.access.desk import Answers
from beleef.campaigns.model import WEEKDAYS
from beleef.campaigns.pages import sending_form, way_forms
from beleef.campaigns.pages.fields import (
    Choosable,
    Data,
    Pairs,
    filled,
    length_fields,
    length_pairs,
    read_length,
)
from beleef.campaigns.pages.selecting import conditions, read_selector, selector_fields, selector_pairs
from beleef.campaigns.pages.wording import weekday
from beleef.kernel.errors import InvalidInput
from beleef.ui.forms import (
    Checkbox,
    Choices,
    DefinitionEditor,
    Field,
    Fieldset,
    Input,
    Option,
    Select,
    TextArea,
)
from beleef.ui.words import Words

Sections = tuple[Fieldset | DefinitionEditor, ...]


class StepForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a kind of step.

    Attributes:
        pairs: Makes answers of what the step says.
        draw: Makes the sections of the form; called with the answers, the words, what can be chosen, and what is wrong.
        read: Makes what the step says of the answers; called with the answers and what it said before, whose ways are kept.
    """

    pairs: Callable[[Any], Pairs]
    draw: Callable[[Answers, Words, Choosable, str | None], Sections]
    read: Callable[[Answers, Any], Any]


def to_answers(kind: str, step: Data) -> Answers:
    """Return a step as the form's fields are filled in with it."""
    return Answers([("label", step.get("label", "")), *FORMS[kind].pairs(step[kind])])


def beginning(kind: str, choosable: Choosable) -> Answers:
    """Return what the form of a new step begins with."""
    first = choosable.messages[0].name if choosable.messages else ""
    begun: dict[str, Pairs] = {
        "wait": length_pairs("duration", "1 day"),
        "wait_until": [("at", "09:00"), ("zone", "person")],
        "wait_until_date": [("at", "09:00"), ("days", "0")],
        "wait_for": length_pairs("at_most", "1 day"),
        "branch": [("paths", "1")],
        "split": way_forms.two_halves(),
        "send": [("message", first)],
    }
    return Answers(begun.get(kind, []))


def read(kind: str, given: Answers, step_id: str, before: Data | None) -> Data:
    """Return the step that was filled in, as files have it.

    Raises:
        InvalidInput: a part of it cannot be read.
    """
    step: Data = {"id": step_id}
    if filled(given, "label"):
        step["label"] = filled(given, "label")
    step[kind] = FORMS[kind].read(given, before.get(kind) if before else None)
    return step


def sections(kind: str, given: Answers, words: Words, choosable: Choosable, error: str | None) -> Sections:
    """Return the sections of the form of a kind of step."""
    called = Input(
        name="label",
        label=words.gettext("What to call it"),
        value=given.get("label", ""),
        help=words.gettext("Leave empty to have it say what it does."),
        required=False,
    )
    return (*FORMS[kind].draw(given, words, choosable, error), Fieldset(fields=(called,)))


def _wait(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    return (Fieldset(fields=length_fields(given, "duration", words.gettext("How long"), words, error=error)),)


def _read_wait(given: Answers, _: Any) -> str:
    length = read_length(given, "duration")
    if length is None:
        raise InvalidInput("It does not say how long.", hint="Fill in a number.")
    return length


def _wait_until(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    days = Choices(
        name="weekdays",
        label=words.gettext("Only on these days"),
        type="checkbox",
        options=tuple(
            Option(value=name, label=weekday(number, words)) for number, name in enumerate(WEEKDAYS)
        ),
        values=tuple(given.every("weekdays")),
        help=words.gettext("None chosen: any day."),
    )
    return (Fieldset(fields=(time_field(given, words, error), days, zone_field(given, words))),)


def time_field(given: Answers, words: Words, error: str | None = None) -> Input:
    """Return the field of a time of day."""
    return Input(
        name="at",
        label=words.gettext("At what time"),
        value=given.get("at", ""),
        help=words.gettext("For example 09:00."),
        error=error,
    )


def zone_field(given: Answers, words: Words) -> Choices:
    """Return the field of whose clock counts."""
    return Choices(
        name="zone",
        label=words.gettext("On whose clock"),
        options=(
            Option(value="person", label=words.gettext("The person's own")),
            Option(value="organisation", label=words.gettext("Ours")),
        ),
        values=(given.get("zone", "person"),),
    )


def _until_pairs(data: Any) -> Pairs:
    found = data if isinstance(data, dict) else {"at": data}
    return [
        ("at", str(found.get("at", ""))),
        ("zone", str(found.get("zone", "person"))),
        *(("weekdays", one) for one in found.get("weekdays", ())),
    ]


def _read_until(given: Answers, _: Any) -> Data:
    data: Data = {"at": filled(given, "at"), "zone": filled(given, "zone") or "person"}
    if given.every("weekdays"):
        data["weekdays"] = given.every("weekdays")
    return data


def _until_date(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    trait = Input(
        name="trait",
        label=words.gettext("Which trait holds the date"),
        value=given.get("trait", ""),
        help=words.gettext("For example birthday."),
        error=error,
    )
    days = Input(
        name="days",
        label=words.gettext("How many days after it"),
        type="number",
        value=given.get("days", "0"),
        help=words.gettext("A number below 0 is before it."),
    )
    yearly = Checkbox(
        name="yearly", label=words.gettext("Every year again"), checked=given.get("yearly") == "yes"
    )
    return (Fieldset(fields=(trait, days, time_field(given, words), yearly)),)


def _until_date_pairs(data: Data) -> Pairs:
    return [
        ("trait", str(data.get("trait", ""))),
        ("days", str(data.get("days", 0))),
        ("at", str(data.get("at", "09:00"))),
        ("yearly", "yes" if data.get("yearly") else ""),
    ]


def _read_until_date(given: Answers, _: Any) -> Data:
    return {
        "trait": filled(given, "trait"),
        "days": whole(given, "days") or 0,
        "at": filled(given, "at"),
        "yearly": given.get("yearly") == "yes",
    }


def whole(given: Answers, name: str) -> int | None:
    """Return a whole number that was filled in; None where nothing was.

    Raises:
        InvalidInput: it is none.
    """
    text = filled(given, name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise InvalidInput(f"“{text[:20]}” is no whole number.", hint="Fill in digits only.") from error


def _wait_for(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    label = words.gettext("What to wait for")
    fields: list[Field] = [
        *selector_fields(given, "", words, label=label, error=error, keyed=True),
        *length_fields(given, "at_most", words.gettext("How long at most"), words),
    ]
    return (Fieldset(fields=tuple(fields)), conditions(given, "", words))


def _wait_for_pairs(data: Data) -> Pairs:
    return [*selector_pairs("", data["fact"]), *length_pairs("at_most", data["at_most"])]


def _read_wait_for(given: Answers, before: Any) -> Data:
    kept = before if isinstance(before, dict) else {}
    return {
        "fact": read_selector(given, ""),
        "at_most": read_length(given, "at_most"),
        "then": kept.get("then", []),
        "otherwise": kept.get("otherwise", []),
    }


def _set_trait(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    name = Input(
        name="name",
        label=words.gettext("Trait"),
        value=given.get("name", ""),
        help=words.gettext("For example welcomed."),
        error=error,
    )
    value = Input(name="value", label=words.gettext("Value"), value=given.get("value", ""))
    return (Fieldset(fields=(name, value)),)


def _set_trait_pairs(data: Data) -> Pairs:
    value = data.get("value", "")
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return [("name", str(data.get("name", ""))), ("value", text)]


def _read_set_trait(given: Answers, _: Any) -> Data:
    text = filled(given, "value")
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = text
    return {"name": filled(given, "name"), "value": value if isinstance(value, int | float | bool) else text}


def _hand_over(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    team = Input(
        name="to",
        label=words.gettext("To whom"),
        value=given.get("to", ""),
        help=words.gettext("A team or a role, for example sales."),
        error=error,
    )
    note = TextArea(
        name="note", label=words.gettext("What they should know"), value=given.get("note", ""), required=False
    )
    return (Fieldset(fields=(team, note)),)


def _hand_over_pairs(data: Any) -> Pairs:
    found = data if isinstance(data, dict) else {"to": data}
    return [("to", str(found.get("to", ""))), ("note", str(found.get("note", "")))]


def _read_hand_over(given: Answers, _: Any) -> Data:
    return {"to": filled(given, "to"), "note": filled(given, "note")}


def _end(given: Answers, words: Words, _: Choosable, error: str | None) -> Sections:
    reason = Input(
        name="reason",
        label=words.gettext("Why it ends here"),
        value=given.get("reason", "finished"),
        help=words.gettext("People are counted by it on the campaign's page."),
        error=error,
    )
    return (Fieldset(fields=(reason,)),)


def _end_pairs(data: Any) -> Pairs:
    reason = data.get("reason") if isinstance(data, dict) else data
    return [("reason", reason if isinstance(reason, str) else "finished")]


def _read_end(given: Answers, _: Any) -> Data:
    return {"reason": filled(given, "reason") or "finished"}


def _sending(kind: str) -> StepForm:
    return StepForm(
        pairs=sending_form.pairs,
        draw=lambda given, words, choosable, error: sending_form.draw(kind, given, words, choosable, error),
        read=lambda given, before: sending_form.read(kind, given, before),
    )


FORMS: Final[dict[str, StepForm]] = {
    "wait": StepForm(pairs=lambda data: length_pairs("duration", data), draw=_wait, read=_read_wait),
    "wait_until": StepForm(pairs=_until_pairs, draw=_wait_until, read=_read_until),
    "wait_until_date": StepForm(pairs=_until_date_pairs, draw=_until_date, read=_read_until_date),
    "wait_for": StepForm(pairs=_wait_for_pairs, draw=_wait_for, read=_read_wait_for),
    "branch": StepForm(pairs=way_forms.branch_pairs, draw=way_forms.draw_branch, read=way_forms.read_branch),
    "split": StepForm(pairs=way_forms.split_pairs, draw=way_forms.draw_split, read=way_forms.read_split),
    "set_trait": StepForm(pairs=_set_trait_pairs, draw=_set_trait, read=_read_set_trait),
    "hand_over": StepForm(pairs=_hand_over_pairs, draw=_hand_over, read=_read_hand_over),
    "end": StepForm(pairs=_end_pairs, draw=_end, read=_read_end),
    **{kind: _sending(kind) for kind in ("send", "in_app", "survey", "task", "webhook")},
}


def option_list(found: tuple[Any, ...], nothing: str | None) -> tuple[Option, ...]:
    """Return things with a name and a label as options, with ``nothing`` for none of them."""
    options = tuple(Option(value=one.name, label=one.label) for one in found)
    return options if nothing is None else (Option(value="", label=nothing), *options)


def choose(name: str, label: str, options: tuple[Option, ...], given: Answers) -> Select:
    """Return a field to choose one option in."""
    return Select(name=name, label=label, options=options, value=given.get(name, ""), required=False)
