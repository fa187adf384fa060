"""What the pages of content share: the things they work with, addresses, and how channels, states and findings look."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

import msgspec
import sqlalchemy as sa

from beleef.access.desk import Answers, Desk, Visit
from beleef.access.model import Actor, Role
from beleef.content.api import Content
from beleef.content.examples import Examples
from beleef.content.model import (
    BLOCK_PARTS,
    PARTS,
    Block,
    Finding,
    Kind,
    Message,
    Part,
    Rendered,
    Severity,
    Stored,
)
from beleef.content.pages.titles import label_of
from beleef.content.wording import CHANNEL_NAMES, place, sentence
from beleef.store.records.database import Database
from beleef.ui.components import Badge, Channel, ChannelMark, Link, Tone
from beleef.ui.words import N_, Words

Section = Literal["messages", "blocks"]
"""The first part of an address; each has pages of the same shape."""

KINDS: Final[dict[str, Kind]] = {"messages": "message", "blocks": "block"}
SECTIONS: Final[tuple[Section, ...]] = ("messages", "blocks")
"""Each has routes of its own: a handler with two paths would be wrapped for its thread twice, and answer nothing."""
TITLES: Final = {"messages": N_("Messages"), "blocks": N_("Blocks")}

UsedBy = Callable[[sa.Connection], Mapping[str, Sequence[Link]]]
"""Gives, per message, what uses it; the composition knows who sends messages."""
SendTest = Callable[[Actor, Rendered], None]
"""Sends what was rendered to the colleague themselves."""

_LOOKS: Final[dict[str, Channel]] = {
    "email": "email", "sms": "phone", "whatsapp": "chat", "push": "app", "inbox": "portal", "webhook": "other",
    "letter": "post", "call": "phone", "staff": "other",
}  # fmt: skip
_TONES: Final[dict[Severity, Tone]] = {"error": "bad", "warning": "warn", "note": "accent"}


class ContentRoom(msgspec.Struct, kw_only=True):
    """What the pages of content work with.

    Attributes:
        desk: Receives those who ask, and answers.
        database: The state.
        content: Keeps and renders what is said.
        examples: Finds people to try messages on.
        record: Keeps a line in the audit log: who, did what, to which thing, and further detail.
        used_by: Tells what uses a message.
        send_test: Sends a test; None where nothing can send.
    """

    desk: Desk
    database: Database
    content: Content
    examples: Examples
    record: Callable[[Actor, str, str, dict[str, Any]], None]
    used_by: UsedBy
    send_test: SendTest | None


class FindingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it is shown: how grave, what it says, and where."""

    badge: Badge
    text: str
    place: str


def href(section: str, name: str = "", rest: str = "", **query: str) -> str:
    """Return the address of a page about a message or block, with the parts of a query that are not empty."""
    path = f"/{section}" + (f"/{quote(name, safe='')}" if name else "") + rest
    given = {key: value for key, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def stored_one(room: ContentRoom, connection: sa.Connection, section: Section, name: str) -> Stored[Any]:
    """Return the message or block of an address.

    Raises:
        NotFound: there is none.
    """
    if section == "messages":
        return room.content.message(connection, name)
    return room.content.block(connection, name)


def parts_of(one: Message | Block) -> tuple[Part, ...]:
    """Return the parts that a message or block has."""
    return PARTS[one.channel] if isinstance(one, Message) else BLOCK_PARTS


def crumbs(section: Section, words: Words, one: Message | Block | None = None) -> tuple[Link, ...]:
    """Return the way to a page below a section, or below one message or block."""
    first = Link(text=words.gettext(TITLES[section]), href=f"/{section}")
    return (first,) if one is None else (first, Link(text=label_of(one, words), href=href(section, one.name)))


def channel_of(channel: str, words: Words) -> ChannelMark:
    """Return how a message's channel looks."""
    return ChannelMark(look=_LOOKS[channel], label=words.gettext(CHANNEL_NAMES[channel]))


def state_badge(stored: Stored[Any], words: Words) -> Badge:
    """Return whether a message or block is in use, and whether its draft says something else."""
    if stored.published is None:
        return Badge(text=words.gettext("draft"), tone="neutral")
    if stored.changed:
        return Badge(
            text=words.gettext("version %(number)s, draft differs", number=stored.published), tone="accent"
        )
    return Badge(text=words.gettext("version %(number)s", number=stored.published), tone="good")


def check_badge(findings: Sequence[Finding], words: Words) -> Badge:
    """Return how the checks ended, in a word."""
    errors = sum(one.severity == "error" for one in findings)
    warnings = sum(one.severity == "warning" for one in findings)
    if errors:
        return Badge(text=words.ngettext("%(num)s error", "%(num)s errors", errors), tone="bad")
    if warnings:
        return Badge(text=words.ngettext("%(num)s warning", "%(num)s warnings", warnings), tone="warn")
    return Badge(text=words.gettext("in order"), tone="good")


def finding_lines(findings: Sequence[Finding], words: Words) -> tuple[FindingLine, ...]:
    """Return findings as they are shown."""
    names = {
        "error": words.gettext("error"),
        "warning": words.gettext("warning"),
        "note": words.gettext("note"),
    }
    return tuple(
        FindingLine(
            badge=Badge(text=names[one.severity], tone=_TONES[one.severity]),
            text=sentence(one, words),
            place=place(one, words),
        )
        for one in findings
    )


def filled(answers: Answers, name: str) -> str:
    """Return what was filled in, without blanks around it."""
    return answers.get(name, "").strip()


def may_edit(visit: Visit) -> bool:
    """Return whether whoever asks may change what is said."""
    return visit.may(Role.editor)
