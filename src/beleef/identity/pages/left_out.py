"""What identity leaves out: refused evidence, identifiers that too many share, and identifiers of people who were erased."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import Answers, AnyRequest, Visit
from beleef.access.model import Role
from beleef.identity import api
from beleef.identity.pages.namespaces import NamespacesPage
from beleef.identity.pages.parts import IdentityRoom, frame, namespace_label, person_href, tabs
from beleef.kernel import ids
from beleef.ui.components import Badge, Cell, Code, Column, EmptyState, Link, Pager, Row, Table, Text, Time
from beleef.ui.forms import Fieldset, Form, Input
from beleef.ui.words import Words

_PAGE = 50


def routes(room: IdentityRoom) -> list[HTTPRouteHandler]:
    """Return the pages about what is left out."""

    @get("/identity/left-out", sync_to_thread=True)
    def left_out(request: AnyRequest, after: str = "") -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found = api.refusals(connection, after=_read_place(after), limit=_PAGE)
        view = NamespacesPage(
            page=frame(visit),
            tab_links=tabs(room, visit.words, "left-out"),
            table=_refusals(found, visit.words, first=not after),
        )
        return room.desk.html("identity/tab.html", view)

    @get("/identity/erased", sync_to_thread=True)
    def erased(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("identity/tab.html", _erased_page(room, visit, Answers(), None))

    @post("/identity/erased")
    async def lift(request: AnyRequest) -> Response[str]:
        visit, given = await room.desk.form(request, Role.administrator)
        namespace, value = given.get("namespace", "").strip(), given.get("value", "").strip()
        if not await asyncio.to_thread(_lift, room, namespace, value):
            error = visit.words.gettext("This identifier is not among the erased ones; check both fields.")
            page = await asyncio.to_thread(_erased_page, room, visit, given, error)
            return room.desk.html("identity/tab.html", page, status=400)
        await asyncio.to_thread(room.record, visit.actor, "erasure.lift", namespace, {})
        flash = visit.words.gettext("Facts about this identifier are taken in again from now on.")
        return room.desk.redirect("/identity/erased", flash=flash)

    return [left_out, erased, lift]


def _lift(room: IdentityRoom, namespace: str, value: str) -> bool:
    with room.database.write() as connection:
        return api.lift_erasure(connection, room.key, namespace, value, default_region=room.region)


def _refusals(found: api.RefusalPage, words: Words, *, first: bool) -> Table:
    def row(one: api.Refused) -> Row:
        cells: tuple[Cell, ...] = (
            _identifier(one.a, words),
            _identifier(one.b, words) if one.b else Text(text=words.gettext("everybody it was seen with")),
            Badge(text=_reason_label(one.reason, words), tone="warn"),
            Text(text=_why(one, words)),
        )
        return Row(cells=cells)

    pager = None
    if not first or found.next is not None:
        pager = Pager(
            shown=words.ngettext("%(num)s entry", "%(num)s entries", len(found.refusals)),
            previous_href=None if first else "/identity/left-out",
            next_href=None if found.next is None else f"/identity/left-out?after={_place_text(found.next)}",
        )
    columns = (
        Column(label=words.gettext("Identifier")),
        Column(label=words.gettext("Not joined with")),
        Column(label=words.gettext("Reason")),
        Column(label=words.gettext("In the way")),
    )
    return Table(
        caption=words.gettext("Left out"),
        columns=columns,
        rows=tuple(map(row, found.refusals)),
        empty=EmptyState(
            title=words.gettext("Nothing is left out"),
            text=words.gettext(
                "Evidence that would glue two customers together, and shared devices, stand here."
            ),
            icon="identity",
        ),
        pager=pager,
    )


def _identifier(one: api.PersonIdentifier, words: Words) -> Link:
    value = one.value if len(one.value) <= 48 else f"{one.value[:48]}…"
    return Link(text=value, href=person_href(one.subject), detail=namespace_label(one.namespace, words))


def _reason_label(reason: str, words: Words) -> str:
    labels = {
        "limit": words.gettext("too many"),
        "device": words.gettext("two people's device"),
        "shared": words.gettext("shared"),
    }
    return labels.get(reason, reason)


def _why(one: api.Refused, words: Words) -> str:
    if one.namespace == "*":
        return words.gettext("Used by more people than one customer can be.")
    name = namespace_label(one.namespace, words)
    if one.a_conflict and one.b_conflict:
        return words.gettext(
            "%(name)s: %(a)s on one side, %(b)s on the other",
            name=name,
            a=one.a_conflict.value[:40],
            b=one.b_conflict.value[:40],
        )
    return name


def _erased_page(room: IdentityRoom, visit: Visit, given: Answers, error: str | None) -> NamespacesPage:
    words = visit.words
    with room.database.read() as connection:
        count, latest = api.erasures(connection, limit=_PAGE)
        known = api.namespaces(connection)
    rows = tuple(
        Row(cells=(Code(text=ids.to_text(one.subject)), Time(moment=one.erased_at))) for one in latest
    )
    table = Table(
        caption=words.gettext("Erased identifiers"),
        columns=(Column(label=words.gettext("Number")), Column(label=words.gettext("Erased"))),
        rows=rows,
        empty=EmptyState(
            title=words.gettext("Nobody was erased"),
            text=words.gettext(
                "Of an erased person a number per identifier stays, so that an import does not bring them back. It tells nobody who it was."
            ),
            icon="trash",
        ),
        pager=Pager(shown=words.gettext("The latest of %(count)s", count=words.number(count)))
        if count > len(latest)
        else None,
    )
    form = None
    if visit.may(Role.administrator):
        names = ", ".join(one.name for one in known[:6])
        fields = (
            Input(
                name="namespace",
                label=words.gettext("Namespace"),
                value=given.get("namespace", "email"),
                help=words.gettext("One of %(names)s", names=names),
            ),
            Input(name="value", label=words.gettext("Identifier"), value=given.get("value", ""), error=error),
        )
        form = Form(
            name="lift",
            action="/identity/erased",
            sections=(Fieldset(fields=fields),),
            submit=words.gettext("Take facts in again"),
        )
    return NamespacesPage(
        page=frame(visit),
        tab_links=tabs(room, words, "erased"),
        table=table,
        form_title=words.gettext("A customer came back") if form else None,
        form=form,
    )


def _place_text(place: tuple[int, int, str]) -> str:
    return f"{ids.to_text(place[0])}{ids.to_text(place[1])}{place[2]}"


def _read_place(text: str) -> tuple[int, int, str] | None:
    a, b = ids.from_text(text[:13]), ids.from_text(text[13:26])
    return None if a is None or b is None else (a, b, text[26:])
