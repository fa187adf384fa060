"""Which ways of sending can be set up on the page, and the fields of each: settings, and secrets, which are never shown again."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec
import yaml

from beleef.access.desk import Answers
from beleef.contact.channels.push.keys import new_private_key
from beleef.contact.pages.parts import filled
from beleef.kernel.errors import InvalidInput
from beleef.kernel.ids import new_secret
from beleef.ui.forms import Checkbox, Field, Input, Option, Select, TextArea
from beleef.ui.words import N_, Words


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a way of sending.

    Attributes:
        name: Its name in the settings, or among the secrets.
        label: What is asked.
        kind: What kind of value; ``lines`` is a list, one a line; ``yaml`` is all settings, or an object among them.
        help: How to answer.
        required: Whether it must be filled in.
        secret: Whether it is kept apart and never shown.
        default: What stands there at first.
        choices: For ``choice``: value and label.
    """

    name: str
    label: str
    kind: Literal["text", "number", "whole", "email", "lines", "yaml", "choice", "yes"] = "text"
    help: str = ""
    required: bool = True
    secret: bool = False
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A way of sending: kind and driver, what it is called, what it does, and its fields.

    ``whole`` names the field that holds all settings as YAML; ``made`` are secrets that Beleef makes when they are not there.
    """

    kind: str
    driver: str
    label: str
    about: str
    fields: tuple[Setting, ...] = ()
    whole: str = ""
    made: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in addresses."""
        return f"{self.kind}-{self.driver}"


_SECURITY: Final = (
    ("starttls", N_("STARTTLS")),
    ("tls", N_("TLS from the first byte")),
    ("none", N_("none (a server on the same machine)")),
)

_SMTP: Final = (
    Setting(name="host", label=N_("Mail server")),
    Setting(name="port", label=N_("Port"), kind="whole", default="587"),
    Setting(name="security", label=N_("Security"), kind="choice", choices=_SECURITY, default="starttls"),
    Setting(name="user", label=N_("User"), required=False),
    Setting(name="password", label=N_("Password"), required=False, secret=True),
    Setting(name="from_address", label=N_("From address"), kind="email"),
    Setting(
        name="from_name", label=N_("From name"), required=False, help=N_("Empty: the organisation's name.")
    ),
    Setting(name="reply_to", label=N_("Answers go to"), kind="email", required=False),
    Setting(
        name="bounces_to",
        label=N_("Mail that comes back goes to"),
        required=False,
        help=N_("A domain, for an address per message, or one address."),
    ),
    Setting(name="connections", label=N_("Connections at most"), kind="whole", default="4"),
    Setting(name="track_clicks", label=N_("See which links are followed"), kind="yes", default="yes"),
    Setting(
        name="track_opens",
        label=N_("See whether mail is opened, by an invisible image"),
        kind="yes",
        help=N_("Off by default: people do not expect it, and mail programs make it unreliable."),
    ),
    Setting(
        name="own_domains",
        label=N_("Own domains"),
        kind="lines",
        required=False,
        help=N_("Links to these carry the campaign's name (UTM). One a line."),
    ),
    Setting(
        name="mailbox",
        label=N_("Mailbox of what comes back"),
        kind="yaml",
        required=False,
        help=N_("IMAP: host, port, security, user, folder."),
    ),
    Setting(name="mailbox_password", label=N_("Password of that mailbox"), required=False, secret=True),
    Setting(
        name="reports",
        label=N_("Secret of the mail provider's reports"),
        required=False,
        secret=True,
        help=N_("With it bounces may be told at /v1/contact/mail-reports."),
    ),
)

_PROVIDER: Final = (
    Setting(
        name="provider",
        label=N_("How the provider is spoken to"),
        kind="yaml",
        help=N_("Copy one of examples/channels and put your own values in."),
    ),
    Setting(name="user", label=N_("User"), required=False, secret=True),
    Setting(name="password", label=N_("Password"), required=False, secret=True),
    Setting(name="token", label=N_("Token"), required=False, secret=True),
    Setting(name="report_secret", label=N_("Secret of the delivery reports"), required=False, secret=True),
)

WAYS: Final[tuple[Way, ...]] = (
    Way(
        kind="email",
        driver="smtp",
        label=N_("E-mail by a mail server"),
        about=N_("Any server that speaks SMTP: your own, or that of a provider."),
        fields=_SMTP,
    ),
    Way(
        kind="sms",
        driver="http",
        label=N_("SMS by a provider"),
        about=N_("Any provider with an HTTP interface; how to speak to it is described as data."),
        fields=_PROVIDER,
        whole="provider",
    ),
    Way(
        kind="whatsapp",
        driver="http",
        label=N_("WhatsApp by a provider"),
        about=N_("Any provider with an HTTP interface; how to speak to it is described as data."),
        fields=_PROVIDER,
        whole="provider",
    ),
    Way(
        kind="push",
        driver="webpush",
        label=N_("Notifications in the browser"),
        about=N_(
            "For people who allowed them on your site. Beleef makes the key that push services ask for."
        ),
        fields=(
            Setting(
                name="contact",
                label=N_("Address of the sender"),
                kind="email",
                help=N_("Where a push service writes to when something is wrong."),
            ),
            Setting(name="icon", label=N_("Address of the picture"), required=False),
            Setting(
                name="keep_s",
                label=N_("Seconds to keep it for a browser that is off"),
                kind="whole",
                default="86400",
            ),
        ),
        made=("private_key",),
    ),
    Way(
        kind="webhook",
        driver="http",
        label=N_("Webhook"),
        about=N_("Hands messages to another system, signed, so that it can trust them."),
        fields=(
            Setting(name="url", label=N_("Address"), help=N_("It begins with https://.")),
            Setting(name="timeout_s", label=N_("Seconds to wait for an answer"), kind="number", default="10"),
            Setting(
                name="signing_secret",
                label=N_("Secret to sign with"),
                required=False,
                secret=True,
                help=N_("Leave it empty the first time: Beleef makes one and shows it once."),
            ),
        ),
        made=("signing_secret",),
    ),
    Way(
        kind="letter",
        driver="pdf",
        label=N_("Letters"),
        about=N_("A PDF per letter, and a batch a day for a print service."),
        fields=(
            Setting(
                name="sender",
                label=N_("Sender"),
                kind="lines",
                help=N_("Name and address, one line each; it stands in the window of the envelope as well."),
            ),
            Setting(name="place", label=N_("Town before the date"), required=False),
            Setting(
                name="typeface",
                label=N_("Typeface"),
                required=False,
                help=N_("A TrueType file on this machine. Empty: the built-in one, for Western Europe."),
            ),
        ),
    ),
    Way(
        kind="staff",
        driver="apprise",
        label=N_("Alerts for staff"),
        about=N_("To the team's chat, mail or pager, through Apprise."),
        fields=(
            Setting(
                name="addresses",
                label=N_("Addresses"),
                kind="lines",
                secret=True,
                help=N_(
                    "One a line, such as mailto://… or slack://…. They hold keys, so they are not shown again."
                ),
            ),
        ),
    ),
)
"""What can be set up. The inbox, the call list and the outbox are there by themselves."""


def way_of(kind: str, driver: str) -> Way | None:
    """Return a way of sending, or None where it is none that is set up on the page."""
    return next((way for way in WAYS if (way.kind, way.driver) == (kind, driver)), None)


def way_named(name: str) -> Way | None:
    """Return a way of sending by its name in addresses."""
    return next((way for way in WAYS if way.name == name), None)


def to_answers(way: Way, settings: Mapping[str, Any]) -> Answers:
    """Return settings as the form would be sent with them; secrets are left empty."""
    return Answers(list(_pairs(way, settings)))


def _pairs(way: Way, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in way.fields:
        if field.secret:
            continue
        value = settings if field.name == way.whole else settings.get(field.name)
        match field.kind:
            case "yaml":
                text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True) if value else ""
            case "lines":
                text = "\n".join(value or ())
            case "yes":
                text = "yes" if (value if value is not None else field.default) else ""
            case _:
                text = field.default if value is None else f"{value}"
        yield field.name, text


def read_settings(way: Way, given: Answers) -> tuple[dict[str, Any], dict[str, str]]:
    """Return settings and those secrets that were filled in.

    Raises:
        InvalidInput: a field cannot be read; code ``invalid_channel``.
    """
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for field in way.fields:
        text = filled(given, field.name)
        if field.secret:
            if text:
                secrets[field.name] = text
        elif field.name == way.whole:
            settings.update(_object(field, text))
        elif field.kind == "yes":
            settings[field.name] = bool(text)
        elif text:
            settings[field.name] = _value(field, text)
    return settings, secrets


def made_secrets(way: Way, known: frozenset[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that Beleef makes because nobody gave them."""
    makers = {"private_key": new_private_key, "signing_secret": new_secret}
    return {name: makers[name]() for name in way.made if name not in known and name not in given}


def fields(way: Way, given: Answers, known: frozenset[str], words: Words) -> tuple[Field, ...]:
    """Return the fields of a way of sending, filled in; of a secret only whether there is one."""
    return tuple(_field(field, given, known, words) for field in way.fields)


def _field(field: Setting, given: Answers, known: frozenset[str], words: Words) -> Field:
    label, value = words.gettext(field.label), given.get(field.name, "")
    help_ = words.gettext(field.help) if field.help else None
    is_kept = field.secret and field.name in known
    if is_kept:
        kept = words.gettext("One is kept. Leave this empty to keep it.")
        help_ = f"{help_} {kept}" if help_ else kept
    required = field.required and not is_kept
    match field.kind:
        case "yes":
            return Checkbox(name=field.name, label=label, checked=bool(value), help=help_)
        case "choice":
            options = tuple(Option(value=one, label=words.gettext(text)) for one, text in field.choices)
            return Select(name=field.name, label=label, options=options, value=value, help=help_)
        case "lines" | "yaml":
            machine = field.kind == "yaml" or field.secret
            rows = 16 if field.required and field.kind == "yaml" else 4
            return TextArea(
                name=field.name,
                label=label,
                value="" if field.secret else value,
                rows=rows,
                machine=machine,
                help=help_,
                required=required,
            )
    return Input(
        name=field.name,
        label=label,
        type="password" if field.secret else _TYPES.get(field.kind, "text"),
        value="" if field.secret else value,
        help=help_,
        required=required,
        autocomplete="new-password" if field.secret else "off",
    )


_TYPES: Final[Mapping[str, Literal["number", "email"]]] = {
    "number": "number",
    "whole": "number",
    "email": "email",
}


def _value(field: Setting, text: str) -> Any:
    match field.kind:
        case "whole" | "number":
            try:
                number = float(text.replace(",", "."))
            except ValueError as error:
                raise _invalid(f"“{text}” is no number.") from error
            return round(number) if field.kind == "whole" else number
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "yaml":
            return _object(field, text)
    return text


def _object(field: Setting, text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _invalid(f"This is no YAML: {error}") from error
    if not isinstance(found, dict):
        raise _invalid(f"“{field.name}” is no list of names and values.")
    return {str(name): value for name, value in found.items()}


def _invalid(message: str) -> InvalidInput:
    return InvalidInput(message, hint="Correct it and save again.", code="invalid_channel")
