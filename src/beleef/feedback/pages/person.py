"""What one person said and was asked: their answers and comments, and the reason each time they were not asked."""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback.api import Given, Invitation
from beleef.feedback.api import Response as Responded
from beleef.feedback.pages.comments import CommentView, views
from beleef.feedback.pages.listening import look_around
from beleef.feedback.pages.parts import DELIVERIES, FeedbackRoom, called, href
from beleef.feedback.pages.reaching import outcome_badge
from beleef.feedback.pages.responses import known_answers
from beleef.feedback.voices import keeping
from beleef.feedback.wording import reason_text
from beleef.ui.components import Column, EmptyState, Known, Link, Row, Table, TabLink, Text, Time
from beleef.ui.page import Page


class ResponseView(msgspec.Struct, frozen=True, kw_only=True):
    """One response: the survey, when, how, and the answers below their questions."""

    title: Link
    moment: int
    meta: str
    answers: tuple[Known, ...]


class PersonFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/person.html``: the tab Feedback of a person."""

    page: Page
    tab_links: tuple[TabLink, ...]
    responses: tuple[ResponseView, ...]
    comments: tuple[CommentView, ...]
    invitations: Table
    empty: EmptyState


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the tab."""

    @get("/people/{who:str}/feedback", sync_to_thread=True)
    def show(request: AnyRequest, who: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("feedback/person.html", _page(room, visit, who))

    return [show]


def _page(room: FeedbackRoom, visit: Visit, who: str) -> PersonFeedback:
    words = visit.words
    head = room.head(visit, who, "feedback")
    subjects = {*head.person.subjects, *(one.subject for one in head.person.identifiers)}
    with room.database.read() as connection:
        look = look_around(room, connection)
        responses, invitations = room.feedback.of_person(connection, subjects)
        answers = room.feedback.answers(connection, [one.id for one in responses])
        comments = keeping.of_person(connection, subjects)
    surveys = {one.survey.name: one for one in look.stored}

    def response(one: Responded, given: list[Given]) -> ResponseView:
        stored = surveys.get(one.survey)
        return ResponseView(
            title=Link(text=look.labels.get(one.survey, one.survey), href=href(one.survey)),
            moment=one.completed_at or one.started_at,
            meta=" · ".join(
                part for part in (called(DELIVERIES, one.delivery, words), one.touchpoint) if part
            ),
            answers=known_answers(stored, given, words) if stored else (),
        )

    return PersonFeedback(
        page=head.page,
        tab_links=head.tab_links,
        responses=tuple(response(one, list(answers.get(one.id, ()))) for one in responses),
        comments=views(comments, look.themes, look.labels, words),
        invitations=_invitations(visit, invitations, look.labels),
        empty=EmptyState(
            title=words.gettext("Nothing said yet"),
            text=words.gettext("Answers that were given by name stand here."),
            icon="smile",
        ),
    )


def _invitations(visit: Visit, found: list[Invitation], labels: dict[str, str]) -> Table:
    words = visit.words
    rows = tuple(
        Row(
            cells=(
                Link(text=labels.get(one.survey, one.survey), href=href(one.survey, "/asked")),
                Time(moment=one.due_at),
                outcome_badge(one, words),
                Text(text=reason_text(one.reason, words) if one.reason else "—"),
            )
        )
        for one in found
    )
    return Table(
        caption=words.gettext("Asked, or why not"),
        columns=(
            Column(label=words.gettext("Survey")),
            Column(label=words.gettext("When")),
            Column(label=words.gettext("Outcome")),
            Column(label=words.gettext("Why not")),
        ),
        rows=rows,
        empty=EmptyState(
            title=words.gettext("Never came up"),
            text=words.gettext("No survey had an occasion to ask this person."),
            icon="people",
        ),
    )
