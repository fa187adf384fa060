"""The page of pictures: kept here and served from here, so that no mail tells a third party who reads it."""

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.content import images
from beleef.content.model import Image
from beleef.content.pages.feeds import UploadForm
from beleef.content.pages.parts import ContentRoom, filled, may_edit
from beleef.content.uploads import Upload, read_upload
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import CodeBlock, EmptyState, Link
from beleef.ui.forms import Form, Input
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words

_MOST_FORM_BYTES = images.MOST_BYTES + 100_000


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One picture: where it is, what it shows, its size in words, the line for a message, and the way to take it away."""

    src: str
    alt: str
    name: str
    about: str
    code: CodeBlock
    delete: Link | None


class PicturesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/pictures.html``: all pictures, and a form to add one."""

    page: Page
    upload: UploadForm | None
    pictures: tuple[Shown, ...]
    empty: EmptyState


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of pictures."""

    @get("/pictures", sync_to_thread=True)
    def pictures(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("content/pictures.html", _page(visit, _found(room), Answers()))

    @post("/pictures", request_max_body_size=_MOST_FORM_BYTES)
    async def add(request: AnyRequest) -> Response[str]:
        visit, given, file = await read_upload(room.desk, request, Role.editor, "file")
        try:
            image = await asyncio.to_thread(_keep, room, visit, given, file)
        except InvalidInput as error:
            found = await asyncio.to_thread(_found, room)
            view = _page(visit, found, given, visit.words.refusal(error))
            return room.desk.html("content/pictures.html", view, status=400)
        words = visit.words
        if image.size > images.LARGE_BYTES:
            flash = words.gettext("The picture is kept. It is large: on the road people wait for it.")
            return room.desk.redirect("/pictures", flash=flash, tone="warn")
        return room.desk.redirect("/pictures", flash=words.gettext("The picture is kept."))

    return [pictures, add, *_deleting(room)]


def _deleting(room: ContentRoom) -> list[HTTPRouteHandler]:
    @get("/pictures/{digest:str}/delete", sync_to_thread=True)
    def ask_delete(request: AnyRequest, digest: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            image, _ = room.content.shelf.image(connection, digest)
        return room.desk.html("ui/confirm.html", _delete_page(visit, image))

    @post("/pictures/{digest:str}/delete")
    async def delete(request: AnyRequest, digest: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_delete, room, digest)
        await asyncio.to_thread(room.record, visit.actor, "picture.delete", digest, {})
        return room.desk.redirect("/pictures", flash=visit.words.gettext("The picture is deleted."))

    return [ask_delete, delete]


def _found(room: ContentRoom) -> list[Image]:
    with room.database.read() as connection:
        return room.content.shelf.images(connection)


def _keep(room: ContentRoom, visit: Visit, given: Answers, file: Upload) -> Image:
    if not file.body:
        raise InvalidInput("No file was chosen.", hint="Choose a picture.", code="no_file")
    with room.database.write() as connection:
        image = room.content.shelf.add_image(
            connection, file.body, name=file.name, alt=filled(given, "alt"), by=visit.actor.name
        )
    room.record(visit.actor, "picture.add", image.digest, {})
    return image


def _delete(room: ContentRoom, digest: str) -> None:
    with room.database.write() as connection:
        room.content.shelf.delete_image(connection, digest)


def _page(visit: Visit, found: list[Image], given: Answers, error: str | None = None) -> PicturesPage:
    words, may = visit.words, may_edit(visit)
    return PicturesPage(
        page=visit.page(
            words.gettext("Pictures"),
            active="pictures",
            lead=words.gettext("Kept and served from here: opening a mail tells nobody else."),
        ),
        upload=_form(words, given, error) if may else None,
        pictures=tuple(_shown(one, words, may=may) for one in found),
        empty=EmptyState(
            title=words.gettext("No pictures yet"),
            text=words.gettext("Add a logo or a picture of a product, and put its line in a message."),
            icon="eye",
        ),
    )


def _form(words: Words, given: Answers, error: str | None) -> UploadForm:
    return UploadForm(
        name="picture",
        action="/pictures",
        fields=(
            Input(
                name="alt",
                label=words.gettext("What it shows"),
                value=given.get("alt", ""),
                help=words.gettext(
                    "Read aloud, and shown where pictures are off; empty for mere decoration."
                ),
                required=False,
            ),
        ),
        label=words.gettext("Picture"),
        accept="image/png,image/jpeg,image/gif,image/webp",
        submit=words.gettext("Add the picture"),
        help=words.gettext("PNG, JPEG, GIF or WebP, up to 5 MB."),
        error=error,
    )


def _shown(image: Image, words: Words, *, may: bool) -> Shown:
    alt = image.alt.replace('"', "&quot;")
    return Shown(
        src=image.path,
        alt=image.alt,
        name=image.name,
        about=words.gettext(
            "%(width)s by %(height)s pixels, %(size)s KB",
            width=words.number(image.width),
            height=words.number(image.height),
            size=words.number(max(1, round(image.size / 1000))),
        ),
        code=CodeBlock(
            name=f"picture-{image.digest[:12]}",
            label=words.gettext("In a message"),
            code=f'<mj-image src="{image.path}" alt="{alt}" />',
        ),
        delete=Link(text=words.gettext("Delete"), href=f"/pictures/{image.digest}/delete") if may else None,
    )


def _delete_page(visit: Visit, image: Image) -> Confirm:
    words = visit.words
    return Confirm(
        page=visit.page(
            words.gettext("Delete “%(name)s”?", name=image.name),
            active="pictures",
            crumbs=(Link(text=words.gettext("Pictures"), href="/pictures"),),
        ),
        consequences=(words.gettext("Mails that show it, also those that were sent, show it no more."),),
        form=Form(
            name="delete",
            action=f"/pictures/{image.digest}/delete",
            sections=(),
            submit=words.gettext("Delete it"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href="/pictures"),
        ),
    )
