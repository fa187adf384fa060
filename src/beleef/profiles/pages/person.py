"""A person's page: who it is, what matters at a glance, everything that happened over all channels, and why it is one person."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.response import Stream

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.profiles.customers import Sheet, called, known_by
from beleef.profiles.model import Consent, HeldProduct
from beleef.profiles.pages import evidence
from beleef.profiles.pages.parts import (
    CustomerRoom,
    href,
    label_of,
    namespace_label,
    person_href,
    read_number,
    written,
)
from beleef.profiles.pages.timeline import Asked, Timeline, timeline
from beleef.ui.components import (
    Badge,
    Callout,
    Code,
    EmptyState,
    EvidenceNode,
    Figure,
    Known,
    Link,
    Stat,
    Table,
    TabLink,
    Text,
    channel_mark,
)
from beleef.ui.page import Page
from beleef.ui.words import Words

_TILES = 3
_LONGEST_TILE = 12
_IDENTIFIERS = 12
_PRODUCTS = 20


class PersonPage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/person.html``: one person at a glance, with the timeline."""

    page: Page
    tab_links: tuple[TabLink, ...]
    tiles: tuple[Stat, ...]
    timeline: Timeline
    identifiers: tuple[Known, ...]
    channels: tuple[Known, ...]
    traits: tuple[Known, ...]
    computed: tuple[Known, ...]
    consents: tuple[Known, ...]
    products: tuple[Known, ...]
    nothing_asked: EmptyState
    audiences: tuple[Known, ...]
    accounts: tuple[Link, ...]


class IdentityPage(msgspec.Struct, frozen=True, kw_only=True):
    """``profiles/person_identity.html``: why a person's identifiers are one person."""

    page: Page
    tab_links: tuple[TabLink, ...]
    tree: EvidenceNode | None
    empty: EmptyState
    further: Table | None
    explained: Callout


def routes(room: CustomerRoom) -> list[HTTPRouteHandler]:
    """Return a person's page, the page about their identity, and the export."""

    @get("/people/{who:str}", sync_to_thread=True)
    def person(
        request: AnyRequest,
        who: str,
        channel: str = "",
        type_: Annotated[str, QueryParameter(name="type")] = "",
        after: str = "",
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        number = read_number(who)
        sheet = room.customers.sheet(number)
        if who != ids.to_text(sheet.person.number):
            return room.desk.redirect(person_href(sheet.person.number))
        asked = Asked(channel=channel, type=type_, after=after)
        return room.desk.html("profiles/person.html", _person_page(visit, room, sheet, asked))

    @get("/people/{who:str}/identity", sync_to_thread=True)
    def person_identity(request: AnyRequest, who: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        sheet = room.customers.sheet(read_number(who))
        return room.desk.html("profiles/person_identity.html", _identity_page(visit, room, sheet))

    @get("/people/{who:str}/export", sync_to_thread=True)
    def export(request: AnyRequest, who: str) -> Stream:
        visit = room.desk.open(request, Role.editor)
        number = ids.to_text(room.customers.sheet(read_number(who)).person.number)
        room.record(visit.actor, "person.export", number, {})
        return Stream(
            _lines(room, number),
            media_type="application/x-ndjson",
            headers={
                "Content-Disposition": f'attachment; filename="person-{number}.jsonl"',
                "Cache-Control": "no-store",
            },
        )

    return [person, person_identity, export]


def frame(visit: Visit, sheet: Sheet, title: str = "") -> Page:
    """Return the frame of a person's page, or of one below it where a title is given."""
    words, number = visit.words, sheet.person.number
    crumbs = [Link(text=words.gettext("People"), href="/people")]
    if title:
        crumbs.append(Link(text=name_of(sheet, words), href=person_href(number)))
        return visit.page(title, active="people", crumbs=crumbs)
    actions = []
    if visit.may(Role.agent):
        actions.append(Link(text=words.gettext("Enter a contact"), href=person_href(number, "/contact")))
    if visit.may(Role.editor):
        actions.append(Link(text=words.gettext("Export"), href=person_href(number, "/export")))
    if visit.may(Role.administrator):
        actions.append(Link(text=words.gettext("Erase"), href=person_href(number, "/erase")))
    return visit.page(
        name_of(sheet, words), active="people", crumbs=crumbs, actions=actions, lead=_lead(sheet, words)
    )


def name_of(sheet: Sheet, words: Words) -> str:
    """Return what to call a person: the name, else an identifier, else the number."""
    number = ids.to_text(sheet.person.number)
    return (
        called(sheet.profile)
        or known_by(sheet.person, sheet.profile)
        or words.gettext("Person %(number)s", number=number)
    )


def tabs(sheet: Sheet, words: Words, active: str) -> tuple[TabLink, ...]:
    """Return the tabs of a person's pages."""
    number = sheet.person.number
    count = words.number(len(sheet.person.identifiers))
    return (
        TabLink(label=words.gettext("Overview"), href=person_href(number), active=active == "overview"),
        TabLink(
            label=words.gettext("Identity"),
            href=person_href(number, "/identity"),
            active=active == "identity",
            count=count,
        ),
        TabLink(
            label=words.gettext("Contact"),
            href=person_href(number, "/messages"),
            active=active == "messages",
        ),
        TabLink(
            label=words.gettext("Feedback"),
            href=person_href(number, "/feedback"),
            active=active == "feedback",
        ),
        TabLink(label=words.gettext("Cases"), href=person_href(number, "/cases"), active=active == "cases"),
    )


def _lead(sheet: Sheet, words: Words) -> str:
    profile, parts = sheet.profile, []
    known = known_by(sheet.person, profile)
    if known and called(profile):
        parts.append(known)
    parts += [one.number for one in sheet.accounts[:2]]
    if profile.first_seen is not None:
        parts.append(words.gettext("known since %(day)s", day=words.day(profile.first_seen)))
    return " · ".join(parts)


def _person_page(visit: Visit, room: CustomerRoom, sheet: Sheet, asked: Asked) -> PersonPage:
    words = visit.words
    windows = {
        stored.definition.name: stored.definition.window_days for stored in room.customers.definitions()
    }
    return PersonPage(
        page=frame(visit, sheet),
        tab_links=tabs(sheet, words, "overview"),
        tiles=_tiles(sheet, windows, words),
        timeline=timeline(room.customers, sheet, asked, words),
        identifiers=_identifiers(sheet, words),
        channels=_channels(sheet, words),
        traits=tuple(
            Known(
                name=label_of(name),
                value=Text(
                    text=words.gettext("too long to keep") if one.left_out else written(one.value, words)
                ),
                source=one.source,
                moment=one.occurred_at,
            )
            for name, one in sheet.profile.traits.items()
        ),
        computed=tuple(
            Known(
                name=one.label,
                value=Figure(text=written(one.value, words), detail=None if one.exact else _inexact(words)),
            )
            for one in sheet.profile.computed.values()
        ),
        consents=_consents(sheet, words),
        products=_products(sheet, words),
        nothing_asked=EmptyState(
            title=words.gettext("Nothing was asked"),
            text=words.gettext("Consents that sources report stand here, each with its text and its moment."),
            icon="consent",
        ),
        audiences=room.audiences(sheet.person.number, words),
        accounts=tuple(
            Link(
                text=one.number,
                href=href(f"/accounts/{ids.to_text(one.id)}"),
                detail=words.gettext("seen until %(day)s", day=words.day(one.last_at)),
            )
            for one in sheet.accounts
        ),
    )


def _tiles(sheet: Sheet, windows: dict[str, int | None], words: Words) -> tuple[Stat, ...]:
    profile = sheet.profile
    tiles = [
        Stat(
            label=words.gettext("Facts"),
            figure=words.number(profile.facts),
            basis=words.ngettext("over %(num)s channel", "over %(num)s channels", len(profile.channels)),
        )
    ]
    having = [(name, one) for name, one in profile.computed.items() if one.value not in (None, 0, "")]
    short = [(name, one) for name, one in having if len(written(one.value, words)) <= _LONGEST_TILE]
    # What was lately says more than what ever was; among those figures say more than words.
    short.sort(key=lambda item: (windows.get(item[0]) is None, isinstance(item[1].value, str)))
    for name, one in short[:_TILES]:
        days = windows.get(name)
        if not one.exact:
            basis = _inexact(words)
        elif days:
            basis = words.ngettext("of the last day", "of the last %(num)s days", days)
        else:
            basis = words.gettext("of all time")
        tiles.append(Stat(label=one.label, figure=written(one.value, words), basis=basis))
    return tuple(tiles)


def _inexact(words: Words) -> str:
    return words.gettext("at least; past facts may still be counted")


def _identifiers(sheet: Sheet, words: Words) -> tuple[Known, ...]:
    return tuple(
        Known(
            name=namespace_label(one.namespace, words),
            value=Code(text=_shortened(one)),
            source=one.source or None,
            moment=one.first_at,
        )
        for one in sheet.person.identifiers[:_IDENTIFIERS]
    )


def _shortened(one: identity.PersonIdentifier) -> str:
    """Return an identifier as it fits beside the timeline; numbers of devices tell by their ends, the page Identity has all of them."""
    if len(one.value) <= 30:
        return one.value
    return f"{one.value[:8]}…{one.value[-4:]}" if one.namespace == "anonymous_id" else f"{one.value[:60]}…"


def _channels(sheet: Sheet, words: Words) -> tuple[Known, ...]:
    used = sorted(sheet.profile.channels.items(), key=lambda item: -item[1].count)
    return tuple(
        Known(
            name=channel_mark(name, words).label,
            value=Link(
                text=words.ngettext("%(num)s fact", "%(num)s facts", use.count),
                href=person_href(sheet.person.number, channel=name),
            ),
            moment=use.last,
        )
        for name, use in used
    )


def _consents(sheet: Sheet, words: Words) -> tuple[Known, ...]:
    names = {
        "granted": words.gettext("allowed"),
        "denied": words.gettext("not allowed"),
        "withdrawn": words.gettext("withdrawn"),
    }

    def known(one: Consent) -> Known:
        channel = (
            words.gettext("all channels") if one.channel == "*" else channel_mark(one.channel, words).label
        )
        said = one.source
        if one.text_version:
            said += f" · {words.gettext('text %(version)s', version=one.text_version)}"
        return Known(
            name=f"{label_of(one.purpose)} · {channel}",
            value=Badge(
                text=names.get(one.state, one.state), tone="good" if one.state == "granted" else "bad"
            ),
            source=said,
            moment=one.occurred_at,
        )

    return tuple(map(known, sheet.profile.consents))


def _products(sheet: Sheet, words: Words) -> tuple[Known, ...]:
    held = sorted(sheet.profile.products, key=lambda one: (not one.active, -one.last))

    def known(one: HeldProduct) -> Known:
        held_text = words.gettext("held") if one.active else words.gettext("no longer")
        if one.active and one.quantity > 1:
            held_text = f"{held_text}, {written(one.quantity, words)}"
        return Known(
            name=one.name or one.product,
            value=Badge(text=held_text, tone="good" if one.active else "neutral"),
            moment=one.last,
        )

    return tuple(map(known, held[:_PRODUCTS]))


def _identity_page(visit: Visit, room: CustomerRoom, sheet: Sheet) -> IdentityPage:
    words = visit.words
    explanation = room.customers.explain(sheet.person.number)
    may = visit.may(Role.editor)
    count = len(sheet.person.identifiers)
    return IdentityPage(
        page=frame(visit, sheet),
        tab_links=tabs(sheet, words, "identity"),
        tree=evidence.tree(sheet.person, explanation, words, may_undo=may)
        if sheet.person.identifiers
        else None,
        empty=EmptyState(
            title=words.gettext("One identifier"),
            text=words.gettext("There is nothing to join."),
            icon="identity",
        ),
        further=evidence.further(sheet.person.number, explanation, words, may_undo=may),
        explained=Callout(
            title=words.ngettext(
                "%(num)s identifier is this person", "%(num)s identifiers are one person", count
            ),
            text=words.gettext(
                "Each identifier hangs below the one it was seen with. Taking a piece of evidence back parts what only that piece holds together; it can be restored at any time."
            ),
        ),
    )


def _lines(room: CustomerRoom, number: str) -> Iterator[bytes]:
    for item in room.people.export(f"id:{number}"):
        yield msgspec.json.encode(item) + b"\n"
