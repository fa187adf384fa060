"""The lists of messages and of blocks: channel, purpose, the version in use, what the checks say, and what uses them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.model import CHANNELS, PURPOSES, Finding, Message, Stored
from beleef.content.pages.parts import (
    TITLES,
    ContentRoom,
    Section,
    channel_of,
    check_badge,
    href,
    may_edit,
    state_badge,
)
from beleef.content.pages.titles import label_of
from beleef.content.wording import LANGUAGE_NAMES, PURPOSE_NAMES
from beleef.ui.components import Cell, Column, EmptyState, Link, Row, Table, Text, Time
from beleef.ui.forms import Chip, FilterBar, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/list.html``: messages or blocks, with a search."""

    page: Page
    filters: FilterBar | None
    table: Table


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    stored: Stored[Any]
    findings: Sequence[Finding]
    users: Sequence[Link]


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the two lists."""

    @get("/messages", sync_to_thread=True)
    def messages(request: AnyRequest, q: str = "", channel: str = "", purpose: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        chosen = {"q": q.strip()[:100], "channel": channel, "purpose": purpose}
        lines = [one for one in _lines(room, "messages") if _fits(one.stored.draft, chosen)]
        view = _page(visit, "messages", lines, _filters(visit.words, chosen))
        return room.desk.html("content/list.html", view)

    @get("/blocks", sync_to_thread=True)
    def blocks(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("content/list.html", _page(visit, "blocks", _lines(room, "blocks"), None))

    return [messages, blocks]


def _lines(room: ContentRoom, section: Section) -> list[_Line]:
    with room.database.read() as connection:
        found: Sequence[Stored[Any]] = (
            room.content.messages(connection) if section == "messages" else room.content.blocks(connection)
        )
        users = room.used_by(connection) if section == "messages" else {}
        return [
            _Line(
                stored=one,
                findings=room.content.lint(connection, one.draft),
                users=users.get(one.draft.name, ()),
            )
            for one in found
        ]


def _fits(message: Message, chosen: Mapping[str, str]) -> bool:
    text = chosen["q"].lower()
    return (
        (not text or text in message.label.lower() or text in message.name)
        and chosen["channel"] in {"", message.channel}
        and chosen["purpose"] in {"", message.purpose}
    )


def _filters(words: Words, chosen: Mapping[str, str]) -> FilterBar:
    channels = tuple(Option(value=one, label=channel_of(one, words).label) for one in CHANNELS)
    purposes = tuple(Option(value=one, label=words.gettext(PURPOSE_NAMES[one])) for one in PURPOSES)
    every = Option(value="", label=words.gettext("All"))
    labels = {
        "q": f"“{chosen['q']}”",
        "channel": next((one.label for one in channels if one.value == chosen["channel"]), ""),
        "purpose": next((one.label for one in purposes if one.value == chosen["purpose"]), ""),
    }
    chips = tuple(
        Chip(label=label, remove_href=href("messages", **{**chosen, name: ""}))
        for name, label in labels.items()
        if chosen[name] and label
    )
    return FilterBar(
        name="filter",
        action="/messages",
        fields=(
            Input(name="q", label=words.gettext("Name"), type="search", value=chosen["q"]),
            Select(
                name="channel",
                label=words.gettext("Channel"),
                options=(every, *channels),
                value=chosen["channel"],
            ),
            Select(
                name="purpose",
                label=words.gettext("Purpose"),
                options=(every, *purposes),
                value=chosen["purpose"],
            ),
        ),
        chips=chips,
        clear_href="/messages" if chips else None,
    )


def _page(visit: Visit, section: Section, lines: Sequence[_Line], filters: FilterBar | None) -> ListPage:
    words = visit.words
    actions = [Link(text=words.gettext("Export"), href=f"/{section}/export")]
    if may_edit(visit):
        new = words.gettext("New message") if section == "messages" else words.gettext("New block")
        actions.insert(0, Link(text=new, href=f"/{section}/new"))
        actions.append(Link(text=words.gettext("Import"), href=f"/{section}/import"))
        if section == "blocks":
            actions.append(Link(text=words.gettext("The sender"), href="/sender"))
    leads = {
        "messages": words.gettext("What is said to people, per channel and language; campaigns send it."),
        "blocks": words.gettext("Pieces that messages share, so that the story is the same everywhere."),
    }
    return ListPage(
        page=visit.page(words.gettext(TITLES[section]), active=section, actions=actions, lead=leads[section]),
        filters=filters,
        table=_table(visit, section, lines, filtered=bool(filters and filters.chips)),
    )


def _table(visit: Visit, section: Section, lines: Sequence[_Line], *, filtered: bool) -> Table:
    words, messages = visit.words, section == "messages"
    columns = [Column(label=words.gettext("Name"))]
    if messages:
        columns += [Column(label=words.gettext("Channel")), Column(label=words.gettext("Purpose"))]
    columns += [
        Column(label=words.gettext("Languages")),
        Column(label=words.gettext("In use")),
        Column(label=words.gettext("Checks")),
    ]
    if messages:
        columns.append(Column(label=words.gettext("Used by")))
    columns.append(Column(label=words.gettext("Changed")))
    if filtered:
        empty = EmptyState(
            title=words.gettext("No message fits"),
            text=words.gettext("Take a filter away."),
            icon="search",
            action=Link(text=words.gettext("Clear all filters"), href="/messages"),
        )
    else:
        empty = EmptyState(
            title=words.gettext("Nothing yet"),
            text=words.gettext("Begin with one message in one language; the checks tell what is missing."),
            icon="email",
        )
    return Table(
        caption=words.gettext(TITLES[section]),
        columns=tuple(columns),
        rows=tuple(_row(one, section, words) for one in lines),
        empty=empty,
    )


def _row(line: _Line, section: Section, words: Words) -> Row:
    stored, draft = line.stored, line.stored.draft
    cells: list[Cell] = [Link(text=label_of(draft, words), href=href(section, draft.name), detail=draft.name)]
    if isinstance(draft, Message):
        cells += [channel_of(draft.channel, words), Text(text=words.gettext(PURPOSE_NAMES[draft.purpose]))]
    written = [
        words.gettext(LANGUAGE_NAMES[one])
        for one, texts in draft.texts.items()
        if any(text.strip() for text in texts.values())
    ]
    cells += [
        Text(text=", ".join(sorted(written)) or "—"),
        state_badge(stored, words),
        check_badge(line.findings, words),
    ]
    if isinstance(draft, Message):
        users = line.users
        more = len(users) - 1
        cells.append(
            Link(
                text=users[0].text,
                href=users[0].href,
                detail=words.ngettext("and %(num)s more", "and %(num)s more", more) if more else None,
            )
            if users
            else Text(text="—")
        )
    cells.append(Time(moment=stored.changed_at))
    return Row(cells=tuple(cells))
