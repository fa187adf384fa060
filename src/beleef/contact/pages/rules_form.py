"""The gate's rules as a form: rows that can be added and taken away without script."""

from collections.abc import Callable

from beleef.access.desk import Answers
from beleef.contact.model import (
    PURPOSES,
)
from beleef.contact.pages.parts import kind_options, purpose_name, purpose_options
from beleef.contact.pages.rules_reading import NEEDS, rows
from beleef.ui.components import Link
from beleef.ui.forms import (
    Checkbox,
    Choices,
    DefinitionEditor,
    DefinitionRow,
    Field,
    Fieldset,
    Form,
    Hidden,
    Input,
    Option,
    Select,
)
from beleef.ui.words import Words


def form(given: Answers, version: int, words: Words) -> Form:
    """Return the form, filled in."""
    return Form(
        name="rules",
        action="/contact/rules/try",
        sections=(
            Fieldset(fields=(Hidden(name="version", value=str(version)),)),
            _caps(given, words),
            _quiet(given, words),
            _distances(given, words),
            _consent(given, words),
            _exceptions(given, words),
            _holding(given, words),
        ),
        submit=words.gettext("Try it on the last month"),
        cancel=Link(text=words.gettext("Cancel"), href="/contact/rules"),
    )


def _caps(given: Answers, words: Words) -> DefinitionEditor:
    windows = (
        Option(value="rolling", label=words.gettext("the last days, by the hour")),
        Option(value="calendar", label=words.gettext("whole days where the person lives")),
    )

    def row(number: int, own: str) -> DefinitionRow:
        fields: tuple[Field, ...] = (
            Input(name=f"{own}-name", label=words.gettext("Name"), value=given.get(f"{own}-name", "")),
            Input(
                name=f"{own}-at_most",
                label=words.gettext("At most"),
                type="number",
                value=given.get(f"{own}-at_most", ""),
            ),
            Input(
                name=f"{own}-days",
                label=words.gettext("in days"),
                type="number",
                value=given.get(f"{own}-days", ""),
            ),
            Select(
                name=f"{own}-window",
                label=words.gettext("Counted over"),
                options=windows,
                value=given.get(f"{own}-window", ""),
            ),
            *_about(given, own, words),
            Input(
                name=f"{own}-topics",
                label=words.gettext("Topics"),
                value=given.get(f"{own}-topics", ""),
                required=False,
            ),
            Checkbox(
                name=f"{own}-each_topic",
                label=words.gettext("For each topic by itself"),
                checked=bool(given.get(f"{own}-each_topic")),
            ),
        )
        label = words.gettext("Limit %(number)s", number=number)
        return DefinitionRow(label=label, fields=fields, remove=f"remove-{own}")

    return _editor(
        given,
        "cap",
        row,
        legend=words.gettext("At most so often"),
        add=words.gettext("Add a limit"),
        empty=words.gettext("No limit: a person can get any number of messages."),
        help_=words.gettext(
            "A message waits until every limit leaves room for it. No purpose ticked: all of them."
        ),
    )


def _quiet(given: Answers, words: Words) -> DefinitionEditor:
    def row(number: int, own: str) -> DefinitionRow:
        fields: tuple[Field, ...] = (
            Input(name=f"{own}-start", label=words.gettext("From"), value=given.get(f"{own}-start", "")),
            Input(name=f"{own}-end", label=words.gettext("Until"), value=given.get(f"{own}-end", "")),
            *_about(given, own, words),
        )
        label = words.gettext("Quiet hours %(number)s", number=number)
        return DefinitionRow(label=label, fields=fields, remove=f"remove-{own}")

    return _editor(
        given,
        "quiet",
        row,
        legend=words.gettext("Quiet hours"),
        add=words.gettext("Add quiet hours"),
        empty=words.gettext("No quiet hours: messages go out day and night."),
        help_=words.gettext(
            "By the clock where the person lives, like 21:00. What comes in them waits until they end."
        ),
    )


def _distances(given: Answers, words: Words) -> DefinitionEditor:
    def row(number: int, own: str) -> DefinitionRow:
        fields: tuple[Field, ...] = (
            Input(
                name=f"{own}-hours",
                label=words.gettext("Hours at least"),
                type="number",
                value=given.get(f"{own}-hours", ""),
            ),
            *_about(given, own, words),
        )
        label = words.gettext("Distance %(number)s", number=number)
        return DefinitionRow(label=label, fields=fields, remove=f"remove-{own}")

    return _editor(
        given,
        "distance",
        row,
        legend=words.gettext("Distance between two messages"),
        add=words.gettext("Add a distance"),
        empty=words.gettext("No distance: two messages may go out right after each other."),
        help_=None,
    )


def _exceptions(given: Answers, words: Words) -> DefinitionEditor:
    def row(number: int, own: str) -> DefinitionRow:
        fields: tuple[Field, ...] = (
            Select(
                name=f"{own}-purpose",
                label=words.gettext("What for"),
                options=purpose_options(words),
                value=given.get(f"{own}-purpose", ""),
            ),
            Select(
                name=f"{own}-channel",
                label=words.gettext("Channel"),
                options=kind_options(words),
                value=given.get(f"{own}-channel", ""),
            ),
            _needs_select(f"{own}-needs", words.gettext("Needs"), given, words),
        )
        label = words.gettext("Exception %(number)s", number=number)
        return DefinitionRow(label=label, fields=fields, remove=f"remove-{own}")

    return _editor(
        given,
        "exception",
        row,
        legend=words.gettext("Other needs on one channel"),
        add=words.gettext("Add an exception"),
        empty=words.gettext("The same on every channel."),
        help_=None,
    )


def _consent(given: Answers, words: Words) -> Fieldset:
    return Fieldset(
        legend=words.gettext("What a purpose needs"),
        help=words.gettext("A no of the person always counts, but for messages about an order or contract."),
        fields=tuple(
            _needs_select(f"needs-{one}", purpose_name(one, words), given, words) for one in PURPOSES
        ),
    )


def _holding(given: Answers, words: Words) -> Fieldset:
    def purposes(name: str, label: str, help_: str) -> Choices:
        return Choices(
            name=name,
            label=label,
            help=help_,
            type="checkbox",
            options=purpose_options(words),
            values=tuple(given.every(name)),
        )

    return Fieldset(
        legend=words.gettext("When somebody is not to be bothered"),
        fields=(
            purposes(
                "hold_during_complaint",
                words.gettext("Waits while a complaint is open"),
                words.gettext("Nobody wants an offer in the middle of a complaint."),
            ),
            Input(
                name="days_after_complaint",
                label=words.gettext("Days without surveys after a complaint was closed"),
                type="number",
                value=given.get("days_after_complaint", "0"),
            ),
            purposes(
                "pausable",
                words.gettext("Waits while the person asked for a pause"),
                words.gettext("A pause is asked for on the page of preferences."),
            ),
            Input(
                name="hold_out",
                label=words.gettext("Hold-out, in per cent"),
                type="number",
                value=given.get("hold_out", "0"),
                help=words.gettext("From 0 to 15: always the same people, to compare with."),
            ),
            purposes(
                "hold_out_purposes",
                words.gettext("What the hold-out does not get"),
                words.gettext("Usually marketing only."),
            ),
            Checkbox(
                name="transactional_counts",
                label=words.gettext("Messages about an order or contract count in limits without a purpose"),
                checked=bool(given.get("transactional_counts")),
            ),
            Input(
                name="soft_bounces",
                label=words.gettext("Leave an address alone after so many temporary bounces"),
                type="number",
                value=given.get("soft_bounces", ""),
            ),
            Input(
                name="soft_bounce_days",
                label=words.gettext("in days"),
                type="number",
                value=given.get("soft_bounce_days", ""),
            ),
        ),
    )


def _editor(
    given: Answers,
    kind: str,
    row: Callable[[int, str], DefinitionRow],
    *,
    legend: str,
    add: str,
    empty: str,
    help_: str | None,
) -> DefinitionEditor:
    return DefinitionEditor(
        legend=legend,
        rows=tuple(row(number, own) for number, own in enumerate(rows(given, kind), start=1)),
        add_label=add,
        add=f"add-{kind}",
        empty=empty,
        help=help_,
    )


def _about(given: Answers, own: str, words: Words) -> tuple[Field, ...]:
    return (
        Choices(
            name=f"{own}-purposes",
            label=words.gettext("What for"),
            type="checkbox",
            options=purpose_options(words),
            values=tuple(given.every(f"{own}-purposes")),
        ),
        Input(
            name=f"{own}-channels",
            label=words.gettext("Channels"),
            help=words.gettext("Like email, sms; empty for all."),
            value=given.get(f"{own}-channels", ""),
            required=False,
        ),
    )


def _needs_select(name: str, label: str, given: Answers, words: Words) -> Select:
    options = tuple(Option(value=value, label=words.gettext(text)) for value, text in NEEDS.items())
    return Select(name=name, label=label, options=options, value=given.get(name, "nothing"))
