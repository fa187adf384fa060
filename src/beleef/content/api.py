"""Content's door: messages and blocks with versions, rendered for one person; feeds, pictures, checks, links and files.

All methods take a connection; those that write need one inside a transaction.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import sqlalchemy as sa

from beleef.content import files, queries, using
from beleef.content.files import ContentFile, from_data, message_from_data, read_yaml, to_data, write_yaml
from beleef.content.known import Known, Lookups, read_known
from beleef.content.links import add_utm, track_links, with_base
from beleef.content.linting import lint
from beleef.content.model import (
    CHANNELS,
    LANGUAGES,
    PARTS,
    PURPOSES,
    Block,
    Change,
    Feed,
    Finding,
    Image,
    Kind,
    Message,
    Organisation,
    Part,
    Rendered,
    Stored,
    Variables,
    Version,
)
from beleef.content.plain import text_of
from beleef.content.rendering import is_complete
from beleef.content.shelf import Shelf, read_items
from beleef.content.templating import Templates
from beleef.content.variables import fact_variables, language_of, person_variables
from beleef.kernel.clock import Clock
from beleef.kernel.errors import Conflict, InvalidInput, NotFound

__all__ = [
    "CHANNELS",
    "LANGUAGES",
    "PARTS",
    "PURPOSES",
    "Block",
    "Change",
    "Content",
    "ContentFile",
    "Feed",
    "Finding",
    "Image",
    "Message",
    "Organisation",
    "Part",
    "Rendered",
    "Shelf",
    "Stored",
    "Templates",
    "Version",
    "add_utm",
    "fact_variables",
    "from_data",
    "is_complete",
    "language_of",
    "message_from_data",
    "person_variables",
    "read_items",
    "read_yaml",
    "text_of",
    "to_data",
    "track_links",
    "with_base",
    "write_yaml",
]

_LIBRARY: Final = Path(__file__).parent / "library.yaml"
_VERSIONS_KEPT: Final = 500
_BY_BELEEF: Final = "Beleef"


class Content:
    """Keeps and renders what is said.

    What messages are made of is read once and kept until somebody changes it, in whatever process; so that rendering costs
    one small read.

    Args:
        organisation: The organisation's name, until somebody filled in more.
        language: Its own language, for people whose language is unknown: ``nl`` or ``en``.
        zone: Its time zone, an IANA name.
        now: The clock.
        address: The installation's own public address, where mail programs find pictures; empty to leave their addresses
            as they are written.

    Attributes:
        shelf: Keeps feeds, pictures and what the organisation says of itself.
    """

    def __init__(self, *, organisation: str, language: str, zone: str, now: Clock, address: str = "") -> None:
        self._name = organisation
        self._language = language
        self._zone = zone
        self._now = now
        self._address = address
        self._known: Known | None = None
        self.shelf = Shelf(now)

    # Rendering

    def render(
        self,
        connection: sa.Connection,
        name: str,
        version: int | None = None,
        *,
        person: Variables,
        language: str = "",
        strict: bool = True,
    ) -> Rendered:
        """Return a published message for one person.

        Args:
            connection: To read from.
            name: The message's name.
            version: Which version; None for the one in use.
            person: What it may use, by root: ``person``, ``account``, ``fact``, ``links``, ``campaign``. The roots ``items``,
                ``organisation`` and ``now`` are added where they are not given.
            language: The language wished for; empty for the person's own.
            strict: Whether to refuse where a value is missing that has no ``default``.

        Raises:
            NotFound: there is no such message, or it was never published.
            InvalidInput: a value is missing (code ``missing_value``) or a template is broken (``template_error``,
                ``mjml_error``).
        """
        known = self._current(connection)
        number, message = self._published(connection, known, name, version)
        rendered = known.composer.compose(
            message,
            self._complete(connection, known, person),
            version=number,
            language=language,
            strict=strict,
        )
        return self._addressed(rendered)

    def fill(
        self, connection: sa.Connection, parts: Mapping[str, str], *, person: Variables, language: str = ""
    ) -> dict[str, str]:
        """Return parts of a message that is not in the library, filled in as plain text; the rest is as for ``render``.

        Raises:
            InvalidInput: a value is missing (code ``missing_value``), or it is no Liquid (``template_error``).
        """
        known = self._current(connection)
        return known.composer.fill(parts, self._complete(connection, known, person), language)

    def must_be_readable(self, connection: sa.Connection, text: str) -> None:
        """Refuse a text that could not be filled in.

        Raises:
            InvalidInput: it is no Liquid; code ``template_error``.
        """
        self._current(connection).composer.read(text)

    def render_draft(
        self,
        connection: sa.Connection,
        message: Message,
        *,
        person: Variables,
        language: str = "",
        marked: bool = True,
    ) -> Rendered:
        """Return a message that need not be saved, for a preview or a test; what is missing is told, never refused.

        Args:
            connection: To read from.
            message: The message.
            person: As for ``render``.
            language: As for ``render``.
            marked: Whether missing values are shown as their paths.

        Raises:
            InvalidInput: a template is broken.
        """
        known = self._current(connection)
        rendered = known.composer.compose(
            message,
            self._complete(connection, known, person),
            version=0,
            language=language,
            strict=False,
            marking="shown" if marked else "none",
        )
        # A preview is looked at here, where the pictures are.
        return rendered if marked else self._addressed(rendered)

    def published(
        self, connection: sa.Connection, name: str, version: int | None = None
    ) -> tuple[int, Message]:
        """Return number and message of a version; of the one in use where none is given.

        Raises:
            NotFound: there is no such message or version.
        """
        return self._published(connection, self._current(connection), name, version)

    def lint(self, connection: sa.Connection, one: Message | Block) -> tuple[Finding, ...]:
        """Return what checks find in a message or block, errors first; kept until content changes."""
        known = self._current(connection)
        key = msgspec.json.encode(one)
        if key not in known.findings:
            known.findings[key] = lint(one, known.composer, feeds=known.feeds)
        return known.findings[key]

    def users_of_computed(self, connection: sa.Connection, trait: str) -> list[tuple[str, str]]:
        """Return kind and label of the messages and blocks that ask for a computed trait, as drafts or in use."""
        every: list[Message | Block] = [one.draft for one in self.messages(connection)]
        every += [one.draft for one in self.blocks(connection)]
        every += queries.published(connection)
        return using.asking_for_computed(every, self._current(connection).composer, trait)

    # Messages and blocks

    def messages(self, connection: sa.Connection) -> list[Stored[Message]]:
        """Return all messages by name."""
        return queries.stored(connection, "message")

    def blocks(self, connection: sa.Connection) -> list[Stored[Block]]:
        """Return all blocks by name."""
        return queries.stored(connection, "block")

    def message(self, connection: sa.Connection, name: str) -> Stored[Message]:
        """Return a message.

        Raises:
            NotFound: there is none of that name.
        """
        return self._stored(connection, "message", name)

    def block(self, connection: sa.Connection, name: str) -> Stored[Block]:
        """Return a block.

        Raises:
            NotFound: there is none of that name.
        """
        return self._stored(connection, "block", name)

    def save(self, connection: sa.Connection, one: Message | Block, *, by: str, new: bool = False) -> None:
        """Keep a message or block as its draft; what is in use stays as it is until it is published.

        Args:
            connection: To write to.
            one: The draft.
            by: Name of who saves it.
            new: Whether there may be none of that name yet.

        Raises:
            InvalidInput: it cannot be kept.
            Conflict: there is one of that name, and it should be new.
        """
        files.check(one)
        kind = _kind(one)
        if new and queries.stored(connection, kind, one.name):
            raise Conflict(
                f"There is a {kind} {one.name} already.", hint="Choose another name, or edit that one."
            )
        queries.save_draft(connection, kind, one, now=self._now(), by=by)
        queries.note_change(connection)

    def publish(self, connection: sa.Connection, kind: Kind, name: str, *, by: str, note: str = "") -> int:
        """Make the draft the next version, which never changes, put it in use, and return its number.

        Raises:
            NotFound: there is none of that name.
            InvalidInput: a check finds an error; code ``findings``.
        """
        draft = self._stored(connection, kind, name).draft
        errors = [one for one in self.lint(connection, draft) if one.severity == "error"]
        if errors:
            raise InvalidInput(
                f"{name} has {len(errors)} errors: {', '.join(sorted({one.code for one in errors}))}.",
                hint="Look at the findings beside the draft, and correct these first.",
                code="findings",
            )
        number = queries.add_version(connection, kind, draft, now=self._now(), by=by, note=note)
        queries.note_change(connection)
        return number

    def versions(self, connection: sa.Connection, kind: Kind, name: str) -> list[Version]:
        """Return the published versions of a message or block, newest first."""
        return queries.versions(connection, kind, name)

    def version(self, connection: sa.Connection, kind: Kind, name: str, number: int) -> Any:
        """Return the message or block that a version is.

        Raises:
            NotFound: there is no such version.
        """
        found = queries.version(connection, kind, name, number)
        if found is None:
            raise NotFound(f"{name} has no version {number}.", hint="Look at its versions.")
        return found

    def restore(self, connection: sa.Connection, kind: Kind, name: str, number: int, *, by: str) -> None:
        """Make an old version the draft again; publish it to put it in use.

        Raises:
            NotFound: there is no such version.
        """
        self._stored(connection, kind, name)
        self.save(connection, self.version(connection, kind, name, number), by=by)

    def delete(self, connection: sa.Connection, kind: Kind, name: str) -> None:
        """Take a message or block away; what was published stays readable by its number.

        Raises:
            NotFound: there is none of that name.
        """
        if not queries.delete(connection, kind, name):
            raise NotFound(f"There is no {kind} {name}.", hint="Look at the list.")
        queries.note_change(connection)

    # Files

    def changes(self, connection: sa.Connection, given: ContentFile) -> tuple[Change, ...]:
        """Return what applying a file would do, blocks first, without doing it."""
        return tuple(self._change(connection, one) for one in given.everything())

    def apply(
        self, connection: sa.Connection, given: ContentFile, *, by: str, publish: bool = True
    ) -> tuple[Change, ...]:
        """Save what a file holds, and publish what differs from the version in use.

        Raises:
            InvalidInput: a check finds an error in what is to be published; code ``findings``.
        """
        made = []
        for one in given.everything():
            change = self._change(connection, one)
            if change.what != "same":
                self.save(connection, one, by=by)
                if publish:
                    self.publish(connection, change.kind, one.name, by=by)
            made.append(change)
        return tuple(made)

    def prepare(self, connection: sa.Connection) -> None:
        """Put the library of blocks and first messages in, once; what is deleted of it stays away."""
        if not queries.generation(connection):
            library = read_yaml(_LIBRARY.read_text(encoding="utf-8"))
            self.apply(connection, library, by=_BY_BELEEF)

    def organisation(self, connection: sa.Connection) -> Organisation:
        """Return what messages may say about the sender."""
        return self._current(connection).organisation

    # What is kept between renderings

    def _addressed(self, rendered: Rendered) -> Rendered:
        if rendered.channel != "email" or not self._address or "/media/" not in rendered.parts["body"]:
            return rendered
        body = with_base(rendered.parts["body"], self._address)
        return msgspec.structs.replace(rendered, parts={**rendered.parts, "body": body})

    def _current(self, connection: sa.Connection) -> Known:
        generation = queries.generation(connection)
        if self._known is None or self._known.generation != generation:
            self._known = read_known(
                connection, generation, name=self._name, language=self._language, zone=self._zone
            )
        return self._known

    def _published(
        self, connection: sa.Connection, known: Known, name: str, version: int | None
    ) -> tuple[int, Message]:
        number = version
        if number is None:
            number = known.in_use.get(name) or queries.published_number(connection, "message", name)
            if number is None:
                raise NotFound(
                    f"The message {name} is not published.",
                    hint="Publish it, or look at the list of messages.",
                )
            known.in_use[name] = number
        message = known.messages.get((name, number))
        if message is None:
            message = cast(Message, self.version(connection, "message", name, number))
            if len(known.messages) >= _VERSIONS_KEPT:
                known.messages.clear()
            known.messages[name, number] = message
        return number, message

    def _complete(self, connection: sa.Connection, known: Known, given: Variables) -> dict[str, Any]:
        return {"now": self._now(), "items": Lookups(connection, known), **given}

    def _stored(self, connection: sa.Connection, kind: Kind, name: str) -> Stored[Any]:
        found = queries.stored(connection, kind, name)
        if not found:
            raise NotFound(f"There is no {kind} {name}.", hint="Look at the list.")
        return found[0]

    def _change(self, connection: sa.Connection, one: Message | Block) -> Change:
        kind = _kind(one)
        found = queries.stored(connection, kind, one.name)
        if not found:
            return Change(kind=kind, name=one.name, what="new")
        same = found[0].draft == one and not found[0].changed
        return Change(kind=kind, name=one.name, what="same" if same else "changed")


def _kind(one: Message | Block) -> Kind:
    return "message" if isinstance(one, Message) else "block"
