"""The pages of sources: which there are and when they last sent something, and for each its key, snippets, rules and webhook."""

import asyncio
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api as access
from beleef.access.desk import Answers, AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.collect import api
from beleef.collect.http import Collecting
from beleef.collect.model import Source
from beleef.collect.snippets import snippets
from beleef.collect.source_forms import (
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
from beleef.kernel.errors import Conflict, InvalidInput, NotFound
from beleef.store.warehouse.model import Arrivals
from beleef.ui.components import (
    Badge,
    Cell,
    CodeBlock,
    Column,
    EmptyState,
    Figure,
    Known,
    Link,
    Row,
    Table,
    TabLink,
    Text,
    Time,
    channel_mark,
)
from beleef.ui.forms import Fieldset, Form, Hidden, Input
from beleef.ui.page import Confirm, Page
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


class SourcePage(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/source.html``: one source; key, snippets and forms only for those who may change it."""

    page: Page
    known_title: str
    known: tuple[Known, ...]
    key: CodeBlock | None
    key_note: str
    connect_title: str
    tabs: tuple[TabLink, ...]
    snippet: CodeBlock | None
    rules_title: str
    rules: Table
    rules_change: Link | None
    hook_title: str
    hook_text: str
    hook_change: Link | None
    switch: Link | None


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
        view = _page(visit, source, arrived, address=address_of(request), shown=shown)
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
        return desk.html("ui/confirm.html", _confirm_switch(visit, _source(parts, number)))

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
            _state(words, source),
            Figure(text=words.number(arrived.facts if arrived else 0)),
            last,
        )
    )


def _state(words: Words, source: Source) -> Badge:
    if source.enabled:
        return Badge(text=words.gettext("Listens"), tone="good")
    return Badge(text=words.gettext("Switched off"), tone="warn")


def _to_sources(words: Words) -> Link:
    return Link(text=words.gettext("Sources"), href="/sources")


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
        page=visit.page(words.gettext("Add a source"), active="sources", crumbs=(_to_sources(words),)),
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
            crumbs=(_to_sources(words), back),
        ),
        form=rules_form(source, rules, words),
    )


def _hook(visit: Visit, source: Source, hook: Hook, request: AnyRequest) -> SourceForm:
    words = visit.words
    back = Link(text=source.name, href=f"/sources/{source.id}")
    return SourceForm(
        page=visit.page(
            words.gettext("Webhook"),
            active="sources",
            crumbs=(_to_sources(words), back),
            lead=words.gettext(
                "Another system calls this address, and a mapping makes facts of what it sends."
            ),
        ),
        form=hook_form(source, hook, words),
        about=CodeBlock(
            name="hook-address",
            label=words.gettext("Address for the other system"),
            code=_hook_address(source, address_of(request)),
        ),
    )


def _hook_address(source: Source, address: str) -> str:
    return f"{address}/v1/hooks/{quote(source.name)}"


def _page(visit: Visit, source: Source, arrived: Arrivals | None, *, address: str, shown: str) -> SourcePage:
    words = visit.words
    may = visit.may(Role.editor)
    known: list[tuple[str, Cell]] = [
        (words.gettext("State"), _state(words, source)),
        (words.gettext("Channel"), channel_mark(source.channel, words)),
        (words.gettext("Facts"), Figure(text=words.number(arrived.facts if arrived else 0))),
        (
            words.gettext("Last fact"),
            Time(moment=arrived.last_at) if arrived else Text(text=words.gettext("nothing yet")),
        ),
        (words.gettext("Made"), Time(moment=source.created_at)),
    ]
    all_snippets = snippets(source, address)
    chosen = next((one for one in all_snippets if one.name == shown), all_snippets[0])
    tabs = tuple(
        TabLink(
            label=one.label,
            href=f"/sources/{source.id}?{urlencode({'for': one.name})}#connect",
            active=one is chosen,
        )
        for one in all_snippets
    )
    to_live = Link(
        text=words.gettext("See its facts arrive"), href="/live?" + urlencode({"source": source.name})
    )
    return SourcePage(
        page=visit.page(source.name, active="sources", crumbs=(_to_sources(words),), actions=(to_live,)),
        known_title=words.gettext("In short"),
        known=tuple(Known(name=name, value=value) for name, value in known),
        key=CodeBlock(name="key", label=words.gettext("Write key"), code=source.write_key) if may else None,
        key_note=words.gettext("The key may only add facts, never read one, so it is safe on a page."),
        connect_title=words.gettext("Connect it"),
        tabs=tabs if may else (),
        snippet=CodeBlock(name="snippet", label=chosen.label, code=chosen.code.rstrip("\n")) if may else None,
        rules_title=words.gettext("Touchpoints"),
        rules=_rules_table(words, source),
        rules_change=_way(may, words.gettext("Change channel and rules"), f"/sources/{source.id}/rules"),
        hook_title=words.gettext("Webhook"),
        hook_text=_hook_text(words, source, address),
        hook_change=_way(may, words.gettext("Change the webhook"), f"/sources/{source.id}/hook"),
        switch=_switch(words, source) if may else None,
    )


def _way(may: bool, text: str, href: str) -> Link | None:
    return Link(text=text, href=href) if may else None


def _hook_text(words: Words, source: Source, address: str) -> str:
    if source.hook is None:
        return words.gettext("This source has no webhook.")
    return words.gettext("It takes webhooks at %(address)s.", address=_hook_address(source, address))


def _switch(words: Words, source: Source) -> Link:
    text = words.gettext("Switch it off") if source.enabled else words.gettext("Switch it on")
    return Link(text=text, href=f"/sources/{source.id}/switch")


def _confirm_switch(visit: Visit, source: Source) -> Confirm:
    words, back = visit.words, Link(text=source.name, href=f"/sources/{source.id}")
    title = words.gettext("Switch “%(name)s” on?", name=source.name)
    consequences = (words.gettext("What is sent with its key is accepted from now on."),)
    if source.enabled:
        title = words.gettext("Switch “%(name)s” off?", name=source.name)
        consequences = (
            words.gettext(
                "What is sent with its key is refused from now on, and is lost: senders do not try again."
            ),
            words.gettext("Facts that are here stay. It can be switched on again at any time."),
        )
    return Confirm(
        page=visit.page(title, active="sources", crumbs=(_to_sources(words), back)),
        consequences=consequences,
        form=Form(
            name="switch",
            action=f"/sources/{source.id}/switch",
            sections=(Fieldset(fields=(Hidden(name="to", value="off" if source.enabled else "on"),)),),
            submit=words.gettext("Switch it off") if source.enabled else words.gettext("Switch it on"),
            tone="danger" if source.enabled else "main",
            cancel=Link(text=words.gettext("Cancel"), href=f"/sources/{source.id}"),
        ),
    )


def _rules_table(words: Words, source: Source) -> Table:
    columns = (
        Column(label=words.gettext("Touchpoint")),
        Column(label=words.gettext("Ring")),
        Column(label=words.gettext("For which facts")),
    )
    rings = {
        "service": words.gettext("Service experience"),
        "customer": words.gettext("Customer experience"),
        "staged": words.gettext("Staged experience"),
    }
    rows = []
    for rule in source.touchpoints:
        when = rule.when
        parts = [when.type, when.name and f"“{when.name}”", when.path_prefix and f"{when.path_prefix}…"]
        parts += [f"{key} = {value}" for key, value in when.property.items()]
        said = ", ".join(part for part in parts if part) or words.gettext("all")
        rows.append(Row(cells=(Text(text=rule.touchpoint), Text(text=rings[rule.ring]), Text(text=said))))
    return Table(
        caption=words.gettext("Touchpoints"),
        columns=columns,
        rows=tuple(rows),
        empty=EmptyState(
            title=words.gettext("No rules"),
            text=words.gettext(
                "Rules name the exact place of contact, such as the checkout or the service line."
            ),
            icon="target",
        ),
    )
