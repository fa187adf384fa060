"""The forms of a source: its channel and touchpoint rules, and its webhook; and what their answers mean."""

from collections.abc import Sequence
from typing import Any, get_args

import msgspec
import yaml

from beleef.access.desk import Answers
from beleef.collect.hooks import SHAPES
from beleef.collect.importing.mapping import read_mapping
from beleef.collect.model import CHANNELS, Ring, Source, TouchpointRule, When, check_channel
from beleef.facts.fact import FactType
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import Link, channel_mark
from beleef.ui.forms import (
    DefinitionEditor,
    DefinitionRow,
    Field,
    Fieldset,
    Form,
    Input,
    Option,
    Select,
    TextArea,
)
from beleef.ui.words import Words

_MOST_RULES = 200
_PARTS = ("touchpoint", "ring", "type", "name", "path", "property")
UNSIGNED = "none"
"""The answer of a webhook that is not signed."""


Draft = tuple[str, str, str, str, str, str]
"""A rule as it stands in the form: touchpoint, ring, type, name, start of the path, ``property=value``."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the form with channel and rules was sent with.

    Attributes:
        channel: The channel.
        drafts: The rules as typed.
        errors: What is wrong, by the name of the field.
    """

    channel: str
    drafts: tuple[Draft, ...]
    errors: dict[str, str] = {}


def channel_field(words: Words, value: str, error: str | None = None) -> Select:
    """Return the field for a source's channel."""
    known = (*CHANNELS, value) if value and value not in CHANNELS else CHANNELS
    options = tuple(Option(value=name, label=channel_mark(name, words).label) for name in known)
    return Select(
        name="channel",
        label=words.gettext("Channel"),
        options=options,
        value=value or CHANNELS[0],
        help=words.gettext("Of its facts, unless a fact says another one itself."),
        error=error,
    )


def rules_of(source: Source) -> Rules:
    """Return a source's channel and rules as its form shows them."""
    return Rules(channel=source.channel, drafts=tuple(_draft(rule) for rule in source.touchpoints))


def read_rules(answers: Answers) -> Rules:
    """Return what the form was sent with, one rule more or less where that is what was asked."""
    change = answers.get("change", "")
    numbers = [number for number in range(1, _MOST_RULES + 1) if f"touchpoint-{number}" in answers]
    drafts: list[Draft] = []
    for number in numbers:
        if change != f"remove-{number}":
            values = [answers.get(f"{part}-{number}", "").strip() for part in _PARTS]
            drafts.append((values[0], values[1], values[2], values[3], values[4], values[5]))
    if change == "add":
        drafts.append(("", "customer", "", "", "", ""))
    return Rules(channel=answers.get("channel", ""), drafts=tuple(drafts))


def checked_rules(rules: Rules, words: Words) -> tuple[Rules, tuple[TouchpointRule, ...]]:
    """Return the rules with what is wrong in them, and what they mean where nothing is."""
    errors: dict[str, str] = {}
    meant = []
    for number, draft in enumerate(rules.drafts, start=1):
        touchpoint, ring, kind, name, path, condition = draft
        if not touchpoint:
            errors[f"touchpoint-{number}"] = words.gettext("Give the touchpoint a name, or remove the row.")
        wanted = [part.partition("=") for part in condition.split(";") if part.strip()]
        if not all(equals and key.strip() for key, equals, _ in wanted):
            errors[f"property-{number}"] = words.gettext(
                "Write it as property=value; several with a semicolon between."
            )
        when = When(
            type=kind or None,
            name=name or None,
            path_prefix=path or None,
            property={key.strip(): _value(value.strip()) for key, _, value in wanted},
        )
        if when == When() and touchpoint:
            errors[f"name-{number}"] = words.gettext(
                "Say for which facts: a type, a name, a path or a property."
            )
        meant.append(TouchpointRule(touchpoint=touchpoint, ring=_ring(ring), when=when))
    try:
        check_channel(rules.channel)
    except InvalidInput:
        errors["channel"] = words.gettext("Choose a channel.")
    return msgspec.structs.replace(rules, errors=errors), tuple(meant)


def rules_form(source: Source, rules: Rules, words: Words) -> Form:
    """Return the form with a source's channel and touchpoint rules."""
    rows = tuple(
        _row(number, draft, rules.errors, words) for number, draft in enumerate(rules.drafts, start=1)
    )
    editor = DefinitionEditor(
        legend=words.gettext("Touchpoints"),
        help=words.gettext(
            "The exact place of contact. The first rule that fits names it; what is left empty fits everything."
        ),
        rows=rows,
        add_label=words.gettext("Add a rule"),
        add="add",
        empty=words.gettext("No rules: only facts that say their touchpoint themselves have one."),
    )
    channel = Fieldset(fields=(channel_field(words, rules.channel, rules.errors.get("channel")),))
    return Form(
        name="rules",
        action=f"/sources/{source.id}/rules",
        sections=(channel, editor),
        submit=words.gettext("Save"),
        cancel=Link(text=words.gettext("Cancel"), href=f"/sources/{source.id}"),
    )


def _row(number: int, draft: Draft, errors: dict[str, str], words: Words) -> DefinitionRow:
    touchpoint, ring, kind, name, path, condition = draft
    rings = {
        "service": words.gettext("Service experience"),
        "customer": words.gettext("Customer experience"),
        "staged": words.gettext("Staged experience"),
    }
    types = [Option(value="", label=words.gettext("Every type"))]
    types += [Option(value=one, label=one) for one in get_args(FactType) if one != "beleef"]

    def text(part: str, label: str, value: str, *, required: bool = False) -> Input:
        field = f"{part}-{number}"
        return Input(name=field, label=label, value=value, error=errors.get(field), required=required)

    fields: tuple[Field, ...] = (
        text("touchpoint", words.gettext("Touchpoint"), touchpoint, required=True),
        Select(
            name=f"ring-{number}",
            label=words.gettext("Ring"),
            options=tuple(Option(value=value, label=label) for value, label in rings.items()),
            value=ring or "customer",
        ),
        Select(
            name=f"type-{number}",
            label=words.gettext("Type"),
            options=tuple(types),
            value=kind,
            required=False,
        ),
        text("name", words.gettext("Name of event or page"), name),
        text("path", words.gettext("Path begins with"), path),
        text("property", words.gettext("Property is"), condition),
    )
    return DefinitionRow(
        label=words.gettext("Rule %(number)s", number=number), fields=fields, remove=f"remove-{number}"
    )


def _draft(rule: TouchpointRule) -> Draft:
    when = rule.when
    condition = "; ".join(f"{key}={_written(value)}" for key, value in when.property.items())
    return (rule.touchpoint, rule.ring, when.type or "", when.name or "", when.path_prefix or "", condition)


def _written(value: str | float | bool) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _value(text: str) -> str | int | float | bool:
    """Return a number or a truth where the text is one: in a fact ``5`` and ``"5"`` are not equal."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _ring(text: str) -> Ring:
    return next((ring for ring in get_args(Ring) if ring == text), "customer")


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """What the webhook's form shows: the mapping as YAML, the way of signing and what is wrong, by field."""

    mapping: str = ""
    signature: str = UNSIGNED
    has_secret: bool = False
    errors: dict[str, str] = {}


def hook_of(source: Source) -> Hook:
    """Return a source's webhook as its form shows it."""
    held: dict[str, Any] = source.hook or {}
    signature: dict[str, Any] = held.get("signature") or {}
    mapping = held.get("mapping", "")
    return Hook(
        mapping=mapping if isinstance(mapping, str) else yaml.safe_dump(mapping, sort_keys=False),
        signature=_shape_name(signature.get("shape")),
        has_secret=bool(signature.get("secret")),
    )


def read_hook(source: Source, answers: Answers, words: Words) -> tuple[Hook, dict[str, Any] | None]:
    """Return the form as sent with what is wrong in it, and what to keep: None takes the webhook away."""
    mapping, signing = answers.get("mapping", ""), answers.get("signature", UNSIGNED)
    kept: dict[str, Any] = (source.hook or {}).get("signature") or {}
    secret = answers.get("secret", "").strip() or kept.get("secret", "")
    if not mapping.strip():
        return Hook(), None
    errors: dict[str, str] = {}
    try:
        read_mapping(mapping)
    except InvalidInput as error:
        errors["mapping"] = error.message
    if signing != UNSIGNED and signing not in SHAPES:
        errors["signature"] = words.gettext("Choose how it is signed.")
    elif signing != UNSIGNED and not secret:
        errors["secret"] = words.gettext("Fill in the secret that the sender signs with.")
    shown = Hook(mapping=mapping, signature=signing, has_secret=bool(secret), errors=errors)
    if errors:
        return shown, None
    signature = None
    if signing != UNSIGNED:
        signature = {"shape": msgspec.to_builtins(SHAPES[signing]), "secret": secret}
    return shown, {"mapping": mapping, "signature": signature}


def hook_form(source: Source, hook: Hook, words: Words) -> Form:
    """Return the form with a source's webhook."""
    signings: Sequence[tuple[str, str]] = (
        (UNSIGNED, words.gettext("Not signed: it shows the write key in the address")),
        ("standard", "Standard Webhooks"),
        ("plain", "X-Signature (HMAC-SHA256)"),
        ("github", "GitHub"),
        ("shopify", "Shopify"),
        ("stripe", "Stripe"),
        ("slack", "Slack"),
    )
    secret_help = (
        words.gettext("A secret is kept; leave this empty to keep it.")
        if hook.has_secret
        else words.gettext("The same as in the sending system.")
    )
    fields: tuple[Field, ...] = (
        TextArea(
            name="mapping",
            label=words.gettext("Mapping (YAML)"),
            value=hook.mapping,
            rows=14,
            machine=True,
            required=False,
            help=words.gettext("How its body becomes facts. Empty: the source has no webhook."),
            error=hook.errors.get("mapping"),
        ),
        Select(
            name="signature",
            label=words.gettext("Signature"),
            options=tuple(Option(value=value, label=label) for value, label in signings),
            value=hook.signature,
            error=hook.errors.get("signature"),
        ),
        Input(
            name="secret",
            label=words.gettext("Secret"),
            type="password",
            required=False,
            help=secret_help,
            error=hook.errors.get("secret"),
            autocomplete="off",
        ),
    )
    return Form(
        name="hook",
        action=f"/sources/{source.id}/hook",
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Save"),
        cancel=Link(text=words.gettext("Cancel"), href=f"/sources/{source.id}"),
    )


def _shape_name(shape: Any) -> str:
    return next((name for name, known in SHAPES.items() if msgspec.to_builtins(known) == shape), UNSIGNED)
