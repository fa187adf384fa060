"""The list of audiences: how many people each holds, how that changed, whether it is up to date, and who asks for it."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa
import yaml
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access.desk import AnyRequest, Visit
from beleef.access.model import Role
from beleef.audiences import checking, queries
from beleef.audiences.api import StoredAudience, audience_to_data
from beleef.audiences.handing_over import queries as handing_over_queries
from beleef.audiences.model import SizeOnDay
from beleef.audiences.needs import needs
from beleef.audiences.pages.parts import AudienceRoom, audience_href, state_badge, stored
from beleef.audiences.pages.sizes import change_over, every_day
from beleef.ui.charts import sparkline
from beleef.ui.components import (
    Badge,
    Callout,
    Column,
    Drawing,
    EmptyState,
    Figure,
    Link,
    Row,
    Table,
    Text,
)
from beleef.ui.forms import Form
from beleef.ui.page import Confirm, Page
from beleef.ui.words import Words

_DAYS = 30
_CHANGE_DAYS = 7
_USERS_SHOWN = 3


class AudiencesPage(msgspec.Struct, frozen=True, kw_only=True):
    """``audiences/list.html``: all audiences."""

    page: Page
    note: Callout | None
    audiences: Table


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the list is drawn from, read at once.

    Attributes:
        audiences: All of them, by label.
        people: How many people there are.
        history: Sizes of each day, by number.
        users: What asks for each, by name.
        gone: What rules name that is not there, by name of the audience.
        today: Days since 1970.
    """

    audiences: Sequence[StoredAudience]
    history: dict[int, list[SizeOnDay]]
    users: dict[str, list[str]]
    gone: Mapping[str, Sequence[str]]
    today: int


def routes(room: AudienceRoom) -> list[HTTPRouteHandler]:
    """Return the list, its export as a file, and deleting."""

    @get("/audiences", sync_to_thread=True)
    def audiences(request: AnyRequest) -> Response[str]:
        visit = room.desk.open(request, Role.reader)
        return room.desk.html("audiences/list.html", _page(visit, _known(room)))

    @get("/audiences/export", sync_to_thread=True)
    def export(request: AnyRequest) -> Response[str]:
        room.desk.open(request, Role.reader)
        with room.database.read() as connection:
            found = room.audiences.audiences(connection)
        data = {"audiences": [audience_to_data(one.audience) for one in found]}
        return Response(
            yaml.safe_dump(data, allow_unicode=True, sort_keys=False),
            media_type="application/yaml",
            headers={"Content-Disposition": 'attachment; filename="audiences.yaml"'},
        )

    @get("/audiences/{name:str}/delete", sync_to_thread=True)
    def ask_delete(request: AnyRequest, name: str) -> Response[str]:
        visit = room.desk.open(request, Role.editor)
        return room.desk.html("ui/confirm.html", _delete_page(visit, stored(room, name)))

    @post("/audiences/{name:str}/delete")
    async def delete(request: AnyRequest, name: str) -> Response[str]:
        visit, _ = await room.desk.form(request, Role.editor)
        await asyncio.to_thread(_delete, room, name)
        await asyncio.to_thread(room.record, visit.actor, "audience.delete", name, {})
        return room.desk.redirect("/audiences", flash=visit.words.gettext("The audience is deleted."))

    return [audiences, export, ask_delete, delete]


def _delete(room: AudienceRoom, name: str) -> None:
    with room.database.write() as connection:
        room.audiences.delete(connection, name)
        for one in handing_over_queries.stored(connection, name):
            handing_over_queries.remove(connection, one.number)


def users(connection: sa.Connection, found: Sequence[StoredAudience]) -> dict[str, list[str]]:
    """Return what asks for each audience: labels of audiences, names of the owners of other rules, ways of handing over."""
    rules = {one.audience.name: one.audience.rule for one in found}
    labels = {one.audience.name: one.audience.label for one in found}
    asking = {name: [labels[user] for user in checking.users(name, rules)] for name in rules}
    for owner, kept in queries.keepers(connection).items():
        for name in set[str]().union(*(needs(rule).audiences for rule in kept)) & asking.keys():
            asking[name].append(owner.partition(":")[2] or owner)
    return asking


def _known(room: AudienceRoom) -> _Known:
    today = room.audiences.zones.default.of(room.now())
    with room.database.read() as connection:
        found = room.audiences.audiences(connection)
        changes = queries.sizes_of_all(connection, today - _DAYS)
        return _Known(
            audiences=sorted(found, key=lambda one: one.audience.label.casefold()),
            history={
                number: every_day(one, since=today - _DAYS, until=today) for number, one in changes.items()
            },
            users=users(connection, found),
            gone=room.audiences.gone(connection),
            today=today,
        )


def _page(visit: Visit, known: _Known) -> AudiencesPage:
    words = visit.words
    actions = [Link(text=words.gettext("Export"), href="/audiences/export")]
    if visit.may(Role.editor):
        actions.insert(0, Link(text=words.gettext("New audience"), href="/audiences/new"))
    note = None
    if known.gone:
        note = Callout(
            title=words.gettext("Some audiences stand still"),
            text=words.gettext("Their rules ask for what is not there; their own pages say what that is."),
            tone="warn",
        )
    elif any(one.filled < 1 for one in known.audiences):
        note = Callout(
            title=words.gettext("Some audiences are being filled"),
            text=words.gettext(
                "Everybody is looked at once; from then on they are up to date with every fact."
            ),
        )
    return AudiencesPage(
        page=visit.page(
            words.gettext("Audiences"),
            active="audiences",
            actions=actions,
            lead=words.gettext("The people that a rule selects at this moment, and from moment to moment."),
        ),
        note=note,
        audiences=_table(visit, known),
    )


def _table(visit: Visit, known: _Known) -> Table:
    words = visit.words
    return Table(
        caption=words.gettext("Audiences"),
        columns=(
            Column(label=words.gettext("Name")),
            Column(label=words.gettext("People"), numeric=True),
            Column(label=words.gettext("In 7 days"), numeric=True),
            Column(label=words.gettext("Last 30 days")),
            Column(label=words.gettext("State")),
            Column(label=words.gettext("Used by")),
        ),
        rows=tuple(_row(one, known, words) for one in known.audiences),
        empty=EmptyState(
            title=words.gettext("No audiences yet"),
            text=words.gettext(
                "Begin with a question you often have: who left a cart behind, who has been quiet for long?"
            ),
            icon="target",
            action=Link(text=words.gettext("New audience"), href="/audiences/new")
            if visit.may(Role.editor)
            else None,
        ),
    )


def _row(one: StoredAudience, known: _Known, words: Words) -> Row:
    audience, history = one.audience, known.history.get(one.number, [])
    asking = known.users.get(audience.name, [])
    shown = ", ".join(asking[:_USERS_SHOWN]) + (", …" if len(asking) > _USERS_SHOWN else "")
    return Row(
        cells=(
            Link(
                text=audience.label,
                href=audience_href(audience.name),
                detail=audience.description or audience.name,
            ),
            Figure(text=words.number(one.size)),
            _change(history, known.today, words),
            _trend(history, words),
            state_badge(one, words, gone=known.gone.get(audience.name, ())),
            Text(text=shown or "—"),
        )
    )


def _change(history: Sequence[SizeOnDay], today: int, words: Words) -> Figure | Text:
    change = change_over(history, days=_CHANGE_DAYS, until=today)
    if change is None:
        return Text(text=words.gettext("new"))
    sign = "+" if change > 0 else "−" if change < 0 else "±"  # noqa: RUF001 -- the minus that people print
    return Figure(text=f"{sign}{words.number(abs(change))}")


def _trend(history: Sequence[SizeOnDay], words: Words) -> Drawing | Badge | Text:
    if len(history) < 2:
        return Text(text="—")
    first, last = words.number(history[0].size), words.number(history[-1].size)
    label = words.gettext("From %(first)s to %(last)s people", first=first, last=last)
    return Drawing(svg=sparkline([one.size for one in history], label=label))


def _delete_page(visit: Visit, found: StoredAudience) -> Confirm:
    words, audience = visit.words, found.audience
    return Confirm(
        page=visit.page(
            words.gettext("Delete “%(name)s”?", name=audience.label),
            active="audiences",
            crumbs=(
                Link(text=words.gettext("Audiences"), href="/audiences"),
                Link(text=audience.label, href=audience_href(audience.name)),
            ),
        ),
        consequences=(
            words.gettext("Nobody is in it any more, and it is no longer handed over."),
            words.gettext("No facts are lost: made again with the same rule, it holds the same people."),
        ),
        form=Form(
            name="delete",
            action=audience_href(audience.name, "/delete"),
            sections=(),
            submit=words.gettext("Delete it"),
            tone="danger",
            cancel=Link(text=words.gettext("Keep it"), href=audience_href(audience.name)),
        ),
    )
