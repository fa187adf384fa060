"""Messages and blocks as YAML files: out with one click, in with a look at what would change first."""

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.files import ContentFile, read_yaml, write_yaml
from beleef.content.model import Change
from beleef.content.pages.parts import SECTIONS, ContentRoom, Section, crumbs, filled, stored_one
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import Badge, Column, Link, Row, Table, Text
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, TextArea
from beleef.ui.page import Page
from beleef.ui.words import Words


class ImportPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/form.html``: the file, and what it would change once it was looked at."""

    page: Page
    form: Form
    table: Table | None = None


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of both sections."""
    return [
        route
        for section in SECTIONS
        for route in (*_export_routes(room, section), *_import_routes(room, section))
    ]


def _export_routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/export", sync_to_thread=True)
    def export(request: AnyRequest) -> Response[str]:
        room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            messages = [one.draft for one in room.content.messages(connection)]
            blocks = [one.draft for one in room.content.blocks(connection)]
        return _yaml(section, write_yaml(messages if section == "messages" else [], blocks))

    @get(f"/{section}/{{name:str}}/export", sync_to_thread=True)
    def export_one(request: AnyRequest, name: str) -> Response[str]:
        room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            draft = stored_one(room, connection, section, name).draft
        text = write_yaml([draft], []) if section == "messages" else write_yaml([], [draft])
        return _yaml(name, text)

    return [export, export_one]


def _import_routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/import", sync_to_thread=True)
    def ask_import(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("content/form.html", _page(visit, section, "", publish=False))

    @post(f"/{section}/import")
    async def import_(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text = given.get("text", "")
        publish, seen = bool(given.get("publish")), filled(given, "seen")
        try:
            content = read_yaml(text)
            changes = await asyncio.to_thread(_changes, room, content)
            if seen != _fingerprint(changes):
                view = _page(visit, section, text, publish=publish, changes=changes)
                return room.desk.html("content/form.html", view)
            await asyncio.to_thread(_apply, room, visit, content, publish=publish)
        except InvalidInput as error:
            view = _page(visit, section, text, publish=publish, error=visit.words.refusal(error))
            return room.desk.html("content/form.html", view, status=400)
        count = sum(one.what != "same" for one in changes)
        flash = visit.words.ngettext("%(num)s change is saved.", "%(num)s changes are saved.", count)
        return room.desk.redirect(f"/{section}", flash=flash)

    return [ask_import, import_]


def _changes(room: ContentRoom, content: ContentFile) -> tuple[Change, ...]:
    with room.database.read() as connection:
        return room.content.changes(connection, content)


def _apply(room: ContentRoom, visit: Visit, content: ContentFile, *, publish: bool) -> None:
    with room.database.write() as connection:
        changes = room.content.apply(connection, content, by=visit.actor.name, publish=publish)
    for one in changes:
        if one.what != "same":
            room.record(visit.actor, f"{one.kind}.import", one.name, {"publish": publish})


def _fingerprint(changes: tuple[Change, ...]) -> str:
    return msgspec.json.encode(changes).decode()


def _yaml(name: str, text: str) -> Response[str]:
    return Response(
        text,
        media_type="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{name}.yaml"', "Cache-Control": "no-store"},
    )


def _page(
    visit: Visit,
    section: Section,
    text: str,
    *,
    publish: bool,
    changes: tuple[Change, ...] | None = None,
    error: str | None = None,
) -> ImportPage:
    words = visit.words
    return ImportPage(
        page=visit.page(
            words.gettext("Import messages and blocks"), active=section, crumbs=crumbs(section, words)
        ),
        form=Form(
            name="import",
            action=f"/{section}/import",
            sections=(Fieldset(fields=_fields(words, text, changes, error, publish=publish)),),
            submit=words.gettext("Show what would change") if changes is None else words.gettext("Import"),
            cancel=Link(text=words.gettext("Cancel"), href=f"/{section}"),
        ),
        table=None if changes is None else _table(changes, words),
    )


def _fields(
    words: Words, text: str, changes: tuple[Change, ...] | None, error: str | None, *, publish: bool
) -> tuple[Field, ...]:
    return (
        Hidden(name="seen", value="" if changes is None else _fingerprint(changes)),
        TextArea(
            name="text",
            label=words.gettext("Messages and blocks as YAML"),
            value=text,
            rows=18,
            machine=True,
            help=words.gettext(
                "As the export gives them; those of the same name become its drafts, others stay."
            ),
            error=error,
        ),
        Checkbox(
            name="publish",
            label=words.gettext("Publish what changes"),
            checked=publish,
            help=words.gettext("Nothing is saved when a check finds an error in any of it."),
        ),
    )


def _table(changes: tuple[Change, ...], words: Words) -> Table:
    kinds = {"message": words.gettext("Message"), "block": words.gettext("Block")}
    badges = {
        "new": Badge(text=words.gettext("new"), tone="good"),
        "changed": Badge(text=words.gettext("changed"), tone="accent"),
        "same": Badge(text=words.gettext("stays as it is")),
    }
    return Table(
        caption=words.gettext("What the import would change"),
        columns=(
            Column(label=words.gettext("Name")),
            Column(label=words.gettext("Kind")),
            Column(label=words.gettext("Change")),
        ),
        rows=tuple(
            Row(cells=(Text(text=one.name), Text(text=kinds[one.kind]), badges[one.what])) for one in changes
        ),
    )
