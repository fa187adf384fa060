"""The parts that pages are built from, as data: a slice fills them with ready text, and the macros of `templates/` draw them.

All text in them is already in the reader's language; moments are microseconds since 1970, which the macros tell in the reader's zone.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar, Final, Literal

import msgspec
from markupsafe import Markup

from beleef.kernel.errors import BeleefError
from beleef.ui.words import Words

Icon = Literal[
    "account", "alert", "app", "arrow-down", "arrow-up", "auto", "bell", "calendar", "campaign", "case", "chat", "check",
    "chevron-down", "chevron-right", "clock", "close", "code", "consent", "copy", "document", "download", "edit", "email",
    "error", "eye", "filter", "flag", "heart", "help", "identity", "idea", "inbox", "info", "journey", "key", "keyboard",
    "language", "level", "live", "menu", "moon", "more", "other", "overview", "pause", "people", "person", "phone", "play",
    "plus", "portal", "post", "product", "quarantine", "refresh", "search", "settings", "shop", "sign-out", "smile", "social",
    "source", "star", "sun", "target", "trash", "trait", "undo", "upload", "value", "web",
]  # fmt: skip
"""The drawings in ``static/icons.svg``; a test holds the two equal."""

Tone = Literal["neutral", "accent", "good", "warn", "bad"]
Channel = Literal["web", "app", "email", "phone", "chat", "shop", "post", "social", "portal", "other"]

CHANNELS: Final[tuple[Channel, ...]] = (
    "web", "app", "email", "phone", "chat", "shop", "post", "social", "portal", "other"
)  # fmt: skip
"""The channels that have a drawing and a colour of their own; every further one looks like ``other`` and keeps its name."""


class ChannelMark(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: drawing, colour and name, so that no one has to tell it by colour alone. Made by ``channel_mark``."""

    kind: ClassVar[str] = "channel"
    look: Channel
    label: str


class ChannelMarks(msgspec.Struct, frozen=True, kw_only=True):
    """Several channels in little room: drawings only, their names for screen readers and on pointing."""

    kind: ClassVar[str] = "channels"
    marks: tuple[ChannelMark, ...]


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """A state in a word. Its drawing differs per tone, so that it does not depend on colour."""

    kind: ClassVar[str] = "badge"
    text: str
    tone: Tone = "neutral"
    icon: Icon | None = None


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Plain text, with an optional softer second line."""

    kind: ClassVar[str] = "text"
    text: str
    detail: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Text that leads to ``href``, with an optional softer second line."""

    kind: ClassVar[str] = "link"
    text: str
    href: str
    detail: str | None = None


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A value as machines write it: an identifier, a key, an event's name."""

    kind: ClassVar[str] = "code"
    text: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, already written for the reader, in digits of equal width; ``detail`` is its n or its interval."""

    kind: ClassVar[str] = "figure"
    text: str
    detail: str | None = None


class Time(msgspec.Struct, frozen=True, kw_only=True):
    """A moment, told as distance from now ("3 minutes ago") with the exact time on pointing; ``exact`` tells it in full."""

    kind: ClassVar[str] = "time"
    moment: int
    exact: bool = False


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """A ready piece of SVG, such as a sparkline."""

    kind: ClassVar[str] = "drawing"
    svg: Markup


Cell = Text | Link | Code | Figure | Time | Badge | ChannelMark | ChannelMarks | Drawing


class EmptyState(msgspec.Struct, frozen=True, kw_only=True):
    """What stands where nothing is yet: why, and what to do next."""

    title: str
    text: str
    icon: Icon = "inbox"
    action: Link | None = None


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A table's column.

    Attributes:
        label: Its heading; also before each value where rows are shown as cards.
        numeric: Set to the right, digits below digits.
        sort_href: Address of the same page sorted by this column; None where it cannot be sorted by.
        sorted: How the rows are sorted by it now.
    """

    label: str
    numeric: bool = False
    sort_href: str | None = None
    sorted: Literal["ascending", "descending"] | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A table's row: one cell per column. A first cell that is a ``Link`` makes the whole row lead there."""

    cells: tuple[Cell, ...]
    tone: Tone = "neutral"


class Pager(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the rows before and after, by key; ``shown`` says what is on this page ("1 to 50 of about 20,000")."""

    shown: str
    previous_href: str | None = None
    next_href: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows under headings; becomes a list of cards where there is no room for columns.

    Attributes:
        caption: What the table holds; read aloud, shown only when ``show_caption``.
        columns: Headings.
        rows: Each with as many cells as there are columns.
        empty: What to show when there are no rows.
        pager: The way to more rows.
        show_caption: Whether the caption is visible.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: EmptyState | None = None
    pager: Pager | None = None
    show_caption: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How a figure moved since before: the drawing shows the direction, the tone whether that is good."""

    text: str
    direction: Literal["up", "down", "level"]
    tone: Tone = "neutral"


class Stat(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with what it rests on; a figure without its n or interval is not shown, so ``basis`` is required.

    Attributes:
        label: What is counted.
        figure: The figure, written for the reader.
        unit: Its unit, where the label does not say it.
        basis: n, interval or moment: "n = 1,204", "95% between 31 and 39", "counted 2 seconds ago".
        change: Against the period before.
        trend: A sparkline.
        href: Where to see more.
    """

    label: str
    figure: str
    basis: str
    unit: str | None = None
    change: Change | None = None
    trend: Markup | None = None
    href: str | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is known, and how: name, value, the source that said so and when (microseconds)."""

    name: str
    value: Cell
    source: str | None = None
    moment: int | None = None


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One interaction.

    Attributes:
        moment: When it happened, in microseconds.
        channel: Over which channel.
        title: What happened, in words.
        summary: A second line: amount, page, subject.
        meta: Short softer facts: touchpoint, source.
        href: Where it stands by itself.
        details: The fact as JSON value, folded away; None for nothing to unfold.
    """

    moment: int
    channel: ChannelMark
    title: str
    summary: str | None = None
    meta: tuple[str, ...] = ()
    href: str | None = None
    details: object = None


class TimelineDay(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of one day, under its name."""

    label: str
    entries: tuple[TimelineEntry, ...]


class LiveList(msgspec.Struct, frozen=True, kw_only=True):
    """A list that stays up to date where scripts run, and is a plain list where they do not.

    Attributes:
        label: What the list holds.
        source: Address that answers with the newest entries as HTML list items, newest first; its header ``Beleef-Next``
            names the address to ask next.
        every_ms: How often to ask, in milliseconds.
        keep: How many entries to keep.
    """

    label: str
    source: str
    every_ms: int = 1_000
    keep: int = 200


class TabLink(msgspec.Struct, frozen=True, kw_only=True):
    """A tab; a plain link, so that each tab has an address."""

    label: str
    href: str
    active: bool = False
    count: str | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far something is: ``done`` of ``total`` (any unit, total above 0), and the same in words."""

    label: str
    done: float
    total: float
    text: str
    tone: Tone = "accent"


class Callout(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know on this page, with what to do about it."""

    title: str
    text: str
    tone: Tone = "accent"
    action: Link | None = None


def refusal_note(error: BeleefError | None, words: Words) -> Callout | None:
    """Return the note above a form that says what was refused and what to do about it; None while nothing was."""
    if error is None:
        return None
    return Callout(title=words.refused(error.message), text=words.refused(error.hint), tone="bad")


class CodeBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Lines to copy: a command, a snippet, a key that is shown once. ``name`` makes its ids unique on the page."""

    name: str
    label: str
    code: str


class EvidenceNode(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of a person and the evidence that ties it to the one above it.

    Attributes:
        namespace: What kind of identifier, in the reader's words.
        value: The identifier.
        state: Whether the tie holds, was refused, was undone by staff, or waits for a decision.
        how: Why it is tied to the one above ("both in one identify call"); None at the root.
        source: Which source said so.
        moment: When it was first seen, in microseconds.
        undo: To the page that asks whether to undo this piece of evidence.
        children: What hangs below it.
    """

    namespace: str
    value: str
    state: Literal["joined", "refused", "undone", "proposed"] = "joined"
    how: str | None = None
    source: str | None = None
    moment: int | None = None
    undo: Link | None = None
    children: tuple["EvidenceNode", ...] = ()


def channel_mark(channel: str, words: Words) -> ChannelMark:
    """Return how a channel looks; a channel that Beleef has no drawing for keeps its own name."""
    look: Channel = next((known for known in CHANNELS if known == channel), "other")
    return ChannelMark(look=look, label=_channel_names(words).get(channel, channel))


def by_day(entries: Sequence[TimelineEntry], words: Words) -> tuple[TimelineDay, ...]:
    """Return entries, already in the order wanted, under the days of the reader's zone."""
    return tuple(
        TimelineDay(label=words.long_day(day), entries=tuple(group))
        for day, group in groupby(entries, key=lambda entry: words.local_date(entry.moment))
    )


def _channel_names(words: Words) -> dict[str, str]:
    return {
        "web": words.gettext("Web"),
        "app": words.gettext("App"),
        "email": words.gettext("E-mail"),
        "phone": words.gettext("Phone"),
        "chat": words.gettext("Chat"),
        "shop": words.gettext("Shop"),
        "post": words.gettext("Post"),
        "social": words.gettext("Social"),
        "portal": words.gettext("Portal"),
        "sms": words.gettext("SMS"),
        "whatsapp": words.gettext("WhatsApp"),
        "advert": words.gettext("Advertisement"),
        "event": words.gettext("Event"),
        "api": words.gettext("API"),
        "other": words.gettext("Other"),
    }
