"""Forms as data: each field with its label, help and error, so that every form is drawn, read aloud and corrected in the same way."""

from typing import Any, ClassVar, Literal

import msgspec

from beleef.ui.components import Link

InputType = Literal["text", "email", "password", "number", "search", "date", "tel", "url"]


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One of the choices of a ``Select`` or ``Choices``."""

    value: str
    label: str
    help: str | None = None


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """A line of text, a number or a date.

    Attributes:
        name: The form field's name.
        label: What is asked.
        type: What kind of value; phones show the matching keyboard.
        value: What is filled in.
        help: How to answer, below the label.
        error: What is wrong with the answer and how to put it right.
        required: Whether it must be filled in; the others are marked as optional.
        autocomplete: The HTML autofill name, e.g. ``username`` or ``current-password``.
        suggestions: The ``name`` of a ``Suggestions`` on the page, which is offered while one types.
    """

    kind: ClassVar[str] = "input"
    name: str
    label: str
    type: InputType = "text"
    value: str = ""
    help: str | None = None
    error: str | None = None
    required: bool = True
    autocomplete: str | None = None
    suggestions: str | None = None


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """What is offered while one types in inputs that name it: values, each with a label where it does not speak for itself."""

    name: str
    options: tuple[Option, ...]


class TextArea(msgspec.Struct, frozen=True, kw_only=True):
    """Several lines of text; ``rows`` is its height in lines, ``machine`` whether it is JSON or YAML."""

    kind: ClassVar[str] = "textarea"
    name: str
    label: str
    value: str = ""
    rows: int = 4
    machine: bool = False
    help: str | None = None
    error: str | None = None
    required: bool = True


class Select(msgspec.Struct, frozen=True, kw_only=True):
    """One of many options."""

    kind: ClassVar[str] = "select"
    name: str
    label: str
    options: tuple[Option, ...]
    value: str = ""
    help: str | None = None
    error: str | None = None
    required: bool = True


class Checkbox(msgspec.Struct, frozen=True, kw_only=True):
    """Yes or no."""

    kind: ClassVar[str] = "checkbox"
    name: str
    label: str
    value: str = "yes"
    checked: bool = False
    help: str | None = None
    error: str | None = None


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """One (``radio``) or several (``checkbox``) of a few options, all in sight."""

    kind: ClassVar[str] = "choices"
    name: str
    label: str
    options: tuple[Option, ...]
    type: Literal["radio", "checkbox"] = "radio"
    values: tuple[str, ...] = ()
    help: str | None = None
    error: str | None = None


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """A value that goes along unseen."""

    kind: ClassVar[str] = "hidden"
    name: str
    value: str


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a form that the page around it draws itself: its template calls ``draw_form`` with a block that gets this.

    Attributes:
        name: Begins the names of its fields.
        label: What it asks, before it is unfolded.
        content: What that block draws.
        open: Whether it is unfolded.
    """

    kind: ClassVar[str] = "drawn"
    error: ClassVar[None] = None
    name: str
    label: str
    content: Any
    open: bool = False


Field = Input | TextArea | Select | Checkbox | Choices | Hidden | Drawn


class Fieldset(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that belong together; ``legend`` may be None where the page's title says it."""

    kind: ClassVar[str] = "fieldset"
    fields: tuple[Field, ...]
    legend: str | None = None
    help: str | None = None


class DefinitionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a definition: a condition, a step.

    Attributes:
        label: Its name for screen readers ("Condition 2").
        fields: Its fields, side by side where there is room; their names hold the row's number.
        remove: Value of the button ``change`` that takes the row away; None where it must stay.
    """

    label: str
    fields: tuple[Field, ...]
    remove: str | None = None


class DefinitionEditor(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that can be added and taken away by submitting the form with the button ``change``; works without script.

    Attributes:
        legend: What the rows define.
        rows: The rows there are.
        add_label: On the button that adds one.
        add: That button's value.
        empty: What it means that there are no rows.
        help: How rows work together ("all must hold").
    """

    kind: ClassVar[str] = "definition"
    legend: str
    rows: tuple[DefinitionRow, ...]
    add_label: str
    add: str
    empty: str
    help: str | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form that changes something: posted, with the page's token against forgery.

    Attributes:
        name: Makes the ids of its fields unique on the page.
        action: Where it is posted to.
        sections: Its fields, in groups.
        submit: On its button: what will happen, as a verb.
        tone: ``danger`` for what cannot be undone.
        cancel: The way out.
    """

    name: str
    action: str
    sections: tuple[Fieldset | DefinitionEditor, ...]
    submit: str
    tone: Literal["accent", "danger"] = "accent"
    cancel: Link | None = None

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """The (field's name, error) pairs of all fields with an error, in order; listed above the form."""
        return tuple(
            (field.name, field.error)
            for field in self._fields()
            if not isinstance(field, Hidden) and field.error
        )

    def _fields(self) -> list[Field]:
        fields: list[Field] = []
        for section in self.sections:
            if isinstance(section, Fieldset):
                fields.extend(section.fields)
            else:
                fields.extend(field for row in section.rows for field in row.fields)
        return fields


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that is on; ``remove_href`` is the same page without it."""

    label: str
    remove_href: str


class FilterBar(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of a list: a form whose answers stand in the address, so that a view can be kept and shared.

    Attributes:
        name: Makes the ids of its fields unique on the page.
        action: The page's own path.
        fields: What can be filtered by.
        chips: What is filtered by now.
        clear_href: The page without any filter.
    """

    name: str
    action: str
    fields: tuple[Field, ...]
    chips: tuple[Chip, ...] = ()
    clear_href: str | None = None
