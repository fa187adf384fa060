"""The form of who comes into a campaign: one of four ways in, whom it lets through, and how often."""

from typing import Final

from beleef.access.desk import Answers
from beleef.campaigns.model import WEEKDAYS
from beleef.campaigns.pages.fields import (
    Choosable,
    Data,
    Pairs,
    filled,
    length_fields,
    length_pairs,
    read_length,
)
from beleef.campaigns.pages.selecting import (
    conditions,
    read_rule,
    read_selector,
    rule_fields,
    rule_pairs,
    selector_fields,
    selector_pairs,
)
from beleef.campaigns.pages.step_forms import option_list, time_field, whole, zone_field
from beleef.campaigns.pages.wording import weekday
from beleef.ui.forms import Choices, DefinitionEditor, Field, Fieldset, Input, Option, Select
from beleef.ui.words import N_, Words

WAYS_IN: Final = {
    "fact": N_("Something happens"),
    "audience": N_("They come into an audience, or leave it"),
    "schedule": N_("At a time, everybody in an audience"),
    "call": N_("A program or a colleague brings them in"),
}
_EVERY: Final = {
    "once": N_("Once"),
    "day": N_("Every day"),
    "week": N_("Every week"),
    "month": N_("Every month"),
}
_AGAIN: Final = {
    "never": N_("Never"),
    "after_leaving": N_("Once they have left it"),
    "after_days": N_("After a number of days"),
    "always": N_("Every time, at once"),
}


def way_in(data: Data) -> str:
    """Return which of ``WAYS_IN`` an entry has."""
    return next((kind for kind in WAYS_IN if kind in data), "fact")


def to_answers(data: Data, kind: str) -> Answers:
    """Return an entry as the form of a way in is filled in with it; another way in begins empty."""
    pairs: Pairs = [("key", data.get("key") or "")]
    again = data.get("again", "never")
    if isinstance(again, dict):
        pairs += [("again", "after_days"), ("again-days", str(again.get("after_days", 1)))]
    else:
        pairs.append(("again", again))
    pairs += rule_pairs("only-", data.get("only"))
    if way_in(data) == kind:
        pairs += _trigger_pairs(kind, data)
    elif kind == "fact":
        pairs += length_pairs("within", "1 day")
    elif kind == "schedule":
        pairs += [("at", "09:00"), ("zone", "organisation")]
    return Answers(pairs)


def _trigger_pairs(kind: str, data: Data) -> Pairs:
    given = data[kind]
    match kind:
        case "fact":
            return [*selector_pairs("", given), *length_pairs("within", data.get("within", "1 day"))]
        case "audience":
            found = {"name": given} if isinstance(given, str) else given
            return [("audience", found["name"]), ("when", found.get("when", "enter"))]
        case "schedule":
            pairs = [
                (name, str(given[name]))
                for name in ("audience", "every", "at", "day", "date", "zone")
                if name in given
            ]
            return [*pairs, *(("weekdays", one) for one in given.get("weekdays", ()))]
    return []


def sections(
    kind: str, given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[Fieldset | DefinitionEditor, ...]:
    """Return the sections of the form."""
    trigger = _trigger(kind, given, words, choosable, error)
    only = rule_fields(
        given,
        "only-",
        words,
        choosable,
        label=words.gettext("Whom it lets in"),
        lead=words.gettext("Whom it lets in:"),
        nobody=words.gettext("Everybody, or by conditions"),
        error=None,
        tried=error is not None,
    )
    return (
        *trigger,
        Fieldset(legend=words.gettext("Only these people"), fields=only),
        Fieldset(legend=words.gettext("How often"), fields=_again(kind, given, words)),
    )


def _trigger(
    kind: str, given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[Fieldset | DefinitionEditor, ...]:
    if kind == "fact":
        label = words.gettext("What happens")
        fields: tuple[Field, ...] = (
            *selector_fields(given, "", words, label=label, error=error, keyed=False),
            *length_fields(
                given,
                "within",
                words.gettext("Only if Beleef hears of it within"),
                words,
                help=words.gettext("So that an import of old orders brings nobody in."),
            ),
        )
        return (Fieldset(fields=fields), conditions(given, "", words))
    if kind == "audience":
        return (Fieldset(fields=(_audience(given, words, choosable, error), _enter_or_leave(given, words))),)
    if kind == "schedule":
        return (Fieldset(fields=_schedule(given, words, choosable, error)),)
    return ()


def _audience(given: Answers, words: Words, choosable: Choosable, error: str | None) -> Select:
    return Select(
        name="audience",
        label=words.gettext("Which audience"),
        options=option_list(choosable.audiences, None),
        value=given.get("audience", ""),
        error=error,
    )


def _enter_or_leave(given: Answers, words: Words) -> Choices:
    return Choices(
        name="when",
        label=words.gettext("When they"),
        options=(
            Option(value="enter", label=words.gettext("come into it")),
            Option(value="leave", label=words.gettext("leave it")),
        ),
        values=(given.get("when", "enter"),),
    )


def _schedule(given: Answers, words: Words, choosable: Choosable, error: str | None) -> tuple[Field, ...]:
    every = Select(
        name="every",
        label=words.gettext("When"),
        options=tuple(Option(value=one, label=words.gettext(label)) for one, label in _EVERY.items()),
        value=given.get("every", "once"),
    )
    date = Input(
        name="date",
        label=words.gettext("On which date"),
        type="date",
        value=given.get("date", ""),
        help=words.gettext("For once; leave empty for as soon as it is published."),
        required=False,
    )
    weekdays = Choices(
        name="weekdays",
        label=words.gettext("On which days"),
        type="checkbox",
        options=tuple(
            Option(value=name, label=weekday(number, words)) for number, name in enumerate(WEEKDAYS)
        ),
        values=tuple(given.every("weekdays")),
        help=words.gettext("For every week."),
    )
    day = Input(
        name="day",
        label=words.gettext("On which day of the month"),
        type="number",
        value=given.get("day", ""),
        help=words.gettext("For every month; a shorter month has it on its last day."),
        required=False,
    )
    audience = _audience(given, words, choosable, error)
    return (audience, every, date, weekdays, day, time_field(given, words), zone_field(given, words))


def _again(kind: str, given: Answers, words: Words) -> tuple[Field, ...]:
    again = Select(
        name="again",
        label=words.gettext("May somebody enter again?"),
        options=tuple(Option(value=one, label=words.gettext(label)) for one, label in _AGAIN.items()),
        value=given.get("again", "never"),
    )
    days = Input(
        name="again-days",
        label=words.gettext("After how many days"),
        type="number",
        value=given.get("again-days", ""),
        help=words.gettext("Only for “After a number of days”."),
        required=False,
    )
    if kind != "fact":
        return (again, days)
    key = Input(
        name="key",
        label=words.gettext("What a round is about"),
        value=given.get("key", ""),
        help=words.gettext(
            "Path of a cart or order number, for example properties.cart_id: each then goes its own way. Leave empty for one round per person."
        ),
        required=False,
    )
    return (again, days, key)


def read(kind: str, given: Answers) -> Data:
    """Return the entry that was filled in, as files have it.

    Raises:
        InvalidInput: a part of it cannot be read.
    """
    data: Data = {kind: _read_trigger(kind, given)}
    if kind == "fact":
        data["within"] = read_length(given, "within") or "1 day"
        if filled(given, "key"):
            data["key"] = filled(given, "key")
    only = read_rule(given, "only-")
    if only is not None:
        data["only"] = only
    again = filled(given, "again") or "never"
    data["again"] = {"after_days": whole(given, "again-days") or 0} if again == "after_days" else again
    return data


def _read_trigger(kind: str, given: Answers) -> object:
    match kind:
        case "fact":
            return read_selector(given, "")
        case "audience":
            return {"name": filled(given, "audience"), "when": filled(given, "when") or "enter"}
        case "schedule":
            return _read_schedule(given)
    return True


def _read_schedule(given: Answers) -> Data:
    every = filled(given, "every") or "once"
    data: Data = {
        "audience": filled(given, "audience"),
        "every": every,
        "at": filled(given, "at") or "00:00",
        "zone": filled(given, "zone") or "organisation",
    }
    if every == "once" and filled(given, "date"):
        data["date"] = filled(given, "date")
    if every == "week":
        data["weekdays"] = given.every("weekdays")
    if every == "month":
        data["day"] = whole(given, "day") or 1
    return data
