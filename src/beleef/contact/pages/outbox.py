"""The outbox: mail that is kept here while no mail server is set, to be read as its person would."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.pages.parts import (
    ContactRoom,
    frame,
    href,
    person_href,
    read_number,
    tabs,
)
from beleef.contact.pages.reading import framed
from beleef.contact.pages.views import TabbedPage
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import NotFound
from beleef.ui.components import (
    Callout,
    Column,
    EmptyState,
    Known,
    Link,
    Pager,
    Row,
    Table,
    Text,
    Time,
)
from beleef.ui.page import Page

_AT_ONCE = 50


class KeptPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/kept.html``: one kept mail."""

    page: Page
    known: tuple[Known, ...]
    frame: str
    text: str


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list of kept mails, one of them, and its body by itself."""

    @get("/contact/outbox", sync_to_thread=True)
    def outbox(request: AnyRequest, before: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            rows = room.contact.kept(
                connection, before=read_number(before) if before else None, limit=_AT_ONCE + 1
            )
            keeps = any(one.driver == "outbox" for one in room.contact.channels(connection))
        return room.desk.html("contact/tabbed.html", _page(visit, rows, keeps=keeps))

    @get("/contact/outbox/{number:str}", sync_to_thread=True)
    def kept(request: AnyRequest, number: str) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        row = _kept(room, number)
        with room.database.read() as connection:
            subject = int(row["subject"])
            person = identity.persons_of(connection, [subject])[subject]
        name = room.names([person]).get(person)
        return room.desk.html("contact/kept.html", _reader(visit, row, number, person, name))

    @get("/contact/outbox/{number:str}/body", sync_to_thread=True)
    def body(request: AnyRequest, number: str) -> Response[str]:
        room.desk.open(request, Role.agent)
        return framed(_parts(_kept(room, number)).get("body", ""))

    return [outbox, kept, body]


def _kept(room: ContactRoom, number: str) -> dict[str, Any]:
    with room.database.read() as connection:
        row = room.contact.kept_message(connection, read_number(number))
    if row is None:
        raise NotFound("There is no such mail in the outbox.", hint="Look at the list again.")
    return row


def _parts(row: dict[str, Any]) -> dict[str, str]:
    return msgspec.json.decode(str(row["parts"]), type=dict[str, str])


def _page(visit: Visit, rows: list[dict[str, Any]], *, keeps: bool) -> TabbedPage:
    words = visit.words
    shown = rows[:_AT_ONCE]
    older = (
        href("/contact/outbox", before=ids.to_text(int(shown[-1]["contact"])))
        if len(rows) > _AT_ONCE
        else None
    )

    def row(one: dict[str, Any]) -> Row:
        parts = _parts(one)
        return Row(
            cells=(
                Link(
                    text=parts.get("subject") or words.gettext("without a subject"),
                    href=f"/contact/outbox/{ids.to_text(int(one['contact']))}",
                    detail=parts.get("preheader"),
                ),
                Text(text=str(one["address"])),
                Time(moment=int(one["at"])),
            )
        )

    table = Table(
        caption=words.gettext("Mail in the outbox"),
        columns=(
            Column(label=words.gettext("Subject")),
            Column(label=words.gettext("To")),
            Column(label=words.gettext("When")),
        ),
        rows=tuple(map(row, shown)),
        empty=EmptyState(
            title=words.gettext("The outbox is empty"),
            text=words.gettext("Mail that is sent while no mail server is set can be read here."),
            icon="email",
            action=Link(text=words.gettext("Set up a mail server"), href="/contact/channels"),
        ),
        pager=Pager(shown=words.ngettext("%(num)s mail", "%(num)s mails", len(shown)), next_href=older)
        if older
        else None,
    )
    return TabbedPage(
        page=frame(visit, words.gettext("Outbox")),
        tab_links=tabs(visit, "outbox"),
        note=Callout(
            title=words.gettext("No mail server is set"),
            text=words.gettext("Mail is kept here and goes to nobody."),
            tone="warn",
            action=Link(text=words.gettext("Set up a mail server"), href="/contact/channels"),
        )
        if keeps
        else None,
        tables=(table,),
    )


def _reader(visit: Visit, row: dict[str, Any], number: str, person: int, name: str | None) -> KeptPage:
    words, parts = visit.words, _parts(row)
    to = (
        Link(text=str(row["address"]), href=person_href(person, "/messages"), detail=name)
        if name
        else Text(text=str(row["address"]))
    )
    up = Link(text=words.gettext("Outbox"), href="/contact/outbox")
    return KeptPage(
        page=frame(visit, parts.get("subject") or words.gettext("without a subject"), up=up),
        known=(
            Known(name=words.gettext("To"), value=to),
            Known(name=words.gettext("When"), value=Time(moment=int(row["at"]), exact=True)),
            Known(name=words.gettext("Preheader"), value=Text(text=parts.get("preheader") or "—")),
        ),
        frame=f"/contact/outbox/{number}/body" if parts.get("body") else "",
        text=parts.get("text", ""),
    )
