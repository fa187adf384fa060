"""What people write: themes with their share and tone, what is new, the comments themselves, and those that contradict their score."""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit, own_path
from beleef.access.model import Role
from beleef.feedback.api import StoredSurvey
from beleef.feedback.pages import theme_trend
from beleef.feedback.pages.comments import TONES, CommentView, views
from beleef.feedback.pages.parts import DELIVERIES, FeedbackRoom, called, promises, with_query
from beleef.feedback.pages.periods import Period, read_period
from beleef.feedback.pages.scores import survey_options
from beleef.feedback.voices import keeping, learning
from beleef.feedback.voices.keeping import Summary
from beleef.feedback.voices.model import Comment, Label, Place, Theme, Wanted
from beleef.metrics import api as metrics
from beleef.ui import figures as drawn
from beleef.ui.charts import Chart
from beleef.ui.components import Badge, Callout, Column, EmptyState, Link, Row, Stat, Table, TabLink, Text
from beleef.ui.forms import Field, FilterBar, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import LANGUAGES, NAMES, Words

_A_PAGE: Final = 25


class VoicesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/voices.html``: what people write."""

    page: Page
    tab_links: tuple[TabLink, ...]
    filters: FilterBar
    notes: tuple[Callout, ...]
    tiles: tuple[Stat, ...]
    trend: Chart | None
    theme_table: Table
    comments_title: str
    comments: tuple[CommentView, ...]
    empty: EmptyState
    unfolded: bool
    back: str
    older: str | None


class ContradictionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``feedback/contradictions.html``: comments whose tone contradicts the score of the same answer."""

    page: Page
    tab_links: tuple[TabLink, ...]
    comments: tuple[CommentView, ...]
    empty: EmptyState
    back: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of comments needs: surveys and what they promised, and the themes."""

    stored: list[StoredSurvey]
    kept: Mapping[str, str]
    themes: list[Theme]

    @property
    def labels(self) -> dict[str, str]:
        """What each survey is called."""
        return {one.survey.name: one.survey.label for one in self.stored}


def routes(room: FeedbackRoom) -> list[HTTPRouteHandler]:
    """Return the pages of comments, and what their buttons do."""
    return [_show(room), _contradictions(room), _label(room)]


def voice_tabs(active: str, words: Words) -> tuple[TabLink, ...]:
    """Return the tabs of the pages about comments."""
    found = (
        ("/feedback/voices", words.gettext("What people write")),
        ("/feedback/contradictions", words.gettext("Contradict their score")),
        ("/feedback/themes", words.gettext("Themes")),
        ("/feedback/reading", words.gettext("How well it reads")),
    )
    return tuple(TabLink(label=label, href=there, active=there == active) for there, label in found)


def _show(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/feedback/voices", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        query = dict(request.query_params)
        with room.database.read() as connection:
            page = _page(room, connection, visit, query)
        return room.desk.html("feedback/voices.html", page)

    return show


def _contradictions(room: FeedbackRoom) -> HTTPRouteHandler:
    @get("/feedback/contradictions", sync_to_thread=True)
    def show(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        words = visit.words
        with room.database.read() as connection:
            look = look_around(room, connection)
            kept = promises(room.feedback, connection)
            found = keeping.contradicting(connection, Wanted(), kept)
            comments = drawn_comments(room, connection, visit, found, look)
        page = ContradictionsPage(
            page=visit.page(
                words.gettext("Comments that contradict their score"),
                active="voices",
                lead=words.gettext(
                    "Satisfied by number and angry in words, or the other way round: the scale was misread, or something else went wrong."
                ),
            ),
            tab_links=voice_tabs("/feedback/contradictions", words),
            comments=comments,
            empty=EmptyState(
                title=words.gettext("None"),
                text=words.gettext("Every comment fits the score that was given with it."),
                icon="check",
            ),
            back=visit.frame.path,
        )
        return room.desk.html("feedback/contradictions.html", page)

    return show


def _label(room: FeedbackRoom) -> HTTPRouteHandler:
    @post("/feedback/voices/{fact:int}/label")
    async def label(request: AnyRequest, fact: int) -> Response[str]:
        visit, given = await room.desk.form(request, Role.agent)
        about, _, verdict = given.get("verdict", "").partition(":")
        said = Label(fact=fact, about=about, verdict=verdict, by=visit.actor.name, at=room.now())
        await asyncio.to_thread(_keep, room, said)
        back = own_path(given.get("back", "/feedback/voices"))
        return room.desk.redirect(f"{back}#comment-{fact}", flash=visit.words.gettext("Thank you: noted."))

    return label


def _keep(room: FeedbackRoom, said: Label) -> None:
    with room.database.write() as connection:
        keeping.label(connection, said, promises(room.feedback, connection))


def look_around(room: FeedbackRoom, connection: sa.Connection) -> Look:
    """Return what every page of comments needs."""
    stored = room.feedback.surveys(connection)
    kept = {one.survey.name: one.survey.anonymity for one in stored}
    return Look(stored=stored, kept=kept, themes=keeping.themes(connection))


def drawn_comments(
    room: FeedbackRoom, connection: sa.Connection, visit: Visit, found: list[Comment], look: Look
) -> tuple[CommentView, ...]:
    """Return comments as they are drawn, with the people behind those that are by name."""
    people = room.called(connection, {one.said.subject for one in found if one.said.subject})
    return views(
        found,
        look.themes,
        look.labels,
        visit.words,
        people=people,
        may_label=visit.may(Role.agent),
        with_model=learning.in_use(connection),
    )


def _page(room: FeedbackRoom, connection: sa.Connection, visit: Visit, query: dict[str, str]) -> VoicesPage:
    words = visit.words
    look = look_around(room, connection)
    kept = promises(room.feedback, connection)
    period = read_period(query, visit)
    wanted = _wanted(room, connection, query, period, look)
    overall = msgspec.structs.replace(wanted, theme="", tone="")
    found = keeping.summary(connection, overall, kept)
    shown = found if wanted == overall else keeping.summary(connection, wanted, kept)
    before = _place(query.get("before", ""))
    comments = keeping.comments(connection, wanted, kept, before=before, limit=_A_PAGE)
    # A theme's share is of all comments that the other filters leave.
    periods = keeping.periods(connection, overall, kept, period.starts())
    months = tuple(zip(period.months, periods, strict=True))
    fresh = {one.name for one in keeping.emerging(periods[-2:])}
    last = comments[-1].place if len(comments) == _A_PAGE else None
    older = None
    if last is not None:
        place = f"{last.at}.{last.question}.{last.response}"
        older = with_query("/feedback/voices", **{**query, "before": place})
    return VoicesPage(
        page=visit.page(
            words.gettext("What people write"),
            active="voices",
            lead=words.gettext(
                "Read by word lists that say why, in Dutch and English, without leaving this machine."
            ),
        ),
        tab_links=voice_tabs("/feedback/voices", words),
        filters=_filters(room, connection, query, period, look, words),
        notes=_notes(found, fresh, look, words),
        tiles=_tiles(shown, words),
        trend=_trend(wanted.theme, months, look, words),
        theme_table=_themes(found, fresh, months, query, look, words),
        comments_title=words.ngettext("%(num)s comment", "%(num)s comments", shown.comments),
        comments=drawn_comments(room, connection, visit, comments, look),
        empty=EmptyState(
            title=words.gettext("No comments"),
            text=words.gettext("Nobody wrote anything that fits these filters."),
            icon="chat",
        ),
        unfolded=wanted.is_unreviewed,
        back=visit.frame.path,
        older=older,
    )


def _wanted(
    room: FeedbackRoom, connection: sa.Connection, query: dict[str, str], period: Period, look: Look
) -> Wanted:
    starts = period.starts()
    department = query.get("department", "")
    is_review = query.get("review") == "yes"
    surveys: tuple[str, ...] | None = (query["survey"],) if query.get("survey") else None
    if is_review:
        # Of an anonymous survey nobody labels one comment.
        asked = (name for name, promise in look.kept.items() if promise != "anonymous")
        surveys = tuple(name for name in asked if surveys is None or name in surveys)
    return Wanted(
        since=starts[0] if period.length else 0,
        until=starts[-1],
        surveys=surveys,
        is_unreviewed=is_review,
        theme=query.get("theme", ""),
        tone=query["tone"] if query.get("tone") in TONES else "",
        language=query.get("language", ""),
        channel=query.get("channel", ""),
        touchpoint=query.get("touchpoint", ""),
        touchpoints=_touchpoints(room, connection, department) if department else None,
        text=query.get("q", "")[:80],
    )


def _touchpoints(room: FeedbackRoom, connection: sa.Connection, department: str) -> tuple[str, ...]:
    of = room.feedback.department_of(connection)
    return tuple(one for one in keeping.places(connection)["touchpoint"] if of(one) == department)


def _place(text: str) -> Place | None:
    at, _, rest = text.partition(".")
    question, _, response = rest.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) < 19):
        return None
    return Place(at=int(at), response=response, question=question)


def _tiles(found: Summary, words: Words) -> tuple[Stat, ...]:
    told = found.comments - found.tones.get("unsure", 0)
    return (
        Stat(
            label=words.gettext("Comments"),
            figure=words.number(found.comments),
            basis=words.ngettext(
                "%(num)s says too little to tell its tone",
                "%(num)s say too little to tell their tone",
                found.tones.get("unsure", 0),
            ),
        ),
        drawn.figure_stat(metrics.share("positive_share", found.tones.get("positive", 0), told), words),
        drawn.figure_stat(metrics.share("negative_share", found.tones.get("negative", 0), told), words),
    )


def _trend(theme: str, months: theme_trend.Months, look: Look, words: Words) -> Chart | None:
    label = next((one.label(words.language) for one in look.themes if one.name == theme), "")
    return theme_trend.chart(theme, label, months, words) if label else None


def _themes(
    found: Summary,
    fresh: set[str],
    months: theme_trend.Months,
    query: dict[str, str],
    look: Look,
    words: Words,
) -> Table:
    labels = {theme.name: theme.label(words.language) for theme in look.themes}
    kept = {name: value for name, value in query.items() if name not in {"theme", "before"}}
    more = Badge(text=words.gettext("more than before"), tone="warn")
    rows = [
        Row(
            cells=(
                Link(
                    text=labels.get(one.theme, one.theme),
                    href=with_query("/feedback/voices", **{**kept, "theme": one.theme}),
                ),
                drawn.figure_cell(metrics.share("chosen", one.comments, found.comments), words),
                drawn.figure_cell(metrics.share("negative_share", one.negative, one.comments), words),
                Text(text=theme_trend.course(one.theme, months, words)),
                more if one.theme in fresh else Text(text="—"),
            )
        )
        for one in found.themes
    ]
    return Table(
        caption=words.gettext("Themes"),
        columns=(
            Column(label=words.gettext("Theme")),
            Column(label=words.gettext("Named in")),
            Column(label=words.gettext("Negative about it")),
            Column(label=words.gettext("Over the months")),
            Column(label=words.gettext("This month")),
        ),
        rows=tuple(rows),
        empty=EmptyState(
            title=words.gettext("No themes yet"),
            text=words.gettext("Comments are read as they come in."),
            icon="chat",
        ),
    )


def _notes(found: Summary, fresh: set[str], look: Look, words: Words) -> tuple[Callout, ...]:
    notes = []
    labels = {theme.name: theme.label(words.language) for theme in look.themes}
    if fresh:
        notes.append(
            Callout(
                title=words.gettext("Said more this month than last"),
                text=", ".join(sorted(labels.get(name, name) for name in fresh)),
                tone="warn",
            )
        )
    if found.withheld:
        names = ", ".join(look.labels.get(name, name) for name in found.withheld)
        notes.append(
            Callout(
                title=words.gettext("Some comments are not shown"),
                text=words.gettext(
                    "Too few are left here of %(surveys)s: they could give away who wrote them.",
                    surveys=names,
                ),
            )
        )
    return tuple(notes)


def _filters(
    room: FeedbackRoom,
    connection: sa.Connection,
    query: dict[str, str],
    period: Period,
    look: Look,
    words: Words,
) -> FilterBar:
    everything = Option(value="", label=words.gettext("All"))

    def choice(name: str, label: str, found: list[tuple[str, str]]) -> Select:
        given = tuple(Option(value=value, label=text) for value, text in found)
        return Select(
            name=name, label=label, options=(everything, *given), value=query.get(name, ""), required=False
        )

    themes = [(one.name, one.label(words.language)) for one in look.themes if one.is_used]
    tones = [(name, words.gettext(label)) for name, (label, _) in TONES.items()]
    places = keeping.places(connection)
    channels = [(one, called(DELIVERIES, one, words)) for one in places["channel"]]
    touchpoints = [(one, one) for one in places["touchpoint"]]
    fields: tuple[Field, ...] = (
        Input(
            name="q",
            label=words.gettext("Holds the words"),
            type="search",
            value=query.get("q", ""),
            required=False,
        ),
        Select(
            name="survey",
            label=words.gettext("Survey"),
            options=survey_options(look.stored, words),
            value=query.get("survey", ""),
        ),
        choice("theme", words.gettext("Theme"), sorted(themes, key=lambda one: one[1].casefold())),
        choice("tone", words.gettext("Tone"), tones),
        choice("language", words.gettext("Language"), [(code, NAMES[code]) for code in LANGUAGES]),
        choice("channel", words.gettext("Channel"), channels),
        choice("review", words.gettext("Reviewed"), [("yes", words.gettext("Not yet"))]),
        choice("touchpoint", words.gettext("Touchpoint"), touchpoints),
        choice("department", words.gettext("Department"), room.departments(connection)),
        *period.fields(words),
    )
    return FilterBar(name="voices", action="/feedback/voices", fields=fields)
