"""The mailboxes that messages of customers are fetched from: set up, tried, switched off. A password is written only, never shown."""

from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel.errors import BeleefError, InvalidInput, NotFound
from beleef.support.api import Mailbox, Place
from beleef.support.pages.parts import (
    FormPage,
    ListPage,
    SupportRoom,
    filled,
    frame,
    in_thread,
    labelled,
    options,
    rules_of,
    to_cases,
)
from beleef.support.pages.settings import settings_tabs
from beleef.support.pages.wording import KINDS
from beleef.ui.components import (
    Badge,
    Column,
    EmptyState,
    Link,
    Row,
    Table,
    Text,
    Time,
    refusal_note,
)
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, Option, Select
from beleef.ui.words import Words

_SECURITY: Final = {"tls": "TLS", "starttls": "STARTTLS", "none": "—"}
_PATH: Final = "/cases/settings/mailboxes"
_PATIENCE_S: Final = 8.0


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the list, the form, and what keeps, tries and removes."""

    @get(_PATH, sync_to_thread=True)
    def listed(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        return room.desk.html("support/list.html", _list(room, visit))

    @get(f"{_PATH}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        given = _to_answers(_found(room, name)) if name else Answers([("enabled", "yes")])
        return room.desk.html("support/form.html", _form_page(room, visit, given))

    @post(f"{_PATH}/edit")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.administrator)
        words, act = visit.words, filled(given, "act")
        try:
            if act == "remove":
                await in_thread(_remove, room, visit, filled(given, "was"))
                return room.desk.redirect(_PATH, flash=words.gettext("The mailbox is removed."))
            said = await in_thread(_save, room, visit, given)
        except BeleefError as error:
            view = await in_thread(_form_page, room, visit, given, error)
            return room.desk.html("support/form.html", view, status=400)
        return room.desk.redirect(_PATH, flash=said)

    return [listed, edit, save]


def _list(room: SupportRoom, visit: Visit) -> ListPage:
    words = visit.words
    with room.database.read() as connection:
        found = room.support.mailboxes(connection)
        places = {one.name: room.support.place(connection, one.name) for one in found}
    new = Link(text=words.gettext("New mailbox"), href=f"{_PATH}/edit")

    def row(one: Mailbox) -> Row:
        where = Text(text=f"{one.host}:{one.port}", detail=one.folder)
        place = places[one.name]
        last = Time(moment=place.fetched_at) if place is not None and place.fetched_at else Text(text="—")
        address = Link(text=one.address, href=f"{_PATH}/edit?name={one.name}")
        return Row(cells=(address, where, _state(one, place, words), last))

    table = Table(
        caption=words.gettext("Mailboxes"),
        columns=(
            Column(label=words.gettext("Address")),
            Column(label=words.gettext("Server")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Last fetched")),
        ),
        rows=tuple(map(row, found)),
        empty=EmptyState(
            title=words.gettext("No mailbox yet"),
            text=words.gettext(
                "Messages to an address of yours become cases once its mailbox is set up here."
            ),
            icon="email",
            action=new,
        ),
    )
    return ListPage(
        page=frame(visit, words.gettext("Mailboxes"), up=(to_cases(words),), actions=(new,) if found else ()),
        tab_links=settings_tabs(words, "mailboxes"),
        tabs_label=words.gettext("Settings"),
        tables=(table,),
    )


def _state(mailbox: Mailbox, place: Place | None, words: Words) -> Badge | Text:
    if not mailbox.enabled:
        return Badge(text=words.gettext("switched off"))
    if place is not None and place.error:
        # Mail that nobody fetches is mail that nobody answers.
        return Text(text=words.gettext("cannot be fetched"), detail=place.error)
    return Badge(text=words.gettext("is fetched"), tone="good")


def _found(room: SupportRoom, name: str) -> Mailbox:
    with room.database.read() as connection:
        for one in room.support.mailboxes(connection):
            if one.name == name:
                return one
    raise NotFound("There is no such mailbox.", hint="Look at the list again.")


def _to_answers(one: Mailbox) -> Answers:
    data: dict[str, Any] = msgspec.to_builtins(one)
    pairs = [(name, str(value)) for name, value in data.items() if not isinstance(value, bool)]
    pairs += [(name, "yes") for name, value in data.items() if value is True]
    return Answers([*pairs, ("was", one.name)])


def _form_page(room: SupportRoom, visit: Visit, given: Answers, error: BeleefError | None = None) -> FormPage:
    words, was = visit.words, filled(given, "was")
    with room.database.read() as connection:
        departments = rules_of(room, connection).departments
    acts = [Option(value="save", label=words.gettext("Try to sign in, and keep it"))]
    acts.append(Option(value="keep", label=words.gettext("Keep it without trying")))
    if was:
        acts.append(Option(value="remove", label=words.gettext("Remove it; its cases stay")))
    fields = (
        *_server(given, was, words),
        *_cases(given, labelled(departments, nothing=words.gettext("by the touchpoint")), words),
        Select(name="act", label=words.gettext("What to do"), options=tuple(acts), value="save"),
    )
    title = words.gettext("Mailbox “%(name)s”", name=was) if was else words.gettext("New mailbox")
    up = Link(text=words.gettext("Mailboxes"), href=_PATH)
    return FormPage(
        page=frame(visit, title, up=(to_cases(words), up)),
        note=refusal_note(error, visit.words),
        form=Form(
            name="mailbox",
            action=f"{_PATH}/edit",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Go on"),
            cancel=Link(text=words.gettext("Cancel"), href=_PATH),
        ),
    )


def _server(given: Answers, was: str, words: Words) -> tuple[Field, ...]:
    name: Field = (
        Hidden(name="name", value=was)
        if was
        else Input(name="name", label=words.gettext("Name"), value=given.get("name", ""), autocomplete="off")
    )
    password = words.gettext("Empty leaves it as it is.") if was else None
    return (
        name,
        Hidden(name="was", value=was),
        Input(
            name="address",
            label=words.gettext("Address that customers write to"),
            type="email",
            value=given.get("address", ""),
            autocomplete="off",
        ),
        Input(name="host", label=words.gettext("IMAP server"), value=given.get("host", "")),
        Input(name="port", label=words.gettext("Port"), type="number", value=given.get("port", "993")),
        Select(
            name="security",
            label=words.gettext("Encryption"),
            options=tuple(Option(value=value, label=label) for value, label in _SECURITY.items()),
            value=given.get("security", "tls"),
        ),
        Input(name="user", label=words.gettext("User"), value=given.get("user", ""), autocomplete="off"),
        Input(
            name="password",
            label=words.gettext("Password"),
            type="password",
            required=not was,
            help=password,
            autocomplete="new-password",
        ),
        Input(name="folder", label=words.gettext("Folder"), value=given.get("folder", "INBOX")),
    )


def _cases(given: Answers, departments: tuple[Option, ...], words: Words) -> tuple[Field, ...]:
    return (
        Checkbox(name="enabled", label=words.gettext("Fetch it"), checked=bool(given.get("enabled"))),
        Checkbox(
            name="all",
            label=words.gettext("Also what lies there already"),
            checked=bool(given.get("all")) or given.get("begin") == "all",
        ),
        Checkbox(
            name="is_plus_addressed",
            label=words.gettext("Mail to name+anything comes in here too"),
            checked=bool(given.get("is_plus_addressed")),
        ),
        Select(
            name="kind",
            label=words.gettext("Cases from here are"),
            options=options(KINDS, words, nothing=words.gettext("questions")),
            value=given.get("kind", ""),
            required=False,
        ),
        Select(
            name="department",
            label=words.gettext("Department"),
            options=departments,
            value=given.get("department", ""),
            required=False,
        ),
        Input(
            name="touchpoint",
            label=words.gettext("Touchpoint"),
            value=given.get("touchpoint", ""),
            required=False,
        ),
    )


def _mailbox(given: Answers) -> Mailbox:
    names = ("name", "address", "host", "security", "user", "folder", "kind", "department", "touchpoint")
    data: dict[str, Any] = {name: filled(given, name) for name in names}
    port = filled(given, "port")
    data["port"] = int(port) if port.isascii() and port.isdecimal() else 0
    data["enabled"], data["begin"] = bool(given.get("enabled")), "all" if given.get("all") else "new"
    data["is_plus_addressed"] = bool(given.get("is_plus_addressed"))
    if not all(data[name] for name in ("name", "address", "host", "user", "port")):
        raise InvalidInput(
            "Name, address, server, port and user are needed.", hint="Fill them in; your provider names them."
        )
    try:
        return msgspec.convert(data, Mailbox)
    except msgspec.ValidationError as error:
        raise InvalidInput("That is no mailbox.", hint=str(error)) from error


def _save(room: SupportRoom, visit: Visit, given: Answers) -> str:
    words, mailbox = visit.words, _mailbox(given)
    password = given.get("password", "")
    secrets = {"password": password} if password else {}
    said = words.gettext("The mailbox is kept.")
    if filled(given, "act") == "save":
        _try(room, mailbox, password)
        said = words.gettext("Signing in worked, and the mailbox is kept.")
    with room.database.write() as connection:
        room.support.save_mailbox(connection, mailbox, secrets, room.now())
    room.record(visit.actor, "support.mailbox", mailbox.name, {})
    return said


def _remove(room: SupportRoom, visit: Visit, name: str) -> None:
    with room.database.write() as connection:
        room.support.delete_mailbox(connection, name)
    room.record(visit.actor, "support.mailbox.remove", name, {})


def _try(room: SupportRoom, mailbox: Mailbox, password: str) -> None:
    """Sign in at a mailbox and look into its folder, without taking anything.

    Raises:
        InvalidInput: no password was given.
        Unavailable: the server does not answer, or refuses.
    """
    from beleef.support.intake.mailbox import fetch  # noqa: PLC0415 -- a web process rarely needs it

    if not password:
        raise InvalidInput(
            "Without the password nothing can be tried.", hint="Fill it in, or keep it without trying."
        )
    only_looking = msgspec.structs.replace(mailbox, begin="new")
    fetch(only_looking, password, None, lambda *_: None, now=room.now(), timeout_s=_PATIENCE_S)
