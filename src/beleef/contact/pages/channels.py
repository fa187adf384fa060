"""Channels: which there are and how they stand, setting one up, and trying it with a message to one person."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.api import ChannelSetup, Intent
from beleef.contact.pages import channel_views
from beleef.contact.pages.channel_ways import Way, made_secrets, read_settings, to_answers, way_named, way_of
from beleef.contact.pages.parts import ContactRoom, filled, person_href
from beleef.contact.pages.views import TabbedPage
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound

_TEST_PARTS = ("text", "title", "body", "subject")


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list, the forms, what saves, tries and removes."""
    return [*_reading(room), *_saving(room), *_trying(room), *_removing(room)]


def _reading(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/channels", sync_to_thread=True)
    def channels(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("contact/tabbed.html", _list(room, visit))

    @get("/contact/channels/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        return room.desk.html("contact/tabbed.html", channel_views.choice(visit))

    @get("/contact/channels/new/{way:str}", sync_to_thread=True)
    def set_up(request: AnyRequest, way: str) -> Response[str]:
        visit = room.desk.open(request, Role.administrator)
        chosen = _way(way)
        given = to_answers(chosen, {})
        given["name"], given["enabled"] = chosen.kind, "yes"
        return room.desk.html("contact/form.html", channel_views.form_page(visit, chosen, given, frozenset()))

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
        return room.desk.html("contact/form.html", channel_views.form_page(visit, way, given, known))

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
            page = channel_views.form_page(visit, way, given, known, error)
            return room.desk.html("contact/form.html", page, status=400)
        room.record(visit.actor, "channel.save", name, {"kind": way.kind, "driver": way.driver})
        if shown:
            # No redirect: the secret is shown in this one answer, and put into no cookie.
            return room.desk.html("contact/tabbed.html", await asyncio.to_thread(_list, room, visit, shown))
        return room.desk.redirect("/contact/channels", flash=visit.words.gettext("The channel is saved."))

    return [save]


def _trying(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/channels/{name:str}/test", sync_to_thread=True)
    def ask(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        setup, _ = _found(room, name)
        return room.desk.html("contact/form.html", channel_views.trial_page(visit, setup, Answers()))

    @post("/contact/channels/{name:str}/test")
    async def test(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        setup, _ = await asyncio.to_thread(_found, room, name)
        try:
            person = await asyncio.to_thread(_send_test, room, visit, setup, given)
        except InvalidInput as error:
            page = channel_views.trial_page(visit, setup, given, error)
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
        return room.desk.html("ui/confirm.html", channel_views.confirm(visit, setup))

    @post("/contact/channels/{name:str}/remove")
    async def remove(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.administrator)
        await asyncio.to_thread(_delete, room, name)
        room.record(visit.actor, "channel.remove", name, {})
        flash = visit.words.gettext("The channel is removed.")
        return room.desk.redirect("/contact/channels", flash=flash)

    return [ask, remove]


def _list(room: ContactRoom, visit: Visit, secret: str = "") -> TabbedPage:
    with room.database.read() as connection:
        opened = room.contact.book.all(connection)
        counts = room.contact.counts(connection)
    return channel_views.listing(visit, opened, counts.get("failed", 0), secret=secret)


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
