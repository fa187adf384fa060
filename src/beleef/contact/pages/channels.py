"""Channels: which there are and how they stand, setting one up, and trying it with a message to one person."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.api import ChannelSetup, Intent, Opened
from beleef.contact.pages.channel_ways import (
    WAYS,
    Way,
    fields,
    made_secrets,
    read_settings,
    to_answers,
    way_named,
    way_of,
)
from beleef.contact.pages.parts import (
    ContactRoom,
    filled,
    frame,
    kind_name,
    person_href,
    tabs,
)
from beleef.contact.pages.views import FormPage, TabbedPage
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.components import (
    Badge,
    Callout,
    Column,
    Link,
    Row,
    Table,
    Text,
)
from beleef.ui.forms import Checkbox, Fieldset, Form, Hidden, Input, TextArea
from beleef.ui.page import Confirm
from beleef.ui.words import Words

_TEST_PARTS = ("text", "title", "body", "subject")


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list, the forms, what saves, tries and removes."""
    return [*_reading(room), *_saving(room), *_trying(room), *_removing(room)]


def _reading(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/channels", sync_to_thread=True)
    def channels(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            opened = room.contact.book.all(connection)
            counts = room.contact.counts(connection)
        return room.desk.html("contact/tabbed.html", _list(visit, opened, counts.get("failed", 0)))

    @get("/contact/channels/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        return room.desk.html("contact/tabbed.html", _choice(visit))

    @get("/contact/channels/new/{way:str}", sync_to_thread=True)
    def set_up(request: AnyRequest, way: str) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        chosen = _way(way)
        given = to_answers(chosen, {})
        given["name"], given["enabled"] = chosen.kind, "yes"
        return room.desk.html("contact/form.html", _form_page(visit, chosen, given, frozenset()))

    @get("/contact/channels/{name:str}", sync_to_thread=True)
    def edit(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        setup, known = _found(room, name)
        way = way_of(setup.kind, setup.driver)
        if way is None:
            raise NotFound("There is nothing to set about this channel.", hint="It is there by itself.")
        given = to_answers(way, setup.settings)
        given["name"] = given["was"] = setup.name
        given["enabled"] = "yes" if setup.enabled else ""
        given["per_second"] = f"{setup.per_second:g}"
        return room.desk.html("contact/form.html", _form_page(visit, way, given, known))

    return [channels, new, set_up, edit]


def _saving(room: ContactRoom) -> list[HTTPRouteHandler]:
    @post("/contact/channels")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.administrator)
        way = _way(filled(given, "way"))
        try:
            name, shown = await asyncio.to_thread(_save, room, way, given)
        except InvalidInput as error:
            known = await asyncio.to_thread(_known_secrets, room, filled(given, "was"))
            page = _form_page(visit, way, given, known, error)
            return room.desk.html("contact/form.html", page, status=400)
        room.record(visit.actor, "channel.save", name, {"kind": way.kind, "driver": way.driver})
        flash = visit.words.gettext("The channel is saved.")
        if shown:
            flash += " " + visit.words.gettext("Its secret, shown once: %(secret)s", secret=shown)
        return room.desk.redirect("/contact/channels", flash=flash)

    return [save]


def _trying(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/channels/{name:str}/test", sync_to_thread=True)
    def ask(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        setup, _ = _found(room, name)
        return room.desk.html("contact/form.html", _test_page(visit, setup, Answers()))

    @post("/contact/channels/{name:str}/test")
    async def test(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        setup, _ = await asyncio.to_thread(_found, room, name)
        try:
            person = await asyncio.to_thread(_send_test, room, visit, setup, given)
        except InvalidInput as error:
            page = _test_page(visit, setup, given, error)
            return room.desk.html("contact/form.html", page, status=400)
        room.record(visit.actor, "channel.test", setup.name, {})
        flash = visit.words.gettext("The message is on its way; here you see what becomes of it.")
        return room.desk.redirect(person_href(person, "/messages"), flash=flash)

    return [ask, test]


def _removing(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/channels/{name:str}/remove", sync_to_thread=True)
    def ask(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        setup, _ = _found(room, name)
        return room.desk.html("ui/confirm.html", _confirm(visit, setup))

    @post("/contact/channels/{name:str}/remove")
    async def remove(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.administrator)
        await asyncio.to_thread(_delete, room, name)
        room.record(visit.actor, "channel.remove", name, {})
        flash = visit.words.gettext("The channel is removed.")
        return room.desk.redirect("/contact/channels", flash=flash)

    return [ask, remove]


def _way(name: str) -> Way:
    way = way_named(name)
    if way is None:
        raise NotFound("There is no such way to send.", hint="Choose one of the list.")
    return way


def _found(room: ContactRoom, name: str) -> tuple[ChannelSetup, frozenset[str]]:
    with room.database.read() as connection:
        secrets = room.contact.secrets_set(connection).get(name, frozenset())
        for setup in room.contact.channels(connection):
            if setup.name == name:
                return setup, secrets
    raise NotFound("There is no such channel.", hint="Look at the list of channels.")


def _known_secrets(room: ContactRoom, name: str) -> frozenset[str]:
    with room.database.read() as connection:
        return room.contact.secrets_set(connection).get(name, frozenset())


def _save(room: ContactRoom, way: Way, given: Answers) -> tuple[str, str]:
    """Save a channel; return its name, and a secret that was made and must be told once."""
    settings, secrets = read_settings(way, given)
    name = filled(given, "was") or filled(given, "name")
    known = _known_secrets(room, name)
    made = made_secrets(way, known, secrets)
    rate = filled(given, "per_second").replace(",", ".") or "0"
    try:
        per_second = float(rate)
    except ValueError as error:
        raise InvalidInput(f"“{rate}” is no number.", hint="0 is for no limit.") from error
    setup = ChannelSetup(
        name=name,
        kind=way.kind,
        driver=way.driver,
        settings=settings,
        enabled=bool(filled(given, "enabled")),
        per_second=per_second,
    )
    with room.database.write() as connection:
        taken = {one.name for one in room.contact.channels(connection)}
        if not filled(given, "was") and name in taken:
            raise InvalidInput("There is a channel of that name already.", hint="Choose another name.")
        room.contact.save_channel(connection, setup, {**made, **secrets}, room.now())
    # The key pair of web push never leaves Beleef; a secret to sign with must be known on the other side.
    return name, made.get("signing_secret", "")


def _delete(room: ContactRoom, name: str) -> None:
    with room.database.write() as connection:
        room.contact.delete_channel(connection, name)


def _send_test(room: ContactRoom, visit: Visit, setup: ChannelSetup, given: Answers) -> int:
    """Mean a message to one person over a channel; return the person's number."""
    namespace, _, value = filled(given, "who").partition(":")
    text = filled(given, "text")
    if not text:
        raise InvalidInput("There is nothing to send.", hint="Write a few words.")
    with room.database.write() as connection:
        person = identity.find(connection, room.key, namespace, value, default_region=room.region)
        if person is None:
            raise InvalidInput(
                "Nobody is known by that.", hint="Name an identifier, for example email:jan@example.nl."
            )
        intent = Intent(
            key=f"test:{setup.name}:{ids.new_secret(9)}",
            subject=person.number,
            purpose="transactional",
            channel=setup.kind,
            via=setup.name,
            parts={**dict.fromkeys(_TEST_PARTS, text), "subject": _first_line(text)},
            campaign="",
            step="test",
        )
        room.contact.intend(connection, [intent], visit.now)
    return person.number


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:80]


def _list(visit: Visit, opened: list[Opened], failed: int) -> TabbedPage:
    words = visit.words
    new = Link(text=words.gettext("New channel"), href="/contact/channels/new")
    may = visit.may(Role.administrator)
    built_in = {
        "outbox": words.gettext("Kept here, as no mail server is set"),
        "inbox": words.gettext("Fetched by your site, app or portal"),
        "list": words.gettext("On the call list of staff"),
    }

    def row(one: Opened) -> Row:
        setup = one.setup
        way = way_of(setup.kind, setup.driver)
        how = words.gettext(way.label) if way else built_in.get(setup.driver, setup.driver)
        name = (
            Link(text=setup.name, href=f"/contact/channels/{setup.name}", detail=how)
            if way and may
            else Text(text=setup.name, detail=how)
        )
        rate = (
            words.gettext("%(number)s a second", number=words.number(setup.per_second))
            if setup.per_second
            else "—"
        )
        test = Link(text=words.gettext("Try it"), href=f"/contact/channels/{setup.name}/test")
        cells = (name, Text(text=kind_name(setup.kind, words)), _state(one, words), Text(text=rate))
        return Row(cells=(*cells, test) if visit.may(Role.editor) else cells)

    columns = [
        Column(label=words.gettext("Channel")),
        Column(label=words.gettext("Kind")),
        Column(label=words.gettext("State")),
        Column(label=words.gettext("Limit")),
    ]
    if visit.may(Role.editor):
        columns.append(Column(label=words.gettext("Test")))
    table = Table(caption=words.gettext("Channels"), columns=tuple(columns), rows=tuple(map(row, opened)))
    return TabbedPage(
        page=frame(
            visit,
            words.gettext("Channels"),
            actions=(new,) if may else (),
            lead=words.gettext("What messages go out by. One that is dead delays no other."),
        ),
        tab_links=tabs(visit, "channels", attention=failed),
        tables=(table,),
    )


def _state(one: Opened, words: Words) -> Badge:
    if one.channel is None:
        return Badge(text=words.gettext("does not work: %(why)s", why=one.fault), tone="bad")
    if not one.setup.enabled:
        return Badge(text=words.gettext("switched off; what is meant for it waits"), tone="warn")
    if one.setup.driver == "outbox":
        return Badge(text=words.gettext("keeps mail here"), tone="warn")
    return Badge(text=words.gettext("sends"), tone="good")


def _choice(visit: Visit) -> TabbedPage:
    words = visit.words
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    table = Table(
        caption=words.gettext("Ways to send"),
        columns=(Column(label=words.gettext("Way")), Column(label=words.gettext("What it does"))),
        rows=tuple(
            Row(
                cells=(
                    Link(text=words.gettext(way.label), href=f"/contact/channels/new/{way.name}"),
                    Text(text=words.gettext(way.about)),
                )
            )
            for way in WAYS
        ),
    )
    return TabbedPage(
        page=frame(visit, words.gettext("New channel"), up=up),
        tab_links=tabs(visit, "channels"),
        tables=(table,),
    )


def _form_page(
    visit: Visit, way: Way, given: Answers, known: frozenset[str], error: InvalidInput | None = None
) -> FormPage:
    words, was = visit.words, filled(given, "was")
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    name: Input | Hidden = (
        Hidden(name="name", value=was)
        if was
        else Input(
            name="name",
            label=words.gettext("Name"),
            help=words.gettext("Small letters, digits, - and _; it stands in addresses and does not change."),
            value=given.get("name", ""),
            autocomplete="off",
        )
    )
    general = (
        Hidden(name="way", value=way.name),
        Hidden(name="was", value=was),
        name,
        Checkbox(name="enabled", label=words.gettext("It sends"), checked=bool(given.get("enabled"))),
        Input(
            name="per_second",
            label=words.gettext("Messages a second at most"),
            type="number",
            value=given.get("per_second", "0"),
            help=words.gettext("0 is for no limit."),
        ),
    )
    actions: tuple[Link, ...] = ()
    if was:
        actions = (Link(text=words.gettext("Remove"), href=f"/contact/channels/{was}/remove"),)
    return FormPage(
        page=frame(
            visit, was or words.gettext(way.label), up=up, lead=words.gettext(way.about), actions=actions
        ),
        note=None if error is None else Callout(title=error.message, text=error.hint, tone="bad"),
        form=Form(
            name="channel",
            action="/contact/channels",
            sections=(
                Fieldset(fields=general),
                Fieldset(legend=words.gettext(way.label), fields=fields(way, given, known, words)),
            ),
            submit=words.gettext("Save"),
            cancel=Link(text=words.gettext("Cancel"), href="/contact/channels"),
        ),
    )


def _test_page(
    visit: Visit, setup: ChannelSetup, given: Answers, error: InvalidInput | None = None
) -> FormPage:
    words = visit.words
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    who = "email" if setup.kind in {"email", "inbox", "letter", "webhook", "staff", "push"} else "phone"
    return FormPage(
        page=frame(visit, words.gettext("Try “%(name)s”", name=setup.name), up=up),
        note=Callout(title=error.message, text=error.hint, tone="bad")
        if error
        else Callout(
            title=words.gettext("This really goes out"),
            text=words.gettext(
                "It counts as a message about an order or contract, and passes the gate as such."
            ),
        ),
        form=Form(
            name="test",
            action=f"/contact/channels/{setup.name}/test",
            sections=(
                Fieldset(
                    fields=(
                        Input(
                            name="who",
                            label=words.gettext("To whom"),
                            help=words.gettext(
                                "An identifier of somebody, for example %(example)s.",
                                example="email:jan@example.nl" if who == "email" else "phone:0612345678",
                            ),
                            value=given.get("who", ""),
                        ),
                        TextArea(
                            name="text",
                            label=words.gettext("What to say"),
                            value=given.get("text", "")
                            or words.gettext("This is a test of %(name)s.", name=setup.name),
                        ),
                    )
                ),
            ),
            submit=words.gettext("Send it"),
            cancel=Link(text=words.gettext("Cancel"), href="/contact/channels"),
        ),
    )


def _confirm(visit: Visit, setup: ChannelSetup) -> Confirm:
    words = visit.words
    up = Link(text=words.gettext("Channels"), href="/contact/channels")
    return Confirm(
        page=frame(visit, words.gettext("Remove the channel “%(name)s”?", name=setup.name), up=up),
        consequences=(
            words.gettext("Its settings and secrets are removed."),
            words.gettext(
                "What waits for it goes over another channel of its kind, or waits until there is one."
            ),
            words.gettext("What was sent stays in the ledger."),
        ),
        form=Form(
            name="remove",
            action=f"/contact/channels/{setup.name}/remove",
            sections=(Fieldset(fields=()),),
            submit=words.gettext("Remove it"),
            tone="danger",
            cancel=Link(text=words.gettext("Cancel"), href="/contact/channels"),
        ),
    )
