"""The form of the steps that send something: a message, an in-app message, a survey, a task, a word to another system.

What is sent stands in the library of messages, which also says over which channel and for what purpose.
"""

from collections.abc import Sequence
from typing import Any, Final

from beleef.access.desk import Answers
from beleef.campaigns.pages.fields import (
    Choosable,
    Data,
    Mailing,
    Pairs,
    filled,
    length_fields,
    length_pairs,
    read_length,
)
from beleef.campaigns.pages.wording import PURPOSE_LABELS
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import channel_mark
from beleef.ui.forms import Choices, Field, Fieldset, Input, Option, Select, TextArea
from beleef.ui.words import Words

_CHANNEL_OF: Final = {"in_app": "inbox", "task": "call", "webhook": "webhook"}
_PURPOSE_OF: Final = {"task": "service", "webhook": "transactional", "survey": "survey"}
_WITH_TEXT: Final = frozenset({"task", "webhook"})
_OUTWARD: Final = ("email", "sms", "whatsapp", "push", "letter", "inbox")


def pairs(data: Any) -> Pairs:
    """Return the answers of a step that sends."""
    found: Data = data if isinstance(data, dict) else {"message": data}
    answers = [
        (name, str(found[name]))
        for name in (
            "message",
            "text",
            "purpose",
            "topic",
            "priority",
            "value",
            "version",
            "survey",
            "channel",
        )
        if found.get(name) is not None
    ]
    answers += [("fallback", one) for one in found.get("fallback", ())]
    if found.get("expires_after"):
        answers += length_pairs("expires_after", found["expires_after"])
    return answers


def draw(
    kind: str, given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[Fieldset, ...]:
    """Return the form of a step that sends."""
    return (
        Fieldset(fields=_what(kind, given, words, choosable, error)),
        Fieldset(
            legend=words.gettext("How it is weighed"),
            help=words.gettext("The contact gate decides when it goes out; these say how much it matters."),
            fields=_weight(kind, given, words),
        ),
    )


def read(kind: str, given: Answers, before: Any) -> Data:
    """Return the step that was filled in; what the form does not ask stays as it was.

    Raises:
        InvalidInput: a number is none.
    """
    kept = before if isinstance(before, dict) else {}
    data: Data = {"channel": kept["channel"]} if kept.get("channel") else {}
    if kind in _CHANNEL_OF:
        data["channel"] = _CHANNEL_OF[kind]
    elif filled(given, "channel"):
        data["channel"] = filled(given, "channel")
    for name in ("message", "text", "purpose", "topic", "survey"):
        if filled(given, name):
            data[name] = filled(given, name)
    for name, convert in (("priority", int), ("value", float), ("version", int)):
        text = filled(given, name)
        if text:
            data[name] = _number(text, convert)
    if given.every("fallback"):
        data["fallback"] = given.every("fallback")
    expires = read_length(given, "expires_after")
    if expires is not None:
        data["expires_after"] = expires
    return data


def _what(
    kind: str, given: Answers, words: Words, choosable: Choosable, error: str | None
) -> tuple[Field, ...]:
    fields: list[Field] = []
    if kind == "survey":
        return (_which_survey(given, words, choosable, error),)
    wanted = _CHANNEL_OF.get(kind)
    found = [one for one in choosable.messages if wanted is None or one.channel == wanted]
    fields.append(
        Select(
            name="message",
            label=words.gettext("Which message"),
            options=(Option(value="", label=words.gettext("(none)")), *message_options(found, words)),
            value=given.get("message", ""),
            help=words.gettext("Messages are written on the page Messages."),
            error=error,
            required=kind not in _WITH_TEXT,
        )
    )
    if kind in _WITH_TEXT:
        fields.append(
            TextArea(
                name="text",
                label=words.gettext("Or the text itself"),
                value=given.get("text", ""),
                help=words.gettext(
                    "It may use the same values as a message, such as {{ person.first_name }}."
                ),
                required=False,
            )
        )
    if wanted is None:
        fields += _channels(given, words)
    return tuple(fields)


def _which_survey(given: Answers, words: Words, choosable: Choosable, error: str | None) -> Select:
    chosen = given.get("survey", "")
    known = {one.name: one.label for one in choosable.surveys}
    if chosen and chosen not in known:
        known[chosen] = words.gettext("%(name)s (not in force)", name=chosen)
    return Select(
        name="survey",
        label=words.gettext("Which survey"),
        options=(
            Option(value="", label=words.gettext("Choose a survey")),
            *(Option(value=name, label=label) for name, label in known.items()),
        ),
        value=chosen,
        help=words.gettext("Who of these people is asked, and how, stands with the survey."),
        error=error,
    )


def message_options(found: Sequence[Mailing], words: Words) -> tuple[Option, ...]:
    """Return messages as options, each with its channel and purpose."""
    return tuple(
        Option(
            value=one.name,
            label=f"{one.label} ({channel_mark(one.channel, words).label}, {words.gettext(PURPOSE_LABELS[one.purpose])})",
        )
        for one in found
    )


def _channels(given: Answers, words: Words) -> list[Field]:
    options = tuple(Option(value=one, label=channel_mark(one, words).label) for one in _OUTWARD)
    return [
        Select(
            name="channel",
            label=words.gettext("Over which channel"),
            options=options,
            value=given.get("channel", "email"),
        ),
        Choices(
            name="fallback",
            label=words.gettext("Where that cannot reach somebody, try"),
            type="checkbox",
            options=options,
            values=tuple(given.every("fallback")),
        ),
    ]


def _weight(kind: str, given: Answers, words: Words) -> tuple[Field, ...]:
    return (
        Select(
            name="purpose",
            label=words.gettext("What for"),
            options=tuple(
                Option(value=one, label=words.gettext(label)) for one, label in PURPOSE_LABELS.items()
            ),
            value=given.get("purpose", _PURPOSE_OF.get(kind, "marketing")),
        ),
        Input(
            name="topic",
            label=words.gettext("Topic"),
            value=given.get("topic", ""),
            help=words.gettext("What customers can subscribe to, for example newsletter."),
            required=False,
        ),
        Input(
            name="priority",
            label=words.gettext("Priority"),
            type="number",
            value=given.get("priority", "50"),
            help=words.gettext("From 0 to 100; of two messages for one slot the higher one goes."),
            required=False,
        ),
        Input(
            name="value",
            label=words.gettext("Worth"),
            type="number",
            value=given.get("value", ""),
            help=words.gettext("In your currency; decides between messages of equal priority."),
            required=False,
        ),
        *length_fields(
            given,
            "expires_after",
            words.gettext("Of no use after"),
            words,
            help=words.gettext("Leave empty for what the contact gate has."),
            required=False,
        ),
        Input(
            name="version",
            label=words.gettext("Always this version"),
            type="number",
            value=given.get("version", ""),
            help=words.gettext("Leave empty for the version in force when it is sent."),
            required=False,
        ),
    )


def _number(text: str, convert: type[int] | type[float]) -> float:
    try:
        return convert(text.replace(",", "."))
    except ValueError as error:
        raise InvalidInput(f"“{text[:20]}” is no number that fits.", hint="Fill in digits only.") from error
