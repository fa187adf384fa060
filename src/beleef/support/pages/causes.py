"""Root causes as pain points: how often each came up and whether it grows; and "you asked, we did" to all who reported it."""

from typing import Any, Final

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.kernel import ids
from beleef.kernel.clock import DAY
from beleef.kernel.errors import InvalidInput, NotFound
from beleef.support.api import RootCause
from beleef.support.cause_queries import counts
from beleef.support.pages.parts import (
    FormPage,
    ListPage,
    SupportRoom,
    filled,
    frame,
    href,
    in_thread,
    open_agent,
    rules_of,
    said_text,
    say,
    to_cases,
)
from beleef.support.pages.thread import path_of
from beleef.ui.charts import sparkline
from beleef.ui.components import (
    Column,
    Drawing,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
    refusal_note,
)
from beleef.ui.forms import Fieldset, Form, Hidden, TextArea

_PERIODS: Final = 6
_PERIOD_DAYS: Final = 30
_YEAR_DAYS: Final = 365


def routes(room: SupportRoom) -> list[HTTPRouteHandler]:
    """Return the list, and the form that tells those who reported a cause."""

    @get("/cases/causes", sync_to_thread=True)
    def causes(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.agent)
        return room.desk.html("support/list.html", _list(room, visit))

    @get("/cases/causes/tell", sync_to_thread=True)
    def ask(request: AnyRequest, name: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("support/form.html", _form_page(room, visit, name))

    @post("/cases/causes/tell")
    async def tell(request: AnyRequest) -> Response[str]:
        visit, given = await open_agent(room, request)
        visit.actor.must_be(Role.editor)
        try:
            messages = await in_thread(_messages, room, visit, given)
        except InvalidInput as error:
            view = await in_thread(_form_page, room, visit, filled(given, "name"), given, error)
            return room.desk.html("support/form.html", view, status=400)
        shows = await say(room, messages)
        room.record(visit.actor, "support.improvement", filled(given, "name"), {"people": len(messages)})
        text = visit.words.ngettext(
            "%(num)s person hears what you did.", "%(num)s people hear what you did.", len(messages)
        )
        return room.desk.redirect("/cases/causes", flash=said_text(text, shows=shows, words=visit.words))

    return [causes, ask, tell]


def _list(room: SupportRoom, visit: Visit) -> ListPage:
    words, now = visit.words, room.now()
    borders = [now - place * _PERIOD_DAYS * DAY for place in range(_PERIODS, -1, -1)]
    with room.database.read() as connection:
        known = rules_of(room, connection).root_causes
        found = _with_parents(counts(connection, borders), known)
    ordered = sorted(known, key=lambda one: path_of(known, one.name).casefold())
    may = visit.may(Role.editor)

    def row(one: RootCause) -> Row:
        numbers = found.get(one.name, [0] * _PERIODS)
        depth = path_of(known, one.name)
        title = Link(text=depth, href=href("/cases", view="closed", root_cause=one.name))
        tell: Text | Link = Text(text="—")
        if may and any(numbers):
            tell = Link(
                text=words.gettext("Tell those who reported it"),
                href=href("/cases/causes/tell", name=one.name),
            )
        return Row(
            cells=(
                title,
                Figure(text=words.number(numbers[-1])),
                Figure(text=words.number(numbers[-2])),
                Drawing(svg=sparkline(numbers, label=words.gettext("Last six months"))),
                tell,
            )
        )

    table = Table(
        caption=words.gettext("Root causes"),
        columns=(
            Column(label=words.gettext("Root cause")),
            Column(label=words.gettext("Last 30 days"), numeric=True),
            Column(label=words.gettext("30 days before"), numeric=True),
            Column(label=words.gettext("Last six months")),
            Column(label=words.gettext("You asked, we did")),
        ),
        rows=tuple(map(row, ordered)),
        empty=EmptyState(
            title=words.gettext("No root causes yet"),
            text=words.gettext("Name why things go wrong; complaints and follow-ups close with one of them."),
            icon="idea",
            action=Link(text=words.gettext("New root cause"), href="/cases/settings/root_causes/edit")
            if may
            else None,
        ),
    )
    return ListPage(
        page=frame(
            visit,
            words.gettext("Root causes"),
            up=(to_cases(words),),
            lead=words.gettext(
                "Why customers had to come to us: counted when a case is closed, parts counted with the whole."
            ),
        ),
        tables=(table,),
    )


def _with_parents(found: dict[str, list[int]], known: tuple[RootCause, ...]) -> dict[str, list[int]]:
    """Return counts in which each cause holds those that are part of it."""
    parents = {one.name: one.parent for one in known}
    totals: dict[str, list[int]] = {}
    for name, numbers in found.items():
        place, seen = name, set[str]()
        while place and place not in seen:
            seen.add(place)
            totals[place] = [
                a + b for a, b in zip(totals.get(place, [0] * len(numbers)), numbers, strict=True)
            ]
            place = parents.get(place, "")
    return totals


def _reporters(room: SupportRoom, connection: sa.Connection, name: str) -> int:
    since = room.now() - _YEAR_DAYS * DAY
    return len(room.support.root_cause_reporters(connection, name, since=since))


def _form_page(
    room: SupportRoom,
    visit: Visit,
    name: str,
    given: Answers | None = None,
    error: InvalidInput | None = None,
) -> FormPage:
    words = visit.words
    with room.database.read() as connection:
        known = rules_of(room, connection).root_causes
        people = _reporters(room, connection, name)
    if all(one.name != name for one in known):
        raise NotFound("There is no such root cause.", hint="Look at the list.")
    fields = (
        Hidden(name="name", value=name),
        Hidden(name="once", value=ids.new_secret(9)),
        TextArea(
            name="text",
            label=words.gettext("What you did about it"),
            value=(given or Answers()).get("text", ""),
            rows=6,
            help=words.gettext("It goes out as a service message, through the contact gate."),
        ),
    )
    lead = words.ngettext(
        "%(num)s person reported it in the last year.", "%(num)s people reported it in the last year.", people
    )
    return FormPage(
        page=frame(
            visit,
            words.gettext("You asked, we did: %(cause)s", cause=path_of(known, name)),
            up=(to_cases(words), Link(text=words.gettext("Root causes"), href="/cases/causes")),
            lead=lead,
        ),
        note=refusal_note(error, visit.words),
        form=Form(
            name="tell",
            action="/cases/causes/tell",
            sections=(Fieldset(fields=fields),),
            submit=words.ngettext("Tell %(num)s person", "Tell %(num)s people", people),
            cancel=Link(text=words.gettext("Cancel"), href="/cases/causes"),
        ),
    )


def _messages(room: SupportRoom, visit: Visit, given: Answers) -> list[dict[str, Any]]:
    since = room.now() - _YEAR_DAYS * DAY
    with room.database.read() as connection:
        return room.support.tell_improvement(
            connection,
            filled(given, "name"),
            text=filled(given, "text"),
            by=visit.actor.name,
            key=f"page-{filled(given, 'once')[:40]}",
            since=since,
        )
