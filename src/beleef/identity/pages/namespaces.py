"""Namespaces: which kinds of identifiers there are and how far each is trusted. A change is tried out before it is saved."""

import asyncio
from collections.abc import Container

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity import api
from beleef.identity.api import DryRun, Namespace
from beleef.identity.pages.parts import IdentityRoom, frame, namespace_label, person_href, tabs
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.components import (
    Badge,
    Callout,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Stat,
    Table,
    TabLink,
    Text,
)
from beleef.ui.forms import Checkbox, Fieldset, Form, Hidden, Input, TextArea
from beleef.ui.page import Page
from beleef.ui.words import Words

_FIELDS = ("name", "priority", "limit", "blocked", "traits", "is_device", "enabled", "was")
_NOBODY = "0000000000000"
"""Number of no identifier: a change of the rules is about nobody in particular."""


class NamespacesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``identity/tab.html``: a table below the tabs, and a form where there is something to fill in."""

    page: Page
    tab_links: tuple[TabLink, ...]
    table: Table
    form_title: str | None = None
    form: Form | None = None


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """``identity/form.html``: a form."""

    page: Page
    form: Form


class DryRunPage(msgspec.Struct, frozen=True, kw_only=True):
    """``identity/dry_run.html``: what a change would do, and the form that saves it."""

    page: Page
    note: Callout | None
    figures: tuple[Stat, ...]
    largest: Table
    form: Form


def routes(room: IdentityRoom) -> list[HTTPRouteHandler]:
    """Return the pages about namespaces."""
    return [*_reading(room), *_saving(room)]


def _reading(room: IdentityRoom) -> list[HTTPRouteHandler]:
    @get("/identity", sync_to_thread=True)
    def namespaces(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found, unfilled = api.namespaces(connection), api.unfilled(connection)
        actions = []
        if visit.may(Role.administrator):
            actions.append(Link(text=visit.words.gettext("New namespace"), href="/identity/namespaces/new"))
        view = NamespacesPage(
            page=frame(visit, actions=actions),
            tab_links=tabs(room, visit.words, "namespaces"),
            table=_table(visit, found, unfilled),
        )
        return room.desk.html("identity/tab.html", view)

    @get("/identity/namespaces/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        given = Answers([("priority", "50"), ("limit", "5"), ("enabled", "yes")])
        return room.desk.html("identity/form.html", _edit_page(visit, given))

    @get("/identity/namespaces/{name:str}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        with room.database.read() as connection:
            found = next((one for one in api.namespaces(connection) if one.name == name), None)
        if found is None:
            raise NotFound("There is no such namespace.", hint="Look at the list of namespaces.")
        return room.desk.html("identity/form.html", _edit_page(visit, _to_answers(found)))

    return [namespaces, new, edit]


def _saving(room: IdentityRoom) -> list[HTTPRouteHandler]:
    @post("/identity/namespaces/try")
    async def try_out(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.administrator)
        try:
            namespace = _read(given)
            outcome, is_filled = await asyncio.to_thread(_dry_run, room, namespace)
        except InvalidInput as error:
            return room.desk.html("identity/form.html", _edit_page(visit, given, error), status=400)
        page = _dry_run_page(visit, given, namespace, outcome, is_filled=is_filled)
        return room.desk.html("identity/dry_run.html", page)

    @post("/identity/namespaces/save")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.administrator)
        namespace = _read(given)
        await asyncio.to_thread(_save, room, namespace)
        await asyncio.to_thread(room.record, visit.actor, "namespace.save", namespace.name, {})
        # The worker applies rules before its next batch: this fact sees to it that there is one.
        passed = await room.own.say([_changed_message(namespace, visit)])
        words = visit.words
        flash = words.gettext("“%(name)s” is saved and applied.", name=namespace.name)
        if not passed:
            flash = words.gettext("“%(name)s” is saved; the worker applies it.", name=namespace.name)
        return room.desk.redirect("/identity", flash=flash, tone="good" if passed else "warn")

    return [try_out, save]


def _dry_run(room: IdentityRoom, namespace: Namespace) -> tuple[DryRun, bool]:
    """Return what it would do, and whether past facts have been looked through for it."""
    with room.database.read() as connection:
        known = next((one for one in api.namespaces(connection) if one.name == namespace.name), None)
        is_filled = namespace.name not in api.unfilled(connection) and not (
            set(namespace.traits) - set(known.traits if known else ())
        )
        return api.dry_run(connection, namespace), is_filled


def _save(room: IdentityRoom, namespace: Namespace) -> None:
    with room.database.write() as connection:
        api.save_namespace(connection, namespace)


def _changed_message(namespace: Namespace, visit: Visit) -> dict[str, object]:
    return {
        "type": "beleef",
        "event": "Namespace Changed",
        "context": {"externalIds": [{"type": "id", "id": _NOBODY}]},
        "properties": {"name": namespace.name, "by": visit.actor.name},
    }


def _to_answers(one: Namespace) -> Answers:
    pairs = [
        ("was", one.name),
        ("name", one.name),
        ("priority", str(one.priority)),
        ("limit", str(one.limit)),
        ("blocked", "\n".join(one.blocked)),
        ("traits", "\n".join(one.traits)),
        *([("is_device", "yes")] if one.is_device else []),
        *([("enabled", "yes")] if one.enabled else []),
    ]
    return Answers(pairs)


def _read(given: Answers) -> Namespace:
    """Return the namespace that was filled in; its name and limit are judged by ``api.dry_run``.

    Raises:
        InvalidInput: the priority or the limit is no number.
    """
    numbers = {}
    for name, most in (("priority", 1_000), ("limit", 10_000)):
        text = given.get(name, "").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most):
            raise InvalidInput(
                "Priority and limit are whole numbers.",
                hint="A priority is a number from 1 to 1,000, a limit one from 1 to 10,000.",
                code=name,
            )
        numbers[name] = int(text)
    lines = {
        name: tuple(line.strip() for line in given.get(name, "").splitlines() if line.strip())
        for name in ("blocked", "traits")
    }
    return Namespace(
        name=given.get("name", "").strip(),
        priority=numbers["priority"],
        limit=numbers["limit"],
        is_device="is_device" in given,
        blocked=lines["blocked"],
        traits=lines["traits"],
        enabled="enabled" in given,
    )


def _table(visit: Visit, found: tuple[Namespace, ...], unfilled: Container[str]) -> Table:
    words, may = visit.words, visit.may(Role.administrator)

    def row(one: Namespace) -> Row:
        label = namespace_label(one.name, words)
        name = (
            Link(text=label, href=f"/identity/namespaces/{one.name}/edit", detail=one.name)
            if may
            else Text(text=label, detail=one.name)
        )
        kind = words.gettext("a device or browser") if one.is_device else words.gettext("a person's own")
        state = (
            Badge(text=words.gettext("on"), tone="good") if one.enabled else Badge(text=words.gettext("off"))
        )
        cells = (
            name,
            Figure(text=words.number(one.priority)),
            Text(text=kind),
            Figure(text=words.number(one.limit)),
            Text(
                text=", ".join(one.traits) or "—",
                detail=words.gettext("looking through past facts") if one.name in unfilled else None,
            ),
            Figure(text=words.number(len(one.blocked))),
            state,
        )
        return Row(cells=cells)

    columns = (
        Column(label=words.gettext("Namespace")),
        Column(label=words.gettext("Priority"), numeric=True),
        Column(label=words.gettext("Names")),
        Column(label=words.gettext("Limit per person"), numeric=True),
        Column(label=words.gettext("Traits that carry it")),
        Column(label=words.gettext("Blocked values"), numeric=True),
        Column(label=words.gettext("State")),
    )
    return Table(caption=words.gettext("Namespaces"), columns=columns, rows=tuple(map(row, found)))


def _edit_page(visit: Visit, given: Answers, error: InvalidInput | None = None) -> EditPage:
    words = visit.words
    was = given.get("was", "")
    said = None if error is None else words.refusal(error)
    wrong = error.code if error is not None and error.code in ("priority", "limit") else "name"
    name = Input(
        name="name",
        label=words.gettext("Name"),
        value=given.get("name", ""),
        help=words.gettext("Small letters, digits, dots, dashes and _, as facts carry it."),
        error=said if wrong == "name" else None,
    )
    fields = (
        Hidden(name="was", value=was),
        Hidden(name="name", value=was) if was and wrong != "name" else name,
        Input(
            name="priority",
            label=words.gettext("Priority"),
            type="number",
            value=given.get("priority", ""),
            help=words.gettext("Lower is stronger: the strongest identifier names the person."),
            error=said if wrong == "priority" else None,
        ),
        Input(
            name="limit",
            label=words.gettext("Limit per person"),
            type="number",
            value=given.get("limit", ""),
            help=words.gettext("Evidence that would give one person more of these is left out."),
            error=said if wrong == "limit" else None,
        ),
        Checkbox(
            name="is_device",
            label=words.gettext("It names a device or browser"),
            checked="is_device" in given,
            help=words.gettext("Several people may use one; it never joins two people who are known."),
        ),
        TextArea(
            name="traits",
            label=words.gettext("Traits that carry it"),
            value=given.get("traits", ""),
            rows=2,
            help=words.gettext("One on each line. Past facts are looked through for them once it is saved."),
            required=False,
        ),
        TextArea(
            name="blocked",
            label=words.gettext("Blocked values"),
            value=given.get("blocked", ""),
            help=words.gettext(
                "Values that are nobody's, one on each line: test, unknown, the shop's own number."
            ),
            required=False,
        ),
        Checkbox(
            name="enabled",
            label=words.gettext("It may join identifiers"),
            checked="enabled" in given,
            help=words.gettext("While it is off its evidence is recorded, and joins nobody."),
        ),
    )
    title = namespace_label(was, words) if was else words.gettext("New namespace")
    return EditPage(
        page=frame(visit, title),
        form=Form(
            name="namespace",
            action="/identity/namespaces/try",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Try it out"),
            cancel=Link(text=words.gettext("Cancel"), href="/identity"),
        ),
    )


def _dry_run_page(
    visit: Visit, given: Answers, namespace: Namespace, outcome: DryRun, *, is_filled: bool
) -> DryRunPage:
    words = visit.words
    hidden = tuple(Hidden(name=name, value=given[name]) for name in _FIELDS if name in given)
    title = words.gettext("What “%(name)s” would do", name=namespace.name)
    lead = words.gettext("Tried out on all evidence; nothing is changed yet.")
    back = f"/identity/namespaces/{given['was']}/edit" if given.get("was") else "/identity/namespaces/new"
    return DryRunPage(
        page=frame(visit, title, lead=lead),
        note=None if is_filled else _not_filled(words),
        figures=_figures(outcome, words),
        largest=_largest(outcome, words),
        form=Form(
            name="save",
            action="/identity/namespaces/save",
            sections=(Fieldset(fields=hidden),),
            submit=words.gettext("Save and apply"),
            cancel=Link(text=words.gettext("Change it"), href=back),
        ),
    )


def _not_filled(words: Words) -> Callout:
    return Callout(
        title=words.gettext("This shows less than it will do."),
        text=words.gettext(
            "Past facts have not been looked through yet for a trait that carries it. Save it switched off first, and try again once the list no longer says that past facts are looked through."
        ),
        tone="warn",
    )


def _figures(outcome: DryRun, words: Words) -> tuple[Stat, ...]:
    before = words.number(outcome.persons_before)
    of_people = words.gettext("of %(count)s people", count=before)
    return (
        Stat(
            label=words.gettext("People"),
            figure=words.number(outcome.persons_after),
            basis=words.gettext("now %(count)s", count=before),
        ),
        Stat(
            label=words.gettext("Become part of another"),
            figure=words.number(outcome.merged),
            basis=of_people,
        ),
        Stat(label=words.gettext("Come off another"), figure=words.number(outcome.split), basis=of_people),
        Stat(
            label=words.gettext("Left out"),
            figure=words.number(outcome.refused),
            basis=words.gettext("pieces of evidence, or shared identifiers"),
        ),
    )


def _largest(outcome: DryRun, words: Words) -> Table:
    rows = tuple(
        Row(
            cells=(
                Link(text=ids.to_text(one.person), href=person_href(one.person)),
                Figure(text=words.number(one.identifiers)),
                Figure(text=words.number(one.persons_before)),
                Text(
                    text=", ".join(
                        f"{namespace_label(space, words)} {value[:40]}" for space, value in one.examples[:4]
                    )
                ),
            )
        )
        for one in outcome.largest
    )
    return Table(
        caption=words.gettext("The largest people it would make"),
        columns=(
            Column(label=words.gettext("Person")),
            Column(label=words.gettext("Identifiers"), numeric=True),
            Column(label=words.gettext("People now"), numeric=True),
            Column(label=words.gettext("For example")),
        ),
        rows=rows,
        empty=EmptyState(
            title=words.gettext("Nobody"), text=words.gettext("No identifiers are joined."), icon="identity"
        ),
    )
