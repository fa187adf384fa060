"""Single responses of a survey that is not anonymous, with their answers; and all of them as a file."""

from typing import Final

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import HEADERS, AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import Filter, Given, Question, StoredSurvey, said
from beleef.feedback.api import Response as Responded
from beleef.feedback.pages.parts import (
    DELIVERIES,
    FLAGS,
    FeedbackRoom,
    called,
    crumbs,
    href,
    in_force,
    question_text,
    tabs,
)
from beleef.kernel.clock import to_datetime
from beleef.ui.components import (
    Badge,
    Cell,
    Column,
    EmptyState,
    Known,
    Pager,
    Row,
    Table,
    TabLink,
    Text,
    Time,
)
from beleef.ui.page import Page
from beleef.ui.words import Words

_A_PAGE: Final = 30
_LONGEST_PLACE: Final = 100


class ResponsesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/responses.html``: one response per row."""

    page: Page
    tab_links: tuple[TabLink, ...]
    responses: Table


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the list of responses, and the file."""

    @get("/surveys/{name:str}/responses", sync_to_thread=True)
    def show(request: AnyRequest, name: str, before: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
            page = _page(room, connection, visit, stored, _place(before))
        return room.desk.html("feedback/responses.html", page)

    @get("/surveys/{name:str}/answers.csv", sync_to_thread=True)
    def download(request: AnyRequest, name: str) -> Response[bytes]:
        visit = room.desk.open(request, Role.agent)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
            body = "".join(room.feedback.export_csv(connection, name)).encode("utf-8-sig")
        room.record(visit.actor, "survey.export", stored.survey.name, {})
        disposition = {"Content-Disposition": f'attachment; filename="{stored.survey.name}.csv"'}
        return Response(body, media_type="text/csv", headers={**HEADERS, **disposition})

    return [show, download]


def _page(
    room: FeedbackRoom,
    connection: sa.Connection,
    visit: Visit,
    stored: StoredSurvey,
    before: tuple[int, str] | None,
) -> ResponsesPage:
    words, name = visit.words, stored.survey.name
    # What is set aside is shown too, with the reason.
    everything = Filter(with_flagged=True)
    found = room.feedback.responses(connection, name, where=everything, before=before, limit=_A_PAGE)
    answers = room.feedback.answers(connection, [one.id for one in found])
    people = room.called(connection, {one.subject for one in found if one.subject})
    rows = tuple(
        Row(
            cells=(
                people.get(one.subject) or Text(text=words.gettext("without a name")),
                _when(one, words),
                Text(text=called(DELIVERIES, one.delivery, words), detail=one.touchpoint or None),
                Text(text=_told(stored, answers.get(one.id, ()), words)),
                _state(one, words),
            ),
        )
        for one in found
    )
    older = (
        href(name, "/responses", before=f"{found[-1].started_at}.{found[-1].id}")
        if len(found) == _A_PAGE
        else None
    )
    return ResponsesPage(
        page=visit.page(stored.survey.label, active="surveys", crumbs=crumbs(words)),
        tab_links=tabs(stored, "/responses", visit),
        responses=Table(
            caption=words.gettext("Responses"),
            columns=(
                Column(label=words.gettext("Person")),
                Column(label=words.gettext("When")),
                Column(label=words.gettext("How they came")),
                Column(label=words.gettext("Answers")),
                Column(label=words.gettext("State")),
            ),
            rows=rows,
            pager=Pager(
                shown=words.ngettext("%(num)s on this page", "%(num)s on this page", len(found)),
                next_href=older,
            )
            if older
            else None,
            empty=EmptyState(
                title=words.gettext("No answers yet"),
                text=words.gettext("Each response stands here as soon as it begins."),
                icon="smile",
            ),
        ),
    )


def _when(one: Responded, words: Words) -> Cell:
    """Return when somebody answered; of those without a name the day alone is kept, as it is in UTC."""
    moment = one.completed_at or one.started_at
    return Time(moment=moment) if one.subject else Text(text=words.day(to_datetime(moment).date()))


def _place(text: str) -> tuple[int, str] | None:
    at, _, response = text.partition(".")
    return (int(at), response) if at.isdigit() and response and len(text) < _LONGEST_PLACE else None


def _state(one: Responded, words: Words) -> Badge:
    if one.quality:
        return Badge(text=", ".join(called(FLAGS, flag, words) for flag in one.quality), tone="warn")
    if one.completed_at is None:
        return Badge(text=words.gettext("began"), tone="accent")
    return Badge(text=words.gettext("finished"), tone="good")


def _told(stored: StoredSurvey, given: "tuple[Given, ...] | list[Given]", words: Words) -> str:
    return " · ".join(part for one in given if (part := answer_text(stored, one, words)))


def answer_text(stored: StoredSurvey, given: Given, words: Words) -> str:
    """Return an answer as people say it: a number, the labels of choices, or what was written."""
    question = in_force(stored).questions.get(given.answer.question)
    answer = given.answer
    if answer.options or answer.option:
        chosen = answer.options or (answer.option,)
        labels = ", ".join(_label(stored, question, one, words) for one in chosen)
        return f"{labels}: {answer.text}" if answer.text else labels
    if answer.kind in {"consent", "contact_me"}:
        return words.gettext("Yes") if answer.value else words.gettext("No")
    return words.number(answer.value) if answer.value is not None else answer.text


def _label(stored: StoredSurvey, question: Question | None, option: str, words: Words) -> str:
    for one in question.options if question else ():
        if one.id == option:
            return said(one.label, words.language, in_force(stored).default_language) or option
    return option


def known_answers(stored: StoredSurvey, given: list[Given], words: Words) -> tuple[Known, ...]:
    """Return a response's answers below their questions."""
    found = []
    survey = in_force(stored)
    for one in given:
        question = survey.questions.get(one.answer.question)
        name = question_text(survey, question, words) if question else one.answer.question
        value: Cell = Text(text=answer_text(stored, one, words))
        found.append(Known(name=name, value=value))
    return tuple(found)
