"""The themes: those that comments are read for, with their words in two languages, and those that comments point to and that are none yet."""

import asyncio
from typing import Final

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.pages.drafting import told
from beleef.feedback.pages.life import FormPage
from beleef.feedback.pages.listening import voice_tabs
from beleef.feedback.pages.parts import FeedbackRoom, promises, with_query
from beleef.feedback.pages.rows import filled, read_texts, text_fields
from beleef.feedback.voices import keeping
from beleef.feedback.voices.keeping import Kept
from beleef.feedback.voices.model import Suggested, Theme
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import Badge, Column, Link, Row, Table, TabLink, Text
from beleef.ui.forms import Checkbox, Field, Fieldset, Form, Hidden, Input, Option, Select, TextArea
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Words

_LAST_POSITION: Final = 50


class SuggestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A suggested theme: its words, some comments, and its two buttons."""

    id: int
    title: str
    note: str
    examples: tuple[str, ...]
    accept: str
    dismiss: str


class ThemesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/themes.html``: themes, and suggestions for new ones."""

    page: Page
    tab_links: tuple[TabLink, ...]
    theme_table: Table
    suggestions: tuple[SuggestionView, ...]
    may_edit: bool


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the pages of themes."""
    return [_list(room), *_edit_routes(room), *_suggestion_routes(room)]


def _list(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/feedback/themes", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            page = _page(connection, visit, promises(room.feedback, connection))
        return room.desk.html("feedback/themes.html", page)

    return show


def _page(connection: sa.Connection, visit: Visit, kept: Kept) -> ThemesPage:
    words = visit.words
    themes = keeping.themes(connection)
    rows = [
        Row(
            cells=(
                Link(
                    text=one.label(words.language),
                    href=f"/feedback/themes/{one.name}",
                    detail=", ".join(one.words.get(words.language, ())[:6]) or None,
                ),
                Text(text=_parent(one, themes, words)),
                *(Text(text=words.number(len(one.words.get(code, ())))) for code in LANGUAGES),
                Badge(text=words.gettext("in use"), tone="good")
                if one.is_used
                else Badge(text=words.gettext("off")),
            )
        )
        for one in sorted(themes, key=lambda one: (not one.is_used, one.label(words.language).casefold()))
    ]
    new = Link(text=words.gettext("New theme"), href="/feedback/themes/new")
    return ThemesPage(
        page=visit.page(
            words.gettext("Themes"),
            active="voices",
            actions=(new,) if visit.may(Role.editor) else (),
            lead=words.gettext(
                "When a theme changes, all comments are read anew: figures of earlier months follow."
            ),
        ),
        tab_links=voice_tabs("/feedback/themes", words),
        theme_table=Table(
            caption=words.gettext("Themes"),
            columns=(
                Column(label=words.gettext("Theme")),
                Column(label=words.gettext("Part of")),
                *(
                    Column(label=words.gettext("Words in %(language)s", language=NAMES[code]))
                    for code in LANGUAGES
                ),
                Column(label=words.gettext("State")),
            ),
            rows=tuple(rows),
        ),
        suggestions=tuple(
            _suggestion(connection, one, kept, words) for one in keeping.suggestions(connection)
        ),
        may_edit=visit.may(Role.editor),
    )


def _parent(one: Theme, themes: list[Theme], words: Words) -> str:
    found = next((theme for theme in themes if theme.name == one.parent), None)
    return found.label(words.language) if found else "—"


def _suggestion(connection: sa.Connection, one: Suggested, kept: Kept, words: Words) -> SuggestionView:
    examples = keeping.examples(connection, one.examples[:3], kept)
    language = next((NAMES[code] for code in LANGUAGES if code == one.language), one.language)
    return SuggestionView(
        id=one.id,
        title=", ".join(one.words[:6]),
        note=words.ngettext("%(num)s comment", "%(num)s comments", one.comments) + f" · {language}",
        examples=tuple(comment.said.text for comment in examples),
        accept=with_query(
            "/feedback/themes/new",
            **{"suggestion": str(one.id), f"words-{one.language}": ", ".join(one.words)},
        ),
        dismiss=f"/feedback/suggestions/{one.id}/dismiss",
    )


def _edit_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/feedback/themes/{name:str}", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        with room.database.read() as connection:
            themes = keeping.themes(connection)
            if name == "new":
                given = Answers([("is_used", "yes"), *request.query_params.items()])
            else:
                given = _to_answers(keeping.theme(connection, name))
        return room.desk.html("feedback/form.html", _form(visit, name, themes, given, None))

    @post("/feedback/themes/{name:str}")
    async def save(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        try:
            made = _read(name, given)
            await asyncio.to_thread(_save, room, made, given.get("suggestion", ""), is_new=name == "new")
        except InvalidInput as error:
            with room.database.read() as connection:
                themes = keeping.themes(connection)
            page = _form(visit, name, themes, given, told(error, visit.words))
            return room.desk.html("feedback/form.html", page, status=400)
        room.record(visit.actor, "theme.save", made.name, {})
        flash = visit.words.gettext("The theme is saved; comments are being read anew.")
        return room.desk.redirect("/feedback/themes", flash=flash)

    return [show, save]


def _save(room: FeedbackRoom, made: Theme, suggestion: str, *, is_new: bool) -> None:
    with room.database.write() as connection:
        if is_new and any(one.name == made.name for one in keeping.themes(connection)):
            raise InvalidInput("There is a theme of that name already.", hint="Choose another name.")
        if suggestion.isdigit():
            keeping.accept(connection, int(suggestion), made, room.now())
        else:
            keeping.save_theme(connection, made, room.now())


def _to_answers(one: Theme) -> Answers:
    return Answers(
        [
            *((f"label-{code}", label) for code, label in one.labels.items()),
            *((f"words-{code}", ", ".join(words)) for code, words in one.words.items()),
            ("parent", one.parent),
            ("is_used", "yes" if one.is_used else ""),
            ("position", str(one.position)),
        ]
    )


def _read(name: str, given: Answers) -> Theme:
    labels = read_texts(given, "label")
    if not labels:
        raise InvalidInput("A theme needs a name that people know it by.", hint="Fill in at least one.")
    wanted = filled(given, "name")
    position = given.get("position", "")
    return Theme(
        name=(wanted or _name_of(next(iter(labels.values())))) if name == "new" else name,
        labels=labels,
        words={
            code: _listed(given, f"words-{code}") for code in LANGUAGES if _listed(given, f"words-{code}")
        },
        parent=filled(given, "parent"),
        is_used=given.get("is_used") == "yes",
        position=int(position) if position.isdigit() and len(position) < 4 else _LAST_POSITION,
    )


def _name_of(label: str) -> str:
    kept = "".join(one if one.isascii() and one.isalnum() else "-" for one in label.lower())
    return "-".join(part for part in kept.split("-") if part)[:40].strip("-")


def _listed(given: Answers, name: str) -> tuple[str, ...]:
    text = given.get(name, "").replace("\n", ",")
    return tuple(dict.fromkeys(one.strip().lower() for one in text.split(",") if one.strip()))


def _form(visit: Visit, name: str, themes: list[Theme], given: Answers, error: str | None) -> FormPage:
    words = visit.words
    parents = (
        Option(value="", label=words.gettext("none")),
        *(
            Option(value=one.name, label=one.label(words.language))
            for one in themes
            if one.name != name and not one.parent
        ),
    )
    listed = tuple(
        TextArea(
            name=f"words-{code}",
            label=words.gettext("Words in %(language)s", language=NAMES[code]),
            value=given.get(f"words-{code}", ""),
            rows=5,
            required=False,
            help=words.gettext("With commas; deliver* stands for all words that begin so."),
        )
        for code in LANGUAGES
    )
    fields: tuple[Field, ...] = (
        *text_fields(given, "label", words.gettext("Name"), error=error),
        *listed,
        Select(
            name="parent",
            label=words.gettext("Part of"),
            options=parents,
            value=given.get("parent", ""),
            required=False,
        ),
        Checkbox(
            name="is_used",
            label=words.gettext("Comments are read for it"),
            checked=given.get("is_used") == "yes",
        ),
    )
    if name == "new":
        own = Input(
            name="name",
            label=words.gettext("Lasting name"),
            value=given.get("name", ""),
            help=words.gettext("Stays the same in every language; empty for one made of the text."),
            required=False,
        )
        fields = (*fields, own)
    title = next(
        (one.label(words.language) for one in themes if one.name == name), words.gettext("New theme")
    )
    hidden = {"suggestion": given["suggestion"]} if given.get("suggestion", "").isdigit() else {}
    return FormPage(
        page=visit.page(
            title,
            active="voices",
            crumbs=(
                Link(text=words.gettext("What people write"), href="/feedback/voices"),
                Link(text=words.gettext("Themes"), href="/feedback/themes"),
            ),
        ),
        form=Form(
            name="theme",
            action=f"/feedback/themes/{name}",
            sections=(Fieldset(fields=(*fields, *_hidden(hidden), *_hidden(_position(given)))),),
            submit=words.gettext("Save, and read anew"),
            cancel=Link(text=words.gettext("Cancel"), href="/feedback/themes"),
        ),
    )


def _position(given: Answers) -> dict[str, str]:
    return {"position": given["position"]} if given.get("position") else {}


def _hidden(values: dict[str, str]) -> tuple[Field, ...]:
    return tuple(Hidden(name=name, value=value) for name, value in values.items())


def _suggestion_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @post("/feedback/suggestions")
    async def look(request: AnyRequest) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        found = await asyncio.to_thread(_look, room)
        flash = visit.words.ngettext("%(num)s theme is suggested.", "%(num)s themes are suggested.", found)
        return room.desk.redirect("/feedback/themes#suggestions", flash=flash)

    @post("/feedback/suggestions/{number:int}/dismiss")
    async def dismiss(request: AnyRequest, number: int) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_dismiss, room, number)
        return room.desk.redirect(
            "/feedback/themes#suggestions", flash=visit.words.gettext("It will not be a theme.")
        )

    return [look, dismiss]


def _look(room: FeedbackRoom) -> int:
    with room.database.read() as connection:
        kept = promises(room.feedback, connection)
        found = keeping.look_for_themes(connection, kept)
    with room.database.write() as connection:
        return keeping.keep_suggestions(connection, found, room.now())


def _dismiss(room: FeedbackRoom, number: int) -> None:
    with room.database.write() as connection:
        keeping.dismiss(connection, number)
