"""What is read once of messages' surroundings and kept until content changes: blocks, feeds, versions, items, findings."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa

from beleef.content import queries
from beleef.content.model import Feed, Finding, Message, Organisation
from beleef.content.rendering import Composer

_ITEMS_KEPT: Final = 20_000


class Known:
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


class Lookups(Mapping[str, "_Lookup"]):
    """The root ``items``: each feed by its name."""

    def __init__(self, connection: sa.Connection, known: Known) -> None:
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

    def __init__(self, connection: sa.Connection, known: Known, feed: Feed) -> None:
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


def read_known(connection: sa.Connection, generation: str, *, name: str, language: str, zone: str) -> Known:
    """Return what is known at a generation.

    Args:
        connection: To read from.
        generation: As it was read from the same connection.
        name: The organisation's name, until somebody filled in more.
        language: Its own language.
        zone: Its time zone.
    """
    organisation = queries.organisation(connection) or Organisation(name=name)
    return Known(
        generation=generation,
        composer=Composer(
            queries.published_blocks(connection), organisation=organisation, language=language, zone=zone
        ),
        organisation=organisation,
        feeds={feed.name: feed for feed in queries.feeds(connection)},
    )
