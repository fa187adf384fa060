"""The list of people: searched and filtered by what stands in the address, page by page, latest seen first."""

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel import ids
from beleef.profiles.customers import Filter, LinePage
from beleef.profiles.pages.parts import CustomerRoom, href, label_of, people_table, read_day, whole
from beleef.ui.components import CHANNELS, EmptyState, Pager, Table, channel_mark
from beleef.ui.forms import Chip, FilterBar, Input, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_PAGE = 50


class PeoplePage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/people.html``: the filters and the people."""

    page: Page
    filters: FilterBar
    people: Table


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the address, as text."""

    q: str = ""
    channel: str = ""
    since: str = ""
    trait: str = ""
    facts: str = ""

    def chosen(self, words: Words) -> Filter:
        """Return it as a filter; what cannot be read filters nothing."""
        return Filter(
            channel=self.channel or None,
            since=read_day(self.since, words),
            trait=self.trait or None,
            min_facts=whole(self.facts) or 0,
        )

    def href(self, **changed: str | None) -> str:
        """Return the address of the list with some parts changed."""
        return href("/people", **{**msgspec.structs.asdict(self), **changed})


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return the list of people."""

    @get("/people", sync_to_thread=True)
    def people(
        request: AnyRequest,
        q: str = "",
        channel: str = "",
        since: str = "",
        trait: str = "",
        facts: str = "",
        after: str = "",
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        asked = Asked(q=q.strip()[:200], channel=channel, since=since, trait=trait.strip(), facts=facts)
        chosen = asked.chosen(visit.words)
        if asked.q:
            found = room.customers.search(asked.q, chosen, limit=_PAGE)
        else:
            found = room.customers.recent(chosen, after=_read_place(after), limit=_PAGE)
        return room.desk.html("profiles/people.html", _page(visit, asked, found, first=not after))

    return [people]


def _page(visit: Visit, asked: Asked, found: LinePage, *, first: bool) -> PeoplePage:
    words = visit.words
    is_filtered = asked != Asked()
    if is_filtered:
        empty = EmptyState(
            title=words.gettext("Nobody fits"),
            text=words.gettext("Try fewer letters, or take a filter away."),
            icon="search",
        )
    else:
        empty = EmptyState(
            title=words.gettext("Nobody yet"),
            text=words.gettext(
                "As soon as facts come in from a source, the customers they are about stand here."
            ),
            icon="people",
        )
    return PeoplePage(
        page=visit.page(
            words.gettext("People"),
            active="people",
            search=asked.q,
            lead=words.gettext("Everybody the organisation has met, each as one person over all channels."),
        ),
        filters=_filters(asked, words),
        people=people_table(
            found.lines,
            words,
            caption=words.gettext("People"),
            empty=empty,
            pager=_pager(asked, found, words, first=first),
        ),
    )


def _pager(asked: Asked, found: LinePage, words: Words, *, first: bool) -> Pager | None:
    if first and found.next is None and not asked.q:
        return None
    shown = words.ngettext("%(num)s person", "%(num)s people", len(found.lines))
    if asked.q and len(found.lines) == _PAGE:
        shown = words.gettext("The first %(count)s that fit; add letters to find others.", count=_PAGE)
    elif found.next is not None and len(found.lines) < _PAGE:
        shown = words.gettext("%(people)s among those looked at; look further with Next.", people=shown)
    return Pager(
        shown=shown,
        previous_href=None if first else asked.href(),
        next_href=None if found.next is None else asked.href(after=_place_text(found.next)),
    )


def _filters(asked: Asked, words: Words) -> FilterBar:
    channels = tuple(Option(value=name, label=channel_mark(name, words).label) for name in CHANNELS)
    if asked.channel and asked.channel not in CHANNELS:
        channels += (Option(value=asked.channel, label=asked.channel),)
    fields = (
        Input(name="q", label=words.gettext("Name, e-mail or number"), type="search", value=asked.q),
        Select(
            name="channel",
            label=words.gettext("Channel"),
            options=(Option(value="", label=words.gettext("All channels")), *channels),
            value=asked.channel,
        ),
        Input(name="since", label=words.gettext("Seen since"), type="date", value=asked.since),
        Input(name="trait", label=words.gettext("Has the trait"), value=asked.trait),
        Input(name="facts", label=words.gettext("At least so many facts"), type="number", value=asked.facts),
    )
    return FilterBar(
        name="filter",
        action="/people",
        fields=fields,
        chips=_chips(asked, words),
        clear_href="/people" if asked != Asked() else None,
    )


def _chips(asked: Asked, words: Words) -> tuple[Chip, ...]:
    chosen = asked.chosen(words)
    chips = []
    if asked.q:
        chips.append(Chip(label=f"“{asked.q}”", remove_href=asked.href(q=None)))
    if chosen.channel:
        mark = channel_mark(chosen.channel, words).label
        label = words.gettext("Channel: %(name)s", name=mark)
        chips.append(Chip(label=label, remove_href=asked.href(channel=None)))
    if chosen.since is not None:
        label = words.gettext("Seen since %(day)s", day=words.day(chosen.since))
        chips.append(Chip(label=label, remove_href=asked.href(since=None)))
    if chosen.trait:
        label = words.gettext("Has “%(name)s”", name=label_of(chosen.trait))
        chips.append(Chip(label=label, remove_href=asked.href(trait=None)))
    if chosen.min_facts:
        label = words.ngettext("At least %(num)s fact", "At least %(num)s facts", chosen.min_facts)
        chips.append(Chip(label=label, remove_href=asked.href(facts=None)))
    return tuple(chips)


def _place_text(place: tuple[int, int]) -> str:
    return f"{place[0]}.{ids.to_text(place[1])}"


def _read_place(text: str) -> tuple[int, int] | None:
    """Return the place that stands in an address; the first page where it cannot be read."""
    moment, _, subject = text.partition(".")
    number = ids.from_text(subject)
    digits = moment.removeprefix("-")
    if number is None or not (digits.isascii() and digits.isdigit()) or len(digits) > 17:
        return None
    return int(moment), number
