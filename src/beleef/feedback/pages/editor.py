"""The editor of a survey: its pages and questions with their buttons, what is wrong beside it, and what is not translated yet."""

import asyncio
from collections import defaultdict

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import Block, Problem, Question, StoredSurvey, Survey
from beleef.feedback.pages import drafting, widget_form
from beleef.feedback.pages.drafting import change
from beleef.feedback.pages.parts import (
    LOOKS,
    PROMISES,
    QUESTION_KINDS,
    FeedbackRoom,
    called,
    crumbs,
    href,
    question_text,
    tabs,
)
from beleef.feedback.pages.telling import asking_sentence, condition_sentence, jump_sentence
from beleef.ui.components import Callout, Icon, Known, Link, TabLink, Text, Tone
from beleef.ui.forms import Form
from beleef.ui.page import Confirm, Page
from beleef.ui.words import LANGUAGES, NAMES, Words


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something to see to at the place it concerns."""

    text: str
    tone: Tone


class QuestionLine(msgspec.Struct, frozen=True, kw_only=True):
    """A question in the editor: what it asks in each language, when it is shown, and the addresses of its buttons."""

    id: str
    icon: Icon
    kind: str
    text: str
    others: tuple[str, ...]
    condition: str
    notes: tuple[Note, ...]
    edit: str
    act: str
    remove: str


class BlockLine(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the survey in the editor."""

    id: str
    title: str
    jumps: tuple[str, ...]
    notes: tuple[Note, ...]
    questions: tuple[QuestionLine, ...]
    edit: str
    act: str
    add: str
    remove: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the survey as a whole, and where it is changed."""

    title: str
    known: tuple[Known, ...]
    href: str


class EditorPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/editor.html``: the draft."""

    page: Page
    tab_links: tuple[TabLink, ...]
    state: Callout
    blocks: tuple[BlockLine, ...]
    add_block: str
    cards: tuple[Card, ...]
    preview: str


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the editor, and the moving, copying and removing of questions and pages."""
    return [_edit(room), _act_on_question(room), _act_on_block(room), _add_block(room), *_remove_routes(room)]


def _edit(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/surveys/{name:str}/edit", sync_to_thread=True)
    def edit(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            page = _page(room, connection, visit, room.feedback.survey(connection, name))
        return room.desk.html("feedback/editor.html", page)

    return edit


def _act_on_question(room: FeedbackRoom) -> HTTPRouteHandler:
    @post("/surveys/{name:str}/questions/{question:str}/act")
    async def act(request: AnyRequest, name: str, question: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        wish = given.get("by", "")
        if wish == "copy":
            await asyncio.to_thread(
                change, room, visit.actor, name, lambda data: drafting.duplicate(data, question)
            )
        else:
            by = -1 if wish == "up" else 1
            await asyncio.to_thread(
                change, room, visit.actor, name, lambda data: drafting.shift(data, question, by)
            )
        return room.desk.redirect(href(name, "/edit") + f"#question-{question}")

    return act


def _act_on_block(room: FeedbackRoom) -> HTTPRouteHandler:
    @post("/surveys/{name:str}/pages/{block:str}/act")
    async def act(request: AnyRequest, name: str, block: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        by = -1 if given.get("by") == "up" else 1
        await asyncio.to_thread(
            change, room, visit.actor, name, lambda data: drafting.shift_block(data, block, by)
        )
        return room.desk.redirect(href(name, "/edit") + f"#page-{block}")

    return act


def _add_block(room: FeedbackRoom) -> HTTPRouteHandler:
    @post("/surveys/{name:str}/pages")
    async def add(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)

        def edit(data: drafting.Data) -> None:
            made = drafting.free("page", drafting.ids(data))
            data["blocks"].append({"id": made, "questions": []})

        await asyncio.to_thread(change, room, visit.actor, name, edit)
        return room.desk.redirect(href(name, "/edit"), flash=visit.words.gettext("The page is added."))

    return add


def _remove_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/surveys/{name:str}/questions/{question:str}/remove", sync_to_thread=True)
    def ask(request: AnyRequest, name: str, question: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
        found = stored.survey.questions.get(question)
        title = question_text(stored.survey, found, visit.words) if found else question
        path = f"/questions/{question}/remove"
        return room.desk.html("ui/confirm.html", _confirm(visit, stored, title, path))

    @post("/surveys/{name:str}/questions/{question:str}/remove")
    async def remove(request: AnyRequest, name: str, question: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(change, room, visit.actor, name, lambda data: drafting.remove(data, question))
        return room.desk.redirect(href(name, "/edit"), flash=visit.words.gettext("The question is removed."))

    @get("/surveys/{name:str}/pages/{block:str}/remove", sync_to_thread=True)
    def ask_block(request: AnyRequest, name: str, block: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
        path = f"/pages/{block}/remove"
        return room.desk.html("ui/confirm.html", _confirm(visit, stored, block, path))

    @post("/surveys/{name:str}/pages/{block:str}/remove")
    async def remove_block(request: AnyRequest, name: str, block: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(
            change, room, visit.actor, name, lambda data: drafting.remove_block(data, block)
        )
        return room.desk.redirect(href(name, "/edit"), flash=visit.words.gettext("The page is removed."))

    return [ask, remove, ask_block, remove_block]


def _confirm(visit: Visit, stored: StoredSurvey, title: str, path: str) -> Confirm:
    words, name = visit.words, stored.survey.name
    return Confirm(
        page=visit.page(
            words.gettext("Remove “%(what)s” from the draft?", what=title),
            active="surveys",
            crumbs=crumbs(words, stored),
        ),
        consequences=(
            words.gettext("Conditions that look at it go with it."),
            words.gettext("Answers that were given to it stay, and so do earlier versions."),
        ),
        form=Form(
            name="remove",
            action=href(name, path),
            sections=(),
            submit=words.gettext("Remove it"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href=href(name, "/edit")),
        ),
    )


def _page(room: FeedbackRoom, connection: sa.Connection, visit: Visit, stored: StoredSurvey) -> EditorPage:
    words, survey = visit.words, stored.survey
    problems = room.feedback.check(connection, survey)
    notes = _notes(survey, problems, words)
    actions = []
    if stored.is_changed or not stored.version:
        actions.append(Link(text=words.gettext("Publish"), href=href(survey.name, "/publish")))
    return EditorPage(
        page=visit.page(survey.label, active="surveys", crumbs=crumbs(words), actions=actions),
        tab_links=tabs(stored, "/edit", visit),
        state=_state(stored, problems, words),
        blocks=tuple(_block(survey, block, notes, words) for block in survey.blocks),
        add_block=href(survey.name, "/pages"),
        cards=_cards(stored, words),
        preview=room.trying.path(survey.name, language=words.language),
    )


def _block(survey: Survey, block: Block, notes: dict[str, list[Note]], words: Words) -> BlockLine:
    path = f"/pages/{block.id}"
    title = block.title.get(words.language) or block.title.get(survey.default_language) or ""
    number = survey.blocks.index(block) + 1
    name = words.gettext("Page %(number)s", number=number)
    return BlockLine(
        id=block.id,
        title=f"{name}: {title}" if title else name,
        jumps=tuple(jump_sentence(survey, jump, words) for jump in block.jumps),
        notes=tuple(notes.get(block.id, ())),
        questions=tuple(_question(survey, one, notes, words) for one in block.questions),
        edit=href(survey.name, path),
        act=href(survey.name, f"{path}/act"),
        add=href(survey.name, "/questions", page=block.id),
        remove=href(survey.name, f"{path}/remove"),
    )


def _question(survey: Survey, one: Question, notes: dict[str, list[Note]], words: Words) -> QuestionLine:
    shown = question_text(survey, one, words)
    others = [
        f"{NAMES[code]}: {one.text[code]}"
        for code in LANGUAGES
        if code in survey.languages and one.text.get(code) and one.text[code] != shown
    ]
    path = f"/questions/{one.id}"
    required = [words.gettext("must be answered")] if one.is_required else []
    return QuestionLine(
        id=one.id,
        icon=LOOKS.get(one.kind, "help"),
        kind=" · ".join([called(QUESTION_KINDS, one.kind, words), *required]),
        text=shown,
        others=tuple(others),
        condition=condition_sentence(survey, one.show_if, words),
        notes=(*notes.get(one.id, ()), *_untranslated(survey, one, words)),
        edit=href(survey.name, path),
        act=href(survey.name, f"{path}/act"),
        remove=href(survey.name, f"{path}/remove"),
    )


def _untranslated(survey: Survey, one: Question, words: Words) -> tuple[Note, ...]:
    missing = [code for code in LANGUAGES if code in survey.languages and not one.text.get(code)]
    return tuple(
        Note(
            text=words.gettext(
                "Not in %(language)s yet: it is asked in the other language.", language=NAMES[code]
            ),
            tone="warn",
        )
        for code in missing
    )


def _notes(survey: Survey, problems: tuple[Problem, ...], words: Words) -> dict[str, list[Note]]:
    notes: dict[str, list[Note]] = defaultdict(list)
    known = {*survey.questions, *(block.id for block in survey.blocks)}
    for one in problems:
        place = next((part for part in reversed(one.place.split(".")) if part in known), None)
        if place is not None:
            notes[place].append(
                Note(text=words.gettext(one.message, **one.values), tone="bad" if one.is_error else "warn")
            )
    return notes


def _state(stored: StoredSurvey, problems: tuple[Problem, ...], words: Words) -> Callout:
    errors = [one for one in problems if one.is_error]
    if errors:
        told = " ".join(words.gettext(one.message, **one.values) for one in errors[:3])
        return Callout(
            title=words.ngettext(
                "%(num)s thing keeps it from being published",
                "%(num)s things keep it from being published",
                len(errors),
            ),
            text=told,
            tone="warn",
        )
    if stored.version and not stored.is_changed:
        return Callout(
            title=words.gettext("The draft is what is asked"),
            text=words.gettext("What you change here is asked from the moment you publish it."),
            tone="good",
        )
    return Callout(
        title=words.gettext("Nobody sees yet what you change here"),
        text=words.gettext("Try it below, and publish it when you are content."),
    )


def _cards(stored: StoredSurvey, words: Words) -> tuple[Card, ...]:
    survey, name = stored.survey, stored.survey.name
    promise = called(PROMISES, survey.anonymity, words)
    languages = ", ".join(NAMES[code] for code in LANGUAGES if code in survey.languages)
    settings = (
        Known(
            name=words.gettext("Promise"),
            value=Text(
                text=promise,
                detail=words.gettext("locked, because somebody answered") if stored.has_answers else None,
            ),
        ),
        Known(name=words.gettext("Languages"), value=Text(text=languages)),
        Known(
            name=words.gettext("Version in force"),
            value=Text(text=words.number(stored.version) if stored.version else words.gettext("none yet")),
        ),
    )
    subject = survey.invitation.subject.get(words.language) or words.gettext("Beleef's own words")
    return (
        Card(title=words.gettext("The survey itself"), known=settings, href=href(name, "/settings")),
        Card(
            title=words.gettext("Who is asked, and when"),
            known=asking_sentence(survey, words),
            href=href(name, "/asking"),
        ),
        Card(
            title=words.gettext("The invitation"),
            known=(Known(name=words.gettext("Subject"), value=Text(text=subject)),),
            href=href(name, "/invitation"),
        ),
        Card(
            title=words.gettext("On your own pages"),
            known=widget_form.known(survey, words),
            href=href(name, "/widget"),
        ),
        Card(
            title=words.gettext("The word of thanks"),
            known=tuple(
                Known(name=one.id, value=Text(text=one.title.get(words.language) or one.id))
                for one in survey.endings
            ),
            href=href(name, "/endings"),
        ),
    )
