"""Answers that people gave elsewhere, put in as CSV: what columns a survey takes, and what is wrong in which line."""

import asyncio
from typing import Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import File, LineProblem, StoredSurvey
from beleef.feedback.bringing_in import columns
from beleef.feedback.pages.drafting import told
from beleef.feedback.pages.life import FormPage
from beleef.feedback.pages.parts import FeedbackRoom, crumbs, href, in_force
from beleef.kernel.errors import Conflict, InvalidInput
from beleef.ui.components import Callout, Link
from beleef.ui.forms import Fieldset, Form, TextArea
from beleef.ui.words import Words

_AT_ONCE: Final = 500


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the form, and what takes it in."""

    @get("/surveys/{name:str}/import", sync_to_thread=True)
    def ask(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("feedback/form.html", _page(visit, _published(room, name), "", None))

    @post("/surveys/{name:str}/import")
    async def bring_in(request: AnyRequest, name: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        text, words = given.get("text", ""), visit.words
        stored = await asyncio.to_thread(_published, room, name)
        try:
            file = await asyncio.to_thread(room.feedback.read_file, stored, text, room.now())
            error = " ".join(_said(one, words) for one in file.problems)
        except InvalidInput as refusal:
            file, error = None, told(refusal, words)
        if file is None or error:
            page = _page(visit, stored, text, error)
            return room.desk.html("feedback/form.html", page, status=400)
        await _tell(room, file)
        room.record(visit.actor, "survey.import", name, {"responses": len(file.brought)})
        flash = words.ngettext(
            "%(num)s response was taken in; it shows in a moment.",
            "%(num)s responses were taken in; they show in a moment.",
            len(file.brought),
        )
        return room.desk.redirect(href(name), flash=flash)

    return [ask, bring_in]


def _published(room: FeedbackRoom, name: str) -> StoredSurvey:
    with room.database.read() as connection:
        stored = room.feedback.survey(connection, name)
    if stored.published is None:
        raise Conflict("This survey was never published.", hint="Publish it first: answers are to a version.")
    return stored


async def _tell(room: FeedbackRoom, file: File) -> None:
    messages = [
        message
        for one in file.brought
        for message in room.feedback.completed(one.respondent, now=one.at, answers=one.answers)
    ]
    for start in range(0, len(messages), _AT_ONCE):
        await room.tell(messages[start : start + _AT_ONCE])


def _said(problem: LineProblem, words: Words) -> str:
    return words.gettext(
        "Line %(line)s, %(column)s: %(problem)s",
        line=words.number(problem.line),
        column=problem.column,
        problem=words.gettext(problem.message, **problem.values),
    )


def _page(visit: Visit, stored: StoredSurvey, text: str, error: str | None) -> FormPage:
    words, survey = visit.words, in_force(stored)
    help_ = words.gettext("Columns: %(columns)s.", columns=", ".join(columns(survey)))
    field = TextArea(
        name="text",
        label=words.gettext("Answers as CSV"),
        value=text,
        rows=16,
        machine=True,
        help=help_,
        error=error,
    )
    about = words.gettext(
        "A line per response. “response” is its number in the other tool: the same line twice counts once. Several options "
        "of one question stand in one cell."
    )
    if survey.anonymity != "none":
        about += " " + words.gettext(
            "This survey promised not to know whose answers these are: no column names people."
        )
    return FormPage(
        page=visit.page(
            words.gettext("Answers from elsewhere"), active="surveys", crumbs=crumbs(words, stored)
        ),
        note=Callout(title=words.gettext("All lines are taken in, or none"), text=about, tone="accent"),
        form=Form(
            name="answers",
            action=href(stored.survey.name, "/import"),
            sections=(Fieldset(fields=(field,)),),
            submit=words.gettext("Take them in"),
            cancel=Link(text=words.gettext("Cancel"), href=href(stored.survey.name)),
        ),
    )
