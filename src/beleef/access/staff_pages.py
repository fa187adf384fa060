"""Pages for administrators: who works here, and what they may do."""

import asyncio
from typing import Literal

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api
from beleef.access.desk import Answers, AnyRequest, Desk, Visit, role_name
from beleef.access.model import Role, read_role
from beleef.kernel.clock import Clock
from beleef.kernel.errors import Conflict, InvalidInput
from beleef.store.records.database import Database
from beleef.ui.components import (
    Badge,
    CodeBlock,
    Column,
    Link,
    Row,
    Table,
    Text,
    Time,
)
from beleef.ui.forms import Checkbox, Fieldset, Form, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Words


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """``access/list.html``: a table, and above it a secret that is shown once."""

    page: Page
    table: Table
    secret: CodeBlock | None = None


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """``access/form.html``: one form."""

    page: Page
    form: Form


def routes(desk: Desk, database: Database, now: Clock) -> list[HTTPRouteHandler]:
    """Return the pages about staff."""

    @get("/staff", sync_to_thread=True)
    def staff(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        with database.read() as connection:
            members = api.members(connection)
        return desk.html("access/list.html", Listing(page=_staff_page(visit), table=_members(visit, members)))

    @get("/staff/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        return desk.html("access/form.html", _new_member(visit, Answers(), {}))

    @post("/staff/new")
    async def add(request: AnyRequest) -> Response[str]:
        visit, answers = await desk.form(request, Role.administrator)
        try:
            name = await asyncio.to_thread(_add_member, database, visit, answers, now())
        except (InvalidInput, Conflict) as error:
            view = _new_member(visit, answers, error_at_field(error, visit.words))
            return desk.html("access/form.html", view, status=400)
        said = visit.words.gettext("%(name)s can sign in now.", name=name)
        return desk.redirect("/staff", flash=said)

    @get("/staff/{number:int}", sync_to_thread=True)
    def one(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.administrator)
        with database.read() as connection:
            member = api.member(connection, number)
        return desk.html("access/form.html", _member_page(visit, member, None, {}))

    @post("/staff/{number:int}")
    async def change(request: AnyRequest, number: int) -> Response[str]:
        visit, answers = await desk.form(request, Role.administrator)
        try:
            name = await asyncio.to_thread(_change_member, database, visit, number, answers, now())
        except (InvalidInput, Conflict) as error:
            with database.read() as connection:
                member = api.member(connection, number)
            view = _member_page(visit, member, answers, error_at_field(error, visit.words))
            return desk.html("access/form.html", view, status=400)
        return desk.redirect("/staff", flash=visit.words.gettext("%(name)s is changed.", name=name))

    return [staff, new, add, one, change]


def _staff_page(visit: Visit) -> Page:
    words = visit.words
    return visit.page(
        words.gettext("Staff"),
        active="staff",
        actions=(Link(text=words.gettext("Add somebody"), href="/staff/new"),),
        lead=words.gettext("Who can sign in here, and what they may do."),
    )


def _members(visit: Visit, members: list[api.Member]) -> Table:
    words = visit.words
    columns = (
        Column(label=words.gettext("Name")),
        Column(label=words.gettext("Role")),
        Column(label=words.gettext("Language")),
        Column(label=words.gettext("State")),
        Column(label=words.gettext("Since")),
    )
    on = Badge(text=words.gettext("Can sign in"), tone="good")
    off = Badge(text=words.gettext("Switched off"))
    rows = tuple(
        Row(
            cells=(
                Link(text=member.name, href=f"/staff/{member.id}", detail=member.email),
                Text(text=role_name(member.role, words)),
                Text(text=_language_name(member.language)),
                on if member.enabled else off,
                Time(moment=member.created_at),
            )
        )
        for member in members
    )
    return Table(caption=words.gettext("Staff"), columns=columns, rows=rows)


def _new_member(visit: Visit, answers: Answers, errors: dict[str, str]) -> FormPage:
    words = visit.words
    fields = (
        Input(name="name", label=words.gettext("Name"), value=answers.get("name", ""), autocomplete="off"),
        Input(
            name="email",
            label=words.gettext("E-mail address"),
            type="email",
            value=answers.get("email", ""),
            error=errors.get("email"),
            autocomplete="off",
        ),
        _role_field(words, answers.get("role", Role.reader.name), errors.get("role")),
        _language_field(words, answers.get("language", words.language)),
        _password_field(words, errors.get("password"), required=True),
    )
    return FormPage(
        page=visit.page(words.gettext("Add somebody"), active="staff", crumbs=(_to_staff(words),)),
        form=Form(
            name="member",
            action="/staff/new",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Add"),
            cancel=Link(text=words.gettext("Cancel"), href="/staff"),
        ),
    )


def _member_page(
    visit: Visit, member: api.Member, answers: Answers | None, errors: dict[str, str]
) -> FormPage:
    words = visit.words
    given = answers if answers is not None else Answers()
    enabled = "enabled" in given if answers is not None else member.enabled
    fields = (
        Input(name="name", label=words.gettext("Name"), value=given.get("name", member.name)),
        _role_field(words, given.get("role", member.role.name), errors.get("role")),
        _language_field(words, given.get("language", member.language)),
        _password_field(words, errors.get("password"), required=False),
        Checkbox(
            name="enabled",
            label=words.gettext("Can sign in"),
            checked=enabled,
            help=words.gettext("Switched off, they are signed out at once."),
            error=errors.get("enabled"),
        ),
    )
    return FormPage(
        page=visit.page(member.name, active="staff", crumbs=(_to_staff(words),), lead=member.email),
        form=Form(
            name="member",
            action=f"/staff/{member.id}",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Save"),
            cancel=Link(text=words.gettext("Cancel"), href="/staff"),
        ),
    )


def _to_staff(words: Words) -> Link:
    return Link(text=words.gettext("Staff"), href="/staff")


def _role_field(words: Words, value: str, error: str | None) -> Select:
    means = {
        Role.reader: words.gettext("sees everything"),
        Role.agent: words.gettext("also enters contacts"),
        Role.editor: words.gettext("also changes sources, rules and identity"),
        Role.administrator: words.gettext("also manages staff and tokens, and erases people"),
    }
    options = tuple(
        Option(value=role.name, label=f"{role_name(role, words)}: {means[role]}") for role in Role
    )
    return Select(name="role", label=words.gettext("Role"), options=options, value=value, error=error)


def _language_field(words: Words, value: str) -> Select:
    options = tuple(Option(value=language, label=NAMES[language]) for language in LANGUAGES)
    return Select(name="language", label=words.gettext("Language"), options=options, value=value)


def _password_field(words: Words, error: str | None, *, required: bool) -> Input:
    help_ = (
        words.gettext("10 characters or more; a few words that do not belong together do well.")
        if required
        else words.gettext("Leave it empty to keep the present one. A new one signs them out everywhere.")
    )
    return Input(
        name="password",
        label=words.gettext("Password"),
        type="password",
        help=help_,
        error=error,
        required=required,
        autocomplete="new-password",
    )


def _language_name(language: str) -> str:
    return next((NAMES[known] for known in LANGUAGES if known == language), language)


def error_at_field(error: InvalidInput | Conflict, words: Words) -> dict[str, str]:
    """Return the error in the reader's language, under the field that it is about."""
    places = {
        "invalid_email": ("email", words.gettext("That is no e-mail address.")),
        "email_taken": ("email", words.gettext("Somebody with this address is there already.")),
        "invalid_password": ("password", words.gettext("A password has 10 to 200 characters.")),
        "last_administrator": ("enabled", words.gettext("There must be an administrator left.")),
        "no_name": ("name", words.gettext("A token needs a name.")),
    }
    field, said = places.get(error.code, ("role", words.refused(error.message)))
    return {field: said}


def _add_member(database: Database, visit: Visit, answers: Answers, now: int) -> str:
    with database.write() as connection:
        member = api.add_member(
            connection,
            email=answers.get("email", ""),
            name=answers.get("name", ""),
            role=read_role(answers.get("role", "")),
            password=answers.get("password", ""),
            language=_known_language(answers),
            now=now,
        )
        api.record(connection, visit.actor, "staff.add", str(member.id), now=now, role=member.role.name)
    return member.name


def _change_member(database: Database, visit: Visit, number: int, answers: Answers, now: int) -> str:
    role = read_role(answers.get("role", ""))
    enabled, password = "enabled" in answers, answers.get("password") or None
    with database.write() as connection:
        member = api.member(connection, number)
        api.change_member(
            connection,
            number,
            name=answers.get("name", "").strip() or member.name,
            role=role,
            language=_known_language(answers),
            enabled=enabled,
            password=password,
        )
        api.record(
            connection,
            visit.actor,
            "staff.change",
            str(number),
            now=now,
            role=role.name,
            enabled=enabled,
            new_password=password is not None,
        )
    return member.name


def _known_language(answers: Answers) -> Literal["en", "nl"]:
    return next((language for language in LANGUAGES if language == answers.get("language")), "en")
