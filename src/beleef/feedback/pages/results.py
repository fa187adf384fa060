"""A survey's results while it runs: response, drop-off, every question with its figure, and what was set apart."""

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback import figures
from beleef.feedback.api import Asked, Counted, Filter, Group, Progress, Question, StoredSurvey
from beleef.feedback.pages.parts import (
    FLAGS,
    PROMISES,
    FeedbackRoom,
    called,
    crumbs,
    href,
    in_force,
    question_text,
    state_badge,
    tabs,
    with_query,
)
from beleef.feedback.pages.periods import period_filter, read_period
from beleef.feedback.pages.weighing import Weighed, weighed
from beleef.metrics import api as metrics
from beleef.ui import figures as drawn
from beleef.ui.charts import Bar, Chart, bar_list
from beleef.ui.components import (
    Badge,
    Callout,
    Column,
    EmptyState,
    Known,
    Link,
    Row,
    Stat,
    Table,
    TabLink,
    Text,
)
from beleef.ui.forms import FilterBar
from beleef.ui.page import Page
from beleef.ui.words import Words


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """One question's results: its figure, n and interval, and how often each answer was given."""

    title: str
    note: str
    figure: Markup | None
    charts: tuple[Chart, ...]
    more: Link | None
    empty: str = ""


class ResultsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/results.html``: what came in so far."""

    page: Page
    tab_links: tuple[TabLink, ...]
    state: Badge
    notes: tuple[Callout, ...]
    filters: FilterBar
    tiles: tuple[Stat, ...]
    questions: tuple[QuestionView, ...]
    weighted: Weighed | None
    reached: Table | None
    flagged: tuple[Known, ...]


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the results."""

    @get("/surveys/{name:str}", sync_to_thread=True)
    def show(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            stored = room.feedback.survey(connection, name)
            page = _page(room, connection, visit, stored, dict(request.query_params))
        return room.desk.html("feedback/results.html", page)

    return [show]


def _page(
    room: FeedbackRoom,
    connection: sa.Connection,
    visit: Visit,
    stored: StoredSurvey,
    query: dict[str, str],
) -> ResultsPage:
    words, survey = visit.words, in_force(stored)
    period = read_period(query, visit)
    where = period_filter(period)
    asked = room.feedback.asked(connection, survey.name)
    # How far people came is counted as a whole where months would tell them apart.
    whole = Filter() if survey.anonymity == "anonymous" else where
    progress = room.feedback.progress(connection, survey.name, whole)
    main = figures.main(room.feedback, connection, stored, where) if stored.version else None
    questions = tuple(
        _question(room, connection, stored, question, where, words)
        for question in survey.questions.values()
        if stored.version
    )
    return ResultsPage(
        page=_frame(visit, stored),
        tab_links=tabs(stored, "", visit),
        state=state_badge(stored, words),
        notes=_notes(stored, visit),
        filters=FilterBar(name="period", action=href(survey.name), fields=period.fields(words), chips=()),
        tiles=_tiles(asked, progress, main, words, survey.name) if stored.version else (),
        questions=questions,
        weighted=weighed(room, connection, survey, figures.main_question(survey), where, main, words),
        reached=_reached(stored, progress, words) if progress.started else None,
        flagged=tuple(
            Known(name=called(FLAGS, flag, words), value=Text(text=words.number(count)))
            for flag, count in sorted(progress.flagged.items())
        ),
    )


def _frame(visit: Visit, stored: StoredSurvey) -> Page:
    words, name = visit.words, stored.survey.name
    actions = []
    if visit.may(Role.editor):
        if stored.state in {"draft", "paused"} or stored.is_changed:
            actions.append(Link(text=words.gettext("Publish"), href=href(name, "/publish")))
        if stored.state == "active":
            actions.append(Link(text=words.gettext("Pause"), href=href(name, "/pause")))
        if stored.state in {"active", "paused"}:
            actions.append(Link(text=words.gettext("Close"), href=href(name, "/close")))
    if visit.may(Role.editor) and stored.published is not None:
        actions.append(Link(text=words.gettext("Answers from elsewhere"), href=href(name, "/import")))
    if stored.survey.anonymity != "anonymous":
        actions.append(Link(text=words.gettext("Download as CSV"), href=href(name, "/answers.csv")))
    return visit.page(
        stored.survey.label,
        active="surveys",
        crumbs=crumbs(words),
        actions=actions,
        lead=called(PROMISES, stored.survey.anonymity, words),
    )


def _notes(stored: StoredSurvey, visit: Visit) -> tuple[Callout, ...]:
    words = visit.words
    if not stored.version:
        return (
            Callout(
                title=words.gettext("It asks nobody yet"),
                text=words.gettext("Results appear here from the first answer on, once it is published."),
                action=Link(text=words.gettext("To the draft"), href=href(stored.survey.name, "/edit"))
                if visit.may(Role.editor)
                else None,
            ),
        )
    if stored.survey.anonymity == "anonymous":
        return (
            Callout(
                title=words.gettext("Nobody can see who answered what"),
                text=words.gettext(
                    "Groups of fewer than %(least)s answers are not shown, and comments only from %(comments)s on.",
                    least=words.number(stored.survey.threshold),
                    comments=words.number(stored.survey.comments_threshold),
                ),
            ),
        )
    return ()


def _tiles(
    asked: Asked, progress: Progress, main: metrics.Figure | None, words: Words, name: str
) -> tuple[Stat, ...]:
    tiles = [] if main is None else [drawn.figure_stat(main, words)]
    if asked.asked:
        tiles.append(drawn.figure_stat(figures.response_rate(asked), words, href=href(name, "/asked")))
    if progress.started:
        finished = metrics.share("completion_rate", progress.finished, progress.started)
        tiles.append(drawn.figure_stat(finished, words))
    tiles.append(
        Stat(
            label=words.gettext("Finished"),
            figure=words.number(progress.finished),
            basis=words.gettext("of %(started)s who began", started=words.number(progress.started)),
        )
    )
    return tuple(tiles)


def _question(
    room: FeedbackRoom,
    connection: sa.Connection,
    stored: StoredSurvey,
    question: Question,
    where: Filter,
    words: Words,
) -> QuestionView:
    survey = in_force(stored)
    title = question_text(survey, question, words)
    if question.kind == "open":
        there = Link(
            text=words.gettext("Read what people write"),
            href=with_query("/feedback/voices", survey=survey.name),
        )
        return QuestionView(title=title, note="", figure=None, charts=(), more=there)
    counted = room.feedback.counts(connection, survey.name, question.id, where=where)
    n = sum(group.n for group in counted.groups)
    note = words.ngettext("%(num)s answer", "%(num)s answers", n)
    return QuestionView(
        title=title,
        note=note,
        figure=_figure(question, counted, words),
        charts=_charts(stored, question, counted, words),
        more=None,
        empty=""
        if counted.groups
        else words.gettext("Too few answers to show without giving somebody away.")
        if counted.withheld
        else words.gettext("No answers yet."),
    )


def _figure(question: Question, counted: Counted, words: Words) -> Markup | None:
    figure = figures.figure_of(question, counted.groups[0]) if counted.groups else None
    return None if figure is None else drawn.figure_cell(figure, words).svg


def _charts(stored: StoredSurvey, question: Question, counted: Counted, words: Words) -> tuple[Chart, ...]:
    return tuple(
        bar_list(
            name=f"{question.id}-{place}",
            title=_row_label(stored, question, group, words),
            bars=_bars(stored, question, group, words),
            words=words,
        )
        for place, group in enumerate(counted.groups)
    )


def _row_label(stored: StoredSurvey, question: Question, group: Group, words: Words) -> str:
    survey = in_force(stored)
    for row in question.rows:
        if row.id == group.row:
            return row.label.get(words.language) or row.label.get(survey.default_language) or row.id
    return words.gettext("Answers")


def _bars(stored: StoredSurvey, question: Question, group: Group, words: Words) -> list[Bar]:
    fallback = in_force(stored).default_language
    if group.options or question.options:
        labels = {
            one.id: one.label.get(words.language) or one.label.get(fallback) or one.id
            for one in question.options
        }
        known = {name: group.options.get(name, 0) for name in labels} | group.options
        return [Bar(label=labels.get(name, name), value=count) for name, count in known.items()]
    if question.kind in {"consent", "contact_me"}:
        said = {1: words.gettext("Yes"), 0: words.gettext("No")}
        return [Bar(label=said[value], value=group.histogram.get(value, 0)) for value in (1, 0)]
    low, high = question.scale
    values = group.values
    if low is not None and high is not None and high - low <= 10:
        shown = [float(value) for value in range(int(high), int(low) - 1, -1)]
    else:
        shown = sorted(values)
    return [Bar(label=words.number(value), value=values.get(value, 0)) for value in shown]


def _reached(stored: StoredSurvey, progress: Progress, words: Words) -> Table:
    survey = in_force(stored)
    rows = [
        Row(
            cells=(
                Text(text=question_text(survey, question, words)),
                drawn.figure_cell(
                    metrics.share(
                        "completion_rate",
                        min(progress.reached.get(question.id, 0), progress.started),
                        progress.started,
                    ),
                    words,
                ),
            )
        )
        for question in survey.questions.values()
    ]
    return Table(
        caption=words.gettext("How far people come"),
        columns=(Column(label=words.gettext("Question")), Column(label=words.gettext("Answered it"))),
        rows=tuple(rows),
        empty=EmptyState(title=words.gettext("No questions"), text=words.gettext("Add one to the draft.")),
    )
