"""The page Live: facts as they arrive, and one fact with all that is known of it, decoded and as it came."""

from collections.abc import Sequence
from typing import Any, get_args
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.collect import api
from beleef.collect.decode import decode, message_at
from beleef.collect.http import Collecting
from beleef.collect.model import CHANNELS
from beleef.facts.fact import OWN_SOURCE, Fact, FactType
from beleef.kernel import clock, ids
from beleef.kernel.errors import NotFound
from beleef.store.log.port import Placed
from beleef.store.warehouse.model import Selection
from beleef.ui.components import (
    Cell,
    Code,
    CodeBlock,
    EmptyState,
    Figure,
    Known,
    Link,
    LiveList,
    Text,
    Time,
    TimelineEntry,
    channel_mark,
)
from beleef.ui.forms import Chip, FilterBar, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_SHOWN = 60
_AT_ONCE = 200
_LATE = 5 * clock.MINUTE
_FILTERS = ("channel", "type", "name", "source")


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/live.html``: what arrived last, and what it is filtered by."""

    page: Page
    filters: FilterBar
    live: LiveList
    entries: tuple[TimelineEntry, ...]
    empty: EmptyState


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/entries.html``: the entries that are new, as list items."""

    page: Page
    entries: tuple[TimelineEntry, ...]


class Inspect(msgspec.Struct, frozen=True, kw_only=True):
    """``collect/fact.html``: one fact: what is known of it, its JSON as it was understood, and the message as it came."""

    page: Page
    known_title: str
    known: tuple[Known, ...]
    decoded_title: str
    decoded: object
    raw: CodeBlock | None
    no_raw: str


def routes(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    """Return the page Live, the piece it asks for new entries, and the page of one fact."""

    @get("/live", sync_to_thread=True)
    def live(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.reader)
        chosen = _chosen(request)
        newest = parts.warehouse.newest(where=_selection(chosen), limit=_SHOWN)
        found = [fact for fact in newest if _may_be_seen(fact)]
        with parts.database.read() as connection:
            sources = [one.name for one in api.sources(connection)]
        return desk.html("collect/live.html", _live(visit, chosen, found, sources))

    @get("/live/new", sync_to_thread=True)
    def new(request: AnyRequest) -> Response[str]:
        visit = desk.open(request, Role.reader)
        chosen = _chosen(request)
        after = ids.from_text(request.query_params.get("after", "")) or 0
        found = parts.warehouse.newest(where=_selection(chosen), after=after, limit=_AT_ONCE)
        entries = tuple(_entry(fact, visit.words) for fact in found if _may_be_seen(fact))
        view = Entries(page=visit.frame, entries=entries)
        return desk.fragment(
            "collect/entries.html", view, {"Beleef-Next": _next(chosen, found[0].id if found else after)}
        )

    @get("/live/{number:str}", sync_to_thread=True)
    def inspect(request: AnyRequest, number: str) -> Response[str]:
        visit = desk.open(request, Role.reader)
        return desk.html("collect/fact.html", _inspect(visit, _fact_and_message(parts, number)))

    return [live, new, inspect]


def _chosen(request: AnyRequest) -> dict[str, str]:
    """Return the filters that are on, from the address."""
    given = ((name, request.query_params.get(name, "").strip()[:200]) for name in _FILTERS)
    return {name: value for name, value in given if value}


def _selection(chosen: dict[str, str]) -> Selection:
    def only(name: str) -> tuple[str, ...]:
        return (chosen[name],) if name in chosen else ()

    return Selection(types=only("type"), names=only("name"), channels=only("channel"), sources=only("source"))


def _next(chosen: dict[str, str], after: int) -> str:
    return "/live/new?" + urlencode({**chosen, "after": ids.to_text(after)})


def _live(visit: Visit, chosen: dict[str, str], found: Sequence[Fact], sources: Sequence[str]) -> Live:
    words = visit.words
    empty = EmptyState(
        title=words.gettext("No facts yet"),
        text=words.gettext("As soon as a source sends something, it is here within a second."),
        icon="live",
        action=Link(text=words.gettext("Connect a source"), href="/sources"),
    )
    if chosen:
        empty = EmptyState(
            title=words.gettext("Nothing of this kind lately"),
            text=words.gettext("What fits the filter appears here as soon as it arrives."),
            icon="filter",
            action=Link(text=words.gettext("Clear all filters"), href="/live"),
        )
    return Live(
        page=visit.page(
            words.gettext("Live"),
            active="live",
            lead=words.gettext("Facts in the order in which they arrive, newest first."),
        ),
        filters=_filter_bar(words, chosen, sources),
        live=LiveList(
            label=words.gettext("Facts as they arrive"),
            source=_next(chosen, found[0].id if found else 0),
        ),
        entries=tuple(_entry(fact, words) for fact in found),
        empty=empty,
    )


def _filter_bar(words: Words, chosen: dict[str, str], sources: Sequence[str]) -> FilterBar:
    labels = {
        "channel": words.gettext("Channel"),
        "type": words.gettext("Type"),
        "name": words.gettext("Name"),
        "source": words.gettext("Source"),
    }

    def select(name: str, every: str, values: Sequence[tuple[str, str]]) -> Select:
        known = dict(values)
        if name in chosen:
            known.setdefault(chosen[name], chosen[name])
        options = (
            Option(value="", label=every),
            *(Option(value=v, label=label) for v, label in known.items()),
        )
        return Select(
            name=name, label=labels[name], options=options, value=chosen.get(name, ""), required=False
        )

    channels = [(channel, channel_mark(channel, words).label) for channel in CHANNELS]
    fields = (
        select("channel", words.gettext("All channels"), channels),
        select("type", words.gettext("All types"), [(type_, type_) for type_ in get_args(FactType)]),
        select("source", words.gettext("All sources"), [(source, source) for source in sources]),
        Input(name="name", label=labels["name"], type="search", value=chosen.get("name", ""), required=False),
    )
    chips = tuple(
        Chip(
            label=f"{labels[name]}: {value}",
            remove_href="/live?" + urlencode({other: chosen[other] for other in chosen if other != name}),
        )
        for name, value in chosen.items()
    )
    return FilterBar(
        name="filter", action="/live", fields=fields, chips=chips, clear_href="/live" if chips else None
    )


def _entry(fact: Fact, words: Words) -> TimelineEntry:
    meta = [fact.touchpoint, fact.source]
    if fact.received_at - fact.occurred_at > _LATE:
        meta.append(words.gettext("happened on %(moment)s", moment=words.moment(fact.occurred_at)))
    return TimelineEntry(
        moment=fact.received_at,
        channel=channel_mark(fact.channel, words),
        title=fact.name or _type_name(fact, words),
        summary=_summary(fact, words),
        meta=tuple(part for part in meta if part),
        href=f"/live/{ids.to_text(fact.id)}",
    )


def _type_name(fact: Fact, words: Words) -> str:
    names = {
        "identify": words.gettext("Identify: who somebody is"),
        "group": words.gettext("Group: to which account somebody belongs"),
        "alias": words.gettext("Alias: two identifiers are one person"),
        "merge": words.gettext("Merge: two identifiers are one person"),
        "page": words.gettext("Page"),
        "screen": words.gettext("Screen"),
        "beleef": words.gettext("Decision of staff"),
    }
    return names.get(fact.type, fact.type)


def _summary(fact: Fact, words: Words) -> str | None:
    """Return what tells this fact from the next of its name: money, a product, a path."""
    said = fact.properties or {}
    page = (fact.context or {}).get("page")
    inside = page if isinstance(page, dict) else {}
    parts = [
        words.money(fact.revenue, fact.currency) if fact.revenue is not None and fact.currency else None,
        *(said.get(key) for key in ("name", "product_name", "title", "subject", "order_id", "path")),
        inside.get("path"),
        ", ".join(sorted(fact.traits)) if fact.traits else None,
        fact.campaign,
    ]
    texts = dict.fromkeys(part[:80] for part in parts if isinstance(part, str) and part and part != fact.name)
    return " · ".join(list(texts)[:3]) or None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, and the message that it was; empty where the log no longer has it."""

    fact: Fact
    message: str


def _fact_and_message(parts: Collecting, text: str) -> Found:
    number = ids.from_text(text)
    if number is None:
        raise NotFound("There is no such fact.", hint="Look whether the address is complete.")
    position, index = ids.log_place(number)
    entry = parts.log.get(position)
    if entry is not None:
        with parts.database.read() as connection:
            source = api.source_numbered(connection, entry.source)
        decoded = decode([Placed(position=position, entry=entry)], lambda _: source)
        for fact in decoded.facts:
            if fact.id == number and _may_be_seen(fact):
                return Found(fact=fact, message=message_at(entry, index))
    kept = parts.warehouse.fact(number)
    if kept is None or not _may_be_seen(kept):
        raise NotFound("There is no such fact.", hint="It may have been erased, or never became a fact.")
    return Found(fact=kept, message="")


def _may_be_seen(fact: Fact) -> bool:
    """Return whether a fact may be seen by itself, as it comes.

    What Beleef says about nobody, an anonymous answer, may not: who saw somebody answer would see what. Its day alone was kept.
    """
    is_nobodys = fact.received_at % clock.DAY == 0 and not (
        fact.user_id or fact.anonymous_id or fact.external_ids
    )
    return fact.source != OWN_SOURCE or not is_nobodys


def _inspect(visit: Visit, found: Found) -> Inspect:
    words, fact = visit.words, found.fact
    live = Link(text=words.gettext("Live"), href="/live")
    raw = None
    if found.message:
        raw = CodeBlock(name="raw", label=words.gettext("As it came in"), code=pretty(found.message))
    return Inspect(
        page=visit.page(fact.name or _type_name(fact, words), active="live", crumbs=(live,)),
        known_title=words.gettext("In short"),
        known=_known(fact, words),
        decoded_title=words.gettext("As Beleef understood it"),
        decoded=_as_json(fact),
        raw=raw,
        no_raw=words.gettext("The log no longer holds the message as it came in."),
    )


def _known(fact: Fact, words: Words) -> tuple[Known, ...]:
    cells: list[tuple[str, Cell]] = [
        (words.gettext("Number"), Code(text=ids.to_text(fact.id))),
        (words.gettext("Message id"), Code(text=fact.message_id)),
        (words.gettext("Type"), Text(text=fact.type)),
        (words.gettext("Channel"), channel_mark(fact.channel, words)),
        (words.gettext("Source"), Text(text=fact.source)),
        (words.gettext("Happened"), Time(moment=fact.occurred_at, exact=True)),
        (words.gettext("Accepted"), Time(moment=fact.received_at, exact=True)),
    ]
    if fact.touchpoint:
        cells.append((words.gettext("Touchpoint"), Text(text=fact.touchpoint)))
    if fact.revenue is not None and fact.currency:
        cells.append((words.gettext("Revenue"), Figure(text=words.money(fact.revenue, fact.currency))))
    return tuple(Known(name=name, value=value) for name, value in cells)


def _as_json(fact: Fact) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(fact)
    values["id"] = ids.to_text(fact.id)
    for name in ("occurred_at", "received_at"):
        values[name] = clock.to_text(values[name])
    return {name: value for name, value in values.items() if value not in (None, [], (), {})}


def pretty(message: str) -> str:
    """Return JSON laid out over lines; what is no JSON as it is."""
    try:
        return msgspec.json.format(message, indent=2)
    except msgspec.DecodeError:
        return message
