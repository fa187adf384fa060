"""The list of surveys: which ask, how many answered, and what they say so far."""

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback import figures
from beleef.feedback.api import StoredSurvey
from beleef.feedback.pages.parts import KINDS, SURVEYS, FeedbackRoom, called, href, state_badge
from beleef.ui import figures as drawn
from beleef.ui.components import Cell, Column, EmptyState, Figure, Link, Row, Table, Text
from beleef.ui.page import Page

_ORDER = ("active", "paused", "draft", "closed")


class SurveysPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/list.html``: all surveys."""

    page: Page
    surveys: Table


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the list."""

    @get(SURVEYS, sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found = room.feedback.surveys(connection)
            found.sort(key=lambda one: (_ORDER.index(one.state), one.survey.label.casefold()))
            rows = tuple(_row(room, connection, visit, one) for one in found)
        return room.desk.html("feedback/list.html", _page(visit, rows))

    return [show]


def _page(visit: Visit, rows: tuple[Row, ...]) -> SurveysPage:
    words = visit.words
    new = Link(text=words.gettext("New survey"), href="/surveys/new")
    return SurveysPage(
        page=visit.page(
            words.gettext("Surveys"),
            active="surveys",
            actions=(new, Link(text=words.gettext("Begin with a file"), href="/surveys/import"))
            if visit.may(Role.editor)
            else (),
            lead=words.gettext("What is asked, of whom, and what people answer."),
        ),
        surveys=Table(
            caption=words.gettext("Surveys"),
            columns=(
                Column(label=words.gettext("Name")),
                Column(label=words.gettext("State")),
                Column(label=words.gettext("Finished"), numeric=True),
                Column(label=words.gettext("Response")),
                Column(label=words.gettext("Main figure")),
            ),
            rows=rows,
            empty=EmptyState(
                title=words.gettext("No surveys yet"),
                text=words.gettext("Begin with one question after an order, and one field for own words."),
                icon="smile",
                action=new if visit.may(Role.editor) else None,
            ),
        ),
    )


def _row(room: FeedbackRoom, connection: sa.Connection, visit: Visit, one: StoredSurvey) -> Row:
    words, survey = visit.words, one.survey
    name = Link(text=survey.label, href=href(survey.name), detail=called(KINDS, survey.kind, words))
    nothing = Text(text="—")
    if not one.version:
        return Row(cells=(name, state_badge(one, words), nothing, nothing, nothing))
    progress = room.feedback.progress(connection, survey.name)
    asked = room.feedback.asked(connection, survey.name)
    response: Cell = nothing
    if asked.asked:
        response = drawn.figure_cell(figures.response_rate(asked), words)
    score = figures.main(room.feedback, connection, one)
    main: Cell = nothing
    if score is not None:
        main = drawn.figure_cell(score, words)
    return Row(
        cells=(name, state_badge(one, words), Figure(text=words.number(progress.finished)), response, main)
    )
