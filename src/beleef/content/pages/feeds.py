"""The pages of feeds: which there are, their first items, and a file that replaces one."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.api import read_items
from beleef.content.feeds import check_name
from beleef.content.model import Feed
from beleef.content.pages.parts import ContentRoom, filled, may_edit
from beleef.content.uploads import MOST_BYTES, Upload, read_upload
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import CodeBlock, Column, EmptyState, Figure, Link, Pager, Row, Table, Text, Time
from beleef.ui.forms import Field, Form, Hidden, Input
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words

_SHOWN_ITEMS = 20
_SHOWN_FIELDS = 6
_SHOWN_LETTERS = 80


class FeedsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/feeds.html``: all feeds."""

    page: Page
    table: Table


class FeedPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/feed.html``: one feed, how to use it, its first items, and the file that replaces it."""

    page: Page
    usage: CodeBlock
    program: CodeBlock
    table: Table
    upload: "UploadForm | None"


class UploadPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/upload.html``: a form with a file."""

    page: Page
    upload: "UploadForm"


class UploadForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form with a file: the fields beside it, the file's label, what it may be, and what is wrong with it."""

    name: str
    action: str
    fields: tuple[Field, ...]
    label: str
    accept: str
    submit: str
    help: str
    error: str | None = None
    cancel: Link | None = None


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of feeds."""
    return [*_reading(room), *_writing(room)]


def _reading(room: ContentRoom) -> list[HTTPRouteHandler]:
    @get("/feeds", sync_to_thread=True)
    def feeds(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found = room.content.shelf.feeds(connection)
        return room.desk.html("content/feeds.html", _list(visit, found))

    @get("/feeds/{name:str}", sync_to_thread=True)
    def feed(request: AnyRequest, name: str, after: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            one = room.content.shelf.feed(connection, name)
            items = room.content.shelf.items(connection, one, after=after[:200], limit=_SHOWN_ITEMS)
        return room.desk.html("content/feed.html", _page(visit, one, items, first=not after))

    return [feeds, feed]


def _writing(room: ContentRoom) -> list[HTTPRouteHandler]:
    @get("/feeds/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("content/upload.html", _new(visit, Answers()))

    @post("/feeds/upload", request_max_body_size=MOST_BYTES)
    async def upload(request: AnyRequest) -> Response[str]:
        visit, given, file = await read_upload(room.desk, request, Role.editor, "file")
        try:
            feed = await asyncio.to_thread(_keep, room, given, file)
        except InvalidInput as error:
            view = _new(visit, given, visit.words.refusal(error))
            return room.desk.html("content/upload.html", view, status=400)
        await asyncio.to_thread(room.record, visit.actor, "feed.replace", feed.name, {"rows": feed.rows})
        flash = visit.words.ngettext("The feed has %(num)s item.", "The feed has %(num)s items.", feed.rows)
        return room.desk.redirect(f"/feeds/{feed.name}", flash=flash)

    @get("/feeds/{name:str}/delete", sync_to_thread=True)
    def ask_delete(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            feed = room.content.shelf.feed(connection, name)
        return room.desk.html("ui/confirm.html", _delete_page(visit, feed))

    @post("/feeds/{name:str}/delete")
    async def delete(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_delete, room, name)
        await asyncio.to_thread(room.record, visit.actor, "feed.delete", name, {})
        return room.desk.redirect("/feeds", flash=visit.words.gettext("The feed is deleted."))

    return [new, upload, ask_delete, delete]


def _keep(room: ContentRoom, given: Answers, file: Upload) -> Feed:
    name = filled(given, "name")
    check_name(name)
    if not file.body:
        raise InvalidInput("No file was chosen.", hint="Choose a file.", code="no_file")
    items = read_items(file.body, key=filled(given, "key"), is_json=file.name.lower().endswith(".json"))
    with room.database.write() as connection:
        return room.content.shelf.save_feed(connection, name, filled(given, "label")[:200], items)


def _delete(room: ContentRoom, name: str) -> None:
    with room.database.write() as connection:
        room.content.shelf.delete_feed(connection, name)


def _list(visit: Visit, found: list[Feed]) -> FeedsPage:
    words = visit.words
    new = Link(text=words.gettext("New feed"), href="/feeds/new")
    return FeedsPage(
        page=visit.page(
            words.gettext("Feeds"),
            active="feeds",
            actions=(new,) if may_edit(visit) else (),
            lead=words.gettext("Products and other things that messages look up by their number."),
        ),
        table=Table(
            caption=words.gettext("Feeds"),
            columns=(
                Column(label=words.gettext("Name")),
                Column(label=words.gettext("Looked up by")),
                Column(label=words.gettext("Items"), numeric=True),
                Column(label=words.gettext("Replaced")),
            ),
            rows=tuple(
                Row(
                    cells=(
                        Link(text=one.label, href=f"/feeds/{one.name}", detail=one.name),
                        Text(text=one.key),
                        Figure(text=words.number(one.rows)),
                        Time(moment=one.updated_at),
                    )
                )
                for one in found
            ),
            empty=EmptyState(
                title=words.gettext("No feeds yet"),
                text=words.gettext(
                    "Bring a list of products as CSV; messages then show name, price and picture."
                ),
                icon="product",
                action=new if may_edit(visit) else None,
            ),
        ),
    )


def _page(visit: Visit, feed: Feed, items: list[Any], *, first: bool) -> FeedPage:
    words = visit.words
    shown = [feed.key, *(one for one in feed.fields if one != feed.key)][:_SHOWN_FIELDS]
    field = next((one for one in shown if one != feed.key), feed.key)
    last = str(items[-1].get(feed.key, "")) if len(items) == _SHOWN_ITEMS else ""
    actions = (
        Link(text=words.gettext("Replace it"), href="#replace-title"),
        Link(text=words.gettext("Delete"), href=f"/feeds/{feed.name}/delete"),
    )
    return FeedPage(
        page=visit.page(
            feed.label,
            active="feeds",
            crumbs=(Link(text=words.gettext("Feeds"), href="/feeds"),),
            actions=actions if may_edit(visit) else (),
            lead=words.ngettext("%(num)s item.", "%(num)s items.", feed.rows),
        ),
        usage=CodeBlock(
            name="usage",
            label=words.gettext("In a message"),
            code=f"{{{{ items.{feed.name}[fact.{feed.key}].{field} }}}}",
        ),
        program=CodeBlock(
            name="program",
            label=words.gettext("Replaced by a program"),
            code=f'PUT /v1/feeds/{feed.name}\n{{"key": "{feed.key}", "rows": [{{"{feed.key}": "…", "{field}": "…"}}]}}',
        ),
        table=Table(
            caption=words.gettext("Items"),
            columns=tuple(Column(label=name) for name in shown),
            rows=tuple(
                Row(cells=tuple(Text(text=_cell(item.get(name))) for name in shown)) for item in items
            ),
            pager=_pager(feed, len(items), last, words, first=first),
        ),
        upload=_form(words, Answers([("name", feed.name), ("key", feed.key)]), known=True)
        if may_edit(visit)
        else None,
    )


def _pager(feed: Feed, count: int, last: str, words: Words, *, first: bool) -> Pager | None:
    if first and not last:
        return None
    return Pager(
        shown=words.ngettext("%(num)s item", "%(num)s items", count),
        previous_href=None if first else f"/feeds/{feed.name}",
        next_href=f"/feeds/{feed.name}?{urlencode({'after': last})}" if last else None,
    )


def _cell(value: Any) -> str:
    text = "—" if value in {None, ""} else str(value)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}…"


def _new(visit: Visit, given: Answers, error: str | None = None) -> UploadPage:
    words = visit.words
    return UploadPage(
        page=visit.page(
            words.gettext("New feed"),
            active="feeds",
            crumbs=(Link(text=words.gettext("Feeds"), href="/feeds"),),
        ),
        upload=_form(words, given, known=False, error=error),
    )


def _form(words: Words, given: Answers, *, known: bool, error: str | None = None) -> UploadForm:
    fields: tuple[Field, ...] = (
        (Hidden(name="name", value=given.get("name", "")), Hidden(name="key", value=given.get("key", "")))
        if known
        else (
            Input(
                name="name",
                label=words.gettext("Name in templates"),
                value=given.get("name", ""),
                help=words.gettext("Small letters, digits and _, for example products."),
            ),
            Input(name="label", label=words.gettext("Name"), value=given.get("label", ""), required=False),
            Input(
                name="key",
                label=words.gettext("Field that items are looked up by"),
                value=given.get("key", ""),
                help=words.gettext("Left empty: id, product_id, sku or the like."),
                required=False,
            ),
        )
    )
    return UploadForm(
        name="feed",
        action="/feeds/upload",
        fields=fields,
        label=words.gettext("File"),
        accept=".csv,.json,.tsv,.txt",
        submit=words.gettext("Replace all items") if known else words.gettext("Bring it in"),
        help=words.gettext(
            "CSV with names in the first row, or JSON; up to 64 MB. It replaces all items at once."
        ),
        error=error,
        cancel=None if known else Link(text=words.gettext("Cancel"), href="/feeds"),
    )


def _delete_page(visit: Visit, feed: Feed) -> Confirm:
    words = visit.words
    return Confirm(
        page=visit.page(
            words.gettext("Delete “%(name)s”?", name=feed.label),
            active="feeds",
            crumbs=(Link(text=words.gettext("Feeds"), href="/feeds"),),
        ),
        consequences=(words.gettext("Messages that look things up in it find nothing any more."),),
        form=Form(
            name="delete",
            action=f"/feeds/{feed.name}/delete",
            sections=(),
            submit=words.gettext("Delete it"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href=f"/feeds/{feed.name}"),
        ),
    )
