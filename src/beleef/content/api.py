"""Content's door: messages and blocks with versions, rendered for one person; feeds, pictures, checks, links and files.

All methods take a connection; those that write need one inside a transaction.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import sqlalchemy as sa

from beleef.content import feeds as feeds_
from beleef.content import files, images, queries
from beleef.content.files import ContentFile, from_data, message_from_data, read_yaml, to_data, write_yaml
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
from beleef.content.rendering import Composer, is_complete
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
    "Stored",
    "Version",
    "add_utm",
    "fact_variables",
    "from_data",
    "is_complete",
    "language_of",
    "message_from_data",
    "person_variables",
    "read_yaml",
    "text_of",
    "to_data",
    "track_links",
    "with_base",
    "write_yaml",
]

_LIBRARY: Final = Path(__file__).parent / "library.yaml"
_VERSIONS_KEPT: Final = 500
_ITEMS_KEPT: Final = 20_000
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
    """

    def __init__(self, *, organisation: str, language: str, zone: str, now: Clock) -> None:
        self._name = organisation
        self._language = language
        self._zone = zone
        self._now = now
        self._known: _Known | None = None

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
        return known.composer.compose(
            message,
            self._complete(connection, known, person),
            version=number,
            language=language,
            strict=strict,
        )

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
        return known.composer.compose(
            message,
            self._complete(connection, known, person),
            version=0,
            language=language,
            strict=False,
            marking="shown" if marked else "none",
        )

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
            raise Conflict(f"There is a {kind} {one.name} already.", hint="Choose another name, or edit that one.")
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
        return tuple(self._change(connection, one) for one in (*given.blocks, *given.messages))

    def apply(
        self, connection: sa.Connection, given: ContentFile, *, by: str, publish: bool = True
    ) -> tuple[Change, ...]:
        """Save what a file holds, and publish what differs from the version in use.

        Raises:
            InvalidInput: a check finds an error in what is to be published; code ``findings``.
        """
        made = []
        for one in (*given.blocks, *given.messages):
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

    # The organisation, feeds and pictures

    def organisation(self, connection: sa.Connection) -> Organisation:
        """Return what messages may say about the sender."""
        return self._current(connection).organisation

    def save_organisation(self, connection: sa.Connection, organisation: Organisation) -> None:
        """Keep what messages may say about the sender."""
        queries.note_change(connection, organisation=msgspec.json.encode(organisation).decode())

    def feeds(self, connection: sa.Connection) -> list[Feed]:
        """Return the feeds by name."""
        return queries.feeds(connection)

    def feed(self, connection: sa.Connection, name: str) -> Feed:
        """Return a feed.

        Raises:
            NotFound: there is none of that name.
        """
        for one in queries.feeds(connection):
            if one.name == name:
                return one
        raise NotFound(f"There is no feed {name}.", hint="Look at the list of feeds.")

    def items(self, connection: sa.Connection, feed: Feed, *, after: str = "", limit: int = 20) -> list[Any]:
        """Return items of a feed in the order of their keys, from the first behind ``after``."""
        return queries.items(connection, feed, after=after, limit=limit)

    def save_feed(self, connection: sa.Connection, name: str, label: str, items: feeds_.Items) -> Feed:
        """Replace all items of a feed at once; messages see the old ones or the new ones, never some of both.

        Args:
            connection: To write to.
            name: The feed's name; a new one is made.
            label: What people call it; empty to keep its label.
            items: As ``read_items`` returns them.

        Raises:
            InvalidInput: the name cannot be used.
        """
        feeds_.check_name(name)
        before = next((one for one in queries.feeds(connection) if one.name == name), None)
        feed = Feed(
            name=name,
            label=label.strip() or (before.label if before else name),
            key=items.key,
            fields=items.fields,
            rows=len(items.items),
            version=before.version + 1 if before else self._now(),
            updated_at=self._now(),
        )
        queries.save_feed(connection, feed, items.items)
        queries.note_change(connection)
        return feed

    def delete_feed(self, connection: sa.Connection, name: str) -> None:
        """Take a feed away.

        Raises:
            NotFound: there is none of that name.
        """
        if not queries.delete_feed(connection, name):
            raise NotFound(f"There is no feed {name}.", hint="Look at the list of feeds.")
        queries.note_change(connection)

    def images(self, connection: sa.Connection) -> list[Image]:
        """Return all pictures without their bytes, newest first."""
        return queries.images(connection)

    def image(self, connection: sa.Connection, digest: str) -> tuple[Image, bytes]:
        """Return a picture and its bytes.

        Raises:
            NotFound: there is none.
        """
        body = queries.image_body(connection, digest)
        if body is None:
            raise NotFound("There is no such picture.", hint="Look at the list of pictures.")
        return queries.images(connection, [digest])[0], body

    def add_image(self, connection: sa.Connection, body: bytes, *, name: str, alt: str, by: str) -> Image:
        """Keep a picture; the same bytes are the same picture.

        Args:
            connection: To write to.
            body: Its bytes.
            name: The file's name, to find it by.
            alt: What it shows, in words.
            by: Name of who adds it.

        Raises:
            InvalidInput: it is no picture that mail programs show.
            TooLarge: it has too many bytes.
        """
        seen = images.look(body)
        image = Image(
            digest=seen.digest,
            extension=seen.extension,
            name=name[:200] or seen.digest,
            alt=alt[:500],
            width=seen.width,
            height=seen.height,
            size=len(body),
            added_at=self._now(),
            added_by=by,
        )
        queries.save_image(connection, image, body)
        return image

    def delete_image(self, connection: sa.Connection, digest: str) -> None:
        """Take a picture away; mails that show it lose it.

        Raises:
            NotFound: there is none.
        """
        if not queries.delete_image(connection, digest):
            raise NotFound("There is no such picture.", hint="Look at the list of pictures.")

    # What is kept between renderings

    def _current(self, connection: sa.Connection) -> "_Known":
        generation = queries.generation(connection)
        if self._known is None or self._known.generation != generation:
            organisation = queries.organisation(connection) or Organisation(name=self._name)
            composer = Composer(
                queries.published_blocks(connection),
                organisation=organisation,
                language=self._language,
                zone=self._zone,
            )
            self._known = _Known(
                generation=generation,
                composer=composer,
                organisation=organisation,
                feeds={feed.name: feed for feed in queries.feeds(connection)},
            )
        return self._known

    def _published(
        self, connection: sa.Connection, known: "_Known", name: str, version: int | None
    ) -> tuple[int, Message]:
        number = version
        if number is None:
            number = known.in_use.get(name) or queries.published_number(connection, "message", name)
            if number is None:
                raise NotFound(
                    f"The message {name} is not published.", hint="Publish it, or look at the list of messages."
                )
            known.in_use[name] = number
        message = known.messages.get((name, number))
        if message is None:
            message = cast(Message, self.version(connection, "message", name, number))
            if len(known.messages) >= _VERSIONS_KEPT:
                known.messages.clear()
            known.messages[name, number] = message
        return number, message

    def _complete(self, connection: sa.Connection, known: "_Known", given: Variables) -> dict[str, Any]:
        return {"now": self._now(), "items": _Lookups(connection, known), **given}

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


def read_items(body: bytes, *, key: str = "", is_json: bool = False) -> feeds_.Items:
    """Return the items of a CSV or JSON text, for ``Content.save_feed``.

    Raises:
        InvalidInput: it cannot be read; the message names the row.
        TooLarge: it is too large.
    """
    return feeds_.read_json(body, key) if is_json else feeds_.read_csv(body, key)


class _Known:
    """What is read of one generation of content."""

    def __init__(
        self, *, generation: str, composer: Composer, organisation: Organisation, feeds: Mapping[str, Feed]
    ) -> None:
        self.generation = generation
        self.composer = composer
        self.organisation = organisation
        self.feeds = feeds
        self.in_use: dict[str, int] = {}
        self.messages: dict[tuple[str, int], Message] = {}
        self.items: dict[tuple[str, str], Any] = {}
        self.findings: dict[bytes, tuple[Finding, ...]] = {}


class _Lookups(Mapping[str, "_Lookup"]):
    """The root ``items``: each feed by its name."""

    def __init__(self, connection: sa.Connection, known: _Known) -> None:
        self._connection = connection
        self._known = known

    def __getitem__(self, name: str) -> "_Lookup":
        return _Lookup(self._connection, self._known, self._known.feeds[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._known.feeds)

    def __len__(self) -> int:
        return len(self._known.feeds)


class _Lookup(Mapping[str, Any]):
    """A feed: an item by its key, read when a template asks for it and then kept."""

    def __init__(self, connection: sa.Connection, known: _Known, feed: Feed) -> None:
        self._connection = connection
        self._known = known
        self._feed = feed

    def __getitem__(self, key: object) -> Any:
        if not isinstance(key, str | int | float):
            raise KeyError(key)
        name, kept = str(key), self._known.items
        if (self._feed.name, name) not in kept:
            if len(kept) >= _ITEMS_KEPT:
                kept.clear()
            kept[self._feed.name, name] = queries.item(
                self._connection, self._feed.name, self._feed.version, name
            )
        found = kept[self._feed.name, name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        # A loop over a whole feed would read a million items; a template asks for the ones it needs.
        return iter(())

    def __len__(self) -> int:
        return self._feed.rows


def _kind(one: Message | Block) -> Kind:
    return "message" if isinstance(one, Message) else "block"
