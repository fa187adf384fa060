"""A person's tab “Contact”: what was meant for them and what became of it, why, and what the gate says now."""

import asyncio
from collections.abc import Sequence

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.api import Contacted, Decision, Intent, Standing, Suppression
from beleef.contact.model import PURPOSES, Purpose
from beleef.contact.pages.contacted import contacted_page
from beleef.contact.pages.parts import (
    KINDS,
    ContactRoom,
    PersonHead,
    filled,
    href,
    kind_name,
    kind_options,
    outcome_badge,
    person_href,
    purpose_name,
    purpose_options,
    read_number,
    state_badge,
    why,
)
from beleef.contact.topics import queries as topics_
from beleef.contact.topics.model import Topic
from beleef.contact.wording import reason_sentence
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.clock import to_text
from beleef.ui.components import (
    Badge,
    Column,
    EmptyState,
    Known,
    Link,
    Pager,
    Row,
    Table,
    TabLink,
    Text,
    Time,
)
from beleef.ui.forms import Fieldset, FilterBar, Form, Hidden, Option, Select
from beleef.ui.page import Page
from beleef.ui.words import Words

_AT_ONCE = 25


class PersonContactPage(msgspec.Struct, frozen=True, kw_only=True):
    """``contact/person.html``: the ledger of one person, their own wishes, and the gate's answer to a question."""

    page: Page
    tab_links: tuple[TabLink, ...]
    ledger: Table
    wishes: tuple[Known, ...]
    no_wishes: EmptyState
    ask: FilterBar
    answer: tuple[Known, ...]
    preferences: Link | None
    complaint: Form | None


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the tab, and the page of one message."""

    @get("/people/{who:str}/messages", sync_to_thread=True)
    def messages(
        request: AnyRequest, who: str, before: str = "", purpose: str = "", channel: str = "", topic: str = ""
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        head = room.head(visit, who, "messages")
        return room.desk.html(
            "contact/person.html", _page(room, visit, head, before, (purpose, channel, topic))
        )

    @get("/people/{who:str}/messages/{number:str}", sync_to_thread=True)
    def contacted(request: AnyRequest, who: str, number: str) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        head = room.head(visit, who, "messages")
        return room.desk.html(
            "contact/contacted.html", contacted_page(room, visit, head, read_number(number))
        )

    @post("/people/{who:str}/complaint")
    async def complaint(request: AnyRequest, who: str) -> Response[str]:
        visit, given = await room.desk.form(request, Role.agent)
        is_closed = filled(given, "what") == "closed"
        head = await asyncio.to_thread(room.head, visit, who, "messages")
        said = await asyncio.to_thread(_standing, room, head)
        facts = _complaint_facts(head, said, is_closed=is_closed, by=visit.actor.name, at=visit.now)
        shown = await room.own.say(facts) if facts else True
        words = visit.words
        text = (
            words.gettext("The complaint is settled; what waited goes on.")
            if is_closed
            else words.gettext("Marketing and surveys wait until the complaint is settled.")
        )
        flash = text if shown else words.gettext("It is kept; it shows as soon as the worker has read it.")
        return room.desk.redirect(person_href(head.person.number, "/messages"), flash=flash)

    return [messages, contacted, complaint]


def _standing(room: ContactRoom, head: PersonHead) -> Standing:
    with room.database.read() as connection:
        return room.contact.standing(connection, head.person.subjects)


def _page(
    room: ContactRoom, visit: Visit, head: PersonHead, before: str, asked: tuple[str, str, str]
) -> PersonContactPage:
    words, subjects = visit.words, head.person.subjects
    with room.database.read() as connection:
        rows = room.contact.ledger(
            connection, subjects, before=read_number(before) if before else None, limit=_AT_ONCE + 1
        )
        said = room.contact.standing(connection, subjects)
        topics = topics_.topics(connection)
        addresses = {row.address for row in rows if row.address}
        blocked = {
            kind: room.contact.suppressed(connection, kind, addresses, visit.now)
            for kind in {row.intent.channel for row in rows if row.address}
        }
        decision = _decide(room, visit, head, asked)
    return PersonContactPage(
        page=head.page,
        tab_links=head.tab_links,
        ledger=_ledger(head.person.number, rows, words),
        wishes=_wishes(said, topics, blocked, words),
        no_wishes=EmptyState(
            title=words.gettext("Nothing special was asked"),
            text=words.gettext("Pauses, topics and who does not want what stand here."),
            icon="consent",
        ),
        ask=_ask_form(head.person.number, topics, asked, words),
        answer=_answer(decision, words),
        preferences=Link(
            text=words.gettext("What the person sees and chooses"),
            href=room.links.preferences(head.person.number).removeprefix(room.links.address),
        )
        if visit.may(Role.agent)
        else None,
        complaint=_complaint(head.person.number, said, words) if visit.may(Role.agent) else None,
    )


def _complaint(number: int, said: Standing, words: Words) -> Form:
    is_open = bool(said.complaints)
    label = words.gettext("It is settled") if is_open else words.gettext("A complaint is open")
    what = Hidden(name="what", value="closed" if is_open else "opened")
    return Form(
        name="complaint",
        action=person_href(number, "/complaint"),
        sections=(Fieldset(fields=(what,)),),
        submit=label,
    )


def _complaint_facts(
    head: PersonHead, said: Standing, *, is_closed: bool, by: str, at: int
) -> list[dict[str, object]]:
    """Return the facts that a complaint was opened, or that all that are open were closed."""
    numbers = said.complaints if is_closed else ("",)
    return [
        {
            "messageId": f"complaint-{ids.new_secret(12)}",
            "type": "track",
            "event": "Complaint Closed" if is_closed else "Complaint Opened",
            "channel": "other",
            "timestamp": to_text(at),
            "properties": {"entered_by": by, **({"complaint_id": one} if one else {})},
            **identity.naming(head.person),
        }
        for one in numbers
    ]


def _ledger(number: int, rows: Sequence[Contacted], words: Words) -> Table:
    shown = rows[:_AT_ONCE]
    more = len(rows) > _AT_ONCE
    older = href(person_href(number, "/messages"), before=ids.to_text(shown[-1].id)) if more else None

    def row(one: Contacted) -> Row:
        title = one.intent.message or one.intent.campaign or one.intent.key
        return Row(
            cells=(
                Link(
                    text=title,
                    href=person_href(number, f"/messages/{ids.to_text(one.id)}"),
                    detail=one.intent.campaign if one.intent.campaign != title else None,
                ),
                Text(text=kind_name(one.intent.channel, words)),
                Text(text=purpose_name(one.intent.purpose, words)),
                state_badge(one.state, words),
                Text(text=why(one, words) or "—"),
                Time(moment=one.sent_at or one.created_at),
            )
        )

    labels = ("Message", "Channel", "What for", "State", "Why", "When")
    titles = {
        "Message": words.gettext("Message"),
        "Channel": words.gettext("Channel"),
        "What for": words.gettext("What for"),
        "State": words.gettext("State"),
        "Why": words.gettext("Why"),
        "When": words.gettext("When"),
    }
    return Table(
        caption=words.gettext("What was meant for this person"),
        columns=tuple(Column(label=titles[label]) for label in labels),
        rows=tuple(map(row, shown)),
        empty=EmptyState(
            title=words.gettext("Nothing was sent"),
            text=words.gettext(
                "Every message that is meant for this person stands here, with what became of it and why."
            ),
            icon="email",
        ),
        pager=Pager(shown=words.ngettext("%(num)s message", "%(num)s messages", len(shown)), next_href=older)
        if more
        else None,
    )


def _wishes(
    said: Standing, topics: list[Topic], blocked: dict[str, dict[str, Suppression]], words: Words
) -> tuple[Known, ...]:
    found: list[Known] = []
    if said.complaints:
        found.append(
            Known(
                name=words.gettext("Complaint"),
                value=Badge(text=words.gettext("open: marketing and surveys wait"), tone="warn"),
            )
        )
    if said.paused_until:
        found.append(
            Known(name=words.gettext("Pause until"), value=Time(moment=said.paused_until, exact=True))
        )
    for (purpose, channel), moment in sorted(said.objections.items()):
        about = words.gettext("everything") if purpose == "*" else purpose_name(purpose, words)
        over = words.gettext("all channels") if channel == "*" else kind_name(channel, words)
        found.append(
            Known(
                name=f"{about} · {over}",
                value=Badge(text=words.gettext("does not want it"), tone="bad"),
                moment=moment,
            )
        )
    labels = {topic.name: topic.label(words.language) for topic in topics}
    for name, wanted in sorted(said.topics.items()):
        text = words.gettext("wants it") if wanted else words.gettext("does not want it")
        found.append(
            Known(name=labels.get(name, name), value=Badge(text=text, tone="good" if wanted else "bad"))
        )
    for kind, places in sorted(blocked.items()):
        for address, one in sorted(places.items()):
            found.append(
                Known(
                    name=f"{kind_name(kind, words)} · {address}",
                    value=Badge(text=reason_sentence(one.reason, words), tone="bad"),
                    moment=one.since,
                )
            )
    return tuple(found)


def _ask_form(number: int, topics: list[Topic], asked: tuple[str, str, str], words: Words) -> FilterBar:
    purpose, channel, topic = asked
    none = Option(value="", label=words.gettext("no topic"))
    return FilterBar(
        name="ask",
        action=person_href(number, "/messages"),
        fields=(
            Select(
                name="purpose",
                label=words.gettext("What for"),
                options=purpose_options(words),
                value=purpose or "marketing",
            ),
            Select(
                name="channel",
                label=words.gettext("Channel"),
                options=kind_options(words),
                value=channel or "email",
            ),
            Select(
                name="topic",
                label=words.gettext("Topic"),
                options=(
                    none,
                    *(Option(value=one.name, label=one.label(words.language)) for one in topics),
                ),
                value=topic,
                required=False,
            ),
        ),
    )


def _decide(
    room: ContactRoom, visit: Visit, head: PersonHead, asked: tuple[str, str, str]
) -> Decision | None:
    given, channel, topic = asked
    purpose: Purpose | None = next((one for one in PURPOSES if one == given), None)
    if purpose is None or channel not in KINDS:
        return None
    intent = Intent(
        key="asked", subject=head.person.number, purpose=purpose, channel=channel, topic=topic[:80], parts={}
    )
    with room.database.read() as connection:
        return room.contact.ask(connection, [intent], visit.now)["asked"]


def _answer(decision: Decision | None, words: Words) -> tuple[Known, ...]:
    if decision is None:
        return ()
    found = [
        Known(name=words.gettext("The gate says"), value=outcome_badge(decision, words)),
        Known(
            name=words.gettext("Why"),
            value=Text(text=reason_sentence(decision.reason, words, decision.rule)),
        ),
    ]
    if decision.outcome == "hold":
        until = decision.until
        held = (
            Text(text=words.gettext("until something changes"))
            if until is None
            else Time(moment=until, exact=True)
        )
        found.append(Known(name=words.gettext("Until"), value=held))
    return tuple(found)
