"""The timeline of a person's page: what happened over all channels, day by day, filtered by what stands in the address."""

from typing import get_args

import msgspec

from beleef.facts.fact import Fact, FactType
from beleef.kernel import ids
from beleef.kernel.errors import InvalidInput
from beleef.profiles.customers import Customers, Sheet
from beleef.profiles.pages.parts import person_href
from beleef.profiles.people import fact_view, place_text, read_place
from beleef.profiles.wording import tell
from beleef.store.warehouse.model import Place, Selection
from beleef.ui.components import EmptyState, Link, TimelineDay, TimelineEntry, by_day, channel_mark
from beleef.ui.forms import Chip, FilterBar, Option, Select
from beleef.ui.words import Words

_PAGE = 40
_TYPES: tuple[str, ...] = get_args(FactType)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the address: the channel, the type of fact, and where the page begins."""

    channel: str = ""
    type: str = ""
    after: str = ""

    @property
    def place(self) -> Place | None:
        """Where the page begins; at the newest fact where it cannot be read."""
        try:
            return read_place(self.after) if self.after else None
        except InvalidInput:
            return None


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a person's timeline.

    Attributes:
        filters: What can be filtered by, and is.
        days: What happened, newest first.
        empty: What to show where nothing did.
        newest: Back to the newest facts; None when these are shown.
        older: To what happened before; None when that is all.
    """

    filters: FilterBar
    days: tuple[TimelineDay, ...]
    empty: EmptyState
    newest: Link | None
    older: Link | None


def timeline(customers: Customers, sheet: Sheet, asked: Asked, words: Words) -> Timeline:
    """Return a page of a person's timeline."""
    where = Selection(
        types=(asked.type,) if asked.type else (), channels=(asked.channel,) if asked.channel else ()
    )
    facts = customers.timeline(sheet.person.subjects, after=asked.place, where=where, limit=_PAGE + 1)
    shown = facts[:_PAGE]
    number, older = sheet.person.number, None
    if len(facts) > _PAGE:
        further = person_href(number, channel=asked.channel, type=asked.type, after=place_text(shown[-1]))
        older = Link(text=words.gettext("What happened before"), href=further)
    newest = None
    if asked.place is not None:
        first = person_href(number, channel=asked.channel, type=asked.type)
        newest = Link(text=words.gettext("To the newest"), href=first)
    return Timeline(
        filters=_filters(sheet, asked, words),
        days=by_day([entry(fact, words) for fact in shown], words),
        empty=EmptyState(
            title=words.gettext("Nothing happened"),
            text=words.gettext("No fact fits these filters."),
            icon="clock",
        ),
        newest=newest,
        older=older,
    )


def entry(fact: Fact, words: Words) -> TimelineEntry:
    """Return a fact as an entry of a timeline."""
    told = tell(fact, words)
    meta = tuple(part for part in (fact.touchpoint, fact.source, fact.campaign) if part)
    return TimelineEntry(
        moment=fact.occurred_at,
        channel=channel_mark(fact.channel, words),
        title=told.title,
        summary=told.summary,
        meta=meta,
        href=f"/live/{ids.to_text(fact.id)}",
        details=msgspec.to_builtins(fact_view(fact)),
    )


def type_label(name: str, words: Words) -> str:
    """Return a type of fact in the reader's words."""
    labels = {
        "identify": words.gettext("Who they are"),
        "track": words.gettext("What they did"),
        "page": words.gettext("Pages looked at"),
        "screen": words.gettext("Screens opened"),
        "group": words.gettext("Accounts"),
        "alias": words.gettext("Other identifiers"),
        "merge": words.gettext("Merges"),
        "beleef": words.gettext("Decisions of staff"),
    }
    return labels.get(name, name)


def _filters(sheet: Sheet, asked: Asked, words: Words) -> FilterBar:
    names = sorted({*sheet.profile.channels, *([asked.channel] if asked.channel else [])})
    channels = tuple(Option(value=name, label=channel_mark(name, words).label) for name in names)
    types = tuple(Option(value=name, label=type_label(name, words)) for name in _TYPES)
    number = sheet.person.number
    chips = []
    if asked.channel:
        label = words.gettext("Channel: %(name)s", name=channel_mark(asked.channel, words).label)
        chips.append(Chip(label=label, remove_href=person_href(number, type=asked.type)))
    if asked.type:
        label = type_label(asked.type, words)
        chips.append(Chip(label=label, remove_href=person_href(number, channel=asked.channel)))
    fields = (
        Select(
            name="channel",
            label=words.gettext("Channel"),
            options=(Option(value="", label=words.gettext("All channels")), *channels),
            value=asked.channel,
        ),
        Select(
            name="type",
            label=words.gettext("What"),
            options=(Option(value="", label=words.gettext("Everything")), *types),
            value=asked.type,
        ),
    )
    return FilterBar(
        name="timeline",
        action=person_href(number),
        fields=fields,
        chips=tuple(chips),
        clear_href=person_href(number) if chips else None,
    )
