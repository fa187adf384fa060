"""The pages of sources: which there are and when they last sent something, and for each its key, snippets, rules and webhook."""

import asyncio
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api as access
from beleef.access.desk import Answers, AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.collect import api
from beleef.collect.http import Collecting
from beleef.collect.model import Source
from beleef.collect.source_forms import (
    UNSIGNED,
    Hook,
    Rules,
    channel_field,
    checked_rules,
    hook_form,
    hook_of,
    read_hook,
    read_rules,
    rules_form,
    rules_of,
)
from beleef.collect.source_view import confirm_switch, hook_address, source_page, state_badge, to_sources
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.store.warehouse.model import Arrivals
from beleef.ui.components import (
    Cell,
    CodeBlock,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
    Time,
    channel_mark,
)
from beleef.ui.forms import Fieldset, Form, Input
from beleef.ui.page import Page
from beleef.ui.words import Words


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/sources.html``: all sources."""

    page: Page
    table: Table


class SourceForm(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/source_form.html``: a form about a source, and what helps to fill it in."""

    page: Page
    form: Form
    about: CodeBlock | None = None


def routes(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    """Return the pages of sources."""
    return [*_reading(desk, parts), *_adding(desk, parts), *_changing(desk, parts)]


def _reading(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    @get("/sources", sync_to_thread=True)
    def sources(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.reader)
        with parts.database.read() as connection:
            found = api.sources(connection)
        return desk.html("collect/sources.html", _list(visit, found, parts.warehouse.sources()))

    @get("/sources/{number:int}", sync_to_thread=True)
    def one(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.reader)
        source = _source(parts, number)
        arrived = next((one for one in parts.warehouse.sources() if one.source == source.name), None)
        shown = request.query_params.get("for", "curl")
        view = source_page(visit, source, arrived, address=address_of(request), shown=shown)
        return desk.html("collect/source.html", view)

    return [sources, one]


def _adding(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    @get("/sources/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.editor)
        return desk.html("collect/source_form.html", _new(visit, Answers(), {}))

    @post("/sources/new")
    async def add(request: AnyRequest) -> Response[str]:
        visit, answers = await desk.form(request, Role.editor)
        words = visit.words
        try:
            source = await asyncio.to_thread(_add, parts, visit, answers)
        except Conflict:
            errors = {"name": words.gettext("There is a source with this name already.")}
            return desk.html("collect/source_form.html", _new(visit, answers, errors), status=400)
        except InvalidInput:
            errors = {"name": words.gettext("Use 1 to 60 letters, digits, spaces, dots or hyphens.")}
            return desk.html("collect/source_form.html", _new(visit, answers, errors), status=400)
        said = words.gettext(
            "The source “%(name)s” is there. Put its key where the facts come from.", name=source.name
        )
        return desk.redirect(f"/sources/{source.id}", flash=said)

    return [new, add]


def _changing(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    @get("/sources/{number:int}/rules", sync_to_thread=True)
    def rules(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.editor)
        source = _source(parts, number)
        return desk.html("collect/source_form.html", _rules(visit, source, rules_of(source)))

    @post("/sources/{number:int}/rules")
    async def save_rules(request: AnyRequest, number: int) -> Response[str]:
        visit, answers = await desk.form(request, Role.editor)
        source = await asyncio.to_thread(_source, parts, number)
        sent = read_rules(answers)
        if answers.get("change"):
            return desk.html("collect/source_form.html", _rules(visit, source, sent))
        checked, meant = checked_rules(sent, visit.words)
        if checked.errors:
            return desk.html("collect/source_form.html", _rules(visit, source, checked), status=400)
        changed = msgspec.structs.replace(source, channel=checked.channel, touchpoints=meant)
        await asyncio.to_thread(_save, parts, visit, changed, "source.rules")
        said = visit.words.gettext("Saved. It holds for facts that come in from now on.")
        return desk.redirect(f"/sources/{number}", flash=said)

    @get("/sources/{number:int}/hook", sync_to_thread=True)
    def hook(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.editor)
        source = _source(parts, number)
        return desk.html("collect/source_form.html", _hook(visit, source, hook_of(source), request))

    @post("/sources/{number:int}/hook")
    async def save_hook(request: AnyRequest, number: int) -> Response[str]:
        visit, answers = await desk.form(request, Role.editor)
        source = await asyncio.to_thread(_source, parts, number)
        sent, meant = read_hook(source, answers, visit.words)
        if sent.errors:
            return desk.html("collect/source_form.html", _hook(visit, source, sent, request), status=400)
        changed = msgspec.structs.replace(source, hook=meant)
        await asyncio.to_thread(_save, parts, visit, changed, "source.hook")
        return desk.redirect(f"/sources/{number}", flash=visit.words.gettext("The webhook is saved."))

    @get("/sources/{number:int}/switch", sync_to_thread=True)
    def ask(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.editor)
        return desk.html("ui/confirm.html", confirm_switch(visit, _source(parts, number)))

    @post("/sources/{number:int}/switch")
    async def switch(request: AnyRequest, number: int) -> Response[str]:
        visit, answers = await desk.form(request, Role.editor)
        source = await asyncio.to_thread(_source, parts, number)
        on = answers.get("to") == "on"
        changed = msgspec.structs.replace(source, enabled=on)
        await asyncio.to_thread(_save, parts, visit, changed, "source.on" if on else "source.off")
        words = visit.words
        said = (
            words.gettext("The source is switched on.")
            if on
            else words.gettext("The source is switched off.")
        )
        return desk.redirect(f"/sources/{number}", flash=said)

    return [rules, save_rules, hook, save_hook, ask, switch]


def address_of(request: AnyRequest) -> str:
    """Return the address under which the browser reached Beleef, without a slash at the end."""
    headers = request.headers
    host = headers.get("x-forwarded-host") or headers.get("host") or "localhost"
    scheme = headers.get("x-forwarded-proto") or request.scope.get("scheme", "http")
    return f"{scheme}://{host}"


def _source(parts: Collecting, number: int) -> Source:
    if number == api.BELEEF:
        raise NotFound("There is no such source.", hint="Look at the list of sources again.")
    with parts.database.read() as connection:
        return api.source_numbered(connection, number)


def _add(parts: Collecting, visit: Visit, answers: Answers) -> Source:
    now = parts.now()
    with parts.database.write() as connection:
        source = api.add_source(
            connection, name=answers.get("name", ""), channel=answers.get("channel", ""), now=now
        )
        access.record(connection, visit.actor, "source.add", source.name, now=now)
    return source


def _save(parts: Collecting, visit: Visit, changed: Source, action: str) -> None:
    with parts.database.write() as connection:
        api.change_source(connection, changed)
        access.record(connection, visit.actor, action, changed.name, now=parts.now())


def _list(visit: Visit, found: list[Source], arrivals: list[Arrivals]) -> Sources:
    words = visit.words
    by_name = {one.source: one for one in arrivals}
    columns = (
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("Channel")),
        Column(label=words.gettext("State")),
        Column(label=words.gettext("Facts"), numeric=True),
        Column(label=words.gettext("Last fact")),
    )
    add = Link(text=words.gettext("Add a source"), href="/sources/new")
    may = visit.may(Role.editor)
    return Sources(
        page=visit.page(
            words.gettext("Sources"),
            active="sources",
            actions=(add,) if may else (),
            lead=words.gettext("Where facts come from: websites, apps, tills, other systems."),
        ),
        table=Table(
            caption=words.gettext("Sources"),
            columns=columns,
            rows=tuple(_row(words, source, by_name.get(source.name)) for source in found),
            empty=EmptyState(
                title=words.gettext("No sources yet"),
                text=words.gettext("A source is a place that sends facts, each with a key of its own."),
                icon="source",
                action=add if may else None,
            ),
        ),
    )


def _row(words: Words, source: Source, arrived: Arrivals | None) -> Row:
    last: Cell = Time(moment=arrived.last_at) if arrived else Text(text=words.gettext("nothing yet"))
    return Row(
        cells=(
            Link(text=source.name, href=f"/sources/{source.id}"),
            channel_mark(source.channel, words),
            state_badge(words, source),
            Figure(text=words.number(arrived.facts if arrived else 0)),
            last,
        )
    )


def _new(visit: Visit, answers: Answers, errors: dict[str, str]) -> SourceForm:
    words = visit.words
    fields = (
        Input(
            name="name",
            label=words.gettext("Name"),
            value=answers.get("name", ""),
            help=words.gettext("For example: web shop. It stands beside every fact and does not change."),
            error=errors.get("name"),
        ),
        channel_field(words, answers.get("channel", ""), errors.get("channel")),
    )
    return SourceForm(
        page=visit.page(words.gettext("Add a source"), active="sources", crumbs=(to_sources(words),)),
        form=Form(
            name="source",
            action="/sources/new",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Add"),
            cancel=Link(text=words.gettext("Cancel"), href="/sources"),
        ),
    )


def _rules(visit: Visit, source: Source, rules: Rules) -> SourceForm:
    words = visit.words
    back = Link(text=source.name, href=f"/sources/{source.id}")
    return SourceForm(
        page=visit.page(
            words.gettext("Channel and touchpoints"),
            active="sources",
            crumbs=(to_sources(words), back),
        ),
        form=rules_form(source, rules, words),
    )


def _hook(visit: Visit, source: Source, hook: Hook, request: AnyRequest) -> SourceForm:
    words = visit.words
    back = Link(text=source.name, href=f"/sources/{source.id}")
    key = "?" + urlencode({"writeKey": source.write_key}) if hook.signature == UNSIGNED else ""
    return SourceForm(
        page=visit.page(
            words.gettext("Webhook"),
            active="sources",
            crumbs=(to_sources(words), back),
            lead=words.gettext(
                "Another system calls this address, and a mapping makes facts of what it sends."
            ),
        ),
        form=hook_form(source, hook, words),
        about=CodeBlock(
            name="hook-address",
            label=words.gettext("Address for the other system"),
            code=hook_address(source, address_of(request)) + key,
        ),
    )
