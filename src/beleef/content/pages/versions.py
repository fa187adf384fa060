"""Publishing a draft, looking at an old version, and having it back."""

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.model import LANGUAGES, Block, Message, Version
from beleef.content.pages.parts import (
    KINDS,
    SECTIONS,
    ContentRoom,
    Section,
    crumbs,
    filled,
    href,
    may_edit,
    parts_of,
    stored_one,
)
from beleef.content.pages.previewing import Chosen, as_message
from beleef.content.wording import LANGUAGE_NAMES, PART_NAMES
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.ui.components import CodeBlock, Link, TabLink
from beleef.ui.forms import Form
from beleef.ui.page import Page
from beleef.ui.words import Words


class VersionPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/version.html``: a version that never changes."""

    page: Page
    tabs: tuple[TabLink, ...]
    sources: tuple[CodeBlock, ...]
    frame: str | None
    restore: Form | None


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the routes of both sections."""
    return [
        route
        for section in SECTIONS
        for route in (*_publishing(room, section), *_looking_back(room, section))
    ]


def _publishing(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @post(f"/{section}/{{name:str}}/publish")
    async def publish(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        note = filled(given, "note")[:300]
        try:
            number = await asyncio.to_thread(_publish, room, visit, section, name, note)
        except InvalidInput as error:
            if error.code != "findings":
                raise
            flash = visit.words.gettext("It is not published: the checks find errors in it.")
            return room.desk.redirect(href(section, name), flash=flash, tone="bad")
        flash = visit.words.gettext("Version %(number)s is in use from now on.", number=number)
        return room.desk.redirect(href(section, name), flash=flash)

    return [publish]


def _looking_back(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(
        f"/{section}/{{name:str}}/versions/{{number:int}}",
        sync_to_thread=True,
    )
    def version(request: AnyRequest, name: str, number: int, language: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            one = room.content.version(connection, KINDS[section], name, number)
            about = _about(room.content.versions(connection, KINDS[section], name), number)
        return room.desk.html("content/version.html", _page(visit, section, one, about, language))

    @post(f"/{section}/{{name:str}}/versions/{{number:int}}/restore")
    async def restore(request: AnyRequest, name: str, number: int) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_restore, room, visit, section, name, number)
        flash = visit.words.gettext(
            "The draft is version %(number)s again; publish it to put it in use.", number=number
        )
        return room.desk.redirect(href(section, name), flash=flash)

    return [version, restore]


def _publish(room: ContentRoom, visit: Visit, section: Section, name: str, note: str) -> int:
    with room.database.write() as connection:
        stored_one(room, connection, section, name)
        number = room.content.publish(connection, KINDS[section], name, by=visit.actor.name, note=note)
    room.record(visit.actor, f"{KINDS[section]}.publish", name, {"version": number})
    return number


def _restore(room: ContentRoom, visit: Visit, section: Section, name: str, number: int) -> None:
    with room.database.write() as connection:
        room.content.restore(connection, KINDS[section], name, number, by=visit.actor.name)
    room.record(visit.actor, f"{KINDS[section]}.restore", name, {"version": number})


def _about(versions: list[Version], number: int) -> Version:
    for one in versions:
        if one.number == number:
            return one
    raise NotFound("There is no such version.", hint="Look at its versions.")


def _page(visit: Visit, section: Section, one: Any, about: Version, wish: str) -> VersionPage:
    words = visit.words
    draft: Message | Block = one
    language = Chosen(language=wish).language_of(draft)
    here = f"/versions/{about.number}"
    trial = as_message(draft, language)
    texts = draft.texts.get(language, {})
    lead = words.gettext(
        "Published by %(name)s on %(moment)s.",
        name=about.published_by,
        moment=words.moment(about.published_at),
    )
    return VersionPage(
        page=visit.page(
            words.gettext("Version %(number)s", number=about.number),
            active=section,
            crumbs=crumbs(section, words, draft),
            lead=f"{lead} {about.note}".strip(),
        ),
        tabs=_tabs(section, draft, here, language, words),
        sources=tuple(
            CodeBlock(
                name=f"part-{part.name}", label=words.gettext(PART_NAMES[part.name]), code=texts[part.name]
            )
            for part in parts_of(draft)
            if texts.get(part.name)
        ),
        frame=href(section, draft.name, "/preview", language=language, version=str(about.number))
        if trial is not None and trial.channel == "email"
        else None,
        restore=Form(
            name="restore",
            action=href(section, draft.name, f"{here}/restore"),
            sections=(),
            submit=words.gettext("Make this the draft again"),
            cancel=Link(text=words.gettext("Back"), href=href(section, draft.name)),
        )
        if may_edit(visit)
        else None,
    )


def _tabs(
    section: Section, draft: Message | Block, here: str, language: str, words: Words
) -> tuple[TabLink, ...]:
    return tuple(
        TabLink(
            label=words.gettext(LANGUAGE_NAMES[name]),
            href=href(section, draft.name, here, language=name),
            active=name == language,
        )
        for name in LANGUAGES
    )
