"""What messages and blocks are, which parts a channel's message has, and what rendering and checking tell.

All of it is plain, frozen data; moments are microseconds since 1970 in UTC.
"""

from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypeVar, get_args

import msgspec

Language = Literal["nl", "en"]
Channel = Literal["email", "sms", "whatsapp", "push", "inbox", "webhook", "letter", "call", "staff"]
Purpose = Literal["marketing", "service", "survey", "transactional"]
Kind = Literal["message", "block"]
Severity = Literal["error", "warning", "note"]
PartKind = Literal["line", "text", "mail", "json", "address"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)

LONGEST_PART = 400_000
"""Letters of one part as it is written; four times what any mail client shows whole."""
LONGEST_NAME = 80

Content = TypeVar("Content")

Texts = Mapping[str, Mapping[str, str]]
"""Language → part → text with Liquid in it."""
Variables = Mapping[str, Any]
"""What Liquid may use, by root: ``person``, ``account``, ``fact``, ``items``, ``organisation``, ``links``, ``campaign``."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a channel's message.

    Attributes:
        name: Its name in files and in what rendering gives.
        kind: ``mail``: MJML or HTML, values are escaped; ``json``: a JSON text; ``address``: one address; ``line`` and
            ``text``: plain text of one or more lines.
        required: Whether a message cannot do without it.
    """

    name: str
    kind: PartKind
    required: bool = True


PARTS: Final[dict[Channel, tuple[Part, ...]]] = {
    "email": (
        Part(name="subject", kind="line"),
        Part(name="preheader", kind="line", required=False),
        Part(name="body", kind="mail"),
        Part(name="text", kind="text", required=False),
    ),
    "sms": (Part(name="text", kind="text"),),
    "whatsapp": (Part(name="text", kind="text"),),
    "push": (
        Part(name="title", kind="line"),
        Part(name="body", kind="text"),
        Part(name="url", kind="address", required=False),
    ),
    "inbox": (
        Part(name="title", kind="line"),
        Part(name="body", kind="text"),
        Part(name="url", kind="address", required=False),
        Part(name="label", kind="line", required=False),
    ),
    "webhook": (Part(name="body", kind="json"),),
    "letter": (Part(name="body", kind="text"),),
    "call": (Part(name="body", kind="text"),),
    "staff": (Part(name="body", kind="text"),),
}
"""The parts of each channel's message, in the order of the form. All but an e-mail's body are plain text."""

BLOCK_PARTS: Final = (
    Part(name="mail", kind="mail", required=False),
    Part(name="text", kind="text", required=False),
)
"""A block can have one form for e-mail bodies and one for everything that is plain text."""


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is said to one person over one channel, in each language.

    Attributes:
        name: Its name in campaigns, addresses and files: small letters, digits, ``-`` and ``_``.
        label: What people call it.
        channel: Over which channel it goes.
        purpose: What for; decides which checks apply.
        texts: Language → part → text with Liquid in it.
        description: What it is for.
    """

    name: str
    label: str
    channel: Channel
    purpose: Purpose
    texts: dict[str, dict[str, str]]
    description: str = ""


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A piece that messages share, put in with ``{% render 'name' %}``; messages always use its published version.

    Attributes:
        name: Its name in templates.
        label: What people call it.
        texts: Language → ``mail`` (MJML, for e-mail bodies) and ``text`` (everywhere else).
        description: What it is for, and what it takes.
    """

    name: str
    label: str
    texts: dict[str, dict[str, str]]
    description: str = ""


class Stored(msgspec.Struct, Generic[Content], frozen=True, kw_only=True):
    """A message or a block as it is kept.

    Attributes:
        draft: What was saved last.
        published: Number of the version in use; None before the first.
        latest: Number of the newest version, 0 for none.
        changed: Whether the draft says something else than the version in use.
        changed_at: When it was saved last.
        changed_by: Name of who saved it.
    """

    draft: Content
    published: int | None
    latest: int
    changed: bool
    changed_at: int
    changed_by: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One published version, which never changes: its number from 1, when, by whom, and what for."""

    number: int
    published_at: int
    published_by: str
    note: str = ""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message for one person.

    Attributes:
        name: The message's name.
        version: Which version was rendered; 0 for a draft.
        channel: The message's channel.
        purpose: The message's purpose.
        language: The language it is in, which may be another than the one asked for.
        parts: Part → ready text. An e-mail always has ``subject``, ``preheader``, ``body`` (HTML) and ``text``.
        missing: Paths of values that were needed and not there, e.g. ``person.first_name``; sorted, each once.
    """

    name: str
    version: int
    channel: Channel
    purpose: Purpose
    language: str
    parts: dict[str, str]
    missing: tuple[str, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a check found in a message.

    Attributes:
        code: What kind of thing, stable; ``wording.sentence`` says it in the reader's language.
        severity: ``error`` stops publishing; ``warning`` and ``note`` do not.
        language: In which language's texts; empty for the whole message.
        part: In which part; empty for all parts.
        values: What the sentence names.
    """

    code: str
    severity: Severity
    language: str = ""
    part: str = ""
    values: dict[str, str] = {}


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A table of things that messages look up, such as products.

    Attributes:
        name: Its name in templates: ``items.<name>``.
        label: What people call it.
        key: The field by which items are looked up.
        fields: The fields of its items, in the order they came.
        rows: How many items.
        version: Grows with every replacement.
        updated_at: When it was replaced last.
    """

    name: str
    label: str
    key: str
    fields: tuple[str, ...]
    rows: int
    version: int
    updated_at: int


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that is kept here, and served from here.

    Attributes:
        digest: Hash of its bytes (SHA-256, 32 hexadecimal digits of it); part of its address, which never changes.
        extension: ``png``, ``jpg``, ``gif`` or ``webp``.
        name: The file's name when it came.
        alt: What it shows, for those who do not see it.
        width: Pixels.
        height: Pixels.
        size: Bytes.
        added_at: When.
        added_by: Name of who added it.
    """

    digest: str
    extension: str
    name: str
    alt: str
    width: int
    height: int
    size: int
    added_at: int
    added_by: str

    @property
    def path(self) -> str:
        """Where it is served, below the address of the installation."""
        return f"/media/{self.digest}.{self.extension}"


class Organisation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every message may say about the sender: the root ``organisation``, and the colours of the mail's frame.

    Attributes:
        name: Its name.
        address: Its postal address on one line, which the law asks for in commercial mail.
        email: Where people can write to.
        phone: Where people can call.
        website: Its address on the web, with ``https://``.
        logo: Address of a picture; empty for the name in letters.
        colour: Colour of buttons and links, ``#rrggbb``.
    """

    name: str
    address: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    logo: str = ""
    colour: str = "#1d4ed8"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What applying a file does, or would do, to one thing in it."""

    kind: Kind
    name: str
    what: Literal["new", "changed", "same"]
