"""The form of a question: what it asks in each language, what belongs to its kind, and when it is asked."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import QUESTION_KINDS as ALL_KINDS
from beleef.feedback.api import StoredSurvey
from beleef.feedback.model import WITH_OPTIONS
from beleef.feedback.pages import conditions, drafting, question_answers
from beleef.feedback.pages.drafting import Data, change
from beleef.feedback.pages.life import FormPage
from beleef.feedback.pages.parts import (
    QUESTION_KINDS,
    FeedbackRoom,
    called,
    crumbs,
    href,
    question_text,
)
from beleef.feedback.pages.rows import changed, row_editor, text_fields
from beleef.feedback.pages.saving import keep, stored_of
from beleef.kernel.errors import InvalidInput
from beleef.ui.components import Link
from beleef.ui.forms import (
    Checkbox,
    Choices,
    DefinitionEditor,
    Field,
    Fieldset,
    Form,
    Input,
    Option,
    Select,
)
from beleef.ui.words import N_, Words

_ENDS: Final = frozenset({"nps", "ces", "csat", "rating"})
_SHAPES: Final = {"numbers": N_("Numbers"), "stars": N_("Stars"), "smileys": N_("Smileys")}

Sections = tuple[Fieldset | DefinitionEditor, ...]


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the forms of questions."""
    return [*_new_routes(room), *_question_routes(room)]


def _new_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/surveys/{name:str}/questions", sync_to_thread=True)
    def ask(request: AnyRequest, name: str, page: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        stored = stored_of(room, name)
        return room.desk.html("feedback/form.html", _kind_page(visit, stored, page))

    @post("/surveys/{name:str}/questions")
    async def add(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        kind = given.get("kind", "open")
        made = ""

        def edit(data: Data) -> None:
            nonlocal made
            made = drafting.free(kind.replace("_", "-"), drafting.ids(data))
            _, block = drafting.block_of(data, given.get("page", ""))
            block.setdefault("questions", []).append(_new(made, kind))

        await asyncio.to_thread(change, room, visit.actor, name, edit)
        return room.desk.redirect(
            href(name, f"/questions/{made}"),
            flash=visit.words.gettext("The question is there. Say what it asks."),
        )

    return [ask, add]


def _new(name: str, kind: str) -> Data:
    if kind not in ALL_KINDS:
        raise InvalidInput("There is no such kind of question.", hint="Choose one of the list.")
    made: Data = {"id": name, "kind": kind, "text": {}}
    if kind in WITH_OPTIONS or kind == "matrix":
        made["options"] = [{"id": one, "label": {}} for one in ("first", "second")]
    if kind == "matrix":
        made["rows"] = [{"id": "row", "label": {}}]
    if kind == "file":
        made["accepts"] = ["jpg", "png", "pdf"]
    return made


def _kind_page(visit: Visit, stored: StoredSurvey, page: str) -> FormPage:
    words = visit.words
    pages = tuple(
        Option(value=block.id, label=words.gettext("Page %(number)s", number=number))
        for number, block in enumerate(stored.survey.blocks, start=1)
    )
    kinds = tuple(Option(value=one, label=called(QUESTION_KINDS, one, words)) for one in ALL_KINDS)
    fields: tuple[Field, ...] = (
        Choices(name="kind", label=words.gettext("What kind of answer?"), options=kinds, values=("open",)),
        Select(name="page", label=words.gettext("On which page"), options=pages, value=page),
    )
    return FormPage(
        page=visit.page(words.gettext("Add a question"), active="surveys", crumbs=crumbs(words, stored)),
        form=Form(
            name="kind",
            action=href(stored.survey.name, "/questions"),
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Add it"),
            cancel=Link(text=words.gettext("Cancel"), href=href(stored.survey.name, "/edit")),
        ),
    )


def _question_routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    @get("/surveys/{name:str}/questions/{question:str}", sync_to_thread=True)
    def show(request: AnyRequest, name: str, question: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        stored = stored_of(room, name)
        block, place = drafting.find(drafting.draft_of(stored.survey), question)
        given = question_answers.to_answers(block["questions"][place])
        return room.desk.html("feedback/form.html", _question_page(visit, stored, question, given, None))

    @post("/surveys/{name:str}/questions/{question:str}")
    async def save(request: AnyRequest, name: str, question: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        stored = await asyncio.to_thread(stored_of, room, name)
        if given.get("change"):
            page = _question_page(visit, stored, question, changed(given), None)
            return room.desk.html("feedback/form.html", page)

        def edit(data: Data) -> None:
            block, place = drafting.find(data, question)
            question_answers.read(block["questions"][place], given)

        return await keep(
            room,
            visit,
            name,
            edit,
            lambda error: _question_page(visit, stored, question, given, error),
            anchor=f"#question-{question}",
        )

    return [show, save]


def _question_page(
    visit: Visit, stored: StoredSurvey, name: str, given: Answers, error: str | None
) -> FormPage:
    words, survey = visit.words, stored.survey
    question = survey.questions[name]
    kind = question.kind
    asks: tuple[Field, ...] = (
        *text_fields(given, "text", words.gettext("Question"), error=error),
        *text_fields(given, "help", words.gettext("A sentence more")),
        Checkbox(
            name="is_required",
            label=words.gettext("It must be answered"),
            checked=given.get("is_required") == "yes",
        ),
    )
    return FormPage(
        page=visit.page(
            question_text(survey, question, words),
            active="surveys",
            crumbs=crumbs(words, stored),
            lead=called(QUESTION_KINDS, kind, words),
        ),
        form=Form(
            name="question",
            action=href(survey.name, f"/questions/{name}"),
            sections=(
                Fieldset(fields=asks),
                *_kind_sections(kind, given, words),
                _show_if(given, stored, words),
            ),
            submit=words.gettext("Save in the draft"),
            cancel=Link(text=words.gettext("Cancel"), href=href(survey.name, "/edit")),
        ),
    )


def _kind_sections(kind: str, given: Answers, words: Words) -> Sections:
    fields: list[Field] = []
    if kind in _ENDS:
        fields += text_fields(given, "low_label", words.gettext("What the lowest means"))
        fields += text_fields(given, "high_label", words.gettext("What the highest means"))
    for name, label in question_answers.NUMBERS.get(kind, ()):
        fields.append(
            Input(
                name=name,
                label=words.gettext(label),
                type="number",
                value=given.get(name, ""),
                required=False,
            )
        )
    if kind == "rating":
        fields.append(
            Select(
                name="shape",
                label=words.gettext("How it looks"),
                options=tuple(
                    Option(value=one, label=words.gettext(told_)) for one, told_ in _SHAPES.items()
                ),
                value=given.get("shape", "numbers"),
            )
        )
    fields += _further(kind, given, words)
    sections: Sections = (Fieldset(fields=tuple(fields)),) if fields else ()
    if kind == "matrix":
        sections = (*sections, _options("rows", words.gettext("Rows"), given, words))
    if kind in WITH_OPTIONS or kind == "matrix":
        sections = (*sections, _options("options", words.gettext("Choices"), given, words))
    return sections


def _further(kind: str, given: Answers, words: Words) -> list[Field]:
    fields: list[Field] = []
    if kind == "date":
        fields += [
            Input(name=name, label=label, type="date", value=given.get(name, ""), required=False)
            for name, label in (
                ("earliest", words.gettext("Earliest day")),
                ("latest", words.gettext("Latest day")),
            )
        ]
    if kind == "file":
        fields.append(
            Input(
                name="accepts",
                label=words.gettext("Kinds of files"),
                value=given.get("accepts", ""),
                help=words.gettext("Endings with commas, for example: jpg, png, pdf."),
            )
        )
    if kind in WITH_OPTIONS:
        fields.append(
            Checkbox(
                name="is_shuffled",
                label=words.gettext("Everybody sees the choices in an order of their own"),
                checked=given.get("is_shuffled") == "yes",
            )
        )
    if kind in {"rating", "csat", "matrix"}:
        fields.append(
            Checkbox(
                name="is_driver",
                label=words.gettext("Look whether it goes together with the main figure (key drivers)"),
                checked=given.get("is_driver") == "yes",
            )
        )
    return fields


def _options(name: str, legend: str, given: Answers, words: Words) -> DefinitionEditor:
    def draw(start: str) -> tuple[Field, ...]:
        fields: tuple[Field, ...] = (
            *text_fields(given, f"{start}label", words.gettext("Text")),
            Input(
                name=f"{start}id",
                label=words.gettext("Lasting name"),
                value=given.get(f"{start}id", ""),
                help=words.gettext("Stays the same in every language; empty for one made of the text."),
                required=False,
            ),
        )
        if name == "rows":
            return fields
        own = Checkbox(
            name=f"{start}is_other",
            label=words.gettext("With own words"),
            checked=given.get(f"{start}is_other") == "yes",
        )
        return (*fields, own)

    return row_editor(
        given,
        name,
        draw,
        legend=legend,
        row_label=legend,
        add_label=words.gettext("Add one"),
        empty=words.gettext("None yet."),
    )


def _show_if(given: Answers, stored: StoredSurvey, words: Words) -> DefinitionEditor:
    return row_editor(
        given,
        "show_if",
        lambda start: conditions.fields(given, start, stored.survey, words),
        legend=words.gettext("Only if"),
        row_label=words.gettext("Condition"),
        add_label=words.gettext("Add a condition"),
        empty=words.gettext("It is asked always."),
        help=words.gettext("All of these must hold."),
    )
