"""The settings of service: each part of the rules as a list and a form; what changes is seen before it is kept, and every version stays."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel.errors import BeleefError, InvalidInput, NotFound
from beleef.support.api import ServiceRules, StoredRules, check
from beleef.support.pages.dry_look import consequences
from beleef.support.pages.parts import (
    FormPage,
    ListPage,
    SupportRoom,
    filled,
    frame,
    href,
    in_thread,
    to_cases,
)
from beleef.support.pages.sections import SECTIONS, Section
from beleef.support.pages.spec_fields import Choosing, fields, read, shown, to_answers
from beleef.ui.components import Column, EmptyState, Link, Row, Table, TabLink, Text, refusal_note
from beleef.ui.forms import Field, Fieldset, Form, Hidden, Input
from beleef.ui.words import Words


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the lists, the forms, and what keeps and removes."""
    return [*_reading(room), *_changing(room)]


def _reading(room: SupportRoom) -> list[HTTPRouteHandler]:
    @get("/cases/settings", sync_to_thread=True)
    def first(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("support/list.html", _list(room, visit, SECTIONS["departments"]))

    @get("/cases/settings/{section:str}", sync_to_thread=True)
    def listed(request: AnyRequest, section: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("support/list.html", _list(room, visit, _section(section)))

    @get("/cases/settings/{section:str}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, section: str, at: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        chosen = _section(section)
        given = _kept(room, chosen, at) if at else Answers()
        return room.desk.html("support/form.html", _form_page(room, visit, chosen, given, at))

    return [first, listed, edit]


def _changing(room: SupportRoom) -> list[HTTPRouteHandler]:
    @post("/cases/settings/{section:str}/edit")
    async def save(request: AnyRequest, section: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        chosen, at = _section(section), filled(given, "at")
        try:
            look = await in_thread(_save, room, visit, chosen, given)
        except InvalidInput as error:
            view = await in_thread(_form_page, room, visit, chosen, given, at, error)
            return room.desk.html("support/form.html", view, status=400)
        if look is not None:
            return room.desk.html("support/list.html", look)
        flash = visit.words.gettext("It is kept, and holds from now on.")
        return room.desk.redirect(f"/cases/settings/{section}", flash=flash)

    @post("/cases/settings/{section:str}/remove")
    async def remove(request: AnyRequest, section: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        await in_thread(_remove, room, visit, _section(section), filled(given, "at"))
        flash = visit.words.gettext("It is removed; what happened under it stays.")
        return room.desk.redirect(f"/cases/settings/{section}", flash=flash)

    return [save, remove]


def settings_tabs(words: Words, active: str) -> tuple[TabLink, ...]:
    """Return the tabs of the settings."""
    titles = [(name, words.gettext(one.title)) for name, one in SECTIONS.items()]
    titles += [
        ("general", words.gettext("Rules")),
        ("mailboxes", words.gettext("Mailboxes")),
        ("versions", words.gettext("Versions")),
    ]
    return tuple(
        TabLink(label=label, href=f"/cases/settings/{name}", active=name == active) for name, label in titles
    )


def _section(name: str) -> Section:
    found = SECTIONS.get(name)
    if found is None:
        raise NotFound("There are no such settings.", hint="Choose one of the tabs.")
    return found


def _items(rules: ServiceRules, section: Section) -> list[dict[str, Any]]:
    built: list[dict[str, Any]] = msgspec.to_builtins(list(getattr(rules, section.name)))
    return built


def _place(items: list[dict[str, Any]], at: str) -> int:
    """Return the place of an item: by its name, or by its number where it has none."""
    for place, one in enumerate(items):
        if at == one.get("name", str(place + 1)):
            return place
    raise NotFound("That is not there any more.", hint="Look at the list again.")


def _kept(room: SupportRoom, section: Section, at: str) -> Answers:
    with room.database.read() as connection:
        items = _items(room.support.rules(connection).rules, section)
    place = _place(items, at)
    answers = to_answers(section.specs, items[place])
    return Answers(
        [
            *((name, one) for name in answers for one in answers.every(name)),
            ("position", str(place + 1)),
        ]
    )


def _list(room: SupportRoom, visit: Visit, section: Section) -> ListPage:
    words = visit.words
    with room.database.read() as connection:
        stored = room.support.rules(connection)
        choosing = Choosing(stored.rules, room.staff(connection), words)
    columns = [spec for spec in section.specs if spec.shown and spec.name != "label"]
    new = Link(text=words.gettext(section.one), href=f"/cases/settings/{section.name}/edit")

    def row(place: int, item: dict[str, Any]) -> Row:
        name = item.get("name", str(place + 1))
        where = href(f"/cases/settings/{section.name}/edit", at=name)
        title = Link(text=item.get("label") or name, href=where, detail=name if item.get("label") else None)
        return Row(cells=(title, *(Text(text=shown(spec, item, choosing)) for spec in columns)))

    table = Table(
        caption=words.gettext(section.title),
        columns=(
            Column(label=words.gettext("Name")),
            *(Column(label=words.gettext(spec.label)) for spec in columns),
        ),
        rows=tuple(row(place, item) for place, item in enumerate(_items(stored.rules, section))),
        empty=EmptyState(
            title=words.gettext("Nothing here yet"),
            text=words.gettext(section.lead),
            icon="settings",
            action=new,
        ),
    )
    return ListPage(
        page=frame(
            visit,
            words.gettext(section.title),
            up=(to_cases(words),),
            actions=(new,),
            lead=words.gettext(section.lead),
        ),
        tab_links=settings_tabs(words, section.name),
        tabs_label=words.gettext("Settings"),
        tables=(table,),
    )


def _form_page(
    room: SupportRoom,
    visit: Visit,
    section: Section,
    given: Answers,
    at: str,
    error: BeleefError | None = None,
) -> FormPage:
    words = visit.words
    with room.database.read() as connection:
        stored = room.support.rules(connection)
        choosing = Choosing(stored.rules, room.staff(connection), words)
    title = words.gettext("%(section)s: %(name)s", section=words.gettext(section.title), name=at)
    last = str(len(getattr(stored.rules, section.name)) + 1)
    made: list[Field] = [Hidden(name="at", value=at), Hidden(name="over", value=str(stored.version))]
    for spec in section.specs:
        made += fields(spec, given, choosing, is_new=not at)
    made.append(
        Input(
            name="position",
            label=words.gettext("Position"),
            type="number",
            value=given.get("position", last),
            help=words.gettext("Smaller numbers come first."),
        )
    )
    up = Link(text=words.gettext(section.title), href=f"/cases/settings/{section.name}")
    return FormPage(
        page=frame(visit, title if at else words.gettext(section.one), up=(to_cases(words), up)),
        note=refusal_note(error, visit.words),
        form=Form(
            name="rule",
            action=f"/cases/settings/{section.name}/edit",
            sections=(Fieldset(fields=tuple(made)),),
            submit=words.gettext("See what changes") if section.is_dry else words.gettext("Save"),
            cancel=Link(text=words.gettext("Cancel"), href=f"/cases/settings/{section.name}"),
        ),
        other=_removal(section, at, words) if at else None,
    )


def _removal(section: Section, at: str, words: Words) -> Form:
    return Form(
        name="remove",
        action=f"/cases/settings/{section.name}/remove",
        sections=(Fieldset(fields=(Hidden(name="at", value=at),)),),
        submit=words.gettext("Remove “%(name)s”", name=at),
        tone="danger",
    )


def _changed(stored: StoredRules, section: Section, given: Answers) -> ServiceRules:
    """Return the rules with what was sent in its place."""
    items, at = _items(stored.rules, section), filled(given, "at")
    data = read(section.specs, given)
    # What has no field here, because it came from a file, stays as it was.
    kept = _besides(items[_place(items, at)] if at else section.begin, section)
    data = kept | {name: kept[name] | value if name in kept else value for name, value in data.items()}
    if at:
        del items[_place(items, at)]
    elif any(one.get("name") == data.get("name", "") for one in items if "name" in one):
        raise InvalidInput("That name is taken.", hint="Choose another.")
    position = filled(given, "position")
    place = (
        int(position) - 1 if position.isascii() and position.isdecimal() and len(position) < 5 else len(items)
    )
    items.insert(max(0, place), data)
    return _with(stored.rules, section, items)


def _besides(item: Mapping[str, Any], section: Section) -> dict[str, Any]:
    """Return what an item holds besides what its form asks for."""
    asked = {spec.name for spec in section.specs}
    kept: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, dict) and name not in asked:
            kept[name] = {inner: one for inner, one in value.items() if f"{name}.{inner}" not in asked}
        elif name not in asked:
            kept[name] = value
    return kept


def _with(rules: ServiceRules, section: Section, items: list[dict[str, Any]]) -> ServiceRules:
    try:
        made = msgspec.convert(items, tuple[section.item, ...])  # type: ignore[name-defined]  # because the item's type is data
    except msgspec.ValidationError as error:
        raise InvalidInput("That cannot be kept.", hint=str(error)) from error
    return msgspec.structs.replace(rules, **{section.name: made})


def _save(room: SupportRoom, visit: Visit, section: Section, given: Answers) -> ListPage | None:
    """Keep what was sent; or return the page that shows what would change, where that is to be seen first."""
    over = filled(given, "over")
    with room.database.read() as connection:
        stored = room.support.rules(connection)
    rules = _changed(stored, section, given)
    if section.is_dry and not filled(given, "seen"):
        check(rules)
        return _look(room, visit, section, given, stored, rules)
    keep_rules(room, visit, rules, section.name, over=int(over) if over.isdecimal() else None)
    return None


def keep_rules(
    room: SupportRoom, visit: Visit, rules: ServiceRules, what: str, *, over: int | None = None
) -> None:
    """Keep rules as the newest version, and note who did.

    Raises:
        InvalidInput: they contradict themselves.
        Conflict: somebody else kept a version in between.
    """
    with room.database.write() as connection:
        room.support.save_rules(connection, rules, by=visit.actor.name, now=room.now(), over=over)
    room.record(visit.actor, "support.rules", what, {})


def _remove(room: SupportRoom, visit: Visit, section: Section, at: str) -> None:
    with room.database.read() as connection:
        stored = room.support.rules(connection)
    items = _items(stored.rules, section)
    del items[_place(items, at)]
    keep_rules(room, visit, _with(stored.rules, section, items), section.name, over=stored.version)


def _look(
    room: SupportRoom,
    visit: Visit,
    section: Section,
    given: Answers,
    stored: StoredRules,
    rules: ServiceRules,
) -> ListPage:
    words = visit.words
    carried = tuple(
        Hidden(name=name, value=value) for name in given for value in given.every(name) if name != "seen"
    )
    form = Form(
        name="seen",
        action=f"/cases/settings/{section.name}/edit",
        sections=(Fieldset(fields=(*carried, Hidden(name="seen", value="yes"))),),
        submit=words.gettext("Keep it"),
        cancel=Link(text=words.gettext("Cancel"), href=f"/cases/settings/{section.name}"),
    )
    return ListPage(
        page=frame(
            visit,
            words.gettext("What changes?"),
            up=(
                to_cases(words),
                Link(text=words.gettext(section.title), href=f"/cases/settings/{section.name}"),
            ),
            lead=words.gettext(
                "For a case of each kind that would come in now. Cases that are there keep their promises."
            ),
        ),
        tables=(consequences(stored, rules, room.zone, room.now(), words),),
        forms=(form,),
        form_titles=("",),
    )
