"""Messages that did not arrive, or perhaps did: why, and what staff do about them, one by one or all that are shown."""

import asyncio
from typing import Annotated

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.contact.api import Contacted
from beleef.contact.model import State
from beleef.contact.pages.parts import (
    ContactRoom,
    filled,
    frame,
    href,
    kind_name,
    kind_options,
    person_href,
    read_number,
    state_badge,
    tabs,
    why,
)
from beleef.contact.pages.views import TabbedPage
from beleef.identity import api as identity
from beleef.kernel import ids
from beleef.kernel.errors import NotFound
from beleef.ui.components import (
    Callout,
    Column,
    EmptyState,
    Figure,
    Link,
    Pager,
    Row,
    Table,
    Text,
    Time,
)
from beleef.ui.forms import Fieldset, FilterBar, Form, Hidden, Option, Select
from beleef.ui.page import Confirm
from beleef.ui.words import Words

_AT_ONCE = 50
_STATES: tuple[State, ...] = ("failed", "uncertain")


def routes(room: ContactRoom) -> list[HTTPRouteHandler]:
    """Return the list, the question before something is done, and what takes the answer."""
    return [_list(room), *_deciding(room)]


def _list(room: ContactRoom) -> HTTPRouteHandler:
    @get("/contact/attention", sync_to_thread=True)
    def attention(
        request: AnyRequest,
        wanted: Annotated[str, QueryParameter(name="state")] = "",
        channel: str = "",
        before: str = "",
    ) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        states = tuple(one for one in _STATES if wanted in {"", one})
        with room.database.read() as connection:
            rows = room.contact.listed(
                connection,
                states,
                channel=channel or None,
                before=read_number(before) if before else None,
                limit=_AT_ONCE + 1,
            )
            counts = room.contact.counts(connection)
            person_of = identity.persons_of(connection, {row.intent.subject for row in rows})
        names = room.names(set(person_of.values()))
        return room.desk.html(
            "contact/tabbed.html",
            _page(visit, rows, counts, (wanted, channel), person_of, names),
        )

    return attention


def _page(
    visit: Visit,
    rows: list[Contacted],
    counts: dict[State, int],
    asked: tuple[str, str],
    person_of: dict[int, int],
    names: dict[int, str],
) -> TabbedPage:
    words = visit.words
    shown = rows[:_AT_ONCE]
    failed, uncertain = counts.get("failed", 0), counts.get("uncertain", 0)
    older = None
    if len(rows) > _AT_ONCE:
        older = href("/contact/attention", state=asked[0], channel=asked[1], before=ids.to_text(shown[-1].id))
    forms = _forms(shown, words) if shown and visit.may(Role.editor) else ()
    return TabbedPage(
        page=frame(
            visit,
            words.gettext("Not arrived"),
            lead=words.gettext(
                "%(failed)s failed, %(uncertain)s uncertain.",
                failed=words.number(failed),
                uncertain=words.number(uncertain),
            ),
        ),
        tab_links=tabs(visit, "attention", attention=failed + uncertain),
        note=_note(words) if uncertain else None,
        filters=_filters(asked, words),
        tables=(_table(shown, person_of, names, older, words),),
        forms=forms,
        form_titles=tuple("" for _ in forms),
    )


def _note(words: Words) -> Callout:
    return Callout(
        title=words.gettext("Uncertain is not sent again by itself"),
        text=words.gettext(
            "The line went dead, or the sender stopped, between handing a message over and hearing that it was taken. Look at the other side before you send it again: the person may get it twice."
        ),
        tone="warn",
    )


def _filters(asked: tuple[str, str], words: Words) -> FilterBar:
    both = Option(value="", label=words.gettext("failed and uncertain"))
    states = (
        both,
        Option(value="failed", label=words.gettext("failed")),
        Option(value="uncertain", label=words.gettext("uncertain")),
    )
    every = Option(value="", label=words.gettext("all channels"))
    return FilterBar(
        name="attention",
        action="/contact/attention",
        fields=(
            Select(name="state", label=words.gettext("State"), options=states, value=asked[0]),
            Select(
                name="channel",
                label=words.gettext("Channel"),
                options=(every, *kind_options(words)),
                value=asked[1],
            ),
        ),
    )


def _table(
    rows: list[Contacted],
    person_of: dict[int, int],
    names: dict[int, str],
    older: str | None,
    words: Words,
) -> Table:
    def row(one: Contacted) -> Row:
        number = person_of.get(one.intent.subject, one.intent.subject)
        known = number in names
        cells = (
            Link(
                text=names[number],
                href=person_href(number, f"/messages/{ids.to_text(one.id)}"),
                detail=one.intent.message or one.intent.campaign,
            )
            if known
            else Text(text=words.gettext("nobody any more"), detail=one.intent.message),
            Text(text=kind_name(one.intent.channel, words)),
            state_badge(one.state, words),
            Text(text=why(one, words)),
            Figure(text=words.number(one.attempts)),
            Time(moment=one.sent_at or one.created_at),
        )
        return Row(cells=cells)

    return Table(
        caption=words.gettext("Messages that failed or are uncertain"),
        columns=(
            Column(label=words.gettext("Person")),
            Column(label=words.gettext("Channel")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Why")),
            Column(label=words.gettext("Tries"), numeric=True),
            Column(label=words.gettext("When")),
        ),
        rows=tuple(map(row, rows)),
        empty=EmptyState(
            title=words.gettext("Everything arrived"),
            text=words.gettext("No message failed, and of none it is uncertain whether it went out."),
            icon="check",
        ),
        pager=Pager(shown=words.ngettext("%(num)s message", "%(num)s messages", len(rows)), next_href=older)
        if older
        else None,
    )


def _forms(rows: list[Contacted], words: Words) -> tuple[Form, ...]:
    numbers = Hidden(name="numbers", value=" ".join(ids.to_text(row.id) for row in rows))
    return (
        Form(
            name="act",
            action="/contact/attention/ask",
            sections=(
                Fieldset(
                    fields=(
                        numbers,
                        Select(
                            name="what",
                            label=words.gettext("With the messages shown here"),
                            options=(
                                Option(value="again", label=words.gettext("Send them again")),
                                Option(value="away", label=words.gettext("Let them rest")),
                            ),
                        ),
                    )
                ),
            ),
            submit=words.gettext("Go on"),
        ),
    )


def _deciding(room: ContactRoom) -> list[HTTPRouteHandler]:
    @post("/contact/attention/ask")
    async def ask(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        rows = await asyncio.to_thread(_rows, room, given)
        return room.desk.html("ui/confirm.html", _confirm(visit, rows, filled(given, "what")))

    @post("/contact/attention")
    async def act(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.editor)
        rows = await asyncio.to_thread(_rows, room, given)
        again = filled(given, "what") == "again"
        count = await asyncio.to_thread(_act, room, visit, rows, again=again)
        words = visit.words
        said = (
            words.ngettext("%(num)s message goes out again.", "%(num)s messages go out again.", count)
            if again
            else words.ngettext("%(num)s message rests.", "%(num)s messages rest.", count)
        )
        return room.desk.redirect("/contact/attention", flash=said)

    return [ask, act]


def _rows(room: ContactRoom, given: Answers) -> list[Contacted]:
    numbers = [read_number(one) for one in given.get("numbers", "").split()[:_AT_ONCE]]
    with room.database.read() as connection:
        found = room.contact.contacted(connection, numbers)
    rows = [row for row in found.values() if row.state in _STATES]
    if not rows:
        raise NotFound("These messages are not failed or uncertain any more.", hint="Look at the list again.")
    return rows


def _act(room: ContactRoom, visit: Visit, rows: list[Contacted], *, again: bool) -> int:
    numbers = [row.id for row in rows]
    with room.database.write() as connection:
        count = (
            room.contact.send_again(connection, numbers, room.now())
            if again
            else room.contact.put_away(connection, numbers)
        )
    action = "contact.send_again" if again else "contact.put_away"
    for number in numbers:
        room.record(visit.actor, action, ids.to_text(number), {})
    return count


def _confirm(visit: Visit, rows: list[Contacted], what: str) -> Confirm:
    words, again = visit.words, what == "again"
    uncertain = sum(row.state == "uncertain" for row in rows)
    consequences = []
    if again:
        title = words.gettext("Send these messages again?")
        consequences.append(
            words.ngettext(
                "%(num)s message goes through the gate again, with all its rules.",
                "%(num)s messages go through the gate again, with all its rules.",
                len(rows),
            )
        )
        if uncertain:
            consequences.append(
                words.ngettext(
                    "%(num)s of them may have arrived: that person may get it twice.",
                    "%(num)s of them may have arrived: those people may get it twice.",
                    uncertain,
                )
            )
    else:
        title = words.gettext("Let these messages rest?")
        consequences.append(
            words.ngettext(
                "%(num)s message leaves this list for good.",
                "%(num)s messages leave this list for good.",
                len(rows),
            )
        )
        consequences.append(
            words.gettext("Those that are uncertain are taken for sent, and count in the limits.")
        )
    hidden = (
        Hidden(name="numbers", value=" ".join(ids.to_text(row.id) for row in rows)),
        Hidden(name="what", value="again" if again else "away"),
    )
    up = Link(text=words.gettext("Not arrived"), href="/contact/attention")
    return Confirm(
        page=frame(visit, title, up=up),
        consequences=tuple(consequences),
        form=Form(
            name="sure",
            action="/contact/attention",
            sections=(Fieldset(fields=hidden),),
            submit=words.gettext("Send again") if again else words.gettext("Let them rest"),
            tone="danger" if again and uncertain else "accent",
            cancel=Link(text=words.gettext("Cancel"), href="/contact/attention"),
        ),
    )
