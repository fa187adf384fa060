"""Pages for administrators: which programs may ask with a token, and who did what."""

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api
from beleef.access.desk import Answers, AnyRequest, Desk, Visit, role_name
from beleef.access.model import TOKEN_ROLES, Role
from beleef.access.staff_pages import FormPage, Listing, error_at_field
from beleef.kernel.clock import Clock
from beleef.kernel.errors import InvalidInput
from beleef.store.records.database import Database
from beleef.ui.components import (
    Badge,
    Code,
    CodeBlock,
    Column,
    EmptyState,
    Link,
    Pager,
    Row,
    Table,
    Text,
    Time,
)
from beleef.ui.forms import Fieldset, Form, Input, Option, Select
from beleef.ui.page import Confirm
from beleef.ui.words import Words

_AUDIT_PAGE = 100


def routes(desk: Desk, database: Database, now: Clock) -> list[HTTPRouteHandler]:
    """Return the pages of tokens and the audit log."""
    return [*_token_routes(desk, database, now), _audit_route(desk, database)]


def _token_routes(desk: Desk, database: Database, now: Clock) -> list[HTTPRouteHandler]:
    @get("/tokens", sync_to_thread=True)
    def tokens(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        return desk.html("access/list.html", _tokens(visit, database))

    @get("/tokens/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        return desk.html("access/form.html", _new_token(visit, Answers(), {}))

    @post("/tokens/new")
    async def add(request: AnyRequest) -> Response[str]:
        visit, answers = await desk.form(request, Role.administrator)
        try:
            secret = await asyncio.to_thread(_add_token, database, visit, answers, now())
        except InvalidInput as error:
            view = _new_token(visit, answers, error_at_field(error, visit.words))
            return desk.html("access/form.html", view, status=400)
        # No redirect: the secret is shown in this one answer and kept nowhere.
        view_once = await asyncio.to_thread(_tokens, visit, database, secret)
        return desk.html("access/list.html", view_once)

    @get("/tokens/{number:int}/revoke", sync_to_thread=True)
    def ask(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        return desk.html("ui/confirm.html", _confirm_revoke(visit, number))

    @post("/tokens/{number:int}/revoke")
    async def revoke(request: AnyRequest, number: int) -> Response[str]:
        visit, _ = await desk.form(request, Role.administrator)
        await asyncio.to_thread(_revoke, database, visit, number, now())
        return desk.redirect("/tokens", flash=visit.words.gettext("The token is revoked."))

    return [tokens, new, add, ask, revoke]


def _tokens(visit: Visit, database: Database, secret: str | None = None) -> Listing:
    words = visit.words
    with database.read() as connection:
        found = api.tokens(connection)
    columns = (
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("Role")),
        Column(label=words.gettext("State")),
        Column(label=words.gettext("Made")),
        Column(label=words.gettext("Revoke")),
    )
    empty = EmptyState(
        title=words.gettext("No program has a token"),
        text=words.gettext(
            "A program that reads people or counts shows a token, for example your website's server."
        ),
        icon="key",
        action=Link(text=words.gettext("Add a token"), href="/tokens/new"),
    )
    shown = (
        CodeBlock(
            name="token",
            label=words.gettext("The new token. Copy it now: it is not shown again."),
            code=secret,
        )
        if secret
        else None
    )
    return Listing(
        page=visit.page(
            words.gettext("Tokens"),
            active="tokens",
            actions=(Link(text=words.gettext("Add a token"), href="/tokens/new"),),
            lead=words.gettext("With a token a program of yours may ask Beleef."),
        ),
        table=Table(
            caption=words.gettext("Tokens"),
            columns=columns,
            rows=tuple(_token_row(words, token) for token in found),
            empty=empty,
        ),
        secret=shown,
    )


def _token_row(words: Words, token: api.Token) -> Row:
    works = Badge(text=words.gettext("Works"), tone="good")
    ended = Badge(text=words.gettext("Revoked"))
    way: Link | Time = Link(text=words.gettext("Revoke"), href=f"/tokens/{token.id}/revoke")
    if token.revoked_at is not None:
        way = Time(moment=token.revoked_at)
    return Row(
        cells=(
            Text(text=token.name),
            Text(text=role_name(token.role, words)),
            ended if token.revoked_at else works,
            Time(moment=token.created_at),
            way,
        )
    )


def _new_token(visit: Visit, answers: Answers, errors: dict[str, str]) -> FormPage:
    words = visit.words
    means = {
        Role.reader: words.gettext("reads people and counts"),
        Role.editor: words.gettext("also enters contacts and repairs messages"),
        Role.administrator: words.gettext("also erases people"),
    }
    roles = tuple(
        Option(value=role.name, label=f"{role_name(role, words)}: {means[role]}") for role in TOKEN_ROLES
    )
    fields = (
        Input(
            name="name",
            label=words.gettext("Name"),
            value=answers.get("name", ""),
            help=words.gettext("What it is for, for example: website."),
            error=errors.get("name"),
        ),
        Select(
            name="role",
            label=words.gettext("Role"),
            options=roles,
            value=answers.get("role", Role.reader.name),
            error=errors.get("role"),
        ),
    )
    return FormPage(
        page=visit.page(
            words.gettext("Add a token"),
            active="tokens",
            crumbs=(Link(text=words.gettext("Tokens"), href="/tokens"),),
        ),
        form=Form(
            name="token",
            action="/tokens/new",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Add"),
            cancel=Link(text=words.gettext("Cancel"), href="/tokens"),
        ),
    )


def _confirm_revoke(visit: Visit, number: int) -> Confirm:
    words = visit.words
    return Confirm(
        page=visit.page(
            words.gettext("Revoke this token?"),
            active="tokens",
            crumbs=(Link(text=words.gettext("Tokens"), href="/tokens"),),
        ),
        consequences=(
            words.gettext("Programs that show it are refused from now on."),
            words.gettext("This cannot be undone; a new token can be added at any time."),
        ),
        form=Form(
            name="revoke",
            action=f"/tokens/{number}/revoke",
            sections=(),
            submit=words.gettext("Revoke"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href="/tokens"),
        ),
    )


def _add_token(database: Database, visit: Visit, answers: Answers, now: int) -> str:
    name, role = answers.get("name", ""), answers.get("role", "")
    with database.write() as connection:
        secret = api.add_token(connection, name=name, role=role, now=now)
        api.record(connection, visit.actor, "token.add", name.strip()[:80], now=now, role=role)
    return secret


def _revoke(database: Database, visit: Visit, number: int, now: int) -> None:
    with database.write() as connection:
        api.revoke_token(connection, number, now)
        api.record(connection, visit.actor, "token.revoke", str(number), now=now)


def _audit_route(desk: Desk, database: Database) -> HTTPRouteHandler:
    @get("/audit", sync_to_thread=True)
    def audit(request: AnyRequest, before: int | None = None) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        with database.read() as connection:
            entries = api.audit(connection, before=before, limit=_AUDIT_PAGE + 1)
        return desk.html("access/list.html", _audit(visit, entries, is_first=before is None))

    return audit


def _audit(visit: Visit, entries: list[api.Entry], *, is_first: bool) -> Listing:
    words = visit.words
    more, entries = len(entries) > _AUDIT_PAGE, entries[:_AUDIT_PAGE]
    columns = (
        Column(label=words.gettext("What")),
        Column(label=words.gettext("Which")),
        Column(label=words.gettext("Who")),
        Column(label=words.gettext("When")),
        Column(label=words.gettext("Details")),
    )
    rows = tuple(
        Row(
            cells=(
                Code(text=entry.action),
                Text(text=entry.subject),
                Text(text=entry.actor),
                Time(moment=entry.at, exact=True),
                Text(text=_detail(entry.detail)),
            )
        )
        for entry in entries
    )
    pager = Pager(
        shown=words.ngettext("%(num)s line on this page", "%(num)s lines on this page", len(rows)),
        previous_href=None if is_first else "/audit",
        next_href=f"/audit?before={entries[-1].id}" if more else None,
    )
    empty = EmptyState(
        title=words.gettext("Nothing was done yet"),
        text=words.gettext("Every change that staff make is kept here: what, by whom and when."),
        icon="document",
    )
    return Listing(
        page=visit.page(
            words.gettext("Audit log"), active="audit", lead=words.gettext("Who did what, newest first.")
        ),
        table=Table(
            caption=words.gettext("Audit log"),
            columns=columns,
            rows=rows,
            empty=empty,
            pager=pager if rows else None,
        ),
    )


def _detail(text: str) -> str:
    if not text:
        return ""
    values: dict[str, object] = msgspec.json.decode(text)
    return ", ".join(f"{name}: {value}" for name, value in values.items())
