"""Computed traits: the list with how many people have a value, the editor with a preview on real people, and files."""

import asyncio
from typing import Any

import msgspec
import yaml
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.profiles.customers import Coverage, Previewed
from beleef.profiles.definitions import from_data, to_data
from beleef.profiles.model import Definition, StoredDefinition
from beleef.profiles.pages.definition_form import KIND_LABELS, changed, form, read, to_answers
from beleef.profiles.pages.parts import CustomerRoom, person_href, written
from beleef.ui.components import (
    Badge,
    Callout,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
)
from beleef.ui.forms import Fieldset, Form, TextArea
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words

_LONGEST_FILE = 200_000


class DefinitionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/definitions.html``: all computed traits."""

    page: Page
    waiting: Callout | None
    definitions: Table


class DefinitionPage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/definition.html``: the editor, and what the definition gives for the people seen last."""

    page: Page
    note: Callout | None
    preview: Table | None
    form: Form


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return the pages about computed traits."""
    return [*_list_routes(room), *_edit_routes(room), *_file_routes(room)]


def _list_routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    @get("/traits", sync_to_thread=True)
    def traits(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        found, coverage = room.customers.definitions(), room.customers.coverage()
        return room.desk.html("profiles/definitions.html", _list_page(visit, found, coverage))

    @get("/traits/{name:str}/delete", sync_to_thread=True)
    def ask_delete(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("ui/confirm.html", _delete_page(visit, _stored(room, name).definition))

    @post("/traits/{name:str}/delete")
    async def delete(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(room.customers.delete_definition, name, room.trait_users)
        await asyncio.to_thread(room.record, visit.actor, "computed_trait.delete", name, {})
        return room.desk.redirect("/traits", flash=visit.words.gettext("The computed trait is deleted."))

    return [traits, ask_delete, delete]


def _edit_routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    @get("/traits/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("profiles/definition.html", _edit_page(visit, Answers([("types", "track")])))

    @get("/traits/{name:str}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        given = to_answers(_stored(room, name).definition)
        given["was"] = name
        return room.desk.html("profiles/definition.html", _edit_page(visit, given))

    @post("/traits/edit")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        if given.get("change"):
            return room.desk.html("profiles/definition.html", _edit_page(visit, changed(given)))
        try:
            definition = read(given)
            _check_new(room, definition, given.get("was", ""))
            shown = _fingerprint(definition)
            if given.get("previewed") != shown:
                found = await asyncio.to_thread(room.customers.preview, definition)
                page = _edit_page(visit, given, previewed=shown, found=found)
                return room.desk.html("profiles/definition.html", page)
            await asyncio.to_thread(room.customers.save_definition, definition)
        except InvalidInput as error:
            page = _edit_page(visit, given, error=error)
            return room.desk.html("profiles/definition.html", page, status=400)
        await asyncio.to_thread(room.record, visit.actor, "computed_trait.save", definition.name, {})
        flash = visit.words.gettext("“%(name)s” is saved; it stands on every profile.", name=definition.label)
        return room.desk.redirect("/traits", flash=flash)

    return [new, edit, save]


def _file_routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    @get("/traits/export", sync_to_thread=True)
    def export(request: AnyRequest) -> Response[str]:
        room.desk.open(request, Role.reader)
        data = {"computed_traits": [to_data(stored.definition) for stored in room.customers.definitions()]}
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
        return Response(
            text,
            media_type="application/yaml",
            headers={"Content-Disposition": 'attachment; filename="computed-traits.yaml"'},
        )

    @get("/traits/import", sync_to_thread=True)
    def ask_import(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("profiles/definition.html", _import_page(visit, "", None))

    @post("/traits/import")
    async def import_(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text = given.get("text", "")
        try:
            definitions = read_file(text)
            for definition in definitions:
                await asyncio.to_thread(room.customers.save_definition, definition)
        except InvalidInput as error:
            page = _import_page(visit, text, visit.words.refusal(error))
            return room.desk.html("profiles/definition.html", page, status=400)
        for definition in definitions:
            await asyncio.to_thread(room.record, visit.actor, "computed_trait.save", definition.name, {})
        flash = visit.words.ngettext(
            "%(num)s computed trait is saved.", "%(num)s computed traits are saved.", len(definitions)
        )
        return room.desk.redirect("/traits", flash=flash)

    return [export, ask_import, import_]


def read_file(text: str) -> list[Definition]:
    """Return the definitions of a file, all of them or none.

    Raises:
        InvalidInput: it is no such file, or a definition in it cannot work.
    """
    hint = "Begin with the line computed_traits: and give each trait as an item of that list."
    if len(text) > _LONGEST_FILE:
        raise InvalidInput("The file is too long.", hint="Import it in parts.")
    try:
        data: Any = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInput("That is no YAML.", hint=str(error)[:200]) from error
    items = data.get("computed_traits") if isinstance(data, dict) else None
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise InvalidInput("That is no list of computed traits.", hint=hint)
    return [from_data(one) for one in items]


def _stored(room: CustomerRoom, name: str) -> StoredDefinition:
    for stored in room.customers.definitions():
        if stored.definition.name == name:
            return stored
    raise NotFound("There is no such computed trait.", hint="Look at the list of computed traits.")


def _check_new(room: CustomerRoom, definition: Definition, was: str) -> None:
    taken = {stored.definition.name for stored in room.customers.definitions()}
    if not was and definition.name in taken:
        raise InvalidInput(
            f"There is a computed trait {definition.name} already.",
            hint="Choose another name, or edit that one.",
        )


def _fingerprint(definition: Definition) -> str:
    return msgspec.json.encode(definition).decode()


def _list_page(visit: Visit, found: list[StoredDefinition], coverage: Coverage) -> DefinitionsPage:
    words = visit.words
    actions = [Link(text=words.gettext("Export"), href="/traits/export")]
    if visit.may(Role.editor):
        actions.insert(0, Link(text=words.gettext("New computed trait"), href="/traits/new"))
        actions.append(Link(text=words.gettext("Import"), href="/traits/import"))
    waiting = None
    if not all(stored.filled for stored in found):
        waiting = Callout(
            title=words.gettext("Past facts are being counted"),
            text=words.gettext("Until that is done, the values of new computed traits are “at least”."),
        )
    return DefinitionsPage(
        page=visit.page(
            words.gettext("Computed traits"),
            active="traits",
            actions=actions,
            lead=words.gettext(
                "What Beleef works out about every person, and keeps up to date with every fact."
            ),
        ),
        waiting=waiting,
        definitions=_table(visit, found, coverage),
    )


def _table(visit: Visit, found: list[StoredDefinition], coverage: Coverage) -> Table:
    words, may = visit.words, visit.may(Role.editor)

    def row(stored: StoredDefinition) -> Row:
        one = stored.definition
        share = coverage.having.get(one.name, 0) / coverage.people if coverage.people else 0.0
        kind = words.gettext(KIND_LABELS[one.kind])
        window = (
            words.ngettext("last %(num)s day", "last %(num)s days", one.window_days)
            if one.window_days
            else words.gettext("all time")
        )
        state = (
            Badge(text=words.gettext("complete"), tone="good")
            if stored.filled
            else Badge(text=words.gettext("past facts are being counted"), tone="accent")
        )
        name = (
            Link(text=one.label, href=f"/traits/{one.name}/edit", detail=one.name)
            if may
            else Text(text=one.label, detail=one.name)
        )
        cells = (
            name,
            Text(text=kind, detail=one.of),
            Text(text=window),
            Figure(
                text=words.percent(share), detail=words.gettext("n = %(n)s", n=words.number(coverage.people))
            ),
            state,
        )
        delete = Link(text=words.gettext("Delete"), href=f"/traits/{one.name}/delete")
        return Row(cells=(*cells, delete) if may else cells)

    names = [
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("What it computes")),
        Column(label=words.gettext("Over")),
        Column(label=words.gettext("Have a value"), numeric=True),
        Column(label=words.gettext("State")),
    ]
    if may:
        names.append(Column(label=words.gettext("Change")))
    return Table(
        caption=words.gettext("Computed traits"),
        columns=tuple(names),
        rows=tuple(map(row, found)),
        empty=EmptyState(
            title=words.gettext("No computed traits yet"),
            text=words.gettext(
                "Begin with what you ask most often: orders in a year, days since the last visit."
            ),
            icon="trait",
            action=Link(text=words.gettext("New computed trait"), href="/traits/new") if may else None,
        ),
    )


def _edit_page(
    visit: Visit,
    given: Answers,
    *,
    error: InvalidInput | None = None,
    previewed: str = "",
    found: Previewed | None = None,
) -> DefinitionPage:
    words = visit.words
    title = (
        words.gettext("Change a computed trait") if given.get("was") else words.gettext("New computed trait")
    )
    note = None
    if found is not None:
        note = Callout(
            title=words.ngettext(
                "%(num)s of %(people)s people seen last would have a value",
                "%(num)s of %(people)s people seen last would have a value",
                found.preview.subjects,
                people=words.number(found.people),
            ),
            text=words.gettext(
                "%(matched)s of their %(facts)s facts count. Nothing is saved yet: the button for that is at the end of the form.",
                matched=words.number(found.preview.matched),
                facts=words.number(found.preview.facts),
            ),
            tone="accent" if found.preview.subjects else "warn",
        )
    return DefinitionPage(
        page=visit.page(
            title, active="traits", crumbs=(Link(text=words.gettext("Computed traits"), href="/traits"),)
        ),
        note=note,
        preview=_preview(found, words) if found and found.preview.examples else None,
        form=form(given, words, error=error, previewed=previewed),
    )


def _preview(found: Previewed, words: Words) -> Table:
    rows = tuple(
        Row(
            cells=(
                Link(text=found.called.get(number) or words.gettext("Nameless"), href=person_href(number)),
                Figure(text=written(trait.value, words)),
            )
        )
        for number, trait in found.preview.examples[:10]
    )
    return Table(
        caption=words.gettext("Preview"),
        columns=(Column(label=words.gettext("Person")), Column(label=words.gettext("Value"), numeric=True)),
        rows=rows,
    )


def _import_page(visit: Visit, text: str, error: str | None) -> DefinitionPage:
    words = visit.words
    field = TextArea(
        name="text",
        label=words.gettext("Computed traits as YAML"),
        value=text,
        rows=16,
        help=words.gettext("As the export gives them; traits of the same name are replaced, others stay."),
        error=error,
    )
    return DefinitionPage(
        page=visit.page(
            words.gettext("Import computed traits"),
            active="traits",
            crumbs=(Link(text=words.gettext("Computed traits"), href="/traits"),),
        ),
        note=None,
        preview=None,
        form=Form(
            name="import",
            action="/traits/import",
            sections=(Fieldset(fields=(field,)),),
            submit=words.gettext("Import"),
            cancel=Link(text=words.gettext("Cancel"), href="/traits"),
        ),
    )


def _delete_page(visit: Visit, definition: Definition) -> Confirm:
    words = visit.words
    return Confirm(
        page=visit.page(
            words.gettext("Delete “%(name)s”?", name=definition.label),
            active="traits",
            crumbs=(Link(text=words.gettext("Computed traits"), href="/traits"),),
        ),
        consequences=(
            words.gettext("It goes from all profiles at once."),
            words.gettext("The facts stay: define it again, and it is computed from them again."),
        ),
        form=Form(
            name="delete",
            action=f"/traits/{definition.name}/delete",
            sections=(),
            submit=words.gettext("Delete it"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href="/traits"),
        ),
    )
