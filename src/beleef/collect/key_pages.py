"""Giving a source another write key, after the old one came into the wrong hands."""

import asyncio

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from beleef.access import api as access
from beleef.access.desk import AnyRequest, Desk, Visit
from beleef.access.model import Role
from beleef.collect import api
from beleef.collect.http import Collecting
from beleef.collect.model import Source
from beleef.collect.source_view import to_sources
from beleef.kernel.errors import NotFound
from beleef.ui.components import Link
from beleef.ui.forms import Fieldset, Form
from beleef.ui.page import Confirm


def routes(desk: Desk, parts: Collecting) -> list[HTTPRouteHandler]:
    """Return the page that asks, and what it sends."""

    @get("/sources/{number:int}/key", sync_to_thread=True)
    def ask(request: AnyRequest, number: int) -> Response[str]:
        visit = desk.open(request, Role.editor)
        with parts.database.read() as connection:
            source = api.source_numbered(connection, _customers(number))
        return desk.html("ui/confirm.html", _confirm(visit, source))

    @post("/sources/{number:int}/key")
    async def change(request: AnyRequest, number: int) -> Response[str]:
        visit, _ = await desk.form(request, Role.editor)
        await asyncio.to_thread(_change, parts, visit, _customers(number))
        said = visit.words.gettext("The source has a new key. Put it where its facts come from.")
        return desk.redirect(f"/sources/{number}", flash=said)

    return [ask, change]


def _customers(number: int) -> int:
    if number == api.BELEEF:
        raise NotFound("There is no such source.", hint="Look at the list of sources again.")
    return number


def _change(parts: Collecting, visit: Visit, number: int) -> None:
    with parts.database.write() as connection:
        source = api.source_numbered(connection, number)
        api.change_key(connection, source)
        access.record(connection, visit.actor, "source.key", source.name, now=parts.now())


def _confirm(visit: Visit, source: Source) -> Confirm:
    words, back = visit.words, Link(text=source.name, href=f"/sources/{source.id}")
    title = words.gettext("Give “%(name)s” a new key?", name=source.name)
    return Confirm(
        page=visit.page(title, active="sources", crumbs=(to_sources(words), back)),
        consequences=(
            words.gettext("The present key is refused within seconds, wherever it still stands."),
            words.gettext("What is sent with it then is lost: senders do not try again."),
        ),
        form=Form(
            name="key",
            action=f"/sources/{source.id}/key",
            sections=(Fieldset(fields=()),),
            submit=words.gettext("New key"),
            tone="danger",
            cancel=Link(text=words.gettext("Cancel"), href=f"/sources/{source.id}"),
        ),
    )
