"""The figures page: NPS, satisfaction or effort over the months, by group, weighted to the population; and how many answers a plan needs."""

from typing import Any, Final, get_args

import msgspec
import sqlalchemy as sa
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.feedback import figures
from beleef.feedback.api import Filter, GroupBy, StoredSurvey
from beleef.feedback.pages.parts import DELIVERIES, FeedbackRoom, called
from beleef.feedback.pages.periods import Period, period_filter, read_period
from beleef.feedback.pages.weighing import Weighed, weighed
from beleef.metrics import api as metrics
from beleef.metrics.api import Figure
from beleef.ui import figure_charts
from beleef.ui import figures as drawn
from beleef.ui.charts import Chart
from beleef.ui.components import Callout, EmptyState, Known, Link, Stat, Table, TabLink, Text
from beleef.ui.figures import FigureRow
from beleef.ui.forms import Field, FilterBar, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import N_, Words

METRICS: Final = {"nps": N_("Recommendation (NPS)"), "csat": N_("Satisfaction"), "ces": N_("Ease (CES)")}
GROUPS: Final = {
    "delivery": N_("Channel"),
    "touchpoint": N_("Touchpoint"),
    "department": N_("Department"),
    "product": N_("Product"),
    "audience": N_("Audience"),
    "language": N_("Language"),
    "campaign": N_("Campaign"),
    "stratum": N_("Stratum"),
}
_MOST_GROUPS: Final = 20
_LEAST_MONTHS: Final = 2


class ScoresPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/scores.html``: one metric over all surveys, or over one."""

    page: Page
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    tiles: tuple[Stat, ...]
    trend: Chart | None
    groups: Table | None
    note: Callout | None
    weighted: Weighed | None
    definition: str
    empty: EmptyState | None


class PlannerPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/planner.html``: how many answers it takes to see a difference."""

    page: Page
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    answer: tuple[Known, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an address asks for: a metric, a survey or all, how to tell groups apart, and the period."""

    metric: str
    survey: str
    by: str
    period: Period


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the figures page and the planner."""

    @get("/feedback", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        query = dict(request.query_params)
        asked = Asked(
            metric=query["metric"] if query.get("metric") in METRICS else "nps",
            survey=query.get("survey", ""),
            by=query["by"] if query.get("by") in GROUPS else "delivery",
            period=read_period(query, visit),
        )
        with room.database.read() as connection:
            page = _page(room, connection, visit, asked)
        return room.desk.html("feedback/scores.html", page)

    @get("/feedback/planner", sync_to_thread=True)
    def planner(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            page = _planner(room, connection, visit, dict(request.query_params))
        return room.desk.html("feedback/planner.html", page)

    return [show, planner]


def figure_tabs(active: str, words: Words) -> tuple[TabLink, ...]:
    """Return the tabs of the pages about figures."""
    found = (
        ("/feedback", words.gettext("Figures")),
        ("/feedback/drivers", words.gettext("Key drivers")),
        ("/feedback/planner", words.gettext("Planner")),
    )
    return tuple(TabLink(label=label, href=there, active=there == active) for there, label in found)


def survey_options(stored: list[StoredSurvey], words: Words) -> tuple[Option, ...]:
    """Return the published surveys to choose from, and all of them together."""
    return (
        Option(value="", label=words.gettext("All surveys")),
        *(Option(value=one.survey.name, label=one.survey.label) for one in stored if one.version),
    )


def _page(room: FeedbackRoom, connection: sa.Connection, visit: Visit, asked: Asked) -> ScoresPage:
    words = visit.words
    stored = room.feedback.surveys(connection)
    questions = figures.asking(stored, asked.metric, asked.survey)
    where = period_filter(asked.period)
    counted = figures.histogram(room.feedback, connection, questions, where)
    whole = metrics.figure(asked.metric, counted)
    months = figures.groups(room.feedback, connection, questions, "month", where)
    trend = [
        (day, metrics.figure(asked.metric, months.get(f"{day:%Y-%m}", {}))) for day in asked.period.months
    ]
    while trend and not trend[0][1].n:
        del trend[0]
    table, note = _groups(room, connection, visit, asked, stored, where)
    return ScoresPage(
        page=visit.page(
            words.gettext("Feedback"),
            active="feedback",
            lead=words.gettext("What customers say, in figures that show how sure they are."),
        ),
        tab_links=figure_tabs("/feedback", words),
        filters=_filters(asked, stored, words),
        tiles=_tiles(asked, counted, whole, trend, words),
        trend=figure_charts.trend_chart(
            name="trend", title=words.gettext(METRICS[asked.metric]), points=trend, words=words
        )
        if len(trend) >= _LEAST_MONTHS
        else None,
        groups=table,
        note=note,
        weighted=_weighted(room, connection, asked, stored, where, whole, words),
        definition=drawn.definition(metrics.metric(asked.metric), words),
        empty=None
        if questions
        else EmptyState(
            title=words.gettext("No survey asks for this yet"),
            text=words.gettext("Publish a survey with such a question, and its figures stand here."),
            icon="smile",
            action=Link(text=words.gettext("To the surveys"), href="/surveys"),
        ),
    )


def _filters(asked: Asked, stored: list[StoredSurvey], words: Words) -> FilterBar:
    fields: tuple[Field, ...] = (
        Select(
            name="metric",
            label=words.gettext("What"),
            options=tuple(Option(value=one, label=words.gettext(label)) for one, label in METRICS.items()),
            value=asked.metric,
        ),
        Select(
            name="survey",
            label=words.gettext("Survey"),
            options=survey_options(stored, words),
            value=asked.survey,
        ),
        Select(
            name="by",
            label=words.gettext("Told apart by"),
            options=tuple(Option(value=one, label=words.gettext(label)) for one, label in GROUPS.items()),
            value=asked.by,
        ),
        *asked.period.fields(words),
    )
    return FilterBar(name="scores", action="/feedback", fields=fields)


def _tiles(
    asked: Asked, counted: dict[int, int], whole: Figure, trend: list[tuple[Any, Figure]], words: Words
) -> tuple[Stat, ...]:
    last = [figure for _, figure in trend[-2:] if figure.n]
    # Where nobody answered this month or the last, an older one must not pass for it.
    latest = metrics.compare([last[1]], last[0])[0] if len(last) > 1 else None
    tiles = [drawn.figure_stat(whole, words, label=words.gettext(METRICS[asked.metric]))]
    if latest is not None:
        tiles.append(
            drawn.figure_stat(
                last[1],
                words,
                label=words.gettext("This month"),
                difference=latest,
                since=words.gettext("since last month"),
            )
        )
    if asked.metric in {"csat", "ces"}:
        tiles.append(drawn.figure_stat(metrics.figure(f"{asked.metric}_mean", counted), words))
    return tuple(tiles)


def _groups(
    room: FeedbackRoom,
    connection: sa.Connection,
    visit: Visit,
    asked: Asked,
    stored: list[StoredSurvey],
    where: Filter,
) -> tuple[Table | None, Callout | None]:
    words = visit.words
    allowed = [one for one in stored if _may_group(one, asked.by)]
    questions = figures.asking(allowed, asked.metric, asked.survey)
    kept = len(figures.asking(stored, asked.metric, asked.survey)) - len(questions)
    note = None
    if kept:
        note = Callout(
            title=words.gettext("Anonymous surveys are not told apart"),
            text=words.gettext("Their answers count above, and in no group below: they promised so."),
        )
    counts = _counts(room, connection, asked, questions, where)
    rows = sorted(counts.items(), key=lambda pair: -sum(pair[1].values()))[:_MOST_GROUPS]
    if len(rows) < _LEAST_MONTHS:
        return None, note
    found = [metrics.figure(asked.metric, histogram) for _, histogram in rows]
    # Members of several audiences would be compared with themselves.
    compared = metrics.compare_with_rest(found) if asked.by != "audience" else [None] * len(found)
    named = {"audience": room.audiences, "department": room.departments}.get(asked.by)
    labels = {} if named is None else dict(named(connection))
    table = drawn.figures_table(
        caption=words.gettext(METRICS[asked.metric]),
        of=words.gettext(GROUPS[asked.by]),
        rows=[
            FigureRow(
                label=_group_name(asked.by, key, labels, words), figures=(figure,), difference=difference
            )
            for (key, _), figure, difference in zip(rows, found, compared, strict=True)
        ],
        words=words,
        against=words.gettext("Against all the others"),
    )
    return table, note


def _may_group(one: StoredSurvey, by: str) -> bool:
    survey = one.published or one.survey
    column = "touchpoint" if by == "department" else by
    return survey.anonymity == "none" or (
        by != "audience" and (survey.anonymity == "pseudonymous" or survey.group_by == column)
    )


def _counts(
    room: FeedbackRoom,
    connection: sa.Connection,
    asked: Asked,
    questions: list[tuple[str, str]],
    where: Filter,
) -> dict[str, dict[int, int]]:
    if asked.by != "audience":
        by = next(one for one in get_args(GroupBy) if one == asked.by)
        return figures.groups(room.feedback, connection, questions, by, where)
    found = {}
    for name, _ in room.audiences(connection)[:_MOST_GROUPS]:
        members = room.members(connection, name)
        inside = msgspec.structs.replace(where, subjects=members)
        counts = figures.histogram(room.feedback, connection, questions, inside)
        if counts:
            found[name] = counts
    return found


def _group_name(by: str, key: str, labels: dict[str, str], words: Words) -> str:
    if not key:
        return words.gettext("not known")
    return called(DELIVERIES, key, words) if by == "delivery" else labels.get(key, key)


def _weighted(
    room: FeedbackRoom,
    connection: sa.Connection,
    asked: Asked,
    stored: list[StoredSurvey],
    where: Filter,
    whole: Figure,
    words: Words,
) -> Weighed | None:
    """Return the weighted figure of one survey; the strata of several are not each other's."""
    survey = next((one.published for one in stored if one.survey.name == asked.survey), None)
    if survey is None:
        return None
    question = next(iter(figures.scored(survey, asked.metric)), None)
    return weighed(room, connection, survey, question, where, whole, words)


def _planner(
    room: FeedbackRoom, connection: sa.Connection, visit: Visit, query: dict[str, str]
) -> PlannerPage:
    words = visit.words
    metric = query["metric"] if query.get("metric") in METRICS else "nps"
    try:
        points = float(query.get("points", "5").replace(",", "."))
    except ValueError:
        points = 5.0
    points = min(max(points, 0.5), 100.0)
    stored = room.feedback.surveys(connection)
    questions = figures.asking(stored, metric)
    earlier = figures.histogram(room.feedback, connection, questions, Filter())
    expected = earlier if sum(earlier.values()) >= metrics.metric(metric).least_n else None
    size = points if metrics.metric(metric).unit == "points" else points / 100
    fields: tuple[Field, ...] = (
        Select(
            name="metric",
            label=words.gettext("What"),
            options=tuple(Option(value=one, label=words.gettext(label)) for one, label in METRICS.items()),
            value=metric,
        ),
        Input(
            name="points",
            label=words.gettext("Difference that must be seen, in points"),
            type="number",
            value=f"{points:g}",
        ),
    )
    basis = words.gettext("Worked out with the spread of earlier answers.")
    if expected is None:
        basis = words.gettext("Worked out with a usual spread, for there are too few earlier answers.")
    waves = metrics.plan(metric, size, expected=expected)
    margin = metrics.plan_margin(metric, size, expected=expected)
    return PlannerPage(
        page=visit.page(
            words.gettext("How many answers does it take?"),
            active="feedback",
            crumbs=(Link(text=words.gettext("Feedback"), href="/feedback"),),
            lead=basis,
        ),
        tab_links=figure_tabs("/feedback/planner", words),
        filters=FilterBar(name="planner", action="/feedback/planner", fields=fields),
        answer=(
            Known(
                name=words.gettext("To see a change of %(points)s points", points=words.number(points)),
                value=Text(
                    text=words.gettext("%(n)s answers before and as many after", n=words.number(waves)),
                    detail=words.gettext("seen in 4 of 5 such comparisons"),
                ),
            ),
            Known(
                name=words.gettext(
                    "To know one figure within %(points)s points", points=words.number(points)
                ),
                value=Text(text=words.ngettext("%(num)s answer", "%(num)s answers", margin)),
            ),
        ),
    )
