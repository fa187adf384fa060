"""The key drivers page: which rated parts of a survey go together with its main figure, and how they score."""

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback import figures
from beleef.feedback.api import Filter, StoredSurvey
from beleef.feedback.pages.parts import FeedbackRoom, in_force, question_text
from beleef.feedback.pages.periods import period_filter, read_period
from beleef.feedback.pages.scores import figure_tabs
from beleef.metrics import api as metrics
from beleef.ui.charts import Chart
from beleef.ui.components import Callout, EmptyState, Known, Link, Table, TabLink, Text
from beleef.ui.driver_charts import drivers_table, quadrant_chart
from beleef.ui.forms import FilterBar, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words


class DriversPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/drivers.html``: the quadrant chart with its table, and what varies too little to say anything."""

    page: Page
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    note: Callout | None
    chart: Chart | None
    table: Table | None
    steady: tuple[Known, ...]
    empty: EmptyState | None


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the page of key drivers."""

    @get("/feedback/drivers", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            page = _page(room, connection, visit, dict(request.query_params))
        return room.desk.html("feedback/drivers.html", page)

    return [show]


def labels_of(stored: StoredSurvey, words: Words) -> dict[str, str]:
    """Return how a survey's drivers are called: questions that say so, and the rows of such a table."""
    survey = in_force(stored)
    found = {}
    for question in survey.questions.values():
        if not question.is_driver:
            continue
        if question.rows:
            for row in question.rows:
                label = row.label.get(words.language) or row.label.get(survey.default_language)
                found[f"{question.id}.{row.id}"] = label or row.id
        else:
            found[question.id] = question_text(survey, question, words)
    return found


def _page(room: FeedbackRoom, connection: sa.Connection, visit: Visit, query: dict[str, str]) -> DriversPage:
    words = visit.words
    fitting = [
        one
        for one in room.feedback.surveys(connection)
        if one.version and in_force(one).anonymity != "anonymous" and labels_of(one, words)
    ]
    chosen = next((one for one in fitting if one.survey.name == query.get("survey")), None)
    stored = chosen or next(iter(fitting), None)
    period = read_period(query, visit, usual="all")
    found = None
    labels: dict[str, str] = {}
    if stored is not None:
        labels = labels_of(stored, words)
        found = _found(room, connection, stored, tuple(labels), period_filter(period))
    options = tuple(Option(value=one.survey.name, label=one.survey.label) for one in fitting)
    select = Select(
        name="survey",
        label=words.gettext("Survey"),
        options=options or (Option(value="", label=words.gettext("none yet")),),
        value=stored.survey.name if stored else "",
    )
    return DriversPage(
        page=visit.page(
            words.gettext("Key drivers"),
            active="feedback",
            crumbs=(Link(text=words.gettext("Feedback"), href="/feedback"),),
            lead=words.gettext("What goes together with the main figure. It does not prove what causes it."),
        ),
        tab_links=figure_tabs("/feedback/drivers", words),
        filters=FilterBar(name="drivers", action="/feedback/drivers", fields=(select, *period.fields(words))),
        note=_note(found, words),
        chart=quadrant_chart(name="drivers", drivers=found, labels=labels, words=words)
        if found and found.enough
        else None,
        table=drivers_table(drivers=found, labels=labels, words=words) if found and found.enough else None,
        steady=_steady(found, labels, words),
        empty=None
        if found
        else EmptyState(
            title=words.gettext("No survey has rated parts yet"),
            text=words.gettext("Mark ratings in a survey as drivers, beside a main question."),
            icon="target",
            action=Link(text=words.gettext("To the surveys"), href="/surveys"),
        ),
    )


def _found(
    room: FeedbackRoom, connection: sa.Connection, stored: StoredSurvey, names: tuple[str, ...], where: Filter
) -> metrics.Drivers | None:
    survey = in_force(stored)
    main = figures.main_question(survey)
    if main is None:
        return None
    rows = room.feedback.table(connection, survey.name, [main.id, *names], where)
    scales = {}
    for name in names:
        low, high = survey.questions[name.partition(".")[0]].scale
        if low is not None and high is not None:
            scales[name] = (float(low), float(high))
    ratings = {name: [row[place] for row in rows] for place, name in enumerate(names, start=1)}
    return metrics.drivers([row[0] for row in rows], ratings, scales=scales)


def _note(found: metrics.Drivers | None, words: Words) -> Callout | None:
    if found is None:
        return None
    if not found.enough:
        return Callout(
            title=words.gettext("Too few answers to say what goes together"),
            text=words.gettext(
                "n = %(n)s of %(least)s complete answers.",
                n=words.number(found.n),
                least=words.number(found.least_n),
            ),
            tone="warn",
        )
    if not found.left_out:
        return None
    return Callout(
        title=words.gettext("Answers with gaps are left out"),
        text=words.ngettext("%(num)s answer", "%(num)s answers", found.left_out),
    )


def _steady(found: metrics.Drivers | None, labels: dict[str, str], words: Words) -> tuple[Known, ...]:
    return tuple(
        Known(
            name=labels.get(one.name, one.name),
            value=Text(
                text=words.gettext("mean %(mean)s", mean=words.number(one.mean, 1)),
                detail=words.gettext(
                    "%(share)s gave the same answer: it may matter, but it cannot be seen",
                    share=words.percent(one.most_common),
                ),
            ),
        )
        for one in (found.steady if found else ())
    )
