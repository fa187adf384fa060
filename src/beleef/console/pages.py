"""The Overview: what came in over all channels, whether Beleef keeps up, and what to do first where nothing came in yet."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Protocol

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.console import reference
from beleef.kernel.clock import SECOND
from beleef.kernel.errors import NotFound
from beleef.store.warehouse.engine import Warehouse
from beleef.store.warehouse.model import Arrivals, Count, WarehouseSize
from beleef.ui.charts import Bar, Chart, Series, bar_list, stacked_bars
from beleef.ui.components import (
    Callout,
    Cell,
    CodeBlock,
    Column,
    EmptyState,
    Figure,
    Known,
    Link,
    Row,
    Stat,
    Table,
    Time,
    channel_mark,
)
from beleef.ui.page import Page
from beleef.ui.static import CACHE_CONTROL, StaticFiles
from beleef.ui.words import Words

TEMPLATES: Final = Path(__file__).parent / "templates"
"""The folder that the renderer knows as ``console``."""
DAYS = 30
_STEPS = (("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000))


class Doing(Protocol):
    """How Beleef is doing; the counts are of messages since the beginning."""

    @property
    def accepted(self) -> int:
        """Answered with 200."""

    @property
    def processed(self) -> int:
        """Became facts."""

    @property
    def repeated(self) -> int:
        """Came again and were not counted again."""

    @property
    def quarantined(self) -> int:
        """Could not become facts as they were."""

    @property
    def erased(self) -> int:
        """Were about people who asked to be forgotten."""

    @property
    def people(self) -> int:
        """Customers known."""

    @property
    def lag_facts(self) -> int:
        """Accepted, and not worked on yet."""

    @property
    def lag_s(self) -> float:
        """For how long the oldest of these has waited."""


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What the Overview works with.

    Attributes:
        status: How Beleef is doing.
        open_quarantined: How many messages wait in the quarantine.
        sources: The number of each source, by name.
        warehouse: All facts.
        zone: The zone of the organisation's days.
        lag_limit_s: From how many seconds on being behind is worth a warning.
    """

    status: Callable[[], Doing]
    open_quarantined: Callable[[], int]
    sources: Callable[[], dict[str, int]]
    warehouse: Warehouse
    zone: str
    lag_limit_s: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """``console/overview.html``: figures, a chart of days, outcomes and sources; or the first step where nothing came in."""

    page: Page
    callouts: tuple[Callout, ...]
    figures: tuple[Stat, ...]
    per_day: Chart
    outcomes: Chart
    sources_title: str
    sources: Table
    all_sources: Link
    lake_title: str
    lake: tuple[Known, ...]


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """``console/beginning.html``: what to do first."""

    page: Page
    empty: EmptyState
    snippet: CodeBlock


def routes(desk: Desk, house: House, static: StaticFiles) -> list[HTTPRouteHandler]:
    """Return the Overview, the page of the HTTP interface, and the files that all pages refer to."""

    @get("/", sync_to_thread=True)
    def overview(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.reader)
        status = house.status()
        if not status.accepted:
            return desk.html("console/beginning.html", _beginning(visit, house.sources()))
        return desk.html("console/overview.html", _overview(visit, house, status))

    @get("/static/{name:path}", sync_to_thread=False)
    def file(request: AnyRequest) -> Response[bytes]:
        found = static.files.get(request.scope["path"])
        if found is None:
            raise NotFound("There is no such file.", hint="Load the page again.")
        headers = {"Cache-Control": CACHE_CONTROL, "ETag": found.etag, "X-Content-Type-Options": "nosniff"}
        return Response(found.body, media_type=found.content_type, headers=headers)

    return [overview, file, *reference.routes(desk)]


def _beginning(visit: Visit, sources: dict[str, int]) -> Beginning:
    words = visit.words
    way = Link(text=words.gettext("Add a source"), href="/sources/new")
    if sources:
        first = next(iter(sources.values()))
        way = Link(text=words.gettext("Get its key and a snippet"), href=f"/sources/{first}")
    return Beginning(
        page=visit.page(words.gettext("Overview"), active="overview"),
        empty=EmptyState(
            title=words.gettext("Nothing came in yet"),
            text=words.gettext(
                "Add a source, put its key where the facts come from, and see them arrive within a second."
            ),
            icon="source",
            action=way,
        ),
        snippet=CodeBlock(
            name="first",
            label=words.gettext("Or on the command line"),
            code='beleef sources add "web shop" --channel web\n'
            "curl http://127.0.0.1:8400/v1/track -u 'THE_WRITE_KEY:' \\\n"
            '  -d \'{"userId": "1001", "event": "Order Completed"}\'',
        ),
    )


def _overview(visit: Visit, house: House, status: Doing) -> Overview:
    words = visit.words
    counts = house.warehouse.overview(days=DAYS, now=visit.now, zone=house.zone)
    waiting = house.open_quarantined()
    return Overview(
        page=visit.page(
            words.gettext("Overview"),
            active="overview",
            lead=words.gettext("What came in over all channels during the last %(days)s days.", days=DAYS),
        ),
        callouts=_callouts(words, house, status),
        figures=_figures(words, status, waiting, sum(one.facts for one in counts)),
        per_day=_per_day(words, counts, words.local_date(visit.now)),
        outcomes=_outcomes(words, status),
        sources_title=words.gettext("Sources"),
        sources=_sources(words, house.warehouse.sources(), house.sources()),
        all_sources=Link(text=words.gettext("All sources"), href="/sources"),
        lake_title=words.gettext("Parquet lake"),
        lake=_lake(words, house.warehouse.size()),
    )


def _callouts(words: Words, house: House, status: Doing) -> tuple[Callout, ...]:
    if status.lag_s <= house.lag_limit_s:
        return ()
    late = words.duration(round(status.lag_s * SECOND))
    return (
        Callout(
            title=words.gettext("The worker is %(late)s behind", late=late),
            text=words.gettext(
                "Facts are safe in the log; pages show them as soon as the worker has caught up."
            ),
            tone="warn",
        ),
    )


def _figures(words: Words, status: Doing, waiting: int, lately: int) -> tuple[Stat, ...]:
    behind = words.gettext("nothing waits")
    if status.lag_facts:
        behind = words.ngettext("%(num)s message waits", "%(num)s messages wait", status.lag_facts)
    return (
        Stat(
            label=words.gettext("Facts"),
            figure=words.number(status.processed),
            basis=words.gettext("%(facts)s in the last %(days)s days", facts=words.number(lately), days=DAYS),
            href="/live",
        ),
        Stat(
            label=words.gettext("People"),
            figure=words.number(status.people),
            basis=words.gettext("counted now, merged identifiers as one"),
            href="/people",
        ),
        Stat(
            label=words.gettext("Behind"),
            figure=words.number(status.lag_s, 1),
            unit=words.gettext("seconds"),
            basis=behind,
        ),
        Stat(
            label=words.gettext("Quarantine"),
            figure=words.number(waiting),
            basis=words.gettext("of %(all)s messages accepted", all=words.number(status.accepted)),
            href="/quarantine",
        ),
    )


def _lake(words: Words, size: WarehouseSize) -> tuple[Known, ...]:
    unit, step = next(((unit, step) for unit, step in reversed(_STEPS) if size.bytes >= step), _STEPS[0])
    each = words.number(size.bytes / size.filed, 0) if size.filed else None
    per_fact = words.gettext("%(each)s bytes a fact", each=each) if each else None
    cells: tuple[tuple[str, Cell], ...] = (
        (
            words.gettext("Size"),
            Figure(text=f"{words.number(size.bytes / step, 1 if step > 1 else 0)} {unit}", detail=per_fact),
        ),
        (words.gettext("Facts in files"), Figure(text=words.number(size.filed))),
        (words.gettext("Not filed yet"), Figure(text=words.number(size.unfiled))),
        (words.gettext("Files"), Figure(text=words.number(size.files))),
    )
    return tuple(Known(name=name, value=value) for name, value in cells)


def _per_day(words: Words, counts: Sequence[Count], today: date) -> Chart:
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    places = {day.isoformat(): index for index, day in enumerate(days)}
    values: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * DAYS)
    for one in counts:
        day, channel = one.key
        if day in places:
            values[channel or "other"][places[day]] += one.facts
    marks = {channel: channel_mark(channel, words) for channel in values}
    series = [
        Series(look=marks[channel].look, label=marks[channel].label, values=tuple(found))
        for channel, found in sorted(values.items(), key=lambda pair: -sum(pair[1]))
    ]
    return stacked_bars(
        name="per-day",
        title=words.gettext("Facts per day and channel"),
        days=days,
        series=series,
        words=words,
    )


def _outcomes(words: Words, status: Doing) -> Chart:
    bars = [
        Bar(label=words.gettext("Became a fact"), value=status.processed, href="/live"),
        Bar(label=words.gettext("Came again, not counted again"), value=status.repeated),
        Bar(label=words.gettext("Went to quarantine"), value=status.quarantined, href="/quarantine"),
        Bar(label=words.gettext("About somebody erased"), value=status.erased),
        Bar(label=words.gettext("Not worked on yet"), value=status.lag_facts),
    ]
    return bar_list(
        name="outcomes",
        title=words.gettext("What became of messages"),
        bars=bars,
        words=words,
        sentence=words.gettext(
            "%(share)s of %(all)s messages became a fact.",
            share=words.percent(status.processed / status.accepted, 1),
            all=words.number(status.accepted),
        ),
    )


def _sources(words: Words, arrivals: Sequence[Arrivals], numbers: dict[str, int]) -> Table:
    columns = (
        Column(label=words.gettext("Source")),
        Column(label=words.gettext("Facts"), numeric=True),
        Column(label=words.gettext("Last fact")),
    )
    rows = tuple(
        Row(
            cells=(
                Link(text=one.source, href=f"/sources/{numbers[one.source]}"),
                Figure(text=words.number(one.facts)),
                Time(moment=one.last_at),
            )
        )
        for one in sorted(arrivals, key=lambda one: -one.last_at)
        if one.source in numbers
    )
    return Table(caption=words.gettext("Sources"), columns=columns, rows=rows)
