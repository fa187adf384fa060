"""What messages are made with besides words: what the organisation says of itself, feeds of items, and pictures."""

from typing import Any

import msgspec
import sqlalchemy as sa

from beleef.content import feeds as feeds_
from beleef.content import images, queries
from beleef.content.model import Feed, Image, Organisation
from beleef.kernel.clock import Clock
from beleef.kernel.errors import NotFound


class Shelf:
    """Keeps the organisation's details, feeds and pictures. Methods that write need a write connection.

    Args:
        now: The clock.
    """

    def __init__(self, now: Clock) -> None:
        self._now = now

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


def read_items(body: bytes, *, key: str = "", is_json: bool = False) -> feeds_.Items:
    """Return the items of a CSV or JSON text, for ``Content.save_feed``.

    Raises:
        InvalidInput: it cannot be read; the message names the row.
        TooLarge: it is too large.
    """
    return feeds_.read_json(body, key) if is_json else feeds_.read_csv(body, key)
