"""JSON routes of feeds, for the shop's own programs, and the public address of pictures."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from beleef.access.door import Door
from beleef.access.model import Role
from beleef.content import feeds
from beleef.content.api import Content
from beleef.content.images import CONTENT_TYPES
from beleef.content.model import Feed
from beleef.kernel import clock
from beleef.kernel.errors import NotFound
from beleef.store.records.database import Database

AnyRequest = Request[Any, Any, Any]

_NO_SCRIPT = "default-src 'none'; sandbox"


class FeedRows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All items of a feed: they replace those there are.

    Attributes:
        rows: The items, each an object with a key of its own.
        key: The field by which messages look items up; empty to take the one that looks like it (``id``, ``sku``, …).
        label: What people call the feed; empty to keep its label.
    """

    rows: list[dict[str, Any]]
    key: str = ""
    label: str = ""


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed: messages use its items as ``items.<name>[key]``."""

    name: str
    label: str
    key: str
    fields: list[str]
    rows: int
    updated_at: str


class FeedList(msgspec.Struct, frozen=True, kw_only=True):
    """The feeds, by name."""

    feeds: list[FeedView]


class FeedGone(msgspec.Struct, frozen=True, kw_only=True):
    """The feed is deleted."""

    success: bool = True


def routes(content: Content, database: Database, door: Door) -> Router:
    """Return the routes below ``/v1`` that read and replace feeds."""

    @get("/feeds", sync_to_thread=True, summary="The feeds that messages look things up in")
    def feed_list(request: AnyRequest) -> FeedList:
        door(request, Role.reader)
        with database.read() as connection:
            return FeedList(feeds=[_view(feed) for feed in content.shelf.feeds(connection)])

    @put(
        "/feeds/{name:str}",
        sync_to_thread=True,
        summary="Replace all items of a feed, such as the products of a shop",
        request_max_body_size=feeds.MOST_BYTES,
    )
    def replace_feed(request: AnyRequest, name: str, data: Annotated[FeedRows, Body()]) -> FeedView:
        door(request, Role.editor)
        feeds.check_name(name)
        names = tuple(dict.fromkeys(field for row in data.rows[:1_000] for field in row))
        items = feeds.read_rows(data.rows, data.key, names)
        with database.write() as connection:
            return _view(content.shelf.save_feed(connection, name, data.label, items))

    @delete("/feeds/{name:str}", sync_to_thread=True, status_code=200, summary="Delete a feed")
    def delete_feed(request: AnyRequest, name: str) -> FeedGone:
        door(request, Role.editor)
        with database.write() as connection:
            content.shelf.delete_feed(connection, name)
        return FeedGone()

    return Router(path="/v1", route_handlers=[feed_list, replace_feed, delete_feed], tags=["Feeds"])


def media(content: Content, database: Database) -> HTTPRouteHandler:
    """Return the route of pictures: public, since mail programs ask for them; an address never shows another picture."""

    @get("/media/{name:str}", sync_to_thread=True, include_in_schema=False)
    def picture(name: str) -> Response[bytes]:
        digest, _, extension = name.partition(".")
        with database.read() as connection:
            image, body = content.shelf.image(connection, digest[:64])
        if image.extension != extension:
            raise NotFound("There is no such picture.", hint="Look at the list of pictures.")
        return Response(
            body,
            media_type=CONTENT_TYPES[image.extension],
            headers={
                "Cache-Control": "public, max-age=31536000, immutable",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": _NO_SCRIPT,
                "Cross-Origin-Resource-Policy": "cross-origin",
                "ETag": f'"{image.digest}"',
            },
        )

    return picture


def _view(feed: Feed) -> FeedView:
    return FeedView(
        name=feed.name,
        label=feed.label,
        key=feed.key,
        fields=list(feed.fields),
        rows=feed.rows,
        updated_at=clock.to_text(feed.updated_at),
    )
