"""The editor: the parts of a message or block in one language, with the checks, the versions and a preview on a real person."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.content.model import LANGUAGES, Block, Feed, Finding, Message, Part, Stored, Version
from beleef.content.pages.parts import (
    KINDS,
    SECTIONS,
    ContentRoom,
    FindingLine,
    Section,
    crumbs,
    filled,
    finding_lines,
    href,
    may_edit,
    parts_of,
    state_badge,
    stored_one,
)
from beleef.content.pages.previewing import Chosen, Preview, make_preview
from beleef.content.pages.titles import description_of, label_of
from beleef.content.wording import LANGUAGE_NAMES, PART_NAMES, PURPOSE_NAMES
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import (
    Badge,
    Code,
    CodeBlock,
    Column,
    EmptyState,
    Known,
    Link,
    Row,
    Table,
    TabLink,
    Text,
    Time,
)
from beleef.ui.forms import Field, Fieldset, Form, Hidden, Input, TextArea
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

_SHOWN_VERSIONS = 8
_HELP = {
    "body": N_(
        "Sections of MJML, which get the organisation's frame; or a whole MJML document; or HTML. Liquid in both."
    ),
    "mail": N_("Sections of MJML or a piece of HTML, as it stands in the body of a mail."),
    "preheader": N_("Shown behind the subject in the list of mails."),
}
_OPTIONAL_TEXT = N_("Made from the body if you leave it empty.")


class EditorPage(msgspec.Struct, frozen=True, kw_only=True):
    """``content/editor.html``: one message or block in one language."""

    page: Page
    tabs: tuple[TabLink, ...]
    state: Badge
    form: Form | None
    sources: tuple[CodeBlock, ...]
    usable: tuple[Known, ...]
    findings: tuple[FindingLine, ...]
    in_order: EmptyState
    publish: Form | None
    test: Form | None
    versions: Table | None
    users: tuple[Link, ...]
    preview: Preview | None


class _Material(msgspec.Struct, frozen=True, kw_only=True):
    """What the page is made of, read in one go."""

    stored: Stored[Any]
    findings: Sequence[Finding]
    versions: Sequence[Version]
    blocks: Sequence[Block]
    feeds: Sequence[Feed]
    users: Sequence[Link]
    preview: Preview | None


def routes(room: ContentRoom) -> list[HTTPRouteHandler]:
    """Return the editor's routes."""
    return [route for section in SECTIONS for route in _routes(room, section)]


def _routes(room: ContentRoom, section: Section) -> list[HTTPRouteHandler]:
    @get(f"/{section}/{{name:str}}", sync_to_thread=True)
    def edit(
        request: AnyRequest, name: str, language: str = "", person: str = "", fact: str = "", q: str = ""
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        chosen = Chosen(language=language, person=person, fact=fact, search=q)
        view = _page(visit, room, section, _material(room, visit, section, name, chosen), chosen, None, None)
        return room.desk.html("content/editor.html", view)

    @post(f"/{section}/{{name:str}}")
    async def save(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        chosen = Chosen(
            language=filled(given, "language"), person=filled(given, "person"), fact=filled(given, "fact")
        )
        error = await asyncio.to_thread(_save, room, visit, section, name, chosen.language, given)
        if error:
            material = await asyncio.to_thread(_material, room, visit, section, name, chosen)
            view = _page(visit, room, section, material, chosen, given, error)
            return room.desk.html("content/editor.html", view, status=400)
        to = href(section, name, language=chosen.language, person=chosen.person, fact=chosen.fact)
        return room.desk.redirect(to, flash=visit.words.gettext("The draft is saved."))

    return [edit, save]


def _save(
    room: ContentRoom, visit: Visit, section: Section, name: str, language: str, given: Answers
) -> str | None:
    """Keep one language's parts as the draft; return what stops that, in the reader's words."""
    with room.database.write() as connection:
        stored = stored_one(room, connection, section, name)
        if filled(given, "seen") != str(stored.changed_at):
            return visit.words.gettext(
                "%(name)s saved another draft in between. Save again to replace it with yours.",
                name=stored.changed_by,
            )
        written = {part.name: given.get(part.name, "") for part in parts_of(stored.draft)}
        texts = {**stored.draft.texts, language: {one: text for one, text in written.items() if text.strip()}}
        try:
            draft = msgspec.structs.replace(stored.draft, texts=texts)
            room.content.save(connection, draft, by=visit.actor.name)
        except InvalidInput as error:
            return visit.words.refusal(error)
    room.record(visit.actor, f"{KINDS[section]}.save", name, {"language": language})
    return None


def _material(room: ContentRoom, visit: Visit, section: Section, name: str, chosen: Chosen) -> _Material:
    with room.database.read() as connection:
        stored = stored_one(room, connection, section, name)
        users = room.used_by(connection).get(name, ()) if section == "messages" else ()
        return _Material(
            stored=stored,
            findings=room.content.lint(connection, stored.draft),
            versions=room.content.versions(connection, KINDS[section], name),
            blocks=[one.draft for one in room.content.blocks(connection)],
            feeds=room.content.shelf.feeds(connection),
            users=users,
            preview=make_preview(room, connection, visit, section, stored.draft, chosen),
        )


def _page(
    visit: Visit,
    room: ContentRoom,
    section: Section,
    material: _Material,
    chosen: Chosen,
    given: Answers | None,
    error: str | None,
) -> EditorPage:
    words, draft = visit.words, material.stored.draft
    language = chosen.language_of(draft)
    may = may_edit(visit)
    findings = [one for one in material.findings if one.language in {"", language}]
    return EditorPage(
        page=_frame(visit, section, draft),
        tabs=_tabs(section, draft, material.findings, language, chosen, words),
        state=state_badge(material.stored, words),
        form=_form(section, material.stored, language, chosen, words, given, error) if may else None,
        sources=() if may else _sources(draft, language, words),
        usable=_usable(material, words),
        findings=finding_lines(findings, words),
        in_order=EmptyState(
            title=words.gettext("All in order"),
            text=words.gettext("The checks find nothing in this language."),
            icon="check",
        ),
        publish=_publish(section, material, words) if may and material.stored.changed else None,
        test=_test(draft, language, chosen, visit)
        if may and room.send_test and material.preview and isinstance(draft, Message)
        else None,
        versions=_versions(section, material, words) if material.versions else None,
        users=tuple(material.users),
        preview=material.preview,
    )


def _frame(visit: Visit, section: Section, draft: Message | Block) -> Page:
    words = visit.words
    actions = [Link(text=words.gettext("Export"), href=href(section, draft.name, "/export"))]
    if may_edit(visit):
        label = words.gettext("Name and purpose") if section == "messages" else words.gettext("Name")
        actions.insert(0, Link(text=label, href=href(section, draft.name, "/settings")))
        actions.append(Link(text=words.gettext("Delete"), href=href(section, draft.name, "/delete")))
    description = description_of(draft, words)
    lead = description or None
    if isinstance(draft, Message):
        purpose = words.gettext(PURPOSE_NAMES[draft.purpose])
        lead = f"{purpose}. {description}" if description else purpose
    title = label_of(draft, words)
    return visit.page(title, active=section, crumbs=crumbs(section, words), actions=actions, lead=lead)


def _tabs(
    section: Section,
    draft: Message | Block,
    findings: Sequence[Finding],
    language: str,
    chosen: Chosen,
    words: Words,
) -> tuple[TabLink, ...]:
    return tuple(
        TabLink(
            label=words.gettext(LANGUAGE_NAMES[one]),
            href=href(section, draft.name, language=one, person=chosen.person, fact=chosen.fact),
            active=one == language,
            count=words.number(count)
            if (count := sum(found.language == one and found.severity != "note" for found in findings))
            else None,
        )
        for one in LANGUAGES
    )


def _form(
    section: Section,
    stored: Stored[Any],
    language: str,
    chosen: Chosen,
    words: Words,
    given: Answers | None,
    error: str | None,
) -> Form:
    draft = stored.draft
    texts: Mapping[str, str] = draft.texts.get(language, {}) if given is None else given
    fields: list[Field] = [
        Hidden(name="language", value=language),
        Hidden(name="person", value=chosen.person),
        Hidden(name="fact", value=chosen.fact),
        Hidden(name="seen", value=str(stored.changed_at)),
    ]
    for place, part in enumerate(parts_of(draft)):
        fields.append(_field(part, texts.get(part.name, ""), words, error if place == 0 else None, draft))
    return Form(
        name="parts",
        action=href(section, draft.name),
        sections=(Fieldset(fields=tuple(fields)),),
        submit=words.gettext("Save the draft"),
        cancel=Link(
            text=words.gettext("Leave this language out"),
            href=href(section, draft.name, f"/languages/{language}/delete"),
        )
        if sum(bool(one) for one in draft.texts.values()) > 1 and draft.texts.get(language)
        else None,
    )


def _field(part: Part, value: str, words: Words, error: str | None, draft: Message | Block) -> Field:
    label = words.gettext(PART_NAMES[part.name])
    told = _HELP.get(part.name)
    if part.name == "text" and isinstance(draft, Message) and draft.channel == "email":
        told = _OPTIONAL_TEXT
    if part.kind == "mail":
        told = told or _HELP["body"]
    note = words.gettext(told) if told and (part.name != "body" or part.kind == "mail") else None
    if part.kind in {"line", "address"}:
        return Input(name=part.name, label=label, value=value, help=note, error=error, required=part.required)
    rows = {"mail": 22, "json": 10}.get(part.kind, 6)
    return TextArea(
        name=part.name,
        label=label,
        value=value,
        rows=rows,
        machine=part.kind in {"mail", "json"},
        help=note,
        error=error,
        required=part.required,
    )


def _sources(draft: Message | Block, language: str, words: Words) -> tuple[CodeBlock, ...]:
    texts = draft.texts.get(language, {})
    return tuple(
        CodeBlock(name=f"part-{part.name}", label=words.gettext(PART_NAMES[part.name]), code=texts[part.name])
        for part in parts_of(draft)
        if texts.get(part.name)
    )


def _usable(material: _Material, words: Words) -> tuple[Known, ...]:
    """Return what can be put in: values by example, and the blocks and feeds there are."""
    examples = [
        ("{{ person.first_name | default: '…' }}", words.gettext("A trait, and what to say without it")),
        ("{{ person.computed.orders_90 }}", words.gettext("A computed trait")),
        ("{{ account.name }}", words.gettext("Their account")),
        ("{{ fact.order_id }}", words.gettext("A property of the fact behind the message")),
        ("{{ fact.total | money: 'EUR' }}", words.gettext("An amount; date and number work alike")),
        ("{{ organisation.name }}", words.gettext("The sender")),
        ("{{ links.preferences }}", words.gettext("Also: links.unsubscribe, links.view_in_browser")),
    ]
    for feed in material.feeds:
        field = next((one for one in feed.fields if one != feed.key), feed.key)
        examples.append((f"{{{{ items.{feed.name}[fact.{feed.key}].{field} }}}}", feed.label))
    examples += [
        (f"{{% render '{block.name}' %}}", label_of(block, words))
        for block in material.blocks
        if block.name != material.stored.draft.name
    ]
    return tuple(Known(name=label, value=Code(text=code)) for code, label in examples)


def _publish(section: Section, material: _Material, words: Words) -> Form:
    name = material.stored.draft.name
    errors = [one for one in material.findings if one.severity == "error"]
    note = Input(
        name="note",
        label=words.gettext("What is new"),
        required=False,
        help=words.gettext("The checks find errors; publishing waits until these are gone.")
        if errors
        else None,
    )
    number = material.stored.latest + 1
    return Form(
        name="publish",
        action=href(section, name, "/publish"),
        sections=(Fieldset(fields=(note,)),),
        submit=words.gettext("Publish as version %(number)s", number=number),
    )


def _test(draft: Message, language: str, chosen: Chosen, visit: Visit) -> Form:
    words = visit.words
    fields = (
        Hidden(name="language", value=language),
        Hidden(name="person", value=chosen.person),
        Hidden(name="fact", value=chosen.fact),
    )
    return Form(
        name="test",
        action=href("messages", draft.name, "/test"),
        sections=(Fieldset(fields=fields),),
        submit=words.gettext("Send it to %(address)s", address=visit.actor.email),
    )


def _versions(section: Section, material: _Material, words: Words) -> Table:
    stored = material.stored

    def row(version: Version) -> Row:
        number = words.gettext("Version %(number)s", number=version.number)
        return Row(
            cells=(
                Link(
                    text=number,
                    href=href(section, stored.draft.name, f"/versions/{version.number}"),
                    detail=version.note or None,
                ),
                Time(moment=version.published_at),
                Badge(text=words.gettext("in use"), tone="good")
                if version.number == stored.published
                else Text(text=version.published_by),
            )
        )

    return Table(
        caption=words.gettext("Versions"),
        columns=(
            Column(label=words.gettext("Version")),
            Column(label=words.gettext("Published")),
            Column(label=words.gettext("By")),
        ),
        rows=tuple(row(one) for one in material.versions[:_SHOWN_VERSIONS]),
    )
