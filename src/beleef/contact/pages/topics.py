"""Topics: what messages are about, in the words in which customers choose."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.model import PURPOSES, Purpose
from beleef.contact.pages.parts import (
    ContactRoom,
    filled,
    frame,
    purpose_name,
    purpose_options,
    tabs,
    whole,
)
from beleef.contact.pages.views import FormPage, TabbedPage
from beleef.contact.topics import queries
from beleef.contact.topics.model import Topic
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.components import (
    Code,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
    refusal_note,
)
from beleef.ui.forms import Fieldset, Form, Hidden, Input, Select
from beleef.ui.page import Confirm
from beleef.ui.words import LANGUAGES, NAMES, Words


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list, the form, and what saves and removes."""
    return [*_reading(room), *_changing(room)]


def _reading(room: ContactRoom) -> list[HTTPRouteHandler]:
    @get("/contact/topics", sync_to_thread=True)
    def topics(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found = queries.topics(connection)
        return room.desk.html("contact/tabbed.html", _list(visit, found))

    @get("/contact/topics/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        given = _to_answers(_found(room, name)) if name else Answers([("purpose", "marketing")])
        return room.desk.html("contact/form.html", _form_page(visit, given))

    @get("/contact/topics/remove", sync_to_thread=True)
    def ask(request: AnyRequest, name: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("ui/confirm.html", _confirm(visit, _found(room, name)))

    return [topics, edit, ask]


def _changing(room: ContactRoom) -> list[HTTPRouteHandler]:
    @post("/contact/topics/edit")
    async def save(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        try:
            topic = await asyncio.to_thread(_save, room, given)
        except InvalidInput as error:
            page = _form_page(visit, given, error)
            return room.desk.html("contact/form.html", page, status=400)
        room.record(visit.actor, "contact.topic", topic.name, {})
        flash = visit.words.gettext("The topic is saved.")
        return room.desk.redirect("/contact/topics", flash=flash)

    @post("/contact/topics/remove")
    async def remove(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        name = filled(given, "name")
        await asyncio.to_thread(_remove, room, name)
        room.record(visit.actor, "contact.topic.remove", name, {})
        flash = visit.words.gettext("The topic is removed.")
        return room.desk.redirect("/contact/topics", flash=flash)

    return [save, remove]


def _found(room: ContactRoom, name: str) -> Topic:
    with room.database.read() as connection:
        for topic in queries.topics(connection):
            if topic.name == name:
                return topic
    raise NotFound("There is no such topic.", hint="Look at the list of topics.")


def _save(room: ContactRoom, given: Answers) -> Topic:
    topic = _read(given)
    with room.database.write() as connection:
        queries.save(connection, topic)
    return topic


def _remove(room: ContactRoom, name: str) -> None:
    with room.database.write() as connection:
        queries.delete(connection, name)


def _read(given: Answers) -> Topic:
    purpose: Purpose = next((one for one in PURPOSES if one == filled(given, "purpose")), "marketing")
    position = whole(given.get("position", "") or "50", most=999)
    if position is None:
        raise InvalidInput("A position is a whole number from 0 to 999.", hint="Smaller ones come first.")
    return Topic(
        name=filled(given, "name"),
        labels={one: filled(given, f"label_{one}") for one in LANGUAGES},
        helps={one: text for one in LANGUAGES if (text := filled(given, f"help_{one}"))},
        purpose=purpose,
        position=position,
    )


def _to_answers(topic: Topic) -> Answers:
    return Answers(
        [
            ("name", topic.name),
            ("was", topic.name),
            ("purpose", topic.purpose),
            ("position", str(topic.position)),
            *((f"label_{one}", text) for one, text in topic.labels.items()),
            *((f"help_{one}", text) for one, text in topic.helps.items()),
        ]
    )


def _list(visit: Visit, found: list[Topic]) -> TabbedPage:
    words = visit.words
    new = Link(text=words.gettext("New topic"), href="/contact/topics/edit")
    may = visit.may(Role.editor)

    def row(topic: Topic) -> Row:
        text = topic.label(words.language)
        help_ = topic.help(words.language) or None
        return Row(
            cells=(
                Link(text=text, href=f"/contact/topics/edit?name={topic.name}", detail=help_)
                if may
                else Text(text=text, detail=help_),
                Code(text=topic.name),
                Text(text=purpose_name(topic.purpose, words)),
                Figure(text=words.number(topic.position)),
            )
        )

    table = Table(
        caption=words.gettext("Topics"),
        columns=(
            Column(label=words.gettext("Topic")),
            Column(label=words.gettext("Name in campaigns")),
            Column(label=words.gettext("What for")),
            Column(label=words.gettext("Position"), numeric=True),
        ),
        rows=tuple(map(row, found)),
        empty=EmptyState(
            title=words.gettext("No topics yet"),
            text=words.gettext(
                "With topics people choose what they want to hear about, instead of all or nothing."
            ),
            icon="consent",
            action=new if may else None,
        ),
    )
    return TabbedPage(
        page=frame(
            visit,
            words.gettext("Topics"),
            actions=(new,) if may and found else (),
            lead=words.gettext("What people choose between on their page of preferences."),
        ),
        tab_links=tabs(visit, "topics"),
        tables=(table,),
    )


def _form_page(visit: Visit, given: Answers, error: InvalidInput | None = None) -> FormPage:
    words, was = visit.words, filled(given, "was")
    title = words.gettext("Topic “%(name)s”", name=was) if was else words.gettext("New topic")
    up = Link(text=words.gettext("Topics"), href="/contact/topics")
    remove = Link(text=words.gettext("Remove"), href=f"/contact/topics/remove?name={was}")
    return FormPage(
        page=frame(visit, title, up=up, actions=(remove,) if was else ()),
        note=refusal_note(error, visit.words),
        form=Form(
            name="topic",
            action="/contact/topics/edit",
            sections=(Fieldset(fields=_fields(given, was, words)),),
            submit=words.gettext("Save"),
            cancel=Link(text=words.gettext("Cancel"), href="/contact/topics"),
        ),
    )


def _fields(given: Answers, was: str, words: Words) -> tuple[Input | Select | Hidden, ...]:
    labels = tuple(
        Input(
            name=f"label_{one}",
            label=words.gettext("What customers read, in %(language)s", language=NAMES[one]),
            value=given.get(f"label_{one}", ""),
        )
        for one in LANGUAGES
    )
    helps = tuple(
        Input(
            name=f"help_{one}",
            label=words.gettext("One sentence more, in %(language)s", language=NAMES[one]),
            value=given.get(f"help_{one}", ""),
            required=False,
        )
        for one in LANGUAGES
    )
    name: Input | Hidden = (
        Hidden(name="name", value=was)
        if was
        else Input(
            name="name",
            label=words.gettext("Name in campaigns"),
            help=words.gettext("Small letters, digits, - and _; it does not change later."),
            value=given.get("name", ""),
            autocomplete="off",
        )
    )
    return (
        name,
        Hidden(name="was", value=was),
        *labels,
        *helps,
        Select(
            name="purpose",
            label=words.gettext("What for"),
            options=tuple(one for one in purpose_options(words) if one.value != "transactional"),
            value=given.get("purpose", "marketing"),
        ),
        Input(
            name="position",
            label=words.gettext("Position"),
            type="number",
            value=given.get("position", "50"),
            help=words.gettext("Smaller numbers come first."),
        ),
    )


def _confirm(visit: Visit, topic: Topic) -> Confirm:
    words = visit.words
    up = Link(text=words.gettext("Topics"), href="/contact/topics")
    label = topic.label(words.language)
    return Confirm(
        page=frame(visit, words.gettext("Remove the topic “%(name)s”?", name=label), up=up),
        consequences=(
            words.gettext("People can no longer choose it."),
            words.gettext("Who switched it off still gets nothing about it."),
        ),
        form=Form(
            name="remove",
            action="/contact/topics/remove",
            sections=(Fieldset(fields=(Hidden(name="name", value=topic.name),)),),
            submit=words.gettext("Remove it"),
            tone="danger",
            cancel=Link(text=words.gettext("Cancel"), href="/contact/topics"),
        ),
    )
