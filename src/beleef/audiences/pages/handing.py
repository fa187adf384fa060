"""Handing an audience over: to which systems, how it stands, what became of each attempt, and the settings."""

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences.api import StoredAudience
from beleef.audiences.handing_over import model, queries
from beleef.audiences.handing_over.model import HandOver, Snapshot, StoredHandOver, Webhook
from beleef.audiences.pages.handing_page import (
    answers_of,
    delete_page,
    hand_over_href,
    page_of,
    state,
    title_of_way,
    where,
)
from beleef.audiences.pages.parts import AudienceRoom, audience_href, frame, stored, tabs
from beleef.audiences.pages.scalars import read_names
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.profiles.pages.parts import filled, moment_cell, whole
from beleef.ui.components import (
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    TabLink,
)
from beleef.ui.page import Page
from beleef.ui.words import Words


class HandOversPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/hand_overs.html``: to which systems an audience is handed over."""

    page: Page
    tab_links: tuple[TabLink, ...]
    hand_overs: Table
    adding: tuple[Link, ...]


def routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    """Return the pages about handing over."""
    return [*_reading_routes(room), *_writing_routes(room)]


def _reading_routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    @get("/audiences/{name:str}/hand-over", sync_to_thread=True)
    def hand_overs(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("audiences/hand_overs.html", _list_page(visit, room, stored(room, name)))

    @get("/audiences/{name:str}/hand-over/new", sync_to_thread=True)
    def new(request: AnyRequest, name: str, way: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        given = Answers([("way", "file" if way == "file" else "webhook")])
        page = page_of(visit, room, stored(room, name), None, given)
        return room.desk.html("audiences/hand_over.html", page)

    @get("/audiences/{name:str}/hand-over/{number:int}", sync_to_thread=True)
    def hand_over(request: AnyRequest, name: str, number: int) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        found = _one(room, name, number)
        page = page_of(visit, room, stored(room, name), found, answers_of(found.hand_over))
        return room.desk.html("audiences/hand_over.html", page)

    @get("/audiences/{name:str}/hand-over/{number:int}/delete", sync_to_thread=True)
    def ask_delete(request: AnyRequest, name: str, number: int) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        found = _one(room, name, number)
        return room.desk.html("ui/confirm.html", delete_page(visit, stored(room, name), found))

    return [hand_overs, new, hand_over, ask_delete]


def _writing_routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    @post("/audiences/{name:str}/hand-over/new")
    async def add(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        audience = await asyncio.to_thread(stored, room, name)
        try:
            hand_over = _read(name, given)
        except InvalidInput as error:
            page = await asyncio.to_thread(page_of, visit, room, audience, None, given, error)
            return room.desk.html("audiences/hand_over.html", page, status=400)
        number = await asyncio.to_thread(_add, room, hand_over)
        await asyncio.to_thread(room.record, visit.actor, "hand_over.add", name, {"number": number})
        flash = visit.words.gettext("It begins at once; here you see how it goes.")
        return room.desk.redirect(hand_over_href(name, number), flash=flash)

    @post("/audiences/{name:str}/hand-over/{number:int}")
    async def change(request: AnyRequest, name: str, number: int) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        found = await asyncio.to_thread(_one, room, name, number)
        try:
            said, tone = await asyncio.to_thread(_do, visit.words, room, found, given)
        except InvalidInput as error:
            audience = await asyncio.to_thread(stored, room, name)
            page = await asyncio.to_thread(page_of, visit, room, audience, found, given, error)
            return room.desk.html("audiences/hand_over.html", page, status=400)
        detail = {"number": number, "do": given.get("do", "save")}
        await asyncio.to_thread(room.record, visit.actor, "hand_over.change", name, detail)
        return room.desk.redirect(hand_over_href(name, number), flash=said, tone="good" if tone else "bad")

    @post("/audiences/{name:str}/hand-over/{number:int}/delete")
    async def delete(request: AnyRequest, name: str, number: int) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        found = await asyncio.to_thread(_one, room, name, number)
        await asyncio.to_thread(_remove, room, found)
        await asyncio.to_thread(room.record, visit.actor, "hand_over.delete", name, {"number": number})
        flash = visit.words.gettext("It is no longer handed over there.")
        return room.desk.redirect(audience_href(name, "/hand-over"), flash=flash)

    return [add, change, delete]


def _add(room: AudienceRoom, hand_over: HandOver) -> int:
    secret = ids.new_secret() if isinstance(hand_over.way, Webhook) else ""
    with room.database.write() as connection:
        return queries.add(connection, hand_over, secret=secret)


def _remove(room: AudienceRoom, found: StoredHandOver) -> None:
    with room.database.write() as connection:
        queries.remove(connection, found.number)


def _do(words: Words, room: AudienceRoom, found: StoredHandOver, given: Answers) -> tuple[str, bool]:
    """Do what the pressed button says; return what to tell, and whether it is good news."""
    do, number = given.get("do", ""), found.number
    if do == "try":
        run = room.handing_over.try_out(found)
        if run.outcome == "done":
            return words.gettext("The other side answered: %(answer)s.", answer=run.detail), True
        return words.gettext("It was not taken: %(answer)s.", answer=run.detail), False
    changes: dict[str, tuple[dict[str, Any], str]] = {
        "pause": ({"paused": 1}, words.gettext("It is paused.")),
        "resume": ({"paused": 0, "next_at": 0}, words.gettext("It goes on.")),
        "now": ({"next_at": 0}, words.gettext("It is tried at once.")),
        "whole": (
            {"version": 0, "next_at": 0},
            words.gettext("All members are compared again with what the other side was told."),
        ),
    }
    hand_over = None if do in changes else _read(found.hand_over.audience, given)
    with room.database.write() as connection:
        if hand_over is not None:
            queries.change(connection, number, hand_over)
            return words.gettext("The settings are saved."), True
        values, said = changes[do]
        queries.note(connection, number, **values)
        return said, True


def _one(room: AudienceRoom, name: str, number: int) -> StoredHandOver:
    with room.database.read() as connection:
        found = queries.one(connection, number)
    if found is None or found.hand_over.audience != name:
        raise NotFound("There is no such hand-over.", hint="Look at the audience's page.")
    return found


def _read(audience: str, given: Answers) -> HandOver:
    way: Webhook | Snapshot
    if given.get("way") == "file":
        every, keep = whole(given.get("every_hours")), whole(given.get("keep"))
        way = Snapshot(every_hours=every or 0, keep=keep or 0)
    else:
        way = Webhook(url=filled(given, "url"))
    found = HandOver(audience=audience, way=way, traits=tuple(read_names(filled(given, "traits"))))
    model.check(found)
    return found


# The list


def _list_page(visit: Visit, room: AudienceRoom, found: StoredAudience) -> HandOversPage:
    words, name = visit.words, found.audience.name
    with room.database.read() as connection:
        ways = queries.stored(connection, name)
        waiting = queries.count_waiting(connection)
        runs = {one.number: queries.runs(connection, one.number, 1) for one in ways}
    adding: tuple[Link, ...] = ()
    if visit.may(Role.editor):
        adding = (
            Link(
                text=words.gettext("Add a webhook"), href=audience_href(name, "/hand-over/new", way="webhook")
            ),
            Link(text=words.gettext("Add a file"), href=audience_href(name, "/hand-over/new", way="file")),
        )
    rows = tuple(
        Row(
            cells=(
                Link(
                    text=title_of_way(one.hand_over, words),
                    href=hand_over_href(name, one.number),
                    detail=where(one),
                ),
                state(one, words),
                Figure(text=words.number(one.told)),
                Figure(text=words.number(waiting.get(one.number, 0))),
                moment_cell(next((run.began_at for run in runs[one.number]), None)),
            )
        )
        for one in ways
    )
    return HandOversPage(
        page=frame(visit, found),
        tab_links=tabs(found, words, "/hand-over", ways=len(ways)),
        hand_overs=Table(
            caption=words.gettext("Handed over to"),
            columns=(
                Column(label=words.gettext("To")),
                Column(label=words.gettext("State")),
                Column(label=words.gettext("People there"), numeric=True),
                Column(label=words.gettext("Waiting"), numeric=True),
                Column(label=words.gettext("Last attempt")),
            ),
            rows=rows,
            empty=EmptyState(
                title=words.gettext("Handed over to nobody"),
                text=words.gettext(
                    "Another system can be told at once who enters and leaves, or get all members as a file."
                ),
                icon="upload",
            ),
        ),
        adding=adding,
    )
