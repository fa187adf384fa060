"""The people of an audience: its members page by page, all of them as a file, and why somebody is in it or not."""

from collections.abc import Iterator, Sequence

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences.api import (
    Member,
    MemberPage,
    StoredAudience,
)
from beleef.audiences.handing_over import queries as handing_over_queries
from beleef.audiences.pages.explained import Condition, condition
from beleef.audiences.pages.parts import (
    AudienceRoom,
    audience_href,
    frame,
    stored,
    tabs,
)
from beleef.kernel import ids
from beleef.profiles.customers import Filter, Line
from beleef.profiles.pages.parts import person_href, read_number, title_of
from beleef.ui.components import (
    Callout,
    ChannelMarks,
    Column,
    EmptyState,
    Link,
    Pager,
    Row,
    Table,
    TabLink,
    Text,
    Time,
    channel_mark,
)
from beleef.ui.forms import FilterBar, Input
from beleef.ui.page import Page
from beleef.ui.words import Words

_PAGE = 50
_FOUND = 10


class MembersPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/members.html``: who is in an audience."""

    page: Page
    tab_links: tuple[TabLink, ...]
    members: Table


class WhyPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/why.html``: why somebody is in an audience or not."""

    page: Page
    tab_links: tuple[TabLink, ...]
    search: FilterBar
    found: Table | None
    person: Link | None
    answer: Callout | None
    condition: Condition | None


def routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    """Return the pages about members, and about why somebody is one."""

    @get("/audiences/{name:str}/members", sync_to_thread=True)
    def members(request: AnyRequest, name: str, after: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        found = stored(room, name)
        start = read_number(after) if after else -1
        with room.database.read() as connection:
            page = room.audiences.members(connection, name, after=start, limit=_PAGE)
        return room.desk.html(
            "audiences/members.html", _members_page(visit, room, found, page, first=not after)
        )

    @get("/audiences/{name:str}/members.csv", sync_to_thread=True)
    def export(request: AnyRequest, name: str) -> Stream:
        visit = room.desk.open(request, Role.editor)
        found = stored(room, name)
        room.record(visit.actor, "audience.export", name, {})
        return Stream(
            _csv(room, found),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="{name}.csv"',
                "Cache-Control": "no-store",
            },
        )

    @get("/audiences/{name:str}/why", sync_to_thread=True)
    def why(request: AnyRequest, name: str, q: str = "", person: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("audiences/why.html", _why_page(visit, room, stored(room, name), q, person))

    return [members, export, why]


def _csv(room: AudienceRoom, found: StoredAudience) -> Iterator[bytes]:
    with room.database.read() as connection:
        yield from room.handing_over.csv(connection, found)


def _ways(room: AudienceRoom, name: str) -> int:
    with room.database.read() as connection:
        return len(handing_over_queries.stored(connection, name))


def _members_page(
    visit: Visit, room: AudienceRoom, found: StoredAudience, page: MemberPage, *, first: bool
) -> MembersPage:
    words, name = visit.words, found.audience.name
    lines = room.customers.lines([one.person for one in page.members])
    pager = None
    if page.next is not None or not first:
        pager = Pager(
            shown=words.gettext(
                "%(num)s of %(total)s", num=len(page.members), total=words.number(found.size)
            ),
            previous_href=None if first else audience_href(name, "/members"),
            next_href=None
            if page.next is None
            else audience_href(name, "/members", after=ids.to_text(page.next)),
        )
    table = Table(
        caption=words.gettext("Members"),
        columns=(
            Column(label=words.gettext("Name")),
            Column(label=words.gettext("In it since")),
            Column(label=words.gettext("Channels")),
            Column(label=words.gettext("Last seen")),
            Column(label=words.gettext("Why")),
        ),
        rows=tuple(
            _member(one, lines[one.person], name, words) for one in page.members if one.person in lines
        ),
        empty=EmptyState(
            title=words.gettext("Nobody is in it"),
            text=words.gettext("As soon as the rule holds for somebody, they stand here."),
            icon="people",
        ),
        pager=pager,
    )
    return MembersPage(
        page=frame(visit, found),
        tab_links=tabs(found, words, "/members", ways=_ways(room, name)),
        members=table,
    )


def _member(member: Member, one: Line, name: str, words: Words) -> Row:
    seen = one.profile.last_seen
    return Row(
        cells=(
            Link(
                text=title_of(one, words),
                href=person_href(one.number),
                detail=one.identifier if one.called else None,
            ),
            Time(moment=member.since),
            ChannelMarks(marks=tuple(channel_mark(channel, words) for channel in one.profile.channels)),
            Text(text="—") if seen is None else Time(moment=seen),
            Link(
                text=words.gettext("Why?"), href=audience_href(name, "/why", person=ids.to_text(one.number))
            ),
        )
    )


def _why_page(visit: Visit, room: AudienceRoom, found: StoredAudience, q: str, person: str) -> WhyPage:
    words, name = visit.words, found.audience.name
    search = FilterBar(
        name="why",
        action=audience_href(name, "/why"),
        fields=(
            Input(
                name="q",
                label=words.gettext("Name, e-mail or number of a person"),
                type="search",
                value=q,
            ),
        ),
    )
    table = None
    if q.strip() and not person:
        lines = room.customers.search(q.strip()[:200], Filter(), limit=_FOUND).lines
        table = _choice(lines, name, words)
    link, answer, tree = None, None, None
    if person:
        link, answer, tree = _answer(visit, room, found, read_number(person))
    return WhyPage(
        page=frame(visit, found),
        tab_links=tabs(found, words, "/why", ways=_ways(room, name)),
        search=search,
        found=table,
        person=link,
        answer=answer,
        condition=tree,
    )


def _answer(
    visit: Visit, room: AudienceRoom, found: StoredAudience, number: int
) -> tuple[Link, Callout, Condition | None]:
    words, name = visit.words, found.audience.name
    who = room.customers.sheet(number).person.number
    one = room.customers.lines([who])[who]
    called = title_of(one, words)
    rule = found.audience.rule
    with room.database.read() as connection:
        is_member = name in room.audiences.memberships(connection, [who])[who]
        explained = None
        if room.audiences.is_ready(connection, [rule]):
            explained = room.audiences.explain(connection, rule, who, visit.now)
    if is_member:
        title = words.gettext("%(person)s is in “%(audience)s”", person=called, audience=found.audience.label)
    else:
        title = words.gettext(
            "%(person)s is not in “%(audience)s”", person=called, audience=found.audience.label
        )
    text = words.gettext("Each condition stands below with what was found for this person.")
    if explained is None:
        text = words.gettext("Past facts are still being counted; the reasons stand here after that.")
    elif is_member != explained.fulfilled:
        text = words.gettext("The rule gives another answer now; the worker is about to follow.")
    answer = Callout(title=title, text=text, tone="good" if is_member else "neutral")
    tree = None if explained is None else condition(explained, room.seen(), words)
    return Link(text=called, href=person_href(who)), answer, tree


def _choice(lines: Sequence[Line], name: str, words: Words) -> Table:
    return Table(
        caption=words.gettext("People that fit"),
        columns=(
            Column(label=words.gettext("Name")),
            Column(label=words.gettext("Last seen")),
        ),
        rows=tuple(
            Row(
                cells=(
                    Link(
                        text=title_of(one, words),
                        href=audience_href(name, "/why", person=ids.to_text(one.number)),
                        detail=one.identifier,
                    ),
                    Text(text="—") if one.profile.last_seen is None else Time(moment=one.profile.last_seen),
                )
            )
            for one in lines
        ),
        empty=EmptyState(
            title=words.gettext("Nobody fits"),
            text=words.gettext("Try fewer letters."),
            icon="search",
        ),
    )
