"""One audience: its rule as a sentence, its size over time and its overlap with others."""

from collections.abc import Sequence

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences import queries
from beleef.audiences.api import (
    Overlap,
    SizeOnDay,
    StoredAudience,
)
from beleef.audiences.handing_over import queries as handing_over_queries
from beleef.audiences.pages.editing import write_file
from beleef.audiences.pages.parts import (
    AudienceRoom,
    audience_href,
    frame,
    state_badge,
    stored,
    tabs,
)
from beleef.audiences.pages.sentence import sentence_of
from beleef.audiences.pages.sizes import change_over, day_of, every_day
from beleef.ui.charts import Bar, Chart, Point, bar_list, line
from beleef.ui.components import (
    Badge,
    Callout,
    CodeBlock,
    Column,
    EmptyState,
    Figure,
    Link,
    Row,
    Stat,
    Table,
    TabLink,
    Text,
)
from beleef.ui.page import Page
from beleef.ui.words import Words

_DAYS = 90
_WEEK = 7
_OVERLAPS = 12


class AudiencePage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/audience.html``: an audience at a glance."""

    page: Page
    tab_links: tuple[TabLink, ...]
    note: Callout | None
    state: Badge
    tiles: tuple[Stat, ...]
    sentence: str
    file: CodeBlock
    sizes: Chart | None
    too_new: EmptyState
    overlap: Chart | None
    alone: EmptyState


def routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    """Return the page of one audience."""

    @get("/audiences/{name:str}", sync_to_thread=True)
    def audience(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("audiences/audience.html", _audience_page(visit, room, stored(room, name)))

    return [audience]


def _audience_page(visit: Visit, room: AudienceRoom, found: StoredAudience) -> AudiencePage:
    words, name = visit.words, found.audience.name
    today = room.audiences.zones.default.of(visit.now)
    with room.database.read() as connection:
        changes = queries.sizes_of_all(connection, today - _DAYS).get(found.number, [])
        overlaps = room.audiences.overlaps(connection, name, limit=_OVERLAPS)
        ways = len(handing_over_queries.stored(connection, name))
        gone = room.audiences.gone(connection).get(name, ())
    history = every_day(changes, since=today - _DAYS, until=today)
    return AudiencePage(
        page=frame(visit, found),
        tab_links=tabs(found, words, "", ways=ways),
        note=_gone(found, gone, visit) if gone else None,
        state=state_badge(found, words, gone=gone),
        tiles=_tiles(found, history, today, words),
        sentence=sentence_of(found.audience.rule, room.seen(), words),
        file=CodeBlock(
            name="rule", label=words.gettext("The rule as YAML"), code=write_file(found.audience.rule)
        ),
        sizes=_sizes(history, words) if len(history) > 1 else None,
        too_new=EmptyState(
            title=words.gettext("Counted since today"),
            text=words.gettext("From tomorrow on a line shows how the audience grows and shrinks."),
            icon="clock",
        ),
        overlap=_overlap(found, overlaps, words) if overlaps else None,
        alone=EmptyState(
            title=words.gettext("No overlap"),
            text=words.gettext("None of its members is in another audience."),
            icon="target",
        ),
    )


def _gone(found: StoredAudience, gone: Sequence[str], visit: Visit) -> Callout:
    words = visit.words
    change = Link(text=words.gettext("Change"), href=audience_href(found.audience.name, "/edit"))
    return Callout(
        title=words.gettext("This audience stands still"),
        text=words.gettext(
            "Its rule asks for what is not there: %(names)s. Nobody comes in or goes out until that is back or the rule is changed.",
            names=", ".join(gone),
        ),
        tone="warn",
        action=change if visit.may(Role.editor) else None,
    )


def _tiles(found: StoredAudience, history: Sequence[SizeOnDay], today: int, words: Words) -> tuple[Stat, ...]:
    basis = words.gettext("counted with every fact")
    if found.filled < 1:
        basis = words.gettext("so far: %(share)s were looked at", share=words.percent(found.filled))
    week = [one for one in history if one.day > today - _WEEK]
    tiles = [
        Stat(
            label=words.gettext("People"),
            figure=words.number(found.size),
            basis=basis,
            href=audience_href(found.audience.name, "/members"),
        )
    ]
    change = change_over(history, days=_WEEK, until=today)
    if change is not None:
        before = words.number(found.size - change)
        tiles.append(
            Stat(
                label=words.gettext("Growth in 7 days"),
                figure=("+" if change > 0 else "") + words.number(change),
                basis=words.gettext("from %(before)s people", before=before),
            )
        )
    days = words.ngettext("in the last day", "in the last %(num)s days", _WEEK)
    for label, count in (
        (words.gettext("Came in"), sum(one.entered for one in week)),
        (words.gettext("Went out"), sum(one.left for one in week)),
    ):
        tiles.append(Stat(label=label, figure=words.number(count), basis=days))
    return tuple(tiles)


def _sizes(history: Sequence[SizeOnDay], words: Words) -> Chart:
    chart = line(
        name="sizes",
        title=words.gettext("People in it, at the end of each day"),
        points=[Point(day=day_of(one.day), value=one.size) for one in history],
        words=words,
    )
    columns = (
        Column(label=words.gettext("Day")),
        Column(label=words.gettext("People"), numeric=True),
        Column(label=words.gettext("Came in"), numeric=True),
        Column(label=words.gettext("Went out"), numeric=True),
    )
    rows = tuple(
        Row(
            cells=(
                Text(text=words.day(day_of(one.day))),
                *(Figure(text=words.number(value)) for value in (one.size, one.entered, one.left)),
            )
        )
        for one in reversed(history)
    )
    return msgspec.structs.replace(chart, table=Table(caption=chart.title, columns=columns, rows=rows))


def _overlap(found: StoredAudience, overlaps: Sequence[Overlap], words: Words) -> Chart:
    def share(part: int, whole: int) -> str:
        return words.percent(part / whole) if whole else "—"

    most = overlaps[0]
    chart = bar_list(
        name="overlap",
        title=words.gettext("Also in"),
        bars=[Bar(label=one.label, value=one.both, href=audience_href(one.name)) for one in overlaps],
        words=words,
        sentence=words.gettext(
            "%(share)s of its members are also in “%(name)s”.",
            share=share(most.both, found.size),
            name=most.label,
        ),
    )
    columns = (
        Column(label=words.gettext("Audience")),
        Column(label=words.gettext("In both"), numeric=True),
        Column(label=words.gettext("Share of this one"), numeric=True),
        Column(label=words.gettext("Share of the other"), numeric=True),
    )
    rows = tuple(
        Row(
            cells=(
                Text(text=one.label),
                Figure(text=words.number(one.both)),
                Figure(text=share(one.both, found.size)),
                Figure(text=share(one.both, one.size)),
            )
        )
        for one in overlaps
    )
    return msgspec.structs.replace(chart, table=Table(caption=chart.title, columns=columns, rows=rows))
