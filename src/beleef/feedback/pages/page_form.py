"""The form of a page of a survey: its title, and where it leads on to for whom."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import StoredSurvey, Survey
from beleef.feedback.pages import conditions, drafting
from beleef.feedback.pages.drafting import Data
from beleef.feedback.pages.life import FormPage
from beleef.feedback.pages.parts import FeedbackRoom, crumbs, href, question_text
from beleef.feedback.pages.rows import (
    Pairs,
    changed,
    filled,
    put,
    read_texts,
    row_editor,
    row_pairs,
    text_fields,
    text_pairs,
)
from beleef.feedback.pages.saving import keep, stored_of
from beleef.ui.components import Link
from beleef.ui.forms import DefinitionEditor, Fieldset, Form, Hidden, Option, Select
from beleef.ui.words import Words

Sections = tuple[Fieldset | DefinitionEditor, ...]

_MOST_WAYS: Final = 20


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the form of a page."""

    @get("/surveys/{name:str}/pages/{block:str}", sync_to_thread=True)
    def show(request: AnyRequest, name: str, block: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        stored = stored_of(room, name)
        _, found = drafting.block_of(drafting.draft_of(stored.survey), block)
        given = Answers(_to_answers(found))
        return room.desk.html("feedback/form.html", _page(visit, stored, block, given, None))

    @post("/surveys/{name:str}/pages/{block:str}")
    async def save(request: AnyRequest, name: str, block: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        stored = await asyncio.to_thread(stored_of, room, name)
        if given.get("change"):
            page = _page(visit, stored, block, changed(given), None)
            return room.desk.html("feedback/form.html", page)

        def edit(data: Data) -> None:
            _, found = drafting.block_of(data, block)
            _read(found, given)

        return await keep(
            room,
            visit,
            name,
            edit,
            lambda error: _page(visit, stored, block, given, error),
            anchor=f"#page-{block}",
        )

    return [show, save]


def _to_answers(data: Data) -> Pairs:
    pairs: Pairs = text_pairs("title", data.get("title"))
    ways = data.get("jumps", [])
    for number, way in enumerate(ways):
        pairs.append((f"to{number}", way["to"]))
        pairs += row_pairs(f"when{number}", conditions.pairs_of(way.get("when", [])))
    return [*pairs, ("ways", str(len(ways) + 1))]


def _ways(given: Answers) -> int:
    count = given.get("ways", "1")
    return min(int(count), _MOST_WAYS) if count.isascii() and count.isdigit() and len(count) < 4 else 1


def _read(data: Data, given: Answers) -> None:
    put(data, "title", read_texts(given, "title"))
    found = [
        {"to": filled(given, f"to{number}"), "when": conditions.read(given, f"when{number}")}
        for number in range(_ways(given))
        if filled(given, f"to{number}")
    ]
    put(data, "jumps", found)


def _page(visit: Visit, stored: StoredSurvey, name: str, given: Answers, error: str | None) -> FormPage:
    words, survey = visit.words, stored.survey
    place, _ = drafting.block_of(drafting.draft_of(survey), name)
    sections: Sections = (
        Fieldset(
            fields=(
                *text_fields(given, "title", words.gettext("Title"), error=error),
                Hidden(name="ways", value=str(_ways(given))),
            )
        ),
    )
    for number in range(_ways(given)):
        sections = (*sections, *_way(survey, place, number, given, words))
    title = words.gettext("Page %(number)s", number=place + 1)
    return FormPage(
        page=visit.page(title, active="surveys", crumbs=crumbs(words, stored)),
        form=Form(
            name="page",
            action=href(survey.name, f"/pages/{name}"),
            sections=sections,
            submit=words.gettext("Save in the draft"),
            cancel=Link(text=words.gettext("Cancel"), href=href(survey.name, "/edit")),
        ),
    )


def _way(survey: Survey, place: int, number: int, given: Answers, words: Words) -> Sections:
    name = f"when{number}"
    to = Select(
        name=f"to{number}",
        label=words.gettext("Then it goes on to"),
        options=(Option(value="", label=words.gettext("the next page")), *_goals(survey, place, words)),
        value=given.get(f"to{number}", ""),
        help=words.gettext("The first way whose conditions hold is taken; else the next page comes."),
        required=False,
    )
    when = row_editor(
        given,
        name,
        lambda start: conditions.fields(given, start, survey, words),
        legend=words.gettext("But only if"),
        row_label=words.gettext("Condition"),
        add_label=words.gettext("Add a condition"),
        empty=words.gettext("It goes there always."),
        help=words.gettext("All of these must hold."),
    )
    legend = words.gettext("Way on %(number)s", number=number + 1)
    return (Fieldset(legend=legend, fields=(to,)), when)


def _goals(survey: Survey, place: int, words: Words) -> list[Option]:
    """Return where a page may lead: to later pages, named by what they ask first, and to endings."""
    found = []
    for number, block in enumerate(survey.blocks, start=1):
        if number > place + 1:
            first = next((question_text(survey, one, words) for one in block.questions), "")
            label = words.gettext("Page %(number)s", number=number)
            found.append(Option(value=block.id, label=f"{label}: {first}" if first else label))
    ends = words.gettext("Ending")
    return found + [
        Option(value=one.id, label=f"{ends}: {one.title.get(words.language) or one.id}")
        for one in survey.endings
    ]
